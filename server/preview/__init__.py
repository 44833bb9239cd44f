"""What another routing would have done to the articles of the last days: who gains, who loses, what it costs.

  Sample (an article as it is stored), two Configs ─decide twice→ Tally ─add→ Tally ─describe→ JSON (tallies)

Each article is decided as if every text were still to be made, and no editor had released what routes hold as a whole.
Grants of exchanges and rights of countries, which are judged when somebody reads, are not counted.

comparison  of two routings        tallies  what it found, counted (pure, as this module is)
batches     the stored articles    lanes    two processes at once: this one, and an assistant
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from feeds.model import Article
from server.config import Config
from server.preview.comparison import Comparison, Glossaries
from server.preview.tallies import MOST_EXAMPLES, Example, Readers, Tally
from server.routing import Decision, Destination, decide
from server.routing.facts import Facts, make_facts
from server.store.documents import load_article
from server.store.placements import FeedName
from server.translation import list_wanted_languages

TEXT_BYTES_SEEN = 200  # of a headline

Places = Mapping[FeedName, Destination]


@dataclass(frozen=True, slots=True)
class Sample:
    """An article as it is stored. `made`: the languages in which there is a text besides its own."""

    outlet: str
    item: str
    pushed_at: datetime
    document: bytes
    made: frozenset[str] = frozenset()


def compare(samples: Iterable[Sample], comparison: Comparison) -> Tally:
    """What becomes of these articles."""
    tally = Tally()
    for sample in samples:
        tally.articles += 1
        if comparison.is_out_of_it(sample.outlet):
            continue
        article = load_article(sample.document)
        old_facts = _make_facts(sample, article, comparison.old, comparison.glossaries)
        if not comparison.may_change(old_facts):
            continue
        new_facts = (
            old_facts
            if comparison.shares_facts
            else _make_facts(sample, article, comparison.new, comparison.glossaries)
        )
        old, new = decide(old_facts, comparison.old), decide(new_facts, comparison.new)
        is_usable = article.pub_status == "usable"
        before = _list_places(old) if is_usable else {}
        after = _list_places(new) if is_usable else {}
        differing = _list_differing(before, after)
        if differing:
            tally.changed += 1
            _count_feeds(tally, sample, article, before, after, differing)
        if before.keys() != after.keys() or comparison.sees_before != comparison.sees_after:
            _count_readers(tally, sample, article, before, after, comparison)
        _count_cost(tally, sample, new_facts, (old, new), comparison)
    return tally


def _make_facts(sample: Sample, article: Article, config: Config, glossaries: Glossaries) -> Facts:
    glossary = glossaries.get(config.exchanges_of(sample.outlet)) if glossaries else None
    return make_facts(article, sample.outlet, config, pushed_at=sample.pushed_at, glossary=glossary)


def _list_places(decision: Decision) -> dict[FeedName, Destination]:
    return {(place.channel, place.language): place for place in decision.destinations if not place.hold}


def _list_differing(before: Places, after: Places) -> Sequence[FeedName]:
    """The feeds in which the article stands under one of the two only, or otherwise."""
    kept = ((feed, place, after.get(feed)) for feed, place in before.items())
    found = [feed for feed, was, place in kept if was is not place and was != place]
    return [*found, *(after.keys() - before.keys())]


def _count_feeds(
    tally: Tally, sample: Sample, article: Article, before: Places, after: Places, differing: Iterable[FeedName]
) -> None:
    for feed in differing:
        change, was, place = tally.feeds[feed], before.get(feed), after.get(feed)
        if place is None:
            change.loses += 1
            if was is not None and len(change.lost) < MOST_EXAMPLES:
                change.lost.append(_make_example(sample, article, was))
        elif was is None:
            change.gains += 1
            if len(change.gained) < MOST_EXAMPLES:
                change.gained.append(_make_example(sample, article, place))
        else:
            change.differs += 1


def _make_example(sample: Sample, article: Article, place: Destination) -> Example:
    return Example(sample.outlet, sample.item, article.headline[:TEXT_BYTES_SEEN], place.route)


def _count_readers(
    tally: Tally, sample: Sample, article: Article, before: Places, after: Places, comparison: Comparison
) -> None:
    """Article by article and language by language: through which channel it comes does not matter."""
    had, has = _list_readers(before, comparison.sees_before), _list_readers(after, comparison.sees_after)
    for language in had.keys() | has.keys():
        gaining, losing = has[language] & ~had[language], had[language] & ~has[language]
        if gaining:
            _note(tally.gaining, language, gaining, sample, article, after, comparison.sees_after)
        if losing:
            _note(tally.losing, language, losing, sample, article, before, comparison.sees_before)


def _list_readers(places: Places, sees: Mapping[str, int]) -> Mapping[str, int]:
    """Language → who sees the article in it, as bits."""
    found: defaultdict[str, int] = defaultdict(int)
    for channel, language in places:
        found[language] |= sees[channel]
    return found


def _note(
    counted: Readers,
    language: str,
    readers: int,
    sample: Sample,
    article: Article,
    places: Places,
    sees: Mapping[str, int],
) -> None:
    counted.counts[language, readers] += 1
    for reader in counted.list_open(language, readers):
        place = next(one for (channel, of), one in places.items() if of == language and sees[channel] >> reader & 1)
        counted.note(language, reader, _make_example(sample, article, place))


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
