"""Clean HTML (`feeds.html`) ↔ XHTML elements, so that an article's body can stand in XML as markup."""

import html
from html.parser import HTMLParser

from lxml import etree

from feeds import xmlnames

MAX_DEPTH = 60
MAX_ELEMENTS = 10_000
VOID = {"br", "col", "hr", "img", "wbr"}

_BEGIN = f"{{{xmlnames.XHTML}}}"


def make_body(markup: str) -> etree._Element | None:
    """Clean HTML → xhtml:body; None when it is nested too deep, or too much, for those who read XML in bounds."""
    builder = _Builder()
    builder.feed(markup)
    builder.close()
    return None if builder.is_too_much else builder.body


def make_page(body: etree._Element, language: str, title: str) -> etree._Element:
    """xhtml:body → xhtml:html around it."""
    page = etree.Element(f"{_BEGIN}html", nsmap={None: xmlnames.XHTML})  # type: ignore[dict-item]
    page.set("lang", language)
    page.set(xmlnames.XML_LANG, language)
    etree.SubElement(etree.SubElement(page, f"{_BEGIN}head"), f"{_BEGIN}title").text = title
    page.append(body)
    return page


def write_html(parent: etree._Element) -> str:
    """What is inside an element, as HTML that still has to be cleaned. Elements of other namespaces are left out."""
    return "".join(_write_inside(parent))


def _write_inside(parent: etree._Element) -> list[str]:
    pieces = [_escape(parent.text)]
    for child in parent:
        tag = str(child.tag)
        name = tag.removeprefix(_BEGIN).lower()
        if not name.startswith("{"):
            pieces += [f"<{name}", *_write_attributes(child), ">"]
            if name not in VOID:
                pieces += [*_write_inside(child), f"</{name}>"]
        pieces.append(_escape(child.tail))
    return pieces


def _write_attributes(element: etree._Element) -> list[str]:
    attributes = {str(name): str(value) for name, value in element.attrib.items()}
    if xmlnames.XML_LANG in attributes:
        attributes.setdefault("lang", attributes[xmlnames.XML_LANG])
    return [f' {name}="{_escape(value, quote=True)}"' for name, value in attributes.items() if not name.startswith("{")]


def _escape(text: str | None, *, quote: bool = False) -> str:
    return html.escape(text or "", quote=quote).replace("\xa0", "&nbsp;")


class _Builder(HTMLParser):
    """Clean HTML is balanced: every element but the void ones has its end tag."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.body = etree.Element(f"{_BEGIN}body", nsmap={None: xmlnames.XHTML})  # type: ignore[dict-item]
        self.is_too_much = False
        self._open = [self.body]
        self._count = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._count += 1
        self.is_too_much |= self._count > MAX_ELEMENTS or len(self._open) > MAX_DEPTH
        if self.is_too_much:
            return
        element = etree.SubElement(self._open[-1], _BEGIN + tag)
        for name, value in attrs:
            element.set(name, value or "")
            if name == "lang" and value:
                element.set(xmlnames.XML_LANG, value)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if not self.is_too_much and tag not in VOID and len(self._open) > 1:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self.is_too_much:
            return
        parent = self._open[-1]
        if len(parent):
            parent[-1].tail = (parent[-1].tail or "") + data
        else:
            parent.text = (parent.text or "") + data
