"""A sentence in any of the five languages → its quantities; the last ones are remembered: hypotheses share a source."""

from functools import lru_cache

from translators.numerals import MOST_CHARACTERS, Quantity, is_read
from translators.numerals.chinese import read_chinese
from translators.numerals.scan import read_spaced


@lru_cache(maxsize=1024)
def read_quantities(text: str, language: str) -> tuple[Quantity, ...]:
    """All quantities of a sentence in order of reading; none in a language that is not one of LANGUAGES."""
    if not is_read(language):
        return ()
    primary = language.partition("-")[0]
    text = text[:MOST_CHARACTERS]
    return read_chinese(text) if primary == "zh" else read_spaced(text, primary)
