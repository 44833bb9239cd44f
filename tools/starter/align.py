"""Word alignments between the two sides of parallel text, learnt by expectation maximisation.

The model is IBM model 1 with a preference for the diagonal, run in both directions at once and made to agree
(Liang, Taskar & Klein 2006): a cell counts only as far as both directions believe in it. Two things come out of it:

- for every target token the source token it renders, which teaches one attention head where to look (`loss.py`);
- a table of which token renders which, from which the first embeddings are made (`embed.py`).

Sentences are token ids of one shared vocabulary. A *cell* is one (token of side A, token of side B) of one pair.
"""

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

Tokens = NDArray[np.uint16]
Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]

UNALIGNED = 255
"""Marks a token that renders nothing on the other side; source positions are stored as one byte below this."""
DIAGONAL = 3.0
"""How fast belief falls with the distance from the diagonal; 0 would be plain IBM model 1."""
LEAST_BELIEF = 0.2
"""A token whose best cell is believed in less than this counts as unaligned."""


@dataclass(frozen=True)
class Pairs:
    """n sentence pairs as places in one token array, [n, 4]: offset and length of side A, then of side B."""

    places: Ints

    def __len__(self) -> int:
        return len(self.places)

    def take(self, rows: Ints) -> "Pairs":
        return Pairs(self.places[rows])

    def side_a(self) -> tuple[Ints, Ints]:
        return self.places[:, 0], self.places[:, 1]

    def side_b(self) -> tuple[Ints, Ints]:
        return self.places[:, 2], self.places[:, 3]


@dataclass(frozen=True)
class Table:
    """How often tokens of A and B render each other: a sparse matrix by rows of A, B tokens sorted within a row."""

    start: Ints
    """[V + 1] where the row of each A token begins"""
    b: Ints
    """[n] B tokens"""
    count: Floats
    """[n]"""

    def a(self) -> Ints:
        return np.repeat(np.arange(len(self.start) - 1), np.diff(self.start))

    def given_each_side(self) -> tuple[Floats, Floats]:
        """p(B | A) and p(A | B) of every entry."""
        a, size = self.a(), len(self.start) - 1
        total_a = np.bincount(a, self.count, size)[a] + 1e-9
        total_b = np.bincount(self.b, self.count, size)[self.b] + 1e-9
        return (self.count / total_a).astype(np.float32), (self.count / total_b).astype(np.float32)


def learn_table(tokens: Tokens, pairs: Pairs, vocabulary: int, rounds: int = 5) -> Table:
    """The table after `rounds` rounds of expectation maximisation over the pairs, begun with all cells alike."""
    key = np.unique(list_cells(tokens, pairs.places, vocabulary))
    a, b = np.divmod(key, vocabulary)
    table = Table(np.searchsorted(a, np.arange(vocabulary + 1)), b, np.ones(len(key), np.float32))
    for _ in range(rounds):
        count = count_beliefs(tokens, pairs.places, table.start, table.b, *table.given_each_side())
        table = Table(table.start, b, count.astype(np.float32))
    return table


def align(tokens: Tokens, pairs: Pairs, table: Table) -> tuple[Bytes, Bytes]:
    """For every token of A its position in B, and for every token of B its position in A (`UNALIGNED`: none).

    Both arrays run over the pairs one after another: shapes [sum of A lengths] and [sum of B lengths].
    """
    return find_best(tokens, pairs.places, table.start, table.b, *table.given_each_side())


@numba.njit(cache=True)
def list_cells(tokens: Tokens, places: Ints, vocabulary: int) -> Ints:
    """The key (token A × vocabulary + token B) of every cell."""
    out = np.empty((places[:, 1] * places[:, 3]).sum(), np.int64)
    n = 0
    for p in range(len(places)):
        a_offset, a_length, b_offset, b_length = places[p]
        for i in range(a_length):
            for j in range(b_length):
                out[n] = np.int64(tokens[a_offset + i]) * vocabulary + np.int64(tokens[b_offset + j])
                n += 1
    return out


@numba.njit(cache=True)
def believe(
    tokens: Tokens, place: Ints, start: Ints, b: Ints, b_given_a: Floats, a_given_b: Floats
) -> tuple[Floats, Ints]:
    """How far both directions believe in each cell of a pair, 0 to 1, and the cell's entry in the table (−1: none)."""
    a_offset, a_length, b_offset, b_length = place
    entry = np.full((a_length, b_length), -1, np.int64)
    to_b = np.zeros((a_length, b_length), np.float32)
    to_a = np.zeros((a_length, b_length), np.float32)
    for i in range(a_length):
        first, last = start[tokens[a_offset + i]], start[np.int64(tokens[a_offset + i]) + 1]
        row = b[first:last]
        for j in range(b_length):
            n = np.searchsorted(row, np.int64(tokens[b_offset + j]))
            if n < len(row) and row[n] == tokens[b_offset + j]:
                prior = np.exp(-DIAGONAL * abs((i + 0.5) / a_length - (j + 0.5) / b_length))
                entry[i, j] = first + n
                to_b[i, j] = b_given_a[first + n] * prior
                to_a[i, j] = a_given_b[first + n] * prior
    of_b, of_a = to_b.sum(0), to_a.sum(1)
    for i in range(a_length):
        for j in range(b_length):
            to_b[i, j] = np.sqrt(to_b[i, j] / (of_b[j] + 1e-9) * to_a[i, j] / (of_a[i] + 1e-9))
    return to_b, entry


@numba.njit(cache=True)
def count_beliefs(
    tokens: Tokens, places: Ints, start: Ints, b: Ints, b_given_a: Floats, a_given_b: Floats
) -> NDArray[np.float64]:
    """The sum of beliefs in each entry of the table over all pairs, [n]."""
    count = np.zeros(len(b))
    for p in range(len(places)):
        belief, entry = believe(tokens, places[p], start, b, b_given_a, a_given_b)
        for i in range(belief.shape[0]):
            for j in range(belief.shape[1]):
                if entry[i, j] >= 0:
                    count[entry[i, j]] += belief[i, j]
    return count


@numba.njit(cache=True)
def find_best(
    tokens: Tokens, places: Ints, start: Ints, b: Ints, b_given_a: Floats, a_given_b: Floats
) -> tuple[Bytes, Bytes]:
    """The most believed position on the other side for every token of A and of B."""
    to_b = np.full(places[:, 1].sum(), UNALIGNED, np.uint8)
    to_a = np.full(places[:, 3].sum(), UNALIGNED, np.uint8)
    done_a = done_b = 0
    for p in range(len(places)):
        belief, _ = believe(tokens, places[p], start, b, b_given_a, a_given_b)
        for i in range(belief.shape[0]):
            best = np.argmax(belief[i])
            if belief[i, best] >= LEAST_BELIEF:
                to_b[done_a + i] = best
        for j in range(belief.shape[1]):
            best = np.argmax(belief[:, j])
            if belief[best, j] >= LEAST_BELIEF:
                to_a[done_b + j] = best
        done_a += belief.shape[0]
        done_b += belief.shape[1]
    return to_b, to_a
