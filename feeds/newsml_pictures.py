"""Pictures of a newsItem: links whose hints say that their target is one.

A text item's contentSet holds renditions of the text only, so its pictures are links (irel:seeAlso) with what an
agency says of the target item: itemClass, caption, credit, rights, and its files as remoteContent.
"""

from collections.abc import Iterator
from urllib.parse import quote, unquote

from lxml import etree

from feeds import fields
from feeds.faults import Faults
from feeds.feedgen_ext import pick_rendition
from feeds.model import Picture, Rendition
from feeds.newsml_element import add, add_block, add_karvan
from feeds.newsml_item import NewsItem
from feeds.newsml_names import (
    DESCRIPTION_ROLES,
    IPTC_RENDITIONS,
    KARVAN_RENDITIONS,
    NATURES,
    RENDITIONS,
    SEE_ALSO,
)
from feeds.xmlplaces import find_xpath, join_text


def read_pictures(item: NewsItem, links: list[etree._Element]) -> tuple[Picture, ...]:
    """A link without any address, such as one to a picture item that was sent by itself, is passed over."""
    pictures: list[Picture] = []
    for link in links:
        if _is_picture(item, link) and (renditions := tuple(_read_renditions(item, link))):
            pictures.append(_read_picture(item, link, renditions, len(pictures) + 1))
    return tuple(pictures)


def _is_picture(item: NewsItem, link: etree._Element) -> bool:
    hints = ("nar:itemClass", "nar:itemMeta/nar:itemClass")
    natures = [nature for path in hints if (nature := item.read_code(path, NATURES, link)) is not None]
    return natures[0] in {"picture", "graphic"} if natures else link.get("contenttype", "").startswith("image/")


def _read_picture(item: NewsItem, link: etree._Element, renditions: tuple[Rendition, ...], number: int) -> Picture:
    place = find_xpath(link)
    descriptions = _find_hints(item, link, "nar:description", "nar:contentMeta/nar:description")
    captions = [one for one in descriptions if _get_role(item, one) == "caption"] or descriptions
    credit = _find_hints(item, link, "nar:creditline", "nar:contentMeta/nar:creditline", "nar:by")
    return Picture(
        name=fields.read_line(link.get("title", ""), f"{place}/@title", item.faults) or f"picture-{number}",
        renditions=renditions,
        uri=fields.read_uri(link.get("residref", ""), "", Faults()),  # any text, by G2: not a fault
        caption=item.read_block(captions, fields.MAX_DESCRIPTION),
        alt=_read_alt(item, link),
        credit=item.read_block(credit, fields.MAX_LINE).replace("\n", " "),
        copyright_notice=item.read_block(
            _find_hints(item, link, "nar:rightsInfo/nar:copyrightNotice", "nar:copyrightNotice")
        ),
    )


def _read_alt(item: NewsItem, link: etree._Element) -> str:
    element = item.pick(item.find_all("karvan:alt", link))
    if element is None:
        return ""
    return fields.read_text(join_text(element), find_xpath(element), item.faults, fields.MAX_DESCRIPTION)


def _find_hints(item: NewsItem, link: etree._Element, *paths: str) -> list[etree._Element]:
    """A hint stands in the link itself or in the wrapper that it has in its item."""
    return next((found for path in paths if (found := item.find_all(path, link))), [])


def _get_role(item: NewsItem, description: etree._Element) -> str:
    return (item.catalog.find_concept(description, "role") or "").removeprefix(DESCRIPTION_ROLES)


def _read_renditions(item: NewsItem, link: etree._Element) -> Iterator[Rendition]:
    """The files that the link lists, else the one that it leads to."""
    files = [one for one in item.find_all("nar:remoteContent", link) if "href" in one.attrib]
    for file in files or [link]:
        if "href" not in file.attrib:
            continue
        place = find_xpath(file)
        yield Rendition(
            href=fields.read_address(file.get("href", ""), f"{place}/@href", item.faults) or "",
            name=fields.read_line(_name_rendition(item, file), f"{place}/@rendition", item.faults) or "original",
            media_type=fields.read_line(file.get("contenttype", ""), f"{place}/@contenttype", item.faults) or None,
            width=_read_count(item, file, "width"),
            height=_read_count(item, file, "height"),
            size=_read_count(item, file, "size"),
        )


def _name_rendition(item: NewsItem, file: etree._Element) -> str:
    concept = item.catalog.find_concept(file, "rendition") or ""
    if concept.startswith(KARVAN_RENDITIONS):
        return unquote(concept.removeprefix(KARVAN_RENDITIONS))
    return concept.removeprefix(RENDITIONS)


def _read_count(item: NewsItem, element: etree._Element, name: str) -> int | None:
    value = element.get(name, "").strip()
    if not value:
        return None
    if value.isascii() and value.isdigit() and len(value) <= 12:
        return int(value)
    item.faults.add(f"{find_xpath(element)}/@{name}", "must be a whole number from 0")
    return None


def add_picture(meta: etree._Element, picture: Picture) -> None:
    shown = pick_rendition(picture)
    attributes = {"residref": picture.uri, "title": picture.name}
    if shown is not None:
        attributes |= {"href": shown.href, "contenttype": shown.media_type}
    link = add(meta, "link", rel=f"irel:{SEE_ALSO}", **attributes)
    add(link, "itemClass", qcode="ninat:picture")
    add_block(link, "description", picture.caption, role="drol:caption")
    if picture.credit:
        add(link, "creditline", picture.credit)
    if picture.copyright_notice:
        add_block(add(link, "rightsInfo"), "copyrightNotice", picture.copyright_notice)
    for rendition in picture.renditions:
        _add_rendition(link, rendition)
    if picture.alt:
        add_karvan(link, "alt", picture.alt)


def _add_rendition(link: etree._Element, rendition: Rendition) -> None:
    name = (
        {"rendition": f"rnd:{rendition.name}"}
        if rendition.name in IPTC_RENDITIONS
        else {"renditionuri": KARVAN_RENDITIONS + quote(rendition.name, safe="")}
    )
    numbers = {"size": rendition.size, "width": rendition.width, "height": rendition.height}
    counted = {key: str(number) for key, number in numbers.items() if number is not None}
    add(link, "remoteContent", href=rendition.href, contenttype=rendition.media_type, **name, **counted)
