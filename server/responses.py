"""Values → HTTP responses: JSON, and documents under validators and encodings (RFC 9110 §8, §12, §13)."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

import orjson
from aiohttp import web

from server import problems
from server.serving.encodings import RANKED
from server.serving.feedcache import CachedFeed
from server.serving.negotiation import choose, is_known


def make_json(data: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(body=orjson.dumps(data), status=status, headers=headers, content_type="application/json")


def make_html(page: str, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(text=page, status=status, headers=headers, content_type="text/html", charset="utf-8")


async def answer_document(request: web.Request, cached: CachedFeed, headers: Mapping[str, str]) -> web.Response:
    """200 in the best encoding, or 304. Raises NotAcceptable."""
    accept = join_header(request, "Accept-Encoding")
    choice = choose(cached, headers, accept, *_read_conditions(request))
    if choice is None:
        raise problems.NotAcceptable(
            f"Accept-Encoding {accept[:100]!r} refuses all there is: {', '.join(RANKED)}, identity",
            headers={"Vary": headers["Vary"]},
        )
    body = None
    if choice.status != HTTPStatus.NOT_MODIFIED:
        body = cached.find_variant(choice.encoding) or await asyncio.to_thread(cached.encode, choice.encoding)
    return web.Response(body=body, status=choice.status, headers=choice.headers)


def join_header(request: web.Request, name: str) -> str:
    """A list header whole: several lines of it are one (RFC 9110 §5.2)."""
    return ", ".join(request.headers.getall(name, ()))


def is_unchanged(request: web.Request, etag: str, modified_at: datetime | None) -> bool:
    """Whether the reader has this already."""
    return is_known(etag, modified_at, *_read_conditions(request))


def _read_conditions(request: web.Request) -> tuple[str | None, str | None]:
    """If-None-Match and If-Modified-Since."""
    none_match = join_header(request, "If-None-Match") if "If-None-Match" in request.headers else None
    return none_match, request.headers.get("If-Modified-Since")
