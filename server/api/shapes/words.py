"""Memory and glossary."""

from datetime import datetime

from typing_extensions import TypedDict


class Match(TypedDict):
    id: int | None
    score: float
    source: str
    result: str
    origin: str
    who: str
    made_at: datetime
    used_at: datetime | None
    uses: int


class Matches(TypedDict):
    matches: list[Match]


class Reason(TypedDict):
    pointer: str
    detail: str


class Imported(TypedDict):
    """What became of a file's pairs of sentences."""

    taken: int
    replaced: int
    unchanged: int
    refused: int
    reasons: list[Reason]


class TermShown(TypedDict):
    concept: str
    kind: str
    keep: bool
    forms: dict[str, list[str]]
    forbidden: dict[str, list[str]]


class GlossaryVersion(TypedDict):
    number: int
    key: str
    at: datetime


class GlossaryShown(TypedDict):
    exchange: str
    version: str
    number: int
    terms: list[TermShown]
    history: list[GlossaryVersion]


class GlossarySet(TypedDict):
    exchange: str
    number: int
    version: str
    terms: int
    changed: bool
