"""One text that a source brings: its place among what is here, and what becomes of parallel versions.

A machine's parallel version comes with its engine and quality, and is renewed by its source only; people's are handed
in like what is written here. What people wrote or judged here stays.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from feeds.model import Article, Provenance
from feeds.source_items import FeedItem
from server import audit, consequences, intake, translation
from server.config import Config, Source
from server.consequences import Ask
from server.ingest import Push
from server.polling.harvest import make_digest, make_text
from server.site import Site
from server.store import contributions, parallels
from server.store import sources as rows
from server.store.articles import ArticleRow
from server.store.documents import dump_article, make_content_hash
from server.store.parallels import Parallel
from server.store.sources import MARK, EntryRow, make_mark
from server.translation import QUALITIES
from translators.checks import Finding

TICK = timedelta(microseconds=1)
MEDIA_TYPE = "application/json"  # of what is kept as sent: an entry is not a document of its own


@dataclass(frozen=True, slots=True)
class Taking:
    """For whom and when something is taken in. `known`: what its entries were when they were last taken in."""

    name: str
    source: Source
    site: Site
    now: datetime
    known: Mapping[str, EntryRow]

    @property
    def config(self) -> Config:
        return self.site.config


async def pick_order(
    conn: AsyncConnection, row: ArticleRow | None, updated: datetime | None, now: datetime
) -> datetime:
    """By when the source changed it; where that did not move, after what came before."""
    last = await rows.find_last_order(conn, row.id) if row else None
    wanted = min(updated or now, now)  # a date in the time to come would stand before all that follows
    return wanted if last is None else max(wanted, last + TICK)


def make_push(outlet: str, item: str, article: Article, ordered_at: datetime, taking: Taking) -> Push:
    """What a source says, as its outlet would hand it in."""
    return Push(
        outlet=outlet,
        item=item,
        article=article,
        raw=dump_article(article),
        media_type=MEDIA_TYPE,
        key_id=make_mark(taking.name),
        ordered_at=ordered_at,
    )


async def remember(
    conn: AsyncConnection, row: ArticleRow, item: FeedItem, ordered_at: datetime, taking: Taking
) -> None:
    """Write down what the entry said, so that it is no news any more."""
    number = item.provenance.source_version if item.provenance else None
    known = taking.known.get(item.id)
    entry = EntryRow(
        source=taking.name,
        entry=item.id,
        article_id=row.id,
        language=item.article.language,
        number=number,
        updated=min(item.updated, taking.now) if item.updated else None,
        ordered_at=ordered_at,
        first_at=known.first_at if known else taking.now,
        digest=make_digest(item),
    )
    await rows.save_entry(conn, entry)


async def take_parallel(conn: AsyncConnection, row: ArticleRow, item: FeedItem, taking: Taking) -> bool:
    """Whether anything has changed."""
    provenance = item.provenance
    assert provenance is not None
    versions = (await parallels.list_parallels(conn, [row.id])).get(row.id, {})
    old = versions.get(item.article.language)
    head = await rows.find_number(conn, row.id, row.head.article.language)
    is_current = provenance.freshness == "fresh" or (
        provenance.freshness == "held" and provenance.source_version == head
    )
    if provenance.origin == "machine":
        new = (
            None
            if _should_keep(old, row, provenance, taking)
            else _make_machine(row, item, provenance, is_current, taking)
        )
    else:
        new = await _take_peoples(conn, row, item, provenance, is_current, taking)
    ordered_at = await pick_order(conn, row, item.updated, taking.now)
    await remember(conn, row, item, ordered_at, taking)
    if new is None or (old is not None and _is_same(new, old)):
        return False
    await parallels.save_parallel(conn, new)
    subject, said = f"{row.outlet}/{row.item}/{new.language}", {"origin": new.origin, "state": new.state}
    key_id = make_mark(taking.name)
    await audit.note(conn, "version.put", subject, taking.now, outlet=row.outlet, after=said, key_id=key_id)
    ask = Ask.ALL if new.language == taking.config.languages.pivot else Ask.NOTHING
    await consequences.settle(conn, row.id, taking.config, taking.now, ask=ask, but=new.language)
    return True


def _should_keep(old: Parallel | None, row: ArticleRow, provenance: Provenance, taking: Taking) -> bool:
    """Whether what is here stays: what people wrote or judged here, and what a better engine made of the same text."""
    if old is None or old.article is None:
        return False
    if old.verdict and old.verdict_by != taking.name and translation.is_current(old, row):
        return True
    if old.basis.startswith(MARK):
        return False
    if old.origin != "machine":
        return True
    is_done = old.state in ("ready", "held") and translation.is_current(old, row)
    return is_done and _rank(old.quality) > _rank(provenance.quality)


def _rank(quality: str) -> int:
    return QUALITIES.index(quality) if quality in QUALITIES else 0


def _make_machine(
    row: ArticleRow, item: FeedItem, provenance: Provenance, is_current: bool, taking: Taking
) -> Parallel:
    """What a machine made there. What was found there is known by name only, and lets no text out unseen here."""
    findings = tuple(
        Finding(check.name, f"found by {taking.name}", "", "")
        for check in provenance.checks
        for _ in range(check.count)
    )[:100]
    quality = provenance.quality if provenance.quality in QUALITIES else QUALITIES[0]
    return Parallel(
        article_id=row.id,
        language=item.article.language,
        origin="machine",
        state="ready",  # until what follows has looked at findings, quality and routes
        changed_at=taking.now,
        version_id=row.head.id if is_current else None,
        source_hash=row.head.text_hash if is_current else None,
        basis=make_mark(taking.name),
        from_language=provenance.via or row.head.article.language,
        engine=provenance.engine,
        quality=quality,
        findings=findings,
        verdict="released" if provenance.reviewed else "",
        verdict_by=taking.name if provenance.reviewed else "",
        verdict_at=taking.now if provenance.reviewed else None,
        article=make_text(item),
    )


def _is_same(new: Parallel, old: Parallel) -> bool:
    """Whether nothing has changed but what follows from the rest."""
    timed = replace(new, changed_at=old.changed_at, verdict_at=old.verdict_at)
    return replace(timed, state=old.state, reason=old.reason) == old


async def _take_peoples(
    conn: AsyncConnection,
    row: ArticleRow,
    item: FeedItem,
    provenance: Provenance,
    is_current: bool,
    taking: Taking,
) -> Parallel | None:
    """What people wrote there is handed in like what they write here, and is as fresh as it was there."""
    language = item.article.language
    article = replace(make_text(item), version=None, version_created=None, embargoed_until=None, expires=None)
    origin: intake.PeoplesOrigin = "edited" if provenance.origin == "edited" else "outlet"
    push = make_push(row.outlet, row.item, article, taking.now, taking)
    mine = (await parallels.list_parallels(conn, [row.id])).get(row.id, {}).get(language)
    if not _says(mine, article, origin):
        if not is_current:  # nothing is learnt from it: the text that it translates is another one
            return await _take_stale(conn, row, push, origin, taking)
        await intake.take_version(conn, row, push, origin, taking.site, taking.now)
        mine = (await parallels.list_parallels(conn, [row.id]))[row.id][language]
    if mine is None or not _says(mine, article, origin):
        return None  # somebody here has corrected it since
    source_hash = row.head.text_hash if is_current else None
    return replace(mine, source_hash=source_hash, basis=make_mark(taking.name))


def _says(version: Parallel | None, article: Article, origin: str) -> bool:
    """Whether the version is this very text."""
    if version is None or version.article is None or version.origin != origin:
        return False
    return make_content_hash(version.article) == make_content_hash(article)


async def _take_stale(
    conn: AsyncConnection, row: ArticleRow, push: Push, origin: intake.PeoplesOrigin, taking: Taking
) -> Parallel | None:
    language, digest = push.article.language, make_content_hash(push.article)
    if await contributions.was_contributed(conn, row.id, language, origin, digest):
        return None
    received = (push.raw, push.media_type, push.key_id, taking.now)
    await contributions.save_contribution(conn, contributions.Contribution(row.id, language, origin, digest, *received))
    return Parallel(
        article_id=row.id,
        language=language,
        origin=origin,
        state="ready",
        changed_at=taking.now,
        basis=make_mark(taking.name),
        from_language=row.head.article.language,
        article=push.article,
    )
