"""job kind → step: the pipeline told in order.

  translate   waiting articles of one target language: read → engine (off the event loop) → write, and what follows
  settle      an article whose config or packages changed: routes, translations and places worked out again

Loops claim due jobs, do them, and finish, postpone or give them up; a killed worker's jobs go to the next.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from concurrent.futures import Executor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from server import consequences, jobs, routing, translation
from server.config import Config
from server.consequences import Ask
from server.store import articles, parallels
from server.store import jobs as rows
from server.store.answers import find_meta, save_meta
from server.store.engine import Database
from server.store.jobs import Job
from translators import Direction, TranslationError, Translator
from translators.pipeline import Failure, Fields, Outcome, translate_fields

log = structlog.get_logger()

IDLE_SECONDS = 1.0  # how long a job that another process enqueued may wait unseen
TROUBLE_SECONDS = 5.0  # how long a worker that cannot reach its queue waits before it tries again
DRAIN_SECONDS = 6.0  # for what runs when the worker is to stop: a process has 10 s to end
WATCH_SECONDS = 2.0  # how often installed packages are looked at


@dataclass(frozen=True, slots=True)
class Tools:
    """What steps work with. `name` tells this worker's claims from others'."""

    name: str
    database: Database
    config: Config
    translator: Translator
    engine_room: Executor
    clock: Callable[[], datetime]


Step = Callable[[Tools, Sequence[Job]], Awaitable[None]]


async def work_until(tools: Tools, stopping: asyncio.Event) -> None:
    """Do jobs until `stopping` is set; what is not finished soon after that is given back."""
    task = asyncio.create_task(work(tools, stopping))
    await stopping.wait()
    _, running = await asyncio.wait([task], timeout=DRAIN_SECONDS)
    for one in running:
        one.cancel()
        await asyncio.wait([one])
    tools.engine_room.shutdown(wait=False, cancel_futures=True)
    async with tools.database.write() as conn:
        await jobs.give_back(conn, tools.name, tools.clock())


async def work(tools: Tools, stopping: asyncio.Event) -> None:
    """Do jobs until `stopping` is set; what runs then is finished."""
    async with asyncio.TaskGroup() as group:
        group.create_task(_loop(tools, jobs.TRANSLATE, translate, tools.config.translation.batch_articles, stopping))
        group.create_task(_loop(tools, jobs.SETTLE, settle, 1, stopping))
        group.create_task(_watch(tools, stopping))


async def translate(tools: Tools, claimed: Sequence[Job]) -> None:
    """Make the parallel versions that a batch of jobs asks for: one engine call per leg of the way."""
    work: dict[tuple[Direction, ...], list[tuple[Job, translation.Work]]] = defaultdict(list)
    for job, plan in await _plan(tools, claimed):
        if isinstance(plan, translation.Work):
            work[plan.legs].append((job, plan))
        else:
            await _finish(tools, job, plan)
    for legs, planned in work.items():
        results = await _run_engine(tools, legs, [plan for _, plan in planned])
        for (job, plan), result in zip(planned, results, strict=True):
            if isinstance(result, Failure):
                await _fail(tools, job, result.reason)
            else:
                await _save(tools, job, plan, result)


async def settle(tools: Tools, claimed: Sequence[Job]) -> None:
    """Work out again what follows from the config and the packages."""
    for job in claimed:
        async with tools.database.write() as conn:
            await consequences.settle(conn, int(job.subject), tools.config, tools.clock(), ask=Ask.GIVEN_UP)
            await rows.finish(conn, job)


_Plan = translation.Work | translation.Impossible | None


async def _plan(tools: Tools, claimed: Sequence[Job]) -> list[tuple[Job, _Plan]]:
    """What each job has to translate; None when there is nothing left to do."""
    wanted = {job.id: jobs.read_translation(job) for job in claimed}
    ids = {article_id for article_id, _ in wanted.values()}
    async with tools.database.read() as conn:
        found = await articles.list_articles(conn, ids)
        versions = await parallels.list_parallels(conn, ids)
    directions = await asyncio.to_thread(tools.translator.directions)
    plans: list[tuple[Job, _Plan]] = []
    for job in claimed:
        article_id, language = wanted[job.id]
        article = found.get(article_id)
        source = article.head.article.language if article else ""
        of_article = {tag: one for tag, one in versions.get(article_id, {}).items() if tag != source}
        parallel = of_article.get(language)
        if article is None or parallel is None or article.canceled_at is not None or parallel.origin != "machine":
            plans.append((job, None))
            continue
        plan = translation.pick_source(article, of_article, language, directions, tools.config.languages.pivot)
        is_made = isinstance(plan, translation.Work) and not translation.should_make(parallel, plan)
        plans.append((job, None if is_made else plan))
    return plans


async def _run_engine(
    tools: Tools, legs: Sequence[Direction], planned: Sequence[translation.Work]
) -> Sequence[Sequence[Outcome] | Failure]:
    """For each work the outcome of every leg, or the first failure."""
    run = partial(_translate_legs, tools, legs, [translation.make_fields(plan.text) for plan in planned])
    results = await asyncio.get_running_loop().run_in_executor(tools.engine_room, run)
    log.info("translated", way=" ".join(map(str, legs)), articles=len(planned))
    return results


def _translate_legs(
    tools: Tools, legs: Sequence[Direction], documents: Sequence[Fields]
) -> Sequence[Sequence[Outcome] | Failure]:
    results: list[list[Outcome] | Failure] = [[] for _ in documents]
    for leg in legs:
        going = [(number, outcomes) for number, outcomes in enumerate(results) if isinstance(outcomes, list)]
        texts = [outcomes[-1].fields if outcomes else documents[number] for number, outcomes in going]
        settings = tools.config.translation
        made = translate_fields(
            texts, leg, tools.translator, beam_body=settings.beam_body, beam_headline=settings.beam_headline
        )
        for (number, outcomes), one in zip(going, made, strict=True):
            results[number] = one if isinstance(one, Failure) else [*outcomes, one]
    return results


async def _save(tools: Tools, job: Job, plan: translation.Work, outcomes: Sequence[Outcome]) -> None:
    """Write the version with all that follows from it, unless the article has moved on meanwhile."""
    async with tools.database.write() as conn:
        now = tools.clock()
        article = (await articles.list_articles(conn, [plan.article.id]))[plan.article.id]
        parallel = (await parallels.list_parallels(conn, [article.id])).get(article.id, {}).get(plan.target)
        is_wanted = parallel is not None and parallel.origin == "machine" and article.canceled_at is None
        if is_wanted and article.head.text_hash == plan.article.head.text_hash:
            facts = routing.make_facts(article.head.article, article.outlet, tools.config)
            held = routing.decide(facts, tools.config).is_held(plan.target)
            await parallels.save_parallel(conn, translation.make_parallel(plan, outcomes, held, tools.config, now))
            ask = _pick_ask(plan.target, tools.config)
            await consequences.settle(conn, article.id, tools.config, now, ask=ask)
        await rows.finish(conn, job)


async def _finish(tools: Tools, job: Job, plan: translation.Impossible | None) -> None:
    """End a job that has nothing to translate (now); a version that cannot be made says why."""
    async with tools.database.write() as conn:
        if plan is not None:
            await _set_unmade(conn, job, "pending", plan.reason, tools.clock())
        await rows.finish(conn, job)


async def _set_unmade(conn: AsyncConnection, job: Job, state: parallels.State, reason: str, now: datetime) -> None:
    article_id, language = jobs.read_translation(job)
    text_hash = (await articles.list_articles(conn, [article_id]))[article_id].head.text_hash
    await parallels.set_unmade(conn, article_id, language, state, reason, text_hash, now)


async def _fail(tools: Tools, job: Job, reason: str) -> None:
    """Try again later, or give up; a version that is given up says why."""
    now = tools.clock()
    log.warning("job failed", kind=job.kind, subject=job.subject, attempt=job.attempts, reason=reason)
    async with tools.database.write() as conn:
        given_up = await jobs.fail(conn, job, reason, tools.config.limits, now)
        if given_up and job.kind == jobs.TRANSLATE:
            await _set_unmade(conn, job, "failed", reason, now)
            article_id, language = jobs.read_translation(job)
            await consequences.settle(conn, article_id, tools.config, now, ask=_pick_ask(language, tools.config))


def _pick_ask(language: str, config: Config) -> Ask:
    """Others may wait for the version in the pivot language: they hear of it."""
    return Ask.ALL if language == config.languages.pivot else Ask.NOTHING


async def _loop(tools: Tools, kind: str, step: Step, limit: int, stopping: asyncio.Event) -> None:
    changed = tools.database.watch()
    while not stopping.is_set():
        changed.clear()
        try:
            claimed = await _claim(tools, (kind,), limit)
            if claimed:
                await _do(tools, step, claimed)
                continue
        except Exception:  # a full disk, a database that is away: it goes on when that is over
            log.exception("worker cannot work", retry_seconds=TROUBLE_SECONDS)
            await _wait_for_any((stopping,), TROUBLE_SECONDS)
        else:
            await _wait_for_any((changed, stopping), IDLE_SECONDS)


async def _claim(tools: Tools, kinds: Collection[str], limit: int) -> Sequence[Job]:
    now = tools.clock()
    async with tools.database.read() as conn:
        if not await rows.has_due(conn, kinds, now):
            return []
    async with tools.database.write() as conn:
        return await jobs.claim(conn, kinds, worker=tools.name, limits=tools.config.limits, limit=limit, now=now)


async def _do(tools: Tools, step: Step, claimed: Sequence[Job]) -> None:
    if claimed[0].attempts > tools.config.limits.job_attempts:  # counted when claimed; after the first it comes alone
        await _fail(tools, claimed[0], "every attempt ended with the death of its worker")
        return
    try:
        async with _keep_leases(tools, claimed):
            await step(tools, claimed)
    except TranslationError as error:
        for job in claimed:
            await _fail(tools, job, str(error))
    except Exception:
        log.exception("step failed", kind=claimed[0].kind)
        for job in claimed:
            await _fail(tools, job, "an error of the server; its log has the details")


@asynccontextmanager
async def _keep_leases(tools: Tools, claimed: Sequence[Job]) -> AsyncIterator[None]:
    """Nobody else takes the jobs while they are worked on, however long a batch is."""

    async def renew() -> None:
        while True:
            await asyncio.sleep(tools.config.limits.job_lease_seconds / 3)
            async with tools.database.write() as conn:
                await jobs.renew(conn, claimed, tools.config.limits, tools.clock())

    renewing = asyncio.create_task(renew())
    try:
        yield
    finally:
        renewing.cancel()


async def _watch(tools: Tools, stopping: asyncio.Event) -> None:
    """When packages come or go, versions that could not be made are asked for again."""
    while not stopping.is_set():
        try:
            await _compare_packages(tools)
        except Exception:
            log.exception("packages cannot be looked at", retry_seconds=WATCH_SECONDS)
        await _wait_for_any((stopping,), WATCH_SECONDS)


async def _compare_packages(tools: Tools) -> None:
    directions = await asyncio.to_thread(tools.translator.directions)
    digest = ",".join(sorted(f"{direction}={made.sha256}" for direction, made in directions.items()))
    async with tools.database.read() as conn:
        known = await find_meta(conn, "directions")
    if digest == known:
        return
    async with tools.database.write() as conn:
        for article_id in await parallels.list_unfinished(conn) if known is not None else ():
            await jobs.enqueue_settlement(conn, article_id, tools.clock())
        await save_meta(conn, "directions", digest)


async def _wait_for_any(events: Sequence[asyncio.Event], seconds: float) -> None:
    waits = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in waits:
            one.cancel()
