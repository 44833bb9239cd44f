"""One text of an article: in sentences with their tags, and put together again from what became of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from translators import Direction, Span
from translators.alignment import make_mover, shift_link
from translators.checks import Finding
from translators.inline import Element
from translators.markup import Placed
from translators.placing import MOST_ELEMENTS, count_letters, is_partial, place_elements
from translators.segments import Segment, split
from translators.sentences import Finished, Sentence, link_same, make_sentence
from translators.stretches import Stretch

_WITHOUT_SPACES = ("zh", "ja")


@dataclass(frozen=True, slots=True)
class Part:
    """A sentence of a text: where it stands, what stands after it, whether an engine has to see it.

    `aligned`: a tag begins or ends among its words.
    """

    span: Span
    after: str
    sentence: Sentence
    is_asked: bool
    aligned: bool


@dataclass(frozen=True, slots=True)
class Text:
    """One text in sentences. `elements` are the tags inside it; None where they cannot move."""

    plain: str
    parts: tuple[Part, ...]
    elements: tuple[Element, ...] | None = ()


FindKept = Callable[[str], Sequence[Span]]
"""Where a sentence holds names that are written alike in every language."""


def read_text(
    text: str,
    language: str,
    beam: int,
    elements: tuple[Element, ...] | None = (),
    find_kept: FindKept | None = None,
) -> Text:
    """The text in sentences, each with the beam that it deserves."""
    islands = [(element.start, element.end) for element in elements or () if element.is_island]
    movable = elements if elements and len(elements) <= MOST_ELEMENTS else ()
    letters = count_letters(text) if movable else []
    parts = []
    position = 0
    for segment in _split(text, language, islands):
        span = position, position + len(segment.text)
        own = [(start - position, end - position) for start, end in islands if span[0] <= start and end <= span[1]]
        kept = find_kept(segment.text) if find_kept else ()
        sentence = make_sentence(segment.text, beam, [*own, *kept])
        aligned = any(is_partial(element, letters, span) for element in movable)
        parts.append(Part(span, segment.after, sentence, sentence.masked.has_words(), aligned))
        position = span[1] + len(segment.after)
    return Text(text, tuple(parts), elements)


def write_text(
    text: Text, direction: Direction, answers: Mapping[Sentence, Finished]
) -> tuple[str | Placed, tuple[Finding, ...]]:
    """The sentences put together, and the tags among them; a text in which nothing changed is kept as it was."""
    written = ""
    stretches = []
    is_same = True
    for number, part in enumerate(text.parts, 1):
        finished = answers[part.sentence] if part.is_asked else None
        if finished is None or finished.is_same:
            stretches.append(_keep_stretch(part, text, len(written)) if text.elements else None)
            written += text.plain[slice(*part.span)]
        else:
            is_same = False
            stretches.append(_make_stretch(part, text, finished, len(written)) if text.elements else None)
            written += finished.text
        written += part.after if number == len(text.parts) else _pick_gap(part.after, direction)
    if is_same:
        return text.plain, ()
    if text.elements == ():
        return written, ()
    return _place(text, written, [stretch for stretch in stretches if stretch is not None])


def _split(text: str, language: str, islands: Sequence[Span]) -> list[Segment]:
    """The sentences; none ends inside an island."""
    segments: list[Segment] = []
    position = 0
    for segment in split(text, language):
        start = position
        position += len(segment.text) + len(segment.after)
        if segments and any(island[0] < start < island[1] for island in islands):
            last = segments.pop()
            segments.append(Segment(last.text + last.after + segment.text, segment.after))
        else:
            segments.append(segment)
    return segments


def _place(text: Text, written: str, stretches: Sequence[Stretch]) -> tuple[str | Placed, tuple[Finding, ...]]:
    """The written text with its tags, or without, and then with a finding that says so."""
    placement = place_elements(text.elements, text.plain, written, stretches) if text.elements else None
    if placement is None:
        return written, (Finding("markup", "the tags inside this text could not be kept", text.plain, written, "note"),)
    names = ", ".join(f"<{name}>" for name in dict.fromkeys(placement.guessed))
    notes = (Finding("markup", f"the place of {names} is a guess", text.plain, written, "note"),) if names else ()
    return Placed(written, placement.spans), notes


def _keep_stretch(part: Part, text: Text, at: int) -> Stretch:
    """A sentence that stays as it is: every word comes from itself."""
    start, end = part.span
    source = text.plain[start:end]
    carry = make_mover(part.sentence.source, source)
    links = [shift_link(link, start, at) for link in link_same(source)]
    spans = [carry(span) for span in part.sentence.masked.spans]
    atoms = [(_shift(span, start), _shift(span, at)) for span in spans]
    return Stretch(part.span, (at, at + len(source)), tuple(links), tuple(atoms))


def _make_stretch(part: Part, text: Text, finished: Finished, at: int) -> Stretch:
    """A sentence's links and untouched parts, in characters of the whole texts."""
    start, end = part.span
    source = text.plain[start:end]
    carry = make_mover(part.sentence.source, source)
    links = list(finished.links)
    if part.sentence.source != source:
        links = [replace(link, source=carry(link.source)) for link in links]
    links = [shift_link(link, start, at) for link in links]
    atoms = [(_shift(carry(source), start), _shift(target, at)) for source, target in finished.atoms]
    return Stretch(part.span, (at, at + len(finished.text)), tuple(links), tuple(atoms))


def _shift(span: Span, by: int) -> Span:
    return span[0] + by, span[1] + by


def _pick_gap(after: str, direction: Direction) -> str:
    """What stands between two sentences of the target language: Chinese has no spaces, line breaks stay."""
    if "\n" in after:
        return after
    return "" if direction.target.partition("-")[0] in _WITHOUT_SPACES else after or " "
