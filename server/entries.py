"""One article → its Entry in a feed: text, provenance, siblings. The store is read once, then it is pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy.ext.asyncio import AsyncConnection

from feeds.model import Article, CheckCount, Entry, Link, Outlet, Provenance, Subject
from server import texts, visibility
from server.media import list_names, show
from server.placing import list_siblings
from server.placing.candidates import get_told_freshness
from server.site import Site
from server.store import articles, media, parallels, placements
from server.store.articles import ArticleRow, Version
from server.store.media import Upload
from server.store.parallels import Parallel
from server.store.placements import Extent, Placement

NO_PROVENANCE = Provenance(origin="source", source_language="", source_version=0, freshness="fresh")


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


def make_entry_id(site: Site, article: ArticleRow, language: str) -> str:
    return site.id(f"{article.outlet}/{article.item}/{language}")


def make_entry(site: Site, loaded: Loaded, place: Placement) -> Entry:
    """The entry of an article in one of its places."""
    row, language, config = loaded.article, place.language, site.config
    withdrawn = place.state != "usable"
    siblings = (
        list_siblings([one.feed for one in loaded.places if one.is_open()], place.channel, language, config)
        if not withdrawn
        else ()
    )
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
            uri=(member.url if member else "") or site.outlet(row.outlet),
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
