"""Terms and the glossary that they make; two glossaries → one."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

NAMES = frozenset(("place", "person", "organisation", "body"))  # kinds whose forms are names


@dataclass(frozen=True, slots=True)
class Term:
    """One concept. `forms` by language tag: the preferred one first, then what is allowed beside it.

    `keep`: written as it is in every language. `forbidden`: what must never stand for it, by language tag.
    """

    concept: str
    kind: str
    forms: Mapping[str, tuple[str, ...]] = field(hash=False)
    forbidden: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    keep: bool = False

    def is_name(self) -> bool:
        """Whether it names one thing, rather than a kind of things."""
        return self.kind in NAMES

    def list_forms(self, language: str) -> tuple[str, ...]:
        """What may stand for it in a language; a term that is kept stands as it does elsewhere."""
        own = pick_language(self.forms, language)
        if own or not self.keep:
            return own
        return tuple(dict.fromkeys(form for forms in self.forms.values() for form in forms))


@dataclass(frozen=True)
class Glossary:
    """Terms in order; where two have the same form, the later one is meant."""

    terms: tuple[Term, ...] = ()

    def __reduce__(self) -> tuple[type["Glossary"], tuple[tuple[Term, ...]]]:
        """Copied to another process without what is compiled."""
        return Glossary, (self.terms,)

    @cached_property
    def version(self) -> str:
        """12 hex digits of the SHA-256 of the terms, whatever their order."""
        rows = sorted(
            json.dumps(
                [term.concept, term.kind, term.keep, _list_sorted(term.forms), _list_sorted(term.forbidden)],
                ensure_ascii=False,
            )
            for term in self.terms
        )
        return hashlib.sha256("\n".join(rows).encode()).hexdigest()[:12]

    @cached_property
    def has_kept(self) -> bool:
        """Whether any term is written alike in every language."""
        return any(term.keep for term in self.terms)

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """The tags that any term has a form for, in the order of their first use."""
        tags = (tag for term in self.terms for tag in (*term.forms, *term.forbidden))
        return tuple(dict.fromkeys(tags))

    @cached_property
    def compiled(self) -> dict[str, object]:
        """Where translators.glossary.matching keeps what it compiles, by language."""
        return {}


def merge(glossaries: Iterable[Glossary]) -> Glossary:
    """All their terms; of two for one concept the later glossary's stands, at the earlier one's place."""
    terms: dict[str, Term] = {}
    for glossary in glossaries:
        for term in glossary.terms:
            terms[make_key(term.concept)] = term
    return Glossary(tuple(terms.values()))


def make_key(concept: str) -> str:
    """What two spellings of one concept have in common."""
    return " ".join(concept.casefold().split())


def pick_language(by_tag: Mapping[str, tuple[str, ...]], language: str) -> tuple[str, ...]:
    """A language's own entry; else that of the same language without or with another script or region."""
    if language in by_tag:
        return by_tag[language]
    primary = get_family(language)
    return next((forms for tag, forms in by_tag.items() if get_family(tag) == primary), ())


def get_family(tag: str) -> str:
    """A tag's language without script and region; traditional Chinese stays itself."""
    return "zh-Hant" if tag.startswith("zh-Hant") else tag.partition("-")[0]


def _list_sorted(by_tag: Mapping[str, tuple[str, ...]]) -> Sequence[tuple[str, tuple[str, ...]]]:
    return sorted((tag, forms) for tag, forms in by_tag.items() if forms)
