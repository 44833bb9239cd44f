"""The desk for editors: what is held and why; release, reject, ask the outlet (CONTRACT §4)."""

from datetime import datetime, timedelta
from typing import Any, get_args

import orjson
from aiohttp import web

from feeds import Fault
from feeds.text import find_forbidden
from server import desk, intake, problems, publishing, sets, versioning, visibility
from server.config import Config
from server.desk import Action
from server.handlers.items import check_names, read_number
from server.keys import CLOCK, CONFIG, DATABASE, READER, SITE
from server.responses import make_json, read_body
from server.store import desk as rows
from server.store.desk import Place, Wanted
from server.store.pairs import list_pairs
from server.store.questions import list_questions
from server.store.schema import EPOCH, MICROSECOND
from server.visibility import Reader
from translators.languages import is_tag, normalise

MOST_SHOWN, USUAL_SHOWN = 200, 50
MOST_NOTE = 2_000
REASONS = {"quality": "quality is not published unseen", "route": "its routes hold", "rejected": ""}
PRIVATE = {"Cache-Control": "private, no-store", "Vary": "Authorization"}


async def list_desk(request: web.Request) -> web.Response:
    """GET /v1/desk: ?exchange= &outlet= &language= &reason= &after= &limit=; the urgent first, then the oldest."""
    check_names(request.query, ("exchange", "outlet", "language", "reason", "after", "limit"))
    config, now, site = request[CONFIG], request.app[CLOCK](), request[SITE]
    wanted = _read_wanted(request, config)
    limit = read_number(request.query, "limit", USUAL_SHOWN, 1, MOST_SHOWN)
    held = []
    async with request.app[DATABASE].read() as conn:
        places = await rows.list_held(conn, wanted, _read_place(request.query.get("after")), limit + 1)
        shown = places[:limit]
        ids = sorted({place.article_id for place in shown})
        loaded, asked = await publishing.load(conn, ids), await list_questions(conn, ids)
        pairs = {number: await list_pairs(conn, number) for number in ids}
    for place in shown:
        one, language = loaded[place.article_id], place.language
        if language in one.versions:
            beside, questions = pairs[place.article_id].get(language), asked.get(place.article_id, [])
            held.append(desk.describe_held(one, language, beside, questions, site, now, whole=False))
    more = len(places) > limit
    return make_json({"held": held, "next": _write_place(shown[-1]) if more else None}, headers=PRIVATE)


async def get_held(request: web.Request) -> web.Response:
    """GET /v1/desk/{outlet}/{item}/{language}: one version, all of its sentences beside those of the source."""
    outlet, item, language = _read_address(request)
    async with request.app[DATABASE].read() as conn:
        row = await intake.find_mine(conn, outlet, item)
        one = (await publishing.load(conn, [row.id]))[row.id]
        version = one.versions.get(language)
        if version is None or version.article is None:
            raise problems.VersionNotFound(f"{outlet}/{item} has no parallel version in {language!r}")
        beside = (await list_pairs(conn, row.id)).get(language)
        asked = (await list_questions(conn, [row.id])).get(row.id, [])
    described = desk.describe_held(one, language, beside, asked, request[SITE], request.app[CLOCK](), whole=True)
    return make_json(described, headers=PRIVATE | {"ETag": described["etag"]})


async def post_verdict(request: web.Request) -> web.Response:
    """POST /v1/desk/{outlet}/{item}/{language}: {"action": "release" | "reject" | "ask", "note"}; If-Match."""
    outlet, item, language = _read_address(request)
    action, note = _read_verdict(await read_body(request, request[CONFIG].limits))
    now, config, who = request.app[CLOCK](), request[CONFIG], request[READER].id
    async with request.app[DATABASE].write() as conn:
        row = await intake.find_mine(conn, outlet, item)
        if_match = request.headers.get("If-Match")
        before, after = await desk.decide(conn, row, language, action, who, note, if_match, config, now)
    answer = {
        "outlet": outlet,
        "item": item,
        "language": language,
        "action": action,
        "changed": action == "ask" or before != after,
        "freshness": after.state if after.state != "ready" else "fresh",
        "reviewed": after.verdict == "released",
        "verdict": sets.describe_verdict(after) if after.verdict else None,
    }
    return make_json(answer, headers={"ETag": versioning.make_version_etag(after, row.head) or ""})


