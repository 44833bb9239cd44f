"""Sentences that were translated before: recalled before the engine is asked, remembered when it has answered.

recall     people's sentences first, whatever engine is asked (then theirs with other numbers), then the machine's own
remember   what the engine made of sentences, by what it was made with

A machine's entry answers only for the same making, beam and untouched parts, so that what is recalled is what the
engine would say again.
"""

import asyncio
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version

from sqlalchemy.ext.asyncio import AsyncConnection

from server.store import memory
from server.store.answers import find_meta, save_meta
from server.store.entries import Entry
from translators import Direction, Made
from translators.checks import ALL_CHECKS, find_all
from translators.memory import fill_template, make_template
from translators.sentences import Finished, Sentence, adopt, link_same

MOST_CHARACTERS = 2_000  # of a sentence that is remembered
MOST_TRIED = 8  # people's sentences that differ from one in numbers only
TRIM_EVERY = timedelta(hours=1)
_TRIMMED_AT = "memory_trimmed_at"


def make_making(made: Made, glossary: str, checks: str) -> str:
    """What a machine's sentences are made with, in short: package, glossary version, checks, and Karvan itself."""
    parts = (made.engine, made.package, made.sha256, glossary, checks, version("karvan"))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Recalled:
    """What is known of sentences, and the ids of the entries that say so."""

    answers: dict[Sentence, Finished]
    entries: dict[Sentence, Entry]

    def list_unmarked(self, sentences: Iterable[Sentence], now: datetime) -> list[int]:
        """The entries of these sentences whose use was last noted a while ago."""
        used = (self.entries[sentence] for sentence in sentences if sentence in self.entries)
        return [entry.id for entry in used if entry.id and memory.should_touch(entry, now)]


NOTHING = Recalled({}, {})


async def recall(conn: AsyncConnection, wanted: Mapping[Sentence, bool], direction: Direction, making: str) -> Recalled:
    """What is known of these sentences; the value says whether the alignment is wanted, as in translate_sentences."""
    short = [sentence for sentence in wanted if len(sentence.source) <= MOST_CHARACTERS]
    entries = await memory.find_exact(conn, direction, {sentence.source for sentence in short}, making)
    known = await asyncio.to_thread(_read_entries, short, entries, wanted)
    by_machine = [one for one in short if one not in known.answers or not known.answers[one].by]
    filled = await _recall_filled(conn, by_machine, direction)
    return Recalled(known.answers | filled.answers, known.entries | filled.entries)


async def remember(
    conn: AsyncConnection, direction: Direction, making: str, finished: Mapping[Sentence, Finished], now: datetime
) -> None:
    """Keep what the engine made of these sentences. What people wrote comes in by `store.memory.save_entries`."""

    def make_entries() -> list[Entry]:
        return [
            make_entry(sentence, one, direction, making, now)
            for sentence, one in finished.items()
            if not one.by and len(sentence.source) <= MOST_CHARACTERS
        ]

    await memory.save_entries(conn, await asyncio.to_thread(make_entries))


async def keep_size(conn: AsyncConnection, most: int, now: datetime) -> int:
    """Trim the memory to `most` entries, at most once an hour; with 0 it is left as it is. How many went."""
    if not most:
        return 0
    trimmed_at = await find_meta(conn, _TRIMMED_AT)
    if trimmed_at is not None and now - datetime.fromisoformat(trimmed_at) < TRIM_EVERY:
        return 0
    await save_meta(conn, _TRIMMED_AT, now.isoformat())
    return await memory.trim(conn, most)


def read_entry(sentence: Sentence, entry: Entry, *, aligned: bool) -> Finished | None:
    """What an entry says of the sentence; None when a machine's is not what the engine would say."""
    source = sentence.source
    if not entry.is_by_machine:
        links = entry.links if entry.text == source else ()  # where its blanks are other ones, so are the places
        return adopt(sentence, entry.result, links, entry.who or entry.origin)
    if entry.text != source or entry.beam != sentence.beam:
        return None
    if tuple(span for span, _ in entry.atoms) != sentence.masked.spans:  # other parts of it must not be touched
        return None
    links = link_same(source) if entry.is_same else entry.links
    if aligned and not links:
        return None
    return Finished(entry.result, entry.score, entry.findings, links, entry.atoms, entry.is_same)


def make_entry(sentence: Sentence, finished: Finished, direction: Direction, making: str, now: datetime) -> Entry:
    """A machine's sentence as it is stored; the links of what stayed the same are known without storing them."""
    return Entry(
        direction=direction,
        text=sentence.source,
        result=finished.text,
        origin="machine",
        made_at=now,
        making=making,
        beam=sentence.beam,
        score=finished.score,
        links=() if finished.is_same else finished.links,
        atoms=finished.atoms,
        findings=finished.findings,
        is_same=finished.is_same,
    )


def _read_entries(
    sentences: Iterable[Sentence], entries: Mapping[str, Sequence[Entry]], wanted: Mapping[Sentence, bool]
) -> Recalled:
    """For each sentence the first entry that says something of it."""
    known = Recalled({}, {})
    for sentence in sentences:
        for entry in entries.get(sentence.source, ()):
            if (finished := read_entry(sentence, entry, aligned=wanted[sentence])) is not None:
                known.answers[sentence] = finished
                known.entries[sentence] = entry
                break
    return known


async def _recall_filled(conn: AsyncConnection, sentences: list[Sentence], direction: Direction) -> Recalled:
    """People's sentences that differ in numbers only, with the new numbers; only where no check finds anything.

    Nobody has seen them: they count as a machine's.
    """
    templates = await asyncio.to_thread(_make_templates, sentences, direction.source)
    if not templates:
        return NOTHING
    entries = await memory.find_templates(conn, direction, set(templates.values()))
    return await asyncio.to_thread(_fill_templates, templates, entries, direction) if entries else NOTHING


def _make_templates(sentences: Iterable[Sentence], language: str) -> dict[Sentence, str]:
    """Those of sentences in which there are numbers."""
    templates = ((sentence, make_template(sentence.source, language)) for sentence in sentences)
    return {sentence: template for sentence, template in templates if template != sentence.source}


def _fill_templates(
    templates: Mapping[Sentence, str], entries: Mapping[str, Sequence[Entry]], direction: Direction
) -> Recalled:
    found = Recalled({}, {})
    for sentence, template in templates.items():
        for entry in entries.get(template, [])[:MOST_TRIED]:
            filled = fill_template(entry.text, entry.result, sentence.source, direction)
            if filled is not None and not find_all(sentence.source, filled, direction, ALL_CHECKS):
                found.answers[sentence] = adopt(sentence, filled, (), "")
                found.entries[sentence] = entry
                break
    return found
