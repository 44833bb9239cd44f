"""Numbers, percentages, amounts of money, dates and units: the same on both sides, however they are written.

A quantity that is missing on one side counts for the check of its kind, so a wrong day is found once, as a date.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Literal

from translators import Direction
from translators.checks.finding import Finding
from translators.numerals import Kind, Quantity, is_read
from translators.numerals.compare import compare
from translators.numerals.reading import read_quantities

MOST_NAMED = 3  # quantities that a finding spells out
# Units that are the same thing at another size, or are mixed up by good translators.
_SAME = {"UZS": "KGS"}  # som, soum: one word in Turkish
_NEAR = ({"h", "day"}, {"day", "week"}, {"week", "month"}, {"month", "year"}, {"kg", "t"})


def find_number(source: str, result: str, direction: Direction) -> Finding | None:
    """A number was lost, changed or made up; or one small number word stands for another."""
    return _find(("number",), "number", source, result, direction)


def find_percentage(source: str, result: str, direction: Direction) -> Finding | None:
    """A percentage was lost, changed or made up, or has become a plain number."""
    found = _find(("percentage",), "percentage", source, result, direction)
    if found:
        return found
    ours, theirs = _read(source, result, direction)
    lost, made = _count(ours, "percentage"), _count(theirs, "percentage")
    if (lost and not made) or (made and not lost):
        values = {each.value for each in (*ours, *theirs) if each.kind == "percentage" and each.loud}
        plain = {
            each.value for each in (ours if made else theirs) if each.kind == "number" and each.code == "" and each.loud
        }
        if values & plain:
            detail = f"{_spell_number(min(values & plain))} is a percentage on one side only"
            return Finding("percentage", detail, source, result)
    return None


def find_currency(source: str, result: str, direction: Direction) -> Finding | None:
    """An amount of money was lost or changed, or is in another currency."""
    found = _find(("currency",), "currency", source, result, direction)
    if found:
        return found
    ours, theirs = _read(source, result, direction)
    before, after = _list_codes(ours), _list_codes(theirs)
    if before and before != after:
        moved = _join(before - after), _join(after - before)
        if (before - after and after - before) or (before and not after and _keeps_values(ours, theirs)):
            return Finding("currency", f"{moved[0] or 'no currency'} has become {moved[1] or 'none'}", source, result)
    elif after and not before and _keeps_values(theirs, ours):
        return Finding("currency", f"{_join(after)} was not in the source", source, result)
    return None


def find_date(source: str, result: str, direction: Direction) -> Finding | None:
    """A day, month, week day or time of day was lost, changed or made up."""
    return _find(("date", "month", "weekday", "time"), "date", source, result, direction)


def find_unit(source: str, result: str, direction: Direction) -> Finding | None:
    """The same number with another unit: 3 days have become 3 years."""
    ours, theirs = _read(source, result, direction)
    before, after = _group_units(ours), _group_units(theirs)
    for value, units in before.items():
        others = after.get(value)
        if others and units.isdisjoint(others) and not any((units | others) <= near for near in _NEAR):
            detail = f"{_spell_number(value)} {_join(units)} has become {_join(others)}"
            return Finding("unit", detail, source, result)
    return None


_Check = Literal["number", "percentage", "currency", "date"]


def _find(kinds: Collection[str], check: _Check, source: str, result: str, direction: Direction) -> Finding | None:
    difference = compare(source, result, direction.source, direction.target)
    missing = [each for each in difference.missing if each.kind in kinds]
    added = [each for each in difference.added if each.kind in kinds]
    if not missing and not added:
        return None
    told = [f"{_spell(missing)} missing"] if missing else []
    told += [f"{_spell(added)} not in the source"] if added else []
    return Finding(check, "; ".join(told), source, result)


def _read(source: str, result: str, direction: Direction) -> tuple[tuple[Quantity, ...], tuple[Quantity, ...]]:
    if not (is_read(direction.source) and is_read(direction.target)):
        return (), ()
    return read_quantities(source, direction.source), read_quantities(result, direction.target)


def _count(quantities: Iterable[Quantity], kind: Kind) -> int:
    return sum(each.kind == kind for each in quantities)


def _list_codes(quantities: Iterable[Quantity]) -> set[str]:
    return {_SAME.get(each.code, each.code) for each in quantities if each.kind == "currency" and each.code}


def _keeps_values(ours: Iterable[Quantity], theirs: Iterable[Quantity]) -> bool:
    """Whether an amount of money stands on the other side as a plain number."""
    values = {each.value for each in theirs}
    return any(each.value in values for each in ours if each.kind == "currency" and each.loud)


def _group_units(quantities: Iterable[Quantity]) -> Mapping[float, set[str]]:
    units: dict[float, set[str]] = {}
    for each in quantities:
        if each.kind == "number" and each.code and each.value < 1000:
            units.setdefault(each.value, set()).add(each.code)
    return units


def _spell(quantities: list[Quantity]) -> str:
    names = list(dict.fromkeys(each.written or _spell_number(each.value) for each in quantities))
    return ", ".join(names[:MOST_NAMED]) + ("…" if len(names) > MOST_NAMED else "")


def _spell_number(value: float) -> str:
    return f"{value:g}" if abs(value) < 1e6 else f"{value:.0f}"


def _join(codes: Iterable[str]) -> str:
    return ", ".join(sorted(codes))
