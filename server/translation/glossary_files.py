"""Glossaries ↔ files: TSV, and TBX-Basic."""

from collections import Counter
from collections.abc import Mapping

import feeds
from feeds import tbx
from translators.glossary import Glossary, GlossaryFault, Term, parse_tsv, render_tsv
from translators.glossary.tables import DEFAULT_KIND, find_fault
from translators.languages import is_tag, normalise


def read_tsv(body: bytes) -> Glossary:
    """Raises feeds.MalformedDocument, feeds.InvalidDocument (a fault a line)."""
    try:
        return parse_tsv(body.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise feeds.MalformedDocument(f"not UTF-8: {error.reason} at byte {error.start}") from None
    except GlossaryFault as error:
        raise feeds.InvalidDocument(
            tuple(feeds.Fault(f"line {fault.line}", fault.reason) for fault in error.faults)
        ) from None


def read_tbx(body: bytes) -> Glossary:
    """Raises feeds.MalformedDocument, feeds.InvalidDocument."""
    terms = _list_terms(tbx.parse(body))
    reasons = [(number, reason) for number, term in enumerate(terms, 1) if (reason := find_fault(term))]
    if reasons:
        raise feeds.InvalidDocument(tuple(feeds.Fault(f"//conceptEntry[{number}]", why) for number, why in reasons))
    try:
        return parse_tsv(render_tsv(Glossary(tuple(terms))))  # the rules of terms stand in one place
    except GlossaryFault as error:
        faults = [(fault.line - 1, fault.reason) for fault in error.faults]
        raise feeds.InvalidDocument(
            tuple(feeds.Fault(f"//conceptEntry[{number}]" if number else "", reason) for number, reason in faults)
        ) from None


def write_tbx(glossary: Glossary, title: str) -> bytes:
    entries = [tbx.TermEntry(term.concept, term.kind, term.forms, term.forbidden, term.keep) for term in glossary.terms]
    return tbx.render(entries, title)


def _list_terms(entries: list[tbx.TermEntry]) -> list[Term]:
    firsts = Counter(entry.concept or _get_first(entry) for entry in entries)
    terms = []
    for entry in entries:
        concept = entry.concept or _get_first(entry)
        if firsts[concept] > 1 and entry.id:  # two concepts with one word
            concept = f"{concept} ({entry.id})"
        kind = entry.kind or DEFAULT_KIND
        terms.append(Term(concept, kind, _retag(entry.forms), _retag(entry.forbidden), entry.keep))
    return terms


def _get_first(entry: tbx.TermEntry) -> str:
    return next((forms[0] for forms in (*entry.forms.values(), *entry.forbidden.values())), "")


def _retag(by_tag: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Tags as Karvan writes them; what is none is found by the rules of terms."""
    found: dict[str, tuple[str, ...]] = {}
    for tag, forms in by_tag.items():
        own = normalise(tag) if is_tag(tag) else tag
        found[own] = tuple(dict.fromkeys((*found.get(own, ()), *forms)))
    return found
