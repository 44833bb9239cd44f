"""The database as commands open it, beside a running server or without one; closed whatever happens."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from server import audit
from server.commands import Setting
from server.store.engine import Database, find_database, open_database

T = TypeVar("T")


@asynccontextmanager
async def looked_into(setting: Setting) -> AsyncIterator[Database]:
    """One that is there, to read: nothing is made or migrated. Raises Unavailable."""
    database = await find_database(setting.load().database.url, setting.data)
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def opened(setting: Setting) -> AsyncIterator[Database]:
    """To write, on behalf of who sits at the console; it is made where there is none."""
    audit.ACTING.set(audit.CONSOLE)
    database = await open_database(setting.load().database.url, setting.data)
    try:
        yield database
    finally:
        await database.close()


async def read(setting: Setting, ask: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    """What `ask` finds in one snapshot."""
    async with looked_into(setting) as database, database.read() as conn:
        return await ask(conn)


async def write(setting: Setting, change: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    """In one transaction."""
    async with opened(setting) as database, database.write() as conn:
        return await change(conn)


async def edit(setting: Setting, change: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    """The same to what there must be already."""
    audit.ACTING.set(audit.CONSOLE)
    async with looked_into(setting) as database, database.write() as conn:
        return await change(conn)
