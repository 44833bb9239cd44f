"""What was used of a day's quotas."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.config import DailyUnit
from server.store.access_schema import usage
from server.store.sql import insert_or

Unit = DailyUnit


async def add_usage(conn: AsyncConnection, owner: str, day: str, unit: Unit, amount: int) -> int:
    """Add to what was used; what it is then."""
    statement = insert_or(conn, usage).values(owner=owner, day=day, unit=unit, amount=amount)
    added = {"amount": usage.c.amount + statement.excluded.amount}
    statement = statement.on_conflict_do_update(index_elements=["owner", "day", "unit"], set_=added)
    return int((await conn.execute(statement.returning(usage.c.amount))).scalar_one())


async def list_usage(conn: AsyncConnection, owners: Collection[str], day: str, unit: Unit) -> dict[str, int]:
    """Owner → what was used; those who have used nothing are left out."""
    theirs = (usage.c.owner.in_(list(owners)), usage.c.day == day, usage.c.unit == unit)
    rows = await conn.execute(select(usage.c.owner, usage.c.amount).where(*theirs))
    return {owner: int(amount) for owner, amount in rows}


async def forget_usage(conn: AsyncConnection, before: str) -> None:
    """Days before this one."""
    await conn.execute(usage.delete().where(usage.c.day < before))
