"""The pages' addresses: request → values → page. What a page says is decided beside this module."""

from collections.abc import Sequence
from dataclasses import replace

from aiohttp import web

from feeds.model import Link
from server import entries, problems, publishing, sets, visibility
from server.api.operations import Content, operation
from server.keys import CLOCK, DATABASE, OPENAPI, READER, SITE
from server.pages import (
    ArticleRow,
    ChannelRow,
    FeedLink,
    ProblemRow,
    read_stylesheet,
    render_article_page,
    render_channel_page,
    render_home_page,
    render_outlet_page,
    render_problem_page,
    render_reference_page,
)
from server.pages.visitors import HTML, PRIVATE, SAFE, pick_language
from server.responses import make_html
from server.site import Site
from server.store import placements, standings
from server.store.standings import Filters
from translators.languages import is_tag, normalise

NEWEST_ON_HOME = 3
ALL = Filters()


@operation(answers={200: HTML})
async def get_home(request: web.Request) -> web.StreamResponse:
    """GET /: what this is, channels × languages, the newest of each."""
    site, language = request[SITE], pick_language(request)
    rows = [
        await _make_channel_row(request, channel, language)
        for channel in visibility.list_channels(request[READER], site.config)
    ]
    page = render_home_page(
        rows,
        ui_language=language,
        site=site.config.server.name,
        base=site.base,
        languages=site.config.languages.configured,
    )
    return make_html(page, headers=SAFE | PRIVATE)


@operation(answers={200: HTML}, problems=(problems.ChannelNotFound, problems.KeyRequired))
async def get_channel(request: web.Request) -> web.StreamResponse:
    """GET /channels/{channel}/{language}: the newest articles of a channel."""
    site, channel, tag = request[SITE], request.match_info["channel"], request.match_info["language"]
    language = publishing.check_channel(channel, tag, request[READER], site.config)
    entries = await _list_articles(request, channel, language, site.config.limits.feed_entries)
    page = render_channel_page(
        publishing.make_channel_title(channel, language, site.config),
        entries,
        language=language,
        page=site.channel_page(channel, language),
        ui_language=pick_language(request, language),
        site=site.config.server.name,
        base=site.base,
        feeds=_list_feed_links(site, channel, language),
        siblings=[link for link in _list_pages(site, channel) if link.language != language],
    )
    return make_html(page, headers=SAFE | PRIVATE)


@operation(answers={200: HTML}, problems=(problems.NotFound,))
async def get_outlet(request: web.Request) -> web.StreamResponse:
    """GET /outlets/{outlet}: the newest articles of an outlet, and its own feeds."""
    site, outlet, language = request[SITE], request.match_info["outlet"], pick_language(request)
    member = site.config.outlets.get(outlet)
    if member is None:
        raise problems.NotFound(f"there is no outlet {outlet[:80]!r}")
    filters = Filters(outlets=(outlet,), query=f"outlet={outlet}")
    names = visibility.list_channels(request[READER], site.config)
    channels = {name: publishing.list_channel_languages(name, site.config) for name in names}
    rows: dict[str, ArticleRow] = {}  # by article, in whatever channels it stands
    for name, languages in channels.items():
        shown = language if language in languages else languages[0]
        found = await _list_articles(request, name, shown, site.config.limits.feed_entries, filters)
        rows |= {row.href.rpartition("/")[0]: row for row in found}
    page = render_outlet_page(
        member.name,
        sorted(rows.values(), key=lambda row: row.published, reverse=True)[: site.config.limits.feed_entries],
        language=member.languages[0] if member.languages else language,
        page=site.outlet(outlet),
        ui_language=language,
        site=site.config.server.name,
        base=site.base,
        feeds=[_make_feed_link(site, name, one, filters.query) for name, of in channels.items() for one in of],
    )
    return make_html(page, headers=SAFE | PRIVATE)


@operation(answers={200: HTML, 410: HTML}, problems=(problems.ArticleNotFound, problems.VersionNotFound))
async def get_article(request: web.Request) -> web.StreamResponse:
    """GET /articles/{outlet}/{item}/{language}: one article in one language; 410 when it was withdrawn."""
    outlet, item, tag = (request.match_info[name] for name in ("outlet", "item", "language"))
    language = normalise(tag) if is_tag(tag) else tag
    site, reader, now = request[SITE], request[READER], request.app[CLOCK]()
    async with request.app[DATABASE].read() as conn:
        one = await entries.find_loaded(conn, outlet, item)
    if one is None:
        raise problems.ArticleNotFound(f"{outlet} has published no item {item!r}")
    ui_language = pick_language(request, language)
    try:
        sets.check_readable(one, reader, site.config, now)
    except problems.ArticleWithdrawn:
        return _answer_withdrawn(site, one, language, ui_language)
    shown = sets.list_shown(one, reader, site.config, now)
    if language not in shown:
        raise problems.VersionNotFound(f"the article is here in {', '.join(sorted(shown))}")
    entry = entries.make_entry(site, one, shown[language])
    links = [
        _make_feed_link(site, place.channel, language)
        for place in one.places
        if place.language == language and visibility.is_visible(one.article, [place], reader, site.config, now)
    ]
    page = render_article_page(
        entry, ui_language=ui_language, site=site.config.server.name, feeds=links, base=site.base
    )
    versions = [Link(language=language, href=entry.page), *entry.siblings]
    return make_html(page, headers=SAFE | PRIVATE | {"Link": _make_link_header(versions)})


