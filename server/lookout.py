"""Watches the order of changes for all who wait: one look at the database for a thousand of them.

Writes of this process wake it at once, those of others within `TRUST`; while nobody waits, it looks at nothing.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from server.store.engine import TRUST, Database
from server.store.placements import get_newest_change

log = structlog.get_logger()

TROUBLE_SECONDS = 2.0  # how long it waits when the database does not answer


class Lookout:
    """`newest` is the number of the last change that it has seen. `is_closed`: the server is about to end.

    `streams` is how many are told of changes as they happen.
    """

    def __init__(self) -> None:
        self.newest = 0
        self.is_closed = False
        self.streams = 0
        self._asked = asyncio.Event()
        self._waiting: set[asyncio.Future[None]] = set()

    @property
    def waiting(self) -> int:
        """How many wait now."""
        return len(self._waiting)

    async def wait(self, seen: int, seconds: float) -> bool:
        """Wait until `newest` is not what was seen before, so many seconds at most. False: nothing has come."""
        if self.newest != seen or self.is_closed:
            return self.newest != seen
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(waiting)
        self._asked.set()
        try:
            await asyncio.wait([waiting], timeout=seconds)
        finally:
            self._waiting.discard(waiting)
        return self.newest != seen

    def close(self) -> None:
        """Nobody waits any longer."""
        self.is_closed = True
        self._wake()

    @asynccontextmanager
    async def opened(self, database: Database) -> AsyncIterator[None]:
        watching = asyncio.create_task(self._watch(database))
        try:
            yield
        finally:
            watching.cancel()
            await asyncio.wait([watching])

    async def _watch(self, database: Database) -> None:
        written = database.watch()
        while True:
            await self._asked.wait()
            written.clear()
            try:
                async with database.read() as conn:
                    newest = await get_newest_change(conn)
            except Exception:  # a database that is away: it goes on when that is over
                log.exception("changes cannot be looked at", retry_seconds=TROUBLE_SECONDS)
                await asyncio.sleep(TROUBLE_SECONDS)
                continue
            if newest != self.newest:
                self.newest = newest
                self._wake()
            if not self._waiting:
                self._asked.clear()
                continue
            await _wait_for(written, TRUST.total_seconds())

    def _wake(self) -> None:
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)


async def _wait_for(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass
