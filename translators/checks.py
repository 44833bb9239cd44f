"""What can be seen to be wrong with a translation without knowing the languages.

Numbers, dates, names, negation, copied source, stock phrases: a later issue; each is one more function in CHECKS.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from translators import Direction

# Characters of the target for one of the source; Chinese needs about a third of the others' characters.
MOST_GROWTH = 4.0
FREE_LENGTH = 60  # longer results are compared, shorter ones may grow as they like
NGRAM, MOST_REPEATS = 3, 3


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with one sentence: the check's name, what was found, the sentence and its translation."""

    check: str
    detail: str
    source: str
    result: str


Check = Callable[[str, str, Direction], Finding | None]


def find_empty(source: str, result: str, direction: Direction) -> Finding | None:  # noqa: ARG001
    """Something went in and nothing came out."""
    if source.strip() and not result.strip():
        return Finding("empty", "nothing came out", source, result)
    return None


def find_overlong(source: str, result: str, direction: Direction) -> Finding | None:
    """The result is several times as long as the source."""
    longest = MOST_GROWTH * max(len(source), 1) * _get_density(direction.source) / _get_density(direction.target)
    if len(result) > max(FREE_LENGTH, longest):
        return Finding("overlong", f"{len(result)} characters from {len(source)}", source, result)
    return None


def find_repetition(source: str, result: str, direction: Direction) -> Finding | None:
    """The result says the same words over and over, and the source does not."""
    repeats = _count_repeats(result, direction.target)
    if repeats > MOST_REPEATS and repeats > _count_repeats(source, direction.source):
        return Finding("repetition", f"the same words {repeats} times", source, result)
    return None


CHECKS: tuple[Check, ...] = (find_empty, find_overlong, find_repetition)


def find_all(source: str, result: str, direction: Direction) -> tuple[Finding, ...]:
    """What all checks say of one sentence."""
    return tuple(finding for check in CHECKS if (finding := check(source, result, direction)))


def _get_density(language: str) -> float:
    return 3.0 if language.partition("-")[0] in ("zh", "ja") else 1.0


def _count_repeats(text: str, language: str) -> int:
    """How often the most frequent n words (or characters of Chinese, twice as many) occur."""
    wide = language.partition("-")[0] in ("zh", "ja")
    words = re.findall(r"\w", text) if wide else re.findall(r"\w+", text.lower())
    size = 2 * NGRAM if wide else NGRAM
    grams = Counter(tuple(words[at : at + size]) for at in range(len(words) - size + 1))
    return max(grams.values(), default=0)
