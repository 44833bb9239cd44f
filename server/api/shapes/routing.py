"""The configuration: versions, proposals, previews, explanations."""

from datetime import datetime
from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from server.api.schemas import Moment


class VersionNamed(TypedDict):
    number: int
    digest: str


class RoutingChanged(VersionNamed):
    changed: bool


class ConfigFaultShown(TypedDict):
    option: str
    line: int | None
    column: int | None
    reason: str


class Refused(TypedDict):
    at: datetime
    faults: list[ConfigFaultShown]


class RoutingShown(VersionNamed):
    etag: str
    text: str
    restart: Annotated[list[str], Field(description="Options of the file that wait for a restart.")]
    refused: Annotated[Refused | None, Field(description="Why the file is not in force.")]


class ConfigVersion(TypedDict):
    number: int
    author: str
    at: datetime
    digest: str
    current: bool
    diff: str
    text: NotRequired[str]


class ConfigVersions(TypedDict):
    versions: list[ConfigVersion]
    more: bool


class ProposalShown(TypedDict):
    """A routing that waits for a second admin, or did. `outdated`: what it was to change is not in force any more;
    `number`: the version of the configuration that came of it.
    """

    proposal: int
    state: Literal["open", "approved", "rejected", "expired"]
    outdated: bool
    by: str
    key: str
    at: datetime
    expires_at: datetime
    base: str
    diff: str
    decided_by: str | None
    decided_at: datetime | None
    note: str | None
    number: int | None
    text: NotRequired[str]


class ProposalsShown(TypedDict):
    proposals: list[ProposalShown]
    more: bool


class ExampleShown(TypedDict):
    outlet: str
    item: str
    headline: str
    route: str


class Effect(TypedDict):
    gains: int
    loses: int
    differs: int
    gained: list[ExampleShown]
    lost: list[ExampleShown]


class FeedEffect(Effect):
    channel: str
    language: str


class LanguageEffect(Effect):
    language: str


class ReaderEffect(TypedDict):
    role: str
    id: str | None
    languages: list[LanguageEffect]


class Cost(TypedDict):
    asked: int
    characters: int
    spared: int


class Costs(Cost):
    languages: dict[str, Cost]


class Consequences(TypedDict):
    articles: int
    changed: int
    feeds: list[FeedEffect]
    readers: list[ReaderEffect]
    translations: Costs


class Preview(Consequences):
    days: int
    against: VersionNamed
    seconds: float


class GateShown(TypedDict):
    gate: str
    passes: bool
    reason: str


class RightsShown(TypedDict, total=False):
    """What is limited; nothing: everything is permitted."""

    translate: Literal[False]
    cut: Literal[False]
    archive: Literal[False]
    territories: list[str]
    not_in: list[str]
    languages: list[str]
    until: Moment
    unclear: str


class DestinationShown(TypedDict):
    """What the routes say of an article in a feed."""

    channel: str
    language: str
    route: str
    machine: Literal["publish", "hold", "off"]
    held: Literal["publish", "mark", "headline", "wait"]
    desk: str | None
    hold: str | None
    labels: list[str]
    urgency: int | None
    opens_at: datetime | None
    rights: RightsShown


class ReasonShown(TypedDict):
    """A condition, whether it is met (null: it was not asked), and why."""

    condition: str
    met: bool | None
    wanted: NotRequired[list[str]]
    actual: NotRequired[list[str]]
    parts: NotRequired[list["ReasonShown"]]


class JudgementShown(TypedDict):
    """What a route said of the article."""

    route: str
    matched: bool
    languages: list[str]
    reason: ReasonShown
    text: Annotated[list[str], Field(description="The same in lines of text.")]
    by_language: NotRequired[dict[str, ReasonShown]]
    stopped: NotRequired[list[str]]


class StandShown(TypedDict):
    channel: str
    language: str
    stands: bool
    reason: str
    gates: list[GateShown]
    destination: DestinationShown | None


class Decided(TypedDict):
    config: int | None
    version: int
    at: datetime


class ConfigPicked(TypedDict):
    number: int | None
    exact: bool


class WhereaboutsShown(TypedDict):
    outlet: str
    item: str
    version: int
    digest: str
    routes: list[JudgementShown]
    places: list[StandShown]


class ConfigTold(TypedDict):
    config: Annotated[ConfigPicked, Field(description="What it is explained under; not exact: not quite as it was.")]
    decided: Annotated[Decided | None, Field(description="When it was last worked out, under which configuration.")]


class Explanation(WhereaboutsShown, ConfigTold):
    """Why an article is or is not there."""
