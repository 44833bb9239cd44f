"""What a check says of one sentence."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from translators import Direction

# Capital letters of the Latin and Cyrillic alphabets, inside a character class.
CAPITALS = "A-ZÀ-ÖØ-ÞĀĂĄĆĈĊČĎĐĒĔĖĘĚĜĞĠĢĤĦĨĪĬĮİĴĶĹĻĽĿŁŃŅŇŊŌŎŐŒŔŖŘŚŜŞŠŢŤŦŨŪŬŮŰŲŴŶŸŹŻŽƏА-ЯЁЂ-Џ"
MOST_CHARACTERS = 2_000  # of a sentence that are looked at
Severity = Literal["hold", "note"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with one sentence: the check's name, what was found, the sentence and its translation.

    `hold`: seldom said of what people translate, so a person should look; `note`: worth a look, no reason to wait.
    """

    check: str
    detail: str
    source: str
    result: str
    severity: Severity = "hold"


Check = Callable[[str, str, Direction], Finding | None]


def get_primary(tag: str) -> str:
    """A tag's language without script and region; traditional Chinese, which the tables do not have, stays itself."""
    return "zh-Hant" if tag.startswith("zh-Hant") else tag.partition("-")[0]
