"""What stands in a feed, in its orders: by last change, by first appearance. Written out where it is asked often."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, TextClause, bindparam, column, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.placements import COLUMNS, Placement
from server.store.schema import UtcTime, articles, placements, topics


@dataclass(frozen=True, slots=True)
class Filters:
    """What a reader wants of a feed; empty fields want everything. `query`: how the feed's address says it."""

    outlets: tuple[str, ...] = ()
    subject: str = ""
    origin: str = ""
    query: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """Which article stands in a place of a feed, and as of which change; `shown_at` in microseconds since 1970."""

    article_id: int
    change: int | None
    shown_at: int


@dataclass(frozen=True, slots=True)
class Pulse:
    """How a feed stands: the numbers of its last change and its last position, 0 where there was none yet.

    `turn`: when it next changes by itself, because an embargo ends or an article expires.
    """

    change: int
    position: int
    turn: datetime | None


# What is asked for every feed after every change is written out: to put it together costs more than to answer it.
_PULSE = (
    text(
        """
        SELECT
          (SELECT max(change) FROM placements WHERE channel = :channel AND language = :language),
          (SELECT max(position) FROM placements WHERE channel = :channel AND language = :language),
          (SELECT min(shown_at) FROM placements
            WHERE channel = :channel AND language = :language AND state = 'usable' AND shown_at > :now),
          (SELECT min(expires_at) FROM placements
            WHERE channel = :channel AND language = :language AND state = 'usable' AND expires_at > :now)
        """
    )
    .bindparams(bindparam("now", type_=UtcTime))
    .columns(column("change", BigInteger), column("position", BigInteger), column("a", UtcTime), column("b", UtcTime))
)


async def list_newest(
    conn: AsyncConnection, channel: str, language: str, filters: Filters, now: datetime, limit: int
) -> Sequence[Placement]:
    """The newest placements that may be shown by now, newest first; what is gone or expired takes nobody's place."""
    statement = _select_newest(COLUMNS, channel, language, filters, now, limit).where(*_is_alive(now))
    return [Placement(*row) for row in await conn.execute(statement)]


async def list_marks(
    conn: AsyncConnection, channel: str, language: str, filters: Filters, now: datetime, limit: int
) -> Sequence[Mark]:
    """What a feed shows, newest first: so many at most that live, and so many that were withdrawn or removed."""
    asked = {"channel": channel, "language": language, "now": now, "most": limit}
    rows = await conn.execute(_word_marks(_write_filters(filters)), asked | _bind_filters(filters))
    return sorted((Mark(*row) for row in rows), key=lambda mark: mark.shown_at, reverse=True)


@lru_cache(maxsize=8)
def _word_marks(wanted: str) -> TextClause:
    alive = "state = 'usable' AND (expires_at IS NULL OR expires_at > :now)"
    arms = (  # no word of a reader's is in it: filters are bound
        f"""SELECT * FROM (SELECT article_id, change, shown_at FROM placements
            WHERE channel = :channel AND language = :language AND shown_at <= :now AND {stands}{wanted}
            ORDER BY shown_at DESC, id DESC LIMIT :most) AS {name}"""  # noqa: S608
        for name, stands in (("living", alive), ("gone", "state <> 'usable'"))
    )
    return _type_binds(" UNION ALL ".join(arms))


def _write_filters(filters: Filters) -> str:
    outlets = " AND article_id IN (SELECT id FROM articles WHERE outlet IN :outlets)" if filters.outlets else ""
    subject = " AND article_id IN (SELECT article_id FROM topics WHERE code = :subject)" if filters.subject else ""
    return outlets + subject + (" AND origin = :origin" if filters.origin else "")


def _bind_filters(filters: Filters) -> dict[str, Any]:
    given = {"outlets": filters.outlets, "subject": filters.subject, "origin": filters.origin}
    return {name: value for name, value in given.items() if value}


def _type_binds(statement: str) -> TextClause:
    types = {"now": bindparam("now", type_=UtcTime), "outlets": bindparam("outlets", expanding=True)}
    return text(statement).bindparams(*(one for name, one in types.items() if f":{name}" in statement))


def _is_alive(now: datetime) -> Sequence[ColumnElement[bool]]:
    return placements.c.state == "usable", or_(placements.c.expires_at.is_(None), placements.c.expires_at > now)


def _select_newest(
    columns: Sequence[ColumnElement[Any]], channel: str, language: str, filters: Filters, now: datetime, limit: int
) -> Select[Any]:
    return (
        _select(select(*columns), channel, language, filters)
        .where(placements.c.shown_at <= now)
        .order_by(placements.c.shown_at.desc(), placements.c.id.desc())
        .limit(limit)
    )


async def get_pulse(conn: AsyncConnection, channel: str, language: str, now: datetime) -> Pulse:
    """How this feed stands now."""
    asked = {"channel": channel, "language": language, "now": now}
    change, position, *moments = (await conn.execute(_PULSE, asked)).one()
    return Pulse(change or 0, position or 0, min((one for one in moments if one is not None), default=None))


async def list_positions(
    conn: AsyncConnection, channel: str, language: str, filters: Filters, first: int, last: int
) -> Sequence[Placement]:
    """What stands or stood at these positions of a feed, the last first."""
    statement = (
        _select(select(*COLUMNS), channel, language, filters)
        .where(placements.c.position.between(first, last))
        .order_by(placements.c.position.desc())
    )
    return [Placement(*row) for row in await conn.execute(statement)]


async def list_loose(
    conn: AsyncConnection, channel: str, language: str, filters: Filters, after: int
) -> frozenset[int]:
    """The articles at the positions of a feed after this one."""
    asked = {"channel": channel, "language": language, "after": after}
    rows = await conn.execute(_word_loose(_write_filters(filters)), asked | _bind_filters(filters))
    return frozenset(rows.scalars())


@lru_cache(maxsize=8)
def _word_loose(wanted: str) -> TextClause:
    return _type_binds(
        f"""SELECT article_id FROM placements
            WHERE channel = :channel AND language = :language AND position > :after{wanted}"""  # noqa: S608
    )


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
