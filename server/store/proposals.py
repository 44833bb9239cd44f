"""Routings that one admin proposes and another one decides about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.config_schema import proposals

State = Literal["open", "approved", "rejected", "expired"]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A routing part that waits, or did. `base`: the ETag of what it was to change; `who`: an admin, `key_id` the key.

    `version`: the number in the history under which it came into force.
    """

    number: int
    part: str
    base: str
    diff: str
    who: str
    key_id: str
    created_at: datetime
    expires_at: datetime
    verdict: str = ""
    decided_by: str = ""
    decided_at: datetime | None = None
    note: str = ""
    version: int | None = None

    def get_state(self, now: datetime) -> State:
        if self.verdict == "approved":
            return "approved"
        if self.verdict == "rejected":
            return "rejected"
        return "expired" if self.expires_at <= now else "open"


_COLUMNS = tuple(proposals.c[name] for name in Proposal.__slots__)


async def save_proposal(
    conn: AsyncConnection, part: str, base: str, diff: str, who: str, key_id: str, now: datetime, expires_at: datetime
) -> Proposal:
    number = int((await conn.execute(select(func.max(proposals.c.number)))).scalar_one() or 0) + 1
    one = Proposal(number, part, base, diff, who, key_id, now, expires_at)
    await conn.execute(proposals.insert().values(**{name: getattr(one, name) for name in Proposal.__slots__}))
    return one


async def find_proposal(conn: AsyncConnection, number: int) -> Proposal | None:
    row = (await conn.execute(select(*_COLUMNS).where(proposals.c.number == number))).one_or_none()
    return None if row is None else Proposal(*row)


async def list_proposals(conn: AsyncConnection, limit: int, before: int | None = None) -> Sequence[Proposal]:
    """The newest first; `before`: only those with lower numbers."""
    statement = select(*_COLUMNS).order_by(proposals.c.number.desc()).limit(limit)
    if before is not None:
        statement = statement.where(proposals.c.number < before)
    return [Proposal(*row) for row in await conn.execute(statement)]


async def list_open(conn: AsyncConnection, now: datetime) -> Sequence[tuple[datetime, str]]:
    """(when it was made, its `base`) of each that waits, the newest first: without the texts, which can be long."""
    is_open = (proposals.c.verdict == "", proposals.c.expires_at > now)
    statement = select(proposals.c.created_at, proposals.c.base).where(*is_open).order_by(proposals.c.number.desc())
    return [(row.created_at, row.base) for row in await conn.execute(statement)]


async def decide_proposal(
    conn: AsyncConnection,
    number: int,
    verdict: State,
    who: str,
    now: datetime,
    *,
    note: str = "",
    version: int | None = None,
) -> bool:
    """Write the verdict; False: there is one already, or it came too late."""
    is_open = (proposals.c.number == number, proposals.c.verdict == "", proposals.c.expires_at > now)
    values = {"verdict": verdict, "decided_by": who, "decided_at": now, "note": note, "version": version}
    return (await conn.execute(proposals.update().where(*is_open).values(**values))).rowcount == 1
