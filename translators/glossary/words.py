"""Words of a text with their places, and what two spellings of a word have in common."""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import takewhile
from typing import NamedTuple

from translators.alignment import HAN
from translators.glossary.terms import get_family

MOST_CHARACTERS = 2_000  # of a text that are looked at
APOSTROPHES = "'’ʼ‘"
_WORD = re.compile(r"[^\W_]+")
_HAN = re.compile(f"[{HAN}]")
_QUOTES = re.compile('["“”„«»‹›《》]')
_TURKIC_CASE = str.maketrans({"İ": "i", "I": "ı", "â": "a", "î": "i", "û": "u", "Â": "a", "Î": "i", "Û": "u"})
_CASE = str.maketrans({"İ": "i", "ё": "е", "Ё": "е"})
_DASHES = re.compile(r"[-‐‑–—−]")
_LONGEST_GAP, _LONGEST_WORD = 5, 80

# Languages whose words take endings by the rules of translators.glossary.turkic.
TURKIC = frozenset(("az", "tr"))
# Languages that are written without spaces.
UNSPACED = frozenset(("zh", "zh-Hant", "ja"))


class Word(NamedTuple):
    """A word where it stands in a text, as it is and folded."""

    start: int
    end: int
    text: str
    folded: str


def read_words(text: str, language: str) -> list[Word]:
    """Runs of letters and digits; those that are too long for a word are folded to nothing."""
    return [
        Word(*found.span(), found[0], fold(found[0], language) if len(found[0]) <= _LONGEST_WORD else "")
        for found in takewhile(lambda each: each.start() < MOST_CHARACTERS, _WORD.finditer(text))
    ]


@lru_cache(maxsize=32768)
def fold(word: str, language: str) -> str:
    """Small letters, by the language's own rules (İ and I are two letters in Turkish); as long as the word."""
    folded = word.translate(_TURKIC_CASE if get_family(language) in TURKIC else _CASE).lower()
    return folded if len(folded) == len(word) else word


@lru_cache(maxsize=4096)
def read_gap(gap: str) -> str | None:
    """What stands between two words, as far as it matters; None where they cannot be of one term."""
    if gap == " ":
        return " "
    if len(gap) > _LONGEST_GAP or "\n" in gap:
        return None
    rest = _QUOTES.sub("", gap)
    if any(mark in rest for mark in APOSTROPHES):
        return "'" if rest in APOSTROPHES else None
    rest = _DASHES.sub(" ", rest).strip()
    return rest or " "


def squeeze(text: str) -> tuple[str, Sequence[int]]:
    """The text without quotation marks, and where each of its characters (and its end) stood."""
    places = [at for at, character in enumerate(text) if not _QUOTES.match(character)]
    return "".join(text[at] for at in places), [*places, len(text)]


def is_acronym(word: str) -> bool:
    """Two letters or more, all of them capital."""
    return len(word) > 1 and word.isupper()


def is_han(character: str) -> bool:
    """Whether it is a Chinese character (or one of Japanese)."""
    return _HAN.match(character) is not None
