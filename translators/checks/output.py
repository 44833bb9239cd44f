"""Is the result in the right language at all, or the source once more?"""

import re
from collections.abc import Collection

from translators import Direction
from translators.checks.finding import MOST_CHARACTERS, Finding, get_primary
from translators.languages import identify

LANGUAGES = ("az", "en", "ru", "tr", "zh")
ENOUGH = 30  # characters of a result in a shared script from which its language is looked at
SURE = 0.9
LEAST_OF_SCRIPT = 0.5
MOST_COPIED, ENOUGH_WORDS = 0.7, 4

_LATIN, _CYRILLIC, _HAN = re.compile("[A-Za-zÀ-ÖØ-öø-ʯ]"), re.compile("[Ѐ-ӿ]"), re.compile("[㐀-䶿一-鿿]")
_SCRIPTS = {"az": _LATIN, "en": _LATIN, "tr": _LATIN, "ru": _CYRILLIC, "zh": _HAN}
_OTHERS = {
    language: tuple(each for each in (_LATIN, _CYRILLIC, _HAN) if each is not own) for language, own in _SCRIPTS.items()
}
_WORD = re.compile(r"[^\W\d_]{2,}")
# Letters and small words that only one of az en tr has: seen often enough, no model is asked.
_SMALL_WORDS = {
    "en": frozenset(
        [
            "the",
            "of",
            "and",
            "to",
            "in",
            "is",
            "was",
            "for",
            "with",
            "that",
            "said",
            "has",
            "have",
            "will",
            "at",
            "by",
            "on",
            "from",
            "a",
            "its",
            "after",
            "over",
        ]
    ),
    "tr": frozenset(
        [
            "ve",
            "bir",
            "bu",
            "için",
            "ile",
            "olarak",
            "olan",
            "yüzde",
            "yıl",
            "sonra",
            "kadar",
            "daha",
            "dedi",
            "göre",
            "değil",
            "gün",
            "en",
            "da",
            "de",
        ]
    ),
}
_LETTERS = {"az": "ə", "tr": "ığşöü"}
_FOREIGN = {"az": re.compile(r"\b(?:the|of)\b"), "en": re.compile("[əığşİ]"), "tr": re.compile(r"[əqx]|\b(?:the|of)\b")}


def find_copied(source: str, result: str, direction: Direction) -> Finding | None:
    """The result is the source, or most of its words."""
    if get_primary(direction.source) == get_primary(direction.target):
        return None
    if result.strip() == source.strip():
        copied = len(_list_plain_words(source)) > 1
        return Finding("copied source", "the source itself", source, result) if copied else None
    if _SCRIPTS.get(get_primary(direction.source)) is not _SCRIPTS.get(get_primary(direction.target)):
        return None  # find_language sees it by the script
    ours, theirs = _list_plain_words(source[:MOST_CHARACTERS]), _list_plain_words(result[:MOST_CHARACTERS])
    if len(theirs) < ENOUGH_WORDS:
        return None
    known = set(ours)
    common = sum(word in known for word in theirs)
    if common >= MOST_COPIED * len(theirs):
        return Finding("copied source", f"{common} of {len(theirs)} words are the source's", source, result)
    return None


def find_language(
    source: str, result: str, direction: Direction, languages: Collection[str] = LANGUAGES
) -> Finding | None:
    """The result is in another script or language than it should be. Short results are only asked for their script."""
    target = get_primary(direction.target)
    script = _SCRIPTS.get(target)
    if script is None:
        return None
    text = result[:MOST_CHARACTERS]
    if any(other.search(text) for other in _OTHERS[target]) and _has_words(source):
        letters = {each: len(each.findall(text)) * (3 if each is _HAN else 1) for each in (_LATIN, _CYRILLIC, _HAN)}
        if letters[script] < LEAST_OF_SCRIPT * sum(letters.values()):
            return Finding("language", "written in another script", source, result)
    if script is not _LATIN or len(text) < ENOUGH or _is_plainly(text, target):
        return None
    guess = identify(text, {*languages, target})
    if guess and guess.language != target and guess.confidence >= SURE:
        return Finding("language", f"seems to be in {guess.language}", source, result)
    return None


def _list_plain_words(text: str) -> list[str]:
    """Words that are no names."""
    return [word for word in _WORD.findall(text) if word[0].islower() or not word.isascii()]


def _has_words(text: str) -> bool:
    """Whether there are small words: names and abbreviations may stay in their script."""
    return any(word[0].islower() or "一" <= word[0] <= "鿿" for word in _WORD.findall(text[:MOST_CHARACTERS]))


def _is_plainly(text: str, language: str) -> bool:
    """Marks of the language are frequent and those of its neighbours are absent."""
    seen = sum(text.count(letter) for letter in _LETTERS.get(language, ""))
    seen += sum(word in _SMALL_WORDS[language] for word in text.split()) if language in _SMALL_WORDS else 0
    return seen >= max(2, 1 + len(text) // 60) and not _FOREIGN[language].search(text)
