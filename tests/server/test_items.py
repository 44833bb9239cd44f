"""The cursor over HTTP: pages, long poll, who may ask, and what is refused."""

import asyncio
import time
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from server import consequences, jobs, worker
from server.app import end_waiting
from server.config import Limits
from server.consequences import Ask
from server.keys import CLOCK, DATABASE, LIVE, LOOKOUT
from server.store import jobs as rows

ITEMS = "/v1/channels/world/en/items"
HALF_PAST = "2026-11-26T12:30:00Z"


async def follow(server: Any, after: int = 0, limit: int = 50, **options: Any) -> list[Any]:
    """Everything after this change, page by page."""
    found: list[Any] = []
    while True:
        answer = await server.call("GET", f"{ITEMS}?after={after}&limit={limit}", **options)
        assert answer.status == 200, answer.text
        found += answer.json["items"]
        after = answer.json["next"]
        if not answer.json["more"]:
            return found


def show(items: list[Any]) -> list[tuple[str, str]]:
    return [(item["id"].split("/")[1], item["state"]) for item in items]


async def test_a_feed_is_walked_through_in_the_order_of_its_changes(quiet):
    for item in ("one", "two", "three"):
        await quiet.push(item)
    await quiet.push("one", headline="The ministers will meet in the capital on Saturday to discuss trade")
    assert show(await follow(quiet)) == [("two", "usable"), ("three", "usable"), ("one", "usable")]
    assert show(await follow(quiet, limit=1)) == show(await follow(quiet))
    first = (await quiet.call("GET", f"{ITEMS}?limit=1")).json
    assert (len(first["items"]), first["more"], first["next"]) == (1, True, first["items"][0]["change"])


async def test_an_item_is_the_article_as_ninjs(quiet):
    await quiet.push("one", by="caravan-wire", edNote="secret")
    (item,) = await follow(quiet)
    assert item["article"]["headlines"][0]["value"].startswith("The ministers")
    assert item["article"]["standard"]["name"] == "ninjs"
    assert "secret" not in str(item)
    assert item["page"] == "https://karvan.example/articles/caravan-wire/one/en"
    assert item["id"].startswith("tag:")


async def test_a_kill_follows_a_correction_and_neither_comes_twice(quiet):
    await quiet.push("one")
    after = (await follow(quiet))[-1]["change"]
    await quiet.push("one", headline="The ministers will meet in the capital on Saturday to discuss trade")
    (corrected,) = await follow(quiet, after)
    assert corrected["article"]["headlines"][0]["value"].endswith("on Saturday to discuss trade")
    assert (await quiet.call("DELETE", "/v1/articles/caravan-wire/one?reason=wrong", by="caravan-wire")).status == 200
    (killed,) = await follow(quiet, corrected["change"])
    assert killed["state"] == "withdrawn"
    assert killed["article"]["pubStatus"] == "canceled"
    assert "ministers" not in str(killed)
    assert await follow(quiet, killed["change"]) == []
    assert show(await follow(quiet, after)) == [("one", "withdrawn")], "who was away hears of the end only"


async def test_an_embargo_opens_and_an_expiry_closes_by_the_clock_alone(start, clock):
    server = await start()
    await server.push("one", embargoedUntil=HALF_PAST, expires="2026-11-26T13:00:00Z")
    await server.settle()
    assert await follow(server) == []
    clock.pass_time(minutes=30)
    await server.settle()
    (opened,) = await follow(server)
    assert (opened["state"], opened["updated"]) == ("usable", "2026-11-26T12:30:00.000000Z")
    clock.pass_time(minutes=30)
    await server.settle()
    (closed,) = await follow(server, opened["change"])
    assert (closed["state"], "article" in closed) == ("removed", False)
    assert b"deleted-entry" in (await server.call("GET", "/feeds/world/en.atom")).body


async def test_a_worker_that_was_down_at_the_end_of_an_embargo_opens_at_once(start, clock):
    server = await start(with_worker=False)
    await server.push("one", embargoedUntil=HALF_PAST)
    clock.pass_time(minutes=40)
    assert await follow(server) == []
    server = await start()
    await server.settle()
    assert show(await follow(server)) == [("one", "usable")]


async def test_every_language_opens_in_one_transaction(start, clock):
    server = await start()
    await server.push("one", embargoedUntil=HALF_PAST)
    await server.settle()
    clock.pass_time(minutes=30)
    await server.settle()
    found = {}
    for language in ("az", "en", "ru", "tr", "zh"):
        answer = await server.call("GET", f"/v1/channels/world/{language}/items")
        found[language] = [(item["state"], item["updated"], item["change"]) for item in answer.json["items"]]
    changes = sorted(change for items in found.values() for _, _, change in items)
    assert {(state, when) for items in found.values() for state, when, _ in items} == {
        ("usable", "2026-11-26T12:30:00.000000Z")
    }
    assert len(changes) == 5
    assert changes[-1] - changes[0] < 12, "nothing else came between"


