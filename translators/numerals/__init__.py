"""Numbers, dates, times, percentages, currencies and units as az en ru tr zh write them, made comparable.

meanings    what words say: types of the tables; turkic, english, russian: the tables
words       a word → its meaning
digits      figures → value, by the language's marks
sums        figures and number words that stand together → one number
dates       months, week days, times of day
scan        a sentence in az en ru tr → quantities
chinese     a sentence in zh → quantities
reading     a sentence in any of them → quantities, remembered
compare     two sentences' quantities → what is missing, what is new
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["number", "percentage", "currency", "date", "time", "month", "weekday"]
LANGUAGES = ("az", "en", "ru", "tr", "zh")
MOST_CHARACTERS = 2_000  # of a sentence that are read


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as meant: 3,5 mln is 3500000.0.

    `value` is minutes since midnight or noon for a time, 1 to 12 for a month, 1 (Monday) to 7 for a week day. `code` is
    the currency (ISO 4217) or the unit. `also` are other values that it may stand for: 5 in "5 to 6 million". `loud`
    ones have to be in a translation; the others (small number words) may answer for a loud one.
    """

    kind: Kind
    value: float
    code: str = ""
    loud: bool = True
    also: tuple[float, ...] = ()
    written: str = ""


def is_read(language: str) -> bool:
    """Whether the numbers of a language (a BCP 47 tag) can be read; those of traditional Chinese cannot."""
    return language.partition("-")[0] in LANGUAGES and not language.startswith("zh-Hant")


def is_idle(value: float, unit: str) -> bool:
    """Numbers that people put in other words even where they are figures: 1, one half, 24 hours (round the clock)."""
    return value in (0, 0.5, 1) or (value == 24 and unit in ("h", "clock"))


def is_telling(value: float) -> bool:
    """Whether number words of this value have to be in a translation: small and round ones are put in other words."""
    return value >= 11 and value not in (12, 1e3, 1e6, 1e9, 1e12) and (value % 10 != 0 or value > 100)
