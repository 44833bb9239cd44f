"""A feed and its older pages → one long feed. Whatever order the pages come in, the newest word on an entry counts."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from feeds.source_items import FaultyItem, FeedItem, GoneItem, ParsedFeed

NEVER = datetime.min.replace(tzinfo=UTC)


def join_pages(pages: Sequence[ParsedFeed]) -> ParsedFeed:
    """The first is the feed itself; of two words on an entry that are equally new, that of the first page counts.

    What was killed stays so. What is gone is alive again only where it was changed after that (RFC 6721 §3).
    """
    items: dict[str, FeedItem] = {}
    gone: dict[str, GoneItem] = {}
    for page in pages:
        for item in page.items:
            known = items.get(item.id)
            if known is None or _get_time(item.updated) > _get_time(known.updated):
                items[item.id] = item
        for one in page.gone:
            gone[one.id] = pick_gone(gone[one.id], one) if one.id in gone else one
    for id_ in items.keys() & gone.keys():
        if is_alive_again(items[id_], gone[id_]):
            del gone[id_]
        else:
            del items[id_]
    kept = list(items.values())
    if len(pages) > 1 and all(item.updated for item in kept):
        kept.sort(key=lambda item: _get_time(item.updated), reverse=True)
    faulty = _join_faulty(pages, items.keys() | gone.keys())
    left_out = sum(page.left_out for page in pages)
    return replace(pages[0], items=tuple(kept), gone=tuple(gone.values()), faulty=faulty, left_out=left_out)


def is_alive_again(item: FeedItem, gone: GoneItem) -> bool:
    """RFC 6721 §3: was it changed after it was deleted? A kill is for good."""
    if gone.status == "canceled":
        return False
    return item.updated is not None and gone.when is not None and item.updated > gone.when


def pick_gone(one: GoneItem, other: GoneItem) -> GoneItem:
    """The word that counts: a kill before all, then what is newer, then what says why."""
    return max(one, other, key=_weigh)


def _weigh(gone: GoneItem) -> tuple[bool, datetime, bool, bool]:
    return gone.status == "canceled", _get_time(gone.when), gone.status is not None, bool(gone.why)


def _get_time(moment: datetime | None) -> datetime:
    return moment or NEVER


def _join_faulty(pages: Sequence[ParsedFeed], readable: Iterable[str]) -> tuple[FaultyItem, ...]:
    """Each once; not those that another page has in good order."""
    seen = set(readable)
    found = []
    for page in pages:
        for one in page.faulty:
            if not one.id or one.id not in seen:
                found.append(one)
                seen.add(one.id)
    return tuple(found)
