"""Glossary ↔ TSV. One row a term: columns of language tags, and of `kind`, `keep`, `concept` where wanted.

In a language's cell forms stand between " | ", the preferred one first; what is forbidden has a "!" before it.
`keep` is "keep" or empty. `concept` names the term across glossaries; without it the first preferred form does.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from importlib import resources
from typing import NamedTuple

from translators.glossary.terms import Glossary, Term, make_key
from translators.languages import is_tag, normalise

OWN = ("concept", "kind", "keep")
DEFAULT_KIND = "term"
MOST_TERMS, MOST_FORMS, LONGEST_FORM, MOST_LANGUAGES = 50_000, 20, 200, 60
LONGEST_LANGUAGE = 3  # letters; longer ones are somebody's notes
MOST_FAULTS = 100  # that are told
_BAD = re.compile(r"[\x00-\x1f\x7f\u2028\u2029|]")


class Fault(NamedTuple):
    """What is wrong with a line, counted from 1."""

    line: int
    reason: str


class GlossaryFault(ValueError):
    """The glossary cannot be read"""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(f"line {fault.line}: {fault.reason}" for fault in faults))
        self.faults = tuple(faults)


def parse_tsv(text: str) -> Glossary:
    """The glossary that a table holds. Raises GlossaryFault with every line that is wrong."""
    lines = text.removeprefix("\ufeff").split("\n")
    head = [cell.strip() for cell in lines[0].rstrip("\r").split("\t")]
    columns = _parse_head(head)
    faults: list[Fault] = []
    terms: dict[str, Term] = {}
    firsts: dict[str, int] = {}
    for number, line in enumerate(lines[1:], 2):
        if not line.strip():
            continue
        if len(terms) == MOST_TERMS:
            faults.append(Fault(number, f"more than {MOST_TERMS:,} terms"))
            break
        try:
            term = _parse_row(line.rstrip("\r").split("\t"), columns)
            key = make_key(term.concept)
            if key in terms:
                raise ValueError(f"the concept {term.concept!r} stands in line {firsts[key]} as well")
            terms[key], firsts[key] = term, number
        except ValueError as error:
            faults.append(Fault(number, str(error)))
        if len(faults) == MOST_FAULTS:
            break
    if faults:
        raise GlossaryFault(faults)
    return Glossary(tuple(terms.values()))


def render_tsv(glossary: Glossary) -> str:
    """The table that `parse_tsv` reads as this glossary. Raises ValueError for a form that no table can hold."""
    columns = [*glossary.languages, *OWN]
    return "".join("\t".join(row) + "\n" for row in [columns, *_list_rows(glossary)])


@lru_cache(maxsize=1)
def load_default() -> Glossary:
    """The glossary that ships with Karvan."""
    return parse_tsv(resources.files("translators").joinpath("data/glossary.tsv").read_text(encoding="utf-8"))


def find_fault(term: Term) -> str | None:
    """Why a term cannot be in a glossary; None if it can."""
    if not any(term.forms.values()):
        return "no form in any language"
    for by_tag in (term.forms, term.forbidden):
        for tag, forms in by_tag.items():
            if len(forms) > MOST_FORMS:
                return f"{tag}: more than {MOST_FORMS} forms"
            if reason := next((reason for form in forms if (reason := _find_form_fault(form))), None):
                return f"{tag}: {reason}"
    for tag, forms in term.forbidden.items():
        if both := set(forms) & set(term.forms.get(tag, ())):
            return f"{tag}: {min(both)!r} is allowed and forbidden"
    bad = [own for own in (term.concept, term.kind) if not own or own != own.strip() or _BAD.search(own)]
    bad += [own for own in (term.concept, term.kind) if len(own) > LONGEST_FORM]
    return f"{bad[0]!r} is no concept or kind" if bad else None


def _find_form_fault(form: str) -> str | None:
    if len(form) > LONGEST_FORM:
        return f"a form of more than {LONGEST_FORM} characters"
    if _BAD.search(form) or form != form.strip() or form.startswith("!"):
        return f"{form!r} has characters that no form can have"
    return None if any(character.isalnum() for character in form) else f"{form!r} has no letter"


def _parse_head(head: Sequence[str]) -> list[str]:
    columns: list[str] = []
    for cell in head:
        column = cell.lower()
        if column not in OWN:
            if not is_tag(cell) or len(cell.partition("-")[0]) > LONGEST_LANGUAGE:
                raise GlossaryFault([Fault(1, f"{cell!r} is neither a language tag nor one of {', '.join(OWN)}")])
            column = normalise(cell)
        if column in columns:
            raise GlossaryFault([Fault(1, f"the column {column!r} stands twice")])
        columns.append(column)
    if not set(columns) - set(OWN):
        raise GlossaryFault([Fault(1, "no column for a language")])
    if len(columns) > MOST_LANGUAGES:
        raise GlossaryFault([Fault(1, f"more than {MOST_LANGUAGES} columns")])
    return columns


def _parse_row(cells: Sequence[str], columns: Sequence[str]) -> Term:
    if len(cells) > len(columns):
        raise ValueError(f"{len(cells)} cells for {len(columns)} columns")
    row = dict(zip(columns, (cell.strip() for cell in cells), strict=False))
    if (keep := row.get("keep", "").lower()) not in ("", "keep"):
        raise ValueError(f"keep is {keep!r}, not 'keep' or empty")
    forms: dict[str, tuple[str, ...]] = {}
    forbidden: dict[str, tuple[str, ...]] = {}
    for tag in (column for column in columns if column not in OWN):
        parts = [part.strip() for part in row.get(tag, "").split("|")]
        if parts != [""] and "" in parts:
            raise ValueError(f"{tag}: nothing between two bars")
        if allowed := tuple(dict.fromkeys(part for part in parts if part and not part.startswith("!"))):
            forms[tag] = allowed
        if banned := tuple(dict.fromkeys(part[1:].strip() for part in parts if part.startswith("!"))):
            forbidden[tag] = banned
    first = next((each[0] for each in forms.values()), "")
    term = Term(row.get("concept") or first, row.get("kind") or DEFAULT_KIND, forms, forbidden, keep == "keep")
    if reason := find_fault(term):
        raise ValueError(reason)
    return term


def _list_rows(glossary: Glossary) -> Iterator[list[str]]:
    for term in glossary.terms:
        if reason := find_fault(term):
            raise ValueError(f"{term.concept}: {reason}")
        own = (term.concept, term.kind, "keep" if term.keep else "")
        yield [*(_write_cell(term.forms, term.forbidden, tag) for tag in glossary.languages), *own]


def _write_cell(forms: Mapping[str, tuple[str, ...]], forbidden: Mapping[str, tuple[str, ...]], tag: str) -> str:
    return " | ".join([*forms.get(tag, ()), *(f"!{form}" for form in forbidden.get(tag, ()))])
