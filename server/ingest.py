"""A document from outside → a stored version. Safe against order and repetition of pushes (CONTRACT §4).

  check_article (pure: what the document may not be) → store_push (in the caller's transaction) → Stored

Versions of an article are ordered by the outlet's `version`, else its `versionCreated`, else, where it gives neither,
by arrival. The highest is served; one that arrives late is kept and never served. A kill is final, whatever its order.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from feeds import Fault
from feeds.html import to_plain
from feeds.model import Article, Origin
from server import problems
from server.api.parts import ITEM, ITEM_RULE
from server.config import Config
from server.store import articles, contributions, parallels
from server.store.articles import ArticleRow, Version
from server.store.documents import dump_article, make_content_hash, make_text_hash
from server.versioning import check_preconditions, list_missing_order, make_etag, make_order_key, make_time_key
from translators.languages import contradiction, name, normalise


@dataclass(frozen=True, slots=True)
class Push:
    """A document that an outlet hands in. `raw` is what it sent; `if_match`, `if_none_match` as in RFC 9110.

    `ordered_at` puts it among the versions where the outlet itself did not hand it in, whatever it says of its version.
    """

    outlet: str
    item: str
    article: Article
    raw: bytes
    media_type: str
    key_id: str
    if_match: str | None = None
    if_none_match: str | None = None
    ordered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a push. `served` is false for a version that came late and only went into the history.

    `added`: it is in the history since now. `refused`: it would be the newest, but the article was withdrawn
    before: kept in the history, never published. `served_before`: the number of the version that was, 0 for none.
    """

    article_id: int
    uri: str
    created: bool
    changed: bool
    served: bool
    refused: bool
    number: int
    etag: str
    added: bool = True
    served_before: int = 0


def find_item_fault(item: str) -> str | None:
    """Why an outlet's id does not fit into an address as it is; None: it does."""
    if ITEM.fullmatch(item):
        return None
    return f"item {item[:200]!r} is no valid id: {ITEM_RULE}"


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


def make_uri(config: Config, outlet: str, item: str) -> str:
    """The uri of an article whose outlet gives none (RFC 4151)."""
    return f"tag:{config.server.tag}:{outlet}/{item}"


async def store_push(conn: AsyncConnection, push: Push, config: Config, now: datetime) -> Stored:
    """Store the version if it is new.

    Raises ArticleCanceled, VersionConflict, VersionRequired, PreconditionFailed, UriTaken.
    """
    row = await articles.find_article(conn, push.outlet, push.item)
    check_preconditions(push.if_match, push.if_none_match, row)
    is_kill = push.article.pub_status == "canceled"
    if row is None:
        uri = push.article.uri or make_uri(config, push.outlet, push.item)
        await _check_uri(conn, push.outlet, uri)
        article_id = await articles.insert_article(conn, push.outlet, push.item, uri, now)
        arrival = 1
    else:
        if not is_kill and push.ordered_at is None:
            _check_order(push.article, row)
        article_id = row.id
        arrival = await articles.count_versions(conn, article_id) + 1
    content_hash = make_content_hash(push.article)
    key = make_time_key(push.ordered_at) if push.ordered_at else make_order_key(push.article, arrival)
    if is_kill and row is not None and any(list_missing_order(push.article, row.head.article)):
        key = f"{row.head.order_key}{arrival:012d}"  # a kill is never refused for want of a version: it is the newest
    known = await _find_known(conn, row, key, content_hash)
    if known is None:
        await articles.insert_version(
            conn,
            article_id,
            order_key=key,
            content_hash=content_hash,
            text_hash=make_text_hash(push.article),
            document=dump_article(push.article),
            raw=push.raw,
            media_type=push.media_type,
            key_id=push.key_id,
            received_at=now,
        )
        await articles.set_head(conn, article_id, now)
        if is_kill:
            await articles.cancel_article(conn, article_id, push.article.ed_note, now)
        elif row is None and (kill := await articles.find_kill(conn, push.outlet, push.item)) is not None:
            await articles.cancel_article(conn, article_id, kill[1], kill[0])
    stored = (await articles.list_articles(conn, [article_id]))[article_id]
    mine = known or await articles.find_version(conn, article_id, key)
    assert mine is not None
    served = stored.head.order_key == mine.order_key
    refused = served and stored.canceled_at is not None and not is_kill
    return Stored(
        article_id=article_id,
        uri=stored.uri,
        created=row is None,
        changed=row is None or stored.head.content_hash != row.head.content_hash,
        served=served and not refused,
        refused=refused,
        number=mine.number,
        etag=make_etag(stored.head),
        added=known is None,
        served_before=row.head.number if row is not None else 0,
    )


async def _check_uri(conn: AsyncConnection, outlet: str, uri: str) -> None:
    """Two articles under one uri would be one elsewhere: raise UriTaken."""
    if (item := await articles.find_item_of_uri(conn, outlet, uri)) is not None:
        detail = f"{uri} is the uri of {outlet}/{item}: push the next version there, or give this article its own"
        raise problems.UriTaken(detail, errors=[Fault("/uri", f"is that of item {item!r}")])


