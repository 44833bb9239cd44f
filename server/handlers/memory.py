"""The translation memory for admins: what comes near a sentence, one entry removed, TMX in and out (CONTRACT §4)."""

import asyncio
from collections.abc import Callable, Iterator
from tempfile import SpooledTemporaryFile
from typing import IO, Annotated

from aiohttp import web
from pydantic import Field

from feeds import tmx
from feeds.safexml import CHUNK
from server import audit, problems
from server.api.operations import Content, operation
from server.api.shapes.words import Imported, Match, Matches
from server.config import Config
from server.keys import CLOCK, CONFIG, DATABASE, READER, REQUEST_ID
from server.requests import ENCODINGS, Digits, Flag, Query, Tag, read_query
from server.responses import make_json
from server.store import memory
from server.translation.memory_files import Wanted, describe_report, export_tmx, import_tmx
from server.translation.suggestions import Suggestion, suggest
from translators import Direction
from translators.languages import match

MOST_ASKED = 2_000  # characters of ?q=
MOST_MATCHES, USUAL_MATCHES = 50, 10
MOST_BYTES = 500_000_000  # of a TMX file
MOST_SECONDS = 900.0  # that one may take to arrive
IN_MEMORY = 1_000_000  # bytes of it that wait in memory; the rest waits on disk
TMX_TYPES = (tmx.MEDIA_TYPE, "application/xml", "text/xml")
_PRIVATE = {"Cache-Control": "private, no-store"}


class DirectionQuery(Query):
    source: Tag = Field(description="The language of the sentences.")
    target: Tag = Field(description="The language that they are translated into.", examples=["en"])


class MemoryQuery(DirectionQuery):
    q: str = Field(min_length=1, max_length=MOST_ASKED, description="The sentence to look for.")
    limit: Annotated[int, Digits] = Field(USUAL_MATCHES, ge=1, le=MOST_MATCHES, description="So many at most.")


class ExportQuery(DirectionQuery):
    machine: Flag = Field(False, description="Also what machines made.")


class ImportQuery(Query):
    source: Tag | None = Field(None, description="Only pairs out of this language.")
    target: Tag | None = Field(None, description="Only pairs into this language.")


@operation(query=MemoryQuery, answers={200: Matches})
async def get_memory(request: web.Request) -> web.Response:
    """GET /v1/memory: what the translation memory has for a sentence, the nearest first."""
    query = read_query(request, MemoryQuery)
    direction, text = _make_direction(query, request[CONFIG]), query.q.strip()
    if not text:
        raise problems.InvalidParameter("q is the sentence to look for")
    async with request.app[DATABASE].read() as conn:
        found = await suggest(conn, text, direction, query.limit)
    return make_json({"matches": [_describe(one) for one in found]}, headers=_PRIVATE)


@operation(answers={204: None})
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


@operation(query=ExportQuery, answers={200: Content({tmx.MEDIA_TYPE: None})})
async def get_tmx(request: web.Request) -> web.StreamResponse:
    """GET /v1/memory.tmx: people's sentences in one direction as TMX 1.4, streamed."""
    query = read_query(request, ExportQuery)
    direction = _make_direction(query, request[CONFIG])
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
        async for piece in export_tmx(request.app[DATABASE], direction, by_people=not query.machine):
            await response.write(piece)
    await response.write_eof()
    return response


@operation(query=ImportQuery, body=Content(dict.fromkeys(TMX_TYPES)), answers={200: Imported})
async def post_memory(request: web.Request) -> web.Response:
    """POST /v1/memory: takes in a TMX file; what became of its sentences."""
    query, config = read_query(request, ImportQuery), request[CONFIG]
    if not config.translation.memory_sentences:
        raise problems.NotAllowed("this server keeps no memory: translation.memory_sentences is 0")
    if request.content_type not in TMX_TYPES:
        raise problems.UnsupportedFormat(f"a memory comes as {' or '.join(TMX_TYPES)}")
    source, target = (_match("source", query.source, config), _match("target", query.target, config))
    wanted = Wanted(config.languages.configured, source, target)
    with SpooledTemporaryFile(IN_MEMORY) as file:
        await _spool(request, file)
        opened = _make_opener(file)
        report = await import_tmx(request.app[DATABASE], opened, wanted, request[READER].id, request.app[CLOCK]())
    return make_json(describe_report(report))


def _describe(one: Suggestion) -> Match:
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


def _make_direction(query: DirectionQuery, config: Config) -> Direction:
    source, target = _match("source", query.source, config), _match("target", query.target, config)
    if source is None or target is None or source == target:
        raise problems.InvalidParameter("source and target are two languages")
    return Direction(source, target)


def _match(name: str, tag: str | None, config: Config) -> str | None:
    """The configured language that a parameter names; None where it is not there. Raises InvalidParameter."""
    if tag is None:
        return None
    language = match(tag, config.languages.configured)
    if language is None:
        raise problems.InvalidParameter(f"{name} is one of {', '.join(config.languages.configured)}")
    return language


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
