"""A list of feeds for feed readers: OPML 2.0."""

from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree

from feeds.etag import make_document
from feeds.model import Document
from feeds.text import drop_forbidden


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """One feed of the list."""

    title: str
    href: str
    page: str
    language: str


def render_opml(title: str, outlines: Sequence[Outline]) -> Document:
    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = drop_forbidden(title)
    body = etree.SubElement(root, "body")
    for outline in outlines:
        text = drop_forbidden(outline.title)
        etree.SubElement(
            body, "outline",
            type="rss", version="ATOM", text=text, title=text,
            xmlUrl=outline.href, htmlUrl=outline.page, language=outline.language,
        )  # fmt: skip
    return make_document(etree.tostring(root, encoding="UTF-8", xml_declaration=True), "text/x-opml")
