"""The only XML parser: no DOCTYPE, so no entities; no network; bounded size and depth; UTF-8 or UTF-16.

parse_xml       a document as a tree
iter_elements   the elements of some names in a long document, one after the other, in bounded memory
"""

import codecs
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast
from xml.etree.ElementTree import Element, ParseError, XMLPullParser

from lxml import etree

from feeds.faults import MalformedDocument

MAX_BYTES = 8_000_000
MAX_DEPTH = 100
MAX_ELEMENTS = 20_000
MAX_ATTRIBUTES = 200  # of one element: reading them takes time that grows with the square of their number
MAX_TAGS = 200_000  # as characters "<", which may also stand in CDATA
MAX_PART_BYTES = 500_000  # of a long document, from the end of one wanted element to the end of the next
CHUNK = 65_536

_DECLARATION = re.compile(
    r"""\ufeff?<\?xml\s+version\s*=\s*["']1\.[01]["'](?:\s+encoding\s*=\s*["']([A-Za-z][\w.\-]*)["'])?"""
    r"""(?:\s+standalone\s*=\s*["'](?:yes|no)["'])?\s*\?>"""
)
_ENCODINGS = {"utf-8": "utf-8", "utf8": "utf-8", "us-ascii": "ascii", "ascii": "ascii", "utf-16": "utf-16"}
_BARE_DOCTYPE = re.compile(
    r"""((?>\s+|<\?.*?\?>|<!--.*?-->)*+)<!DOCTYPE\s+[\w.:-]+(?:\s+(?:SYSTEM|PUBLIC)(?:\s+(?:"[^"<>]*"|'[^'<>]*')){1,2})?\s*>""",
    re.DOTALL,
)
_DOCTYPE = re.compile(r"(?>\s+|<\?.*?\?>|<!--.*?-->)*+<!DOCTYPE", re.DOTALL)


_SAFELY: Any = {
    "encoding": "utf-8",
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "dtd_validation": False,
    "attribute_defaults": False,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}


def parse_xml(body: bytes) -> etree._Element:
    """The root element. Comments and processing instructions are left out. Raises MalformedDocument."""
    if len(body) > MAX_BYTES:
        raise MalformedDocument(f"{len(body):,} bytes of XML; at most {MAX_BYTES:,} are read")
    document = _decode(body)
    if _DOCTYPE.match(document):
        raise MalformedDocument("a document type declaration (DOCTYPE) is not accepted")
    if document.count("<") > MAX_TAGS:
        raise MalformedDocument(f"more than {MAX_TAGS:,} tags in one XML document")
    try:
        root = etree.fromstring(document.encode(), etree.XMLParser(**_SAFELY))
    except (etree.XMLSyntaxError, ValueError) as error:
        raise MalformedDocument(f"not well-formed XML: {error}") from None
    _check_shape(root)
    return root


def iter_elements(chunks: Iterable[bytes], names: Sequence[str], *, roots: Sequence[str]) -> Iterator[Element]:
    """Elements with these local names, each whole and only until the next is asked for. Raises MalformedDocument.

    `roots` are the local names that the root may have. A DOCTYPE that only names a file is passed over (TMX and TBX
    have one by tradition); the file is not read. This is expat's parser: libxml2's must not go on in another thread.
    """
    parser: XMLPullParser[Any] = XMLPullParser(("start", "end"))
    wanted, since = frozenset(names), 0
    open_elements: list[Element] = []
    try:
        for text in _decode_chunks(chunks):
            parser.feed(text)
            since += len(text)
            for event, element in cast("Iterable[tuple[str, Element]]", parser.read_events()):
                if event == "start":
                    _check_element(element, open_elements, roots)
                    open_elements.append(element)
                    continue
                open_elements.pop()
                if get_name(element) in wanted:
                    since = 0
                    yield element
                    _forget(element, open_elements)
            if since > MAX_PART_BYTES:
                raise MalformedDocument(f"more than {MAX_PART_BYTES:,} characters from one <{names[-1]}> to the next")
        parser.close()
    except ParseError as error:
        raise MalformedDocument(f"not well-formed XML: {error}") from None


def get_name(element: Element) -> str:
    """The local name."""
    return str(element.tag.rpartition("}")[2])


def _check_element(element: Element, above: Sequence[Element], roots: Sequence[str]) -> None:
    if not above and (name := get_name(element)) not in roots:
        raise MalformedDocument(f"the root is <{name[:100]}>, not {' or '.join(f'<{root}>' for root in roots)}")
    if len(above) >= MAX_DEPTH:
        raise MalformedDocument(f"XML nested more than {MAX_DEPTH} elements deep")
    if len(element.attrib) > MAX_ATTRIBUTES:
        raise MalformedDocument(f"more than {MAX_ATTRIBUTES} attributes in one XML element")


def _forget(element: Element, above: Sequence[Element]) -> None:
    """Free what was read, and all that stands before it beside it and beside those that it is in."""
    element.clear()
    for number, each in enumerate(above, 1):
        del each[: -1 if number < len(above) else None]


def _decode_chunks(chunks: Iterable[bytes]) -> Iterator[str]:
    """The text without its XML declaration and without a DOCTYPE that says nothing."""
    pieces = iter(chunks)
    head = b""
    for piece in pieces:
        head += piece
        if len(head) >= CHUNK:
            break
    encoding = _sniff(head) or "utf-8"
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        text = decoder.decode(head)
        declared = _DECLARATION.match(text)
        text = text[declared.end() :] if declared else text.removeprefix("\ufeff")
        if _DOCTYPE.match(text):
            bare = _BARE_DOCTYPE.match(text)
            if bare is None:
                raise MalformedDocument(
                    "a document type declaration with rules of its own (DOCTYPE […]) is not accepted"
                )
            text = text[bare.end() :]
            if _DOCTYPE.match(text):
                raise MalformedDocument("two document type declarations (DOCTYPE)")
        yield text
        for piece in pieces:
            yield decoder.decode(piece)
        yield decoder.decode(b"", final=True)
    except (UnicodeDecodeError, LookupError) as error:
        reason = error.reason if isinstance(error, UnicodeDecodeError) else str(error)
        raise MalformedDocument(f"not {encoding}: {reason}") from None


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
