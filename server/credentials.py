"""Keys and invitations: made, rotated, revoked, exchanged; in the caller's transaction, with a line in the audit.

Keys are random and long, so a plain SHA-256 of them is stored: nothing to guess, nothing to steal.
"""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncConnection

from server import audit, problems
from server.config import Config
from server.store import keys
from server.store.keys import Invitation, KeyRow

Role = Literal["outlet", "subscriber", "editor", "admin"]
SCOPES: Mapping[str, tuple[str, ...]] = {
    "outlet": ("read", "push"),
    "subscriber": ("read",),
    "editor": ("read", "edit"),
    "admin": ("read", "push", "edit", "admin"),
}


def make_key() -> tuple[str, str]:
    """A new key and the id it is known by."""
    return f"karvan_{secrets.token_urlsafe(32)}", secrets.token_hex(4)


def hash_key(key: str) -> str:
    return hashlib.sha256(key.encode(errors="surrogateescape")).hexdigest()  # a header may hold any byte


def find_role(owner: str, config: Config) -> Role | None:
    """What the owner of a key is; None for an unknown one."""
    if owner == "admin" or owner in config.admins:
        return "admin"
    if owner in config.outlets:
        return "outlet"
    if owner in config.editors:
        return "editor"
    return "subscriber" if owner in config.subscribers else None


def get_scopes(row: KeyRow) -> frozenset[str]:
    """What the key opens of what its owner may do."""
    mine = SCOPES.get(row.role, ())
    return frozenset(mine if not row.scopes else (scope for scope in row.scopes.split() if scope in mine))


def find_scope_fault(scopes: Sequence[str], role: str) -> str | None:
    """Why a key of this role cannot have these scopes; None: it can."""
    unknown = sorted(set(scopes) - set(SCOPES[role]))
    return f"a key of {role} has {', '.join(SCOPES[role])}, not {', '.join(unknown)}" if unknown else None


async def issue_key(
    conn: AsyncConnection,
    owner: str,
    role: str,
    now: datetime,
    *,
    days: int | None = None,
    scopes: Sequence[str] = (),
    label: str = "",
) -> tuple[KeyRow, str]:
    """Make and store a key; the row, and the key itself, which nobody will see again."""
    key, key_id = make_key()
    expires_at = now + timedelta(days=days) if days else None
    row = KeyRow(key_id, owner, role, hash_key(key), now, expires_at, scopes=" ".join(scopes), label=label)
    await keys.save_key(conn, row)
    await _note(conn, "key.issue", row, now, after=_tell(row))
    return row, key


async def rotate_key(conn: AsyncConnection, old: KeyRow, now: datetime, overlap: timedelta) -> tuple[KeyRow, str]:
    """Another key with the same rights, as long-lived; the old one opens for `overlap`, not longer than it would."""
    key, key_id = make_key()
    lasts = None if old.expires_at is None else now + (old.expires_at - old.created_at)
    row = replace(old, id=key_id, hash=hash_key(key), created_at=now, expires_at=lasts, used_at=None)
    await keys.save_key(conn, row)
    await keys.limit_key(conn, old.id, now + overlap)
    await _note(conn, "key.rotate", old, now, before={"expires_at": old.expires_at}, after=_tell(row))
    return row, key


async def revoke_keys(conn: AsyncConnection, name: str, now: datetime) -> int:
    """Revoke the key with this id, or all of this owner; how many were revoked."""
    revoked = await keys.revoke_keys(conn, name, now)
    for row in revoked:
        await _note(conn, "key.revoke", row, now, before=_tell(row))
    return len(revoked)


async def invite(
    conn: AsyncConnection,
    owner: str,
    now: datetime,
    lifetime: timedelta,
    *,
    by: str,
    days: int | None = None,
    scopes: Sequence[str] = (),
    label: str = "",
) -> tuple[Invitation, str]:
    """Make a token that can be exchanged for a key, once."""
    token, number = f"karvan_invitation_{secrets.token_urlsafe(32)}", secrets.token_hex(4)
    made = (number, hash_key(token), owner, " ".join(scopes), label, days, by, now, now + lifetime)
    invitation = Invitation(*made)
    await keys.save_invitation(conn, invitation)
    said = {"id": number, "expires_at": invitation.expires_at}
    await audit.note(conn, "key.invite", owner, now, outlet=owner, after=said)
    return invitation, token


async def accept(conn: AsyncConnection, token: str, config: Config, now: datetime) -> tuple[KeyRow, str]:
    """Exchange an invitation for its key. Raises InvitationRejected."""
    one = await keys.find_invitation(conn, hash_key(token))
    role = find_role(one.owner, config) if one else None
    if one is None or role is None or not one.is_open(now):
        raise problems.InvitationRejected("ask for another one")
    row, key = await issue_key(conn, one.owner, role, now, days=one.days, scopes=one.scopes.split(), label=one.label)
    if not await keys.close_invitation(conn, one, row.id, now):
        raise problems.InvitationRejected("ask for another one")
    await audit.note(conn, "key.accept", one.owner, now, outlet=one.owner, after={"id": row.id, "invitation": one.id})
    return row, key


async def withdraw(conn: AsyncConnection, number: str, now: datetime) -> None:
    """Let nobody exchange an invitation any more. Raises NotFound where it is not open."""
    one = await keys.withdraw_invitation(conn, number, now)
    if one is None:
        raise problems.NotFound("there is no such invitation that is still open")
    said = {"id": one.id, "expires_at": one.expires_at}
    await audit.note(conn, "key.withdraw", one.owner, now, outlet=one.owner, before=said)


def _tell(row: KeyRow) -> dict[str, Any]:
    return {"id": row.id, "role": row.role, "scopes": row.scopes, "label": row.label, "expires_at": row.expires_at}


async def _note(
    conn: AsyncConnection,
    what: str,
    row: KeyRow,
    now: datetime,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    outlet = row.owner if row.role == "outlet" else ""
    await audit.note(conn, what, f"{row.owner}/{row.id}", now, outlet=outlet, before=before, after=after)
