"""One form of a term → another, with the ending that the first one has in a text; None where that is not sure."""

import re
from dataclasses import dataclass

from translators.glossary import russian, turkic
from translators.glossary.patterns import is_compound
from translators.glossary.terms import NAMES, get_family
from translators.glossary.words import APOSTROPHES, TURKIC, UNSPACED, fold, is_acronym, read_words

_VOWEL_SHAPE, _CONSONANT_SHAPE, _COMPOUND_SHAPE = 0, 1, 2
_CYRILLIC = re.compile("[А-Яа-яЁё]")
_INSTITUTIONS = frozenset(("organisation", "body"))

# How letters are called that acronyms are spelled out with, where it is not the letter and e.
_LETTERS = {
    "az": {"k": "ka", "h": "haş", "f": "ef", "l": "el", "m": "em", "n": "en", "r": "er", "s": "es"},
    "tr": {"k": "ka"},
}
_LIK = re.compile("l(?:ik|ük|ıq|uq|ık|uk)$")
_SOFT = {"az": {"k": "y", "q": "ğ"}, "tr": {"k": "ğ", "q": "ğ"}}
# Acronyms that are read in another way than their letters tell.
_READ = {"az": {"abş": "ış", "üst": "üst"}, "tr": {}}


@dataclass(frozen=True, slots=True)
class Place:
    """A form as it stands in a text: `written` whole, `ending` what it has beyond the form."""

    form: str
    written: str
    ending: str
    kind: str


def carry(place: Place, wanted: str, language: str) -> str | None:
    """The wanted form with the ending of the place. None where it cannot be said surely."""
    family = get_family(language)
    if place.written.isupper() and not wanted.isupper() and len(place.written.split()) > 1:
        return None
    if family in UNSPACED:
        return wanted
    if family in TURKIC:
        return _carry_turkic(place, wanted, language)
    if family == "ru":
        return _carry_russian(place, wanted, language)
    if family == "en":
        return _carry_english(place, wanted)
    return None if place.ending else wanted


def _carry_turkic(place: Place, wanted: str, language: str) -> str | None:
    if not fold(place.written, language).startswith(fold(place.form, language)):
        return None  # another possessive, a plural: the form has changed inside
    ending = fold(place.ending.lstrip(APOSTROPHES + "-"), language)
    if not ending:
        return wanted
    family = get_family(language)
    case, shape = _find_case(place, ending, language), _get_shape(wanted, place.kind, language)
    if case == "accusative" and shape == _COMPOUND_SHAPE != _get_shape(place.form, place.kind, language):
        return None  # it may be the possessive: Central Bankı
    word = read_words(wanted, language)[-1]
    last = _read_end(word.text, language)
    if not case or not turkic.has_case(case, family, shape) or not last or not wanted[-1].isalnum():
        return None
    written = turkic.write_case(case, family, last, shape)
    stem = _soften(wanted, word.folded, place.kind, family) if written[0] in turkic.VOWELS else wanted
    return stem and stem + _get_separator(wanted, place, case, shape, family) + written


def _find_case(place: Place, ending: str, language: str) -> str | None:
    """What the ending is after the form; forms of other languages may be read in another way than they are written."""
    own = _get_shape(place.form, place.kind, language)
    shapes = (own, *(shape for shape in (_VOWEL_SHAPE, _CONSONANT_SHAPE, _COMPOUND_SHAPE) if shape != own))
    cases = (turkic.find_case(ending, get_family(language), shape) for shape in shapes)
    return next((case for case in cases if case), None)


def _soften(wanted: str, folded: str, kind: str, family: str) -> str | None:
    """The form before a vowel: names stay as they are; of common words only those in -lik are sure (hüquq → hüququ)."""
    if kind in NAMES or folded[-1] not in "kqpçt":
        return wanted
    return wanted[:-1] + _SOFT[family][folded[-1]] if _LIK.search(folded) else None


def _get_separator(wanted: str, place: Place, case: str, shape: int, family: str) -> str:
    """What stands before the ending: names have an apostrophe in Turkish, acronyms a hyphen in Azerbaijani."""
    acronym = is_acronym(re.split(r"[\s-]", wanted)[-1])
    if family == "az":
        return "-" if acronym else ""
    if not acronym and (place.kind not in NAMES or case == "from"):
        return ""
    if not acronym and place.kind in _INSTITUTIONS and shape == _COMPOUND_SHAPE:
        return ""
    return place.ending[0] if place.ending[0] in "'’" else "'"


def _get_shape(form: str, kind: str, language: str) -> int:
    if is_compound(form, kind, language):
        return _COMPOUND_SHAPE
    end = _read_end(read_words(form, language)[-1].text, language)
    return _VOWEL_SHAPE if end[-1:] in turkic.VOWELS else _CONSONANT_SHAPE


def _read_end(word: str, language: str) -> str:
    """The word as it is read, in small letters; nothing where that is not known (figures)."""
    folded, family = fold(word, language), get_family(language)
    if not folded.isalpha():
        return ""
    if not is_acronym(word):
        return folded
    if folded in _READ[family]:
        return _READ[family][folded]
    vowels = [letter in turkic.VOWELS for letter in folded]
    readable = any(vowels) and not re.search(rf"[^{turkic.VOWELS}]{{3}}", folded) and len(folded) > 3
    if vowels[-1] or readable:
        return folded
    return _LETTERS[family].get(folded[-1], folded[-1] + "e")


def _carry_english(place: Place, wanted: str) -> str | None:
    if not place.ending:
        return wanted
    if place.ending[0] in APOSTROPHES:
        return wanted + place.ending[0] + ("" if wanted.endswith("s") else "s")
    plain = wanted[-1].islower() and not wanted.endswith(("s", "x", "z", "ch", "sh", "y", "man"))
    return wanted + "s" if place.ending == "s" and plain else None


def _carry_russian(place: Place, wanted: str, language: str) -> str | None:
    new = read_words(wanted, language)
    if all(is_acronym(word.text) or russian.get_class(word.folded) == "fixed" for word in new):
        return wanted
    if not _CYRILLIC.search(place.form):
        return None  # a foreign form does not tell its case
    old, there = read_words(place.form, language), read_words(place.written, language)
    if len(old) != 1 or len(there) != 1 or is_acronym(old[0].text):
        return None
    cases = russian.list_cases(old[0].folded, there[0].folded)
    if not cases:
        return None
    if len(new) > 1:
        return wanted if cases == [0] else None
    ending = russian.write_cases(new[0].folded, cases)
    return None if ending is None else _write_letters(wanted, new[0].folded, ending)


def _write_letters(wanted: str, folded: str, declined: str) -> str:
    """The declined word with the capitals (and ё) of the dictionary form, where their letters are the same."""
    same = next((at for at, (one, two) in enumerate(zip(folded, declined, strict=False)) if one != two), len(folded))
    same = min(same, len(declined))
    return wanted[:same] + declined[same:]
