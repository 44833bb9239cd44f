"""Bytes ↔ values: articles come in, feeds go out. Nothing here knows the web server or the database.

model                        Article, Entry, Feed, Document …: frozen values
parse()                      bytes of a media type → Article: the table of formats
render_feed()                Feed → Document
render_article()             Entry → Document in one media type
ninjs · ninjs_output         ninjs 3.x: read · written (ninjs_names: its properties; ninjs_object: reading one object)
atom · atom_output           Atom entry: read (atom_text) · Atom feed and entry: written
rss · rss_output             RSS 2.0 item: read · RSS feed: written (rss_text: its texts and dates)
jsonfeed · jsonfeed_output   JSON Feed 1.1 item: read · JSON Feed: written
sources                      parse_feed(): anybody's feed → its items (source_xml: mended; source_entries, source_json:
                             one item; source_items: what comes out; source_links: older pages, hub; source_pages:
                             join_pages(); provenance: what another Karvan says of a text)
karvan_elements · media_rss  Karvan's own elements · pictures, as Atom and RSS have them: read
newsml · newsml_output       NewsML-G2 newsItem: read (newsml_item, newsml_management, newsml_body, newsml_pictures,
                             newsml_catalog) · written (newsml_element, newsml_pictures); newsml_names: its words
xhtml                        clean HTML ↔ XHTML elements
feedgen_ext                  what feedgen loses: links, language, source, pictures, tombstones, karvan elements
disclosure                   what readers are told of where a text comes from, for all formats
xmlnames · xmlplaces         namespaces, Karvan's own elements · the XPath of an element
opml                         a list of feeds
etag                         bytes → Document
isolation                    entries rendered one by one: one that cannot be is left out
remembering                  what was rendered of an entry, kept
withdrawal                   what is shown of a withdrawn article
excerpt                      what stands in place of a text that is not published in full
html                         the HTML that a body may hold: clean(), from_plain(), to_plain()
text · fields                plain text: forbidden characters, NFC · dates, languages, URIs, lengths
tmx · tbx                    translation memories · glossaries: read and written
safexml · safejson           the only XML parser · the only JSON parser (json_object: reading one object)
detect                       media type headers
faults                       what can be wrong with a document, collected
"""

from collections.abc import Callable

from feeds import (
    atom,
    atom_output,
    jsonfeed,
    jsonfeed_output,
    newsml,
    newsml_names,
    newsml_output,
    ninjs,
    ninjs_output,
    rss,
    rss_output,
)
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
    newsml_names.ITEM_TYPE: newsml.parse,
    newsml_names.MESSAGE_TYPE: newsml.parse,
    "application/rss+xml": rss.parse,
    "application/feed+json": jsonfeed.parse,
}
FEED_RENDERERS: dict[str, Callable[[Feed], Document]] = {
    "atom": atom_output.render_feed,
    "rss": rss_output.render_feed,
    "json": jsonfeed_output.render_feed,
}
ARTICLE_RENDERERS: dict[str, Callable[[Entry], Document]] = {
    "application/json": ninjs_output.render_entry,
    "application/vnd.iptc.ninjs+json": ninjs_output.render_entry,
    "application/atom+xml": atom_output.render_entry,
    newsml_names.ITEM_TYPE: newsml_output.render_entry,
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
