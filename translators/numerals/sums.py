"""Figures, number words and scales that stand together → one number: 8 bin 400, twenty-five, 3,5 mln."""

from dataclasses import dataclass
from typing import NamedTuple

from translators.numerals import is_telling
from translators.numerals.meanings import Meaning

NO_NUMBER = -1.0  # the value of "thousands of", and of words that only look like numbers
_JOINTS = frozenset((" ", "\u00a0", "\u202f", "-", "", "'", "’", "‑", ". ", ".\u00a0", "  "))
_ORDINALS = ("nci", "ncı", "ncu", "ncü")
_ENDS_NUMBER = ("dən", "dan", "də", "da", "den", "de", "tan", "ten", "ta", "te")
_ONE_OF_MANY = ("тысяча", "тысячу", "миллион", "миллиард")
_LARGEST_WITH_HALF = 20


class Token(NamedTuple):
    """A number in figures (`value`), or a word or sign with a meaning."""

    text: str
    start: int
    end: int
    value: float | None
    meaning: Meaning | None


class Read(NamedTuple):
    """A number put together from tokens: the token after it, and what it is."""

    value: float
    next: int
    loud: bool
    scaled: float  # what its last scale word multiplied by, 1 without


@dataclass(slots=True)
class _Sum:
    """A number on the way: thousands so far, what stands before the next scale, how small the next part must be."""

    total: float = 0.0
    current: float | None = None
    scaled: float = 1.0
    room: float = 0.0
    figures: bool = False
    loud: bool = False

    def add(self, token: Token, *, spaced: bool) -> bool:
        """Take the token in; False where another number begins."""
        if token.meaning is None:
            return self._add_figures(token.value, spaced=spaced)
        sense, value = token.meaning.sense, token.meaning.value
        if sense in ("digit", "ten"):
            narrow = sense == "digit" or token.meaning.code == "teen"
            return not (self.loud and token.text.endswith(_ORDINALS)) and self._add_word(value, 0 if narrow else 10)
        if sense == "hundred":
            return self._add_hundred()
        if sense == "scale":
            return self._add_scale(value)
        return sense in ("half", "and-half") and self._add_half()

    def _add_figures(self, value: float | None, *, spaced: bool) -> bool:
        if value is None or self.current is not None or (self.total and not (spaced and value < self.scaled)):
            return False
        self.current, self.loud, self.figures = value, True, True
        return True

    def _add_word(self, value: float, room: float) -> bool:
        if self.current is not None and (self.figures or value >= self.room):
            return False
        self.current, self.room = (self.current or 0) + value, room
        return True

    def _add_hundred(self) -> bool:
        if self.figures or (self.current or 0) >= 100:
            return False
        self.current, self.room = (self.current or 1) * 100, 100
        return True

    def _add_scale(self, scale: float) -> bool:
        if self.total and self.current is None:
            return False
        self.total += (1 if self.current is None else self.current) * scale
        self.current, self.scaled, self.figures = None, scale, False
        return True

    def _add_half(self) -> bool:
        if self.current is None or self.current > _LARGEST_WITH_HALF:
            return False
        self.current, self.room = self.current + 0.5, 0
        return True


def read_number(text: str, tokens: list[Token], at: int, language: str) -> Read:
    """The number that begins at a token; `next` is `at` when none does."""
    if special := _read_special(tokens, at):
        return special
    number, first = _Sum(), at
    while at < len(tokens):
        token = tokens[at]
        if at > first and not _joins(text, tokens[at - 1], token, language):
            break
        if not number.add(token, spaced=at == first or text[token.start - 1].isspace()):
            break
        at += 1
    value = number.total + (number.current or 0)
    return Read(value, at, number.loud or is_telling(value), number.scaled)


def touch(text: str, one: Token, two: Token) -> bool:
    """Whether two tokens stand together: a space, a hyphen or an apostrophe between them at most."""
    return two.start - one.end <= 2 and text[one.end : two.start] in _JOINTS


def _read_special(tokens: list[Token], at: int) -> Read | None:
    """Half a million; двухдневный; тысячи (many, no number)."""
    meaning = tokens[at].meaning
    if meaning is None:
        return None
    if meaning.sense == "compound":
        return Read(meaning.value or NO_NUMBER, at + 1, False, 1)
    if meaning.sense in ("half", "and-half"):
        follows = tokens[at + 1] if at + 1 < len(tokens) and tokens[at + 1].start - tokens[at].end <= 3 else None
        if follows and follows.meaning and follows.meaning.sense == "scale":
            return Read(follows.meaning.value / 2, at + 2, False, follows.meaning.value)
        return Read(NO_NUMBER, at + 1, False, 1)
    word = tokens[at].text.lower()
    if meaning.sense == "scale" and word.startswith(("тысяч", "милли")) and word not in _ONE_OF_MANY:
        return Read(NO_NUMBER, at + 1, False, 1)
    return None


def _joins(text: str, one: Token, two: Token, language: str) -> bool:
    """Whether two parts belong to one number; after "-dən" or "-də" another begins (14 mindən, altıda bir)."""
    if language in ("az", "tr") and one.value is None and one.text.endswith(_ENDS_NUMBER):
        return False
    if two.meaning and two.meaning.sense == "half":  # the second half
        return _is_and(text, one, two)
    return touch(text, one, two) or _is_and(text, one, two)


def _is_and(text: str, one: Token, two: Token) -> bool:
    """A hundred and twenty; one and a half, два с половиной."""
    gap = text[one.end : two.start]
    if two.meaning is None:
        return False
    if gap == " and " and one.meaning is not None:
        return one.meaning.sense == "hundred" and two.meaning.sense in ("digit", "ten")
    return gap in (" с ", " and a ") and two.meaning.sense in ("and-half", "half")
