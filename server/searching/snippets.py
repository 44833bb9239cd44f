"""Where in a text the words that were asked for stand: the part of it that has most of them, in marked pieces. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from server.searching.query import Term, get_beginning
from server.searching.words import Word, is_han, list_words, tidy

LONGEST, BEFORE = 220, 60  # characters of a snippet; of them before the first word that was found
MOST_READ = 20_000  # characters of a text
_MOST_LEAD = 24  # characters that a cut is moved by, to begin with a whole word
ELLIPSIS = "…"


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text; `is_match`: it is what was asked for."""

    text: str
    is_match: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """From where to where a term stands, and which one."""

    start: int
    end: int
    term: int


def mark(text: str, terms: Sequence[Term]) -> tuple[Piece, ...]:
    """The whole text, in pieces."""
    read = tidy(text)
    return tuple(_cut(read, 0, len(read), find_spans(read, terms)))


def make_snippet(texts: Sequence[str], terms: Sequence[Term]) -> tuple[Piece, ...]:
    """Of the first text that has most of the terms, the part with most of them; else the beginning of the first."""
    best: tuple[int, str, int, list[Span]] | None = None
    for text in texts:
        read = tidy(" ".join(text[:MOST_READ].split()))
        spans = find_spans(read, terms)
        count, start = _find_window(spans)
        if read and (best is None or count > best[0]):
            best = count, read, start, spans
    if best is None:
        return ()
    _, read, start, spans = best
    begin = _begin_at(read, max(0, min(start - BEFORE, len(read) - LONGEST)))
    end = min(len(read), begin + LONGEST)
    while end < len(read) and end > begin + LONGEST - _MOST_LEAD and not _is_gap(read, end):
        end -= 1
    pieces = list(_cut(read, begin, end, spans))
    before, after = [Piece(ELLIPSIS)] if begin else [], [Piece(ELLIPSIS)] if end < len(read) else []
    return tuple(_join([*before, *pieces, *after]))


def find_spans(read: str, terms: Sequence[Term]) -> list[Span]:
    """Where the terms stand in a tidy text, in order."""
    words = list(list_words(read))
    places: dict[str, list[int]] = {}
    for place, word in enumerate(words):
        places.setdefault(word.text, []).append(place)
    found = [
        Span(words[place].start, words[place + len(term.words) - 1].end, number)
        for number, term in enumerate(terms)
        for place in _find_places(words, places, term)
    ]
    return sorted(found, key=lambda span: (span.start, -span.end))


def _find_places(words: Sequence[Word], places: dict[str, list[int]], term: Term) -> Iterator[int]:
    """Where a term begins: its words follow each other; the last may go on as the index lets it."""
    *whole, last = term.words
    beginning = get_beginning(term)
    starts = places.get(whole[0], []) if whole else range(len(words)) if beginning else places.get(last, [])
    for start in starts:
        end = start + len(whole)
        if end >= len(words) or any(words[start + step].text != word for step, word in enumerate(whole)):
            continue
        text = words[end].text
        if text == last or (beginning and text.startswith(beginning)):
            yield start


def _find_window(spans: Sequence[Span]) -> tuple[int, int]:
    """How many different terms the best part of a text has, and where the first of them stands."""
    best, start = 0, 0
    for place, span in enumerate(spans):
        within = {one.term for one in spans[place : place + 50] if one.end <= span.start + LONGEST - BEFORE}
        if len(within) > best:
            best, start = len(within), span.start
    return best, start


def _begin_at(read: str, begin: int) -> int:
    """The beginning of a word, at or after this place."""
    if begin == 0:
        return 0
    return next((at for at in range(begin, min(begin + _MOST_LEAD, len(read))) if read[at - 1] == " "), begin)


def _is_gap(read: str, end: int) -> bool:
    return read[end] == " " or is_han(read[end])


def _cut(read: str, begin: int, end: int, spans: Sequence[Span]) -> Iterator[Piece]:
    """The part of a text in pieces; spans that touch are one."""
    at = begin
    for start, stop in _merge(span for span in spans if span.end > begin and span.start < end):
        start, stop = max(start, begin), min(stop, end)
        if start > at:
            yield Piece(read[at:start])
        yield Piece(read[start:stop], is_match=True)
        at = stop
    if at < end:
        yield Piece(read[at:end])


def _merge(spans: Iterable[Span]) -> Iterator[tuple[int, int]]:
    """Those that touch as one."""
    start, stop = 0, -1
    for span in spans:
        if span.start <= stop:
            stop = max(stop, span.end)
            continue
        if stop >= 0:
            yield start, stop
        start, stop = span.start, span.end
    if stop >= 0:
        yield start, stop


def _join(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Neighbours that are not marked, in one."""
    pending = ""
    for piece in pieces:
        if piece.is_match:
            if pending:
                yield Piece(pending)
            yield piece
            pending = ""
        else:
            pending += piece.text
    if pending:
        yield Piece(pending)
