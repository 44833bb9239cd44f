"""When a rendered feed is given again without asking the database, and when not."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from feeds.model import Document
from server.keys import DATABASE
from server.serving.feedcache import CachedFeed, FeedCache
from server.store.engine import TRUST, Look
from server.store.placements import Filters

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
    assert cache.find(PLACE, 7, later) is not None
    assert cache.recall(PLACE, later) is not None
    assert cache.find(PLACE, 8, later) is None


def test_a_document_is_not_recalled_past_its_turn(cache):
    late = Look(3, NOW + timedelta(hours=1))
    assert cache.find(PLACE, 7, late) is None
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
