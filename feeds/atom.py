"""An Atom entry document (RFC 4287 §4.1.2) → Article. (The way back is feeds.atom_output.)

The language is the entry's xml:lang; atom:id becomes the article's `uri` unless karvan:uri is there; published and
updated stand in for karvan:first-created and karvan:version-created; an html alternate (or via) link is the article's
address at the outlet (alt id "web"); categories of the Media Topic scheme become subjects with codes, others keywords.
What Atom lacks comes in Karvan's own elements: feeds.xmlnames lists them.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import get_args

from lxml import etree

from feeds import fields, text, xmlnames
from feeds.atom_pictures import read_pictures
from feeds.atom_text import read_bare_text, read_content, read_plain
from feeds.faults import Fault, Faults, InvalidDocument
from feeds.model import AltId, Article, PubStatus, Subject
from feeds.safexml import parse_xml
from feeds.xmlplaces import find_all, find_first, find_xpath, join_text, name_of

ONCE = ("id", "title", "updated", "published", "summary", "content", "rights", "source")


def parse(body: bytes) -> Article:
    """Raises MalformedDocument, InvalidDocument."""
    root = parse_xml(body)
    if root.tag != f"{{{xmlnames.ATOM}}}entry":
        raise InvalidDocument((Fault(find_xpath(root), "an Atom entry document has the root atom:entry"),))
    faults = Faults()
    _find_unreadable(root, faults)
    _check_counts(root, faults)
    article = _read_article(root, faults)
    faults.raise_any()
    return article


def _find_unreadable(root: etree._Element, faults: Faults) -> None:
    for element in root.iter():
        if faults.is_full:
            return
        for value in (element.text, element.tail if element is not root else None):
            if value and (found := text.find_forbidden(str(value))):
                faults.add(find_xpath(element), f"holds the control character {found}")
        for name, attribute in element.attrib.items():
            if found := text.find_forbidden(str(attribute)):
                faults.add(f"{find_xpath(element)}/@{name_of(str(name))}", f"holds the control character {found}")


def _check_counts(root: etree._Element, faults: Faults) -> None:
    for name in ("id", "title", "updated"):
        if not find_all(root, f"atom:{name}"):
            faults.add(f"/atom:entry/atom:{name}", "is missing")
    once = [f"atom:{name}" for name in ONCE] + [f"karvan:{name}" for name in xmlnames.SENT_ONCE]
    for name in once:
        for extra in find_all(root, name)[1:10]:
            faults.add(find_xpath(extra), "stands here more than once")
    known = {*xmlnames.SENT_ONCE, *xmlnames.SENT_OFTEN, *xmlnames.PUBLISHED_ONLY}
    unknown = [one for one in find_all(root, "karvan:*") if etree.QName(one).localname not in known]
    for element in unknown[:10]:
        faults.add(find_xpath(element), f"Karvan has no such element; it knows {', '.join(sorted(known))}")
    for name in ("atom:category", "atom:author", "atom:link", "karvan:genre", "karvan:alt-id"):
        if (count := len(find_all(root, name))) > fields.MAX_ITEMS:
            faults.add(f"/atom:entry/{name}", f"{count:,} of them; at most {fields.MAX_ITEMS} are taken")


def _read_article(root: etree._Element, faults: Faults) -> Article:
    alt_ids = tuple(_read_alt_ids(root, faults))
    urgency, status = find_first(root, "karvan:urgency"), find_first(root, "karvan:pub-status")
    return Article(
        language=_read_language(root, faults),
        headline=_read_headline(root, faults),
        description=read_plain(root, "summary", faults, fields.MAX_DESCRIPTION),
        body=read_content(root, faults),
        item=next((alt.value for alt in alt_ids if alt.role == "item"), None),
        uri=_read_uri(root, "karvan:uri", faults) or _read_uri(root, "atom:id", faults),
        by=", ".join(_read_authors(root, faults)),
        located=_read_line(root, "karvan:located", faults),
        subjects=tuple(_read_subjects(root, faults)),
        genres=tuple(_read_genres(root, faults)),
        urgency=None if urgency is None else fields.read_urgency(join_text(urgency), find_xpath(urgency), faults),
        pub_status="usable" if status is None else _read_status(status, faults),
        version=_read_line(root, "karvan:version", faults) or None,
        version_created=_read_time(root, "karvan:version-created", faults) or _read_time(root, "atom:updated", faults),
        first_created=_read_time(root, "karvan:first-created", faults) or _read_time(root, "atom:published", faults),
        embargoed_until=_read_time(root, "karvan:embargoed-until", faults),
        expires=_read_time(root, "karvan:expires", faults),
        copyright_holder=_read_line(root, "karvan:copyright-holder", faults),
        copyright_notice=read_plain(root, "rights", faults, fields.MAX_NOTE),
        usage_terms=_read_karvan_text(root, "karvan:usage-terms", faults),
        ed_note=_read_karvan_text(root, "karvan:ed-note", faults),
        pictures=read_pictures(root, faults),
        alt_ids=tuple(alt for alt in alt_ids if alt.role != "item"),
        translation_of=_read_uri(root, "karvan:translation-of", faults),
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


def _read_line(root: etree._Element, name: str, faults: Faults) -> str:
    element = find_first(root, name)
    return "" if element is None else fields.read_line(read_bare_text(element, faults), find_xpath(element), faults)


def _read_karvan_text(root: etree._Element, name: str, faults: Faults) -> str:
    element = find_first(root, name)
    return "" if element is None else fields.read_text(read_bare_text(element, faults), find_xpath(element), faults)


def _read_time(root: etree._Element, name: str, faults: Faults) -> datetime | None:
    element = find_first(root, name)
    return None if element is None else fields.read_time(join_text(element), find_xpath(element), faults)


def _read_uri(root: etree._Element, name: str, faults: Faults) -> str | None:
    element = find_first(root, name)
    return None if element is None else fields.read_uri(join_text(element), find_xpath(element), faults)


def _read_status(element: etree._Element, faults: Faults) -> PubStatus:
    for status in get_args(PubStatus):
        if status == join_text(element).strip():
            return status  # type: ignore[no-any-return]
    faults.add(find_xpath(element), f"must be one of {', '.join(get_args(PubStatus))}")
    return "usable"


def _read_authors(root: etree._Element, faults: Faults) -> Iterator[str]:
    for author in find_all(root, "atom:author")[: fields.MAX_ITEMS]:
        name = _read_line(author, "atom:name", faults)
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


def _read_genres(root: etree._Element, faults: Faults) -> Iterator[str]:
    for genre in find_all(root, "karvan:genre")[: fields.MAX_ITEMS]:
        if name := fields.read_line(read_bare_text(genre, faults), find_xpath(genre), faults):
            yield name


def _read_alt_ids(root: etree._Element, faults: Faults) -> Iterator[AltId]:
    links = find_all(root, "atom:link")[: fields.MAX_ITEMS]
    for link in links:
        if "href" not in link.attrib:
            faults.add(f"{find_xpath(link)}/@href", "is missing")
    pages = [link for rel in ("via", "alternate") for link in links if _is_page(link, rel)]
    for page in pages[:1]:
        if href := fields.read_address(page.get("href", ""), f"{find_xpath(page)}/@href", faults):
            yield AltId(role="web", value=href)
    for alt_id in find_all(root, "karvan:alt-id")[: fields.MAX_ITEMS]:
        value = fields.read_text(read_bare_text(alt_id, faults), find_xpath(alt_id), faults, fields.MAX_URI)
        if value:
            yield AltId(
                role=fields.read_line(alt_id.get("role", ""), f"{find_xpath(alt_id)}/@role", faults), value=value
            )


def _is_page(link: etree._Element, rel: str) -> bool:
    return (
        link.get("rel", "alternate") == rel
        and link.get("type", "text/html") in {"text/html", "application/xhtml+xml"}
        and "href" in link.attrib
    )
