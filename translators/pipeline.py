"""Fields of articles → sentences → engine → fields.

The sentences of all documents go to the engine together, each different one once per beam; then every document is put
together again with its own structure, and the tags inside its texts where their words are now.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from translators import Direction, Made, TranslationError, Translator, UnsupportedDirection
from translators.checks import BASIC_CHECKS, Check, Finding
from translators.markup import Blocks, read_blocks, write_blocks
from translators.recovery import translate_sentences
from translators.sentences import Finished, Sentence, Way
from translators.texts import Part, Text, read_text, write_text


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
class _Document:
    """Texts in the order headline, description, captions, alts, blocks of the body."""

    fields: Fields
    body: Blocks
    texts: tuple[Text, ...]


_Answers = Mapping[Sentence, Finished]


def translate_fields(
    documents: Sequence[Fields],
    direction: Direction,
    translator: Translator,
    *,
    beam_body: int = 2,
    beam_headline: int = 4,
    checks: Sequence[Check] = BASIC_CHECKS,
) -> list[Outcome | Failure]:
    """One outcome or failure per document, in order. Raises UnsupportedDirection when none can be translated.

    What `checks` find leads to other hypotheses and a wider beam (`recovery`), and to the outcome's findings.
    """
    made = translator.directions().get(direction)
    if made is None:
        raise UnsupportedDirection(f"no installed package translates {direction}")
    read = [_read_document(fields, direction.source, beam_body, beam_headline) for fields in documents]
    way = Way(direction, translator, tuple(checks))
    try:
        answers = _ask_all(read, way)
    except UnsupportedDirection:
        raise
    except TranslationError as error:
        if len(read) == 1:
            return [Failure(str(error))]
        return [_translate_alone(document, way, made) for document in read]
    return [_write_document(document, direction, answers, made) for document in read]


def _translate_alone(document: _Document, way: Way, made: Made) -> Outcome | Failure:
    """After the call for all failed: so that one text that the engine cannot take fails one document only."""
    try:
        return _write_document(document, way.direction, _ask_all([document], way), made)
    except UnsupportedDirection:
        raise
    except TranslationError as error:
        return Failure(str(error))


def _read_document(fields: Fields, language: str, beam_body: int, beam_headline: int) -> _Document:
    body = read_blocks(fields.body)
    texts = [read_text(text, language, beam_headline) for text in (fields.headline, fields.description)]
    texts += (read_text(text, language, beam_body) for text in (*fields.captions, *fields.alts))
    texts += (
        read_text(text, language, beam_body, elements) for text, elements in zip(body.texts, body.elements, strict=True)
    )
    return _Document(fields, body, tuple(texts))


def _list_parts(document: _Document) -> Iterator[Part]:
    """The sentences of a document that an engine has to see."""
    return (part for text in document.texts for part in text.parts if part.is_asked)


def _ask_all(documents: Sequence[_Document], way: Way) -> _Answers:
    wanted: dict[Sentence, bool] = {}
    for document in documents:
        for part in _list_parts(document):
            wanted[part.sentence] = wanted.get(part.sentence, False) or part.aligned
    return translate_sentences(wanted, way)


def _write_document(document: _Document, direction: Direction, answers: _Answers, made: Made) -> Outcome:
    fields = document.fields
    written = [write_text(text, direction, answers) for text in document.texts]
    texts = [text if isinstance(text, str) else text.text for text, _ in written]
    captions_end = 2 + len(fields.captions)
    alts_end = captions_end + len(fields.alts)
    finished = [answers[part.sentence] for part in _list_parts(document)]
    findings = [finding for one in finished for finding in one.findings]
    return Outcome(
        Fields(
            headline=texts[0],
            description=texts[1],
            body=write_blocks(document.body, [text for text, _ in written[alts_end:]]),
            captions=tuple(texts[2:captions_end]),
            alts=tuple(texts[captions_end:alts_end]),
        ),
        made,
        sum(one.score for one in finished) / len(finished) if finished else 0.0,
        (*findings, *(note for _, notes in written for note in notes)),
    )
