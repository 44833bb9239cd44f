"""What an older state means for those outside, and for what was ended for good since: worked into an unpacked database.

What was killed or revoked after the backup comes back to life with it. Where the database that it replaces can still be
read, that is ended again; where it cannot, only people know.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from server import audit
from server.backups.manifest import BackupFault, Manifest
from server.jobs import enqueue_settlements
from server.problems import Unavailable
from server.store import restored
from server.store.engine import open_database
from server.store.restored import Gap
from server.store.snapshot import Loss, make_single, opened


@dataclass(frozen=True, slots=True)
class Adjusted:
    """What was done. `keys` open something now; `revoked`, `killed`: how many were ended again."""

    gap: Gap
    jobs: int
    keys: int
    revoked: int
    killed: int


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
            gap = await restored.jump(conn, manifest.made_at, now)
            jobs = await restored.free_jobs(conn)
            revoked, killed = await restored.end_again(conn, ended)
            await enqueue_settlements(conn, killed, now)
            if revoke_keys:
                revoked += await restored.revoke_all(conn, now)
            adjusted = Adjusted(gap, jobs, await restored.count_valid_keys(conn, now), revoked, len(killed))
            said = {"backup_of": gap.backup_of, "changes_after": gap.first, "go_on_after": gap.last}
            more = {"keys_revoked": adjusted.revoked, "articles_killed": adjusted.killed}
            await audit.note(conn, "backup.restore", "database", now, after=said | more)
    finally:
        await opened_.close()
    with opened(database, writes=True) as single:
        make_single(single, database)
    return adjusted
