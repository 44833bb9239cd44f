"""The text of a newsItem: XHTML in inlineXML, else HTML or plain text in inlineData → clean HTML."""

from lxml import etree

from feeds import fields, html, xhtml, xmlnames
from feeds.newsml_item import NewsItem
from feeds.xmlplaces import find_all, find_first, find_xpath, join_text

ROOTS = ("xhtml:html/xhtml:body", "xhtml:body", "xhtml:article", "xhtml:section", "xhtml:div")
DATA_TYPES = {"text/html", "text/plain"}


def read_body(item: NewsItem) -> str:
    """The first rendition that can be read; "" where there is no contentSet."""
    content_set = item.find_first("nar:contentSet")
    if content_set is None:
        return ""
    for inline in find_all(content_set, "nar:inlineXML"):
        if (root := _find_xhtml(inline)) is not None:
            return _clean(item, inline, xhtml.write_html(root))
    for inline in find_all(content_set, "nar:inlineData"):
        if _get_type(inline) in DATA_TYPES and not {"encoding", "encodinguri"} & set(inline.attrib):
            return _read_data(item, inline)
    _say_why_not(item, content_set)
    return ""


def _find_xhtml(inline: etree._Element) -> etree._Element | None:
    return next((found for path in ROOTS if (found := find_first(inline, path)) is not None), None)


def _get_type(inline: etree._Element) -> str:
    return inline.get("contenttype", "text/plain").partition(";")[0].strip().lower()


def _read_data(item: NewsItem, inline: etree._Element) -> str:
    if len(inline):
        item.faults.add(find_xpath(inline[0]), "no elements are allowed here: escape the text, or send inlineXML")
    content = join_text(inline)
    return (
        _clean(item, inline, content) if _get_type(inline) == "text/html" else _bound(item, inline, content, plain=True)
    )


def _clean(item: NewsItem, inline: etree._Element, markup: str) -> str:
    if html.is_too_deep(markup):
        item.faults.add(find_xpath(inline), f"more than {html.MAX_DEPTH} HTML elements stand open in one another")
    return _bound(item, inline, markup, plain=False)


def _bound(item: NewsItem, inline: etree._Element, content: str, *, plain: bool) -> str:
    if len(content) > fields.MAX_BODY:
        item.faults.add(find_xpath(inline), f"{len(content):,} characters; at most {fields.MAX_BODY:,} are taken")
        return ""
    return html.from_plain(content) if plain else html.clean(content)


def _say_why_not(item: NewsItem, content_set: etree._Element) -> None:
    first = next(iter(content_set), None)
    if first is None:
        return
    if first.tag == f"{{{xmlnames.NAR}}}remoteContent":
        detail = "content from elsewhere is not fetched: send it in the item"
    else:
        detail = "no text that is read: send XHTML (html, body or div) in inlineXML, or text/html in inlineData"
    item.faults.add(find_xpath(first), detail)
