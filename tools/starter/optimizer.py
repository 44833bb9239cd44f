"""Muon for the hidden matrices, Adam for everything else.

Muon (Jordan et al. 2024) replaces a matrix's averaged gradient by the nearest orthogonal matrix, so that every
direction of it moves alike; it needs fewer tokens than Adam for the same loss. Matrices that hold several projections
side by side (queries, keys, values) are treated one projection at a time.
"""

from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import Executor

import torch
from torch import Tensor

COEFFICIENTS = (3.4445, -4.7750, 2.0315)


def orthogonalise(matrices: Tensor, rounds: int = 4) -> Tensor:
    """Nearly the nearest orthogonal matrix of each of [n, rows, columns] (rows ≤ columns), by Newton–Schulz steps."""
    a, b, c = COEFFICIENTS
    x: Tensor = matrices.to(torch.bfloat16)
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(rounds):
        square = x @ x.mT
        x = a * x + (b * square + c * square @ square) @ x
    return x.float()


class Muon(torch.optim.Optimizer):
    """Muon with Nesterov momentum; its step has the size of an Adam step of the same learning rate."""

    def __init__(self, parameters: Iterable[Tensor], lr: float, cores: Executor) -> None:
        super().__init__(list(parameters), {"lr": lr, "momentum": 0.95, "weight_decay": 0.01})
        self.cores = cores

    @torch.no_grad()
    def step(self, _closure: None = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            alike: dict[torch.Size, list[tuple[Tensor, Tensor, bool]]] = defaultdict(list)
            for parameter in group["params"]:
                for piece, update in self.pieces(parameter, group["momentum"]):
                    tall = piece.shape[0] > piece.shape[1]
                    update = update.T if tall else update
                    alike[update.shape].append((piece, update, tall))
            for (_, columns), pieces in alike.items():
                halves = torch.stack([update for _, update, _ in pieces]).chunk(2)
                steps = torch.cat(list(self.cores.map(orthogonalise, halves)))
                for (piece, _, tall), step in zip(pieces, steps, strict=True):
                    piece.mul_(1 - group["lr"] * group["weight_decay"])
                    piece.add_(step.T if tall else step, alpha=-group["lr"] * 0.2 * columns**0.5)

    def pieces(self, parameter: Tensor, momentum: float) -> list[tuple[Tensor, Tensor]]:
        """The square or free-standing matrices of a parameter, each with its update before orthogonalising."""
        average = self.state[parameter].setdefault("momentum", torch.zeros_like(parameter))
        assert parameter.grad is not None
        average.lerp_(parameter.grad, 1 - momentum)
        update = torch.lerp(parameter.grad, average, momentum)
        rows, columns = parameter.shape
        count = rows // columns if rows in (2 * columns, 3 * columns) else 1
        return list(zip(parameter.chunk(count), update.chunk(count), strict=True))
