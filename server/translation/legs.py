"""One direction of the way that a translation takes: texts → memory → engine → texts, with the glossary of each.

translate_leg   read (off the event loop) → recalled → asked (in the engine room) → Leg | Failure
keep_leg        what is remembered of it, in the transaction that stores the version
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from time import perf_counter

from sqlalchemy.ext.asyncio import AsyncConnection

from server.config import Config
from server.metrics import Metrics
from server.runner import Tools
from server.store import memory
from server.translation import remembering
from server.translation.remembering import Recalled
from translators import Direction, Made, TranslationError, UnsupportedDirection
from translators.checks import ALL_CHECKS
from translators.fields import Fields, TextPair
from translators.glossary import Glossary, find_kept, find_term
from translators.merging import make_edits
from translators.pipeline import Failure, Outcome, translate_documents
from translators.reading import Reading, read_documents
from translators.sentences import Finished, Sentence, Way

MOST_RECENT = 300  # sentences of other articles beside which new ones are looked at


@dataclass(frozen=True, slots=True)
class Leg:
    """What became of a document. `recalled`: what was not asked for, `making`: what with (see remembering)."""

    direction: Direction
    outcome: Outcome
    making: str
    recalled: Recalled

    @property
    def new(self) -> dict[Sentence, Finished]:
        """What the engine made."""
        known = self.recalled.answers
        return {sentence: one for sentence, one in self.outcome.answers.items() if sentence not in known}


async def translate_leg(
    tools: Tools,
    direction: Direction,
    documents: Sequence[Fields],
    edits: Sequence[Sequence[TextPair]],
    glossary: Glossary,
) -> list[Leg | Failure]:
    """One result per document, with what people wrote of each before; the glossary is that of all.

    Raises TranslationError when none can be translated.
    """
    loop = asyncio.get_running_loop()
    settings = tools.config.translation

    def read() -> Reading:
        return read_documents(
            documents,
            direction,
            beam_body=settings.beam_body,
            beam_headline=settings.beam_headline,
            find_kept=lambda text: find_kept(text, direction.source, glossary),
            edits=[make_edits(pairs, direction) for pairs in edits],
        )

    reading = await asyncio.to_thread(read)
    made = await _find_made(tools, direction)
    making = remembering.make_making(made, glossary.version, settings.checks)
    recalled = await _recall(tools, reading.wanted, direction, making)
    if settings.checks == "all":
        recent = await _list_recent(tools, direction, making)
        way = Way(direction, tools.translator, (*ALL_CHECKS, partial(find_term, glossary=glossary)), glossary, recent)
    else:
        way = Way(direction, tools.translator, glossary=glossary)
    begun = perf_counter()
    try:
        outcomes = await loop.run_in_executor(tools.engine_room, translate_documents, reading, way, recalled.answers)
    except TranslationError as error:
        _count(tools.metrics, direction, made, [Failure(str(error))] * len(documents))
        raise
    tools.metrics.translation_seconds.labels(direction.source, direction.target).observe(perf_counter() - begun)
    legs = [one if isinstance(one, Failure) else Leg(direction, one, making, recalled) for one in outcomes]
    _count(tools.metrics, direction, made, legs)
    return legs


def _count(metrics: Metrics, direction: Direction, made: Made, legs: Sequence[Leg | Failure]) -> None:
    labels = (direction.source, direction.target, made.engine)
    for leg in legs:
        metrics.translations.labels(*labels, "failed" if isinstance(leg, Failure) else "made").inc()
        if isinstance(leg, Leg):
            new = len(leg.new)
            metrics.sentences.labels(*labels, "engine").inc(new)
            metrics.sentences.labels(*labels, "memory").inc(len(leg.outcome.answers) - new)


async def keep_leg(conn: AsyncConnection, leg: Leg, config: Config, now: datetime) -> None:
    """Remember what the engine made, and that what was recalled was used."""
    if not config.translation.memory_sentences:
        return
    await remembering.remember(conn, leg.direction, leg.making, leg.new, now)
    await memory.touch(conn, leg.recalled.list_unmarked(leg.outcome.answers, now), now)


async def _find_made(tools: Tools, direction: Direction) -> Made:
    made = (await asyncio.to_thread(tools.translator.directions)).get(direction)
    if made is None:
        raise UnsupportedDirection(f"no installed package translates {direction}")
    return made


async def _recall(tools: Tools, wanted: Mapping[Sentence, bool], direction: Direction, making: str) -> Recalled:
    if not tools.config.translation.memory_sentences:
        return remembering.NOTHING
    async with tools.database.read() as conn:
        return await remembering.recall(conn, wanted, direction, making)


async def _list_recent(tools: Tools, direction: Direction, making: str) -> list[tuple[str, str]]:
    async with tools.database.read() as conn:
        return await memory.list_recent(conn, direction, making, MOST_RECENT)
