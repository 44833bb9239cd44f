"""What changed in feeds, in the order of changes: behind every way of following them (items, events, deliveries).

  placements after a number ─server/visibility→ Change, Change …
  losses of the reader after a number ─────────→ removed

Who asks again after the number of the last one misses nothing and sees nothing twice, but for what has changed again:
then only its newest state.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from feeds.model import Entry
from server import entries, losses, publishing, visibility
from server.config import Config
from server.entries import Loaded
from server.site import Site
from server.store import losses as lost_rows
from server.store import placements
from server.store.articles import ArticleRow
from server.store.losses import Loss
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
    changed = dict(await placements.list_changes(conn, feeds, after, limit + 1))
    lost = await lost_rows.list_losses(conn, losses.get_name(reader), feeds, after, limit + 1)
    lost_by_number = {loss.change: loss for loss in lost}
    found = sorted(changed.keys() | lost_by_number.keys())
    wanted = found[:limit]
    ids = {place.article_id for place in changed.values()} | {loss.article_id for loss in lost}
    loaded = await entries.load(conn, list(ids))
    changes: list[Change] = []
    for number in wanted:
        place = changed.get(number) or _find_lost(lost_by_number[number], loaded)
        article = loaded[place.article_id].article
        if number in changed and visibility.why_refused(article, place, reader, site.config):
            continue
        change = _make_change(site, loaded, number, place, now)
        if change is None:
            return Page(tuple(changes), changes[-1].number if changes else after, is_waiting=True)
        changes.append(change)
    return Page(tuple(changes), wanted[-1] if wanted else after, has_more=len(found) > limit)


def _find_lost(loss: Loss, loaded: Mapping[int, Loaded]) -> Placement:
    """The place as it is for who may not read it any more."""
    place = next(place for place in loaded[loss.article_id].places if place.feed == loss.feed)
    return replace(place, state="removed", shown_at=loss.at)


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
        entry = entries.make_entry(site, one, place)
    return Change(
        number=number,
        state=state,
        place=place,
        article=one.article,
        id=entries.make_entry_id(site, one.article, place.language),
        entry=entry,
    )


def list_feeds(reader: Reader, config: Config) -> list[FeedName]:
    """Every feed that the reader may see."""
    return [
        (channel, language)
        for channel in visibility.list_channels(reader, config)
        for language in publishing.list_channel_languages(channel, config)
    ]
