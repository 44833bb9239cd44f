"""Keys over HTTP: scopes, labels, last use, rotation with overlap, invitations; who may do what with whose."""

from typing import Any

import pytest

from server.keys import DATABASE, KEYRING
from server.store.keys import list_keys

ONE = "/v1/articles/caravan-wire/one"


async def issue(server: Any, **body: Any) -> Any:
    answer = await server.call("POST", "/v1/keys", by="admin", json=body)
    assert answer.status == 201, answer.text
    return answer.json


async def call(server: Any, method: str, path: str, key: str, **options: Any) -> Any:
    return await server.call(method, path, headers={"Authorization": f"Bearer {key}"}, **options)


async def test_an_admin_issues_and_revokes_a_key(quiet):
    made = await issue(quiet, owner="caravan-wire", days=30, label="the new system")
    assert (made["role"], made["scopes"], made["label"]) == ("outlet", ["push", "read"], "the new system")
    assert (await call(quiet, "GET", "/v1/media/caravan-wire", made["key"])).status == 200
    listed = (await quiet.call("GET", "/v1/keys?owner=caravan-wire", by="admin")).text
    assert made["id"] in listed
    assert made["key"] not in listed
    assert (await quiet.call("DELETE", f"/v1/keys/{made['id']}", by="admin")).status == 204
    assert (await call(quiet, "GET", "/v1/media/caravan-wire", made["key"])).status == 401
    assert (await quiet.call("DELETE", "/v1/keys/none", by="admin")).status == 404


async def test_a_key_opens_its_scopes_only(quiet):
    pushes = (await issue(quiet, owner="caravan-wire", scopes=["push"]))["key"]
    reads = (await issue(quiet, owner="caravan-wire", scopes=["read"]))["key"]
    document = {"type": "text", "language": "en", "headlines": [{"value": "The ministers will meet on Friday to talk"}]}
    assert (await call(quiet, "PUT", ONE, pushes, json=document)).status == 201
    assert (await call(quiet, "GET", ONE, pushes)).status == 403
    assert (await call(quiet, "GET", "/feeds/turkic/en.atom", pushes)).status == 403
    assert (await call(quiet, "PUT", ONE, reads, json=document)).status == 403
    assert (await call(quiet, "DELETE", ONE, reads)).status == 403
    assert (await call(quiet, "GET", ONE, reads)).status == 200
    looks = (await issue(quiet, owner="admin", scopes=["read"]))["key"]
    assert (await call(quiet, "GET", ONE, looks)).status == 200
    for method, path in (("GET", "/v1/keys/none"), ("DELETE", ONE), ("POST", "/v1/keys"), ("GET", "/v1/audit")):
        assert (await call(quiet, method, path, looks)).status in (403, 404, 405), path


@pytest.mark.parametrize(
    "body",
    [{}, [], {"owner": "nobody"}, {"owner": 1}, {"owner": "demo-newsroom", "scopes": ["push"]},
     {"owner": "admin", "scopes": "read"}, {"owner": "admin", "days": 0}, {"owner": "admin", "days": True},
     {"owner": "admin", "label": "x" * 201}, {"owner": "admin", "more": 1}],
)  # fmt: skip
async def test_what_no_key_can_be_is_refused(quiet, body):
    assert (await quiet.call("POST", "/v1/keys", by="admin", json=body)).status == 422
    assert (await quiet.call("POST", "/v1/keys/invitations", by="admin", json=body)).status == 422


async def test_everybody_sees_and_rotates_their_own_keys_only(quiet, clock):
    mine = await issue(quiet, owner="caravan-wire", scopes=["push", "read"], label="pusher", days=10)
    theirs = await issue(quiet, owner="khazar-news")
    listed = (await call(quiet, "GET", "/v1/keys", mine["key"])).json["keys"]
    assert {one["owner"] for one in listed} == {"caravan-wire"}
    assert (await call(quiet, "POST", f"/v1/keys/{theirs['id']}/rotation", mine["key"])).status == 404
    assert (await call(quiet, "DELETE", f"/v1/keys/{mine['id']}", mine["key"])).status == 403
    assert (await quiet.call("POST", f"/v1/keys/{mine['id']}/rotation")).status == 401
    clock.pass_time(days=2)
    sent = {"overlap_hours": 3}
    push_only = (await issue(quiet, owner="caravan-wire", scopes=["push"]))["key"]
    assert (await call(quiet, "POST", f"/v1/keys/{mine['id']}/rotation", push_only, json=sent)).status == 403
    made = await call(quiet, "POST", f"/v1/keys/{mine['id']}/rotation", mine["key"], json=sent)
    assert made.status == 201, made.text
    assert (made.json["scopes"], made.json["label"]) == (mine["scopes"], "pusher")
    assert made.json["expires_at"] > mine["expires_at"]
    clock.pass_time(hours=2)
    for key in (mine["key"], made.json["key"]):
        assert (await call(quiet, "GET", "/v1/keys", key)).status == 200
    clock.pass_time(hours=2)
    assert (await call(quiet, "GET", "/v1/keys", mine["key"])).status == 401
    assert (await call(quiet, "GET", "/v1/keys", made.json["key"])).status == 200
    again = await quiet.call("POST", f"/v1/keys/{mine['id']}/rotation", by="admin")
    assert again.status == 409


