"""Values → HTTP responses: JSON, and documents under validators and encodings (RFC 9110 §8, §12, §13)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

import orjson
from aiohttp import web

from server import problems
from server.config import Limits
from server.feedcache import CachedFeed, pick_encoding


def make_json(data: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(body=orjson.dumps(data), status=status, headers=headers, content_type="application/json")


def make_html(page: str, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(text=page, status=status, headers=headers, content_type="text/html", charset="utf-8")


async def read_body(request: web.Request, limits: Limits) -> bytes:
    """The body of a push. Raises TooLarge, MalformedDocument."""
    if request.content_length is not None and request.content_length > limits.article_bytes:
        raise problems.TooLarge(f"{request.content_length} bytes; at most {limits.article_bytes} are taken")
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge as error:
        raise problems.TooLarge(f"at most {limits.article_bytes} bytes are taken") from error
    except (web.RequestPayloadError, OSError) as error:
        raise problems.MalformedDocument(f"the body could not be read: {error}") from error


def answer_document(request: web.Request, cached: CachedFeed, headers: Mapping[str, str]) -> web.Response:
    """200 in the best encoding, or 304."""
    encoding = pick_encoding(request.headers.get("Accept-Encoding", ""))
    etag = cached.etag(encoding)
    common = {**headers, "ETag": etag, "Last-Modified": format_datetime(cached.modified_at, usegmt=True)}
    if is_unchanged(request.headers, etag, cached.modified_at):
        return web.Response(status=304, headers=common)
    if encoding != "identity":
        common["Content-Encoding"] = encoding
    common["Content-Type"] = f"{cached.document.media_type}; charset=utf-8"
    return web.Response(body=cached.encode(encoding), headers=common)


def is_unchanged(headers: Mapping[str, str], etag: str, modified_at: datetime) -> bool:
    """Whether the reader has this already (RFC 9110 §13.2.2: a date counts only where no ETag is given)."""
    if (tags := headers.get("If-None-Match")) is not None:
        wanted = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
        return etag in wanted or "*" in wanted
    if (since := headers.get("If-Modified-Since")) is not None:
        try:
            date = parsedate_to_datetime(since)
        except ValueError:
            return False
        return modified_at <= (date if date.tzinfo else date.replace(tzinfo=UTC))
    return False
