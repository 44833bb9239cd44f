"""What is translated of an article, and what became of it text by text."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """The translatable part of an article. `body` is HTML, all else plain text."""

    headline: str
    description: str = ""
    body: str = ""
    captions: tuple[str, ...] = ()
    alts: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()

    def list_plain(self) -> Iterator[tuple[str, str]]:
        """Place and text of all that is not the body, in the order of the fields."""
        yield "headline", self.headline
        yield "description", self.description
        for name in ("captions", "alts", "keywords"):
            yield from ((f"{name} {number}", text) for number, text in enumerate(getattr(self, name), 1))


@dataclass(frozen=True, slots=True)
class SentencePair:
    """A sentence and its translation; `by` is the person who wrote or saw the translation, empty: a machine did."""

    source: str
    result: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class TextPair:
    """One text of an article and its translation, as they are spelled (in the body: with the tags inside).

    `place` is "headline", "captions 2", "body 5", "attribute 6" (an `alt` in the body) … of the source. A text with
    nothing on the other side has "" there.
    """

    place: str
    source: str
    result: str
    sentences: tuple[SentencePair, ...] = ()

    @property
    def kind(self) -> str:
        """What sort of text it is: a headline is worded otherwise than a paragraph."""
        return self.place.partition(" ")[0]

    @property
    def is_by_person(self) -> bool:
        """Whether a person wrote or saw all of it."""
        return all(pair.by for pair in self.sentences)
