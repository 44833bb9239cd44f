"""What changed in feeds, in the order of changes: behind every way of following them (items, events, deliveries).

  placements after a number ─server/visibility→ Change, Change …

Who asks again after the number of the last one misses nothing and sees nothing twice, but for what has changed again:
then only its newest state.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from feeds.model import Entry
from server import publishing, visibility
from server.config import Config
from server.publishing import Loaded, Site
from server.store import placements
from server.store.articles import ArticleRow
from server.store.placements import FeedName, Placement, State
from server.visibility import ANYONE, Reader


@dataclass(frozen=True, slots=True)
class Change:
    """The state of an article in a feed, as of the number. `entry` is a stub when withdrawn, None when removed."""

    number: int
    state: State
    place: Placement
    article: ArticleRow
    id: str
    entry: Entry | None

    def is_new(self, known: int) -> bool:
        """Whether it came, or came back, after change number `known`, up to which a reader has everything."""
        return self.place.appeared is not None and self.place.appeared > known


@dataclass(frozen=True, slots=True)
class Page:
    """`next`: the number to ask after. `is_waiting`: what comes next may be shown in a moment, by this clock."""

    changes: tuple[Change, ...]
    next: int
    has_more: bool = False
    is_waiting: bool = False


async def read_page(
    conn: AsyncConnection,
    site: Site,
    feeds: Collection[FeedName],
    after: int,
    limit: int,
    now: datetime,
    reader: Reader = ANYONE,
) -> Page:
    """What changed for this reader in these feeds after this number, at most so much."""
    found = await placements.list_changes(conn, feeds, after, limit + 1)
    wanted = found[:limit]
    loaded = await publishing.load(conn, [place.article_id for _, place in wanted])
    changes: list[Change] = []
    for number, place in wanted:
        if visibility.why_refused(loaded[place.article_id].article, place, reader, site.config):
            continue
        change = _make_change(site, loaded, number, place, now)
        if change is None:
            return Page(tuple(changes), changes[-1].number if changes else after, is_waiting=True)
        changes.append(change)
    return Page(tuple(changes), wanted[-1][0] if wanted else after, has_more=len(found) > limit)


def _make_change(
    site: Site, loaded: Mapping[int, Loaded], number: int, place: Placement, now: datetime
) -> Change | None:
    """None: it was opened by a machine whose clock is ahead of ours. Nothing after it is told before it."""
    one = loaded[place.article_id]
    state, entry = place.state, None
    if state == "usable":
        hidden = visibility.why_hidden_in(one.article, site.config.channels[place.channel], now)
        hidden = hidden or visibility.why_over(place, now)
        if hidden == "embargoed":
            return None
        if hidden is not None:  # expired: the turn that numbers it is on its way
            state = "removed"
    if state != "removed":
        entry = publishing.make_entry(site, one, place)
    return Change(
        number=number,
        state=state,
        place=place,
        article=one.article,
        id=publishing.make_entry_id(site, one.article, place.language),
        entry=entry,
    )


def list_feeds(reader: Reader, config: Config) -> list[FeedName]:
    """Every feed that the reader may see."""
    return [
        (channel, language)
        for channel in visibility.list_channels(reader, config)
        for language in publishing.list_channel_languages(channel, config)
    ]
