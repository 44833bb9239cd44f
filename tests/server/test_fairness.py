"""Outlets share the translators fairly: the urgent first, and among equals everybody's next before anybody's second."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from server.jobs import enqueue_translation
from server.runner import Pace, Step
from server.store import jobs
from server.store.engine import Database, open_database
from server.store.schema import jobs as table

LIMIT = 16


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await open_database("", tmp_path)
    yield database
    await database.close()


async def ask(conn: Any, clock: Any, outlet: str, number: int, urgency: int = 5, language: str = "tr") -> None:
    at, pivot = clock(), language == "en"
    await enqueue_translation(conn, number, language, outlet=outlet, urgency=urgency, is_pivot=pivot, now=at)


async def fill(database: Database, clock: Any, outlet: str, count: int) -> None:
    """So many waiting articles of one outlet, as if they had been pushed one after the other."""
    async with database.write() as conn:
        rows = [
            {"kind": "translate", "subject": f"{number}:tr", "batch": "tr", "priority": 11, "owner": outlet,
             "turn": number, "run_at": clock(), "created_at": clock(), "revision": 1, "attempts": 0, "error": ""}
            for number in range(count)
        ]  # fmt: skip
        await conn.execute(table.insert(), rows)


async def take(database: Database, clock: Any, limit: int = 1) -> list[int]:
    """Claim, end what was claimed, and say which articles it was."""
    async with database.write() as conn:
        claimed = await jobs.claim(
            conn, "translate", worker="w", now=clock(), lease_until=clock() + timedelta(minutes=1), limit=limit
        )
        await jobs.finish_all(conn, claimed)
    return [int(job.subject.partition(":")[0]) for job in claimed]


async def test_an_urgent_article_passes_two_thousand_and_takes_none_of_them_along(database, clock):
    await fill(database, clock, "busy", 2_000)
    assert len(await take(database, clock, LIMIT)) == LIMIT
    async with database.write() as conn:
        await ask(conn, clock, "small", 5_000, urgency=1)
    assert await take(database, clock, LIMIT) == [5_000]
    assert len(await take(database, clock, LIMIT)) == LIMIT


async def test_an_equally_urgent_article_of_another_outlet_is_in_the_next_batch(database, clock):
    await fill(database, clock, "busy", 2_000)
    for _ in range(5):
        await take(database, clock, LIMIT)
    async with database.write() as conn:
        await ask(conn, clock, "small", 5_000)
    assert 5_000 in await take(database, clock, LIMIT)


async def test_outlets_take_turns(database, clock):
    await fill(database, clock, "busy", 300)
    for _ in range(100):
        await take(database, clock)
    async with database.write() as conn:
        for number in range(20):
            await ask(conn, clock, "second", 1_000 + number)
            await ask(conn, clock, "third", 2_000 + number)
    for _ in range(5):
        shares = Counter(number // 1_000 for number in [(await take(database, clock))[0] for _ in range(12)])
        assert max(shares.values()) - min(shares.values()) <= 1, shares


async def test_who_was_away_has_saved_nothing_up(database, clock):
    """An outlet that pushes after a long time gets its share from now on, not all that it never used."""
    await fill(database, clock, "busy", 200)
    for _ in range(150):
        await take(database, clock)
    async with database.write() as conn:
        for number in range(60):
            await ask(conn, clock, "late", 1_000 + number)
    taken = [(await take(database, clock))[0] for _ in range(20)]
    assert 9 <= sum(number >= 1_000 for number in taken) <= 11


async def test_a_job_that_is_asked_for_again_keeps_its_turn(database, clock):
    async with database.write() as conn:
        for number in (1, 2, 3):
            await ask(conn, clock, "busy", number)
        await ask(conn, clock, "busy", 1)
    assert [(await take(database, clock))[0] for _ in range(3)] == [1, 2, 3]


async def test_what_is_taken_is_found_along_an_index(database, clock):
    """Not by sorting all that waits."""
    statements: list[tuple[str, Any]] = []

    @event.listens_for(database._engine.sync_engine, "before_cursor_execute")
    def keep(_conn: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        statements.append((statement, parameters))

    await fill(database, clock, "busy", 50)
    await take(database, clock, LIMIT)
    selects = [one for one in statements if one[0].startswith("SELECT jobs")]
    assert len(selects) == 2
    async with database.read() as conn:
        plans = [
            " ".join(row[3] for row in await conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters))
            for statement, parameters in selects
        ]
    assert all("jobs_order" in plan and "TEMP B-TREE" not in plan for plan in plans), plans


async def do_nothing(*_: Any) -> None:
    """A step."""


def test_slow_jobs_are_taken_few_at_once_and_fast_ones_many():
    pace = Pace(Step(do_nothing, 16, do_nothing, 2.0))
    assert pace.limit == 16
    pace.note(16, 16.0)
    assert pace.limit == 2
    pace.note(2, 0.001)  # remembered
    assert pace.limit == 2
    for _ in range(30):
        pace.note(2, 0.001)
    assert pace.limit == 16
    pace.note(1, 60.0)
    assert pace.limit == 1
