"""Config: what can be set, and its defaults; frozen. server/configfile reads it from a file.

`config.toml` as shipped is the manual: what stands here in types stands there in words.

rules       its routing: what an article is asked, what is done with it
options     what options are made of: times, sizes, languages, addresses
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints

from server.config.options import Access as Access
from server.config.options import AnyOf, Country, Language, LanguageOrAll, Section, Slug
from server.config.options import HeldPolicy as HeldPolicy
from server.config.options import MachinePolicy as MachinePolicy
from server.config.rules import DailyQuota as DailyQuota
from server.config.rules import DailyUnit as DailyUnit
from server.config.rules import Exchange as Exchange
from server.config.rules import Route as Route
from server.config.rules import Terms
from server.config.rules import When as When
from translators import Quality

HubMethod = Literal["sha256", "sha384", "sha512"]
Algorithm = Literal["hmac-sha256", "ed25519"]
DestinationFormat = Literal["ninjs", "atom", "newsml"]

BUILT_IN = ("argos", "pseudo", "off")  # engines that need no table of their own


def _check_url(url: str) -> str:
    urlsplit(url).port  # noqa: B018 (raises ValueError for what is no port)
    return url


def _check_feeds(urls: tuple[str, ...]) -> tuple[str, ...]:
    for url in urls:
        if not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s#]*)?", _check_url(url)):
            raise ValueError(f"{url!r} is no address such as https://outlet.example/feed.xml")
    return urls


class Server(Section):
    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65535)
    public_url: Annotated[str, StringConstraints(pattern=r"^(https?://[^\s/?#]+)?$")] = ""
    name: str = "Karvan"
    tag: Annotated[str, StringConstraints(pattern=r"^[a-z0-9.-]+,\d{4}(-\d\d(-\d\d)?)?$")] = "karvan.example,2026"
    log_format: Literal["text", "json"] = "text"
    approvals: Literal[1, 2] = 1
    proposal_days: int = Field(7, ge=1, le=366)
    metrics: Literal["local", "key", "open"] = "local"


class Database(Section):
    url: str = ""


class Languages(Section):
    configured: tuple[Language, ...] = Field(("az", "en", "ru", "tr", "zh"), min_length=1)
    pivot: Language = "en"


class Translation(Section):
    engine: str = "argos"
    engine_of: Mapping[str, str] = {}
    threads: int = Field(0, ge=0, le=256)
    batch_articles: int = Field(16, ge=1, le=500)
    batch_tokens: int = Field(1024, ge=64, le=65536)
    checks: Literal["all", "basic"] = "all"
    idle_seconds: int = Field(0, ge=0)
    memory_sentences: int = Field(1_000_000, ge=0)
    beam_headline: int = Field(4, ge=1, le=16)
    beam_body: int = Field(2, ge=1, le=16)
    publish_unseen: tuple[Quality, ...] = ("publish",)
    index: str = "https://raw.githubusercontent.com/argosopentech/argospm-index/main/index.json"
    quality: Mapping[str, Quality] = {}
    held: Mapping[str, HeldPolicy] = {}


class Engine(Section):
    """A server that translates, in the operator's own network."""

    kind: Literal["http"] = "http"
    url: Annotated[
        str,
        AfterValidator(lambda url: _check_url(url)),
        StringConstraints(pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$"),
    ]
    key: str = Field("", repr=False)
    timeout_seconds: int = Field(30, ge=1, le=600)
    batch: int = Field(32, ge=1, le=1000)
    release: Annotated[str, StringConstraints(pattern=r"^[\w.+-]{0,64}$")] = ""


class Limits(Section):
    article_bytes: int = Field(2_000_000, ge=1_000)
    batch_bytes: int = Field(50_000_000, ge=1_000)
    media_bytes: int = Field(30_000_000, ge=1_000)
    media_pixels: int = Field(50_000_000, ge=10_000, le=500_000_000)
    media_quota_bytes: int = Field(5_000_000_000, ge=0)
    feed_entries: int = Field(50, ge=1, le=1_000)
    feed_max_age_seconds: int = Field(60, ge=0)
    job_attempts: int = Field(8, ge=1)
    job_lease_seconds: int = Field(120, ge=1)
    idempotency_hours: int = Field(48, ge=1)

    @property
    def idempotency(self) -> timedelta:
        return timedelta(hours=self.idempotency_hours)


class Outbound(Section):
    allow: tuple[str, ...] = ()


class Hub(Section):
    """WebSub: how long subscriptions last, and what signs deliveries."""

    lease_seconds: int = Field(864_000, ge=60)
    lease_min_seconds: int = Field(3_600, ge=60)
    lease_max_seconds: int = Field(2_592_000, ge=60)
    signature: HubMethod = "sha256"
    most_subscriptions: int = Field(10_000, ge=1)


class Delivery(Section):
    """Pushes of every kind."""

    timeout_seconds: int = Field(10, ge=1, le=120)
    at_once: int = Field(100, ge=1, le=10_000)
    per_host: int = Field(8, ge=1, le=1_000)
    per_second: int = Field(500, ge=1, le=100_000)
    retry_min_seconds: int = Field(5, ge=1)
    retry_max_seconds: int = Field(3_600, ge=1)
    heartbeat_hours: int = Field(24, ge=0)
    notice_minutes: int = Field(30, ge=1)
    notices: int = Field(10, ge=0)
    log_days: int = Field(14, ge=1)
    record_days: int = Field(400, ge=1)


class Destination(Section):
    """A newsroom that gets pushes without asking: a signed POST for each item, or a file in a folder."""

    url: Annotated[str, StringConstraints(pattern=r"^(https?://[^\s/?#@]+(/[^\s#]*)?)?$")] = ""
    folder: str = ""
    subscriber: Slug | None = None
    channels: tuple[Slug, ...] = Field(min_length=1)
    languages: tuple[LanguageOrAll, ...] = ("*",)
    format: DestinationFormat = "ninjs"
    algorithm: Algorithm = "hmac-sha256"
    key: str = Field("", repr=False)
    key_id: Annotated[str, StringConstraints(pattern=r"^[\w.:-]{1,64}$")] = "karvan"
    receipts: Literal["delivery", "explicit"] = "delivery"


class Source(Section):
    """Feeds that are read for an outlet that cannot push, or those of another Karvan.

    `outlets`: those of the other Karvan that have a name here.
    """

    url: Annotated[AnyOf, Field(min_length=1, max_length=50), AfterValidator(lambda urls: _check_feeds(urls))]
    outlet: Slug
    outlets: Mapping[str, Slug] = {}
    language: Language | None = None
    every_seconds: int = Field(900, ge=60, le=86_400)
    older_pages: int = Field(500, ge=0, le=10_000)
    push: bool = False
    key: str = Field("", repr=False)


class Outlet(Section):
    name: str
    country: Country
    languages: tuple[Language, ...] = ()
    url: str = ""


class Channel(Section):
    title: Mapping[Language, str]
    access: Access = "public"
    exchange: Slug | None = None
    shows: Literal["routed", "held"] = "routed"


class Subscriber(Section):
    name: str
    exchanges: tuple[Slug, ...] = ()
    country: Country | None = None


class Editor(Section):
    """A person, or a desk, that looks at what machines made for the outlets of these exchanges; "*": of all outlets."""

    name: str
    exchanges: Annotated[AnyOf, Field(min_length=1)]


class Admin(Section):
    """A person who looks after the server, beside the one that is called `admin`."""

    name: str


class Quota(DailyQuota):
    """What the owner of a key, or each of a role, may use; left out: as much as there is."""

    requests_per_minute: int | None = Field(None, ge=1, le=1_000_000)


class Config(Section):
    """The whole configuration. `routes` is in order of application; those of exchanges come after them."""

    server: Server = Server()
    database: Database = Database()
    languages: Languages = Languages()
    translation: Translation = Translation()
    limits: Limits = Limits()
    outbound: Outbound = Outbound()
    hub: Hub = Hub()
    delivery: Delivery = Delivery()
    destinations: Mapping[Slug, Destination] = {}
    engines: Mapping[Slug, Engine] = {}
    sources: Mapping[Slug, Source] = {}
    outlets: Mapping[Slug, Outlet] = {}
    exchanges: Mapping[Slug, Exchange] = {}
    channels: Mapping[Slug, Channel] = {}
    subscribers: Mapping[Slug, Subscriber] = {}
    editors: Mapping[Slug, Editor] = {}
    admins: Mapping[Slug, Admin] = {}
    quotas: Mapping[Slug, Quota] = {}
    conditions: Mapping[Slug, When] = {}
    rights: Mapping[Slug, Terms] = {}
    routes: tuple[Route, ...] = ()

    def exchanges_of(self, outlet: str) -> tuple[str, ...]:
        """The exchanges that the outlet is a member of."""
        return tuple(name for name, exchange in self.exchanges.items() if outlet in exchange.members)

    def exchanges_edited_by(self, editor: str) -> tuple[str, ...]:
        """The exchanges whose desk is this editor's."""
        named = self.editors[editor].exchanges if editor in self.editors else ()
        return tuple(name for name in self.exchanges if name in named or "*" in named)

    def outlets_edited_by(self, editor: str) -> frozenset[str]:
        """The outlets whose articles this editor looks after."""
        if editor in self.editors and "*" in self.editors[editor].exchanges:
            return frozenset(self.outlets)
        return frozenset(outlet for name in self.exchanges_edited_by(editor) for outlet in self.exchanges[name].members)
