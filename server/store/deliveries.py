"""What became of deliveries, written down many at once: cursors, the log, dead letters, receipts, the jobs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import and_, bindparam, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store import jobs
from server.store.delivery_schema import attempts, dead_letters, subscriptions
from server.store.jobs import Job
from server.store.receipts import Receipt, Text, save_receipts
from server.store.sql import upsert_all
from server.store.subscriptions import SubscriptionState, end_subscription, skip

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
    """A text that a destination refused for good; without an article, all that a subscription has not got after change
    `change`, which was its cursor when it ended. `retried_at`: when it was asked to be tried again.
    """

    subscription_id: int
    article_id: int | None
    language: str
    change: int
    error: str
    at: datetime
    status: int | None = None
    retried_at: datetime | None = None

    @property
    def text(self) -> Text:
        assert self.article_id is not None
        return self.article_id, self.language


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

    `skip`: (subscription, change up to which nothing concerns it). `end`: (subscription, its state now, why, when).
    `settled`: texts of which nothing is given up any more, (subscription, text).
    `job` ends with it; where `again_at` is given, it runs again then.
    """

    attempt: Attempt | None = None
    advance: Advance | None = None
    setback: Setback | None = None
    letter: DeadLetter | None = None
    receipts: tuple[Receipt, ...] = ()
    skip: tuple[int, int] | None = None
    end: tuple[int, SubscriptionState, str, datetime] | None = None
    settled: tuple[tuple[int, Text], ...] = ()
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
    for one in results:
        for subscription_id, text in one.settled:
            await _forget_letter(conn, subscription_id, text)
        if one.letter:
            await save_letter(conn, one.letter)
    await save_receipts(conn, [receipt for one in results for receipt in one.receipts])
    for one in results:
        if one.skip:
            await skip(conn, *one.skip)
        if one.end:
            await end_subscription(conn, *one.end)
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


async def save_letter(conn: AsyncConnection, letter: DeadLetter) -> None:
    """One for each text, the last; one for each end of a subscription."""
    await upsert_all(conn, dead_letters, ("subscription_id", "article_id", "language"), [_as_row(letter)])


async def _forget_letter(conn: AsyncConnection, subscription_id: int, text: Text) -> None:
    of_text = tuple_(dead_letters.c.article_id, dead_letters.c.language) == text
    await conn.execute(dead_letters.delete().where(dead_letters.c.subscription_id == subscription_id, of_text))


async def forget_ends(conn: AsyncConnection, subscription_id: int) -> None:
    """The subscription lives again: nothing of it is given up but what it refused."""
    of_end = (dead_letters.c.subscription_id == subscription_id, dead_letters.c.article_id.is_(None))
    await conn.execute(dead_letters.delete().where(*of_end))


async def find_letter(conn: AsyncConnection, letter_id: int) -> DeadLetter | None:
    row = (await conn.execute(select(*_LETTER).where(dead_letters.c.id == letter_id))).one_or_none()
    return None if row is None else DeadLetter(*row)


async def list_letters(
    conn: AsyncConnection,
    *,
    subscription_id: int | None = None,
    owner: tuple[str, str] | None = None,
    after: int = 0,
    limit: int,
) -> Sequence[tuple[int, DeadLetter]]:
    """(id, letter) of all, of a subscription, or of those of an owner (role, id), in the order of their ids."""
    statement = select(dead_letters.c.id, *_LETTER).where(dead_letters.c.id > after)
    if subscription_id is not None:
        statement = statement.where(dead_letters.c.subscription_id == subscription_id)
    if owner is not None:
        of_owner = and_(subscriptions.c.role == owner[0], subscriptions.c.owner == owner[1])
        statement = statement.join(subscriptions, subscriptions.c.id == dead_letters.c.subscription_id).where(of_owner)
    rows = await conn.execute(statement.order_by(dead_letters.c.id).limit(limit))
    return [(row[0], DeadLetter(*row[1:])) for row in rows]


async def ask_again(conn: AsyncConnection, letter_id: int, now: datetime) -> None:
    """What was given up is to be tried again."""
    await conn.execute(dead_letters.update().where(dead_letters.c.id == letter_id).values(retried_at=now))


async def list_asked_again(conn: AsyncConnection, subscription_id: int, limit: int) -> Sequence[DeadLetter]:
    """The refused texts that are to be tried again with this destination."""
    where = (dead_letters.c.subscription_id == subscription_id, dead_letters.c.retried_at.is_not(None))
    statement = select(*_LETTER).where(*where, dead_letters.c.article_id.is_not(None))
    return [DeadLetter(*row) for row in await conn.execute(statement.order_by(dead_letters.c.id).limit(limit))]
