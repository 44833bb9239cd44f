"""The database is closed when `close` is over, whatever was going on."""

import asyncio
import threading
from pathlib import Path

import pytest

from server.store.engine import Database, connect_database, open_database


def list_connections() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if "_connection_worker" in one.name]


@pytest.mark.parametrize("steps", range(6))
async def test_a_connection_whose_opening_was_cancelled_is_closed_too(tmp_path: Path, steps: int) -> None:
    await (await open_database("", tmp_path)).close()
    before = set(list_connections())
    database = connect_database(f"sqlite+aiosqlite:///{tmp_path / 'karvan.db'}")
    reading = asyncio.create_task(_read(database))
    for _ in range(steps):
        await asyncio.sleep(0)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    await database.close()
    assert set(list_connections()) <= before


async def _read(database: Database) -> None:
    async with database.read():
        await asyncio.sleep(60)
