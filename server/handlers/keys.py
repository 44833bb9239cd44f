"""Keys over HTTP: admins issue, revoke and invite; everybody sees and rotates their own (CONTRACT §4)."""

from datetime import timedelta
from typing import Any

import orjson
from aiohttp import web

from feeds import Fault
from feeds.text import find_forbidden
from server import credentials, problems
from server.handlers.items import check_names
from server.keys import CLOCK, CONFIG, DATABASE, KEYRING, READER
from server.responses import make_json, read_body
from server.store import keys
from server.store.keys import KeyRow
from server.visibility import ANYONE, Reader

MOST_DAYS, MOST_HOURS, MOST_LABEL = 36_500, 24 * 365, 200
USUAL_OVERLAP, USUAL_INVITATION = 24, 72  # hours
PRIVATE = {"Cache-Control": "private, no-store", "Vary": "Authorization"}


async def list_keys(request: web.Request) -> web.Response:
    """GET /v1/keys: ?owner=; all for admins, one's own for others; never the keys themselves."""
    check_names(request.query, ("owner",))
    reader = _require(request)
    owner = request.query.get("owner") if reader.role == "admin" else reader.id
    async with request.app[DATABASE].read() as conn:
        rows = await keys.list_keys(conn, owner)
    uses = request.app[KEYRING].uses
    return make_json({"keys": [describe_key(row) | _describe_use(row, uses) for row in rows]}, headers=PRIVATE)


async def post_key(request: web.Request) -> web.Response:
    """POST /v1/keys: {"owner", "days", "scopes", "label"}; 201 with the key, which is not shown again."""
    body = await _read_object(request, ("owner", "days", "scopes", "label"))
    owner, role, scopes = _read_owner(request, body)
    days, label = _read_number(body, "days", MOST_DAYS), _read_label(body)
    async with request.app[DATABASE].write() as conn:
        now = request.app[CLOCK]()
        made = await credentials.issue_key(conn, owner, role, now, days=days, scopes=scopes, label=label)
    return _show(*made)


async def delete_key(request: web.Request) -> web.Response:
    """DELETE /v1/keys/{id}: it opens nothing any more; 204."""
    async with request.app[DATABASE].write() as conn:
        row = await keys.get_key(conn, request.match_info["id"])
        if row is None:
            raise problems.NotFound("there is no such key")
        await credentials.revoke_keys(conn, row.id, request.app[CLOCK]())
    return web.Response(status=204)


async def post_rotation(request: web.Request) -> web.Response:
    """POST /v1/keys/{id}/rotation: {"overlap_hours"}; 201 with another key; the old one ends after so many hours."""
    reader = _require(request)
    body = await _read_object(request, ("overlap_hours",))
    hours = _read_number(body, "overlap_hours", MOST_HOURS, least=0)
    async with request.app[DATABASE].write() as conn:
        row, now = await keys.get_key(conn, request.match_info["id"]), request.app[CLOCK]()
        if row is None or (reader.role != "admin" and row.owner != reader.id):
            raise problems.NotFound("there is no such key of yours")
        if row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now):
            raise problems.KeyIsOver("ask for a new one")
        overlap = timedelta(hours=USUAL_OVERLAP if hours is None else hours)
        made = await credentials.rotate_key(conn, row, now, overlap)
    return _show(*made)


async def post_invitation(request: web.Request) -> web.Response:
    """POST /v1/keys/invitations: {"owner", "hours", "days", "scopes", "label"}; 201 with a token for one key."""
    body = await _read_object(request, ("owner", "hours", "days", "scopes", "label"))
    owner, _, scopes = _read_owner(request, body)
    days, label = _read_number(body, "days", MOST_DAYS), _read_label(body)
    lifetime = timedelta(hours=_read_number(body, "hours", MOST_HOURS) or USUAL_INVITATION)
    by = request[READER].id
    async with request.app[DATABASE].write() as conn:
        now = request.app[CLOCK]()
        one, token = await credentials.invite(conn, owner, now, lifetime, by=by, days=days, scopes=scopes, label=label)
    answer = {"id": one.id, "owner": owner, "token": token, "expires_at": one.expires_at}
    return make_json(answer, status=201, headers=PRIVATE)


async def post_acceptance(request: web.Request) -> web.Response:
    """POST /v1/keys/accept: {"token"}; 201 with the key; the second time 403."""
    body = await _read_object(request, ("token",))
    token = body.get("token")
    if not isinstance(token, str):
        raise _refuse("/token", "must be the token of the invitation")
    async with request.app[DATABASE].write() as conn:
        made = await credentials.accept(conn, token, request[CONFIG], request.app[CLOCK]())
    return _show(*made)


def describe_key(row: KeyRow) -> dict[str, Any]:
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


def _describe_use(row: KeyRow, uses: Any) -> dict[str, Any]:
    return {"used_at": uses.get(row.id) or row.used_at}


def _show(row: KeyRow, key: str) -> web.Response:
    return make_json(describe_key(row) | {"key": key}, status=201, headers=PRIVATE)


def _require(request: web.Request) -> Reader:
    reader = request[READER]
    if reader == ANYONE:
        raise problems.KeyRequired("send your key: `Authorization: Bearer …`", headers=problems.CHALLENGE)
    return reader


async def _read_object(request: web.Request, names: tuple[str, ...]) -> dict[str, Any]:
    """Raises MalformedDocument, InvalidDocument. No body says nothing."""
    raw = await read_body(request, request[CONFIG].limits)
    try:
        body = orjson.loads(raw) if raw else {}
    except orjson.JSONDecodeError as error:
        raise problems.MalformedDocument(f"the body is not JSON: {error}") from error
    if not isinstance(body, dict) or set(body) - set(names):
        raise _refuse("", f"the body is an object of {', '.join(names)} and nothing else")
    return body


def _read_owner(request: web.Request, body: dict[str, Any]) -> tuple[str, str, tuple[str, ...]]:
    """The owner, its role, and the scopes. Raises InvalidDocument."""
    owner, scopes = body.get("owner"), body.get("scopes", [])
    role = credentials.find_role(owner, request[CONFIG]) if isinstance(owner, str) else None
    if role is None or not isinstance(owner, str):
        raise _refuse("/owner", "must be an outlet, a subscriber, an editor or `admin`")
    if not isinstance(scopes, list) or not all(isinstance(one, str) for one in scopes):
        raise _refuse("/scopes", "must be a list of scopes")
    if fault := credentials.find_scope_fault(scopes, role):
        raise _refuse("/scopes", fault)
    return owner, role, tuple(sorted(set(scopes)))


def _read_number(body: dict[str, Any], name: str, most: int, least: int = 1) -> int | None:
    value = body.get(name)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most):
        raise _refuse(f"/{name}", f"must be a whole number from {least} to {most}")
    return value


def _read_label(body: dict[str, Any]) -> str:
    label = body.get("label", "")
    if not isinstance(label, str) or len(label) > MOST_LABEL or find_forbidden(label):
        raise _refuse("/label", f"must be a text of at most {MOST_LABEL} characters, without control characters")
    return label


def _refuse(pointer: str, detail: str) -> problems.InvalidDocument:
    return problems.InvalidDocument(f"{pointer} {detail}".strip(), errors=[Fault(pointer, detail)])
