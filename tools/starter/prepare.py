"""Parallel text → arrays that `train.py` maps into memory.

Writes into the work folder:

- `tokens.npy`: uint16, all distinct sentences one after another;
- `alignments.npy`: uint8, for every target token of every example its source position (`align.UNALIGNED`: none);
- `examples.npy`: int32 [n, 7], see `COLUMNS`;
- `embeddings.npy`: float32 [vocabulary, width], where the training begins;
- `meta.json`: vocabulary size, special tokens, and what each group of examples is.

A group is (kind, source, target). How often a group is drawn is decided by `train.py`.
"""

import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import sentencepiece
from numpy.typing import NDArray

from .align import UNALIGNED, Ints, Pairs, Table, align, learn_table
from .embed import make_embeddings
from .text import Example, read_pairs

COLUMNS = (
    "source offset",
    "source length",
    "target offset",
    "target length",
    "target tag",
    "group",
    "alignment offset",
)
LONGEST = 100
"""Tokens a side; longer sentences are left out."""
MOST_PAIRS = 80_000
"""Pairs of one language pair from which its alignment table is learnt."""

Rows = NDArray[np.int32]


def prepare(folders: list[Path], spm: Path, out: Path, width: int) -> None:
    out.mkdir(parents=True, exist_ok=True)
    processor = sentencepiece.SentencePieceProcessor(model_file=str(spm))
    vocabulary: int = processor.get_piece_size()
    by_languages: dict[tuple[str, str], list[Example]] = defaultdict(list)
    for example in read_pairs(folders):
        by_languages[example.source_language, example.target_language].append(example)
    tokens, place = encode(processor, by_languages)
    groups: dict[tuple[str, str, str], int] = {}
    rows: list[Rows] = []
    alignments: list[NDArray[np.uint8]] = []
    tables: list[Table] = []
    aligned = 0
    for (one, other), examples in sorted(by_languages.items()):
        pairs, kinds = make_pairs(examples, place)
        table = learn_table(tokens, pairs.take(choose(kinds)), vocabulary)
        tables.append(table)
        to_other, to_one = align(tokens, pairs, table)
        a, b = pairs.side_a(), pairs.side_b()
        for source, target, s, t, alignment in ((one, other, a, b, to_one), (other, one, b, a, to_other)):
            group = [groups.setdefault((kind, source, target), len(groups)) for kind in kinds]
            tag = np.full(len(pairs), processor.piece_to_id(f"__{target}__"))
            start = aligned + np.cumsum(t[1]) - t[1]
            rows.append(np.stack([*s, *t, tag, np.array(group), start], axis=1).astype(np.int32))
            alignments.append(alignment)
            aligned += len(alignment)
        print(
            f"{one}-{other}: {len(pairs):,} pairs, {(to_one != UNALIGNED).mean():.0%} of the tokens aligned", flush=True
        )
    np.save(out / "tokens.npy", tokens)
    np.save(out / "examples.npy", np.concatenate(rows))
    np.save(out / "alignments.npy", np.concatenate(alignments))
    np.save(out / "embeddings.npy", make_embeddings(tables, vocabulary, width))
    meta = {"vocabulary": vocabulary, "groups": [list(group) for group in groups]}
    (out / "meta.json").write_text(json.dumps(meta, indent=1))


def encode(
    processor: sentencepiece.SentencePieceProcessor, by_languages: dict[tuple[str, str], list[Example]]
) -> tuple[NDArray[np.uint16], dict[str, tuple[int, int]]]:
    """All distinct sentences as one array of tokens, and each sentence's offset and length in it."""
    texts = list(dict.fromkeys(x for many in by_languages.values() for e in many for x in (e.source, e.target)))
    encoded = [i for k in range(0, len(texts), 50_000) for i in processor.encode(texts[k : k + 50_000])]
    ends = np.cumsum([len(ids) for ids in encoded])
    place = {text: (int(end) - len(ids), len(ids)) for text, ids, end in zip(texts, encoded, ends, strict=True)}
    return np.fromiter((i for ids in encoded for i in ids), np.uint16, int(ends[-1])), place


def make_pairs(examples: list[Example], place: dict[str, tuple[int, int]]) -> tuple[Pairs, list[str]]:
    """The places and kinds of the examples whose sides are neither empty nor too long."""
    numbers = np.array([(*place[e.source], *place[e.target]) for e in examples], np.int64)
    short = (numbers[:, [1, 3]] > 0).all(1) & (numbers[:, [1, 3]] <= LONGEST).all(1)
    kinds = [e.kind for e, keep in zip(examples, short, strict=True) if keep]
    return Pairs(numbers[short]), kinds


def choose(kinds: list[str], seed: int = 1) -> Ints:
    """At most `MOST_PAIRS` rows; strings of user interfaces only as far as the rest leaves room."""
    rank = np.random.default_rng(seed).random(len(kinds)) + np.array([kind == "ui" for kind in kinds])
    return np.sort(np.argsort(rank)[:MOST_PAIRS])
