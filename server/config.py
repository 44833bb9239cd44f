"""Config: what can be set, and its defaults; frozen. server/configfile reads it from a file.

`config.toml` as shipped is the manual: what stands here in types stands there in words.
"""

from collections.abc import Mapping
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
AnyOfLanguages = Annotated[
    tuple[Language, ...], BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)
]
LanguageOrAll = Annotated[str, BeforeValidator(lambda tag: tag if tag == "*" else _language(tag))]
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
    checks: Literal["all", "basic"] = "all"
    idle_seconds: int = Field(0, ge=0)
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
    title: Mapping[Language, str]
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
    language: AnyOfLanguages = ()
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
    languages: tuple[LanguageOrAll, ...] = ("*",)
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
