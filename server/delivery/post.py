"""What deliveries are made with, and how their results are written down: as many as there are, in one transaction."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from server.delivery.endings import note_end
from server.delivery.gates import Gates
from server.metrics import Metrics
from server.outbound import Courier
from server.runner import Tools
from server.site import Site
from server.store.deliveries import Result, save_results
from server.store.engine import Database

log = structlog.get_logger()

MOST_TOGETHER = 500  # results in one transaction
MANY, GATHER_SECONDS = 4, 0.05


class Records:
    """Results come one by one and are on disk together: who saves one waits for that."""

    def __init__(self, database: Database, metrics: Metrics) -> None:
        self._database, self._metrics = database, metrics
        self._waiting: asyncio.Queue[tuple[Result, asyncio.Future[None]]] = asyncio.Queue()

    async def save(self, result: Result) -> None:
        """Return when it is on disk. Raises what the database raises."""
        saved: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.put_nowait((result, saved))
        await saved

    async def run(self) -> None:
        """Write until cancelled. Where many came together the last time, more are waited for."""
        last = 0
        while True:
            batch = [await self._waiting.get()]
            if last >= MANY:
                await asyncio.sleep(GATHER_SECONDS)
            while not self._waiting.empty() and len(batch) < MOST_TOGETHER:
                batch.append(self._waiting.get_nowait())
            last = len(batch)
            try:
                await self._write([result for result, _ in batch])
                _tell(batch, None)
            except Exception as error:  # noqa: BLE001 (a full disk, a database that is away: those who wait hear of it)
                await self._write_singly(batch, error)

    async def _write(self, results: Sequence[Result]) -> None:
        async with self._database.write() as conn:
            await save_results(conn, results)
            for number, state, reason, now in (one.end for one in results if one.end):
                await note_end(conn, number, state, reason, now)
        for attempt in (one.attempt for one in results if one.attempt):
            self._metrics.deliveries.labels(attempt.outcome).inc()

    async def _write_singly(self, batch: Sequence[tuple[Result, asyncio.Future[None]]], error: Exception) -> None:
        """One that cannot be written harms no other."""
        if len(batch) == 1:
            _tell(batch, error)
            return
        for one in batch:
            try:
                await self._write([one[0]])
                _tell([one], None)
            except Exception as its_own:  # noqa: BLE001
                _tell([one], its_own)


def _tell(batch: Sequence[tuple[Result, asyncio.Future[None]]], error: Exception | None) -> None:
    for _, saved in batch:
        if saved.done():  # who waited has been cancelled
            continue
        if error is None:
            saved.set_result(None)
        else:
            saved.set_exception(error)


@dataclass(frozen=True, slots=True)
class Post:
    """What deliveries are made with. `folder`: below it are the folders of destinations that are folders."""

    tools: Tools
    site: Site
    courier: Courier
    gates: Gates
    records: Records
    folder: Path

    def today(self) -> "Post":
        """The same under the configuration that is in force now."""
        tools = self.tools.today()
        return self if tools is self.tools else replace(self, tools=tools, site=replace(self.site, config=tools.config))


def make_post(tools: Tools, site: Site, courier: Courier, folder: Path) -> Post:
    gates = Gates(tools.config.delivery, tools.clock)
    return Post(tools, site, courier, gates, Records(tools.database, tools.metrics), folder)
