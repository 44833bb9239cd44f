"""Answers already given under an Idempotency-Key, and small values that outlive a restart."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, column, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.schema import UtcTime, answers, meta, stamps
from server.store.sql import upsert


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered to the request with this hash."""

    request_hash: str
    status: int
    location: str
    body: bytes


async def find_answer(conn: AsyncConnection, owner: str, key: str, since: datetime) -> Answer | None:
    """What was answered under this key, unless that is older than `since`."""
    columns = (answers.c.request_hash, answers.c.status, answers.c.location, answers.c.body)
    statement = select(*columns).where(answers.c.owner == owner, answers.c.idempotency_key == key)
    statement = statement.where(answers.c.created_at >= since)
    row = (await conn.execute(statement)).one_or_none()
    return None if row is None else Answer(*row)


async def save_answer(conn: AsyncConnection, owner: str, key: str, answer: Answer, now: datetime) -> None:
    """Remember the answer, in place of one that is forgotten by now."""
    values = {
        "request_hash": answer.request_hash,
        "status": answer.status,
        "location": answer.location,
        "body": answer.body,
        "created_at": now,
    }
    await upsert(conn, answers, {"owner": owner, "idempotency_key": key}, values)


async def forget_answers(conn: AsyncConnection, before: datetime) -> None:
    await conn.execute(answers.delete().where(answers.c.created_at < before))


async def find_meta(conn: AsyncConnection, name: str) -> str | None:
    return (await conn.execute(select(meta.c.value).where(meta.c.name == name))).scalar_one_or_none()


async def save_meta(conn: AsyncConnection, name: str, value: str) -> None:
    await upsert(conn, meta, {"name": name}, {"value": value})


async def find_stamp(conn: AsyncConnection, feed: str) -> tuple[str, datetime] | None:
    """ETag and Last-Modified that this feed was last served with."""
    row = (await conn.execute(select(stamps.c.etag, stamps.c.modified_at).where(stamps.c.feed == feed))).one_or_none()
    return None if row is None else (row.etag, row.modified_at)


# Whole seconds that grow with every other ETag, also when the clock has gone back or two come within a second; the same
# while nothing changes. What another process has rendered meanwhile from later changes keeps its own: else a reader who
# asks by date would be told that it has what it has not.
_STAMP = (
    text(
        """
        INSERT INTO stamps (feed, etag, change, modified_at) VALUES (:feed, :etag, :change, :second)
        ON CONFLICT (feed) DO UPDATE SET etag = excluded.etag, change = excluded.change, modified_at = CASE
          WHEN stamps.etag = excluded.etag THEN stamps.modified_at
          WHEN stamps.modified_at < excluded.modified_at THEN excluded.modified_at
          ELSE stamps.modified_at + 1000000 END
        WHERE stamps.change <= excluded.change
        RETURNING modified_at
        """
    )
    .bindparams(bindparam("second", type_=UtcTime))
    .columns(column("modified_at", UtcTime))
)


async def stamp(conn: AsyncConnection, feed: str, etag: str, change: int, now: datetime) -> datetime | None:
    """Last-Modified of a feed that is served with this ETag: remembered, so that it grows even across restarts.

    `change`: the number of its last change. None where it was served with a later one already.
    """
    asked = {"feed": feed, "etag": etag, "change": change, "second": now.replace(microsecond=0)}
    modified_at: datetime | None = (await conn.execute(_STAMP, asked)).scalar_one_or_none()
    return modified_at
