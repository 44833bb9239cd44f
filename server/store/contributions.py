"""What people hand in beside articles: parallel versions, and the item ids under which they came."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.schema import aliases, articles, contributions
from server.store.sql import upsert


@dataclass(frozen=True, slots=True)
class Contribution:
    """One hand-in of a parallel version. `raw` is what was sent, byte for byte."""

    article_id: int
    language: str
    origin: str
    content_hash: str
    raw: bytes
    media_type: str
    key_id: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Alias:
    """Where an item lives that was pushed as the translation of another."""

    outlet: str
    item: str
    language: str


_COLUMNS = tuple(contributions.c[name] for name in Contribution.__slots__)


async def save_contribution(conn: AsyncConnection, one: Contribution) -> None:
    values = {name: getattr(one, name) for name in Contribution.__slots__}
    await conn.execute(contributions.insert().values(**values))


async def list_contributions(conn: AsyncConnection, article_id: int) -> Sequence[Contribution]:
    """All of an article, in the order of arrival."""
    statement = select(*_COLUMNS).where(contributions.c.article_id == article_id).order_by(contributions.c.id)
    return [Contribution(*row) for row in await conn.execute(statement)]


async def was_contributed(
    conn: AsyncConnection, article_id: int, language: str, origin: str, content_hash: str
) -> bool:
    """Whether this very text was handed in before."""
    statement = select(contributions.c.id).where(
        contributions.c.article_id == article_id,
        contributions.c.language == language,
        contributions.c.origin == origin,
        contributions.c.content_hash == content_hash,
    )
    return (await conn.execute(statement.limit(1))).first() is not None


async def save_alias(conn: AsyncConnection, outlet: str, item: str, article_id: int, language: str) -> None:
    await upsert(conn, aliases, {"outlet": outlet, "item": item}, {"article_id": article_id, "language": language})


async def find_alias(conn: AsyncConnection, outlet: str, item: str) -> Alias | None:
    statement = (
        select(articles.c.outlet, articles.c.item, aliases.c.language)
        .join(articles, articles.c.id == aliases.c.article_id)
        .where(aliases.c.outlet == outlet, aliases.c.item == item)
    )
    row = (await conn.execute(statement)).one_or_none()
    return None if row is None else Alias(*row)
