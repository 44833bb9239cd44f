"""Where a source's feed leads: to its older pages (RFC 5005, JSON Feed's next_url), to its hub (WebSub §4)."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree

from feeds import fields
from feeds.xmlplaces import find_all

MOST_LINKS = 200  # that are looked at

_HEADER_LINK = re.compile(r"<([^<>]{0,2000})>((?:\s*;\s*[\w*-]+\s*=\s*(?:\"[^\"]*\"|[^\s\",;]+))*)")
_PARAMETER = re.compile(r"([\w*-]+)\s*=\s*(?:\"([^\"]*)\"|([^\s\",;]+))")

Link = tuple[str, str]  # relation, address


@dataclass(frozen=True, slots=True)
class FeedLinks:
    """Addresses as they stand there, also relative ones; "" where there is none.

    `older`: the page with what came before; `hub`: where to ask for pushes of `topic`, the feed's own address.
    """

    older: str = ""
    hub: str = ""
    topic: str = ""


NO_LINKS = FeedLinks()


def read_xml_links(channel: etree._Element) -> FeedLinks:
    """Of an atom:feed or an RSS channel."""
    links = find_all(channel, "atom:link")[:MOST_LINKS]
    return pick_links((one.get("rel", "alternate"), one.get("href", "")) for one in links)


def read_json_links(members: dict[str, Any], extras: dict[str, Any]) -> FeedLinks:
    """Of a JSON Feed; `extras`: its `_karvan`."""
    return pick_links(_list_json_links(members, extras))


def read_header_links(header: str) -> FeedLinks:
    """Of HTTP's Link header (RFC 8288)."""
    return pick_links(
        (relation, address)
        for address, parameters in _HEADER_LINK.findall(header[:20_000])[:MOST_LINKS]
        for name, quoted, plain in _PARAMETER.findall(parameters)
        if name.lower() == "rel"
        for relation in (quoted or plain).split()
    )


def pick_links(links: Iterable[Link]) -> FeedLinks:
    """The first of each kind counts; an archive is worth more than a page that moves with every new entry."""
    first: dict[str, str] = {}
    for relation, address in links:
        if len(plain := address.strip()) <= fields.MAX_URI and plain:
            first.setdefault(relation.strip().lower(), plain)
    older = first.get("prev-archive") or first.get("next", "")
    return FeedLinks(older=older, hub=first.get("hub", ""), topic=first.get("self", ""))


def _list_json_links(members: dict[str, Any], extras: dict[str, Any]) -> Iterator[Link]:
    hubs = members.get("hubs")
    for hub in hubs[:MOST_LINKS] if isinstance(hubs, list) else ():
        if isinstance(hub, dict) and str(hub.get("type", "")).lower() == "websub" and isinstance(hub.get("url"), str):
            yield "hub", hub["url"]
    named = (
        ("self", members.get("feed_url")),
        ("prev-archive", extras.get("prev_archive")),
        ("next", members.get("next_url")),
    )
    for relation, address in named:
        if isinstance(address, str):
            yield relation, address
