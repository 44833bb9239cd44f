"""What is held, and verdicts."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

from feeds.model import Freshness
from server.api.shapes.articles import AskedQuestion, Verdict
from translators.checks import Finding


class SentenceShown(TypedDict):
    place: str
    source: str
    result: str
    by: str
    found: list[str]


class HeldShown(TypedDict):
    """A machine's version on the desk."""

    outlet: str
    item: str
    language: str
    etag: Annotated[str, Field(description="What a verdict wants in If-Match.")]
    urgency: int
    headline: str
    source_language: str
    source_headline: str
    from_language: str | None
    reason: str | None
    checks: list[Finding]
    verdict: Verdict | None
    engine: str | None
    quality: str | None
    score: float | None
    since: datetime
    age_seconds: int
    embargoed_until: datetime | None
    sentences: list[SentenceShown]
    questions: list[AskedQuestion]
    href: str
    page: str


class Desk(TypedDict):
    held: list[HeldShown]
    next: Annotated[str | None, Field(description="`after` of the next request; null: that was all.")]


class VerdictGiven(TypedDict):
    outlet: str
    item: str
    language: str
    action: Literal["release", "reject", "ask"]
    changed: bool
    freshness: Freshness
    reviewed: bool
    verdict: Verdict | None
