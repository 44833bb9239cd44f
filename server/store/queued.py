"""The queue as admins look at it: what waits, what runs, what was put off or given up and why."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.api.shapes.queue import JobState
from server.store.schema import jobs

STATES: tuple[JobState, ...] = get_args(JobState)


@dataclass(frozen=True, slots=True)
class Queued:
    """A job. `attempts` that failed or are going on; `error`: of the last one that failed; `worker`: who has it."""

    id: int
    kind: str
    subject: str
    priority: int
    attempts: int
    run_at: datetime
    created_at: datetime
    error: str
    given_up_at: datetime | None
    lease_until: datetime | None
    claimed_by: str | None

    def get_state(self, now: datetime) -> JobState:
        if self.given_up_at is not None:
            return "given_up"
        if self.lease_until is not None and self.lease_until > now:
            return "running"
        if self.run_at <= now:
            return "due"
        return "retrying" if self.attempts else "later"


_COLUMNS = tuple(jobs.c[name] for name in Queued.__slots__)


async def list_queued(
    conn: AsyncConnection, kind: str, state: JobState | None, now: datetime, after: int, limit: int
) -> Sequence[Queued]:
    """Those with an id above `after`, by rising id. `kind` "": all."""
    where = [jobs.c.id > after]
    if kind:
        where.append(jobs.c.kind == kind)
    if state:
        where.append(_is_in(state, now))
    statement = select(*_COLUMNS).where(*where).order_by(jobs.c.id).limit(limit)
    return [Queued(*row) for row in await conn.execute(statement)]


async def find_queued(conn: AsyncConnection, number: int) -> Queued | None:
    row = (await conn.execute(select(*_COLUMNS).where(jobs.c.id == number))).one_or_none()
    return None if row is None else Queued(*row)


async def count_queued(conn: AsyncConnection, now: datetime) -> dict[str, dict[JobState, int]]:
    """Kind → state → how many; without those that there are none of."""
    counts = [func.count().filter(_is_in(state, now)).label(state) for state in STATES]
    found: dict[str, dict[JobState, int]] = {}
    for kind, *numbers in await conn.execute(select(jobs.c.kind, *counts).group_by(jobs.c.kind)):
        found[kind] = {state: number for state, number in zip(STATES, numbers, strict=True) if number}
    return found


async def run_now(conn: AsyncConnection, numbers: Collection[int], now: datetime) -> int:
    """Let jobs run at once that wait for their time or were given up, as if they had never failed; how many do."""
    values = {"run_at": now, "attempts": 0, "given_up_at": None, "revision": jobs.c.revision + 1}
    is_free = or_(jobs.c.lease_until.is_(None), jobs.c.lease_until <= now)
    return (await conn.execute(jobs.update().where(jobs.c.id.in_(numbers), is_free).values(**values))).rowcount


def _is_in(state: JobState, now: datetime) -> ColumnElement[bool]:
    """As `Queued.get_state` says."""
    running = and_(jobs.c.lease_until.is_not(None), jobs.c.lease_until > now)
    free = or_(jobs.c.lease_until.is_(None), jobs.c.lease_until <= now)
    given_up = jobs.c.given_up_at.is_not(None)
    meant: dict[JobState, ColumnElement[bool]] = {
        "given_up": given_up,
        "running": and_(~given_up, running),
        "due": and_(~given_up, free, jobs.c.run_at <= now),
        "retrying": and_(~given_up, free, jobs.c.run_at > now, jobs.c.attempts > 0),
        "later": and_(~given_up, free, jobs.c.run_at > now, jobs.c.attempts == 0),
    }
    return meant[state]
