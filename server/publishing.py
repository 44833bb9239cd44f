"""channel → Feed → Document, and one article → Entry. Reads the store once, then is pure; rendering never reads it.

placements, newest first ─make_standing→ Entry (or stub) ─visibility→ Feed ─feeds.render_feed→ Document
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import quote

from sqlalchemy.ext.asyncio import AsyncConnection

from feeds.model import Article, CheckCount, Entry, Feed, Link, Outlet, Provenance, Subject, Tombstone
from server import texts, visibility
from server.config import Config
from server.media import list_names, show
from server.placing import list_siblings
from server.placing.candidates import get_told_freshness
from server.serving.entrycache import Standing
from server.store import articles, media, parallels, placements, standings
from server.store.articles import ArticleRow, Version
from server.store.losses import Loss
from server.store.media import Upload
from server.store.parallels import Parallel
from server.store.placements import Extent, FeedName, Placement
from server.store.schema import EPOCH
from server.store.standings import Filters
from server.visibility import ANYONE, Reader
from translators.languages import is_tag, normalise

NO_PROVENANCE = Provenance(origin="source", source_language="", source_version=0, freshness="fresh")


@dataclass(frozen=True, slots=True)
class Site:
    """How readers reach this server: its public address, without a slash at the end."""

    base: str
    config: Config

    def page(self, outlet: str, item: str, language: str) -> str:
        return f"{self.base}/articles/{outlet}/{quote(item)}/{language}"

    def article(self, outlet: str, item: str) -> str:
        return f"{self.base}/v1/articles/{outlet}/{quote(item)}"

    def feed(self, channel: str, language: str, format_: str = "atom", query: str = "") -> str:
        return f"{self.base}/feeds/{channel}/{language}.{format_}" + (f"?{query}" if query else "")

    def hub(self) -> str:
        return f"{self.base}/hub"

    def channel_page(self, channel: str, language: str) -> str:
        return f"{self.base}/channels/{channel}/{language}"

    def id(self, path: str) -> str:
        return f"tag:{self.config.server.tag}:{path}"


@dataclass(frozen=True, slots=True)
class Loaded:
    """An article with all that its entries are made from. `made_from`: version row id → version, for parallels.

    `uploads`: name → the uploaded picture that it shows.
    """

    article: ArticleRow
    versions: Mapping[str, Parallel]
    places: Sequence[Placement]
    made_from: Mapping[int, Version]
    uploads: Mapping[str, Upload] = field(default_factory=dict)


async def load(conn: AsyncConnection, article_ids: Sequence[int]) -> dict[int, Loaded]:
    rows = await articles.list_articles(conn, article_ids)
    versions = await parallels.list_parallels(conn, article_ids)
    for number, row in rows.items():  # what people wrote in what is now the source language waits for another day
        versions.get(number, {}).pop(row.head.article.language, None)
    places = await placements.list_placements(conn, article_ids)
    ids = {one.version_id for of in versions.values() for one in of.values() if one.version_id is not None}
    made_from = await articles.get_versions(conn, ids)
    showing = [number for number, row in rows.items() if _shows_uploads(row, versions.get(number, {}))]
    uploads = await media.list_uploads_of(conn, showing) if showing else {}
    return {
        number: Loaded(row, versions.get(number, {}), places.get(number, ()), made_from, uploads.get(number, {}))
        for number, row in rows.items()
    }


def _shows_uploads(row: ArticleRow, versions: Mapping[str, Parallel]) -> bool:
    texts_ = (row.head.article, *(one.article for one in versions.values() if one.article is not None))
    return any(any(list_names(text)) for text in texts_)


async def find_loaded(conn: AsyncConnection, outlet: str, item: str) -> Loaded | None:
    row = await articles.find_article(conn, outlet, item)
    return None if row is None else (await load(conn, [row.id]))[row.id]


async def make_feed(
    conn: AsyncConnection,
    site: Site,
    channel: str,
    language: str,
    filters: Filters,
    now: datetime,
    format_: str = "atom",
) -> Feed:
    """The feed as it stands now: what may be shown, stubs and tombstones of what was withdrawn.

    Its links lead to feeds in the same format.
    """
    newest = await list_newest(conn, (channel, language), filters, now, site.config.limits.feed_entries)
    loaded = await load(conn, [place.article_id for place in newest])
    return compose_feed(site, list_standing(site, newest, loaded), (channel, language), filters.query, now, format_)


async def list_newest(
    conn: AsyncConnection, feed: FeedName, filters: Filters, now: datetime, most: int
) -> Sequence[Placement]:
    """What a feed shows, newest change first: so many at most that live, and so many that are gone."""
    living = await standings.list_newest(conn, *feed, filters, now, most)
    gone = await standings.list_gone(conn, *feed, filters, now, most)
    return sorted([*living, *gone], key=lambda place: place.shown_at, reverse=True)


def list_standing(site: Site, places: Iterable[Placement], loaded: Mapping[int, Loaded]) -> Sequence[Standing]:
    """How articles stand in these places, in their order."""
    return [make_standing(site, loaded[place.article_id], place) for place in places]


def make_standing(site: Site, one: Loaded, place: Placement) -> Standing:
    """How an article stands in one place. What it says of itself is left out where the entry says it."""
    head = one.article.head
    bare = replace(head.article, body="", description="", pictures=())
    entry = None if place.state == "removed" else make_entry(site, one, place)
    return Standing(place, replace(one.article, head=replace(head, article=bare)), entry)


def compose_feed(
    site: Site,
    standing: Sequence[Standing],
    feed: FeedName,
    query: str,
    now: datetime,
    format_: str,
    *,
    updated: datetime = EPOCH,
    reader: Reader = ANYONE,
) -> Feed:
    """What this reader may see of these, in their order, as the feed or a part; `updated`: of an empty one."""
    config, (channel, language) = site.config, feed
    entries, tombstones = [], []
    for one in standing:
        place = one.place
        if visibility.why_refused(one.article, place, reader, config):
            continue
        if place.state != "usable":
            tombstones.append(Tombstone(ref=make_entry_id(site, one.article, language), when=place.shown_at))
        hidden = visibility.why_hidden_in(one.article, config.channels[channel], now) or visibility.why_over(place, now)
        if one.entry is not None and (place.state == "withdrawn" or hidden is None):
            entries.append(one.entry)
    return Feed(
        id=site.id(f"feeds/{channel}/{language}"),
        title=make_feed_title(channel, language, config),
        language=language,
        href=site.feed(channel, language, format_, query),
        page=site.channel_page(channel, language),
        updated=max((one.place.shown_at for one in standing), default=updated),
        generator=config.server.name,
        siblings=tuple(
            Link(language=other, href=site.feed(channel, other, format_))
            for other in list_channel_languages(channel, config)
            if other != language
        ),
        entries=tuple(entries),
        tombstones=tuple(tombstones),
        hubs=(site.hub(),),
    )


def add_stones(site: Site, made: Feed, gone: Sequence[Loss], known: Mapping[int, ArticleRow]) -> Feed:
    """The feed with a tombstone for each text that its reader may not see any more; `known`: article id → article."""
    stones = [
        Tombstone(ref=make_entry_id(site, known[loss.article_id], loss.language), when=loss.at)
        for loss in sorted(gone, key=lambda loss: loss.change, reverse=True)
    ]
    updated = max([made.updated, *(stone.when for stone in stones)])
    return replace(made, tombstones=(*stones, *made.tombstones), updated=updated) if stones else made


def make_feed_title(channel: str, language: str, config: Config) -> str:
    return f"{config.server.name}: {make_channel_title(channel, language, config)}"


def make_channel_title(channel: str, language: str, config: Config) -> str:
    """The channel's title in this language, else in any."""
    title = config.channels[channel].title
    return title.get(language) or next(iter(title.values()), channel)


