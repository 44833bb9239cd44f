"""Sources: feeds that are read for outlets that cannot push, and those of other Karvans.

job poll ─fetch_feed, each feed of the source→ Fetched ─parse_feed→ gather → Set ─take_set→ stored; next poll written

The feeds of a source are read together: when one has changed, all are. So a set is never half of yesterday, and what
came while we read (a translation before its original) is put right by the next poll.

fetching  a feed, politely        harvest   what stands in it (pure)
takeover  stores that             adoption  one text of it
"""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

import feeds
from feeds import Fault
from feeds.source_items import ParsedFeed
from feeds.sources import parse_feed
from server import jobs, problems
from server.config import Config, Source
from server.delivery.post import Post
from server.polling.adoption import Taking
from server.polling.fetching import Fetched, UnreadableFeed, fetch_feed, next_poll, unpack
from server.polling.harvest import Harvest, Set, gather
from server.polling.takeover import Cut, Waiting, check_set, is_news, take_gone, take_set
from server.store import jobs as queue
from server.store import sources as rows
from server.store.jobs import Job
from server.store.sources import FeedRow, SourceRow, begin, restart

log = structlog.get_logger()

TOTALS = ("polls", "new", "changed", "withdrawn")  # of all polls; the other counts are of the last one that read a feed


@dataclass(slots=True)
class Poll:
    """One reading of a source, and how far it has come."""

    name: str
    source: Source
    row: SourceRow
    feeds: dict[str, FeedRow]
    fetched: dict[str, Fetched] = field(default_factory=dict)
    harvest: Harvest | None = None
    counts: Counter[str] = field(default_factory=Counter)

    def fail(self, url: str, reason: str) -> None:
        self.fetched[url] = replace(self.fetched[url], outcome="failed", error=reason)


async def poll(post: Post, job: Job) -> None:
    """Read the source that the job names; the job waits for the next time, or ends with the source."""
    config, now = post.tools.config, post.tools.clock()
    source = config.sources.get(job.subject)
    async with post.tools.database.read() as conn:
        row = await rows.find_source(conn, job.subject)
        known = await rows.list_feeds(conn, job.subject)
    if source is None or row is None or row.state == "gone":
        async with post.tools.database.write() as conn:
            await queue.finish(conn, job)
        return
    one = Poll(
        job.subject, source, row, {url: known.get(url) or FeedRow(source=row.name, url=url) for url in source.url}
    )
    try:
        await _read(post, one, now)
    except problems.Unavailable:
        raise
    except Exception:
        log.exception("source cannot be read", source=one.name)
        one.fetched = {url: Fetched(outcome="failed", error="an error of the server") for url in source.url}
    await _close(post, job, one)


async def _read(post: Post, one: Poll, now: datetime) -> None:
    await _fetch(post, one, now, whole=False)
    if any(fetched.outcome == "new" for fetched in one.fetched.values()):
        await _fetch(post, one, now, whole=True)
        parsed = await _parse(one)
        if parsed:
            one.harvest = await asyncio.to_thread(gather, parsed, one.source, post.tools.config)
            await _take(post, one, one.harvest)


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


async def _take(post: Post, one: Poll, harvest: Harvest) -> None:
    """Take in what is news, each set for itself: a bad one harms no other."""
    database, clock = post.tools.database, post.tools.clock
    ids = [item.id for set_ in harvest.sets for item in set_.items]
    async with database.read() as conn:
        known = await rows.list_entries(conn, one.name, [*ids, *harvest.gone])
    taking = Taking(one.name, one.source, post.site, clock(), known)
    for id_, gone in harvest.gone.items():
        if id_ in known:
            async with database.write() as conn:
                one.counts["withdrawn"] += await take_gone(conn, gone, known[id_], replace(taking, now=clock()))
    for set_ in harvest.sets:
        if is_news(set_, taking):
            outcome = await _take_one(post, one, harvest, set_, replace(taking, now=clock()))
            one.counts[outcome] += 1


