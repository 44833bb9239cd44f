"""A term of the source that its translation does not have, or has in words that are forbidden."""

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from translators import Direction
from translators.checks.finding import Finding
from translators.glossary.matching import Match, find_all, find_terms, get_index
from translators.glossary.terms import Glossary, Term, get_family
from translators.glossary.words import UNSPACED, fold, is_acronym, read_words, squeeze
from translators.masks import blank, find_untouched

HELD = frozenset(("place", "person", "organisation"))  # kinds that people seldom put in other words
SILENT = frozenset(("title", "topic"))  # kinds that are mostly common words: nothing is said of them
_PHRASES = frozenset(("body", "term"))  # kinds whose single words have several meanings
_LEAST_WORDS, _LEAST_CHARACTERS = 2, 4  # of their forms that are noted
# Names that are another word at the start of a sentence.
_ORDINARY = {
    "az": {"mali", "mary"}, "tr": {"mali", "ordu", "kazan", "ağrı", "mersin"}, "ru": {"того", "спутник"},
    "en": {"mary"},
}  # fmt: skip
_LEAST_PREFIX = 3
_MOST_TOLD = 3
_PLAIN = str.maketrans("ıəø", "ieo")


def find_term(source: str, result: str, direction: Direction, glossary: Glossary) -> Finding | None:
    """A term stands in the source and none of its forms in the result; or a forbidden variant stands in the result.

    `hold` for forbidden variants, for what is to be kept, and for names of places, people, organisations that are not
    there in any way, be it as an adjective (бакинский) or abridged; `note` for all else but titles and topics, and
    for bodies and terms only where they have several words.
    """
    ours, its = (blank(text, find_untouched(text)) for text in (source, result))
    theirs = find_terms(its, direction.target, glossary)
    banned = [match for match in theirs if match.rank < 0]
    if banned:
        told = "; ".join(_tell_forbidden(match, direction) for match in banned[:_MOST_TOLD])
        return Finding("term", told, source, result)
    missing = list_missing(ours, its, direction, glossary)
    sure = [match for match in missing if match.term.kind in HELD or match.term.keep]
    if not missing:
        return None
    told = ", ".join(dict.fromkeys(_tell_missing(match, source, direction) for match in (sure or missing)[:_MOST_TOLD]))
    return Finding("term", f"{told} missing", source, result, "hold" if sure else "note")


def list_missing(source: str, result: str, direction: Direction, glossary: Glossary) -> list[Match]:
    """Terms of the source, of the kinds that are looked for, that are not in the result in any way."""
    missing = list_absent(list_asked(source, direction, glossary), result, direction, glossary)
    if not missing:
        return []
    rest = _strip_names(result, direction, glossary)
    return [
        match for match in missing
        if not any(_is_hinted(term, rest, direction.target) for term in (match.term, *match.others))
    ]  # fmt: skip


def list_asked(source: str, direction: Direction, glossary: Glossary) -> list[Match]:
    """Terms of the source of the kinds that are looked for, each once."""
    matches = {id(match.term): match for match in reversed(find_terms(source, direction.source, glossary))}
    return [match for match in reversed(matches.values()) if _is_asked(match, source, direction)]


def list_absent(asked: Sequence[Match], result: str, direction: Direction, glossary: Glossary) -> list[Match]:
    """Those of which no form stands in the result; terms without a form in its language are no matter."""
    if not asked:
        return []
    index = get_index(glossary, direction.target)
    there = {found.pattern.number for found in find_all(result, index, any_case=True) if found.pattern.rank >= 0}
    found = {id(glossary.terms[number]) for number in there}
    absent = []
    for match in asked:
        terms = [term for term in (match.term, *match.others) if term.list_forms(direction.target)]
        if terms and not any(id(term) in found for term in terms):
            absent.append(match)
    return absent


def _is_asked(match: Match, source: str, direction: Direction) -> bool:
    term = match.term
    if match.rank < 0 or (term.kind in SILENT and not term.keep):
        return False
    unspaced = get_family(direction.source) in UNSPACED
    if term.kind in _PHRASES and not term.keep:
        enough = len(match.form) >= _LEAST_CHARACTERS if unspaced else len(match.form.split()) >= _LEAST_WORDS
        return enough or match.form.isupper()
    if unspaced:
        return True
    if match.form.lower() not in _ORDINARY.get(get_family(direction.source), ()):
        return True
    return any(character.isalnum() for character in source[: match.span[0]])


def _strip_names(result: str, direction: Direction, glossary: Glossary) -> str:
    """The result without the names that are recognised in it: what is left may hint at others."""
    rest = list(result)
    for match in find_terms(result, direction.target, glossary):
        if match.term.is_name():
            rest[match.span[0] : match.span[1]] = " " * (match.span[1] - match.span[0])
    return "".join(rest)


def _is_hinted(term: Term, rest: str, language: str) -> bool:
    """Whether half of the words of any form have a word with the same beginning: бакинский for Баку, Байкал for two.

    In Chinese the first character of a name stands for it (中 for 中国).
    """
    if get_family(language) in UNSPACED:
        return term.is_name() and any(squeeze(form)[0][:1] in rest for form in term.list_forms(language))
    words = [_make_plain(word.folded) for word in read_words(rest, language)]
    for form in term.list_forms(language):
        stems = [_make_prefix(word.text, language) for word in read_words(form, language)]
        stems = [stem for stem in stems if stem]
        found = sum(any(word.startswith(stem) for word in words) for stem in stems)
        if stems and 2 * found >= len(stems):
            return True
    return False


@lru_cache(maxsize=8192)
def _make_prefix(word: str, language: str) -> str:
    """What is left of a name in words made from it; nothing of short words that are no acronyms."""
    plain = _make_plain(fold(word, language))
    if len(plain) <= _LEAST_PREFIX:
        return plain if is_acronym(word) else (plain if word[0].isupper() else "")
    return plain[: max(_LEAST_PREFIX, len(plain) // 2)]


@lru_cache(maxsize=8192)
def _make_plain(folded: str) -> str:
    """Without marks: Türkiye, Turkish."""
    letters = unicodedata.normalize("NFD", folded.translate(_PLAIN))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _tell_missing(match: Match, source: str, direction: Direction) -> str:
    return f"{source[slice(*match.span)]} ({match.term.list_forms(direction.target)[0]})"


def _tell_forbidden(match: Match, direction: Direction) -> str:
    preferred = match.term.list_forms(direction.target)
    return f"{match.form} is not to be written" + (f" (but {preferred[0]})" if preferred else "")
