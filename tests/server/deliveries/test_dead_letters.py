"""What was given up is listed with its reason, and can be tried again."""

import json

import pytest

from server.config import Destination

KEY = "a key that both sides know"
HEADLINES = ["The ministers will meet in the capital on Friday", "A conference on water will open on Monday"]


@pytest.fixture
async def desk(start, config, sink, make_newsroom):
    """A server with one destination, and what it pushes to."""
    options = {"url": f"{sink.base}/in", "channels": ("world",), "languages": ("en",), "key": KEY}
    destination = Destination(**options, subscriber="demo-newsroom")
    return make_newsroom(await start(config=config.model_copy(update={"destinations": {"desk": destination}})), sink)


async def list_letters(server, *, by="admin", query=""):
    answer = await server.call("GET", f"/v1/dead-letters{query}", by=by)
    assert answer.status == 200, answer.text
    return answer.json


async def retry(server, letter, *, by="admin"):
    return await server.call("POST", f"/v1/dead-letters/{letter['id']}/retry", by=by)


async def test_a_refused_item_is_listed_and_brought_again_as_it_is_now(desk, sink):
    server = desk.server
    sink.answers = [422]
    await server.push("one", headline=HEADLINES[0])
    await sink.wait_for(1)
    await server.push("two", headline=HEADLINES[1])
    await sink.wait_for(2)
    await server.settle()
    (letter,) = await list_letters(server)
    assert (letter["outlet"], letter["item"], letter["language"]) == ("caravan-wire", "one", "en")
    assert (letter["status"], letter["error"], letter["retried_at"]) == (422, "it answered 422", None)
    assert letter["at"].startswith("2026-11-26T12:00")
    assert (await retry(server, letter)).status == 202
    push = (await sink.wait_for(3))[2]
    assert json.loads(push.body)["headlines"][0]["value"] == HEADLINES[0]
    assert push.headers["Karvan-Sequence"] == "2"
    await server.settle()
    assert await list_letters(server) == []
    audit = await server.call("GET", "/v1/audit?what=delivery.retry", by="admin")
    assert json.loads(audit.text)["before"]["error"] == "it answered 422"


async def test_what_is_refused_again_is_given_up_again(desk, sink):
    server = desk.server
    sink.answers = [422, 413]
    await server.push("one")
    await sink.wait_for(1)
    await server.settle()
    (letter,) = await list_letters(server)
    await retry(server, letter)
    await sink.wait_for(2)
    await server.settle()
    (again,) = await list_letters(server)
    assert (again["id"], again["status"], again["retried_at"]) == (letter["id"], 413, None)
    assert len(sink.pushes) == 2


async def test_a_correction_that_is_taken_settles_the_letter(desk, sink):
    server = desk.server
    sink.answers = [422]
    await server.push("one", headline=HEADLINES[0])
    await sink.wait_for(1)
    await server.settle()
    await server.push("one", headline=HEADLINES[1])
    await sink.wait_for(2)
    await server.settle()
    assert await list_letters(server) == []


async def test_what_was_withdrawn_meanwhile_is_not_brought_again(desk, sink):
    server = desk.server
    sink.answers = [422]
    await server.push("one")
    await sink.wait_for(1)
    await server.settle()
    await server.call("DELETE", "/v1/articles/caravan-wire/one", by="caravan-wire")
    await server.settle()
    (letter,) = await list_letters(server)
    await retry(server, letter)
    await server.settle()
    assert len(sink.pushes) == 1
    assert await list_letters(server) == []


async def test_a_trial_that_meets_trouble_is_kept_up(desk, sink):
    server = desk.server
    sink.answers = [422, 500]
    await server.push("one")
    await sink.wait_for(1)
    await server.settle()
    await retry(server, (await list_letters(server))[0])
    await desk.wait_for_state(failures=1)
    await desk.pass_time(seconds=20)
    await sink.wait_for(3)
    await server.settle()
    assert await list_letters(server) == []


