"""Takes jobs from the queue and has them done, until told to stop.

  look, once for all kinds → claim, under a lease that is kept → Step.do
  → finished by the step | tried again later | given up, with the reason

A killed worker's jobs go to the next; what is not finished when a worker stops is given back.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from server import jobs
from server.config import Config
from server.configfile.live import Live
from server.media.media_files import MediaFolder
from server.metrics import Metrics, make_metrics
from server.store import jobs as rows
from server.store.engine import Database
from server.store.jobs import Job
from translators import TranslationError, Translator

log = structlog.get_logger()

IDLE_SECONDS = 1.0  # how long a job that another process enqueued may wait unseen
TROUBLE_SECONDS = 5.0  # how long a worker that cannot reach its queue waits before it tries again
DRAIN_SECONDS = 6.0  # for what runs when the worker is to stop: a process has 10 s to end


@dataclass(frozen=True, slots=True)
class Tools:
    """What steps work with. `name` tells this worker's claims from others'."""

    name: str
    database: Database
    config: Config
    translator: Translator
    engine_room: Executor
    clock: Callable[[], datetime]
    media: MediaFolder
    live: Live | None = None
    metrics: Metrics = field(default_factory=make_metrics)

    def today(self) -> "Tools":
        """The same under the configuration that is in force now: what begins with it ends with it."""
        return self if self.live is None else replace(self, config=self.live.current.config)


@dataclass(frozen=True, slots=True)
class Step:
    """What is done with the jobs of a kind, so many together, in about so many seconds; what follows when one fails."""

    do: Callable[[Tools, Sequence[Job]], Awaitable[None]]
    limit: int
    on_given_up: Callable[[AsyncConnection, Tools, Job, str], Awaitable[None]]
    seconds: float = float("inf")


class Pace:
    """How many jobs are taken together, so that they end within the step's seconds: what is urgent waits no longer."""

    def __init__(self, step: Step) -> None:
        self._step, self._cost = step, 0.0

    @property
    def limit(self) -> int:
        step = self._step
        return step.limit if self._cost * step.limit <= step.seconds else max(1, int(step.seconds / self._cost))

    def note(self, jobs_done: int, seconds: float) -> None:
        """What jobs cost last; what went fast once, because it was remembered, raises hopes only slowly."""
        self._cost = max(seconds / jobs_done, self._cost * 0.8)


async def run_until(tools: Tools, steps: Mapping[str, Step], stopping: asyncio.Event) -> None:
    """Do jobs until `stopping` is set; what is not finished soon after that is given back."""
    calls = {kind: asyncio.Event() for kind in steps}
    loops = [asyncio.create_task(_loop(tools, kind, step, calls[kind], stopping)) for kind, step in steps.items()]
    loops.append(asyncio.create_task(_call(tools, calls, stopping)))
    await stopping.wait()
    _, running = await asyncio.wait(loops, timeout=DRAIN_SECONDS)
    for one in running:
        one.cancel()
        await asyncio.wait([one])
    tools.engine_room.shutdown(wait=False, cancel_futures=True)
    async with tools.database.write() as conn:
        await jobs.give_back(conn, tools.name, tools.clock())


async def fail(tools: Tools, step: Step, job: Job, reason: str) -> None:
    """Record a failed attempt: another one later, or none."""
    log.warning("job failed", kind=job.kind, subject=job.subject, attempt=job.attempts, reason=reason)
    async with tools.database.write() as conn:
        is_given_up = await jobs.fail(conn, job, reason, tools.config.limits, tools.clock())
        if is_given_up:
            await step.on_given_up(conn, tools, job, reason)
    tools.metrics.job_failures.labels(job.kind, "given up" if is_given_up else "tried again").inc()


async def _call(tools: Tools, calls: Mapping[str, asyncio.Event], stopping: asyncio.Event) -> None:
    """Look at the queue whenever something was written, once for all loops; call those that something is due for."""
    changed = tools.database.watch()
    while not stopping.is_set():
        changed.clear()
        try:
            now = tools.clock()
            async with tools.database.glance() as conn:
                runs = await rows.list_next_runs(conn, tuple(calls), now)
        except Exception:  # a database that is away: it goes on when that is over
            log.exception("the queue cannot be looked at", retry_seconds=TROUBLE_SECONDS)
            await wait_for_any((stopping,), TROUBLE_SECONDS)
            continue
        for kind in (kind for kind, run_at in runs.items() if run_at <= now):
            calls[kind].set()
        waits = [(run_at - now).total_seconds() for run_at in runs.values() if run_at > now]
        await wait_for_any((changed, stopping), min((IDLE_SECONDS, *waits)))


async def _loop(tools: Tools, kind: str, step: Step, called: asyncio.Event, stopping: asyncio.Event) -> None:
    pace, loop, may_be_more = Pace(step), asyncio.get_running_loop(), False
    while not stopping.is_set():
        if not may_be_more:
            await wait_for_any((called, stopping))
            may_be_more = True
            continue
        called.clear()
        today = tools.today()
        try:
            if claimed := await _claim(today, kind, pace.limit):
                begun = loop.time()
                await _do(today, step, claimed)
                pace.note(len(claimed), loop.time() - begun)
                today.metrics.jobs_done.labels(kind).inc(len(claimed))
                today.metrics.job_seconds.labels(kind).observe(loop.time() - begun)
            may_be_more = bool(claimed)
        except Exception:  # a full disk, a database that is away: it goes on when that is over
            log.exception("worker cannot work", retry_seconds=TROUBLE_SECONDS)
            await wait_for_any((stopping,), TROUBLE_SECONDS)


async def _claim(tools: Tools, kind: str, limit: int) -> Sequence[Job]:
    """Jobs; none when nothing is due, or another worker was faster."""
    now = tools.clock()
    async with tools.database.glance() as conn:
        if not await rows.has_due(conn, kind, now):
            return ()
    async with tools.database.write() as conn:
        return await jobs.claim(conn, kind, worker=tools.name, limits=tools.config.limits, limit=limit, now=now)


async def _do(tools: Tools, step: Step, claimed: Sequence[Job]) -> None:
    if claimed[0].attempts > tools.config.limits.job_attempts:  # counted when claimed; after the first it comes alone
        await fail(tools, step, claimed[0], "every attempt ended with the death of its worker")
        return
    try:
        async with _keep_leases(tools, claimed):
            await step.do(tools, claimed)
    except TranslationError as error:
        for job in claimed:
            await fail(tools, step, job, str(error))
    except Exception:
        log.exception("step failed", kind=claimed[0].kind)
        for job in claimed:
            await fail(tools, step, job, "an error of the server; its log has the details")


@asynccontextmanager
async def _keep_leases(tools: Tools, claimed: Sequence[Job]) -> AsyncIterator[None]:
    """Nobody else takes the jobs while they are worked on, however long a batch is."""

    async def renew() -> None:
        while True:
            await asyncio.sleep(tools.config.limits.job_lease_seconds / 3)
            try:
                async with tools.database.write() as conn:
                    await jobs.renew(conn, claimed, tools.config.limits, tools.clock())
            except Exception:  # a full disk, a database that is away: the work goes on, and so does trying
                log.exception("leases cannot be renewed")

    renewing = asyncio.create_task(renew())
    try:
        yield
    finally:
        renewing.cancel()


async def wait_for_any(events: Sequence[asyncio.Event], seconds: float | None = None) -> None:
    """Wait until one is set, at most so long."""
    waits = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in waits:
            one.cancel()
