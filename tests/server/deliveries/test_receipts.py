"""Who has what, and who has not heard: outlets see it, newsrooms say it (CONTRACT §5.3)."""

import pytest

KILLED = {"reason": "not so"}


async def get_receipts(server, item="one", *, by="caravan-wire"):
    answer = await server.call("GET", f"/v1/articles/caravan-wire/{item}/receipts", by=by)
    assert answer.status == 200, answer.text
    return answer.json["languages"]["en"]


async def kill(server, item="one"):
    await server.call("DELETE", f"/v1/articles/caravan-wire/{item}", by="caravan-wire", json=KILLED)


async def test_a_push_that_arrived_is_a_receipt(server, newsroom, sink):
    await newsroom.subscribe()
    await server.push()
    await sink.wait_for(1)
    await server.settle()
    told = await get_receipts(server)
    (one,) = told["recipients"]
    assert (told["acknowledged"], told["missing"]) == (1, 0)
    assert (one["kind"], one["via"], one["acknowledged"]) == ("websub", "push", True)
    assert "/callback" not in one["recipient"], "the address may hold a secret"


async def test_who_has_not_taken_a_kill_is_named_with_the_reason(server, newsroom, sink):
    await newsroom.subscribe()
    await server.push()
    await sink.wait_for(1)
    await server.settle()
    sink.answers = [503]
    await kill(server)
    await newsroom.wait_for_state(failures=1)
    told = await get_receipts(server)
    (one,) = told["recipients"]
    assert (told["acknowledged"], told["missing"]) == (0, 1)
    assert (one["has_latest"], one["last_error"]) == (False, "it answered 503")
    await newsroom.pass_time(seconds=20)
    await sink.wait_for(3)
    await server.settle()
    assert (await get_receipts(server))["missing"] == 0


async def test_who_subscribed_later_has_not_received_what_was_before(server, newsroom):
    await server.push()
    await newsroom.subscribe()
    assert (await get_receipts(server))["recipients"] == []


async def test_fetching_a_feed_with_a_key_is_a_receipt(server):
    await server.push()
    await server.call("GET", "/feeds/world/en.atom", by="demo-newsroom")
    await server.call("GET", "/feeds/world/en.atom")
    (one,) = (await get_receipts(server))["recipients"]
    assert (one["recipient"], one["via"], one["acknowledged"]) == ("subscriber:demo-newsroom", "fetch", True)
    await kill(server)
    told = await get_receipts(server)
    assert (told["missing"], told["recipients"][0]["has_latest"]) == (1, False)
    await server.call("GET", "/feeds/world/en.atom", by="demo-newsroom")
    assert (await get_receipts(server))["missing"] == 0


async def test_a_feed_that_filters_the_article_out_is_no_receipt(server):
    await server.push()
    await server.call("GET", "/feeds/world/en.atom?outlet=khazar-news", by="demo-newsroom")
    assert (await get_receipts(server))["recipients"] == []


async def test_a_fetch_outlives_a_restart(start):
    server = await start()
    await server.push()
    await server.call("GET", "/feeds/world/en.atom", by="demo-newsroom")
    server = await start()
    assert len((await get_receipts(server))["recipients"]) == 1


async def test_a_newsroom_says_what_it_has(server):
    await server.push()
    given = {"receipts": [{"outlet": "caravan-wire", "item": "one"}, {"outlet": "caravan-wire", "item": "nothing"}]}
    answer = await server.call("POST", "/v1/receipts", by="demo-newsroom", json=given)
    assert [one["recorded"] for one in answer.json["receipts"]] == [True, False]
    (one,) = (await get_receipts(server))["recipients"]
    assert (one["recipient"], one["via"], one["acknowledged"]) == ("subscriber:demo-newsroom", "receipt", True)


async def test_a_receipt_for_what_one_may_not_see_says_nothing(server):
    await server.push("one", embargoedUntil="2027-01-01T00:00:00Z")
    given = {"receipts": [{"outlet": "caravan-wire", "item": "one", "language": "en"}]}
    answer = await server.call("POST", "/v1/receipts", by="demo-newsroom", json=given)
    assert answer.json["receipts"] == [{"outlet": "caravan-wire", "item": "one", "recorded": False}]


async def test_receipts_are_for_the_outlet_alone(server):
    await server.push()
    assert (await server.call("GET", "/v1/articles/caravan-wire/one/receipts")).status == 401
    assert (await server.call("GET", "/v1/articles/caravan-wire/one/receipts", by="khazar-news")).status == 403
    assert (await server.call("GET", "/v1/articles/caravan-wire/one/receipts", by="admin")).status == 200


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        (b"{", 400, None), (b"[]", 422, ""), (b'{"receipts": []}', 422, "/receipts"),
        (b'{"receipts": [1]}', 422, "/receipts/0"),
        (b'{"receipts": [{"outlet": "a", "item": 1}]}', 422, "/receipts/0/item"),
        (b'{"receipts": [{"outlet": "a", "item": "b", "change": true}]}', 422, "/receipts/0/change"),
    ],
)  # fmt: skip
async def test_a_bad_receipt_is_refused_with_its_place(server, body, status, pointer):
    answer = await server.call("POST", "/v1/receipts", by="demo-newsroom", data=body)
    assert answer.status == status
    assert pointer is None or answer.json["errors"][0]["pointer"] == pointer


async def test_nobody_says_anonymously_what_they_have(server):
    assert (await server.call("POST", "/v1/receipts", json={"receipts": []})).status == 401
