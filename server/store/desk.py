"""What waits for a person: machine's versions that are held, in the order in which somebody should look at them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.schema import articles, parallels


@dataclass(frozen=True, slots=True)
class Place:
    """Where a version stands on the desk; sorts as the desk does: urgent first, then what has waited longest."""

    urgency: int
    since: datetime
    article_id: int
    language: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for. `outlets`, `languages`: None for all; `check`: one that found something."""

    outlets: Collection[str] | None = None
    languages: Collection[str] | None = None
    check: str = ""
    reason: str = ""
    verdict: str = ""


async def list_held(conn: AsyncConnection, wanted: Wanted, after: Place | None, limit: int) -> Sequence[Place]:
    """Held versions with a text, of living articles; those behind `after`."""
    order = (parallels.c.urgency, parallels.c.changed_at, parallels.c.article_id, parallels.c.language)
    where = _list_conditions(wanted)
    if after is not None:
        where.append(_is_behind(after))
    statement = select(*order).join(articles, articles.c.id == parallels.c.article_id).where(*where)
    return [Place(*row) for row in await conn.execute(statement.order_by(*order).limit(limit))]


async def count_held(conn: AsyncConnection, wanted: Wanted) -> tuple[int, datetime | None]:
    """How many of them there are, and since when the oldest waits."""
    statement = select(func.count(), func.min(parallels.c.changed_at)).select_from(parallels)
    statement = statement.join(articles, articles.c.id == parallels.c.article_id).where(*_list_conditions(wanted))
    number, since = (await conn.execute(statement)).one()
    return number, since


def _list_conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    where = [
        parallels.c.state == "held",
        parallels.c.verdict == wanted.verdict,
        parallels.c.origin == "machine",
        parallels.c.document.is_not(None),
        articles.c.canceled_at.is_(None),
    ]
    if wanted.outlets is not None:
        where.append(articles.c.outlet.in_(sorted(wanted.outlets)))
    if wanted.languages is not None:
        where.append(parallels.c.language.in_(sorted(wanted.languages)))
    if wanted.check:
        where.append(parallels.c.findings.contains(f'"check":"{wanted.check}"', autoescape=True))
    if wanted.reason:
        where.append(parallels.c.reason.contains(wanted.reason, autoescape=True))
    return where


def _is_behind(after: Place) -> ColumnElement[bool]:
    mine = (parallels.c.urgency, parallels.c.changed_at, parallels.c.article_id, parallels.c.language)
    theirs = (after.urgency, after.since, after.article_id, after.language)
    return tuple_(*mine) > tuple_(*(literal(value, column.type) for column, value in zip(mine, theirs, strict=True)))
