"""A term's form → what to look for in a text of its language."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from translators.glossary import russian, turkic
from translators.glossary.terms import get_family
from translators.glossary.words import TURKIC, Word, is_acronym, read_gap, read_words

# Nouns with the possessive of a compound that places are called by: Xəzər dənizi, Hazar Denizi.
_COMMON = frozenset((
    "dənizi", "denizi", "körfəzi", "körfezi", "dağları", "dağı", "çayı", "nehri", "gölü", "adaları", "adası", "boğazı",
    "respublikası", "cumhuriyeti", "krallığı", "vilayəti", "rayonu", "ili", "yolu", "okeanı", "okyanusu", "çölü",
    "yarımadası", "əmirlikləri", "emirlikleri", "ştatları", "devletleri", "hövzəsi", "havzası", "bölgesi", "regionu",
))  # fmt: skip
_PLURAL = frozenset(("", "s", "es"))
_NOTHING = frozenset(("",))


class Head(NamedTuple):
    """How a word of a pattern may begin, in small letters, and what may follow: endings, or a rule's name."""

    stem: str
    tail: str | frozenset[str]


class Pattern(NamedTuple):
    """A form, word by word: how each may begin, what stands between them, which need a capital or all capitals.

    `number` is the term's place in its glossary; `rank` the form's among the allowed ones, -1 for a forbidden one.
    """

    form: str
    number: int
    rank: int
    heads: tuple[tuple[Head, ...], ...]
    gaps: tuple[str, ...]
    capitals: tuple[str, ...]


def make_pattern(form: str, number: int, rank: int, kind: str, language: str) -> Pattern | None:
    """The pattern of a form; None where it has no words, or one that is too long."""
    words = read_words(form, language)
    if not words or not all(word.folded for word in words):
        return None
    gaps = tuple(read_gap(form[one.end : two.start]) or " " for one, two in pairwise(words))
    compound = is_compound(form, kind, language)
    heads = tuple(tuple(_list_heads(word, language, is_last=word is words[-1], compound=compound)) for word in words)
    return Pattern(form, number, rank, heads, gaps, tuple(_list_capitals(words)))


def is_compound(form: str, kind: str, language: str) -> bool:
    """Whether an Azerbaijani or Turkish form ends with the possessive of a compound: Haber Ajansı, Xəzər dənizi."""
    words = read_words(form, language)
    if get_family(language) not in TURKIC or len(words) < 2 or words[-1].folded[-1:] not in tuple("ıiuü"):
        return False
    return kind not in ("place", "person") or words[-1].folded in _COMMON


def fits(tail: str | frozenset[str], rest: str, language: str) -> bool:
    """Whether the small letters after a stem are what may follow it."""
    if isinstance(tail, frozenset):
        return rest in tail
    if not rest:
        return tail == "any"
    return (tail != "vowel" or rest[0] in turkic.VOWELS) and turkic.is_ending(rest, get_family(language))


def _list_heads(word: Word, language: str, *, is_last: bool, compound: bool) -> Iterator[Head]:
    family = get_family(language)
    if (is_acronym(word.text) and family not in TURKIC) or not word.folded.isalpha():
        yield Head(word.folded, _NOTHING)
    elif family in TURKIC:
        stems = turkic.list_stems(word.folded, is_compound=compound) if is_last else []
        yield from (Head(*stem) for stem in stems) if stems else (Head(word.folded, _NOTHING),)
    elif family == "ru":
        yield from (Head(*stem) for stem in russian.list_stems(word.folded))
    elif family == "en" and word.text.islower():
        yield Head(word.folded, _PLURAL)
        if word.folded.endswith("y") and len(word.folded) > 3:
            yield Head(word.folded[:-1], frozenset(("ies",)))
        if word.folded.endswith("man"):
            yield Head(word.folded[:-2], frozenset(("en",)))
    else:
        yield Head(word.folded, _NOTHING)


def _list_capitals(words: Sequence[Word]) -> Iterator[str]:
    """all: every letter is capital; first: the first one; any: does not matter. Only the first capital is asked for."""
    asked = False
    for word in words:
        if is_acronym(word.text):
            yield "all"
        elif word.text[0].isupper() and not asked:
            yield "first"
        else:
            yield "any"
        asked = asked or word.text[0].isupper()
