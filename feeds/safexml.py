"""The only XML parser: no DOCTYPE, so no entities; no network; bounded size and depth; UTF-8 or UTF-16."""

import codecs
import re

from lxml import etree

from feeds.faults import MalformedDocument

MAX_BYTES = 8_000_000
MAX_DEPTH = 100
MAX_ELEMENTS = 20_000
MAX_ATTRIBUTES = 200  # of one element: reading them takes time that grows with the square of their number
MAX_TAGS = 200_000  # as characters "<", which may also stand in CDATA

_DECLARATION = re.compile(
    r"""\ufeff?<\?xml\s+version\s*=\s*["']1\.[01]["'](?:\s+encoding\s*=\s*["']([A-Za-z][\w.\-]*)["'])?"""
    r"""(?:\s+standalone\s*=\s*["'](?:yes|no)["'])?\s*\?>"""
)
_ENCODINGS = {"utf-8": "utf-8", "utf8": "utf-8", "us-ascii": "ascii", "ascii": "ascii", "utf-16": "utf-16"}
_DOCTYPE = re.compile(r"(?>\s+|<\?.*?\?>|<!--.*?-->)*+<!DOCTYPE", re.DOTALL)


def parse_xml(body: bytes) -> etree._Element:
    """The root element. Comments and processing instructions are left out. Raises MalformedDocument."""
    if len(body) > MAX_BYTES:
        raise MalformedDocument(f"{len(body):,} bytes of XML; at most {MAX_BYTES:,} are read")
    document = _decode(body)
    if _DOCTYPE.match(document):
        raise MalformedDocument("a document type declaration (DOCTYPE) is not accepted")
    if document.count("<") > MAX_TAGS:
        raise MalformedDocument(f"more than {MAX_TAGS:,} tags in one XML document")
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(document.encode(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise MalformedDocument(f"not well-formed XML: {error}") from None
    _check_shape(root)
    return root


def _decode(body: bytes) -> str:
    """Bytes → text without its XML declaration, strictly in the encoding that it names."""
    encoding = _sniff(body)
    try:
        document = body.decode(encoding or "utf-8")
    except (UnicodeDecodeError, LookupError) as error:
        reason = error.reason if isinstance(error, UnicodeDecodeError) else str(error)
        raise MalformedDocument(f"not {encoding or 'UTF-8'}: {reason}") from None
    declared = _DECLARATION.match(document)
    if not declared:
        return document.removeprefix("\ufeff")
    return document[declared.end() :]


def _sniff(body: bytes) -> str:
    """The codec, by byte order mark, zero bytes or declaration. Raises MalformedDocument for others than Unicode."""
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if body[:2] == b"<\0":
        return "utf-16-le"
    if body[:2] == b"\0<":
        return "utf-16-be"
    head = body[:200].decode("latin-1").removeprefix("\xef\xbb\xbf")
    declared = _DECLARATION.match(head)
    name = (declared and declared[1]) or "utf-8"
    if name.lower() not in _ENCODINGS or name.lower() == "utf-16":
        raise MalformedDocument(f"encoding {name} is not accepted: send UTF-8")
    return _ENCODINGS[name.lower()]


def _check_shape(root: etree._Element) -> None:
    depth = elements = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        elements += event == "start"
        if depth > MAX_DEPTH:
            raise MalformedDocument(f"XML nested more than {MAX_DEPTH} elements deep")
        if elements > MAX_ELEMENTS:
            raise MalformedDocument(f"more than {MAX_ELEMENTS:,} XML elements")
        if len(element.attrib) > MAX_ATTRIBUTES:
            raise MalformedDocument(f"more than {MAX_ATTRIBUTES} attributes in one XML element")
