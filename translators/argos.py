"""The engine: Argos packages run by CTranslate2 and SentencePiece directly.

All texts of a call go to the model at once: CTranslate2 sorts them by length and cuts batches of about `batch_tokens`
tokens, on int8 weights. One model per set of weights is kept in memory, however many directions use it. Nothing here
opens a connection, writes text to a log, or changes an underscore.
"""

import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ctranslate2
import sentencepiece

from translators import Direction, Made, Rendered, Span, TranslationError, UnsupportedDirection
from translators.cores import count_cores
from translators.hypotheses import Asked, Part, cut_parts, decode_part, join_parts, pick_batch, score_pieces
from translators.pieces import find_spans
from translators.repeating import repeats_itself
from translators.shelf import Fingerprint, Package, hash_file, pick_packages, scan_packages, take_fingerprint

ENGINE = "argos"
UNREPEATED = (4, 2)  # so many pieces may not come twice where a translation repeated itself: first try, second try
GROWTH, SLACK = 3, 16  # a translation is at most this much longer than the longest source of its call, in pieces


@dataclass(frozen=True, slots=True)
class _Shelved:
    package: Package
    made: Made


@dataclass(frozen=True, slots=True)
class _Model:
    translator: Any
    pieces: Any


@dataclass(slots=True)
class _Slot:
    """The place of one model: loaded by the first who needs it, while others wait; `used` is when last."""

    lock: threading.Lock
    used: float
    users: int = 0
    model: _Model | None = None


