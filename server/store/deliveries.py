"""What became of deliveries, written down many at once: cursors, the log, dead letters, receipts, the jobs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store import jobs
from server.store.delivery_schema import attempts, dead_letters, subscriptions
from server.store.jobs import Job
from server.store.receipts import Receipt, save_receipts
from server.store.subscriptions import SubscriptionState, set_state, skip

Outcome = Literal["delivered", "heartbeat", "failed", "refused", "gone", "denied"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One line of the delivery log. `status`: of HTTP, None without an answer; `change`: up to which it brings."""

    subscription_id: int
    at: datetime
    outcome: Outcome
    status: int | None
    change: int
    items: int
    error: str


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An item that a destination refused for good."""

    subscription_id: int
    article_id: int
    language: str
    change: int
    error: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Advance:
    """A delivery has arrived: the cursor goes on, and what failed before is forgotten."""

    subscription_id: int
    cursor: int
    sequence: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Setback:
    """A delivery has failed: nothing is tried before `retry_at`. `counts`: it was tried at all."""

    subscription_id: int
    error: str
    at: datetime
    retry_at: datetime
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Result:
    """What one step of a delivery came to.

    `skip`: (subscription, change up to which nothing concerns it). `end`: (subscription, its state now, why).
    `job` ends with it; where `again_at` is given, it runs again then.
    """

    attempt: Attempt | None = None
    advance: Advance | None = None
    setback: Setback | None = None
    letter: DeadLetter | None = None
    receipts: tuple[Receipt, ...] = ()
    skip: tuple[int, int] | None = None
    end: tuple[int, SubscriptionState, str] | None = None
    job: Job | None = None
    again_at: datetime | None = None


_ATTEMPT = tuple(attempts.c[name] for name in Attempt.__slots__)
_LETTER = tuple(dead_letters.c[name] for name in DeadLetter.__slots__)


async def save_results(conn: AsyncConnection, results: Sequence[Result]) -> None:
    """Write them down in their order, one statement for all of a kind. One subscription has one advance at most."""
    await _advance(conn, [one.advance for one in results if one.advance])
    await _set_back(conn, [one.setback for one in results if one.setback])
    if tried := [_as_row(one.attempt) for one in results if one.attempt]:
        await conn.execute(attempts.insert(), tried)
    if letters := [_as_row(one.letter) for one in results if one.letter]:
        await conn.execute(dead_letters.insert(), letters)
    await save_receipts(conn, [receipt for one in results for receipt in one.receipts])
    for one in results:
        if one.skip:
            await skip(conn, *one.skip)
        if one.end:
            await set_state(conn, *one.end)
    await jobs.finish_all(conn, [one.job for one in results if one.job and one.again_at is None])
    for one in results:
        if one.job and one.again_at is not None:
            await jobs.postpone(conn, one.job, one.again_at, "", counts=False)


def _as_row(one: Any) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__slots__}


async def _advance(conn: AsyncConnection, advances: Sequence[Advance]) -> None:
    if not advances:
        return
    never_back = (subscriptions.c.id == bindparam("of"), subscriptions.c.cursor <= bindparam("to"))
    statement = (
        subscriptions.update()
        .where(*never_back)
        .values(
            cursor=bindparam("to"),
            sequence=bindparam("number"),
            failures=0,
            error="",
            retry_at=None,
            attempted_at=bindparam("then"),
            heard_at=bindparam("then"),
        )
    )
    rows = [{"of": one.subscription_id, "to": one.cursor, "number": one.sequence, "then": one.at} for one in advances]
    await conn.execute(statement, rows)


async def _set_back(conn: AsyncConnection, setbacks: Sequence[Setback]) -> None:
    for counts in (True, False):
        rows = [
            {"of": one.subscription_id, "why": one.error, "then": one.at, "later": one.retry_at}
            for one in setbacks
            if one.counts is counts
        ]
        if rows:
            tried = {"failures": subscriptions.c.failures + 1, "attempted_at": bindparam("then")} if counts else {}
            statement = subscriptions.update().where(subscriptions.c.id == bindparam("of"))
            await conn.execute(statement.values(error=bindparam("why"), retry_at=bindparam("later"), **tried), rows)


async def list_attempts(conn: AsyncConnection, subscription_id: int, limit: int) -> Sequence[Attempt]:
    """The newest first."""
    where = attempts.c.subscription_id == subscription_id
    statement = select(*_ATTEMPT).where(where).order_by(attempts.c.id.desc()).limit(limit)
    return [Attempt(*row) for row in await conn.execute(statement)]


async def has_attempts(conn: AsyncConnection, before: datetime) -> bool:
    """Whether there is something to forget."""
    return (await conn.execute(select(attempts.c.id).where(attempts.c.at < before).limit(1))).first() is not None


async def forget_attempts(conn: AsyncConnection, before: datetime) -> None:
    await conn.execute(attempts.delete().where(attempts.c.at < before))


async def list_letters(conn: AsyncConnection, subscription_id: int, limit: int) -> Sequence[DeadLetter]:
    """The newest first."""
    where = dead_letters.c.subscription_id == subscription_id
    statement = select(*_LETTER).where(where).order_by(dead_letters.c.id.desc()).limit(limit)
    return [DeadLetter(*row) for row in await conn.execute(statement)]
