"""Articles and their versions."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from feeds.model import Article
from server.store.documents import load_article
from server.store.schema import articles, kills, topics, versions


@dataclass(frozen=True, slots=True)
class Version:
    """One immutable revision. `number` is its place in the article's order, from 1."""

    id: int
    number: int
    order_key: str
    content_hash: str
    text_hash: str
    article: Article
    media_type: str
    key_id: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class ArticleRow:
    """An article and the version that is served."""

    id: int
    outlet: str
    item: str
    uri: str
    canceled_at: datetime | None
    cancel_reason: str
    created_at: datetime
    changed_at: datetime
    head: Version


_VERSION = (
    versions.c.id,
    versions.c.number,
    versions.c.order_key,
    versions.c.content_hash,
    versions.c.text_hash,
    versions.c.document,
    versions.c.media_type,
    versions.c.key_id,
    versions.c.received_at,
)
_ARTICLE = (
    articles.c.id,
    articles.c.outlet,
    articles.c.item,
    articles.c.uri,
    articles.c.canceled_at,
    articles.c.cancel_reason,
    articles.c.created_at,
    articles.c.changed_at,
)


def _version(row: Sequence[Any]) -> Version:
    id_, number, order_key, content_hash, text_hash, document, *receipt = row
    return Version(id_, number, order_key, content_hash, text_hash, load_article(document), *receipt)


def _article(row: Sequence[Any]) -> ArticleRow:
    id_, outlet, item, uri, canceled_at, reason, created_at, changed_at, *version = row
    return ArticleRow(id_, outlet, item, uri, canceled_at, reason, created_at, changed_at, head=_version(version))


def _select_articles() -> Select[Any]:
    return select(*_ARTICLE, *_VERSION).join(versions, versions.c.id == articles.c.head_id)


_OF_IDS = _select_articles().where(articles.c.id.in_(bindparam("ids", expanding=True)))


async def find_article(conn: AsyncConnection, outlet: str, item: str) -> ArticleRow | None:
    statement = _select_articles().where(articles.c.outlet == outlet, articles.c.item == item)
    row = (await conn.execute(statement)).one_or_none()
    return None if row is None else _article(row)


async def list_articles(conn: AsyncConnection, ids: Iterable[int]) -> dict[int, ArticleRow]:
    """By id; unknown ids are left out."""
    rows = await conn.execute(_OF_IDS, {"ids": list(ids)})
    return {row.id: _article(row) for row in rows}


async def list_article_ids(conn: AsyncConnection) -> Sequence[int]:
    return list((await conn.execute(select(articles.c.id).order_by(articles.c.id))).scalars())


async def list_pushed(
    conn: AsyncConnection, since: datetime, first: int, last: int
) -> Sequence[tuple[int, str, str, datetime, bytes]]:
    """(id, outlet, item, first push, document that is served) of articles first pushed since then, not withdrawn.

    Those with an id from `first` to `last`, in that order.
    """
    columns = (articles.c.id, articles.c.outlet, articles.c.item, articles.c.created_at, versions.c.document)
    statement = (
        select(*columns)
        .join(versions, versions.c.id == articles.c.head_id)
        .where(articles.c.id.between(first, last), *_pushed_since(since))
        .order_by(articles.c.id)
    )
    return [tuple(row) for row in await conn.execute(statement)]


async def list_pushed_ids(conn: AsyncConnection, since: datetime, outlets: Collection[str] = ()) -> Sequence[int]:
    """The ids of all of them, rising. `outlets`: only theirs."""
    statement = select(articles.c.id).where(*_pushed_since(since)).order_by(articles.c.id)
    if outlets:
        statement = statement.where(articles.c.outlet.in_(outlets))
    return (await conn.execute(statement)).scalars().all()


def _pushed_since(since: datetime) -> tuple[ColumnElement[bool], ...]:
    return articles.c.created_at >= since, articles.c.canceled_at.is_(None), articles.c.head_id.is_not(None)


async def list_versions(conn: AsyncConnection, article_id: int) -> Sequence[Version]:
    """All versions in their order."""
    statement = select(*_VERSION).where(versions.c.article_id == article_id).order_by(versions.c.order_key)
    return [_version(row) for row in await conn.execute(statement)]


async def get_versions(conn: AsyncConnection, ids: Iterable[int]) -> dict[int, Version]:
    wanted = list(ids)
    rows = await conn.execute(select(*_VERSION).where(versions.c.id.in_(wanted))) if wanted else ()
    return {row.id: _version(row) for row in rows}


