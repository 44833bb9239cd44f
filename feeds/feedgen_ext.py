"""What feedgen 1.0.0 loses or lacks, written by extensions of ours.

feedgen keeps only the href of an entry's links (its issue 135), title and link of a source, whole seconds when the
microseconds are 0; it knows no xml:lang in entries, no tombstones. Its elements stand in no namespace in the tree
(`xmlns` is a plain attribute), so Atom children added here have bare names.
"""

from collections.abc import Iterable

from feedgen.ext.base import BaseEntryExtension, BaseExtension
from lxml import etree

from feeds import disclosure, xmlnames
from feeds.fields import MEDIA_TOPICS, format_time
from feeds.model import CheckCount, Entry, Feed, Picture, Rendition, Subject, Tombstone
from feeds.text import drop_forbidden
from feeds.withdrawal import get_status, get_title


class FeedExtension(BaseExtension):  # type: ignore[misc]  # feedgen has no types
    """Writes links, language and tombstones of `feed`; set it before rendering."""

    feed: Feed

    def extend_ns(self) -> dict[str, str]:
        return dict(xmlnames.PREFIXES)

    def extend_atom(self, element: etree._Element) -> etree._Element:
        feed = self.feed
        element.set(xmlnames.XML_LANG, feed.language)
        _write_times(element, {"updated": format_time(feed.updated)})
        _drop_links(element)
        _add_link(element, rel="alternate", type="text/html", hreflang=feed.language, href=feed.page)
        _add_link(element, rel="self", type="application/atom+xml", hreflang=feed.language, href=feed.href)
        for hub in feed.hubs:
            _add_link(element, rel="hub", href=hub)
        for relation, href in list_history(feed):
            _add_link(element, rel=relation, type="application/atom+xml", href=href)
        if feed.current:
            mark_archive(element)
        for sibling in feed.siblings:
            _add_link(element, rel="related", type="application/atom+xml", hreflang=sibling.language, href=sibling.href)
        stubs = {entry.id: entry.updated for entry in feed.entries}
        for tombstone in feed.tombstones:
            # RFC 6721 §3: an entry updated after `when` counts as alive again.
            when = format_time(max(tombstone.when, stubs.get(tombstone.ref, tombstone.when)))
            stone = etree.SubElement(element, f"{{{xmlnames.TOMBSTONES}}}deleted-entry", ref=tombstone.ref, when=when)
            mark_why(stone, tombstone)
        return element


def list_history(feed: Feed) -> list[tuple[str, str]]:
    """(link relation, address) of the feed's other pages (RFC 5005 §4)."""
    pages = (("prev-archive", feed.prev_archive), ("next-archive", feed.next_archive), ("current", feed.current))
    return [(relation, href) for relation, href in pages if href]


def mark_why(element: etree._Element, tombstone: Tombstone) -> None:
    """Say why its readers should hold the entry back."""
    if tombstone.why:
        element.set(f"{{{xmlnames.KARVAN}}}why", tombstone.why)


def mark_archive(element: etree._Element) -> None:
    """Say that this is an archive page (RFC 5005 §4)."""
    etree.SubElement(element, f"{{{xmlnames.HISTORY}}}archive", nsmap={"fh": xmlnames.HISTORY})


class EntryExtension(BaseEntryExtension):  # type: ignore[misc]
    """Writes links, language, source, pictures and provenance of `entry`; set it before rendering."""

    entry: Entry

    def extend_atom(self, element: etree._Element) -> etree._Element:
        entry = self.entry
        element.set(xmlnames.XML_LANG, entry.article.language)
        _write_times(element, {"updated": format_time(entry.updated), "published": format_time(entry.published)})
        _drop_links(element)
        _add_link(element, rel="alternate", type="text/html", hreflang=entry.article.language, href=entry.page)
        if entry.withdrawn:
            _mark_withdrawn(element, entry)
        else:
            _add_article(element, entry)
        _add_source(element, entry)
        return element


def _mark_withdrawn(element: etree._Element, entry: Entry) -> None:
    title = element.find("title")
    if title is not None:
        title.set(xmlnames.XML_LANG, get_title(entry.article.language)[1])
    add_karvan(element, "pub-status", get_status(entry.article.pub_status))


def _add_article(element: etree._Element, entry: Entry) -> None:
    article = entry.article
    for sibling in entry.siblings:
        _add_link(element, rel="related", type="text/html", hreflang=sibling.language, href=sibling.href)
    for alt_id in article.alt_ids:
        if alt_id.role == "web":
            _add_link(element, rel="via", type="text/html", href=alt_id.value)
    for subject in article.subjects:
        _add_category(element, subject)
    for picture in article.pictures:
        _add_picture(element, picture)
    add_provenance(element, entry)


def add_provenance(element: etree._Element, entry: Entry) -> None:
    """Karvan's own elements: where the text comes from, and what of the article has no other place."""
    article = entry.article
    for name, value in _list_karvan_values(entry):
        add_karvan(element, name, value)
    _add_checks(element, entry.provenance.checks)
    if article.item:
        add_karvan(element, "alt-id", article.item).set("role", "item")
    for alt_id in article.alt_ids:
        if alt_id.role != "web":
            add_karvan(element, "alt-id", alt_id.value).set("role", drop_forbidden(alt_id.role))


