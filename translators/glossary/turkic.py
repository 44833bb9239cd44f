"""Endings of Azerbaijani and Turkish nouns: recognised with any vowels, written with the right ones."""

import re
from functools import lru_cache

VOWELS = "aıoueəiöü"
_BACK, _ROUND = "aıou", "ouöü"
_VOICELESS = "fstkçşhpx"
_SOFT = {"k": "yğg", "q": "ğ", "p": "b", "ç": "c", "t": "d"}
_HARD = {"y": "k", "ğ": "kq", "g": "k", "b": "p", "c": "ç", "d": "t"}

# Atoms of endings; A is a ə e, I is ı i u ü. Order does not matter: up to six follow each other.
_ATOMS = {
    "az": (
        "lAr", "Im", "In", "nIn", "I", "sI", "ImIz", "InIz", "yA", "nA", "A", "nI", "yI", "dA", "ndA", "dAn", "ndAn",
        "kI", "lI", "lIk", "lIq", "lIğ", "lIy", "sIz", "çI", "cA", "dIr", "lA", "ylA", "dAk", "cAn", "kIlAr", "dIlAr",
        "mIş", "ydI", "ykAn", "msI",
    ),
    "tr": (
        "lAr", "Im", "In", "nIn", "I", "sI", "ImIz", "InIz", "yA", "nA", "A", "nI", "yI", "dA", "tA", "ndA", "dAn",
        "tAn", "ndAn", "ki", "kü", "lI", "lIk", "lIğ", "sIz", "cI", "çI", "cA", "çA", "ncA", "dIr", "tIr", "lA", "ylA",
        "ydI", "mIş", "ymIş", "ken", "yken",
    ),
}  # fmt: skip
_MOST_ATOMS = 6
_LONGEST = 16


def _make_chain(language: str) -> re.Pattern[str]:
    atoms = sorted(_ATOMS[language], key=len, reverse=True)
    spelled = "|".join(atom.replace("A", "[aəe]").replace("I", "[ıiuü]") for atom in atoms)
    return re.compile(rf"(?:{spelled}){{0,{_MOST_ATOMS}}}")


_CHAINS = {language: _make_chain(language) for language in _ATOMS}


@lru_cache(maxsize=32768)
def is_ending(rest: str, language: str) -> bool:
    """Whether small letters after a noun can be its endings; none at all can."""
    return len(rest) <= _LONGEST and _CHAINS[language].fullmatch(rest) is not None


def list_stems(word: str, *, is_compound: bool) -> list[tuple[str, str]]:
    """What a folded noun begins with when it has endings, and the kind of these: any, vowel, more.

    vowel: the ending begins with one, the last consonant is soft before it. more: there has to be an ending, since
    the noun itself ends with the possessive of a compound (Haber Ajansı → Haber Ajansları).
    """
    stems = [(word, "any")]
    if len(word) > 3:
        stems += [(word[:-1] + soft, "vowel") for soft in _SOFT.get(word[-1], "")]
    if is_compound and len(word) > 4 and word[-1] in "ıiuü":
        bare = word[:-2] if word[-2] == "s" and word[-3] in VOWELS else word[:-1]
        stems.append((bare, "more"))
        stems += [(bare[:-1] + hard, "more") for hard in _HARD.get(bare[-1], "")]
    return stems


def get_last_vowel(word: str) -> str | None:
    """The vowel that endings follow, of folded letters."""
    return next((letter for letter in reversed(word) if letter in VOWELS), None)


# The endings that can be carried from one word to another, as they are after a vowel, a consonant, a possessive.
_CASES = {
    "az": {
        "genitive": ("nIn", "In", "nIn"), "dative": ("yA", "A", "nA"), "accusative": ("nI", "I", "nI"),
        "locative": ("dA", "dA", "ndA"), "ablative": ("dAn", "dAn", "ndAn"), "local": ("dAkI", "dAkI", "ndAkI"),
        "from": ("lI", "lI", ""), "with": ("ylA", "lA", "ylA"),
    },
    "tr": {
        "genitive": ("nIn", "In", "nIn"), "dative": ("yA", "A", "nA"), "accusative": ("yI", "I", "nI"),
        "locative": ("DA", "DA", "ndA"), "ablative": ("DAn", "DAn", "ndAn"), "local": ("DAki", "DAki", "ndAki"),
        "from": ("lI", "lI", ""), "with": ("ylA", "lA", "ylA"),
    },
}  # fmt: skip


@lru_cache(maxsize=4096)
def find_case(ending: str, language: str, shape: int) -> str | None:
    """The name of an ending after a vowel (shape 0), a consonant (1), a possessive (2); None if it is another one."""
    for name, endings in _CASES[language].items():
        spelled = endings[shape].replace("A", "[aəe]").replace("I", "[ıiuü]").replace("D", "[dt]")
        if spelled and re.fullmatch(spelled, ending):
            return name
    return None


def write_case(case: str, language: str, stem: str, shape: int) -> str:
    """The ending with the vowels that the folded stem wants."""
    written = ""
    for letter in _CASES[language][case][shape]:
        last = get_last_vowel(stem + written) or "e"
        wide = "a" if last in _BACK else ("e" if language == "tr" else "ə")
        narrow = {(True, False): "ı", (True, True): "u", (False, False): "i", (False, True): "ü"}
        voiceless = (stem + written)[-1:] in _VOICELESS
        written += {
            "A": wide, "I": narrow[last in _BACK, last in _ROUND], "D": "t" if voiceless else "d",
        }.get(letter, letter)  # fmt: skip
    return written


def has_case(case: str, language: str, shape: int) -> bool:
    """Whether a word of this shape can have the ending."""
    return bool(_CASES[language][case][shape])
