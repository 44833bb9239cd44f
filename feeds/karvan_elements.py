"""Karvan's own elements in an Atom entry or an RSS item (feeds.xmlnames lists them), read."""

from collections.abc import Iterator
from datetime import datetime
from typing import get_args

from lxml import etree

from feeds import disclosure, fields, text, xmlnames
from feeds.faults import Faults
from feeds.model import AltId, Article, PubStatus
from feeds.xmlplaces import find_all, find_first, find_xpath, join_text, name_of


def read_karvan(root: etree._Element, faults: Faults) -> Article:
    """All that is said in Karvan's elements; language, headline and the rest are for the format to fill in."""
    alt_ids = tuple(_read_alt_ids(root, faults))
    urgency, status = find_first(root, "karvan:urgency"), find_first(root, "karvan:pub-status")
    return Article(
        language="",
        headline="",
        item=next((alt.value for alt in alt_ids if alt.role == "item"), None),
        uri=read_uri(root, "karvan:uri", faults),
        located=read_line(root, "karvan:located", faults),
        genres=tuple(_read_genres(root, faults)),
        urgency=None if urgency is None else fields.read_urgency(join_text(urgency), find_xpath(urgency), faults),
        pub_status="usable" if status is None else _read_status(status, faults),
        version=read_line(root, "karvan:version", faults) or None,
        version_created=read_time(root, "karvan:version-created", faults),
        first_created=read_time(root, "karvan:first-created", faults),
        embargoed_until=read_time(root, "karvan:embargoed-until", faults),
        expires=read_time(root, "karvan:expires", faults),
        copyright_holder=read_line(root, "karvan:copyright-holder", faults),
        usage_terms=_read_text(root, "karvan:usage-terms", faults),
        ed_note=_read_text(root, "karvan:ed-note", faults),
        alt_ids=tuple(alt for alt in alt_ids if alt.role != "item"),
        translation_of=read_uri(root, "karvan:translation-of", faults),
    )


def check_karvan(root: etree._Element, faults: Faults) -> None:
    """Elements that Karvan does not know, or that stand too often."""
    check_once(root, tuple(f"karvan:{name}" for name in xmlnames.SENT_ONCE), faults)
    known = {*xmlnames.SENT_ONCE, *xmlnames.SENT_OFTEN, *disclosure.NAMES}
    unknown = [one for one in find_all(root, "karvan:*") if etree.QName(one).localname not in known]
    for element in unknown[:10]:
        faults.add(find_xpath(element), f"Karvan has no such element; it knows {', '.join(sorted(known))}")
    check_many(root, ("karvan:genre", "karvan:alt-id"), faults)


def check_once(root: etree._Element, names: tuple[str, ...], faults: Faults) -> None:
    for name in names:
        for extra in find_all(root, name)[1:10]:
            faults.add(find_xpath(extra), "stands here more than once")


def check_many(root: etree._Element, names: tuple[str, ...], faults: Faults) -> None:
    for name in names:
        if (count := len(find_all(root, name))) > fields.MAX_ITEMS:
            faults.add(f"{find_xpath(root)}/{name}", f"{count:,} of them; at most {fields.MAX_ITEMS} are taken")


def find_unreadable(root: etree._Element, faults: Faults) -> None:
    for element in root.iter():
        if faults.is_full:
            return
        for value in (element.text, element.tail if element is not root else None):
            if value and (found := text.find_forbidden(str(value))):
                faults.add(find_xpath(element), f"holds the control character {found}")
        for name, attribute in element.attrib.items():
            if found := text.find_forbidden(str(attribute)):
                faults.add(f"{find_xpath(element)}/@{name_of(str(name))}", f"holds the control character {found}")


def read_line(root: etree._Element, name: str, faults: Faults) -> str:
    element = find_first(root, name)
    return "" if element is None else fields.read_line(read_bare_text(element, faults), find_xpath(element), faults)


def read_time(root: etree._Element, name: str, faults: Faults) -> datetime | None:
    element = find_first(root, name)
    return None if element is None else fields.read_time(join_text(element), find_xpath(element), faults)


def read_uri(root: etree._Element, name: str, faults: Faults) -> str | None:
    element = find_first(root, name)
    return None if element is None else fields.read_uri(join_text(element), find_xpath(element), faults)


def read_bare_text(element: etree._Element, faults: Faults) -> str:
    if len(element):
        faults.add(find_xpath(element[0]), "no elements are allowed here: escape the text, or say type xhtml")
    return join_text(element)


def _read_text(root: etree._Element, name: str, faults: Faults) -> str:
    element = find_first(root, name)
    return "" if element is None else fields.read_text(read_bare_text(element, faults), find_xpath(element), faults)


def _read_status(element: etree._Element, faults: Faults) -> PubStatus:
    for status in get_args(PubStatus):
        if status == join_text(element).strip():
            return status  # type: ignore[no-any-return]
    faults.add(find_xpath(element), f"must be one of {', '.join(get_args(PubStatus))}")
    return "usable"


def _read_genres(root: etree._Element, faults: Faults) -> Iterator[str]:
    for genre in find_all(root, "karvan:genre")[: fields.MAX_ITEMS]:
        if name := fields.read_line(read_bare_text(genre, faults), find_xpath(genre), faults):
            yield name


def _read_alt_ids(root: etree._Element, faults: Faults) -> Iterator[AltId]:
    for alt_id in find_all(root, "karvan:alt-id")[: fields.MAX_ITEMS]:
        value = fields.read_text(read_bare_text(alt_id, faults), find_xpath(alt_id), faults, fields.MAX_URI)
        if value:
            role = fields.read_line(alt_id.get("role", ""), f"{find_xpath(alt_id)}/@role", faults)
            yield AltId(role=role, value=value)
