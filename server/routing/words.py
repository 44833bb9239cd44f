"""Words of a text as conditions look for them: without case, width and accents of the letter i, whole, `*` at the end.

Pure, and compiled once for each word.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import lru_cache

from translators.glossary import Glossary

Finder = Callable[[str], bool]

HAN = re.compile("[\u3400-\u9fff]")


def fold(text: str) -> str:
    """The text as it is compared: without case and width. İ, I, ı, i are one letter: whose I is whose, nobody says."""
    return unicodedata.normalize("NFKC", text).casefold().replace("\u0307", "").replace("ı", "i")


def make_finder(words: Iterable[str]) -> Finder:
    """Whether any of the words stands in a folded text, whole; Chinese has no spaces between words."""
    return _compile(tuple(dict.fromkeys(map(fold, words))))


@lru_cache(maxsize=4096)
def _compile(words: tuple[str, ...]) -> Finder:
    """`word*` also finds longer words; a `*` elsewhere is itself."""
    whole: list[str] = []
    begun: list[str] = []
    anywhere: list[str] = []
    for word in words:
        stem = word.rstrip("*")
        if stem:
            (anywhere if HAN.search(stem) else begun if stem != word else whole).append(re.escape(stem))
    patterns = [rf"(?<!\w)(?:{'|'.join(whole)})(?!\w)"] if whole else []
    patterns += [rf"(?<!\w)(?:{'|'.join(begun)})"] if begun else []
    patterns += anywhere
    if not patterns:
        return lambda _: False
    search = re.compile("|".join(patterns)).search
    return lambda text: search(text) is not None


def has_word(word: str, text: str) -> bool:
    """Whether a word or phrase stands in a text as it is."""
    return make_finder((word,))(fold(text))


def list_forms(word: str, glossary: Glossary | None) -> tuple[str, ...]:
    """The word, and what it is in other languages where the glossary has it."""
    return (word, *_index(glossary).get(fold(word), ())) if glossary is not None else (word,)


_INDEX = "server.routing.words"  # not a language tag: beside what the glossary compiles for itself


def _index(glossary: Glossary) -> dict[str, tuple[str, ...]]:
    """Folded form → the forms of all terms that have it, kept with the glossary."""
    found = glossary.compiled.get(_INDEX)
    if isinstance(found, dict):
        return found
    index: dict[str, tuple[str, ...]] = {}
    for term in glossary.terms:
        forms = tuple(dict.fromkeys(form for of in term.forms.values() for form in of))
        for form in dict.fromkeys(map(fold, forms)):
            index[form] = tuple(dict.fromkeys((*index.get(form, ()), *forms)))
    glossary.compiled[_INDEX] = index
    return index
