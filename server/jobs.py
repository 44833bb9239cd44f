"""The durable queue. A job is written in the transaction of the fact that causes it, and done at least once.

  enqueue → claim (with a lease) → finish | postpone (with backoff) | give up (with the reason)

Steps must bear repetition: a worker that dies in the middle leaves its jobs to the next.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from server.config import Limits
from server.store import jobs as rows
from server.store.jobs import Job

TRANSLATE = "translate"
SETTLE = "settle"
MEDIA = "media"
TURN = "turn"
FAN_OUT = "fan-out"
DELIVER = "deliver"
VERIFY = "verify"
DENY = "deny"
POLL = "poll"
SUBSCRIBE = "subscribe"
KINDS = (TRANSLATE, SETTLE, MEDIA, TURN, FAN_OUT, DELIVER, VERIFY, DENY, POLL, SUBSCRIBE)

LONGEST_WAIT = timedelta(minutes=10)


async def enqueue_translation(
    conn: AsyncConnection,
    article_id: int,
    language: str,
    *,
    outlet: str,
    urgency: int,
    is_pivot: bool,
    now: datetime,
) -> None:
    """Ask for a parallel version. Urgent articles first; among equals the pivot first, for others wait for it.

    Outlets take turns: however much of one waits, another's next article is next.
    """
    priority = urgency * 2 + (0 if is_pivot else 1)
    subject = f"{article_id}:{language}"
    await rows.enqueue(conn, TRANSLATE, subject, batch=language, priority=priority, run_at=now, owner=outlet)


async def forget_translations(conn: AsyncConnection, article_id: int, languages: Iterable[str]) -> None:
    """Of those that were given up, no trace is left."""
    await rows.forget_jobs(conn, TRANSLATE, [f"{article_id}:{language}" for language in languages])


async def enqueue_settlement(conn: AsyncConnection, article_id: int, now: datetime) -> None:
    """Ask for an article's places and translations to be worked out again (the config or the packages changed)."""
    await rows.enqueue(conn, SETTLE, str(article_id), batch="", priority=20, run_at=now)


async def enqueue_settlements(conn: AsyncConnection, article_ids: Iterable[int], now: datetime) -> None:
    """The same for many."""
    await rows.enqueue_all(conn, SETTLE, [(str(number), now) for number in article_ids], priority=20, now=now)


async def enqueue_media(conn: AsyncConnection, sha256: str, now: datetime) -> None:
    """Ask for the files of an upload to be made, or to be removed when nobody needs them."""
    await rows.enqueue(conn, MEDIA, sha256, batch="", priority=10, run_at=now)


async def enqueue_turn(conn: AsyncConnection, article_id: int, run_at: datetime) -> None:
    """Ask for an article to be placed again when its embargo ends or it expires."""
    await rows.enqueue(conn, TURN, str(article_id), batch="", priority=0, run_at=run_at)


async def enqueue_fan_outs(conn: AsyncConnection, feeds: Iterable[tuple[str, str]], now: datetime) -> None:
    """Ask for the subscriptions of feeds (channel, language) to be told that something has changed there."""
    wanted = [(f"{channel}/{language}", now) for channel, language in sorted(feeds)]
    await rows.enqueue_all(conn, FAN_OUT, wanted, priority=0, now=now)


async def enqueue_deliveries(
    conn: AsyncConnection, subscriptions: Iterable[tuple[int, datetime | None]], now: datetime
) -> None:
    """Ask for what is new to be brought: (subscription, before when nothing is tried)."""
    wanted = [(str(number), max(retry_at or now, now)) for number, retry_at in subscriptions]
    await rows.enqueue_all(conn, DELIVER, wanted, priority=5, now=now)


async def enqueue_verification(conn: AsyncConnection, request_id: int, now: datetime) -> None:
    """Ask for the subscriber to be asked whether it wants what was asked for in its name."""
    await rows.enqueue(conn, VERIFY, str(request_id), batch="", priority=1, run_at=now)


async def enqueue_denial(conn: AsyncConnection, subscription_id: int, now: datetime) -> None:
    """Ask for a subscriber to be told that it gets no more."""
    await rows.enqueue(conn, DENY, str(subscription_id), batch="", priority=9, run_at=now)


async def enqueue_poll(conn: AsyncConnection, source: str, run_at: datetime) -> None:
    """Ask for a source to be read."""
    await rows.enqueue(conn, POLL, source, batch="", priority=7, run_at=run_at)


async def enqueue_subscription(conn: AsyncConnection, push_id: int, run_at: datetime) -> None:
    """Ask for a source's hub to be asked for pushes, for more time, or for their end."""
    await rows.enqueue(conn, SUBSCRIBE, str(push_id), batch="", priority=8, run_at=run_at)


def read_translation(job: Job) -> tuple[int, str]:
    """Article id and language of a translation job."""
    return read_subject(job.subject)


def read_subject(subject: str) -> tuple[int, str]:
    """Article id, and the language where it is about one."""
    article_id, _, language = subject.partition(":")
    return int(article_id), language


async def claim(
    conn: AsyncConnection, kind: str, *, worker: str, limits: Limits, limit: int, now: datetime
) -> Sequence[Job]:
    lease = now + timedelta(seconds=limits.job_lease_seconds)
    return await rows.claim(conn, kind, worker=worker, now=now, lease_until=lease, limit=limit)


async def renew(conn: AsyncConnection, claimed: Sequence[Job], limits: Limits, now: datetime) -> None:
    """Keep the leases of what is still being worked on."""
    await rows.renew(conn, claimed, now + timedelta(seconds=limits.job_lease_seconds))


async def fail(conn: AsyncConnection, job: Job, error: str, limits: Limits, now: datetime) -> bool:
    """Record a failed attempt: another one later, or none. True when it is given up: nobody asked again meanwhile."""
    run_at = next_attempt(job.attempts, limits.job_attempts, now)
    if run_at is None:
        return await rows.give_up(conn, job, error, now)
    await rows.postpone(conn, job, run_at, error, counts=True)
    return False


async def give_back(conn: AsyncConnection, worker: str, now: datetime) -> None:
    """A worker ends: what it has begun and not finished is as if it had not been begun."""
    for job in await rows.list_claimed(conn, worker):
        await rows.postpone(conn, job, now, "", counts=False)


async def recover(conn: AsyncConnection, worker: str, now: datetime) -> None:
    """A worker of this name has died: what it had begun is due again, what was begun in several deaths later."""
    for job in await rows.list_claimed(conn, worker):
        wait = timedelta() if job.attempts < 2 else min(timedelta(seconds=2 ** min(job.attempts, 20)), LONGEST_WAIT)
        await rows.postpone(conn, job, now + wait, "its worker died", counts=True)


def next_attempt(attempts: int, most: int, now: datetime) -> datetime | None:
    """When to try again after so many attempts: 2, 4, 8 … seconds, at most ten minutes; None: never."""
    if attempts >= most:
        return None
    return now + min(timedelta(seconds=2 ** min(attempts, 20)), LONGEST_WAIT)
