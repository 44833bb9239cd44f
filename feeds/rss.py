"""An RSS 2.0 document with one item → Article. (The way back is feeds.rss_output.)

The language is the item's dc:language, else xml:lang in scope, else the channel's; the body is content:encoded, or a
description with markup where that is missing; guid becomes the article's `uri` when it is one, unless karvan:uri is
there; link is the article's address at the outlet (alt id "web") unless an atom:link rel="via" is; a category whose
domain is the Media Topic scheme, or a topic in it, becomes a subject with its code, others keywords. pubDate stands in
for karvan:first-created, dcterms:modified, dc:date or atom:updated for karvan:version-created: never pubDate, which
stays the same through corrections. What RSS lacks comes in Karvan's own elements: feeds.xmlnames lists them.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from lxml import etree

from feeds import fields, html, xmlnames
from feeds.faults import Fault, Faults, InvalidDocument
from feeds.karvan_elements import check_karvan, check_many, check_once, find_unreadable, read_karvan, read_time
from feeds.media_rss import read_pictures
from feeds.model import AltId, Article, Subject
from feeds.rss_text import is_body, read_rfc822, read_title
from feeds.safexml import parse_xml
from feeds.xmlplaces import find_all, find_first, find_xpath, join_text

ONCE = (
    "title", "link", "description", "pubDate", "guid", "content:encoded", "dc:language", "dc:rights", "dc:date",
    "dcterms:modified", "atom:updated",
)  # fmt: skip
MANY = ("category", "dc:creator", "author", "atom:link", "enclosure")
_NAME_OF_ADDRESS = re.compile(r"[^()]*@[^()]*\(([^()]+)\)\s*|([^<>@]+)<[^<>]*@[^<>]*>\s*")


def parse(body: bytes) -> Article:
    """Raises MalformedDocument, InvalidDocument."""
    root = parse_xml(body)
    if root.tag != "rss":
        raise InvalidDocument((Fault(find_xpath(root), "an RSS 2.0 document has the root rss"),))
    items = root.findall("channel/item")
    if len(items) != 1:
        raise InvalidDocument((Fault("/rss/channel/item", f"{len(items):,} of them; exactly one is taken"),))
    faults = Faults()
    article = read_item(items[0], faults)
    faults.raise_any()
    return article


def read_item(item: etree._Element, faults: Faults) -> Article:
    """An item where it stands: language and rights may be those of its channel."""
    find_unreadable(item, faults)
    check_once(item, ONCE, faults)
    check_many(item, MANY, faults)
    check_karvan(item, faults)
    carried = read_karvan(item, faults)
    description, body = _read_texts(item, faults)
    return replace(
        carried,
        language=_read_language(item, faults),
        headline=_read_headline(item, faults),
        description=description,
        body=body,
        uri=carried.uri or _read_guid(item),
        by=", ".join(_read_authors(item, faults)),
        subjects=tuple(_read_subjects(item, faults)),
        version_created=carried.version_created or read_modified(item, faults),
        first_created=carried.first_created or read_published(item, faults),
        copyright_notice=_read_rights(item, faults),
        pictures=read_pictures(item, find_all(item, "enclosure"), "url", faults),
        alt_ids=(*_read_page(item, faults), *carried.alt_ids),
    )


def read_published(item: etree._Element, faults: Faults) -> datetime | None:
    element = find_first(item, "pubDate")
    return None if element is None else read_rfc822(join_text(element), find_xpath(element), faults)


def _read_language(item: etree._Element, faults: Faults) -> str:
    said = find_first(item, "dc:language")
    if said is not None:
        return fields.read_language(join_text(said).strip(), find_xpath(said), faults)
    for element in (item, *item.iterancestors()):
        if value := element.get(xmlnames.XML_LANG):
            return fields.read_language(value, f"{find_xpath(element)}/@xml:lang", faults)
    said = _find_in_channel(item, "language")
    if said is None:
        said = _find_in_channel(item, "dc:language")
    if said is not None:
        return fields.read_language(join_text(said).strip(), find_xpath(said), faults)
    faults.add(f"{find_xpath(item)}/dc:language", "is missing: which language is this item in?")
    return ""


def _read_headline(item: etree._Element, faults: Faults) -> str:
    title = find_first(item, "title")
    place = f"{find_xpath(item)}/title"
    if title is None:
        faults.add(place, "is missing")
        return ""
    plain = read_title(join_text(title)[: fields.MAX_BODY])
    headline = fields.read_line(plain, place, faults, fields.MAX_HEADLINE)
    if not headline and not faults.is_mentioned(place):
        faults.add(place, "holds no text")
    return headline


def _read_texts(item: etree._Element, faults: Faults) -> tuple[str, str]:
    """Description as plain text, body as clean HTML."""
    description, encoded = _read_markup(item, "description", faults), _read_markup(item, "content:encoded", faults)
    if find_first(item, "content:encoded") is None and is_body(description):
        return "", html.clean(description)
    place = f"{find_xpath(item)}/description"
    plain = fields.read_text(html.to_plain(description), place, faults, fields.MAX_DESCRIPTION)
    return plain, html.clean(encoded)


def _read_markup(item: etree._Element, name: str, faults: Faults) -> str:
    element = find_first(item, name)
    if element is None:
        return ""
    place, markup = find_xpath(element), join_text(element)
    if len(element):
        faults.add(find_xpath(element[0]), "no elements are allowed here: escape the HTML")
    elif len(markup) > fields.MAX_BODY:
        faults.add(place, f"{len(markup):,} characters; at most {fields.MAX_BODY:,} are taken")
    elif html.is_too_deep(markup):
        faults.add(place, f"more than {html.MAX_DEPTH} HTML elements stand open in one another")
    else:
        return markup
    return ""


def _read_guid(item: etree._Element) -> str | None:
    """Any string may be a guid: what is none of ours is no fault."""
    guid = find_first(item, "guid")
    return None if guid is None else fields.read_uri(join_text(guid), "", Faults())


def read_modified(item: etree._Element, faults: Faults) -> datetime | None:
    names = ("dcterms:modified", "dc:date", "atom:updated")
    times = [read_time(item, name, faults) for name in names]
    return next(filter(None, times), None)


def _read_authors(item: etree._Element, faults: Faults) -> Iterator[str]:
    creators = find_all(item, "dc:creator")
    for creator in creators[: fields.MAX_ITEMS]:
        if name := fields.read_line(join_text(creator), find_xpath(creator), faults):
            yield name
    for author in [] if creators else find_all(item, "author")[: fields.MAX_ITEMS]:
        name = fields.read_line(join_text(author), find_xpath(author), faults)
        named = _NAME_OF_ADDRESS.fullmatch(name)
        if named:
            yield (named[1] or named[2]).strip()
        elif name and "@" not in name:  # an e-mail address is nobody's business
            yield name


def _read_subjects(item: etree._Element, faults: Faults) -> Iterator[Subject]:
    for category in find_all(item, "category")[: fields.MAX_ITEMS]:
        place = find_xpath(category)
        name = fields.read_line(join_text(category), place, faults)
        domain = category.get("domain", "").strip()
        if domain.replace("https://", "http://", 1).rstrip("/") == fields.MEDIA_TOPICS.rstrip("/"):
            domain = name if name.startswith(("medtop:", "http")) else f"medtop:{name}"
        code = fields.read_topic_code(domain, f"{place}/@domain", faults) or fields.read_topic_code(name, place, faults)
        if name or code:
            is_code = code is not None and (fields.read_topic_code(name, "", Faults()) or f"medtop:{name}") == code
            yield Subject(name="" if is_code else name, code=code)


def _read_rights(item: etree._Element, faults: Faults) -> str:
    said = find_first(item, "dc:rights")
    if said is None:
        said = _find_in_channel(item, "copyright")
    return "" if said is None else fields.read_text(join_text(said), find_xpath(said), faults)


def _find_in_channel(item: etree._Element, name: str) -> etree._Element | None:
    channel = item.getparent()
    return None if channel is None else find_first(channel, name)


def _read_page(item: etree._Element, faults: Faults) -> Iterator[AltId]:
    """The article's address at the outlet."""
    via = [one for one in find_all(item, "atom:link") if one.get("rel") == "via" and "href" in one.attrib]
    link = find_first(item, "link")
    if via:
        href = fields.read_address(via[0].get("href", ""), f"{find_xpath(via[0])}/@href", faults)
    elif link is not None and join_text(link).strip():
        href = fields.read_address(join_text(link), find_xpath(link), faults)
    else:
        href = _find_permalink(item)
    if href:
        yield AltId(role="web", value=href)


def _find_permalink(item: etree._Element) -> str | None:
    guid = find_first(item, "guid")
    if guid is None or guid.get("isPermaLink", "true").strip() != "true":
        return None
    return fields.read_address(join_text(guid), "", Faults())
