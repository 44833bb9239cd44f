"""The loop of a training, resumable at any time.

The schedule counts updates, never hours, so a run may be paused (SIGSTOP), killed and started again as often as the
machine is needed for something else. `last.pt` is written every `save_every` updates and when the process is asked to
stop (SIGTERM, SIGINT).
"""

import json
import signal
import time
from dataclasses import asdict
from itertools import islice
from pathlib import Path

import numpy as np
import torch

from .batches import Batch, Corpus, development_batches, draw_batches
from .trainer import Settings, Trainer


def train(work: Path, settings: Settings) -> None:
    """Trains on what `prepare.py` wrote to `work` until `settings.updates`; goes on from `last.pt` if it is there."""
    torch.set_num_threads(1)  # cores share work by whole batches
    corpus = Corpus(work)
    embeddings = torch.from_numpy(np.load(work / "embeddings.npy"))
    shape = settings.shape(corpus.vocabulary, embeddings.shape[1])
    trainer = Trainer(settings, shape, embeddings, corpus.frequency())
    checkpoint = work / "last.pt"
    if checkpoint.exists():
        trainer.load(torch.load(checkpoint))
    (work / "settings.json").write_text(json.dumps(asdict(settings), indent=1))
    stop = stop_when_asked()
    batches = draw_batches(corpus, settings.shares, settings.batch_tokens, settings.seed + trainer.updates)
    development = development_batches(corpus)
    report = Report(trainer)
    while trainer.updates < settings.updates and not stop:
        report.add(*trainer.update(list(islice(batches, settings.batches))))
        if trainer.updates % settings.save_every == 0:
            trainer.save(checkpoint)
            report.development(development)
    trainer.save(checkpoint)


def stop_when_asked() -> list[int]:
    """A list that stays empty until the process is asked to stop."""
    asked: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda got, _: asked.append(got))
    return asked


class Report:
    """A line every 50 updates: losses in nats per token, speed in target tokens a second."""

    def __init__(self, trainer: Trainer, every: int = 50) -> None:
        self.trainer, self.every = trainer, every
        self.start_again()

    def start_again(self) -> None:
        self.began, self.loss, self.guidance, self.count = time.monotonic(), 0.0, 0.0, 0

    def add(self, loss: float, guidance: float, count: int) -> None:
        self.loss += loss * count
        self.guidance += guidance * count
        self.count += count
        if self.trainer.updates % self.every == 0:
            speed = self.count / (time.monotonic() - self.began)
            print(
                f"{self.trainer.updates} loss {self.loss / self.count:.3f} guidance {self.guidance / self.count:.3f} "
                f"{speed:.0f} tokens/s, {self.trainer.tokens / 1e6:.2f} M tokens",
                flush=True,
            )
            self.start_again()

    def development(self, batches: dict[str, Batch]) -> None:
        losses = {direction: self.trainer.measure(batch) for direction, batch in batches.items()}
        if losses:
            mean = sum(losses.values()) / len(losses)
            each = " ".join(f"{direction} {loss:.2f}" for direction, loss in losses.items())
            print(f"{self.trainer.updates} development {mean:.3f}: {each}", flush=True)
