"""What was asked of hubs for feeds of sources."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.source_schema import source_pushes

PushState = Literal["asked", "live", "denied", "leaving"]
Pending = Literal["", "subscribe", "unsubscribe"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PushRow:
    """A subscription of ours. `feed` is the source's address in the config; `failures`: times asked without success."""

    id: int
    source: str
    feed: str
    hub: str
    topic: str
    callback: str
    token: str
    secret: str
    state: PushState
    pending: Pending = ""
    lease_until: datetime | None = None
    heard_at: datetime | None = None
    failures: int = 0
    error: str = ""

    def is_live(self, now: datetime) -> bool:
        """Whether the hub owes us what changes now."""
        return self.state == "live" and self.lease_until is not None and now < self.lease_until


async def list_pushes(conn: AsyncConnection, source: str | None = None) -> Sequence[PushRow]:
    """Of a source, or of all that ever were."""
    statement = source_pushes.select().order_by(source_pushes.c.id)
    if source is not None:
        statement = statement.where(source_pushes.c.source == source)
    return [PushRow(**row._asdict()) for row in await conn.execute(statement)]


async def find_push(conn: AsyncConnection, number: int) -> PushRow | None:
    row = (await conn.execute(source_pushes.select().where(source_pushes.c.id == number))).one_or_none()
    return None if row is None else PushRow(**row._asdict())


async def find_push_by_token(conn: AsyncConnection, source: str, token: str) -> PushRow | None:
    statement = source_pushes.select().where(source_pushes.c.token == token, source_pushes.c.source == source)
    row = (await conn.execute(statement)).one_or_none()
    return None if row is None else PushRow(**row._asdict())


async def add_push(
    conn: AsyncConnection, *, source: str, feed: str, hub: str, topic: str, callback: str, token: str, secret: str
) -> int:
    """Its number."""
    named = {"source": source, "feed": feed, "hub": hub, "topic": topic, "callback": callback}
    values = {"token": token, "secret": secret, "state": "asked", "pending": "", "failures": 0, "error": ""}
    result = await conn.execute(source_pushes.insert().values(**named, **values).returning(source_pushes.c.id))
    return int(result.scalar_one())


async def change_push(conn: AsyncConnection, number: int, **values: Any) -> None:
    await conn.execute(source_pushes.update().where(source_pushes.c.id == number).values(**values))


async def forget_push(conn: AsyncConnection, number: int) -> None:
    await conn.execute(source_pushes.delete().where(source_pushes.c.id == number))