class ArgosTranslator:
    """Translator over the packages folder.

    A model is loaded once, when first used, and unloaded when its package goes or it was idle for long; that is
    looked at whenever the engine is asked anything.
    """

    def __init__(
        self,
        packages_dir: Path,
        *,
        threads: int = 0,
        batch_tokens: int = 1024,
        length_penalty: float = 1.0,
        idle_seconds: float = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`threads` 0 means one per core.

        `length_penalty`: hypotheses are ranked by log-probability / length ** penalty; argostranslate has 0.2.
        `idle_seconds`: models that were not used for so long are unloaded; 0 keeps them.
        """
        self._directory = packages_dir
        self._threads = threads or count_cores()
        self._batch_tokens = batch_tokens
        self._length_penalty = length_penalty
        self._idle_seconds = idle_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._fingerprint: Fingerprint | None = None
        self._shelf: dict[Direction, _Shelved] = {}
        self._slots: dict[str, _Slot] = {}

    def directions(self) -> Mapping[Direction, Made]:
        """What the packages folder offers now; it is read again when something in it has changed."""
        with self._lock:
            self._refresh()
            return {direction: shelved.made for direction, shelved in self._shelf.items()}

    def count_loaded(self) -> int:
        """How many models are in memory."""
        with self._lock:
            self._refresh()
            return sum(slot.model is not None for slot in self._slots.values())

    def translate(
        self,
        texts: Sequence[str],
        direction: Direction,
        *,
        beam: int,
        hypotheses: int = 1,
        aligned: Collection[int] = (),
    ) -> list[Rendered]:
        """One result per text, in order; blank texts come back as they are."""
        with self._use(direction) as (model, prefix):
            sound = [_make_sound(text) for text in texts]
            return self._translate(model, Asked(sound, direction, prefix, beam, min(hypotheses, beam), set(aligned)))

    def score(self, pairs: Sequence[tuple[str, str]], direction: Direction) -> list[float]:
        """Mean log-probability per piece (≤ 0) of each second text as the translation of the first; 0: unknown.

        Asked in the direction back, with the pairs turned round, it is the reverse score.
        """
        with self._use(direction) as (model, prefix):
            cut = [
                (
                    model.pieces.encode(_make_sound(source), out_type=str),
                    model.pieces.encode(_make_sound(result), out_type=str),
                )
                for source, result in pairs
            ]
            return score_pieces(model.translator, cut, prefix, self._batch_tokens)

    @contextmanager
    def _use(self, direction: Direction) -> Iterator[tuple[_Model, str]]:
        """The direction's model, kept in memory meanwhile, and its target prefix; its errors as TranslationError."""
        with self._lock:
            self._refresh()
            shelved = self._shelf.get(direction)
            if shelved is None:
                raise UnsupportedDirection(f"no installed package translates {direction}")
            slot = self._slots.setdefault(shelved.made.sha256, _Slot(threading.Lock(), self._clock()))
            slot.users += 1
        try:
            yield self._get_model(slot, shelved), shelved.package.target_prefix
        except (RuntimeError, ValueError) as error:
            raise TranslationError(f"{shelved.made.package} failed on {direction}: {error}") from error
        finally:
            with self._lock:
                slot.users -= 1
                slot.used = self._clock()

    def _translate(self, model: _Model, asked: Asked) -> list[Rendered]:
        whole = [model.pieces.encode(text, out_type=str) if text.strip() else [] for text in asked.texts]
        parts = cut_parts(whole)
        rendered: list[list[list[Rendered]]] = [[] for _ in whole]  # text, part, hypothesis
        spans = {number: find_spans(whole[number], asked.texts[number]) for number in asked.aligned if whole[number]}
        for part, answer in zip(parts, self._answer(model, parts, asked, spans), strict=True):
            rendered[part.text].append(answer)
        return [
            join_parts(each, asked.direction) if each else Rendered(text, 0.0)
            for text, each in zip(asked.texts, rendered, strict=True)
        ]

    def _answer(
        self, model: _Model, parts: list[Part], asked: Asked, spans: Mapping[int, Sequence[Span]]
    ) -> list[list[Rendered]]:
        """The hypotheses for each part; where the best repeats itself, first those of a model that may not."""

        def decode(chosen: list[Part], unrepeated: int = 0) -> list[list[Rendered]]:
            results = self._run(model, chosen, asked, unrepeated) if chosen else []
            return [
                decode_part(model.pieces, result, part, asked, spans.get(part.text))
                for part, result in zip(chosen, results, strict=True)
            ]

        answers = decode(parts)
        sources = [model.pieces.decode(part.pieces) for part in parts]
        circling = [n for n, answer in enumerate(answers) if repeats_itself(answer[0].text, sources[n])]
        half = asked.hypotheses // 2  # who looks at more than the best may find the first answer the better one
        for unrepeated in UNREPEATED:
            again = dict(zip(circling, decode([parts[n] for n in circling], unrepeated), strict=True))
            circling = [n for n, answer in again.items() if repeats_itself(answer[0].text, sources[n])]
            for number in again.keys() - set(circling):
                answers[number] = again[number][: asked.hypotheses - half] + answers[number][:half]
        return answers

    def _run(self, model: _Model, parts: list[Part], asked: Asked, unrepeated: int) -> list[Any]:
        """What the model says; no sequence of `unrepeated` pieces comes twice in it, unless 0."""
        results: list[Any] = model.translator.translate_batch(
            [part.pieces for part in parts],
            target_prefix=[[asked.prefix]] * len(parts) if asked.prefix else None,
            beam_size=asked.beam,
            num_hypotheses=asked.hypotheses,
            max_batch_size=pick_batch(parts, self._batch_tokens, self._threads),
            batch_type="tokens",
            max_decoding_length=GROWTH * max(len(part.pieces) for part in parts) + SLACK,
            no_repeat_ngram_size=unrepeated,
            length_penalty=self._length_penalty,
            replace_unknowns=True,
            return_scores=True,
            return_attention=bool(asked.aligned),
        )
        return results

    def _refresh(self) -> None:
        self._drop_idle()
        fingerprint = take_fingerprint(self._directory)
        if fingerprint == self._fingerprint:
            return
        self._shelf = {
            direction: _Shelved(package, _describe(package))
            for direction, package in pick_packages(scan_packages(self._directory).packages).items()
        }
        wanted = {shelved.made.sha256 for shelved in self._shelf.values()}
        # A call that is under way holds its model until it ends; memory is freed after that.
        self._slots = {sha256: slot for sha256, slot in self._slots.items() if sha256 in wanted}
        self._fingerprint = fingerprint

    def _drop_idle(self) -> None:
        if self._idle_seconds:
            oldest = self._clock() - self._idle_seconds
            self._slots = {sha: slot for sha, slot in self._slots.items() if slot.users or slot.used > oldest}

    def _get_model(self, slot: _Slot, shelved: _Shelved) -> _Model:
        with slot.lock:
            if slot.model is None:
                slot.model = self._load(shelved)
            return slot.model

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


def _describe(package: Package) -> Made:
    return Made(ENGINE, f"{package.name} {package.version}", hash_file(package.model), package.quality)