async def test_a_lease_that_ended_before_all_had_arrived_goes_on_where_it_was(server, newsroom, sink):
    await newsroom.subscribe(hub_lease_seconds="3600", hub_secret="quiet", by="demo-newsroom")
    sink.usual = 503
    await server.push("one", headline=HEADLINES[0])
    await newsroom.wait_for_state(failures=1)
    await newsroom.pass_time(hours=2)
    await newsroom.wait_for_state(state="expired")
    sink.usual = 204
    await server.push("two", headline=HEADLINES[1])
    await server.settle()
    (letter,) = await list_letters(server, by="demo-newsroom")
    assert (letter["kind"], letter["item"], letter["status"]) == ("websub", None, 503)
    assert "lease has ended" in letter["error"]
    before = len(sink.pushes)
    assert (await retry(server, letter)).status == 202
    one = await newsroom.wait_for_state(state="live")
    assert one["lease_until"] > "2026-12-06"
    push = (await sink.wait_for(before + 1))[-1]
    assert sorted(push.titles) == sorted(HEADLINES)
    assert "X-Hub-Signature" in push.headers
    await server.settle()
    assert await list_letters(server) == []


async def test_a_lease_that_ended_with_everything_there_leaves_no_letter(server, newsroom, sink):
    await newsroom.subscribe(hub_lease_seconds="3600")
    await server.push()
    await sink.wait_for(1)
    await server.settle()
    await newsroom.pass_time(hours=2)
    await newsroom.wait_for_state(state="expired")
    assert await list_letters(server) == []


async def test_a_subscriber_that_is_gone_is_revived_only_if_it_agrees(server, newsroom, sink):
    await newsroom.subscribe()
    sink.answers = [410]
    await server.push()
    await newsroom.wait_for_state(state="gone")
    await server.settle()
    (letter,) = await list_letters(server)
    assert (letter["error"], letter["status"]) == ("gone: it answered 410 Gone", 410)
    ends = await server.call("GET", "/v1/audit?what=subscription.end", by="admin")
    assert json.loads(ends.text)["after"]["state"] == "gone"
    sink.consent = False
    await retry(server, letter)
    await server.settle()
    assert (await newsroom.list())[0]["state"] == "gone"
    assert (await list_letters(server))[0]["retried_at"] is not None
    sink.consent = True
    await retry(server, letter)
    assert len((await sink.wait_for(2))[1].titles) == 1
    await server.settle()
    assert await list_letters(server) == []


async def test_a_destination_that_was_gone_goes_on(desk, sink):
    server = desk.server
    sink.answers = [410]
    await server.push("one", headline=HEADLINES[0])
    await desk.wait_for_state(state="gone")
    await server.push("two", headline=HEADLINES[1])
    await server.settle()
    (letter,) = await list_letters(server)
    await retry(server, letter)
    pushes = await sink.wait_for(3)
    assert [json.loads(push.body)["headlines"][0]["value"] for push in pushes[1:]] == HEADLINES


async def test_letters_are_their_owners_business(desk, sink):
    server = desk.server
    sink.answers = [422]
    await server.push("one")
    await sink.wait_for(1)
    await server.settle()
    (letter,) = await list_letters(server, by="demo-newsroom")
    assert await list_letters(server, by="khazar-news") == []
    assert (await server.call("GET", "/v1/dead-letters")).status == 401
    assert (await retry(server, letter, by="khazar-news")).status == 404
    assert (await retry(server, letter, by="demo-newsroom")).status == 202
    assert (await retry(server, {"id": 999})).status == 404
    assert await list_letters(server, query=f"?after={letter['id']}") == []
    assert len(await list_letters(server, query=f"?subscription={letter['subscription']}")) <= 1
    assert (await server.call("GET", "/v1/dead-letters?state=x", by="admin")).status == 400


async def test_what_has_ended_otherwise_cannot_be_tried_again(start, desk, sink, config):
    server = desk.server
    sink.answers = [422]
    await server.push("one")
    await sink.wait_for(1)
    await server.settle()
    server = await start(config=config)  # the operator has taken the destination out
    (letter,) = await list_letters(server)
    answer = await retry(server, letter)
    assert answer.status == 409
    assert "removed" in answer.json["detail"]
