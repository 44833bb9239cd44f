"""Where terms stand in a text, with the endings that its language gives them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from translators import Span
from translators.glossary import turkic
from translators.glossary.patterns import Pattern, fits, make_pattern
from translators.glossary.terms import Glossary, Term, get_family, pick_language
from translators.glossary.words import (
    APOSTROPHES,
    MOST_CHARACTERS,
    TURKIC,
    UNSPACED,
    Word,
    is_acronym,
    is_han,
    read_gap,
    read_words,
    squeeze,
)

_LONGEST_ENDING = 12  # letters after an apostrophe or a hyphen


@dataclass(frozen=True, slots=True)
class Match:
    """A term in a text. `span` has its ending with it, `stem` ends where the form does and the ending begins.

    `form` is the form that was recognised, `rank` its place among the allowed ones (-1: forbidden); `others` are
    further terms that have the same form.
    """

    span: Span
    term: Term
    form: str
    stem: Span
    rank: int = 0
    others: tuple[Term, ...] = ()


class Found(NamedTuple):
    """A pattern where it stands: with its ending, and without."""

    start: int
    end: int
    stem_end: int
    pattern: Pattern


@dataclass(frozen=True, slots=True)
class Index:
    """The forms of a glossary in one language. `starts`: how their first words may begin; `han`: two characters."""

    language: str
    starts: Mapping[str, Sequence[tuple[str | frozenset[str], Pattern]]]
    han: Mapping[str, Sequence[tuple[str, Pattern]]]
    longest: int


def find_terms(text: str, language: str, glossary: Glossary) -> list[Match]:
    """The terms of a text in order; where two overlap, the longer one.

    Of terms with the same form the one that prefers it is meant, else the later one of the glossary. The first 2,000
    characters are looked at.
    """
    picked = pick_longest(list(find_all(text, get_index(glossary, language))))
    return [_make_match(list(found), glossary) for _, found in groupby(picked, key=lambda each: (each.start, each.end))]


def get_index(glossary: Glossary, language: str) -> Index:
    """The compiled forms of a language, kept with the glossary."""
    index = glossary.compiled.get(language)
    if not isinstance(index, Index):
        index = glossary.compiled[language] = make_index(glossary, language)
    return index


def make_index(glossary: Glossary, language: str) -> Index:
    """All forms of all terms in a language, compiled."""
    rows = (
        (number, rank, form)
        for number, term in enumerate(glossary.terms)
        for rank, form in (
            *enumerate(term.list_forms(language)),
            *((-1, form) for form in pick_language(term.forbidden, language)),
        )
    )
    return _compile(rows, glossary, language)


def make_foreign_index(glossary: Glossary, language: str) -> Index:
    """What names and terms of several words are called in other languages, compiled as if it were this one."""
    own = {form for term in glossary.terms for form in term.list_forms(language)}
    rows = (
        (number, -1, form)
        for number, term in enumerate(glossary.terms)
        for form in dict.fromkeys(form for forms in term.forms.values() for form in forms)
        if form not in own and _is_telling(form, term)
    )
    return _compile(rows, glossary, language)


def _is_telling(form: str, term: Term) -> bool:
    """Whether a form is hardly a word of another language: a phrase or a name."""
    return " " in form or (term.is_name() and (len(form) > 2 or is_acronym(form) or is_han(form[0])))


def _compile(rows: Iterable[tuple[int, int, str]], glossary: Glossary, language: str) -> Index:
    starts: dict[str, list[tuple[str | frozenset[str], Pattern]]] = {}
    han: dict[str, list[tuple[str, Pattern]]] = {}
    for number, rank, form in rows:
        if get_family(language) in UNSPACED:
            bare = squeeze(form)[0]
            han.setdefault(bare[:2], []).append((bare, Pattern(form, number, rank, (), (), ())))
        elif pattern := make_pattern(form, number, rank, glossary.terms[number].kind, language):
            for head in pattern.heads[0]:
                starts.setdefault(head.stem, []).append((head.tail, pattern))
    return Index(language, starts, han, max(map(len, starts), default=0))


def find_all(text: str, index: Index, *, any_case: bool = False) -> Iterator[Found]:
    """Every pattern wherever it stands, overlapping ones too; names in small letters as well where `any_case`."""
    if get_family(index.language) in UNSPACED:
        yield from _find_unspaced(text[:MOST_CHARACTERS], index)
        return
    words = read_words(text, index.language)
    starts = index.starts
    for at, word in enumerate(words):
        folded = word.folded
        for size in range(min(len(folded), index.longest), 0, -1):
            for tail, pattern in starts.get(folded[:size], ()):
                found = _measure(text, words, at, size, tail, pattern, index.language)
                if found and (any_case or _has_case(words[at:], pattern)):
                    yield found


def pick_longest(found: Sequence[Found]) -> list[Found]:
    """Those that do not overlap, the longer ones first; all of those at one place, in the glossary's order."""
    picked: list[Found] = []
    taken: dict[int, Span] = {}
    seen: set[tuple[int, int, int]] = set()
    for each in sorted(found, key=lambda one: (one.start - one.end, one.pattern.number)):
        own = (each.start, each.end)
        over = {taken[at] for at in range(*own) if at in taken}
        if over <= {own} and (*own, each.pattern.number) not in seen:
            picked.append(each)
            seen.add((*own, each.pattern.number))
            taken.update(dict.fromkeys(range(*own), own))
    return sorted(picked, key=lambda one: (one.start, one.pattern.number))