async def _take_one(post: Post, one: Poll, harvest: Harvest, set_: Set, taking: Taking) -> str:
    try:
        async with post.tools.database.read() as conn:
            await check_set(conn, set_, taking)
        async with post.tools.database.write() as conn:
            return await take_set(conn, set_, taking)
    except Cut:
        return "here_already"
    except Waiting:
        return "waiting"
    except problems.Unavailable:
        raise
    except problems.Problem as problem:
        harvest.report("", set_.items[0].id, problem.errors or [Fault("", problem.detail)])
    except Exception:
        log.exception("entry cannot be taken in", source=one.name, entry=set_.items[0].id)
        harvest.report("", set_.items[0].id, [Fault("", "an error of the server; its log has the details")])
    return "refused"


async def _close(post: Post, job: Job, one: Poll) -> None:
    """Write down how it went, and when to come again."""
    now = post.tools.clock()
    found = [_note(row, one.fetched.get(url)) for url, row in one.feeds.items()]
    failed = [row for row in found if row.error and row.state == "live"]
    is_gone = all(row.state == "gone" for row in found)
    failures = one.row.failures + 1 if failed else 0
    waits = [one_.not_before for one_ in one.fetched.values() if one_.not_before is not None]
    next_at = next_poll(one.name, one.source, failures, max(waits, default=None), now)
    error = "; ".join(f"{row.url}: {row.error}" for row in failed[:3])
    row = replace(
        one.row,
        state="gone" if is_gone else "live",
        reason="its feeds are gone for good (410)" if is_gone else "",
        polled_at=now,
        succeeded_at=one.row.succeeded_at if failed or is_gone else now,
        next_at=None if is_gone else next_at,
        failures=failures,
        error=error,
        counts=_count(one),
        faults=one.row.faults if one.harvest is None else one.harvest.faults,
    )
    _tell(one, found, row)
    async with post.tools.database.write() as conn:
        for feed in found:
            await rows.save_feed(conn, feed)
        await rows.save_source(conn, row)
        if is_gone:
            await queue.finish(conn, job)
        else:
            await queue.postpone(conn, job, next_at, error, counts=False)


def _note(row: FeedRow, fetched: Fetched | None) -> FeedRow:
    """What is kept of a feed: the validators of what has been taken in, and where it moved for good."""
    if fetched is None:
        return row
    noted = replace(row, status=fetched.status, error=fetched.error)
    if fetched.outcome == "gone":
        return replace(noted, state="gone", etag="", modified="")
    if fetched.outcome == "failed":
        return replace(noted, moved_to="" if fetched.status == 404 else row.moved_to)
    noted = replace(noted, moved_to=fetched.moved_to)
    return noted if fetched.outcome == "same" else replace(noted, etag=fetched.etag, modified=fetched.modified)


def _count(one: Poll) -> Mapping[str, int]:
    old = one.row.counts
    totals = {name: old.get(name, 0) + one.counts[name] for name in TOTALS} | {"polls": old.get("polls", 0) + 1}
    if one.harvest is None:
        return {**old, **totals}
    last = {name: one.counts[name] for name in ("here_already", "waiting")}
    return totals | last | {"faulty": one.harvest.faulty, "left_out": one.harvest.left_out}


def _tell(one: Poll, found: list[FeedRow], row: SourceRow) -> None:
    for feed in found:
        if feed.moved_to not in ("", one.feeds[feed.url].moved_to):
            log.warning("source has moved for good", source=one.name, url=feed.url, moved_to=feed.moved_to)
        if feed.state != one.feeds[feed.url].state:
            log.warning("source is gone for good", source=one.name, url=feed.url)
    if row.error:
        log.warning("source failed", source=one.name, reason=row.error, failures=row.failures, next=str(row.next_at))
    if one.harvest is not None:
        log.info("source read", source=one.name, faulty=one.harvest.faulty, **one.counts)


async def sync_sources(conn: AsyncConnection, config: Config, now: datetime) -> None:
    """Bring the sources' rows in line with the configuration; what was due goes on when it was due."""
    known = await rows.list_sources(conn)
    for name in known.keys() - config.sources.keys():
        await rows.forget_source(conn, name)
    for name, source in config.sources.items():
        settings = hashlib.sha256(source.model_dump_json(exclude={"every_seconds"}).encode()).hexdigest()
        row = known.get(name)
        if row is None or row.settings != settings:
            row = restart(row, settings) if row else begin(name, settings)
            await rows.forget_feeds(conn, name)
            await rows.save_source(conn, row)
        if row.state == "live":
            await jobs.enqueue_poll(conn, name, max(row.next_at or now, now))
