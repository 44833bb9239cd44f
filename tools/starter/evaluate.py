"""Quality of an exported model: chrF, BLEU and the share of outputs that repeat themselves, per direction."""

import json
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

import ctranslate2
import sentencepiece

from translators.evaluation import repeats_itself, score_corpus

from .text import ENGLISH

Rows = list[dict[str, str]]


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
    """An exported model folder; directions that it has not learnt go through English."""

    def __init__(self, folder: Path, threads: int = 2) -> None:
        self.processor = sentencepiece.SentencePieceProcessor(model_file=str(folder / "sentencepiece.model"))
        self.engine = ctranslate2.Translator(
            str(folder / "model"), device="cpu", compute_type="int8", inter_threads=threads, intra_threads=1
        )
        listed = json.loads((folder / "directions.json").read_text())["directions"]
        self.prefixes = {(d["from"], d["to"]): d["target_prefix"] for d in listed}

    def translate(self, texts: list[str], source: str, target: str) -> list[str]:
        if (source, target) not in self.prefixes:
            texts, source = self.translate(texts, source, ENGLISH), ENGLISH
        prefix = self.prefixes[source, target]
        results = self.engine.translate_batch(
            [self.processor.encode(text, out_type=str) for text in texts],
            target_prefix=[[prefix]] * len(texts),
            beam_size=4,
            max_batch_size=2048,
            batch_type="tokens",
            max_decoding_length=200,
            replace_unknowns=True,
        )
        return [self.processor.decode([p for p in r.hypotheses[0] if p != prefix]) for r in results]


def score(model: Starter, rows: Rows, source: str, target: str) -> Score:
    texts, references = [row[source] for row in rows], [row[target] for row in rows]
    outputs = model.translate(texts, source, target)
    repeating = sum(map(repeats_itself, outputs, texts))
    chrf, bleu = score_corpus(outputs, references, target)
    return Score(source, target, chrf, bleu, repeating / max(1, len(rows)), len(rows))


def evaluate(folder: Path, rows: Rows, directions: list[tuple[str, str]] | None = None) -> list[Score]:
    """Scores of the given directions, or of all between the languages of the rows; printed as they come."""
    model = Starter(folder)
    scores = []
    for source, target in directions or permutations(sorted(rows[0]), 2):
        scores.append(score(model, rows, source, target))
        print(scores[-1], flush=True)
    return scores
