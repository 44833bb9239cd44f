"""The rows of the queue. What they mean is server/jobs' business."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, case, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.schema import counters, jobs
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
    conn: AsyncConnection, kind: str, subject: str, *, batch: str, priority: int, run_at: datetime, owner: str = ""
) -> None:
    """Add the job, or wake the one that is there: however often it is asked for, it is done once after the last.

    Jobs of the same priority are done in the order of their owners' turns.
    """
    fresh = {"batch": batch, "priority": priority, "run_at": run_at, "attempts": 0, "error": "", "given_up_at": None}
    turn = _next_turn(kind, owner) if owner else 0
    statement = insert_or(conn, jobs).values(
        kind=kind, subject=subject, created_at=run_at, revision=1, owner=owner, turn=turn, **fresh
    )
    kept = {
        "revision": jobs.c.revision + 1,
        "turn": case((jobs.c.given_up_at.is_(None), jobs.c.turn), else_=statement.excluded.turn),
    }
    await conn.execute(statement.on_conflict_do_update(index_elements=["kind", "subject"], set_={**fresh, **kept}))


def _next_turn(kind: str, owner: str) -> ColumnElement[int]:
    """Behind the owner's last job, but not before the turn that has come: who was away has saved nothing up.

    Start-time fair queueing (Goyal, Vin, Cheng 1996), each job as long as any other.
    """
    mine = (jobs.c.kind == kind, jobs.c.owner == owner)
    last = select(jobs.c.turn).where(*mine).order_by(jobs.c.turn.desc()).limit(1).scalar_subquery()
    current = select(counters.c.value).where(counters.c.name == _turn_of(kind)).scalar_subquery()
    behind, now = func.coalesce(last + 1, 0), func.coalesce(current, 0)
    return case((behind > now, behind), else_=now)


def _turn_of(kind: str) -> str:
    return f"turn of {kind}"


async def _note_turn(conn: AsyncConnection, kind: str, turn: int) -> None:
    """The turn that has come; it never goes back."""
    statement = insert_or(conn, counters).values(name=_turn_of(kind), value=turn)
    await conn.execute(
        statement.on_conflict_do_update(
            index_elements=["name"], set_={"value": statement.excluded.value}, where=counters.c.value < turn
        )
    )


async def enqueue_all(
    conn: AsyncConnection, kind: str, wanted: Sequence[tuple[str, datetime]], *, priority: int, now: datetime
) -> None:
    """The same for many jobs of a kind: (subject, when it may run)."""
    if not wanted:
        return
    statement = insert_or(conn, jobs)
    fresh = ("priority", "run_at", "attempts", "error", "given_up_at")
    values = {name: statement.excluded[name] for name in fresh} | {"revision": jobs.c.revision + 1}
    row = {"kind": kind, "batch": "", "priority": priority, "attempts": 0, "error": "", "given_up_at": None}
    await conn.execute(
        statement.on_conflict_do_update(index_elements=["kind", "subject"], set_=values),
        [row | {"subject": subject, "run_at": at, "created_at": now, "revision": 1} for subject, at in wanted],
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
    """Take the most urgent due job and those that can be done with it; a job that failed before comes alone.

    What is less urgent is not done with it: it would keep it waiting.
    """
    due = _due(kind, now, func.coalesce(jobs.c.run_at, jobs.c.created_at))  # so SQLite walks along `jobs_order`
    order = (jobs.c.priority, jobs.c.turn, jobs.c.run_at, jobs.c.id)
    first = (
        await conn.execute(select(jobs).where(*due).order_by(*order).limit(1).with_for_update(skip_locked=True))
    ).one_or_none()
    if first is None:
        return []
    if first.turn:
        await _note_turn(conn, kind, first.turn)
    ids = [first.id]
    if first.attempts == 0 and limit > 1:
        mates = (
            select(jobs.c.id)
            .where(*due, jobs.c.priority == first.priority, jobs.c.batch == first.batch, jobs.c.attempts == 0)
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


async def claim_any(
    conn: AsyncConnection, kinds: Sequence[str], *, worker: str, now: datetime, lease_until: datetime, limit: int
) -> Sequence[Job]:
    """Take the most urgent due jobs of these kinds, whatever became of them before; each has its own claim."""
    due = _due(kinds, now)
    order = (jobs.c.priority, jobs.c.run_at, jobs.c.id)
    statement = select(jobs.c.id).where(*due).order_by(*order).limit(limit).with_for_update(skip_locked=True)
    ids = list((await conn.execute(statement)).scalars())
    if not ids:
        return []
    taken = (
        jobs.update()
        .where(jobs.c.id.in_(ids))
        .values(lease_until=lease_until, claimed_by=worker, claim=uuid.uuid4().hex, attempts=jobs.c.attempts + 1)
        .returning(*_JOB)
    )
    found = {row.id: Job(*row) for row in await conn.execute(taken)}
    return [found[number] for number in ids]


async def has_due(conn: AsyncConnection, kinds: str | Sequence[str], now: datetime) -> bool:
    """Whether `claim` or `claim_any` would find something."""
    return (await conn.execute(select(jobs.c.id).where(*_due(kinds, now)).limit(1))).first() is not None


async def find_next_run(conn: AsyncConnection, kind: str, now: datetime) -> datetime | None:
    """When the next of those begins that wait for a time to come."""
    statement = select(func.min(jobs.c.run_at)).where(
        jobs.c.kind == kind, jobs.c.run_at > now, jobs.c.given_up_at.is_(None)
    )
    found: datetime | None = (await conn.execute(statement)).scalar_one()
    return found


async def list_next_runs(conn: AsyncConnection, kinds: tuple[str, ...], now: datetime) -> dict[str, datetime]:
    """Kind → when its first job that nobody holds may run; a time that has come: it is due. Without, it is left out."""
    found = (await conn.execute(_find_next_runs(kinds), {"now": now})).one()
    return {kind: run_at for kind, run_at in zip(kinds, found, strict=True) if run_at is not None}


@cache
def _find_next_runs(kinds: tuple[str, ...]) -> Select[Any]:
    now = bindparam("now", type_=jobs.c.run_at.type)
    is_free = (jobs.c.given_up_at.is_(None), or_(jobs.c.lease_until.is_(None), jobs.c.lease_until <= now))
    first = (select(func.min(jobs.c.run_at)).where(jobs.c.kind == kind, *is_free) for kind in kinds)
    return select(*(one.scalar_subquery() for one in first))


def _due(
    kinds: str | Sequence[str], now: datetime, run_at: ColumnElement[datetime] = jobs.c.run_at
) -> tuple[ColumnElement[bool], ...]:
    return (
        jobs.c.kind == kinds if isinstance(kinds, str) else jobs.c.kind.in_(kinds),
        run_at <= now,
        jobs.c.given_up_at.is_(None),
        or_(jobs.c.lease_until.is_(None), jobs.c.lease_until <= now),
    )


async def finish(conn: AsyncConnection, job: Job) -> None:
    """End the job, unless it was asked for again meanwhile: then it waits for its next run."""
    mine = jobs.c.claim == job.claim
    same = (jobs.c.id == job.id, mine, jobs.c.revision == job.revision)
    if (await conn.execute(jobs.delete().where(*same))).rowcount == 0:
        await conn.execute(jobs.update().where(jobs.c.id == job.id, mine).values(lease_until=None, attempts=0))


async def finish_all(conn: AsyncConnection, ended: Sequence[Job]) -> None:
    """The same for many jobs."""
    if not ended:
        return
    mine = (jobs.c.id == bindparam("of"), jobs.c.claim == bindparam("mine"))
    rows = [{"of": job.id, "mine": job.claim, "seen": job.revision} for job in ended]
    await conn.execute(jobs.delete().where(*mine, jobs.c.revision == bindparam("seen")), rows)
    rows = [{"of": job.id, "mine": job.claim} for job in ended]
    await conn.execute(jobs.update().where(*mine).values(lease_until=None, attempts=0), rows)


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


async def forget_jobs(conn: AsyncConnection, kind: str, subjects: Collection[str]) -> None:
    """Jobs that were given up, and that nobody wants any more."""
    which = (jobs.c.kind == kind, jobs.c.subject.in_(subjects), jobs.c.given_up_at.is_not(None))
    await conn.execute(jobs.delete().where(*which))


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


async def count_jobs(conn: AsyncConnection, now: datetime) -> dict[str, int]:
    """Kind → how many wait or run; what was put off to a time to come without ever failing is not waiting."""
    is_waiting = or_(jobs.c.run_at <= now, jobs.c.attempts > 0, jobs.c.lease_until.is_not(None))
    statement = select(jobs.c.kind, func.count()).where(jobs.c.given_up_at.is_(None), is_waiting).group_by(jobs.c.kind)
    return {row.kind: row[1] for row in await conn.execute(statement)}
