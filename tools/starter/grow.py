"""A small network's weights as the beginning of a larger one that computes the same.

New layers stand after the old ones and new hidden units beside them; what they add to the residual stream is zero at
first, so nothing that was learnt is lost.
"""

import torch
from torch import Tensor

Weights = dict[str, Tensor]


def grow(old: Weights, fresh: Weights) -> Weights:
    """The old weights in the shapes of `fresh`, a newly made larger network."""
    return {name: grow_one(name, old.get(name), tensor) for name, tensor in fresh.items()}


def grow_one(name: str, old: Tensor | None, fresh: Tensor) -> Tensor:
    if old is not None and old.shape == fresh.shape:
        return old.clone()
    adds_to_stream = name.endswith((".o.weight", ".f2.weight"))
    grown = torch.zeros_like(fresh) if adds_to_stream else fresh.detach().clone()
    if old is not None:
        grown[tuple(slice(size) for size in old.shape)] = old
    return grown
