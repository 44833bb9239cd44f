"""A changed glossary: which machine versions hold a changed term, and their renewal, in the background.

The text that a term is looked for in is the article's own. Versions that people wrote or judged stay as they are; so
does what a source brought. A version stands as it is until the new one takes its place.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from feeds.html import to_plain
from feeds.model import Article
from server import jobs, translation
from server.config import Config
from server.store import articles, glossaries, parallels
from server.store.articles import ArticleRow
from server.store.parallels import Parallel
from server.translation.glossary import FOR_ALL, load_effective
from translators.glossary import Glossary, Term, find_terms, load_default, parse_tsv

AT_ONCE = 100  # articles that are looked at before others have their turn
MOST_RENEWED = 1_000  # versions that are asked for at once
URGENCY = 10  # behind all that is new
OUTDATED = "outdated"  # what the `basis` of a version begins with that is to be made anew


@dataclass(frozen=True, slots=True)
class Outdated:
    """A machine version whose article has a changed term, and that was made with another glossary."""

    article_id: int
    outlet: str
    language: str


async def load_changed(conn: AsyncConnection, exchange: str, since: datetime) -> Glossary:
    """The terms, in all their forms, that differ from those of any glossary that was in force since then."""
    history = list(await glossaries.list_history(conn, exchange))
    shipped = load_default() if exchange == FOR_ALL else Glossary(())
    if not history:
        return Glossary(())
    older = [row for number, row in enumerate(history[1:]) if history[number].created_at >= since]
    before = [await asyncio.to_thread(parse_tsv, row.terms) for row in older]
    if history[-1].created_at >= since:  # before the first one was set
        before.append(shipped)
    current = await asyncio.to_thread(parse_tsv, history[0].terms)
    return Glossary(tuple(term for one in before for term in _list_differences(current, one)))


def _list_differences(one: Glossary, other: Glossary) -> Sequence[Term]:
    ours, theirs = ({term.concept: term for term in glossary.terms} for glossary in (one, other))
    names = [name for name in ours | theirs if ours.get(name) != theirs.get(name)]
    return [terms[name] for name in names for terms in (ours, theirs) if name in terms]


async def list_outdated(
    conn: AsyncConnection, exchange: str, changed: Glossary, since: datetime, config: Config
) -> AsyncIterator[Outdated]:
    """Of articles that were pushed since then, by outlets of the exchange."""
    outlets = config.exchanges[exchange].members if exchange else tuple(config.outlets)
    ids = await articles.list_pushed_ids(conn, since, outlets) if changed.terms and outlets else ()
    in_force: dict[str, str] = {}  # outlet → version of its glossary
    for start in range(0, len(ids), AT_ONCE):
        found = await articles.list_articles(conn, ids[start : start + AT_ONCE])
        with_term = await asyncio.to_thread(_list_touched, list(found.values()), changed)
        versions = await parallels.list_parallels(conn, with_term)
        for number in with_term:
            outlet = found[number].outlet
            if outlet not in in_force:
                in_force[outlet] = (await load_effective(conn, config.exchanges_of(outlet))).version
            for language, parallel in sorted(versions.get(number, {}).items()):
                if may_renew(parallel, found[number], in_force[outlet]):
                    yield Outdated(number, outlet, language)


def may_renew(parallel: Parallel, article: ArticleRow, version: str) -> bool:
    """Whether a version is a machine's of the text that is served, made with another glossary than this one."""
    is_ready = parallel.state in ("ready", "held") and translation.is_current(parallel, article)
    is_old = parallel.glossary_version != version and not parallel.basis.startswith(OUTDATED)
    return parallel.origin == "machine" and is_ready and is_old and translation.may_make(parallel, article)


def _list_touched(found: Collection[ArticleRow], changed: Glossary) -> list[int]:
    return [one.id for one in found if one.canceled_at is None and _has_term(one.head.article, changed)]


def _has_term(article: Article, changed: Glossary) -> bool:
    captions = (picture.caption for picture in article.pictures)
    texts = (article.headline, article.description, to_plain(article.body), *captions)
    return any(find_terms(text, article.language, changed) for text in texts if text)


async def renew(conn: AsyncConnection, wanted: Sequence[Outdated], config: Config, now: datetime) -> int:
    """Have these made anew, as far as they are what they were; how many are, in the caller's transaction."""
    found = await articles.list_articles(conn, {one.article_id for one in wanted})
    versions = await parallels.list_parallels(conn, found)
    count = 0
    for one in wanted:
        article, parallel = found[one.article_id], versions.get(one.article_id, {}).get(one.language)
        glossary = await load_effective(conn, config.exchanges_of(article.outlet))
        if parallel is None or article.canceled_at or not may_renew(parallel, article, glossary.version):
            continue
        way = parallel.basis.partition(" ")[2]
        await parallels.save_parallel(conn, replace(parallel, basis=f"{OUTDATED} {way}"))
        is_pivot = one.language == config.languages.pivot
        await jobs.enqueue_translation(
            conn, article.id, one.language, outlet=article.outlet, urgency=URGENCY, is_pivot=is_pivot, now=now
        )
        count += 1
    return count
