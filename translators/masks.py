"""What an engine must not touch: URLs, e-mail addresses, handles, hashtags, code.

They go to the engine as short made-up names that models copy ("QZ1"), and are put back where the names come out. An
answer in which a name is missing or stands twice is not used.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from translators import Span
from translators.alignment import HAN

_UNTOUCHED = re.compile(
    rf"""
    (?:https?://|www\.)[^\s<>"“”«»，。；：！？（）、{HAN}]+
    | [\w.+-]{{1,64}}@[\w-]+(?:\.[\w-]+)+
    | (?<![\w.-])(?:[a-z0-9-]+\.)+(?:com|org|net|int|edu|gov|info|az|ru|tr|cn|kz|ge|eu|uk|io)(?:/[^\s{HAN}]*)?(?![\w-])
    | \#[^\s\#]{{1,30}}\#
    | (?<![\w&])[@\#](?:(?![{HAN}])\w)+(?:\.(?:(?![{HAN}])\w)+)*
    | (?<![\w&])[@\#][{HAN}]{{1,10}}(?![{HAN}])
    """,
    re.VERBOSE | re.IGNORECASE,
)
_BLANK = "\ufffc"  # stands for an object in a text: no part of a word, and no gap between two
_TAIL = ".,;:!?)]}'\"’”»…"
_NAME = re.compile(r"(?<![A-Za-z0-9])[Qq][Zz] ?(\d{1,3})(?!\d)")
_LETTERS = re.compile(r"[^\W\d_]")


@dataclass(frozen=True, slots=True)
class Masked:
    """A sentence for the engine. `source` is the whole sentence, `spans` are where the untouched parts stand in it.

    `text` has names in their places, `names` are the spans of these.
    """

    source: str
    text: str
    spans: tuple[Span, ...] = ()
    names: tuple[Span, ...] = field(default=(), compare=False)

    def has_words(self) -> bool:
        """Whether there is anything to translate besides the untouched parts."""
        position, rest = 0, []
        for start, end in (*self.spans, (len(self.source), len(self.source))):
            rest.append(self.source[position:start])
            position = end
        return _LETTERS.search(" ".join(rest)) is not None


@dataclass(frozen=True, slots=True)
class Unmasked:
    """An engine's answer with the untouched parts in it: where they stand in it, and where their names stood."""

    text: str
    spans: tuple[Span, ...]
    names: tuple[Span, ...]


def find_untouched(text: str) -> list[Span]:
    """URLs, host names, e-mail addresses, handles and hashtags; punctuation at their end is not theirs."""
    spans = []
    for found in _UNTOUCHED.finditer(text):
        end = found.start() + len(found[0].rstrip(_TAIL))
        if end > found.start() + 1:
            spans.append((found.start(), end))
    return spans


def blank(text: str, spans: Iterable[Span]) -> str:
    """The text with nothing to read in these places; all else stays where it is."""
    for start, end in spans:
        text = text[:start] + _BLANK * (end - start) + text[end:]
    return text


def pair_untouched(source: str, result: str) -> tuple[tuple[Span, Span], ...]:
    """Where the same untouched parts stand in a sentence and in its translation, each once."""
    pairs = []
    position = 0
    for start, end in find_untouched(source):
        place = result.find(source[start:end], position)
        if place >= 0:
            position = place + end - start
            pairs.append(((start, end), (place, position)))
    return tuple(pairs)


def mask(sentence: str, islands: Sequence[Span] = ()) -> Masked:
    """The sentence with names in place of what must not be touched, and of the `islands` given."""
    spans = _merge(sentence, [*islands, *find_untouched(sentence)])
    if not spans:
        return Masked(sentence, sentence)
    first = 1 + max((int(found[1]) for found in _NAME.finditer(sentence)), default=0)
    written: list[str] = []
    names: list[Span] = []
    position = length = 0
    for number, (start, end) in enumerate(spans, first):
        name = f"QZ{number}"
        written += (sentence[position:start], name)
        length += start - position
        names.append((length, length + len(name)))
        length += len(name)
        position = end
    return Masked(sentence, "".join(written) + sentence[position:], tuple(spans), tuple(names))


def unmask(masked: Masked, answer: str) -> Unmasked | None:
    """The answer with the untouched parts in place of their names; None if not each stands in it exactly once."""
    if not masked.spans:
        return Unmasked(answer, (), ())
    wanted = [int(masked.text[start + 2 : end]) for start, end in masked.names]
    named = list(_NAME.finditer(answer))
    found = {int(each[1]): each for each in named if int(each[1]) in wanted}
    if len(found) < len(wanted) or len(named) > len(wanted):
        return None
    written: list[str] = []
    places: dict[int, Span] = {}
    position = length = 0
    for number, each in sorted(found.items(), key=lambda item: item[1].start()):
        start, end = masked.spans[wanted.index(number)]
        written += (answer[position : each.start()], masked.source[start:end])
        length += each.start() - position
        places[number] = (length, length + end - start)
        length += end - start
        position = each.end()
    text = "".join(written) + answer[position:]
    return Unmasked(text, tuple(places[number] for number in wanted), tuple(found[number].span() for number in wanted))


def move_through(span: Span, names: Sequence[Span], spans: Sequence[Span]) -> Span:
    """A span of a text with names, in the text with the untouched parts in their place (both in the same order)."""

    def move(place: int, at_end: bool) -> int:
        shift = 0
        for name, part in zip(sorted(names), sorted(spans), strict=True):
            if place >= name[1]:
                shift = part[1] - name[1]
            elif place > name[0]:
                return part[1] if at_end else part[0]
        return place + shift

    return (move(span[0], at_end=False), move(span[1], at_end=True)) if names else span


def _merge(sentence: str, spans: Sequence[Span]) -> list[Span]:
    """In order, overlapping ones as one, each with the letters that it is glued to."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        while start > 0 and _is_glue(sentence[start - 1]):
            start -= 1
        while end < len(sentence) and _is_glue(sentence[end]):
            end += 1
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        elif start < end:
            merged.append((start, end))
    return merged


def _is_glue(character: str) -> bool:
    return character.isalnum() and not re.match(f"[{HAN}]", character)
