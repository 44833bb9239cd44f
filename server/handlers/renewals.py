"""After a change of a glossary: machine versions with changed terms are counted, and made anew where that is wanted."""

from datetime import timedelta
from typing import Annotated

from aiohttp import web
from pydantic import Field
from typing_extensions import TypedDict

from server import audit, problems
from server.api.operations import operation
from server.keys import CLOCK, CONFIG, DATABASE
from server.requests import Digits, Flag, Query, read_query
from server.responses import make_json
from server.translation.glossary import FOR_ALL
from server.translation.renewing import AT_ONCE, MOST_RENEWED, list_outdated, load_changed, renew

USUAL_DAYS, MOST_DAYS = 7, 90


class RenewalQuery(Query):
    exchange: str = Field(FOR_ALL, description="Whose glossary has changed; without it, the one for all.")
    days: Annotated[int, Digits] = Field(USUAL_DAYS, ge=1, le=MOST_DAYS, description="Of changes, and of articles.")
    only_count: Flag = Field(False, description="Say how many there are, and leave them.")


class Renewal(TypedDict):
    terms: Annotated[int, Field(description="That have changed, old and new ones.")]
    outdated: Annotated[int, Field(description="Machine versions of articles with such a term.")]
    asked: Annotated[int, Field(description="Those that are made anew now.")]


@operation(query=RenewalQuery, answers={200: Renewal, 202: Renewal}, problems=(problems.NotFound,))
async def post_renewal(request: web.Request) -> web.Response:
    """POST /v1/glossary/retranslate: machine versions with changed terms are made anew, behind all that is new."""
    query, config = read_query(request, RenewalQuery), request[CONFIG]
    if query.exchange != FOR_ALL and query.exchange not in config.exchanges:
        raise problems.NotFound(f"there is no exchange {query.exchange[:80]!r}")
    answer = await renew_changed(request, query)
    return make_json(answer, status=202 if answer["asked"] else 200)


async def renew_changed(request: web.Request, query: RenewalQuery) -> Renewal:
    """For an exchange that there is, or FOR_ALL."""
    config = request[CONFIG]
    since, database = request.app[CLOCK]() - timedelta(days=query.days), request.app[DATABASE]
    async with database.read() as conn:
        changed = await load_changed(conn, query.exchange, since)
        found = [one async for one in list_outdated(conn, query.exchange, changed, since, config)]
    asked = 0
    wanted = [] if query.only_count else found[-MOST_RENEWED:]  # the newest
    for first in range(0, len(wanted), AT_ONCE):
        async with database.write() as conn:
            asked += await renew(conn, wanted[first : first + AT_ONCE], config, request.app[CLOCK]())
    if asked:
        async with database.write() as conn:
            said = {"days": query.days, "asked": asked, "outdated": len(found)}
            await audit.note(conn, "glossary.retranslate", query.exchange or "*", request.app[CLOCK](), after=said)
    return {"terms": len(changed.terms), "outdated": len(found), "asked": asked}
