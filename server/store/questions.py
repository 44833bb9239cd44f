"""What editors ask outlets about versions of their articles."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.schema import questions


@dataclass(frozen=True, slots=True)
class Question:
    """A note to the outlet. `who` is the owner of the key that it was asked with."""

    article_id: int
    language: str
    who: str
    note: str
    asked_at: datetime


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
