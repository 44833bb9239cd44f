"""All feeds of a source, with the older pages that are wanted, as one value: ask, parse, walk back, gather."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import feeds
from feeds.source_items import ParsedFeed
from feeds.source_pages import join_pages
from feeds.sources import parse_feed
from server.config import Source
from server.delivery.post import Post
from server.polling.bookmarks import has_gap
from server.polling.fetching import Fetched, UnreadableFeed, fetch_feed, unpack
from server.polling.harvest import Harvest, gather
from server.polling.walking import Walk, begin_walk, walk_back
from server.store.sources import FeedRow, SourceRow


@dataclass(slots=True)
class Poll:
    """One reading of a source, and how far it has come. `waiting`: ids of entries that could not be taken in yet."""

    name: str
    source: Source
    row: SourceRow
    feeds: dict[str, FeedRow]
    fetched: dict[str, Fetched] = field(default_factory=dict)
    parsed: Mapping[str, ParsedFeed] = field(default_factory=dict)
    walks: dict[str, Walk] = field(default_factory=dict)
    harvest: Harvest | None = None
    waiting: set[str] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)

    def fail(self, url: str, reason: str) -> None:
        self.fetched[url] = replace(self.fetched[url], outcome="failed", error=reason)


async def read_feeds(post: Post, one: Poll, now: datetime) -> None:
    """Fill in what there is; without a harvest where nothing has changed."""
    await _fetch(post, one, now, whole=False)
    if not any(fetched.outcome == "new" for fetched in one.fetched.values()):
        return
    await _fetch(post, one, now, whole=True)
    one.parsed = await _parse(one)
    if one.parsed:
        await _walk(post, one, now)
        one.harvest = await asyncio.to_thread(_gather, one, post)


async def _fetch(post: Post, one: Poll, now: datetime, *, whole: bool) -> None:
    """Ask for each feed, one after the other; `whole`: for those that said that they had not changed."""
    for url, row in one.feeds.items():
        if row.state == "live" and (not whole or one.fetched[url].outcome == "same"):
            one.fetched[url] = await fetch_feed(post.courier, post.tools.config, one.source, row, now, whole=whole)


async def _parse(one: Poll) -> Mapping[str, ParsedFeed]:
    parsed = {}
    for url, fetched in list(one.fetched.items()):
        if fetched.outcome == "new":
            try:
                parsed[url] = await asyncio.to_thread(_parse_one, fetched, one.source.language or "")
            except (UnreadableFeed, feeds.MalformedDocument) as error:
                one.fail(url, str(error))
            except feeds.InvalidDocument as error:
                one.fail(url, "; ".join(fault.detail for fault in error.errors[:3]))
    return parsed


def _parse_one(fetched: Fetched, language: str) -> ParsedFeed:
    return parse_feed(unpack(fetched), language=language, charset=fetched.charset)


async def _walk(post: Post, one: Poll, now: datetime) -> None:
    for url, parsed in one.parsed.items():
        row = one.feeds[url]
        can_tell = parsed.links.older or row.bookmark is not None
        if one.source.older_pages and can_tell and has_gap(parsed, row.bookmark):
            one.walks[url] = begin_walk(row, one.fetched[url], parsed, now)
    await walk_back(post, one.name, one.source, one.walks)
    one.counts["pages"] = sum(len(walk.visited) for walk in one.walks.values())


def _gather(one: Poll, post: Post) -> Harvest:
    """A feed and its older pages are one long feed."""
    walked = {url: walk.taken.values() for url, walk in one.walks.items()}
    joined = {url: join_pages([parsed, *walked.get(url, ())]) for url, parsed in one.parsed.items()}
    return gather(joined, one.source, post.tools.config)