def list_channel_languages(channel: str, config: Config) -> Sequence[str]:
    """The languages in which a channel has feeds."""
    exchange = config.channels[channel].exchange
    return (config.exchanges[exchange].languages if exchange else ()) or config.languages.configured


def find_channel_language(channel: str, tag: str, config: Config) -> str | None:
    """The language of a channel's feed that a tag in an address means: zh-Hans and zh-CN are zh."""
    if channel not in config.channels or not is_tag(tag):
        return None
    language = normalise(tag)
    return language if language in list_channel_languages(channel, config) else None


def make_entry_id(site: Site, article: ArticleRow, language: str) -> str:
    return site.id(f"{article.outlet}/{article.item}/{language}")


def make_entry(site: Site, loaded: Loaded, place: Placement) -> Entry:
    """The entry of an article in one of its places."""
    row, language, config = loaded.article, place.language, site.config
    withdrawn = place.state != "usable"
    standing = {(one.channel, one.language): one for one in loaded.places if one.state == "usable"}
    siblings = list_siblings(standing, place.channel, language, config) if not withdrawn else ()
    member = config.outlets.get(row.outlet)
    article = texts.make_stub(row, language) if withdrawn else texts.localise(get_text(loaded, language), row)
    article = show(article if withdrawn else _add_place(article, place), loaded.uploads, site.base)
    partial = place.extent == "headline" and not withdrawn
    if partial:
        source = row.head.article.language
        article = texts.cut(article, site.page(row.outlet, row.item, source) if source in siblings else None)
    return Entry(
        id=make_entry_id(site, row, language),
        article=article,
        page=site.page(row.outlet, row.item, language),
        siblings=tuple(Link(language=other, href=site.page(row.outlet, row.item, other)) for other in siblings),
        outlet=Outlet(
            id=row.outlet,
            name=member.name if member else row.outlet,
            uri=(member.url if member else "") or f"{site.base}/outlets/{row.outlet}",
        ),
        provenance=NO_PROVENANCE if withdrawn else make_provenance(loaded, language, place.extent),
        published=place.published_at,
        updated=place.shown_at,
        withdrawn=withdrawn,
        partial=partial,
    )


