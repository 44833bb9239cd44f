"""job kind → step: the pipeline told in order.

  translate   waiting articles of one target language: read → engine (off the event loop) → write, and what follows
  settle      an article whose config or packages changed: routes, translations and places worked out again

`server/runner` claims the jobs and has them done.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from functools import partial

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from server import consequences, jobs, routing, translation
from server.config import Config
from server.consequences import Ask
from server.runner import Step, Tools, fail, run_until, wait_for_any
from server.store import articles, parallels
from server.store import jobs as rows
from server.store.answers import find_meta, save_meta
from server.store.jobs import Job
from translators import Direction
from translators.checks import ALL_CHECKS, BASIC_CHECKS
from translators.pipeline import Failure, Fields, Outcome, translate_fields

log = structlog.get_logger()

WATCH_SECONDS = 2.0  # how often installed packages are looked at


def make_steps(config: Config) -> dict[str, Step]:
    """Job kind → step."""
    return {
        jobs.TRANSLATE: Step(translate, config.translation.batch_articles, say_why_not),
        jobs.SETTLE: Step(settle, 1, leave_it),
    }


async def work(tools: Tools, stopping: asyncio.Event) -> None:
    """Do jobs and look after packages until `stopping` is set."""
    async with asyncio.TaskGroup() as group:
        group.create_task(run_until(tools, make_steps(tools.config), stopping))
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
                await fail(tools, make_steps(tools.config)[job.kind], job, result.reason)
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
            texts,
            leg,
            tools.translator,
            beam_body=settings.beam_body,
            beam_headline=settings.beam_headline,
            checks=ALL_CHECKS if settings.checks == "all" else BASIC_CHECKS,
        )
        for (number, outcomes), one in zip(going, made, strict=True):
            results[number] = one if isinstance(one, Failure) else [*outcomes, one]
    return results


async def _save(tools: Tools, job: Job, plan: translation.Work, outcomes: Sequence[Outcome]) -> None:
    """Write the version with all that follows from it, unless the article has moved on meanwhile, or the job has."""
    async with tools.database.write() as conn:
        if not await rows.is_claimed(conn, job):  # another worker may have used a better text since
            return
        now = tools.clock()
        article = (await articles.list_articles(conn, [plan.article.id]))[plan.article.id]
        parallel = (await parallels.list_parallels(conn, [article.id])).get(article.id, {}).get(plan.target)
        is_wanted = parallel is not None and parallel.origin == "machine" and article.canceled_at is None
        if is_wanted and article.head.text_hash == plan.article.head.text_hash:
            facts = routing.make_facts(article.head.article, article.outlet, tools.config)
            held = routing.decide(facts, tools.config).is_held(plan.target)
            await parallels.save_parallel(conn, translation.make_parallel(plan, outcomes, held, tools.config, now))
            ask = _pick_ask(plan.target, tools.config)
            await consequences.settle(conn, article.id, tools.config, now, ask=ask, but=plan.target)
        await rows.finish(conn, job)


async def _finish(tools: Tools, job: Job, plan: translation.Impossible | None) -> None:
    """End a job that has nothing to translate (now); a version that cannot be made says why."""
    async with tools.database.write() as conn:
        if plan is not None and await rows.is_claimed(conn, job):
            await _set_unmade(conn, job, "pending", plan.reason, tools.clock())
        await rows.finish(conn, job)


async def _set_unmade(conn: AsyncConnection, job: Job, state: parallels.State, reason: str, now: datetime) -> None:
    article_id, language = jobs.read_translation(job)
    text_hash = (await articles.list_articles(conn, [article_id]))[article_id].head.text_hash
    await parallels.set_unmade(conn, article_id, language, state, reason, text_hash, now)


async def say_why_not(conn: AsyncConnection, tools: Tools, job: Job, reason: str) -> None:
    """A version that is given up says why."""
    now = tools.clock()
    await _set_unmade(conn, job, "failed", reason, now)
    article_id, language = jobs.read_translation(job)
    ask = _pick_ask(language, tools.config)
    await consequences.settle(conn, article_id, tools.config, now, ask=ask, but=language)


async def leave_it(conn: AsyncConnection, tools: Tools, job: Job, reason: str) -> None:
    """The job's row keeps the reason."""


def _pick_ask(language: str, config: Config) -> Ask:
    """Others may wait for the version in the pivot language: they hear of it."""
    return Ask.ALL if language == config.languages.pivot else Ask.NOTHING


async def _watch(tools: Tools, stopping: asyncio.Event) -> None:
    """When packages come or go, versions that could not be made are asked for again."""
    while not stopping.is_set():
        try:
            await _compare_packages(tools)
        except Exception:
            log.exception("packages cannot be looked at", retry_seconds=WATCH_SECONDS)
        await wait_for_any((stopping,), WATCH_SECONDS)


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
