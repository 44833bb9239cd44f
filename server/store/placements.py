"""Where articles stand: channel × language."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.schema import articles, placements, topics
from server.store.sql import next_change, upsert_all

State = Literal["usable", "withdrawn", "removed"]


@dataclass(frozen=True, slots=True)
class Placement:
    """An article in a channel in a language. From `shown_at` on readers see this state.

    A withdrawn one leaves a stub and a tombstone, a removed one (the routes changed) only a tombstone.
    """

    channel: str
    language: str
    article_id: int
    state: State
    origin: str
    content_hash: str
    mark: str
    route: str
    published_at: datetime
    shown_at: datetime
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Filters:
    """What a reader wants of a feed; empty fields want everything."""

    outlets: tuple[str, ...] = ()
    subject: str = ""
    origin: str = ""


_COLUMNS = tuple(placements.c[name] for name in Placement.__slots__)


async def list_newest(
    conn: AsyncConnection, channel: str, language: str, filters: Filters, now: datetime, limit: int
) -> Sequence[Placement]:
    """The newest placements that may be shown by now, newest first; what is gone or expired takes nobody's place."""
    alive = or_(placements.c.expires_at.is_(None), placements.c.expires_at > now)
    return await _list(conn, channel, language, filters, now, limit, placements.c.state == "usable", alive)


async def list_gone(
    conn: AsyncConnection, channel: str, language: str, filters: Filters, now: datetime, limit: int
) -> Sequence[Placement]:
    """The newest of those that were withdrawn or removed."""
    return await _list(conn, channel, language, filters, now, limit, placements.c.state != "usable")


async def _list(
    conn: AsyncConnection,
    channel: str,
    language: str,
    filters: Filters,
    now: datetime,
    limit: int,
    *conditions: ColumnElement[bool],
) -> Sequence[Placement]:
    statement = (
        _select(select(*_COLUMNS), channel, language, filters)
        .where(placements.c.shown_at <= now, *conditions)
        .order_by(placements.c.shown_at.desc(), placements.c.id.desc())
        .limit(limit)
    )
    return [Placement(*row) for row in await conn.execute(statement)]


async def find_next_turn(conn: AsyncConnection, channel: str, language: str, now: datetime) -> datetime | None:
    """When this feed next changes by itself: an embargo ends, an article expires."""
    moments = [
        (
            await conn.execute(
                select(func.min(column)).where(
                    placements.c.channel == channel, placements.c.language == language, column > now
                )
            )
        ).scalar_one()
        for column in (placements.c.shown_at, placements.c.expires_at)
    ]
    return min((moment for moment in moments if moment is not None), default=None)


async def get_last_change(conn: AsyncConnection, channel: str, language: str) -> int:
    """The number of the last change in this feed, 0 when there was none."""
    statement = select(func.max(placements.c.change)).where(
        placements.c.channel == channel, placements.c.language == language
    )
    return int((await conn.execute(statement)).scalar_one() or 0)


async def save_placements(conn: AsyncConnection, changed: Sequence[Placement]) -> None:
    """Write what has changed of one article, as one change in the order of changes."""
    if changed:
        change = {"change": await next_change(conn)}
        rows = [{name: getattr(placement, name) for name in Placement.__slots__} | change for placement in changed]
        await upsert_all(conn, placements, ("channel", "language", "article_id"), rows)


async def delete_placement(conn: AsyncConnection, placement: Placement) -> None:
    """Take the article out without a trace: nobody has seen it there."""
    await conn.execute(
        placements.delete().where(
            placements.c.channel == placement.channel,
            placements.c.language == placement.language,
            placements.c.article_id == placement.article_id,
        )
    )


async def list_placements(conn: AsyncConnection, article_ids: Iterable[int]) -> dict[int, list[Placement]]:
    """Article id → where it stands and stood."""
    found: dict[int, list[Placement]] = {}
    rows = await conn.execute(select(*_COLUMNS).where(placements.c.article_id.in_(list(article_ids))))
    for row in rows:
        placement = Placement(*row)
        found.setdefault(placement.article_id, []).append(placement)
    return found


def _select(statement: Select[Any], channel: str, language: str, filters: Filters) -> Select[Any]:
    statement = statement.where(placements.c.channel == channel, placements.c.language == language)
    if filters.outlets:
        statement = statement.join(articles, articles.c.id == placements.c.article_id).where(
            articles.c.outlet.in_(filters.outlets)
        )
    if filters.subject:
        of_subject = select(topics.c.article_id).where(topics.c.code == filters.subject)
        statement = statement.where(placements.c.article_id.in_(of_subject))
    if filters.origin:
        statement = statement.where(placements.c.origin == filters.origin)
    return statement
