"""The routes of a Config, compiled: for each outlet, its exchanges and its language those that can take its articles.

What outlet, exchange, country and language decide is decided once here; the rest is left to ask of each article.
"""

import weakref
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from server.config import Config, HeldPolicy, MachinePolicy, Route, When
from server.routing.atoms import Ask
from server.routing.conditions import Compiler, ask_all, looks_for_words
from server.routing.facts import Facts
from server.routing.rights import ANY_RIGHTS, Rights

ANY_OUTLET = "*"  # no outlet is called so
GENERAL = ""  # the group of the routes that are no exchange's


@dataclass(frozen=True, slots=True)
class Destination:
    """An article goes to this channel in this language; `machine` and `held` say what machine versions may do there.

    `desk`: the channel where it waits for an editor, "" any that shows what is held. `opens_at`: not before that.
    `hold`: the route for which the article stands there in no language before an editor has released it, "" for none.
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
    hold: str = ""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A route for articles of one outlet in one language. `group`: its exchange, or GENERAL."""

    route: Route
    name: str
    group: str
    ask: Ask | None  # of the article
    ask_target: Ask | None  # of the text in each language
    places: Mapping[tuple[str, str], Destination]
    languages: tuple[str, ...]
    says_more: bool

    def takes(self, facts: Facts) -> bool:
        """Whether its condition holds, as far as the article itself goes."""
        if self.ask is None:
            return True
        met = facts.answers.get(self.ask)
        if met is None:
            met = facts.answers[self.ask] = bool(self.ask(facts, None))
        return met


@dataclass(frozen=True, slots=True)
class _Rule:
    """A route with what is the same for all articles. `places`: those made so far, by channel and language."""

    group: str
    route: Route
    name: str
    says_more: bool
    places: dict[tuple[str, str], Destination] = field(default_factory=dict)


class Program:
    """The routes of a configuration; for each outlet, set of exchanges and language compiled when first asked for."""

    def __init__(self, config: Config, like: "Program | None" = None) -> None:
        self._rules = tuple(
            _Rule(group, route, name_route(group, route), says_more_of(route)) for group, route in list_routes(config)
        )
        self._by_outlet = _sort_by_outlet([rule.route for rule in self._rules])
        self._compiler = Compiler(config.conditions)
        self._channels = {name: _list_channel(name, config) for name in config.channels}
        self.languages = frozenset(config.languages.configured)
        self.looks_for_words = any(
            looks_for_words(when) for when in (*config.conditions.values(), *_list_whens(config))
        )
        self.holds = any(rule.route.hold for rule in self._rules)
        self._like = like
        self._twins = like.find_twins(self._rules) if like is not None else {}
        self._leads_alike = like is not None and (like._channels, like.languages) == (self._channels, self.languages)
        self._compiled: dict[tuple[str, tuple[str, ...], str], tuple[Compiled, ...]] = {}

    def find_twins(self, rules: Sequence[_Rule]) -> Mapping[int, Route]:
        """Number of each rule → the route here that has its name and condition."""
        mine = {(rule.group, rule.route.name): rule.route for rule in self._rules}
        pairs = ((number, rule, mine.get((rule.group, rule.route.name))) for number, rule in enumerate(rules))
        return {number: twin for number, rule, twin in pairs if twin is not None and twin.when == rule.route.when}

    def pick(self, facts: Facts) -> tuple[Compiled, ...]:
        """The routes that can take the article, in their order."""
        key = facts.outlet, facts.exchanges, facts.article.language
        found = self._compiled.get(key)
        if found is None:
            found = self._compiled[key] = tuple(self._compile(facts))
        return found

    def _compile(self, known: Facts) -> Iterator[Compiled]:
        source = known.article.language
        languages = tuple(dict.fromkeys((source, *self.languages)))
        alike = {id(one.route): one for one in self._like.pick(known)} if self._like else {}
        for number in sorted((*self._by_outlet.get(known.outlet, ()), *self._by_outlet[ANY_OUTLET])):
            rule, twin = self._rules[number], self._twins.get(number)
            if rule.group != GENERAL and rule.group not in known.exchanges:
                continue
            if twin is None:
                asks = self._make_asks(rule, known)
            elif (found := alike.get(id(twin))) is None:
                continue
            elif self._leads_alike and twin == rule.route:
                yield found
                continue
            else:
                asks = found.ask, found.ask_target
            if asks is not None:
                places = dict(self._list_places(rule, source))
                yield Compiled(rule.route, rule.name, rule.group, *asks, places, languages, rule.says_more)

    def _make_asks(self, rule: _Rule, known: Facts) -> tuple[Ask | None, Ask | None] | None:
        """What is asked of the article and of the text in each language; None: it cannot hold."""
        tests = self._compiler.compile_parts(rule.route.when, known)
        if tests is None:
            return None
        ask = ask_all([test for test in tests if not test.per_language])
        return ask, ask_all([test for test in tests if test.per_language])

    def _list_places(self, rule: _Rule, source: str) -> Iterator[tuple[tuple[str, str], Destination]]:
        route = rule.route
        for channel in route.to:
            languages, machine, held = self._channels[channel]
            for language in _order_languages(route, languages, source):
                key = channel, language
                found = rule.places.get(key)
                if found is None:
                    found = rule.places[key] = Destination(
                        channel,
                        language,
                        route.machine or machine,
                        route.held or held,
                        rule.name,
                        route.desk or "",
                        hold=rule.name if route.hold else "",
                    )
                yield key, found


def _sort_by_outlet(routes: Sequence[Route]) -> Mapping[str, Sequence[int]]:
    """Outlet → the routes that name it; ANY_OUTLET → those that name none."""
    found: dict[str, list[int]] = {ANY_OUTLET: []}
    for number, route in enumerate(routes):
        for outlet in dict.fromkeys(route.when.outlet or (ANY_OUTLET,)):
            found.setdefault(outlet, []).append(number)
    return found


_PROGRAMS: dict[int, Program] = {}  # by the identity of a Config, for as long as it lives


def get_program(config: Config, like: Config | None = None) -> Program:
    """Compiled once for each Config; what routes of one name ask for under both it and `like` is asked once.

    `like`: one with the same outlets, members of exchanges, named conditions and meaning of rights.
    """
    found = _PROGRAMS.get(id(config))
    if found is None:
        found = _PROGRAMS[id(config)] = Program(config, get_program(like) if like is not None else None)
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
    return bool(route.labels or route.urgency or route.embargo or route.rights or route.hold)


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
