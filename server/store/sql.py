"""The few statements that SQLAlchemy words differently per database."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.schema import counters


def insert_or(conn: AsyncConnection, table: Table) -> Any:
    """INSERT that can say what to do on conflict."""
    return sqlite.insert(table) if conn.dialect.name == "sqlite" else postgresql.insert(table)


async def upsert(conn: AsyncConnection, table: Table, key: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Insert the row, or set `values` where a row with this `key` exists."""
    await upsert_all(conn, table, list(key), [{**key, **values}])


async def upsert_all(
    conn: AsyncConnection, table: Table, key: Sequence[str], rows: Sequence[Mapping[str, Any]]
) -> None:
    """The same for several rows, which all have the same columns; `key` names those of the key."""
    statement = insert_or(conn, table)
    values = {name: statement.excluded[name] for name in rows[0] if name not in key}
    await conn.execute(
        statement.on_conflict_do_update(index_elements=list(key), set_=values), [dict(row) for row in rows]
    )


async def next_changes(conn: AsyncConnection, count: int) -> range:
    """The next numbers of the order in which readers notice changes.

    Until the transaction ends nobody else gets any: numbers are committed in their order, so no reader skips one.
    """
    statement = (
        counters.update()
        .where(counters.c.name == "change")
        .values(value=counters.c.value + count)
        .returning(counters.c.value)
    )
    last = int((await conn.execute(statement)).scalar_one())
    return range(last - count + 1, last + 1)
