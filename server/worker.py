"""job kind → step: the pipeline told in order.

  translate   waiting articles of one target language: read → engine (off the event loop) → write, and what follows
  settle      an article whose config or packages changed: routes, translations and places worked out again
  turn        an article whose embargo ends, or that expires: its places opened or closed in that second
  media       an uploaded picture: its renditions made, in a process of their own; files that nobody needs removed
  fan-out     a feed that has changed: a delivery for each subscription

`server/runner` claims the jobs and has them done; those of `server/dispatch` (deliver, verify, deny) it does itself.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import reduce

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from feeds.html import to_plain
from server import consequences, decisions, jobs, quotas, translation
from server.config import Config
from server.consequences import Ask
from server.delivery.post import Post
from server.dispatch import fan_out, run_deliveries, try_fan_out_again
from server.renditions import make_renditions, say_broken
from server.runner import Step, Tools, fail, run_until
from server.store import articles, pairs, parallels
from server.store import jobs as rows
from server.store.jobs import Job
from server.store.parallels import State
from server.translation.glossary import load_effective
from server.translation.legs import Leg, keep_leg, translate_leg
from server.upkeep import do_hourly, watch_packages
from translators import Direction
from translators.fields import TextPair
from translators.pipeline import Failure
from translators.relaying import join_pairs, turn_pairs

log = structlog.get_logger()

TURNS = 50  # articles that are opened or closed one after the other without asking for more
BATCH_SECONDS = 2.0  # how long articles that are translated together keep an urgent one waiting, about
FAN_OUTS = 50  # feeds that are looked at together


def make_steps(config: Config) -> dict[str, Step]:
    """Job kind → step."""
    return {
        jobs.TRANSLATE: Step(translate, config.translation.batch_articles, say_why_not, BATCH_SECONDS),
        jobs.SETTLE: Step(settle, 1, leave_it),
        jobs.TURN: Step(turn, TURNS, try_turn_again),
        jobs.MEDIA: Step(make_renditions, 1, say_broken),
        jobs.FAN_OUT: Step(fan_out, FAN_OUTS, try_fan_out_again),
    }


async def work(tools: Tools, stopping: asyncio.Event, post: Post | None = None) -> None:
    """Do jobs, deliver, and look after packages until `stopping` is set."""
    async with asyncio.TaskGroup() as group:
        if post is not None:
            group.create_task(run_deliveries(post, stopping))
        group.create_task(run_until(tools, make_steps(tools.config), stopping))
        group.create_task(watch_packages(tools, stopping))
        group.create_task(do_hourly(tools, stopping))


async def translate(tools: Tools, claimed: Sequence[Job]) -> None:
    """Make the parallel versions that a batch of jobs asks for: one engine call per leg of the way and glossary."""
    work: dict[tuple[tuple[Direction, ...], str], list[tuple[Job, translation.Work]]] = defaultdict(list)
    for job, plan in await _plan(tools, claimed):
        if isinstance(plan, translation.Work):
            work[plan.legs, plan.glossary.version].append((job, plan))
        else:
            await _finish(tools, job, plan)
    for planned in work.values():
        results = await _run_engine(tools, [plan for _, plan in planned])
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


async def turn(tools: Tools, claimed: Sequence[Job]) -> None:
    """Open what may be seen from now on, close what has expired: readers hear of it now."""
    for job in claimed:
        async with tools.database.write() as conn:
            await consequences.settle(conn, int(job.subject), tools.config, tools.clock(), ask=Ask.NOTHING)
            await rows.finish(conn, job)


async def try_turn_again(conn: AsyncConnection, tools: Tools, job: Job, reason: str) -> None:  # noqa: ARG001
    """Nobody else would number what has opened: a turn is never given up."""
    await jobs.enqueue_turn(conn, int(job.subject), tools.clock() + jobs.LONGEST_WAIT)


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
        if article is None or parallel is None or article.canceled_at is not None:
            plans.append((job, None))
            continue
        plan: _Plan = translation.pick_source(article, of_article, language, directions, tools.config.languages.pivot)
        if isinstance(plan, translation.Work):
            plan = await _equip(tools, plan) if translation.should_make(parallel, plan) else None
        if isinstance(plan, translation.Work) and not await _has_words_left(tools, article.outlet):
            reason = f"what is translated for {article.outlet} in a day was translated; it goes on tomorrow"
            plan = translation.Impossible(reason, quotas.find_tomorrow(tools.clock()))
        plans.append((job, plan if translation.may_make(parallel, article) else None))
    return plans


async def _has_words_left(tools: Tools, outlet: str) -> bool:
    async with tools.database.read() as conn:
        left = await quotas.find_words_left(conn, outlet, tools.config, tools.clock())
    return left is None or left > 0


async def _equip(tools: Tools, plan: translation.Work) -> translation.Work:
    """With the glossary of the article's exchanges, and what people wrote of the version before."""
    async with tools.database.read() as conn:
        known = await pairs.list_pairs(conn, plan.article.id)
        glossary = await load_effective(conn, tools.config.exchanges_of(plan.article.outlet))
    edits = await asyncio.to_thread(translation.pick_edits, known, plan)
    return replace(plan, edits=edits, glossary=glossary)


