"""What words say about numbers: the type of the tables, and how their rows are written.

A row is a pattern for a whole lower-case word (in Russian with е for ё) and the meaning of such a word. Every
alternative begins with a plain letter: words are looked up by it.
"""

from typing import Literal, NamedTuple

Sense = Literal[
    "digit", "ten", "hundred", "scale", "half", "and-half", "percent", "points", "money", "unit", "month", "weekday",
    "clock", "compound",
]  # fmt: skip


class Meaning(NamedTuple):
    """What a word says: its sense, a value (of a month 1 to 12, of Monday 1), a currency's or unit's code.

    `quiet`: the word has other meanings too, or people drop it: it can answer for a number but is never asked for.
    """

    sense: Sense
    value: float = 0
    code: str = ""
    quiet: bool = False


Rows = tuple[tuple[str, Meaning], ...]


def spell(stems: str, ending: str) -> str:
    """One pattern per stem, each beginning with its letter: words are looked up by first letter."""
    return "|".join(stem + ending for stem in stems.split("|"))


def list_weekdays(names: str) -> Rows:
    """Monday to Sunday, each one word; "~" marks those that mean something else as well."""
    return tuple(
        (name.strip("~"), Meaning("weekday", value, quiet=name.endswith("~")))
        for value, name in enumerate(names.split(), 1)
    )


def list_months(names: str, endings: str) -> Rows:
    """January to December, each one stem or several `a|b`; "~" marks those that mean something else as well."""
    return tuple(
        (spell(name.strip("~"), endings), Meaning("month", value, quiet=name.endswith("~")))
        for value, name in enumerate(names.split(), 1)
    )


def list_codes(sense: Sense, names: dict[str, str]) -> Rows:
    """Currencies or units: code → pattern."""
    return tuple((pattern, Meaning(sense, 0, code)) for code, pattern in names.items())


SIGNS = {
    "$": Meaning("money", 0, "USD"), "€": Meaning("money", 0, "EUR"), "£": Meaning("money", 0, "GBP"),
    "¥": Meaning("money", 0, "CNY"), "₽": Meaning("money", 0, "RUB"), "₼": Meaning("money", 0, "AZN"),
    "₺": Meaning("money", 0, "TRY"), "₸": Meaning("money", 0, "KZT"), "₾": Meaning("money", 0, "GEL"),
    "%": Meaning("percent"), "％": Meaning("percent"),
}  # fmt: skip
