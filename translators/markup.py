"""HTML → texts → HTML: only text changes.

The document is read as tokens whose own spelling is kept, so what is not translated stays byte for byte as it was.
A text is what stands between two block tags: paragraph, heading, list item, table cell, caption; and every `alt` and
`title`. A <br> parts texts unless it stands inside a sentence. What comes back is escaped: no text can become markup.
Tags inside a text go where the caller has found their words (`placing`); without that they are left out.
"""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass

from translators import Span
from translators.inline import Element, Inline, get_plain, read_inline, write_inline
from translators.tokens import CODE, INLINE, OPAQUE, Token, read_tokens

_UNSAFE = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\ud800-\udfff]")
_GOES_ON = (",", "،", "，", "、", "(", "（", "–", "—")
_ENDS = (".", "!", "?", "…", ":", ";", "。", "！", "？", "：", "；")


@dataclass(frozen=True, slots=True)
class Placed:
    """A text with where the elements of the one that it replaces stand in it."""

    text: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Verbatim:
    """What stands in place of a text as it is: clean HTML, with the tags inside. In an attribute: plain text."""

    html: str


@dataclass(frozen=True, slots=True)
class _Run:
    """Tokens start ≤ n < end hold one text; white space at both ends is outside."""

    start: int
    end: int
    inline: Inline

    @property
    def token(self) -> int:
        return self.start


@dataclass(frozen=True, slots=True)
class _Value:
    """An attribute's value: which token, and where in its spelling."""

    token: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Blocks:
    """A document taken apart: `texts` in their order, plain and with blanks collapsed; the rest is for write_blocks.

    `elements` are the tags inside each text; `None` where they overlap, so that they cannot move.
    """

    texts: tuple[str, ...]
    elements: tuple[tuple[Element, ...] | None, ...]
    tokens: tuple[Token, ...]
    places: tuple[_Run | _Value, ...]


def read_blocks(document: str) -> Blocks:
    """The texts of an HTML fragment. Never fails: what is not well-formed markup is text or is left alone."""
    tokens = read_tokens(document)
    places: list[_Run | _Value] = []
    start, depth = 0, 0
    for number, token in enumerate([*tokens, Token("other", "")]):
        if token.name in OPAQUE:
            depth = max(0, depth + (1 if token.kind == "open" else -1))
        elif depth == 0 and _is_inside(tokens, token, number):
            continue
        if start < number and not (depth - (token.kind == "open" and token.name in OPAQUE)) > 0:
            places += _find_run(tokens, start, number)
        start = number + 1
    places += [_Value(number, *span) for number, token in enumerate(tokens) for span in token.values]
    places.sort(key=lambda place: place.token)
    elements = [_list_elements(place) for place in places]
    return Blocks(tuple(_get_text(tokens, place) for place in places), tuple(elements), tuple(tokens), tuple(places))


def list_places(blocks: Blocks) -> list[str]:
    """What each text is called: "body 1", or "attribute 2" where it has no tags and no markup."""
    return [
        f"{'body' if isinstance(place, _Run) else 'attribute'} {number}"
        for number, place in enumerate(blocks.places, 1)
    ]


def list_spelled(blocks: Blocks) -> list[str]:
    """How each text is spelled: with its tags and what stands around it inside its block; a value as plain text."""
    return [
        "".join(token.raw for token in blocks.tokens[place.start : place.end]) if isinstance(place, _Run) else text
        for place, text in zip(blocks.places, blocks.texts, strict=True)
    ]


def write_blocks(blocks: Blocks, texts: Sequence[str | Placed | Verbatim]) -> str:
    """The document with these texts in place of its own, one for each; a text that is the same changes nothing."""
    return spell_blocks(blocks, texts)[0]


def spell_blocks(blocks: Blocks, texts: Sequence[str | Placed | Verbatim]) -> tuple[str, list[str]]:
    """The same, and how each of the new texts is spelled in it."""
    spelled = [token.raw for token in blocks.tokens]
    is_new = [
        isinstance(new, Verbatim) or (new if isinstance(new, str) else new.text) != old
        for old, new in zip(blocks.texts, texts, strict=True)
    ]
    written = [_get_plain_text(text) for text in texts]
    # From the last value of a tag to its first, so that the places of earlier ones stay right.
    for number in reversed(range(len(texts))):
        place = blocks.places[number]
        if isinstance(place, _Value) and is_new[number]:
            raw = spelled[place.token]
            spelled[place.token] = f'{raw[: place.start]}"{html.escape(written[number])}"{raw[place.end :]}'
    for number, (place, text) in enumerate(zip(blocks.places, texts, strict=True)):
        if isinstance(place, _Run):
            now = _write_run(place, text, spelled) if is_new[number] else "".join(spelled[place.start : place.end])
            written[number] = now
            spelled[place.start : place.end] = [now] + [""] * (place.end - place.start - 1)
    return "".join(spelled), written


def _get_plain_text(text: str | Placed | Verbatim) -> str:
    match text:
        case Verbatim():
            return text.html
        case Placed():
            return _UNSAFE.sub("", text.text)
    return _UNSAFE.sub("", text)


def _write_run(run: _Run, text: str | Placed | Verbatim, spelled: Sequence[str]) -> str:
    if isinstance(text, Verbatim):
        return text.html
    if isinstance(text, str):
        return write_inline(run.inline, spelled, _UNSAFE.sub("", text), None)
    return _UNSAFE.sub("", write_inline(run.inline, spelled, text.text, text.spans))


def _is_inside(tokens: Sequence[Token], token: Token, number: int) -> bool:
    """Whether the token goes on with the text that stands before it."""
    if token.kind == "text":
        return True
    if token.name == "br":
        return token.kind == "open" and _is_in_sentence(tokens, number)
    return token.name in INLINE and token.kind in ("open", "close")


def _is_in_sentence(tokens: Sequence[Token], number: int) -> bool:
    """Whether a <br> breaks a line, not a sentence: after a comma, or between some words and a small letter."""
    before, after = _find_text(tokens, number, -1), _find_text(tokens, number, 1)
    if not before or not after:
        return False
    in_words = before.count(" ") > 1 and not before.endswith(_ENDS)
    return before.endswith(_GOES_ON) or (in_words and after[0].islower())


def _find_text(tokens: Sequence[Token], number: int, step: int) -> str:
    """The nearest text with something to read in it, if nothing but inline tags stands between."""
    for _ in range(8):
        number += step
        if not 0 <= number < len(tokens):
            return ""
        token = tokens[number]
        if token.kind == "text" and (plain := get_plain(token.raw)):
            return plain
        if token.kind != "text" and token.name not in INLINE:
            return ""
    return ""


def _find_run(tokens: Sequence[Token], start: int, end: int) -> list[_Run]:
    """The run of these inline tokens, unless there is nothing to read in it but code."""
    inside = 0
    readable = False
    for token in tokens[start:end]:
        if token.name in CODE:
            inside += 1 if token.kind == "open" else -1
        elif token.kind == "text" and inside <= 0 and html.unescape(token.raw).strip():
            readable = True
    return [_Run(start, end, read_inline(tokens, start, end))] if readable else []


def _list_elements(place: _Run | _Value) -> tuple[Element, ...] | None:
    if isinstance(place, _Value):
        return ()
    return place.inline.elements if place.inline.is_nested else None


def _get_text(tokens: Sequence[Token], place: _Run | _Value) -> str:
    if isinstance(place, _Run):
        return place.inline.text
    raw = tokens[place.token].raw[place.start : place.end]
    return get_plain(raw[1:-1] if raw[:1] in ("'", '"') else raw)
