"""Feed → RSS 2.0 with content:encoded, Media RSS, Dublin Core, tombstones (RFC 6721) and Karvan's elements.

    Entry ─feedgen + our extension→ bytes, cached by value
    Feed  ─lxml→ envelope ─splice item bytes→ Document

feedgen makes the items; the envelope and all dates are ours, because for each RSS date feedgen sets the locale of the
whole process, and feeds are rendered in threads. No byte depends on the time of rendering.
"""

import re
from dataclasses import replace

from feedgen.entry import FeedEntry
from feedgen.ext.base import BaseEntryExtension
from lxml import etree

from feeds import fields, html, withdrawal, xmlnames
from feeds.etag import splice_document
from feeds.feedgen_ext import (
    add_karvan,
    add_media,
    add_provenance,
    list_history,
    mark_archive,
    mark_why,
    pick_rendition,
)
from feeds.isolation import render_each
from feeds.model import AltId, Article, Document, Entry, Feed, Picture
from feeds.remembering import Remembering
from feeds.rss_text import format_rfc822, read_title, write_description, write_title
from feeds.text import drop_forbidden

FEED_TYPE = "application/rss+xml; charset=utf-8"
MAX_CACHED_ENTRIES = 1_000

_DECLARATION = b"<?xml version='1.0' encoding='UTF-8'?>\n"
_FEED_END = b"</channel></rss>"


def render_feed(feed: Feed) -> Document:
    """The feed, its entries in the order given; one that cannot be rendered is left out."""
    envelope = _render_envelope(feed)
    entries = render_each(feed, _render_entry)
    head = envelope.removesuffix(_FEED_END) + b"\n"
    return splice_document(head, entries, b"\n" + _FEED_END, FEED_TYPE, between=b"\n")


def limit_to_rss(entry: Entry) -> Article:
    """What an item carries of an entry's article: what is read back.

    Not carried are the note to editors; the rights policy; the angle brackets of a headline that looks like HTML;
    name, uri and further renditions of a picture; runs of spaces, and of empty lines, in the description; fractions of
    a second of the publication. What the article does not say itself is what
    the entry says: byline, uri, address and times.
    """
    article = entry.article
    web = [one for one in article.alt_ids if one.role == "web"][:1] or [AltId(role="web", value=entry.page)]
    return replace(
        article,
        headline=read_title(write_title(article.headline)),
        description=_join_spaces(article.description),
        uri=article.uri or entry.id,
        by=article.by or entry.outlet.name,
        version_created=article.version_created or entry.updated,
        first_created=article.first_created or entry.published.replace(microsecond=0),
        pictures=tuple(_limit_picture(picture, number) for number, picture in enumerate(article.pictures, 1)),
        alt_ids=(*web, *(one for one in article.alt_ids if one.role != "web")),
        rights_info="",
        ed_note="",
    )


def _join_spaces(description: str) -> str:
    lines = [re.sub("[ \t]+", " ", line).strip(" ") for line in description.split("\n")]
    return re.sub("\n{3,}", "\n\n", "\n".join(lines))


def _limit_picture(picture: Picture, number: int) -> Picture:
    rendition = pick_rendition(picture)
    shown = () if rendition is None else (replace(rendition, name="original"),)
    return replace(picture, name=f"picture-{number}", uri=None, renditions=shown)


def _render_envelope(feed: Feed) -> bytes:
    root = etree.Element("rss", version="2.0", nsmap=xmlnames.RSS_PREFIXES)
    channel = etree.SubElement(root, "channel")
    _add_text(channel, "title", write_title(feed.title))
    _add_text(channel, "link", feed.page)
    _add_text(channel, "description", write_description(feed.subtitle or feed.title))
    _add_text(channel, "language", feed.language)
    if feed.rights:
        _add_text(channel, "copyright", feed.rights)
    _add_text(channel, "lastBuildDate", format_rfc822(feed.updated))
    _add_text(channel, f"{{{xmlnames.DCTERMS}}}modified", fields.format_time(feed.updated))
    _add_text(channel, "generator", feed.generator)
    _add_text(channel, "docs", "https://www.rssboard.org/rss-specification")
    _add_link(channel, rel="self", type="application/rss+xml", hreflang=feed.language, href=feed.href)
    for hub in feed.hubs:
        _add_link(channel, rel="hub", href=hub)
    for relation, href in list_history(feed):
        _add_link(channel, rel=relation, type="application/rss+xml", href=href)
    if feed.current:
        mark_archive(channel)
    for sibling in feed.siblings:
        _add_link(channel, rel="related", type="application/rss+xml", hreflang=sibling.language, href=sibling.href)
    stubs = {entry.id: entry.updated for entry in feed.entries}
    for tombstone in feed.tombstones:
        # RFC 6721 §3: an entry updated after `when` counts as alive again.
        when = fields.format_time(max(tombstone.when, stubs.get(tombstone.ref, tombstone.when)))
        ref = drop_forbidden(tombstone.ref)
        mark_why(etree.SubElement(channel, f"{{{xmlnames.TOMBSTONES}}}deleted-entry", ref=ref, when=when), tombstone)
    return _DECLARATION + etree.tostring(root, encoding="utf-8")


