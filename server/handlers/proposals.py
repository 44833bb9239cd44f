"""Routings that one admin proposes and another one approves (server.approvals)."""

from collections.abc import Callable
from typing import Annotated, Any

from aiohttp import web
from pydantic import Field
from typing_extensions import TypedDict

from server import problems, versioning
from server.api.operations import operation
from server.api.shapes.routing import RoutingChanged
from server.configfile.live import get_digest
from server.configfile.routingfile import cut_routing
from server.keys import CLOCK, CONFIG, DATABASE, KEY_ID, LIVE, READER, RELOADER
from server.reloading import proposals
from server.reloading.parts import make_etag
from server.reloading.proposals import Described
from server.requests import Body, Digits, Query, Text, read_json, read_query
from server.responses import make_json
from server.store import proposals as rows
from server.store.proposals import Proposal

USUAL_SHOWN, MOST_SHOWN = 20, 100
MOST_NUMBER, MOST_NOTE = 2**31, 2_000


REFUSALS = (
    problems.NotFound,
    problems.PreconditionFailed,
    problems.NothingToApprove,
    problems.ConfigurationFixed,
    problems.InvalidConfiguration,
)


class ProposalsQuery(Query):
    """Which proposals are shown: the newest `limit` of those with lower numbers than `before`."""

    before: Annotated[int, Digits] = Field(MOST_NUMBER, ge=1, le=MOST_NUMBER, description="Proposals before this one.")
    limit: Annotated[int, Digits] = Field(USUAL_SHOWN, ge=1, le=MOST_SHOWN, description="So many at most.")


class VerdictBody(Body):
    """What is said of a proposal that is approved or rejected."""

    note: Text = Field("", max_length=MOST_NOTE)


async def change_routing(request: web.Request, part: str, check: Callable[[str], None]) -> web.Response:
    """Another routing in force (200), or proposed (202) where it takes two admins; both may change nothing (200)."""
    reloader, before = request.app[RELOADER], request.app[LIVE].current
    if request[CONFIG].server.approvals > 1:
        one = await proposals.propose(reloader, part, check, request[READER].id, request[KEY_ID])
        if one is not None:
            place = {"Location": f"/v1/routing/proposals/{one.number}"}
            return _show(request, one, status=202, headers=place)
        version = request.app[LIVE].current
    else:
        version = await reloader.put(part, check, request[KEY_ID])
    answer: RoutingChanged = {
        "number": version.number,
        "digest": get_digest(version.config),
        "changed": version is not before,
    }
    return make_json(answer, headers={"ETag": make_etag(cut_routing(reloader.text))})


class Proposals(TypedDict):
    proposals: list[Described]
    more: bool


@operation(query=ProposalsQuery, answers={200: Proposals})
async def list_proposals(request: web.Request) -> web.Response:
    """GET /v1/routing/proposals: the newest first, each with its diff."""
    query = read_query(request, ProposalsQuery)
    async with request.app[DATABASE].read() as conn:
        found = list(await rows.list_proposals(conn, query.limit + 1, query.before))
    there, now = _get_base(request), request.app[CLOCK]()
    described = [proposals.describe(one, there, now) for one in found[: query.limit]]
    return make_json({"proposals": described, "more": len(found) > query.limit}, headers={"Cache-Control": "no-store"})


@operation(answers={200: Described}, problems=(problems.NotFound,))
async def get_proposal(request: web.Request) -> web.Response:
    """GET /v1/routing/proposals/{number}: with the whole routing part."""
    return _show(request, await find_proposal(request, request.match_info["number"]), whole=True)


@operation(body=VerdictBody, headers=("If-Match",), answers={200: Described}, problems=REFUSALS)
async def post_approval(request: web.Request) -> web.Response:
    """POST /v1/routing/proposals/{number}/approve: another admin agrees: it is in force when it is answered."""
    one, note = await _read_verdict(request)
    await proposals.approve(request.app[RELOADER], one, request[READER].id, note)
    return _show(request, await find_proposal(request, str(one.number)))


@operation(body=VerdictBody, headers=("If-Match",), answers={200: Described}, problems=REFUSALS)
async def post_rejection(request: web.Request) -> web.Response:
    """POST /v1/routing/proposals/{number}/reject: nothing comes of it."""
    one, note = await _read_verdict(request)
    async with request.app[DATABASE].write() as conn:
        await proposals.reject(conn, one, request[READER].id, note, request.app[CLOCK]())
    return _show(request, await find_proposal(request, str(one.number)))


async def find_proposal(request: web.Request, given: str) -> Proposal:
    """The proposal of this number. Raises NotFound."""
    if not (given.isascii() and given.isdigit() and len(given) < 10):
        raise problems.NotFound(f"there is no proposal {given[:20]!r}")
    async with request.app[DATABASE].read() as conn:
        return await proposals.get_proposal(conn, int(given))


async def _read_verdict(request: web.Request) -> tuple[Proposal, str]:
    """What is decided about, and what is said of it. An If-Match is heeded, not needed: a proposal never changes."""
    note = (await read_json(request, VerdictBody)).note.strip()
    one = await find_proposal(request, request.match_info["number"])
    etag = proposals.make_proposal_etag(one, request.app[CLOCK]())
    versioning.check_etag(request.headers.get("If-Match"), None, etag, "proposal")
    return one, note


def _get_base(request: web.Request) -> str:
    """The ETag of the routing in force."""
    return make_etag(cut_routing(request.app[RELOADER].text))


def _show(request: web.Request, one: Proposal, *, whole: bool = False, status: int = 200, **more: Any) -> web.Response:
    now = request.app[CLOCK]()
    headers = {"ETag": proposals.make_proposal_etag(one, now), "Cache-Control": "no-store", **more.get("headers", {})}
    answer = proposals.describe(one, _get_base(request), now, whole=whole)
    return make_json(answer, status=status, headers=headers)
