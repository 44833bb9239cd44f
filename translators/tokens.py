"""HTML → tokens that keep their own spelling: joined they give the document back byte for byte."""

import re
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

Kind = Literal["text", "open", "close", "other"]


@dataclass(frozen=True, slots=True)
class Token:
    """A stretch of the document as it is spelled. `values` are its `alt` and `title`: (start, end) inside `raw`."""

    kind: Kind
    raw: str
    name: str = ""
    values: tuple[tuple[int, int], ...] = ()


def read_tokens(document: str) -> list[Token]:
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
