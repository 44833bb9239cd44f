"""The schema's history: an ordered list of changes since the first release. The schema's version is their count.

A new database gets today's tables at once, an older one takes the steps that it lacks. A step that has landed is never
edited; a change of `schema` is a new step at the end.
"""

from collections.abc import Callable

from sqlalchemy import Connection, inspect, text

from server.problems import Unavailable
from server.store import access_schema, config_schema, delivery_schema, source_schema  # noqa: F401 (their tables are metadata's)
from server.store.schema import counters, metadata
from server.store.search_schema import open_empty

STEPS: tuple[Callable[[Connection], None], ...] = ()


def migrate(conn: Connection) -> None:
    """Bring the database to the newest schema, in the caller's transaction. A newer schema than ours is refused."""
    if not inspect(conn).has_table("schema_version"):
        _create(conn)
    version = _read_version(conn)
    for step in STEPS[version:]:
        step(conn)
    conn.execute(text("UPDATE schema_version SET version = :version"), {"version": len(STEPS)})


def check_schema(conn: Connection) -> None:
    """Raises Unavailable where the database is not as this Karvan knows it."""
    if not inspect(conn).has_table("schema_version"):
        raise Unavailable("the file is no database of Karvan")
    if (version := _read_version(conn)) < len(STEPS):
        raise Unavailable(
            f"the database has schema {version}, this Karvan works with {len(STEPS)}: `karvan serve` renews it"
        )


def _read_version(conn: Connection) -> int:
    version: int = conn.execute(text("SELECT version FROM schema_version")).scalar_one()
    if version > len(STEPS):
        raise Unavailable(f"the database has schema {version}, this Karvan knows only {len(STEPS)}: use a newer one")
    return version


def _create(conn: Connection) -> None:
    metadata.create_all(conn)
    conn.execute(counters.insert().values(name="change", value=0))
    open_empty(conn)
    conn.execute(text("CREATE TABLE schema_version (version INTEGER NOT NULL)"))
    conn.execute(text("INSERT INTO schema_version VALUES (:version)"), {"version": len(STEPS)})
