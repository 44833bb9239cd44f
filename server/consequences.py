"""What follows from a change of an article, in the transaction of the change: so no reader sees one without the other.

article ─routing.decide→ Decision ─→ parallel versions wanted, translations asked for ─→ placing.place
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from server import jobs, placing, routing, translation
from server.config import Config
from server.mediatopics import ancestors
from server.store import articles, parallels
from server.store.articles import ArticleRow
from server.store.parallels import Parallel

NORMAL_URGENCY = 5


async def settle(conn: AsyncConnection, article_id: int, config: Config, now: datetime, *, retry: bool = False) -> None:
    """Bring everything that depends on an article in line with it. `retry`: ask again for what failed, too."""
    article = (await articles.list_articles(conn, [article_id]))[article_id]
    decision = routing.decide(routing.make_facts(article.head.article, article.outlet, config), config)
    versions = (await parallels.list_parallels(conn, [article_id])).get(article_id, {})
    if article.canceled_at is None:
        await _request(conn, article, decision, versions, config, now, retry)
        versions = (await parallels.list_parallels(conn, [article_id])).get(article_id, {})
        versions = await _restate(conn, versions, decision, config)
    await _save_topics(conn, article)
    await placing.place(conn, article, versions, decision, config, now)


async def _request(
    conn: AsyncConnection,
    article: ArticleRow,
    decision: routing.Decision,
    versions: Mapping[str, Parallel],
    config: Config,
    now: datetime,
    retry: bool,
) -> None:
    source = article.head.article.language
    wanted = translation.list_wanted_languages(decision.machine_languages(), source, config)
    for language, parallel in versions.items():
        if language == source or (language not in wanted and parallel.article is None):
            await parallels.delete_parallel(conn, article.id, language)
    await parallels.request_parallels(conn, article.id, sorted(wanted), now)
    for language in sorted(wanted):
        old = versions.get(language)
        if old is None or translation.should_translate(old, article, retry=retry):
            await jobs.enqueue_translation(
                conn,
                article.id,
                language,
                urgency=article.head.article.urgency or NORMAL_URGENCY,
                is_pivot=language == config.languages.pivot,
                now=now,
            )


async def _restate(
    conn: AsyncConnection, versions: Mapping[str, Parallel], decision: routing.Decision, config: Config
) -> dict[str, Parallel]:
    """Hold or release machine versions as the routes and quality classes want it now."""
    restated = {}
    for language, parallel in versions.items():
        state, reason = parallel.state, parallel.reason
        if parallel.origin == "machine" and state in ("ready", "held"):
            state, reason = translation.pick_state(
                parallel.quality, parallel.findings, decision.is_held(language), config
            )
        restated[language] = replace(parallel, state=state, reason=reason)
        if restated[language] != parallel:
            await parallels.save_parallel(conn, restated[language])
    return restated


async def _save_topics(conn: AsyncConnection, article: ArticleRow) -> None:
    codes = {subject.code or subject.name.casefold() for subject in article.head.article.subjects}
    await articles.save_topics(conn, article.id, codes.union(*(ancestors(code) for code in codes)))
