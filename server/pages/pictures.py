"""Which file of a picture a page shows, and which addresses a page may point at."""

from urllib.parse import urlsplit

from feeds.model import Picture, Rendition

WIDEST = 1600  # pixels: twice the column of text, for fine screens


def pick_rendition(picture: Picture) -> Rendition | None:
    """Pick the widest file that is not wider than a page needs, else the narrowest; None without a usable one."""
    usable = _list_usable(picture)
    if not usable:
        return None
    fitting = [rendition for rendition in usable if (rendition.width or 0) <= WIDEST]
    if fitting:
        return max(fitting, key=lambda rendition: rendition.width or 0)
    return min(usable, key=lambda rendition: rendition.width or 0)


def pick_largest(picture: Picture) -> Rendition | None:
    """The file for who wants to see everything."""
    return max(_list_usable(picture), key=lambda rendition: rendition.width or 0, default=None)


def list_files(picture: Picture) -> str:
    """The files that a browser may choose from, as `srcset` has them; empty where there is nothing to choose."""
    by_width = {
        rendition.width: rendition.href
        for rendition in _list_usable(picture)
        if rendition.width and rendition.width <= 2 * WIDEST and not {",", " "} & set(rendition.href)
    }
    return ", ".join(f"{href} {width}w" for width, href in sorted(by_width.items())) if len(by_width) > 1 else ""


def _list_usable(picture: Picture) -> list[Rendition]:
    return [rendition for rendition in picture.renditions if is_web_address(rendition.href)]


def is_web_address(href: str) -> bool:
    """Tell whether an address from outside is plain http(s): never javascript:, data: or a broken one."""
    try:
        parts = urlsplit(href)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)