async def store_version(conn: AsyncConnection, row: ArticleRow, push: Push, origin: Origin, now: datetime) -> bool:
    """Store a parallel version written by people; true when it says something new. It replaces a machine's."""
    article = push.article
    if row.canceled_at is not None:
        raise make_refusal(f"{row.outlet}/{row.item}", row.canceled_at)
    _check_follows(article, row.head.article)
    if article.language == row.head.article.language:
        detail = f"{article.language} is the article's own language: push it as its next version"
        raise problems.InvalidDocument(detail, errors=[Fault("/language", detail)])
    old = (await parallels.list_parallels(conn, [row.id])).get(row.id, {}).get(article.language)
    if old is not None and old.article is not None and old.origin == origin and _is_repeated(article, old.article):
        is_ordered = bool(article.version or article.version_created)
        if is_ordered or old.source_hash == row.head.text_hash:
            return False
    content_hash = make_content_hash(article)
    if (
        old is not None
        and old.origin not in ("machine", origin)
        and await contributions.was_contributed(conn, row.id, article.language, origin, content_hash)
    ):
        return False  # a repetition: somebody has corrected this text since
    received = (push.raw, push.media_type, push.key_id, now)
    contribution = contributions.Contribution(row.id, article.language, origin, content_hash, *received)
    await contributions.save_contribution(conn, contribution)
    version = parallels.Parallel(
        article_id=row.id,
        language=article.language,
        origin=origin,
        state="ready",
        changed_at=now,
        version_id=row.head.id,
        source_hash=row.head.text_hash,
        from_language=row.head.article.language,
        article=article,
    )
    await parallels.save_parallel(conn, version)
    return True


def _check_follows(article: Article, head: Article) -> None:
    """A parallel version is published when and while its article is: refuse what it says of its own."""
    faults = []
    if article.pub_status != "usable":
        faults.append(Fault("/pubStatus", f"{article.pub_status} is said of the whole article: push it with this"))
    if article.embargoed_until and (not head.embargoed_until or head.embargoed_until < article.embargoed_until):
        faults.append(Fault("/embargoedUntil", "is later than the article's own: push the article with this"))
    if article.expires and (not head.expires or article.expires < head.expires):
        faults.append(Fault("/expires", "is earlier than the article's own: push the article with this"))
    if faults:
        detail = "; ".join(f"{fault.pointer[1:]} {fault.detail}" for fault in faults)
        raise problems.InvalidDocument(detail, errors=faults)


def _is_repeated(article: Article, old: Article) -> bool:
    """Whether a parallel version says nothing new, or came late. Raises VersionConflict, VersionRequired."""
    missing = next(list_missing_order(article, old), None)
    if missing:
        detail = f"earlier pushes of this version gave {missing}: without it nobody can tell which is newer"
        raise problems.VersionRequired(detail, errors=[Fault(f"/{missing}", "is missing")])
    new_hash, old_hash = make_content_hash(article), make_content_hash(old)
    new_key, old_key = make_order_key(article, 0), make_order_key(old, 0)
    if new_key == old_key and new_hash != old_hash and new_key[-1] == "\n":
        raise problems.VersionConflict(
            f"this version has another text: stored sha256 {old_hash}, pushed sha256 {new_hash}"
        )
    return new_key < old_key or (new_key == old_key and new_hash == old_hash)


def make_refusal(row_name: str, canceled_at: datetime | None) -> problems.ArticleCanceled:
    when = f" at {canceled_at.isoformat()}" if canceled_at else ""
    return problems.ArticleCanceled(f"{row_name} was withdrawn{when}; a new text needs a new item id")


def _check_order(article: Article, row: ArticleRow) -> None:
    """A push without order information would be older than all that have it: say so instead of hiding it."""
    is_ordered = bool(article.version or article.version_created)
    if row.canceled_at is not None and not is_ordered:
        raise make_refusal(f"{row.outlet}/{row.item}", row.canceled_at)
    missing = list(list_missing_order(article, row.head.article))
    if missing:
        raise problems.VersionRequired(
            f"earlier pushes of {row.outlet}/{row.item} gave {missing[0]}: without it nobody can tell which is newer",
            errors=[Fault(f"/{missing[0]}", "is missing")],
        )


async def _find_known(conn: AsyncConnection, row: ArticleRow | None, key: str, content_hash: str) -> Version | None:
    """The version that this push repeats. Raises VersionConflict when it is another text under the same order."""
    if row is None:
        return None
    if key[-1].isdigit():  # by arrival
        return row.head if row.head.content_hash == content_hash else None
    known = await articles.find_version(conn, row.id, key)
    if known is not None and known.content_hash != content_hash:
        raise problems.VersionConflict(
            f"version {known.number} has another text: stored sha256 {known.content_hash}, pushed sha256 {content_hash}"
        )
    return known
