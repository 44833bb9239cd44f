"""Two configurations side by side: who reads what under each, and for which articles nothing changes (pure)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from server.config import Config, Route
from server.routing import get_program
from server.routing.facts import Facts
from server.visibility import ANYONE, Reader, may_read_channel
from translators.glossary import Glossary

Eyes = tuple[frozenset[str], frozenset[str]]  # the channels that a reader may read before and after
Glossaries = Mapping[tuple[str, ...], Glossary]  # exchanges of an outlet → the glossary in force


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two configurations, and what is the same for every article.

    `sees_before`, `sees_after`: channel → who may read it, a bit for each of `eyes`. `changed`: outlet → the
    routes that its articles meet under one of the two only; of outlets that are not there, anything may have changed.
    """

    old: Config
    new: Config
    eyes: tuple[Eyes, ...]
    sees_before: Mapping[str, int]
    sees_after: Mapping[str, int]
    glossaries: Glossaries = field(default_factory=dict)
    shares_facts: bool = False
    changed: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def is_out_of_it(self, outlet: str) -> bool:
        """Whether nothing changes for any article of an outlet."""
        return self.changed.get(outlet) == frozenset()

    def may_change(self, facts: Facts) -> bool:
        """Whether anything could become of an article: unless no route that differs takes it."""
        names = self.changed.get(facts.outlet)
        if names is None:
            return True
        return any(
            one.name in names and one.takes(facts)
            for config in (self.old, self.new)
            for one in get_program(config).pick(facts)
        )


def make_comparison(old: Config, new: Config, glossaries: Glossaries) -> Comparison:
    eyes = tuple(dict.fromkeys(list_eyes(old, new).values()))
    sees_before = _number_readers(old, [before for before, _ in eyes])
    sees_after = _number_readers(new, [after for _, after in eyes])
    shares = _list_known(old) == _list_known(new)
    if shares and old.conditions == new.conditions:
        get_program(new, like=old)
    changed = {} if any(one != other for one, other in eyes) else dict(_list_changed(old, new))
    return Comparison(old, new, eyes, sees_before, sees_after, glossaries, shares, changed)


def _list_known(config: Config) -> Sequence[object]:
    """What facts know of an outlet and its articles."""
    exchanges = [(name, one.members, one.starts, one.ends, one.zone) for name, one in config.exchanges.items()]
    return [config.outlets, exchanges, config.rights]


def _number_readers(config: Config, readable: Sequence[frozenset[str]]) -> Mapping[str, int]:
    return {
        channel: sum(1 << number for number, channels in enumerate(readable) if channel in channels)
        for channel in config.channels
    }


def _list_changed(old: Config, new: Config) -> Iterator[tuple[str, frozenset[str]]]:
    """Outlets for which nothing but routes changes, and which of these do."""
    for section in ("languages", "translation", "conditions", "rights"):
        if getattr(old, section) != getattr(new, section):
            return
    if _list_channels(old) != _list_channels(new):
        return
    routes = [_sort_by_outlet(config) for config in (old, new)]
    for outlet in old.outlets.keys() & new.outlets.keys():
        exchanges = [[(name, one.exchanges[name]) for name in one.exchanges_of(outlet)] for one in (old, new)]
        is_same = old.outlets[outlet] == new.outlets[outlet] and exchanges[0] == exchanges[1]
        if is_same and (changed := _find_changed(*(sorted_[outlet] for sorted_ in routes))) is not None:
            yield outlet, changed


def _find_changed(before: Sequence[Route], after: Sequence[Route]) -> frozenset[str] | None:
    """The names of routes that are not the same before and after; None: the others stand in another order."""
    old, new = ({route.name: route for route in routes} for routes in (before, after))
    changed = frozenset(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
    left = ([route.name for route in routes if route.name not in changed] for routes in (before, after))
    return changed if next(left) == next(left) else None


def _list_channels(config: Config) -> Sequence[object]:
    """What routing asks of channels: their exchanges' policies."""
    kinds = []
    for name, channel in config.channels.items():
        exchange = config.exchanges.get(channel.exchange or "")
        kinds.append((name, channel.shows, exchange and (exchange.languages, exchange.machine, exchange.held)))
    return kinds


def _sort_by_outlet(config: Config) -> Mapping[str, Sequence[Route]]:
    """Outlet → the routes that can take its articles, in their order; those of exchanges stand there."""
    found: dict[str, list[Route]] = {name: [] for name in config.outlets}
    for route in config.routes:
        for outlet in route.when.outlet or found:
            found.get(outlet, []).append(route)
    return found


def needs_words(*configs: Config) -> bool:
    """Whether any route looks for words, so that glossaries matter."""
    return any(get_program(config).looks_for_words for config in configs)


def list_eyes(old: Config, new: Config) -> Mapping[Reader, Eyes]:
    """Every reader of either configuration → what they may read."""
    readers = {ANYONE: None}
    readers |= {Reader("outlet", name): None for config in (old, new) for name in config.outlets}
    readers |= {Reader("subscriber", name): None for config in (old, new) for name in config.subscribers}
    return {reader: (_list_readable(reader, old), _list_readable(reader, new)) for reader in readers}


def _list_readable(reader: Reader, config: Config) -> frozenset[str]:
    return frozenset(name for name in config.channels if may_read_channel(reader, name, config))
