"""Parallel text → arrays from which `train.py` draws.

Writes into the work folder:

- `tokens.npy`: uint16, all distinct sentences one after another;
- `alignments.npy`: uint8, for every target token of every example its source position (`align.UNALIGNED`: none);
- `examples.npy`: int32 [n, 7], columns as in `COLUMNS`;
- `embeddings.npy`: float32 [vocabulary, width], where the training begins;
- `meta.json`: vocabulary size and what each group of examples is.

A group is (kind, source language, target language). How often a group is drawn is decided by `batches.py`.
"""

import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import sentencepiece
from numpy.typing import NDArray

from .align import UNALIGNED, Bytes, Ints, Pairs, align, learn_table
from .embed import make_embeddings
from .text import DEVELOPMENT, Example, read_pairs

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

ByLanguages = dict[tuple[str, str], list[Example]]


def prepare(folders: list[Path], spm: Path, out: Path, width: int = 256) -> None:
    """Reads all TSV files of the folders and writes the arrays to `out`."""
    out.mkdir(parents=True, exist_ok=True)
    processor = sentencepiece.SentencePieceProcessor(model_file=str(spm))
    vocabulary: int = processor.get_piece_size()
    by_languages: ByLanguages = defaultdict(list)
    for example in read_pairs(folders):
        by_languages[example.source_language, example.target_language].append(example)
    tokens, place = encode(processor, by_languages)
    arrays = Arrays(processor)
    for languages, examples in sorted(by_languages.items()):
        pairs, kinds = make_pairs(examples, place)
        table = learn_table(tokens, pairs.take(choose(kinds)), vocabulary)
        arrays.add(languages, kinds, pairs, align(tokens, pairs, table))
    arrays.save(out, tokens, width)


class Arrays:
    """The examples of all language pairs, in both directions, as they grow."""

    def __init__(self, processor: sentencepiece.SentencePieceProcessor) -> None:
        self.processor = processor
        self.groups: dict[tuple[str, str, str], int] = {}
        self.rows: list[NDArray[np.int32]] = []
        self.alignments: list[Bytes] = []
        self.aligned = 0
        """Length of all alignments so far"""

    def add(self, languages: tuple[str, str], kinds: list[str], pairs: Pairs, alignments: tuple[Bytes, Bytes]) -> None:
        one, other = languages
        to_other, to_one = alignments
        a, b = pairs.side_a(), pairs.side_b()
        for source, target, s, t, alignment in ((one, other, a, b, to_one), (other, one, b, a, to_other)):
            group = [self.groups.setdefault((kind, source, target), len(self.groups)) for kind in kinds]
            tag = np.full(len(pairs), self.tag(target))
            start = self.aligned + np.cumsum(t[1]) - t[1]
            self.rows.append(np.stack([*s, *t, tag, np.array(group), start], axis=1).astype(np.int32))
            self.alignments.append(alignment)
            self.aligned += len(alignment)
        known = (to_one != UNALIGNED).mean()
        print(f"{one}-{other}: {len(pairs):,} pairs, {known:.0%} of the tokens aligned", flush=True)

    def tag(self, language: str) -> int:
        """The token that asks for this language."""
        number: int = self.processor.piece_to_id(f"__{language}__")
        if number == self.processor.unk_id():
            raise ValueError(f"the SentencePiece model has no piece __{language}__")
        return number

    def save(self, out: Path, tokens: NDArray[np.uint16], width: int) -> None:
        examples, alignments = np.concatenate(self.rows), np.concatenate(self.alignments)
        vocabulary = self.processor.get_piece_size()
        targets = sorted({target for _, _, target in self.groups})
        language = np.array([targets.index(target) for _, _, target in self.groups])[examples[:, 5]]
        learnt = np.array([kind != DEVELOPMENT for kind, _, _ in self.groups])[examples[:, 5]]
        tags = [self.tag(target) for target in targets]
        embeddings = make_embeddings(tokens, examples[learnt], alignments, language[learnt], tags, vocabulary, width)
        np.save(out / "tokens.npy", tokens)
        np.save(out / "examples.npy", examples)
        np.save(out / "alignments.npy", alignments)
        np.save(out / "embeddings.npy", embeddings)
        meta = {"vocabulary": vocabulary, "groups": [list(group) for group in self.groups]}
        (out / "meta.json").write_text(json.dumps(meta, indent=1))


def encode(
    processor: sentencepiece.SentencePieceProcessor, by_languages: ByLanguages
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
    lengths = numbers[:, [1, 3]]
    short = np.flatnonzero((lengths.min(1) > 0) & (lengths.max(1) <= LONGEST))
    kinds = [examples[row].kind for row in short]
    return Pairs(numbers[short]), kinds


def choose(kinds: list[str], seed: int = 1) -> Ints:
    """At most `MOST_PAIRS` rows, never development lines; interface strings only as far as the rest leaves room."""
    rank = np.random.default_rng(seed).random(len(kinds)) + np.array([kind == "ui" for kind in kinds])
    allowed = np.flatnonzero(np.array(kinds) != DEVELOPMENT)
    return np.sort(allowed[np.argsort(rank[allowed])[:MOST_PAIRS]])
