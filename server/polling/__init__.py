"""Sources: feeds that are read for outlets that cannot push, and those of other Karvans.

job poll ─read_feeds, each feed of the source, with older pages where it has a gap→ Harvest: Sets
         ─take_set, each for itself→ stored; next poll written

The feeds of a source are read together: when one has changed, all are. A feed and its older pages are one long feed. So
a set is never half of yesterday, and what came while we read (a translation before its original) is put right by the
next poll.

reading   all feeds as one value      fetching  one of them, politely    harvest   what stands in it (pure)
walking   its older pages             bookmarks whether they are wanted (pure)
takeover  stores that                 adoption  one text of it           noting    what is kept of a poll (pure)
hubs      our WebSub subscriptions    websub    what is said there (pure)
syncing   with the configuration
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import structlog

from feeds import Fault
from server import problems
from server.delivery.post import Post
from server.polling.adoption import Taking
from server.polling.fetching import Fetched, next_poll
from server.polling.harvest import Harvest, Set
from server.polling.hubs import are_pushed, settle_pushes
from server.polling.noting import count, find_patience, list_stale, list_taken, note_feeds
from server.polling.reading import Poll, read_feeds
from server.polling.syncing import sync_sources as sync_sources
from server.polling.takeover import Cut, Waiting, check_set, is_news, take_gone, take_set
from server.store import jobs as queue
from server.store import source_pages
from server.store import sources as rows
from server.store.jobs import Job
from server.store.sources import FeedRow, SourceRow

log = structlog.get_logger()


async def poll(post: Post, job: Job) -> None:
    """Read the source that the job names; the job waits for the next time, or ends with the source."""
    now = post.tools.clock()
    one = await _begin(post, job, now)
    if one is None:
        return
    try:
        await read_feeds(post, one, now)
        if one.harvest is not None:
            await _take(post, one, one.harvest)
    except problems.Unavailable:
        raise
    except Exception:
        log.exception("source cannot be read", source=one.name)
        one.fetched = {url: Fetched(outcome="failed", error="an error of the server") for url in one.source.url}
        one.parsed, one.walks = {}, {}
    await _close(post, job, one)


async def _begin(post: Post, job: Job, now: datetime) -> Poll | None:
    """What is to be read. None: nothing; the job has been ended, or put off where the source is to be left alone."""
    source = post.tools.config.sources.get(job.subject)
    async with post.tools.database.read() as conn:
        row = await rows.find_source(conn, job.subject)
        known = await rows.list_feeds(conn, job.subject)
    if source is None or row is None or row.state == "gone":
        async with post.tools.database.write() as conn:
            await queue.finish(conn, job)
        return None
    if row.not_before is not None and now < row.not_before:  # a push came in the middle of the poll that was refused
        async with post.tools.database.write() as conn:
            await queue.postpone(conn, job, row.not_before, row.error, counts=False)
        return None
    feeds = {url: known.get(url) or FeedRow(source=row.name, url=url) for url in source.url}
    return Poll(job.subject, source, row, feeds)


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
    for set_ in await asyncio.to_thread(_pick_news, harvest.sets, taking):
        outcome = await _take_one(post, one, harvest, set_, replace(taking, now=clock()))
        one.counts[outcome] += 1
        if outcome in ("waiting", "failed"):
            one.waiting.update(item.id for item in set_.items)


def _pick_news(sets: Sequence[Set], taking: Taking) -> list[Set]:
    return [one for one in sets if is_news(one, taking)]


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
        return "failed"
    return "refused"


async def _close(post: Post, job: Job, one: Poll) -> None:
    """Write down how it went, and when to come again."""
    now, config = post.tools.clock(), post.tools.config
    found = note_feeds(one, now)
    failed = [row for row in found if row.error and row.state == "live"]
    is_gone = all(row.state == "gone" for row in found)
    failures = one.row.failures + 1 if failed else 0
    row = replace(
        one.row,
        state="gone" if is_gone else "live",
        reason="its feeds are gone for good (410)" if is_gone else "",
        polled_at=now,
        not_before=find_patience(one, failures, now),
        succeeded_at=one.row.succeeded_at if failed or is_gone else now,
        failures=failures,
        error="; ".join(f"{row.url}: {row.error}" for row in failed[:3]),
        counts=count(one),
        faults=one.row.faults if one.harvest is None else one.harvest.faults,
    )
    wanted = [row.not_before, *(fetched.not_before for fetched in one.fetched.values())]
    not_before = max((moment for moment in wanted if moment is not None), default=None)
    async with post.tools.database.write() as conn:
        for feed in found:
            await rows.save_feed(conn, feed)
        await source_pages.save_pages(conn, list(list_taken(one)))
        await source_pages.forget_pages(conn, list_stale(one, await source_pages.list_pages(conn, one.name)))
        if one.name in config.sources:
            await settle_pushes(conn, config, one.name, found, now)
        is_pushed = await are_pushed(conn, one.name, found, now)
        next_at = next_poll(one.name, one.source, row.failures, not_before, now, is_pushed=is_pushed)
        row = replace(row, next_at=None if is_gone else next_at)
        await rows.save_source(conn, row)
        if is_gone:
            await queue.finish(conn, job)
        else:
            await queue.postpone(conn, job, next_at, row.error, counts=False)
    post.tools.metrics.polls.labels(_name_result(one, row)).inc()
    _tell(one, found, row)


def _name_result(one: Poll, row: SourceRow) -> str:
    if row.state == "gone":
        return "gone"
    return "failed" if row.error else "unchanged" if one.harvest is None else "read"


def _tell(one: Poll, found: Sequence[FeedRow], row: SourceRow) -> None:
    for feed in found:
        if feed.moved_to not in ("", one.feeds[feed.url].moved_to):
            log.warning("source has moved for good", source=one.name, url=feed.url, moved_to=feed.moved_to)
        if feed.state != one.feeds[feed.url].state:
            log.warning("source is gone for good", source=one.name, url=feed.url)
    for url, walk in one.walks.items():
        if (end := walk.ending) and end.state in ("failed", "broken", "limit", "none"):
            log.warning("something may be missed", source=one.name, feed=url, ended=end.state, reason=end.error)
    if row.error:
        log.warning("source failed", source=one.name, reason=row.error, failures=row.failures, next=str(row.next_at))
    if one.harvest is not None:
        log.info("source read", source=one.name, faulty=one.harvest.faulty, **one.counts)
