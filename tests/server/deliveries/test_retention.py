"""What is known of deliveries is forgotten when it is old enough, a little at a time, and nothing too early."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from server.configfile import ConfigError, parse_config
from server.keys import DATABASE
from server.store import retention
from server.store.deliveries import Attempt, DeadLetter, Result, save_letter, save_results
from server.store.delivery_schema import attempts, dead_letters, fetches, losses, receipts, subscriptions
from server.store.losses import Loss, save_losses
from server.store.receipts import Fetch, Receipt, save_fetch, save_receipts
from server.store.subscriptions import end_subscription, save_subscription

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
DAY = timedelta(days=1)
TABLES = (attempts, dead_letters, fetches, losses, receipts, subscriptions)


async def count(database):
    async with database.read() as conn:
        found = {}
        for table in TABLES:
            found[table.name] = (await conn.execute(select(func.count()).select_from(table))).scalar_one()
    return found


async def add_subscription(conn, address, **more):
    values = dict.fromkeys(("channel", "language", "format", "query", "secret", "role", "owner", "key_id"), "")
    values |= {"since": 0, "cursor": 0, "state": "live", "created_at": NOW} | more
    await save_subscription(conn, "websub", "topic", address, values)
    return (await conn.execute(select(func.max(subscriptions.c.id)))).scalar_one()


def make_receipt(number, state="removed", *, recipient="subscriber:a", at=NOW, **more):
    return Receipt(recipient, number, "en", 1, state, "etag", more.pop("via", "push"), at, **more)


async def push_some(server, articles):
    for number in range(articles):
        await server.push(f"item-{number}", headline=f"The ministers of {number + 2} countries will meet on Friday")


async def forget(database, now):
    async with database.write() as conn:
        await retention.forget_some(conn, now - 14 * DAY, now - 400 * DAY)


async def test_each_kind_goes_at_its_time(quiet):
    database = quiet.app[DATABASE]
    await push_some(quiet, 1)
    async with database.write() as conn:
        number = await add_subscription(conn, "http://a.example/")
        await save_results(conn, [Result(attempt=Attempt(number, NOW, "failed", 500, 1, 1, "x"))])
        await save_letter(conn, DeadLetter(number, None, "", 1, "x", NOW, 410))
        await save_fetch(conn, Fetch("subscriber:a", "world", "en", "", 1, NOW, NOW))
        await save_losses(conn, [Loss("anyone", "world", "en", 1, 0, 1, NOW)])
        await save_receipts(conn, [make_receipt(1)])
    await forget(database, NOW + 14 * DAY)
    assert (await count(database))["attempts"] == 1
    await forget(database, NOW + 15 * DAY)
    left = await count(database)
    assert (left.pop("attempts"), set(left.values())) == (0, {1})
    await forget(database, NOW + 400 * DAY)
    assert (await count(database))["receipts"] == 1
    async with database.read() as conn:
        assert await retention.has_old(conn, NOW, NOW + timedelta(microseconds=1))
    await forget(database, NOW + 401 * DAY)
    assert await count(database) == dict.fromkeys([table.name for table in TABLES], 0) | {"subscriptions": 1}
    async with database.read() as conn:
        assert not await retention.has_old(conn, NOW + 999 * DAY, NOW + 999 * DAY)


async def test_receipts_are_kept_while_a_text_stands_and_until_its_end_is_acknowledged(quiet):
    await push_some(quiet, 5)
    database = quiet.app[DATABASE]
    given = [
        make_receipt(1, "usable"),
        make_receipt(2, "withdrawn", notices=3, notice_at=NOW),  # it is told again
        make_receipt(3, "withdrawn", notices=10),  # it was told often enough, and never said that they know
        make_receipt(4, "withdrawn", notices=2, via="receipt"),
        make_receipt(5, "withdrawn"),
    ]
    async with database.write() as conn:
        await save_receipts(conn, given)
    await forget(database, NOW + 999 * DAY)
    async with database.read() as conn:
        left = (await conn.execute(select(receipts.c.article_id).order_by(receipts.c.article_id))).scalars()
        assert list(left) == [1, 2, 3]


async def test_an_ended_subscription_goes_with_all_that_was_its_own_in_small_batches(quiet, monkeypatch):
    monkeypatch.setattr(retention, "MOST_FORGOTTEN", 4)
    await push_some(quiet, 5)
    database = quiet.app[DATABASE]
    async with database.write() as conn:
        ended = await add_subscription(conn, "http://a.example/")
        live = await add_subscription(conn, "http://b.example/")
        for number in (ended, live):
            given = [make_receipt(one, "usable", recipient=f"subscription:{number}") for one in range(1, 6)]
            await save_receipts(conn, given)
            await save_results(conn, [Result(attempt=Attempt(number, NOW + 399 * DAY, "failed", 500, 1, 1, "x"))])
        await end_subscription(conn, ended, "expired", "x", NOW)
    for left in (10 - 4, 5, 5):
        await forget(database, NOW + 401 * DAY)
        assert (await count(database))["receipts"] == left
    found = await count(database)
    assert (found["subscriptions"], found["attempts"]) == (1, 1)


async def test_housekeeping_does_it(server, newsroom, sink):
    await newsroom.subscribe(hub_lease_seconds="3600")
    await server.push()
    await sink.wait_for(1)
    await server.settle()
    await newsroom.pass_time(hours=2)
    await newsroom.wait_for_state(state="expired")
    await newsroom.pass_time(days=401)
    async with asyncio.timeout(10):
        while await newsroom.list():
            await asyncio.sleep(0.05)
    assert (await count(server.app[DATABASE]))["attempts"] == 0


async def test_a_subscriber_that_comes_back_is_not_forgotten(server, newsroom, sink):
    await newsroom.subscribe(hub_lease_seconds="3600")
    await newsroom.pass_time(hours=2)
    await newsroom.wait_for_state(state="expired")
    await newsroom.subscribe(hub_lease_seconds="2592000")
    async with server.app[DATABASE].read() as conn:
        assert (await conn.execute(select(subscriptions.c.ended_at))).scalar_one() is None


def test_a_log_that_outlives_its_subscription_is_refused(shipped):
    with pytest.raises(ConfigError, match="record_days"):
        parse_config(shipped.replace("record_days = 400", "record_days = 10"))
