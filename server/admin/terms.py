"""What another glossary would change, and the terms that have some words (pure)."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from translators.glossary import Glossary, Term
from translators.glossary.terms import make_key

_BARE = str.maketrans("ıəƏ", "ieE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What another glossary would do: how many terms of each kind, and the first of them by concept."""

    added: Sequence[str]
    changed: Sequence[str]
    removed: Sequence[str]


def compare(current: Glossary, wanted: Glossary) -> Change:
    """What `wanted` in the place of `current` would do."""
    ours, theirs = ({make_key(term.concept): term for term in each.terms} for each in (current, wanted))
    return Change(
        added=[term.concept for key, term in theirs.items() if key not in ours],
        changed=[term.concept for key, term in theirs.items() if key in ours and ours[key] != term],
        removed=[term.concept for key, term in ours.items() if key not in theirs],
    )


def find_terms(glossary: Glossary, words: str) -> Sequence[Term]:
    """The terms that have these words, or a part of them, in any form; typed with or without its marks."""
    wanted = _fold(words)
    return [term for term in glossary.terms if any(wanted in _fold(form) for form in _list_forms(term))]


def _fold(text: str) -> str:
    """The language of what is looked for is not known, so I, İ, ı and i are one letter here."""
    letters = unicodedata.normalize("NFKD", text.translate(_BARE))
    return make_key("".join(letter for letter in letters if not unicodedata.combining(letter)))


def _list_forms(term: Term) -> Iterator[str]:
    yield from (term.concept, term.kind)
    for by_tag in (term.forms, term.forbidden):
        for forms in by_tag.values():
            yield from forms
