"""What a comparison of two routings found, counted: by feed, by reader, what it costs (pure).

Tally ─add→ Tally of more articles ─describe→ JSON. Readers are bits: those who may read the same channels before and
after are one, and a set of them is an int (`Comparison.eyes`).
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from server.api.shapes.routing import Consequences, Effect, ExampleShown, LanguageEffect, ReaderEffect
from server.preview.comparison import Comparison, list_eyes
from server.store.placements import FeedName

MOST_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Example:
    outlet: str
    item: str
    headline: str
    route: str


@dataclass(slots=True)
class Change:
    """What becomes of one feed, or of what one reader sees in a language."""

    gains: int = 0
    loses: int = 0
    differs: int = 0
    gained: list[Example] = field(default_factory=list)
    lost: list[Example] = field(default_factory=list)

    def add(self, other: "Change") -> None:
        self.gains += other.gains
        self.loses += other.loses
        self.differs += other.differs
        self.gained = (self.gained + other.gained)[:MOST_EXAMPLES]
        self.lost = (self.lost + other.lost)[:MOST_EXAMPLES]


@dataclass(slots=True)
class Readers:
    """Who gains (or who loses) articles: (language, readers) → how many; a few of them for each reader and language."""

    counts: Counter[tuple[str, int]] = field(default_factory=Counter)
    examples: dict[tuple[str, int], list[Example]] = field(default_factory=lambda: defaultdict(list))
    told: Counter[str] = field(default_factory=Counter)  # language → readers who have enough examples, as bits

    def list_open(self, language: str, readers: int) -> Iterator[int]:
        """The numbers of those readers who may have another example."""
        left = readers & ~self.told[language]
        while left:
            lowest = left & -left
            left ^= lowest
            yield lowest.bit_length() - 1

    def note(self, language: str, reader: int, example: Example) -> None:
        examples = self.examples[language, reader]
        examples.append(example)
        if len(examples) >= MOST_EXAMPLES:
            self.told[language] |= 1 << reader

    def add(self, other: "Readers") -> None:
        self.counts.update(other.counts)
        for (language, reader), examples in other.examples.items():
            for example in examples:
                if not self.told[language] >> reader & 1:
                    self.note(language, reader, example)

    def count_by_language(self, reader: int) -> Counter[str]:
        found: Counter[str] = Counter()
        for (language, readers), count in self.counts.items():
            if readers >> reader & 1:
                found[language] += count
        return found


@dataclass(slots=True)
class Tally:
    """Of some articles. `asked`, `spared`: machine versions by language."""

    articles: int = 0
    changed: int = 0
    feeds: dict[FeedName, Change] = field(default_factory=lambda: defaultdict(Change))
    gaining: Readers = field(default_factory=Readers)
    losing: Readers = field(default_factory=Readers)
    asked: Counter[str] = field(default_factory=Counter)
    characters: Counter[str] = field(default_factory=Counter)
    spared: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Tally") -> None:
        self.articles += other.articles
        self.changed += other.changed
        for feed, change in other.feeds.items():
            self.feeds[feed].add(change)
        self.gaining.add(other.gaining)
        self.losing.add(other.losing)
        self.asked.update(other.asked)
        self.characters.update(other.characters)
        self.spared.update(other.spared)


def describe(tally: Tally, comparison: Comparison) -> Consequences:
    """As the API shows it."""
    by_eyes = [list(_list_languages(tally, reader)) for reader in range(len(comparison.eyes))]
    readers: list[ReaderEffect] = []
    for reader, eyes in list_eyes(comparison.old, comparison.new).items():
        if languages := by_eyes[comparison.eyes.index(eyes)]:
            readers.append({"role": reader.role, "id": reader.id or None, "languages": languages})
    return {
        "articles": tally.articles,
        "changed": tally.changed,
        "feeds": [
            {"channel": channel, "language": language, **_describe(change)}
            for (channel, language), change in sorted(tally.feeds.items())
        ],
        "readers": readers,
        "translations": {
            "asked": tally.asked.total(),
            "characters": tally.characters.total(),
            "spared": tally.spared.total(),
            "languages": {
                language: {
                    "asked": tally.asked[language],
                    "characters": tally.characters[language],
                    "spared": tally.spared[language],
                }
                for language in sorted(tally.asked.keys() | tally.spared.keys())
            },
        },
    }


def _list_languages(tally: Tally, reader: int) -> Iterator[LanguageEffect]:
    gains, loses = tally.gaining.count_by_language(reader), tally.losing.count_by_language(reader)
    for language in sorted(gains.keys() | loses.keys()):
        gained = tally.gaining.examples.get((language, reader), [])
        lost = tally.losing.examples.get((language, reader), [])
        yield {"language": language, **_describe(Change(gains[language], loses[language], 0, gained, lost))}


def _describe(change: Change) -> Effect:
    return {
        "gains": change.gains,
        "loses": change.loses,
        "differs": change.differs,
        "gained": _list_examples(change.gained),
        "lost": _list_examples(change.lost),
    }


def _list_examples(examples: Sequence[Example]) -> list[ExampleShown]:
    return [{"outlet": one.outlet, "item": one.item, "headline": one.headline, "route": one.route} for one in examples]
