"""Glossaries in TBX-Basic: ISO 30042:2019 (<tbx>, both its styles) and, to read, the older <martif>.

parse    bytes → entries, or every fault
render   entries → bytes

A term's administrativeStatus says whether it is preferred, admitted, or deprecated (superseded): forbidden. A concept's
subjectField is its kind. What TBX-Basic has no category for stands in notes: "do not translate", "concept: …".
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element

from lxml import etree

from feeds.faults import Faults
from feeds.safexml import CHUNK, get_name, iter_elements
from feeds.text import drop_forbidden, join_lines
from feeds.xmlnames import XML_LANG

MEDIA_TYPE = "application/x-tbx+xml"
NAMESPACE = "urn:iso:std:iso:30042:ed-2"
MOST_ENTRIES = 50_000
_KEEP, _CONCEPT = "do not translate", "concept: "
_PREFERRED = ("preferredTerm-admn-sts", "preferredTerm")
_FORBIDDEN = ("deprecatedTerm-admn-sts", "supersededTerm-admn-sts", "deprecatedTerm", "supersededTerm")


@dataclass(frozen=True, slots=True)
class TermEntry:
    """One concept: its forms by language tag, the preferred one first, and those that must not stand for it.

    `concept` and `kind` may be empty. `keep`: written alike in every language.
    """

    concept: str
    kind: str
    forms: Mapping[str, tuple[str, ...]]
    forbidden: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    keep: bool = False
    id: str = ""


def parse(body: bytes) -> list[TermEntry]:
    """Raises MalformedDocument, InvalidDocument."""
    faults, entries = Faults(), list[TermEntry]()
    chunks = (body[start : start + CHUNK] for start in range(0, len(body), CHUNK))
    for number, element in enumerate(iter_elements(chunks, ("conceptEntry", "termEntry"), roots=("tbx", "martif")), 1):
        place = f"//{get_name(element)}[{number}]"
        if number > MOST_ENTRIES:
            faults.add(place, f"more than {MOST_ENTRIES:,} entries")
            break
        entry = _read_entry(element)
        if not entry.forms and not entry.forbidden:
            faults.add(place, "no term in any language")
        elif "" in entry.forms or "" in entry.forbidden:
            faults.add(place, f"a <{'langSec' if get_name(element) == 'conceptEntry' else 'langSet'}> without xml:lang")
        entries.append(entry)
    faults.raise_any()
    return entries


def render(entries: Iterable[TermEntry], title: str) -> bytes:
    """TBX-Basic, style dca; `title` says what glossary this is."""
    namespaces: Any = {None: NAMESPACE}  # of all elements; the stubs know only prefixes
    root = etree.Element("tbx", {"style": "dca", "type": "TBX-Basic", XML_LANG: "en"}, nsmap=namespaces)
    file = etree.SubElement(etree.SubElement(root, "tbxHeader"), "fileDesc")
    etree.SubElement(etree.SubElement(file, "sourceDesc"), "p").text = title
    body = etree.SubElement(etree.SubElement(root, "text"), "body")
    for number, entry in enumerate(entries, 1):
        _write_entry(etree.SubElement(body, "conceptEntry", id=f"c{number}"), entry)
    etree.indent(root, "")
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True) + b"\n"


def _read_entry(element: Element) -> TermEntry:
    forms: dict[str, tuple[str, ...]] = {}
    forbidden: dict[str, tuple[str, ...]] = {}
    kind = ""
    notes: list[str] = []
    for child in element.iter():
        match get_name(child):
            case "langSec" | "langSet":
                terms = [_read_term(each) for each in child.iter() if get_name(each) in ("termSec", "tig", "ntig")]
                language = child.get(XML_LANG, "").strip()
                ranked = sorted((rank, place, form) for place, (form, rank) in enumerate(terms) if form)
                forms[language] = (*forms.get(language, ()), *(form for rank, _, form in ranked if rank < 2))
                forbidden[language] = (*forbidden.get(language, ()), *(form for rank, _, form in ranked if rank == 2))
            case "descrip" if child.get("type") == "subjectField":
                kind = kind or _read_text(child)
            case "subjectField":
                kind = kind or _read_text(child)
            case "note":
                notes.append(_read_text(child))
    concept = next((note.removeprefix(_CONCEPT) for note in notes if note.startswith(_CONCEPT)), "")
    allowed = {language: each for language, each in forms.items() if each}
    banned = {language: each for language, each in forbidden.items() if each}
    return TermEntry(concept, kind, allowed, banned, _KEEP in notes, element.get("id", ""))


def _read_term(element: Element) -> tuple[str, int]:
    """The form, and 0 for a preferred, 1 for an admitted, 2 for a forbidden one."""
    form, status = "", ""
    for child in element.iter():
        match get_name(child):
            case "term":
                form = form or _read_text(child)
            case "termNote" if child.get("type") == "administrativeStatus":
                status = _read_text(child)
            case "administrativeStatus":
                status = _read_text(child)
    return form, 0 if status in _PREFERRED else 2 if status in _FORBIDDEN else 1


def _write_entry(element: etree._Element, entry: TermEntry) -> None:
    if entry.kind:
        etree.SubElement(element, "descrip", type="subjectField").text = entry.kind
    notes = [_KEEP] if entry.keep else []
    if entry.concept:
        notes.append(_CONCEPT + entry.concept)
    for note in notes:
        etree.SubElement(element, "note").text = drop_forbidden(note)
    for language in dict.fromkeys((*entry.forms, *entry.forbidden)):
        section = etree.SubElement(element, "langSec", {XML_LANG: language})
        for form, status in _list_forms(entry.forms.get(language, ()), entry.forbidden.get(language, ())):
            term = etree.SubElement(section, "termSec")
            etree.SubElement(term, "term").text = drop_forbidden(form)
            etree.SubElement(term, "termNote", type="administrativeStatus").text = f"{status}Term-admn-sts"


def _list_forms(allowed: Sequence[str], banned: Sequence[str]) -> Iterator[tuple[str, str]]:
    yield from ((form, "preferred" if number == 0 else "admitted") for number, form in enumerate(allowed))
    yield from ((form, "deprecated") for form in banned)


def _read_text(element: Element) -> str:
    return drop_forbidden(join_lines("".join(element.itertext())))
