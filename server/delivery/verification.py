"""Asks subscribers whether they want what was asked for in their name (WebSub §5.3); says when it is over (§5.2)."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from server import jobs
from server.delivery import hub
from server.delivery.bringing import request
from server.delivery.endings import end
from server.delivery.gates import Resting
from server.delivery.post import Post
from server.outbound import Answer
from server.store import jobs as rows
from server.store import placements, subscriptions
from server.store.deliveries import Attempt, Result, forget_ends
from server.store.jobs import Job
from server.store.subscriptions import HubRequest, Subscription

log = structlog.get_logger()

MOST_TRIES = 3  # of a subscriber that gives no answer at all


async def verify(post: Post, job: Job) -> None:
    """Whatever comes of it, what stood before stands until the subscriber has said yes."""
    async with post.tools.database.read() as conn:
        wish = await subscriptions.find_request(conn, int(job.subject))
    if wish is None:
        await post.records.save(Result(job=job))
        return
    challenge = secrets.token_urlsafe(32)
    asked = {"hub.mode": wish.mode, "hub.topic": wish.topic, "hub.challenge": challenge}
    if wish.mode == "subscribe":
        asked["hub.lease_seconds"] = str(wish.lease_seconds)
    answer = await _ask(post, wish.callback, asked)
    now = post.tools.clock()
    if isinstance(answer, Resting):
        await post.records.save(Result(job=job, again_at=answer.until))
        return
    if isinstance(answer, OSError) and job.attempts < MOST_TRIES:
        async with post.tools.database.write() as conn:
            await jobs.fail(conn, job, str(answer), post.tools.config.limits, now)
        return
    confirmed = isinstance(answer, Answer) and hub.is_confirmed(answer.status, answer.body, challenge)
    async with post.tools.database.write() as conn:
        if await subscriptions.delete_request(conn, wish) and confirmed:  # a newer request is verified by itself
            await _grant(conn, wish, now)
        await rows.finish(conn, job)
    log.info("verified", mode=wish.mode, topic=wish.topic, confirmed=confirmed)


async def deny(post: Post, job: Job) -> None:
    """Tell a subscriber that it gets no more, and why: once, for it is a courtesy."""
    number = int(job.subject)
    async with post.tools.database.read() as conn:
        one = (await subscriptions.get_subscriptions(conn, [number])).get(number)
    if one is None or one.state == "live":  # asked for anew meanwhile
        await post.records.save(Result(job=job))
        return
    answer = await _ask(post, one.address, {"hub.mode": "denied", "hub.topic": one.topic, "hub.reason": one.reason})
    await post.records.save(Result(attempt=_make_attempt(one, answer, post.tools.clock()), job=job))


async def _ask(post: Post, callback: str, asked: Mapping[str, str]) -> Answer | OSError | Resting:
    try:
        url = hub.make_challenge_address(callback, asked)
        return await request(post, "GET", url, None, {"User-Agent": post.site.config.server.name})
    except (OSError, Resting) as error:
        return error


async def _grant(conn: AsyncConnection, wish: HubRequest, now: datetime) -> None:
    known = await subscriptions.find_subscription(conn, "websub", wish.topic, wish.callback)
    if wish.mode == "unsubscribe":
        if known is not None and known.state == "live":
            await end(conn, known, "unsubscribed", "", now)
        return
    shared = ("channel", "language", "format", "query", "secret", "role", "owner", "key_id")
    values = {name: getattr(wish, name) for name in shared}
    values |= {"state": "live", "reason": "", "lease_until": now + timedelta(seconds=wish.lease_seconds)}
    if known is None or known.state != "live":  # a renewal misses nothing and gets nothing twice
        values |= {"heard_at": now, "retry_at": None, "failures": 0, "error": "", "ended_at": None}
        if known is None or not wish.resumes:
            start = await placements.get_newest_change(conn)
            values |= {"since": start, "cursor": start, "created_at": now}
    await subscriptions.save_subscription(conn, "websub", wish.topic, wish.callback, values)
    if known is not None and known.state != "live":
        await forget_ends(conn, known.id)
        await jobs.enqueue_deliveries(conn, [(known.id, None)], now)


def _make_attempt(one: Subscription, answer: Answer | OSError | Resting, now: datetime) -> Attempt:
    status = answer.status if isinstance(answer, Answer) else None
    return Attempt(one.id, now, "denied", status, one.cursor, 0, "" if status else str(answer))
