"""Batches of examples, drawn by kind of text and sorted by length so that little is padded."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .align import UNALIGNED
from .model import BOS, EOS, PAD
from .text import DEVELOPMENT, ENGLISH

SHARE = {"own": 0.8, "terms": 0.02, "nat": 0.06, "news": 0.05, "doc": 0.02, "ui": 0.02, "dict": 0.03}
"""Share of the target tokens that each kind of text gets; too much of a small kind is learnt by heart."""
OTHER_KINDS = 0.15
"""Share of a kind that is not named above, such as a newsroom's own parallel text."""
HARDER = {"az", "ru", "zh"}
"""Languages that get more: one has little text, one many forms of a word, one is unlike all others."""
POOL = 24_000
"""Examples drawn and sorted at once."""


@dataclass(frozen=True)
class Batch:
    source: Tensor
    """[B, S], closed by EOS"""
    target_in: Tensor
    """[B, T]: BOS, tag of the language, sentence"""
    target_out: Tensor
    """[B, T]: what follows each token of `target_in`; PAD where nothing is to be learnt"""
    alignment: Tensor
    """[B, T]: position in the source of each token of `target_out`, −1 unknown"""


class Corpus:
    """What `prepare.py` wrote."""

    def __init__(self, folder: Path) -> None:
        self.tokens: NDArray[np.uint16] = np.load(folder / "tokens.npy")
        self.examples: NDArray[np.int32] = np.load(folder / "examples.npy")
        self.alignments: NDArray[np.uint8] = np.load(folder / "alignments.npy")
        meta = json.loads((folder / "meta.json").read_text())
        self.vocabulary: int = meta["vocabulary"]
        self.groups: list[tuple[str, str, str]] = [tuple(group) for group in meta["groups"]]

    def frequency(self) -> Tensor:
        """Each token's share of all tokens, [V]; the special ones count as the most frequent."""
        count = np.bincount(self.tokens, minlength=self.vocabulary)
        count[:10] = count.max()
        return torch.from_numpy(count / count.sum()).float()


def group_chances(corpus: Corpus, shares: dict[str, float]) -> NDArray[np.float64]:
    """How often each group is drawn, so that kinds get their share of tokens and small groups are not drowned."""
    count = np.bincount(corpus.examples[:, 5], minlength=len(corpus.groups))
    size = np.bincount(corpus.examples[:, 5], corpus.examples[:, 3], minlength=len(corpus.groups))
    wish = size**0.6
    for number, (_, source, target) in enumerate(corpus.groups):
        wish[number] *= (1.3 if {source, target} & HARDER else 1.0) * (1.0 if ENGLISH in (source, target) else 0.35)
    for kind in {kind for kind, _, _ in corpus.groups}:
        of_kind = np.array([group[0] == kind for group in corpus.groups])
        share = 0.0 if kind == DEVELOPMENT else shares.get(kind, OTHER_KINDS)
        wish[of_kind] *= share / wish[of_kind].sum()
    chance: NDArray[np.float64] = wish * count / np.maximum(size, 1)
    return np.asarray(chance / chance.sum(), np.float64)


def draw_batches(corpus: Corpus, shares: dict[str, float], most_tokens: int, seed: int) -> Iterator[Batch]:
    """Endless batches of at most `most_tokens` padded target tokens."""
    rng = np.random.default_rng(seed)
    group = corpus.examples[:, 5]
    members = [np.flatnonzero(group == number) for number in range(len(corpus.groups))]
    chances = group_chances(corpus, shares)
    while True:
        drawn = rng.multinomial(POOL, chances)
        picked = np.concatenate([rng.choice(rows, n) for rows, n in zip(members, drawn, strict=True) if n])
        length = np.maximum(corpus.examples[picked, 1] + 1, corpus.examples[picked, 3] + 2)
        order = np.argsort(length + rng.random(len(length)) * 2)
        parts = cut(picked[order], length[order], most_tokens)
        for number in rng.permutation(len(parts)):
            yield collate(corpus, parts[number])


def development_batches(corpus: Corpus, lines: int = 40) -> dict[str, Batch]:
    """One batch of development lines for each direction from or into English, by the direction's name."""
    batches = {}
    for number, (kind, source, target) in enumerate(corpus.groups):
        if kind == DEVELOPMENT and ENGLISH in (source, target):
            rows = np.flatnonzero(corpus.examples[:, 5] == number)
            batches[f"{source}-{target}"] = collate(corpus, rows[:: max(1, len(rows) // lines)])
    return batches


def cut(rows: NDArray[np.int64], length: NDArray[np.int32], most_tokens: int) -> list[NDArray[np.int64]]:
    """Consecutive rows whose padded size stays within `most_tokens`; lengths rise."""
    parts, start = [], 0
    for end in range(1, len(rows) + 1):
        if end == len(rows) or length[end] * (end + 1 - start) > most_tokens:
            parts.append(rows[start:end])
            start = end
    return parts


def collate(corpus: Corpus, rows: NDArray[np.int64]) -> Batch:
    examples = corpus.examples[rows]
    size, longest_source, longest_target = len(rows), examples[:, 1].max() + 1, examples[:, 3].max() + 2
    source = np.full((size, longest_source), PAD, np.int64)
    target_in = np.full((size, longest_target), PAD, np.int64)
    target_out = np.full((size, longest_target), PAD, np.int64)
    alignment = np.full((size, longest_target), -1, np.int64)
    for n, (s, s_length, t, t_length, tag, _, a) in enumerate(examples):
        source[n, :s_length] = corpus.tokens[s : s + s_length]
        source[n, s_length] = EOS
        sentence = corpus.tokens[t : t + t_length]
        target_in[n, :2] = BOS, tag
        target_in[n, 2 : 2 + t_length] = sentence
        target_out[n, 1 : 1 + t_length] = sentence
        target_out[n, 1 + t_length] = EOS
        place = corpus.alignments[a : a + t_length].astype(np.int64)
        alignment[n, 1 : 1 + t_length] = np.where(place == UNALIGNED, -1, place)
        alignment[n, 1 + t_length] = s_length
    return Batch(*map(torch.from_numpy, (source, target_in, target_out, alignment)))
