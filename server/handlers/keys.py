"""Keys over HTTP: admins issue, revoke and invite; everybody sees and rotates their own (CONTRACT §4)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Annotated

from aiohttp import web
from pydantic import Field

from feeds import Fault
from server import credentials, problems
from server.api.operations import operation
from server.api.shapes.credentials import InvitationMade, KeyMade, KeyShown, KeysShown
from server.credentials import Role
from server.keys import CLOCK, CONFIG, DATABASE, KEYRING, READER
from server.reloading import proposals
from server.requests import Body, Query, Text, read_json, read_query, refuse
from server.responses import make_json
from server.store import keys
from server.store.keys import KeyRow
from server.visibility import ANYONE, Reader

MOST_DAYS, MOST_HOURS, MOST_LABEL = 36_500, 24 * 365, 200
USUAL_OVERLAP, USUAL_INVITATION = 24, 72  # hours
PRIVATE = {"Cache-Control": "private, no-store", "Vary": "Authorization"}


Label = Annotated[Text, Field("", max_length=MOST_LABEL, description="A word about it for people.")]
Days = Annotated[int | None, Field(None, ge=1, le=MOST_DAYS, description="That it is good for; else for good.")]
Owner = Annotated[Text, Field(description="An outlet, a subscriber, an editor or an admin.", examples=["caravan-wire"])]
Scopes = Annotated[list[Text], Field([], description="Of `read`, `push`, `edit`, `admin`; else all of them.")]


class KeysQuery(Query):
    owner: str | None = Field(None, description="Only those of this owner; for admins.")


class KeyWanted(Body):
    owner: Owner
    days: Days
    scopes: Scopes
    label: Label


class InvitationWanted(KeyWanted):
    hours: int = Field(USUAL_INVITATION, ge=1, le=MOST_HOURS, description="That the invitation is good for.")


class RotationWanted(Body):
    overlap_hours: int = Field(USUAL_OVERLAP, ge=0, le=MOST_HOURS, description="So long the old one still opens.")


class AcceptanceWanted(Body):
    token: Text = Field(description="That of the invitation.")


@operation(query=KeysQuery, answers={200: KeysShown}, problems=(problems.KeyRequired,))
async def list_keys(request: web.Request) -> web.Response:
    """GET /v1/keys: all for admins, one's own for others; never the keys themselves."""
    query = read_query(request, KeysQuery)
    reader = _require(request)
    rows = await load_keys(request, query.owner if reader.role == "admin" else reader.id)
    shown: list[KeyShown] = [{**describe_key(row), "used_at": row.used_at} for row in rows]
    return make_json(KeysShown(keys=shown), headers=PRIVATE)


async def load_keys(request: web.Request, owner: str | None = None) -> Sequence[KeyRow]:
    """All, or those of an owner, the oldest first; `used_at` is up to this moment."""
    async with request.app[DATABASE].read() as conn:
        rows = await keys.list_keys(conn, owner)
    uses = request.app[KEYRING].uses
    return [replace(row, used_at=uses.get(row.id) or row.used_at) for row in rows]


@operation(body=KeyWanted, answers={201: KeyMade})
async def post_key(request: web.Request) -> web.Response:
    """POST /v1/keys: a key for an owner, which is not shown again."""
    return _show(await issue_key(request, await read_json(request, KeyWanted)))


async def issue_key(request: web.Request, wanted: KeyWanted) -> KeyMade:
    """Raises InvalidDocument, NotAllowed."""
    owner, role, scopes = _read_owner(request, wanted)
    proposals.check_keys_of(owner, request[READER].id, request[CONFIG])
    days, label = wanted.days, wanted.label
    async with request.app[DATABASE].write() as conn:
        now = request.app[CLOCK]()
        made = await credentials.issue_key(conn, owner, role, now, days=days, scopes=scopes, label=label)
    return _tell(*made)


@operation(answers={204: None})
async def delete_key(request: web.Request) -> web.Response:
    """DELETE /v1/keys/{id}: it opens nothing any more."""
    await revoke_key(request, request.match_info["id"])
    return web.Response(status=204)


