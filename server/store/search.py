"""The rows of the full-text index: written, taken out; how far the index is built."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.answers import find_meta, save_meta
from server.store.articles import list_article_ids
from server.store.schema import articles
from server.store.search_schema import FIELDS, STATE, VERSION, create_index, has_fts5, search_texts, search_words

Kind = tuple[str, bool]  # language; whether it is headline and description only
State = Literal["ready", "building", "none"]

_BUILDING = f"{VERSION} after "  # and the last article that is done
_INSERT = text(f"INSERT INTO search_index (rowid, {', '.join(FIELDS)}) VALUES (:id, :{', :'.join(FIELDS)})")  # noqa: S608
_REMOVE = text(
    f"INSERT INTO search_index (search_index, rowid, {', '.join(FIELDS)})"  # noqa: S608
    f" VALUES ('delete', :id, :{', :'.join(FIELDS)})"
)
_OF_ARTICLE = select(
    search_texts.c.id, search_texts.c.language, search_texts.c.is_excerpt, search_texts.c.text_hash
).where(search_texts.c.article_id == bindparam("article"))


@dataclass(frozen=True, slots=True)
class TextRow:
    """One row; `text_hash`: of the text that its words are of."""

    id: int
    language: str
    is_excerpt: bool
    text_hash: str

    @property
    def kind(self) -> Kind:
        return self.language, self.is_excerpt


async def find_state(conn: AsyncConnection) -> State:
    """Whether there is an index of our version, and whether all articles are in it."""
    value = await find_meta(conn, STATE) or ""
    if value == VERSION:
        return "ready"
    return "building" if value.startswith(_BUILDING) else "none"


async def is_possible(conn: AsyncConnection) -> bool:
    """Whether this database can have an index."""
    return await conn.run_sync(has_fts5)


async def begin_building(conn: AsyncConnection) -> State:
    """An empty index where there is none of our version. "none": this database cannot have one."""
    if not await conn.run_sync(has_fts5):
        await save_meta(conn, STATE, "")  # the next one that has it builds anew
        return "none"
    if (state := await find_state(conn)) != "none":
        return state
    await conn.run_sync(create_index)
    is_empty = not await list_article_ids(conn)
    await save_meta(conn, STATE, VERSION if is_empty else f"{_BUILDING}0")
    return "ready" if is_empty else "building"


async def list_unbuilt(conn: AsyncConnection, limit: int) -> Sequence[int]:
    """The next articles that are not in the index, by id."""
    value = await find_meta(conn, STATE) or ""
    if not value.startswith(_BUILDING):
        return ()
    after = int(value.removeprefix(_BUILDING))
    statement = select(articles.c.id).where(articles.c.id > after).order_by(articles.c.id).limit(limit)
    return (await conn.execute(statement)).scalars().all()


async def note_built(conn: AsyncConnection, last: int | None) -> None:
    """All articles up to this one are in the index; None: all are."""
    await save_meta(conn, STATE, VERSION if last is None else f"{_BUILDING}{last}")


async def list_texts(conn: AsyncConnection, article_id: int) -> Mapping[Kind, TextRow]:
    rows = [TextRow(*row) for row in await conn.execute(_OF_ARTICLE, {"article": article_id})]
    return {row.kind: row for row in rows}


async def insert_text(
    conn: AsyncConnection, article_id: int, kind: Kind, text_hash: str, words: Mapping[str, str]
) -> None:
    """`words`: field → its words, divided by spaces."""
    packed = zlib.compress("\n".join(words[name] for name in FIELDS).encode(), 1)
    values = {"article_id": article_id, "language": kind[0], "is_excerpt": kind[1], "text_hash": text_hash}
    number = (await conn.execute(search_texts.insert().values(values).returning(search_texts.c.id))).scalar_one()
    await conn.execute(search_words.insert().values(id=number, words=packed))
    await conn.execute(_INSERT, {"id": number, **words})


async def delete_text(conn: AsyncConnection, number: int) -> None:
    """Take a row out: with the words that went in, or the index would keep them."""
    packed = (await conn.execute(select(search_words.c.words).where(search_words.c.id == number))).scalar_one()
    words = dict(zip(FIELDS, zlib.decompress(packed).decode().split("\n"), strict=True))
    await conn.execute(_REMOVE, {"id": number, **words})
    await conn.execute(search_words.delete().where(search_words.c.id == number))
    await conn.execute(search_texts.delete().where(search_texts.c.id == number))
