"""IPTC Media Topics: which topic lies under which, and what it is called (server/data/README.md has the source).

Codes are written "medtop:20000170". The table is read once, on first use; after that everything here is a lookup.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

FALLBACK_LANGUAGE = "en"
LANGUAGES = ("en", "az", "ru", "tr", "zh")


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One concept. `labels` by language, always with English; `ancestors` nearest first, without the topic itself."""

    code: str
    labels: Mapping[str, str]
    ancestors: tuple[str, ...]
    is_retired: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A topic's name and the language that it is really in: English where there is no label in the one asked for."""

    text: str
    language: str


def is_known(code: str) -> bool:
    """Tell whether the table has the code, in use or retired."""
    return code in _load_topics()


def ancestors(code: str) -> tuple[str, ...]:
    """Give the topics above the code, nearest first, without itself; empty for top topics and unknown codes."""
    topic = _load_topics().get(code)
    return topic.ancestors if topic else ()


def label(code: str, language: str) -> str | None:
    """Name the topic in a language (BCP 47), else in English; None for unknown codes."""
    found = find_label(code, language)
    return found.text if found else None


def find_label(code: str, language: str) -> Label | None:
    """Like `label`, and say which language the name is in, for pages that have to mark it."""
    topic = _load_topics().get(code)
    if topic is None:
        return None
    primary = language.partition("-")[0].lower()
    used = primary if primary in topic.labels else FALLBACK_LANGUAGE
    return Label(text=topic.labels[used], language=used)


@cache
def _load_topics() -> Mapping[str, Topic]:
    with files("server").joinpath("data/mediatopics.tsv").open(encoding="utf-8") as table:
        rows = {row["code"]: row for row in csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE)}
    broader = {code: row["broader"] for code, row in rows.items()}
    return {
        code: Topic(
            code=code,
            labels={language: row[language] for language in LANGUAGES if row[language]},
            ancestors=_climb(code, broader),
            is_retired=bool(row["retired"]),
        )
        for code, row in rows.items()
    }


def _climb(code: str, broader: Mapping[str, str]) -> tuple[str, ...]:
    path: list[str] = []
    while (above := broader[code]) and above not in path:
        path.append(above)
        code = above
    return tuple(path)
