"""A file on disk → what a Karvan server is sent: Markdown, HTML, ninjs JSON, an Atom entry, an RSS or a NewsML-G2 item.

Markdown and HTML become ninjs 3.x; the others are passed through as they are. The keys of a Markdown file's front
matter are in `server.client.frontmatter`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lxml.html
import orjson
from lxml import etree
from markdown_it import MarkdownIt

from feeds.faults import MalformedDocument
from feeds.safexml import parse_xml
from server.client.frontmatter import InvalidFrontMatter, make_ninjs, read_front_matter, split_front_matter
from translators.languages import match

MAX_BYTES = 8_000_000
NINJS = "application/json"
XML_TYPES = {
    "{http://www.w3.org/2005/Atom}entry": "application/atom+xml;type=entry",
    "rss": "application/rss+xml",
    "{http://iptc.org/std/nar/2006-10-01/}newsItem": "application/vnd.iptc.g2.newsitem+xml",
}
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


class UnreadableDocument(ValueError):
    """Document cannot be read"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """A document ready to be sent. `body` is a ninjs news item, or the file's bytes where they are passed through.

    `outlet` is None where the file does not name one, `language` where only the server can tell.
    """

    item: str
    outlet: str | None
    language: str | None
    media_type: str
    body: Mapping[str, Any] | bytes


def read_document(path: Path, *, language: str | None = None) -> Pushed:
    """Read a file by its ending. `language` is for files that do not say theirs. Raises UnreadableDocument."""
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise UnreadableDocument(f"{path}: not one of the formats {' '.join(READERS)}")
    try:
        content = _read_file(path)
        pushed = reader(path, content, language)
    except (InvalidFrontMatter, MalformedDocument, _Unfit) as error:
        raise UnreadableDocument(f"{path}: {error}") from None
    if language and pushed.language and not _is_same_language(pushed.language, language):
        raise UnreadableDocument(f"{path}: is in {pushed.language}, but {language} was asked for")
    return pushed


def _is_same_language(spoken: str, wanted: str) -> bool:
    """Tell whether a text in the one will do for the other: az-AZ for az, zh-CN for zh."""
    try:
        return match(spoken, (wanted,)) is not None
    except ValueError:
        return spoken == wanted


class _Unfit(ValueError):
    """Not a document"""


def _read_file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise _Unfit(error.strerror or "cannot be opened") from None
    if len(content) > MAX_BYTES:
        raise _Unfit(f"larger than {MAX_BYTES:,} bytes")
    return content


def _decode(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _Unfit(f"not UTF-8: {error.reason} at byte {error.start + 1}") from None


def _read_markdown(path: Path, content: bytes, language: str | None) -> Pushed:
    header, text = split_front_matter(_decode(content))
    front = read_front_matter(header)
    heading, body = _render_markdown(text, without_heading="headline" not in front)
    return _make_pushed(path, ({"headline": heading} if heading else {}) | front, body, language)


def _render_markdown(text: str, *, without_heading: bool) -> tuple[str | None, str]:
    """Markdown → text of its first `# heading` and the HTML of the rest; heading None, and kept, when not wanted."""
    markdown = MarkdownIt("commonmark").enable("table")
    tokens = markdown.parse(text)
    starts = (at for at, token in enumerate(tokens) if token.type == "heading_open" and token.tag == "h1")
    start = next(starts, None) if without_heading else None
    if start is None:
        return None, markdown.renderer.render(tokens, markdown.options, {}).strip()
    pieces = tokens[start + 1].children or []
    shown = {"text", "code_inline"}
    heading = "".join(piece.content if piece.type in shown else " " * piece.type.endswith("break") for piece in pieces)
    rest = tokens[:start] + tokens[start + 3 :]
    return heading.strip() or None, markdown.renderer.render(rest, markdown.options, {}).strip()


def _read_html(path: Path, content: bytes, language: str | None) -> Pushed:
    _decode(content)
    try:
        page = lxml.html.document_fromstring(content, parser=lxml.html.HTMLParser(encoding="utf-8"))
    except etree.ParserError:
        raise _Unfit("holds no HTML") from None
    found = {"language": page.get("lang") or page.get(XML_LANG)}
    found |= {key: _find_meta(page, name) for key, name in (("description", "description"), ("by", "author"))}
    heading = next(page.iter("h1"), None)
    found["headline"] = _collapse(heading if heading is not None else next(page.iter("title"), None))
    if isinstance(heading, lxml.html.HtmlElement):
        heading.drop_tree()
    body = next((element for tag in ("article", "main", "body") for element in page.iter(tag)), page)
    return _make_pushed(path, {key: value for key, value in found.items() if value}, _render_inside(body), language)


def _find_meta(page: lxml.html.HtmlElement, name: str) -> str:
    return next((meta.get("content", "") for meta in page.iter("meta") if meta.get("name", "").lower() == name), "")


def _collapse(element: lxml.html.HtmlElement | None) -> str:
    return "" if element is None else " ".join(element.text_content().split())


def _render_inside(element: lxml.html.HtmlElement) -> str:
    """The HTML within an element, without its own tags."""
    whole = lxml.html.tostring(element, encoding="unicode", with_tail=False)
    return str(whole[whole.index(">") + 1 : whole.rindex("<")]).strip() if len(element) or element.text else ""


def _make_pushed(path: Path, front: Mapping[str, Any], body: str, language: str | None) -> Pushed:
    spoken = front.get("language", language)
    if not spoken:
        raise _Unfit("does not say its language: add “language: az” to its front matter, or name it when pushing")
    if "headline" not in front:
        raise _Unfit("has no headline: neither “headline” nor a heading of the first level")
    return Pushed(
        item=front.get("item", path.stem),
        outlet=front.get("outlet"),
        language=spoken,
        media_type=NINJS,
        body=make_ninjs(dict(front) | {"language": spoken}, body),
    )


def _read_ninjs(path: Path, content: bytes, language: str | None) -> Pushed:
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise _Unfit(f"not JSON: {error}") from None
    if not isinstance(document, dict):
        raise _Unfit("not a ninjs news item: no JSON object")
    if language:
        document.setdefault("language", language)
    spoken = document.get("language")
    named = spoken if isinstance(spoken, str) else None
    return Pushed(item=_find_item(document) or path.stem, outlet=None, language=named, media_type=NINJS, body=document)


def _find_item(document: Mapping[str, Any]) -> str | None:
    """The outlet's own id: the alternative id with the role "item"."""
    alt_ids = document.get("altIds")
    named = [one for one in alt_ids if isinstance(one, dict)] if isinstance(alt_ids, list) else []
    return next((str(one["value"]) for one in named if one.get("role") == "item" and one.get("value")), None)


def _read_xml(path: Path, content: bytes, language: str | None) -> Pushed:
    root = parse_xml(content)
    media_type = XML_TYPES.get(root.tag)
    if media_type is None:
        raise _Unfit(f"no Atom entry, RSS document or NewsML-G2 news item: its root is {root.tag}")
    spoken = root.get(XML_LANG) or root.findtext("channel/language", "").strip() or language
    return Pushed(item=path.stem, outlet=None, language=spoken, media_type=media_type, body=content)


READERS: Mapping[str, Callable[[Path, bytes, str | None], Pushed]] = {
    ".md": _read_markdown,
    ".markdown": _read_markdown,
    ".html": _read_html,
    ".htm": _read_html,
    ".json": _read_ninjs,
    ".xml": _read_xml,
    ".atom": _read_xml,
    ".rss": _read_xml,
}