async def _run_engine(tools: Tools, planned: Sequence[translation.Work]) -> Sequence[list[Leg] | Failure]:
    """For each work what became of every leg, or the first failure. All have the same way and glossary."""
    legs, glossary = planned[0].legs, planned[0].glossary
    results: list[list[Leg] | Failure] = [[] for _ in planned]
    for leg in legs:
        going = [(at, done) for at, done in enumerate(results) if isinstance(done, list)]
        texts = [done[-1].outcome.fields if done else translation.make_fields(planned[at].text) for at, done in going]
        edits = [_lay_edits(planned[at], done) if leg == legs[-1] else () for at, done in going]
        made = await translate_leg(tools, leg, texts, edits, glossary)
        for (at, done), one in zip(going, made, strict=True):
            results[at] = one if isinstance(one, Failure) else [*done, one]
    log.info("translated", way=" ".join(map(str, legs)), articles=len(planned))
    return results


def _lay_edits(plan: translation.Work, done: Sequence[Leg]) -> Sequence[TextPair]:
    """What people wrote of the version before, beside the text that the last leg translates."""
    return join_pairs(turn_pairs(done[-1].outcome.pairs), plan.edits) if done and plan.edits else plan.edits


async def _save(tools: Tools, job: Job, plan: translation.Work, legs: Sequence[Leg]) -> None:
    """Write the version with all that follows from it, unless the article has moved on meanwhile, or the job has."""
    made = None
    async with tools.database.write() as conn:
        if not await rows.is_claimed(conn, job):  # another worker may have used a better text since
            return
        now = tools.clock()
        article = (await articles.list_articles(conn, [plan.article.id]))[plan.article.id]
        parallel = (await parallels.list_parallels(conn, [article.id])).get(article.id, {}).get(plan.target)
        if article.canceled_at is None:
            for leg in legs:
                await keep_leg(conn, leg, tools.config, now)
        is_wanted = parallel is not None and translation.may_make(parallel, article) and article.canceled_at is None
        if is_wanted and article.head.text_hash == plan.article.head.text_hash:
            decision = await decisions.decide(conn, article, {}, tools.config)
            held = decision.is_held(plan.target)
            outcomes = [leg.outcome for leg in legs]
            made = await asyncio.to_thread(translation.make_parallel, plan, outcomes, held, tools.config, now)
            await parallels.save_parallel(conn, made)
            texts = await asyncio.to_thread(reduce, join_pairs, [leg.outcome.pairs for leg in legs])
            await pairs.save_pairs(conn, article.id, plan.target, plan.text.language, texts)
            ask = _pick_ask(plan.target, tools.config)
            await consequences.settle(conn, article.id, tools.config, now, ask=ask, but=plan.target)
        words = quotas.count_words(f"{plan.text.headline} {plan.text.description} {to_plain(plan.text.body)}")
        await quotas.note_words(conn, article.outlet, words * len(legs), tools.config, now)
        await rows.finish(conn, job)
    if made is not None and made.state == "held":
        tools.metrics.note_held(one.check for one in made.findings if one.severity == "hold")


async def _finish(tools: Tools, job: Job, plan: translation.Impossible | None) -> None:
    """End a job that has nothing to translate (now); a version that cannot be made says why."""
    async with tools.database.write() as conn:
        if plan is not None and await rows.is_claimed(conn, job):
            await _set_unmade(conn, job, "pending", plan.reason, tools.clock())
            if plan.again_at is not None:
                await rows.postpone(conn, job, plan.again_at, plan.reason, counts=False)
                return
        await rows.finish(conn, job)


async def _set_unmade(conn: AsyncConnection, job: Job, state: State, reason: str, now: datetime) -> None:
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
