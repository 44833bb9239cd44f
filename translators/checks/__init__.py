"""What can be seen to be wrong with a translation, sentence by sentence.

finding     what a check says, and how much it weighs
length      nothing came out; far too long; shorter or longer than usual
amounts     numbers, percentages, amounts of money, dates, units
names       people and things by transliteration (skeletons: their consonants)
places      names by a table of five languages
negation    no and not
output      the source once more; another language or script
repeats     words over and over; a phrase in translations of unrelated sentences
sentences   missing, added, repeated sentences
scores      what the models think
"""

from collections.abc import Iterable

from translators import Direction
from translators.checks.amounts import find_currency, find_date, find_number, find_percentage, find_unit
from translators.checks.finding import Check, Finding, Severity
from translators.checks.length import find_empty, find_length, find_overlong
from translators.checks.names import find_name
from translators.checks.negation import find_negation
from translators.checks.output import find_copied, find_language
from translators.checks.places import find_place
from translators.checks.repeats import find_repetition, find_stock_phrases
from translators.checks.scores import find_low_gain, find_low_score
from translators.checks.sentences import align, check_set, find_repeated, find_sentences

__all__ = [
    "ALL_CHECKS", "BASIC_CHECKS", "Check", "Finding", "Severity", "align", "check_set", "find_all", "find_low_gain",
    "find_low_score", "find_repeated", "find_stock_phrases",
]  # fmt: skip

# What holds in any quality class: seen without understanding a word.
BASIC_CHECKS: tuple[Check, ...] = (find_empty, find_overlong, find_repetition)

# The table of all checks of one sentence, in the order in which findings are told.
ALL_CHECKS: tuple[Check, ...] = (
    find_empty,
    find_overlong,
    find_length,
    find_repetition,
    find_copied,
    find_language,
    find_sentences,
    find_number,
    find_percentage,
    find_currency,
    find_date,
    find_unit,
    find_name,
    find_place,
    find_negation,
)


def find_all(
    source: str, result: str, direction: Direction, checks: Iterable[Check] = BASIC_CHECKS
) -> tuple[Finding, ...]:
    """What the checks say of one sentence."""
    return tuple(finding for check in checks if (finding := check(source, result, direction)))
