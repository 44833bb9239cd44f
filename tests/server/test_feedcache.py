"""When a rendered feed is given again without asking the database, and when not."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from feeds.model import Document
from server.keys import DATABASE
from server.serving.feedcache import CachedFeed, FeedCache
from server.store.answers import find_meta, save_meta, stamp
from server.store.engine import TRUST, Look
from server.store.standings import Filters, Pulse

WORLD = "/feeds/world/en.atom"
PLACE = ("world", "en", "atom", Filters())
NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


@pytest.fixture
def cache():
    cache = FeedCache()
    document = Document(body=b"<feed/>", media_type="application/atom+xml", etag='"one"')
    cache.put(PLACE, CachedFeed(document, NOW, change=7, until=NOW + timedelta(hours=1), seen=Look(3, NOW)))
    return cache


def test_a_document_is_recalled_while_nothing_was_written(cache):
    assert cache.recall(PLACE, Look(3, NOW + TRUST / 2)) is not None


@pytest.mark.parametrize(
    "look", [Look(4, NOW), Look(3, NOW + TRUST), Look(3, NOW - timedelta(seconds=1))], ids=["write", "time", "clock"]
)
def test_a_document_is_not_recalled_after_a_write_some_time_or_a_clock_set_back(cache, look):
    assert cache.recall(PLACE, look) is None


def test_a_document_that_is_found_unchanged_is_recalled_again(cache):
    later = Look(9, NOW + timedelta(minutes=1))
    assert cache.find(PLACE, Pulse(7, 1, None), later) is not None
    assert cache.recall(PLACE, later) is not None
    assert cache.find(PLACE, Pulse(8, 1, None), later) is None


def test_a_look_that_ended_late_takes_back_nothing(cache):
    newer = Look(9, NOW + timedelta(minutes=1))
    assert cache.find(PLACE, Pulse(7, 1, None), newer) is not None
    assert cache.find(PLACE, Pulse(7, 1, None), Look(8, NOW + timedelta(minutes=2))) is not None
    assert cache.recall(PLACE, newer) is not None


def test_a_document_counts_until_the_turn_that_is_next_now(cache):
    """An embargo came after it was made: that is no change before it ends."""
    ends = NOW + timedelta(seconds=1)
    assert cache.find(PLACE, Pulse(7, 1, ends), Look(4, NOW)).until == ends
    assert cache.recall(PLACE, Look(4, NOW + TRUST / 2)) is not None
    assert cache.find(PLACE, Pulse(7, 1, None), Look(4, ends)) is None


def test_a_document_is_not_recalled_past_its_turn(cache):
    late = Look(3, NOW + timedelta(hours=1))
    assert cache.find(PLACE, Pulse(7, 1, None), late) is None
    assert cache.recall(PLACE, late) is None


async def test_a_feed_that_was_just_sent_is_confirmed_without_the_database(server):
    await server.push()
    await server.settle()
    etag = (await server.call("GET", WORLD)).headers["ETag"]
    await server.call("GET", WORLD)
    statements = count_statements(server)
    answer = await server.call("GET", WORLD, headers={"If-None-Match": etag})
    assert (answer.status, statements) == (304, [])


async def test_a_push_is_in_the_feed_that_was_just_sent(server):
    for number in range(3):
        await server.push(f"item-{number}")
        assert f"item-{number}" in (await server.call("GET", WORLD)).text


async def test_requests_at_once_render_once(server):
    await server.push()
    await server.settle()
    statements = count_statements(server)
    await server.call("GET", WORLD)
    alone = len(statements)
    await server.push("two")
    await server.settle()
    statements.clear()
    answers = await asyncio.gather(*(server.call("GET", WORLD) for _ in range(20)))
    assert {answer.headers["ETag"] for answer in answers} == {answers[0].headers["ETag"]}
    assert len(statements) < 3 * alone


def count_statements(server):
    """What the database is asked about placements from now on; the worker asks about jobs only."""
    statements = []

    def note(_conn, _cursor, statement, *_):
        if "placements" in statement:
            statements.append(statement)

    event.listen(server.app[DATABASE]._engine.sync_engine, "before_cursor_execute", note)
    return statements


async def test_after_a_change_only_what_changed_is_loaded(server):
    for number in range(5):
        await server.push(f"item-{number}")
    await server.settle()
    await server.call("GET", WORLD)
    loaded = []

    def note(_conn, _cursor, statement, parameters, *_):
        if "FROM articles JOIN versions" in statement and "articles.id IN" in statement:
            loaded.append(len(parameters))

    await server.push("item-3", headline="The ministers will not meet on Friday, because of the snow")
    await server.settle()
    event.listen(server.app[DATABASE]._engine.sync_engine, "before_cursor_execute", note)
    answer = await server.call("GET", WORLD)
    assert "because of the snow" in answer.text
    assert [f"item-{number}" in answer.text for number in range(5)] == [True] * 5
    assert loaded == [1]


async def test_what_is_written_lazily_is_read_at_once_and_leaves_caches_alone(server):
    await server.push()
    await server.settle()
    database = server.app[DATABASE]
    writes, told = database.writes, database.watch()
    async with database.write(lazily=True) as conn:
        await save_meta(conn, "one", "two")
    async with database.glance() as conn:
        assert await find_meta(conn, "one") == "two"
    assert (database.writes, told.is_set()) == (writes, False)
    async with database.write():
        pass
    assert (database.writes, told.is_set()) == (writes + 1, True)


async def test_who_asks_by_date_has_what_was_said_last_whichever_process_says_it(server):
    """One has rendered what was, and writes that down after another one has rendered what is."""
    database = server.app[DATABASE]
    async with database.write(lazily=True) as conn:
        newer = await stamp(conn, "world/en.atom", '"newer"', 8, NOW)
    async with database.write(lazily=True) as conn:
        assert await stamp(conn, "world/en.atom", '"older"', 7, NOW) is None
    async with database.write(lazily=True) as conn:
        assert await stamp(conn, "world/en.atom", '"newer"', 8, NOW) == newer


async def test_a_feed_without_a_time_of_its_own_is_known_by_its_etag_alone(server):
    """Another process has served what came later, so a date would say that a reader has what it has not."""
    await server.push()
    await server.settle()
    async with server.app[DATABASE].write(lazily=True) as conn:
        await stamp(conn, "world/en.atom", '"newer"', 1_000, NOW)
    answer = await server.call("GET", WORLD)
    assert "Last-Modified" not in answer.headers
    later = {"If-Modified-Since": "Fri, 27 Nov 2026 12:00:00 GMT"}
    assert (await server.call("GET", WORLD, headers=later)).status == 200
    assert (await server.call("GET", WORLD, headers={"If-None-Match": answer.headers["ETag"]})).status == 304


async def test_only_lazy_writes_do_not_wait_for_the_disk(server):
    database = server.app[DATABASE]
    for lazily in (True, False, True, True, False, False):
        async with database.write(lazily=lazily) as conn:
            level = (await conn.exec_driver_sql("PRAGMA synchronous")).scalar_one()
        assert level == (1 if lazily else 2)


async def test_a_glance_sees_one_state_and_leaves_its_connection_as_it_was(server):
    database = server.app[DATABASE]
    async with database.glance() as conn:
        assert await find_meta(conn, "three") is None
        async with database.write() as other:
            await save_meta(other, "three", "four")
        assert await find_meta(conn, "three") is None
    for _ in range(8):  # every connection of the pool
        async with database.read() as conn:
            assert await find_meta(conn, "three") == "four"
