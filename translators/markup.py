"""HTML → texts → HTML: only text changes.

The document is read as tokens whose own spelling is kept, so what is not translated stays byte for byte as it was.
A text is what stands between two block tags (or a <br> and one): paragraph, heading, list item, table cell, caption;
and every `alt` and `title`. What comes back is escaped: no text can become markup.

Inline tags: a later issue. Where a text comes back changed, its inline tags are dropped, except those around all of
it; `_keep_tags` is the place where they will travel with their words.
"""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

INLINE = frozenset((
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins",
    "kbd", "label", "mark", "q", "ruby", "rb", "rt", "rp", "s", "samp", "small", "span", "strike", "strong", "sub",
    "sup", "time", "tt", "u", "var", "wbr",
))  # fmt: skip
VOID = frozenset(("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"))
CODE = frozenset(("code", "kbd", "samp", "tt", "var"))
OPAQUE = frozenset(("pre", "script", "style", "textarea", "template", "math", "svg"))  # with all that is in them
RAW = frozenset(("script", "style", "textarea", "title", "xmp", "iframe", "noscript"))  # their content holds no tags
TRANSLATED = frozenset(("alt", "title"))

_START = re.compile(r"<(?:(/?)([A-Za-z][^\s/>]*)|!--|[!?])")
_IN_TAG = re.compile(r"""([^\s"'<>/=]+)\s*=\s*(["']|[^\s"'>][^\s>]*)|>""")
_BLANKS = re.compile(r"[ \t\n\r\f]+")
_UNSAFE = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\ud800-\udfff]")

Kind = Literal["text", "open", "close", "other"]


@dataclass(frozen=True, slots=True)
class Token:
    """A stretch of the document as it is spelled. `values` are its `alt` and `title`: (start, end) inside `raw`."""

    kind: Kind
    raw: str
    name: str = ""
    values: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class _Run:
    """Tokens start ≤ n < end hold one text; white space at both ends is outside."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Value:
    """An attribute's value: which token, and where in its spelling."""

    token: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Blocks:
    """A document taken apart: `texts` in their order, plain and with blanks collapsed; the rest is for write_blocks."""

    texts: tuple[str, ...]
    tokens: tuple[Token, ...]
    places: tuple[_Run | _Value, ...]


def read_blocks(document: str) -> Blocks:
    """The texts of an HTML fragment. Never fails: what is not well-formed markup is text or is left alone."""
    tokens = _read_tokens(document)
    places: list[_Run | _Value] = []
    start, depth = 0, 0
    for number, token in enumerate([*tokens, Token("other", "")]):
        if token.name in OPAQUE:
            depth = max(0, depth + (1 if token.kind == "open" else -1))
        elif depth == 0 and (token.kind == "text" or (token.name in INLINE and token.kind in ("open", "close"))):
            continue
        if start < number and not (depth - (token.kind == "open" and token.name in OPAQUE)) > 0:
            places += _find_run(tokens, start, number)
        start = number + 1
    values = [_Value(number, *span) for number, token in enumerate(tokens) for span in token.values]
    ordered = sorted([*places, *values], key=lambda place: place.start if isinstance(place, _Run) else place.token)
    return Blocks(tuple(_get_text(tokens, place) for place in ordered), tuple(tokens), tuple(ordered))


def write_blocks(blocks: Blocks, texts: Sequence[str]) -> str:
    """The document with these texts in place of its own, one for each; a text that is the same changes nothing."""
    spelled = [token.raw for token in blocks.tokens]
    changes = [
        (place, _UNSAFE.sub("", new))
        for place, old, new in zip(blocks.places, blocks.texts, texts, strict=True)
        if new != old
    ]
    # From the last value of a tag to its first, so that the places of earlier ones stay right.
    for place, text in reversed(changes):
        if isinstance(place, _Value):
            raw = spelled[place.token]
            spelled[place.token] = f'{raw[: place.start]}"{html.escape(text)}"{raw[place.end :]}'
    for place, text in changes:
        if isinstance(place, _Run):
            kept = _keep_tags(blocks.tokens, place, html.escape(text, quote=False), spelled)
            spelled[place.start : place.end] = [kept] + [""] * (place.end - place.start - 1)
    return "".join(spelled)


