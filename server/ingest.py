"""A document from outside → a stored version. Safe against order and repetition of pushes (CONTRACT §4).

  check_article (pure: what the document may not be) → store_push (in the caller's transaction) → Stored

Versions of an article are ordered by the outlet's `version`, then `versionCreated`, then, where it gives neither, by
arrival. The highest is served; one that arrives late is kept and never served. A kill is final, whatever its order.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from feeds import Fault
from feeds.html import to_plain
from feeds.model import Article, Origin
from server import problems
from server.config import Config
from server.store import articles, parallels
from server.store.articles import ArticleRow, Version
from server.store.documents import dump_article, make_content_hash
from translators.languages import contradiction, name, normalise

ITEM = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._~-]{0,126}[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True)
class Push:
    """A document that an outlet hands in. `raw` is what it sent; `if_match`, `if_none_match` as in RFC 9110."""

    outlet: str
    item: str
    article: Article
    raw: bytes
    media_type: str
    key_id: str
    if_match: str | None = None
    if_none_match: str | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a push. `served` is false for a version that came late and only went into the history."""

    article_id: int
    created: bool
    changed: bool
    served: bool
    number: int
    etag: str


def check_item(item: str) -> None:
    """Raise InvalidDocument unless the outlet's id fits into an address as it is."""
    if not ITEM.fullmatch(item):
        reason = "1 to 128 letters, digits, '.', '_', '~', '-', beginning and ending with a letter or digit"
        raise problems.InvalidDocument(f"item {item[:200]!r} is no valid id: {reason}")


def normalise_language(article: Article) -> Article:
    """The article under the one tag that its language has here: zh-Hans and zh-CN are zh."""
    return replace(article, language=normalise(article.language))


def check_article(article: Article, outlet: str | None, config: Config) -> None:
    """Raise the problem that this article would be: language not used, text in another language, impossible times.

    `outlet` must write in the language; without one, any configured language will do.
    """
    if article.language not in config.languages.configured:
        configured = ", ".join(config.languages.configured)
        raise problems.LanguageNotConfigured(f"{article.language!r} is not among {configured}")
    written = config.outlets[outlet].languages if outlet is not None else ()
    if written and article.language not in written:
        languages = ", ".join(written)
        raise problems.LanguageNotConfigured(f"{outlet} writes in {languages}; the article says {article.language!r}")
    if article.embargoed_until and article.expires and article.expires <= article.embargoed_until:
        raise problems.InvalidDocument(
            "the article would expire before its embargo ends", errors=[Fault("/expires", "is before embargoedUntil")]
        )
    check_language(article, config)


def check_language(article: Article, config: Config) -> None:
    """Raise LanguageContradiction when the text is clearly in another of the configured languages."""
    text = "\n".join((article.headline, article.description, to_plain(article.body)))
    guess = contradiction(article.language, text, config.languages.configured)
    if guess is not None:
        declared, found = name(article.language, "en"), name(guess.language, "en")
        raise problems.LanguageContradiction(
            f"the article says {declared} ({article.language}), its text is {found} ({guess.language})",
            errors=[Fault("/language", f"says {article.language}, the text is {guess.language}")],
        )


def make_order_key(article: Article, arrival: int) -> str:
    """Where a version stands among those of its article; sorts as text. `arrival` counts where the outlet is silent."""
    version = re.sub(r"\d+", lambda digits: digits[0].zfill(20), article.version or "")
    created = article.version_created.isoformat(timespec="microseconds") if article.version_created else ""
    return f"{version}|{created}|{'' if version or created else f'{arrival:012d}'}"


def make_etag(version: Version) -> str:
    """The strong ETag of an article: that of the version that is served."""
    digest = hashlib.sha256(f"{version.order_key} {version.content_hash}".encode()).hexdigest()
    return f'"{digest[:32]}"'


def make_uri(config: Config, outlet: str, item: str) -> str:
    """The uri of an article whose outlet gives none (RFC 4151)."""
    return f"tag:{config.server.tag}:{outlet}/{item}"


