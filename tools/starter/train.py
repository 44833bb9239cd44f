"""Training on a CPU: bf16 weights with float32 masters, resumable at any time.

The schedule counts updates, never hours, so a run may be paused (SIGSTOP), killed and started again as often as the
machine is needed for something else. `last.pt` is written every `save_every` updates and when the process is asked to
stop (SIGTERM, SIGINT).
"""

import json
import os
import signal
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .batches import SHARE, Batch, Corpus, development_batches, draw_batches
from .grow import grow
from .loss import CandidateCrossEntropy, choose_candidates, guide_attention
from .model import PAD, Shape, Translator
from .optimizer import Muon


@dataclass(frozen=True)
class Settings:
    """What a run may change; the defaults are those of the published model."""

    updates: int = 1_000_000
    """Update at which the run ends, counted from the very first."""
    anneal: int = 0
    """Updates at the end over which the learning rates fall to zero."""
    rate: float = 1e-3
    """Learning rate of Adam."""
    muon_rate: float = 2e-3
    """Learning rate of Muon; 0 leaves all to Adam."""
    warm_up: int = 300
    batch_tokens: int = 4096
    """Padded target tokens of an update."""
    dropout: float = 0.0
    smooth: float = 0.05
    guide: float = 0.3
    """Weight of the attention's guidance by word alignments."""
    averaging: float = 0.999
    """Decay of the running average of the weights, which is what is exported."""
    frequent: int = 4000
    """Tokens that compete in every softmax."""
    save_every: int = 250
    threads: int = 2
    seed: int = 0
    encoder_layers: int = 4
    decoder_layers: int = 2
    hidden: int = 1024
    shares: dict[str, float] = field(default_factory=lambda: dict(SHARE))

    def shape(self, vocabulary: int, width: int) -> Shape:
        return Shape(
            vocabulary,
            width,
            hidden=self.hidden,
            heads=width // 64,
            encoder_layers=self.encoder_layers,
            decoder_layers=self.decoder_layers,
        )


