"""What there is to subscribe to: the feeds themselves, their list as JSON and as OPML (CONTRACT §4)."""

import asyncio
from datetime import datetime, timedelta

from aiohttp import web
from pydantic import Field

import feeds
from feeds import opml
from feeds.model import Origin
from server import archives, problems, publishing, visibility
from server.api.operations import Content, operation
from server.api.shapes.newsrooms import ChannelShown
from server.config import Limits
from server.filters import read_filters
from server.handlers.receipts import note_fetch
from server.keys import (
    ARCHIVE_CACHE,
    CLOCK,
    CONFIG,
    DATABASE,
    FEED_CACHE,
    HOT_FEEDS,
    LIVE,
    METRICS,
    READER,
    SITE,
    VERSION,
)
from server.requests import Number, Query, read_query
from server.responses import answer_document, is_unchanged, join_header, make_json
from server.serving.feedcache import CachedFeed, FeedCache, Place
from server.serving.hotfeeds import Spot
from server.serving.negotiation import pick_encoding
from server.site import Site
from server.store import standings
from server.store.answers import find_stamp, stamp
from server.store.engine import Look
from server.store.placements import FeedName
from server.store.standings import Filters
from server.visibility import ANYONE

FORMATS = tuple(feeds.FEED_RENDERERS)
FEED_TYPES = ("application/atom+xml", "application/rss+xml", "application/feed+json")
SHARED_MAX_AGE = 4  # seconds that a shared cache may keep a feed: a kill must be gone from it within five


class FeedQuery(Query):
    """The filters (server/filters reads them), and an archive's page."""

    outlet: str = Field("", description="Only what this outlet wrote.")
    country: str = Field("", description="Only what outlets of this country wrote.", examples=["AZ"])
    subject: str = Field("", description="Only this Media Topic and all below it, or this keyword.")
    origin: Origin | None = Field(None, description="Only texts that came to be so.")
    before: Number | None = Field(None, description="Of an archive page, as a `prev-archive` link has it.")


@operation(
    query=FeedQuery,
    answers={200: Content(dict.fromkeys(FEED_TYPES)), 304: None},
    headers=("If-None-Match",),
    problems=(problems.ChannelNotFound, problems.KeyRequired, problems.NotAcceptable),
)
async def get_feed(request: web.Request) -> web.StreamResponse:
    """GET /feeds/{channel}/{language}.{format}: a channel in one language, as a feed."""
    channel, language, format_ = (request.match_info[name] for name in ("channel", "language", "format"))
    config, reader = request[CONFIG], request[READER]
    language = publishing.check_channel(channel, language, reader, config)
    if format_ not in FORMATS:
        raise problems.NotFound(f"feeds are written as {', '.join(FORMATS)}")
    before = read_query(request, FeedQuery).before or 0
    filters = read_filters(request.query, config, also=("before",))
    audience = visibility.get_audience(reader, channel, config)
    cached = await _get_cached(request, Place(channel, language, format_, filters, audience, request[VERSION], before))
    if not before:
        await note_fetch(request, channel, language, filters.query, cached.change)
    is_public, now = config.channels[channel].access == "public", request.app[CLOCK]()
    max_age = get_max_age(config.limits, cached.until, now)
    headers = {
        "Cache-Control": make_cache_control(max_age, is_public=is_public),
        "Vary": "Accept-Encoding" if is_public else "Accept-Encoding, Authorization",
        "Content-Language": language,
        "Link": make_link_header(request[SITE], (channel, language), format_, filters, before),
    }
    answer = await answer_document(request, cached, headers)
    if is_public and not before and request[VERSION] is request.app[LIVE].current:
        same_until = cached.until - timedelta(seconds=max_age) if cached.until else None
        spot = Spot((channel, language), cached, headers, same_until, request.app[DATABASE])
        request.app[HOT_FEEDS].put(request.raw_path, spot)
    return answer


@operation(answers={200: list[ChannelShown]})
async def list_channels(request: web.Request) -> web.StreamResponse:
    """GET /v1/channels: every feed that this reader may see."""
    site, reader = request[SITE], request[READER]
    return make_json(
        [
            {
                "name": name,
                "title": dict(site.config.channels[name].title),
                "access": site.config.channels[name].access,
                "feeds": {
                    language: {format_: site.feed(name, language, format_) for format_ in FORMATS}
                    for language in publishing.list_channel_languages(name, site.config)
                },
            }
            for name in visibility.list_channels(reader, site.config)
        ],
        headers={"Vary": "Authorization"},
    )