async def store_push(conn: AsyncConnection, push: Push, config: Config, now: datetime) -> Stored:
    """Store the version if it is new. Raises ArticleCanceled, VersionConflict, VersionRequired, PreconditionFailed."""
    row = await articles.find_article(conn, push.outlet, push.item)
    _check_preconditions(push, row)
    if row is None:
        uri = push.article.uri or make_uri(config, push.outlet, push.item)
        article_id = await articles.insert_article(conn, push.outlet, push.item, uri, now)
        arrival = 1
    else:
        _check_order(push.article, row)
        article_id = row.id
        arrival = await articles.count_versions(conn, article_id) + 1
    content_hash = make_content_hash(push.article)
    key = make_order_key(push.article, arrival)
    known = await _find_known(conn, row, key, content_hash)
    if known is None:
        await articles.insert_version(
            conn,
            article_id,
            order_key=key,
            content_hash=content_hash,
            document=dump_article(push.article),
            raw=push.raw,
            media_type=push.media_type,
            key_id=push.key_id,
            received_at=now,
        )
        await articles.set_head(conn, article_id, now)
        if push.article.pub_status == "canceled":
            await cancel_article(conn, article_id, push.article.ed_note, now)
    stored = (await articles.list_articles(conn, [article_id]))[article_id]
    mine = known or await articles.find_version(conn, article_id, key)
    assert mine is not None
    return Stored(
        article_id=article_id,
        created=row is None,
        changed=row is None or stored.head.content_hash != row.head.content_hash,
        served=stored.head.order_key == mine.order_key,
        number=mine.number,
        etag=make_etag(stored.head),
    )


async def store_version(
    conn: AsyncConnection, row: ArticleRow, article: Article, origin: Origin, now: datetime
) -> bool:
    """Store a parallel version written by people; true when it says something new. It replaces a machine's."""
    if row.canceled_at is not None:
        raise problems.ArticleCanceled(f"{row.outlet}/{row.item} was withdrawn at {row.canceled_at.isoformat()}")
    if article.language == row.head.article.language:
        detail = f"{article.language} is the article's own language: push it as its next version"
        raise problems.InvalidDocument(detail, errors=[Fault("/language", detail)])
    old = (await parallels.list_parallels(conn, [row.id])).get(row.id, {}).get(article.language)
    same = old is not None and old.article == article and old.origin == origin
    if same and old is not None and old.source_hash == row.head.content_hash:
        return False
    version = parallels.Parallel(
        article_id=row.id,
        language=article.language,
        origin=origin,
        state="ready",
        changed_at=now,
        version_id=row.head.id,
        source_hash=row.head.content_hash,
        from_language=row.head.article.language,
        article=article,
    )
    await parallels.save_parallel(conn, version)
    return True


async def cancel_article(conn: AsyncConnection, article_id: int, reason: str, now: datetime) -> None:
    """Kill: for good, in every language. Doing it again changes nothing."""
    await articles.cancel_article(conn, article_id, reason, now)


def _check_preconditions(push: Push, row: ArticleRow | None) -> None:
    etag = None if row is None else make_etag(row.head)
    if push.if_match is not None and not _matches(push.if_match, etag):
        there = f"its ETag is {etag}" if etag else "there is no such article"
        raise problems.PreconditionFailed(f"If-Match wants {push.if_match}; {there}")
    if push.if_none_match is not None and _matches(push.if_none_match, etag):
        raise problems.PreconditionFailed(f"If-None-Match is {push.if_none_match} and the article is there")
    if row is not None and row.canceled_at is not None:
        raise problems.ArticleCanceled(
            f"{row.outlet}/{row.item} was withdrawn at {row.canceled_at.isoformat()}; a new text needs a new item id"
        )


def _matches(header: str, etag: str | None) -> bool:
    if header.strip() == "*":
        return etag is not None
    return etag is not None and etag in (tag.strip() for tag in header.split(","))


def _check_order(article: Article, row: ArticleRow) -> None:
    """A push without order information would be older than all that have it: say so instead of hiding it."""
    missing = list(_missing_order(article, row.head.article))
    if missing:
        raise problems.VersionRequired(
            f"earlier pushes of {row.outlet}/{row.item} gave {missing[0]}: without it nobody can tell which is newer",
            errors=[Fault(f"/{missing[0]}", "is missing")],
        )


def _missing_order(article: Article, head: Article) -> Iterator[str]:
    if head.version and not article.version:
        yield "version"
    if head.version_created and not article.version and not article.version_created:
        yield "versionCreated"


async def _find_known(conn: AsyncConnection, row: ArticleRow | None, key: str, content_hash: str) -> Version | None:
    """The version that this push repeats. Raises VersionConflict when it is another text under the same order."""
    if row is None:
        return None
    if key.startswith("||"):
        return row.head if row.head.content_hash == content_hash else None
    known = await articles.find_version(conn, row.id, key)
    if known is not None and known.content_hash != content_hash:
        raise problems.VersionConflict(
            f"version {known.number} has another text: stored sha256 {known.content_hash}, pushed sha256 {content_hash}"
        )
    return known
