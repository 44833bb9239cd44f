"""The audit log: rows are added, and read; the database refuses all else."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.access_schema import audit


@dataclass(frozen=True, slots=True)
class Entry:
    """One change of state. `what` is "article.push" and the like, `subject` what it was done to."""

    at: datetime
    who: str
    role: str
    key_id: str
    request_id: str
    what: str
    subject: str
    outlet: str
    outcome: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Asked:
    """Which entries are wanted; "" and None: all. `what` also means what begins with it and a point."""

    since: datetime | None = None
    until: datetime | None = None
    who: str = ""
    what: str = ""
    outlet: str = ""


_COLUMNS = tuple(audit.c[name] for name in Entry.__slots__)


async def save_entry(conn: AsyncConnection, entry: Entry) -> None:
    await conn.execute(audit.insert().values(**{name: getattr(entry, name) for name in Entry.__slots__}))


async def list_entries(conn: AsyncConnection, asked: Asked, after: int, limit: int) -> Sequence[tuple[int, Entry]]:
    """(number, entry) of those behind number `after`, in their order."""
    statement = select(audit.c.id, *_COLUMNS).where(audit.c.id > after, *_pick(asked)).order_by(audit.c.id).limit(limit)
    return [(row[0], Entry(*row[1:])) for row in await conn.execute(statement)]


async def list_newest(
    conn: AsyncConnection, asked: Asked, before: int | None, limit: int
) -> Sequence[tuple[int, Entry]]:
    """(number, entry) of those ahead of number `before`, None: of all; the newest first."""
    where = _pick(asked) if before is None else [audit.c.id < before, *_pick(asked)]
    statement = select(audit.c.id, *_COLUMNS).where(*where).order_by(audit.c.id.desc()).limit(limit)
    return [(row[0], Entry(*row[1:])) for row in await conn.execute(statement)]


def _pick(asked: Asked) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if asked.since is not None:
        where.append(audit.c.at >= asked.since)
    if asked.until is not None:
        where.append(audit.c.at < asked.until)
    if asked.who:
        where.append((audit.c.who == asked.who) | (audit.c.key_id == asked.who))
    if asked.what:
        where.append((audit.c.what == asked.what) | audit.c.what.startswith(f"{asked.what}.", autoescape=True))
    if asked.outlet:
        where.append(audit.c.outlet == asked.outlet)
    return where
