"""The state of a training and one step of it: bf16 weights with float32 masters, two optimisers, a running average."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from .batches import SHARE, Batch
from .grow import grow
from .loss import CandidateCrossEntropy, CandidateSampler, guide_attention
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
    muon_rate: float = 4e-3
    """Learning rate of Muon; 0 leaves all to Adam."""
    warm_up: int = 100
    batches: int = 2
    """Batches of an update: each is worked on by one core, so that a core that is busy elsewhere holds up no other."""
    batch_tokens: int = 1280
    """Padded target tokens of a batch."""
    dropout: float = 0.0
    smooth: float = 0.05
    guide: float = 0.7
    """Weight of the attention's guidance by word alignments."""
    averaging: float = 0.999
    """Decay of the running average of the weights, which is what is exported."""
    frequent: int = 1500
    """Tokens that compete in every softmax; of the others those of the batch and some at random."""
    save_every: int = 250
    threads: int = 2
    seed: int = 0
    encoder_layers: int = 6
    decoder_layers: int = 2
    hidden: int = 1536
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

    def __init__(self, settings: Settings, shape: Shape, embeddings: Tensor, frequency: Tensor) -> None:
        self.settings, self.shape = settings, shape
        self.updates = self.tokens = self.first_update = 0
        torch.manual_seed(settings.seed)
        self.model = Translator(shape, settings.dropout)
        self.model.emb.weight.data.copy_(embeddings)
        self.master = {name: p.detach().clone().requires_grad_() for name, p in self.model.named_parameters()}
        self.average = {name: p.detach().clone() for name, p in self.master.items()}
        self.model.to(torch.bfloat16).train()
        self.sampler = CandidateSampler(frequency, settings.frequent)
        self.adding = Lock()
        self.cores = ThreadPoolExecutor(settings.threads, initializer=torch.set_num_threads, initargs=(1,))
        by_muon = [p for name, p in self.master.items() if p.dim() == 2 and name != "emb.weight" and settings.muon_rate]
        by_adam = [p for p in self.master.values() if not any(p is other for other in by_muon)]
        self.adam = torch.optim.AdamW(by_adam, settings.rate, betas=(0.9, 0.98), weight_decay=0.01, fused=True)
        self.muon = Muon(by_muon, settings.muon_rate, cores=self.cores) if by_muon else None

    def update(self, batches: list[Batch]) -> tuple[float, float, int]:
        """One step on some batches together, each a job for the next free core.

        Returns the cross-entropy, the guidance loss (both in nats per token) and the number of target tokens.
        """
        count = sum(int((batch.target_out != PAD).sum()) for batch in batches)
        losses = list(self.cores.map(lambda batch: self.add_gradients(batch, count), batches))
        self.step()
        self.tokens += count
        return sum(loss for loss, _ in losses), sum(guidance for _, guidance in losses), count

    def add_gradients(self, batch: Batch, count: int) -> tuple[float, float]:
        """Adds one batch's share of the gradients of an update over `count` target tokens."""
        model, settings = self.model, self.settings
        states, scores = model.decode(*model.encode(batch.source), batch.target_in)
        keep = batch.target_out != PAD
        targets = batch.target_out[keep]
        candidates = self.sampler.choose(targets)
        loss = CandidateCrossEntropy.apply(  # type: ignore[no-untyped-call]
            states[keep], model.emb.weight, model.bias, targets, candidates, settings.smooth, count
        )
        guidance = torch.stack([guide_attention(seen, batch.alignment) for seen in scores]).mean() / count
        gradients = torch.autograd.grad(loss + settings.guide * guidance, list(model.parameters()))
        with self.adding:
            for master, gradient in zip(self.master.values(), gradients, strict=True):
                if master.grad is None:
                    master.grad = gradient.float()
                else:
                    master.grad.add_(gradient)
        return loss.item(), guidance.item()

    @torch.no_grad()
    def measure(self, batch: Batch) -> float:
        """Cross-entropy over the whole vocabulary, nats per token, without dropout."""
        self.model.eval()
        states, _ = self.model.decode(*self.model.encode(batch.source), batch.target_in)
        keep = batch.target_out != PAD
        logits = functional.linear(states[keep], self.model.emb.weight, self.model.bias)
        self.model.train()
        return functional.cross_entropy(logits.float(), batch.target_out[keep]).item()

    def step(self) -> None:
        self.updates += 1
        share = self.schedule()
        nn.utils.clip_grad_norm_(self.master.values(), 1.0)
        for optimiser, rate in ((self.adam, self.settings.rate), (self.muon, self.settings.muon_rate)):
            if optimiser is not None:
                for group in optimiser.param_groups:
                    group["lr"] = rate * share
                optimiser.step()
                optimiser.zero_grad()
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
        path.with_suffix(".tmp").replace(path)

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
