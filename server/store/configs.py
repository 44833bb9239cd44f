"""Versions of the configuration, and which of them each article was decided under."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.config_schema import configs, decided
from server.store.schema import articles
from server.store.sql import upsert

BY_FILE = "file"  # the author of what was written into the file by hand


@dataclass(frozen=True, slots=True)
class ConfigRow:
    """A version. `text`: the file without its secrets; `author`: "file" or a key's id; `diff`: to the one before."""

    number: int
    text: str
    digest: str
    author: str
    created_at: datetime
    diff: str


@dataclass(frozen=True, slots=True)
class Decided:
    """When an article was last decided, of which of its versions, under which configuration."""

    digest: str
    version: int
    decided_at: datetime


_COLUMNS = tuple(configs.c[name] for name in ConfigRow.__slots__)


async def find_newest(conn: AsyncConnection) -> ConfigRow | None:
    row = (await conn.execute(select(*_COLUMNS).order_by(configs.c.number.desc()).limit(1))).one_or_none()
    return None if row is None else ConfigRow(*row)


async def find_config(conn: AsyncConnection, number: int) -> ConfigRow | None:
    row = (await conn.execute(select(*_COLUMNS).where(configs.c.number == number))).one_or_none()
    return None if row is None else ConfigRow(*row)


async def find_by_digest(conn: AsyncConnection, digest: str) -> ConfigRow | None:
    """The newest of those that decide alike."""
    statement = select(*_COLUMNS).where(configs.c.digest == digest).order_by(configs.c.number.desc()).limit(1)
    row = (await conn.execute(statement)).one_or_none()
    return None if row is None else ConfigRow(*row)


async def list_configs(conn: AsyncConnection, limit: int, before: int | None = None) -> Sequence[ConfigRow]:
    """The newest first; `before`: only those with lower numbers."""
    statement = select(*_COLUMNS).order_by(configs.c.number.desc()).limit(limit)
    if before is not None:
        statement = statement.where(configs.c.number < before)
    return [ConfigRow(*row) for row in await conn.execute(statement)]


async def save_config(conn: AsyncConnection, row: ConfigRow) -> None:
    await conn.execute(configs.insert().values(**{name: getattr(row, name) for name in ConfigRow.__slots__}))


async def save_decided(conn: AsyncConnection, article_id: int, digest: str, version: int, now: datetime) -> None:
    values = {"digest": digest, "version": version, "decided_at": now}
    await upsert(conn, decided, {"article_id": article_id}, values)


async def find_decided(conn: AsyncConnection, article_id: int) -> Decided | None:
    columns = (decided.c.digest, decided.c.version, decided.c.decided_at)
    row = (await conn.execute(select(*columns).where(decided.c.article_id == article_id))).one_or_none()
    return None if row is None else Decided(*row)


async def list_decided_otherwise(conn: AsyncConnection, digest: str, limit: int) -> Sequence[int]:
    """Some of the articles that were last decided under something else: a look into an index."""
    found: list[int] = []
    for is_other in (decided.c.digest < digest, decided.c.digest > digest):
        statement = select(decided.c.article_id).where(is_other).limit(limit)
        found += (await conn.execute(statement)).scalars()
    return found[:limit]


async def list_undecided(conn: AsyncConnection, digest: str, limit: int, before: int | None = None) -> Sequence[int]:
    """Articles that were last decided under something else, the newest first; `before`: only lower ids."""
    statement = (
        select(articles.c.id)
        .outerjoin(decided, decided.c.article_id == articles.c.id)
        .where(or_(decided.c.digest.is_(None), decided.c.digest != digest))
        .order_by(articles.c.id.desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(articles.c.id < before)
    return list((await conn.execute(statement)).scalars())
