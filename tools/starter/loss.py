"""The two losses: predicting the next token, and looking at the source token that it renders."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx


@dataclass(frozen=True)
class Candidates:
    """The tokens that compete in the softmax of one batch: scoring all of the vocabulary would double the cost."""

    tokens: Tensor
    """[C], sorted token ids"""
    rank: Tensor
    """[V], each token's place among the candidates (meaningless for others)"""
    log_chance: Tensor
    """[C], logarithm of the chance that a token is a candidate: one that seldom is speaks for all that are not"""


class CandidateSampler:
    """Chooses the most frequent tokens, all that the batch needs, and some others at random."""

    def __init__(self, frequency: Tensor, frequent: int, others: int = 500) -> None:
        """`frequency` [V]: each token's share of all tokens."""
        self.vocabulary, self.others = len(frequency), others
        self.frequent = frequency.argsort(descending=True)[:frequent]
        self.frequency = frequency

    def choose(self, targets: Tensor) -> Candidates:
        chosen = torch.zeros(self.vocabulary, dtype=torch.bool)
        chosen[self.frequent] = True
        chosen[targets] = True
        chosen[torch.randint(self.vocabulary, (self.others,))] = True
        absent = torch.exp(-self.frequency * len(targets) - self.others / self.vocabulary)
        absent[self.frequent] = 0
        tokens = chosen.nonzero().squeeze(1)
        return Candidates(tokens, chosen.cumsum(0) - 1, torch.log1p(-absent[tokens]))


class CandidateCrossEntropy(torch.autograd.Function):
    """Cross-entropy over candidates, with label smoothing; gradients are made on the way forward.

    One buffer of [N, C] serves for logits, probabilities and gradients, which is what makes it fast on a CPU.
    The value returned is the plain cross-entropy, summed and divided by `count`, without the smoothing.
    """

    @staticmethod
    def forward(
        ctx: FunctionCtx,
        states: Tensor,
        table: Tensor,
        bias: Tensor,
        targets: Tensor,
        candidates: Candidates,
        smooth: float,
        count: int,
    ) -> Tensor:
        c = len(candidates.tokens)
        right = candidates.rank[targets]
        rows = torch.arange(len(states))
        weights = table[candidates.tokens]
        log_chance = candidates.log_chance.to(states.dtype)
        z = torch.addmm(bias[candidates.tokens] - log_chance, states, weights.T)
        z[rows, right] += log_chance[right]  # a row's own target is there for certain
        z.sub_(z.amax(-1, keepdim=True))
        of_target = z[rows, right].float()
        z.exp_()
        total = z.sum(-1, keepdim=True, dtype=torch.float32)
        loss = (total.log().squeeze(1) - of_target).sum() / count
        z.mul_((1 / (total * count)).to(z.dtype)).sub_(smooth / c / count)
        z[rows, right] -= (1 - smooth) / count
        table_gradient = torch.zeros_like(table)
        table_gradient[candidates.tokens] = z.T @ states
        bias_gradient = torch.zeros_like(bias)
        bias_gradient[candidates.tokens] = z.sum(0, dtype=torch.float32).to(bias.dtype)
        ctx.save_for_backward(z @ weights, table_gradient, bias_gradient)
        return loss

    @staticmethod
    def backward(ctx: FunctionCtx, _gradient: Tensor) -> tuple[Tensor | None, ...]:
        states, table, bias = ctx.saved_tensors  # type: ignore[attr-defined]
        return states, table, bias, None, None, None, None


def guide_attention(scores: Tensor, alignment: Tensor) -> Tensor:
    """Cross-entropy of the first head's attention against the given alignment, summed over the target.

    `scores` [B, H, T, S] before the softmax; `alignment` [B, T] source positions, −1 where none is known.
    """
    known = alignment >= 0
    if not known.any():
        return scores.new_zeros(())
    return torch.nn.functional.cross_entropy(scores[:, 0][known].float(), alignment[known], reduction="sum")
