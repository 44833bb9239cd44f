"""What follows from a change of an article, in the transaction of the change: so no reader sees one without the other.

article ─decisions.decide→ Decision ─→ parallel versions wanted, translations asked for ─→ placing.place → losses
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from enum import Enum, auto

from sqlalchemy.ext.asyncio import AsyncConnection

from server import decisions, holding, jobs, losses, placing, translation
from server.config import Config
from server.configfile.live import get_digest
from server.entries import Loaded, get_text
from server.media import list_names, make_mark
from server.mediatopics import ancestors
from server.routing import Decision
from server.searching.index import index
from server.store import articles, configs, parallels, subscriptions
from server.store import media as uploads
from server.store.articles import ArticleRow
from server.store.parallels import Parallel
from server.store.placements import FeedName
from server.visibility import why_version_held

NORMAL_URGENCY = 5


class Ask(Enum):
    """Which machine versions are asked for. Asking is news: it ends a job's waiting and counts its attempts anew."""

    NOTHING = auto()  # nothing has changed for the others
    UNMADE = auto()  # what there is not of the current text, unless it was given up
    GIVEN_UP = auto()  # what was given up, too: packages or the configuration have changed
    ALL = auto()  # there may be a better text to translate from


def should_ask(ask: Ask, old: Parallel | None, article: ArticleRow) -> bool:
    if ask is Ask.ALL:
        return True
    return old is None or translation.should_ask(old, article, retry=ask is Ask.GIVEN_UP)


async def settle(
    conn: AsyncConnection,
    article_id: int,
    config: Config,
    now: datetime,
    *,
    ask: Ask = Ask.UNMADE,
    but: str = "",
) -> frozenset[FeedName]:
    """Bring everything that depends on an article in line with it, and ask for the translations that `ask` says.

    `but`: the language whose version is the news itself; asked for again, one that fails would do so for ever.
    Gives the feeds in which readers can notice a change.
    """
    article = (await articles.list_articles(conn, [article_id]))[article_id]
    versions = await _list_versions(conn, article)
    decision = await decisions.decide(conn, article, versions, config)
    decision = await holding.judge(conn, article, decision, config, now)
    before = await losses.find_before(conn, article.id, config)
    await configs.save_decided(conn, article.id, get_digest(config), article.head.number, now)
    if ask is not Ask.NOTHING:
        await _save_topics(conn, article)
        await parallels.delete_machine_version(conn, article.id, article.head.article.language)
    if article.canceled_at is None and ask is not Ask.NOTHING:
        wanted = await _list_wanted(conn, article, decision, versions, config, now)
        for language in wanted:
            old = versions.get(language)
            if language != but and should_ask(ask, old, article):
                await _ask(conn, article, language, config, now, decision.get_urgency(language))
        versions = await _list_versions(conn, article)
    if article.canceled_at is None:
        versions = await _restate(conn, versions, decision, config)
    else:
        await jobs.forget_translations(conn, article.id, versions)
        await parallels.delete_unmade(conn, article.id)
        versions = await _list_versions(conn, article)
    pictures = await _save_uses(conn, article, versions)
    placed = await placing.place(conn, article, versions, decision, config, now, pictures=pictures)
    await index(conn, Loaded(article, versions, (), {}), placed.now.values())
    changed = placed.changed
    if before is not None:
        changed |= await losses.note_losses(conn, article, before, placed.before, placed.now, config, now)
    if (turn := placing.find_turn(article, now, decision)) is not None:
        await jobs.enqueue_turn(conn, article.id, turn)
    if changed and (wanted_feeds := await subscriptions.list_feeds_wanted(conn, changed)):
        await jobs.enqueue_fan_outs(conn, wanted_feeds, now)
    return changed


async def _list_versions(conn: AsyncConnection, article: ArticleRow) -> dict[str, Parallel]:
    """The parallel versions; what people once wrote in what is now the source language waits for another day."""
    found = (await parallels.list_parallels(conn, [article.id])).get(article.id, {})
    return {language: one for language, one in found.items() if language != article.head.article.language}


async def _list_wanted(
    conn: AsyncConnection,
    article: ArticleRow,
    decision: Decision,
    versions: Mapping[str, Parallel],
    config: Config,
    now: datetime,
) -> list[str]:
    """The languages in which a machine version is wanted: each has a row from now on, textless others have none."""
    source = article.head.article.language
    wanted = sorted(translation.list_wanted_languages(decision.machine_languages(), source, config))
    for language, parallel in versions.items():
        if language not in wanted and parallel.article is None:
            await parallels.delete_machine_version(conn, article.id, language)
    await parallels.request_parallels(conn, article.id, wanted, now)
    return wanted


async def _ask(
    conn: AsyncConnection, article: ArticleRow, language: str, config: Config, now: datetime, urgency: int | None
) -> None:
    await jobs.enqueue_translation(
        conn,
        article.id,
        language,
        outlet=article.outlet,
        urgency=urgency or article.head.article.urgency or NORMAL_URGENCY,
        is_pivot=language == config.languages.pivot,
        now=now,
    )


async def _restate(
    conn: AsyncConnection, versions: Mapping[str, Parallel], decision: Decision, config: Config
) -> dict[str, Parallel]:
    """Hold or release machine versions as the routes and quality classes want it now."""
    restated = {}
    for language, parallel in versions.items():
        state, reason = parallel.state, parallel.reason
        if parallel.verdict and parallel.origin == "machine" and state in ("ready", "held"):
            reason = why_version_held(parallel, config)
            state = "held" if reason else "ready"
        elif parallel.origin == "machine" and state in ("ready", "held"):
            state, reason = translation.pick_state(
                parallel.quality, parallel.findings, decision.is_held(language), config
            )
        restated[language] = replace(parallel, state=state, reason=reason)
        if restated[language] != parallel:
            await parallels.save_parallel(conn, restated[language])
    return restated


async def _save_uses(conn: AsyncConnection, article: ArticleRow, versions: Mapping[str, Parallel]) -> dict[str, str]:
    """Write down which uploads are shown in which language; what there is of them, in short, by language."""
    loaded = Loaded(article, versions, (), {})
    languages = [article.head.article.language, *(tag for tag, one in versions.items() if one.article is not None)]
    uses = {(tag, name) for tag in languages for name in list_names(get_text(loaded, tag))}
    await uploads.save_uses(conn, article.id, uses)
    known = (await uploads.list_uploads_of(conn, [article.id])).get(article.id, {}) if uses else {}
    return {tag: make_mark(known[name] for own, name in uses if own == tag and name in known) for tag in languages}


async def _save_topics(conn: AsyncConnection, article: ArticleRow) -> None:
    codes = {subject.code or subject.name.casefold() for subject in article.head.article.subjects}
    await articles.save_topics(conn, article.id, codes.union(*(ancestors(code) for code in codes)))
