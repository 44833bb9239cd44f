"""Missing, added and repeated sentences: inside one segment, and over the sentences of a text."""

import math
import re
from collections.abc import Mapping, Sequence

from translators import Direction
from translators.checks.finding import Finding, get_primary
from translators.checks.length import DENSITY
from translators.checks.repeats import list_tokens
from translators.numerals.compare import compare
from translators.segments import split

MOST_SENTENCES = 400  # of a text that are laid side by side
MOST_COMPARED = 40_000  # pairs of sentences that are weighed against each other
SAME_WORDS = 0.8  # of the sources' words, from which on the same result is no surprise
_INNER_END = re.compile(r"[.!?…。！？][\"'”’»)\]]*\s*[^\s.!?…。！？\"'”’»)\]]")
_SKIP = 2.5  # what leaving a sentence out costs against two that do not fit
_SPREAD = 0.35
_OTHER_NUMBERS = 1.5
_BOTH, _SOURCE, _RESULT = range(3)  # what a step goes on by


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

    Long texts are compared near the diagonal only; where that is not enough, nothing stands beside anything.
    """
    if len(sources) == len(results) and not _looks_shifted(sources, results, direction):
        return [], []
    shift = len(results) - len(sources)
    margin = (MOST_COMPARED // max(1, len(sources)) - abs(shift)) // 2
    if margin < 1:
        return list(range(len(sources))), list(range(len(results)))
    return _trace(
        _weigh_steps(sources, results, direction, min(0, shift) - margin, max(0, shift) + margin), len(results)
    )


def _weigh_steps(
    sources: Sequence[str], results: Sequence[str], direction: Direction, first: int, last: int
) -> list[dict[int, int]]:
    """The best last step to so many sources (the row) and results (the key), `first` ≤ results - sources ≤ `last`."""
    steps: list[dict[int, int]] = []
    before: dict[int, float] = {}
    for row in range(len(sources) + 1):
        here: dict[int, float] = {}
        best: dict[int, int] = {}
        for column in range(max(0, row + first), min(len(results), row + last) + 1):
            ways = [] if row or column else [(0.0, _BOTH)]
            if column - 1 in before:
                ways.append((before[column - 1] + _fit(sources[row - 1], results[column - 1], direction), _BOTH))
            if column in before:
                ways.append((before[column] + _SKIP, _SOURCE))
            if column - 1 in here:
                ways.append((here[column - 1] + _SKIP, _RESULT))
            here[column], best[column] = min(ways)
        steps.append(best)
        before = here
    return steps


def _trace(steps: Sequence[Mapping[int, int]], column: int) -> tuple[list[int], list[int]]:
    missing, added = [], []
    row = len(steps) - 1
    while row or column:
        step = steps[row][column]
        row -= step != _RESULT
        column -= step != _SOURCE
        if step == _SOURCE:
            missing.append(row)
        elif step == _RESULT:
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
