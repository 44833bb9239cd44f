"""Where the parts of a configuration do not fit together: (path of the option, reason). Pure."""

from collections.abc import Iterator

from server.config import Config
from server.mediatopics import is_known

Contradiction = tuple[tuple[str | int, ...], str]  # path of the option, reason


def find_contradictions(config: Config) -> Iterator[Contradiction]:
    """Every place where the parts do not fit together."""
    known = set(config.languages.configured)
    if config.database.url and not config.database.url.startswith("sqlite+aiosqlite:///"):
        yield ("database", "url"), "only SQLite is supported: sqlite+aiosqlite:///PATH"
    yield from _contradicting_languages(config, known)
    yield from _contradicting_members(config, known)
    yield from _contradicting_exchanges(config, known)
    yield from _contradicting_channels(config, known)
    yield from _contradicting_routes(config)
    yield from _contradicting_conditions(config, known)


def _contradicting_languages(config: Config, known: set[str]) -> Iterator[Contradiction]:
    configured = config.languages.configured
    for language in sorted(known):
        if configured.count(language) > 1:
            yield ("languages", "configured"), f"{language!r} stands there twice"
    if config.languages.pivot not in known:
        yield ("languages", "pivot"), f"{config.languages.pivot!r} is not among languages.configured"
    for direction in config.translation.quality:
        if not any(direction == f"{source}-{target}" for source in known for target in known if source != target):
            yield ("translation", "quality", direction), "is no direction between two of languages.configured"


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
    taken = "outlets, subscribers and `admin` share one set of ids: this one is taken"
    for name in config.outlets:
        if name in config.subscribers or name == "admin":
            yield ("outlets", name), taken
    if "admin" in config.subscribers:
        yield ("subscribers", "admin"), taken
    for name, outlet in config.outlets.items():
        for language in sorted(set(outlet.languages) - known):
            yield ("outlets", name, "languages"), f"{language!r} is not among languages.configured"


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


def _contradicting_routes(config: Config) -> Iterator[Contradiction]:
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


def _contradicting_conditions(config: Config, known: set[str]) -> Iterator[Contradiction]:
    for number, route in enumerate(config.routes):
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
                    yield ("routes", number, "when", field), f"no {field} {value!r}: the route could never match"
        for code in route.when.subject:
            if not is_known(code):
                yield ("routes", number, "when", "subject"), f"{code!r} is no Media Topic such as medtop:04000000"
