"""A feed's older pages (RFC 5005 §4): ranges of positions, so that which articles a page has never changes.

    position   1 ‥ 50 │ 51 ‥ 100 │ 101 ‥ 130         `?before=131` has 101 ‥ 130, `?before=101` has 51 ‥ 100 …
                page 1 │   page 2 │ not complete      prev-archive leads from one to the other

The feed itself has what changed last. It links to the last complete page; where corrections of older articles have
pushed one out of it that stands in none yet, to one page more, whose address nobody has seen before.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from feeds.model import Feed
from server import problems, publishing
from server.publishing import Site
from server.routing.rights import load_rights
from server.store import placements
from server.store.placements import FeedName, Filters, Placement
from server.visibility import ANYONE, Reader

PAGE = 50  # articles; who walked through the pages once has to find them there again: never to be changed


def find_first(before: int) -> int:
    """The first position of the page that ends before this one."""
    return (before - 2) // PAGE * PAGE + 1


def find_next(before: int, last: int) -> int | None:
    """What the page after this one ends before, when that is complete; `last` is the feed's last position."""
    return before + PAGE if (before - 1) % PAGE == 0 and before - 1 + PAGE <= last else None


def pick_newest(last: int, loose: Sequence[Placement], shown: Sequence[Placement]) -> int | None:
    """What the newest page ends before that a feed with `shown` leads to; `loose` are those of no complete page."""
    if {place.position for place in loose} <= {place.position for place in shown}:
        complete = last - last % PAGE
        return complete + 1 if complete else None
    return last + 1


async def make_feed(
    conn: AsyncConnection,
    site: Site,
    feed: FeedName,
    filters: Filters,
    now: datetime,
    format_: str,
    reader: Reader = ANYONE,
) -> Feed:
    """The feed as it stands now for this reader, with the way to what is older."""
    shown = await publishing.list_newest(conn, feed, filters, now, site.config.limits.feed_entries)
    loaded = await publishing.load(conn, [place.article_id for place in shown])
    composed = publishing.compose_feed(site, shown, loaded, feed, filters.query, now, format_, reader=reader)
    last = await placements.get_last_position(conn, *feed)
    loose = await placements.list_positions(conn, *feed, filters, last - last % PAGE + 1, last)
    newest = pick_newest(last, loose, shown)
    return composed if newest is None else replace(composed, prev_archive=_name(site, feed, filters, format_, newest))


async def make_page(
    conn: AsyncConnection,
    site: Site,
    feed: FeedName,
    filters: Filters,
    before: int,
    now: datetime,
    format_: str,
    reader: Reader = ANYONE,
) -> Feed:
    """The page that ends before this position. Raises InvalidParameter where there is none.

    What may not be archived is not in it while it lives; that it is gone is.
    """
    last = await placements.get_last_position(conn, *feed)
    if not 2 <= before <= last + 1:
        raise problems.InvalidParameter(
            f"before is a number from 2 to {last + 1} here, not {before}; follow prev-archive from the feed"
            if last
            else "there is nothing older: this feed has had no article yet"
        )
    first, following = find_first(before), find_next(before, last)
    places = await placements.list_positions(conn, *feed, filters, first, before - 1)
    places = [place for place in places if place.state != "usable" or load_rights(place.rights).permits("archive")]
    loaded = await publishing.load(conn, [place.article_id for place in places])
    return replace(
        publishing.compose_feed(site, places, loaded, feed, filters.query, now, format_, reader=reader),
        href=_name(site, feed, filters, format_, before),
        current=site.feed(*feed, format_, filters.query),
        prev_archive=_name(site, feed, filters, format_, first) if first > 1 else "",
        next_archive=_name(site, feed, filters, format_, following) if following else "",
        hubs=(),
    )


def _name(site: Site, feed: FeedName, filters: Filters, format_: str, before: int) -> str:
    return site.feed(*feed, format_, "&".join(filter(None, (filters.query, f"before={before}"))))
