"""What an older state means for those outside, and for what was ended for good since: worked into an unpacked database.

What was killed, deleted or revoked after the backup comes back to life with it. Where the database that it replaces can
still be read, that is ended again; where it cannot, only people know.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection

from server import audit
from server.backups.manifest import BackupFault, Manifest
from server.jobs import enqueue_media, enqueue_settlements
from server.problems import Unavailable
from server.store import restored
from server.store.engine import open_database
from server.store.restored import Gap
from server.store.snapshot import Loss, make_single, opened


@dataclass(frozen=True, slots=True)
class Adjusted:
    """What was done. `keys` open something now; the others: how many were ended again, or because all keys were to be.

    `limited`: keys that expire earlier. `awaited`: kills of articles that are not in it, kept until they are pushed.
    """

    gap: Gap
    jobs: int
    keys: int
    revoked: int
    limited: int
    invitations: int
    killed: int
    awaited: int
    pictures: int


async def adjust_database(
    database: Path, manifest: Manifest, ended: Loss, now: datetime, *, revoke_keys: bool
) -> Adjusted:
    """Bring it to the schema of today, and make it fit to go on; it is one file then. Raises BackupFault."""
    audit.ACTING.set(audit.CONSOLE)
    try:
        opened_ = await open_database(f"sqlite+aiosqlite:///{database}", database.parent)
    except Unavailable as error:
        raise BackupFault(str(error.detail)) from error
    try:
        async with opened_.write() as conn:
            adjusted = await _adjust(conn, manifest, ended, now, revoke_keys=revoke_keys)
            gap = adjusted.gap
            said = {"backup_of": gap.backup_of, "changes_after": gap.first, "go_on_after": gap.last}
            await audit.note(conn, "backup.restore", "database", now, after=said | tell_ended(adjusted))
    finally:
        await opened_.close()
    with opened(database, writes=True) as single:
        make_single(single, database)
    return adjusted


async def _adjust(
    conn: AsyncConnection, manifest: Manifest, loss: Loss, now: datetime, *, revoke_keys: bool
) -> Adjusted:
    gap = await restored.jump(conn, manifest.made_at, now, loss.last_change)
    jobs = await restored.free_jobs(conn)
    ended = await restored.end_again(conn, loss)
    await enqueue_settlements(conn, sorted({*ended.killed, *ended.showed}), now)
    for sha256 in sorted(ended.files):
        await enqueue_media(conn, sha256, now)
    more = await restored.revoke_all(conn, now) if revoke_keys else (0, 0)
    return Adjusted(
        gap,
        jobs,
        keys=await restored.count_valid_keys(conn, now),
        revoked=ended.revoked + more[0],
        limited=ended.limited,
        invitations=ended.invitations + more[1],
        killed=len(ended.killed),
        awaited=ended.awaited,
        pictures=ended.pictures,
    )


def tell_ended(adjusted: Adjusted) -> dict[str, int]:
    """For scripts, and the audit log."""
    return {
        "keys_revoked": adjusted.revoked,
        "keys_limited": adjusted.limited,
        "invitations_closed": adjusted.invitations,
        "articles_killed": adjusted.killed,
        "kills_kept": adjusted.awaited,
        "pictures_deleted": adjusted.pictures,
    }
