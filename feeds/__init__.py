"""Bytes ↔ values: articles come in, feeds go out. Nothing here knows the web server or the database.

model                        Article, Entry, Feed, Document …: frozen values
parse()                      bytes of a media type → Article: the table of formats
render_feed()                Feed → Document
render_article()             Entry → Document in one media type
ninjs · ninjs_output         ninjs 3.x: read · written (ninjs_names: its properties; ninjs_object: reading one object)
atom · atom_output           Atom entry: read (atom_text, atom_pictures) · Atom feed and entry: written
feedgen_ext                  what feedgen loses: links, language, source, pictures, tombstones, karvan elements
xmlnames · xmlplaces         namespaces, Karvan's own elements · the XPath of an element
opml                         a list of feeds
etag                         bytes → Document
withdrawal                   what is shown of a withdrawn article
html                         the HTML that a body may hold: clean(), from_plain(), to_plain()
text · fields                plain text: forbidden characters, NFC · dates, languages, URIs, lengths
safexml                      the only XML parser
detect                       media type headers
faults                       what can be wrong with a document, collected
"""

from collections.abc import Callable

from feeds import atom, atom_output, ninjs, ninjs_output
from feeds.detect import parse_media_type
from feeds.faults import Fault, InvalidDocument, MalformedDocument, UnsupportedFormat
from feeds.model import Article, Document, Entry, Feed

__all__ = [
    "Fault",
    "InvalidDocument",
    "MalformedDocument",
    "UnsupportedFormat",
    "parse",
    "render_article",
    "render_feed",
]

PARSERS: dict[str, Callable[[bytes], Article]] = {
    "application/json": ninjs.parse,
    "application/vnd.iptc.ninjs+json": ninjs.parse,
    "application/atom+xml": atom.parse,
}
FEED_RENDERERS: dict[str, Callable[[Feed], Document]] = {
    "atom": atom_output.render_feed,
}
ARTICLE_RENDERERS: dict[str, Callable[[Entry], Document]] = {
    "application/json": ninjs_output.render_entry,
    "application/vnd.iptc.ninjs+json": ninjs_output.render_entry,
    "application/atom+xml": atom_output.render_entry,
}


def parse(body: bytes, content_type: str) -> Article:
    """Raises UnsupportedFormat, MalformedDocument, InvalidDocument."""
    media_type, parameters = parse_media_type(content_type)
    parser = PARSERS.get(media_type)
    if parser is None:
        raise UnsupportedFormat(f"{media_type} is not read; send one of {', '.join(PARSERS)}")
    if parameters.get("type", "entry") != "entry":
        raise UnsupportedFormat(f"one entry is taken, not type={parameters['type']}")
    return parser(body)


def render_feed(feed: Feed, format: str) -> Document:  # noqa: A002 (the word for it)
    """`format` is a key of FEED_RENDERERS. Raises UnsupportedFormat."""
    if format not in FEED_RENDERERS:
        raise UnsupportedFormat(f"feeds are written as {', '.join(FEED_RENDERERS)}, not {format}")
    return FEED_RENDERERS[format](feed)


def render_article(entry: Entry, media_type: str) -> Document:
    """`media_type` may have parameters. Raises UnsupportedFormat."""
    name, _ = parse_media_type(media_type)
    if name not in ARTICLE_RENDERERS:
        raise UnsupportedFormat(f"articles are written as {', '.join(ARTICLE_RENDERERS)}, not {name}")
    return ARTICLE_RENDERERS[name](entry)
