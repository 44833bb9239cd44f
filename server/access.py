"""key → outlet, subscriber, editor or admin; and what each may call."""

import base64
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial

from aiohttp import web
from aiohttp.typedefs import Handler

from server import audit, problems
from server.api.operations import Needs
from server.config import Config
from server.credentials import find_role as find_role
from server.credentials import get_scopes
from server.credentials import hash_key as hash_key
from server.credentials import make_key as make_key
from server.keys import (
    ALLOWANCE,
    BUCKETS,
    CLOCK,
    CONFIG,
    DATABASE,
    IS_STILL_VALID,
    KEY_ID,
    KEYRING,
    READER,
    REQUEST_ID,
    SCOPES,
)
from server.quotas import SPENT, get_quota
from server.requests import is_ours
from server.store.engine import Look
from server.store.keys import KeyRow, find_key
from server.visibility import ANYONE, Reader, may_manage, may_push


def is_valid(row: KeyRow, config: Config, now: datetime) -> bool:
    """Whether a key opens anything: not revoked, not expired, and its owner still is what it was."""
    expired = row.expires_at is not None and row.expires_at <= now
    return row.revoked_at is None and not expired and find_role(row.owner, config) == row.role


def read_key(authorization: str) -> str:
    """The key in an Authorization header: Bearer, or the password of Basic. Raises KeyRejected."""
    scheme, _, value = authorization.strip().partition(" ")
    if scheme.lower() == "bearer" and value.strip():
        return value.strip()
    if scheme.lower() == "basic":
        try:
            if key := base64.b64decode(value, validate=True).decode().partition(":")[2]:
                return key
        except ValueError as error:
            raise problems.KeyRejected(
                "the Authorization header is no valid Basic", headers=problems.CHALLENGE
            ) from error
    raise problems.KeyRejected("the Authorization header is neither Bearer nor Basic", headers=problems.CHALLENGE)


@web.middleware
async def identify(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Find out who asks. A wrong key is refused everywhere, so that its owner hears of it."""
    ask_again: Callable[[], Awaitable[bool]] = partial(_is_key_valid, request)
    request[READER], request[KEY_ID], request[IS_STILL_VALID] = ANYONE, "", ask_again
    SPENT.set(None)
    authorization = request.headers.get("Authorization")
    if authorization is not None:
        check_origin(request, authorization)
        row = await _find_key(request, hash_key(read_key(authorization)))
        if row is None or not is_valid(row, request[CONFIG], request.app[CLOCK]()):
            raise problems.KeyRejected("this key opens nothing here", headers=problems.CHALLENGE)
        role = find_role(row.owner, request[CONFIG])
        assert role is not None
        edits = request[CONFIG].outlets_edited_by(row.owner) if role == "editor" else frozenset()
        request[READER], request[KEY_ID] = Reader(role, row.owner, edits), row.id
        request[SCOPES] = get_scopes(row)
        request.app[KEYRING].note_use(row.id, request.app[CLOCK]())
        count_request(request, row)
    reader = request[READER]
    audit.ACTING.set(audit.Actor(reader.id or reader.role, reader.role, request[KEY_ID], request[REQUEST_ID]))
    return await handler(request)


def check_origin(request: web.Request, authorization: str) -> None:
    """Raise NotAllowed for a change that another site's page has a browser ask for: it sends a password by itself."""
    if request.method in ("GET", "HEAD", "OPTIONS") or not authorization.lower().startswith("basic"):
        return
    fetched, origin = request.headers.get("Sec-Fetch-Site", "none"), request.headers.get("Origin")
    if fetched not in ("none", "same-origin") or (origin is not None and not is_ours(request, origin)):
        raise problems.NotAllowed("another site's page has asked for this: send your key as Bearer")


def count_request(request: web.Request, row: KeyRow) -> None:
    """Raise TooManyRequests when the key has asked too often."""
    most = get_quota(row.role, row.owner, request[CONFIG]).requests_per_minute
    if most is None:
        return
    allowance = request.app[BUCKETS].take(row.id, most, request.app[CLOCK]())
    request[ALLOWANCE] = allowance
    if allowance.is_over:
        detail = f"{most} requests a minute are answered; the next in {allowance.seconds} s"
        raise problems.TooManyRequests(detail, headers={"Retry-After": str(allowance.seconds)})


async def tell_allowance(request: web.Request, response: web.StreamResponse) -> None:
    """What is left of a key's requests, whatever the answer is, and of a day's quota, where it is least."""
    spent = SPENT.get() if READER in request else None  # of this request, not of an earlier one
    told = [one.make_headers() for one in (request.get(ALLOWANCE), spent) if one is not None]
    for name in ("RateLimit-Policy", "RateLimit") if told else ():
        response.headers[name] = ", ".join(headers[name] for headers in told)


async def _is_key_valid(request: web.Request) -> bool:
    """Whether what opened the door would still open it: an answer that goes on for long asks again."""
    authorization = request.headers.get("Authorization")
    if authorization is None:
        return True
    row = await _find_key(request, hash_key(read_key(authorization)))
    return row is not None and is_valid(row, request[CONFIG], request.app[CLOCK]())


async def _find_key(request: web.Request, key_hash: str) -> KeyRow | None:
    keyring, database = request.app[KEYRING], request.app[DATABASE]
    look = Look(database.writes, request.app[CLOCK]())
    if not keyring.holds(key_hash, look):
        async with database.read() as conn:
            keyring.put(key_hash, await find_key(conn, key_hash), look)
    return keyring.get(key_hash)


def guard(
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]], needs: Needs
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The handler behind its door: what the route table says who may call it."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        check_access(request[READER], needs, request.match_info.get("outlet"))
        if (scopes := request.get(SCOPES)) is not None:
            check_scope(scopes, needs, request[READER].role, reads=request.method in ("GET", "HEAD"))
        return await handler(request)

    return guarded


def check_scope(scopes: frozenset[str], needs: Needs, role: str, *, reads: bool) -> None:
    """Raise NotAllowed where a key opens less than its owner may enter."""
    if needs == "admin":
        wanted = "admin"
    elif reads or needs == "nothing":
        wanted = "read"
    elif needs == "outlet" or (needs == "manager" and role == "outlet"):
        wanted = "push"
    else:
        wanted = "edit"
    if wanted not in scopes:
        raise problems.NotAllowed(f"this key opens {', '.join(sorted(scopes))}, not {wanted}")


def check_access(reader: Reader, needs: Needs, outlet: str | None) -> None:
    """Raise KeyRequired or NotAllowed. An outlet's door opens for the outlet that the address names, and for admins; a
    manager's also for the editors of its exchanges, an editor's only for these and admins.
    """
    if needs != "nothing" and reader == ANYONE:
        raise problems.KeyRequired("send your key: `Authorization: Bearer …`", headers=problems.CHALLENGE)
    if needs == "admin" and reader.role != "admin":
        raise problems.NotAllowed("this is for admins")
    if needs == "editor" and reader.role not in ("editor", "admin"):
        raise problems.NotAllowed("this is for editors")
    if needs == "outlet" and reader.role not in ("outlet", "admin"):
        raise problems.NotAllowed("this is for outlets")
    if needs == "manager" and reader.role not in ("outlet", "editor", "admin"):
        raise problems.NotAllowed("this is for outlets and editors")
    may_enter = may_push if needs == "outlet" else may_manage
    if needs in ("outlet", "manager", "editor") and outlet is not None and not may_enter(reader, outlet):
        whose = "edits none of the articles of" if reader.role == "editor" else "not to"
        raise problems.NotAllowed(f"this key belongs to {reader.id!r}, {whose} {outlet!r}")
