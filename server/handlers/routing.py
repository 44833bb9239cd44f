"""The routing for admins: what is in force, another in its place, every one that ever was (CONTRACT §4)."""

import asyncio
import hashlib
from typing import Annotated

from aiohttp import web
from pydantic import Field

from server import problems, versioning
from server.api.operations import Content, operation
from server.api.shapes.routing import (
    ConfigFaultShown,
    ConfigVersion,
    ConfigVersions,
    ProposalShown,
    RoutingChanged,
    RoutingShown,
)
from server.configfile import ConfigFault
from server.configfile.routingfile import cut_routing
from server.handlers.routing_requests import (
    ROUTING,
    TOML,
    describe_version,
    make_change,
    read_toml,
    show_change,
)
from server.keys import DATABASE, LIVE, RELOADER, VERSION
from server.reloading.parts import make_etag
from server.requests import Digits, Query, read_query
from server.responses import is_unchanged, make_json
from server.serving.negotiation import pick_media_type
from server.store import configs
from server.store.configs import ConfigRow
from server.store.proposals import Proposal

USUAL_VERSIONS, MOST_VERSIONS = 20, 100
MOST_NUMBER = 2**31


class HistoryQuery(Query):
    before: Annotated[int, Digits] = Field(MOST_NUMBER, ge=1, le=MOST_NUMBER, description="Versions before this one.")
    limit: Annotated[int, Digits] = Field(USUAL_VERSIONS, ge=1, le=MOST_VERSIONS, description="So many at most.")


@operation(
    headers=("If-None-Match",), answers={200: Content({TOML: None, "application/json": RoutingShown}), 304: None}
)
async def get_routing(request: web.Request) -> web.Response:
    """GET /v1/routing: the routing part as TOML; as JSON, also why the file is not in force and what waits."""
    wants_json = pick_media_type(request.headers.get("Accept") or "*/*", (TOML, "application/json")) not in (TOML, None)
    part = request.app[RELOADER].part
    etag, refusal = make_etag(part), request.app[LIVE].refusal
    headers = {"ETag": etag, "Vary": "Accept, Authorization", "Cache-Control": "private, no-cache"}
    if refusal is not None:
        headers["Karvan-Refused"] = _make_header(refusal.faults[0])
    if wants_json:
        answer = describe_state(request)
        body = make_json(answer).body
        assert isinstance(body, bytes)
        headers["ETag"] = versioning.make_shown_etag(etag, hashlib.sha256(body).hexdigest())
        if is_unchanged(request, headers["ETag"], None):
            return web.Response(status=304, headers=headers)
        return make_json(answer, headers=headers)
    if is_unchanged(request, etag, None):
        return web.Response(status=304, headers=headers)
    headers["Content-Type"] = f"{TOML}; charset=utf-8"
    return web.Response(body=part.encode(), headers=headers)


@operation(
    headers=("If-Match", "If-None-Match"),
    body=ROUTING,
    answers={200: RoutingChanged, 202: ProposalShown},
    problems=(problems.PreconditionRequired, problems.ConfigurationFixed, problems.InvalidConfiguration),
)
async def put_routing(request: web.Request) -> web.Response:
    """PUT /v1/routing: another routing part for the file, in force when it is answered, or proposed; If-Match."""
    if_match = request.headers.get("If-Match")
    if if_match is None:
        raise problems.PreconditionRequired("If-Match: the ETag of the routing that you have seen")
    part = await read_toml(request)
    return show_change(request, await put_part(request, part, if_match, request.headers.get("If-None-Match")))


async def put_part(
    request: web.Request, part: str, if_match: str, if_none_match: str | None = None
) -> Proposal | RoutingChanged:
    """Raises PreconditionFailed, and what `make_change` raises."""

    def check(there: str) -> None:
        versioning.check_etag(if_match, if_none_match, make_etag(there), "routing")

    return await make_change(request, part, check)


@operation(query=HistoryQuery, answers={200: ConfigVersions})
async def list_history(request: web.Request) -> web.Response:
    """GET /v1/routing/history: every version that was in force, the newest first, each with what it changed."""
    shown = await list_versions(request, read_query(request, HistoryQuery))
    return make_json(shown, headers={"Cache-Control": "no-store"})


async def list_versions(request: web.Request, query: HistoryQuery) -> ConfigVersions:
    async with request.app[DATABASE].read() as conn:
        rows = list(await configs.list_configs(conn, query.limit + 1, query.before))
    described = [_describe_row(row, request[VERSION].number) for row in rows[: query.limit]]
    return {"versions": described, "more": len(rows) > query.limit}


@operation(answers={200: ConfigVersion})
async def get_version(request: web.Request) -> web.Response:
    """GET /v1/routing/history/{number}: with the whole file as it was, without its secrets."""
    answer = await show_version(request, request.match_info["number"])
    return make_json(answer, headers={"Cache-Control": "no-store"})


async def show_version(request: web.Request, given: str) -> ConfigVersion:
    """With the whole file as it was. Raises NotFound."""
    row = await _find_version(request, given)
    return {**_describe_row(row, request[VERSION].number), "text": row.text}


@operation(
    headers=("If-Match",),
    answers={200: RoutingChanged, 202: ProposalShown},
    problems=(problems.ConfigurationFixed, problems.InvalidConfiguration),
)
async def post_restore(request: web.Request) -> web.Response:
    """POST /v1/routing/history/{number}/restore: that routing part once more, as a new version or proposal."""
    if_match = request.headers.get("If-Match", "*")
    return show_change(request, await restore_version(request, request.match_info["number"], if_match))


async def restore_version(request: web.Request, given: str, if_match: str) -> Proposal | RoutingChanged:
    """Raises NotFound, InvalidConfiguration, and what `put_part` raises."""
    row = await _find_version(request, given)
    if not row.text:
        raise problems.InvalidConfiguration(f"version {row.number} was kept without its text: nothing can be restored")
    return await put_part(request, await asyncio.to_thread(cut_routing, row.text), if_match)


async def _find_version(request: web.Request, given: str) -> ConfigRow:
    """The version of this number. Raises NotFound."""
    row = None
    if given.isascii() and given.isdigit() and len(given) < 10:
        async with request.app[DATABASE].read() as conn:
            row = await configs.find_config(conn, int(given))
    if row is None:
        raise problems.NotFound(f"there is no version {given[:20]!r} of the configuration")
    return row


def describe_state(request: web.Request) -> RoutingShown:
    """What is in force, why the file is not, what waits."""
    live, part = request.app[LIVE], request.app[RELOADER].part
    refusal = live.refusal
    return {
        **describe_version(request[VERSION]),
        "etag": make_etag(part),
        "text": part,
        "restart": list(live.restart),
        "refused": None
        if refusal is None
        else {"at": refusal.at, "faults": [_describe_fault(fault) for fault in refusal.faults]},
    }


def _describe_fault(fault: ConfigFault) -> ConfigFaultShown:
    return {
        "option": ".".join(map(str, fault.option)),
        "line": fault.line or None,
        "column": fault.column or None,
        "reason": fault.reason,
    }


def _make_header(fault: ConfigFault) -> str:
    """A fault in one line of ASCII."""
    return " ".join(str(fault).encode("ascii", "backslashreplace").decode().split())[:400]


def _describe_row(row: ConfigRow, current: int) -> ConfigVersion:
    return {
        "number": row.number,
        "author": row.author,
        "at": row.created_at,
        "digest": row.digest,
        "current": row.number == current,
        "diff": row.diff,
    }
