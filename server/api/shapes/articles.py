"""Pushes, translation sets, history, receipts."""

from datetime import datetime
from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from feeds.model import CheckCount, Freshness, Origin, PubStatus
from translators.checks import Finding


class Pushed(TypedDict):
    uri: str
    outlet: str
    item: str
    version: Annotated[int, Field(description="The number of the version that is served.")]
    created: bool
    changed: Annotated[bool, Field(description="False when it said nothing new.")]
    served: Annotated[bool, Field(description="False when it came late: it is kept in the history only.")]
    href: Annotated[str, Field(description="The translation set.")]
    language: NotRequired[Annotated[str, Field(description="Of a parallel version.")]]
    origin: NotRequired[Literal["outlet", "edited"]]


class LineTaken(Pushed):
    """A line of a batch that was taken: what a push of it alone answers."""

    line: Annotated[int, Field(description="Counted from 1.")]
    status: Literal[201]
    etag: NotRequired[str]
    replayed: NotRequired[Annotated[Literal[True], Field(description="The first answer under this Idempotency-Key.")]]


class FaultShown(TypedDict):
    pointer: str
    detail: str


class LineRefused(TypedDict):
    """A line of a batch that was not: the problem (RFC 9457)."""

    line: Annotated[int, Field(description="Counted from 1.")]
    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: NotRequired[list[FaultShown]]
    retry_after: NotRequired[Annotated[int, Field(description="Seconds.")]]


LineAnswer = LineTaken | LineRefused


class Killed(TypedDict):
    outlet: str
    item: str
    pub_status: Literal["canceled"]
    changed: bool
    canceled_at: datetime
    reason: str


class HoldShown(TypedDict):
    """That routes hold the article as a whole. `reason`: null once it is released."""

    reason: str | None
    verdict: "Verdict | None"


class Verdict(TypedDict):
    """What an editor has said of a machine's text, or of an article that routes hold as a whole."""

    verdict: Literal["", "released", "rejected"]
    by: str
    at: datetime | None
    note: str | None


class AskedQuestion(TypedDict):
    language: str
    who: str
    note: str
    asked_at: datetime
    open: bool


class Making(TypedDict):
    """How a machine's version was made."""

    engine: str | None
    package_sha256: str | None
    glossary_version: str | None
    quality: str | None
    score: Annotated[float | None, Field(description="Mean log-probability per token; null: not known.")]


class Findings(TypedDict):
    """What was found in a machine's version; sentences and verdicts are for who manages the article."""

    reason: Annotated[str | None, Field(description="Why it is held or cannot be made.")]
    checks: list[Finding] | list[CheckCount]
    verdict: NotRequired[Verdict | None]


class TranslationShown(TypedDict):
    """One version of a translation set. What machines' versions have besides is told of those only."""

    origin: Origin
    freshness: Freshness
    source_language: str
    via: Annotated[str | None, Field(description="The language between, where it was translated twice.")]
    source_version: Annotated[int, Field(description="The number of the version that it was made from.")]
    headline: str | None
    page: str
    feeds: list[str]
    engine: NotRequired[str | None]
    package_sha256: NotRequired[str | None]
    glossary_version: NotRequired[str | None]
    quality: NotRequired[str | None]
    score: NotRequired[Annotated[float | None, Field(description="Mean log-probability per token.")]]
    reviewed: NotRequired[bool]
    reason: NotRequired[Annotated[str | None, Field(description="Why it is held or cannot be made.")]]
    checks: NotRequired[list[Finding] | list[CheckCount]]
    verdict: NotRequired[Verdict | None]


class UploadState(TypedDict):
    state: str
    reason: str | None


class TranslationSet(TypedDict):
    """An article in all its languages. What stands last is for its outlet, its editors and admins."""

    uri: str
    outlet: str
    item: str
    language: Annotated[str, Field(description="That the article was written in.")]
    version: int
    pub_status: PubStatus
    versions: Annotated[dict[str, TranslationShown], Field(description="By language.")]
    outlet_version: NotRequired[str | None]
    version_created: NotRequired[datetime | None]
    embargoed_until: NotRequired[datetime | None]
    expires: NotRequired[datetime | None]
    canceled_at: NotRequired[datetime | None]
    cancel_reason: NotRequired[str | None]
    created_at: NotRequired[datetime]
    changed_at: NotRequired[datetime]
    uploads: NotRequired[dict[str, UploadState]]
    hold: NotRequired[HoldShown | None]
    questions: NotRequired[list[AskedQuestion]]


By = Annotated[str | None, Field(description="Whose key it was, or the source that it was read from.")]


class PushedVersion(TypedDict):
    version: int
    outlet_version: str | None
    version_created: datetime | None
    received_at: datetime
    key: str
    by: By
    content_sha256: str
    pub_status: PubStatus
    headline: str
    ed_note: str | None
    changed: Annotated[list[str], Field(description="The fields that it changed.")]


class ParallelState(TypedDict):
    origin: Origin
    freshness: Freshness
    changed_at: datetime


class HandedIn(TypedDict):
    """A parallel version that people wrote."""

    language: str
    origin: str
    received_at: datetime
    key: str
    by: By
    content_sha256: str


class Withdrawal(TypedDict):
    at: datetime
    reason: str | None
    by: By


class History(TypedDict):
    uri: str
    served: Annotated[int, Field(description="The number of the version that is served.")]
    versions: list[PushedVersion]
    parallel_versions: dict[str, ParallelState]
    contributions: list[HandedIn]
    withdrawn: Withdrawal | None


class HolderShown(TypedDict):
    recipient: str
    kind: str
    via: str
    change: int
    has_latest: bool
    acknowledged: bool
    at: datetime | None
    notices: int
    next_notice: datetime | None
    last_error: str | None


class HoldersShown(TypedDict):
    """Who has a text in one language."""

    change: Annotated[int, Field(description="The number of its last change.")]
    acknowledged: int
    missing: int
    recipients: Annotated[list[HolderShown], Field(description="Who lacks the last change first.")]


class ReceiptsShown(TypedDict):
    outlet: str
    item: str
    pub_status: PubStatus
    languages: dict[str, HoldersShown]


class ReceiptTaken(TypedDict):
    outlet: str
    item: str
    recorded: Annotated[bool, Field(description="False for what the caller cannot see.")]


class ReceiptsTaken(TypedDict):
    receipts: list[ReceiptTaken]
