"""Opens the database. SQLite: WAL, every commit fsynced, one writer at a time; others as SQLAlchemy has them.

async with database.write() as conn: …   one transaction, committed at the end; wakes who waits for changes
async with database.write(lazily=True)   one that waits for no disk, and wakes nobody
async with database.read() as conn: …    a consistent snapshot
async with database.glance() as conn: …  the same for a few small questions, without a trip to another thread
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any
from weakref import WeakSet

from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from server.problems import Unavailable
from server.store.migrations import migrate
from server.store.sqlite import asking_on_the_spot, configure_sqlite, make_opener, wait_for_end

TRUST = timedelta(seconds=0.5)  # how much later a change made by another process may be seen


@dataclass(frozen=True, slots=True)
class Look:
    """When the database was asked, and how many writes of this process (Database.writes) came before."""

    writes: int
    at: datetime

    def still_holds(self, now: "Look") -> bool:
        """Whether what was seen then is what is there: nothing written since by us, and no time for others."""
        return self.writes == now.writes and timedelta() <= now.at - self.at < TRUST


class Database:
    """The engine and its rules of writing."""

    def __init__(self, engine: AsyncEngine, threads: "WeakSet[Thread]") -> None:
        self._engine, self._threads = engine, threads
        self._writing = asyncio.Lock()
        self._watchers: list[asyncio.Event] = []
        self._writes = 0

    @property
    def writes(self) -> int:
        """A number that grows with every write of this process, before `write` ends."""
        return self._writes

    @property
    def url(self) -> str:
        """With its password, for `connect_database`."""
        return self._engine.url.render_as_string(hide_password=False)

    @property
    def is_sqlite(self) -> bool:
        return self._engine.dialect.name == "sqlite"

    @asynccontextmanager
    async def write(self, *, lazily: bool = False) -> AsyncIterator[AsyncConnection]:
        """`lazily`: what no cache depends on. It is on the disk with the next write, and lost if power fails before."""
        with _name_outages():
            async with self._writing, self._engine.connect() as conn:
                if self.is_sqlite:
                    await conn.execution_options(karvan_write="NORMAL" if lazily else "FULL")
                try:
                    async with conn.begin():
                        if lazily and not self.is_sqlite:
                            await conn.exec_driver_sql("SET LOCAL synchronous_commit TO off")
                        yield conn
                finally:
                    if not lazily:
                        self._writes += 1
                        self.wake()

    def wake(self) -> None:
        """Let who waits for a write look now."""
        for watcher in self._watchers:
            watcher.set()

    def watch(self) -> asyncio.Event:
        """An event that is set after every write of this process; who waits for it clears it."""
        watcher = asyncio.Event()
        self._watchers.append(watcher)
        return watcher

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        with _name_outages():
            async with self._engine.connect() as conn, conn.begin():
                yield conn

    @asynccontextmanager
    async def glance(self) -> AsyncIterator[AsyncConnection]:
        """The same for a few small questions about a few rows, each through an index: nothing else runs meanwhile."""
        with _name_outages():
            async with self._engine.connect() as conn:
                raw = (await conn.get_raw_connection()).driver_connection
                with asking_on_the_spot(raw) if self.is_sqlite else nullcontext():
                    async with conn.begin():
                        yield conn

    async def close(self) -> None:
        await self._engine.dispose()
        await wait_for_end(self._threads)


@contextmanager
def _name_outages() -> Iterator[None]:
    """Raise Unavailable where the database is away, locked, full or broken: no fault of who asked; try again later."""
    try:
        yield
    except DatabaseError as error:
        if type(error) not in (DatabaseError, OperationalError):  # ours: a wrong statement, a broken rule
            raise
        raise Unavailable("the database does not answer now", headers={"Retry-After": "5"}) from error.orig


def connect_database(url: str) -> Database:
    """One that is there, as it is."""
    # hide_parameters: an error's message goes to the log, where no article's text may stand
    options: dict[str, Any] = {"pool_size": 8, "max_overflow": 8, "hide_parameters": True}
    threads: WeakSet[Thread] = WeakSet()
    if not url.startswith("sqlite"):
        return Database(create_async_engine(url, **options), threads)
    engine = create_async_engine(url, **options, connect_args={"async_creator_fn": make_opener(threads)})
    configure_sqlite(engine.sync_engine)
    return Database(engine, threads)


async def open_database(url: str, data: Path) -> Database:
    """Open (and make or migrate) the database; an empty url is `data`/karvan.db."""
    data.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 (once, before anything is served)
    database = connect_database(url or f"sqlite+aiosqlite:///{data / 'karvan.db'}")
    try:
        async with database.write() as conn:
            await conn.run_sync(migrate)
    except BaseException:
        await database.close()
        raise
    return database
