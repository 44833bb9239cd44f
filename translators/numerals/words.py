"""What a word of az en ru tr says about numbers, by the tables; remembered, because news repeats itself."""

import re
from functools import lru_cache

from translators.numerals.english import EN
from translators.numerals.meanings import SIGNS, Meaning
from translators.numerals.russian import RU
from translators.numerals.turkic import AZ, TR

MOST_WORDS = 32_768  # remembered, of all languages
_LONGEST = 24
_ROWS = {"az": AZ, "en": EN, "ru": RU, "tr": TR}


@lru_cache(maxsize=MOST_WORDS)
def find_meaning(word: str, language: str) -> Meaning | None:
    """What the word, as written, means in this language; None for most words."""
    if len(word) > _LONGEST:
        return None
    if word in SIGNS:
        return SIGNS[word]
    folded = fold(word, language)
    index = _index(language)
    for pattern, meaning in index.get(folded[:2]) or index.get(folded[:1], ()):
        if pattern.fullmatch(folded):
            return None if meaning.sense == "month" and _is_another(word, language, meaning) else meaning
    return None


def _is_another(word: str, language: str, month: Meaning) -> bool:
    """ "may" is no month in English, "Marta" none in Azerbaijani, Turkish and Russian."""
    if language == "en":
        return word[0].islower() and month.quiet
    return word in ("Marta", "Maya", "Марта", "Мая")


@lru_cache(maxsize=8)
def list_beginnings(language: str) -> frozenset[str]:
    """What `word[:2]` of every word with a meaning is, as written: most words need no look-up."""
    beginnings = set(SIGNS)
    for key in _index(language):
        for first in (key[0], key[0].upper(), *("İ" if key[0] == "i" else "I" if key[0] == "ı" else "")):
            beginnings |= {first + key[1:], first + key[1:].upper(), first + key[1:].replace("е", "ё")}
            if language in ("az", "tr"):
                beginnings.add(first + key[1:].replace("i", "İ").replace("ı", "I").upper())
    return frozenset(beginnings)


def fold(word: str, language: str) -> str:
    """Lower case as the language has it; ё does not count."""
    if word.islower():
        return word.replace("ё", "е")
    if language in ("az", "tr"):
        return word.replace("I", "ı").replace("İ", "i").lower()
    return word.lower().replace("ё", "е")


@lru_cache(maxsize=8)
def _index(language: str) -> dict[str, tuple[tuple[re.Pattern[str], Meaning], ...]]:
    """The rows of a language by first two letters, or one where the second varies, in their order: the first wins."""
    entries: list[tuple[str, re.Pattern[str], Meaning]] = []
    for pattern, meaning in _ROWS[language]:
        by_key: dict[str, list[str]] = {}
        for each in _split(pattern):
            by_key.setdefault(_get_key(each), []).append(each)
        entries += [(key, re.compile("|".join(patterns)), meaning) for key, patterns in by_key.items()]
    return {
        key: tuple((pattern, meaning) for own, pattern, meaning in entries if own in (key, key[0]))
        for key in {key for key, _, _ in entries}
    }


def _get_key(pattern: str) -> str:
    """The letters that a word has to begin with: two, or one when the second is not certain."""
    plain = len(pattern) > 1 and pattern[1].isalpha() and pattern[2:3] not in ("?", "*", "{")
    return pattern[: 1 + plain]


def _split(pattern: str) -> list[str]:
    """The alternatives of a pattern, outside brackets."""
    parts, depth = [""], 0
    for letter in pattern:
        depth += (letter == "(") - (letter == ")")
        if letter == "|" and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [part for part in parts if part]
