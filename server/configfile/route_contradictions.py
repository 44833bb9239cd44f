"""What does not fit together in the routing part of a Config: routes, conditions, limits of rights, exchanges. Pure.

Names that there are not, conditions that can never hold, routes that no article reaches because one above ends it all.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from server.config import Config, Route, When
from server.config.rules import Exchange, RightsLimits
from server.configfile.reachability import Contradiction as Contradiction
from server.configfile.reachability import Place, Placed, find_unreachable, list_placed, walk
from server.mediatopics import is_known


def find_route_contradictions(config: Config, known: set[str]) -> Iterator[Contradiction]:
    """`known`: the configured languages."""
    placed = list(list_placed(config))
    for one in placed:
        yield from _contradicting_route(one, config, known)
    yield from _contradicting_names(placed)
    wrong = list(_contradicting_conditions(placed, config, known))
    yield from wrong
    for name, terms in config.rights.items():
        yield from _contradicting_rights(("rights", name), terms, known)
    for name, exchange in config.exchanges.items():
        yield from _contradicting_exchange(("exchanges", name), exchange, name, config)
    if not wrong:  # names that there are not would only be said twice
        yield from find_unreachable(placed, config)


def _contradicting_names(placed: Iterable[Placed]) -> Iterator[Contradiction]:
    seen: set[tuple[str, str]] = set()
    for one in placed:
        if (one.exchange, one.route.name) in seen:
            yield (*one.place, "name"), f"a route above is called {one.route.name!r} too"
        seen.add((one.exchange, one.route.name))


# Routes


def _contradicting_route(one: Placed, config: Config, known: set[str]) -> Iterator[Contradiction]:
    place, route = one.place, one.route
    for language in sorted(set(route.languages) - known - {"*"}):
        yield (*place, "languages"), f"{language!r} is not among languages.configured"
    if "to" in route.model_fields_set and not route.to:
        yield (*place, "to"), "is empty: it would lead nowhere; leave it out to say something of the article itself"
    elif not route.to:
        yield from _without_channels(place, route)
    for channel in route.to:
        yield from _contradicting_channel(one, channel, config)
    if route.desk is not None and (route.desk not in config.channels or config.channels[route.desk].shows != "held"):
        yield (*place, "desk"), f'there is no channel {route.desk!r} that shows what is held (shows = "held")'
    if route.embargo is not None and route.embargo.minutes is None and route.embargo.until is None:
        yield (*place, "embargo"), "says neither `minutes` nor `until`"
    if route.rights is not None:
        yield from _contradicting_rights((*place, "rights"), route.rights, known)


def _contradicting_channel(one: Placed, channel: str, config: Config) -> Iterator[Contradiction]:
    at = (*one.place, "to")
    if channel not in config.channels:
        yield at, f"there is no channel {channel!r}"
    elif config.channels[channel].shows == "held":
        yield at, f"channel {channel!r} shows what is held; no route leads there"
    elif one.exchange and config.channels[channel].exchange != one.exchange:
        yield at, f"channel {channel!r} is not the exchange's: its routes lead to its own"
    else:
        yield from _contradicting_policies(one.place, one.route, channel, config)


def _contradicting_policies(place: Place, route: Route, channel: str, config: Config) -> Iterator[Contradiction]:
    exchange = config.exchanges.get(config.channels[channel].exchange or "")
    machine = route.machine or (exchange.machine if exchange else None)
    held = route.held or (exchange.held if exchange else None) or "wait"
    if machine == "hold" and held != "wait":
        yield (*place, "held" if route.held else "machine"), f'machine = "hold" holds what held = "{held}" lets out'


def _without_channels(place: Place, route: Route) -> Iterator[Contradiction]:
    does = route.labels or route.urgency or route.embargo or route.rights or route.desk or route.hold or route.stop
    if not does:
        yield place, "does nothing: it has no `to`, and says nothing of the article"
    for name in ("machine", "held", "languages"):
        if name in route.model_fields_set:
            yield (*place, name), "is about the channels in `to`, and there are none"


def _contradicting_rights(place: Place, limits: RightsLimits, known: set[str]) -> Iterator[Contradiction]:
    for language in sorted(set(limits.languages) - known):
        yield (*place, "languages"), f"{language!r} is not among languages.configured"
    for country in sorted(set(limits.territories) & set(limits.not_in)):
        yield (*place, "not_in"), f"{country} is in `territories` as well"


def _contradicting_exchange(place: Place, exchange: Exchange, name: str, config: Config) -> Iterator[Contradiction]:
    if exchange.starts and exchange.ends and exchange.starts > exchange.ends:
        yield (*place, "ends"), "is before `starts`"
    subscribers = {one for one, subscriber in config.subscribers.items() if name in subscriber.exchanges}
    for number, grant in enumerate(exchange.grants):
        at = (*place, "grants", number)
        for reader in sorted(set(grant.reader) - set(exchange.members) - subscribers):
            yield (*at, "reader"), f"{reader!r} is neither a member of the exchange nor a subscriber of it"
        for outlet in sorted(set(grant.of) - set(exchange.members)):
            yield (*at, "of"), f"{outlet!r} is no member of the exchange"
        for code in grant.subject:
            if not is_known(code):
                yield (*at, "subject"), f"{code!r} is no Media Topic such as medtop:04000000"


# Conditions


def _contradicting_conditions(placed: Iterable[Placed], config: Config, known: set[str]) -> Iterator[Contradiction]:
    values: Mapping[str, Iterable[str]] = {
        "outlet": config.outlets,
        "exchange": config.exchanges,
        "country": {outlet.country for outlet in config.outlets.values()},
        "language": known,
        "target": known,
        "named": config.conditions,
    }
    named = [(("conditions", name), when) for name, when in config.conditions.items()]
    for place, when in chain(named, (((*one.place, "when"), one.route.when) for one in placed)):
        for at, part in walk(place, when):
            yield from _contradicting_fields(at, part, values)
    for name in config.conditions:
        if _leads_to(name, config.conditions[name], config.conditions, set()):
            yield ("conditions", name), "is made of itself"


def _contradicting_fields(place: Place, when: When, values: Mapping[str, Iterable[str]]) -> Iterator[Contradiction]:
    for field, there in values.items():
        for value in getattr(when, field):
            if value not in there:
                yield (*place, field), f"no {_call(field)} {value!r}: the route could never match"
    for code in when.subject:
        if not is_known(code):
            yield (*place, "subject"), f"{code!r} is no Media Topic such as medtop:04000000"
    for field in ("characters", "words"):
        bounds = getattr(when, field)
        if bounds is not None and bounds.min is not None and bounds.max is not None and bounds.min > bounds.max:
            yield (*place, field), "`min` is more than `max`: it can never hold"


def _call(field: str) -> str:
    return {"target": "language", "named": "condition"}.get(field, field)


def _leads_to(name: str, when: When, conditions: Mapping[str, When], seen: set[str]) -> bool:
    for _, part in walk((), when):
        for other in part.named:
            if other == name:
                return True
            if other in conditions and other not in seen:
                seen.add(other)
                if _leads_to(name, conditions[other], conditions, seen):
                    return True
    return False
