"""Months with their days, week days, times of day."""

from translators.numerals import Quantity
from translators.numerals.digits import parse_clock, parse_day, split_figures
from translators.numerals.sums import Token, read_number, touch

_LAST_DAY = 31


def make_time(hour: int, minute: int, written: str) -> Quantity:
    """A time of day; whether before or after noon is not compared, as languages say it with other words."""
    return Quantity("time", (hour % 12) * 60 + minute, also=(hour, minute), written=written)


def read_marked(token: Token, found: list[Quantity]) -> None:
    """Figures with marks that are no decimal number: 22:00, 23.05.2025, 2:1."""
    text = token.text
    if day := parse_day(text):
        found += [Quantity("date", day[0], "day"), Quantity("month", day[1]), Quantity("date", day[2], "year")]
    elif clock := parse_clock(text, ":"):
        found.append(make_time(*clock, text))
    else:
        found += [Quantity("number", value, written=text) for value in split_figures(text)]


def is_clock(tokens: list[Token], at: int, language: str) -> bool:
    """22.00 where the comma divides is a time of day, unless something is measured; in Turkish always."""
    after = tokens[at + 1].meaning if at + 1 < len(tokens) else None
    return language == "tr" or not (after and after.sense in ("scale", "percent", "money", "unit"))


def read_weekday(text: str, token: Token, language: str, found: list[Quantity]) -> None:
    """A week day; Azerbaijani says Monday, Tuesday and Thursday with two words."""
    assert token.meaning is not None
    value, quiet = token.meaning.value, token.meaning.quiet
    after = text[token.end : token.end + 7].lower() if language == "az" else ""
    if value == 7 and after.startswith(" ertəsi"):
        value, quiet = 1, False
    elif value in (3, 5) and after.startswith(" axşam"):
        value, quiet = value - 1, False
    found.append(Quantity("weekday", value, loud=not quiet, written=token.text))


def read_month(text: str, tokens: list[Token], at: int, language: str, found: list[Quantity]) -> int:
    """A month, which makes a number beside it a day; where to go on reading."""
    token = tokens[at]
    assert token.meaning is not None
    before = tokens[at - 1] if found and at and tokens[at - 1].value and touch(text, tokens[at - 1], token) else None
    follows = tokens[at + 1] if at + 1 < len(tokens) and touch(text, token, tokens[at + 1]) else None
    dated = before is not None and found[-1].value <= _LAST_DAY
    if dated:
        day = found[-1]
        found[-1] = Quantity("date", day.value, "day", also=day.also, written=day.written)
    elif follows and follows.value and follows.value <= _LAST_DAY:
        read = read_number(text, tokens, at + 1, language)
        if read.scaled == 1:
            found.append(Quantity("date", read.value, "day", written=follows.text))
            found.append(Quantity("month", token.meaning.value, written=token.text))
            return read.next
    with_year = bool(follows and follows.value and 1000 <= follows.value < 2200)
    sure = dated or with_year or not token.meaning.quiet
    found.append(Quantity("month", token.meaning.value, loud=sure, written=token.text))
    return at + 1
