"""What stands in a feed now, newest change first: kept entries, and from the store only those that are not kept."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from server import entries, publishing
from server.serving.entrycache import EntryCache, Standing
from server.site import Site
from server.store import standings
from server.store.placements import FeedName
from server.store.standings import Filters
from server.visibility import ANYONE, Reader


async def list_standing(
    conn: AsyncConnection, site: Site, feed: FeedName, filters: Filters, now: datetime, reader: Reader, kept: EntryCache
) -> Sequence[Standing]:
    """What may be in the feed: so many at most that live, and so many that are gone."""
    marks = await standings.list_marks(conn, *feed, filters, now, site.config.limits.feed_entries)
    found = {mark.article_id: kept.find((feed, mark.article_id), mark.change, site.config) for mark in marks}
    missing = [number for number, one in found.items() if one is None or _is_in_doubt(one, reader)]
    changes = {mark.article_id: mark.change for mark in marks}
    for number, loaded in (await entries.load(conn, missing)).items() if missing else ():
        for place in loaded.places:
            if place.feed == feed:
                # As of the number that was read first: what was written since has a higher one, and is asked for again.
                standing = publishing.make_standing(site, loaded, replace(place, change=changes[number]))
                kept.put(standing, site.config)
                found[number] = standing
    return [one for one in found.values() if one is not None]


def _is_in_doubt(one: Standing, reader: Reader) -> bool:
    """Whether the reader's grants ask for its topics, which change in silence once the article is gone from a place."""
    return one.place.state != "usable" and reader != ANYONE
