"""Keys: only their hashes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.schema import keys


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key without its secret. `role` is outlet, subscriber or admin."""

    id: str
    owner: str
    role: str
    hash: str
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None


async def save_key(conn: AsyncConnection, row: KeyRow) -> None:
    await conn.execute(
        keys.insert().values(
            id=row.id,
            owner=row.owner,
            role=row.role,
            hash=row.hash,
            created_at=row.created_at,
            expires_at=row.expires_at,
        )
    )


async def find_key(conn: AsyncConnection, key_hash: str) -> KeyRow | None:
    row = (await conn.execute(keys.select().where(keys.c.hash == key_hash))).one_or_none()
    return None if row is None else KeyRow(*row)


async def list_keys(conn: AsyncConnection) -> Sequence[KeyRow]:
    return [KeyRow(*row) for row in await conn.execute(keys.select().order_by(keys.c.created_at, keys.c.id))]


async def revoke_keys(conn: AsyncConnection, name: str, now: datetime) -> int:
    """Revoke the key with this id, or all keys of this owner; how many were revoked."""
    statement = keys.update().where((keys.c.id == name) | (keys.c.owner == name), keys.c.revoked_at.is_(None))
    return (await conn.execute(statement.values(revoked_at=now))).rowcount
