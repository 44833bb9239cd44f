"""A sentence in az en ru tr → quantities: numbers in figures and words, with what stands beside them."""

import re

from translators.numerals import Kind, Quantity, is_idle
from translators.numerals.dates import is_clock, make_time, read_marked, read_month, read_weekday
from translators.numerals.digits import FIGURES, parse_clock, parse_figures
from translators.numerals.meanings import Meaning
from translators.numerals.sums import Read, Token, read_number, touch
from translators.numerals.words import find_meaning, list_beginnings

_SIGNS = "%％$€£¥₽₼₺₸₾"
_TOKENS = {
    language: re.compile(rf"(?P<figures>{figures})|(?P<word>[^\W\d_]+)|[{_SIGNS}]")
    for language, figures in FIGURES.items()
}
_NUMBERS = ("digit", "ten", "hundred", "scale", "half", "and-half", "compound")
_AMERICAN = ("US", "U.S.", "ABŞ", "ABD", "Amerikan")
_HALF_DAY = re.compile(r"\s?([ap])\.?\s?m\b", re.IGNORECASE)
_ROMAN = re.compile(r"(?=[IVXL]{2})X{0,3}(?:XL|L?X{0,3})(?:IX|IV|V?I{0,3})|[VX]")
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50}
_DECADE = {
    "az": ("ci", "cı", "cu", "cü"), "ru": ("х", "е", "ых", "ми", "м"), "en": ("s",), "tr": ("lar", "ler", "lı", "li"),
}  # fmt: skip
_LONGEST_LINK = 7  # characters between the numbers of a range or list
_MOST_LISTED = 3


def read_spaced(text: str, language: str) -> tuple[Quantity, ...]:
    """All quantities of a sentence of a language that writes spaces between words."""
    tokens = _list_tokens(text, language)
    found: list[Quantity] = []
    at = 0
    while at < len(tokens):
        at = _read_at(text, tokens, at, language, found)
    return tuple(found)


def _list_tokens(text: str, language: str) -> list[Token]:
    tokens = []
    beginnings = list_beginnings(language)
    for each in _TOKENS[language].finditer(text):
        word = each[0]
        if each.lastgroup == "figures":
            tokens.append(Token(word, each.start(), each.end(), parse_figures(word, language), None))
        elif word[:2] in beginnings and (meaning := find_meaning(word, language)):
            tokens.append(Token(word, each.start(), each.end(), None, meaning))
        elif word[0] in "IVXL" and _ROMAN.fullmatch(word):
            roman = Meaning("compound", _parse_roman(word), quiet=True)
            tokens.append(Token(word, each.start(), each.end(), None, roman))
    return tokens


def _parse_roman(text: str) -> float:
    values = [_ROMAN_VALUES[letter] for letter in text]
    return sum(-one if one < two else one for one, two in zip(values, [*values[1:], 0], strict=True))


def _read_at(text: str, tokens: list[Token], at: int, language: str, found: list[Quantity]) -> int:
    """Read one quantity, or pass one token; where to go on."""
    token = tokens[at]
    if token.meaning is None:
        if token.value is None:
            read_marked(token, found)
            return at + 1
        clock = parse_clock(token.text, ".") if language != "en" else None
        if clock and is_clock(tokens, at, language):
            found.append(make_time(*clock, token.text))
            return at + 1
        return _read_quantity(text, tokens, at, language, found)
    if token.meaning.sense in _NUMBERS:
        return _read_quantity(text, tokens, at, language, found)
    if token.meaning.sense == "month":
        return read_month(text, tokens, at, language, found)
    if token.meaning.sense == "weekday":
        read_weekday(text, token, language, found)
    return at + 1