class Trainer:
    """Weights, optimisers and counters: everything that a checkpoint holds."""

    def __init__(self, settings: Settings, shape: Shape, embeddings: Tensor | None) -> None:
        self.settings, self.shape = settings, shape
        self.updates = self.tokens = self.first_update = 0
        torch.manual_seed(settings.seed)
        self.model = Translator(shape, settings.dropout)
        if embeddings is not None:
            self.model.emb.weight.data.copy_(embeddings)
        self.master = {name: p.detach().clone().requires_grad_() for name, p in self.model.named_parameters()}
        self.average = {name: p.detach().clone() for name, p in self.master.items()}
        self.model.to(torch.bfloat16).train()
        by_muon = [p for name, p in self.master.items() if p.dim() == 2 and name != "emb.weight" and settings.muon_rate]
        by_adam = [p for p in self.master.values() if not any(p is other for other in by_muon)]
        self.adam = torch.optim.AdamW(by_adam, settings.rate, betas=(0.9, 0.98), weight_decay=0.01, fused=True)
        self.muon = Muon(by_muon, settings.muon_rate) if by_muon else None

    def update(self, batch: Batch, frequent: Tensor) -> tuple[float, float, int]:
        """One step; returns the cross-entropy, the guidance loss (nats per token) and the number of target tokens."""
        model, settings = self.model, self.settings
        states, scores = model.decode(*model.encode(batch.source), batch.target_in)
        keep = batch.target_out != PAD
        targets = batch.target_out[keep]
        candidates = choose_candidates(frequent, targets, self.shape.vocabulary)
        loss = CandidateCrossEntropy.apply(
            states[keep], model.emb.weight, model.bias, targets, candidates, settings.smooth
        )
        guidance = torch.zeros(())
        if settings.guide:
            guidance = torch.stack([guide_attention(seen, batch.alignment) for seen in scores]).mean()
        (loss + settings.guide * guidance).backward()
        self.step()
        self.tokens += len(targets)
        return loss.item(), guidance.item(), len(targets)

    @torch.no_grad()
    def measure(self, batch: Batch) -> float:
        """Cross-entropy over the whole vocabulary, nats per token, without dropout."""
        self.model.eval()
        states, _ = self.model.decode(*self.model.encode(batch.source), batch.target_in)
        keep = batch.target_out != PAD
        logits = F.linear(states[keep], self.model.emb.weight, self.model.bias)
        self.model.train()
        return F.cross_entropy(logits.float(), batch.target_out[keep]).item()

    def step(self) -> None:
        self.updates += 1
        share = self.schedule()
        for name, parameter in self.model.named_parameters():
            self.master[name].grad = None if parameter.grad is None else parameter.grad.float()
            parameter.grad = None
        nn.utils.clip_grad_norm_(self.master.values(), 1.0)
        for optimiser, rate in ((self.adam, self.settings.rate), (self.muon, self.settings.muon_rate)):
            if optimiser is not None:
                for group in optimiser.param_groups:
                    group["lr"] = rate * share
                optimiser.step()
        with torch.no_grad():
            decay = min(self.settings.averaging, self.updates / (self.updates + 10))
            for name, parameter in self.model.named_parameters():
                parameter.copy_(self.master[name])
                self.average[name].lerp_(self.master[name], 1 - decay)

    def schedule(self) -> float:
        """Share of the full learning rate: rises, stays, falls at the very end."""
        rising = (self.updates - self.first_update) / max(1, self.settings.warm_up)
        left = (self.settings.updates - self.updates) / self.settings.anneal if self.settings.anneal else 1.0
        return max(0.0, min(1.0, rising, left))

    def save(self, path: Path) -> None:
        state = {
            "shape": asdict(self.shape),
            "master": {name: p.detach() for name, p in self.master.items()},
            "average": self.average,
            "adam": self.adam.state_dict(),
            "muon": self.muon.state_dict() if self.muon else None,
            "updates": self.updates,
            "tokens": self.tokens,
        }
        torch.save(state, path.with_suffix(".tmp"))
        os.replace(path.with_suffix(".tmp"), path)

    def load(self, state: dict[str, Any]) -> None:
        """Goes on from a checkpoint; one of a smaller network is grown, and the optimisers begin anew."""
        fresh = {name: p.detach() for name, p in self.master.items()}
        master, average = grow(state["master"], fresh), grow(state["average"], fresh)
        with torch.no_grad():
            for name, parameter in self.model.named_parameters():
                self.master[name].copy_(master[name])
                self.average[name].copy_(average[name])
                parameter.copy_(master[name])
        self.updates, self.tokens = state["updates"], state["tokens"]
        if state["shape"] != asdict(self.shape):
            self.first_update = self.updates
            return
        self.adam.load_state_dict(state["adam"])
        if self.muon and state["muon"]:
            self.muon.load_state_dict(state["muon"])


def train(work: Path, settings: Settings) -> None:
    """Trains on what `prepare.py` wrote to `work` until `settings.updates`; goes on from `last.pt` if it is there."""
    torch.set_num_threads(settings.threads)
    corpus = Corpus(work)
    embeddings = torch.from_numpy(np.load(work / "embeddings.npy"))
    shape = settings.shape(corpus.vocabulary, embeddings.shape[1])
    trainer = Trainer(settings, shape, embeddings)
    checkpoint = work / "last.pt"
    if checkpoint.exists():
        trainer.load(torch.load(checkpoint))
    (work / "settings.json").write_text(json.dumps(asdict(settings), indent=1))
    stop = stop_when_asked()
    batches = draw_batches(corpus, settings.shares, settings.batch_tokens, settings.seed + trainer.updates)
    development = development_batches(corpus)
    report = Report(trainer)
    frequent = corpus.frequent_tokens(settings.frequent)
    while trainer.updates < settings.updates and not stop:
        report.add(*trainer.update(next(batches), frequent))
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
