"""article × routing config → destinations and why. Pure: the same article and config always give the same decision.

Facts ─each route in order→ Judgement (matched? why?) ─until `stop`→ Decision (channel × language → policy, route)
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from feeds.model import Article
from server.config import Channel, Config, HeldPolicy, MachinePolicy, Route
from server.mediatopics import ancestors


@dataclass(frozen=True, slots=True)
class Facts:
    """What routes can ask of an article. `subjects` hold Media Topics with their ancestors; texts are folded."""

    outlet: str
    exchanges: tuple[str, ...]
    country: str
    language: str
    subjects: frozenset[str]
    keywords: frozenset[str]
    headline: str
    urgency: int | None
    genres: frozenset[str]


@dataclass(frozen=True, slots=True)
class Destination:
    """An article goes to this channel in this language; `machine` and `held` say what machine versions may do there."""

    channel: str
    language: str
    machine: MachinePolicy
    held: HeldPolicy
    route: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one route said of an article: one reason per condition, met or not."""

    route: str
    matched: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """All destinations, and every route's judgement up to the one that stopped."""

    destinations: tuple[Destination, ...]
    judgements: tuple[Judgement, ...]

    def machine_languages(self) -> frozenset[str]:
        """The languages in which a machine version is wanted somewhere."""
        return frozenset(place.language for place in self.destinations if place.machine != "off")

    def is_held(self, language: str) -> bool:
        """Whether every destination wants an editor to see machine text in this language first."""
        policies = {place.machine for place in self.destinations if place.language == language}
        return bool(policies) and "publish" not in policies


def make_facts(article: Article, outlet: str, config: Config) -> Facts:
    member = config.outlets.get(outlet)
    codes = {subject.code for subject in article.subjects if subject.code}
    return Facts(
        outlet=outlet,
        exchanges=config.exchanges_of(outlet),
        country=member.country if member else "",
        language=article.language,
        subjects=frozenset(codes.union(*(ancestors(code) for code in codes))),
        keywords=frozenset(fold(subject.name) for subject in article.subjects),
        headline=fold(article.headline),
        urgency=article.urgency,
        genres=frozenset(fold(genre) for genre in article.genres),
    )


def fold(text: str) -> str:
    """The text as it is compared: without case and width. İ, I, ı, i are one letter: whose I is whose, nobody says."""
    return unicodedata.normalize("NFKC", text).casefold().replace("\u0307", "").replace("ı", "i")


def decide(facts: Facts, config: Config) -> Decision:
    """Run the routes over an article; where two send it to one channel in one language, the upper one decides."""
    places: dict[tuple[str, str], Destination] = {}
    judgements = []
    for route in config.routes:
        judgement = judge(route, facts)
        judgements.append(judgement)
        if not judgement.matched:
            continue
        for name in route.to:
            for language in _languages(route, config.channels[name], facts.language, config):
                places.setdefault((name, language), _make_destination(name, language, route))
        if route.stop:
            break
    return Decision(tuple(places.values()), tuple(judgements))


def _make_destination(channel: str, language: str, route: Route) -> Destination:
    return Destination(channel, language, route.machine, route.held, route.name)


def judge(route: Route, facts: Facts) -> Judgement:
    """Whether a route takes an article, with a reason per condition."""
    checks = list(_check(route, facts))
    reasons = tuple(reason for _, reason in checks) or ("takes every article",)
    return Judgement(route.name, all(met for met, _ in checks), reasons)


def _check(route: Route, facts: Facts) -> Iterator[tuple[bool, str]]:
    when = route.when
    for name, wanted, actual in (
        ("outlet", when.outlet, (facts.outlet,)),
        ("exchange", when.exchange, facts.exchanges),
        ("country", when.country, (facts.country,)),
        ("language", when.language, (facts.language,)),
        ("subject", when.subject, facts.subjects),
        ("urgency", when.urgency, () if facts.urgency is None else (facts.urgency,)),
        ("genre", tuple(fold(genre) for genre in when.genre), facts.genres),
    ):
        if wanted:
            yield _compare(name, tuple(wanted), set(actual))
    if when.keyword:
        met = [word for word in when.keyword if _has_keyword(fold(word), facts)]
        yield bool(met), f"keyword {met[0]!r} found" if met else f"none of the keywords {', '.join(when.keyword)}"


def _compare(name: str, wanted: tuple[object, ...], actual: set[object]) -> tuple[bool, str]:
    met = [value for value in wanted if value in actual]
    if met:
        return True, f"{name} is {met[0]}"
    has = ", ".join(sorted(str(value) for value in actual)) or "not given"
    return False, f"{name} is {has}, wanted {' or '.join(str(value) for value in wanted)}"


def _has_keyword(word: str, facts: Facts) -> bool:
    if word in facts.keywords:
        return True
    if word.isascii() or not any("\u4e00" <= letter <= "\u9fff" for letter in word):
        return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", facts.headline) is not None
    return word in facts.headline  # Chinese has no spaces between words


def _languages(route: Route, channel: Channel, source: str, config: Config) -> Iterator[str]:
    """Those of the channel that the route wants, the source first, wanted or not."""
    of_exchange = config.exchanges[channel.exchange].languages if channel.exchange else ()
    of_channel = of_exchange or config.languages.configured
    if source in of_channel:
        yield source
    for language in of_channel:
        if language != source and ("*" in route.languages or language in route.languages):
            yield language
