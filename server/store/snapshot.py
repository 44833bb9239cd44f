"""The database as one file: copied beside whatever writes to it, looked over, held alone. SQLite, without a server.

A copy is made inside one read transaction of a connection of its own. In WAL mode that is a snapshot: no writer waits
for it, and no write makes it begin anew, as the backup API does between its steps where no transaction is open. The
log grows meanwhile, because what the snapshot reads cannot be folded into the database.
"""

import errno
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

Progress = Callable[[int, int], None]  # what is done, and of how much

PAGES = 1_000  # of a copy at once; between them its progress is told
SECONDS = 2.0  # that others have to let go of a database
BESIDE = ("-wal", "-shm", "-journal")
IN_USE = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL)
NOT_REACHED = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_CANTOPEN: errno.EACCES,
    sqlite3.SQLITE_PERM: errno.EACCES,
    sqlite3.SQLITE_AUTH: errno.EACCES,
    sqlite3.SQLITE_READONLY: errno.EROFS,
    sqlite3.SQLITE_IOERR: errno.EIO,
    sqlite3.SQLITE_NOMEM: errno.ENOMEM,
}

COUNTED = {
    "articles": "SELECT count(*) FROM articles",
    "versions": "SELECT count(*) FROM versions",
    "uploads": "SELECT count(*) FROM media WHERE state <> 'deleted'",
    "keys": "SELECT count(*) FROM keys",
    "last_change": "SELECT value FROM counters WHERE name = 'change'",
    "schema": "SELECT version FROM schema_version",
}

ENDED = {
    "revoked": "SELECT id, revoked_at FROM keys WHERE revoked_at IS NOT NULL",
    "limited": "SELECT id, expires_at FROM keys WHERE expires_at IS NOT NULL",
    "closed": """
        SELECT id, accepted_at, withdrawn_at, key_id FROM invitations
          WHERE accepted_at IS NOT NULL OR withdrawn_at IS NOT NULL
        """,
    "killed": """
        SELECT outlet, item, canceled_at, cancel_reason FROM articles WHERE canceled_at IS NOT NULL
        UNION SELECT outlet, item, canceled_at, cancel_reason FROM kills
        """,
    "deleted": "SELECT outlet, name, changed_at FROM media WHERE state = 'deleted'",
}


class DatabaseDamaged(Exception):
    """The database is not whole, or cannot be read"""


class DatabaseInUse(Exception):
    """Another process has the database open"""


@dataclass(frozen=True, slots=True)
class Loss:
    """What was ended for good in a database, and the last change number that it gave. Times are microseconds.

    revoked  keys: (id, when)                closed   invitations: (id, accepted, withdrawn, the key's id)
    limited  keys: (id, when they expire)    deleted  pictures: (outlet, name, when)
    killed   articles, also such that are not there: (outlet, item, when, why)
    """

    revoked: tuple[tuple[str, int], ...] = ()
    limited: tuple[tuple[str, int], ...] = ()
    closed: tuple[tuple[str, int | None, int | None, str | None], ...] = ()
    killed: tuple[tuple[str, str, int, str], ...] = ()
    deleted: tuple[tuple[str, str, int], ...] = ()
    last_change: int = 0


@contextmanager
def opened(database: Path, *, writes: bool = False) -> Iterator[sqlite3.Connection]:
    """A connection to a database that is there. Raises DatabaseDamaged, DatabaseInUse, OSError."""
    mode = "rw" if writes else "ro"
    try:
        with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode={mode}", uri=True, timeout=SECONDS)) as conn:
            conn.isolation_level = None
            yield conn
    except sqlite3.DatabaseError as error:
        raise _name_fault(error, database) from error


def _name_fault(error: sqlite3.DatabaseError, database: Path) -> Exception:
    """What is in use, or may not be read, is not damaged: nobody is to replace it for that."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in IN_USE:
        return DatabaseInUse(f"another process has {database} open: {error}")
    if (number := NOT_REACHED.get(code)) is not None:
        return OSError(number, f"{os.strerror(number)} ({error})", str(database))
    return DatabaseDamaged(f"{database}: {error}")


def copy_database(database: Path, target: Path, report: Progress) -> None:
    """Copy the database as it is at one moment into an empty file. Raises as `opened`.

    Opened for writing although nothing is written: who reads after a `kill -9` has to recover the log.
    """
    with opened(database, writes=True) as live, opened(target, writes=True) as copy:
        copy.execute("PRAGMA synchronous=OFF")  # nobody relies on it before it is in the bundle
        live.execute("BEGIN")
        live.execute("SELECT version FROM schema_version").fetchall()  # from here on, nothing changes
        live.backup(copy, pages=PAGES, progress=lambda _, left, total: report(total - left, total))
        live.execute("ROLLBACK")
        make_single(copy, target)


def make_single(conn: sqlite3.Connection, database: Path) -> None:
    """Fold the log into the database: then one file holds it all. Raises DatabaseInUse."""
    try:
        [(mode,)] = conn.execute("PRAGMA journal_mode=DELETE").fetchall()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF not in IN_USE:
            raise
        mode = "in use"
    if mode != "delete":
        raise DatabaseInUse(f"another process has {database} open")


def check_database(database: Path) -> None:
    """Look over all of it: pages, indexes, references. Raises DatabaseDamaged with the first that is wrong."""
    with opened(database) as conn:
        conn.execute("PRAGMA trusted_schema=OFF")
        found = conn.execute("PRAGMA integrity_check(1)").fetchall()
        if found != [("ok",)]:
            raise DatabaseDamaged(str(found[0][0]).splitlines()[-1])
        if orphan := conn.execute("PRAGMA foreign_key_check").fetchone():
            raise DatabaseDamaged(f"a row of {orphan[0]} refers to one of {orphan[2]} that is not there")


def count_all(database: Path) -> dict[str, int]:
    """What COUNTED says of it. Raises DatabaseDamaged."""
    with opened(database) as conn:
        return {name: int(conn.execute(statement).fetchone()[0]) for name, statement in COUNTED.items()}


def list_media(database: Path) -> Iterator[tuple[str, str]]:
    """(SHA-256 of an upload, a file of it) that the database refers to, each once. Raises DatabaseDamaged."""
    with opened(database) as conn:
        yield from conn.execute(
            """
            SELECT sha256, 'upload' FROM media WHERE state IN ('pending', 'ready')
            UNION
            SELECT shown_sha256, (one.value ->> 'name') || '.jpg' FROM media, json_each(renditions) AS one
              WHERE shown_sha256 IS NOT NULL AND state <> 'deleted'
            ORDER BY 1, 2
            """
        )


def list_ended(database: Path) -> Loss:
    """What was ended for good. Raises as `opened`."""
    with opened(database) as conn:
        found = {name: tuple(conn.execute(statement).fetchall()) for name, statement in ENDED.items()}
        [(last,)] = conn.execute(COUNTED["last_change"]).fetchall() or [(0,)]
    return Loss(**found, last_change=last)


@contextmanager
def held_alone(database: Path) -> Iterator[None]:
    """Nobody else has it open meanwhile; it is one file. Raises DatabaseInUse, DatabaseDamaged."""
    with opened(database, writes=True) as conn:
        make_single(conn, database)
        conn.execute("BEGIN EXCLUSIVE")
        yield
