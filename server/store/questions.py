"""What editors ask outlets about versions of their articles."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.schema import articles, contributions, parallels, questions, versions


@dataclass(frozen=True, slots=True)
class Question:
    """A note to the outlet. `who` is the owner of the key that it was asked with."""

    article_id: int
    language: str
    who: str
    note: str
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about an article of `outlet`, and what closed it first; None: it is open."""

    outlet: str
    asked_at: datetime
    closed_at: datetime | None


_COLUMNS = tuple(questions.c[name] for name in Question.__slots__)


async def save_question(conn: AsyncConnection, one: Question) -> None:
    await conn.execute(questions.insert().values(**{name: getattr(one, name) for name in Question.__slots__}))


async def list_questions(conn: AsyncConnection, article_ids: Iterable[int]) -> dict[int, list[Question]]:
    """Article id → what was asked about it, oldest first."""
    statement = questions.select().with_only_columns(*_COLUMNS).where(questions.c.article_id.in_(list(article_ids)))
    found: dict[int, list[Question]] = {}
    for row in await conn.execute(statement.order_by(questions.c.id)):
        found.setdefault(row.article_id, []).append(Question(*row))
    return found


async def list_asked(conn: AsyncConnection, outlets: Collection[str], since: datetime) -> Sequence[Asked]:
    """What was asked about articles of these outlets since then. A new version of the article closes a question, or
    people's version in its language, or an editor who releases or rejects what it was about.
    """
    of_article = versions.c.article_id == questions.c.article_id
    of_text = (contributions.c.article_id == questions.c.article_id, contributions.c.language == questions.c.language)
    of_verdict = (parallels.c.article_id == questions.c.article_id, parallels.c.language == questions.c.language)
    first: list[ScalarSelect[datetime]] = [
        select(func.min(column)).where(*mine, column > questions.c.asked_at).scalar_subquery()
        for column, mine in (
            (versions.c.received_at, (of_article,)),
            (contributions.c.received_at, of_text),
            (parallels.c.verdict_at, of_verdict),
        )
    ]
    statement = (
        select(articles.c.outlet, questions.c.asked_at, *first)
        .join(articles, articles.c.id == questions.c.article_id)
        .where(articles.c.outlet.in_(list(outlets)), questions.c.asked_at >= since)
    )
    return [
        Asked(outlet, asked_at, min((moment for moment in moments if moment is not None), default=None))
        for outlet, asked_at, *moments in await conn.execute(statement)
    ]
