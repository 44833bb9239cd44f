"""Routes that no article reaches: their conditions can never hold, or routes above stop all that they could take. Pure.

What outlet, exchanges and language decide is tried out for every outlet; the rest is compared field by field. What is
found is certain; that nothing is found is no promise.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from feeds.model import Article
from server.config import Config, Route, When
from server.routing.atoms import list_atoms
from server.routing.conditions import Compiler
from server.routing.facts import Facts

Place = tuple[str | int, ...]
Contradiction = tuple[Place, str]  # path of the option, reason

SINGLE = (
    "outlet",
    "country",
    "language",
    "urgency",
    "has_pictures",
    "target",
    "origin",
    "freshness",
    "quality",
    "held",
)


@dataclass(frozen=True, slots=True)
class Placed:
    """A route and where it stands in the file; `exchange`: whose it is, "" for a general one."""

    place: Place
    exchange: str
    route: Route


@dataclass(frozen=True, slots=True)
class Reach:
    """What a route can take and what it takes whole, as numbers of sorts of articles."""

    placed: Placed
    some: frozenset[int]
    whole: frozenset[int]


class Sorts:
    """Every kind of article that outlet, exchanges and language tell apart."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._compiler = Compiler(config.conditions)
        self._sorts = tuple(_list_sorts(config))
        self._all = frozenset(range(len(self._sorts)))
        self._of: dict[str, set[int]] = {}
        self._in: dict[str, set[int]] = {}
        for number, sort in enumerate(self._sorts):
            self._of.setdefault(sort.outlet, set()).add(number)
            for exchange in sort.exchanges:
                self._in.setdefault(exchange, set()).add(number)

    def find_reach(self, one: Placed) -> Reach:
        """Try a route out."""
        when, config = one.route.when, self._config
        mine = self._all if not one.exchange else frozenset(self._in.get(one.exchange, ()))
        for part in _list_parts(when, config):
            if part.outlet:
                mine = mine & set().union(*(self._of.get(outlet, ()) for outlet in part.outlet))
        if not mine:
            return Reach(one, frozenset(), frozenset())
        if self._compiler.is_fixed(when):
            tests = self._compiler.compile_parts(when, self._sorts[0])  # the same for all
            return Reach(one, frozenset(() if tests is None else mine), frozenset(mine if tests == [] else ()))
        left = {number: self._compiler.compile_parts(when, self._sorts[number]) for number in mine}
        return Reach(
            one,
            frozenset(number for number, tests in left.items() if tests is not None),
            frozenset(number for number, tests in left.items() if tests == []),
        )

    def is_empty(self) -> bool:
        return not self._sorts


def find_unreachable(placed: Iterable[Placed], config: Config) -> Iterator[Contradiction]:
    """Every route that takes nothing, whatever is pushed."""
    sorts = Sorts(config)
    enders: list[Reach] = []
    gone: dict[str, frozenset[int]] = {}  # group of routes → what none below them sees
    for one in placed:
        if reason := _find_conflict(one.route.when, config):
            yield (*one.place, "when"), f"can never hold: {reason}"
            continue
        reach = sorts.find_reach(one)
        if not reach.some and not sorts.is_empty():
            yield (*one.place, "when"), "can never hold: no outlet, exchange and language fit all of it"
            continue
        if reach.some <= gone.get("", frozenset()) | gone.get(one.exchange, frozenset()) and reach.some:
            above = [ender for ender in enders if _is_in_the_way(ender, one) and ender.whole & reach.some]
        else:
            above = [ender for ender in enders if _is_in_the_way(ender, one) and _ends(ender, reach, config)][:1]
        if above:
            names = " and ".join(repr(ender.placed.route.name) for ender in above[:3])
            yield (
                one.place,
                f"is never reached: {names} above {'stops' if len(above) == 1 else 'stop'} all that it could take",
            )
        if one.route.stop:
            enders.append(reach)
            gone[one.exchange] = gone.get(one.exchange, frozenset()) | reach.whole


def _is_in_the_way(ender: Reach, one: Placed) -> bool:
    return ender.placed.exchange in ("", one.exchange)


def _ends(ender: Reach, reach: Reach, config: Config) -> bool:
    return reach.some <= ender.some and _implies(reach.placed.route.when, ender.placed.route.when, config)


def list_placed(config: Config) -> Iterator[Placed]:
    """In the order in which they are run."""
    for number, route in enumerate(config.routes):
        yield Placed(("routes", number), "", route)
    for name, exchange in config.exchanges.items():
        for number, route in enumerate(exchange.routes):
            yield Placed(("exchanges", name, "routes", number), name, route)


def _list_sorts(config: Config) -> Iterator[Facts]:
    """Every kind of article that outlet, exchanges and language tell apart."""
    whens = [*config.conditions.values(), *(one.route.when for one in list_placed(config))]
    named = dict.fromkeys(tag for when in whens for _, part in walk((), when) for tag in part.language)
    others = [tag for tag in config.languages.configured if tag not in named]
    for outlet, member in config.outlets.items():
        exchanges = config.exchanges_of(outlet)
        lasting = tuple(
            name for name in exchanges if not (config.exchanges[name].starts or config.exchanges[name].ends)
        )
        for language in (*named, *others[:1]):  # languages that no condition names are all alike
            article = Article(language=language, headline="")
            for sort in dict.fromkeys((exchanges, lasting)):
                yield Facts(article, outlet, member.country, sort)


def walk(place: Place, when: When) -> Iterator[tuple[Place, When]]:
    """The condition and all conditions in it."""
    yield place, when
    for option, parts in (("all", when.all_of), ("any", when.any_of)):
        for number, part in enumerate(parts):
            yield from walk((*place, option, number), part)
    if when.no is not None:
        yield from walk((*place, "not"), when.no)


def _list_parts(when: When, config: Config) -> Iterator[When]:
    """What must hold all together."""
    yield when
    for part in when.all_of:
        yield from _list_parts(part, config)
    if len(when.named) == 1:
        yield from _list_parts(config.conditions[when.named[0]], config)


def _find_conflict(when: When, config: Config) -> str:
    """Two parts that exclude each other; "" for none."""
    parts = list(_list_parts(when, config))
    for field in SINGLE:
        given = [_list_values(part, field) for part in parts if _list_values(part, field)]
        if given and not frozenset.intersection(*given):
            return f"{field} would have to be two things at once"
    negated = [part.no for part in parts if part.no is not None]
    if any(part == one for part in parts for one in negated):
        return "it wants something and its opposite"
    return ""


def _list_values(when: When, field: str) -> frozenset[object]:
    value = getattr(when, field)
    return frozenset(value) if isinstance(value, tuple) else frozenset(() if value is None else (value,))


def _implies(when: When, wider: When, config: Config) -> bool:
    """Whether all that meets the one meets the other, as far as their fields tell."""
    outer = list(_list_parts(wider, config))
    if any(part.any_of or part.no or len(part.named) > 1 for part in outer):
        return False
    mine = [atom for part in _list_parts(when, config) for atom in list_atoms(part)]
    return all(
        any(atom.name == other.name and set(other.wanted) <= set(atom.wanted) for other in mine)
        for part in outer
        for atom in list_atoms(part)
    )
