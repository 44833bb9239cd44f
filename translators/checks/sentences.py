"""Missing, added and repeated sentences: inside one segment, and over the sentences of a text."""

import math
import re
from collections.abc import Sequence

from translators import Direction
from translators.checks.finding import Finding, get_primary
from translators.checks.length import DENSITY
from translators.checks.repeats import list_tokens
from translators.numerals.compare import compare
from translators.segments import split

MOST_SENTENCES = 400  # of a text that are laid side by side
SAME_WORDS = 0.8  # of the sources' words, from which on the same result is no surprise
_INNER_END = re.compile(r"[.!?…。！？][\"'”’»)\]]*\s*[^\s.!?…。！？\"'”’»)\]]")
_SKIP = 2.5  # what leaving a sentence out costs against two that do not fit
_SPREAD = 0.35
_OTHER_NUMBERS = 1.5


def find_sentences(source: str, result: str, direction: Direction) -> Finding | None:
    """The result has more or fewer sentences than the source."""
    ours, theirs = _count(source, direction.source), _count(result, direction.target)
    if ours == theirs or not result.strip():
        return None
    if ours < theirs:
        return Finding("sentences", f"{theirs} sentences from {ours}", source, result)
    return Finding("sentences", f"{theirs} of {ours} sentences", source, result)


def check_set(sources: Sequence[str], results: Sequence[str], direction: Direction) -> list[Finding]:
    """What is missing, added or repeated among the sentences of a text; both lists in reading order."""
    sources, results = sources[:MOST_SENTENCES], results[:MOST_SENTENCES]
    findings = find_repeated(sources, results, direction)
    filled = [result for result in results if result.strip()]
    wanted = [source for source in sources if source.strip()]
    missing, added = align(wanted, filled, direction)
    findings += [Finding("missing sentence", "not translated", wanted[at], "") for at in missing]
    findings += [Finding("added sentence", "not in the source", "", filled[at]) for at in added]
    return findings


def find_repeated(sources: Sequence[str], results: Sequence[str], direction: Direction) -> list[Finding]:
    """Results that are alike while their sources are not. The lists are compared sentence by sentence."""
    seen: dict[tuple[str, ...], str] = {}
    findings = []
    for source, result in zip(sources, results, strict=False):
        key = tuple(list_tokens(result, direction.target))
        if len(key) < 3:
            continue
        first = seen.setdefault(key, source)
        one, two = set(list_tokens(first, direction.source)), set(list_tokens(source, direction.source))
        if len(one & two) < SAME_WORDS * max(len(one), len(two)):
            findings.append(Finding("repeated sentence", "the translation of another sentence, too", source, result))
    return findings


def _count(text: str, language: str) -> int:
    if not _INNER_END.search(text):
        return 1
    return sum(1 for segment in split(text, language) if segment.text) or 1


def align(sources: Sequence[str], results: Sequence[str], direction: Direction) -> tuple[list[int], list[int]]:
    """The cheapest way to lay the two side by side; the indexes that have nothing beside them.

    Takes time with the product of their numbers.
    """
    if len(sources) == len(results) and not _looks_shifted(sources, results, direction):
        return [], []
    costs = [[0.0] * (len(results) + 1) for _ in range(len(sources) + 1)]
    for row in range(len(sources) + 1):
        for column in range(len(results) + 1):
            ways = []
            if row and column:
                ways.append(costs[row - 1][column - 1] + _fit(sources[row - 1], results[column - 1], direction))
            if row:
                ways.append(costs[row - 1][column] + _SKIP)
            if column:
                ways.append(costs[row][column - 1] + _SKIP)
            costs[row][column] = min(ways, default=0.0)
    return _trace(costs, sources, results, direction)


def _trace(
    costs: list[list[float]], sources: Sequence[str], results: Sequence[str], direction: Direction
) -> tuple[list[int], list[int]]:
    missing, added = [], []
    row, column = len(sources), len(results)
    while row or column:
        here = costs[row][column]
        if (
            row
            and column
            and math.isclose(here, costs[row - 1][column - 1] + _fit(sources[row - 1], results[column - 1], direction))
        ):
            row, column = row - 1, column - 1
        elif row and math.isclose(here, costs[row - 1][column] + _SKIP):
            row -= 1
            missing.append(row)
        else:
            column -= 1
            added.append(column)
    return missing[::-1], added[::-1]


def _looks_shifted(sources: Sequence[str], results: Sequence[str], direction: Direction) -> bool:
    """Whether at least a third of the pairs, side by side, do not fit."""
    bad = sum(_fit(one, two, direction) > _SKIP for one, two in zip(sources, results, strict=True))
    return bad > 1 and 3 * bad >= len(sources)


def _fit(source: str, result: str, direction: Direction) -> float:
    """How ill two sentences go together: 0 for the usual length and the same numbers."""
    growth = DENSITY.get(get_primary(direction.target), 1.0) / DENSITY.get(get_primary(direction.source), 1.0)
    length = abs(math.log((len(result) + 8) / (len(source) * growth + 8))) / _SPREAD
    difference = compare(source, result, direction.source, direction.target)
    return length + _OTHER_NUMBERS * bool(difference.missing or difference.added)
