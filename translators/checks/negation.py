"""No and not: a sentence that denies should not come out as one that affirms, or the other way round.

Two lists per language in data/negation.txt: what plainly denies (sure), and everything that may stand for it in a good
translation (any): "refuse", "without", beginnings and endings that deny. A finding needs a sure one on one side and
none of any kind on the other; or a word like "nobody" that has lost its verb, in languages that need both.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from translators import Direction
from translators.checks.finding import MOST_CHARACTERS, Finding, get_primary

LANGUAGES = ("az", "en", "ru", "tr", "zh")


@dataclass(frozen=True, slots=True)
class _Cues:
    """What denies in one language. `weak` is taken out before `sure` is looked for, `innocent` before either."""

    sure: re.Pattern[str]
    any: re.Pattern[str]
    lone: re.Pattern[str] | None
    beside: re.Pattern[str] | None
    innocent: re.Pattern[str]
    weak: re.Pattern[str]


def find_negation(source: str, result: str, direction: Direction) -> Finding | None:
    """One side plainly denies something and the other has nothing of the kind."""
    ours, theirs = get_primary(direction.source), get_primary(direction.target)
    if ours not in LANGUAGES or theirs not in LANGUAGES or not result.strip():
        return None
    here, there = source[:MOST_CHARACTERS].lower(), result[:MOST_CHARACTERS].lower()
    if (lost := _find_lone(there, theirs)) and not _find_lone(here, ours):
        return Finding("negation", f"“{lost}” without a verb that denies", source, result)
    if (cue := _find_sure(here, ours)) and not _has_any(there, theirs):
        return Finding("negation", f"“{cue}” has nothing like it in the result", source, result)
    if (cue := _find_sure(there, theirs)) and not _has_any(here, ours):
        return Finding("negation", f"“{cue}” has nothing like it in the source", source, result)
    return None


def _find_lone(text: str, language: str) -> str:
    """A word like "nobody" where the language needs "not" as well, and that is not there; questions do without."""
    cues = _load_cues()[language]
    if cues.lone is None or cues.beside is None or text.rstrip('"”»').endswith("?"):
        return ""
    found = cues.lone.search(text)
    return found[0] if found and not cues.beside.search(text) else ""


def _find_sure(text: str, language: str) -> str:
    cues = _load_cues()[language]
    if not cues.sure.search(text):
        return ""
    found = cues.sure.search(cues.weak.sub(" ", cues.innocent.sub(" ", text)))
    return found[0] if found else ""


def _has_any(text: str, language: str) -> bool:
    cues = _load_cues()[language]
    return bool(cues.any.search(text)) and bool(cues.any.search(cues.innocent.sub(" ", text)))


@lru_cache(maxsize=1)
def _load_cues() -> Mapping[str, _Cues]:
    patterns = _read_patterns()
    innocent, weak = _compile(patterns["innocent"]), _compile(patterns["weak"])
    return {
        language: _Cues(
            _compile(patterns[f"{language} sure"]),
            _compile("|".join(filter(None, (patterns[f"{language} sure"], patterns.get(f"{language} any"))))),
            _compile(patterns[f"{language} lone"]) if f"{language} lone" in patterns else None,
            _compile(patterns[f"{language} beside"]) if f"{language} beside" in patterns else None,
            innocent,
            weak,
        )
        for language in LANGUAGES
    }


def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _read_patterns() -> dict[str, str]:
    """One pattern per name; those of "… words" are whole words."""
    text = resources.files("translators").joinpath("data/negation.txt").read_text(encoding="utf-8")
    alternatives: dict[str, list[str]] = {}
    heading = ""
    for line in text.splitlines():
        if line.startswith("["):
            heading = line.strip("[]")
        elif line and not line.startswith("#"):
            words = [word.strip() for word in line.split(" | ")]
            whole = heading.endswith(" words")
            alternatives.setdefault(heading.removesuffix(" words"), []).append(
                rf"\b(?:{'|'.join(words)})\b" if whole else "|".join(words)
            )
    return {name: "|".join(parts) for name, parts in alternatives.items()}