async def test_who_waits_is_answered_when_something_changes(quiet):
    await quiet.push("one")
    after = (await follow(quiet))[-1]["change"]
    waiting = asyncio.create_task(quiet.call("GET", f"{ITEMS}?after={after}&wait=30"))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    begun = time.monotonic()
    await quiet.push("two")
    answer = await waiting
    assert show(answer.json["items"]) == [("two", "usable")]
    assert time.monotonic() - begun < 20  # not the 30 that it may wait


async def test_what_changes_elsewhere_does_not_answer_who_waits(quiet):
    waiting = asyncio.create_task(quiet.call("GET", "/v1/channels/turkic/tr/items?wait=1", by="bosphorus-post"))
    await asyncio.sleep(0.2)
    await quiet.push("one")
    answer = await waiting
    assert (answer.status, answer.json) == (200, {"items": [], "next": 0, "more": False})


async def test_a_server_that_ends_answers_who_waits(quiet):
    waiting = asyncio.create_task(quiet.call("GET", f"{ITEMS}?wait=60"))
    await asyncio.sleep(0.2)
    await end_waiting(quiet.app)
    assert (await asyncio.wait_for(waiting, 2)).json["items"] == []


async def test_nobody_waits_for_a_client_that_has_gone(quiet):
    waiting = asyncio.create_task(quiet.call("GET", f"{ITEMS}?wait=60"))
    await asyncio.sleep(0.2)
    assert quiet.app[LOOKOUT].waiting
    waiting.cancel()
    async with asyncio.timeout(5):
        while quiet.app[LOOKOUT].waiting:
            await asyncio.sleep(0.05)


async def test_while_nobody_waits_the_database_is_not_asked(quiet):
    await follow(quiet)
    assert not quiet.app[LOOKOUT].waiting


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("after=x", "after"),
        ("after=-1", "after"),
        ("after=٣", "after"),
        ("after=99999999999999999999", "after"),
        ("after=5000", "the newest change here is 0"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("wait=61", "wait"),
        ("wait=1.5", "wait"),
        ("after=0&after=1", "twice"),
        ("outlet=khazar-news", "no parameter 'outlet'"),
    ],
)
async def test_what_cannot_be_meant_is_refused(quiet, query, word):
    answer = await quiet.call("GET", f"{ITEMS}?{query}")
    assert answer.status == 400
    assert word in answer.json["detail"]


async def test_a_private_channel_wants_a_key_and_the_desk_is_nobodys_business(quiet):
    path = "/v1/channels/turkic/tr/items"
    assert (await quiet.call("GET", path)).status == 401
    assert (await quiet.call("GET", path, by="caravan-wire")).status == 403
    assert (await quiet.call("GET", path, by="demo-newsroom")).status == 200
    assert (await quiet.call("GET", "/v1/channels/desk/en/items")).status == 404
    assert (await quiet.call("GET", "/v1/channels/world/xx/items")).status == 404
    head = await quiet.call("HEAD", f"{ITEMS}?wait=60")
    assert (head.status, head.body) == (200, b"")


async def test_an_article_that_a_faster_clock_has_opened_waits_and_holds_up_what_follows(quiet, clock):
    """Two machines, two clocks: what one has numbered, the other may not show yet. It must not be passed over."""
    await quiet.push("one", embargoedUntil=HALF_PAST)
    await quiet.push("two")
    fast = await _number_all(quiet, minutes=30)
    assert fast == 1
    await quiet.push("three")
    assert show(await follow(quiet)) == [("two", "usable")]
    clock.pass_time(minutes=31)
    assert show(await follow(quiet)) == [("two", "usable"), ("one", "usable"), ("three", "usable")]


async def _number_all(server: Any, **ahead: float) -> int:
    """Place the first article as a machine would whose clock is ahead; how many places that changed in English."""
    later = server.app[CLOCK]() + timedelta(**ahead)
    async with server.app[DATABASE].write() as conn:
        changed = await consequences.settle(conn, 1, server.app[LIVE].current.config, later, ask=Ask.NOTHING)
    return len([feed for feed in changed if feed == ("world", "en")])


async def test_a_turn_is_never_given_up(start, clock):
    """However often it fails (no database …), it is tried again: nobody else would tell of what has opened."""
    server = await start(with_worker=False)
    await server.push("one", embargoedUntil=HALF_PAST)
    clock.pass_time(minutes=30)
    now = server.app[CLOCK]()
    async with server.app[DATABASE].write() as conn:
        (job,) = await jobs.claim(conn, jobs.TURN, worker="w", limits=Limits(), limit=1, now=now)
        assert await rows.give_up(conn, job, "a full disk", now)
        tools: Any = SimpleNamespace(clock=server.app[CLOCK])
        await worker.try_turn_again(conn, tools, job, "a full disk")
    clock.pass_time(minutes=11)
    server = await start()
    await server.settle()
    assert show(await follow(server)) == [("one", "usable")]
