"""Two configurations side by side: who reads what under each, and for which outlets nothing changes (pure)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from server.config import Config
from server.routing import get_program
from server.visibility import ANYONE, Reader, may_read_channel
from translators.glossary import Glossary

Eyes = tuple[frozenset[str], frozenset[str]]  # the channels that a reader may read before and after
Glossaries = Mapping[tuple[str, ...], Glossary]  # exchanges of an outlet → the glossary in force


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two configurations, and what is the same for every article. `same`: outlets for which nothing changes.

    `sees_before`, `sees_after`: channel → who may read it, a bit for each of `eyes`.
    """

    old: Config
    new: Config
    eyes: tuple[Eyes, ...]
    sees_before: Mapping[str, int]
    sees_after: Mapping[str, int]
    glossaries: Glossaries = field(default_factory=dict)
    shares_facts: bool = False
    same: frozenset[str] = frozenset()


def make_comparison(old: Config, new: Config, glossaries: Glossaries) -> Comparison:
    eyes = tuple(dict.fromkeys(list_eyes(old, new).values()))
    sees_before = _number_readers(old, [before for before, _ in eyes])
    sees_after = _number_readers(new, [after for _, after in eyes])
    shares = _list_known(old) == _list_known(new)
    if shares and old.conditions == new.conditions:
        get_program(new, like=old)
    same = frozenset() if any(one != other for one, other in eyes) else frozenset(_list_same(old, new))
    return Comparison(old, new, eyes, sees_before, sees_after, glossaries, shares, same)


def _list_known(config: Config) -> Sequence[object]:
    """What facts know of an outlet and its articles."""
    exchanges = [(name, one.members, one.starts, one.ends, one.zone) for name, one in config.exchanges.items()]
    return [config.outlets, exchanges, config.rights]


def _number_readers(config: Config, readable: Sequence[frozenset[str]]) -> Mapping[str, int]:
    return {
        channel: sum(1 << number for number, channels in enumerate(readable) if channel in channels)
        for channel in config.channels
    }


def _list_same(old: Config, new: Config) -> Iterator[str]:
    """The outlets whose articles meet the same routes before and after, with the same meaning."""
    for section in ("languages", "translation", "conditions", "rights"):
        if getattr(old, section) != getattr(new, section):
            return
    if _list_channels(old) != _list_channels(new):
        return
    routes = [_sort_by_outlet(config) for config in (old, new)]
    for outlet in old.outlets.keys() & new.outlets.keys():
        exchanges = [[(name, one.exchanges[name]) for name in one.exchanges_of(outlet)] for one in (old, new)]
        is_same = old.outlets[outlet] == new.outlets[outlet] and exchanges[0] == exchanges[1]
        if is_same and routes[0][outlet] == routes[1][outlet]:
            yield outlet


def _list_channels(config: Config) -> Sequence[object]:
    """What routing asks of channels: their exchanges' policies."""
    kinds = []
    for name, channel in config.channels.items():
        exchange = config.exchanges.get(channel.exchange or "")
        kinds.append((name, channel.shows, exchange and (exchange.languages, exchange.machine, exchange.held)))
    return kinds


def _sort_by_outlet(config: Config) -> Mapping[str, Sequence[object]]:
    """Outlet → the routes that can take its articles, in their order; those of exchanges stand there."""
    found: dict[str, list[object]] = {name: [] for name in config.outlets}
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
