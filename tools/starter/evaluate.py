"""Quality of an exported model: chrF, BLEU and the share of outputs that repeat themselves, per direction."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path

from translators import Direction
from translators.argos import ArgosTranslator
from translators.evaluation import score_corpus
from translators.repeating import repeats_itself
from translators.starters import install_starter

from .text import ENGLISH

Rows = list[dict[str, str]]
BEAM = 4


@dataclass(frozen=True)
class Score:
    source: str
    target: str
    chrf: float
    bleu: float
    repeating: float
    """Share of outputs, 0 to 1, in which some sequence of four words occurs twice (and not in the source)"""
    lines: int

    def __str__(self) -> str:
        return (
            f"{self.source}-{self.target}  chrF {self.chrf:5.1f}  BLEU {self.bleu:5.1f}  "
            f"repeating {self.repeating:6.1%}  {self.lines} lines"
        )


class Starter:
    """An exported model as Karvan uses it; directions that it has not learnt go through English."""

    def __init__(self, packages: Path) -> None:
        self.engine = ArgosTranslator(packages)

    def translate(self, texts: list[str], source: str, target: str) -> list[str]:
        if Direction(source, target) not in self.engine.directions():
            texts, source = self.translate(texts, source, ENGLISH), ENGLISH
        return [rendered.text for rendered in self.engine.translate(texts, Direction(source, target), beam=BEAM)]


@contextmanager
def open_starter(folder: Path) -> Iterator[Starter]:
    """The model of this folder, installed where nobody else looks."""
    with tempfile.TemporaryDirectory(prefix="starter-") as packages:
        install_starter(Path(packages), installed_at=datetime.now(UTC).isoformat(), source=folder)
        yield Starter(Path(packages))


def score(model: Starter, rows: Rows, source: str, target: str) -> Score:
    texts, references = [row[source] for row in rows], [row[target] for row in rows]
    outputs = model.translate(texts, source, target)
    repeating = sum(map(repeats_itself, outputs, texts))
    chrf, bleu = score_corpus(outputs, references, target)
    return Score(source, target, chrf, bleu, repeating / max(1, len(rows)), len(rows))


def evaluate(folder: Path, rows: Rows, directions: list[tuple[str, str]] | None = None) -> list[Score]:
    """Scores of the given directions, or of all between the languages of the rows; printed as they come."""
    scores = []
    with open_starter(folder) as model:
        for source, target in directions or permutations(sorted(rows[0]), 2):
            scores.append(score(model, rows, source, target))
            print(scores[-1], flush=True)
    return scores
