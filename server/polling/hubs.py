"""Our subscriptions at the hubs of sources' feeds: wanted, asked for, renewed, ended (WebSub §5).

settle_pushes  what the feeds announce × what there is → what is new, what leaves; a job `subscribe` for each
tell_hub       that job: ask the hub, and come again: for an answer that does not come, for the next lease
answer_hub     the hub asks back
note_push      it has told us of a change: the source is read now

What a push brings is not read: it is a hint that makes us read the source, so that what is taken in takes one way.
"""

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from server import audit, jobs
from server.config import Config, Source
from server.delivery.attempts import read_retry_after
from server.delivery.bringing import request
from server.delivery.gates import Resting
from server.delivery.post import Post
from server.outbound import Answer
from server.polling.fetching import get_origin
from server.polling.websub import (
    DENIED_PAUSE,
    FORM,
    PATIENCE,
    Mode,
    find_next_try,
    find_renewal,
    judge_question,
    make_request,
)
from server.store import jobs as queue
from server.store import source_pushes as rows
from server.store.jobs import Job
from server.store.source_pushes import PushRow
from server.store.sources import FeedRow, find_source

log = structlog.get_logger()

FAREWELLS = 5  # times that a hub is asked for the end
SETTLING = timedelta(seconds=0.5)  # a source that has just been read waits so long: pushes come in bursts


async def settle_pushes(
    conn: AsyncConnection, config: Config, name: str, feeds: Iterable[FeedRow], now: datetime
) -> None:
    """Bring our subscriptions in line with what the source's feeds announce; what is wanted no more leaves."""
    source = config.sources.get(name)
    wanted = {
        (row.url, row.hub, row.topic)
        for row in feeds
        if source is not None
        and source.push
        and row.state == "live"
        and row.hub
        and row.topic
        and row.url in source.url
    }
    begin = f"{config.server.public_url}/v1/sources/{name}/callback/"
    for row in await rows.list_pushes(conn, name):
        mark = (row.feed, row.hub, row.topic)
        if mark in wanted and row.callback.startswith(begin):
            wanted.discard(mark)
            if row.state == "leaving":  # it has come back: an end that was asked for is not confirmed any more
                await rows.change_push(conn, row.id, state="asked", pending="", failures=0, error="")
                await jobs.enqueue_subscription(conn, row.id, now)
        elif row.state != "leaving":
            await rows.change_push(conn, row.id, state="leaving", pending="", failures=0, error="")
            await jobs.enqueue_subscription(conn, row.id, now)
    for feed, hub, topic in sorted(wanted):
        token = secrets.token_urlsafe(24)
        secret = secrets.token_urlsafe(32)
        values = {"feed": feed, "hub": hub, "topic": topic, "callback": begin + token, "token": token, "secret": secret}
        await jobs.enqueue_subscription(conn, await rows.add_push(conn, source=name, **values), now)


async def tell_hub(post: Post, job: Job) -> None:
    """Ask for pushes, for more of them, or for their end. Whatever the hub does, the job comes again."""
    row = await _begin(post, job)
    if row is None:
        return
    mode: Mode = "unsubscribe" if row.state == "leaving" else "subscribe"
    answer = await _ask(post, row, mode)
    now = post.tools.clock()
    error, again_at = judge_answer(answer, row, now)
    log.info("hub asked", source=row.source, mode=mode, error=error, failures=row.failures)
    async with post.tools.database.write() as conn:
        fresh = await rows.find_push(conn, row.id)
        if fresh is None:
            await queue.finish(conn, job)
            return
        if fresh.pending == mode:  # it has not asked back while it was asked
            await rows.change_push(conn, row.id, error=error)
        await queue.postpone(conn, job, again_at, error, counts=False)


