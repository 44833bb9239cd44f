"""Values → HTTP responses: JSON, and documents under validators and encodings (RFC 9110 §8, §12, §13)."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

import orjson
from aiohttp import web

from server import problems
from server.config import Limits
from server.feedcache import CachedFeed, pick_encoding

MOST_SECONDS = 60.0  # that a body may take to arrive
ENCODINGS = ("identity", "gzip", "deflate", "br")  # of what is pushed: one, which aiohttp decodes


def make_json(data: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(body=orjson.dumps(data), status=status, headers=headers, content_type="application/json")


def make_html(page: str, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(text=page, status=status, headers=headers, content_type="text/html", charset="utf-8")


async def read_body(request: web.Request, limits: Limits) -> bytes:
    """The body of a push. Raises UnsupportedFormat, TooLarge, BodyTooSlow, MalformedDocument."""
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ENCODINGS:
        raise problems.UnsupportedFormat(f"Content-Encoding is one of {', '.join(ENCODINGS)}, not {encoding[:40]!r}")
    if request.content_length is not None and request.content_length > limits.article_bytes:
        raise problems.TooLarge(f"{request.content_length} bytes; at most {limits.article_bytes} are taken")
    try:
        async with asyncio.timeout(MOST_SECONDS):
            return await request.read()
    except TimeoutError as error:
        raise problems.BodyTooSlow(f"it was not there within {MOST_SECONDS:g} seconds") from error
    except web.HTTPRequestEntityTooLarge as error:
        raise problems.TooLarge(f"at most {limits.article_bytes} bytes are taken") from error
    except (web.RequestPayloadError, OSError) as error:
        raise problems.MalformedDocument(f"the body could not be read: {error}") from error


async def answer_document(request: web.Request, cached: CachedFeed, headers: Mapping[str, str]) -> web.Response:
    """200 in the best encoding, or 304. Raises NotAcceptable."""
    accept = join_header(request, "Accept-Encoding")
    encoding = pick_encoding(accept)
    if encoding is None:
        raise problems.NotAcceptable(
            f"Accept-Encoding {accept[:100]!r} refuses all there is: br, zstd, gzip, identity",
            headers={"Vary": headers["Vary"]},
        )
    etag = cached.etag(encoding)
    common = {**headers, "ETag": etag}
    if cached.modified_at is not None:
        common["Last-Modified"] = format_datetime(cached.modified_at, usegmt=True)
    if is_unchanged(request, etag, cached.modified_at):
        return web.Response(status=304, headers=common)
    if encoding != "identity":
        common["Content-Encoding"] = encoding
    common["Content-Type"] = cached.document.media_type
    return web.Response(body=await asyncio.to_thread(cached.encode, encoding), headers=common)


def join_header(request: web.Request, name: str) -> str:
    """A list header whole: several lines of it are one (RFC 9110 §5.2)."""
    return ", ".join(request.headers.getall(name, ()))


def is_unchanged(request: web.Request, etag: str, modified_at: datetime | None) -> bool:
    """Whether the reader has this already (RFC 9110 §13.2.2: a date counts only where no ETag is given)."""
    if "If-None-Match" in request.headers:
        wanted = {tag.strip().removeprefix("W/") for tag in join_header(request, "If-None-Match").split(",")}
        return etag in wanted or "*" in wanted
    if modified_at is not None and (since := request.headers.get("If-Modified-Since")) is not None:
        try:
            date = parsedate_to_datetime(since)
        except (ValueError, OverflowError):
            return False
        return modified_at <= (date if date.tzinfo else date.replace(tzinfo=UTC))
    return False
