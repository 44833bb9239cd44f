"""SQLite as we use it: WAL, every commit fsynced, one writer; a statement is one trip to its connection's thread.

SQLAlchemy's cursor makes four trips a statement (open, execute, fetch, close): most of what a request would cost.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Thread
from typing import Any
from weakref import WeakSet

import aiosqlite
from aiosqlite import Connection
from sqlalchemy import Engine, event
from sqlalchemy.dialects.sqlite.aiosqlite import AsyncAdapt_aiosqlite_connection, AsyncAdapt_aiosqlite_cursor
from sqlalchemy.util import EMPTY_DICT

ON_THE_SPOT = "karvan_on_the_spot"
LONGEST_END = 5  # seconds
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=15000")


class _Cursor(AsyncAdapt_aiosqlite_cursor):
    """Executes and fetches at once. What is fetched whole needs no closing."""

    __slots__ = ()

    def __init__(self, adapt_connection: Any) -> None:
        self._adapt_connection = adapt_connection
        self._connection = adapt_connection._connection
        self._rows = deque()
        self._soft_closed_memoized = EMPTY_DICT

    async def _execute_async(self, operation: Any, parameters: Any) -> Any:
        await self._run("execute", operation, parameters or ())

    async def _executemany_async(self, operation: Any, seq_of_parameters: Any) -> Any:
        await self._run("executemany", operation, seq_of_parameters)

    async def _run(self, method: str, operation: str, parameters: Any) -> None:
        connection: Any = self._connection
        if getattr(connection, ON_THE_SPOT, False):
            self._cursor, rows = _run_whole(connection._conn, method, operation, parameters)
            self._rows = deque(rows)
            return
        async with self._adapt_connection._execute_mutex:
            self._cursor, rows = await connection._execute(_run_whole, connection._conn, method, operation, parameters)
        self._rows = deque(rows)

    async def _async_soft_close(self) -> None:
        """There is nothing to close."""

    def close(self) -> None:
        self._rows.clear()


class _Connection(AsyncAdapt_aiosqlite_connection):
    __slots__ = ()
    _cursor_cls = _Cursor

    def commit(self) -> None:
        self._end(super().commit, "commit")

    def rollback(self) -> None:
        self._end(super().rollback, "rollback")

    def _end(self, end: Callable[[], None], method: str) -> None:
        """No trip where no transaction is open: SQLAlchemy asks for it whenever a connection comes back."""
        connection: Any = self._connection
        if connection._connection is None or not connection.in_transaction:
            return
        if getattr(connection, ON_THE_SPOT, False):
            getattr(connection._conn, method)()
        else:
            end()


@contextmanager
def asking_on_the_spot(connection: Any) -> Iterator[None]:
    """Meanwhile the statements of an aiosqlite connection run where they are made: a trip to its thread costs more than
    a small question, but all else in the process waits for the answer.
    """
    setattr(connection, ON_THE_SPOT, True)
    try:
        yield
    finally:
        setattr(connection, ON_THE_SPOT, False)


def _run_whole(connection: Any, method: str, operation: str, parameters: Any) -> tuple[Any, Sequence[Any]]:
    """In the connection's thread: the statement from its beginning to its end."""
    cursor = getattr(connection, method)(operation, parameters)
    return cursor, cursor.fetchall() if cursor.description else ()


def make_opener(threads: "WeakSet[Thread]") -> Callable[..., Connection]:
    """Opens connections as the dialect does, and notes their threads: one whose opening is cancelled has it, too."""

    def open_connection(*path: Any, **options: Any) -> Connection:
        connection = aiosqlite.connect(*path, **options)
        connection._thread.daemon = True
        threads.add(connection._thread)
        return connection

    return open_connection


async def wait_for_end(threads: "WeakSet[Thread]") -> None:
    """Wait until connections that were given up are closed: they still want to tell the event loop."""
    for thread in list(threads):
        if thread.is_alive():
            await asyncio.to_thread(thread.join, LONGEST_END)


def configure_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we begin transactions ourselves
        connection.__class__ = _Connection  # the dialect has no other way in
        cursor = connection.cursor()
        for pragma in PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(conn: Any) -> None:
        # A writer takes the lock at once: a reader that turns writer could be refused in the middle.
        # Its option says how much it waits for the disk; a connection keeps that, and reads do not mind.
        synchronous = conn.get_execution_options().get("karvan_write")
        if synchronous and conn.info.get("synchronous", "FULL") != synchronous:
            conn.exec_driver_sql(f"PRAGMA synchronous={synchronous}")
            conn.info["synchronous"] = synchronous
        conn.exec_driver_sql("BEGIN IMMEDIATE" if synchronous else "BEGIN")
