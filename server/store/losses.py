"""Who could read a text and may not any more; and who could read what under a configuration."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Integer, and_, bindparam, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.delivery_schema import losses, readerships, receipts
from server.store.placements import FeedName
from server.store.receipts import Text
from server.store.sql import insert_or, next_changes, upsert_all


@dataclass(frozen=True, slots=True)
class Loss:
    """Since change `change` this reader may not read a text in a place, whose own last change was `seen`.

    `reader` is "ROLE:ID", or "anyone".
    """

    reader: str
    channel: str
    language: str
    article_id: int
    change: int
    seen: int
    at: datetime

    @property
    def feed(self) -> FeedName:
        return self.channel, self.language


_COLUMNS = tuple(losses.c[name] for name in Loss.__slots__)
_KEY = ("reader", "channel", "language", "article_id")


async def save_losses(conn: AsyncConnection, lost: Sequence[Loss]) -> None:
    """Write them down with the next numbers in the order of changes; all who lose the same place have the same one."""
    if not lost:
        return
    places = {(*one.feed, one.article_id) for one in lost}
    numbers = dict(zip(sorted(places), await next_changes(conn, len(places)), strict=True))
    fixed = ("reader", "channel", "language", "article_id", "seen", "at")
    rows = [
        {name: getattr(one, name) for name in fixed} | {"change": numbers[(*one.feed, one.article_id)]} for one in lost
    ]
    await upsert_all(conn, losses, _KEY, rows)


async def delete_losses(conn: AsyncConnection, found: Collection[Loss]) -> None:
    """They may read it again."""
    if found:
        keys = [tuple(getattr(one, name) for name in _KEY) for one in found]
        await conn.execute(losses.delete().where(tuple_(*(losses.c[name] for name in _KEY)).in_(keys)))


_NEWEST = (  # made once: it is asked with every change of a feed
    select(*_COLUMNS)
    .where(*(losses.c[name] == bindparam(name) for name in ("reader", "channel", "language")))
    .order_by(losses.c.change.desc())
    .limit(bindparam("most", type_=Integer))
)


async def list_losses_of(conn: AsyncConnection, article_ids: Collection[int]) -> Sequence[Loss]:
    """What all have lost of these articles."""
    statement = select(*_COLUMNS).where(losses.c.article_id.in_(list(article_ids)))
    return [Loss(*row) for row in await conn.execute(statement)]


async def list_losses(
    conn: AsyncConnection, reader: str, feeds: Collection[FeedName], after: int, limit: int
) -> Sequence[Loss]:
    """What this reader lost in these feeds after this change, in order."""
    of_feeds = tuple_(losses.c.channel, losses.c.language).in_(list(feeds))
    statement = select(*_COLUMNS).where(losses.c.reader == reader, losses.c.change > after, of_feeds)
    return [Loss(*row) for row in await conn.execute(statement.order_by(losses.c.change).limit(limit))]


async def list_newest_losses(conn: AsyncConnection, reader: str, feed: FeedName, limit: int) -> Sequence[Loss]:
    """What this reader lost last in a feed, the last first."""
    asked = {"reader": reader, "channel": feed[0], "language": feed[1], "most": limit}
    return [Loss(*row) for row in await conn.execute(_NEWEST, asked)]


async def list_lost_and_received(
    conn: AsyncConnection, reader: str, recipient: str, after: int, limit: int
) -> Sequence[tuple[int, Text]]:
    """(change, text) of what this reader lost after this change, wherever, among what the recipient has received."""
    same_text = and_(receipts.c.article_id == losses.c.article_id, receipts.c.language == losses.c.language)
    statement = (
        select(losses.c.change, losses.c.article_id, losses.c.language)
        .join(receipts, same_text)
        .where(losses.c.reader == reader, receipts.c.recipient == recipient, losses.c.change > after)
        .order_by(losses.c.change)
        .limit(limit)
    )
    return [(row.change, (row.article_id, row.language)) for row in await conn.execute(statement)]


async def save_readership(conn: AsyncConnection, digest: str, document: str) -> None:
    """Keep who could read what under a configuration; it is there already where anybody was decided under it."""
    values = {"digest": digest, "document": document}
    await conn.execute(insert_or(conn, readerships).values(values).on_conflict_do_nothing())


async def find_readership(conn: AsyncConnection, digest: str) -> str | None:
    statement = select(readerships.c.document).where(readerships.c.digest == digest)
    found: str | None = (await conn.execute(statement)).scalar_one_or_none()
    return found
