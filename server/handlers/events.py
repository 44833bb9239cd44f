"""What changes, told as it happens: server-sent events (HTML Living Standard §9.2), resumable by the change number."""

import asyncio

import orjson
import structlog
from aiohttp import web
from pydantic import Field

from feeds.fields import format_time
from server import changes, problems
from server.api.operations import Content, operation
from server.changes import Change
from server.handlers.items import check_after, is_gone
from server.keys import (
    CLOCK,
    CONFIG,
    DATABASE,
    IS_STILL_VALID,
    LIVE,
    LOOKOUT,
    READER,
    REQUEST_ID,
    SITE,
    VERSION,
    pin_version,
)
from server.publishing import check_channel
from server.requests import Position, Query, read_query
from server.site import Site
from server.store.placements import FeedName, get_newest_change
from server.store.restored import Gap, find_gap
from translators.languages import is_tag, normalise

log = structlog.get_logger()

EVENTS_AT_ONCE = 50
MOST_STREAMS = 2_000
RETRY_MILLISECONDS = 2_000  # after which a client that was cut off comes back
LOOK_SECONDS = 1.0  # how often keys and connections are looked after
HEARTBEAT_SECONDS = 15.0  # proxies close what is silent for long
SLOW_SECONDS = 10.0  # that a reader may take for what was sent
HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    "Vary": "Authorization",
    "X-Accel-Buffering": "no",  # nginx would keep events back
}


class EventsQuery(Query):
    channel: str | None = Field(None, description="Only of this channel.")
    language: str | None = Field(None, description="Only in this language.")
    after: Position | None = Field(None, description="Begin after this change, else from now on.")


@operation(
    query=EventsQuery,
    headers=("Last-Event-ID",),
    answers={200: Content({"text/event-stream": None})},
    problems=(problems.InvalidHeader, problems.ChannelNotFound, problems.KeyRequired),
)
async def get_events(request: web.Request) -> web.StreamResponse:
    """GET /v1/events: what changes as it happens, as server-sent events."""
    query = read_query(request, EventsQuery)
    list_wanted(request, query)  # refused before a stream begins
    after = await _find_start(request, query.after)
    if request.method == "HEAD":
        return web.Response(headers=HEADERS)
    lookout = request.app[LOOKOUT]
    if lookout.streams >= MOST_STREAMS:
        raise problems.Unavailable(f"{MOST_STREAMS} streams are open already", headers={"Retry-After": "30"})
    response = web.StreamResponse(headers={**HEADERS, "X-Request-Id": request[REQUEST_ID]})
    lookout.streams += 1
    try:
        await response.prepare(request)
        await _send(response, f"retry: {RETRY_MILLISECONDS}\nid: {after}\n\n".encode())
        async with request.app[DATABASE].read() as conn:
            gap = await find_gap(conn, after)
        if gap is not None:
            await _send(response, render_restored(gap))
        await _tell(request, response, query, after)
    except (TimeoutError, ConnectionError, problems.Unavailable):  # slow, gone, no database: it comes back with its id
        cut_off(request)
    except Exception:  # too late for an answer that says so
        log.exception("events broken off", request_id=request[REQUEST_ID])
        cut_off(request)
    finally:
        lookout.streams -= 1
    return response


def cut_off(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


def list_wanted(request: web.Request, query: EventsQuery) -> list[FeedName]:
    """The feeds that the address means: all that the reader may see, of one channel, in one language, or one feed."""
    config, reader = request[CONFIG], request[READER]
    channel, language = query.channel, query.language
    if channel is not None and language is not None:
        return [(channel, check_channel(channel, language, reader, config))]
    wanted = [
        (name, tag)
        for name, tag in changes.list_feeds(reader, config)
        if channel in (None, name) and (language is None or tag == _normalise(language))
    ]
    if wanted:
        return wanted
    if channel is not None:  # which of the reasons it is: none of their business, no key, no such channel
        check_channel(channel, config.languages.configured[0], reader, config)
    raise problems.InvalidParameter(f"you see no feed in {str(language or channel)[:50]!r}")


def _normalise(tag: str) -> str:
    return normalise(tag) if is_tag(tag) else ""


async def _find_start(request: web.Request, asked: int | None) -> int:
    """After which change to begin: the last that the client had, else what changes from now on."""
    last = request.headers.get("Last-Event-ID", "")
    if last:
        if not (last.isascii() and last.isdigit() and len(last) < 20):
            raise problems.InvalidHeader(f"Last-Event-ID is the id of an event from here, not {last[:50]!r}")
        after = int(last)
    elif asked is not None:
        after = asked
    else:
        async with request.app[DATABASE].read() as conn:
            return await get_newest_change(conn)
    await check_after(request, after)
    return after


async def _tell(request: web.Request, response: web.StreamResponse, query: EventsQuery, after: int) -> None:
    """Send events until the client goes, its key opens nothing any more, or the server ends."""
    lookout, loop, wanted = request.app[LOOKOUT], asyncio.get_running_loop(), list_wanted(request, query)
    sent_at, seen, is_due, known = loop.time(), -1, True, after
    while not lookout.is_closed and not is_gone(request):
        if request[VERSION] is not request.app[LIVE].current:
            pin_version(request)
            try:
                wanted = list_wanted(request, query)
            except problems.Problem:  # nothing of it is there any more, or not for this reader
                return
        site = request[SITE]
        if is_due:
            seen = lookout.newest
            async with request.app[DATABASE].read() as conn:
                now, reader = request.app[CLOCK](), request[READER]
                page = await changes.read_page(conn, site, wanted, after, EVENTS_AT_ONCE, now, reader)
            is_due = page.has_more or page.is_waiting
        if not await request[IS_STILL_VALID]():
            return
        if page.next > after:
            told = b"".join(render_event(site, change, known) for change in page.changes)
            await _send(response, told or f"id: {page.next}\n\n".encode())  # nothing of it was for this reader
            after, sent_at = page.next, loop.time()
            known = known if page.has_more else after
        elif loop.time() - sent_at >= HEARTBEAT_SECONDS:
            await _send(response, b":\n\n")
            sent_at = loop.time()
        if not page.has_more:
            is_due = await lookout.wait(seen, LOOK_SECONDS) or page.is_waiting


async def _send(response: web.StreamResponse, data: bytes) -> None:
    """Raises TimeoutError for a reader that does not take it: nothing piles up for it here."""
    async with asyncio.timeout(SLOW_SECONDS):
        await response.write(data)


def render_restored(gap: Gap) -> bytes:
    """The event that says that changes after a number were lost; what changes from now on has numbers after its id."""
    data = {"backup_of": gap.backup_of, "after": gap.first}
    return f"id: {gap.last}\nevent: restored\ndata: {orjson.dumps(data).decode()}\n\n".encode()


def render_event(site: Site, change: Change, known: int) -> bytes:
    """One event: appeared, changed, withdrawn or removed. The reader has everything up to change number `known`."""
    name = change.state if change.state != "usable" else ("appeared" if change.is_new(known) else "changed")
    data = {
        "channel": change.place.channel,
        "language": change.place.language,
        "id": change.id,
        "updated": format_time(change.place.shown_at),
    }
    if change.entry is not None:
        data |= {"href": site.article(change.article.outlet, change.article.item), "page": change.entry.page}
    if change.entry is not None and change.state == "usable":
        data["headline"] = change.entry.article.headline
    return f"id: {change.number}\nevent: {name}\ndata: {orjson.dumps(data).decode()}\n\n".encode()
