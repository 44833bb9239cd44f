"""Brings what is to be delivered, until told to stop: many at once, each subscription in order, nobody hammered.

  fan-out   a feed has changed: a delivery for each live subscription of it
  claim (deliver, verify, deny) ─→ a task each ─gates→ send ─→ Results, written many at once

A subscription's job is claimed by one process at a time, so its parcels go one after the other. A process that dies
leaves its jobs to the next: what had arrived and was not written down is brought again, under the same number.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from server import jobs
from server.delivery import endings, parcels, shipments
from server.delivery.bringing import bring
from server.delivery.housekeeping import keep_house
from server.delivery.parcels import Plan
from server.delivery.post import Post
from server.delivery.verification import deny, verify
from server.polling import poll
from server.polling.hubs import tell_hub
from server.runner import DRAIN_SECONDS, IDLE_SECONDS, TROUBLE_SECONDS, Tools, wait_for_any
from server.store import jobs as rows
from server.store import subscriptions
from server.store.deliveries import Result
from server.store.jobs import Job
from server.store.subscriptions import Subscription

log = structlog.get_logger()

_Same = tuple[str, int, str, str]  # topic, cursor, role and id of the owner

ASKING = (jobs.VERIFY, jobs.DENY)
KINDS = (jobs.DELIVER, jobs.POLL, jobs.SUBSCRIBE, *ASKING)
HAND = 20  # times as many jobs are in hand as requests may run: some wait for their host
QUESTIONS = 4  # one in so many may be a question, which anybody can have asked
MOST_CLAIMED = 250  # at once
PLAN_SECONDS = 60.0  # pause before what cannot be planned is planned again
HOUSE_SECONDS = 1.0  # how often leases, silence and notices are looked at
HOUSE = timedelta(seconds=HOUSE_SECONDS)


async def run_deliveries(post: Post, stopping: asyncio.Event) -> None:
    """Deliver until `stopping` is set; what is under way then has a little time."""
    recording = asyncio.create_task(post.records.run())
    try:
        await _Hands(post).run(stopping)
    finally:
        recording.cancel()


async def fan_out(tools: Tools, claimed: Sequence[Job]) -> None:
    """Ask for a delivery to every live subscription of the feeds that have changed."""
    async with tools.database.write() as conn:
        now = tools.clock()
        changed = []
        for job in claimed:
            channel, _, language = job.subject.partition("/")
            changed.append((channel, language))
        await jobs.enqueue_deliveries(conn, await subscriptions.list_live(conn, changed), now)
        await rows.finish_all(conn, claimed)


async def try_fan_out_again(conn: AsyncConnection, tools: Tools, job: Job, reason: str) -> None:  # noqa: ARG001
    """A change is never left undelivered: a fan-out is not given up."""
    channel, _, language = job.subject.partition("/")
    await jobs.enqueue_fan_outs(conn, [(channel, language)], tools.clock() + jobs.LONGEST_WAIT)


class _Hands:
    """What is in hand, and the loop that takes more."""

    def __init__(self, post: Post) -> None:
        self._lasting = post
        self._post, self._tools = post, post.tools
        self._most = post.tools.config.delivery.at_once * HAND
        self._running: dict[asyncio.Task[None], Job] = {}
        self._room = asyncio.Event()

    async def run(self, stopping: asyncio.Event) -> None:
        changed = self._tools.database.watch()
        loop = asyncio.get_running_loop()
        house_at, renew_at, house_due = loop.time(), loop.time(), self._tools.clock()
        while not stopping.is_set():
            changed.clear()
            self._room.clear()
            self._post = self._lasting.today()
            self._tools = self._post.tools
            try:
                if loop.time() >= house_at or self._tools.clock() >= house_due:  # or the clock was put forward
                    house_at, house_due = loop.time() + HOUSE_SECONDS, self._tools.clock() + HOUSE
                    await keep_house(self._post)
                if loop.time() >= renew_at:
                    renew_at = loop.time() + self._tools.config.limits.job_lease_seconds / 3
                    await self._renew()
                if await self._take():
                    continue
            except Exception:  # a full disk, a database that is away: it goes on when that is over
                log.exception("deliveries cannot go on", retry_seconds=TROUBLE_SECONDS)
                await wait_for_any((stopping,), TROUBLE_SECONDS)
            else:
                await wait_for_any((changed, self._room, stopping), IDLE_SECONDS)
        await self._drain()

    async def _take(self) -> bool:
        """Take what is due, as much as there is room for. Whether anything was taken."""
        room = min(self._most - len(self._running), MOST_CLAIMED)
        asking = sum(job.kind in ASKING for job in self._running.values())
        kinds = KINDS if asking < self._most // QUESTIONS else tuple(kind for kind in KINDS if kind not in ASKING)
        if room <= 0:
            return False
        now = self._tools.clock()
        async with self._tools.database.glance() as conn:
            if not await rows.has_due(conn, kinds, now):
                return False
        lease = now + timedelta(seconds=self._tools.config.limits.job_lease_seconds)
        async with self._tools.database.write() as conn:
            claimed = await rows.claim_any(conn, kinds, worker=self._tools.name, now=now, lease_until=lease, limit=room)
        deliveries = [job for job in claimed if job.kind == jobs.DELIVER]
        planned = await prepare(self._post, deliveries) if deliveries else {}
        for job in claimed:
            task = asyncio.create_task(self._do(self._post, job, planned.get(job.id)))
            self._running[task] = job
            task.add_done_callback(self._let_go)
        return bool(claimed)

    def _let_go(self, task: asyncio.Task[None]) -> None:
        del self._running[task]
        self._room.set()

    async def _do(self, post: Post, job: Job, planned: tuple[Subscription, Plan] | None) -> None:
        try:
            if job.kind == jobs.VERIFY:
                await verify(post, job)
            elif job.kind == jobs.DENY:
                await deny(post, job)
            elif job.kind == jobs.POLL:
                await poll(post, job)
            elif job.kind == jobs.SUBSCRIBE:
                await tell_hub(post, job)
            elif planned is None:
                await post.records.save(Result(job=job))
            else:
                await bring(post, *planned, job)
        except Exception:  # its lease runs out, and it is done again
            log.exception("delivery failed", kind=job.kind, subject=job.subject)

    async def _renew(self) -> None:
        if self._running:
            async with self._tools.database.write() as conn:
                await jobs.renew(conn, list(self._running.values()), self._tools.config.limits, self._tools.clock())

    async def _drain(self) -> None:
        tasks = list(self._running)
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=DRAIN_SECONDS / 2)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        async with self._tools.database.write() as conn:
            await jobs.give_back(conn, self._tools.name, self._tools.clock())


async def prepare(post: Post, claimed: Sequence[Job]) -> Mapping[int, tuple[Subscription, Plan]]:
    """Job id → the subscription and what to bring. One that has ended, or whose turn has not come, has no plan."""
    config = post.tools.config
    planned: dict[int, tuple[Subscription, Plan]] = {}
    shared: dict[_Same, Plan] = {}
    ended: list[tuple[Subscription, subscriptions.SubscriptionState, str]] = []
    async with post.tools.database.read() as conn:
        found = await subscriptions.get_subscriptions(conn, {int(job.subject) for job in claimed})
        now = post.tools.clock()  # after the snapshot: whatever is in it was written before
        used = {one.key_id for one in found.values() if one.key_id}
        valid = await subscriptions.list_valid_keys(conn, used, now) if used else frozenset()
        for job in claimed:
            one = found.get(int(job.subject))
            if one is None or one.state != "live":
                continue
            if (end := parcels.why_ended(one, valid, config, now)) is not None:
                ended.append((one, *end))
            elif one.retry_at is not None and one.retry_at > now:
                planned[job.id] = (one, Plan((), one.cursor, again_at=one.retry_at))
            else:
                planned[job.id] = (one, await _plan_safely(conn, post, one, shared, now))
    if ended:
        async with post.tools.database.write() as conn:
            for one, state, reason in ended:
                await endings.end(conn, one, state, reason, now)
    return planned


async def _plan_safely(
    conn: AsyncConnection, post: Post, one: Subscription, shared: dict[_Same, Plan], now: datetime
) -> Plan:
    """One that cannot be planned keeps no other back."""
    try:
        return await _plan(conn, post, one, shared, now)
    except Exception:
        log.exception("delivery cannot be planned", subscription=one.id, retry_seconds=PLAN_SECONDS)
        return Plan((), one.cursor, again_at=now + timedelta(seconds=PLAN_SECONDS))


async def _plan(conn: AsyncConnection, post: Post, one: Subscription, shared: dict[_Same, Plan], now: datetime) -> Plan:
    """What to bring; who reads the same feed with the same eyes, unfiltered, from the same change gets the same."""
    if one.kind == "destination":
        plan = await shipments.plan_destination(conn, post.site, one, post.tools.config.destinations[one.topic], now)
    else:
        key = (one.topic, one.cursor, one.role, one.owner)
        plan = shared.get(key) or await parcels.plan_websub(conn, post.site, one, now)
        if not one.query:
            shared[key] = plan
    if not plan.parcels and not plan.more and parcels.should_beat(one, post.tools.config, now):
        return Plan((parcels.make_heartbeat(post.site, one, now),), plan.cursor)
    return plan
