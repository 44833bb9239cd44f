"""Who has which text of which article: pushed to them, fetched by them, or said by them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import and_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.delivery_schema import fetches, receipts
from server.store.schema import placements
from server.store.sql import upsert, upsert_all

Via = Literal["push", "receipt"]
Has = Literal["usable", "withdrawn", "removed"]
Text = tuple[int, str]  # article id, language


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a recipient has: the text as of `change`, or that it is gone. `etag`: of what was sent.

    `notice_at`: when a withdrawal that they have not acknowledged is told again, `notices` times so far.
    """

    recipient: str
    article_id: int
    language: str
    change: int
    state: Has
    etag: str
    via: Via
    at: datetime
    notices: int = 0
    notice_at: datetime | None = None

    @property
    def text(self) -> Text:
        return self.article_id, self.language


@dataclass(frozen=True, slots=True)
class Fetch:
    """A feed that the owner of a key has fetched, as of `change`; the first time at `first_at`, the last at `at`."""

    recipient: str
    channel: str
    language: str
    query: str
    change: int
    first_at: datetime
    at: datetime


_COLUMNS = tuple(receipts.c[name] for name in Receipt.__slots__)
_FETCH = tuple(fetches.c[name] for name in Fetch.__slots__)


async def save_receipts(conn: AsyncConnection, given: Sequence[Receipt]) -> None:
    """Write down what they have now, in place of what they had."""
    if given:
        rows = [{name: getattr(one, name) for name in Receipt.__slots__} for one in given]
        await upsert_all(conn, receipts, ("recipient", "article_id", "language"), rows)


async def find_receipts(conn: AsyncConnection, recipient: str, texts: Collection[Text]) -> Mapping[Text, Receipt]:
    """What this recipient has of these texts."""
    where = (receipts.c.recipient == recipient, tuple_(receipts.c.article_id, receipts.c.language).in_(list(texts)))
    found = [Receipt(*row) for row in await conn.execute(select(*_COLUMNS).where(*where))] if texts else []
    return {one.text: one for one in found}


async def list_receipts(conn: AsyncConnection, article_id: int) -> Sequence[Receipt]:
    """What all have of this article."""
    statement = select(*_COLUMNS).where(receipts.c.article_id == article_id)
    rows = await conn.execute(statement.order_by(receipts.c.language, receipts.c.recipient))
    return [Receipt(*row) for row in rows]


async def list_changes_received(
    conn: AsyncConnection, recipient: str, after: int, limit: int
) -> Sequence[tuple[int, Text]]:
    """(change, text) of what changed after this number, wherever it stands, among what the recipient has received."""
    same_text = and_(receipts.c.article_id == placements.c.article_id, receipts.c.language == placements.c.language)
    statement = (
        select(placements.c.change, placements.c.article_id, placements.c.language)
        .join(receipts, same_text)
        .where(receipts.c.recipient == recipient, placements.c.change > after)
        .order_by(placements.c.change)
        .limit(limit)
    )
    return [(row.change, (row.article_id, row.language)) for row in await conn.execute(statement)]


async def list_notices(conn: AsyncConnection, recipient: str, now: datetime, limit: int) -> Sequence[Receipt]:
    """The withdrawals that this recipient is to be told again by now."""
    where = (receipts.c.recipient == recipient, receipts.c.notice_at <= now)
    statement = select(*_COLUMNS).where(*where).order_by(receipts.c.change).limit(limit)
    return [Receipt(*row) for row in await conn.execute(statement)]


async def list_recipients_to_notice(conn: AsyncConnection, now: datetime) -> Sequence[str]:
    """Recipients who are to be told something again by now."""
    statement = select(receipts.c.recipient).where(receipts.c.notice_at <= now).distinct()
    return list((await conn.execute(statement)).scalars())


async def acknowledge(conn: AsyncConnection, recipient: str, texts: Collection[Text], change: int) -> int:
    """They have said that they have these texts as of `change`: what is not newer is not told again. How many."""
    where = (
        receipts.c.recipient == recipient,
        tuple_(receipts.c.article_id, receipts.c.language).in_(list(texts)),
        receipts.c.change <= change,
    )
    return (await conn.execute(receipts.update().where(*where).values(notice_at=None, via="receipt"))).rowcount


async def save_fetch(conn: AsyncConnection, fetch: Fetch) -> None:
    """Note the newest fetch of a feed; the time of the first stays."""
    values: dict[str, Any] = {name: getattr(fetch, name) for name in Fetch.__slots__}
    key = {name: values.pop(name) for name in ("recipient", "channel", "language", "query")}
    where = [fetches.c[name] == value for name, value in key.items()]
    known = (await conn.execute(select(fetches.c.first_at, fetches.c.change).where(*where))).one_or_none()
    if known is not None:
        values |= {"first_at": known.first_at, "change": max(known.change, fetch.change)}
    await upsert(conn, fetches, key, values)


async def list_fetches(conn: AsyncConnection, feeds: Collection[tuple[str, str]]) -> Sequence[Fetch]:
    """Who has fetched these feeds."""
    where = tuple_(fetches.c.channel, fetches.c.language).in_(list(feeds))
    statement = select(*_FETCH).where(where).order_by(fetches.c.recipient, fetches.c.channel)
    return [Fetch(*row) for row in await conn.execute(statement)] if feeds else []
