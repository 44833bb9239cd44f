"""Parallel versions: the other languages of an article."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal

import orjson
from sqlalchemy import bindparam, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from feeds.model import Article, Origin
from server.store.documents import dump_article, load_article
from server.store.pairs import delete_pairs
from server.store.schema import articles, parallels, versions
from server.store.sources import MARK
from server.store.sql import insert_or, upsert
from translators.checks import Finding

State = Literal["pending", "ready", "held", "failed"]
Verdict = Literal["", "released", "rejected"]
NORMAL_URGENCY = 5


@dataclass(frozen=True, slots=True)
class Parallel:
    """One parallel version. `article` is its text, None until there is one; `version_id`, `source_hash`: made from.

    `basis`: which text on which way; `tried_hash`: the source text for which its making was given up. `verdict`: what
    an editor has said of this text; whatever takes its place has none.
    """

    article_id: int
    language: str
    origin: Origin
    state: State
    changed_at: datetime
    reason: str = ""
    version_id: int | None = None
    source_hash: str | None = None
    basis: str = ""
    tried_hash: str | None = None
    from_language: str | None = None
    engine: str = ""
    package_sha256: str = ""
    glossary_version: str = ""
    quality: str = ""
    score: float | None = None
    findings: tuple[Finding, ...] = ()
    verdict: Verdict = ""
    verdict_by: str = ""
    verdict_at: datetime | None = None
    verdict_note: str = ""
    article: Article | None = None


_OF_ARTICLES = parallels.select().where(parallels.c.article_id.in_(bindparam("ids", expanding=True)))
_PLAIN = tuple(field.name for field in fields(Parallel) if field.name not in ("article", "findings"))


def _parallel(row: Any) -> Parallel:
    return Parallel(
        **{name: getattr(row, name) for name in _PLAIN},
        findings=tuple(Finding(**one) for one in orjson.loads(row.findings)),
        article=None if row.document is None else load_article(row.document),
    )


async def list_parallels(conn: AsyncConnection, article_ids: Iterable[int]) -> dict[int, dict[str, Parallel]]:
    """Article id → language → parallel version."""
    found: dict[int, dict[str, Parallel]] = {}
    rows = await conn.execute(_OF_ARTICLES, {"ids": list(article_ids)})
    for row in rows:
        found.setdefault(row.article_id, {})[row.language] = _parallel(row)
    return found


async def save_parallel(conn: AsyncConnection, parallel: Parallel) -> None:
    values = {name: getattr(parallel, name) for name in _PLAIN if name not in ("article_id", "language")}
    values["findings"] = orjson.dumps(parallel.findings).decode()
    values["document"] = None if parallel.article is None else dump_article(parallel.article)
    values["urgency"] = (parallel.article and parallel.article.urgency) or NORMAL_URGENCY
    await upsert(conn, parallels, {"article_id": parallel.article_id, "language": parallel.language}, values)


async def request_parallels(conn: AsyncConnection, article_id: int, languages: Sequence[str], now: datetime) -> None:
    """A row for each of these languages, pending, where there is none yet."""
    rows = [
        {"article_id": article_id, "language": language, "origin": "machine", "state": "pending", "changed_at": now}
        for language in languages
    ]
    if rows:
        await conn.execute(insert_or(conn, parallels).on_conflict_do_nothing(), rows)


async def set_unmade(
    conn: AsyncConnection, article_id: int, language: str, state: State, reason: str, tried_hash: str, now: datetime
) -> None:
    """Say why a machine version of the text with this hash was not made; the older text that is there stays."""
    mine = (
        parallels.c.article_id == article_id,
        parallels.c.language == language,
        parallels.c.origin == "machine",
        parallels.c.basis.not_like(f"{MARK}%"),
    )
    values = {"state": state, "reason": reason, "tried_hash": tried_hash, "changed_at": now}
    await conn.execute(parallels.update().where(*mine).values(**values))


async def delete_machine_version(conn: AsyncConnection, article_id: int, language: str) -> None:
    """What people wrote is never deleted."""
    mine = (parallels.c.article_id == article_id, parallels.c.language == language, parallels.c.origin == "machine")
    if (await conn.execute(parallels.delete().where(*mine))).rowcount:
        await delete_pairs(conn, article_id, language)


async def delete_unmade(conn: AsyncConnection, article_id: int) -> None:
    """The rows of texts that were waited for and never made."""
    unmade = (parallels.c.state.in_(("pending", "failed")), parallels.c.document.is_(None))
    await conn.execute(parallels.delete().where(parallels.c.article_id == article_id, *unmade))


async def list_made(conn: AsyncConnection, first: int, last: int) -> dict[int, set[str]]:
    """Article id → the languages in which there is a text, for articles with ids in this range."""
    statement = select(parallels.c.article_id, parallels.c.language).where(
        parallels.c.article_id.between(first, last), parallels.c.document.is_not(None)
    )
    made: dict[int, set[str]] = {}
    for article_id, language in await conn.execute(statement):
        made.setdefault(article_id, set()).add(language)
    return made


async def list_unfinished(conn: AsyncConnection) -> Sequence[int]:
    """Living articles of which a machine version is pending, failed or stale, or an edited one stale."""
    statement = (
        select(parallels.c.article_id)
        .join(articles, articles.c.id == parallels.c.article_id)
        .join(versions, versions.c.id == articles.c.head_id)
        .where(
            articles.c.canceled_at.is_(None),
            parallels.c.origin.in_(("machine", "edited")),
            or_(
                parallels.c.state.in_(("pending", "failed")),
                parallels.c.source_hash.is_(None),
                parallels.c.source_hash != versions.c.text_hash,
            ),
        )
        .distinct()
    )
    return list((await conn.execute(statement)).scalars())
