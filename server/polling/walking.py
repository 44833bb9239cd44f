"""Back through a feed's older pages (RFC 5005, `next_url`), where more has come than it shows.

walk_back ─a page of each feed in turn, one after the other→ Walk: its pages, and how it ended

A Karvan's archive pages are in the order of appearance and always the same ones, so what was corrected or killed may
stand on any of them: all are asked for, those that we have had under their validators. In a feed of anybody else a page
with something known on it is the last that is wanted. Known is what was here before the walk; of walks that failed one
after the other, before the first: what they brought says nothing of what they have not reached, on whatever pages that
stands by now.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import feeds
from feeds.source_items import ParsedFeed
from feeds.sources import parse_feed
from server.config import Source
from server.delivery.post import Post
from server.polling.bookmarks import find_address
from server.polling.fetching import Fetched, UnreadableFeed, fetch_page, unpack
from server.store.source_pages import PageRow, list_pages
from server.store.sources import FeedRow, WalkState, list_entries

MOST_BYTES = 100_000_000  # unpacked
MOST_SECONDS = 300.0
MOST_PAUSE = 2.0  # seconds between two pages: as long as the last answer took, but no longer


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a walk went no further. Before `not_before` nobody wants us back."""

    state: WalkState
    error: str = ""
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page that has answered, as it is kept; `parsed`: what stands there, None where it is what we have had."""

    row: PageRow
    parsed: ParsedFeed | None = None
    size: int = 0


@dataclass(slots=True)
class Walk:
    """Through one feed. One that `resumes` goes on for walks that failed, the first of which began at `since`.

    `visited`: its pages by address; `taken`: what stands in those that are new or changed, the newest first.
    """

    feed: str
    asked: str
    topic: str
    is_karvans: bool
    since: datetime
    resumes: bool
    next: str
    ending: Ending | None = None
    visited: dict[str, PageRow] = field(default_factory=dict)
    taken: dict[str, ParsedFeed] = field(default_factory=dict)

    def take(self, page: Page, *, has_known: bool) -> None:
        """Keep the page, and go on to the one before it or end."""
        url, self.next = page.row.url, page.row.older
        self.visited[url] = page.row
        if page.parsed is not None:
            self.taken[url] = page.parsed
            self.is_karvans |= page.parsed.is_karvans
        if has_known and not self.is_karvans:
            self.ending = Ending("known")
        elif not self.next:
            self.ending = Ending("whole")
        elif self.next in self.visited:
            self.ending = Ending("broken", f"{self.next}: its older pages lead round in a circle")


@dataclass(slots=True)
class Reach:
    """How far a poll still goes."""

    until: float
    pages: int
    bytes: int = MOST_BYTES

    def is_over(self) -> bool:
        return self.pages <= 0 or self.bytes <= 0 or asyncio.get_running_loop().time() >= self.until


def begin_walk(row: FeedRow, fetched: Fetched, parsed: ParsedFeed, now: datetime) -> Walk:
    """From a feed that has just been read."""
    links, last = parsed.links, row.catch_up
    older = find_address(fetched.url, links.topic, links.older) if links.older else ""
    begun = last.since if last and last.wants_again else None
    walk = Walk(row.url, fetched.url, links.topic, parsed.is_karvans, begun or now, begun is not None, older)
    if not older:
        walk.ending = Ending("none")
    return walk


async def walk_back(post: Post, name: str, source: Source, walks: Mapping[str, Walk]) -> None:
    """Go on with all of them, a page each in turn, until they have ended."""
    async with post.tools.database.read() as conn:
        known = await list_pages(conn, name)
    reach = Reach(asyncio.get_running_loop().time() + MOST_SECONDS, source.older_pages)
    while going := [walk for walk in walks.values() if walk.ending is None]:
        for walk in going:
            if reach.is_over():
                walk.ending = Ending("limit")
                continue
            row = known.get((walk.feed, walk.next)) or PageRow(source=name, feed=walk.feed, url=walk.next)
            await _take_step(post, source, walk, row, reach)


async def _take_step(post: Post, source: Source, walk: Walk, row: PageRow, reach: Reach) -> None:
    loop = asyncio.get_running_loop()
    begun = loop.time()
    page = await _read_page(post, source, walk, row)
    reach.pages -= 1
    if isinstance(page, Ending):
        walk.ending = page
        return
    reach.bytes -= page.size
    walk.take(page, has_known=page.parsed is not None and await _has_known(post, row.source, walk, page.parsed))
    await asyncio.sleep(min(loop.time() - begun, MOST_PAUSE))


async def _read_page(post: Post, source: Source, walk: Walk, row: PageRow) -> Page | Ending:
    fetched = await fetch_page(post.courier, post.tools.config, source, row, post.tools.clock())
    if fetched.outcome in ("failed", "gone"):
        state: WalkState = "failed" if fetched.is_passing else "broken"
        return Ending(state, f"{row.url}: {fetched.error}", fetched.not_before)
    if fetched.outcome == "same":
        return Page(row)
    try:
        size, parsed = await asyncio.to_thread(_parse, fetched, source.language or "")
    except (UnreadableFeed, feeds.MalformedDocument, feeds.InvalidDocument) as error:
        return Ending("broken", f"{row.url}: {str(error)[:300]}")
    older = find_address(walk.asked, walk.topic, parsed.links.older) if parsed.links.older else ""
    return Page(replace(row, etag=fetched.etag, modified=fetched.modified, older=older), parsed, size)


def _parse(fetched: Fetched, language: str) -> tuple[int, ParsedFeed]:
    body = unpack(fetched)
    return len(body), parse_feed(body, language=language, charset=fetched.charset)


async def _has_known(post: Post, name: str, walk: Walk, parsed: ParsedFeed) -> bool:
    """Whether something on the page was here before the walk, and those that it goes on for."""
    async with post.tools.database.read() as conn:
        entries = await list_entries(conn, name, [item.id for item in parsed.items])
    return any(not walk.resumes or entry.first_at < walk.since for entry in entries.values())
