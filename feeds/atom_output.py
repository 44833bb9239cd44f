"""Feed or Entry → Atom (RFC 4287) through feedgen, with Media RSS, tombstones (RFC 6721) and Karvan's elements.

    Entry ─feedgen + our extension→ bytes, cached by value
    Feed  ─feedgen + our extension→ envelope ─splice entry bytes→ Document

No byte depends on the time of rendering.
"""

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator
from lxml import etree

from feeds import html, withdrawal, xmlnames
from feeds.etag import make_document, splice_document
from feeds.feedgen_ext import EntryExtension, FeedExtension
from feeds.isolation import render_each
from feeds.model import Document, Entry, Feed
from feeds.remembering import Remembering
from feeds.text import drop_forbidden

FEED_TYPE = "application/atom+xml; charset=utf-8"
ENTRY_TYPE = "application/atom+xml;type=entry; charset=utf-8"

_DECLARATION = b"<?xml version='1.0' encoding='UTF-8'?>\n"
_FEED_END = b"</feed>"


def render_feed(feed: Feed) -> Document:
    """The feed, its entries in the order given; one that cannot be rendered is left out."""
    envelope = _render_envelope(feed)
    entries = render_each(feed, _render_entry)
    head = envelope.removesuffix(_FEED_END) + b"\n"
    return splice_document(head, entries, b"\n" + _FEED_END, FEED_TYPE, between=b"\n")


def render_entry(entry: Entry) -> Document:
    """An Atom entry document. Raises what feedgen and lxml raise for an entry that cannot be rendered."""
    names = "".join(f' xmlns:{prefix}="{name}"' for prefix, name in xmlnames.PREFIXES.items())
    root = f'<entry xmlns="{xmlnames.ATOM}"{names}'.encode()
    return make_document(_DECLARATION + root + _render_entry(entry).removeprefix(b"<entry"), ENTRY_TYPE)


def _render_envelope(feed: Feed) -> bytes:
    generator = FeedGenerator()
    generator.id(drop_forbidden(feed.id))
    generator.title(drop_forbidden(feed.title))
    generator.updated(feed.updated)
    generator.subtitle(drop_forbidden(feed.subtitle) or None)
    generator.rights(drop_forbidden(feed.rights) or None)
    generator.generator(drop_forbidden(feed.generator))
    generator.register_extension("karvan", FeedExtension, None, rss=False)
    generator.karvan.feed = feed
    rendered: bytes = generator.atom_str()
    return rendered


@Remembering
def _render_entry(entry: Entry) -> bytes:
    """`<entry>…</entry>` without namespace declarations: those of the envelope hold."""
    feed_entry = FeedEntry()
    feed_entry.id(drop_forbidden(entry.id))
    feed_entry.updated(entry.updated)
    feed_entry.published(entry.published)
    # feedgen wants a link or content before it renders; the extension writes the real links.
    feed_entry.link(href=drop_forbidden(entry.page), rel="alternate")
    if entry.withdrawn:
        feed_entry.title(withdrawal.get_title(entry.article.language)[0])
        feed_entry.author(name=drop_forbidden(entry.outlet.name))
    else:
        _fill_entry(feed_entry, entry)
    feed_entry.register_extension("karvan", EntryExtension, rss=False)
    feed_entry.karvan.entry = entry
    wrapper = etree.Element("feed", nsmap=xmlnames.PREFIXES)
    wrapper.append(feed_entry.atom_entry())
    rendered = etree.tostring(wrapper, encoding="utf-8")
    return rendered[rendered.index(b"<entry") : -len(_FEED_END)]


def _fill_entry(feed_entry: FeedEntry, entry: Entry) -> None:
    article = entry.article
    feed_entry.title(drop_forbidden(article.headline))
    feed_entry.author(name=drop_forbidden(article.by or entry.outlet.name))
    if article.description:
        feed_entry.summary(drop_forbidden(article.description))
    if article.body:
        feed_entry.content(html.clean(article.body), type="html")
    if article.copyright_notice:
        feed_entry.rights(drop_forbidden(article.copyright_notice))
