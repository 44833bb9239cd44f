"""One newsItem of NewsML-G2, read property by property; whatever is wrong is collected with its XPath."""

import re
from datetime import datetime

from lxml import etree

from feeds import fields, xmlnames
from feeds.faults import Faults
from feeds.newsml_catalog import read_catalog
from feeds.xmlplaces import find_all, find_xpath, join_text


class NewsItem:
    """`root` is the newsItem. Readers take paths such as "nar:contentMeta/nar:by" below it, or below `under`, and
    return "", None or [] for what is absent or faulty. Of texts in several languages, the one in `language` counts.
    """

    def __init__(self, root: etree._Element, faults: Faults) -> None:
        self.root = root
        self.faults = faults
        self.catalog = read_catalog(root)
        self.language = self._read_language()

    def find_all(self, path: str, under: etree._Element | None = None) -> list[etree._Element]:
        """At most MAX_ITEMS are taken."""
        found = find_all(self.root if under is None else under, path)
        if len(found) > fields.MAX_ITEMS:
            place = find_xpath(found[fields.MAX_ITEMS])
            self.faults.add(place, f"one of {len(found):,}; at most {fields.MAX_ITEMS} are taken")
        return found[: fields.MAX_ITEMS]

    def find_first(self, path: str, under: etree._Element | None = None) -> etree._Element | None:
        return next(iter(find_all(self.root if under is None else under, path)), None)

    def pick(self, elements: list[etree._Element]) -> etree._Element | None:
        """The one in the article's language, else in a variety of it, else the first."""
        wanted = self.language.lower()
        tags = [(find_language(element).lower(), element) for element in elements]
        same = [element for tag, element in tags if tag == wanted]
        near = [element for tag, element in tags if tag.split("-")[0] == wanted.split("-")[0]]
        return next(iter([*same, *near, *elements]), None)

    def read_label(self, path: str, under: etree._Element | None = None, limit: int = fields.MAX_LINE) -> str:
        """A text of one line."""
        element = self.pick(self.find_all(path, under))
        return "" if element is None else fields.read_line(join_text(element), find_xpath(element), self.faults, limit)

    def read_block(self, elements: list[etree._Element], limit: int = fields.MAX_NOTE) -> str:
        """A text of several lines, parted by `br`; other white space is only how the XML was laid out."""
        element = self.pick(elements)
        if element is None:
            return ""
        lines = [re.sub("[ \t\r\n]+", " ", line) for line in _join_block(element).split("\v")]
        return fields.read_text(join_spaces("\n".join(lines)), find_xpath(element), self.faults, limit)

    def read_name(self, element: etree._Element) -> str:
        """What a party, place, topic … is called: its name in the article's language, else its literal."""
        if name := self.read_label("nar:name", element):
            return name
        return fields.read_line(element.get("literal", ""), f"{find_xpath(element)}/@literal", self.faults)

    def read_time(self, path: str) -> datetime | None:
        element = self.find_first(path)
        if element is None:
            return None
        return fields.read_time(join_text(element), find_xpath(element), self.faults)

    def read_code(self, path: str, scheme: str, under: etree._Element | None = None) -> str | None:
        """The code that the first such element names in a controlled vocabulary; "" when it names something else."""
        element = self.find_first(path, under)
        if element is None:
            return None
        concept = self.catalog.find_concept(element) or ""
        return concept.removeprefix(scheme) if concept.startswith(scheme) else ""

    def _read_language(self) -> str:
        """Of the content, else of the item."""
        for element, attribute in (
            (self.find_first("nar:contentMeta/nar:language"), "tag"),
            (self.root, xmlnames.XML_LANG),
        ):
            if element is not None and attribute in element.attrib:
                place = f"{find_xpath(element)}/@{'tag' if attribute == 'tag' else 'xml:lang'}"
                return fields.read_language(str(element.attrib[attribute]), place, self.faults)
        self.faults.add(f"{find_xpath(self.root)}/@xml:lang", "is missing: which language is this item in?")
        return ""


def join_spaces(value: str) -> str:
    """Lines whose runs of spaces and tabs are one space, none at their ends: what a text of a G2 item can carry."""
    return "\n".join(re.sub("[ \t]+", " ", line).strip(" ") for line in value.split("\n"))


def find_language(element: etree._Element) -> str:
    """xml:lang of the element, or of what it stands in."""
    current: etree._Element | None = element
    while current is not None:
        if xmlnames.XML_LANG in current.attrib:
            return str(current.attrib[xmlnames.XML_LANG])
        current = current.getparent()
    return ""


def _join_block(element: etree._Element) -> str:
    """Its text with "\\v" (which XML cannot hold) for each line break."""
    pieces = [element.text or ""]
    for child in element:
        pieces.append("\v" if etree.QName(child).localname == "br" else _join_block(child))
        pieces.append(child.tail or "")
    return "".join(pieces)
