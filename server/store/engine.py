"""Opens the database. SQLite: WAL, every commit fsynced, one writer at a time; others as SQLAlchemy has them.

async with database.write() as conn: …   one transaction, committed at the end; wakes who waits for changes
async with database.write(lazily=True)   one that waits for no disk, and wakes nobody
async with database.read() as conn: …    a consistent snapshot
async with database.glance() as conn: …  the same for a few small questions, without a trip to another thread
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread
from time import perf_counter
from typing import Any, TypeVar
from weakref import WeakSet

from sqlalchemy import Connection, make_url
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from server.folders import make_private_file, make_private_folder
from server.problems import Unavailable
from server.store.migrations import check_schema, migrate
from server.store.sqlite import asking_on_the_spot, configure_sqlite, make_opener, wait_for_end

Result = TypeVar("Result")

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
        self.note_write: Callable[[float, float], None] | None = None  # seconds a write waited, and then took

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
            asked = begun = perf_counter()
            async with self._writing, self._engine.connect() as conn:
                if self.is_sqlite:
                    await conn.execution_options(karvan_write="NORMAL" if lazily else "FULL")
                try:
                    async with conn.begin():
                        begun = perf_counter()
                        if lazily and not self.is_sqlite:
                            await conn.exec_driver_sql("SET LOCAL synchronous_commit TO off")
                        yield conn
                finally:
                    if not lazily:
                        self._writes += 1
                        self.wake()
                    if self.note_write is not None:
                        self.note_write(begun - asked, perf_counter() - begun)

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
    except PoolTimeoutError as error:
        raise Unavailable("too much is asked of the database at once", headers={"Retry-After": "5"}) from error
    except DatabaseError as error:
        if not _is_outage(error):  # ours: a wrong statement, a broken rule
            raise
        raise Unavailable("the database does not answer now", headers={"Retry-After": "5"}) from error.orig


def _is_outage(error: Exception) -> bool:
    return type(error) in (DatabaseError, OperationalError)


async def attempt(conn: AsyncConnection, step: Callable[[], Awaitable[Result]]) -> Result | Exception:
    """What a step of a transaction gives; or what it raised: then it has changed nothing, and the transaction goes on.

    Raises outages: they are the whole transaction's.
    """
    try:
        async with conn.begin_nested():
            return await step()
    except Exception as error:
        if _is_outage(error):
            raise
        return error


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
    make_private_folder(data)
    address = _make_address(url, data)
    if (file := _find_file(address)) is not None:
        make_private_file(file)  # its log gets the same rights
    database = connect_database(address)
    return await _see_to(database, database.write(), migrate)


async def find_database(url: str, data: Path) -> Database:
    """One that is there, to be read: nothing is made, and no schema changed under a server. Raises Unavailable."""
    address = _make_address(url, data)
    file = _find_file(address)
    if file is not None and not file.is_file():
        raise Unavailable(f"there is no database {file}: is --data right?")
    database = connect_database(address)
    return await _see_to(database, database.read(), check_schema)


async def _see_to(
    database: Database, transaction: AbstractAsyncContextManager[AsyncConnection], step: Callable[[Connection], None]
) -> Database:
    """The database after a step; closed where that fails."""
    try:
        async with transaction as conn:
            await conn.run_sync(step)
    except BaseException:
        await database.close()
        raise
    return database


def _make_address(url: str, data: Path) -> str:
    return url or f"sqlite+aiosqlite:///{data / 'karvan.db'}"


def _find_file(address: str) -> Path | None:
    """SQLite's file; None where there is none."""
    parts = make_url(address)
    is_file = parts.get_backend_name() == "sqlite" and parts.database not in (None, "", ":memory:")
    return Path(str(parts.database)) if is_file else None
