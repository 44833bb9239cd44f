"""Where articles stand: channel × language."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from sqlalchemy import (
    and_,
    bindparam,
    func,
    select,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.schema import articles, counters, placements
from server.store.sql import next_changes, upsert_all

FeedName = tuple[str, str]  # channel, language
State = Literal["usable", "withdrawn", "removed"]
Extent = Literal["full", "marked", "headline"]


@dataclass(frozen=True, slots=True)
class Placement:
    """An article in a channel in a language. From `shown_at` on readers see this state.

    A withdrawn one leaves a stub and a tombstone, a removed one (the routes changed, it expired, a late embargo hides
    it) only a tombstone. `extent`: the text as it is, the text with what was found in it, or headline and description
    with what was found. `rights`: what is limited, `labels`: words of routes, one a line. `change`: the number of its
    last change, `appeared`: of the one with which it came (again), `position`: its place in the feed's order of
    appearance; None until readers can notice it. The store gives them.
    """

    channel: str
    language: str
    article_id: int
    state: State
    origin: str
    content_hash: str
    mark: str
    route: str
    published_at: datetime
    shown_at: datetime
    expires_at: datetime | None = None
    extent: Extent = "full"
    rights: str = ""
    labels: str = ""
    change: int | None = field(default=None, compare=False)
    appeared: int | None = field(default=None, compare=False)
    position: int | None = field(default=None, compare=False)

    @property
    def feed(self) -> FeedName:
        return self.channel, self.language

    def is_open(self) -> bool:
        """Whether readers have been told that it stands there."""
        return self.state == "usable" and self.change is not None


COLUMNS = tuple(placements.c[name] for name in Placement.__slots__)


_OF_ARTICLES = select(*COLUMNS).where(placements.c.article_id.in_(bindparam("ids", expanding=True)))


async def list_changes(
    conn: AsyncConnection, feeds: Collection[FeedName], after: int, limit: int
) -> Sequence[tuple[int, Placement]]:
    """What changed in these feeds after change number `after`, in order: (number, how the place stands now).

    Who asks again after the last number misses nothing. What may be shown of it is for server/visibility to say.
    """
    statement = (
        select(*COLUMNS)
        .where(tuple_(placements.c.channel, placements.c.language).in_(list(feeds)), placements.c.change > after)
        .order_by(placements.c.change)
        .limit(limit)
    )
    found = [Placement(*row) for row in await conn.execute(statement)]
    return [(place.change, place) for place in found if place.change is not None]


async def get_last_position(conn: AsyncConnection, channel: str, language: str) -> int:
    """How many have ever stood in this feed."""
    return (await _list_ends(conn, [(channel, language)])).get((channel, language), 0)


async def get_newest_change(conn: AsyncConnection) -> int:
    """The number of the last change anywhere, 0 when there was none."""
    return int((await conn.execute(select(counters.c.value).where(counters.c.name == "change"))).scalar_one())


async def get_last_change(conn: AsyncConnection, channel: str, language: str) -> int:
    """The number of the last change in this feed, 0 when there was none."""
    statement = select(func.max(placements.c.change)).where(
        placements.c.channel == channel, placements.c.language == language
    )
    return int((await conn.execute(statement)).scalar_one() or 0)


async def save_placements(conn: AsyncConnection, changed: Sequence[Placement], now: datetime) -> frozenset[FeedName]:
    """Write what has changed of one article. What readers can see of it by now gets the next numbers in the order of
    changes; the feeds that it stands in are given back.
    """
    seen = [place for place in changed if place.shown_at <= now]
    numbered = await _number(conn, seen) if seen else []
    unseen = [replace(place, change=None) for place in changed if place.shown_at > now]
    if changed:
        rows = [{name: getattr(place, name) for name in Placement.__slots__} for place in (*numbered, *unseen)]
        await upsert_all(conn, placements, ("channel", "language", "article_id"), rows)
    return frozenset(place.feed for place in numbered)


async def _number(conn: AsyncConnection, seen: Sequence[Placement]) -> Sequence[Placement]:
    numbers = await next_changes(conn, len(seen))  # first: from here on no other transaction gives positions either
    fresh = [place.feed for place in seen if place.position is None]
    ends = await _list_ends(conn, fresh) if fresh else {}
    return [
        replace(
            place,
            change=number,
            appeared=number if place.appeared is None else place.appeared,
            position=ends.get(place.feed, 0) + 1 if place.position is None else place.position,
        )
        for number, place in zip(numbers, seen, strict=True)
    ]


async def _list_ends(conn: AsyncConnection, feeds: Collection[FeedName]) -> dict[FeedName, int]:
    """Feed → its last position; feeds without any are left out."""
    ends = {}
    for channel, language in feeds:  # one look each at the end of an index
        of_feed = and_(placements.c.channel == channel, placements.c.language == language)
        if end := (await conn.execute(select(func.max(placements.c.position)).where(of_feed))).scalar_one():
            ends[channel, language] = end
    return ends


async def count_given(conn: AsyncConnection, channels: Collection[str], since: datetime) -> dict[str, int]:
    """Outlet → how many of its articles appeared in these channels since then, whatever became of them."""
    if not channels:
        return {}
    statement = (
        select(articles.c.outlet, func.count(placements.c.article_id.distinct()))
        .join(articles, articles.c.id == placements.c.article_id)
        .where(placements.c.channel.in_(list(channels)), placements.c.change.is_not(None))
        .where(placements.c.published_at >= since)
        .group_by(articles.c.outlet)
    )
    return {outlet: int(count) for outlet, count in await conn.execute(statement)}


async def delete_placements(conn: AsyncConnection, article_id: int, feeds: Collection[FeedName]) -> None:
    """Take the article out of these feeds without a trace: nobody has seen it there."""
    if feeds:
        of_feeds = tuple_(placements.c.channel, placements.c.language).in_(list(feeds))
        await conn.execute(placements.delete().where(placements.c.article_id == article_id, of_feeds))


async def list_placements(conn: AsyncConnection, article_ids: Iterable[int]) -> dict[int, list[Placement]]:
    """Article id → where it stands and stood."""
    found: dict[int, list[Placement]] = {}
    rows = await conn.execute(_OF_ARTICLES, {"ids": list(article_ids)})
    for row in rows:
        placement = Placement(*row)
        found.setdefault(placement.article_id, []).append(placement)
    return found
