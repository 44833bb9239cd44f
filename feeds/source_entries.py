"""One RSS item or Atom entry of a source's feed, before its article is read."""

from collections.abc import Iterator
from datetime import datetime

from lxml import etree

from feeds import atom, fields, rss
from feeds.faults import Faults
from feeds.karvan_elements import read_time
from feeds.model import Link, PubStatus
from feeds.provenance import read_outlet, read_provenance
from feeds.source_items import FeedItem, GoneItem, Raw
from feeds.source_xml import drop_unknown
from feeds.xmlplaces import find_all, find_first, join_text


def take_rss(item: etree._Element) -> Raw:
    drop_unknown(item)
    link = _read_address(item, "link")
    id_ = _read_word(item, "guid") or link

    def read(faults: Faults) -> FeedItem:
        article = rss.read_item(item, faults)
        updated = rss.read_modified(item, Faults()) or rss.read_published(item, Faults())
        return FeedItem(
            id=id_, article=article, link=link, updated=updated, siblings=tuple(_list_siblings(item)),
            outlet=read_outlet(item, find_first(item, "source")), provenance=read_provenance(item, faults),
            partial=_is_partial(item),
        )  # fmt: skip

    updated = read_time(item, "dcterms:modified", Faults())
    return Raw(id_, read, _find_stub(item, id_, updated))


def take_atom(entry: etree._Element) -> Raw:
    drop_unknown(entry)
    alternates = [one for one in find_all(entry, "atom:link") if one.get("rel", "alternate") == "alternate"]
    link = next((one.get("href", "").strip() for one in alternates), "")
    id_ = _read_word(entry, "atom:id") or link
    updated = read_time(entry, "atom:updated", Faults())

    def read(faults: Faults) -> FeedItem:
        article = atom.read_entry(entry, faults)
        return FeedItem(
            id=id_, article=article, link=link, updated=updated, siblings=tuple(_list_siblings(entry)),
            outlet=read_outlet(entry, find_first(entry, "atom:source")), provenance=read_provenance(entry, faults),
            partial=_is_partial(entry),
        )  # fmt: skip

    return Raw(id_, read, _find_stub(entry, id_, updated))


def _find_stub(item: etree._Element, id_: str, updated: datetime | None) -> GoneItem | None:
    said = _read_word(item, "karvan:pub-status")
    withdrawn: tuple[PubStatus, ...] = ("withheld", "canceled")
    status = next((one for one in withdrawn if one == said), None)
    return GoneItem(id=id_, when=updated, status=status) if id_ and status else None


def _is_partial(item: etree._Element) -> bool:
    return _read_word(item, "karvan:representation-type") == "partial"


def _read_word(item: etree._Element, name: str) -> str:
    element = find_first(item, name)
    return "" if element is None else join_text(element).strip()[: fields.MAX_URI]


def _read_address(item: etree._Element, name: str) -> str:
    return fields.read_address(_read_word(item, name), "", Faults()) or ""


def _list_siblings(item: etree._Element) -> Iterator[Link]:
    for link in find_all(item, "atom:link")[: fields.MAX_ITEMS]:
        href = fields.read_address(link.get("href", ""), "", Faults())
        is_page = link.get("rel") == "related" and link.get("type", "text/html") == "text/html"
        if href and is_page and (language := link.get("hreflang")):
            yield Link(language=language, href=href)