@operation(headers=("If-None-Match",), answers={200: Content({"text/x-opml": None}), 304: None})
async def get_opml(request: web.Request) -> web.StreamResponse:
    """GET /feeds.opml: the same for feed readers."""
    site, reader = request[SITE], request[READER]
    outlines = [
        opml.Outline(title=publishing.make_feed_title(name, language, site.config), href=site.feed(name, language),
                     page=site.channel_page(name, language), language=language)
        for name in visibility.list_channels(reader, site.config)
        for language in publishing.list_channel_languages(name, site.config)
    ]  # fmt: skip
    document = opml.render_opml(site.config.server.name, outlines)
    headers = {"ETag": document.etag, "Vary": "Authorization"}
    headers["Cache-Control"] = "no-cache" if reader == ANYONE else "private, no-cache"
    if is_unchanged(request, document.etag, None):
        return web.Response(status=304, headers=headers)
    return web.Response(body=document.body, headers=headers | {"Content-Type": document.media_type})


def make_link_header(site: Site, feed: FeedName, format_: str, filters: Filters, before: int) -> str:
    """How a subscriber finds the hub and the topic (WebSub §4); an older page is none, and leads to the feed itself."""
    current = site.feed(*feed, format_, filters.query)
    if before:
        return f'<{archives.name_page(site, feed, filters, format_, before)}>; rel="self", <{current}>; rel="current"'
    return f'<{site.hub()}>; rel="hub", <{current}>; rel="self"'


def get_max_age(limits: Limits, until: datetime | None, now: datetime) -> int:
    """How many seconds the answer may be kept: never beyond the next embargo or expiry."""
    if until is None:
        return limits.feed_max_age_seconds
    return min(limits.feed_max_age_seconds, max(0, int((until - now).total_seconds())))


def make_cache_control(left: int, *, is_public: bool) -> str:
    return f"public, max-age={left}, s-maxage={min(left, SHARED_MAX_AGE)}" if is_public else f"private, max-age={left}"


async def _get_cached(request: web.Request, place: Place) -> CachedFeed:
    """The rendered feed, from the cache while nothing in it has changed."""
    cache = _pick_cache(request, place)
    if cached := cache.recall(place, _take_look(request)):
        request.app[METRICS].feeds.labels("kept").inc()
        return cached
    async with cache.hold(place):  # one request asks and renders for all that came meanwhile
        look = _take_look(request)
        return cache.recall(place, look) or await _make_cached(request, place, look)


def _pick_cache(request: web.Request, place: Place) -> FeedCache:
    return request.app[ARCHIVE_CACHE if place.before else FEED_CACHE]


async def _make_cached(request: web.Request, place: Place, look: Look) -> CachedFeed:
    """The same, from the database."""
    cache, site, now = _pick_cache(request, place), request[SITE], look.at
    reader = request[READER] if place.audience else ANYONE
    # A filtered feed can lose entries without any new one: no time of it grows with every change, its ETag tells.
    # So does that of an archive page; a reader walking through them writes nothing.
    is_whole = place.filters == Filters() and not place.before
    name = " ".join(filter(None, (f"{place.channel}/{place.language}.{place.format}", place.audience)))
    database, is_first = request.app[DATABASE], not cache.knows(place)
    # What was served before lacks what has changed since; all of a feed is more than a few small questions.
    async with database.read() if place.before or is_first else database.glance() as conn:
        pulse = await standings.get_pulse(conn, place.channel, place.language, now)
        if cached := cache.find(place, pulse, look):
            request.app[METRICS].feeds.labels("confirmed").inc()
            return cached
        named = (conn, site, (place.channel, place.language), place.filters)
        if place.before:
            feed = await archives.make_page(*named, place.before, now, place.format, reader)
        else:
            feed = await archives.make_feed(*named, pulse.position, now, place.format, cache.entries, reader)
        previous = await find_stamp(conn, name) if is_whole and is_first else None
    document = await asyncio.to_thread(feeds.render_feed, feed, place.format)
    request.app[METRICS].feeds.labels("rendered").inc()
    cached = CachedFeed(document, None, pulse.change, pulse.turn, look)
    if is_whole:
        encoding = pick_encoding(join_header(request, "Accept-Encoding")) or "identity"
        encoded = asyncio.to_thread(cached.encode, encoding)  # asked for next, so meanwhile
        cached.modified_at, _ = await asyncio.gather(_stamp(request, name, previous, cached, now), encoded)
    cache.put(place, cached)
    return cached


def _take_look(request: web.Request) -> Look:
    return Look(request.app[DATABASE].writes, request.app[CLOCK]())


async def _stamp(
    request: web.Request, name: str, previous: tuple[str, datetime] | None, cached: CachedFeed, now: datetime
) -> datetime | None:
    """Last-Modified of a whole feed, remembered so that it grows even across restarts. `previous`: what was so far.

    None where another process has served what came later: then the ETag alone tells.
    """
    if previous is not None and previous[0] == cached.document.etag:
        return previous[1]
    async with request.app[DATABASE].write(lazily=True) as conn:
        return await stamp(conn, name, cached.document.etag, cached.change, now)
