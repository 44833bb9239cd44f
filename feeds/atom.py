"""An Atom entry document (RFC 4287 §4.1.2) → Article. (The way back is feeds.atom_output.)

The language is the entry's xml:lang; atom:id becomes the article's `uri` unless karvan:uri is there; published and
updated stand in for karvan:first-created and karvan:version-created; an html alternate (or via) link is the article's
address at the outlet (alt id "web"); categories of the Media Topic scheme become subjects with codes, others keywords.
What Atom lacks comes in Karvan's own elements: feeds.xmlnames lists them.
"""

from collections.abc import Iterator
from dataclasses import replace

from lxml import etree

from feeds import fields, text, xmlnames
from feeds.atom_text import read_content, read_plain
from feeds.faults import Fault, Faults, InvalidDocument
from feeds.karvan_elements import (
    check_karvan,
    check_many,
    check_once,
    find_unreadable,
    read_karvan,
    read_line,
    read_time,
    read_uri,
)
from feeds.media_rss import read_pictures
from feeds.model import AltId, Article, Subject
from feeds.safexml import parse_xml
from feeds.xmlplaces import find_all, find_first, find_xpath, join_text

ONCE = ("id", "title", "updated", "published", "summary", "content", "rights", "source")


def parse(body: bytes) -> Article:
    """Raises MalformedDocument, InvalidDocument."""
    root = parse_xml(body)
    if root.tag != f"{{{xmlnames.ATOM}}}entry":
        raise InvalidDocument((Fault(find_xpath(root), "an Atom entry document has the root atom:entry"),))
    faults = Faults()
    article = read_entry(root, faults)
    faults.raise_any()
    return article


def read_entry(root: etree._Element, faults: Faults) -> Article:
    """An atom:entry that stands for itself, without a parent."""
    find_unreadable(root, faults)
    _check_counts(root, faults)
    return _read_article(root, faults)


def _check_counts(root: etree._Element, faults: Faults) -> None:
    for name in ("id", "title", "updated"):
        if not find_all(root, f"atom:{name}"):
            faults.add(f"/atom:entry/atom:{name}", "is missing")
    check_once(root, tuple(f"atom:{name}" for name in ONCE), faults)
    check_karvan(root, faults)
    check_many(root, ("atom:category", "atom:author", "atom:link"), faults)


def _read_article(root: etree._Element, faults: Faults) -> Article:
    carried = read_karvan(root, faults)
    return replace(
        carried,
        language=_read_language(root, faults),
        headline=_read_headline(root, faults),
        description=read_plain(root, "summary", faults, fields.MAX_DESCRIPTION),
        body=read_content(root, faults),
        uri=carried.uri or read_uri(root, "atom:id", faults),
        by=", ".join(_read_authors(root, faults)),
        subjects=tuple(_read_subjects(root, faults)),
        version_created=carried.version_created or read_time(root, "atom:updated", faults),
        first_created=carried.first_created or read_time(root, "atom:published", faults),
        copyright_notice=read_plain(root, "rights", faults, fields.MAX_NOTE),
        pictures=read_pictures(root, _list_enclosures(root), "href", faults),
        alt_ids=(*_read_page(root, faults), *carried.alt_ids),
    )


def _read_language(root: etree._Element, faults: Faults) -> str:
    place = "/atom:entry/@xml:lang"
    if xmlnames.XML_LANG not in root.attrib:
        faults.add(place, "is missing: which language is this entry in?")
        return ""
    return fields.read_language(str(root.attrib[xmlnames.XML_LANG]), place, faults)


def _read_headline(root: etree._Element, faults: Faults) -> str:
    headline = text.join_lines(read_plain(root, "title", faults, fields.MAX_HEADLINE))
    title = find_first(root, "atom:title")
    if title is not None and not join_text(title).strip():
        faults.add(find_xpath(title), "is empty")
    elif title is not None and not headline:
        faults.add(find_xpath(title), "holds no text")
    return headline


def _read_authors(root: etree._Element, faults: Faults) -> Iterator[str]:
    for author in find_all(root, "atom:author")[: fields.MAX_ITEMS]:
        name = read_line(author, "atom:name", faults)
        if name:
            yield name
        else:
            faults.add(f"{find_xpath(author)}/atom:name", "is missing or empty")


def _read_subjects(root: etree._Element, faults: Faults) -> Iterator[Subject]:
    for category in find_all(root, "atom:category")[: fields.MAX_ITEMS]:
        place = find_xpath(category)
        term = fields.read_line(category.get("term", ""), f"{place}/@term", faults)
        label = fields.read_line(category.get("label", ""), f"{place}/@label", faults)
        if not term:
            faults.add(f"{place}/@term", "is missing or empty")
            continue
        topic = f"medtop:{term}" if _is_topic_scheme(category) and not term.startswith(("medtop:", "http")) else term
        code = fields.read_topic_code(topic, f"{place}/@term", faults)
        yield Subject(name=label if code else label or term, code=code)


def _is_topic_scheme(category: etree._Element) -> bool:
    scheme = category.get("scheme", "").replace("https://", "http://", 1)
    return scheme.rstrip("/") == fields.MEDIA_TOPICS.rstrip("/")


def _read_page(root: etree._Element, faults: Faults) -> Iterator[AltId]:
    """The article's address at the outlet."""
    links = find_all(root, "atom:link")[: fields.MAX_ITEMS]
    for link in links:
        if "href" not in link.attrib:
            faults.add(f"{find_xpath(link)}/@href", "is missing")
    pages = [link for rel in ("via", "alternate") for link in links if _is_page(link, rel)]
    for page in pages[:1]:
        if href := fields.read_address(page.get("href", ""), f"{find_xpath(page)}/@href", faults):
            yield AltId(role="web", value=href)


def _list_enclosures(root: etree._Element) -> list[etree._Element]:
    return [link for link in find_all(root, "atom:link") if link.get("rel") == "enclosure"]


def _is_page(link: etree._Element, rel: str) -> bool:
    return (
        link.get("rel", "alternate") == rel
        and link.get("type", "text/html") in {"text/html", "application/xhtml+xml"}
        and "href" in link.attrib
    )
