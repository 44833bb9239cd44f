"""Fields of articles → sentences → memory, engine → fields.

The sentences of all documents go to the engine together, each different one once per beam, but those that are known;
then every document is put together again with its own structure, and the tags inside its texts where their words are
now. What people wrote of a document before stands where its source is still the same (`merging`).

  read_documents ─→ Reading ─translate_documents→ Outcome | Failure
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from translators import Direction, Made, TranslationError, Translator, UnsupportedDirection
from translators.checks import BASIC_CHECKS, Check, Finding, find_repeated
from translators.fields import Fields, SentencePair, TextPair
from translators.markup import Placed, Verbatim, spell_blocks
from translators.merging import find_lost, find_returned, mark_new
from translators.reading import Document, Reading, list_wanted, read_documents
from translators.recovery import translate_sentences
from translators.second_look import look_again
from translators.sentences import Finished, Sentence, Way
from translators.texts import Text, write_text

__all__ = ["Failure", "Fields", "Outcome", "read_documents", "translate_documents", "translate_fields"]

Answers = Mapping[Sentence, Finished]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A translated document: what with, the mean score of its sentences (0 if none were translated), what is odd.

    `pairs` are its texts beside their sources, `answers` its sentences with what became of each.
    """

    fields: Fields
    made: Made
    score: float
    findings: tuple[Finding, ...] = ()
    pairs: tuple[TextPair, ...] = ()
    answers: Answers = field(default_factory=dict)

    @property
    def is_by_people(self) -> bool:
        """Whether a person wrote or saw all of it."""
        return all(pair.is_by_person for pair in self.pairs)


@dataclass(frozen=True, slots=True)
class Failure:
    """A document that could not be translated, while others could."""

    reason: str


def translate_fields(
    documents: Sequence[Fields],
    direction: Direction,
    translator: Translator,
    *,
    beam_body: int = 2,
    beam_headline: int = 4,
    checks: Sequence[Check] = BASIC_CHECKS,
) -> list[Outcome | Failure]:
    """`read_documents` and `translate_documents` in one, without memory and glossary."""
    reading = read_documents(documents, direction, beam_body=beam_body, beam_headline=beam_headline)
    return translate_documents(reading, Way(direction, translator, tuple(checks)))


def translate_documents(reading: Reading, way: Way, known: Answers | None = None) -> list[Outcome | Failure]:
    """One outcome or failure per document, in order. Raises UnsupportedDirection when none can be translated.

    `known` sentences are not asked for. What the checks find leads to other hypotheses and a wider beam (`recovery`),
    and to the outcome's findings.
    """
    made = way.translator.directions().get(way.direction)
    if made is None:
        raise UnsupportedDirection(f"no installed package translates {way.direction}")
    known = known or {}
    try:
        answers = _ask(reading.wanted, way, known)
    except UnsupportedDirection:
        raise
    except TranslationError as error:
        if len(reading.documents) == 1:
            return [Failure(str(error))]
        return [_translate_alone(document, way, made, known) for document in reading.documents]
    return [_write_document(document, way, answers, made) for document in reading.documents]


def _translate_alone(document: Document, way: Way, made: Made, known: Answers) -> Outcome | Failure:
    """After the call for all failed: so that one text that the engine cannot take fails one document only."""
    try:
        return _write_document(document, way, _ask(list_wanted([document]), way, known), made)
    except UnsupportedDirection:
        raise
    except TranslationError as error:
        return Failure(str(error))


def _ask(wanted: Mapping[Sentence, bool], way: Way, known: Answers) -> Answers:
    unknown = {sentence: aligned for sentence, aligned in wanted.items() if sentence not in known}
    return {**known, **look_again(translate_sentences(unknown, way), way)}


def _write_document(document: Document, way: Way, answers: Answers, made: Made) -> Outcome:
    own = {**answers, **document.own} if document.own else answers
    written: list[str | Placed | Verbatim] = []
    notes: list[Finding] = []
    for number, text in enumerate(document.texts):
        if kept := document.kept.get(number):
            written.append(Verbatim(kept.result))
            continue
        one, found = write_text(text, way.direction, own)
        written.append(one)
        notes += found
    finished = {part.sentence: own[part.sentence] for part in document.list_parts()}
    fields, spelled = _write_fields(document, written)
    return Outcome(
        fields,
        made,
        sum(one.score for one in finished.values()) / len(finished) if finished else 0.0,
        (
            *_list_findings(document, finished, way),
            *find_returned(document.edits, _list_new(document, spelled)),
            *notes,
        ),
        _make_pairs(document, spelled, own),
        finished,
    )


def _list_new(document: Document, spelled: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The texts of the body that are not kept, and what they have become."""
    first = len(spelled) - len(document.body.texts)
    for number in range(first, len(spelled)):
        if number not in document.kept:
            yield document.spelled[number], spelled[number]


def _write_fields(document: Document, written: Sequence[str | Placed | Verbatim]) -> tuple[Fields, list[str]]:
    """The new fields, and how each text is spelled in them."""
    fields = document.fields
    first = len(written) - len(document.body.texts)
    texts = [_get_plain(text) for text in written[:first]]
    body, blocks = spell_blocks(document.body, written[first:])
    plain = iter(texts)
    made = Fields(
        headline=next(plain),
        description=next(plain),
        captions=tuple(next(plain) for _ in fields.captions),
        alts=tuple(next(plain) for _ in fields.alts),
        keywords=tuple(next(plain) for _ in fields.keywords),
        body=body,
    )
    return made, texts + blocks


def _get_plain(text: str | Placed | Verbatim) -> str:
    match text:
        case Verbatim():
            return text.html
        case Placed():
            return text.text
    return text


def _list_findings(document: Document, finished: Answers, way: Way) -> list[Finding]:
    findings = [finding for one in finished.values() for finding in one.findings]
    if way.recent is not None:
        by_machine = [(sentence.source, one.text) for sentence, one in finished.items() if not one.by]
        sources, results = [source for source, _ in by_machine], [result for _, result in by_machine]
        findings += find_repeated(sources, results, way.direction)
    if document.edits:
        new = (sentence for sentence in finished if sentence not in document.own)
        findings += (mark_new(sentence.source, finished[sentence]) for sentence in new)
        findings += find_lost(document.edits)
    return findings


def _make_pairs(document: Document, spelled: Sequence[str], answers: Answers) -> tuple[TextPair, ...]:
    """Every text beside its source, with its sentences."""
    pairs = []
    for number, (place, source, result) in enumerate(zip(document.places, document.spelled, spelled, strict=True)):
        kept = document.kept.get(number)
        sentences = kept.sentences if kept else _pair(document.texts[number], answers, document.own)
        pairs.append(TextPair(place, source, result, sentences))
    return tuple(pairs)


def _pair(text: Text, answers: Answers, own: Answers) -> tuple[SentencePair, ...]:
    """The sentences of a text. Only who wrote for this document has seen it: the memory has people's from elsewhere."""
    asked = (part.sentence for part in text.parts if part.is_asked)
    return tuple(SentencePair(each.source, answers[each].text, own[each].by if each in own else "") for each in asked)
