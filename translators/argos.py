"""The engine: Argos packages run by CTranslate2 and SentencePiece directly.

All texts of a call go to the model at once: CTranslate2 sorts them by length and cuts batches of about `batch_tokens`
tokens, on int8 weights. One model per set of weights is kept in memory, however many directions use it. Nothing here
opens a connection, writes text to a log, or changes an underscore.
"""

import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ctranslate2
import sentencepiece

from translators import Direction, Made, Rendered, TranslationError, UnsupportedDirection
from translators.pieces import cut_pieces
from translators.shelf import Package, hash_file, list_folders, pick_packages, scan_packages

ENGINE = "argos"
LONGEST_SENTENCE = 200  # pieces; longer ones are cut and joined again
GROWTH, SLACK = 3, 16  # a translation is at most this much longer than the longest source of its call, in pieces

_Fingerprint = tuple[tuple[object, ...], ...]


@dataclass(frozen=True, slots=True)
class _Shelved:
    package: Package
    made: Made


@dataclass(frozen=True, slots=True)
class _Model:
    translator: Any
    pieces: Any


@dataclass(frozen=True, slots=True)
class _Part:
    """A stretch of one text, as the model's pieces."""

    text: int
    pieces: list[str]


class ArgosTranslator:
    """Translator over the packages folder. Models are loaded when first used, unloaded when their package goes."""

    def __init__(
        self,
        packages_dir: Path,
        *,
        threads: int = 0,
        batch_tokens: int = 1024,
        no_repeat_ngram: int = 0,
        length_penalty: float = 1.0,
    ) -> None:
        """`threads` 0 means one per core; `no_repeat_ngram` > 0 forbids the model to repeat n pieces.

        `length_penalty`: hypotheses are ranked by log-probability / length ** penalty; argostranslate has 0.2.
        """
        self._directory = packages_dir
        self._threads = threads or _count_cores()
        self._batch_tokens = batch_tokens
        self._no_repeat_ngram = no_repeat_ngram
        self._length_penalty = length_penalty
        self._lock = threading.Lock()
        self._fingerprint: _Fingerprint | None = None
        self._shelf: dict[Direction, _Shelved] = {}
        self._models: dict[str, _Model] = {}

    def directions(self) -> Mapping[Direction, Made]:
        """What the packages folder offers now; it is read again when something in it has changed."""
        with self._lock:
            self._refresh()
            return {direction: shelved.made for direction, shelved in self._shelf.items()}

    def translate(self, texts: Sequence[str], direction: Direction, *, beam: int) -> list[Rendered]:
        """One result per text, in order; blank texts come back as they are."""
        with self._lock:
            self._refresh()
            shelved = self._shelf.get(direction)
            if shelved is None:
                raise UnsupportedDirection(f"no installed package translates {direction}")
            model = self._get_model(shelved)
        parts = [
            _Part(number, pieces)
            for number, text in enumerate(texts)
            if text.strip()
            for pieces in cut_pieces(model.pieces.encode(_make_sound(text), out_type=str), LONGEST_SENTENCE)
        ]
        try:
            rendered = self._run(model, parts, shelved.package.target_prefix, beam)
        except (RuntimeError, ValueError) as error:
            raise TranslationError(f"{shelved.made.package} failed on {direction}: {error}") from error
        return _join_parts(texts, parts, rendered, direction)

    def _run(self, model: _Model, parts: list[_Part], prefix: str, beam: int) -> list[Rendered]:
        if not parts:
            return []
        results = model.translator.translate_batch(
            [part.pieces for part in parts],
            target_prefix=[[prefix]] * len(parts) if prefix else None,
            beam_size=beam,
            max_batch_size=self._batch_tokens,
            batch_type="tokens",
            max_decoding_length=GROWTH * max(len(part.pieces) for part in parts) + SLACK,
            no_repeat_ngram_size=self._no_repeat_ngram,
            length_penalty=self._length_penalty,
            replace_unknowns=True,
            return_scores=True,
        )
        return [_decode(model, result, prefix) for result in results]

    def _refresh(self) -> None:
        fingerprint = _take_fingerprint(self._directory)
        if fingerprint == self._fingerprint:
            return
        self._shelf = {
            direction: _Shelved(package, _describe(package))
            for direction, package in pick_packages(scan_packages(self._directory).packages).items()
        }
        wanted = {shelved.made.sha256 for shelved in self._shelf.values()}
        # A call that is under way holds its model until it ends; memory is freed after that.
        self._models = {sha256: model for sha256, model in self._models.items() if sha256 in wanted}
        self._fingerprint = fingerprint

    def _get_model(self, shelved: _Shelved) -> _Model:
        model = self._models.get(shelved.made.sha256)
        if model is None:
            model = self._models[shelved.made.sha256] = self._load(shelved)
        return model

    def _load(self, shelved: _Shelved) -> _Model:
        try:
            return _Model(
                ctranslate2.Translator(
                    str(shelved.package.folder / "model"),
                    device="cpu",
                    compute_type="int8",
                    inter_threads=self._threads,
                    intra_threads=1,
                ),
                sentencepiece.SentencePieceProcessor(model_file=str(shelved.package.sentencepiece)),
            )
        except (RuntimeError, OSError, ValueError) as error:
            raise TranslationError(f"{shelved.made.package} cannot be loaded: {error}") from error


def _make_sound(text: str) -> str:
    """The text without half characters (lone surrogates), which SentencePiece cannot take."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _count_cores() -> int:
    """The cores that this process may use, which in a container are fewer than the machine's."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _describe(package: Package) -> Made:
    return Made(ENGINE, f"{package.name} {package.version}", hash_file(package.model), package.quality)


def _take_fingerprint(directory: Path) -> _Fingerprint:
    """Changes when a package comes, goes, or is completed file by file."""
    marks: list[tuple[object, ...]] = []
    for folder in list_folders(directory):
        for path in (folder / "metadata.json", folder / "sentencepiece.model", folder / "model" / "model.bin"):
            try:
                status = path.stat()
            except OSError:
                continue
            marks.append((str(path), status.st_ino, status.st_size, status.st_mtime_ns))
    return tuple(marks)


def _decode(model: _Model, result: Any, prefix: str) -> Rendered:
    pieces = result.hypotheses[0]
    if prefix and pieces[:1] == [prefix]:
        pieces = pieces[1:]
    return Rendered(model.pieces.decode(pieces).strip(), min(0.0, result.scores[0]))


def _join_parts(
    texts: Sequence[str], parts: list[_Part], rendered: list[Rendered], direction: Direction
) -> list[Rendered]:
    gap = "" if direction.target.partition("-")[0] in ("zh", "ja") else " "
    by_text: dict[int, list[Rendered]] = {}
    for part, each in zip(parts, rendered, strict=True):
        by_text.setdefault(part.text, []).append(each)
    joined = []
    for number, text in enumerate(texts):
        pieces = by_text.get(number)
        if pieces is None:
            joined.append(Rendered(text, 0.0))
        else:
            score = sum(each.score for each in pieces) / len(pieces)
            joined.append(Rendered(gap.join(each.text for each in pieces if each.text), score))
    return joined
