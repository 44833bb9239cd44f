"""Does a text say the same words twice where its source does not? Small models go round in circles like that."""

import re
from collections import Counter

_WORD = re.compile(r"[\u4e00-\u9fff]|\d+|[^\W\d\u4e00-\u9fff]+")


def repeats_itself(result: str, source: str) -> bool:
    """Whether four words in a row occur more often than once and more often than any four do in the source."""
    most = max(_count_fours(result).values(), default=0)
    return most > 1 and most > max(_count_fours(source).values(), default=0)


def _count_fours(text: str) -> Counter[tuple[str, ...]]:
    """Every sequence of four words, numbers or Chinese characters, and how often it occurs."""
    words = _WORD.findall(text.lower())
    return Counter(zip(words, words[1:], words[2:], words[3:], strict=False))
