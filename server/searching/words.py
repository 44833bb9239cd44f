"""A text as words that can be compared: folded, each with its place in the text; Chinese as pairs of characters. Pure.

text ─tidy→ what is read ─list_words→ Word, Word …
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from server.routing.words import fold

BLOCK = "\ue000"  # between paragraphs: no phrase goes across
HAN = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # and kana: written without spaces
_MARKS = (  # letters of many scripts go on with these
    "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u064b-\u065f\u0670\u093a-\u094f\u0951-\u0957\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"
)
_RUN = re.compile(rf"(?P<han>[{HAN}]+)|(?:[^\W_{HAN}][{_MARKS}]*)+")
_IS_HAN = re.compile(f"[{HAN}]")
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
_LETTERS = str.maketrans(
    {"ə": "e", "ё": "е", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "æ": "ae", "œ": "oe", "þ": "th"}
)
_LAST_LATIN = "\u024f"


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it is compared, and from where to where it stands."""

    text: str
    start: int
    end: int


def tidy(text: str) -> str:
    """The text as it is read and shown: NFC, without what nobody sees (soft hyphens, joiners)."""
    return unicodedata.normalize("NFC", text).translate(_INVISIBLE)


def is_han(word: str) -> bool:
    return _IS_HAN.match(word) is not None


@lru_cache(maxsize=65_536)
def fold_word(word: str) -> str:
    """Without case, width and accents: those that keyboards of other languages lack."""
    if word.isascii():
        return word.lower()
    plain, base = [], ""
    for letter in unicodedata.normalize("NFD", fold(word).translate(_LETTERS)):
        if not unicodedata.combining(letter):
            base = letter
        elif base <= _LAST_LATIN:
            continue
        plain.append(letter)
    return unicodedata.normalize("NFC", "".join(plain)).translate(_LETTERS)


def list_runs(text: str) -> Iterator[tuple[str, int, bool]]:
    """(what stands together, from where, whether it is Chinese) in a tidy text."""
    for found in _RUN.finditer(text):
        yield found[0], found.start(), found["han"] is not None


def list_words(text: str) -> Iterator[Word]:
    """The words of a tidy text; of Chinese each pair of characters, and the last character of a run alone."""
    for run, start, is_chinese in list_runs(text):
        if is_chinese:
            for at in range(len(run)):
                yield Word(fold_word(run[at : at + 2]), start + at, start + min(at + 2, len(run)))
        elif word := fold_word(run):
            yield Word(word, start, start + len(run))


def write_words(blocks: Sequence[str]) -> str:
    """The words of a text's paragraphs, as the index takes them."""
    written = (" ".join(word.text for word in list_words(tidy(block))) for block in blocks)
    return f" {BLOCK} ".join(filter(None, written))
