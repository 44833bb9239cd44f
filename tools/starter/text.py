"""Parallel text on disk: pairs, multi-way files, and the lines that are kept out of training.

Every file is tab-separated with a header of language codes. `KIND.SRC-TGT.tsv` (or `.tsv.gz`) holds pairs of one kind
of text; a file with three or more languages is multi-way text of the newsroom's own. A column `kind` marks lists of
terms. Cells hold one sentence each.
"""

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

ENGLISH = "en"
DIRECT = frozenset({("az", "tr"), ("az", "ru"), ("tr", "ru")})
"""Pairs that are learnt directly beside those with English; all others go through English."""
DEVELOPMENT = "development"
"""Kind of the lines that are measured on and never learnt from."""


@dataclass(frozen=True)
class Example:
    """A sentence and its translation; `kind` is the sort of text that it comes from."""

    kind: str
    source_language: str
    target_language: str
    source: str
    target: str


def is_direct(source: str, target: str) -> bool:
    return ENGLISH in (source, target) or (source, target) in DIRECT or (target, source) in DIRECT


def is_development(english: str) -> bool:
    """Whether a line of multi-way text is for measuring: every 20th, chosen by its English, never by its place."""
    return zlib.crc32(english.encode()) % 20 == 0


def read_rows(path: Path) -> Iterator[dict[str, str]]:
    """The lines of a TSV file by column name; lines with the wrong number of cells are left out."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        head = file.readline().rstrip("\n").split("\t")
        for line in file:
            cells = line.rstrip("\n").split("\t")
            if len(cells) == len(head):
                yield dict(zip(head, cells, strict=True))


def find_files(folders: list[Path]) -> list[Path]:
    return sorted(
        path for folder in folders for path in folder.glob("*.tsv*") if path.name.endswith((".tsv", ".tsv.gz"))
    )


def read_pairs(folders: list[Path]) -> Iterator[Example]:
    """Every pair once, in alphabetical order of its languages."""
    for path in find_files(folders):
        for row in read_rows(path):
            kind = row.pop("kind", None)
            languages = sorted(row)
            if len(languages) == 2:
                kind = path.name.split(".")[0]
            elif kind is not None:
                kind = "terms"
            else:
                kind = DEVELOPMENT if is_development(row[ENGLISH]) else "own"
            for one, other in combinations(languages, 2):
                if is_direct(one, other) and row[one] and row[other]:
                    yield Example(kind, one, other, row[one], row[other])


def read_development(folders: list[Path]) -> list[dict[str, str]]:
    """The development lines of all multi-way text, languages to sentences."""
    rows = (row for path in find_files(folders) for row in read_rows(path))
    return [row for row in rows if "kind" not in row and len(row) > 2 and is_development(row[ENGLISH])]
