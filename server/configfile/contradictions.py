"""Where the parts of a configuration do not fit together: (path of the option, reason). Pure."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from server.addresses import is_network, is_refused
from server.config import BUILT_IN, Config, Destination, Server
from server.configfile.route_contradictions import Contradiction as Contradiction
from server.configfile.route_contradictions import find_route_contradictions
from server.signing import UnusableKey, load_ed25519

SHIPPED_TAG = Server().tag  # everybody has it
LEAST_KEY = 16  # characters of a signing key


def find_contradictions(config: Config) -> Iterator[Contradiction]:
    """Every place where the parts do not fit together."""
    known = set(config.languages.configured)
    if config.database.url and not config.database.url.startswith("sqlite+aiosqlite:///"):
        yield ("database", "url"), "only SQLite is supported: sqlite+aiosqlite:///PATH"
    if config.limits.article_bytes > config.limits.batch_bytes:
        yield ("limits", "batch_bytes"), "is less than article_bytes: what is taken alone must fit into a batch"
    if config.limits.media_bytes > config.limits.media_quota_bytes:
        yield ("limits", "media_bytes"), "is more than media_quota_bytes: nobody could upload such a picture"
    if config.server.approvals > 1 and not config.admins:
        yield ("server", "approvals"), "there is one admin only: name another one in [admins], who can approve"
    yield from _contradicting_languages(config, known)
    yield from _contradicting_engines(config)
    yield from _contradicting_deliveries(config)
    yield from _contradicting_destinations(config, known)
    yield from _contradicting_sources(config, known)
    yield from _contradicting_members(config, known)
    yield from _contradicting_editors(config)
    yield from _contradicting_quotas(config)
    yield from _contradicting_exchanges(config, known)
    yield from _contradicting_channels(config, known)
    yield from find_route_contradictions(config, known)


def _contradicting_languages(config: Config, known: set[str]) -> Iterator[Contradiction]:
    configured = config.languages.configured
    for language in sorted(known):
        if configured.count(language) > 1:
            yield ("languages", "configured"), f"{language!r} stands there twice"
    if config.languages.pivot not in known:
        yield ("languages", "pivot"), f"{config.languages.pivot!r} is not among languages.configured"
    directions = {f"{source}-{target}" for source in known for target in known if source != target}
    for option in ("quality", "held", "engine_of"):
        for direction in sorted(getattr(config.translation, option).keys() - directions):
            yield ("translation", option, direction), "is no direction between two of languages.configured"


def _contradicting_engines(config: Config) -> Iterator[Contradiction]:
    for name in sorted(config.engines.keys() & BUILT_IN):
        yield ("engines", name), "is the name of an engine that Karvan has already: choose another"
    names = ", ".join((*BUILT_IN, *config.engines))
    for place, name in [
        (("engine",), config.translation.engine),
        *((("engine_of", direction), name) for direction, name in config.translation.engine_of.items()),
    ]:
        if name not in config.engines and name not in BUILT_IN:
            yield ("translation", *place), f"there is no engine {name!r}; there are {names}"
    for name, engine in config.engines.items():
        host = urlsplit(engine.url).hostname or ""
        if is_refused(host, config.outbound.allow):
            yield ("engines", name, "url"), f"{host} is a private address: `allow` of [outbound] must name it"
    for entry in config.outbound.allow:
        if "/" in entry and not is_network(entry):
            yield ("outbound", "allow"), f"{entry!r} is no network such as 10.1.2.0/24"


def _contradicting_deliveries(config: Config) -> Iterator[Contradiction]:
    hub = config.hub
    if not hub.lease_min_seconds <= hub.lease_seconds <= hub.lease_max_seconds:
        yield ("hub", "lease_seconds"), "is not between lease_min_seconds and lease_max_seconds"
    if config.delivery.retry_min_seconds > config.delivery.retry_max_seconds:
        yield ("delivery", "retry_min_seconds"), "is more than retry_max_seconds"
    if config.delivery.log_days > config.delivery.record_days:
        yield ("delivery", "log_days"), "is more than record_days: a subscription's log goes with it"


def _contradicting_destinations(config: Config, known: set[str]) -> Iterator[Contradiction]:
    for name, one in config.destinations.items():
        place = ("destinations", name)
        if bool(one.url) == bool(one.folder):
            yield place, "has either a `url` or a `folder`"
        if one.url:
            yield from _contradicting_push(place, one, config)
        if one.subscriber is not None and one.subscriber not in config.subscribers:
            yield (*place, "subscriber"), f"there is no subscriber {one.subscriber!r}"
        for channel in one.channels:
            if channel not in config.channels:
                yield (*place, "channels"), f"there is no channel {channel!r}"
            elif not _may_receive(one.subscriber, channel, config):
                yield (*place, "channels"), f"{channel!r} is not public, and not for the subscriber {one.subscriber!r}"
        for language in sorted(set(one.languages) - known - {"*"}):
            yield (*place, "languages"), f"{language!r} is not among languages.configured"


def _contradicting_push(place: tuple[str, str], one: Destination, config: Config) -> Iterator[Contradiction]:
    host = urlsplit(one.url).hostname or ""
    if is_refused(host, config.outbound.allow):
        yield (*place, "url"), f"{host} is a private address: `allow` of [outbound] must name it"
    if len(one.key) < LEAST_KEY:
        yield (*place, "key"), f"what is pushed is signed: a key of {LEAST_KEY} characters or more is needed"
    elif one.algorithm == "ed25519":
        try:
            load_ed25519(one.key)
        except UnusableKey as error:
            yield (*place, "key"), str(error)


def _contradicting_sources(config: Config, known: set[str]) -> Iterator[Contradiction]:
    if config.sources and config.server.tag == SHIPPED_TAG:
        yield ("server", "tag"), "set one of your own: by it a source's articles that came from here are known"
    for name, one in config.sources.items():
        for url in one.url:
            host = urlsplit(url).hostname or ""
            if is_refused(host, config.outbound.allow):
                yield ("sources", name, "url"), f"{host} is a private address: `allow` of [outbound] must name it"
            if one.url.count(url) > 1:
                yield ("sources", name, "url"), f"{url} stands there twice"
        for outlet in sorted({one.outlet, *one.outlets.values()} - config.outlets.keys()):
            yield ("sources", name, "outlet" if outlet == one.outlet else "outlets"), f"there is no outlet {outlet!r}"
        if one.push and not config.server.public_url:
            yield ("sources", name, "push"), "`public_url` of [server] must say where the feed's hub reaches us"
        if one.language is not None and one.language not in known:
            yield ("sources", name, "language"), f"{one.language!r} is not among languages.configured"


def _may_receive(subscriber: str | None, name: str, config: Config) -> bool:
    channel = config.channels[name]
    member = config.subscribers.get(subscriber or "")
    return channel.access == "public" or (member is not None and channel.exchange in member.exchanges)


def _contradicting_channels(config: Config, known: set[str]) -> Iterator[Contradiction]:
    for name, channel in config.channels.items():
        if (channel.access == "members") != (channel.exchange is not None):
            yield ("channels", name), 'access = "members" and `exchange` go together: one is there without the other'
        if channel.shows == "held" and channel.access != "admins":
            yield ("channels", name, "shows"), 'what waits for an editor is for them alone: access must be "admins"'
        if channel.exchange is not None and channel.exchange not in config.exchanges:
            yield ("channels", name, "exchange"), f"there is no exchange {channel.exchange!r}"
        for language in sorted(set(channel.title) - known):
            yield ("channels", name, "title"), f"{language!r} is not among languages.configured"


def _contradicting_members(config: Config, known: set[str]) -> Iterator[Contradiction]:
    taken = "outlets, subscribers, editors and admins share one set of ids: this one is taken"
    for name in config.outlets:
        if name in config.subscribers or name == "admin":
            yield ("outlets", name), taken
    for name in config.admins:
        if name == "admin" or any(name in others for others in (config.outlets, config.subscribers, config.editors)):
            yield ("admins", name), taken
    if "admin" in config.subscribers:
        yield ("subscribers", "admin"), taken
    for name in config.editors:
        if name in config.outlets or name in config.subscribers or name == "admin":
            yield ("editors", name), taken
    for name, outlet in config.outlets.items():
        for language in sorted(set(outlet.languages) - known):
            yield ("outlets", name, "languages"), f"{language!r} is not among languages.configured"


def _contradicting_quotas(config: Config) -> Iterator[Contradiction]:
    roles = {"outlet", "subscriber", "editor", "admin"}
    for name, quota in config.quotas.items():
        owners = (config.outlets, config.subscribers, config.editors, config.admins)
        if name not in roles and not any(name in known for known in owners):
            yield ("quotas", name), "is neither a role (outlet, subscriber, editor, admin) nor the id of one of them"
        for option in sorted(quota.model_fields_set - {"requests_per_minute"}):
            if name != "outlet" and name not in config.outlets:
                yield ("quotas", name, option), "counts what outlets push: only they have it"


def _contradicting_editors(config: Config) -> Iterator[Contradiction]:
    for name, editor in config.editors.items():
        for exchange in sorted(set(editor.exchanges) - config.exchanges.keys() - {"*"}):
            yield ("editors", name, "exchanges"), f"there is no exchange {exchange!r}"


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
