"""Back through a feed's older pages (RFC 5005, `next_url`), where more has come than it shows.

walk_back ─a page of each feed in turn, one after the other→ Walk: its pages, and how it ended

A Karvan's archive pages are in the order of appearance and always the same ones, so what was corrected or killed may
stand on any of them: all are asked for, those that we have had under their validators. In a feed of anybody else a page
with something known on it is the last that is wanted.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import feeds
from feeds.source_items import ParsedFeed
from feeds.sources import parse_feed
from server.config import Source
from server.delivery.post import Post
from server.polling.bookmarks import find_address
from server.polling.fetching import Fetched, UnreadableFeed, fetch_page, unpack
from server.store import sources as rows
from server.store.source_pages import PageRow, list_pages

MOST_BYTES = 100_000_000  # unpacked
MOST_SECONDS = 300.0
MOST_PAUSE = 2.0  # seconds between two pages: as long as the last answer took, but no longer

Ending = Literal["", "whole", "known", "none", "limit", "failed", "broken"]


@dataclass(slots=True)
class Walk:
    """Through one feed. `ended`: "none": it leads to no older pages; "failed" may go better the next time, "broken" is
    told and left.

    `visited`: its pages by address; `taken`: what stands in those that are new or changed, the newest first.
    """

    feed: str
    asked: str
    topic: str
    is_karvans: bool
    next: str
    ended: Ending = ""
    error: str = ""
    not_before: datetime | None = None
    visited: dict[str, PageRow] = field(default_factory=dict)
    taken: dict[str, ParsedFeed] = field(default_factory=dict)

    def end(self, ended: Ending, error: str = "") -> None:
        self.ended, self.error = ended, error


@dataclass(slots=True)
class Reach:
    """How far a poll still goes."""

    until: float
    pages: int
    bytes: int = MOST_BYTES

    def is_over(self) -> bool:
        return self.pages <= 0 or self.bytes <= 0 or asyncio.get_running_loop().time() >= self.until


def begin_walk(feed: str, fetched: Fetched, parsed: ParsedFeed) -> Walk:
    """From a feed that has just been read."""
    links = parsed.links
    older = find_address(fetched.url, links.topic, links.older) if links.older else ""
    walk = Walk(feed, fetched.url, links.topic, parsed.is_karvans, older)
    if not older:
        walk.end("none")
    return walk


async def walk_back(post: Post, name: str, source: Source, walks: Mapping[str, Walk]) -> None:
    """Go on with all of them, a page each in turn, until they have ended."""
    async with post.tools.database.read() as conn:
        known = await list_pages(conn, name)
    reach = Reach(asyncio.get_running_loop().time() + MOST_SECONDS, source.older_pages)
    while going := [walk for walk in walks.values() if not walk.ended]:
        for walk in going:
            if reach.is_over():
                walk.end("limit")
                continue
            page = known.get((walk.feed, walk.next)) or PageRow(source=name, feed=walk.feed, url=walk.next)
            await _take_step(post, source, walk, page, reach)


async def _take_step(post: Post, source: Source, walk: Walk, page: PageRow, reach: Reach) -> None:
    loop = asyncio.get_running_loop()
    begun = loop.time()
    fetched = await fetch_page(post.courier, post.tools.config, source, page, post.tools.clock())
    reach.pages -= 1
    if fetched.outcome in ("failed", "gone"):
        walk.end("failed" if fetched.is_passing else "broken", f"{page.url}: {fetched.error}")
        walk.not_before = fetched.not_before
        return
    if fetched.outcome == "new":
        try:
            size, parsed = await asyncio.to_thread(_parse, fetched, source.language or "")
        except (UnreadableFeed, feeds.MalformedDocument, feeds.InvalidDocument) as error:
            walk.end("broken", f"{page.url}: {str(error)[:300]}")
            return
        reach.bytes -= size
        older = find_address(walk.asked, walk.topic, parsed.links.older) if parsed.links.older else ""
        page = PageRow(
            source=page.source, feed=page.feed, url=page.url, etag=fetched.etag, modified=fetched.modified, older=older
        )
        walk.taken[page.url] = parsed
        walk.is_karvans |= parsed.is_karvans
        if not walk.is_karvans and await _has_known(post, page.source, parsed):
            walk.end("known")
    walk.visited[page.url] = page
    _go_on(walk, page.older)
    await asyncio.sleep(min(loop.time() - begun, MOST_PAUSE))


def _go_on(walk: Walk, older: str) -> None:
    walk.next = older
    if walk.ended:
        return
    if not older:
        walk.end("whole")
    elif older in walk.visited:
        walk.end("broken", f"{older}: its older pages lead round in a circle")


def _parse(fetched: Fetched, language: str) -> tuple[int, ParsedFeed]:
    body = unpack(fetched)
    return len(body), parse_feed(body, language=language, charset=fetched.charset)


async def _has_known(post: Post, name: str, parsed: ParsedFeed) -> bool:
    async with post.tools.database.read() as conn:
        return bool(await rows.list_entries(conn, name, [item.id for item in parsed.items]))
