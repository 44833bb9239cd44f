"""Which text, and which sentence, of a parallel version stands for which of the text that it was made from."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import orjson
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.schema import pairs
from server.store.sql import upsert
from translators.fields import TextPair

_PAIRS = TypeAdapter(tuple[TextPair, ...])


@dataclass(frozen=True, slots=True)
class Pairs:
    """The texts of a version beside those of the version in `from_language`."""

    from_language: str
    texts: tuple[TextPair, ...]


async def list_pairs(conn: AsyncConnection, article_id: int) -> dict[str, Pairs]:
    """By the language of the version, where they are known."""
    rows = (await conn.execute(pairs.select().where(pairs.c.article_id == article_id))).all()
    texts = await asyncio.to_thread(lambda: [_PAIRS.validate_json(row.document) for row in rows])
    return {row.language: Pairs(row.from_language, own) for row, own in zip(rows, texts, strict=True)}


async def save_pairs(
    conn: AsyncConnection, article_id: int, language: str, from_language: str, texts: Sequence[TextPair]
) -> None:
    key = {"article_id": article_id, "language": language}
    await upsert(conn, pairs, key, {"from_language": from_language, "document": orjson.dumps(texts)})


async def delete_pairs(conn: AsyncConnection, article_id: int, language: str) -> None:
    await conn.execute(pairs.delete().where(pairs.c.article_id == article_id, pairs.c.language == language))
