"""What there is to subscribe to: the feeds themselves, their list as JSON and as OPML (CONTRACT §4)."""

import asyncio
from datetime import datetime

from aiohttp import web

import feeds
from feeds import opml
from server import problems, publishing, visibility
from server.config import Config, Limits
from server.feedcache import CachedFeed, Place
from server.handlers.filters import read_filters
from server.keys import CLOCK, CONFIG, DATABASE, FEED_CACHE, READER, SITE
from server.responses import answer_document, make_json
from server.store import placements
from server.store.answers import find_stamp, save_stamp
from server.store.engine import Look
from server.store.placements import Filters
from server.visibility import ANYONE, Reader

FORMATS = ("atom",)
SHARED_MAX_AGE = 4  # seconds that a shared cache may keep a feed: a kill must be gone from it within five


async def get_feed(request: web.Request) -> web.StreamResponse:
    """GET /feeds/{channel}/{language}.{format}"""
    channel, language, format_ = (request.match_info[name] for name in ("channel", "language", "format"))
    config, reader = request.app[CONFIG], request[READER]
    language = check_channel(channel, language, reader, config)
    if format_ not in FORMATS:
        raise problems.NotFound(f"feeds are written as {', '.join(FORMATS)}")
    filters = read_filters(request.query, config)
    cached = await _get_cached(request, channel, language, format_, filters)
    is_public = config.channels[channel].access == "public"
    headers = {
        "Cache-Control": make_cache_control(config.limits, cached.until, request.app[CLOCK](), is_public=is_public),
        "Vary": "Accept-Encoding" if is_public else "Accept-Encoding, Authorization",
        "Content-Language": language,
    }
    return await answer_document(request, cached, headers)


async def list_channels(request: web.Request) -> web.StreamResponse:
    """GET /v1/channels: every feed that this reader may see."""
    site, reader = request.app[SITE], request[READER]
    return make_json(
        [
            {
                "name": name,
                "title": dict(site.config.channels[name].title),
                "access": site.config.channels[name].access,
                "feeds": {
                    language: {format_: f"{site.base}/feeds/{name}/{language}.{format_}" for format_ in FORMATS}
                    for language in publishing.list_channel_languages(name, site.config)
                },
            }
            for name in visibility.list_channels(reader, site.config)
        ],
        headers={"Vary": "Authorization"},
    )


async def get_opml(request: web.Request) -> web.StreamResponse:
    """GET /feeds.opml: the same for feed readers."""
    site, reader = request.app[SITE], request[READER]
    outlines = [
        opml.Outline(title=publishing.make_feed_title(name, language, site.config), href=site.feed(name, language),
                     page=site.channel_page(name, language), language=language)
        for name in visibility.list_channels(reader, site.config)
        for language in publishing.list_channel_languages(name, site.config)
    ]  # fmt: skip
    document = opml.render_opml(site.config.server.name, outlines)
    return web.Response(
        body=document.body,
        headers={"Content-Type": document.media_type, "ETag": document.etag, "Vary": "Authorization"},
    )


def check_channel(channel: str, tag: str, reader: Reader, config: Config) -> str:
    """The language that the tag means. Raise unless this reader may see this channel in it.

    That a desk exists is nobody else's business.
    """
    language = publishing.find_channel_language(channel, tag, config)
    if language is not None and visibility.may_read_channel(reader, channel, config):
        return language
    if language is None or config.channels[channel].access == "admins":
        raise problems.ChannelNotFound(f"there is no channel {channel!r} in {tag!r}; GET /v1/channels lists all")
    if reader == ANYONE:
        raise problems.KeyRequired("this channel is private: send your key", headers=problems.CHALLENGE)
    raise problems.NotAllowed(f"{channel!r} is for the members and subscribers of its exchange")


def make_cache_control(limits: Limits, until: datetime | None, now: datetime, *, is_public: bool) -> str:
    """How long the answer may be kept: never beyond the next embargo or expiry."""
    left = limits.feed_max_age_seconds
    if until is not None:
        left = min(left, max(0, int((until - now).total_seconds())))
    return f"public, max-age={left}, s-maxage={min(left, SHARED_MAX_AGE)}" if is_public else f"private, max-age={left}"


async def _get_cached(request: web.Request, channel: str, language: str, format_: str, filters: Filters) -> CachedFeed:
    """The rendered feed, from the cache while nothing in it has changed."""
    cache, place = request.app[FEED_CACHE], (channel, language, format_, filters)
    if cached := cache.recall(place, _take_look(request)):
        return cached
    async with cache.hold(place):  # one request asks and renders for all that came meanwhile
        look = _take_look(request)
        return cache.recall(place, look) or await _make_cached(request, place, look)


async def _make_cached(request: web.Request, place: Place, look: Look) -> CachedFeed:
    """The same, from the database."""
    cache, now = request.app[FEED_CACHE], look.at
    channel, language, format_, filters = place
    async with request.app[DATABASE].read() as conn:
        change = await placements.get_last_change(conn, channel, language)
        if cached := cache.find(place, change, look):
            return cached
        feed = await publishing.make_feed(conn, request.app[SITE], channel, language, filters, now)
        until = await placements.find_next_turn(conn, channel, language, now)
    document = await asyncio.to_thread(feeds.render_feed, feed, format_)
    name = f"{channel}/{language}.{format_}"
    # A filtered feed can lose entries without any new one: no time of it grows with every change, its ETag tells.
    modified_at = await _stamp(request, name, document.etag, now) if filters == Filters() else None
    cached = CachedFeed(document, modified_at, change, until, look)
    cache.put(place, cached)
    return cached


def _take_look(request: web.Request) -> Look:
    return Look(request.app[DATABASE].writes, request.app[CLOCK]())


async def _stamp(request: web.Request, name: str, etag: str, now: datetime) -> datetime:
    """Last-Modified of a whole feed, remembered so that it grows even across restarts."""
    database = request.app[DATABASE]
    async with database.read() as conn:
        previous = await find_stamp(conn, name)
    if previous is not None and previous[0] == etag:
        return previous[1]
    async with database.write() as conn:  # read again under the lock: no two renderings get the same second
        modified_at = publishing.next_modified(await find_stamp(conn, name), etag, now)
        await save_stamp(conn, name, etag, modified_at)
    return modified_at