async def find_version(conn: AsyncConnection, article_id: int, order_key: str) -> Version | None:
    statement = select(*_VERSION).where(versions.c.article_id == article_id, versions.c.order_key == order_key)
    row = (await conn.execute(statement)).one_or_none()
    return None if row is None else _version(row)


async def find_article_by_uri(conn: AsyncConnection, outlet: str, uri: str) -> ArticleRow | None:
    """The outlet's article that has this uri or, if there is none, this item id."""
    for column in (articles.c.uri, articles.c.item):
        statement = _select_articles().where(articles.c.outlet == outlet, column == uri).limit(1)
        if row := (await conn.execute(statement)).one_or_none():
            return _article(row)
    return None


async def find_item_of_uri(conn: AsyncConnection, outlet: str, uri: str) -> str | None:
    """The id of the outlet's article that has this uri."""
    statement = select(articles.c.item).where(articles.c.uri == uri, articles.c.outlet == outlet).limit(1)
    return (await conn.execute(statement)).scalar_one_or_none()


async def find_articles_anywhere(conn: AsyncConnection, uri: str) -> Sequence[ArticleRow]:
    """The articles that have this uri, whichever outlet's they are."""
    rows = await conn.execute(_select_articles().where(articles.c.uri == uri).order_by(articles.c.id))
    return [_article(row) for row in rows]


async def insert_article(conn: AsyncConnection, outlet: str, item: str, uri: str, now: datetime) -> int:
    statement = articles.insert().values(
        outlet=outlet, item=item, uri=uri, created_at=now, changed_at=now, cancel_reason=""
    )
    return int((await conn.execute(statement.returning(articles.c.id))).scalar_one())


async def insert_version(conn: AsyncConnection, article_id: int, **values: Any) -> int:
    """Store a version; the numbers of those above it move up by one."""
    below = select(func.count()).where(versions.c.article_id == article_id, versions.c.order_key < values["order_key"])
    number = int((await conn.execute(below)).scalar_one()) + 1
    await conn.execute(
        versions.update()
        .where(versions.c.article_id == article_id, versions.c.number >= number)
        .values(number=versions.c.number + 1)
    )
    statement = versions.insert().values(article_id=article_id, number=number, **values).returning(versions.c.id)
    return int((await conn.execute(statement)).scalar_one())


async def set_head(conn: AsyncConnection, article_id: int, now: datetime) -> None:
    """The highest version becomes the one that is served."""
    highest = (
        select(versions.c.id)
        .where(versions.c.article_id == article_id)
        .order_by(versions.c.order_key.desc())
        .limit(1)
        .scalar_subquery()
    )
    await conn.execute(articles.update().where(articles.c.id == article_id).values(head_id=highest, changed_at=now))


async def count_versions(conn: AsyncConnection, article_id: int) -> int:
    return int((await conn.execute(select(func.count()).where(versions.c.article_id == article_id))).scalar_one())


async def cancel_article(conn: AsyncConnection, article_id: int, reason: str, now: datetime) -> None:
    """Kill: for good. Doing it again changes nothing."""
    await conn.execute(
        articles.update()
        .where(articles.c.id == article_id, articles.c.canceled_at.is_(None))
        .values(canceled_at=now, cancel_reason=reason, changed_at=now)
    )


async def find_kill(conn: AsyncConnection, outlet: str, item: str) -> tuple[datetime, str] | None:
    """When and why an article was killed that is not here any more: it was pushed and killed after a backup."""
    mine = (kills.c.outlet == outlet, kills.c.item == item)
    row = (await conn.execute(select(kills.c.canceled_at, kills.c.cancel_reason).where(*mine))).one_or_none()
    return None if row is None else (row.canceled_at, row.cancel_reason)


async def save_topics(conn: AsyncConnection, article_id: int, codes: Iterable[str]) -> None:
    await conn.execute(topics.delete().where(topics.c.article_id == article_id))
    if rows := [{"article_id": article_id, "code": code} for code in sorted(set(codes))]:
        await conn.execute(topics.insert(), rows)


async def list_topics(conn: AsyncConnection, article_id: int) -> frozenset[str]:
    """The topics that it was last about, with those above."""
    statement = select(topics.c.code).where(topics.c.article_id == article_id)
    return frozenset((await conn.execute(statement)).scalars())


async def list_articles_about(conn: AsyncConnection, article_ids: Iterable[int], code: str) -> frozenset[int]:
    """Those of the articles that have this topic, or one below it."""
    statement = select(topics.c.article_id).where(topics.c.code == code, topics.c.article_id.in_(list(article_ids)))
    return frozenset((await conn.execute(statement)).scalars())
