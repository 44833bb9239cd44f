"""The XML of feeds that are not ours, made fit for strict reading: encodings, control characters, RSS 1.0, xml:base.

What is repaired is what feeds in the wild have and what cannot change the meaning of an article.
"""

import copy
import re
from collections.abc import Iterator
from urllib.parse import urljoin

from lxml import etree

from feeds import disclosure, fields, xmlnames
from feeds.faults import Fault, Faults, InvalidDocument, MalformedDocument
from feeds.safexml import MAX_BYTES, parse_xml
from feeds.text import FORBIDDEN, drop_forbidden
from feeds.xmlplaces import find_all, find_first, join_text

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RSS_1 = "http://purl.org/rss/1.0/"
XML_BASE = "{http://www.w3.org/XML/1998/namespace}base"

# Those that outlets of these regions still send; others than Unicode are refused on push.
ENCODINGS = {
    "windows-1251": "cp1251", "cp1251": "cp1251", "koi8-r": "koi8-r", "iso-8859-5": "iso8859-5",
    "windows-1254": "cp1254", "cp1254": "cp1254", "iso-8859-9": "cp1254", "windows-1252": "cp1252",
    "iso-8859-1": "cp1252", "latin1": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030",
    "utf-8": "utf-8-sig", "utf8": "utf-8-sig", "us-ascii": "utf-8-sig", "ascii": "utf-8-sig", "utf-16": "utf-16",
}  # fmt: skip

_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,100}?\sencoding\s*=\s*["']([\w.\-]{1,40})["']""")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,200}\?>")
_REFERENCE = re.compile(r"&#(?:[xX]([0-9A-Fa-f]{1,8})|([0-9]{1,8}));")


def parse_source_xml(body: bytes, charset: str) -> etree._Element:
    """The root: rss with its items in a channel (RSS 1.0 too), or atom:feed. `charset` is what HTTP says, if anything.

    Raises MalformedDocument, InvalidDocument.
    """
    root = parse_xml(_mend(_decode(body, charset)).encode())
    if root.tag == f"{{{RDF}}}RDF":
        return _make_rss_2(root)
    if root.tag == f"{{{xmlnames.ATOM}}}feed":
        return root
    if root.tag == "rss" and root.find("channel") is not None:
        return root
    raise InvalidDocument((Fault("/", f"the root {root.tag[:80]} is no feed: RSS, Atom or JSON Feed are read"),))


def list_entries(feed: etree._Element) -> Iterator[etree._Element]:
    """The entries of an atom:feed, each for itself, with the language, rights and addresses that it has there."""
    rights = find_first(feed, "atom:rights")
    for entry in find_all(feed, "atom:entry"):
        alone = copy.deepcopy(entry)
        alone.tail = None
        if xmlnames.XML_LANG not in alone.attrib and xmlnames.XML_LANG in feed.attrib:
            alone.set(xmlnames.XML_LANG, feed.get(xmlnames.XML_LANG, ""))
        if rights is not None and find_first(alone, "atom:rights") is None:
            alone.append(copy.deepcopy(rights))
        base = urljoin(feed.get(XML_BASE, ""), entry.get(XML_BASE, ""))
        if base:
            _resolve(alone, base)
        yield alone


def settle_language(root: etree._Element, channel: etree._Element, default: str) -> str:
    """The feed's language: what it says, if that is a language tag (az_AZ means az-AZ), else `default`.

    The elements say the same afterwards.
    """
    for element in find_all(channel, "language") + find_all(channel, "dc:language"):
        element.text = join_text(element).strip().replace("_", "-")
        if fields.read_language(element.text, "", Faults()):
            return element.text
        channel.remove(element)
    said = str(root.get(xmlnames.XML_LANG, "")).replace("_", "-")
    language = fields.read_language(said, "", Faults()) or default
    if language:
        root.set(xmlnames.XML_LANG, language)
    return language


def _resolve(entry: etree._Element, base: str) -> None:
    for link in find_all(entry, "atom:link"):
        try:
            link.set("href", urljoin(base, link.get("href", "")))
        except ValueError:  # an address that is none is told of when it is read
            continue


def drop_unknown(item: etree._Element) -> None:
    """Takes out elements that only a newer Karvan knows."""
    known = {*xmlnames.SENT_ONCE, *xmlnames.SENT_OFTEN, *disclosure.NAMES}
    for element in find_all(item, "karvan:*"):
        if etree.QName(element).localname not in known:
            item.remove(element)


def _decode(body: bytes, charset: str) -> str:
    """By byte order mark, HTTP, declaration, in this order (RFC 7303 §3)."""
    if len(body) > MAX_BYTES:
        raise MalformedDocument(f"{len(body):,} bytes of XML; at most {MAX_BYTES:,} are read")
    declared = _DECLARED.match(body[:300])
    name = (charset or (declared[1].decode() if declared else "") or "utf-8").lower()
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        name = "utf-16"
    elif body.startswith(b"\xef\xbb\xbf"):
        name = "utf-8"
    if name not in ENCODINGS:
        raise MalformedDocument(f"encoding {name[:40]} is not read")
    try:
        return body.decode(ENCODINGS[name])
    except UnicodeDecodeError as error:
        raise MalformedDocument(f"not {name}: {error.reason} at byte {error.start + 1}") from None


def _mend(document: str) -> str:
    """Without declaration and without control characters, written out or as references."""
    document = _DECLARATION.sub("", document, count=1)
    return _REFERENCE.sub(_drop_reference, drop_forbidden(document)).strip()


def _drop_reference(match: re.Match[str]) -> str:
    code = int(match[1], 16) if match[1] else int(match[2])
    is_fine = 0 < code <= 0x10FFFF and not FORBIDDEN.match(chr(code))
    return match[0] if is_fine else ""


def _make_rss_2(rdf: etree._Element) -> etree._Element:
    """RSS 1.0 → the same in the words of RSS 2.0: items inside the channel, rdf:about as guid."""
    prefix = f"{{{RSS_1}}}"
    for element in rdf.iter(f"{prefix}*"):
        element.tag = str(element.tag).removeprefix(prefix)
    channel = rdf.find("channel")
    if channel is None:
        raise InvalidDocument((Fault("/", "an RSS 1.0 feed without a channel"),))
    root = etree.Element("rss", version="2.0")
    for name, value in rdf.attrib.items():
        root.set(name, value)
    items = rdf.findall("item")
    root.append(channel)
    for item in items:
        channel.append(item)
        about = item.get(f"{{{RDF}}}about", "")
        if about and item.find("guid") is None:
            etree.SubElement(item, "guid", isPermaLink="false").text = about
    return root
