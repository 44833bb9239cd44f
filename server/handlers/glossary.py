"""Glossaries for admins: the one for all and those of exchanges, as TSV, TBX-Basic or JSON (CONTRACT §4)."""

import asyncio
import hashlib
from collections.abc import Callable, Sequence

import orjson
from aiohttp import web

from feeds import tbx
from server import problems, versioning
from server.api.operations import Content, operation
from server.api.shapes.words import GlossarySet, GlossaryShown
from server.keys import CLOCK, CONFIG, DATABASE, KEY_ID
from server.requests import read_body
from server.responses import is_unchanged, make_json
from server.serving.negotiation import pick_media_type
from server.store import glossaries
from server.store.glossaries import GlossaryRow
from server.translation.glossary import FOR_ALL, set_glossary
from server.translation.glossary_files import read_tbx, read_tsv, write_tbx
from translators.glossary import Glossary, load_default, parse_tsv, render_tsv

TSV = "text/tab-separated-values"
READERS: dict[str, Callable[[bytes], Glossary]] = {TSV: read_tsv, tbx.MEDIA_TYPE: read_tbx}
MEDIA_TYPES = (TSV, tbx.MEDIA_TYPE, "application/json")


@operation(
    headers=("If-None-Match",),
    answers={200: Content({TSV: None, tbx.MEDIA_TYPE: None, "application/json": GlossaryShown}), 304: None},
    problems=(problems.NotFound, problems.NotAcceptable),
)
async def get_glossary(request: web.Request) -> web.Response:
    """GET /v1/glossary and /v1/glossary/{exchange}: what was set; for all, the shipped one while nothing was set."""
    exchange, media_type = get_exchange(request), _negotiate(request)
    history = await load_history(request, exchange)
    row = history[0] if history else None
    if row is None and exchange != FOR_ALL:
        raise problems.NotFound(f"{exchange!r} has no glossary of its own: the one for all holds, /v1/glossary")
    etag = versioning.make_shown_etag(make_etag(row, exchange) or "", hashlib.sha256(media_type.encode()).hexdigest())
    headers = {"ETag": etag, "Vary": "Accept, Authorization", "Cache-Control": "private, no-cache"}
    if is_unchanged(request, etag, None):
        return web.Response(status=304, headers=headers)
    headers["Content-Type"] = media_type if media_type != TSV else f"{TSV}; charset=utf-8"
    return web.Response(body=await write_glossary(history, exchange, media_type), headers=headers)


async def load_history(request: web.Request, exchange: str) -> Sequence[GlossaryRow]:
    """What was set, the newest first: that one is in force. Of the others there are no terms."""
    async with request.app[DATABASE].read() as conn:
        return await glossaries.list_outlines(conn, exchange)


async def parse_current(history: Sequence[GlossaryRow], exchange: str) -> Glossary:
    """What is in force of this exchange alone: nothing, where nothing was set; for all, the shipped one then."""
    if history:
        return await asyncio.to_thread(parse_tsv, history[0].terms)
    return load_default() if exchange == FOR_ALL else Glossary(())


async def write_glossary(history: Sequence[GlossaryRow], exchange: str, media_type: str) -> bytes:
    """One of MEDIA_TYPES."""
    glossary, row = await parse_current(history, exchange), history[0] if history else None
    return await asyncio.to_thread(_render, glossary, row, list(history), exchange, media_type)


@operation(
    headers=("If-Match", "If-None-Match"),
    body=Content({TSV: None, tbx.MEDIA_TYPE: None}),
    answers={200: GlossarySet, 201: GlossarySet},
    problems=(problems.InvalidDocument,),
)
async def put_glossary(request: web.Request) -> web.Response:
    """PUT /v1/glossary and /v1/glossary/{exchange}: takes the place of what was set; 201 when nothing was."""
    exchange, media_type = get_exchange(request), request.content_type
    if media_type not in READERS:
        raise problems.UnsupportedFormat(f"a glossary comes as {' or '.join(READERS)}, not {media_type}")
    glossary, terms = await read_glossary(await read_body(request, request[CONFIG].limits), media_type)
    if_match, if_none_match = request.headers.get("If-Match"), request.headers.get("If-None-Match")
    row, changed = await replace_glossary(request, exchange, glossary, terms, if_match, if_none_match)
    answer: GlossarySet = {
        "exchange": exchange,
        "number": row.number,
        "version": glossary.version,
        "terms": len(glossary.terms),
        "changed": changed,
    }
    headers = {"ETag": make_etag(row, exchange) or ""}
    return make_json(answer, status=200 if row.number > 1 or not changed else 201, headers=headers)


async def read_glossary(raw: bytes, media_type: str) -> tuple[Glossary, str]:
    """What a file of one of READERS says, and as the table that is stored. Raises what these raise."""
    read = READERS[media_type]
    glossary = await asyncio.to_thread(read, raw)
    return glossary, raw.decode("utf-8-sig") if read is read_tsv else await asyncio.to_thread(render_tsv, glossary)


async def replace_glossary(
    request: web.Request, exchange: str, glossary: Glossary, terms: str, if_match: str | None, if_none_match: str | None
) -> tuple[GlossaryRow, bool]:
    """What is in force now, and whether it was not before. Raises PreconditionFailed."""
    async with request.app[DATABASE].write() as conn:
        current = await glossaries.find_current(conn, exchange)
        versioning.check_etag(if_match, if_none_match, make_etag(current, exchange), "glossary")
        who, now = request[KEY_ID], request.app[CLOCK]()
        return await set_glossary(conn, exchange, terms, len(glossary.terms), who, now)


def get_exchange(request: web.Request) -> str:
    """That of the address, or FOR_ALL. Raises NotFound."""
    exchange = request.match_info.get("exchange", FOR_ALL)
    if exchange != FOR_ALL and exchange not in request[CONFIG].exchanges:
        raise problems.NotFound(f"there is no exchange {exchange[:80]!r}")
    return exchange


def _negotiate(request: web.Request) -> str:
    """The one of MEDIA_TYPES that Accept likes best; TSV when anything goes. Raises NotAcceptable."""
    picked = pick_media_type(request.headers.get("Accept") or "*/*", MEDIA_TYPES)
    if picked is None:
        raise problems.NotAcceptable(f"there are {', '.join(MEDIA_TYPES)}")
    return picked


def make_etag(row: GlossaryRow | None, exchange: str) -> str | None:
    """The strong ETag of what was set; the shipped glossary has one, too."""
    if row is not None:
        return f'"{row.terms_hash[:32]}"'
    return f'"{load_default().version}"' if exchange == FOR_ALL else None


def _render(
    glossary: Glossary, row: GlossaryRow | None, history: list[GlossaryRow], exchange: str, media_type: str
) -> bytes:
    if media_type == TSV:
        return (render_tsv(glossary) if row is None else row.terms).encode()
    if media_type == tbx.MEDIA_TYPE:
        return write_tbx(glossary, f"Karvan glossary {exchange}".strip())
    shown: GlossaryShown = {
        "exchange": exchange,
        "version": glossary.version,
        "number": row.number if row else 0,
        "terms": [
            {
                "concept": term.concept,
                "kind": term.kind,
                "keep": term.keep,
                "forms": {language: list(forms) for language, forms in term.forms.items()},
                "forbidden": {language: list(forms) for language, forms in term.forbidden.items()},
            }
            for term in glossary.terms
        ],
        "history": [{"number": one.number, "key": one.key_id, "at": one.created_at} for one in history],
    }
    return orjson.dumps(shown)
