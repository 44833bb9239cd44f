"""The routes of a Config, compiled: for each outlet, its exchanges and its language those that can take its articles.

What outlet, exchange, country and language decide is decided once here; the rest is left to ask of each article.
"""

import weakref
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from server.config import Config, HeldPolicy, MachinePolicy, Route, When
from server.routing.atoms import Ask
from server.routing.conditions import Conditions, ask_all, compile_parts, looks_for_words
from server.routing.facts import Facts
from server.routing.rights import ANY_RIGHTS, Rights

ANY_OUTLET = "*"  # no outlet is called so
GENERAL = ""  # the group of the routes that are no exchange's


@dataclass(frozen=True, slots=True)
class Destination:
    """An article goes to this channel in this language; `machine` and `held` say what machine versions may do there.

    `desk`: the channel where it waits for an editor, "" any that shows what is held. `opens_at`: not before that.
    """

    channel: str
    language: str
    machine: MachinePolicy
    held: HeldPolicy
    route: str
    desk: str = ""
    labels: tuple[str, ...] = ()
    urgency: int | None = None
    opens_at: datetime | None = None
    rights: Rights = ANY_RIGHTS


@dataclass(frozen=True, slots=True)
class Compiled:
    """A route for articles of one outlet in one language. `group`: its exchange, or GENERAL."""

    route: Route
    name: str
    group: str
    ask: Ask | None  # of the article
    ask_target: Ask | None  # of the text in each language
    places: tuple[tuple[tuple[str, str], Destination], ...]
    languages: tuple[str, ...]
    says_more: bool


class Program:
    """The routes of a configuration; for each outlet, set of exchanges and language compiled when first asked for."""

    def __init__(self, config: Config) -> None:
        self._routes = tuple(list_routes(config))
        self._by_outlet = _sort_by_outlet(self._routes)
        self._conditions: Conditions = config.conditions
        self._channels = {name: _list_channel(name, config) for name in config.channels}
        self.languages = frozenset(config.languages.configured)
        self.looks_for_words = any(looks_for_words(when) for when in (*self._conditions.values(), *_list_whens(config)))
        self._compiled: dict[tuple[str, tuple[str, ...], str], tuple[Compiled, ...]] = {}

    def pick(self, facts: Facts) -> tuple[Compiled, ...]:
        """The routes that can take the article, in their order."""
        key = facts.outlet, facts.exchanges, facts.article.language
        found = self._compiled.get(key)
        if found is None:
            found = self._compiled[key] = tuple(self._compile(facts))
        return found

    def _compile(self, known: Facts) -> Iterator[Compiled]:
        numbers = sorted((*self._by_outlet.get(known.outlet, ()), *self._by_outlet[ANY_OUTLET]))
        for group, route in map(self._routes.__getitem__, numbers):
            if group != GENERAL and group not in known.exchanges:
                continue
            tests = compile_parts(route.when, known, self._conditions)
            if tests is None:
                continue
            places = self._list_places(group, route, known.article.language)
            yield Compiled(
                route,
                name_route(group, route),
                group,
                ask_all([test for test in tests if not test.per_language]),
                ask_all([test for test in tests if test.per_language]),
                tuple(((place.channel, place.language), place) for place in places),
                tuple(dict.fromkeys((known.article.language, *self.languages))),
                says_more_of(route),
            )

    def _list_places(self, group: str, route: Route, source: str) -> Iterator[Destination]:
        for channel in route.to:
            languages, machine, held = self._channels[channel]
            for language in _order_languages(route, languages, source):
                yield Destination(
                    channel,
                    language,
                    route.machine or machine,
                    route.held or held,
                    name_route(group, route),
                    route.desk or "",
                )


def _sort_by_outlet(routes: Sequence[tuple[str, Route]]) -> Mapping[str, Sequence[int]]:
    """Outlet → the routes that name it; ANY_OUTLET → those that name none."""
    found: dict[str, list[int]] = {ANY_OUTLET: []}
    for number, (_, route) in enumerate(routes):
        for outlet in dict.fromkeys(route.when.outlet or (ANY_OUTLET,)):
            found.setdefault(outlet, []).append(number)
    return found


_PROGRAMS: dict[int, Program] = {}  # by the identity of a Config, for as long as it lives


def get_program(config: Config) -> Program:
    """Compiled once for each Config."""
    found = _PROGRAMS.get(id(config))
    if found is None:
        found = _PROGRAMS[id(config)] = Program(config)
        weakref.finalize(config, _PROGRAMS.pop, id(config), None)
    return found


def list_routes(config: Config) -> Iterator[tuple[str, Route]]:
    """(exchange or GENERAL, route) in the order in which they are run."""
    for route in config.routes:
        yield GENERAL, route
    for name, exchange in config.exchanges.items():
        for route in exchange.routes:
            yield name, route


def name_route(group: str, route: Route) -> str:
    """What a route is called in decisions: an exchange's has its name before it."""
    return route.name if group == GENERAL else f"{group}: {route.name}"


def says_more_of(route: Route) -> bool:
    """Whether a route says something of an article besides where it goes."""
    return bool(route.labels or route.urgency or route.embargo or route.rights)


def _list_whens(config: Config) -> Iterator[When]:
    return (route.when for _, route in list_routes(config))


def _list_channel(name: str, config: Config) -> tuple[tuple[str, ...], MachinePolicy, HeldPolicy]:
    """A channel's languages and, from its exchange, what routes to it say where they say nothing."""
    exchange = config.exchanges[own] if (own := config.channels[name].exchange) else None
    if exchange is None:
        return config.languages.configured, "publish", "wait"
    return (
        exchange.languages or config.languages.configured,
        exchange.machine or "publish",
        exchange.held or "wait",
    )


def _order_languages(route: Route, of_channel: Sequence[str], source: str) -> Iterator[str]:
    """Those of the channel that the route wants, the source first, wanted or not."""
    if source in of_channel:
        yield source
    for language in of_channel:
        if language != source and ("*" in route.languages or language in route.languages):
            yield language
