"""The files of uploaded pictures, for those who may see a text that shows them."""

import asyncio
from contextlib import suppress
from datetime import datetime

from aiohttp import web

from server import problems
from server.api.operations import Content, operation
from server.config import Config
from server.handlers.channels import get_max_age, make_cache_control
from server.keys import CLOCK, CONFIG, DATABASE, MEDIA, READER, VERSION
from server.showing import VIEWS, View, find_view
from server.store.engine import Look
from server.visibility import ANYONE

JPEG = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Content-Type": "image/jpeg",
    "X-Content-Type-Options": "nosniff",
}
PRIVATE = {"Cache-Control": "private, no-cache", "Vary": "Authorization"}


@operation(
    headers=("If-None-Match", "Range"),
    answers={200: Content({"image/jpeg": None}), 206: Content({"image/jpeg": None}), 304: None},
    problems=(problems.PictureNotFound, problems.PictureWithdrawn),
)
async def get_picture(request: web.Request) -> web.StreamResponse:
    """GET /media/{sha256}/{rendition}.jpg: a file, for who may see a text that shows it."""
    sha256, name = request.match_info["sha256"], request.match_info["rendition"]
    config, now = request[CONFIG], request.app[CLOCK]()
    view = await _find_view(request, sha256, name, now)
    if view.withdrawn:
        raise problems.PictureWithdrawn("the picture was withdrawn")
    if not view.visible:
        raise problems.PictureNotFound("there is no such picture")
    headers = JPEG | (_make_cache_headers(view, config, now) if view.public else PRIVATE)
    file = request.app[MEDIA].locate(sha256, f"{name}.jpg")
    with suppress(ValueError):  # a Range that has no answer is none (RFC 9110 §14.2): a bare 416 is no problem
        if not (start := request.http_range.start) or not file.exists() or start < file.stat().st_size:
            return web.FileResponse(file, headers=headers)
    return web.Response(body=await asyncio.to_thread(file.read_bytes), headers=headers)


async def _find_view(request: web.Request, sha256: str, name: str, now: datetime) -> View:
    reader, key, views = request[READER], (sha256, name, request[VERSION]), request.app[VIEWS]
    look = Look(request.app[DATABASE].writes, now)
    if reader == ANYONE and (known := views.recall(key, look)) is not None:
        return known
    async with request.app[DATABASE].read() as conn:
        view = await find_view(conn, sha256, name, reader, request[CONFIG], now)
    if reader == ANYONE:
        views.put(key, view, look)
    return view


def _make_cache_headers(view: View, config: Config, now: datetime) -> dict[str, str]:
    """What stands at the address never changes, but it may be withdrawn any time: it is kept as long as a feed is."""
    return {"Cache-Control": make_cache_control(get_max_age(config.limits, view.until, now), is_public=True)}
