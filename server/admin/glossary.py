"""/admin/glossary: the terms of all and of exchanges; another table in their place; what used changed terms anew."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from aiohttp import web

import feeds
from feeds import tbx
from server import problems
from server.admin.forms import FORM_WITH_FILE, go_to, read_done, read_form_with_file
from server.admin.pages import show_page
from server.admin.terms import Change, compare, find_terms
from server.api.operations import Content, operation
from server.handlers.glossary import (
    TSV,
    get_exchange,
    load_history,
    make_etag,
    parse_current,
    read_glossary,
    replace_glossary,
    write_glossary,
)
from server.handlers.renewals import MOST_DAYS, USUAL_DAYS, Renewal, RenewalQuery, renew_changed
from server.keys import CONFIG
from server.pages.visitors import HTML
from server.requests import check_values
from server.store.glossaries import GlossaryRow
from server.translation.glossary import FOR_ALL
from server.translation.renewing import MOST_RENEWED
from translators.glossary import Glossary

TERMS_ON_PAGE, MOST_NAMED, MOST_HISTORY, LONGEST_LINE = 200, 20, 10, 200
FILES = {"tsv": TSV, "tbx": tbx.MEDIA_TYPE}
DONE = ("replaced", "same", "renewed", "nothing")


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFault:
    """What is wrong with a line of the text; `number` 0: of a place that has another name."""

    number: int
    place: str
    reason: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a form came to, where that is not 303: shown above the same form. `reason`: of the catalogues."""

    status: int = 200
    reason: str = ""
    detail: str = ""
    faults: Sequence[LineFault] = ()
    text: str = ""
    etag: str | None = None  # of what it is to replace; None: of what is in force
    change: Change | None = None
    days: str = str(USUAL_DAYS)
    renewal: Renewal | None = None


@operation(answers={200: Content({"text/html": None, TSV: None, tbx.MEDIA_TYPE: None})}, problems=(problems.NotFound,))
async def get_page(request: web.Request) -> web.Response:
    """GET /admin/glossary and /admin/glossary/{exchange}: the terms; with `as=tsv` or `as=tbx`, a file of them."""
    exchange, wanted = get_exchange(request), request.query.get("as", "")
    if wanted not in FILES:
        return await _show(request, Outcome())
    body = await write_glossary(await load_history(request, exchange), exchange, FILES[wanted])
    name = f"glossary-{exchange}.{wanted}" if exchange else f"glossary.{wanted}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    content_type = FILES[wanted] + ("; charset=utf-8" if wanted == "tsv" else "")
    return web.Response(body=body, headers=headers | {"Content-Type": content_type})


@operation(
    body=FORM_WITH_FILE,
    answers={200: HTML, 303: None},
    problems=(
        problems.NotFound,
        problems.InvalidDocument,
        problems.InvalidParameter,
        problems.PreconditionFailed,
    ),
)
async def post_page(request: web.Request) -> web.Response:
    """POST /admin/glossary and /admin/glossary/{exchange}: what a table would change, or puts it into force; or what
    uses changed terms is counted, or made anew.
    """
    exchange = get_exchange(request)
    form, file = await read_form_with_file(request)
    if form.get("do") in ("count", "renew"):
        return await _renew(request, exchange, form)
    return await _replace(request, exchange, form, file)


async def _replace(request: web.Request, exchange: str, form: Mapping[str, str], file: bytes | None) -> web.Response:
    raw = file if file is not None else form.get("text", "").encode()
    text, etag = _read_text(raw), form.get("etag", "")
    is_table = not raw.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<")
    if form.get("do") == "edit" and file is None:
        return await _show(request, Outcome(text=text, etag=etag))
    if not raw.strip():
        return await _show(request, Outcome(status=422, reason="glossary_empty", etag=etag))
    try:
        glossary, terms = await read_glossary(raw, TSV if is_table else tbx.MEDIA_TYPE)
    except feeds.MalformedDocument as error:
        outcome = Outcome(status=400, reason="glossary_unreadable", detail=str(error), text=text, etag=etag)
        return await _show(request, outcome)
    except feeds.InvalidDocument as error:
        faults = list(_list_faults(error.errors, text))
        return await _show(request, Outcome(status=422, reason="glossary_wrong", faults=faults, text=text, etag=etag))
    if form.get("do") == "replace" and file is None:
        if_match, if_none_match = (etag, None) if etag else (None, "*")
        try:
            _, has_changed = await replace_glossary(request, exchange, glossary, terms, if_match, if_none_match)
        except problems.PreconditionFailed:
            return await _show(request, await _compare(request, exchange, glossary, terms, etag))
        return go_to(request, _get_path(exchange), done="replaced" if has_changed else "same")
    return await _show(request, await _compare(request, exchange, glossary, terms, etag))


