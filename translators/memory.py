"""What a translation memory compares: texts with one kind of blanks, and with their numbers left out.

normalise       text → what its key is made of
make_template   text → the same for all texts that differ in numbers only
fill_template   a known pair + a source that differs in numbers only → its translation, or None where that is not sure

A number is figures that stand free: those of COVID-19, 5G, 3-cü or 2025'te belong to a word.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from translators import Direction, Span
from translators.alignment import HAN
from translators.numerals import is_read

_DIGIT = re.compile("[0-9]")
_LETTER = rf"(?:(?![{HAN}])[^\W\d_])"
_SPACES = " \u00a0\u202f\u2009"
_GROUPED_BY_SPACES = ("az", "ru")
_SPACED = rf"[0-9]{{1,3}}(?:[{_SPACES}][0-9]{{3}})+(?![0-9])(?:,[0-9]+)?|"
_NUMBERS = {
    is_spaced: re.compile(
        rf"(?<![0-9.,:])(?<!{_LETTER})(?<!{_LETTER}[-'’])"
        rf"(?:{_SPACED if is_spaced else ''}[0-9]+(?:[.,:][0-9]+)*)"
        rf"(?![-'’ʼ]?{_LETTER})(?![.,:]?[0-9])"
    )
    for is_spaced in (False, True)
}
_POINTS = {"en": ".", "zh": ".", "az": ",", "ru": ",", "tr": ","}
_GROUPS = {"en": ",", "zh": ",", "az": f".{_SPACES}", "ru": f"{_SPACES}.", "tr": "."}  # the usual mark first
_ARTICLE = re.compile(r"\ban? $", re.IGNORECASE)
_LONGEST = 24


@dataclass(frozen=True, slots=True)
class _Number:
    """A number as written. `group` is the mark between its thousands, if it has one.

    `whole` is None for what is no plain number in this language (22:00, 23.05.2025, 007): it is compared as it stands.
    """

    span: Span
    written: str
    whole: str | None = None
    fraction: str = ""
    group: str = ""

    @property
    def value(self) -> tuple[str, str]:
        return ("", self.written) if self.whole is None else (self.whole, self.fraction)


def normalise(text: str) -> str:
    """Single spaces, none around, Unicode NFC: texts that differ in nothing else are one."""
    return unicodedata.normalize("NFC", " ".join(text.split()))


def make_template(text: str, language: str) -> str:
    """The normalised text with 0 for every number; a template is its own template."""
    plain = normalise(text)
    return _find_pattern(language).sub("0", plain) if _DIGIT.search(plain) else plain


def fill_template(known_source: str, known_result: str, source: str, direction: Direction) -> str | None:
    """The known result with the numbers of `source`, written as its language writes them.

    None unless the sources differ in numbers only, every number of the known one stands once in the known result and
    no other does, and the words beside the numbers stay as they are (5 минут, but 2 минуты).
    """
    if not (is_read(direction.source) and is_read(direction.target)):
        return None
    if make_template(known_source, direction.source) != make_template(source, direction.source):
        return None
    old = _list_numbers(normalise(known_source), direction.source)
    new = _list_numbers(normalise(source), direction.source)
    there = _list_numbers(known_result, direction.target)
    if len({each.value for each in old}) < len(old) or len(there) != len(old) or len(new) != len(old):
        return None
    places = {each.value: each for each in there}
    if places.keys() != {each.value for each in old}:
        return None
    changes = [
        (places[one.value], _rewrite(one, two, places[one.value], direction)) for one, two in zip(old, new, strict=True)
    ]
    return _replace(known_result, changes, direction.target)


def _find_pattern(language: str) -> re.Pattern[str]:
    return _NUMBERS[_get_primary(language) in _GROUPED_BY_SPACES]


def _get_primary(language: str) -> str:
    return language.partition("-")[0]


def _list_numbers(text: str, language: str) -> list[_Number]:
    return [_read_number(found[0], found.span(), language) for found in _find_pattern(language).finditer(text)]


def _read_number(written: str, span: Span, language: str) -> _Number:
    primary = _get_primary(language)
    whole, point, fraction = written.partition(_POINTS[primary]) if primary in _POINTS else (written, "", "")
    group = next((mark for mark in _GROUPS.get(primary, "") if mark in whole), "")
    digits = re.fullmatch(rf"[0-9]{{1,3}}(?:{re.escape(group)}[0-9]{{3}})+" if group else "[0-9]+", whole)
    is_odd = len(written) > _LONGEST or (bool(point) and not fraction.isdigit()) or (whole[0] == "0" and len(whole) > 1)
    if digits is None or is_odd:
        return _Number(span, written)
    return _Number(span, written, whole.replace(group, "") if group else whole, fraction, group)


def _rewrite(old: _Number, new: _Number, there: _Number, direction: Direction) -> str | None:
    """The new number as the known result writes the old one; None where they are not of one kind."""
    if old.value == new.value:
        return there.written
    if old.whole is None or new.whole is None or there.whole is None:
        is_alike = old.whole is new.whole is there.whole is None and _get_shape(old) == _get_shape(new)
        return new.written if is_alike else None
    primary = _get_primary(direction.target)
    if _pick_plural(old, primary) != _pick_plural(new, primary):
        return None
    says_how = len(old.whole) > 3 and bool(old.group) == bool(new.group)
    is_grouped = len(new.whole) > 3 and bool(there.group if says_how else new.group)
    whole = f"{int(new.whole):,}".replace(",", there.group or _GROUPS[primary][0]) if is_grouped else new.whole
    return f"{whole}{_POINTS[primary]}{new.fraction}" if new.fraction else whole


def _get_shape(number: _Number) -> str:
    """22:00 and 23:30 have one shape, 5:4 and 23.05.2025 have others."""
    return re.sub("[0-9]+", "0", number.written)


def _pick_plural(number: _Number, language: str) -> object:
    """Numbers of one class take the same form of the word beside them (as in Unicode's plural rules)."""
    return _PLURALS[language](int(number.whole or 0), number.fraction) if language in _PLURALS else None


def _pick_english(whole: int, fraction: str) -> str:
    return "one" if whole == 1 and not fraction else "other"


def _pick_russian(whole: int, fraction: str) -> str:
    if fraction:
        return "other"
    if whole % 10 == 1 and whole % 100 != 11:
        return "one"
    return "few" if 2 <= whole % 10 <= 4 and not 12 <= whole % 100 <= 14 else "many"


_PLURALS: Mapping[str, Callable[[int, str], str]] = {"en": _pick_english, "ru": _pick_russian}


def _replace(text: str, changes: Sequence[tuple[_Number, str | None]], language: str) -> str | None:
    written, position = "", 0
    for number, new in sorted(changes, key=lambda change: change[0].span):
        if new is None:
            return None
        start, end = number.span
        is_changed = new != number.written
        if is_changed and _get_primary(language) == "en" and _ARTICLE.search(text[max(0, start - 4) : start]):
            return None  # an 8 % rise, a 7 % rise
        written += text[position:start] + new
        position = end
    return written + text[position:]