@Remembering
def _render_entry(entry: Entry) -> bytes:
    """`<item>…</item>` without namespace declarations: those of the envelope hold."""
    feed_entry = FeedEntry()
    feed_entry.guid(drop_forbidden(entry.id), permalink=False)
    feed_entry.link(href=drop_forbidden(entry.page), rel="alternate")
    if entry.withdrawn:
        feed_entry.title(withdrawal.get_title(entry.article.language)[0])
    else:
        _fill_entry(feed_entry, entry)
    feed_entry.register_extension("karvan", ItemExtension, atom=False)
    feed_entry.karvan.entry = entry
    wrapper = etree.Element("rss", nsmap=xmlnames.RSS_PREFIXES)
    wrapper.append(feed_entry.rss_entry())
    rendered = etree.tostring(wrapper, encoding="utf-8")
    return rendered[rendered.index(b"<item") : -len(b"</rss>")]


def _fill_entry(feed_entry: FeedEntry, entry: Entry) -> None:
    article = entry.article
    feed_entry.title(write_title(article.headline))
    if article.description:
        feed_entry.description(write_description(article.description))
    for subject in article.subjects:
        # The name is what readers show, so the code is in the domain.
        code = (subject.code or "").removeprefix("medtop:")
        domain = {"scheme": fields.MEDIA_TOPICS + code} if code else {}
        name = drop_forbidden(subject.name or subject.code or "")
        feed_entry.category(term=name, **domain)
    for rendition in filter(None, map(pick_rendition, article.pictures[:1])):
        if rendition.media_type:
            href, media_type = drop_forbidden(rendition.href), drop_forbidden(rendition.media_type)
            feed_entry.enclosure(href, str(rendition.size or 0), media_type)


class ItemExtension(BaseEntryExtension):  # type: ignore[misc]  # feedgen has no types
    """Writes the modules and dates of `entry`; set it before rendering."""

    entry: Entry

    def extend_rss(self, item: etree._Element) -> etree._Element:
        entry = self.entry
        _add_text(item, "pubDate", format_rfc822(entry.published))
        _add_text(item, f"{{{xmlnames.DCTERMS}}}modified", fields.format_time(entry.updated))
        _add_text(item, f"{{{xmlnames.DC}}}language", entry.article.language)
        if entry.outlet.uri:
            _add_text(item, "source", entry.outlet.name).set("url", drop_forbidden(entry.outlet.uri))
        if entry.withdrawn:
            _mark_withdrawn(item, entry)
        else:
            _add_article(item, entry)
        return item


def _mark_withdrawn(item: etree._Element, entry: Entry) -> None:
    for title in item.findall("title"):
        title.set(xmlnames.XML_LANG, withdrawal.get_title(entry.article.language)[1])
    _add_text(item, f"{{{xmlnames.DC}}}creator", entry.outlet.name)
    add_karvan(item, "pub-status", withdrawal.get_status(entry.article.pub_status))


def _add_article(item: etree._Element, entry: Entry) -> None:
    article = entry.article
    _add_text(item, f"{{{xmlnames.DC}}}creator", article.by or entry.outlet.name)
    if article.copyright_notice:
        _add_text(item, f"{{{xmlnames.DC}}}rights", article.copyright_notice)
    if article.body:
        _add_text(item, f"{{{xmlnames.CONTENT}}}encoded", html.clean(article.body))
    for sibling in entry.siblings:
        _add_link(item, rel="related", type="text/html", hreflang=sibling.language, href=sibling.href)
    for alt_id in article.alt_ids:
        if alt_id.role == "web":
            _add_link(item, rel="via", type="text/html", href=alt_id.value)
    for picture in article.pictures:
        if rendition := pick_rendition(picture):
            add_media(item, picture, rendition)
    add_provenance(item, entry)


def _add_text(parent: etree._Element, name: str, value: str) -> etree._Element:
    child = etree.SubElement(parent, name)
    child.text = drop_forbidden(value)
    return child


def _add_link(parent: etree._Element, **attributes: str) -> None:
    values = {name: drop_forbidden(value) for name, value in attributes.items()}
    etree.SubElement(parent, f"{{{xmlnames.ATOM}}}link", values)