async def test_an_invitation_is_exchanged_once(quiet, clock):
    answer = await quiet.call(
        "POST", "/v1/keys/invitations", by="admin", json={"owner": "khazar-news", "hours": 5, "label": "theirs"}
    )
    assert answer.status == 201
    token = answer.json["token"]
    assert (await call(quiet, "GET", "/v1/keys", token)).status == 401
    made = await quiet.call("POST", "/v1/keys/accept", json={"token": token})
    assert (made.status, made.json["owner"], made.json["label"]) == (201, "khazar-news", "theirs")
    assert (await call(quiet, "GET", "/v1/media/khazar-news", made.json["key"])).status == 200
    assert (await quiet.call("POST", "/v1/keys/accept", json={"token": token})).status == 403
    assert (await quiet.call("POST", "/v1/keys/accept", json={"token": "wrong"})).status == 403
    assert (await quiet.call("POST", "/v1/keys/accept", json={})).status == 422
    late = await quiet.call("POST", "/v1/keys/invitations", by="admin", json={"owner": "khazar-news", "hours": 1})
    clock.pass_time(hours=2)
    assert (await quiet.call("POST", "/v1/keys/accept", json={"token": late.json["token"]})).status == 403
    for by in ("khazar-news", "sample-desk"):
        assert (await quiet.call("POST", "/v1/keys/invitations", by=by, json={"owner": by})).status == 403


async def test_the_last_use_is_known_and_no_request_writes_it(start, clock):
    server = await start(with_worker=False)
    made = await issue(server, owner="demo-newsroom")
    writes = server.app[DATABASE].writes
    clock.pass_time(minutes=3)
    for _ in range(5):
        assert (await call(server, "GET", "/v1/channels", made["key"])).status == 200
    assert server.app[DATABASE].writes == writes
    listed = (await server.call("GET", "/v1/keys?owner=demo-newsroom", by="admin")).json["keys"]
    assert listed[0]["used_at"] > listed[0]["created_at"]
    server = await start(with_worker=False)  # what was not written by then is at the end
    async with server.app[DATABASE].read() as conn:
        [row] = await list_keys(conn, "demo-newsroom")
    assert row.used_at is not None
    assert server.app[KEYRING].uses == {}


async def test_what_is_done_with_keys_is_in_the_audit(quiet):
    made = await issue(quiet, owner="caravan-wire")
    await quiet.call("POST", f"/v1/keys/{made['id']}/rotation", by="admin")
    await quiet.call("DELETE", f"/v1/keys/{made['id']}", by="admin")
    text = (await quiet.call("GET", "/v1/audit?what=key&outlet=caravan-wire", by="admin")).text
    assert [line.count('"what"') for line in text.splitlines()] == [1, 1, 1]
    for what in ("key.issue", "key.rotate", "key.revoke"):
        assert what in text
    assert made["key"] not in text


async def test_an_open_invitation_is_listed_and_a_withdrawn_one_is_worth_nothing(quiet, clock):
    path = "/v1/keys/invitations"
    body = {"owner": "khazar-news", "scopes": ["push"], "days": 30, "label": "theirs"}
    made = (await quiet.call("POST", path, by="admin", json=body)).json
    used = (await quiet.call("POST", path, by="admin", json={"owner": "admin"})).json
    await quiet.call("POST", path, by="admin", json={"owner": "khazar-news", "hours": 1})
    assert (await quiet.call("POST", "/v1/keys/accept", json={"token": used["token"]})).status == 201
    clock.pass_time(hours=2)
    listed = await quiet.call("GET", path, by="admin")
    [one] = listed.json["invitations"]
    assert (one["id"], one["owner"], one["scopes"], one["days"]) == (made["id"], "khazar-news", ["push"], 30)
    assert (one["label"], one["by"], one["expires_at"]) == ("theirs", "admin", made["expires_at"])
    assert made["token"] not in listed.text
    assert (await quiet.call("DELETE", f"{path}/{made['id']}", by="khazar-news")).status == 403
    assert (await quiet.call("DELETE", f"{path}/{made['id']}", by="admin")).status == 204
    assert (await quiet.call("POST", "/v1/keys/accept", json={"token": made["token"]})).status == 403
    for gone in (made["id"], used["id"], "0123"):
        assert (await quiet.call("DELETE", f"{path}/{gone}", by="admin")).status == 404
    assert (await quiet.call("GET", path, by="admin")).json == {"invitations": []}
    assert (await quiet.call("GET", path, by="khazar-news")).status == 403
    assert '"key.withdraw"' in (await quiet.call("GET", "/v1/audit?what=key", by="admin")).text
