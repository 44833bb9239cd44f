"""What calls about the routing share: a part that is read, a proposal that is named, how a change is answered."""

from collections.abc import Callable, Mapping
from datetime import datetime

from aiohttp import web

from server import problems
from server.api.operations import Content
from server.api.shapes.routing import ProposalShown, RoutingChanged, VersionNamed
from server.configfile.live import Version, get_digest
from server.keys import CLOCK, CONFIG, DATABASE, KEY_ID, LIVE, READER, RELOADER
from server.reloading import proposals
from server.reloading.parts import make_etag
from server.requests import read_body
from server.responses import make_json
from server.store.proposals import Proposal

TOML = "application/toml"
ROUTING = Content(dict.fromkeys((TOML, "text/plain", "application/octet-stream")))


async def read_toml(request: web.Request) -> str:
    """The body as text. Raises UnsupportedFormat, InvalidConfiguration."""
    if request.content_type not in ROUTING.types:
        raise problems.UnsupportedFormat(f"routing comes as {TOML}, not {request.content_type}")
    raw = await read_body(request, request[CONFIG].limits)
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise problems.InvalidConfiguration(f"it is not UTF-8: {error}") from error


async def find_proposal(request: web.Request, given: str) -> Proposal:
    """The proposal of this number. Raises NotFound."""
    if not (given.isascii() and given.isdigit() and len(given) < 10):
        raise problems.NotFound(f"there is no proposal {given[:20]!r}")
    async with request.app[DATABASE].read() as conn:
        return await proposals.get_proposal(conn, int(given))


async def make_change(request: web.Request, part: str, check: Callable[[str], None]) -> Proposal | RoutingChanged:
    """Another routing in force, or proposed where it takes two admins; both may change nothing.

    Raises what `check` raises, InvalidConfiguration, ConfigurationFixed.
    """
    reloader = request.app[RELOADER]
    if request[CONFIG].server.approvals > 1:
        one = await proposals.propose(reloader, part, check, request[READER].id, request[KEY_ID])
        if one is not None:
            return one
        version, is_changed = request.app[LIVE].current, False
    else:
        version, is_changed = await reloader.put(part, check, request[KEY_ID])
    return {**describe_version(version), "changed": is_changed}


def show_change(request: web.Request, made: Proposal | RoutingChanged) -> web.Response:
    """What is in force (200), or proposed (202)."""
    if isinstance(made, Proposal):
        place = {"Location": f"/v1/routing/proposals/{made.number}"}
        return show_proposal(request, made, status=202, headers=place)
    return make_json(made, headers={"ETag": make_etag(request.app[RELOADER].part)})


def show_proposal(
    request: web.Request,
    one: Proposal,
    *,
    whole: bool = False,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    now = request.app[CLOCK]()
    etag = proposals.make_proposal_etag(one, now)
    answer = describe_proposal(one, make_etag(request.app[RELOADER].part), now, whole=whole)
    return make_json(answer, status=status, headers={"ETag": etag, "Cache-Control": "no-store", **(headers or {})})


def describe_proposal(one: Proposal, there: str, now: datetime, *, whole: bool = False) -> ProposalShown:
    """`there`: the ETag of the routing in force, `whole`: with its text."""
    state = one.get_state(now)
    said: ProposalShown = {
        "proposal": one.number,
        "state": state,
        "outdated": state == "open" and one.base != there,
        "by": one.who,
        "key": one.key_id,
        "at": one.created_at,
        "expires_at": one.expires_at,
        "base": one.base,
        "diff": one.diff,
        "decided_by": one.decided_by or None,
        "decided_at": one.decided_at,
        "note": one.note or None,
        "number": one.version,
    }
    if whole:
        said["text"] = one.part
    return said


def describe_version(version: Version) -> VersionNamed:
    return {"number": version.number, "digest": get_digest(version.config)}