async def _begin(post: Post, job: Job) -> PushRow | None:
    """Write down what the hub may ask back about, before it is asked: some do at once. None: no more to do."""
    now = post.tools.clock()
    async with post.tools.database.write() as conn:
        row = await rows.find_push(conn, int(job.subject))
        if row is None or _is_over(row, now):
            if row is not None:
                await rows.forget_push(conn, row.id)
            await queue.finish(conn, job)
            return None
        pending = "unsubscribe" if row.state == "leaving" else "subscribe"
        await rows.change_push(conn, row.id, pending=pending, failures=row.failures + 1)
        return await rows.find_push(conn, row.id)


def _is_over(row: PushRow, now: datetime) -> bool:
    """Whether nothing is left of a subscription that leaves."""
    has_ended = row.lease_until is not None and row.lease_until <= now
    return row.state == "leaving" and (has_ended or row.failures >= FAREWELLS)


async def _ask(post: Post, row: PushRow, mode: Mode) -> Answer | OSError | Resting:
    headers = {"Content-Type": FORM, "User-Agent": f"{post.site.config.server.name} (Karvan)"}
    source: Source | None = post.tools.config.sources.get(row.source)
    if source is not None and source.key and get_origin(row.hub) == get_origin(row.feed):
        headers["Authorization"] = f"Bearer {source.key}"
    try:
        return await request(post, "POST", row.hub, make_request(row, mode), headers)
    except (OSError, Resting) as error:
        return error


def judge_answer(answer: Answer | OSError | Resting, row: PushRow, now: datetime) -> tuple[str, datetime]:
    """What is wrong so far, and when to ask again unless the hub asks back before (pure)."""
    if isinstance(answer, Resting):
        return str(answer), max(answer.until, find_next_try(row.failures, now))
    if isinstance(answer, OSError):
        return f"no answer: {answer}", find_next_try(row.failures, now)
    after = read_retry_after(answer.headers.get("Retry-After", ""), now)
    if 200 <= answer.status < 300:
        return "it has accepted, and not asked back yet", max(now + PATIENCE, find_next_try(row.failures, now))
    said = answer.body[:200].decode(errors="replace").strip()
    return f"it answered {answer.status}: {said}", find_next_try(row.failures, now, after)


async def answer_hub(conn: AsyncConnection, row: PushRow, query: Mapping[str, str], now: datetime) -> str | None:
    """The challenge, where it is ours to confirm; "" where there is nothing to say, None to refuse."""
    verdict = judge_question(row, query)
    if verdict.meaning == "refused":
        return None
    if verdict.meaning == "unsubscribed":
        await rows.forget_push(conn, row.id)
    elif verdict.meaning == "denied":
        if row.state != "leaving":
            error = f"it was denied: {verdict.reason}"
            await rows.change_push(conn, row.id, state="denied", pending="", lease_until=None, error=error)
            await jobs.enqueue_subscription(conn, row.id, now + DENIED_PAUSE)
    else:
        values = {"state": "live", "pending": "", "failures": 0, "error": ""}
        await rows.change_push(conn, row.id, lease_until=now + verdict.lease, **values)
        await jobs.enqueue_subscription(conn, row.id, find_renewal(verdict.lease, now))
    said = {"hub": row.hub, "feed": row.feed, "said": verdict.meaning}
    await audit.note(conn, "source.push", row.source, now, after=said)
    return verdict.challenge


async def note_push(conn: AsyncConnection, row: PushRow, now: datetime) -> None:
    """Read the source now; a moment later when that has just been done, or when it may be asked again."""
    await rows.change_push(conn, row.id, heard_at=now)
    source = await find_source(conn, row.source)
    if source is not None and source.state == "live":
        settled_at = source.polled_at + SETTLING if source.polled_at else now
        await jobs.enqueue_poll(conn, row.source, max(now, settled_at, source.not_before or now))


async def are_pushed(conn: AsyncConnection, name: str, feeds: Iterable[FeedRow], now: datetime) -> bool:
    """Whether hubs tell us of every change of the source."""
    live = {row.feed for row in await rows.list_pushes(conn, name) if row.is_live(now)}
    return all(feed.url in live for feed in feeds if feed.state == "live")