def _add_place(article: Article, place: Placement) -> Article:
    """What routes say of an article in one place: labels as keywords, and until when it may stand there."""
    labels = tuple(Subject(name=label) for label in place.labels.splitlines())
    return replace(article, subjects=(*article.subjects, *labels), expires=place.expires_at or article.expires)


def get_text(loaded: Loaded, language: str) -> Article:
    """The text in a language in which there is one."""
    head = loaded.article.head
    if language == head.article.language:
        return head.article
    parallel = loaded.versions[language]
    assert parallel.article is not None
    if parallel.origin != "machine" or parallel.source_hash != head.text_hash:
        return parallel.article
    between = loaded.versions.get(parallel.from_language or "")
    return texts.carry_over(parallel, parallel.article, head, between)


def make_provenance(loaded: Loaded, language: str, extent: Extent) -> Provenance:
    """Where a text comes from, as it is told where it stands to this extent."""
    head = loaded.article.head
    if language == head.article.language:
        return Provenance(origin="source", source_language=language, source_version=head.number, freshness="fresh")
    parallel = loaded.versions[language]
    made_from = loaded.made_from.get(parallel.version_id) if parallel.version_id is not None else None
    return Provenance(
        origin=parallel.origin,
        source_language=head.article.language,
        via=_get_via(parallel, head.article.language),
        source_version=made_from.number if made_from else head.number,
        freshness=get_told_freshness(parallel, loaded.article, extent),
        engine=parallel.engine,
        quality=parallel.quality,
        checks=() if extent == "full" else _count_checks(parallel),
        reviewed=parallel.verdict == "released",
    )


def _count_checks(parallel: Parallel) -> tuple[CheckCount, ...]:
    return tuple(CheckCount(name=name, count=count) for name, count in visibility.count_findings(parallel.findings))


def _get_via(parallel: Parallel, source: str) -> str:
    """The language between source and text, where a machine took the way through one."""
    return parallel.from_language if parallel.from_language not in (None, source) else ""
