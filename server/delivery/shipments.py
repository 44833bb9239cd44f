"""What is brought to a destination: one document per item, in the order of changes.

What stands for it now is held against the ledger of what it has. So a correction or a kill reaches it although a route
no longer lets the item through, and so does that its subscriber may not read it any more; nothing is withdrawn that it
never got, and what stands in two channels comes once.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

import feeds
from feeds import newsml_names
from server import entries, losses, publishing, visibility
from server.config import Config, Destination
from server.delivery.parcels import MOST_ITEMS, Item, Parcel, Plan, get_name, get_recipient, make_receipt
from server.entries import Loaded
from server.site import Site
from server.store import deliveries, placements, receipts
from server.store import losses as lost_rows
from server.store.placements import FeedName, Placement
from server.store.receipts import Receipt, Text
from server.store.subscriptions import Subscription
from server.visibility import Reader

log = structlog.get_logger()

EXTENTS = ("full", "marked", "headline")  # falling
MEDIA_TYPES = {"ninjs": "application/json", "atom": "application/atom+xml", "newsml": newsml_names.ITEM_TYPE}


def list_feeds(destination: Destination, config: Config) -> Sequence[FeedName]:
    """The feeds that a destination gets."""
    return [
        (channel, language)
        for channel in destination.channels
        for language in publishing.list_channel_languages(channel, config)
        if "*" in destination.languages or language in destination.languages
    ]


async def plan_destination(
    conn: AsyncConnection, site: Site, one: Subscription, destination: Destination, now: datetime
) -> Plan:
    """The next items for a destination, in the order of changes; then what is to be tried or told again."""
    feed_names, recipient = list_feeds(destination, site.config), get_recipient(one)
    found = await placements.list_changes(conn, feed_names, one.cursor, MOST_ITEMS)
    now = max(now, *(place.shown_at for _, place in found)) if found else now
    standing = [(change, (place.article_id, place.language)) for change, place in found]
    owed = await receipts.list_changes_received(conn, recipient, one.cursor, MOST_ITEMS)
    reader = losses.get_name(get_eyes(destination))
    lost = await lost_rows.list_lost_and_received(conn, reader, recipient, one.cursor, MOST_ITEMS)
    full = [some[-1][0] for some in (standing, owed, lost) if len(some) == MOST_ITEMS]
    until = min(full, default=None)
    changes = sorted({pair for pair in (*standing, *owed, *lost) if until is None or pair[0] <= until})
    again = await receipts.list_notices(conn, recipient, now, MOST_ITEMS)
    refused = [letter.text for letter in await deliveries.list_asked_again(conn, one.id, MOST_ITEMS)]
    texts = {text for _, text in changes} | {notice.text for notice in again} | set(refused)
    loaded = await entries.load(conn, [article_id for article_id, _ in texts])
    known = dict(await receipts.find_receipts(conn, recipient, texts))
    parcels = []
    for change, text in changes:
        with _isolated(text):
            parcel = _make_parcel(site, loaded[text[0]], text, change, destination, feed_names, known.get(text), now)
            if parcel is not None:
                parcels.append(parcel)
                known[text] = make_receipt(recipient, parcel.items[0], now)
    cursor = changes[-1][0] if changes else one.cursor
    settled, coming = [], {parcel.items[0].text for parcel in parcels}
    for text in (text for text in refused if text not in coming):
        with _isolated(text):
            change = _get_last_change(loaded[text[0]], text[1])
            parcel = _make_parcel(site, loaded[text[0]], text, change, destination, feed_names, known.get(text), now)
            if parcel is None:  # it is gone, or has come meanwhile
                settled.append((one.id, text))
            else:
                parcels.append(replace(parcel, cursor=cursor))
    for notice in again:
        if notice == known.get(notice.text):
            with _isolated(notice.text):
                told = _make_notice(site, loaded[notice.article_id], notice, destination, feed_names, now)
                parcels.append(replace(told, cursor=cursor))
    return Plan(tuple(parcels), cursor, more=until is not None, settled=tuple(settled))


def get_eyes(destination: Destination) -> Reader:
    """Whose eyes a destination reads with."""
    return Reader("subscriber", destination.subscriber) if destination.subscriber else visibility.ANYONE


@contextmanager
def _isolated(text: Text) -> Iterator[None]:
    """One item that cannot be rendered keeps no other back."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 (whatever it is, the others must go out)
        log.error("item not delivered", article=text[0], language=text[1], error=type(error).__name__)


def _make_parcel(
    site: Site,
    one: Loaded,
    text: Text,
    change: int,
    destination: Destination,
    feed_names: Sequence[FeedName],
    known: Receipt | None,
    now: datetime,
) -> Parcel | None:
    """The text as it stands for this destination now, or that it is gone; None where that is what it has already."""
    place = _find_place(site, one, text[1], destination, feed_names, now)
    if place.state != "usable" and known is None:
        return None
    document = feeds.render_article(entries.make_entry(site, one, place), MEDIA_TYPES[destination.format])
    if known is not None and (known.state, known.etag) == (place.state, document.etag):
        return None
    item = Item(text, get_name(one), change, place.state, document.etag, is_news=known is None)
    return Parcel("item" if place.state == "usable" else "withdrawal", document, (item,), change)


def _find_place(
    site: Site,
    one: Loaded,
    language: str,
    destination: Destination,
    feed_names: Sequence[FeedName],
    now: datetime,
) -> Placement:
    """Where a destination sees most of a text; if it sees none of it, how it ended, as the article itself says."""
    reader = get_eyes(destination)
    in_language = [place for place in one.places if place.language == language]
    shown = [
        place
        for place in in_language
        if place.feed in feed_names and visibility.is_visible(one.article, [place], reader, site.config, now)
    ]
    if shown:
        return min(shown, key=lambda place: EXTENTS.index(place.extent))
    gone = one.article.canceled_at is not None or one.article.head.article.pub_status != "usable"
    last = max(in_language, key=lambda place: place.change or 0)
    return replace(last, state="withdrawn" if gone else "removed")


def _get_last_change(one: Loaded, language: str) -> int:
    return max((place.change or 0 for place in one.places if place.language == language), default=0)


def _make_notice(
    site: Site,
    one: Loaded,
    notice: Receipt,
    destination: Destination,
    feed_names: Sequence[FeedName],
    now: datetime,
) -> Parcel:
    """What a destination has been told and not acknowledged, told again."""
    place = _find_place(site, one, notice.language, destination, feed_names, now)
    document = feeds.render_article(entries.make_entry(site, one, place), MEDIA_TYPES[destination.format])
    item = Item(notice.text, get_name(one), notice.change, place.state, document.etag, notice.notices, is_news=False)
    return Parcel("notice", document, (item,), notice.change)
