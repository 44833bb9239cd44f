"""The desk for editors: what is held and why; release, reject, ask the outlet (CONTRACT §4)."""

from collections.abc import Sequence
from dataclasses import astuple
from datetime import datetime, timedelta
from typing import Annotated

from aiohttp import web
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection

from feeds import Fault
from server import desk, entries, intake, problems, visibility
from server.api.operations import operation
from server.api.shapes.desk import Desk, HeldShown, VerdictGiven
from server.config import Config
from server.holding import Action, Said
from server.keys import CLOCK, CONFIG, DATABASE, READER, SITE
from server.requests import Body, Digits, Query, Tag, Text, read_json, read_query, refuse
from server.responses import make_json
from server.routing import get_program
from server.store import desk as rows
from server.store.desk import Place, Wanted
from server.store.holds import count_held_articles, find_hold, list_held_articles, list_holds
from server.store.pairs import list_pairs
from server.store.questions import list_questions
from server.store.schema import EPOCH, MICROSECOND
from server.visibility import Reader
from translators.languages import is_tag, normalise

MOST_SHOWN, USUAL_SHOWN = 200, 50
MOST_NOTE = 2_000
REASONS = {"quality": "quality is not published unseen", "route": "its routes hold", "rejected": ""}
PRIVATE = {"Cache-Control": "private, no-store", "Vary": "Authorization"}


class DeskQuery(Query):
    exchange: str | None = Field(None, description="Only of its members.")
    outlet: str | None = Field(None, description="Only of this outlet.")
    language: Tag | None = Field(None, description="Only in this language.")
    reason: str = Field("", description="The name of a check, `quality`, `route`, or `rejected`.")
    after: str | None = Field(None, description="The `next` of the answer before.")
    limit: Annotated[int, Digits] = Field(USUAL_SHOWN, ge=1, le=MOST_SHOWN, description="So many at most.")


class VerdictWanted(Body):
    action: Action = Field(description="`ask` sends the outlet the note.")
    note: Text = Field("", max_length=MOST_NOTE)


@operation(query=DeskQuery, answers={200: Desk}, problems=(problems.NotFound,))
async def list_desk(request: web.Request) -> web.Response:
    """GET /v1/desk: what is held and why: the urgent first, then what has waited longest."""
    query = read_query(request, DeskQuery)
    config, now, site = request[CONFIG], request.app[CLOCK](), request[SITE]
    wanted, limit = _make_wanted(query, request[READER], config), query.limit
    held = []
    async with request.app[DATABASE].read() as conn:
        places = await _list_places(conn, wanted, _read_place(query.after), limit + 1, config)
        shown = places[:limit]
        ids = sorted({place.article_id for place in shown})
        loaded, asked = await entries.load(conn, ids), await list_questions(conn, ids)
        pairs = {number: await list_pairs(conn, number) for number in ids}
        holds = await list_holds(conn, ids)
    for place in shown:
        one, language = loaded[place.article_id], place.language
        if language == one.article.head.article.language:
            hold, questions = holds[place.article_id], asked.get(place.article_id, [])
            held.append(desk.describe_article(one, hold, questions, site, now))
        elif language in one.versions:
            beside, questions = pairs[place.article_id].get(language), asked.get(place.article_id, [])
            held.append(desk.describe_held(one, language, beside, questions, site, now, whole=False))
    more = len(places) > limit
    return make_json({"held": held, "next": _write_place(shown[-1]) if more else None}, headers=PRIVATE)


@operation(answers={200: HeldShown}, problems=(problems.ArticleNotFound, problems.VersionNotFound))
async def get_held(request: web.Request) -> web.Response:
    """GET /v1/desk/{outlet}/{item}/{language}: one version, all of its sentences beside those of the source."""
    outlet, item, language = _read_address(request)
    async with request.app[DATABASE].read() as conn:
        row = await intake.find_mine(conn, outlet, item)
        one = (await entries.load(conn, [row.id]))[row.id]
        version, hold = one.versions.get(language), await find_hold(conn, row.id)
        is_article = hold is not None and language == row.head.article.language
        if not is_article and (version is None or version.article is None):
            raise problems.VersionNotFound(f"{outlet}/{item} has no parallel version in {language!r}")
        beside = (await list_pairs(conn, row.id)).get(language)
        asked = (await list_questions(conn, [row.id])).get(row.id, [])
    site, now = request[SITE], request.app[CLOCK]()
    if hold is not None and is_article:
        described = desk.describe_article(one, hold, asked, site, now)
    else:
        described = desk.describe_held(one, language, beside, asked, site, now, whole=True)
    return make_json(described, headers=PRIVATE | {"ETag": described["etag"]})


@operation(
    body=VerdictWanted,
    headers=("If-Match",),
    answers={200: VerdictGiven},
    problems=(
        problems.ArticleNotFound,
        problems.VersionNotFound,
        problems.NothingToDecide,
        problems.PreconditionRequired,
    ),
)
async def post_verdict(request: web.Request) -> web.Response:
    """POST /v1/desk/{outlet}/{item}/{language}: release it, reject it, or ask the outlet."""
    outlet, item, language = _read_address(request)
    body = await read_json(request, VerdictWanted)
    action, note = body.action, body.note.strip()
    if action == "ask" and not note:
        raise refuse(Fault("/note", "must say what you ask"))
    said = Said(action, request[READER].id, note, request.headers.get("If-Match"), request.app[CLOCK]())
    async with request.app[DATABASE].write() as conn:
        row = await intake.find_mine(conn, outlet, item)
        decide = desk.decide_article if language == row.head.article.language else desk.decide
        given = await decide(conn, row, language, said, request[CONFIG])
    answer: VerdictGiven = {
        "outlet": outlet,
        "item": item,
        "language": language,
        "action": action,
        "changed": given.changed,
        "freshness": given.freshness,
        "reviewed": given.verdict is not None and given.verdict["verdict"] == "released",
        "verdict": given.verdict,
    }
    return make_json(answer, headers={"ETag": given.etag})


async def _list_places(
    conn: AsyncConnection, wanted: Wanted, after: Place | None, limit: int, config: Config
) -> Sequence[Place]:
    """Texts that are held, and articles that are as a whole, in the order of the desk."""
    held = list(await rows.list_held(conn, wanted, after, limit))
    if get_program(config).holds:
        held += await list_held_articles(conn, wanted, after, limit)
    return sorted(held, key=astuple)[:limit]


async def count_places(conn: AsyncConnection, reader: Reader, config: Config) -> tuple[int, datetime | None]:
    """How many texts and whole articles wait on the reader's desk, and since when the oldest."""
    wanted = Wanted(list_outlets(reader, config))
    found = [await rows.count_held(conn, wanted)]
    if get_program(config).holds:
        found.append(await count_held_articles(conn, wanted))
    return sum(number for number, _ in found), min((since for _, since in found if since), default=None)


def _make_wanted(query: DeskQuery, reader: Reader, config: Config) -> Wanted:
    """What the caller asks for, of what is theirs to look after. Raises InvalidParameter, NotFound."""
    outlets = list_outlets(reader, config)
    if (exchange := query.exchange) is not None:
        if exchange not in config.exchanges:
            raise problems.NotFound(f"there is no exchange {exchange[:80]!r}")
        outlets &= set(config.exchanges[exchange].members)
    if query.outlet is not None:
        outlets &= {query.outlet}
    language, reason = query.language, query.reason
    if language is not None and language not in config.languages.configured:
        raise problems.InvalidParameter(f"language is one of {', '.join(config.languages.configured)}")
    is_check = reason not in REASONS
    return Wanted(
        outlets,
        None if language is None else (language,),
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
