"""The translation memory ↔ TMX files.

import_tmx   read twice: first whether all of it can be read, then unit by unit, so that a broken file changes nothing
export_tmx   in pieces, from pages of the table: the memory may be larger than the machine's
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from itertools import islice, permutations

from sqlalchemy.ext.asyncio import AsyncConnection

import feeds
from feeds import tmx
from feeds.text import join_lines
from server import audit
from server.api.shapes.words import Imported
from server.store import memory
from server.store.engine import Database
from server.store.entries import Entry
from translators import Direction
from translators.languages import is_tag, match

MOST_REASONS = 100
NEWER = "what a person wrote later is there"


@dataclass(slots=True)
class Report:
    """What became of a file's pairs of sentences: new, in place of an older one, there already, not taken."""

    taken: int = 0
    replaced: int = 0
    unchanged: int = 0
    refused: int = 0
    reasons: list[feeds.Fault] = field(default_factory=list)

    def refuse(self, fault: feeds.Fault) -> None:
        self.refused += 1
        if len(self.reasons) < MOST_REASONS:
            self.reasons.append(fault)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which pairs of a file are taken: between these languages, from or to one of them if it is named."""

    languages: tuple[str, ...]
    source: str | None = None
    target: str | None = None

    def takes(self, direction: Direction) -> bool:
        return self.source in (None, direction.source) and self.target in (None, direction.target)

    def describe(self) -> str:
        """For example "en-az", "en-*"."""
        return f"{self.source or '*'}-{self.target or '*'}"


async def import_tmx(
    database: Database, open_file: Callable[[], Iterable[bytes]], wanted: Wanted, who: str, now: datetime
) -> Report:
    """`open_file` gives the bytes anew each time; `who` is said where the file names nobody. A line in the audit tells.

    Raises MalformedDocument, and then nothing was taken.
    """
    await asyncio.to_thread(_read_through, open_file())
    report = Report()
    try:
        await _take_all(database, tmx.parse(open_file()), wanted, who, now, report)
    finally:
        async with database.write() as conn:
            counts = {"taken": report.taken, "replaced": report.replaced, "refused": report.refused}
            await audit.note(conn, "memory.import", wanted.describe(), now, after=counts)
    return report


async def _take_all(
    database: Database, units: Iterator[tmx.Unit | feeds.Fault], wanted: Wanted, who: str, now: datetime, report: Report
) -> None:
    while batch := await asyncio.to_thread(_read_batch, units):
        entries = _list_entries(batch, wanted, who, now, report)
        async with database.write() as conn:
            for direction in dict.fromkeys(entry.direction for _, entry in entries):
                own = [(place, entry) for place, entry in entries if entry.direction == direction]
                await _save(conn, direction, own, report)


async def export_tmx(database: Database, direction: Direction, *, by_people: bool = True) -> AsyncIterator[bytes]:
    """People's entries of a direction, or all."""
    yield tmx.render_head(direction.source, version("karvan"))
    after = 0
    while True:
        async with database.read() as conn:
            entries = await memory.list_entries(conn, direction, after, by_people=by_people)
        if not entries:
            break
        yield await asyncio.to_thread(lambda some: b"".join(map(_render_entry, some)), entries)
        after = entries[-1].id or 0
    yield tmx.render_tail()


def describe_report(report: Report) -> Imported:
    """What became of a file, as JSON; at most the first hundred reasons."""
    return {
        "taken": report.taken,
        "replaced": report.replaced,
        "unchanged": report.unchanged,
        "refused": report.refused,
        "reasons": [{"pointer": fault.pointer, "detail": fault.detail} for fault in report.reasons],
    }


def _read_through(chunks: Iterable[bytes]) -> None:
    for _ in tmx.parse(chunks):
        pass


def _read_batch(units: Iterator[tmx.Unit | feeds.Fault]) -> list[tmx.Unit | feeds.Fault]:
    return list(islice(units, memory.AT_ONCE))


def _list_entries(
    batch: Iterable[tmx.Unit | feeds.Fault], wanted: Wanted, who: str, now: datetime, report: Report
) -> list[tuple[str, Entry]]:
    """The pairs of sentences of these units, each with its place in the file."""
    entries = []
    for unit in batch:
        if isinstance(unit, feeds.Fault):
            report.refuse(unit)
            continue
        place = f"/tmx/body/tu[{unit.number}]"
        try:
            own = _read_unit(unit, wanted, who, now)
        except ValueError as error:
            report.refuse(feeds.Fault(place, str(error)))
        else:
            entries += [(place, entry) for entry in own]
    return entries


def _read_unit(unit: tmx.Unit, wanted: Wanted, who: str, now: datetime) -> list[Entry]:
    if unit.origin == "machine":
        raise ValueError("made by a machine, not by people")
    by_language: dict[str, tmx.Variant] = {}
    for variant in unit.variants:
        language = match(variant.language, wanted.languages) if is_tag(variant.language) else None
        if language is not None:
            by_language.setdefault(language, variant)
    if len(by_language) < 2:
        there = ", ".join(variant.language for variant in unit.variants)
        raise ValueError(f"no two of the configured languages: {there}")
    source = None if unit.source == tmx.ANY_SOURCE or not is_tag(unit.source) else match(unit.source, wanted.languages)
    if source is None and unit.source != tmx.ANY_SOURCE:
        raise ValueError(f"its source language {unit.source} is not configured")
    directions = [Direction(*pair) for pair in permutations(by_language, 2) if source in (None, pair[0])]
    if not directions:
        raise ValueError(f"no text in its source language {unit.source}")
    return [_make_entry(each, by_language, who, now) for each in directions if wanted.takes(each)]


def _make_entry(direction: Direction, variants: dict[str, tmx.Variant], who: str, now: datetime) -> Entry:
    """A time to come is none: it would win for ever."""
    result = variants[direction.target]
    return Entry(
        direction=direction,
        text=join_lines(variants[direction.source].text),
        result=join_lines(result.text),
        origin="imported",
        who=result.record.who or who,
        made_at=min(result.record.at or now, now),
        used_at=now,
        uses=result.record.uses,
    )


async def _save(
    conn: AsyncConnection, direction: Direction, entries: Sequence[tuple[str, Entry]], report: Report
) -> None:
    known = await memory.find_exact(conn, direction, [entry.text for _, entry in entries])
    latest = {text: found[0] for text, found in known.items()}
    news: dict[str, Entry] = {}
    for place, entry in entries:
        if _is_news(entry, latest.get(entry.text), place, report):
            latest[entry.text] = news[entry.text] = entry
    await memory.save_entries(conn, list(news.values()))


def _is_news(entry: Entry, old: Entry | None, place: str, report: Report) -> bool:
    if old is None:
        report.taken += 1
    elif old.result == entry.result:
        report.unchanged += 1
    elif old.made_at > entry.made_at:
        report.refuse(feeds.Fault(place, f"{entry.direction}: {NEWER}"))
    else:
        report.replaced += 1
    return old is None or (old.result != entry.result and old.made_at <= entry.made_at)


def _render_entry(entry: Entry) -> bytes:
    record = tmx.Record(entry.who, entry.made_at, entry.uses)
    variants = (
        tmx.Variant(entry.direction.source, entry.text),
        tmx.Variant(entry.direction.target, entry.result, record),
    )
    return tmx.render_unit(tmx.Unit(entry.direction.source, variants, entry.origin))
