"""What another routing would have done to the articles of the last days: who gains, who loses, what it costs (pure).

  Sample (an article as it is stored), two Configs ─decide twice→ Tally ─add→ Tally ─describe→ JSON

Each article is decided as if every text were still to be made. Grants of exchanges and rights of countries, which are
judged when somebody reads, are not counted.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from feeds.model import Article
from server.comparison import Comparison, Eyes, Glossaries, list_eyes
from server.config import Config
from server.routing import Decision, Destination, decide, get_program
from server.routing.facts import Facts, make_facts
from server.store.documents import load_article
from server.store.placements import FeedName
from server.translation import list_wanted_languages

MOST_EXAMPLES = 5
TEXT_BYTES_SEEN = 200  # of a headline


@dataclass(frozen=True, slots=True)
class Sample:
    """An article as it is stored. `made`: the languages in which there is a text besides its own."""

    outlet: str
    item: str
    pushed_at: datetime
    document: bytes
    made: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Example:
    outlet: str
    item: str
    headline: str
    route: str


@dataclass(slots=True)
class Change:
    """What becomes of one feed, or of what one reader sees."""

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
class Tally:
    """Of some articles. `by_eyes`: of all readers who see the same; `asked`, `spared`: machine versions by language."""

    articles: int = 0
    changed: int = 0
    feeds: dict[FeedName, Change] = field(default_factory=lambda: defaultdict(Change))
    by_eyes: dict[tuple[Eyes, str], Change] = field(default_factory=lambda: defaultdict(Change))
    asked: Counter[str] = field(default_factory=Counter)
    characters: Counter[str] = field(default_factory=Counter)
    spared: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Tally") -> None:
        self.articles += other.articles
        self.changed += other.changed
        for feed, change in other.feeds.items():
            self.feeds[feed].add(change)
        for key, change in other.by_eyes.items():
            self.by_eyes[key].add(change)
        self.asked.update(other.asked)
        self.characters.update(other.characters)
        self.spared.update(other.spared)


def compare(samples: Iterable[Sample], comparison: Comparison) -> Tally:
    """What becomes of these articles."""
    tally = Tally()
    for sample in samples:
        tally.articles += 1
        if sample.outlet in comparison.same:
            continue
        article = load_article(sample.document)
        old_facts = _make_facts(sample, article, comparison.old, comparison.glossaries)
        new_facts = (
            old_facts
            if comparison.shares_facts
            else _make_facts(sample, article, comparison.new, comparison.glossaries)
        )
        old, new = decide(old_facts, comparison.old), decide(new_facts, comparison.new)
        is_usable = article.pub_status == "usable"
        before = _list_places(old) if is_usable else {}
        after = _list_places(new) if is_usable else {}
        if before != after:
            tally.changed += 1
            _count_feeds(tally, sample, article, before, after)
        if before.keys() != after.keys() or any(one != other for one, other in comparison.eyes):
            _count_readers(tally, sample, article, before, after, comparison.eyes)
        _count_cost(tally, sample, new_facts, (old, new), comparison)
    return tally


def _make_facts(sample: Sample, article: Article, config: Config, glossaries: Glossaries) -> Facts:
    facts = make_facts(article, sample.outlet, config, pushed_at=sample.pushed_at)
    if glossaries and get_program(config).looks_for_words:
        return replace(facts, glossary=glossaries.get(config.exchanges_of(sample.outlet)))
    return facts


def _list_places(decision: Decision) -> dict[FeedName, Destination]:
    return {(place.channel, place.language): place for place in decision.destinations}


def _count_feeds(
    tally: Tally,
    sample: Sample,
    article: Article,
    before: Mapping[FeedName, Destination],
    after: Mapping[FeedName, Destination],
) -> None:
    for feed in after.keys() - before.keys():
        _note(tally.feeds[feed], sample, article, after[feed].route, is_gain=True)
    for feed in before.keys() - after.keys():
        _note(tally.feeds[feed], sample, article, before[feed].route, is_gain=False)
    for feed in before.keys() & after.keys():
        if before[feed] != after[feed]:
            tally.feeds[feed].differs += 1


def _count_readers(
    tally: Tally,
    sample: Sample,
    article: Article,
    before: Mapping[FeedName, Destination],
    after: Mapping[FeedName, Destination],
    all_eyes: Iterable[Eyes],
) -> None:
    """Article by article and language by language: through which channel it comes does not matter."""
    for eyes in all_eyes:
        had = {language: place.route for (channel, language), place in before.items() if channel in eyes[0]}
        has = {language: place.route for (channel, language), place in after.items() if channel in eyes[1]}
        for language in has.keys() - had.keys():
            _note(tally.by_eyes[eyes, language], sample, article, has[language], is_gain=True)
        for language in had.keys() - has.keys():
            _note(tally.by_eyes[eyes, language], sample, article, had[language], is_gain=False)


def _note(change: Change, sample: Sample, article: Article, route: str, *, is_gain: bool) -> None:
    if is_gain:
        change.gains += 1
    else:
        change.loses += 1
    examples = change.gained if is_gain else change.lost
    if len(examples) < MOST_EXAMPLES:
        examples.append(Example(sample.outlet, sample.item, article.headline[:TEXT_BYTES_SEEN], route))


def _count_cost(
    tally: Tally, sample: Sample, facts: Facts, decisions: tuple[Decision, Decision], comparison: Comparison
) -> None:
    source = facts.article.language
    wanted = [
        list_wanted_languages(decision.machine_languages(), source, config)
        for decision, config in zip(decisions, (comparison.old, comparison.new), strict=True)
    ]
    asked = wanted[1] - wanted[0] - sample.made
    tally.asked.update(asked)
    tally.spared.update(wanted[0] - wanted[1])
    if asked:
        length = len(facts.article.headline) + len(facts.article.description) + facts.characters
        tally.characters.update(dict.fromkeys(asked, length))


def describe(tally: Tally, comparison: Comparison) -> dict[str, Any]:
    """As the API shows it."""
    readers = []
    for reader, eyes in list_eyes(comparison.old, comparison.new).items():
        by_language = {language: one for (whose, language), one in tally.by_eyes.items() if whose == eyes}
        if by_language:
            languages = [{"language": name, **_describe(one)} for name, one in sorted(by_language.items())]
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


def _describe(change: Change) -> dict[str, Any]:
    return {
        "gains": change.gains,
        "loses": change.loses,
        "differs": change.differs,
        "gained": _list_examples(change.gained),
        "lost": _list_examples(change.lost),
    }


def _list_examples(examples: Sequence[Example]) -> list[dict[str, str]]:
    return [{"outlet": one.outlet, "item": one.item, "headline": one.headline, "route": one.route} for one in examples]
