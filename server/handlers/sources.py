"""The sources of the configuration, for admins: how they are, and reading one now."""

from typing import Any

from aiohttp import web

from server import audit, jobs, problems
from server.config import Config
from server.keys import CLOCK, CONFIG, DATABASE
from server.responses import make_json
from server.store import sources
from server.store.sources import FeedRow, SourceRow


async def list_sources(request: web.Request) -> web.StreamResponse:
    """GET /v1/sources"""
    config = request[CONFIG]
    async with request.app[DATABASE].read() as conn:
        known = await sources.list_sources(conn)
        feeds = {name: await sources.list_feeds(conn, name) for name in config.sources}
    return make_json([describe(known[name], feeds[name], config) for name in config.sources if name in known])


async def post_poll(request: web.Request) -> web.StreamResponse:
    """POST /v1/sources/{name}/poll: read it now, without waiting for its time."""
    name = request.match_info["name"]
    async with request.app[DATABASE].write() as conn:
        row = await sources.find_source(conn, name)
        if row is None or name not in request[CONFIG].sources:
            raise problems.NotFound(f"there is no source {name!r}")
        if row.state == "gone":
            raise problems.NotFound(f"source {name!r} {row.reason}: change its url")
        await jobs.enqueue_poll(conn, name, request.app[CLOCK]())
        await audit.note(conn, "source.poll", name, request.app[CLOCK](), outlet=request[CONFIG].sources[name].outlet)
    return make_json({"source": name, "asked": True}, status=202)


def describe(row: SourceRow, feeds: dict[str, FeedRow], config: Config) -> dict[str, Any]:
    """Without its key."""
    source = config.sources[row.name]
    return {
        "source": row.name,
        "outlet": source.outlet,
        "state": row.state,
        "reason": row.reason or None,
        "every_seconds": source.every_seconds,
        "last_poll": row.polled_at,
        "last_success": row.succeeded_at,
        "next_poll": row.next_at if row.state == "live" else None,
        "failures": row.failures,
        "last_error": row.error or None,
        "counts": row.counts,
        "faults": list(row.faults),
        "feeds": [_describe_feed(feeds.get(url) or FeedRow(source=row.name, url=url)) for url in source.url],
    }


def _describe_feed(row: FeedRow) -> dict[str, Any]:
    return {
        "url": row.url,
        "state": row.state,
        "moved_to": row.moved_to or None,
        "status": row.status,
        "error": row.error or None,
    }
