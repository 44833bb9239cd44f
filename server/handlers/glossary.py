"""Glossaries for admins: the one for all and those of exchanges, as TSV, TBX-Basic or JSON (CONTRACT §4)."""

import asyncio
import hashlib
from collections.abc import Callable

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
    exchange, media_type = _get_exchange(request), _negotiate(request)
    async with request.app[DATABASE].read() as conn:
        history = await glossaries.list_history(conn, exchange)
    row = history[0] if history else None
    if row is None and exchange != FOR_ALL:
        raise problems.NotFound(f"{exchange!r} has no glossary of its own: the one for all holds, /v1/glossary")
    etag = versioning.make_shown_etag(_make_etag(row, exchange) or "", hashlib.sha256(media_type.encode()).hexdigest())
    headers = {"ETag": etag, "Vary": "Accept, Authorization", "Cache-Control": "private, no-cache"}
    if is_unchanged(request, etag, None):
        return web.Response(status=304, headers=headers)
    glossary = load_default() if row is None else await asyncio.to_thread(parse_tsv, row.terms)
    headers["Content-Type"] = media_type if media_type != TSV else f"{TSV}; charset=utf-8"
    body = await asyncio.to_thread(_render, glossary, row, list(history), exchange, media_type)
    return web.Response(body=body, headers=headers)


@operation(
    headers=("If-Match", "If-None-Match"),
    body=Content({TSV: None, tbx.MEDIA_TYPE: None}),
    answers={200: GlossarySet, 201: GlossarySet},
    problems=(problems.InvalidDocument,),
)
async def put_glossary(request: web.Request) -> web.Response:
    """PUT /v1/glossary and /v1/glossary/{exchange}: takes the place of what was set; 201 when nothing was."""
    exchange = _get_exchange(request)
    read = READERS.get(request.content_type)
    if read is None:
        raise problems.UnsupportedFormat(f"a glossary comes as {' or '.join(READERS)}, not {request.content_type}")
    raw = await read_body(request, request[CONFIG].limits)
    glossary = await asyncio.to_thread(read, raw)
    terms = raw.decode("utf-8-sig") if read is read_tsv else await asyncio.to_thread(render_tsv, glossary)
    async with request.app[DATABASE].write() as conn:
        current = await glossaries.find_current(conn, exchange)
        if_match, if_none_match = request.headers.get("If-Match"), request.headers.get("If-None-Match")
        versioning.check_etag(if_match, if_none_match, _make_etag(current, exchange), "glossary")
        who, now = request[KEY_ID], request.app[CLOCK]()
        row, changed = await set_glossary(conn, exchange, terms, len(glossary.terms), who, now)
    answer: GlossarySet = {
        "exchange": exchange,
        "number": row.number,
        "version": glossary.version,
        "terms": len(glossary.terms),
        "changed": changed,
    }
    headers = {"ETag": _make_etag(row, exchange) or ""}
    return make_json(answer, status=200 if current else 201, headers=headers)


def _get_exchange(request: web.Request) -> str:
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


def _make_etag(row: GlossaryRow | None, exchange: str) -> str | None:
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
