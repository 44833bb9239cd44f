"""Fields of articles → texts → sentences: what an engine has to be asked."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from translators import Direction
from translators.fields import Fields, TextPair
from translators.markup import Blocks, list_places, list_spelled, read_blocks
from translators.merging import NO_EDITS, Edits
from translators.sentences import Finished, Sentence
from translators.texts import FindKept, Part, Text, read_text


@dataclass(frozen=True, slots=True)
class Document:
    """One article's fields in texts: those of `Fields.list_plain`, then the blocks of the body.

    `spelled` is how each text stands there: in the body with its tags. `kept` are texts (by number) that stay as a
    person translated them before, `own` single sentences; `edits` is all that people wrote.
    """

    fields: Fields
    body: Blocks
    texts: tuple[Text, ...]
    places: tuple[str, ...]
    spelled: tuple[str, ...]
    edits: Edits
    kept: Mapping[int, TextPair]
    own: Mapping[Sentence, Finished]

    def list_parts(self) -> Iterator[Part]:
        """The sentences of texts that are not kept, without those that hold nothing to translate."""
        texts = (text for number, text in enumerate(self.texts) if number not in self.kept)
        return (part for text in texts for part in text.parts if part.is_asked)


@dataclass(frozen=True, slots=True)
class Reading:
    """Documents that are translated together.

    `wanted`: the different sentences to be asked for, and whether their words are to be aligned.
    """

    direction: Direction
    documents: tuple[Document, ...]
    wanted: Mapping[Sentence, bool]


def read_documents(
    documents: Sequence[Fields],
    direction: Direction,
    *,
    beam_body: int = 2,
    beam_headline: int = 4,
    find_kept: FindKept | None = None,
    edits: Sequence[Edits] = (),
) -> Reading:
    """The documents' texts in sentences, each with the beam that it deserves.

    `edits`, one for each document, are what people wrote of it before.
    """
    read = tuple(
        _keep(_read_document(fields, direction.source, beam_body, beam_headline, find_kept), own)
        for fields, own in zip(documents, edits or [NO_EDITS] * len(documents), strict=True)
    )
    return Reading(direction, read, list_wanted(read))


def list_wanted(documents: Sequence[Document]) -> dict[Sentence, bool]:
    """The different sentences of documents, and whether the alignment of each is wanted."""
    wanted: dict[Sentence, bool] = {}
    for document in documents:
        for part in document.list_parts():
            if part.sentence in document.own:
                continue
            wanted[part.sentence] = wanted.get(part.sentence, False) or part.aligned
    return wanted


def _read_document(
    fields: Fields, language: str, beam_body: int, beam_headline: int, find_kept: FindKept | None
) -> Document:
    body = read_blocks(fields.body)
    plain = list(fields.list_plain())
    beams = {"headline": beam_headline, "description": beam_headline}
    texts = [read_text(text, language, beams.get(place, beam_body), find_kept=find_kept) for place, text in plain]
    texts += (
        read_text(text, language, beam_body, elements, find_kept)
        for text, elements in zip(body.texts, body.elements, strict=True)
    )
    places = [place for place, _ in plain] + list_places(body)
    spelled = [text for _, text in plain] + list_spelled(body)
    return Document(fields, body, tuple(texts), tuple(places), tuple(spelled), NO_EDITS, {}, {})


def _keep(document: Document, edits: Edits) -> Document:
    """The document with what people wrote of it in the places where the source is still the same."""
    if not edits:
        return document
    waiting = {source: [*reversed(pairs)] for source, pairs in edits.texts.items()}
    kept = {}
    for number, (place, spelled) in enumerate(zip(document.places, document.spelled, strict=True)):
        if pairs := waiting.get((place.partition(" ")[0], spelled)):
            kept[number] = pairs.pop() if len(pairs) > 1 else pairs[0]
    asked = replace(document, kept=kept).list_parts()
    own = {part.sentence: one for part in asked if (one := edits.find_sentence(part.sentence)) is not None}
    return replace(document, edits=edits, kept=kept, own=own)
