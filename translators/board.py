"""What is known while tags are placed: which words are whose; and from that where each tag begins and ends."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from translators import Span
from translators.alignment import find_tokens
from translators.inline import Element
from translators.stretches import Stretch, Token, get_share

_OPENERS = "“‘«„‹([{《（「『<#"
_CLOSERS = {
    "”": "“",
    "’": "‘",
    "»": "«",
    "›": "‹",
    ")": "(",
    "]": "[",
    "}": "{",
    "》": "《",
    "）": "（",
    "」": "「",
    "』": "『",
}


@dataclass(slots=True)
class Board:
    """What is known while elements are placed. `taken`: by which element each token was taken last."""

    source: str
    target: str
    letters: Sequence[int]
    stretches: Sequence[Stretch]
    tokens: Sequence[Token]
    elements: Sequence[Element]
    is_tight: bool
    taken: list[int] = field(default_factory=list)
    ranges: dict[int, Span] = field(default_factory=dict)
    guessed: list[str] = field(default_factory=list)


def has_word(board: Board, start: int, end: int) -> bool:
    return board.letters[end] > board.letters[start]


def guess_place(board: Board, place: int) -> float:
    for stretch in board.stretches:
        if place <= stretch.source[1]:
            size = max(1, stretch.source[1] - stretch.source[0])
            share = max(0, place - stretch.source[0]) / size
            return stretch.target[0] + share * (stretch.target[1] - stretch.target[0])
    return len(board.target)


def take_marks(board: Board, number: int, parent: int, within: Span, first: int, last: int) -> Span:
    """With the marks at both ends that the source has there, and the other half of quotes and brackets inside."""
    element = board.elements[number]
    lead, tail = _has_marks(board.source, element.start, element.end)

    def is_free(place: int) -> bool:
        token = board.tokens[place] if within[0] <= place < within[1] else None
        return token is not None and not token.is_word and not token.atom and board.taken[place] == parent

    while is_free(last) and board.tokens[last].start == board.tokens[last - 1].end:
        mark = board.target[board.tokens[last].start]
        opener = _CLOSERS.get(mark)
        content = board.target[board.tokens[first].start : board.tokens[last - 1].end]
        if opener and content.count(opener) <= content.count(mark) and not (lead and tail):
            break
        if not opener and (not tail or mark in _OPENERS):
            break
        last += 1
    while is_free(first - 1) and board.tokens[first - 1].end == board.tokens[first].start:
        mark = board.target[board.tokens[first - 1].start]
        content = board.target[board.tokens[first].start : board.tokens[last - 1].end]
        closer = next((close for close, opener in _CLOSERS.items() if opener == mark), "")
        is_half = bool(closer) and content.count(closer) > content.count(mark)
        if not is_half and not (lead and mark in _OPENERS):
            break
        first -= 1
    return first, last


def _has_marks(text: str, start: int, end: int) -> tuple[bool, bool]:
    """Whether an element begins, ends with punctuation."""
    return not text[start].isalnum(), not text[end - 1].isalnum()


def get_span(board: Board, number: int) -> Span:
    element = board.elements[number]
    if element.start == element.end:
        return _get_point(board, number)
    if element.is_island:
        return _get_island(board, element) or (0, 0)
    first, last = board.ranges[number]
    return board.tokens[first].start, board.tokens[last - 1].end


def _get_point(board: Board, number: int) -> Span:
    """Where an empty element stands: before the word that it stood before, inside its parent, between its siblings."""
    element = board.elements[number]
    within = board.ranges.get(element.parent, (0, len(board.tokens)))
    if not has_word(board, 0, element.start) and within[0] == 0:
        return 0, 0
    following = next((found for found in find_tokens(board.source[element.start :])), None)
    if following is None or within[0] == within[1]:
        place = board.tokens[within[1] - 1].end if within[0] < within[1] else len(board.target)
        return place, place
    word = Element("", element.start + following.start(), element.start + following.end(), 0, 0)
    shares = [get_share(word, token) or 0.0 for token in board.tokens[slice(*within)]]
    best = max(range(len(shares)), key=shares.__getitem__)
    place = board.tokens[within[0] + best].start
    if not shares[best]:
        wanted = guess_place(board, element.start)
        place = min((token.start for token in board.tokens[slice(*within)]), key=lambda start: abs(start - wanted))
    return _leave_siblings(board, element, place)


def _leave_siblings(board: Board, element: Element, place: int) -> Span:
    for other, (first, last) in board.ranges.items():
        start, end = board.tokens[first].start, board.tokens[last - 1].end
        if board.elements[other].parent == element.parent and start < place < end:
            place = start if element.start <= board.elements[other].start else end
    return place, place


def _get_island(board: Board, element: Element) -> Span | None:
    for stretch in board.stretches:
        for source, target in stretch.atoms:
            if source[0] <= element.start and element.end <= source[1]:
                start = target[0] + element.start - source[0]
                return start, start + element.end - element.start
    return None


def holds_island(board: Board, number: int) -> bool:
    """Whether an island has its place, and the elements around it hold it."""
    element = board.elements[number]
    if not element.is_island:
        return True
    span = _get_island(board, element)
    while span and element.parent >= 0:
        first, last = board.ranges[element.parent]
        if board.tokens[first].start > span[0] or board.tokens[last - 1].end < span[1]:
            return False
        element = board.elements[element.parent]
    return span is not None
