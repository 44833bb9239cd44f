"""A feed of somebody else → what stands in it: RSS 2.0, RSS 1.0, Atom and JSON Feed, those of another Karvan included.

An item that cannot be read is set aside with its faults and harms no other. Faults in what an article can do without
(a date, an address, a picture, a keyword) only cost that; never those in its text, language, rights or embargo.
"""

import re
from dataclasses import replace

from feeds import fields
from feeds.faults import Fault, Faults
from feeds.model import Article, Picture
from feeds.source_entries import take_atom, take_rss
from feeds.source_items import FaultyItem, FeedItem, GoneItem, ParsedFeed, Raw, RawFeed
from feeds.source_json import read_json_feed
from feeds.source_links import read_xml_links
from feeds.source_pages import is_alive_again
from feeds.source_xml import list_entries, parse_source_xml, settle_language
from feeds.text import join_lines
from feeds.withdrawal import pick_why
from feeds.xmlnames import KARVAN
from feeds.xmlplaces import find_all, find_first, join_text

MAX_ITEMS = 500

HARMLESS = {
    "pubDate", "dc:date", "dcterms:modified", "atom:updated", "atom:published", "category", "atom:category", "author",
    "atom:author", "dc:creator", "enclosure", "media:content", "media:group", "link", "atom:link", "guid", "atom:id",
    "date_published", "date_modified", "tags", "attachments", "image", "authors", "url", "external_url",
}  # fmt: skip


def parse_feed(body: bytes, *, language: str = "", charset: str = "") -> ParsedFeed:
    """`language` is that of items which do not say theirs, nor their feed; `charset` is what HTTP says of the body.

    Raises MalformedDocument, InvalidDocument when it is no feed.
    """
    is_json = body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{"
    raw = read_json_feed(body, language) if is_json else _read_xml_feed(body, language, charset)
    items, faulty = [], []
    gone = {one.id: one for one in raw.tombstones[:MAX_ITEMS] if one.id}
    for number, one in enumerate(raw.items[:MAX_ITEMS], 1):
        if one.gone:
            gone[one.id] = one.gone
            continue
        item, grave = _read_item(one)
        if grave:
            faulty.append(FaultyItem(number=number, id=one.id, faults=grave))
        elif one.id not in gone or is_alive_again(item, gone[one.id]):
            gone.pop(one.id, None)
            items.append(item)
    return ParsedFeed(
        title=join_lines(raw.title)[: fields.MAX_LINE], language=raw.language, items=tuple(items),
        gone=tuple(gone.values()), faulty=tuple(faulty), left_out=max(0, len(raw.items) - MAX_ITEMS), links=raw.links,
    )  # fmt: skip


def _read_xml_feed(body: bytes, language: str, charset: str) -> RawFeed:
    root = parse_source_xml(body, charset)
    channel = root.find("channel") if root.tag == "rss" else root
    assert channel is not None
    said = settle_language(root, channel, language)
    is_rss = channel is not root
    items = [take_rss(item) for item in find_all(channel, "item")] if is_rss else map(take_atom, list_entries(root))
    title = find_first(channel, "title" if is_rss else "atom:title")
    tombstones = [
        GoneItem(
            id=one.get("ref", ""), when=fields.read_time(one.get("when", ""), "", Faults()),
            why=pick_why(one.get(f"{{{KARVAN}}}why", "")),
        )
        for one in find_all(channel, "at:deleted-entry")
    ]  # fmt: skip
    return RawFeed(
        title="" if title is None else join_text(title), language=said, items=[*items], tombstones=tombstones,
        links=read_xml_links(channel),
    )  # fmt: skip


def _read_item(raw: Raw) -> tuple[FeedItem, tuple[Fault, ...]]:
    """The item and the faults that forbid to take it."""
    faults = Faults()
    if not raw.id:
        faults.add("", "has neither an id nor a link")
    item = raw.read(faults)
    grave = tuple(fault for fault in faults.found if faults.is_full or not _is_harmless(fault))
    return replace(item, article=_drop_bare(item.article), faults=faults.found), grave


def _is_harmless(fault: Fault) -> bool:
    steps = {re.sub(r"\[\d+\]$", "", step) for step in fault.pointer.split("/")}
    return "_karvan" not in steps and not HARMLESS.isdisjoint(steps)


def _drop_bare(article: Article) -> Article:
    """Without pictures that have no address."""
    pictures = [_drop_bare_renditions(picture) for picture in article.pictures]
    return replace(article, pictures=tuple(picture for picture in pictures if picture.renditions))


def _drop_bare_renditions(picture: Picture) -> Picture:
    return replace(picture, renditions=tuple(one for one in picture.renditions if one.href))
