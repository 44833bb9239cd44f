"""Where the tags of a text stand in its translation.

Every word of the translation says which part of the source it comes from; an element takes the stretch of words in
which most are its own: outermost elements first, siblings never across one another. So the tags are always the same
ones and nested as before. Elements whose words attention does not find get the likeliest place and are named.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from translators import Span
from translators.board import Board, get_span, guess_place, has_word, holds_island, take_marks
from translators.inline import Element
from translators.stretches import Stretch, get_share, read_tokens

MOST_ELEMENTS = 250
_STRANGER, _OWN = -0.7, 1.7  # a word is worth from −0.7 (none of it is the element's) to 1 (all of it)
_UNLINKED = -0.1
_ATOM = 1_000.0


@dataclass(frozen=True, slots=True)
class Placement:
    """A span for each element; `guessed` are the names of those whose words were not found."""

    spans: tuple[Span, ...]
    guessed: tuple[str, ...]


def place_elements(
    elements: Sequence[Element], source: str, target: str, stretches: Sequence[Stretch]
) -> Placement | None:
    """Spans for the elements of `source` in `target`; None when there is no way to place them all."""
    if len(elements) > MOST_ELEMENTS:
        return None
    tokens = read_tokens(elements, source, target, stretches)
    letters = count_letters(source)
    for is_tight in (False, True):
        board = Board(source, target, letters, stretches, tokens, elements, is_tight, [-1] * len(tokens))
        if _place_all(board):
            return Placement(tuple(get_span(board, number) for number in range(len(elements))), tuple(board.guessed))
    return None


def count_letters(text: str) -> list[int]:
    """How many letters and digits stand before each character, and before the end."""
    return [0, *accumulate(character.isalnum() for character in text)]


def is_partial(element: Element, letters: Sequence[int], span: Span) -> bool:
    """Whether the element holds some of the letters and digits of a sentence, and not all (`count_letters`)."""
    start, end = max(element.start, span[0]), min(element.end, span[1])
    before, after = letters[min(start, span[1])] > letters[span[0]], letters[span[1]] > letters[max(end, span[0])]
    if element.start == element.end:
        return span[0] <= element.start <= span[1] and before and after
    return start < end and (before or after)


def _place_all(board: Board) -> bool:
    children: dict[int, list[int]] = {}
    for number, element in enumerate(board.elements):
        children.setdefault(element.parent, []).append(number)
    parents = [-1, *range(len(board.elements))]
    needs = _count_needs(board)
    for parent in parents:
        within = board.ranges.get(parent, (0, len(board.tokens))) if parent >= 0 else (0, len(board.tokens))
        full = [
            number for number in children.get(parent, ()) if board.elements[number].start < board.elements[number].end
        ]
        scores = {number: _score(board, number, within) for number in full}
        full.sort(key=lambda number: (not board.elements[number].is_island, -max(scores[number][0], default=0)))
        for number in full:
            if not _place(board, number, parent, within, scores[number], needs[number]):
                return False
    return all(holds_island(board, number) for number in range(len(board.elements)))


def _place(
    board: Board,
    number: int,
    parent: int,
    within: Span,
    scores: tuple[list[float], list[float]],
    needs: tuple[int, int],
) -> bool:
    """Take the best stretch of tokens that is free inside the parent; false if there is none."""
    values, shares = scores
    free = [board.taken[token] == parent for token in range(*within)]
    best = _find_best(values, free)
    if best is None:
        best = _find_likeliest(board, number, within, shares, free)
        if best is None:
            return False
        if not shares[best[0]]:
            board.guessed.append(board.elements[number].name)
    atoms = [token.atom is not None for token in board.tokens[slice(*within)]]
    has_atom = any(atoms[token] and shares[token] for token in range(*best))
    need = needs[has_atom]
    if board.is_tight and not has_atom:
        best = best[0], best[0] + 1
    best = _grow(best, free, atoms, need)
    if atoms[slice(*best)].count(False) < need:
        return False
    first, last = best[0] + within[0], best[1] + within[0]
    if not board.is_tight:
        first, last = take_marks(board, number, parent, within, first, last)
    board.ranges[number] = first, last
    board.taken[first:last] = [number] * (last - first)
    return True


def _score(board: Board, number: int, within: Span) -> tuple[list[float], list[float]]:
    """For each token inside: what it is worth to the element, and which share of it is the element's."""
    element = board.elements[number]
    covers = [_covers(board, element, stretch) for stretch in board.stretches]
    weighs_marks = any(
        not has_word(board, each.start, each.end)
        for each in board.elements
        if element.start <= each.start < each.end <= element.end
    )
    values, shares = [], []
    for token in board.tokens[slice(*within)]:
        cover = covers[token.stretch]
        share = get_share(element, token) if cover is None or token.atom else cover
        shares.append(share or 0.0)
        if token.is_island:
            values.append(_ATOM if share else -_ATOM)
        elif not token.is_word and not weighs_marks:
            values.append(0.0)
        elif share is None:
            values.append(_UNLINKED)
        else:
            values.append(_OWN * share + _STRANGER)
    return values, shares


