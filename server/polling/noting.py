"""What is kept of a poll: how its feeds are, which pages were taken in, the counts. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from feeds.source_items import ParsedFeed
from server.polling.bookmarks import find_address, make_bookmark
from server.polling.fetching import LONGEST_ASKED, LONGEST_PAUSE, Fetched
from server.polling.reading import Poll
from server.polling.walking import Walk
from server.store.source_pages import PageRow
from server.store.sources import CatchUp, FeedRow

TOTALS = ("polls", "new", "changed", "withdrawn")  # of all polls; the other counts are of the last one that read a feed
MOST_TRIES = 10  # polls in a row that try to walk back through pages that fail; then what is left of them is left
RESTING = timedelta(minutes=1)  # for a source that has failed; twice as long after every further failure


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
    catch_up = make_catch_up(row.catch_up, walk, now)
    if catch_up is not None and catch_up.wants_again:
        return replace(row, etag="", modified="", catch_up=catch_up)
    return replace(row, bookmark=make_bookmark(parsed), catch_up=catch_up)


def make_catch_up(last: CatchUp | None, walk: Walk | None, now: datetime) -> CatchUp | None:
    """After a poll. Without a walk nothing was missing in it, nor is what an earlier one did not reach."""
    if walk is None or walk.ending is None:
        return replace(last, state="known", error="", tries=0, since=None) if last and last.wants_again else last
    state, error, pages = walk.ending.state, walk.ending.error, len(walk.visited)
    if state != "failed":
        return CatchUp(state=state, at=now, pages=pages, error=error)
    tries = 1 + (last.tries if last else 0)
    if tries >= MOST_TRIES:
        return CatchUp(state="broken", at=now, pages=pages, error=error)
    return CatchUp(state="failed", at=now, pages=pages, error=error, tries=tries, since=walk.since)


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
    ended = {url: walk for url, walk in one.walks.items() if walk.ending and walk.ending.state == "whole"}
    return [page for (feed, url), page in known.items() if feed in ended and url not in ended[feed].visited]


def find_patience(one: Poll, failures: int, now: datetime) -> datetime | None:
    """Until when the source is left alone, whatever hubs tell: as those want who refused us, and after failures.

    A walk that failed is tried again so often only: a burst of pushes shall not use up its tries.
    """
    asked = [fetched.not_before for fetched in one.fetched.values() if fetched.outcome == "failed"]
    asked += [walk.ending.not_before for walk in one.walks.values() if walk.ending]
    waits = [min(moment, now + LONGEST_ASKED) for moment in asked if moment is not None]
    if failures or any(walk.ending and walk.ending.state == "failed" for walk in one.walks.values()):
        waits.append(now + min(RESTING * 2 ** min(max(failures - 1, 0), 16), LONGEST_PAUSE))
    return max(waits, default=None)


def count(one: Poll) -> Mapping[str, int]:
    old = one.row.counts
    totals = {name: old.get(name, 0) + one.counts[name] for name in TOTALS} | {"polls": old.get("polls", 0) + 1}
    if one.harvest is None:
        return {**old, **totals}
    last = {name: one.counts[name] for name in ("here_already", "waiting", "pages")}
    return totals | last | {"faulty": one.harvest.faulty, "left_out": one.harvest.left_out}
