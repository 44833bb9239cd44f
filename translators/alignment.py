"""Which words of a translation come from which of its source; and positions carried from one spelling to another."""

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import accumulate

from translators import Link, Span

HAN = "぀-ヿ㐀-䶿一-鿿豈-﫿"
_TOKEN = re.compile(rf"[{HAN}]|(?:(?![{HAN}])\w)+(?:['’](?:(?![{HAN}])\w)+)*|[^\w\s]")
_SMALLEST_WEIGHT, _MOST_LINKS = 0.05, 3  # of a target piece
_LONGEST_GUESS = 400  # tokens of a sentence that are compared word by word


def find_tokens(text: str) -> Iterator[re.Match[str]]:
    """Words, single Han characters and single marks of punctuation."""
    return _TOKEN.finditer(text)


def make_mover(before: str, after: str) -> Callable[[Span], Span]:
    """Where a span of `before` is in `after`, a text with the same letters and digits in the same order.

    A span without any is carried to the gap between the letters around it. Texts with other letters: by proportion.
    """
    if before == after:
        return lambda span: span
    ranks = [0, *accumulate(character.isalnum() for character in before)]
    places = [place for place, character in enumerate(after) if character.isalnum()]

    def move(span: Span) -> Span:
        first, last = ranks[span[0]], ranks[span[1]]
        if first < last:
            return places[first], places[last - 1] + 1
        return (places[first - 1] + 1 if first else 0), (places[first] if first < len(places) else len(after))

    def scale(span: Span) -> Span:
        size = max(1, len(before))
        return span[0] * len(after) // size, span[1] * len(after) // size

    return move if len(places) == ranks[-1] else scale


def link_pieces(sources: Sequence[Span], targets: Sequence[Span], attention: Sequence[Sequence[float]]) -> list[Link]:
    """Links from the attention of each target piece to the source pieces; the faint ones are left out."""
    links = []
    for target, row in zip(targets, attention, strict=False):
        if target[0] == target[1]:
            continue
        best = sorted(((weight, place) for place, weight in enumerate(row) if weight >= _SMALLEST_WEIGHT), reverse=True)
        for weight, place in best[:_MOST_LINKS]:
            if place < len(sources) and sources[place][0] < sources[place][1]:
                links.append(Link(sources[place], target, weight))
    return links


def widen_links(links: Sequence[Link], source: str) -> list[Link]:
    """Links from whole words of the source: attention mostly looks at one piece of a word."""
    words = [found.span() for found in find_tokens(source)]
    starts, ends = [word[0] for word in words], [word[1] for word in words]

    def widen(span: Span) -> Span:
        first, last = bisect_right(ends, span[0]), bisect_left(starts, span[1]) - 1
        if first > last:
            return span
        return min(span[0], words[first][0]), max(span[1], words[last][1])

    return [Link(widen(link.source), link.target, link.weight) for link in links]


def anchor_links(links: Sequence[Link], source: str, target: str) -> list[Link]:
    """Names and numbers that stand once in both texts belong together, whatever attention says."""
    there, here = _find_single(source), _find_single(target)
    anchors = [Link(there[word], here[word]) for word in there.keys() & here.keys()]
    taken = sorted(anchor.target for anchor in anchors)
    starts = [span[0] for span in taken]

    def is_taken(span: Span) -> bool:
        place = bisect_left(starts, span[1]) - 1
        return place >= 0 and taken[place][1] > span[0]

    return [link for link in links if not is_taken(link.target)] + anchors


def guess_links(source: str, target: str) -> list[Link]:
    """Links between the words that both texts have in the same order: all that can be said without attention."""
    there, here = list(find_tokens(source))[:_LONGEST_GUESS], list(find_tokens(target))[:_LONGEST_GUESS]
    matcher = SequenceMatcher(None, [found[0] for found in there], [found[0] for found in here], autojunk=False)
    return [
        Link(there[block.a + step].span(), here[block.b + step].span())
        for block in matcher.get_matching_blocks()
        for step in range(block.size)
    ]


def shift_link(link: Link, source: int, target: int) -> Link:
    """The link in texts that begin so much earlier."""
    return Link(
        (link.source[0] + source, link.source[1] + source),
        (link.target[0] + target, link.target[1] + target),
        link.weight,
    )


def _find_single(text: str) -> dict[str, Span]:
    """Words of three letters or more and figures that stand once in the text."""
    found = {each[0]: each.span() for each in find_tokens(text)}
    counts = Counter(each[0] for each in find_tokens(text))
    return {word: span for word, span in found.items() if counts[word] == 1 and (len(word) > 2 or word.isdigit())}
