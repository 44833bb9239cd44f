"""What a restored database must not repeat of the time that it knows nothing of: since its backup was made.

change numbers   go on far behind any that were given meanwhile; who asks after one of those is told (`find_gap`)
Last-Modified    of every feed is later than any that was served
jobs             that were being done are free again
"""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import orjson
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.answers import find_meta, save_meta
from server.store.schema import EPOCH, articles, counters, jobs, keys, stamps
from server.store.snapshot import Loss

NAME = "restored"
MOST_A_SECOND = 10_000  # change numbers
LEAST_JUMP = 1_000_000_000
MOST_GAPS = 100  # that are remembered


@dataclass(frozen=True, slots=True)
class Gap:
    """Numbers after `first` and before `last` may have been given to changes that are not here any more."""

    first: int
    last: int
    backup_of: str


async def jump(conn: AsyncConnection, made_at: datetime, now: datetime) -> Gap:
    """Let change numbers and Last-Modified go on where none has been; the numbers that are passed over.

    Where that is follows from the time alone: so a backup that is restored twice does not go over the same ground.
    """
    of_changes = counters.c.name == "change"
    first = int((await conn.execute(select(counters.c.value).where(of_changes))).scalar_one())
    last = max(first + LEAST_JUMP, int(now.timestamp() * MOST_A_SECOND))
    gap = Gap(first, last, made_at.isoformat(timespec="seconds"))
    await conn.execute(counters.update().where(of_changes).values(value=gap.last))
    known = orjson.loads(await find_meta(conn, NAME) or "[]")
    await save_meta(conn, NAME, orjson.dumps([*known, asdict(gap)][-MOST_GAPS:]).decode())
    second = now.replace(microsecond=0) + timedelta(seconds=1)
    await conn.execute(stamps.update().where(stamps.c.modified_at < second).values(modified_at=second))
    return gap


async def find_gap(conn: AsyncConnection, after: int) -> Gap | None:
    """The restoring that who knows change `after` has not heard of."""
    for one in orjson.loads(await find_meta(conn, NAME) or "[]"):
        if one["first"] < after < one["last"]:
            return Gap(**one)
    return None


async def free_jobs(conn: AsyncConnection) -> int:
    """What was being done is due again, as if it had not been begun; how many those were."""
    fewer = func.max(jobs.c.attempts - 1, 0)
    freed = {"lease_until": None, "claimed_by": None, "claim": None, "attempts": fewer}
    return (await conn.execute(jobs.update().where(jobs.c.lease_until.is_not(None)).values(freed))).rowcount


async def end_again(conn: AsyncConnection, loss: Loss) -> tuple[int, list[int]]:
    """What was ended for good since the backup was made ends again: how many keys, and the ids of the articles."""
    revoked = 0
    for key_id, at in loss.revoked:
        statement = keys.update().where(keys.c.id == key_id, keys.c.revoked_at.is_(None))
        revoked += (await conn.execute(statement.values(revoked_at=from_microseconds(at)))).rowcount
    killed = []
    for outlet, item, at, reason in loss.killed:
        statement = (
            articles.update()
            .where(articles.c.outlet == outlet, articles.c.item == item, articles.c.canceled_at.is_(None))
            .values(canceled_at=from_microseconds(at), cancel_reason=reason)
            .returning(articles.c.id)
        )
        killed += (await conn.execute(statement)).scalars()
    return revoked, killed


async def count_valid_keys(conn: AsyncConnection, now: datetime) -> int:
    """How many keys open something."""
    lasts = keys.c.expires_at.is_(None) | (keys.c.expires_at > now)
    statement = select(func.count()).select_from(keys).where(keys.c.revoked_at.is_(None), lasts)
    return int((await conn.execute(statement)).scalar_one())


async def revoke_all(conn: AsyncConnection, now: datetime) -> int:
    """No key opens anything any more; how many did not before."""
    return (await conn.execute(keys.update().where(keys.c.revoked_at.is_(None)).values(revoked_at=now))).rowcount


def from_microseconds(value: int) -> datetime:
    """A time as SQLite has it."""
    return EPOCH + timedelta(microseconds=value)
