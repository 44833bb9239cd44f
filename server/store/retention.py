"""What is known of deliveries is forgotten when it is old enough, a little at a time.

  log                attempts
  records            receipts of texts that are gone, which the recipient knows; losses; fetches; dead letters
  ended subscription its receipts, attempts and dead letters, then itself

What stands somewhere, or is still to be acknowledged, is kept, however old.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Table, TextClause, delete, exists, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.delivery_schema import IS_GONE, attempts, dead_letters, fetches, losses, receipts, subscriptions

Condition = ColumnElement[bool] | TextClause

MOST_FORGOTTEN = 500  # rows of a table at once

_IS_KNOWN = (IS_GONE, receipts.c.notice_at.is_(None), or_(receipts.c.notices == 0, receipts.c.via == "receipt"))


def _list_rules(log_before: datetime, records_before: datetime) -> Sequence[tuple[Table, tuple[Condition, ...]]]:
    return (
        (attempts, (attempts.c.at < log_before,)),
        (receipts, (receipts.c.at < records_before, *_IS_KNOWN)),
        (losses, (losses.c.at < records_before,)),
        (fetches, (fetches.c.at < records_before,)),
        (dead_letters, (dead_letters.c.at < records_before,)),
        (subscriptions, (subscriptions.c.ended_at < records_before,)),
    )


async def has_old(conn: AsyncConnection, log_before: datetime, records_before: datetime) -> bool:
    """Whether there is something to forget: a look into an index each."""
    looks = [exists().where(*old) for _, old in _list_rules(log_before, records_before)]
    return bool((await conn.execute(select(or_(*looks)))).scalar_one())


async def forget_some(conn: AsyncConnection, log_before: datetime, records_before: datetime) -> None:
    """Forget what is old enough, `MOST_FORGOTTEN` of a kind at most."""
    *rules, (_, have_ended) = _list_rules(log_before, records_before)
    for table, old in rules:
        await _delete_some(conn, table, *old)
    ended = select(subscriptions.c.id).where(*have_ended).order_by(subscriptions.c.ended_at).limit(1)
    number = (await conn.execute(ended)).scalar_one_or_none()
    if number is not None:
        await _forget_subscription(conn, number)


async def _forget_subscription(conn: AsyncConnection, number: int) -> None:
    """All that is known of it, then itself."""
    of_it = (
        (receipts, receipts.c.recipient == f"subscription:{number}"),
        (attempts, attempts.c.subscription_id == number),
        (dead_letters, dead_letters.c.subscription_id == number),
    )
    for table, where in of_it:
        if await _delete_some(conn, table, where) == MOST_FORGOTTEN:
            return  # there may be more of it: another time
    await conn.execute(delete(subscriptions).where(subscriptions.c.id == number))


async def _delete_some(conn: AsyncConnection, table: Table, *where: Condition) -> int:
    key = list(table.primary_key.columns)
    some = select(*key).where(*where).limit(MOST_FORGOTTEN)
    return (await conn.execute(delete(table).where(tuple_(*key).in_(some)))).rowcount