async def _compare(request: web.Request, exchange: str, wanted: Glossary, terms: str, etag: str) -> Outcome:
    """What it would do to what is in force now, which may be another one than `etag` says that the admin has seen."""
    history = await load_history(request, exchange)
    change = await asyncio.to_thread(compare, await parse_current(history, exchange), wanted)
    own = make_etag(_get_first(history), exchange) or ""
    status, reason = (200, "") if etag == own else (problems.PreconditionFailed.status, "glossary_overtaken")
    return Outcome(status=status, reason=reason, text=terms.replace("\r\n", "\n"), etag=own, change=change)


async def _renew(request: web.Request, exchange: str, form: Mapping[str, str]) -> web.Response:
    days, is_count = form.get("days", "").strip(), form.get("do") == "count"
    wanted = {"days": days, "only_count": "true" if is_count else "false"}
    try:
        query = check_values(wanted | ({"exchange": exchange} if exchange else {}), RenewalQuery)
    except problems.InvalidParameter as problem:
        return await _show(request, Outcome(status=problem.status, reason="glossary_wrong_days", days=days))
    renewal = await renew_changed(request, query)
    if is_count:
        return await _show(request, Outcome(days=days, renewal=renewal))
    return go_to(request, _get_path(exchange), done="renewed" if renewal["asked"] else "nothing")


async def _show(request: web.Request, outcome: Outcome) -> web.Response:
    exchange, config = get_exchange(request), request[CONFIG]
    history = await load_history(request, exchange)
    glossary = await parse_current(history, exchange)
    words = request.query.get("q", "").strip()
    found = await asyncio.to_thread(find_terms, glossary, words) if words else glossary.terms
    pages = max(1, -(-len(found) // TERMS_ON_PAGE))
    page = min(max(_read_number(request.query.get("page", "")), 1), pages)
    own = make_etag(_get_first(history), exchange) or ""
    values: dict[str, object] = {
        "exchange": exchange,
        "exchanges": list(config.exchanges),
        "path": _get_path(exchange),
        "asked_language": request.query.get("lang", ""),
        "done": read_done(request, DONE),
        "outcome": outcome,
        "etag": own if outcome.etag is None else outcome.etag,
        "current": _get_first(history),
        "history": history[:MOST_HISTORY],
        "count": len(glossary.terms),
        "languages": _sort_languages(glossary, config.languages.configured),
        "terms": found[(page - 1) * TERMS_ON_PAGE : page * TERMS_ON_PAGE],
        "found": len(found),
        "words": words,
        "page": page,
        "pages": pages,
        "on_page": TERMS_ON_PAGE,
        "most_bytes": config.limits.article_bytes,
        "most_days": MOST_DAYS,
        "most_renewed": MOST_RENEWED,
        "most_named": MOST_NAMED,
    }
    return show_page(request, "glossary", "glossary.html", values, status=outcome.status)


def _list_faults(faults: Sequence[feeds.Fault], text: str) -> Iterator[LineFault]:
    lines = text.split("\n")
    for fault in faults:
        number = _read_number(fault.pointer.removeprefix("line "))
        line = lines[number - 1][:LONGEST_LINE] if 0 < number <= len(lines) else ""
        yield LineFault(number=number, place=fault.pointer, reason=fault.detail, text=line)


def _read_text(raw: bytes) -> str:
    """What is shown again of a file: nothing of one that is not UTF-8."""
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        return ""


def _read_number(text: str) -> int:
    """0 for what is no number."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _sort_languages(glossary: Glossary, configured: Sequence[str]) -> Sequence[str]:
    """Those of the newsrooms first."""
    own = glossary.languages
    return [*(tag for tag in configured if tag in own), *(tag for tag in own if tag not in configured)]


def _get_first(history: Sequence[GlossaryRow]) -> GlossaryRow | None:
    return history[0] if history else None


def _get_path(exchange: str) -> str:
    return "/admin/glossary" if exchange == FOR_ALL else f"/admin/glossary/{exchange}"
