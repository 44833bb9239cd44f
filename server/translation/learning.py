"""What people's parallel versions teach: which sentence stands for which, and how it is to be translated from now on.

a version written by people ─pair with what it translates→ pairs (kept for corrections), sentences of the memory

A sentence that a person left as the machine had made it stays the machine's in the memory: in other articles the
checks still look at it, and a better engine makes it anew.
"""

import asyncio
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncConnection

from feeds.model import Article
from server.config import Config
from server.store import memory
from server.store.articles import ArticleRow
from server.store.entries import Entry
from server.store.pairs import list_pairs, save_pairs
from server.store.parallels import Parallel
from server.translation import is_current, make_fields
from translators import Direction
from translators.checks import ALL_CHECKS, find_all
from translators.fields import TextPair
from translators.merging import make_edits
from translators.pairing import pair_fields


async def learn(
    conn: AsyncConnection,
    row: ArticleRow,
    article: Article,
    origin: Literal["outlet", "edited"],
    who: str,
    versions: Mapping[str, Parallel],
    config: Config,
    now: datetime,
) -> None:
    """Take in what `who` wrote as a version of an article. `versions` are those that there were before."""
    before = (await list_pairs(conn, row.id)).get(article.language)
    by_machine = (
        frozenset(one.result for text in before.texts for one in text.sentences if not one.by) if before else ()
    )
    for text, is_by_people in _list_bases(row, article.language, versions):
        direction = Direction(text.language, article.language)
        pairs = await asyncio.to_thread(pair_fields, make_fields(text), make_fields(article), direction, who)
        if config.translation.memory_sentences and is_by_people:
            entries = await asyncio.to_thread(_list_entries, pairs, direction, origin, who, now)
            await memory.save_entries(conn, [entry for entry in entries if entry.result not in by_machine])
        await save_pairs(conn, row.id, article.language, text.language, pairs)


def _list_bases(row: ArticleRow, language: str, versions: Mapping[str, Parallel]) -> Iterator[tuple[Article, bool]]:
    """The texts that a version translates: the article, and last the one from which a machine would make it.

    And whether people wrote them: what is right in Azerbaijani may stand beside what is wrong in a machine's English.
    """
    yield row.head.article, True
    old = versions.get(language)
    between = versions.get(old.from_language or "") if old else None
    if between is not None and between.article is not None and is_current(between, row):
        yield between.article, between.origin != "machine"


def _list_entries(
    pairs: tuple[TextPair, ...], direction: Direction, origin: Literal["outlet", "edited"], who: str, now: datetime
) -> list[Entry]:
    """Sentences for the memory. An outlet words its own versions freely: of these only what no check doubts."""
    known = make_edits(pairs, direction).sentences
    return [
        Entry(
            direction=direction,
            text=source,
            result=one.text,
            origin=origin,
            who=who,
            made_at=now,
            links=one.links,
        )
        for source, one in known.items()
        if origin == "edited" or not find_all(source, one.text, direction, ALL_CHECKS)
    ]
