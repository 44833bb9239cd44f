"""The translation memory for admins: what comes near a sentence, one entry removed, TMX in and out (CONTRACT §4)."""

import asyncio
from collections.abc import Callable, Iterator
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from aiohttp import web

from feeds import tmx
from feeds.safexml import CHUNK
from server import audit, problems
from server.config import Config
from server.keys import CLOCK, CONFIG, DATABASE, READER, REQUEST_ID
from server.responses import ENCODINGS, make_json
from server.store import memory
from server.translation.memory_files import Wanted, describe_report, export_tmx, import_tmx
from server.translation.suggestions import Suggestion, suggest
from translators import Direction
from translators.languages import is_tag, match

MOST_ASKED = 2_000  # characters of ?q=
MOST_MATCHES, USUAL_MATCHES = 50, 10
MOST_BYTES = 500_000_000  # of a TMX file
MOST_SECONDS = 900.0  # that one may take to arrive
IN_MEMORY = 1_000_000  # bytes of it that wait in memory; the rest waits on disk
TMX_TYPES = (tmx.MEDIA_TYPE, "application/xml", "text/xml")
_PRIVATE = {"Cache-Control": "private, no-store"}


async def get_memory(request: web.Request) -> web.Response:
    """GET /v1/memory: sentences that are or come near `?q=`, from `source=` into `target=`."""
    direction = _read_direction(request)
    text = request.query.get("q", "").strip()
    if not 0 < len(text) <= MOST_ASKED:
        raise problems.InvalidParameter(f"q is the sentence to look for: 1 to {MOST_ASKED} characters")
    async with request.app[DATABASE].read() as conn:
        found = await suggest(conn, text, direction, _read_limit(request))
    return make_json({"matches": [_describe(one) for one in found]}, headers=_PRIVATE)


async def delete_entry(request: web.Request) -> web.Response:
    """DELETE /v1/memory/{id}: forget one entry; versions that it stands in stay as they are."""
    name = request.match_info["id"]
    async with request.app[DATABASE].write() as conn:
        is_gone = name.isascii() and name.isdigit() and len(name) < 19 and await memory.delete_entry(conn, int(name))
        if is_gone:
            await audit.note(conn, "memory.delete", name, request.app[CLOCK]())
    if not is_gone:
        raise problems.NotFound(f"the memory has no entry {name[:50]!r}")
    return web.Response(status=204)


async def get_tmx(request: web.Request) -> web.StreamResponse:
    """GET /v1/memory.tmx: people's sentences from `?source=` into `target=`; with `machine=true` all."""
    direction = _read_direction(request)
    with_machines = request.query.get("machine", "false")
    if with_machines not in ("true", "false"):
        raise problems.InvalidParameter("machine is true or false")
    name = f"karvan-{direction}.tmx"
    response = web.StreamResponse(
        headers=_PRIVATE
        | {
            "Content-Type": f"{tmx.MEDIA_TYPE}; charset=utf-8",
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Request-Id": request[REQUEST_ID],
        }
    )
    await response.prepare(request)
    if request.method != "HEAD":
        async for piece in export_tmx(request.app[DATABASE], direction, by_people=with_machines == "false"):
            await response.write(piece)
    await response.write_eof()
    return response


async def post_memory(request: web.Request) -> web.Response:
    """POST /v1/memory: a TMX file; what became of its sentences. `?source=` and `target=` take only those."""
    config = request[CONFIG]
    if not config.translation.memory_sentences:
        raise problems.NotAllowed("this server keeps no memory: translation.memory_sentences is 0")
    if request.content_type not in TMX_TYPES:
        raise problems.UnsupportedFormat(f"a memory comes as {' or '.join(TMX_TYPES)}")
    source, target = (_read_language(request, name, config) for name in ("source", "target"))
    wanted = Wanted(config.languages.configured, source, target)
    with SpooledTemporaryFile(IN_MEMORY) as file:
        await _spool(request, file)
        opened = _make_opener(file)
        report = await import_tmx(request.app[DATABASE], opened, wanted, request[READER].id, request.app[CLOCK]())
    async with request.app[DATABASE].write() as conn:
        counts = {"taken": report.taken, "replaced": report.replaced, "refused": report.refused}
        await audit.note(conn, "memory.import", f"{source or '*'}-{target or '*'}", request.app[CLOCK](), after=counts)
    return make_json(describe_report(report))


def _describe(one: Suggestion) -> dict[str, Any]:
    entry = one.entry
    return {
        "id": entry.id,
        "score": one.score,
        "source": entry.text,
        "result": entry.result,
        "origin": entry.origin,
        "who": entry.who,
        "made_at": entry.made_at,
        "used_at": entry.used_at,
        "uses": entry.uses,
    }


def _read_direction(request: web.Request) -> Direction:
    source, target = (_read_language(request, name, request[CONFIG]) for name in ("source", "target"))
    if source is None or target is None or source == target:
        raise problems.InvalidParameter("source and target are two languages")
    return Direction(source, target)


def _read_language(request: web.Request, name: str, config: Config) -> str | None:
    """The configured language that a parameter names; None where it is not there."""
    tag = request.query.get(name)
    if tag is None:
        return None
    language = match(tag, config.languages.configured) if is_tag(tag) else None
    if language is None:
        raise problems.InvalidParameter(f"{name} is one of {', '.join(config.languages.configured)}")
    return language


def _read_limit(request: web.Request) -> int:
    limit = request.query.get("limit", str(USUAL_MATCHES))
    if not (limit.isascii() and limit.isdigit() and len(limit) < 4 and 1 <= int(limit) <= MOST_MATCHES):
        raise problems.InvalidParameter(f"limit is a number from 1 to {MOST_MATCHES}")
    return int(limit)


async def _spool(request: web.Request, file: IO[bytes]) -> None:
    """The body, whole. Raises UnsupportedFormat, TooLarge, BodyTooSlow, MalformedDocument."""
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ENCODINGS:
        raise problems.UnsupportedFormat(f"Content-Encoding is one of {', '.join(ENCODINGS)}, not {encoding[:40]!r}")
    size = 0
    try:
        async with asyncio.timeout(MOST_SECONDS):
            async for piece in request.content.iter_chunked(CHUNK):
                size += len(piece)
                if size > MOST_BYTES:
                    raise problems.TooLarge(f"at most {MOST_BYTES:,} bytes are taken; cut the file, or import it there")
                await asyncio.to_thread(file.write, piece)
    except TimeoutError as error:
        raise problems.BodyTooSlow(f"it was not there within {MOST_SECONDS:g} seconds") from error
    except (web.RequestPayloadError, OSError) as error:
        raise problems.MalformedDocument(f"the body could not be read: {error}") from error


def _make_opener(file: IO[bytes]) -> Callable[[], Iterator[bytes]]:
    def read() -> Iterator[bytes]:
        file.seek(0)
        while piece := file.read(CHUNK):
            yield piece

    return read
