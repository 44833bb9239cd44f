"""Other forms of a term in a translation → the preferred one, with their endings."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from translators import Direction, Span
from translators.glossary.carrying import Place, carry
from translators.glossary.checking import list_absent, list_asked
from translators.glossary.matching import Found, Index, Match, find_all, find_terms, make_foreign_index, pick_longest
from translators.glossary.terms import Glossary, Term, get_family
from translators.glossary.words import APOSTROPHES, TURKIC, UNSPACED, is_han, read_words

Edit = tuple[Span, Span]
"""Where text was in the old sentence, and where what replaced it is in the new one."""

_NEAR = 40  # characters around a change


@dataclass(frozen=True, slots=True)
class _Change:
    span: Span
    text: str


def enforce(source: str, result: str, direction: Direction, glossary: Glossary) -> tuple[str, tuple[Edit, ...]]:
    """The result with the preferred forms of the source's terms, and the edits in order.

    Replaced are forbidden variants, and forms of other languages (left untranslated, or the neighbour's) where the
    result has no right form of the term. What cannot be replaced surely stays: `find_term` tells of it.
    """
    asked = list_asked(source, direction, glossary)
    if not asked:
        return result, ()
    changes = [*_replace_forbidden(asked, result, direction, glossary)]
    absent = list_absent(asked, result, direction, glossary)
    if absent:
        changes += _replace_foreign(absent, result, direction, glossary)
    return _apply(result, changes)


def _replace_forbidden(
    asked: Sequence[Match], result: str, direction: Direction, glossary: Glossary
) -> Iterator[_Change]:
    meant = {id(term) for match in asked for term in (match.term, *match.others)}
    for match in find_terms(result, direction.target, glossary):
        terms = [term for term in (match.term, *match.others) if id(term) in meant]
        if match.rank < 0 and terms:
            change = _replace(result, match.span, match.stem, match.form, terms[0], direction.target)
            if change:
                yield change


def _replace_foreign(
    absent: Sequence[Match], result: str, direction: Direction, glossary: Glossary
) -> Iterator[_Change]:
    index = _get_foreign_index(glossary, direction.target)
    own = [match.span for match in find_terms(result, direction.target, glossary)]
    wanted = {id(term) for match in absent for term in (match.term, *match.others)}
    found = [each for each in find_all(result, index) if id(glossary.terms[each.pattern.number]) in wanted]
    for (start, end), places in groupby(pick_longest(found), key=lambda each: (each.start, each.end)):
        if any(first < end and start < last for first, last in own):
            continue
        each = _pick_meant(list(places), absent, glossary)
        if each:
            term, stem = glossary.terms[each.pattern.number], (start, each.stem_end)
            change = _replace(result, (start, end), stem, each.pattern.form, term, direction.target)
            if change:
                yield change


def _pick_meant(found: Sequence[Found], absent: Sequence[Match], glossary: Glossary) -> Found | None:
    """Of forms at one place that of the one term that the source means; None where it could be several."""
    meant = {id(match.term) for match in absent}
    sure = [each for each in found if id(glossary.terms[each.pattern.number]) in meant] or found
    return sure[0] if len(sure) == 1 else None


def _get_foreign_index(glossary: Glossary, language: str) -> Index:
    key = f"foreign {language}"
    index = glossary.compiled.get(key)
    if not isinstance(index, Index):
        index = glossary.compiled[key] = make_foreign_index(glossary, language)
    return index


def _replace(result: str, span: Span, stem: Span, form: str, term: Term, language: str) -> _Change | None:
    wanted = term.list_forms(language)
    start, end = span
    if not wanted or (result[end : end + 1] in tuple(APOSTROPHES) and result[end + 1 : end + 2].isalnum()):
        return None
    place = Place(form.strip('"“”«»'), result[start:end], result[stem[1] : end], term.kind)
    text = carry(place, wanted[0], language)
    if text is None or _stands_twice(wanted[0], result[:start], result[end:], language):
        return None
    if result[start].isupper() and text[0].islower() and not any(each.isalnum() for each in result[:start]):
        text = ("İ" if text[0] == "i" and get_family(language) in TURKIC else text[0].upper()) + text[1:]
    if get_family(language) in UNSPACED:
        start, end = _swallow_spaces(result, start, end)
    quoted = text[0] in '"“«' and text[-1] in '"”»'
    if quoted and result[start - 1 : start] in tuple('"“«') and result[end : end + 1] in tuple('"”»'):
        text = text[1:-1]
    return _Change((start, end), text)


def _stands_twice(wanted: str, before: str, after: str, language: str) -> bool:
    """Whether a word at an end of a form stands beside its place already: Kura Nehri where only Kura goes."""
    words, left, right = (read_words(text, language) for text in (wanted, before[-_NEAR:], after[:_NEAR]))
    if len(words) < 2:
        return False
    ends_twice = bool(right) and right[0].folded.startswith(words[-1].folded[:-1])
    return ends_twice or (bool(left) and left[-1].folded == words[0].folded)


def _swallow_spaces(result: str, start: int, end: int) -> Span:
    """The span with the spaces that parted a foreign word from Chinese ones."""
    if start > 1 and result[start - 1] == " " and is_han(result[start - 2]):
        start -= 1
    if end + 1 < len(result) and result[end] == " " and is_han(result[end + 1]):
        end += 1
    return start, end


def _apply(result: str, changes: Sequence[_Change]) -> tuple[str, tuple[Edit, ...]]:
    written: list[str] = []
    edits: list[Edit] = []
    position = length = 0
    for change in sorted(changes, key=lambda each: each.span):
        if change.span[0] < position:
            continue
        written += (result[position : change.span[0]], change.text)
        length += change.span[0] - position
        edits.append((change.span, (length, length + len(change.text))))
        length += len(change.text)
        position = change.span[1]
    return "".join(written) + result[position:], tuple(edits)