@operation(answers={200: HTML})
async def get_problems(request: web.Request) -> web.StreamResponse:
    """GET /problems and /problems/{name}: what the `type` of an error means."""
    name = request.match_info.get("name")
    rows = [
        ProblemRow(name=problem.slug(), title=problem.title(), status=problem.status, explanation=problem.explain())
        for problem in problems.ALL
        if name in (None, problem.slug())
    ]
    if not rows:
        raise problems.NotFound(f"there is no problem {name!r}")
    site = request[SITE]
    page = render_problem_page(rows, ui_language=pick_language(request), site=site.config.server.name, base=site.base)
    return make_html(page, headers=SAFE)


@operation(answers={200: HTML})
async def get_docs(request: web.Request) -> web.StreamResponse:
    """GET /docs: every call of this API: what it takes, what it answers, and how it is made with curl."""
    site = request[SITE]
    page = render_reference_page(
        request.app[OPENAPI](), ui_language=pick_language(request), site=site.config.server.name, base=site.base
    )
    return make_html(page, headers=SAFE)


@operation(answers={200: Content({"text/css": None})})
async def get_stylesheet(request: web.Request) -> web.StreamResponse:
    """GET /static/karvan.css: how the pages look."""
    headers = SAFE | {"Cache-Control": "public, max-age=86400"}
    return web.Response(body=read_stylesheet(), content_type="text/css", charset="utf-8", headers=headers)


def _answer_withdrawn(site: Site, one: entries.Loaded, language: str, ui_language: str) -> web.StreamResponse:
    """The notice in the language asked for, even if the article was gone before it was there in that language."""
    if language not in site.config.languages.configured:
        raise problems.ArticleWithdrawn(f"{one.article.outlet}/{one.article.item} was withdrawn")
    place = next(place for place in one.places if place.state == "withdrawn")  # there is one, or nobody may know of it
    entry = entries.make_entry(site, one, replace(place, language=language))
    page = render_article_page(entry, ui_language=ui_language, site=site.config.server.name, feeds=[], base=site.base)
    return make_html(page, status=410, headers=SAFE | PRIVATE)


async def _make_channel_row(request: web.Request, channel: str, language: str) -> ChannelRow:
    site = request[SITE]
    languages = publishing.list_channel_languages(channel, site.config)
    shown = language if language in languages else languages[0]
    return ChannelRow(
        name=channel,
        title=publishing.make_channel_title(channel, shown, site.config),
        language=shown,
        pages=_list_pages(site, channel),
        feeds=[_make_feed_link(site, channel, one) for one in languages],
        articles=await _list_articles(request, channel, shown, NEWEST_ON_HOME),
        is_private=site.config.channels[channel].access != "public",
    )


async def _list_articles(
    request: web.Request, channel: str, language: str, limit: int, filters: Filters = ALL
) -> Sequence[ArticleRow]:
    site, now = request[SITE], request.app[CLOCK]()
    async with request.app[DATABASE].read() as conn:
        places = await standings.list_newest(conn, channel, language, filters, now, limit)
        loaded = await entries.load(conn, [place.article_id for place in places])
    return [
        _make_article_row(site, loaded[place.article_id], place)
        for place in places
        if visibility.is_visible(loaded[place.article_id].article, [place], request[READER], site.config, now)
    ]


def _make_article_row(site: Site, one: entries.Loaded, place: placements.Placement) -> ArticleRow:
    entry = entries.make_entry(site, one, place)
    return ArticleRow(
        headline=entry.article.headline,
        href=entry.page,
        language=place.language,
        outlet=entry.outlet.name,
        published=entry.published,
        origin=entry.provenance.origin,
        description=entry.article.description,
    )


def _list_feed_links(site: Site, channel: str, language: str) -> list[FeedLink]:
    """One feed in every format."""
    atom = _make_feed_link(site, channel, language)
    rss, json = (site.feed(channel, language, format_) for format_ in ("rss", "json"))
    return [
        atom,
        replace(atom, href=rss, format="RSS", media_type="application/rss+xml"),
        replace(atom, href=json, format="JSON", media_type="application/feed+json"),
    ]


def _make_feed_link(site: Site, channel: str, language: str, query: str = "") -> FeedLink:
    title = f"{publishing.make_channel_title(channel, language, site.config)} ({language})"
    return FeedLink(title=title, href=site.feed(channel, language, query=query), language=language)


def _list_pages(site: Site, channel: str) -> list[Link]:
    return [
        Link(language=language, href=site.channel_page(channel, language))
        for language in publishing.list_channel_languages(channel, site.config)
    ]


def _make_link_header(links: Sequence[Link]) -> str:
    return ", ".join(f'<{link.href}>; rel="alternate"; hreflang="{link.language}"' for link in links)
