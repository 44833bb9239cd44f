"""The rows of the queue. What they mean is server/jobs' business."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, case, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.schema import jobs
from server.store.sql import insert_or


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed job. `batch` is what jobs must share to be done together; `attempts` counts this one.

    `claim` is this claim's own token: when its lease has run out and another has taken the job, it opens nothing.
    """

    id: int
    kind: str
    subject: str
    batch: str
    revision: int
    attempts: int
    claim: str


_JOB = tuple(jobs.c[name] for name in Job.__slots__)


async def enqueue(
    conn: AsyncConnection, kind: str, subject: str, *, batch: str, priority: int, run_at: datetime
) -> None:
    """Add the job, or wake the one that is there: however often it is asked for, it is done once after the last."""
    fresh = {"batch": batch, "priority": priority, "run_at": run_at, "attempts": 0, "error": "", "given_up_at": None}
    statement = insert_or(conn, jobs).values(kind=kind, subject=subject, created_at=run_at, revision=1, **fresh)
    await conn.execute(
        statement.on_conflict_do_update(
            index_elements=["kind", "subject"], set_={**fresh, "revision": jobs.c.revision + 1}
        )
    )


async def claim(
    conn: AsyncConnection,
    kind: str,
    *,
    worker: str,
    now: datetime,
    lease_until: datetime,
    limit: int,
) -> Sequence[Job]:
    """Take the most urgent due job and those that can be done with it; a job that failed before comes alone."""
    due = _due(kind, now)
    order = (jobs.c.priority, jobs.c.run_at, jobs.c.id)
    first = (
        await conn.execute(select(jobs).where(*due).order_by(*order).limit(1).with_for_update(skip_locked=True))
    ).one_or_none()
    if first is None:
        return []
    ids = [first.id]
    if first.attempts == 0 and limit > 1:
        mates = (
            select(jobs.c.id)
            .where(*due, jobs.c.batch == first.batch, jobs.c.attempts == 0)
            .order_by(*order)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        ids = list((await conn.execute(mates)).scalars())
    statement = (
        jobs.update()
        .where(jobs.c.id.in_(ids))
        .values(lease_until=lease_until, claimed_by=worker, claim=uuid.uuid4().hex, attempts=jobs.c.attempts + 1)
        .returning(*_JOB)
    )
    return [Job(*row) for row in await conn.execute(statement)]


async def has_due(conn: AsyncConnection, kind: str, now: datetime) -> bool:
    """Whether `claim` would find something."""
    return (await conn.execute(select(jobs.c.id).where(*_due(kind, now)).limit(1))).first() is not None


def _due(kind: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        jobs.c.kind == kind,
        jobs.c.run_at <= now,
        jobs.c.given_up_at.is_(None),
        or_(jobs.c.lease_until.is_(None), jobs.c.lease_until <= now),
    )


async def finish(conn: AsyncConnection, job: Job) -> None:
    """End the job, unless it was asked for again meanwhile: then it waits for its next run."""
    mine = jobs.c.claim == job.claim
    same = (jobs.c.id == job.id, mine, jobs.c.revision == job.revision)
    if (await conn.execute(jobs.delete().where(*same))).rowcount == 0:
        await conn.execute(jobs.update().where(jobs.c.id == job.id, mine).values(lease_until=None, attempts=0))


async def is_claimed(conn: AsyncConnection, job: Job) -> bool:
    """Whether this claim still holds: nobody has taken the job since, and it has not ended."""
    statement = select(jobs.c.id).where(jobs.c.id == job.id, jobs.c.claim == job.claim)
    return (await conn.execute(statement)).first() is not None


async def postpone(conn: AsyncConnection, job: Job, run_at: datetime, error: str, *, counts: bool) -> None:
    """Let the job run again at `run_at`; `counts` says whether this was a failed attempt."""
    attempts = jobs.c.attempts if counts else case((jobs.c.attempts > 0, jobs.c.attempts - 1), else_=0)
    same = jobs.c.revision == job.revision  # asked for again meanwhile: then it runs at once
    await conn.execute(
        jobs.update()
        .where(jobs.c.id == job.id, jobs.c.claim == job.claim)
        .values(
            lease_until=None,
            error=error,
            run_at=case((same, literal(run_at, jobs.c.run_at.type)), else_=jobs.c.run_at),
            attempts=case((same, attempts), else_=0),
        )
    )


async def give_up(conn: AsyncConnection, job: Job, error: str, now: datetime) -> bool:
    """End the job without success, unless it was asked for again meanwhile: then it runs again, and this is False."""
    mine = jobs.c.claim == job.claim
    same = (jobs.c.id == job.id, mine, jobs.c.revision == job.revision)
    values = {"lease_until": None, "error": error, "given_up_at": now}
    if (await conn.execute(jobs.update().where(*same).values(**values))).rowcount:
        return True
    await conn.execute(jobs.update().where(jobs.c.id == job.id, mine).values(lease_until=None, attempts=0))
    return False


async def renew(conn: AsyncConnection, claimed: Sequence[Job], lease_until: datetime) -> None:
    """Keep what is still being worked on."""
    claims = {job.claim for job in claimed}
    await conn.execute(
        jobs.update().where(jobs.c.claim.in_(claims), jobs.c.lease_until.is_not(None)).values(lease_until=lease_until)
    )


async def list_claimed(conn: AsyncConnection, worker: str) -> Sequence[Job]:
    """What a worker of this name has claimed and not ended."""
    statement = select(*_JOB).where(jobs.c.claimed_by == worker, jobs.c.lease_until.is_not(None))
    return [Job(*row) for row in await conn.execute(statement)]


async def count_jobs(conn: AsyncConnection) -> dict[str, int]:
    """Kind → how many wait or run."""
    statement = select(jobs.c.kind, func.count()).where(jobs.c.given_up_at.is_(None)).group_by(jobs.c.kind)
    return {row.kind: row[1] for row in await conn.execute(statement)}