def _covers(board: Board, element: Element, stretch: Stretch) -> float | None:
    """1 if the element holds all words of the sentence, 0 if none; else None: links must tell."""
    start, end = max(element.start, stretch.source[0]), min(element.end, stretch.source[1])
    if start >= end:
        return 0.0
    around = has_word(board, stretch.source[0], start) or has_word(board, end, stretch.source[1])
    return None if around else 1.0


def _find_best(values: Sequence[float], free: Sequence[bool]) -> Span | None:
    """The free stretch with the greatest sum, from a token with worth to one with worth; None if none is worth it."""
    best: Span | None = None
    most = total = 0.0
    start = 0
    for place, value in enumerate(values):
        if not free[place]:
            total = 0.0
            continue
        if total <= 0:
            total, start = 0.0, place
        total += value
        if total > most and value > 0:
            most, best = total, (start, place + 1)
    if best is None:
        return None
    first = next(place for place in range(*best) if values[place] > 0)
    return first, best[1]


def _find_likeliest(
    board: Board, number: int, within: Span, shares: Sequence[float], free: Sequence[bool]
) -> Span | None:
    """One free token: the one with the greatest share, else the one at the element's place in its sentence."""
    element = board.elements[number]
    places = [place for place, is_free in enumerate(free) if is_free and not board.tokens[within[0] + place].atom]
    if not places or element.is_island:
        return None
    wanted = guess_place(board, element.start)
    marks_only = not has_word(board, element.start, element.end)

    def rank(place: int) -> tuple[bool, float, float]:
        token = board.tokens[within[0] + place]
        return token.is_word == marks_only, -shares[place], abs(token.start - wanted)

    place = min(places, key=rank)
    return place, place + 1


def _grow(span: Span, free: Sequence[bool], atoms: Sequence[bool], need: int) -> Span:
    """The stretch, longer by free neighbours until its own elements have room; across atoms only if it must be."""
    start, end = span
    room = atoms[start:end].count(False)
    for crosses in (False, True):
        while room < need and end < len(free) and free[end] and (crosses or not atoms[end]):
            room += not atoms[end]
            end += 1
        while room < need and start > 0 and free[start - 1] and (crosses or not atoms[start - 1]):
            start -= 1
            room += not atoms[start]
    return start, end


def _count_needs(board: Board) -> list[tuple[int, int]]:
    """How many tokens but atoms each element must have, so that each inside it has one of its own.

    Without an atom of its own and with one; those that hold an island, or nothing but atoms, always have one.
    """
    atoms = [source for stretch in board.stretches for source, _ in stretch.atoms]
    inner = [0] * len(board.elements)
    needs = [(0, 0)] * len(board.elements)
    islands = [element.is_island for element in board.elements]
    for number in range(len(board.elements) - 1, -1, -1):
        element = board.elements[number]
        if element.start == element.end:
            continue
        least = 0 if islands[number] or _is_atomic(board, element, atoms) else 1
        needs[number] = max(least, inner[number]), inner[number]
        if element.parent >= 0:
            inner[element.parent] += needs[number][0]
            islands[element.parent] |= islands[number]
    return needs


def _is_atomic(board: Board, element: Element, atoms: Sequence[Span]) -> bool:
    """Whether all words of the element are in atoms."""
    own = [(max(start, element.start), min(end, element.end)) for start, end in atoms]
    inside = [board.letters[end] - board.letters[start] for start, end in own if start < end]
    return bool(inside) and sum(inside) == board.letters[element.end] - board.letters[element.start]