def _read_quantity(text: str, tokens: list[Token], at: int, language: str, found: list[Quantity]) -> int:
    """A number and what stands beside it: a currency, a unit, a percent sign, a clock."""
    token = tokens[at]
    read = read_number(text, tokens, at, language)
    if read.next == at or read.value < 0:
        return max(read.next, at + 1)
    last = tokens[read.next - 1]
    if language == "en" and token.value is not None and (half := _HALF_DAY.match(text, last.end)):
        hour, minute = parse_clock(token.text.replace(".", ":"), ":") or (int(read.value) % 24, 0)
        found.append(make_time(hour + 12 * (half[1] in "pP"), minute, token.text))
        return read.next
    before = tokens[at - 1] if at and touch(text, tokens[at - 1], token) else None
    after = tokens[read.next] if read.next < len(tokens) and _is_beside(text, last, tokens[read.next]) else None
    kind, code, step = _pick_kind(token.start, before, after, read)
    if kind == "time":
        found.append(make_time(int(read.value), 0, token.text))
        return read.next + step
    also = _list_scaled(text, tokens, read, language)
    if token.value is not None:
        also += _list_decades(text, last.end, read.value, language)
    loud = read.loud and not is_idle(read.value, code) and not _is_fraction(text, token.start, last.end)
    found.append(Quantity(kind, read.value, code, loud, also, text[token.start : last.end]))
    return read.next + step


def _is_beside(text: str, one: Token, two: Token) -> bool:
    """Whether a word belongs to the number before it: 5 km, 45 min ABŞ dolları; not the ending in 35-м."""
    gap = text[one.end : two.start]
    if gap == "-" and len(two.text) <= 2:
        return False
    return touch(text, one, two) or gap.strip(" \u00a0") in _AMERICAN


def _is_fraction(text: str, start: int, end: int) -> bool:
    """1/8 (of a final): said in other ways elsewhere."""
    return "/" in (text[end : end + 1], text[start - 1 : start] if start else "")


def _pick_kind(start: int, before: Token | None, after: Token | None, read: Read) -> tuple[Kind, str, int]:
    """Kind, currency or unit, and how many of the tokens behind that took."""
    ahead, behind = before.meaning if before else None, after.meaning if after else None
    percent = _count_percent(start, before, behind)
    if percent is not None:
        return "percentage", "", percent
    if ahead and ahead.sense == "money":
        return "currency", ahead.code, 0
    if behind and behind.sense == "money":
        return "currency", behind.code, 1
    if ahead and ahead.sense == "clock" and 0 < read.value <= 24 and read.value == int(read.value) and read.scaled == 1:
        return "time", "", 0
    if behind and behind.sense in ("unit", "clock"):
        return "number", behind.code, 1
    return ("number", "points", 1) if behind and behind.sense == "points" else ("number", "", 0)


def _count_percent(start: int, before: Token | None, behind: Meaning | None) -> int | None:
    """How many tokens behind a percentage belong to it; None for what is none. Turkish has its word and sign ahead.

    Turkish puan and Azerbaijani bənd alone are points of a game as well.
    """
    follows = behind is not None and behind.sense in ("percent", "points")
    if before and before.meaning and before.meaning.code == "before":
        return int(follows)
    if behind and follows and not (behind.sense == "points" and behind.quiet):
        return 1
    return 0 if before and before.text == "%" and before.end == start else None


def _list_scaled(text: str, tokens: list[Token], read: Read, language: str) -> tuple[float, ...]:
    """What a number without a scale word means when one comes later: 5 to 6 million, 500, 300 and 200 thousand."""
    position, reached = read.next, tokens[read.next - 1].end
    for _ in range(_MOST_LISTED):
        follows = tokens[position] if position < len(tokens) else None
        if read.scaled > 1 or not follows or follows.value is None or follows.start - reached > _LONGEST_LINK:
            return ()
        end = read_number(text, tokens, position, language)
        if end.scaled > 1:
            return (read.value * end.scaled,)
        position, reached = end.next, tokens[end.next - 1].end
    return ()


def _list_decades(text: str, end: int, value: float, language: str) -> tuple[float, ...]:
    """The decade that 1990-х, 1990s or 90-cı illər may stand for."""
    if value % 10 or not 10 <= value < 2100:
        return ()
    suffix = text[end : end + 4].lstrip("-'’").lower()
    return (value % 100, value % 100 + 1900) if suffix.startswith(_DECADE[language]) else ()
