"""Fields of articles → sentences → engine → fields.

The sentences of all documents go to the engine together, each different one once per beam; then every document is put
together again with its own structure.

Places for later issues: the memory answers before `_ask`; URLs, e-mail addresses, handles and hashtags inside a
sentence are masked there too (sentences of nothing else already pass by); checks grow in `checks`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from translators import Direction, Made, Rendered, TranslationError, Translator, UnsupportedDirection
from translators.checks import Finding, find_all
from translators.markup import Blocks, read_blocks, write_blocks
from translators.segments import Segment, split

_UNTRANSLATED = re.compile(r"(?:https?://\S+|www\.\S+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|[@#]\w+|[^\w\s])", re.IGNORECASE)
_BLANKS = re.compile(r"\s+")
_WITHOUT_SPACES = ("zh", "ja")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """The translatable part of an article. `body` is HTML, all else plain text."""

    headline: str
    description: str = ""
    body: str = ""
    captions: tuple[str, ...] = ()
    alts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """A translated document: what with, the mean score of its sentences (0 if none were translated), what is odd."""

    fields: Fields
    made: Made
    score: float
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """A document that could not be translated, while others could."""

    reason: str


@dataclass(frozen=True, slots=True)
class _Text:
    """One text in sentences, and the beam it deserves."""

    segments: tuple[Segment, ...]
    beam: int


@dataclass(frozen=True, slots=True)
class _Document:
    """Texts in the order headline, description, captions, alts, blocks of the body."""

    fields: Fields
    body: Blocks
    texts: tuple[_Text, ...]


@dataclass(frozen=True, slots=True)
class _Ask:
    sentence: str
    beam: int


_Answers = Mapping[_Ask, Rendered]


def translate_fields(
    documents: Sequence[Fields],
    direction: Direction,
    translator: Translator,
    *,
    beam_body: int = 2,
    beam_headline: int = 4,
) -> list[Outcome | Failure]:
    """One outcome or failure per document, in order. Raises UnsupportedDirection when none can be translated."""
    made = translator.directions().get(direction)
    if made is None:
        raise UnsupportedDirection(f"no installed package translates {direction}")
    read = [_read_document(fields, direction.source, beam_body, beam_headline) for fields in documents]
    try:
        answers = _ask_all(read, direction, translator)
    except UnsupportedDirection:
        raise
    except TranslationError as error:
        if len(read) == 1:
            return [Failure(str(error))]
        return [_translate_alone(document, direction, translator, made) for document in read]
    return [_write_document(document, direction, answers, made) for document in read]


def _translate_alone(
    document: _Document, direction: Direction, translator: Translator, made: Made
) -> Outcome | Failure:
    """After the call for all failed: so that one text that the engine cannot take fails one document only."""
    try:
        return _write_document(document, direction, _ask_all([document], direction, translator), made)
    except UnsupportedDirection:
        raise
    except TranslationError as error:
        return Failure(str(error))


def _read_document(fields: Fields, language: str, beam_body: int, beam_headline: int) -> _Document:
    body = read_blocks(fields.body)
    heads = [_Text(split(text, language), beam_headline) for text in (fields.headline, fields.description)]
    rest = [_Text(split(text, language), beam_body) for text in (*fields.captions, *fields.alts, *body.texts)]
    return _Document(fields, body, (*heads, *rest))


def _list_asks(document: _Document) -> Iterator[_Ask]:
    """The sentences of a document that an engine has to see."""
    for text in document.texts:
        for segment in text.segments:
            if should_translate(segment.text):
                yield _Ask(_BLANKS.sub(" ", segment.text), text.beam)


def should_translate(sentence: str) -> bool:
    """Whether there are words in it besides URLs, e-mail addresses, handles and hashtags."""
    return any(character.isalpha() for character in _UNTRANSLATED.sub(" ", sentence))


def _ask_all(documents: Sequence[_Document], direction: Direction, translator: Translator) -> _Answers:
    asks = list(dict.fromkeys(ask for document in documents for ask in _list_asks(document)))
    answers: dict[_Ask, Rendered] = {}
    for beam in sorted({ask.beam for ask in asks}):
        now = [ask for ask in asks if ask.beam == beam]
        rendered = translator.translate([ask.sentence for ask in now], direction, beam=beam)
        if len(rendered) != len(now):
            raise TranslationError(f"the engine gave {len(rendered)} sentences for {len(now)}")
        answers.update(zip(now, rendered, strict=True))
    return answers


def _write_document(document: _Document, direction: Direction, answers: _Answers, made: Made) -> Outcome:
    fields = document.fields
    texts = [_write_text(text, direction, answers) for text in document.texts]
    captions_end = 2 + len(fields.captions)
    alts_end = captions_end + len(fields.alts)
    asks = list(_list_asks(document))
    scores = [answers[ask].score for ask in asks]
    return Outcome(
        Fields(
            headline=texts[0],
            description=texts[1],
            body=write_blocks(document.body, texts[alts_end:]),
            captions=tuple(texts[2:captions_end]),
            alts=tuple(texts[captions_end:alts_end]),
        ),
        made,
        sum(scores) / len(scores) if scores else 0.0,
        tuple(finding for ask in asks for finding in find_all(ask.sentence, answers[ask].text, direction)),
    )


def _write_text(text: _Text, direction: Direction, answers: _Answers) -> str:
    """The sentences put together; a text in which nothing changed keeps its own white space."""
    written = []
    changed = False
    for segment in text.segments:
        answer = answers.get(_Ask(_BLANKS.sub(" ", segment.text), text.beam))
        same = answer is None or answer.text == _BLANKS.sub(" ", segment.text)
        written.append(segment.text if answer is None or same else answer.text)
        changed = changed or not same
    if not changed:
        return "".join(segment.text + segment.after for segment in text.segments)
    gaps = [_pick_gap(segment.after, direction) for segment in text.segments[:-1]]
    gaps.append(text.segments[-1].after)
    return "".join(sentence + gap for sentence, gap in zip(written, gaps, strict=True))


def _pick_gap(after: str, direction: Direction) -> str:
    """What stands between two sentences of the target language: Chinese has no spaces, line breaks stay."""
    if "\n" in after:
        return after
    return "" if direction.target.partition("-")[0] in _WITHOUT_SPACES else after or " "