def _add_checks(element: etree._Element, checks: Iterable[CheckCount]) -> None:
    for check in checks:
        attributes = {"name": drop_forbidden(check.name), "count": str(check.count)}
        etree.SubElement(element, f"{{{xmlnames.KARVAN}}}check", attributes)


def _add_category(element: etree._Element, subject: Subject) -> None:
    category = etree.SubElement(element, "category", term=drop_forbidden(subject.code or subject.name))
    if subject.code:
        category.set("scheme", MEDIA_TOPICS)
    if subject.name:
        category.set("label", drop_forbidden(subject.name))


def _list_karvan_values(entry: Entry) -> list[tuple[str, str]]:
    article = entry.article
    moments = {
        "version-created": article.version_created,
        "first-created": article.first_created,
        "embargoed-until": article.embargoed_until,
        "expires": article.expires,
    }
    values = [
        *disclosure.list_texts(entry).items(),
        ("uri", article.uri or ""),
        ("urgency", str(article.urgency or "")),
        ("version", article.version or ""),
        *((name, format_time(moment)) for name, moment in moments.items() if moment),
        ("pub-status", "" if article.pub_status == "usable" else article.pub_status),
        ("located", article.located),
        *(("genre", genre) for genre in article.genres),
        ("copyright-holder", article.copyright_holder),
        ("usage-terms", article.usage_terms),
        ("translation-of", article.translation_of or ""),
    ]
    return [(name, value) for name, value in values if value]


def _add_source(element: etree._Element, entry: Entry) -> None:
    """The outlet: id, title and updated are what RFC 4287 §4.2.11 wants of a source."""
    outlet = entry.outlet
    source = etree.SubElement(element, "source")
    etree.SubElement(source, "id").text = drop_forbidden(outlet.uri or f"urn:karvan:outlet:{outlet.id}")
    etree.SubElement(source, "title").text = drop_forbidden(outlet.name)
    etree.SubElement(source, "updated").text = format_time(entry.updated)
    if outlet.uri:
        _add_link(source, rel="alternate", type="text/html", href=outlet.uri)


def _add_picture(element: etree._Element, picture: Picture) -> None:
    rendition = pick_rendition(picture)
    if rendition is None:
        return
    media_type = {"type": drop_forbidden(rendition.media_type)} if rendition.media_type else {}
    length = {"length": str(rendition.size)} if rendition.size is not None else {}
    _add_link(element, rel="enclosure", **media_type, **length, href=rendition.href)
    add_media(element, picture, rendition)


def add_media(element: etree._Element, picture: Picture, rendition: Rendition) -> None:
    """Media RSS: the picture as this rendition, with caption, credit and rights, and its small one."""
    media_type = {"type": drop_forbidden(rendition.media_type)} if rendition.media_type else {}
    content = etree.SubElement(element, f"{{{xmlnames.MEDIA}}}content", url=drop_forbidden(rendition.href))
    for name, value in ({"medium": "image"} | media_type).items():
        content.set(name, value)
    for name, number in (("width", rendition.width), ("height", rendition.height), ("fileSize", rendition.size)):
        if number is not None:
            content.set(name, str(number))
    for name, value in (
        ("description", picture.caption),
        ("credit", picture.credit),
        ("copyright", picture.copyright_notice),
    ):
        if value:
            etree.SubElement(content, f"{{{xmlnames.MEDIA}}}{name}").text = drop_forbidden(value)
    if picture.alt:
        add_karvan(content, "alt", picture.alt)
    for other in picture.renditions:
        if other.name == "thumbnail" and other.href and other is not rendition:
            add_thumbnail(content, other)


def add_thumbnail(content: etree._Element, rendition: Rendition) -> None:
    thumbnail = etree.SubElement(content, f"{{{xmlnames.MEDIA}}}thumbnail", url=drop_forbidden(rendition.href))
    for name, number in (("width", rendition.width), ("height", rendition.height)):
        if number is not None:
            thumbnail.set(name, str(number))


def pick_rendition(picture: Picture) -> Rendition | None:
    """The one that a feed shows: the original, else the widest."""
    ranked = sorted(picture.renditions, key=lambda one: (one.name != "original", -(one.width or 0)))
    return ranked[0] if ranked else None


def add_karvan(element: etree._Element, name: str, value: str) -> etree._Element:
    child = etree.SubElement(element, f"{{{xmlnames.KARVAN}}}{name}")
    child.text = drop_forbidden(value)
    return child


def _add_link(element: etree._Element, **attributes: str) -> None:
    etree.SubElement(element, "link", {name: drop_forbidden(value) for name, value in attributes.items()})


def _drop_links(element: etree._Element) -> None:
    for link in element.findall("link"):
        element.remove(link)


def _write_times(element: etree._Element, times: dict[str, str]) -> None:
    for name, moment in times.items():
        child = element.find(name)
        if child is not None:
            child.text = moment
