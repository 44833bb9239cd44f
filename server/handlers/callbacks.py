"""Where the hubs of sources reach us (W3C WebSub §5.3, §7, §8): they ask whether we meant it, and tell of changes."""

import asyncio
import hmac

import structlog
from aiohttp import web

from server import problems
from server.api.operations import Content, operation
from server.keys import CLOCK, DATABASE
from server.polling.hubs import answer_hub, note_push
from server.polling.websub import begin_digest
from server.store.source_pushes import PushRow, find_push_by_token

log = structlog.get_logger()

MOST_BYTES = 16_000_000  # of a push: it is only checked, and kept nowhere
MOST_SECONDS = 60.0  # that one may take to arrive
CHUNK = 1 << 16


@operation(answers={200: Content({"text/plain": None})}, problems=(problems.NotFound,))
async def get_callback(request: web.Request) -> web.StreamResponse:
    """GET /v1/sources/{name}/callback/{token}: the hub of a source's feed asks whether we want what we asked for.

    The answer is the `hub.challenge` of WebSub §5.3.
    """
    challenge = None
    if await _find_push(request) is not None:  # only then the database is written to
        async with request.app[DATABASE].write() as conn:
            row = await find_push_by_token(conn, request.match_info["name"], request.match_info["token"])
            challenge = None if row is None else await answer_hub(conn, row, request.query, request.app[CLOCK]())
    if challenge is None:
        raise problems.NotFound("nothing of this kind was asked for")
    return web.Response(text=challenge, headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"})


@operation(body=Content({"*/*": None}), answers={202: None, 410: None})
async def post_callback(request: web.Request) -> web.StreamResponse:
    """POST /v1/sources/{name}/callback/{token}: the hub tells of a change: the source is read.

    Without a right `X-Hub-Signature` nothing happens, with the same answer (WebSub §8). 410: it is wanted no more.
    """
    row = await _find_push(request)
    if row is None or row.state == "leaving":
        return web.Response(status=410)
    if await _is_signed(request, row):
        async with request.app[DATABASE].write() as conn:
            await note_push(conn, row, request.app[CLOCK]())
    else:
        log.warning("push without a right signature", source=row.source, feed=row.feed)
    return web.Response(status=202)


async def _find_push(request: web.Request) -> PushRow | None:
    async with request.app[DATABASE].read() as conn:
        return await find_push_by_token(conn, request.match_info["name"], request.match_info["token"])


async def _is_signed(request: web.Request, row: PushRow) -> bool:
    """Whether the body, read to its end, is signed with our secret. Raises TooLarge, BodyTooSlow."""
    begun = begin_digest(row, request.headers.get("X-Hub-Signature", ""))
    size = 0
    try:
        async with asyncio.timeout(MOST_SECONDS):
            async for chunk in request.content.iter_chunked(CHUNK):
                size += len(chunk)
                if size > MOST_BYTES:
                    raise problems.TooLarge(f"a push is at most {MOST_BYTES:,} bytes here")
                if begun is not None:
                    begun[0].update(chunk)
    except TimeoutError as error:
        raise problems.BodyTooSlow(f"the body did not arrive within {MOST_SECONDS:g} s") from error
    return begun is not None and hmac.compare_digest(begun[0].hexdigest(), begun[1])
