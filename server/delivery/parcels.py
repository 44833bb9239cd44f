"""What is brought to whom: what changed after a subscription's cursor, as it stands now, to the eyes of its owner.

To a WebSub subscription goes one small feed in the topic's format: entries that appeared or changed, stubs and
tombstones of the rest. What its filters no longer let through but was received before is told all the same: it is in
the ledger. server/delivery/shipments has what goes to destinations.

What has a number of a change was visible when it got it, so `now` is never before that: the clocks of two processes may
differ by more than lies between a push and its delivery.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

import feeds
from feeds.etag import make_document
from feeds.model import Document
from server import publishing, visibility
from server.config import Config
from server.filters import lets_through, parse_query
from server.publishing import Loaded, Site
from server.store import articles, placements, receipts
from server.store.placements import Placement
from server.store.receipts import Has, Receipt, Text
from server.store.subscriptions import Subscription, SubscriptionState
from server.visibility import Reader, Role

MOST_ITEMS = 50  # in one WebSub delivery, and in one look at what a destination has not got yet
MOST_BYTES = 1_000_000  # of a WebSub delivery of several items: subscribers cap what they take

Event = Literal["changes", "item", "withdrawal", "notice", "heartbeat"]


@dataclass(frozen=True, slots=True)
class Item:
    """What the recipient has of a text once a parcel has arrived. `name`: outlet/item.

    `notices`: how often it was told before; `is_news`: the recipient has heard nothing of this text before.
    """

    text: Text
    name: str
    change: int
    state: Has
    etag: str
    notices: int = 0
    is_news: bool = True


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is brought at once. After it the recipient has everything up to change `cursor`."""

    event: Event
    document: Document
    items: tuple[Item, ...]
    cursor: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What to bring, in order; then nothing up to change `cursor` is left. `more`: there may be something after it.

    `again_at`: nothing is tried before that.
    """

    parcels: tuple[Parcel, ...]
    cursor: int
    more: bool = False
    again_at: datetime | None = None


def get_reader(one: Subscription) -> Reader:
    """Whose eyes the subscription reads with."""
    roles: Mapping[str, Role] = {"outlet": "outlet", "subscriber": "subscriber", "editor": "editor", "admin": "admin"}
    return Reader(roles.get(one.role, "anyone"), one.owner)


def get_recipient(one: Subscription) -> str:
    """The subscription in the ledger of receipts."""
    return f"subscription:{one.id}"


def why_ended(
    one: Subscription, valid_keys: frozenset[str], config: Config, now: datetime
) -> tuple[SubscriptionState, str] | None:
    """Why a live subscription gets no more, None while it does."""
    if one.kind == "destination":
        return None if one.topic in config.destinations else ("removed", "it is not in the configuration any more")
    if one.lease_until is not None and one.lease_until <= now:
        return "expired", "its lease has ended" + (f"; last error: {one.error}" if one.error else "")
    if publishing.find_channel_language(one.channel, one.language, config) is None:
        return "denied", "the feed is not there any more"
    if one.key_id and one.key_id not in valid_keys:
        return "denied", "the key that it was made with opens nothing any more"
    if not visibility.may_read_channel(get_reader(one), one.channel, config):
        return "denied", "its owner may not read the channel any more"
    return None


async def plan_websub(conn: AsyncConnection, site: Site, one: Subscription, now: datetime) -> Plan:
    """The next small feed for a WebSub subscription."""
    feed = (one.channel, one.language)
    changes = await placements.list_changes(conn, [feed], one.cursor, MOST_ITEMS)
    if not changes:
        return Plan((), one.cursor)
    more, now = len(changes) == MOST_ITEMS, max(now, *(place.shown_at for _, place in changes))
    loaded = await publishing.load(conn, [place.article_id for _, place in changes])
    wanted = await _pick_wanted(conn, one, [place for _, place in changes], loaded, site.config)
    while True:
        shown = [place for _, place in changes if place.article_id in wanted]
        reader, newest_first = get_reader(one), shown[::-1]
        made = publishing.compose_feed(site, newest_first, loaded, feed, one.query, now, one.format, reader=reader)
        document = feeds.render_feed(made, one.format)
        if len(document.body) <= MOST_BYTES or len(changes) == 1:
            break
        changes, more = changes[: len(changes) // 2], True
    cursor = changes[-1][0]
    if not made.entries and not made.tombstones:
        return Plan((), cursor, more)
    items = tuple(_make_item(place, loaded[place.article_id]) for place in shown)
    return Plan((Parcel("changes", document, items, cursor),), cursor, more)


async def _pick_wanted(
    conn: AsyncConnection,
    one: Subscription,
    places: Sequence[Placement],
    loaded: Mapping[int, Loaded],
    config: Config,
) -> frozenset[int]:
    """The articles that the subscription's filters let through, or that it has received before."""
    if not one.query:
        return frozenset(loaded)
    filters = parse_query(one.query, config)
    of_topic = await articles.list_articles_about(conn, loaded, filters.subject) if filters.subject else loaded.keys()
    texts = [(place.article_id, place.language) for place in places]
    received = await receipts.find_receipts(conn, get_recipient(one), texts)
    return frozenset(
        place.article_id
        for place in places
        if (place.article_id, place.language) in received
        or lets_through(
            filters,
            loaded[place.article_id].article.outlet,
            place.origin,
            is_about=place.article_id in of_topic,
        )
    )


def _make_item(place: Placement, one: Loaded) -> Item:
    text = (place.article_id, place.language)
    return Item(text, get_name(one), place.change or 0, place.state, f"{place.content_hash[:16]} {place.change}")


def should_beat(one: Subscription, config: Config, now: datetime) -> bool:
    """Whether it is time for a sign of life. A folder needs none."""
    hours = config.delivery.heartbeat_hours
    if one.kind == "destination" and not config.destinations[one.topic].url:
        return False
    return hours > 0 and (one.heard_at or one.created_at) <= now - timedelta(hours=hours)


def make_heartbeat(site: Site, one: Subscription, now: datetime) -> Parcel:
    """A sign of life: for WebSub the topic with nothing new in it, else a few words."""
    if one.kind == "websub":
        feed = publishing.compose_feed(
            site, (), {}, (one.channel, one.language), one.query, now, one.format, updated=now
        )
        return Parcel("heartbeat", feeds.render_feed(feed, one.format), (), one.cursor)
    said = {"event": "heartbeat", "destination": one.topic, "sequence": one.sequence, "at": now}
    return Parcel("heartbeat", make_document(orjson.dumps(said), "application/json"), (), one.cursor)


def make_receipt(recipient: str, item: Item, now: datetime, notice_at: datetime | None = None) -> Receipt:
    """What the recipient has once an item has arrived. `notice_at`: when it is told again."""
    told = item.notices + 1 if notice_at else item.notices
    return Receipt(recipient, *item.text, item.change, item.state, item.etag, "push", now, told, notice_at)


def get_name(one: Loaded) -> str:
    """outlet/item"""
    return f"{one.article.outlet}/{one.article.item}"
