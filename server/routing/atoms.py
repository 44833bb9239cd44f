"""Each field of a condition as a question to an article: is it met, and what is there? Pure.

An answer is True, False, or None: nobody knows before the text is made.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from server.config.rules import Clock, Range, When
from server.routing.clocks import is_within
from server.routing.facts import Facts, Target
from server.routing.words import Finder, fold, list_forms, make_finder

Answer = bool | None
Ask = Callable[[Facts, Target | None], Answer]
Tell = Callable[[Facts, Target | None], Sequence[object]]

STATIC = ("outlet", "exchange", "country", "language")  # the same for all articles of an outlet in one language
MOST_KEPT = 64  # glossaries whose forms one condition keeps


@dataclass(frozen=True, slots=True)
class Atom:
    """`wanted`: any of these; `tell`: what there is, of fields that look for words those of `wanted` that are found."""

    name: str
    wanted: tuple[str, ...]
    ask: Ask
    tell: Tell
    per_language: bool = False


def list_atoms(when: When) -> Iterator[Atom]:
    """A question for every field that is given, but for what combines conditions."""
    yield from _list_static(when)
    yield from _list_sets(when)
    yield from _list_words(when)
    yield from _list_measures(when)
    yield from _list_of_target(when)


def _list_static(when: When) -> Iterator[Atom]:
    if when.outlet:
        yield _make_one("outlet", when.outlet, lambda facts: facts.outlet)
    if when.exchange:
        yield _make_set("exchange", when.exchange, lambda facts: facts.exchanges)
    if when.country:
        yield _make_one("country", when.country, lambda facts: facts.country)
    if when.language:
        yield _make_one("language", when.language, lambda facts: facts.article.language)


def _list_sets(when: When) -> Iterator[Atom]:
    if when.subject:
        yield _make_set("subject", when.subject, lambda facts: facts.subjects)
    if when.urgency:
        yield _make_one("urgency", when.urgency, lambda facts: facts.article.urgency)
    if when.genre:
        yield _make_set("genre", tuple(map(fold, when.genre)), lambda facts: facts.genres)
    if when.has_pictures is not None:
        yield _make_one("has_pictures", (when.has_pictures,), lambda facts: bool(facts.article.pictures))
    if when.permits:
        yield _make_set(
            "permits", when.permits, lambda facts: [use for use in when.permits if facts.rights.permits(use)]
        )
    if when.territory:
        yield _make_set(
            "territory", when.territory, lambda facts: [one for one in when.territory if facts.rights.covers(one)]
        )


def _list_words(when: When) -> Iterator[Atom]:
    if when.keyword:
        yield _make_words("keyword", when.keyword, lambda facts: facts.headline, lambda facts: facts.keywords)
    if when.text:
        yield _make_words("text", when.text, lambda facts: facts.text, lambda facts: facts.keywords)
    if when.place:
        yield _make_words("place", when.place, lambda facts: facts.located)
    if when.ed_note:
        yield _make_words("ed_note", when.ed_note, lambda facts: facts.ed_note)


def _list_measures(when: When) -> Iterator[Atom]:
    if when.characters is not None:
        yield _make_range("characters", when.characters, lambda facts: facts.characters)
    if when.words is not None:
        yield _make_range("words", when.words, lambda facts: facts.words)
    if when.time is not None:
        yield _make_time(when.time)


def _list_of_target(when: When) -> Iterator[Atom]:
    if when.target:
        yield _make_of_target("target", when.target, lambda target: target.language)
    if when.origin:
        yield _make_of_target("origin", when.origin, lambda target: target.origin)
    if when.freshness:
        yield _make_of_target("freshness", when.freshness, lambda target: target.freshness)
    if when.quality:
        yield _make_of_target("quality", when.quality, lambda target: target.quality)
    if when.held is not None:
        yield _make_of_target("held", (when.held,), lambda target: target.held)


def _write(value: object) -> str:
    return ("no", "yes")[value] if isinstance(value, bool) else str(value)


def _make_one(name: str, wanted: Sequence[object], get: Callable[[Facts], object]) -> Atom:
    values = frozenset(wanted)
    return Atom(
        name,
        tuple(map(_write, wanted)),
        lambda facts, _: get(facts) in values,
        lambda facts, _: () if get(facts) is None else (_write(get(facts)),),
    )


def _make_set(name: str, wanted: tuple[str, ...], get: Callable[[Facts], Sequence[str] | frozenset[str]]) -> Atom:
    is_disjoint = frozenset(wanted).isdisjoint
    return Atom(name, wanted, lambda facts, _: not is_disjoint(get(facts)), lambda facts, _: sorted(get(facts)))


def _make_words(
    name: str,
    wanted: tuple[str, ...],
    get: Callable[[Facts], str],
    get_whole: Callable[[Facts], frozenset[str]] = lambda _: frozenset(),
) -> Atom:
    """Words of a text, or one of the whole words that stand beside it."""
    kept: dict[str, tuple[Finder, frozenset[str]]] = {}

    def compile_for(facts: Facts) -> tuple[Finder, frozenset[str]]:
        version = facts.glossary.version if facts.glossary is not None else ""
        found = kept.get(version)
        if found is None:
            if len(kept) >= MOST_KEPT:
                kept.clear()
            forms = [form for word in wanted for form in list_forms(word, facts.glossary)]
            found = kept[version] = make_finder(forms), frozenset(map(fold, forms))
        return found

    def ask(facts: Facts, _: Target | None) -> bool:
        find, whole = kept.get(facts.glossary.version if facts.glossary is not None else "") or compile_for(facts)
        return not whole.isdisjoint(get_whole(facts)) or find(get(facts))

    def tell(facts: Facts, _: Target | None) -> Sequence[object]:
        return [word for word in wanted if _is_there(list_forms(word, facts.glossary), get(facts), get_whole(facts))]

    return Atom(name, wanted, ask, tell)


def _is_there(forms: Sequence[str], text: str, whole: frozenset[str]) -> bool:
    return any(fold(form) in whole for form in forms) or make_finder(forms)(text)


def _make_range(name: str, wanted: Range, get: Callable[[Facts], int]) -> Atom:
    least, most = wanted.min or 0, wanted.max
    bounds = [f"at least {least}"] if least else []
    bounds += [f"at most {most}"] if most is not None else []
    return Atom(
        name,
        (" and ".join(bounds),),
        lambda facts, _: least <= get(facts) and (most is None or get(facts) <= most),
        lambda facts, _: (get(facts),),
    )


def _make_time(clock: Clock) -> Atom:
    days = " ".join(clock.days) or "every day"
    return Atom(
        "time",
        (f"{days} {clock.begin:%H:%M}-{clock.end:%H:%M} {clock.zone}",),
        lambda facts, _: facts.pushed_at is not None and is_within(clock, facts.pushed_at),
        lambda facts, _: () if facts.pushed_at is None else (f"{facts.pushed_at:%a %Y-%m-%d %H:%M %Z}",),
    )


def _make_of_target(name: str, wanted: Sequence[object], get: Callable[[Target], object]) -> Atom:
    values = frozenset(wanted)

    def ask(_: Facts, target: Target | None) -> Answer:
        value = get(target) if target is not None else None
        return None if value is None else value in values

    def tell(_: Facts, target: Target | None) -> Sequence[object]:
        value = get(target) if target is not None else None
        return () if value is None else (_write(value),)

    return Atom(name, tuple(map(_write, wanted)), ask, tell, per_language=True)
