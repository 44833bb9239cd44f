"""Who has what of an article, and who has not heard of its last change: pushed, fetched by key, or acknowledged (pure).

WebSub        everything in its feed from `since` up to `cursor`; with filters, what the ledger says
destination   what the ledger says, as of `cursor`; where it wants to acknowledge itself, once it has
fetch         what stood in the feed when the owner of a key last fetched it

Who could never read it has not got it; for who may not any more, that they may not is the last change.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from server.api.shapes.articles import HolderShown, HoldersShown
from server.config import Config
from server.delivery.parcels import get_reader, make_reader
from server.losses import get_name
from server.store.articles import ArticleRow
from server.store.losses import Loss
from server.store.placements import FeedName, Placement
from server.store.receipts import Fetch, Receipt
from server.store.subscriptions import Subscription
from server.visibility import Reader, why_refused

MOST_LISTED = 500  # recipients of a text


@dataclass(frozen=True, slots=True)
class Known:
    """All that is known of who has an article. `losses`: (reader, feed) → that they may not read it there any more."""

    article: ArticleRow
    places: Sequence[Placement]
    ledger: Sequence[Receipt]
    subscriptions: Mapping[int, Subscription]
    fetches: Sequence[Fetch]
    losses: Mapping[tuple[str, FeedName], Loss]


@dataclass(frozen=True, slots=True)
class Holder:
    """A recipient of a text. `has_latest`: its last change has reached them; `acknowledged`: and nothing is owed."""

    name: str
    kind: str
    via: str
    change: int
    has_latest: bool
    acknowledged: bool
    at: datetime | None
    notices: int = 0
    notice_at: datetime | None = None
    error: str = ""


def list_holders(known: Known, language: str, config: Config) -> Sequence[Holder]:
    """Who has received this text, those first who lack its last change."""
    holders: dict[str, Holder] = {}
    for holder in (
        *_from_ledger(known, language, config),
        *_from_cursors(known, language, config),
        *_from_fetches(known, language, config),
    ):
        before = holders.get(holder.name)
        if before is None or before.change < holder.change:
            holders[holder.name] = holder
    return sorted(holders.values(), key=lambda one: (one.acknowledged, one.name))


def get_last_change(known: Known, language: str) -> int:
    """The number of the last change of this text anywhere."""
    return max((place.change or 0 for place in known.places if place.language == language), default=0)


def _from_ledger(known: Known, language: str, config: Config) -> Iterator[Holder]:
    last = get_last_change(known, language)
    for one in known.ledger:
        if one.language != language:
            continue
        role, _, number = one.recipient.partition(":")
        if role != "subscription":
            latest = one.change >= last
            yield Holder(one.recipient, "reader", one.via, one.change, latest, latest, one.at)
        elif (subscription := known.subscriptions.get(int(number))) is not None:
            latest = subscription.cursor >= last
            owes = one.notice_at is not None or (_wants_word(subscription, config) and one.notices > 0)
            yield Holder(
                name_subscription(subscription),
                subscription.kind,
                one.via,
                last if latest else one.change,
                latest,
                latest and (one.via == "receipt" or not owes),
                one.at,
                one.notices,
                one.notice_at,
                subscription.error,
            )


def _wants_word(one: Subscription, config: Config) -> bool:
    destination = config.destinations.get(one.topic) if one.kind == "destination" else None
    return destination is not None and destination.receipts == "explicit"


def _from_cursors(known: Known, language: str, config: Config) -> Iterator[Holder]:
    """WebSub subscriptions without filters: they have all of their feed that they may read."""
    places = _list_places(known, language)
    for one in known.subscriptions.values():
        place = places.get((one.channel, one.language))
        if one.kind != "websub" or one.query or place is None:
            continue
        told = _find_told(known, place, get_reader(one), config)
        if told is None or not one.since < told.seen:
            continue
        latest = told.change <= one.cursor
        if latest or one.since < (place.appeared or 0) <= one.cursor:
            change = told.change if latest else one.cursor
            yield Holder(
                name_subscription(one), one.kind, "push", change, latest, latest, one.heard_at, error=one.error
            )


def _from_fetches(known: Known, language: str, config: Config) -> Iterator[Holder]:
    places = _list_places(known, language)
    for one in known.fetches:
        place = places.get((one.channel, one.language))
        if place is None or one.change < (place.appeared or 0):
            continue
        role, _, owner = one.recipient.partition(":")
        told = _find_told(known, place, make_reader(role, owner), config)
        if told is not None:
            latest = one.change >= told.change
            yield Holder(one.recipient, "reader", "fetch", one.change, latest, latest, one.at)


def _list_places(known: Known, language: str) -> Mapping[FeedName, Placement]:
    places = (place for place in known.places if place.language == language)
    return {place.feed: place for place in places if place.change is not None}


@dataclass(frozen=True, slots=True)
class _Told:
    """The number of the last change of a place that a reader is told of; of the last one that they could read."""

    change: int
    seen: int


def _find_told(known: Known, place: Placement, reader: Reader, config: Config) -> _Told | None:
    """None: they could never read it."""
    if (loss := known.losses.get((get_name(reader), place.feed))) is not None:
        return _Told(loss.change, loss.seen)
    if place.channel in config.channels and why_refused(known.article, place, reader, config):
        return None
    return _Told(place.change or 0, place.change or 0)


def name_subscription(one: Subscription) -> str:
    """Of a callback only the host is told: the rest may be a secret."""
    return f"{one.kind}:{one.topic if one.kind == 'destination' else f'{urlsplit(one.address).netloc}#{one.id}'}"


def describe_holders(known: Known, languages: Sequence[str], config: Config) -> dict[str, HoldersShown]:
    """Language → who has it, and how many have heard of its last change."""
    described: dict[str, HoldersShown] = {}
    for language in languages:
        holders = list_holders(known, language, config)
        acknowledged = sum(one.acknowledged for one in holders)
        described[language] = {
            "change": get_last_change(known, language),
            "acknowledged": acknowledged,
            "missing": len(holders) - acknowledged,
            "recipients": [_describe(one) for one in holders[:MOST_LISTED]],
        }
    return described


def _describe(one: Holder) -> HolderShown:
    return {
        "recipient": one.name,
        "kind": one.kind,
        "via": one.via,
        "change": one.change,
        "has_latest": one.has_latest,
        "acknowledged": one.acknowledged,
        "at": one.at,
        "notices": one.notices,
        "next_notice": one.notice_at,
        "last_error": one.error or None,
    }
