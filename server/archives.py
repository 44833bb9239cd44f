"""A feed's older pages (RFC 5005 §4): ranges of positions, so that which articles a page has never changes.

    position   1 ‥ 50 │ 51 ‥ 100 │ 101 ‥ 130         `?before=131` has 101 ‥ 130, `?before=101` has 51 ‥ 100 …
                page 1 │   page 2 │ not complete      prev-archive leads from one to the other

The feed itself has what changed last. It links to the last complete page; where corrections of older articles have
pushed one out of it that stands in none yet, to one page more, whose address nobody has seen before.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from feeds.model import Feed
from server import entries, problems, publishing, stock
from server.losses import get_name
from server.routing.rights import load_rights
from server.serving.entrycache import EntryCache
from server.site import Site
from server.store import articles, placements, standings
from server.store.losses import list_newest_losses
from server.store.placements import FeedName
from server.store.standings import Filters
from server.visibility import ANYONE, Reader

PAGE = 50  # articles; who walked through the pages once has to find them there again: never to be changed


def find_first(before: int) -> int:
    """The first position of the page that ends before this one."""
    return (before - 2) // PAGE * PAGE + 1


def find_next(before: int, last: int) -> int | None:
    """What the page after this one ends before, when that is complete; `last` is the feed's last position."""
    return before + PAGE if (before - 1) % PAGE == 0 and before - 1 + PAGE <= last else None


def pick_newest(last: int, loose: Collection[int], shown: Collection[int]) -> int | None:
    """What the newest page ends before that a feed with the articles `shown` leads to; `loose`: of no complete page."""
    if set(loose) <= set(shown):
        complete = last - last % PAGE
        return complete + 1 if complete else None
    return last + 1


async def make_feed(
    conn: AsyncConnection,
    site: Site,
    feed: FeedName,
    filters: Filters,
    last: int,
    now: datetime,
    format_: str,
    kept: EntryCache,
    reader: Reader = ANYONE,
) -> Feed:
    """The feed as it stands now for this reader, with the way to what is older. `last`: its last position."""
    standing = await stock.list_standing(conn, site, feed, filters, now, reader, kept)
    composed = publishing.compose_feed(site, standing, feed, filters.query, now, format_, reader=reader)
    if reader == ANYONE:  # others share a feed with readers who never could see what they may not any more
        lost = await list_newest_losses(conn, get_name(reader), feed, site.config.limits.feed_entries)
        named = await articles.list_articles(conn, {loss.article_id for loss in lost}) if lost else {}
        composed = publishing.add_stones(site, composed, lost, named)
    loose = await standings.list_loose(conn, *feed, filters, last - last % PAGE)
    newest = pick_newest(last, loose, [one.place.article_id for one in standing])
    return (
        composed if newest is None else replace(composed, prev_archive=name_page(site, feed, filters, format_, newest))
    )


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
    places = await standings.list_positions(conn, *feed, filters, first, before - 1)
    places = [place for place in places if place.state != "usable" or load_rights(place.rights).permits("archive")]
    loaded = await entries.load(conn, [place.article_id for place in places])
    standing = publishing.list_standing(site, places, loaded)
    return replace(
        publishing.compose_feed(site, standing, feed, filters.query, now, format_, reader=reader),
        href=name_page(site, feed, filters, format_, before),
        current=site.feed(*feed, format_, filters.query),
        prev_archive=name_page(site, feed, filters, format_, first) if first > 1 else "",
        next_archive=name_page(site, feed, filters, format_, following) if following else "",
        hubs=(),
    )


def name_page(site: Site, feed: FeedName, filters: Filters, format_: str, before: int) -> str:
    """The address of an older page."""
    return site.feed(*feed, format_, "&".join(filter(None, (filters.query, f"before={before}"))))
