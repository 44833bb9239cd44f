"""Feeds that are read."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from typing_extensions import TypedDict


class OlderPages(TypedDict):
    """How the last walk back through a feed's older pages ended."""

    state: str
    at: datetime
    pages: int
    error: str | None


class SourcePush(TypedDict):
    """What is between a feed's hub and us."""

    state: str
    hub: str
    lease_until: datetime | None
    last_push: datetime | None
    failures: int
    last_error: str | None


class SourceFeed(TypedDict):
    url: str
    state: str
    moved_to: str | None
    status: int | None
    error: str | None
    older: OlderPages | None
    push: SourcePush | None


class SourceShown(TypedDict):
    source: str
    outlet: str
    state: str
    reason: str | None
    every_seconds: int
    push: bool
    last_poll: datetime | None
    last_success: datetime | None
    next_poll: datetime | None
    failures: int
    last_error: str | None
    counts: Mapping[str, int]
    faults: list[Mapping[str, Any]]
    feeds: list[SourceFeed]


class PollAsked(TypedDict):
    source: str
    asked: bool
