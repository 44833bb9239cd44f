"""What is kept of a poll: how its feeds are, which pages were taken in, the counts. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from feeds.source_items import ParsedFeed
from server.polling.bookmarks import find_address, make_bookmark
from server.polling.fetching import Fetched
from server.polling.reading import Poll
from server.polling.walking import Walk
from server.store.source_pages import PageRow
from server.store.sources import FeedRow

TOTALS = ("polls", "new", "changed", "withdrawn")  # of all polls; the other counts are of the last one that read a feed
MOST_TRIES = 10  # polls in a row that try to walk back through pages that fail; then what is left of them is left


def note_feeds(one: Poll, now: datetime) -> list[FeedRow]:
    """Each feed as it is now."""
    return [_note(one, row, one.fetched.get(url), now) for url, row in one.feeds.items()]


def _note(one: Poll, row: FeedRow, fetched: Fetched | None, now: datetime) -> FeedRow:
    """The validators of what has been taken in, where it moved for good, what it announces."""
    if fetched is None:
        return row
    noted = replace(row, status=fetched.status, error=fetched.error)
    if fetched.outcome == "gone":
        return replace(noted, state="gone", etag="", modified="")
    if fetched.outcome == "failed":
        return replace(noted, moved_to="" if fetched.status == 404 else row.moved_to)
    noted = replace(noted, moved_to=fetched.moved_to)
    if fetched.outcome == "same" or row.url not in one.parsed:
        return noted
    hub, topic = _find_hub(fetched, one.parsed[row.url])
    noted = replace(noted, etag=fetched.etag, modified=fetched.modified, hub=hub, topic=topic)
    return _note_walk(noted, one.parsed[row.url], one.walks.get(row.url), now)


def _find_hub(fetched: Fetched, parsed: ParsedFeed) -> tuple[str, str]:
    """HTTP's word before the feed's (WebSub §4); a hub is nothing without the feed's own address."""
    hub, topic = fetched.links.hub or parsed.links.hub, fetched.links.topic or parsed.links.topic
    if not hub or not topic:
        return "", ""
    return find_address(fetched.url, topic, hub), find_address(fetched.url, "", topic)


def _note_walk(row: FeedRow, parsed: ParsedFeed, walk: Walk | None, now: datetime) -> FeedRow:
    """Where the walk is to be tried again, the feed is as if it had not been read."""
    bookmark = make_bookmark(parsed)
    if walk is None:
        is_over = row.catch_up.get("state") == "failed"
        catch_up = {**row.catch_up, "state": "known", "error": "", "tries": 0} if is_over else row.catch_up
        return replace(row, bookmark=bookmark, catch_up=catch_up)
    tries = int(row.catch_up.get("tries", 0)) + 1 if walk.ended == "failed" else 0
    said: dict[str, Any] = {"state": walk.ended, "at": now.isoformat(), "pages": len(walk.visited)}
    said |= {"error": walk.error, "tries": tries}
    if walk.ended == "failed" and tries < MOST_TRIES:
        return replace(row, etag="", modified="", catch_up=said)
    return replace(row, bookmark=bookmark, catch_up=said | ({"state": "broken", "tries": 0} if tries else {}))


def list_taken(one: Poll) -> Iterator[PageRow]:
    """The pages that were taken in. Where something on one could not be yet, it is asked for whole the next time."""
    for walk in one.walks.values():
        for url, parsed in walk.taken.items():
            if url in walk.visited:
                whole = one.waiting.isdisjoint(item.id for item in parsed.items)
                page = walk.visited[url]
                yield page if whole else replace(page, etag="", modified="")


def list_stale(one: Poll, known: Mapping[tuple[str, str], PageRow]) -> list[PageRow]:
    """Pages that no walk to the end has come by any more."""
    ended = {url: walk for url, walk in one.walks.items() if walk.ended == "whole"}
    return [page for (feed, url), page in known.items() if feed in ended and url not in ended[feed].visited]


def count(one: Poll) -> Mapping[str, int]:
    old = one.row.counts
    totals = {name: old.get(name, 0) + one.counts[name] for name in TOTALS} | {"polls": old.get("polls", 0) + 1}
    if one.harvest is None:
        return {**old, **totals}
    last = {name: one.counts[name] for name in ("here_already", "waiting", "pages")}
    return totals | last | {"faulty": one.harvest.faulty, "left_out": one.harvest.left_out}