def _keep_tags(tokens: Sequence[Token], run: _Run, text: str, spelled: list[str]) -> str:
    """The run with a new text: white space around it, tags around all of it, and tags shared with other runs stay."""
    first, last = _find_core(tokens, run.start, run.end)
    partners = _pair_tags(tokens, run)
    before, after = [], []
    for number in range(run.start, run.end):
        token = tokens[number]
        outside = number < first or number > last
        if token.kind == "text":
            if number == first:
                before.append(_get_blanks(token.raw)[0])
            if number == last:
                after.append(_get_blanks(token.raw)[1])
            if outside:
                (before if number < first else after).append(token.raw)
            continue
        partner = partners.get(number)
        around = partner is not None and outside and (partner < first or partner > last)
        if partner is None and token.name not in VOID:
            # Its other half is in another run: a closing tag stays before the text that follows it.
            early = number < first or (not outside and token.kind == "close")
            (before if early else after).append(spelled[number])
        elif around:
            (before if number < first else after).append(spelled[number])
    return "".join(before) + text + "".join(after)


def _pair_tags(tokens: Sequence[Token], run: _Run) -> dict[int, int]:
    """Which opening tag of the run belongs to which closing one, both ways."""
    waiting: dict[str, list[int]] = {}
    partners: dict[int, int] = {}
    for number in range(run.start, run.end):
        token = tokens[number]
        if token.kind == "open" and token.name not in VOID:
            waiting.setdefault(token.name, []).append(number)
        elif token.kind == "close" and waiting.get(token.name):
            other = waiting[token.name].pop()
            partners[number], partners[other] = other, number
    return partners


def _find_run(tokens: Sequence[Token], start: int, end: int) -> list[_Run]:
    """The run of these inline tokens, unless there is nothing to read in it but code."""
    inside = 0
    readable = False
    for token in tokens[start:end]:
        if token.name in CODE:
            inside += 1 if token.kind == "open" else -1
        elif token.kind == "text" and inside <= 0 and html.unescape(token.raw).strip():
            readable = True
    return [_Run(start, end)] if readable else []


def _find_core(tokens: Sequence[Token], start: int, end: int) -> tuple[int, int]:
    """The first and the last token of the run that hold something to read."""
    full = [number for number in range(start, end) if tokens[number].kind == "text" and _is_full(tokens[number].raw)]
    return full[0], full[-1]


def _is_full(raw: str) -> bool:
    return bool(_BLANKS.sub("", raw))


def _get_text(tokens: Sequence[Token], place: _Run | _Value) -> str:
    if isinstance(place, _Run):
        raw = "".join(token.raw for token in tokens[place.start : place.end] if token.kind == "text")
    else:
        raw = tokens[place.token].raw[place.start : place.end]
        if raw[:1] in ("'", '"'):
            raw = raw[1:-1]
    return _BLANKS.sub(" ", html.unescape(raw)).strip(" ")


def _get_blanks(raw: str) -> tuple[str, str]:
    """The white space at both ends of a text."""
    bare = raw.strip(" \t\n\r\f")
    start = raw.index(bare)
    return raw[:start], raw[start + len(bare) :]


def _read_tokens(document: str) -> list[Token]:
    """One pass over the document; time grows with its length, whatever it holds."""
    tokens: list[Token] = []
    position = text_from = 0
    while found := _START.search(document, position):
        end, token = _read_tag(document, found)
        if token is None:  # never closed: the rest is text, as it is spelled
            break
        if text_from < found.start():
            tokens.append(Token("text", document[text_from : found.start()]))
        tokens.append(token)
        position = text_from = end
        if token.kind == "open" and token.name in RAW:
            close = re.compile(rf"</{token.name}(?=[\s/>])", re.IGNORECASE).search(document, position)
            stop = close.start() if close else len(document)
            if position < stop:
                tokens.append(Token("other", document[position:stop]))
            position = text_from = stop
    if text_from < len(document):
        tokens.append(Token("text", document[text_from:]))
    return tokens


def _read_tag(document: str, found: re.Match[str]) -> tuple[int, Token | None]:
    """The tag or comment that begins here and where it ends; no token when it never does."""
    start, name = found.start(), (found[2] or "").lower()
    if not name:
        close = "-->" if found[0] == "<!--" else ">"
        end = document.find(close, found.end())
        return (0, None) if end < 0 else (end + len(close), Token("other", document[start : end + len(close)]))
    values: list[tuple[int, int]] = []
    position = found.end()
    while part := _IN_TAG.search(document, position):
        if part[0] == ">":
            kind: Kind = "close" if found[1] else "open"
            return part.end(), Token(kind, document[start : part.end()], name, () if found[1] else tuple(values))
        end = part.end()
        if part[2] in ("'", '"'):
            end = document.find(part[2], part.end()) + 1
            if not end:
                return 0, None
        span = (part.start(2) - start, end - start)
        if part[1].lower() in TRANSLATED and document[part.start(2) : end].strip("'\" \t\r\n\f"):
            values.append(span)
        position = end
    return 0, None
