"""The sources of the configuration, for admins: how they are, and reading one now."""

from collections.abc import Mapping
from dataclasses import replace

from aiohttp import web

from server import audit, jobs, problems
from server.api.operations import operation
from server.api.shapes.sources import OlderPages, PollAsked, SourceFeed, SourcePush, SourceShown
from server.config import Config
from server.keys import CLOCK, CONFIG, DATABASE
from server.responses import make_json
from server.store import source_pushes, sources
from server.store.source_pushes import PushRow
from server.store.sources import FeedRow, SourceRow


@operation(answers={200: list[SourceShown]})
async def list_sources(request: web.Request) -> web.StreamResponse:
    """GET /v1/sources: the feeds that are read, and how that goes."""
    return make_json(await load_sources(request))


async def load_sources(request: web.Request) -> list[SourceShown]:
    """Those of the configuration, in its order; one that was not looked at yet is left out."""
    config = request[CONFIG]
    async with request.app[DATABASE].read() as conn:
        known = await sources.list_sources(conn)
        feeds = {name: await sources.list_feeds(conn, name) for name in config.sources}
        pushes = {
            (row.source, row.feed): row for row in await source_pushes.list_pushes(conn) if row.state != "leaving"
        }
    return [describe(known[name], feeds[name], pushes, config) for name in config.sources if name in known]


@operation(answers={202: PollAsked})
async def post_poll(request: web.Request) -> web.StreamResponse:
    """POST /v1/sources/{name}/poll: read it now, without waiting for its time."""
    return make_json(await poll_source(request, request.match_info["name"]), status=202)


async def poll_source(request: web.Request, name: str) -> PollAsked:
    """Raises NotFound for one that there is not, or that is gone for good."""
    async with request.app[DATABASE].write() as conn:
        row = await sources.find_source(conn, name)
        if row is None or name not in request[CONFIG].sources:
            raise problems.NotFound(f"there is no source {name!r}")
        if row.state == "gone":
            raise problems.NotFound(f"source {name!r} {row.reason}: change its url")
        await sources.save_source(conn, replace(row, not_before=None))
        await jobs.enqueue_poll(conn, name, request.app[CLOCK]())
        await audit.note(conn, "source.poll", name, request.app[CLOCK](), outlet=request[CONFIG].sources[name].outlet)
    return {"source": name, "asked": True}


def describe(
    row: SourceRow, feeds: dict[str, FeedRow], pushes: Mapping[tuple[str, str], PushRow], config: Config
) -> SourceShown:
    """Without its key."""
    source = config.sources[row.name]
    return {
        "source": row.name,
        "outlet": source.outlet,
        "state": row.state,
        "reason": row.reason or None,
        "every_seconds": source.every_seconds,
        "push": source.push,
        "last_poll": row.polled_at,
        "last_success": row.succeeded_at,
        "next_poll": row.next_at if row.state == "live" else None,
        "failures": row.failures,
        "last_error": row.error or None,
        "counts": row.counts,
        "faults": list(row.faults),
        "feeds": [
            _describe_feed(feeds.get(url) or FeedRow(source=row.name, url=url), pushes.get((row.name, url)))
            for url in source.url
        ],
    }


def _describe_feed(row: FeedRow, push: PushRow | None) -> SourceFeed:
    return {
        "url": row.url,
        "state": row.state,
        "moved_to": row.moved_to or None,
        "status": row.status,
        "error": row.error or None,
        "older": _describe_older(row),
        "push": None if push is None else _describe_push(push),
    }


def _describe_older(row: FeedRow) -> OlderPages | None:
    said = row.catch_up
    if said is None:
        return None
    return {"state": said.state, "at": said.at, "pages": said.pages, "error": said.error or None}


def _describe_push(row: PushRow) -> SourcePush:
    """Neither where the hub reaches us nor what it signs with."""
    return {
        "state": row.state,
        "hub": row.hub,
        "lease_until": row.lease_until,
        "last_push": row.heard_at,
        "failures": row.failures,
        "last_error": row.error or None,
    }
