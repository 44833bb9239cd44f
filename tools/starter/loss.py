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


def choose_candidates(frequent: Tensor, targets: Tensor, vocabulary: int, others: int = 500) -> Candidates:
    """Frequent tokens, all that the batch needs, and some at random, so that none is forgotten."""
    chosen = torch.zeros(vocabulary, dtype=torch.bool)
    chosen[frequent] = True
    chosen[targets] = True
    chosen[torch.randint(vocabulary, (others,))] = True
    return Candidates(chosen.nonzero().squeeze(1), chosen.cumsum(0) - 1)


class CandidateCrossEntropy(torch.autograd.Function):
    """Mean cross-entropy over candidates, with label smoothing; gradients are made on the way forward.

    One buffer of [N, C] serves for logits, probabilities and gradients, which is what makes it fast on a CPU.
    The value returned is the plain cross-entropy in nats per token, without the smoothing.
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
    ) -> Tensor:
        n, c = len(states), len(candidates.tokens)
        right = candidates.rank[targets]
        rows = torch.arange(n)
        weights = table[candidates.tokens]
        z = torch.addmm(bias[candidates.tokens], states, weights.T)
        z.sub_(z.amax(-1, keepdim=True))
        of_target = z[rows, right].float()
        z.exp_()
        total = z.sum(-1, keepdim=True, dtype=torch.float32)
        loss = (total.log().squeeze(1) - of_target).mean()
        z.mul_((1 / (total * n)).to(z.dtype)).sub_(smooth / c / n)
        z[rows, right] -= (1 - smooth) / n
        table_gradient = torch.zeros_like(table)
        table_gradient[candidates.tokens] = z.T @ states
        bias_gradient = torch.zeros_like(bias)
        bias_gradient[candidates.tokens] = z.sum(0, dtype=torch.float32).to(bias.dtype)
        ctx.save_for_backward(z @ weights, table_gradient, bias_gradient)  # type: ignore[attr-defined]
        return loss

    @staticmethod
    def backward(ctx: FunctionCtx, gradient: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        states, table, bias = ctx.saved_tensors  # type: ignore[attr-defined]
        return states, table, bias, None, None, None


def guide_attention(scores: Tensor, alignment: Tensor) -> Tensor:
    """Mean cross-entropy of the first head's attention against the given alignment.

    `scores` [B, H, T, S] before the softmax; `alignment` [B, T] source positions, −1 where none is known.
    """
    known = alignment >= 0
    if not known.any():
        return scores.new_zeros(())
    return torch.nn.functional.cross_entropy(scores[:, 0][known].float(), alignment[known])
