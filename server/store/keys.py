"""Keys and invitations: only their hashes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.access_schema import invitations
from server.store.schema import keys


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key without its secret. `role` is outlet, subscriber, editor or admin; `scopes` "" for all that it may.

    `used_at`: when it last opened something, within a minute.
    """

    id: str
    owner: str
    role: str
    hash: str
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    scopes: str = ""
    label: str = ""
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Invitation:
    """A token for one key. `days`: how long the key will be good, None for ever."""

    id: str
    hash: str
    owner: str
    scopes: str
    label: str
    days: int | None
    created_by: str
    created_at: datetime
    expires_at: datetime
    accepted_at: datetime | None = None
    withdrawn_at: datetime | None = None
    key_id: str | None = None

    def is_open(self, now: datetime) -> bool:
        return self.accepted_at is None and self.withdrawn_at is None and self.expires_at > now


_OPEN = (invitations.c.accepted_at.is_(None), invitations.c.withdrawn_at.is_(None))


async def save_key(conn: AsyncConnection, row: KeyRow) -> None:
    await conn.execute(keys.insert().values(**{name: getattr(row, name) for name in KeyRow.__slots__}))


async def find_key(conn: AsyncConnection, key_hash: str) -> KeyRow | None:
    row = (await conn.execute(keys.select().where(keys.c.hash == key_hash))).one_or_none()
    return None if row is None else KeyRow(*row)


async def get_key(conn: AsyncConnection, key_id: str) -> KeyRow | None:
    row = (await conn.execute(keys.select().where(keys.c.id == key_id))).one_or_none()
    return None if row is None else KeyRow(*row)


async def list_keys(conn: AsyncConnection, owner: str | None = None) -> Sequence[KeyRow]:
    """All, or those of an owner, the oldest first."""
    statement = keys.select().order_by(keys.c.created_at, keys.c.id)
    if owner is not None:
        statement = statement.where(keys.c.owner == owner)
    return [KeyRow(*row) for row in await conn.execute(statement)]


async def list_owners(conn: AsyncConnection, ids: Collection[str]) -> Mapping[str, str]:
    """Id of a key, used or not any more → whose it is."""
    rows = await conn.execute(select(keys.c.id, keys.c.owner).where(keys.c.id.in_(ids)))
    return {row.id: row.owner for row in rows}


async def revoke_keys(conn: AsyncConnection, name: str, now: datetime) -> Sequence[KeyRow]:
    """Revoke the key with this id, or all keys of this owner; those that were revoked, as they are now."""
    statement = keys.update().where((keys.c.id == name) | (keys.c.owner == name), keys.c.revoked_at.is_(None))
    return [KeyRow(*row) for row in await conn.execute(statement.values(revoked_at=now).returning(*keys.c))]


async def limit_key(conn: AsyncConnection, key_id: str, expires_at: datetime) -> None:
    """Let a key end at this time, unless it ends before."""
    ends_later = keys.c.expires_at.is_(None) | (keys.c.expires_at > expires_at)
    await conn.execute(keys.update().where(keys.c.id == key_id, ends_later).values(expires_at=expires_at))


async def save_uses(conn: AsyncConnection, uses: Mapping[str, datetime]) -> None:
    """When keys, by id, were last used."""
    if uses:
        statement = keys.update().where(keys.c.id == bindparam("of")).values(used_at=bindparam("last"))
        await conn.execute(statement, [{"of": key_id, "last": last} for key_id, last in uses.items()])


async def save_invitation(conn: AsyncConnection, one: Invitation) -> None:
    await conn.execute(invitations.insert().values(**{name: getattr(one, name) for name in Invitation.__slots__}))


async def find_invitation(conn: AsyncConnection, token_hash: str) -> Invitation | None:
    found: Any = (await conn.execute(invitations.select().where(invitations.c.hash == token_hash))).one_or_none()
    return None if found is None else Invitation(*found)


async def list_invitations(conn: AsyncConnection, now: datetime) -> Sequence[Invitation]:
    """Those that can still be exchanged, the oldest first."""
    statement = invitations.select().where(*_OPEN, invitations.c.expires_at > now)
    return [Invitation(*row) for row in await conn.execute(statement.order_by(invitations.c.created_at))]


async def withdraw_invitation(conn: AsyncConnection, number: str, now: datetime) -> Invitation | None:
    """An open one, which nobody can exchange any more; None: there is no such one."""
    mine = (invitations.c.id == number, *_OPEN, invitations.c.expires_at > now)
    statement = invitations.update().where(*mine).values(withdrawn_at=now).returning(*invitations.c)
    row: Any = (await conn.execute(statement)).one_or_none()
    return None if row is None else Invitation(*row)


async def close_invitation(conn: AsyncConnection, one: Invitation, key_id: str, now: datetime) -> bool:
    """Note which key it was exchanged for; False: it was, before, or was withdrawn."""
    mine = (invitations.c.id == one.id, *_OPEN)
    changed = await conn.execute(invitations.update().where(*mine).values(accepted_at=now, key_id=key_id))
    return changed.rowcount == 1
