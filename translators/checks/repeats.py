"""The same words over and over: inside a sentence, and across the translations of sentences that share nothing."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from translators import Direction
from translators.checks.finding import MOST_CHARACTERS, Finding, get_primary

NGRAM, MOST_REPEATS = 3, 3
LONGEST_LOOP = 12  # words that may come twice in a row
STOCK_NGRAM, STOCK_OUTPUTS = 7, 3
MOST_SHARED = 0.2  # of the sources' words: what shares more is about the same thing
_WIDE = ("zh", "zh-Hant", "ja")
_WORD, _CHARACTER = re.compile(r"\w+"), re.compile(r"[^\W_]")


def find_repetition(source: str, result: str, direction: Direction) -> Finding | None:
    """The result says the same words over and over, and the source does not."""
    theirs = list_tokens(result, direction.target)
    if len(theirs) - len(set(theirs)) < 2:
        return None
    ours = list_tokens(source, direction.source)
    repeats = _count_repeats(theirs, direction.target)
    if repeats > MOST_REPEATS and repeats > _count_repeats(ours, direction.source):
        return Finding("repetition", f"the same words {repeats} times", source, result)
    loop = _find_loop(theirs, direction.target)
    if loop and not _find_loop(ours, direction.source):
        gap = "" if get_primary(direction.target) in _WIDE else " "
        return Finding("repetition", f"“{gap.join(loop)}” again and again", source, result)
    return None


def find_stock_phrases(pairs: Sequence[tuple[str, str]], direction: Direction) -> list[tuple[int, Finding]]:
    """A phrase that stands in the translations of several sentences which have nothing in common: made up.

    `pairs` are sentences and their translations, of many articles. Gives the index of the pair and what was found.
    """
    phrases: dict[tuple[str, ...], list[int]] = defaultdict(list)
    size = 2 * STOCK_NGRAM if get_primary(direction.target) in _WIDE else STOCK_NGRAM
    for at, (_, result) in enumerate(pairs):
        for gram in set(_list_grams(list_tokens(result, direction.target), size)):
            phrases[gram].append(at)
    found: dict[int, Finding] = {}
    for gram, places in phrases.items():
        if len(places) < STOCK_OUTPUTS or found.keys() >= set(places):
            continue
        for at in _list_unrelated(places, pairs, direction):
            gap = "" if get_primary(direction.target) in _WIDE else " "
            detail = f"“{gap.join(gram)}” stands in {len(places)} translations of unrelated sentences"
            found.setdefault(at, Finding("stock phrase", detail, *pairs[at]))
    return sorted(found.items())


def list_tokens(text: str, language: str) -> list[str]:
    """Lower-case words; characters where words are not set apart."""
    pattern = _CHARACTER if get_primary(language) in _WIDE else _WORD
    return pattern.findall(text[:MOST_CHARACTERS].lower())


def _list_unrelated(places: list[int], pairs: Sequence[tuple[str, str]], direction: Direction) -> list[int]:
    """Those of the pairs (the first hundred) whose sources share few words with the sources of at least two others."""
    words = {at: set(list_tokens(pairs[at][0], direction.source)) for at in places[:100]}
    unrelated = []
    for at, own in words.items():
        strangers = sum(1 for other, its in words.items() if other != at and _share(own, its) <= MOST_SHARED)
        if strangers >= STOCK_OUTPUTS - 1:
            unrelated.append(at)
    return unrelated


def _share(one: set[str], two: set[str]) -> float:
    return len(one & two) / max(min(len(one), len(two)), 1)


def _list_grams(tokens: list[str], size: int) -> Iterable[tuple[str, ...]]:
    return zip(*(tokens[at:] for at in range(size)), strict=False)


def _count_repeats(tokens: list[str], language: str) -> int:
    """How often the most frequent n words (or characters of Chinese, twice as many) occur."""
    size = 2 * NGRAM if get_primary(language) in _WIDE else NGRAM
    if len(tokens) - len(set(tokens)) < MOST_REPEATS:
        return 0
    return max(Counter(_list_grams(tokens, size)).values(), default=0)


def _find_loop(tokens: list[str], language: str) -> list[str]:
    """Words that come twice in a row (one word: three times; two to four characters of Chinese: three times)."""
    if len(set(tokens)) == len(tokens):
        return []
    wide = get_primary(language) in _WIDE
    for size in range(1, min(LONGEST_LOOP * (1 + wide), len(tokens) // 2) + 1):
        wanted = size * (2 if size == 1 or (wide and size < 5) else 1)
        if size == 1 and wide:
            wanted = 4
        run = 0
        for at in range(len(tokens) - size):
            run = run + 1 if tokens[at] == tokens[at + size] else 0
            if run >= wanted and not (size == 1 and tokens[at].isdigit()):
                return tokens[at + 1 : at + 1 + size]
    return []
