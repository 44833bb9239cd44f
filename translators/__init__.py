"""Text in one language → text in another. Knows nothing of articles' routes, of databases or of HTTP.

languages   BCP 47 tags: parse, match, name; which language is this text in
segments    sentence boundaries (rules in data files)
markup      HTML → blocks of text → HTML; only text changes
packages    Argos packages on disk: read, verify, install, remove, list
argos       the engine: CTranslate2 + SentencePiece, batched by tokens over many texts
pipeline    fields of articles → sentences → engine → fields
pseudo      deterministic stand-in: development and tests
starter/    the small model that ships with Karvan
"""

from collections.abc import Mapping, Sequence
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


@dataclass(frozen=True, slots=True)
class Rendered:
    """One sentence in the target language; `score` is the model's mean log-probability per token (≤ 0)."""

    text: str
    score: float


class Translator(Protocol):
    """An engine. Both calls may block (disk, CPU) and are safe from several threads at once."""

    def directions(self) -> Mapping[Direction, Made]:
        """Every direct direction that can be used now; packages installed meanwhile are seen without a restart."""
        ...

    def translate(self, texts: Sequence[str], direction: Direction, *, beam: int) -> list[Rendered]:
        """One result per text, in order. Texts are single sentences. Raises TranslationError, UnsupportedDirection."""
        ...
