"""What a restored database must not repeat of the time that it knows nothing of: since its backup was made.

change numbers   go on far behind any that were given meanwhile; who asks after one of those is told (`find_gap`)
what was ended   in the database that is replaced ends again: keys, invitations, articles, pictures
Last-Modified    of every feed is later than any that was served
jobs             that were being done are free again
"""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import orjson
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.access_schema import invitations
from server.store.answers import find_meta, save_meta
from server.store.media import list_articles_with
from server.store.schema import EPOCH, articles, counters, jobs, keys, kills, media, stamps
from server.store.snapshot import Loss
from server.store.sql import upsert

NAME = "restored"
MOST_A_SECOND = 10_000  # change numbers
LEAST_JUMP = 1_000_000_000
MOST_GAPS = 100  # that are remembered

_OPEN = (invitations.c.accepted_at.is_(None), invitations.c.withdrawn_at.is_(None))


@dataclass(frozen=True, slots=True)
class Gap:
    """Numbers after `first` and before `last` may have been given to changes that are not here any more."""

    first: int
    last: int
    backup_of: str


@dataclass(frozen=True, slots=True)
class Ended:
    """What ended again: how many keys and invitations, the ids of `killed` articles, and of those that `showed` a
    picture that was deleted. `limited` keys only expire earlier. `awaited`: kills of articles that are not here, which
    stay killed when they are pushed again. `files`: the SHA-256 of pictures that nobody may need any more.
    """

    revoked: int
    limited: int
    invitations: int
    killed: tuple[int, ...]
    awaited: int
    pictures: int
    showed: tuple[int, ...]
    files: frozenset[str]


async def jump(conn: AsyncConnection, made_at: datetime, now: datetime, given: int = 0) -> Gap:
    """Let change numbers and Last-Modified go on where none has been; the numbers that are passed over.

    `given`: the last number of the database that is replaced. Beyond that, the time alone says where: so a backup that
    is restored twice does not go over the same ground.
    """
    of_changes = counters.c.name == "change"
    first = int((await conn.execute(select(counters.c.value).where(of_changes))).scalar_one())
    last = max(max(first, given) + LEAST_JUMP, int(now.timestamp() * MOST_A_SECOND))
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


async def end_again(conn: AsyncConnection, loss: Loss) -> Ended:
    """What was ended for good since the backup was made ends again."""
    revoked, limited = await _end_keys(conn, loss)
    invited = await _close_invitations(conn, loss)
    killed, awaited = await _kill(conn, loss)
    pictures, showed, files = await _delete_pictures(conn, loss)
    return Ended(revoked, limited, invited, killed, awaited, pictures, showed, files)


async def _end_keys(conn: AsyncConnection, loss: Loss) -> tuple[int, int]:
    """How many are revoked, and how many of the others expire earlier."""
    revoked = limited = 0
    for key_id, at in loss.revoked:
        statement = keys.update().where(keys.c.id == key_id, keys.c.revoked_at.is_(None))
        revoked += (await conn.execute(statement.values(revoked_at=from_microseconds(at)))).rowcount
    for key_id, at in loss.limited:
        ends = from_microseconds(at)
        ends_later = keys.c.expires_at.is_(None) | (keys.c.expires_at > ends)
        statement = keys.update().where(keys.c.id == key_id, keys.c.revoked_at.is_(None), ends_later)
        limited += (await conn.execute(statement.values(expires_at=ends))).rowcount
    return revoked, limited


async def _close_invitations(conn: AsyncConnection, loss: Loss) -> int:
    closed = 0
    for number, accepted, withdrawn, key_id in loss.closed:
        times = {"accepted_at": accepted, "withdrawn_at": withdrawn}
        values = {name: None if at is None else from_microseconds(at) for name, at in times.items()}
        statement = invitations.update().where(invitations.c.id == number, *_OPEN)
        closed += (await conn.execute(statement.values(**values, key_id=key_id))).rowcount
    return closed


async def _kill(conn: AsyncConnection, loss: Loss) -> tuple[tuple[int, ...], int]:
    """The ids of articles; how many there are none of here, whose kills are kept until they come."""
    killed: list[int] = []
    awaited = 0
    for outlet, item, at, reason in loss.killed:
        mine = (articles.c.outlet == outlet, articles.c.item == item)
        values = {"canceled_at": from_microseconds(at), "cancel_reason": reason}
        statement = articles.update().where(*mine, articles.c.canceled_at.is_(None)).values(values)
        ids = (await conn.execute(statement.returning(articles.c.id))).scalars().all()
        killed += ids
        if not ids and (await conn.execute(select(articles.c.id).where(*mine))).first() is None:
            await upsert(conn, kills, {"outlet": outlet, "item": item}, values)
            awaited += 1
    return tuple(killed), awaited


async def _delete_pictures(conn: AsyncConnection, loss: Loss) -> tuple[int, tuple[int, ...], frozenset[str]]:
    """How many, the ids of articles that show one, and the SHA-256 of the files. One uploaded since then stays."""
    count, showed, files = 0, set[int](), set[str]()
    for outlet, name, at in loss.deleted:
        gone = from_microseconds(at)
        mine = (media.c.outlet == outlet, media.c.name == name, media.c.state != "deleted", media.c.changed_at <= gone)
        values = {"state": "deleted", "reason": "", "renditions": "[]", "changed_at": gone}
        statement = media.update().where(*mine).values(values).returning(media.c.sha256, media.c.shown_sha256)
        for row in (await conn.execute(statement)).all():
            count += 1
            files |= {row.sha256, row.shown_sha256 or row.sha256}
            showed.update(await list_articles_with(conn, outlet, name))
    return count, tuple(sorted(showed)), frozenset(files)


async def count_valid_keys(conn: AsyncConnection, now: datetime) -> int:
    """How many keys open something."""
    lasts = keys.c.expires_at.is_(None) | (keys.c.expires_at > now)
    statement = select(func.count()).select_from(keys).where(keys.c.revoked_at.is_(None), lasts)
    return int((await conn.execute(statement)).scalar_one())


async def revoke_all(conn: AsyncConnection, now: datetime) -> tuple[int, int]:
    """No key opens anything any more, and no invitation gives one; how many keys and invitations did before."""
    revoked = await conn.execute(keys.update().where(keys.c.revoked_at.is_(None)).values(revoked_at=now))
    withdrawn = await conn.execute(invitations.update().where(*_OPEN).values(withdrawn_at=now))
    return revoked.rowcount, withdrawn.rowcount


def from_microseconds(value: int) -> datetime:
    """A time as SQLite has it."""
    return EPOCH + timedelta(microseconds=value)
