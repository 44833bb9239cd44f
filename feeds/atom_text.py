"""Texts of an Atom entry: text constructs (RFC 4287 §3.1) as plain text, content (§4.1.3) as clean HTML."""

from lxml import etree

from feeds import fields, html, xmlnames
from feeds.faults import Faults
from feeds.karvan_elements import read_bare_text
from feeds.xmlplaces import find_first, find_xpath


def read_plain(root: etree._Element, name: str, faults: Faults, limit: int) -> str:
    """A text construct (RFC 4287 §3.1) as plain text."""
    element = find_first(root, f"atom:{name}")
    if element is None:
        return ""
    kind = element.get("type", "text")
    if kind == "text":
        plain = read_bare_text(element, faults)
    elif kind == "html":
        plain = html.to_plain(read_bare_text(element, faults)[: fields.MAX_BODY])
    elif kind == "xhtml":
        plain = html.to_plain(_serialise_xhtml(element, faults)[: fields.MAX_BODY])
    else:
        faults.add(f"{find_xpath(element)}/@type", "must be text, html or xhtml")
        return ""
    return fields.read_text(plain, find_xpath(element), faults, limit)


def read_content(root: etree._Element, faults: Faults) -> str:
    element = find_first(root, "atom:content")
    if element is None:
        return ""
    place, kind = find_xpath(element), element.get("type", "text").lower()
    if "src" in element.attrib:
        faults.add(f"{place}/@src", "content from elsewhere is not fetched: send it in the entry")
        return ""
    if kind not in {"text", "html", "xhtml", "text/plain", "text/html"}:
        faults.add(f"{place}/@type", "must be html, xhtml or text")
        return ""
    markup = _serialise_xhtml(element, faults) if kind == "xhtml" else read_bare_text(element, faults)
    if len(markup) > fields.MAX_BODY:
        faults.add(place, f"{len(markup):,} characters; at most {fields.MAX_BODY:,} are taken")
        return ""
    if kind in {"html", "xhtml", "text/html"} and html.is_too_deep(markup):
        faults.add(place, f"more than {html.MAX_DEPTH} HTML elements stand open in one another")
    return html.from_plain(markup) if kind in {"text", "text/plain"} else html.clean(markup)


def _serialise_xhtml(element: etree._Element, faults: Faults) -> str:
    """The inside of the one xhtml:div, without its namespace."""
    children = list(element)
    if len(children) != 1 or children[0].tag != f"{{{xmlnames.XHTML}}}div" or (element.text or "").strip():
        faults.add(find_xpath(element), "type xhtml holds exactly one xhtml:div (RFC 4287 §3.1.1.3)")
        return ""
    return etree.tostring(_copy_plain(children[0]), encoding="unicode", method="html", with_tail=False)


def _copy_plain(element: etree._Element) -> etree._Element:
    copied = etree.Element(etree.QName(element).localname, _list_bare_attributes(element))
    copied.text, copied.tail = element.text, element.tail
    for child in element:
        copied.append(_copy_plain(child))
    return copied


def _list_bare_attributes(element: etree._Element) -> dict[str, str]:
    attributes = {str(name): str(value) for name, value in element.attrib.items()}
    return {name: value for name, value in attributes.items() if not name.startswith("{")}
