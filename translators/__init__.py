"""Text in one language → text in another. Knows nothing of articles' routes, of databases or of HTTP.

languages   BCP 47 tags: parse, match, name; which language is this text in
segments    sentence boundaries (rules in data files)
tokens      HTML → tokens that keep their spelling
markup      HTML → blocks of text → HTML; only text changes
inline      the tags inside a block: read with their places, written at new ones
placing     where a text's tags stand in its translation
board       whose each word is while tags are placed
stretches   a translation in words, each with what it comes from
texts       one text in sentences, and put together again
alignment   which words of a translation come from which of its source
masks       URLs, handles, code: what an engine must not touch
typography  quotes, dashes, spaces, capitals as each language writes them
checks/     what can be seen to be wrong with a translation, sentence by sentence
glossary/   names and terms that must come out the same way: found, compared, put right
numerals/   numbers, dates, money and units of five languages → values
packages    Argos packages: install, remove, look up (archives, shelving, package_index, lockfile); shelf: read, list
starters    one model for many directions: Karvan's own, or one that tools/starter trained
engines     the engines by name
argos       the engine: CTranslate2 + SentencePiece, batched by tokens over many texts; cores: how many it may use
hypotheses  what a model is asked, and what its answers mean
repeating   does a text say the same words twice where its source does not
pieces      SentencePiece's pieces: where they stand in the text, where to cut them
sentences   one sentence: what the engine is asked, and what is made of its answer
memory      texts as a translation memory compares them: blanks and numbers aside
recovery    other hypotheses, a wider beam, sentences cut around what was lost
second_look what is found beside other sentences, or by asking the model back
fields      what is translated of an article, and what became of it text by text
reading     fields → texts → sentences
relaying    texts beside texts over a third language
merging     what people wrote of an article before stays where its source is the same
pairing     a person's version beside its source: which sentence stands for which
pipeline    fields of articles → sentences → memory, engine → fields
libretranslate  the engine behind HTTP: a server in the operator's own network
libre_answers  what such a server answers, read
scoring     does the source follow from its translation: what the model of the direction back thinks
evaluation  how good translations of a test set are, in figures; which quality class they suggest
pseudo      deterministic stand-in: development and tests
starter/    the small model that ships with Karvan
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Quality = Literal["starter", "draft", "publish"]


class TranslationError(Exception):
    """The engine could not translate."""


class UnsupportedDirection(TranslationError):
    """No installed package translates in this direction."""


@dataclass(frozen=True, slots=True, order=True)
class Direction:
    """From one language to another, as BCP 47 tags: Direction("en", "az"), written en-az."""

    source: str
    target: str

    def __str__(self) -> str:
        return f"{self.source}-{self.target}"


@dataclass(frozen=True, slots=True)
class Made:
    """What a text was made with. `package` is name and version, `sha256` that of the package's model file."""

    engine: str
    package: str
    sha256: str
    quality: Quality

    def __str__(self) -> str:
        return f"{self.engine} {self.package}"


Span = tuple[int, int]
"""Characters start ≤ n < end of a text."""


@dataclass(frozen=True, slots=True)
class Link:
    """Characters of a source that a stretch of its translation comes from; `weight` is how surely, from 0 to 1."""

    source: Span
    target: Span
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Rendered:
    """One sentence in the target language; `score` is the model's mean log-probability per token (< 0).

    0 means unknown: an engine that cannot tell. No model is that sure of anything.

    `alignment` says which words come from which: only when asked for, and empty from engines that cannot tell.
    `alternatives` are the other hypotheses of the beam, best first.
    """

    text: str
    score: float
    alignment: tuple[Link, ...] = ()
    alternatives: tuple["Rendered", ...] = ()


class Translator(Protocol):
    """An engine. Both calls may block (disk, CPU) and are safe from several threads at once."""

    def directions(self) -> Mapping[Direction, Made]:
        """Every direct direction that can be used now; packages installed meanwhile are seen without a restart."""
        ...

    def translate(
        self,
        texts: Sequence[str],
        direction: Direction,
        *,
        beam: int,
        hypotheses: int = 1,
        aligned: Collection[int] = (),
    ) -> list[Rendered]:
        """One result per text, in order. Texts are single sentences. Raises TranslationError, UnsupportedDirection.

        At most `hypotheses` are wanted of each (the first and its alternatives), and the alignment of the texts whose
        numbers are in `aligned`; an engine that has neither gives neither.
        """
        ...
