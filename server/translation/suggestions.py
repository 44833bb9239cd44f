"""What the memory knows that comes near a sentence: for editors, never used unseen."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store import memory
from server.store.entries import Entry
from translators import Direction
from translators.memory import make_template, normalise

LEAST_SCORE = 60.0
LEAST_ALIKE, MOST_LOOKED_AT = 40.0, 500  # before numbers are left out
NEAREST = 99.0  # of what is not the same: numbers may be all that differs
LENGTHS = 0.6  # texts are near only when the shorter has so much of the longer's length
MOST_COMPARED = 50_000


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`score` from 0 to 100: how much of the texts is the same, numbers left out; 100 is the same text."""

    score: float
    entry: Entry


async def suggest(conn: AsyncConnection, text: str, direction: Direction, limit: int) -> list[Suggestion]:
    """The nearest first; of equally near ones people's, then the newest."""
    wanted = normalise(text)
    shortest, longest = int(len(wanted) * LENGTHS), int(len(wanted) / LENGTHS) + 1
    rows = await memory.list_texts(conn, direction, shortest, len(wanted), longest, MOST_COMPARED)
    scores = await asyncio.to_thread(_compare, wanted, [text for _, text in rows], direction.source, limit)
    entries = await memory.find_entries(conn, [rows[place][0] for place in scores])
    found = [Suggestion(score, entries[rows[place][0]]) for place, score in scores.items() if rows[place][0] in entries]
    return sorted(found, key=lambda one: (-one.score, one.entry.is_by_machine, -one.entry.made_at.timestamp()))


def _compare(wanted: str, texts: Sequence[str], language: str, limit: int) -> dict[int, float]:
    """The places of the nearest texts with their scores: first as they are, which is quick, then without numbers."""
    candidates = process.extract(wanted, texts, scorer=fuzz.ratio, score_cutoff=LEAST_ALIKE, limit=MOST_LOOKED_AT)
    template = make_template(wanted, language)
    scores = {
        place: 100.0
        if normalise(text) == wanted
        else min(NEAREST, round(fuzz.ratio(template, make_template(text, language)), 1))
        for text, _, place in candidates
    }
    nearest = sorted(scores, key=lambda place: -scores[place])[:limit]
    return {place: scores[place] for place in nearest if scores[place] >= LEAST_SCORE}
