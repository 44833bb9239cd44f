"""Pictures of an Atom entry or an RSS item: Media RSS contents, and enclosures of an image type that none repeats."""

from collections.abc import Iterator, Sequence

from lxml import etree

from feeds import fields
from feeds.faults import Faults
from feeds.model import Picture, Rendition
from feeds.xmlplaces import find_all, find_xpath


def read_pictures(
    root: etree._Element, enclosures: Sequence[etree._Element], address: str, faults: Faults
) -> tuple[Picture, ...]:
    """`address` is the attribute of the enclosures that holds theirs."""
    pictures = [*_read_contents(root, faults)]
    shown = {picture.renditions[0].href for picture in pictures}
    for enclosure in enclosures[: fields.MAX_ITEMS]:
        if enclosure.get("type", "").startswith("image/"):
            href = fields.read_address(enclosure.get(address, ""), f"{find_xpath(enclosure)}/@{address}", faults)
            if href and href not in shown:
                shown.add(href)
                size = _read_count(enclosure, "length", faults) or None  # RSS says 0 where it is unknown
                rendition = Rendition(href=href, media_type=_read_type(enclosure, faults), size=size)
                pictures.append(Picture(name=f"picture-{len(pictures) + 1}", renditions=(rendition,)))
    if len(pictures) > fields.MAX_ITEMS:
        faults.add(find_xpath(root), f"{len(pictures):,} pictures; at most {fields.MAX_ITEMS} are taken")
    return tuple(pictures)


def _read_contents(root: etree._Element, faults: Faults) -> Iterator[Picture]:
    contents = find_all(root, "media:content") + find_all(root, "media:group/media:content")
    for number, content in enumerate(contents[: fields.MAX_ITEMS + 1], 1):
        if content.get("medium", content.get("type", "image").partition("/")[0]) != "image":
            continue
        href = fields.read_address(content.get("url", ""), f"{find_xpath(content)}/@url", faults)
        rendition = Rendition(
            href=href or "",
            media_type=_read_type(content, faults),
            width=_read_count(content, "width", faults),
            height=_read_count(content, "height", faults),
            size=_read_count(content, "fileSize", faults),
        )
        yield Picture(
            name=f"picture-{number}",
            renditions=(rendition,),
            caption=_read_child(content, "media:description", faults, fields.MAX_DESCRIPTION),
            alt=_read_child(content, "karvan:alt", faults, fields.MAX_DESCRIPTION),
            credit=_read_child(content, "media:credit", faults, fields.MAX_LINE),
            copyright_notice=_read_child(content, "media:copyright", faults, fields.MAX_NOTE),
        )


def _read_child(content: etree._Element, name: str, faults: Faults, limit: int) -> str:
    child = next(iter(find_all(content, name)), None)
    return "" if child is None else fields.read_text(child.text or "", find_xpath(child), faults, limit)


def _read_type(element: etree._Element, faults: Faults) -> str | None:
    value = fields.read_line(element.get("type", ""), f"{find_xpath(element)}/@type", faults)
    return value or None


def _read_count(element: etree._Element, name: str, faults: Faults) -> int | None:
    value = element.get(name, "").strip()
    if not value:
        return None
    if value.isascii() and value.isdigit() and len(value) <= 12:
        return int(value)
    faults.add(f"{find_xpath(element)}/@{name}", "must be a whole number from 0")
    return None
