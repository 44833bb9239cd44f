"""The HTML that an article's body may hold: an allow-list (nh3), plain text into it and out of it.

What is not listed goes: scripts and styles with their content, other tags without. Links and pictures keep only
absolute http, https and (links) mailto addresses. `clean` is idempotent.

Reading HTML takes time that grows with the square of its depth, so what is nested too deep loses its tags.
"""

import html
import re
import unicodedata
from collections import Counter
from html.parser import HTMLParser

import nh3

from feeds import text

TAGS = {
    "p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "li", "dl", "dt", "dd", "hr", "pre",
    "figure", "figcaption", "img", "a",
    "table", "caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "th", "td",
    "strong", "em", "b", "i", "u", "s", "sub", "sup", "br", "code", "q", "cite", "abbr", "time", "span",
}  # fmt: skip
ATTRIBUTES = {
    "*": {"lang", "dir"},
    "a": {"href"},
    "abbr": {"title"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start"},
    "time": {"datetime"},
    "th": {"colspan", "rowspan", "scope"},
    "td": {"colspan", "rowspan"},
}
DROPPED_WITH_CONTENT = {
    "script", "style", "template", "noscript", "iframe", "object", "svg", "math", "title", "textarea", "select",
}  # fmt: skip
BLOCKS = {
    "p", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "li", "dl", "dt", "dd", "hr", "pre",
    "figure", "figcaption", "table", "caption", "tr",
}  # fmt: skip

# Their end tags may be left out, so that open ones say nothing of depth; inside svg and math they do.
CLOSED_BY_NEXT = {
    "p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot", "colgroup", "col", "br", "hr", "img",
    "option", "input", "wbr", "source", "meta", "link", "area", "base", "embed", "param", "track",
}  # fmt: skip
MAX_DEPTH = 200

_ANY_TAG = re.compile(r"<(/?)([A-Za-z][^\s/>]*)")
_TAG = re.compile(r"(<[^>]*>)")
_H1 = re.compile(r"<(/?)h1(?=[ >])")
_PICTURE_WITHOUT_ADDRESS = re.compile(r"<img(?![^>]*\ssrc=)[^>]*>")
_MAX_PASSES = 8


def clean(markup: str) -> str:
    """Any HTML → HTML of the allow-list, in NFC, without forbidden characters."""
    if is_too_deep(markup):
        markup = _drop_tags(markup)
    for _ in range(_MAX_PASSES):
        cleaned = _clean_once(markup)
        if cleaned == markup:
            return cleaned
        markup = cleaned
    # Markup that does not settle (tags that reorder one another at each reading) loses its tags.
    return from_plain(to_plain(markup))


def is_too_deep(markup: str) -> bool:
    """Are more than MAX_DEPTH elements open at once? Errs on the side of yes."""
    shallow = set() if re.search("<(svg|math)", markup, re.IGNORECASE) else CLOSED_BY_NEXT
    is_open: Counter[str] = Counter()
    depth = 0
    for end, name in _ANY_TAG.findall(markup):
        name = name.lower()
        if name in shallow or (end and not is_open[name]):
            continue
        step = -1 if end else 1
        is_open[name] += step
        depth += step
        if depth > MAX_DEPTH:
            return True
    return False


def is_markup(value: str) -> bool:
    """Does it look like HTML: does any tag of the allow-list stand in it?"""
    return any(name.lower() in TAGS for name in re.findall(r"</?([A-Za-z][A-Za-z0-9]*)[ />]", value))


def from_plain(plain: str) -> str:
    """Plain text → escaped paragraphs, parted at blank lines."""
    paragraphs = re.split(r"\n[ \t]*\n\s*", text.normalise(text.drop_forbidden(plain)))
    return "\n".join(f"<p>{_escape(paragraph.strip())}</p>" for paragraph in paragraphs if paragraph.strip())


def to_plain(markup: str) -> str:
    """The text of HTML, blocks parted by blank lines."""
    reader = _TextReader()
    reader.feed(_clean_once(_drop_tags(markup) if is_too_deep(markup) else markup))
    reader.close()
    lines = [line.strip(" \t") for line in "".join(reader.pieces).split("\n")]
    return re.sub(r"\n{2,}", "\n\n", "\n".join(lines)).strip()


def _clean_once(markup: str) -> str:
    cleaned = nh3.clean(
        text.drop_forbidden(markup),
        tags=TAGS,
        clean_content_tags=DROPPED_WITH_CONTENT,
        attributes=ATTRIBUTES,
        attribute_filter=_filter_attribute,
        link_rel=None,
        url_schemes={"http", "https", "mailto"},
        url_relative="deny",
    )
    # Again, because of character references. An h1 is the page's; the article stands below it.
    cleaned = _PICTURE_WITHOUT_ADDRESS.sub("", _H1.sub(r"<\1h2", text.drop_forbidden(cleaned)))
    return "".join(piece if piece.startswith("<") else _to_nfc(piece) for piece in _TAG.split(cleaned))


def _drop_tags(markup: str) -> str:
    # What is left of broken tags must not close up to new ones.
    return re.sub(r"<[^<>]*>", " ", markup).replace("<", "&lt;")


def _to_nfc(piece: str) -> str:
    # Only between tags: ">" and a combining stroke would otherwise melt into one letter and break the tag.
    return unicodedata.normalize("NFC", piece)


def _filter_attribute(tag: str, attribute: str, value: str) -> str | None:
    if tag == "img" and attribute == "src" and not value.lower().startswith(("http://", "https://")):
        return None
    return value


def _escape(plain: str) -> str:
    return html.escape(plain, quote=False).replace("\xa0", "&nbsp;")


class _TextReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []

    def handle_data(self, data: str) -> None:
        self.pieces.append(re.sub(r"[ \t\n\r]+", " ", data))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 (the interface)
        self._part(tag)

    def handle_endtag(self, tag: str) -> None:
        self._part(tag)

    def _part(self, tag: str) -> None:
        if tag in BLOCKS:
            self.pieces.append("\n\n")
        elif tag == "br":
            self.pieces.append("\n")
        elif tag in {"td", "th"}:
            self.pieces.append(" ")
