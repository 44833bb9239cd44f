"""job kind → step: the pipeline told in order.

  translate   waiting articles of one target language: read → engine (off the event loop) → write, and what follows
  settle      an article whose config or packages changed: routes, translations and places worked out again

Loops claim due jobs, do them, and finish, postpone or give them up; a killed worker's jobs go to the next.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime

import structlog

from server import consequences, jobs, routing, translation
from server.config import Config
from server.store import articles, parallels
from server.store import jobs as rows
from server.store.answers import find_meta, save_meta
from server.store.engine import Database
from server.store.jobs import Job
from translators import Direction, TranslationError, Translator
from translators.pipeline import Failure, Outcome, translate_fields

log = structlog.get_logger()

IDLE_SECONDS = 1.0  # how long a job that another process enqueued may wait unseen
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


async def work(tools: Tools, stopping: asyncio.Event) -> None:
    """Do jobs until `stopping` is set; what runs then is finished."""
    async with asyncio.TaskGroup() as group:
        group.create_task(_loop(tools, {jobs.TRANSLATE: translate}, tools.config.translation.batch_articles, stopping))
        group.create_task(_loop(tools, {jobs.SETTLE: settle}, 1, stopping))
        group.create_task(_watch(tools, stopping))


async def translate(tools: Tools, claimed: Sequence[Job]) -> None:
    """Make the parallel versions that a batch of jobs asks for: one engine call per direction."""
    work: dict[Direction, list[tuple[Job, translation.Work]]] = defaultdict(list)
    for job, plan in await _plan(tools, claimed):
        if isinstance(plan, translation.Work):
            work[plan.direction].append((job, plan))
        else:
            await _finish(tools, job, plan)
    for direction, planned in work.items():
        outcomes = await _run_engine(tools, direction, [plan for _, plan in planned])
        for (job, plan), outcome in zip(planned, outcomes, strict=True):
            await _save(tools, job, plan, outcome)


async def settle(tools: Tools, claimed: Sequence[Job]) -> None:
    """Work out again what follows from the config and the packages."""
    for job in claimed:
        async with tools.database.write() as conn:
            await consequences.settle(conn, int(job.subject), tools.config, tools.clock(), retry=True)
            await rows.finish(conn, job)


STEPS: dict[str, Step] = {jobs.TRANSLATE: translate, jobs.SETTLE: settle}

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
        article, of_article = found.get(article_id), versions.get(article_id, {})
        parallel = of_article.get(language)
        if (
            article is None
            or parallel is None
            or article.canceled_at is not None
            or not translation.should_translate(parallel, article, retry=True)
        ):
            plans.append((job, None))
        else:
            pivot = tools.config.languages.pivot
            plans.append((job, translation.pick_source(article, of_article, language, directions, pivot)))
    return plans


async def _run_engine(
    tools: Tools, direction: Direction, planned: Sequence[translation.Work]
) -> Sequence[Outcome | Failure]:
    settings = tools.config.translation

    def run() -> list[Outcome | Failure]:
        return translate_fields(
            [translation.make_fields(plan.text) for plan in planned],
            direction,
            tools.translator,
            beam_body=settings.beam_body,
            beam_headline=settings.beam_headline,
        )

    outcomes = await asyncio.get_running_loop().run_in_executor(tools.engine_room, run)
    log.info("translated", direction=str(direction), articles=len(planned))
    return outcomes


async def _save(tools: Tools, job: Job, plan: translation.Work, outcome: Outcome | Failure) -> None:
    """Write the version with all that follows from it, unless the article has moved on meanwhile."""
    if isinstance(outcome, Failure):
        await _fail(tools, job, outcome.reason)
        return
    now = tools.clock()
    async with tools.database.write() as conn:
        article = (await articles.list_articles(conn, [plan.article.id]))[plan.article.id]
        parallel = (await parallels.list_parallels(conn, [article.id])).get(article.id, {}).get(plan.direction.target)
        if (
            parallel is not None
            and parallel.origin == "machine"
            and article.canceled_at is None
            and article.head.content_hash == plan.article.head.content_hash
        ):
            facts = routing.make_facts(article.head.article, article.outlet, tools.config)
            held = routing.decide(facts, tools.config).is_held(plan.direction.target)
            await parallels.save_parallel(conn, translation.make_parallel(plan, outcome, held, tools.config, now))
            await consequences.settle(conn, article.id, tools.config, now)
        await rows.finish(conn, job)


async def _finish(tools: Tools, job: Job, plan: translation.Impossible | None) -> None:
    """End a job that has nothing to translate (now); a version that cannot be made says why."""
    article_id, language = jobs.read_translation(job)
    async with tools.database.write() as conn:
        if plan is not None:
            await parallels.set_state(conn, article_id, language, "pending", plan.reason, tools.clock())
        await rows.finish(conn, job)


async def _fail(tools: Tools, job: Job, reason: str) -> None:
    """Try again later, or give up; a version that is given up says why."""
    now = tools.clock()
    log.warning("job failed", kind=job.kind, subject=job.subject, attempt=job.attempts, reason=reason)
    async with tools.database.write() as conn:
        given_up = await jobs.fail(conn, job, reason, tools.config.limits, now)
        if given_up and job.kind == jobs.TRANSLATE:
            article_id, language = jobs.read_translation(job)
            await parallels.set_state(conn, article_id, language, "failed", reason, now)
            await consequences.settle(conn, article_id, tools.config, now)


async def _loop(tools: Tools, steps: dict[str, Step], limit: int, stopping: asyncio.Event) -> None:
    changed = tools.database.watch()
    while not stopping.is_set():
        changed.clear()
        claimed = await _claim(tools, steps, limit)
        if claimed:
            await _do(tools, steps[claimed[0].kind], claimed)
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
    try:
        await step(tools, claimed)
    except TranslationError as error:
        for job in claimed:
            await _fail(tools, job, str(error))
    except Exception:
        log.exception("step failed", kind=claimed[0].kind)
        for job in claimed:
            await _fail(tools, job, "an error of the server; its log has the details")


async def _watch(tools: Tools, stopping: asyncio.Event) -> None:
    """When packages come or go, versions that could not be made are asked for again."""
    while not stopping.is_set():
        directions = await asyncio.to_thread(tools.translator.directions)
        digest = ",".join(sorted(f"{direction}={made.sha256}" for direction, made in directions.items()))
        async with tools.database.read() as conn:
            known = await find_meta(conn, "directions")
        if digest != known:
            async with tools.database.write() as conn:
                for article_id in await parallels.list_unfinished(conn):
                    await jobs.enqueue_settlement(conn, article_id, tools.clock())
                await save_meta(conn, "directions", digest)
        await _wait_for_any((stopping,), WATCH_SECONDS)


async def _wait_for_any(events: Sequence[asyncio.Event], seconds: float) -> None:
    waits = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in waits:
            one.cancel()
