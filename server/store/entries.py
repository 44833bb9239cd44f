"""Entries of the translation memory ↔ rows of its table."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import orjson

from translators import Direction, Link, Span
from translators.checks import Finding
from translators.memory import make_template, normalise

MemoryOrigin = Literal["machine", "edited", "outlet", "imported"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A sentence and its translation. `who` is a person, an outlet or what a file says.

    `making` and `beam` are "" and 0 for people's. `links`, `atoms`, `findings`, `is_same` are as in
    translators.sentences.Finished.
    """

    direction: Direction
    text: str
    result: str
    origin: MemoryOrigin
    made_at: datetime
    who: str = ""
    used_at: datetime | None = None
    uses: int = 0
    making: str = ""
    beam: int = 0
    score: float = 0.0
    links: tuple[Link, ...] = ()
    atoms: tuple[tuple[Span, Span], ...] = ()
    findings: tuple[Finding, ...] = ()
    is_same: bool = False
    id: int | None = None

    @property
    def is_by_machine(self) -> bool:
        return self.making != ""


def hash_text(direction: Direction, normal: str) -> bytes:
    return hashlib.blake2b(f"{direction}\0{normal}".encode(), digest_size=16).digest()


def make_row(entry: Entry) -> dict[str, Any]:
    normal = normalise(entry.text)
    return {
        "source": entry.direction.source,
        "target": entry.direction.target,
        "text": entry.text,
        "text_hash": hash_text(entry.direction, normal),
        "template_hash": b""
        if entry.is_by_machine  # only people's are looked for
        else hash_text(entry.direction, make_template(normal, entry.direction.source)),
        "length": len(entry.text),
        "result": entry.result,
        "origin": entry.origin,
        "who": entry.who,
        "made_at": entry.made_at,
        "used_at": entry.used_at or entry.made_at,
        "uses": entry.uses,
        "making": entry.making,
        "beam": entry.beam,
        "score": entry.score,
        "details": _dump_details(entry),
    }


def read_entry(row: Any) -> Entry:
    return Entry(
        id=row.id,
        direction=Direction(row.source, row.target),
        text=row.text,
        result=row.result,
        origin=row.origin,
        who=row.who,
        made_at=row.made_at,
        used_at=row.used_at,
        uses=row.uses,
        making=row.making,
        beam=row.beam,
        score=row.score,
        **_load_details(row),
    )


def _dump_details(entry: Entry) -> str:
    """What only a few entries have; parts of findings that are the entry's own texts are left out."""
    details: dict[str, Any] = {}
    if entry.links:
        details["links"] = [(*link.source, *link.target, link.weight) for link in entry.links]
    if entry.atoms:
        details["atoms"] = [(*source, *target) for source, target in entry.atoms]
    if entry.findings:
        details["findings"] = [_dump_finding(finding, entry) for finding in entry.findings]
    if entry.is_same:
        details["is_same"] = True
    return orjson.dumps(details).decode() if details else ""


def _load_details(row: Any) -> dict[str, Any]:
    if not row.details:
        return {}
    details = orjson.loads(row.details)
    return {
        "links": tuple(Link((a, b), (c, d), weight) for a, b, c, d, weight in details.get("links", ())),
        "atoms": tuple(((a, b), (c, d)) for a, b, c, d in details.get("atoms", ())),
        "findings": tuple(_load_finding(values, row) for values in details.get("findings", ())),
        "is_same": "is_same" in details,
    }


def _dump_finding(finding: Finding, entry: Entry) -> Sequence[str | None]:
    source = None if finding.source == entry.text else finding.source
    result = None if finding.result == entry.result else finding.result
    return finding.check, finding.detail, finding.severity, source, result


def _load_finding(values: Sequence[Any], row: Any) -> Finding:
    check, detail, severity, source, result = values
    return Finding(
        check, detail, row.text if source is None else source, row.result if result is None else result, severity
    )
