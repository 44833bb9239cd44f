"""Names from a table of five languages: shipped are places (data/places.tsv), a caller may bring more.

A name is found with the endings that its language gives it: az tr any after the whole word, ru after its stem.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from itertools import islice

from translators import Direction
from translators.checks.finding import CAPITALS, MOST_CHARACTERS, Finding, get_primary

MOST_NAMES = 20_000
_WORD = re.compile(r"[^\W\d_]+(?:[-’'][^\W\d_]+)*")
_CAPITAL = re.compile(rf"(?<![^\W\d_])[{CAPITALS}][^\W\d_]+(?:[-’'][^\W\d_]+)*")
_CASE = str.maketrans({"İ": "i", "I": "ı", "ё": "е", "Ё": "е"})
_VOWELS = "аеиоуыэюяйь"
_LONGEST_ENDING = {"az": 7, "tr": 7, "ru": 8, "en": 2}
_ENDING = {
    "az": re.compile(r"(?:l[ıiuü](?!q|k)|[ıiuüaənysdtml’'-]).*|"), "tr": re.compile(r"[’'].*|l[ıiuü].*|"),
    "en": re.compile("(?:[’']?s?)"), "ru": re.compile("(?:[аеиоуыэюяйьмхв]{0,3}|(?:ий|ан|иан)?ск[а-я]{1,3})"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class NameTable:
    """Names by language: first word (or first two Chinese characters) → the rest of it and the row that it is of."""

    spaced: Mapping[str, Mapping[str, tuple[tuple[tuple[str, ...], int], ...]]]
    chinese: Mapping[str, tuple[tuple[str, int], ...]]
    labels: Sequence[str]


def make_table(rows: Iterable[Mapping[str, str]]) -> NameTable:
    """A table of names; each row is one name by language (az en ru tr zh), what is empty is not compared."""
    spaced: dict[str, dict[str, list[tuple[tuple[str, ...], int]]]] = {}
    chinese: dict[str, list[tuple[str, int]]] = {}
    labels: list[str] = []
    numbers: dict[str, int] = {}
    for row in islice(rows, MOST_NAMES):
        number = numbers.setdefault(row.get("zh") or f"{len(labels)}", len(labels))  # USA, United States: one
        if number == len(labels):
            labels.append(row.get("en") or next(iter(row.values())))
        for language, name in row.items():
            if language == "zh" and len(name) > 1:
                chinese.setdefault(name[:2], []).append((name, number))
            elif language in _ENDING and name:
                stems = tuple(_make_stem(word, language) for word in _WORD.findall(name))
                if stems:
                    spaced.setdefault(language, {}).setdefault(stems[0][:3], []).append((stems, number))
    return NameTable(
        {
            language: {key: tuple(sorted(names, key=lambda each: -len(each[0]))) for key, names in own.items()}
            for language, own in spaced.items()
        },
        {key: tuple(sorted(names, key=lambda each: -len(each[0]))) for key, names in chinese.items()},
        labels,
    )


def find_place(source: str, result: str, direction: Direction, table: NameTable | None = None) -> Finding | None:
    """One place, or other name of the table, has become another."""
    table = table or load_places()
    ours = list_known(source[:MOST_CHARACTERS], get_primary(direction.source), table)
    theirs = list_known(result[:MOST_CHARACTERS], get_primary(direction.target), table)
    missing, added = ours - theirs, theirs - ours
    if not missing or not added:
        return None
    names = [", ".join(sorted(table.labels[each] for each in some)[:3]) for some in (missing, added)]
    return Finding("known name", f"{names[0]} has become {names[1]}", source, result)


def list_known(text: str, language: str, table: NameTable) -> frozenset[int]:
    """The rows of the table whose names stand in the text; the longer name wins where two begin alike."""
    if language == "zh":
        return frozenset(_find_chinese(text, table.chinese))
    names = table.spaced.get(language)
    return frozenset(_find_spaced(text, language, names)) if names else frozenset()


def _find_spaced(
    text: str, language: str, names: Mapping[str, tuple[tuple[tuple[str, ...], int], ...]]
) -> Iterable[int]:
    end = 0
    for found in _CAPITAL.finditer(text):
        if found.start() < end:
            continue
        for stems, number in names.get(_fold(found[0], language)[:3], ()):
            if len(stems[0]) <= 4 and not found.start():
                continue
            size = _measure(stems, text, found.start(), language)
            if size:
                yield number
                end = found.start() + size
                break


def _measure(stems: tuple[str, ...], text: str, start: int, language: str) -> int:
    """How many characters the name takes that begins here, its words with their endings; 0 when it does not."""
    at = start
    for stem in stems:
        found = _WORD.match(text, at)
        if not found:
            return 0
        folded = _fold(found[0], language)
        rest = folded[len(stem) :]
        if (
            not folded.startswith(stem)
            or len(rest) > _LONGEST_ENDING[language]
            or not _ENDING[language].fullmatch(rest)
        ):
            return 0
        at = found.end() + 1
    return at - 1 - start


def _find_chinese(text: str, names: Mapping[str, tuple[tuple[str, int], ...]]) -> Iterable[int]:
    at = 0
    while at < len(text) - 1:
        step = 1
        for name, number in names.get(text[at : at + 2], ()):
            if text.startswith(name, at):
                yield number
                step = len(name)
                break
        at += step


@lru_cache(maxsize=16384)
def _fold(word: str, language: str) -> str:
    return word.translate(_CASE).lower() if language != "en" else word.lower()


def _make_stem(word: str, language: str) -> str:
    word = _fold(word, language)
    if language == "ru" and len(word) > 4 and word[-1] in _VOWELS:
        return word[:-2] if word.endswith(("ия", "ья")) else word[:-1]
    return word


@lru_cache(maxsize=1)
def load_places() -> NameTable:
    """The places that ship with Karvan."""
    text = resources.files("translators").joinpath("data/places.tsv").read_text(encoding="utf-8")
    head, *rows = (line.split("\t") for line in text.splitlines())
    return make_table(dict(zip(head, row, strict=True)) for row in rows)
