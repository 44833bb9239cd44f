"""The tags inside one text: read with their places in it, written at their places in another.

A text is read from a run of tokens (`markup`). Its elements are the tags that open and close inside it; those around
all of it, and those whose other half is in another run, stay at its ends whatever becomes of the text. Elements of
code are islands: their content is written as it was spelled.
"""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass

from translators import Span
from translators.tokens import CODE, VOID, Token

_BLANKS = re.compile(r"[ \t\n\r\f]+")
_PENDING = " \t\n\r\f"


@dataclass(frozen=True, slots=True)
class Element:
    """A tag and what it holds: characters start ≤ n < end of the text; none if it is empty or <br>.

    `opening` and `closing` are its tokens (the same for <br>), `parent` the element around it (−1: none).
    """

    name: str
    start: int
    end: int
    opening: int
    closing: int
    parent: int = -1

    @property
    def is_island(self) -> bool:
        """Whether its content is code, which stays as it is."""
        return self.name in CODE and self.start < self.end


@dataclass(frozen=True, slots=True)
class Inline:
    """A run read: its plain text with blanks collapsed, its elements in document order, the tokens at its ends.

    `blanks` is the white space at both ends. `is_nested` is false where tags overlap, as in <b><i></b></i>.
    """

    text: str
    elements: tuple[Element, ...]
    before: tuple[int, ...]
    after: tuple[int, ...]
    blanks: tuple[str, str]
    is_nested: bool = True


def read_inline(tokens: Sequence[Token], start: int, end: int) -> Inline:
    """The text and the elements of tokens start ≤ n < end, which hold something to read."""
    full = [number for number in range(start, end) if tokens[number].kind == "text" and _is_full(tokens[number].raw)]
    first, last = full[0], full[-1]
    partners = _pair_tags(tokens, start, end)
    before: list[int] = []
    after: list[int] = []
    inner: list[int] = []
    for number in range(start, end):
        token, partner = tokens[number], partners.get(number)
        outside = number < first or number > last
        if token.kind == "text":
            if outside:
                (before if number < first else after).append(number)
        elif token.name in VOID or partner is None:
            if not outside and token.kind == "open" and token.name in VOID:
                inner.append(number)
            else:  # a closing tag without its other half stays before the text that follows it
                early = number < first or (not outside and token.kind == "close")
                (before if early else after).append(number)
        elif outside and not first <= partner <= last and (partner < first or partner > last):
            (before if number < first else after).append(number)
        else:
            inner.append(number)
    text, places = _read_text(tokens, start, end)
    elements, is_nested = _make_elements(tokens, inner, partners, places, text)
    blanks = (_get_blanks(tokens[first].raw)[0], _get_blanks(tokens[last].raw)[1])
    return Inline(text, elements, tuple(before), tuple(after), blanks, is_nested)


def write_inline(inline: Inline, spelled: Sequence[str], text: str, spans: Sequence[Span] | None) -> str:
    """The run with another text, its elements at these spans: inside their parents and never across one another.

    Without spans the elements are left out, except line breaks. `spelled` is how all tokens are written now.
    """
    if spans is None:
        kept = {number for number, element in enumerate(inline.elements) if element.name == "br"}
        spans = [
            _guess_place(element, inline.text, text) if number in kept else (0, 0)
            for number, element in enumerate(inline.elements)
        ]
    else:
        kept = set(range(len(inline.elements)))
    children: dict[int, list[int]] = {}
    for number in sorted(kept, key=lambda each: (spans[each], each)):
        parent = inline.elements[number].parent
        children.setdefault(parent if parent in kept else -1, []).append(number)
    written = _write_children(inline.elements, children, spelled, text, spans, -1, (0, len(text)))
    before = "".join(spelled[number] for number in inline.before)
    after = "".join(spelled[number] for number in inline.after)
    return f"{before}{inline.blanks[0]}{written}{inline.blanks[1]}{after}"


def get_plain(raw: str) -> str:
    """What a reader reads in a stretch of text: references resolved, blanks collapsed."""
    return _BLANKS.sub(" ", html.unescape(raw)).strip(" ")


