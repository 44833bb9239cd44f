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
    async with request.app[DATABASE].read() as conn:
        found = await keys.list_invitations(conn, request.app[CLOCK]())
    return make_json({"invitations": [describe_invitation(one) for one in found]}, headers=PRIVATE)


@operation(answers={204: None}, problems=(problems.NotFound,))
async def delete_invitation(request: web.Request) -> web.Response:
    """DELETE /v1/keys/invitations/{id}: it cannot be exchanged any more; 204."""
    async with request.app[DATABASE].write() as conn:
        await credentials.withdraw(conn, request.match_info["id"], request.app[CLOCK]())
    return web.Response(status=204)


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
