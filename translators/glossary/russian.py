"""Endings of Russian nouns and adjectives: every word of a term has its own."""

from typing import NamedTuple

# Adjectives as dictionaries have them; all their endings.
_ADJECTIVES = ("ый", "ий", "ой", "ая", "яя", "ое", "ее", "ые", "ие")
ADJECTIVAL = frozenset((
    "ый", "ий", "ой", "ого", "его", "ому", "ему", "ым", "им", "ом", "ем", "ая", "яя", "ей", "ую", "юю", "ою", "ею",
    "ое", "ее", "ые", "ие", "ых", "их", "ыми", "ими",
))  # fmt: skip
NOMINAL = frozenset((
    "", "а", "я", "у", "ю", "ом", "ем", "е", "ы", "и", "ов", "ев", "ей", "ам", "ям", "ами", "ями", "ах", "ях", "ой",
    "ою", "ею", "ь", "ью", "й", "о", "ий", "ия", "ии", "ию", "ием", "иям", "иях", "иями", "ией",
))  # fmt: skip
_FIXED = "уюэо"  # nouns that end with these never change, but neuter ones in -о
_FLEETING = ("ец", "ок", "ек", "ень")


class Stem(NamedTuple):
    """What a word begins with in every case, and the endings that may follow."""

    text: str
    endings: frozenset[str]


def list_stems(word: str) -> list[Stem]:
    """The stems of a folded word in its dictionary form."""
    if len(word) > 4 and word.endswith(_ADJECTIVES):
        stem = word[:-2]
        endings = ADJECTIVAL | NOMINAL if word.endswith(("ий", "ие", "ее", "ая", "ой")) else ADJECTIVAL
        return [Stem(stem, endings)]
    if len(word) < 3 or word[-1] in "уюэ":
        return [Stem(word, frozenset(("",)))]
    if word[-1] in "аяеоыийь":
        return [Stem(word[:-1], NOMINAL)]
    fleeting = [ending for ending in _FLEETING if len(word) > 4 and word.endswith(ending)]
    shorter = [Stem(word[: -len(ending)] + ending[-1], NOMINAL - {""}) for ending in fleeting]
    return [Stem(word, NOMINAL), *shorter]


# What the cases of a class end with, in the order nominative, genitive, dative, accusative, instrumental, locative.
_CLASSES: dict[str, tuple[str, ...]] = {
    "masculine": ("", "а", "у", "", "ом", "е"), "masculine soft": ("ь", "я", "ю", "ь", "ем", "е"),
    "masculine й": ("й", "я", "ю", "й", "ем", "е"), "а": ("а", "ы", "е", "у", "ой", "е"),
    "а after г": ("а", "и", "е", "у", "ой", "е"), "я": ("я", "и", "е", "ю", "ей", "е"),
    "ия": ("ия", "ии", "ии", "ию", "ией", "ии"), "о": ("о", "а", "у", "о", "ом", "е"),
    "ие": ("ие", "ия", "ию", "ие", "ием", "ии"),
}  # fmt: skip


def get_class(word: str) -> str | None:
    """How a folded noun is declined: a class of the table, "fixed", None where its spelling does not tell."""
    if word[-1] in "уюэи" or not word[-1].isalpha():
        return "fixed" if word[-1] in "уюэ" or len(word) < 6 else None
    if word.endswith(("ия", "ие", "а", "я", "о", "й")):
        if word.endswith(("ия", "ие")):
            return word[-2:]
        if word.endswith(("ая", "яя", "ий", "ый", "ой", "цо")):
            return None
        if word[-1] == "а":
            return {**dict.fromkeys("гкхжшчщ", "а after г"), "ц": None}.get(word[-2:-1], "а")
        return {"я": "я", "о": "о", "й": "masculine й"}[word[-1]]
    if word[-1] in "еыьъ" or word.endswith((*_FLEETING, "ч", "щ", "ж", "ш", "ц")):
        return None
    return "masculine"


def list_cases(word: str, ending_of: str) -> list[int]:
    """Which cases `ending_of`, a form of the folded noun `word`, can be in; none where it is not one of its forms."""
    own = get_class(word)
    if own == "fixed":
        return list(range(6)) if word == ending_of else []
    if own is None:
        return [0] if word == ending_of else []
    endings = _CLASSES[own]
    stem = word[: len(word) - len(endings[0])]
    return [case for case, ending in enumerate(endings) if stem + ending == ending_of]


def write_cases(word: str, cases: list[int]) -> str | None:
    """The ending of a folded noun in any of the cases and its length in the dictionary form; None if they differ."""
    own = get_class(word)
    if own == "fixed":
        return word
    if own is None:
        return word if cases == [0] else None
    endings = {_CLASSES[own][case] for case in cases}
    if len(endings) != 1:
        return None
    return word[: len(word) - len(_CLASSES[own][0])] + endings.pop()
