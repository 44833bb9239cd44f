"""Articles that routes hold as a whole, in every language, and what editors said of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, func, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.desk import Place, Wanted
from server.store.schema import articles, holds
from server.store.sql import upsert

ArticleVerdict = Literal["", "released", "rejected"]


@dataclass(frozen=True, slots=True)
class Hold:
    """An article that `route` holds. `language`: its own; `text_hash`: of the text that a verdict is about."""

    article_id: int
    language: str
    urgency: int
    since: datetime
    route: str
    text_hash: str
    verdict: ArticleVerdict = ""
    verdict_by: str = ""
    verdict_at: datetime | None = None
    verdict_note: str = ""


_COLUMNS = tuple(holds.c[name] for name in Hold.__slots__)


async def save_hold(conn: AsyncConnection, one: Hold) -> None:
    values = {name: getattr(one, name) for name in Hold.__slots__ if name != "article_id"}
    await upsert(conn, holds, {"article_id": one.article_id}, values)


async def list_holds(conn: AsyncConnection, article_ids: Iterable[int]) -> dict[int, Hold]:
    rows = await conn.execute(
        holds.select().with_only_columns(*_COLUMNS).where(holds.c.article_id.in_(list(article_ids)))
    )
    return {row.article_id: Hold(*row) for row in rows}


async def find_hold(conn: AsyncConnection, article_id: int) -> Hold | None:
    return (await list_holds(conn, [article_id])).get(article_id)


async def delete_hold(conn: AsyncConnection, article_id: int) -> None:
    """No route holds it any more; what was released stays so."""
    await conn.execute(holds.delete().where(holds.c.article_id == article_id, holds.c.verdict != "released"))


async def list_held_articles(conn: AsyncConnection, wanted: Wanted, after: Place | None, limit: int) -> Sequence[Place]:
    """Living articles that wait, or that were rejected, as the desk sorts them; those behind `after`."""
    if wanted.check or wanted.reason == "quality":
        return []
    order = (holds.c.urgency, holds.c.since, holds.c.article_id, holds.c.language)
    where = _list_conditions(wanted)
    if after is not None:
        behind = (after.urgency, after.since, after.article_id, after.language)
        values = (literal(value, column.type) for column, value in zip(order, behind, strict=True))
        where.append(tuple_(*order) > tuple_(*values))
    statement = holds.select().with_only_columns(*order).join(articles, articles.c.id == holds.c.article_id)
    return [Place(*row) for row in await conn.execute(statement.where(*where).order_by(*order).limit(limit))]


async def count_held_articles(conn: AsyncConnection, wanted: Wanted) -> tuple[int, datetime | None]:
    """How many of them there are, and since when the oldest waits."""
    statement = select(func.count(), func.min(holds.c.since)).select_from(holds)
    statement = statement.join(articles, articles.c.id == holds.c.article_id).where(*_list_conditions(wanted))
    number, since = (await conn.execute(statement)).one()
    return number, since


def _list_conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    where = [holds.c.verdict == wanted.verdict, articles.c.canceled_at.is_(None)]
    if wanted.outlets is not None:
        where.append(articles.c.outlet.in_(sorted(wanted.outlets)))
    if wanted.languages is not None:
        where.append(holds.c.language.in_(sorted(wanted.languages)))
    return where
