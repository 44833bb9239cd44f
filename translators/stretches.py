"""A translation in words, marks and parts that nothing may cut, each with what it comes from."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from translators import Link, Span
from translators.alignment import find_tokens
from translators.inline import Element


@dataclass(frozen=True, slots=True)
class Stretch:
    """One sentence of the text and what became of it, in characters of the whole texts.

    `atoms` are parts that nothing may cut: where they stand in both texts.
    """

    source: Span
    target: Span
    links: tuple[Link, ...] = ()
    atoms: tuple[tuple[Span, Span], ...] = ()


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a mark or an atom of the translation, with the links that lead to it."""

    start: int
    end: int
    stretch: int
    is_word: bool
    atom: Span | None = None
    is_island: bool = False
    links: tuple[Link, ...] = ()


def read_tokens(elements: Sequence[Element], source: str, target: str, stretches: Sequence[Stretch]) -> list[Token]:
    edges = sorted({edge for element in elements for edge in (element.start, element.end)})
    islands = [element for element in elements if element.is_island]
    tokens: list[Token] = []
    for number, stretch in enumerate(stretches):
        links = sorted(stretch.links, key=lambda link: link.target)
        starts = [link.target[0] for link in links]
        longest = max((link.target[1] - link.target[0] for link in links), default=0)
        for start, end, atom in _cut(target, stretch):
            if atom is not None:
                is_island = any(atom[0] <= island.start and island.end <= atom[1] for island in islands)
                tokens.append(Token(start, end, number, True, atom, is_island))
                continue
            near = links[bisect_left(starts, start - longest) : bisect_right(starts, end - 1)]
            own = tuple(link for link in near if link.target[1] > start)
            token = Token(start, end, number, target[start].isalnum(), links=own)
            tokens += _cut_at_tags(token, source, target, edges)
    return tokens


def _cut_at_tags(token: Token, source: str, target: str, edges: Sequence[int]) -> list[Token]:
    """A word that is the same in both texts is cut where a tag cuts it, as in H<sub>2</sub>O."""
    word = target[token.start : token.end]
    same = next((link.source[0] for link in token.links if source[slice(*link.source)] == word), None)
    if same is None:
        return [token]
    size = token.end - token.start
    cuts = [edge - same for edge in edges[bisect_right(edges, same) : bisect_left(edges, same + size)]]
    return [
        replace(
            token,
            start=token.start + start,
            end=token.start + end,
            links=(Link((same + start, same + end), (token.start + start, token.start + end)),),
        )
        for start, end in pairwise((0, *cuts, size))
    ]


def _cut(target: str, stretch: Stretch) -> list[tuple[int, int, Span | None]]:
    """The sentence in words, marks and atoms."""
    cut: list[tuple[int, int, Span | None]] = []
    position = stretch.target[0]
    ends: list[tuple[Span | None, Span]] = [(source, place) for source, place in stretch.atoms]
    for atom, (start, end) in [*sorted(ends, key=lambda each: each[1]), (None, (stretch.target[1],) * 2)]:
        between = target[position:start]
        cut += ((position + found.start(), position + found.end(), None) for found in find_tokens(between))
        if atom is not None and start < end:
            cut.append((start, end, atom))
        position = end
    return cut


def get_share(element: Element, token: Token) -> float | None:
    """Which part of a token comes from the element, by weight; None if nothing is known of the token."""
    if token.atom:
        inside = min(element.end, token.atom[1]) - max(element.start, token.atom[0])
        return float(inside > 0 if element.is_island else 2 * inside >= token.atom[1] - token.atom[0])
    own = whole = 0.0
    for link in token.links:
        size = max(1, link.source[1] - link.source[0])
        inside = min(element.end, link.source[1]) - max(element.start, link.source[0])
        whole += link.weight
        own += link.weight * max(0, inside) / size
    return own / whole if whole else None
