"""Brings the parcels of one subscription, one after the other, and writes down what became of each."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta

from server.delivery.attempts import Verdict, judge, make_destination_headers, make_websub_headers
from server.delivery.endings import make_letter
from server.delivery.gates import Resting
from server.delivery.parcels import Item, Parcel, Plan, get_recipient, make_receipt
from server.delivery.post import Post
from server.delivery.spool import write_file
from server.outbound import Answer
from server.store.deliveries import Advance, Attempt, DeadLetter, Outcome, Result, Setback
from server.store.jobs import Job
from server.store.receipts import Receipt
from server.store.subscriptions import Subscription


async def bring(post: Post, one: Subscription, plan: Plan, job: Job) -> None:
    """Bring what is planned until something does not arrive. The job ends, or waits for its next attempt."""
    again_at = plan.again_at or (post.tools.clock() if plan.more else None)
    if not plan.parcels:
        skip = (one.id, plan.cursor) if plan.cursor > one.cursor else None
        await post.records.save(Result(skip=skip, settled=plan.settled, job=job, again_at=again_at))
        return
    sequence = one.sequence
    for number, parcel in enumerate(plan.parcels, 1):
        is_last = number == len(plan.parcels)
        numbered = one.kind == "destination" and parcel.event != "heartbeat"
        try:
            answer = await _send(post, one, parcel, sequence + 1 if numbered else sequence)
        except Resting as resting:
            setback = Setback(one.id, str(resting), post.tools.clock(), resting.until, counts=False)
            await post.records.save(Result(setback=setback, job=job, again_at=resting.until))
            return
        now = post.tools.clock()
        verdict = judge(answer, one, post.tools.config.delivery, now)
        attempt = _make_attempt(one, parcel, verdict, now)
        if verdict.meaning == "gone":
            lost = make_letter(one, "gone", verdict.error, verdict.status, now)
            await post.records.save(Result(attempt, letter=lost, end=(one.id, "gone", verdict.error, now), job=job))
            return
        if verdict.retry_at is not None:
            setback = Setback(one.id, verdict.error, now, verdict.retry_at)
            await post.records.save(Result(attempt=attempt, setback=setback, job=job, again_at=verdict.retry_at))
            return
        arrived = verdict.meaning == "arrived"
        sequence += numbered and arrived
        advance = Advance(one.id, plan.cursor if is_last else parcel.cursor, sequence, now)
        receipts = _make_receipts(post, one, parcel, now) if arrived else ()
        letter = None if arrived else _make_letter(one, parcel.items[0], verdict, now)
        settled = tuple((one.id, item.text) for item in parcel.items) if numbered and arrived else ()
        ended = (job, again_at) if is_last else (None, None)
        settled += plan.settled if is_last else ()
        await post.records.save(
            Result(attempt, advance, None, letter, receipts, settled=settled, job=ended[0], again_at=ended[1])
        )


async def _send(post: Post, one: Subscription, parcel: Parcel, sequence: int) -> Answer | OSError:
    """What came back, or why nothing did. Raises Resting."""
    config, now = post.tools.config, post.tools.clock()
    destination = config.destinations[one.topic] if one.kind == "destination" else None
    try:
        if destination is not None and destination.folder:
            await asyncio.to_thread(write_file, post.folder / destination.folder, parcel, sequence)
            return Answer(201, {}, b"")
        if destination is not None:
            headers = make_destination_headers(post.site, one, destination, parcel, sequence, now)
            return await request(post, "POST", destination.url, parcel.document.body, headers)
        headers = make_websub_headers(post.site, one, parcel)
        return await request(post, "POST", one.address, parcel.document.body, headers)
    except OSError as error:
        return error


async def request(post: Post, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
    """The answer, when the host's turn has come. Raises OSError, Resting."""
    seconds = post.tools.config.delivery.timeout_seconds
    async with post.gates.passed(url, is_question=method == "GET"):
        try:
            answer = await post.courier.send(method, url, body, headers, seconds=seconds)
        except OSError:
            post.gates.note(url, answered=False)
            raise
        post.gates.note(url, answered=True)
        return answer


def _make_attempt(one: Subscription, parcel: Parcel, verdict: Verdict, now: datetime) -> Attempt:
    arrived: Outcome = "heartbeat" if parcel.event == "heartbeat" else "delivered"
    outcomes: dict[str, Outcome] = {"arrived": arrived, "later": "failed", "refused": "refused", "gone": "gone"}
    outcome = outcomes[verdict.meaning]
    return Attempt(one.id, now, outcome, verdict.status, parcel.cursor, len(parcel.items), verdict.error)


def _make_receipts(post: Post, one: Subscription, parcel: Parcel, now: datetime) -> tuple[Receipt, ...]:
    """What is written into the ledger: for a whole feed the cursor says it all."""
    if one.kind == "websub" and not one.query:
        return ()
    return tuple(
        make_receipt(get_recipient(one), item, now, _find_notice(post, one, item, now)) for item in parcel.items
    )


def _find_notice(post: Post, one: Subscription, item: Item, now: datetime) -> datetime | None:
    """When a correction or withdrawal is told again, to those who want to acknowledge it themselves."""
    settings, destination = post.tools.config.delivery, post.tools.config.destinations.get(one.topic)
    wants = one.kind == "destination" and destination is not None and destination.receipts == "explicit"
    if not wants or item.is_news or item.notices >= settings.notices:
        return None
    return now + timedelta(minutes=settings.notice_minutes)


def _make_letter(one: Subscription, item: Item, verdict: Verdict, now: datetime) -> DeadLetter:
    return DeadLetter(one.id, *item.text, item.change, verdict.error, now, verdict.status)
