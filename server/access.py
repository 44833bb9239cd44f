"""key → outlet, subscriber or admin; and what each may call.

Keys are random and long, so a plain SHA-256 of them is stored: nothing to guess, nothing to steal.
"""

import base64
import hashlib
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Literal

from aiohttp import web
from aiohttp.typedefs import Handler

from server import problems
from server.config import Config
from server.keys import CLOCK, CONFIG, DATABASE, KEY_ID, KEYRING, READER
from server.store.engine import Look
from server.store.keys import KeyRow, find_key
from server.visibility import ANYONE, Reader, may_manage

Needs = Literal["nothing", "outlet"]


def make_key() -> tuple[str, str]:
    """A new key and the id it is known by."""
    return f"karvan_{secrets.token_urlsafe(32)}", secrets.token_hex(4)


def hash_key(key: str) -> str:
    return hashlib.sha256(key.encode(errors="surrogateescape")).hexdigest()  # a header may hold any byte


def find_role(owner: str, config: Config) -> Literal["outlet", "subscriber", "admin"] | None:
    """What the owner of a key is; None for an unknown one."""
    if owner == "admin":
        return "admin"
    if owner in config.outlets:
        return "outlet"
    return "subscriber" if owner in config.subscribers else None


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
    request[READER], request[KEY_ID] = ANYONE, ""
    authorization = request.headers.get("Authorization")
    if authorization is not None:
        row = await _find_key(request, hash_key(read_key(authorization)))
        if row is None or not is_valid(row, request.app[CONFIG], request.app[CLOCK]()):
            raise problems.KeyRejected("this key opens nothing here", headers=problems.CHALLENGE)
        role = find_role(row.owner, request.app[CONFIG])
        assert role is not None
        request[READER], request[KEY_ID] = Reader(role, row.owner), row.id
    return await handler(request)


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
        return await handler(request)

    return handler if needs == "nothing" else guarded


def check_access(reader: Reader, needs: Needs, outlet: str | None) -> None:
    """Raise KeyRequired or NotAllowed. An outlet's door opens for the outlet that the address names, and for admins."""
    if needs != "nothing" and reader == ANYONE:
        raise problems.KeyRequired("send your key: `Authorization: Bearer …`", headers=problems.CHALLENGE)
    if needs == "outlet":
        if reader.role not in ("outlet", "admin"):
            raise problems.NotAllowed("this is for outlets")
        if outlet is not None and not may_manage(reader, outlet):
            raise problems.NotAllowed(f"this key belongs to {reader.id!r}, not to {outlet!r}")
