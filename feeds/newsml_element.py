"""Elements of a NewsML-G2 item, written: texts without forbidden characters, attributes only where there is a value."""

from datetime import datetime

from lxml import etree

from feeds import xmlnames
from feeds.fields import format_time
from feeds.text import drop_forbidden


def add(parent: etree._Element, name: str, value: str = "", /, **attributes: str | None) -> etree._Element:
    return _add_element(parent, f"{{{xmlnames.NAR}}}{name}", value, attributes)


def add_karvan(parent: etree._Element, name: str, value: str, /, **attributes: str | None) -> etree._Element:
    return _add_element(parent, f"{{{xmlnames.KARVAN}}}{name}", value, attributes)


def add_named(parent: etree._Element, name: str, value: str) -> None:
    """A party, place or genre that no vocabulary names."""
    if value:
        add(add(parent, name, literal=value), "name", value)


def add_time(parent: etree._Element, name: str, moment: datetime | None) -> None:
    if moment is not None:
        add(parent, name, format_time(moment))


def add_block(parent: etree._Element, name: str, value: str, /, **attributes: str) -> None:
    """A text of several lines, parted by `br`."""
    if value:
        first, *others = drop_forbidden(value).split("\n")
        element = add(parent, name, first, **attributes)
        for line in others:
            add(element, "br").tail = line


def _add_element(parent: etree._Element, tag: str, value: str, attributes: dict[str, str | None]) -> etree._Element:
    element = etree.SubElement(parent, tag)
    for name, given in attributes.items():
        if given is not None:
            element.set(name, drop_forbidden(given))
    if value:
        element.text = drop_forbidden(value)
    return element
