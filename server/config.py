"""Config: what can be set, frozen; and where its parts do not fit together. server/configfile reads it from a file.

`config.toml` as shipped is the manual: what stands here in types stands there in words.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from translators import Quality
from translators.languages import normalise

Access = Literal["public", "members", "admins"]
MachinePolicy = Literal["publish", "hold", "off"]
HeldPolicy = Literal["wait", "publish"]

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$")]
Language = Annotated[str, StringConstraints(min_length=2), BeforeValidator(lambda tag: _language(tag))]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
AnyOf = Annotated[tuple[str, ...], BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)]
Urgencies = Annotated[
    tuple[Annotated[int, Field(ge=1, le=9)], ...],
    BeforeValidator(lambda value: (value,) if isinstance(value, int) else value),
]


def _language(tag: object) -> object:
    return normalise(tag) if isinstance(tag, str) else tag


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Server(_Section):
    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65535)
    public_url: Annotated[str, StringConstraints(pattern=r"^(https?://[^\s/?#]+)?$")] = ""
    name: str = "Karvan"
    tag: Annotated[str, StringConstraints(pattern=r"^[a-z0-9.-]+,\d{4}(-\d\d(-\d\d)?)?$")] = "karvan.example,2026"
    log_format: Literal["text", "json"] = "text"


class Database(_Section):
    url: str = ""


class Languages(_Section):
    configured: tuple[Language, ...] = Field(("az", "en", "ru", "tr", "zh"), min_length=1)
    pivot: Language = "en"


class Translation(_Section):
    engine: Literal["argos", "pseudo", "off"] = "argos"
    threads: int = Field(0, ge=0, le=256)
    batch_articles: int = Field(16, ge=1, le=500)
    batch_tokens: int = Field(1024, ge=64, le=65536)
    beam_headline: int = Field(4, ge=1, le=16)
    beam_body: int = Field(2, ge=1, le=16)
    publish_unseen: tuple[Quality, ...] = ("publish",)
    index: str = "https://raw.githubusercontent.com/argosopentech/argospm-index/main/index.json"
    quality: Mapping[str, Quality] = {}


class Limits(_Section):
    article_bytes: int = Field(2_000_000, ge=1_000)
    feed_entries: int = Field(50, ge=1, le=1_000)
    feed_max_age_seconds: int = Field(60, ge=0)
    job_attempts: int = Field(8, ge=1)
    job_lease_seconds: int = Field(120, ge=1)
    idempotency_hours: int = Field(48, ge=1)

    @property
    def idempotency(self) -> timedelta:
        return timedelta(hours=self.idempotency_hours)


class Outbound(_Section):
    allow: tuple[str, ...] = ()


class Outlet(_Section):
    name: str
    country: Country
    languages: tuple[Language, ...] = ()
    url: str = ""


class Exchange(_Section):
    name: str
    members: tuple[Slug, ...]
    languages: tuple[Language, ...] = ()


class Channel(_Section):
    title: Mapping[str, str]
    access: Access = "public"
    exchange: Slug | None = None
    shows: Literal["routed", "held"] = "routed"


class Subscriber(_Section):
    name: str
    exchanges: tuple[Slug, ...] = ()


class When(_Section):
    """The condition of a route: every field that is given must hold; a field holds when any of its values does."""

    outlet: AnyOf = ()
    exchange: AnyOf = ()
    country: AnyOf = ()
    language: AnyOf = ()
    subject: AnyOf = ()
    keyword: AnyOf = ()
    urgency: Urgencies = ()
    genre: AnyOf = ()

    @model_validator(mode="after")
    def _refuse_empty(self) -> Self:
        for name in self.model_fields_set:
            if not getattr(self, name):
                raise ValueError(f"`{name}` is empty: it would match nothing; leave it out to match all")
        return self


class Route(_Section):
    name: str
    when: When = When()
    to: tuple[Slug, ...] = Field(min_length=1)
    languages: tuple[str, ...] = ("*",)
    machine: MachinePolicy = "publish"
    held: HeldPolicy = "wait"
    stop: bool = False


class Config(_Section):
    """The whole configuration. `routes` is in order of application."""

    server: Server = Server()
    database: Database = Database()
    languages: Languages = Languages()
    translation: Translation = Translation()
    limits: Limits = Limits()
    outbound: Outbound = Outbound()
    outlets: Mapping[Slug, Outlet] = {}
    exchanges: Mapping[Slug, Exchange] = {}
    channels: Mapping[Slug, Channel] = {}
    subscribers: Mapping[Slug, Subscriber] = {}
    routes: tuple[Route, ...] = ()

    def exchanges_of(self, outlet: str) -> tuple[str, ...]:
        """The exchanges that the outlet is a member of."""
        return tuple(name for name, exchange in self.exchanges.items() if outlet in exchange.members)


Contradiction = tuple[tuple[str | int, ...], str]  # path of the option, reason


def find_contradictions(config: Config) -> Iterator[Contradiction]:
    """Where the parts of a configuration do not fit together: (path of the option, reason)."""
    known = set(config.languages.configured)
    if config.languages.pivot not in known:
        yield ("languages", "pivot"), f"{config.languages.pivot!r} is not among languages.configured"
    yield from _contradicting_members(config, known)
    for name, channel in config.channels.items():
        if (channel.access == "members") != (channel.exchange is not None):
            yield ("channels", name), 'access = "members" and `exchange` go together: one is there without the other'
        if channel.exchange is not None and channel.exchange not in config.exchanges:
            yield ("channels", name, "exchange"), f"there is no exchange {channel.exchange!r}"
        for language in sorted(set(channel.title) - known):
            yield ("channels", name, "title"), f"{language!r} is not among languages.configured"
    yield from _contradicting_routes(config, known)


def _contradicting_members(config: Config, known: set[str]) -> Iterator[Contradiction]:
    for name in config.outlets:
        if name in config.subscribers or name == "admin":
            yield ("outlets", name), "outlets, subscribers and `admin` share one set of ids: this one is taken"
    for name, outlet in config.outlets.items():
        for language in sorted(set(outlet.languages) - known):
            yield ("outlets", name, "languages"), f"{language!r} is not among languages.configured"
    yield from _contradicting_exchanges(config, known)


def _contradicting_exchanges(config: Config, known: set[str]) -> Iterator[Contradiction]:
    for name, exchange in config.exchanges.items():
        for member in exchange.members:
            if member not in config.outlets:
                yield ("exchanges", name, "members"), f"there is no outlet {member!r}"
        for language in sorted(set(exchange.languages) - known):
            yield ("exchanges", name, "languages"), f"{language!r} is not among languages.configured"
    for name, subscriber in config.subscribers.items():
        for exchange_name in subscriber.exchanges:
            if exchange_name not in config.exchanges:
                yield ("subscribers", name, "exchanges"), f"there is no exchange {exchange_name!r}"


def _contradicting_routes(config: Config, known: set[str]) -> Iterator[Contradiction]:
    seen: set[str] = set()
    for number, route in enumerate(config.routes):
        if route.name in seen:
            yield ("routes", number, "name"), f"a route above is called {route.name!r} too"
        seen.add(route.name)
        for channel in route.to:
            if channel not in config.channels:
                yield ("routes", number, "to"), f"there is no channel {channel!r}"
            elif config.channels[channel].shows == "held":
                yield ("routes", number, "to"), f"channel {channel!r} shows what is held; no route leads there"
        if route.machine == "hold" and route.held == "publish":
            yield ("routes", number, "held"), 'machine = "hold" holds for an editor what held = "publish" lets out'
        for language in sorted(set(route.languages) - known - {"*"}):
            yield ("routes", number, "languages"), f"{language!r} is not among languages.configured"
        for field, values in (
            ("outlet", config.outlets),
            ("exchange", config.exchanges),
            ("country", {outlet.country for outlet in config.outlets.values()}),
            ("language", known),
        ):
            for value in getattr(route.when, field):
                if value not in values:
                    yield ("routes", number, "when"), f"no {field} {value!r}: the route could never match"
