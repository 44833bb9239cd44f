"""What is brought to whom: what changed after a subscription's cursor, as it stands now, to the eyes of its owner.

To a WebSub subscription goes one small feed in the topic's format: entries that appeared or changed, stubs and
tombstones of the rest, and of what its owner may not read any more (losses). What its filters no longer let through but
was received before is told all the same: it is in the ledger. server/delivery/shipments has what goes to destinations.

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
from server import entries, publishing, visibility
from server.config import Config
from server.entries import Loaded
from server.filters import lets_through, parse_query
from server.losses import get_name as get_reader_name
from server.site import Site
from server.store import articles, losses, placements, receipts
from server.store.losses import Loss
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

    `again_at`: nothing is tried before that. `settled`: texts of which nothing is given up any more.
    """

    parcels: tuple[Parcel, ...]
    cursor: int
    more: bool = False
    again_at: datetime | None = None
    settled: tuple[tuple[int, Text], ...] = ()


def get_reader(one: Subscription) -> Reader:
    """Whose eyes the subscription reads with."""
    return make_reader(one.role, one.owner)


def make_reader(role: str, owner: str) -> Reader:
    """The reader of a role; "": nobody known."""
    roles: Mapping[str, Role] = {"outlet": "outlet", "subscriber": "subscriber", "editor": "editor", "admin": "admin"}
    return Reader(roles.get(role, "anyone"), owner)


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
    feed, reader = (one.channel, one.language), get_reader(one)
    changed = await placements.list_changes(conn, [feed], one.cursor, MOST_ITEMS)
    lost = await losses.list_losses(conn, get_reader_name(reader), [feed], one.cursor, MOST_ITEMS)
    numbers = sorted([*(number for number, _ in changed), *(loss.change for loss in lost)])[:MOST_ITEMS]
    if not numbers:
        return Plan((), one.cursor)
    more = len(numbers) == MOST_ITEMS
    now = max(now, *(place.shown_at for _, place in changed), *(loss.at for loss in lost), now)
    ids = {place.article_id for _, place in changed} | {loss.article_id for loss in lost}
    loaded = await entries.load(conn, list(ids))
    wanted = await _pick_wanted(conn, one, [place for _, place in changed], loaded, site.config)
    told = await _pick_told(conn, one, lost, loaded)
    while True:
        cursor = numbers[-1]
        shown = [place for number, place in changed if number <= cursor and place.article_id in wanted]
        gone = [loss for loss in told if loss.change <= cursor]
        standing = publishing.list_standing(site, shown[::-1], loaded)
        made = publishing.compose_feed(site, standing, feed, one.query, now, one.format, reader=reader)
        made = publishing.add_stones(site, made, gone, {number: one.article for number, one in loaded.items()})
        document = feeds.render_feed(made, one.format)
        if len(document.body) <= MOST_BYTES or len(numbers) == 1:
            break
        numbers, more = numbers[: len(numbers) // 2], True
    if not made.entries and not made.tombstones:
        return Plan((), cursor, more)
    items = [_make_item(place, loaded[place.article_id]) for place in shown]
    items += [_make_lost_item(loss, loaded[loss.article_id]) for loss in gone]
    return Plan((Parcel("changes", document, tuple(items), cursor),), cursor, more)


async def _pick_told(
    conn: AsyncConnection, one: Subscription, lost: Sequence[Loss], loaded: Mapping[int, Loaded]
) -> Sequence[Loss]:
    """The losses of what the subscription has received: by the ledger; without filters, by its cursor."""
    if one.query:
        texts = [(loss.article_id, loss.language) for loss in lost]
        received = await receipts.find_receipts(conn, get_recipient(one), texts)
        return [loss for loss in lost if (loss.article_id, loss.language) in received]
    appeared = {
        loss: min(place.appeared or 0 for place in loaded[loss.article_id].places if place.feed == loss.feed)
        for loss in lost
    }
    return [loss for loss in lost if one.since < loss.seen and appeared[loss] <= one.cursor]


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


def _make_lost_item(loss: Loss, one: Loaded) -> Item:
    return Item((loss.article_id, loss.language), get_name(one), loss.change, "removed", f"lost {loss.change}")


def should_beat(one: Subscription, config: Config, now: datetime) -> bool:
    """Whether it is time for a sign of life. A folder needs none."""
    hours = config.delivery.heartbeat_hours
    if one.kind == "destination" and not config.destinations[one.topic].url:
        return False
    return hours > 0 and (one.heard_at or one.created_at) <= now - timedelta(hours=hours)


def make_heartbeat(site: Site, one: Subscription, now: datetime) -> Parcel:
    """A sign of life: for WebSub the topic with nothing new in it, else a few words."""
    if one.kind == "websub":
        feed = publishing.compose_feed(site, (), (one.channel, one.language), one.query, now, one.format, updated=now)
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
