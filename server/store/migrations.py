"""The schema's history: an ordered list. The schema's version is how many of its steps were taken.

A step that has landed is never edited; a change is a new step at the end.
"""

from collections.abc import Callable

from sqlalchemy import Connection, inspect, text

from server.problems import Unavailable
from server.store.schema import counters, metadata


def _create_first_tables(conn: Connection) -> None:
    metadata.create_all(conn)
    conn.execute(counters.insert().values(name="change", value=0))


STEPS: tuple[Callable[[Connection], None], ...] = (_create_first_tables,)


def migrate(conn: Connection) -> None:
    """Bring the database to the newest schema, in the caller's transaction. A newer schema than ours is refused."""
    if not inspect(conn).has_table("schema_version"):
        conn.execute(text("CREATE TABLE schema_version (version INTEGER NOT NULL)"))
        conn.execute(text("INSERT INTO schema_version VALUES (0)"))
    version = conn.execute(text("SELECT version FROM schema_version")).scalar_one()
    if version > len(STEPS):
        raise Unavailable(f"the database has schema {version}, this Karvan knows only {len(STEPS)}: use a newer one")
    for step in STEPS[version:]:
        step(conn)
    conn.execute(text("UPDATE schema_version SET version = :version"), {"version": len(STEPS)})
