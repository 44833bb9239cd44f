"""A key that was revoked opens nothing more, whatever it had begun."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson

TURKISH = {
    "language": "tr",
    "headline": "Bakanlar ticareti görüşmek üzere cuma günü başkentte bir araya gelecek",
    "text": "<p>Dört ülkenin bakanları cuma günü buluşacak. Ticaret ve su konularını görüşecekler.</p>",
}
ITEMS = "/v1/channels/turkic/tr/items"


async def revoke(server: Any, owner: str) -> None:
    for key in (await server.call("GET", "/v1/keys", by="admin")).json["keys"]:
        if key["owner"] == owner:
            assert (await server.call("DELETE", f"/v1/keys/{key['id']}", by="admin")).status in (200, 204)
    server.clock.pass_time(seconds=2)


async def test_who_waits_for_what_is_new_hears_nothing_more(server: Any) -> None:
    after = (await server.call("GET", ITEMS, by="demo-newsroom")).json["next"]
    path = f"{ITEMS}?after={after}&wait=20"
    waiting = asyncio.create_task(server.call("GET", path, by="demo-newsroom"))
    await asyncio.sleep(0.3)
    await revoke(server, "demo-newsroom")
    await server.push(by="bosphorus-post", **TURKISH)
    answer = await asyncio.wait_for(waiting, 25)
    assert (answer.status, "Bakanlar" in answer.text) == (401, False)


async def test_what_arrives_after_the_end_is_not_stored(server: Any) -> None:
    revoked = asyncio.Event()
    document = {"type": "text", "language": "en", "uri": "urn:x:late", "altIds": [{"role": "item", "value": "late"}]}
    document |= {"headlines": [{"value": "The ministers will meet in the capital on Friday"}]}
    line = orjson.dumps(document) + b"\n"

    async def drip() -> AsyncIterator[bytes]:
        yield line[:40]
        await revoked.wait()
        yield line[40:]

    calls = []
    for path, media_type in (("/v1/articles:batch", "application/x-ndjson"), ("/v1/articles", "application/json")):
        headers = {"Content-Type": media_type}
        calls.append(asyncio.create_task(server.call("POST", path, by="caravan-wire", data=drip(), headers=headers)))
        await asyncio.sleep(0.3)
    await revoke(server, "caravan-wire")
    revoked.set()
    for call in calls:
        assert (await asyncio.wait_for(call, 25)).status == 401
    assert (await server.call("GET", "/v1/articles/caravan-wire/late", by="admin")).status == 404
