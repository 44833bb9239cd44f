"""The schema's history: an ordered list of changes since the first release. The schema's version is their count.

A new database gets today's tables at once, an older one takes the steps that it lacks. A step that has landed is never
edited; a change of `schema` is a new step at the end.
"""

from collections.abc import Callable

from sqlalchemy import Connection, inspect, text

from server.problems import Unavailable
from server.store import access_schema, config_schema, delivery_schema, source_schema  # noqa: F401 (their tables are metadata's)
from server.store.schema import counters, metadata

STEPS: tuple[Callable[[Connection], None], ...] = ()


def migrate(conn: Connection) -> None:
    """Bring the database to the newest schema, in the caller's transaction. A newer schema than ours is refused."""
    if not inspect(conn).has_table("schema_version"):
        _create(conn)
    version = conn.execute(text("SELECT version FROM schema_version")).scalar_one()
    if version > len(STEPS):
        raise Unavailable(f"the database has schema {version}, this Karvan knows only {len(STEPS)}: use a newer one")
    for step in STEPS[version:]:
        step(conn)
    conn.execute(text("UPDATE schema_version SET version = :version"), {"version": len(STEPS)})


def _create(conn: Connection) -> None:
    metadata.create_all(conn)
    conn.execute(counters.insert().values(name="change", value=0))
    conn.execute(text("CREATE TABLE schema_version (version INTEGER NOT NULL)"))
    conn.execute(text("INSERT INTO schema_version VALUES (:version)"), {"version": len(STEPS)})
