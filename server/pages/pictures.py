"""Which file of a picture a page shows, and which addresses a page may point at."""

from urllib.parse import urlsplit

from feeds.model import Picture, Rendition

WIDEST = 1600  # pixels: twice the column of text, for fine screens


def pick_rendition(picture: Picture) -> Rendition | None:
    """Pick the widest file that is not wider than a page needs, else the narrowest; None without a usable one."""
    usable = [rendition for rendition in picture.renditions if is_web_address(rendition.href)]
    if not usable:
        return None
    fitting = [rendition for rendition in usable if (rendition.width or 0) <= WIDEST]
    if fitting:
        return max(fitting, key=lambda rendition: rendition.width or 0)
    return min(usable, key=lambda rendition: rendition.width or 0)


def is_web_address(href: str) -> bool:
    """Tell whether an address from outside is plain http(s): never javascript:, data: or a broken one."""
    try:
        parts = urlsplit(href)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)
