"""What was used of a day's quotas."""

from typing import Literal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.access_schema import usage
from server.store.sql import insert_or

Unit = Literal["articles", "bytes", "words"]


async def add_usage(conn: AsyncConnection, owner: str, day: str, unit: Unit, amount: int) -> int:
    """Add to what was used; what it is then."""
    statement = insert_or(conn, usage).values(owner=owner, day=day, unit=unit, amount=amount)
    added = {"amount": usage.c.amount + statement.excluded.amount}
    statement = statement.on_conflict_do_update(index_elements=["owner", "day", "unit"], set_=added)
    return int((await conn.execute(statement.returning(usage.c.amount))).scalar_one())


async def find_usage(conn: AsyncConnection, owner: str, day: str, unit: Unit) -> int:
    mine = (usage.c.owner == owner, usage.c.day == day, usage.c.unit == unit)
    return int((await conn.execute(select(usage.c.amount).where(*mine))).scalar_one_or_none() or 0)


async def forget_usage(conn: AsyncConnection, before: str) -> None:
    """Days before this one."""
    await conn.execute(usage.delete().where(usage.c.day < before))
