"""Where an element stands: finding by prefixed name, and the XPath that leads to it."""

from lxml import etree

from feeds.xmlnames import READ_PREFIXES

# Where an Atom entry has what ninjs has at a JSON Pointer.
ATOM_PLACES = {
    "/language": "/atom:entry/@xml:lang",
    "/version": "/atom:entry/karvan:version",
    "/versionCreated": "/atom:entry/karvan:version-created",
    "/embargoedUntil": "/atom:entry/karvan:embargoed-until",
    "/expires": "/atom:entry/karvan:expires",
    "/pubStatus": "/atom:entry/karvan:pub-status",
    "/associations": "/atom:entry/karvan:translation-of",
    "/altIds": "/atom:entry/karvan:alt-id",
}

RSS_PLACES = {place: xpath.replace("/atom:entry", "/rss/channel/item") for place, xpath in ATOM_PLACES.items()} | {
    "/language": "/rss/channel/item/dc:language"
}
JSON_FEED_PLACES = {
    "/language": "/items/0/language",
    "/version": "/items/0/_karvan/version",
    "/versionCreated": "/items/0/_karvan/version_created",
    "/embargoedUntil": "/items/0/_karvan/embargoed_until",
    "/expires": "/items/0/_karvan/expires",
    "/pubStatus": "/items/0/_karvan/pub_status",
    "/associations": "/items/0/_karvan/translation_of",
    "/altIds": "/items/0/_karvan/alt_ids",
}
# Media type → where a document of it has what ninjs has at a JSON Pointer.
NEWSML_PLACES = {  # of an item by itself or in a newsMessage
    "/language": "//nar:newsItem/nar:contentMeta/nar:language",
    "/version": "//nar:newsItem/@version",
    "/versionCreated": "//nar:newsItem/nar:itemMeta/nar:versionCreated",
    "/embargoedUntil": "//nar:newsItem/nar:itemMeta/nar:embargoed",
    "/expires": "//nar:newsItem/nar:itemMeta/nar:expires",
    "/pubStatus": "//nar:newsItem/nar:itemMeta/nar:pubStatus",
    "/associations": "//nar:newsItem/nar:itemMeta/nar:link",
    "/altIds": "//nar:newsItem/nar:itemMeta/karvan:alt-id",
}
PLACES = {
    "application/atom+xml": ATOM_PLACES,
    "application/vnd.iptc.g2.newsitem+xml": NEWSML_PLACES,
    "application/vnd.iptc.g2.newsmessage+xml": NEWSML_PLACES,
    "application/rss+xml": RSS_PLACES,
    "application/feed+json": JSON_FEED_PLACES,
}

_PREFIX_OF = {name: prefix for prefix, name in READ_PREFIXES.items()} | {"http://www.w3.org/XML/1998/namespace": "xml"}


def find_all(parent: etree._Element, name: str) -> list[etree._Element]:
    """Children by prefixed name, such as "atom:title" or "karvan:*"."""
    return parent.findall(name, namespaces=READ_PREFIXES)


def find_first(parent: etree._Element, name: str) -> etree._Element | None:
    return parent.find(name, namespaces=READ_PREFIXES)


def join_text(element: etree._Element) -> str:
    """All text in it, without its tags."""
    return "".join(str(piece) for piece in element.itertext())


def find_xpath(element: etree._Element) -> str:
    """`/atom:entry/atom:category[2]`: a number only where siblings share the name."""
    steps = []
    current: etree._Element | None = element
    while current is not None:
        step = name_of(str(current.tag))
        before = sum(1 for _ in current.itersiblings(current.tag, preceding=True))
        if before or next(current.itersiblings(current.tag), None) is not None:
            step += f"[{before + 1}]"
        steps.append(step)
        current = current.getparent()
    return "/" + "/".join(reversed(steps))


def name_of(tag: str) -> str:
    """`{http://www.w3.org/2005/Atom}title` → `atom:title`; foreign names without a namespace prefix of ours."""
    name = etree.QName(tag)
    if not name.namespace:
        return name.localname
    prefix = _PREFIX_OF.get(name.namespace)
    return f"{prefix}:{name.localname}" if prefix else f"*[local-name()='{name.localname}']"
