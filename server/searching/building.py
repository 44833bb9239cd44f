"""The index of a database that has none of our version yet, built beside all else: a few articles a transaction."""

import asyncio

import structlog

from server.problems import Unavailable
from server.searching.index import build_some
from server.store import search
from server.store.engine import Database
from server.store.search import State

log = structlog.get_logger()

AT_ONCE = 20  # articles: pushes wait for no more than these
PAUSE_SECONDS, RETRY_SECONDS = 0.02, 5.0


async def begin(database: Database) -> State:
    """How the index stands; an empty one is made where there is none of our version."""
    async with database.read() as conn:
        if (state := await search.find_state(conn)) != "none" and await search.is_possible(conn):
            return state
    async with database.write() as conn:
        state = await search.begin_building(conn)
    if state == "none":
        log.warning("no full-text search: it needs SQLite with FTS5")
    return state


async def build(database: Database) -> None:
    """All articles into the index. What changes meanwhile is written there as ever."""
    while True:
        try:
            async with database.write(lazily=True) as conn:
                if not await build_some(conn, AT_ONCE):
                    return
        except Unavailable:
            await asyncio.sleep(RETRY_SECONDS)
        await asyncio.sleep(PAUSE_SECONDS)
