"""article as it is stored → Decision: what routing needs of the database is read here, where routes ask for it.

article, its parallel versions, the glossary of its exchanges ─→ Facts, Targets ─routing.decide→ Decision
"""

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from server.config import Config
from server.placing.candidates import get_freshness
from server.routing import Decision
from server.routing import decide as decide_purely
from server.routing.explaining import Explanation, explain_decision
from server.routing.facts import Facts, Target, make_facts
from server.routing.program import get_program
from server.store.articles import ArticleRow
from server.store.parallels import Parallel
from server.translation.glossary import load_effective
from server.visibility import why_version_held


async def decide(
    conn: AsyncConnection, article: ArticleRow, versions: Mapping[str, Parallel], config: Config
) -> Decision:
    """Where the article goes, with the texts that there are of it."""
    return decide_purely(await load_facts(conn, article, config), config, make_targets(article, versions, config))


async def explain(
    conn: AsyncConnection, article: ArticleRow, versions: Mapping[str, Parallel], config: Config
) -> Explanation:
    """The same, with the reasons."""
    return explain_decision(await load_facts(conn, article, config), config, make_targets(article, versions, config))


async def load_facts(conn: AsyncConnection, article: ArticleRow, config: Config) -> Facts:
    """What conditions can ask of the article itself."""
    facts = make_facts(article.head.article, article.outlet, config, pushed_at=article.created_at)
    if not get_program(config).looks_for_words:
        return facts
    return replace(facts, glossary=await load_effective(conn, config.exchanges_of(article.outlet)))


def make_targets(article: ArticleRow, versions: Mapping[str, Parallel], config: Config) -> Mapping[str, Target]:
    """What conditions can ask of its texts, apart from what routes say of them: those that there are."""
    return {
        language: _make_target(parallel, article, config)
        for language, parallel in versions.items()
        if parallel.article is not None
    }


def _make_target(parallel: Parallel, article: ArticleRow, config: Config) -> Target:
    is_machine = parallel.origin == "machine"
    freshness = get_freshness(replace(parallel, state="ready") if parallel.state == "held" else parallel, article)
    return Target(
        parallel.language,
        parallel.origin,
        "fresh" if freshness == "held" else freshness,
        parallel.quality if is_machine else "people",
        held=bool(why_version_held(parallel, config)),
    )
