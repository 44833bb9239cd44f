"""First embeddings in which tokens that translate each other lie close together.

A network that starts from random embeddings must find out two things at once: which word renders which, and that it
should look at the source at all. Neither pays without the other, so small models on little text spend millions of
tokens as mere language models. Here the first is given: every token begins as a random direction and is then mixed
with those of the tokens that render it, by the tables of `align.py`. What is left to learn is where to look.
"""

import numpy as np
from numpy.typing import NDArray

from .align import Table

OWN_SHARE = 0.6
"""How much of its own random direction a token keeps: tokens must stay apart from their translations."""


def make_embeddings(tables: list[Table], vocabulary: int, width: int, seed: int = 1) -> NDArray[np.float32]:
    """Unit vectors of shape [vocabulary, width]."""
    rng = np.random.default_rng(seed)
    own = normalised(rng.standard_normal((vocabulary, width), np.float32))
    shared = own
    for _ in range(2):  # two steps, so that az meets ru also by way of en
        shared = normalised(own + spread(tables, shared))
    return normalised(OWN_SHARE * normalised(rng.standard_normal(own.shape, np.float32)) + (1 - OWN_SHARE) * shared)


def spread(tables: list[Table], vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """For every token the mean of its translations' vectors, each weighted by p(translation | token)."""
    out = np.zeros_like(vectors)
    for table in tables:
        a, b = table.a(), table.b
        b_given_a, a_given_b = table.given_each_side()
        for one, other, weight in ((a, b, b_given_a), (b, a, a_given_b)):
            keep = (weight > 0.02) & (table.count > 0.5)
            np.add.at(out, one[keep], weight[keep, None] * vectors[other[keep]])
    return out


def normalised(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    return (vectors / (np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-9)).astype(np.float32)
