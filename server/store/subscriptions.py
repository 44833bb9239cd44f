"""Who gets pushes, and what was asked of the hub."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.delivery_schema import requests, subscriptions
from server.store.placements import FeedName
from server.store.schema import keys
from server.store.sql import upsert

Kind = Literal["websub", "destination"]
SubscriptionState = Literal["live", "unsubscribed", "expired", "gone", "denied", "removed"]


@dataclass(frozen=True, slots=True)
class Subscription:
    """A WebSub callback or a destination; see the table. `role` and `owner` are whose eyes it reads with."""

    id: int
    kind: Kind
    topic: str
    address: str
    channel: str
    language: str
    format: str
    query: str
    secret: str
    role: str
    owner: str
    key_id: str
    since: int
    cursor: int
    sequence: int
    state: SubscriptionState
    reason: str
    lease_until: datetime | None
    created_at: datetime
    failures: int
    error: str
    attempted_at: datetime | None
    heard_at: datetime | None
    retry_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class HubRequest:
    """What somebody asked of the hub. `token` tells it from a later request for the same topic and callback.

    `resumes`: a subscription that has ended goes on where it was.
    """

    id: int
    token: str
    mode: Literal["subscribe", "unsubscribe"]
    topic: str
    callback: str
    channel: str
    language: str
    format: str
    query: str
    secret: str
    lease_seconds: int
    role: str
    owner: str
    key_id: str
    created_at: datetime
    resumes: bool


_COLUMNS = tuple(subscriptions.c[name] for name in Subscription.__slots__)
_REQUEST = tuple(requests.c[name] for name in HubRequest.__slots__)


async def save_request(conn: AsyncConnection, values: Mapping[str, Any]) -> int:
    """Keep a request (HubRequest without id) in place of an older one for the same topic and callback; its id."""
    key = {name: values[name] for name in ("topic", "callback")}
    await upsert(conn, requests, key, {name: value for name, value in values.items() if name not in key})
    of_key = (requests.c.topic == key["topic"], requests.c.callback == key["callback"])
    return int((await conn.execute(select(requests.c.id).where(*of_key))).scalar_one())


async def find_request(conn: AsyncConnection, request_id: int) -> HubRequest | None:
    row = (await conn.execute(select(*_REQUEST).where(requests.c.id == request_id))).one_or_none()
    return None if row is None else HubRequest(*row)


async def count_requests(conn: AsyncConnection) -> int:
    return int((await conn.execute(select(func.count()).select_from(requests))).scalar_one())


async def delete_request(conn: AsyncConnection, request: HubRequest) -> bool:
    """Whether it was still the newest one; a newer one stays."""
    same = (requests.c.id == request.id, requests.c.token == request.token)
    return (await conn.execute(requests.delete().where(*same))).rowcount > 0


async def save_subscription(
    conn: AsyncConnection, kind: Kind, topic: str, address: str, values: Mapping[str, Any]
) -> None:
    """Add it, or set `values` where it is already: cursor and log stay what they are, unless they are given."""
    key = {"kind": kind, "topic": topic, "address": address}
    where = [subscriptions.c[name] == value for name, value in key.items()]
    if not (await conn.execute(subscriptions.update().where(*where).values(**values))).rowcount:
        fresh = {"sequence": 0, "failures": 0, "error": "", "reason": "", **values}
        await conn.execute(subscriptions.insert().values(**key, **fresh))


async def find_subscription(conn: AsyncConnection, kind: Kind, topic: str, address: str) -> Subscription | None:
    where = (subscriptions.c.kind == kind, subscriptions.c.topic == topic, subscriptions.c.address == address)
    row = (await conn.execute(select(*_COLUMNS).where(*where))).one_or_none()
    return None if row is None else Subscription(*row)


async def get_subscriptions(conn: AsyncConnection, ids: Collection[int]) -> dict[int, Subscription]:
    rows = await conn.execute(select(*_COLUMNS).where(subscriptions.c.id.in_(list(ids))))
    return {row.id: Subscription(*row) for row in rows}


async def list_subscriptions(
    conn: AsyncConnection,
    *,
    owner: tuple[str, str] | None = None,
    state: str | None = None,
    after: int = 0,
    limit: int = 1_000,
) -> Sequence[Subscription]:
    """All, or those of an owner (role, id) or in a state, in the order of their ids."""
    statement = select(*_COLUMNS).where(subscriptions.c.id > after)
    if state is not None:
        statement = statement.where(subscriptions.c.state == state)
    if owner is not None:
        statement = statement.where(subscriptions.c.role == owner[0], subscriptions.c.owner == owner[1])
    return [Subscription(*row) for row in await conn.execute(statement.order_by(subscriptions.c.id).limit(limit))]


async def list_of_feeds(
    conn: AsyncConnection, feeds: Collection[FeedName], recipients: Collection[str]
) -> Sequence[Subscription]:
    """All that these feeds had or have, and those among the recipients ("subscription:ID")."""
    ids = [int(name.partition(":")[2]) for name in recipients if name.startswith("subscription:")]
    of_feed = tuple_(subscriptions.c.channel, subscriptions.c.language).in_(list(feeds))
    statement = select(*_COLUMNS).where(or_(of_feed, subscriptions.c.id.in_(ids))).order_by(subscriptions.c.id)
    return [Subscription(*row) for row in await conn.execute(statement)]


async def list_destinations(conn: AsyncConnection) -> Sequence[Subscription]:
    statement = select(*_COLUMNS).where(subscriptions.c.kind == "destination").order_by(subscriptions.c.id)
    return [Subscription(*row) for row in await conn.execute(statement)]


async def list_live(conn: AsyncConnection, feeds: Iterable[FeedName]) -> Sequence[tuple[int, datetime | None]]:
    """(id, before when nothing is tried) of the live subscriptions that a change in these feeds may concern.

    That is every destination: what it once received concerns it, whatever its channels are now.
    """
    of_feed = tuple_(subscriptions.c.channel, subscriptions.c.language).in_(list(feeds))
    statement = select(subscriptions.c.id, subscriptions.c.retry_at).where(
        subscriptions.c.state == "live", or_(of_feed, subscriptions.c.kind == "destination")
    )
    return [(row.id, row.retry_at) for row in await conn.execute(statement.order_by(subscriptions.c.id))]


async def list_feeds_wanted(conn: AsyncConnection, feeds: Iterable[FeedName]) -> Sequence[FeedName]:
    """Those of the feeds that have a live subscription, and all where there is a live destination."""
    feeds = sorted(feeds)
    live = subscriptions.c.state == "live"
    destination = select(subscriptions.c.id).where(live, subscriptions.c.kind == "destination").limit(1)
    if (await conn.execute(destination)).first() is not None:
        return feeds
    names = (subscriptions.c.channel, subscriptions.c.language)
    rows = await conn.execute(select(*names).where(live, tuple_(*names).in_(feeds)).distinct())
    return sorted((row.channel, row.language) for row in rows)


async def count_live(conn: AsyncConnection) -> int:
    """How many subscriptions of the hub live."""
    where = (subscriptions.c.state == "live", subscriptions.c.kind == "websub")
    return int((await conn.execute(select(func.count()).select_from(subscriptions).where(*where))).scalar_one())


async def list_silent(
    conn: AsyncConnection, before: datetime, now: datetime, *, but: Collection[str] = ()
) -> Sequence[int]:
    """Ids of live subscriptions, without those of some topics, not heard since `before`, that may be tried by now."""
    statement = select(subscriptions.c.id).where(
        subscriptions.c.state == "live",
        subscriptions.c.topic.not_in(list(but)),
        func.coalesce(subscriptions.c.heard_at, subscriptions.c.created_at) < before,
        or_(subscriptions.c.retry_at.is_(None), subscriptions.c.retry_at <= now),
    )
    return list((await conn.execute(statement)).scalars())


async def list_overdue(conn: AsyncConnection, now: datetime) -> Sequence[Subscription]:
    """Live subscriptions whose lease has ended."""
    statement = select(*_COLUMNS).where(subscriptions.c.state == "live", subscriptions.c.lease_until <= now)
    return [Subscription(*row) for row in await conn.execute(statement)]


async def end_subscription(
    conn: AsyncConnection, subscription_id: int, state: SubscriptionState, reason: str, now: datetime
) -> None:
    where = subscriptions.c.id == subscription_id
    await conn.execute(subscriptions.update().where(where).values(state=state, reason=reason, ended_at=now))


async def skip(conn: AsyncConnection, subscription_id: int, cursor: int) -> None:
    """Nothing up to this change concerns it."""
    where = (subscriptions.c.id == subscription_id, subscriptions.c.cursor < cursor)
    await conn.execute(subscriptions.update().where(*where).values(cursor=cursor))


async def list_valid_keys(conn: AsyncConnection, ids: Collection[str], now: datetime) -> frozenset[str]:
    """Those of the keys that are neither revoked nor expired."""
    statement = select(keys.c.id).where(
        keys.c.id.in_(list(ids)),
        keys.c.revoked_at.is_(None),
        or_(keys.c.expires_at.is_(None), keys.c.expires_at > now),
    )
    return frozenset((await conn.execute(statement)).scalars())
