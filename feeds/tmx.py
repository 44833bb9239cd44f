"""Translation memories in TMX 1.4b (LISA OSCAR, 2005): what other tools write and read. Bounded memory for long ones.

parse    bytes in chunks → units one by one, and faults of the single units that cannot be taken
render   the head, units one by one, the tail

Inline codes (bpt, ept, it, ph, ut) are left out of a text, highlighted words (hi) stay. Times are UTC.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from xml.etree.ElementTree import Element

from lxml import etree

from feeds.faults import Fault
from feeds.safexml import get_name, iter_elements
from feeds.text import drop_forbidden, normalise
from feeds.xmlnames import XML_LANG

MEDIA_TYPE = "application/x-tmx+xml"
ANY_SOURCE = "*all*"
LONGEST_TEXT = 4_000  # characters of one variant
MOST_VARIANTS = 60
_LONGEST_NAME = 200
_ORIGIN = "x-karvan-origin"
_CODES = frozenset(("bpt", "ept", "it", "ph", "ut"))
_TIME, _TIME_LENGTH = "%Y%m%dT%H%M%SZ", 16


@dataclass(frozen=True, slots=True)
class Record:
    """Who made something, when, and how often it was used."""

    who: str = ""
    at: datetime | None = None
    uses: int = 0

    def or_of(self, other: "Record") -> "Record":
        """This one, and what it does not say from the other."""
        return Record(self.who or other.who, self.at or other.at, self.uses or other.uses)


@dataclass(frozen=True, slots=True)
class Variant:
    """The text in one language (a BCP 47 tag as written)."""

    language: str
    text: str
    record: Record = Record()


@dataclass(frozen=True, slots=True)
class Unit:
    """One sentence in several languages. `source` is the language that the others were made from, or ANY_SOURCE.

    `origin` is what Karvan says of its own ("machine", "edited" …), empty in files of others. `number` counts from 1.
    """

    source: str
    variants: tuple[Variant, ...]
    origin: str = ""
    number: int = 0


def parse(chunks: Iterable[bytes]) -> Iterator[Unit | Fault]:
    """Raises MalformedDocument where the file as a whole cannot be read on."""
    source, number = ANY_SOURCE, 0
    for element in iter_elements(chunks, ("header", "tu"), roots=("tmx",)):
        if get_name(element) == "header":
            source = element.get("srclang", ANY_SOURCE)
            continue
        number += 1
        try:
            yield _read_unit(element, source, number)
        except ValueError as error:
            yield Fault(f"/tmx/body/tu[{number}]", str(error))


def render_head(source: str, version: str) -> bytes:
    """`version` of Karvan, for the header."""
    header = etree.Element("header", {
        "creationtool": "Karvan", "creationtoolversion": version, "segtype": "sentence", "o-tmf": "Karvan",
        "adminlang": "en", "srclang": source, "datatype": "plaintext",
    })  # fmt: skip
    return b'<?xml version="1.0" encoding="UTF-8"?>\n<tmx version="1.4">' + etree.tostring(header) + b"<body>\n"


def render_unit(unit: Unit) -> bytes:
    element = etree.Element("tu")
    if unit.source != ANY_SOURCE:
        element.set("srclang", unit.source)
    if unit.origin:
        etree.SubElement(element, "prop", type=_ORIGIN).text = unit.origin
    for variant in unit.variants:
        tuv = etree.SubElement(element, "tuv", {XML_LANG: variant.language})
        record = variant.record
        if record.at is not None:
            tuv.set("creationdate", record.at.astimezone(UTC).strftime(_TIME))
        if record.who:
            tuv.set("creationid", drop_forbidden(record.who))
        if record.uses:
            tuv.set("usagecount", str(record.uses))
        etree.SubElement(tuv, "seg").text = drop_forbidden(variant.text)
    return etree.tostring(element, encoding="utf-8") + b"\n"


def render_tail() -> bytes:
    return b"</body></tmx>\n"


def _read_unit(element: Element, source: str, number: int) -> Unit:
    record = _read_record(element)
    variants: dict[str, Variant] = {}
    origin = ""
    for child in element:
        match get_name(child):
            case "tuv":
                variant = _read_variant(child)
                variants[variant.language] = replace(variant, record=variant.record.or_of(record))
            case "prop" if child.get("type") == _ORIGIN:
                origin = (child.text or "").strip()
    if len(variants) < 2:
        raise ValueError(f"{len(variants)} languages; a translation has two")
    if len(variants) > MOST_VARIANTS:
        raise ValueError(f"more than {MOST_VARIANTS} languages")
    return Unit(element.get("srclang", source), tuple(variants.values()), origin, number)


def _read_variant(element: Element) -> Variant:
    language = element.get(XML_LANG) or element.get("lang") or ""  # TMX 1.1 had no xml:lang
    if not language:
        raise ValueError("a <tuv> without xml:lang")
    seg = next((child for child in element if get_name(child) == "seg"), None)
    text = "" if seg is None else normalise("".join(_list_text(seg)))
    if not text:
        raise ValueError(f"no text in {language}")
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"{len(text):,} characters in {language}; at most {LONGEST_TEXT:,} are taken")
    return Variant(language, drop_forbidden(text), _read_record(element))


def _list_text(element: Element) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        if get_name(child) not in _CODES:
            yield from _list_text(child)
        yield child.tail or ""


def _read_record(element: Element) -> Record:
    """The last change where there was one, else the making."""
    at = _read_time(element.get("changedate")) or _read_time(element.get("creationdate"))
    who = element.get("changeid") or element.get("creationid") or ""
    uses = element.get("usagecount", "")
    count = int(uses) if uses.isascii() and uses.isdigit() and len(uses) < 10 else 0
    return Record(drop_forbidden(who)[:_LONGEST_NAME], at, count)


def _read_time(text: str | None) -> datetime | None:
    """YYYYMMDDThhmmssZ; what is no time is as if it were not there."""
    if not text or len(text) != _TIME_LENGTH:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        return None