def _measure(
    text: str, words: Sequence[Word], at: int, size: int, tail: str | frozenset[str], pattern: Pattern, language: str
) -> Found | None:
    """The pattern whose first word begins the word at `at` with `size` letters, if the rest is there as well."""
    last = at + len(pattern.heads) - 1
    if last >= len(words) or not fits(tail, words[at].folded[size:], language):
        return None
    for step in range(1, len(pattern.heads)):
        one, two = words[at + step - 1], words[at + step]
        if read_gap(text[one.end : two.start]) != pattern.gaps[step - 1]:
            return None
        sizes = [
            len(head.stem) for head in pattern.heads[step]
            if two.folded.startswith(head.stem) and fits(head.tail, two.folded[len(head.stem) :], language)
        ]  # fmt: skip
        if not sizes:
            return None
        size = max(sizes)
    stem_end = words[last].start + size
    end = words[last].end
    if stem_end == end:
        end = _measure_ending(text, words, last, language)
    return Found(words[at].start, end, stem_end, pattern)


def _has_case(words: Sequence[Word], pattern: Pattern) -> bool:
    return all(
        wanted == "any" or (word.text[:2] if wanted == "all" else word.text[0]).isupper()
        for word, wanted in zip(words, pattern.capitals, strict=False)
    )


def _measure_ending(text: str, words: Sequence[Word], at: int, language: str) -> int:
    """Where the word ends with what follows it after an apostrophe, or after a hyphen as in Azerbaijani."""
    end = words[at].end
    family = get_family(language)
    if text[end : end + 1] not in APOSTROPHES + ("-" if family in TURKIC else "") or end == len(text):
        return end
    following = words[at + 1] if at + 1 < len(words) else None
    if following is None or following.start != end + 1:
        plain = family == "en" and words[at].folded.endswith("s") and text[end] in "'’"
        return end + 1 if plain and not text[end + 1 : end + 2].isalnum() and "‘" not in text[:end] else end
    if family in TURKIC and len(following.text) <= _LONGEST_ENDING and turkic.is_ending(following.folded, family):
        return following.end
    return following.end if family == "en" and following.folded == "s" else end


def _find_unspaced(text: str, index: Index) -> Iterator[Found]:
    bare, places = squeeze(text)
    for at in range(len(bare)):
        for size in (2, 1):
            for form, pattern in index.han.get(bare[at : at + size], ()):
                if len(form) >= size and bare.startswith(form, at) and _is_whole(bare, at, at + len(form)):
                    end = places[at + len(form) - 1] + 1
                    if end < MOST_CHARACTERS:  # what is cut there is no whole word
                        yield Found(places[at], end, end, pattern)


def _is_whole(text: str, start: int, end: int) -> bool:
    """Whether no Latin word or number is cut at either end."""
    return not any(
        0 < at < len(text) and text[at - 1].isalnum() and text[at].isalnum()
        and not is_han(text[at - 1]) and not is_han(text[at])
        for at in (start, end)
    )  # fmt: skip


def _make_match(found: Sequence[Found], glossary: Glossary) -> Match:
    """The match of all patterns that stand at one place."""
    *others, meant = sorted(found, key=lambda each: (each.pattern.rank == 0, each.pattern.rank, each.pattern.number))
    form, number, rank = meant.pattern[:3]
    terms = tuple(glossary.terms[each.pattern.number] for each in others if each.pattern.rank >= 0 or rank < 0)
    return Match((meant.start, meant.end), glossary.terms[number], form, (meant.start, meant.stem_end), rank, terms)