async def revoke_key(request: web.Request, key_id: str) -> None:
    """Raises NotFound."""
    async with request.app[DATABASE].write() as conn:
        row = await keys.get_key(conn, key_id)
        if row is None:
            raise problems.NotFound("there is no such key")
        await credentials.revoke_keys(conn, row.id, request.app[CLOCK]())


@operation(body=RotationWanted, answers={201: KeyMade}, problems=(problems.KeyRequired, problems.KeyIsOver))
async def post_rotation(request: web.Request) -> web.Response:
    """POST /v1/keys/{id}/rotation: another key in the place of one; the old one opens for some hours more."""
    _require(request)
    return _show(await rotate_key(request, request.match_info["id"], await read_json(request, RotationWanted)))


async def rotate_key(request: web.Request, key_id: str, wanted: RotationWanted) -> KeyMade:
    """Raises NotFound, NotAllowed, KeyIsOver."""
    reader, overlap = request[READER], timedelta(hours=wanted.overlap_hours)
    async with request.app[DATABASE].write() as conn:
        row, now = await keys.get_key(conn, key_id), request.app[CLOCK]()
        if row is None or (reader.role != "admin" and row.owner != reader.id):
            raise problems.NotFound("there is no such key of yours")
        proposals.check_keys_of(row.owner, reader.id, request[CONFIG])
        if row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now):
            raise problems.KeyIsOver("ask for a new one")
        made = await credentials.rotate_key(conn, row, now, overlap)
    return _tell(*made)


@operation(body=InvitationWanted, answers={201: InvitationMade})
async def post_invitation(request: web.Request) -> web.Response:
    """POST /v1/keys/invitations: a token that is good for one key."""
    answer = await invite(request, await read_json(request, InvitationWanted))
    return make_json(answer, status=201, headers=PRIVATE)


async def invite(request: web.Request, wanted: InvitationWanted) -> InvitationMade:
    """Raises InvalidDocument, NotAllowed."""
    owner, _, scopes = _read_owner(request, wanted)
    proposals.check_keys_of(owner, request[READER].id, request[CONFIG])
    lifetime, by = timedelta(hours=wanted.hours), request[READER].id
    days, label = wanted.days, wanted.label
    async with request.app[DATABASE].write() as conn:
        now = request.app[CLOCK]()
        one, token = await credentials.invite(conn, owner, now, lifetime, by=by, days=days, scopes=scopes, label=label)
    return {"id": one.id, "owner": owner, "token": token, "expires_at": one.expires_at}


@operation(body=AcceptanceWanted, answers={201: KeyMade}, problems=(problems.InvitationRejected,))
async def post_acceptance(request: web.Request) -> web.Response:
    """POST /v1/keys/accept: the key that an invitation is good for; once."""
    token = (await read_json(request, AcceptanceWanted)).token
    async with request.app[DATABASE].write() as conn:
        made = await credentials.accept(conn, token, request[CONFIG], request.app[CLOCK]())
    return _show(_tell(*made))


def describe_key(row: KeyRow) -> KeyShown:
    return {
        "id": row.id,
        "owner": row.owner,
        "role": row.role,
        "scopes": sorted(credentials.get_scopes(row)),
        "label": row.label or None,
        "created_at": row.created_at,
        "expires_at": row.expires_at,
        "revoked_at": row.revoked_at,
    }


def _tell(row: KeyRow, key: str) -> KeyMade:
    return {**describe_key(row), "key": key}


def _show(made: KeyMade) -> web.Response:
    return make_json(made, status=201, headers=PRIVATE)


def _require(request: web.Request) -> Reader:
    reader = request[READER]
    if reader == ANYONE:
        raise problems.KeyRequired("send your key: `Authorization: Bearer …`", headers=problems.CHALLENGE)
    return reader


def _read_owner(request: web.Request, body: KeyWanted) -> tuple[str, Role, tuple[str, ...]]:
    """The owner, its role, and the scopes. Raises InvalidDocument."""
    role = credentials.find_role(body.owner, request[CONFIG])
    if role is None:
        raise refuse(Fault("/owner", "must be an outlet, a subscriber, an editor or an admin"))
    if fault := credentials.find_scope_fault(body.scopes, role):
        raise refuse(Fault("/scopes", fault))
    return body.owner, role, tuple(sorted(set(body.scopes)))
