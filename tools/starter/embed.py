"""First embeddings in which tokens that translate each other lie close together.

A network that starts from random embeddings must find out two things at once: which word renders which, and that it
should look at the source at all. Neither pays without the other, so small models on little text spend millions of
tokens as mere language models. Here the first is given: every token begins as a random direction and is then mixed
with those of the tokens that render it, as counted over the word alignments. What is left to learn is where to look.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .align import UNALIGNED

OWN, MEANING, LANGUAGE = 0.4, 0.8, 0.35
"""Weights of a token's own random direction, the one it shares with its translations, and that of its language."""
LEAST_COUNT, LEAST_SHARE = 2, 0.05
"""Renderings that are rarer than this, or a smaller share of a token's renderings, are taken for noise."""
CAUTION = 2
"""Added to every token's count: one that was seen only once or twice is not sure of its translation."""


def make_embeddings(
    tokens: NDArray[np.uint16],
    examples: NDArray[np.int32],
    alignments: NDArray[np.uint8],
    language: NDArray[np.int64],
    tags: list[int],
    vocabulary: int,
    width: int,
) -> NDArray[np.float32]:
    """Unit vectors of shape [vocabulary, width].

    `examples` as in `prepare.COLUMNS`; `language` numbers the target language of each example, 0 to len(tags) − 1;
    `tags` are the tokens that name these languages.
    """
    random = torch.Generator().manual_seed(1)
    source, target, row = aligned_tokens(tokens, examples, alignments)
    into = language[row]
    pairs, count = np.unique((into * vocabulary + source) * vocabulary + target, return_counts=True)
    state, target = np.divmod(pairs, vocabulary)
    into, source = np.divmod(state, vocabulary)
    share = count / (np.bincount(state, count)[state] + CAUTION)
    keep = (share > LEAST_SHARE) & (count >= LEAST_COUNT)
    places = torch.from_numpy(np.stack([source[keep], target[keep]]))
    weights = torch.from_numpy(share[keep].astype(np.float32))
    renders = torch.sparse_coo_tensor(places, weights, (vocabulary,) * 2, check_invariants=True).coalesce()
    own = unit(torch.randn(vocabulary, width, generator=random))
    meaning = own
    for _ in range(3):
        meaning = unit(0.5 * own + renders @ meaning)
    spoken = np.zeros((vocabulary, len(tags)), np.float32)
    np.add.at(spoken, (target, into), count)
    spoken /= spoken.sum(1, keepdims=True) + 1
    spoken[tags] = 3 * np.eye(len(tags))
    languages = torch.from_numpy(spoken) @ unit(torch.randn(len(tags), width, generator=random))
    apart = unit(torch.randn(vocabulary, width, generator=random))
    return unit(OWN * apart + MEANING * meaning + LANGUAGE * languages).numpy()


def aligned_tokens(
    tokens: NDArray[np.uint16], examples: NDArray[np.int32], alignments: NDArray[np.uint8]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Source token, target token and example of every alignment, each [n]."""
    length = examples[:, 3].astype(np.int64)
    row = np.repeat(np.arange(len(examples)), length)
    position = np.arange(len(row)) - np.repeat(np.cumsum(length) - length, length)
    place = alignments[examples[row, 6] + position]
    known = place != UNALIGNED
    row, position, place = row[known], position[known], place[known]
    source = tokens[examples[row, 0] + place].astype(np.int64)
    return source, tokens[examples[row, 2] + position].astype(np.int64), row


def unit(vectors: Tensor) -> Tensor:
    length: Tensor = vectors.norm(dim=1, keepdim=True)
    return vectors / (length + 1e-9)