def _read_wanted(request: web.Request, config: Config) -> Wanted:
    """What the caller asks for, of what is theirs to look after. Raises InvalidParameter, NotFound."""
    query, outlets = request.query, list_outlets(request[READER], config)
    if (exchange := query.get("exchange")) is not None:
        if exchange not in config.exchanges:
            raise problems.NotFound(f"there is no exchange {exchange[:80]!r}")
        outlets &= set(config.exchanges[exchange].members)
    if (outlet := query.get("outlet")) is not None:
        outlets &= {outlet}
    language = query.get("language")
    if language is not None and not (is_tag(language) and normalise(language) in config.languages.configured):
        raise problems.InvalidParameter(f"language is one of {', '.join(config.languages.configured)}")
    reason = query.get("reason", "")
    is_check = reason not in REASONS
    return Wanted(
        outlets,
        None if language is None else (normalise(language),),
        check=reason if is_check else "",
        reason="" if is_check else REASONS[reason],
        verdict="rejected" if reason == "rejected" else "",
    )


def list_outlets(reader: Reader, config: Config) -> set[str]:
    """Whose held texts the reader may see. An outlet that has left the configuration has no desk."""
    return {outlet for outlet in config.outlets if visibility.may_manage(reader, outlet)}


def _read_address(request: web.Request) -> tuple[str, str, str]:
    tag = request.match_info["language"]
    return request.match_info["outlet"], request.match_info["item"], normalise(tag) if is_tag(tag) else tag


def _read_verdict(raw: bytes) -> tuple[Action, str]:
    """Raises MalformedDocument, InvalidDocument."""
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise problems.MalformedDocument(f"the body is not JSON: {error}") from error
    faults = list(_find_faults(body))
    if faults:
        raise problems.InvalidDocument("; ".join(f"{one.pointer} {one.detail}" for one in faults), errors=faults)
    return body["action"], body.get("note", "").strip()


def _find_faults(body: Any) -> list[Fault]:
    if not isinstance(body, dict) or set(body) - {"action", "note"}:
        return [Fault("", 'the body is `{"action": …, "note": …}` and nothing else')]
    actions, note = get_args(Action), body.get("note", "")
    faults = []
    if body.get("action") not in actions:
        faults.append(Fault("/action", f"must be one of {', '.join(actions)}"))
    if not isinstance(note, str) or len(note) > MOST_NOTE or find_forbidden(note):
        faults.append(Fault("/note", f"must be a text of at most {MOST_NOTE} characters, without control characters"))
    elif body.get("action") == "ask" and not note.strip():
        faults.append(Fault("/note", "must say what you ask"))
    return faults


def _write_place(place: Place) -> str:
    since = (place.since - EPOCH) // MICROSECOND
    return f"{place.urgency}-{since}-{place.article_id}-{place.language}"


def _read_place(after: str | None) -> Place | None:
    if after is None:
        return None
    urgency, _, rest = after.partition("-")
    since, _, rest = rest.partition("-")
    number, _, language = rest.partition("-")
    if not all(one.isascii() and one.isdigit() and len(one) < 18 for one in (urgency, since, number)):
        raise problems.InvalidParameter("after is the `next` of an earlier answer")
    return Place(int(urgency), _read_moment(int(since)), int(number), language)


def _read_moment(microseconds: int) -> datetime:
    try:
        return EPOCH + timedelta(microseconds=microseconds)
    except OverflowError as error:
        raise problems.InvalidParameter("after is the `next` of an earlier answer") from error
