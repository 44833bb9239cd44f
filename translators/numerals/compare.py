"""Two sentences' quantities → what the translation lost, what it made up.

A loud quantity of one side has to be on the other, in figures or words, whatever stands beside it. Of the quiet ones
(small number words) only a swap counts: one lost and another one made up.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from translators.numerals import Kind, Quantity, is_read
from translators.numerals.reading import read_quantities

_LEAST_QUIET, _MOST_QUIET = 2, 10  # small number words of which a swap is seen


@dataclass(frozen=True, slots=True)
class Difference:
    """Quantities of the source that the result lacks, and of the result that the source lacks."""

    missing: tuple[Quantity, ...]
    added: tuple[Quantity, ...]


@lru_cache(maxsize=256)
def compare(source: str, result: str, source_language: str, target_language: str) -> Difference:
    """What differs between a sentence and its translation; nothing where a language cannot be read."""
    if not (is_read(source_language) and is_read(target_language)):
        return Difference((), ())
    ours, theirs = read_quantities(source, source_language), read_quantities(result, target_language)
    missing, added = _list_unmatched(ours, theirs), _list_unmatched(theirs, ours)
    if not missing and not added:
        lost, new = _list_quiet(ours, theirs), _list_quiet(theirs, ours)
        if len(lost) == len(new) == 1:
            return Difference(lost, new)
    return Difference(missing, added)


def _list_quiet(ours: Iterable[Quantity], theirs: tuple[Quantity, ...]) -> tuple[Quantity, ...]:
    """Small number words that the other side has nothing for."""
    values = {_key(value) for each in theirs for value in (each.value, *each.also)}
    return tuple(
        each
        for each in ours
        if not each.loud
        and each.kind == "number"
        and _LEAST_QUIET <= each.value <= _MOST_QUIET
        and _key(each.value) not in values
    )


def _list_unmatched(ours: Iterable[Quantity], theirs: tuple[Quantity, ...]) -> tuple[Quantity, ...]:
    loud = [each for each in ours if each.loud]
    if not loud:
        return ()
    names: set[tuple[Kind, float]] = {(each.kind, each.value) for each in theirs if each.kind in ("month", "weekday")}
    times = {each.value for each in theirs if each.kind == "time"}
    values = {
        _key(value)
        for each in theirs
        if each.kind not in ("month", "weekday")
        for value in ((each.value, *each.also) if each.kind != "time" else each.also)
    }
    return tuple(each for each in loud if not _is_matched(each, names, times, values))


def _is_matched(each: Quantity, names: set[tuple[Kind, float]], times: set[float], values: set[float]) -> bool:
    if each.kind in ("month", "weekday"):
        return (each.kind, each.value) in names
    if each.kind == "time":
        hour, minute = each.also
        hours = {hour, hour % 12, hour % 12 + 12}
        return each.value in times or (not hours.isdisjoint(values) and (minute == 0 or minute in values))
    return _key(each.value) in values or any(_key(value) in values for value in each.also)


def _key(value: float) -> float:
    """Equal for what is equal up to rounding of floats."""
    return round(value, 4)
