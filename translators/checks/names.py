"""Names of people and things by transliteration: Rustamova, Rüstəmova, Рустамова, 鲁斯塔莫娃 are one.

What has a capital letter inside a sentence, and is no ordinary word (data/capitals.txt), should be in the result. From
and into Chinese only people's names are compared: the characters of others say little.
"""

import re
from functools import lru_cache
from importlib import resources
from typing import NamedTuple

from translators import Direction
from translators.checks.finding import CAPITALS, MOST_CHARACTERS, Finding, get_primary
from translators.checks.skeletons import (
    are_alike,
    are_alike_in_chinese,
    get_chinese_name,
    get_chinese_skeleton,
    get_skeleton,
    is_within,
)

SPACED = ("az", "en", "ru", "tr")
LEAST_CONSONANTS, LEAST_IN_CHINESE = 2, 3
MOST_NAMED = 3
_CAPITAL = re.compile(rf"(?<![^\W\d_])[{CAPITALS}][^\W\d_]{{2,}}")
_WORD = re.compile(r"[^\W\d_]{3,}")
_STARTS = re.compile(r"(?:^|[.!?…:;«“„\"(—–\n]|[^\w\s,’'-])\s*$")
_CHINESE_RUN = re.compile(r"[^\W\d_A-Za-z]{1,8}(?:·[^\W\d_A-Za-z]{1,8})+")
_CASE = str.maketrans({"İ": "i", "I": "ı"})


class Name(NamedTuple):
    """A capitalised word; `paired` when it stands beside another one, as people's names do."""

    word: str
    paired: bool


def find_name(source: str, result: str, direction: Direction) -> Finding | None:
    """A name of the source is not in the result, or the other way round."""
    missing, added = _compare(source[:MOST_CHARACTERS], result[:MOST_CHARACTERS], direction)
    if not missing and not added:
        return None
    told = f"{_spell(missing)} missing" if missing else f"{_spell(added)} not in the source"
    sure = any(name.paired for name in missing or added)
    return Finding("name", told, source, result, "hold" if sure else "note")


def _compare(source: str, result: str, direction: Direction) -> tuple[list[Name], list[Name]]:
    """The names that only one side has, first the source's."""
    ours, theirs = get_primary(direction.source), get_primary(direction.target)
    if ours in SPACED and theirs in SPACED:
        missing = _list_missing(source, result, ours, theirs)
        return missing, [] if missing else _list_missing(result, source, theirs, ours)
    if ours in SPACED and theirs == "zh":
        return _list_missing_in_chinese(source, result, ours), _list_missing_from_chinese(result, source, ours)
    if ours == "zh" and theirs in SPACED:
        return _list_missing_from_chinese(source, result, theirs), _list_missing_in_chinese(result, source, theirs)
    return [], []


def list_names(text: str, language: str) -> tuple[Name, ...]:
    """Capitalised words inside sentences that are no ordinary words."""
    names: list[Name] = []
    last_end, last_capital = -9, False
    for found in _CAPITAL.finditer(text):
        word = found[0]
        if word.isupper():
            continue
        ordinary = _is_ordinary(word, language)
        beside = last_capital and text[last_end : found.start()] in (" ", "-", "\u00a0")
        if not ordinary and (beside or not _STARTS.search(text, max(0, found.start() - 3), found.start())):
            names.append(Name(word, beside))
            if beside and len(names) > 1 and names[-2].word == text[last_end - len(names[-2].word) : last_end]:
                names[-2] = Name(names[-2].word, True)
        last_end, last_capital = found.end(), not ordinary
    return tuple(names)


def _list_missing(ours: str, theirs: str, our_language: str, their_language: str) -> list[Name]:
    """Names that no capitalised word is like, and no other word begins like (Belgian, belçikalı)."""
    names = list_names(ours, our_language)
    if not names:
        return []
    words = _WORD.findall(theirs)
    capitals = {get_skeleton(word, their_language) for word in words if word[0].isupper()}
    missing = []
    beginnings: set[str] | None = None
    for name in names:
        skeleton = get_skeleton(name.word, our_language)
        if len(skeleton) < LEAST_CONSONANTS or any(are_alike(skeleton, word) for word in capitals):
            continue
        if beginnings is None:
            beginnings = {get_skeleton(word, their_language)[:3] for word in words if word[0].islower()}
        if skeleton[:3] not in beginnings or len(skeleton) < 3:
            missing.append(name)
    return missing


def _list_missing_in_chinese(source: str, result: str, language: str) -> list[Name]:
    """Of people's names only; case endings do not count."""
    names = [name for name in list_names(source, language) if name.paired]
    if not names or not result:
        return []
    whole = get_chinese_skeleton(result)
    missing = []
    for name in names:
        skeleton = get_skeleton(name.word, language)
        if len(skeleton) >= LEAST_IN_CHINESE and not is_within(skeleton[: max(3, len(skeleton) - 2)], whole):
            missing.append(name)
    return missing


def _list_missing_from_chinese(source: str, result: str, language: str) -> list[Name]:
    if "·" not in source:
        return []
    words = {get_skeleton(word, language) for word in _CAPITAL.findall(result)}
    missing = []
    for run in _CHINESE_RUN.findall(source):
        for part in run.split("·")[1:]:
            skeleton = get_chinese_name(part)
            if len(skeleton) >= LEAST_CONSONANTS and not any(are_alike_in_chinese(word, skeleton) for word in words):
                missing.append(Name(part, True))
    return missing


def _spell(names: list[Name]) -> str:
    return ", ".join(name.word for name in names[:MOST_NAMED])


@lru_cache(maxsize=8192)
def _is_ordinary(word: str, language: str) -> bool:
    word = word.translate(_CASE).lower() if language in ("az", "tr") else word.lower()
    stems = _load_ordinary()[language]
    return any(word[:size] in stems for size in range(max(3, len(word) - 6), len(word) + 1))


@lru_cache(maxsize=1)
def _load_ordinary() -> dict[str, frozenset[str]]:
    text = resources.files("translators").joinpath("data/capitals.txt").read_text(encoding="utf-8")
    stems: dict[str, set[str]] = {}
    language = ""
    for line in text.splitlines():
        if line.startswith("["):
            language = line.strip("[]")
        elif not line.startswith("#"):
            stems.setdefault(language, set()).update(line.split())
    return {language: frozenset(own) for language, own in stems.items()}
