"""Invitations that nobody has exchanged for a key yet: admins see and withdraw them."""

from datetime import datetime

from aiohttp import web
from typing_extensions import TypedDict

from server import credentials, problems
from server.api.operations import operation
from server.keys import CLOCK, DATABASE
from server.responses import make_json
from server.store import keys
from server.store.keys import Invitation

PRIVATE = {"Cache-Control": "private, no-store", "Vary": "Authorization"}


class ShownInvitation(TypedDict):
    """Never the token. `days`: how long its key will be good; `scopes`: empty for all that its owner may."""

    id: str
    owner: str
    scopes: list[str]
    label: str | None
    days: int | None
    by: str
    created_at: datetime
    expires_at: datetime


class ShownInvitations(TypedDict):
    invitations: list[ShownInvitation]


@operation(answers={200: ShownInvitations})
async def list_invitations(request: web.Request) -> web.Response:
    """GET /v1/keys/invitations: those that are open, the oldest first."""
    return make_json(await find_invitations(request), headers=PRIVATE)


async def find_invitations(request: web.Request) -> ShownInvitations:
    async with request.app[DATABASE].read() as conn:
        found = await keys.list_invitations(conn, request.app[CLOCK]())
    return {"invitations": [describe_invitation(one) for one in found]}


@operation(answers={204: None}, problems=(problems.NotFound,))
async def delete_invitation(request: web.Request) -> web.Response:
    """DELETE /v1/keys/invitations/{id}: it cannot be exchanged any more; 204."""
    await withdraw_invitation(request, request.match_info["id"])
    return web.Response(status=204)


async def withdraw_invitation(request: web.Request, number: str) -> None:
    """Raises NotFound where it is not open."""
    async with request.app[DATABASE].write() as conn:
        await credentials.withdraw(conn, number, request.app[CLOCK]())


def describe_invitation(one: Invitation) -> ShownInvitation:
    return {
        "id": one.id,
        "owner": one.owner,
        "scopes": one.scopes.split(),
        "label": one.label or None,
        "days": one.days,
        "by": one.created_by,
        "created_at": one.created_at,
        "expires_at": one.expires_at,
    }
