"""Sentence boundaries: own rules for az en ru tr zh, sensible ones for other languages.

Words that end with a full stop without ending a sentence are in data/abbreviations.<language>.txt, by what may follow.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

LONGEST_ASIDE = 300  # characters of a bracket or Chinese quotation that is kept in one piece

_END = re.compile(r"""[.!?…。！？؟۔।։]+['"’”»›)\]」』》）〉]*""")
_WIDE = "。！？"
_CLOSERS = "'\"’”»›)]」』》）〉"
_OPENERS = "'\"‘“”„«‹([「『《（〈¿¡"
_DASHES = "-–—"
_WORD = re.compile(r"[^\s'\"‘’“”„«»‹›()\[\]「」『』《》（）,;:!?—–/]*\Z")
_ROMAN = re.compile(r"[IVXLC]{2,}")
_NUMBER = re.compile(r"\d+")
_COUNT = re.compile(r"(?:\d|\b[IVXLC]+)\s*\Z")
_DOTTED = re.compile(r"(?:\w\.)+\w")
_BREAK = re.compile(r"\n[ \t\r]*\n\s*")
_SAID = re.compile(r"[^，。！？“”]{0,30}?(?:说|表示|指出|称|道|认为|强调|补充|坦言|坦承|回应)[。，！]")
_ASIDES = {"（": "）", "《": "》", "(": ")", "[": "]"}
_WIDE_ASIDES = {**_ASIDES, "“": "”", "「": "」", "『": "』"}
_LANGUAGES = ("az", "en", "ru", "tr", "zh")


@dataclass(frozen=True, slots=True)
class Segment:
    """A sentence and the white space after it. White space before the first sentence is a segment without text."""

    text: str
    after: str


@dataclass(frozen=True, slots=True)
class _Abbreviations:
    """Lower-case words without their full stop, by what follows when the sentence goes on."""

    anything: frozenset[str]  # "Dr", never the end
    number: frozenset[str]  # "No": not the end before a number
    small: frozenset[str]  # "etc": the end before a capital letter
    counted: frozenset[str]  # "г": after a number the end before a capital letter, else never
    starters: frozenset[str]  # words that begin a sentence after "U.S."


def split(text: str, language: str) -> tuple[Segment, ...]:
    """The text in sentences; joined with what stands after each they give the text back exactly."""
    body = text.lstrip()
    segments = [Segment("", text[: len(text) - len(body)])] if len(body) < len(text) else []
    start = 0
    for end in _find_ends(body, language.partition("-")[0]):
        sentence = body[start:end].rstrip()
        segments.append(Segment(sentence, body[start + len(sentence) : end]))
        start = end
    return tuple(segments)


def _find_ends(text: str, language: str) -> list[int]:
    """Where sentences end, each with the white space after it; the last is the end of the text."""
    words = _load_abbreviations(language)
    asides = _find_asides(text, _WIDE_ASIDES if language in ("zh", "ja") else _ASIDES)
    ends = {found.end() for found in _BREAK.finditer(text)}
    start = aside = 0
    for found in _END.finditer(text):
        while aside < len(asides) and asides[aside][1] < found.end():
            aside += 1
        if aside < len(asides) and asides[aside][0] < found.start():
            continue
        if _is_end(text, start, found, language, words):
            start = _skip_blanks(text, found.end())
            ends.add(start)
    ends.add(len(text))
    return sorted(ends - {0})


def _skip_blanks(text: str, position: int) -> int:
    while position < len(text) and text[position].isspace():
        position += 1
    return position


def _is_end(text: str, start: int, found: re.Match[str], language: str, words: _Abbreviations) -> bool:
    """Whether the sentence that began at `start` ends with this full stop."""
    mark = found[0].rstrip(_CLOSERS)
    closed = len(mark) < len(found[0])
    rest = text[found.end() : found.end() + 80]
    follows = rest.lstrip()
    if not follows:
        return True
    if mark[-1] in _WIDE:
        return not (closed and _SAID.match(follows)) and not _closes_bracket(text, start, found)
    if rest == follows and not (language in ("zh", "ja") and mark[-1] in "!?"):
        return False
    if follows[0] in _DASHES:
        spoken = follows.lstrip(_DASHES + " \u00a0")[:1].isupper()
        return not closed and spoken and (mark != "." or _may_end(text, start, found, words, language))
    first = follows.lstrip(_OPENERS)[:1]
    if first.islower() and not "ა" <= first <= "ჿ":  # Georgian has small letters only
        return False
    return mark != "." or _may_end(text, start, found, words, language)


def _closes_bracket(text: str, start: int, found: re.Match[str]) -> bool:
    """Whether a bracket that was opened in mid-sentence is closed right after the full stop."""
    bracket = text.rfind("（", start, found.start())
    return found[0].endswith("）") and bracket > start


def _may_end(text: str, start: int, found: re.Match[str], words: _Abbreviations, language: str) -> bool:
    """Whether a single full stop after this word, before a capital letter or a number, can be the end."""
    if found[0][0] != ".":
        return True
    before = text[max(start, found.start() - 40) : found.start()]
    next_word = text[found.end() : found.end() + 80].lstrip().lstrip(_OPENERS)
    matched = _WORD.search(before)
    word = matched[0] if matched else ""
    if not word:
        return True
    if word.lower() in words.counted and not word.isupper():  # "В 2024 г. Баку принял" has no verb yet
        counted = _COUNT.search(before[: -len(word)])
        return counted is not None and len(text[start : found.start()].split()) > 3
    if _NUMBER.fullmatch(word) or _ROMAN.fullmatch(word):  # "1. Item"; and Turkish ordinals
        listed = start + len(word) == found.start()
        return not listed and (language != "tr" or (word.isdigit() and len(word) > 3))
    return _ends_after(word, next_word, words)


def _ends_after(word: str, next_word: str, words: _Abbreviations) -> bool:
    """Whether a word with a full stop ends its sentence, by the lists and by its form."""
    small = word.lower()
    if small in words.anything or (len(word) == 1 and word.isupper()):  # an initial
        return False
    if _DOTTED.fullmatch(word) and (words.starters or small not in words.small):  # "5 p.m. Friday", "the U.S. The"
        return _get_word(next_word) in words.starters
    if small in words.number:
        return not next_word[:1].isdigit() and not _ROMAN.match(next_word)
    if small in words.small:
        return next_word[:1].isalpha() and not _goes_on(next_word, words)
    return True


def _goes_on(text: str, words: _Abbreviations) -> bool:
    """Whether the text begins with one more abbreviation, as in "Ltd. Şti." and "долл. США"."""
    word = _get_word(text)
    return (len(word) > 1 and word.isupper()) or (text[len(word) :][:1] == "." and word.lower() in words.small)


def _get_word(text: str) -> str:
    return re.split(r"\W", text, maxsplit=1)[0]


def _find_asides(text: str, pairs: dict[str, str]) -> list[tuple[int, int]]:
    """Brackets and (in Chinese) quotations short enough to be kept whole: where they open and close, no nesting."""
    asides = []
    position = 0
    opening = re.compile("[" + re.escape("".join(pairs)) + "]")
    while found := opening.search(text, position):
        close = text.find(pairs[found[0]], found.end(), found.end() + LONGEST_ASIDE)
        position = found.end() if close < 0 else close + 1
        if close >= 0:
            asides.append((found.start(), close))
    return asides


@lru_cache(maxsize=32)
def _load_abbreviations(language: str) -> _Abbreviations:
    """Those of the language and those used in all; languages without a list use the English one too."""
    lists: dict[str, set[str]] = {}
    own = language if language in _LANGUAGES else "en"
    for name in ("all", own) if own != "zh" else ("all", "en", "zh"):
        text = resources.files("translators").joinpath(f"data/abbreviations.{name}.txt").read_text(encoding="utf-8")
        heading = ""
        for line in text.splitlines():
            if line.startswith("["):
                heading = line.strip("[] ")
            elif line and not line.startswith("#"):
                words = line.split() if heading == "starts a sentence" else line.lower().split()
                lists.setdefault(heading, set()).update(words)
    return _Abbreviations(
        frozenset(lists.get("before anything", ())),
        frozenset(lists.get("before a number", ())),
        frozenset(lists.get("before a small letter", ())),
        frozenset(lists.get("after a number may end", ())),
        frozenset(lists.get("starts a sentence", ())),
    )
