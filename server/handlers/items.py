"""A feed as a list of changes that nobody can miss: the cursor (CONTRACT §4), with long poll."""

import asyncio
from typing import Annotated

import orjson
import structlog
from aiohttp import web
from pydantic import Field

from feeds import ninjs_output
from feeds.fields import format_time
from server import changes, problems
from server.api.operations import operation
from server.api.shapes.newsrooms import ChangeShown, ChangesShown
from server.changes import Change, Page
from server.handlers.receipts import note_fetch
from server.keys import CLOCK, CONFIG, DATABASE, LIVE, LOOKOUT, READER, SITE, VERSION, pin_version
from server.publishing import check_channel
from server.requests import Digits, Position, Query, check_key_again, read_query
from server.responses import make_json
from server.store.placements import FeedName, get_newest_change
from server.store.restored import find_gap

log = structlog.get_logger()

USUAL_ITEMS, MOST_ITEMS = 50, 200
MOST_WAIT = 60  # seconds
LOOK_SECONDS = 1.0  # how often a client that waits is looked after: it may have gone away


class ItemsQuery(Query):
    after: Position = Field(0, description="The `next` of the answer before; 0 begins at the beginning.")
    limit: Annotated[int, Digits] = Field(USUAL_ITEMS, ge=1, le=MOST_ITEMS, description="So many changes at most.")
    wait: Annotated[int, Digits] = Field(
        0, ge=0, le=MOST_WAIT, description="Seconds to wait for a change where there is none."
    )


@operation(query=ItemsQuery, answers={200: ChangesShown}, problems=(problems.ChannelNotFound, problems.KeyRequired))
async def get_items(request: web.Request) -> web.StreamResponse:
    """GET /v1/channels/{channel}/{language}/items: what changed in a feed after a number; `wait` seconds for it."""
    config = request[CONFIG]
    channel = request.match_info["channel"]
    language = check_channel(channel, request.match_info["language"], request[READER], config)
    query = read_query(request, ItemsQuery)
    wait = query.wait if request.method == "GET" else 0
    await check_after(request, query.after, strictly=True)
    page = await _read_when_there(request, (channel, language), query.after, query.limit, wait)
    if page.changes:
        await note_fetch(request, channel, language, "", page.next)
    body: ChangesShown = {
        "items": [_describe(change) for change in page.changes],
        "next": page.next,
        "more": page.has_more,
    }
    return make_json(body, headers={"Cache-Control": "no-store", "Content-Language": language})


async def check_after(request: web.Request, after: int, *, strictly: bool = False) -> None:
    """Raise InvalidParameter for a number that no change has had: it would wait for ever.

    `strictly`: also for one that a change had which was lost when a backup was restored.
    """
    async with request.app[DATABASE].read() as conn:
        newest = await get_newest_change(conn)
        gap = await find_gap(conn, after) if strictly else None
    if after > newest:
        raise problems.InvalidParameter(f"the newest change here is {newest}, not {after}: begin anew without it")
    if gap is not None:
        raise problems.InvalidParameter(
            f"this server was restored from a backup of {gap.backup_of}; change {after} was lost with all after "
            f"{gap.first}: begin anew without `after`, or go on after {gap.first} and keep what you have"
        )


async def _read_when_there(request: web.Request, feed: FeedName, after: int, limit: int, wait: int) -> Page:
    """The page; an empty one only when nothing has come for `wait` seconds, or nobody waits any longer."""
    lookout, loop = request.app[LOOKOUT], asyncio.get_running_loop()
    give_up = loop.time() + wait
    while True:
        if request[VERSION] is not request.app[LIVE].current:
            pin_version(request)
            check_channel(*feed, request[READER], request[CONFIG])
        seen = lookout.newest
        async with request.app[DATABASE].read() as conn:
            now, reader = request.app[CLOCK](), request[READER]
            page = await changes.read_page(conn, request[SITE], [feed], after, limit, now, reader)
        if page.changes or page.has_more:
            await check_key_again(request)
            return page
        after = page.next  # nothing of it was for this reader
        while not await lookout.wait(seen, min(LOOK_SECONDS, max(0.0, give_up - loop.time()))):
            if lookout.is_closed or is_gone(request) or loop.time() >= give_up:
                return page
            if page.is_waiting or request[VERSION] is not request.app[LIVE].current:
                break


def is_gone(request: web.Request) -> bool:
    """Whether the client has closed its connection."""
    return request.transport is None or request.transport.is_closing()


def _describe(change: Change) -> ChangeShown:
    described: ChangeShown = {
        "change": change.number,
        "state": change.state,
        "id": change.id,
        "updated": format_time(change.place.shown_at),
    }
    if change.entry is not None:
        described |= {"page": change.entry.page, "article": _render(change)}
    return described


def _render(change: Change) -> orjson.Fragment | None:
    """The article as ninjs, a stub when withdrawn. One that cannot be written breaks nothing; it has its page."""
    assert change.entry is not None
    try:
        return orjson.Fragment(ninjs_output.render_entry(change.entry).body)
    except Exception as error:  # noqa: BLE001 (whatever it is, the other items must go out)
        log.error("article left out of the items", id=change.id, error=type(error).__name__)
        return None
