"""Every route × every kind of key that must not open it."""

from typing import Any

import orjson

from server.access import hash_key, make_key
from server.keys import DATABASE
from server.routes import ROUTES
from server.store.keys import KeyRow, revoke_keys, save_key


async def test_a_bad_key_opens_no_route(walker):
    good = await walker.server.get_key("caravan-wire")
    expired, revoked = await make_dead_keys(walker.server)
    bad = {
        "wrong": f"Bearer {good[:-1]}x",
        "cut": f"Bearer {good[:-1]}",
        "longer": f"Bearer {good}x",
        "expired": f"Bearer {expired}",
        "revoked": f"Bearer {revoked}",
        "no scheme": good,
        "no key": "Bearer",
        "blank key": "Bearer    ",
        "two keys": f"Bearer {good} {good}",
        "two keys, comma": f"Bearer {good}, Bearer {good}",
        "other scheme": f"Digest username={good}",
        "key as Basic": f"Basic {good}",
        "empty Basic": "Basic ",
        "Basic that is no base64": "Basic a",
        "Basic beyond ASCII": "Basic ключ",
        "Bearer beyond ASCII": "Bearer ключ",
        "Basic without a colon": "Basic eA==",
        "Basic that is no text": "Basic /////w==",
        "Bearer with a surrogate": b"Bearer a\xffb",
        "Basic with a surrogate": b"Basic a\xffb",
        "empty": "",
        "SQL": "Bearer ' OR 1=1 --",
        "endless": "Bearer " + "x" * 7_000,
    }
    for method, walk in walker.each():
        for name, value in bad.items():
            raw = value if isinstance(value, bytes) else value.encode()
            header = b"Authorization: " + raw + b"\r\nContent-Type: application/json"
            body = orjson.dumps(walk.takes) if walk.takes else b""
            reply = await walker.talk(walker.make_request(method, walk.path.encode(), header, body=body))
            walker.check(f"{method} {walk.path}, key {name}", reply, 401)
            if "WWW-Authenticate" not in reply.headers:
                walker.found.append(f"{method} {walk.path}, key {name}: no WWW-Authenticate")
    walker.end()


async def make_dead_keys(server: Any) -> tuple[str, str]:
    """One that has expired, one that was revoked."""
    made = []
    for number, dead in enumerate(({"expires_at": server.clock()}, {"revoked_at": server.clock()})):
        key, key_id = make_key()
        row = KeyRow(key_id, "caravan-wire", "outlet", hash_key(key), server.clock(), dead.get("expires_at"))
        async with server.app[DATABASE].write() as conn:
            await save_key(conn, row)
            if number:
                await revoke_keys(conn, key_id, server.clock())
        made.append(key)
    server.clock.pass_time(seconds=1)
    return made[0], made[1]


async def test_doors_open_only_to_whom_they_are_for(walker):
    needs = {(route.method, route.path): route.needs for route in ROUTES}
    for key, walk in walker.walks.items():
        refused: dict[str | None, int] = {}
        if needs[key] != "nothing":
            refused = {None: 401, "demo-newsroom": 403}
            if "{outlet}" in key[1]:
                refused["khazar-news"] = 403
        for by, status in refused.items():
            answer = await walker.server.call(key[0], walk.path, by=by, json=walk.takes)
            walker.check(f"{key[0]} {walk.path} by {by}", answer, status)
    walker.end()
    answer = await walker.server.call("POST", "/v1/articles", by="admin", json=walker.good)
    assert answer.status == 403, "whose article would it be?"
