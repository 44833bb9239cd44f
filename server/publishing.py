"""channel → Feed → Document, and one article → Entry. Reads the store once, then is pure; rendering never reads it.

placements, newest first ─visibility→ Entry (or stub) ─feeds.render_feed→ Document
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import quote

from sqlalchemy.ext.asyncio import AsyncConnection

from feeds.model import Article, Entry, Feed, Link, Outlet, Provenance, PubStatus, Subject, Tombstone
from server import mediatopics, visibility
from server.config import Config
from server.placing import get_freshness, list_siblings
from server.store import articles, parallels, placements
from server.store.articles import ArticleRow, Version
from server.store.documents import make_text_hash
from server.store.parallels import Parallel
from server.store.placements import Filters, Placement
from server.store.schema import EPOCH
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

    def feed(self, channel: str, language: str) -> str:
        return f"{self.base}/feeds/{channel}/{language}.atom"

    def channel_page(self, channel: str, language: str) -> str:
        return f"{self.base}/channels/{channel}/{language}"

    def id(self, path: str) -> str:
        return f"tag:{self.config.server.tag}:{path}"


@dataclass(frozen=True, slots=True)
class Loaded:
    """An article with all that its entries are made from. `made_from`: version row id → version, for parallels."""

    article: ArticleRow
    versions: Mapping[str, Parallel]
    places: Sequence[Placement]
    made_from: Mapping[int, Version]


async def load(conn: AsyncConnection, article_ids: Sequence[int]) -> dict[int, Loaded]:
    rows = await articles.list_articles(conn, article_ids)
    versions = await parallels.list_parallels(conn, article_ids)
    for number, row in rows.items():  # what people wrote in what is now the source language waits for another day
        versions.get(number, {}).pop(row.head.article.language, None)
    places = await placements.list_placements(conn, article_ids)
    ids = {one.version_id for of in versions.values() for one in of.values() if one.version_id is not None}
    made_from = await articles.get_versions(conn, ids)
    return {
        number: Loaded(row, versions.get(number, {}), places.get(number, ()), made_from) for number, row in rows.items()
    }


async def find_loaded(conn: AsyncConnection, outlet: str, item: str) -> Loaded | None:
    row = await articles.find_article(conn, outlet, item)
    return None if row is None else (await load(conn, [row.id]))[row.id]


async def make_feed(
    conn: AsyncConnection, site: Site, channel: str, language: str, filters: Filters, now: datetime
) -> Feed:
    """The feed as it stands now: what may be shown, stubs and tombstones of what was withdrawn."""
    config = site.config
    most = config.limits.feed_entries
    living = await placements.list_newest(conn, channel, language, filters, now, most)
    gone = await placements.list_gone(conn, channel, language, filters, now, most)
    newest = sorted([*living, *gone], key=lambda place: place.shown_at, reverse=True)
    loaded = await load(conn, [place.article_id for place in newest])
    entries, tombstones = [], []
    for place in newest:
        one = loaded[place.article_id]
        if place.state != "usable":
            tombstones.append(Tombstone(ref=make_entry_id(site, one.article, language), when=place.shown_at))
        if place.state == "withdrawn" or (place.state == "usable" and not visibility.why_hidden(one.article, now)):
            entries.append(make_entry(site, one, place))
    return Feed(
        id=site.id(f"feeds/{channel}/{language}"),
        title=make_feed_title(channel, language, config),
        language=language,
        href=site.feed(channel, language),
        page=site.channel_page(channel, language),
        updated=max((place.shown_at for place in newest), default=EPOCH),
        generator=config.server.name,
        siblings=tuple(
            Link(language=other, href=site.feed(channel, other))
            for other in list_channel_languages(channel, config)
            if other != language
        ),
        entries=tuple(entries),
        tombstones=tuple(tombstones),
    )


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
    return Entry(
        id=make_entry_id(site, row, language),
        article=make_stub(row, language) if withdrawn else localise(get_text(loaded, language), row),
        page=site.page(row.outlet, row.item, language),
        siblings=tuple(Link(language=other, href=site.page(row.outlet, row.item, other)) for other in siblings),
        outlet=Outlet(
            id=row.outlet,
            name=member.name if member else row.outlet,
            uri=(member.url if member else "") or f"{site.base}/outlets/{row.outlet}",
        ),
        provenance=NO_PROVENANCE if withdrawn else make_provenance(loaded, language),
        published=place.published_at,
        updated=place.shown_at,
        withdrawn=withdrawn,
    )


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
    return carry_over(parallel, parallel.article, head, between)


def carry_over(parallel: Parallel, text: Article, head: Version, between: Parallel | None) -> Article:
    """A machine's text with all that is not translated as the version that is served has it.

    Captions belong to the pictures that they were translated with: those of the text `between`, when people wrote it.
    """
    pictures = head.article.pictures
    if (
        between is not None
        and between.article
        and between.origin != "machine"
        and between.source_hash == head.text_hash
    ):
        is_from_it = parallel.basis.startswith(make_text_hash(between.article))
        pictures = between.article.pictures if is_from_it else text.pictures  # else it is about to be made from it
    if len(pictures) == len(text.pictures):
        pairs = zip(pictures, text.pictures, strict=True)
        pictures = tuple(replace(picture, caption=own.caption, alt=own.alt) for picture, own in pairs)
    else:
        pictures = text.pictures
    return replace(
        head.article,
        language=text.language,
        headline=text.headline,
        description=text.description,
        body=text.body,
        pictures=pictures,
    )


def make_stub(row: ArticleRow, language: str) -> Article:
    """What is handed on of a withdrawn article: which one it was. Its text in this language may be gone by now."""
    status: PubStatus = "canceled" if row.canceled_at else "withheld"
    return Article(language=language, headline="", item=row.item, uri=row.uri, pub_status=status)


def localise(text: Article, row: ArticleRow) -> Article:
    """The text under the rights and times of the version that is served, with its topics named in its language."""
    head = row.head.article
    return replace(
        text,
        item=row.item,
        uri=row.uri,
        pub_status="canceled" if row.canceled_at else head.pub_status,
        embargoed_until=head.embargoed_until,
        expires=head.expires,
        urgency=head.urgency,
        copyright_holder=head.copyright_holder,
        copyright_notice=head.copyright_notice,
        usage_terms=head.usage_terms,
        subjects=tuple(_name_subject(subject, text.language) for subject in head.subjects),
        ed_note="",
    )


def make_provenance(loaded: Loaded, language: str) -> Provenance:
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
        freshness=get_freshness(parallel, loaded.article),
        engine=parallel.engine,
        quality=parallel.quality,
    )


def _get_via(parallel: Parallel, source: str) -> str:
    """The language between source and text, where a machine took the way through one."""
    return parallel.from_language if parallel.from_language not in (None, source) else ""


def next_modified(previous: tuple[str, datetime] | None, etag: str, now: datetime) -> datetime:
    """Last-Modified of a feed: whole seconds, strictly growing with every change, the same while nothing changes."""
    if previous is not None and previous[0] == etag:
        return previous[1]
    second = now.replace(microsecond=0)
    return second if previous is None else max(second, previous[1] + timedelta(seconds=1))


def _name_subject(subject: Subject, language: str) -> Subject:
    if subject.code is None:
        return subject
    return replace(subject, name=mediatopics.label(subject.code, language) or subject.name)
