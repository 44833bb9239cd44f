"""Channels, changes, subscriptions, balances."""

from datetime import datetime
from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from server.api.schemas import Moment, Ninjs


class ChannelShown(TypedDict):
    name: str
    title: Annotated[dict[str, str], Field(description="By language.")]
    access: str
    feeds: Annotated[dict[str, dict[str, str]], Field(description="language → format → address")]


class ChangeShown(TypedDict):
    change: int
    state: Literal["usable", "withdrawn", "removed"]
    id: Annotated[str, Field(description="That of the entry in the feeds.")]
    updated: Moment
    page: NotRequired[str]
    article: NotRequired[Ninjs]


class ChangesShown(TypedDict):
    items: list[ChangeShown]
    next: Annotated[int, Field(description="`after` of the next request.")]
    more: Annotated[bool, Field(description="Whether there is more already.")]


class SubscriptionShown(TypedDict):
    id: int
    kind: str
    topic: str
    address: str
    owner: str | None
    format: str
    state: str
    reason: str | None
    cursor: Annotated[int, Field(description="The change up to which it has everything.")]
    behind: int
    sequence: int | None
    signed: bool
    created_at: datetime
    lease_until: datetime | None
    last_attempt: datetime | None
    last_success: datetime | None
    failures: int
    last_error: str | None
    next_attempt: datetime | None


class AttemptShown(TypedDict):
    at: datetime
    outcome: str
    status: int | None
    change: int
    items: int
    error: str | None


class DeadLetterShown(TypedDict):
    id: int
    subscription: int
    kind: str
    topic: str
    outlet: str | None
    item: Annotated[str | None, Field(description="Null: all that had not arrived when the subscription ended.")]
    language: str | None
    change: Annotated[int, Field(description="That of the item; else the one up to which everything had arrived.")]
    error: str
    status: Annotated[int | None, Field(description="Of the last answer, null where there was none.")]
    at: datetime
    retried_at: Annotated[datetime | None, Field(description="When it was asked to be tried again.")]


class RetryAsked(TypedDict):
    id: int
    asked: bool


class SubscriptionTold(SubscriptionShown):
    log: Annotated[list[AttemptShown], Field(description="The newest first.")]
    dead_letters: Annotated[list[DeadLetterShown], Field(description="What was given up.")]


class ShareShown(TypedDict):
    given: int
    taken: int
    owed: int
    missing: int
    asked: Annotated[int, Field(description="Questions of editors about its articles.")]
    late: Annotated[int, Field(description="Those that were not answered in time.")]


class OutletShare(ShareShown):
    met: Annotated[bool, Field(description="Whether nothing is missing and nothing was late.")]


class BalanceShown(TypedDict):
    exchange: str
    days: int
    answer_minutes: int | None
    outlets: dict[str, OutletShare]
    countries: dict[str, ShareShown]
