"""Routings that one admin proposes and another one approves (server.approvals)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from aiohttp import web
from pydantic import Field

from server import problems, versioning
from server.api.operations import operation
from server.api.shapes.routing import ProposalShown, ProposalsShown
from server.handlers.routing_requests import describe_proposal, find_proposal, show_proposal
from server.keys import CLOCK, DATABASE, READER, RELOADER
from server.reloading import proposals
from server.reloading.parts import make_etag
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


@operation(query=ProposalsQuery, answers={200: ProposalsShown})
async def list_proposals(request: web.Request) -> web.Response:
    """GET /v1/routing/proposals: the newest first, each with its diff."""
    answer = await list_shown(request, read_query(request, ProposalsQuery))
    return make_json(answer, headers={"Cache-Control": "no-store"})


async def list_shown(request: web.Request, query: ProposalsQuery) -> ProposalsShown:
    async with request.app[DATABASE].read() as conn:
        found = list(await rows.list_proposals(conn, query.limit + 1, query.before))
    there, now = make_etag(request.app[RELOADER].part), request.app[CLOCK]()
    described = [describe_proposal(one, there, now) for one in found[: query.limit]]
    return {"proposals": described, "more": len(found) > query.limit}


async def list_open(request: web.Request) -> Sequence[tuple[datetime, bool]]:
    """(when it was made, whether it is outdated) of each that waits for a verdict."""
    async with request.app[DATABASE].read() as conn:
        found = await rows.list_open(conn, request.app[CLOCK]())
    there = make_etag(request.app[RELOADER].part)
    return [(at, base != there) for at, base in found]


@operation(answers={200: ProposalShown}, problems=(problems.NotFound,))
async def get_proposal(request: web.Request) -> web.Response:
    """GET /v1/routing/proposals/{number}: with the whole routing part."""
    return show_proposal(request, await find_proposal(request, request.match_info["number"]), whole=True)


@operation(body=VerdictBody, headers=("If-Match",), answers={200: ProposalShown}, problems=REFUSALS)
async def post_approval(request: web.Request) -> web.Response:
    """POST /v1/routing/proposals/{number}/approve: another admin agrees: it is in force when it is answered."""
    one, note = await _read_verdict(request)
    await approve_proposal(request, one, note)
    return show_proposal(request, await find_proposal(request, str(one.number)))


@operation(body=VerdictBody, headers=("If-Match",), answers={200: ProposalShown}, problems=REFUSALS)
async def post_rejection(request: web.Request) -> web.Response:
    """POST /v1/routing/proposals/{number}/reject: nothing comes of it."""
    one, note = await _read_verdict(request)
    await reject_proposal(request, one, note)
    return show_proposal(request, await find_proposal(request, str(one.number)))


async def approve_proposal(request: web.Request, one: Proposal, note: str) -> None:
    """Raises NotAllowed for who proposed it, and REFUSALS."""
    await proposals.approve(request.app[RELOADER], one, request[READER].id, note)


async def reject_proposal(request: web.Request, one: Proposal, note: str) -> None:
    """Raises NothingToApprove."""
    async with request.app[DATABASE].write() as conn:
        await proposals.reject(conn, one, request[READER].id, note, request.app[CLOCK]())


async def _read_verdict(request: web.Request) -> tuple[Proposal, str]:
    """What is decided about, and what is said of it. An If-Match is heeded, not needed: a proposal never changes."""
    note = (await read_json(request, VerdictBody)).note.strip()
    one = await find_proposal(request, request.match_info["number"])
    etag = proposals.make_proposal_etag(one, request.app[CLOCK]())
    versioning.check_etag(request.headers.get("If-Match"), None, etag, "proposal")
    return one, note
