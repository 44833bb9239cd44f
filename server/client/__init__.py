"""Pushes documents to a Karvan server, over HTTP like any outlet's own software (CONTRACT §4).

The session is the caller's. What a server answers is an Answer, refusals too; only a server that cannot be reached
raises.

documents  files → documents to push        frontmatter  their heads
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import quote

import aiohttp
import orjson
from yarl import URL

from server.client.documents import NINJS, Pushed, UnreadableDocument, read_document

__all__ = [
    "Answer",
    "Pushed",
    "ServerUnreachable",
    "Session",
    "UnreadableDocument",
    "push_document",
    "push_picture",
    "push_version",
    "read_document",
    "withdraw",
]

Session: TypeAlias = aiohttp.ClientSession  # noqa: TID251 (its type only: server/outbound makes it)

PAUSES = (0.2, 0.5, 1.0, 2.0)
"""Seconds before each further try, unless the server names its own in Retry-After."""
MAX_PAUSE = 30.0
BUSY = (429, 503)


class ServerUnreachable(ConnectionError):
    """Server cannot be reached"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the server said. `problem` is the last word of an RFC 9457 type ("article-canceled"), None when all is well.

    `body` is the JSON object of the answer, empty when there is none.
    """

    status: int
    body: Mapping[str, Any]
    etag: str | None = None
    problem: str | None = None

    @property
    def is_done(self) -> bool:
        return 200 <= self.status < 300

    @property
    def reason(self) -> str:
        """One line for people: the problem's title and detail, and every fault with its place."""
        said = [str(self.body[key]) for key in ("title", "detail") if self.body.get(key)]
        errors = self.body.get("errors")
        faults = [one for one in errors if isinstance(one, dict)] if isinstance(errors, list) else []
        said += [f"{one.get('pointer') or '/'}: {one.get('detail')}" for one in faults]
        return " – ".join([str(self.status), *said])


async def push_document(
    session: Session,
    server: str,
    key: str,
    document: Pushed,
    outlet: str,
    item: str,
    *,
    pauses: Sequence[float] = PAUSES,
) -> Answer:
    """Store the article or its next version. Raises ServerUnreachable."""
    url = _make_url(server, outlet, item)
    return await _send(session, "PUT", url, key, _render_body(document), document.media_type, pauses)


async def push_version(
    session: Session,
    server: str,
    key: str,
    document: Pushed,
    outlet: str,
    item: str,
    language: str,
    *,
    pauses: Sequence[float] = PAUSES,
) -> Answer:
    """Store the outlet's own parallel version in a language. Raises ServerUnreachable."""
    url = _make_url(server, outlet, item, "versions", language)
    return await _send(session, "PUT", url, key, _render_body(document), document.media_type, pauses)


async def push_picture(
    session: Session,
    server: str,
    key: str,
    content: bytes,
    outlet: str,
    name: str,
    *,
    pauses: Sequence[float] = PAUSES,
) -> Answer:
    """Upload a picture (JPEG, PNG, WebP) under a name of the outlet's. Raises ServerUnreachable."""
    url = _make_url(server, outlet, name, collection="media")
    return await _send(session, "PUT", url, key, content, "application/octet-stream", pauses)


async def withdraw(
    session: Session,
    server: str,
    key: str,
    outlet: str,
    item: str,
    reason: str,
    *,
    pauses: Sequence[float] = PAUSES,
) -> Answer:
    """Kill the article in every language. Raises ServerUnreachable."""
    body = orjson.dumps({"reason": reason})
    return await _send(session, "DELETE", _make_url(server, outlet, item), key, body, NINJS, pauses)


def _make_url(server: str, *path: str, collection: str = "articles") -> URL:
    named = "/".join(quote(part, safe="") for part in path)
    try:
        return URL(f"{server.rstrip('/')}/v1/{collection}/{named}", encoded=True)
    except ValueError as error:
        raise ServerUnreachable(f"{server}: {error}") from None


def _render_body(document: Pushed) -> bytes:
    return document.body if isinstance(document.body, bytes) else orjson.dumps(document.body)


async def _send(
    session: Session,
    method: str,
    url: URL,
    key: str,
    body: bytes,
    media_type: str,
    pauses: Sequence[float],
) -> Answer:
    """Every call here may be repeated without harm, so a broken connection is simply tried again."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": media_type}
    for pause in (*pauses, None):
        wait = pause
        try:
            # Not after redirects: the key is for this server alone.
            async with session.request(method, url, data=body, headers=headers, allow_redirects=False) as response:
                answer = _read_answer(response, await response.read())
                wait = _pick_pause(response, pause)
        except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, TimeoutError) as error:
            if pause is None:
                raise ServerUnreachable(f"{url.origin()}: {error or type(error).__name__}") from error
        except (aiohttp.ClientError, ValueError) as error:
            raise ServerUnreachable(f"{url}: {error}") from error
        else:
            if wait is None or answer.status not in BUSY:
                return answer
        await asyncio.sleep(wait or 0)
    raise AssertionError("the last try returns or raises")


def _pick_pause(response: aiohttp.ClientResponse, pause: float | None) -> float | None:
    """Seconds until the next try: the server's wish before ours; None for no further try."""
    wished = response.headers.get("Retry-After", "").strip()
    if pause is None or not (wished.isascii() and wished.isdigit()):
        return pause
    return float(wished) if len(wished) < 6 and int(wished) <= MAX_PAUSE else None


def _read_answer(response: aiohttp.ClientResponse, content: bytes) -> Answer:
    try:
        body = orjson.loads(content) if content else {}
    except orjson.JSONDecodeError:
        body = {}
    body = body if isinstance(body, dict) else {}
    problem = None
    if response.status >= 400:
        problem = str(body.get("type") or "about:blank").rstrip("/").rpartition("/")[2]
    return Answer(status=response.status, body=body, etag=response.headers.get("ETag"), problem=problem)