def _write_children(
    elements: Sequence[Element],
    children: dict[int, list[int]],
    spelled: Sequence[str],
    text: str,
    spans: Sequence[Span],
    parent: int,
    span: Span,
) -> str:
    written: list[str] = []
    position, stop = span
    for number in children.get(parent, ()):
        element = elements[number]
        start = min(max(spans[number][0], position), stop)
        end = min(max(spans[number][1], start), stop)
        gap = html.escape(text[position:start], quote=False)
        written.append(gap.rstrip(" ") if element.name == "br" else gap)
        if element.is_island or element.start == element.end:
            written += spelled[element.opening : element.closing + 1]
        else:
            content = _write_children(elements, children, spelled, text, spans, number, (start, end))
            written += (spelled[element.opening], content, spelled[element.closing])
        position = end
    return "".join(written) + html.escape(text[position:stop], quote=False)


def _guess_place(element: Element, source: str, text: str) -> Span:
    """About where a line break was: after the blank that is nearest to its share of the text, or at the end."""
    wanted = len(text) * element.start // max(1, len(source))
    before, after = text.rfind(" ", 0, wanted) + 1, text.find(" ", wanted) + 1
    near = [place for place in (before, after) if place]
    place = min(near, key=lambda each: abs(each - wanted)) if near else len(text)
    return place, place


def _pair_tags(tokens: Sequence[Token], start: int, end: int) -> dict[int, int]:
    """Which opening tag belongs to which closing one, both ways."""
    waiting: dict[str, list[int]] = {}
    partners: dict[int, int] = {}
    for number in range(start, end):
        token = tokens[number]
        if token.kind == "open" and token.name not in VOID:
            waiting.setdefault(token.name, []).append(number)
        elif token.kind == "close" and waiting.get(token.name):
            other = waiting[token.name].pop()
            partners[number], partners[other] = other, number
    return partners


def _read_text(tokens: Sequence[Token], start: int, end: int) -> tuple[str, dict[int, int]]:
    """The plain text, and where in it each tag stands: before the blank, where it stands at one."""
    read: list[str] = []
    places: dict[int, int] = {}
    length, pending = 0, False
    for number in range(start, end):
        token = tokens[number]
        if token.kind != "text":
            places[number] = length
            pending = pending or token.name == "br"
            continue
        plain = _BLANKS.sub(" ", html.unescape(token.raw))
        if not (bare := plain.strip(" ")):
            pending = pending or bool(plain)
            continue
        if (pending or plain[0] == " ") and length:
            bare = " " + bare
        read.append(bare)
        length += len(bare)
        pending = plain[-1] == " "
    return "".join(read), places


def _make_elements(
    tokens: Sequence[Token], inner: Sequence[int], partners: dict[int, int], places: dict[int, int], text: str
) -> tuple[tuple[Element, ...], bool]:
    elements: list[Element] = []
    is_open: list[tuple[int, int]] = []  # element, closing token
    is_nested = True
    skip_to = -1
    for number in inner:
        token = tokens[number]
        if number <= skip_to:
            continue
        if token.kind == "close":
            if not is_open or is_open[-1][1] != number:
                is_nested = False
                is_open = [each for each in is_open if each[1] != number]
            else:
                is_open.pop()
            continue
        closing = partners.get(number, number)
        start, end = _trim(text, places[number], places[closing])
        parent = is_open[-1][0] if is_open else -1
        elements.append(Element(token.name, start, end, number, closing, parent))
        if token.name in CODE or start == end:
            skip_to = closing
        else:
            is_open.append((len(elements) - 1, closing))
    return tuple(elements), is_nested


def _trim(text: str, start: int, end: int) -> Span:
    while end > start and text[end - 1] == " ":
        end -= 1
    while start < max(end, start + 1) and text[start : start + 1] == " ":
        start += 1
    return start, max(start, end)


def _is_full(raw: str) -> bool:
    return bool(_BLANKS.sub("", raw))


def _get_blanks(raw: str) -> tuple[str, str]:
    """The white space at both ends of a text."""
    bare = raw.strip(_PENDING)
    start = raw.index(bare)
    return raw[:start], raw[start + len(bare) :]
