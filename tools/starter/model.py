"""The network: a pre-norm Transformer with a deep encoder and a shallow decoder, as CTranslate2 runs it.

One embedding table serves source, target and output. Shapes are named B (sentences), S (source tokens), T (target
tokens), D (width), V (vocabulary), H (heads). Batches are padded with token 0.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

PAD, BOS, EOS = 0, 2, 3
LONGEST = 256
"""Positions that the network knows."""


@dataclass(frozen=True)
class Shape:
    """Size of the network; these defaults make 12 million parameters, 14 MB as int8."""

    vocabulary: int
    width: int = 256
    hidden: int = 1536
    heads: int = 4
    encoder_layers: int = 6
    decoder_layers: int = 2


class Attention(nn.Module):
    """Multi-head attention; queries, keys and values are one matrix for self-attention, two for cross-attention."""

    def __init__(self, width: int, heads: int, cross: bool) -> None:
        super().__init__()
        self.heads, self.cross = heads, cross
        if cross:
            self.q = nn.Linear(width, width, bias=False)
            self.kv = nn.Linear(width, 2 * width, bias=False)
        else:
            self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.o = nn.Linear(width, width, bias=False)

    def forward(self, x: Tensor, mask: Tensor | None, memory: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Output [B, T, D] and attention scores [B, H, T, S] before the softmax."""
        if memory is None:
            q, k, v = self.qkv(x).chunk(3, -1)
        else:
            q, (k, v) = self.q(x), self.kv(memory).chunk(2, -1)
        q, k, v = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in (q, k, v))
        scores = (q * q.shape[-1] ** -0.5) @ k.transpose(2, 3)
        if mask is not None:
            scores = scores + mask
        mixed = scores.softmax(-1) @ v
        return self.o(mixed.transpose(1, 2).flatten(2)), scores


class Layer(nn.Module):
    def __init__(self, shape: Shape, dropout: float, decoder: bool) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.n1, self.sa = nn.LayerNorm(shape.width), Attention(shape.width, shape.heads, cross=False)
        if decoder:
            self.nc, self.ca = nn.LayerNorm(shape.width), Attention(shape.width, shape.heads, cross=True)
        self.n2 = nn.LayerNorm(shape.width)
        self.f1 = nn.Linear(shape.width, shape.hidden, bias=False)
        self.f2 = nn.Linear(shape.hidden, shape.width, bias=False)

    def forward(
        self, x: Tensor, mask: Tensor | None, memory: Tensor | None = None, memory_mask: Tensor | None = None
    ) -> tuple[Tensor, Tensor | None]:
        """The layer's output [B, T, D] and, in a decoder, its cross-attention scores [B, H, T, S]."""
        scores = None
        x = x + self.dropout(self.sa(self.n1(x), mask)[0])
        if memory is not None:
            seen, scores = self.ca(self.nc(x), memory_mask, memory)
            x = x + self.dropout(seen)
        return x + self.dropout(self.f2(functional.relu(self.f1(self.n2(x))))), scores


class Translator(nn.Module):
    def __init__(self, shape: Shape, dropout: float = 0.0) -> None:
        super().__init__()
        self.shape = shape
        self.emb = nn.Embedding(shape.vocabulary, shape.width)
        self.enc = nn.ModuleList([Layer(shape, dropout, decoder=False) for _ in range(shape.encoder_layers)])
        self.dec = nn.ModuleList([Layer(shape, dropout, decoder=True) for _ in range(shape.decoder_layers)])
        self.en, self.dn = nn.LayerNorm(shape.width), nn.LayerNorm(shape.width)
        self.bias = nn.Parameter(torch.zeros(shape.vocabulary))
        self.dropout = nn.Dropout(dropout)
        self.pe: Tensor
        self.register_buffer("pe", positions(shape.width), persistent=False)
        nn.init.normal_(self.emb.weight, std=shape.width**-0.5)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight)

    def embed(self, ids: Tensor) -> Tensor:
        x: Tensor = self.dropout(self.emb(ids) * math.sqrt(self.shape.width) + self.pe[: ids.shape[1]])
        return x

    def encode(self, source: Tensor) -> tuple[Tensor, Tensor]:
        """Memory [B, S, D] of source ids [B, S], and its mask [B, 1, 1, S] (0 or minus infinity)."""
        x = self.embed(source)
        mask = torch.zeros_like(source, dtype=x.dtype).masked_fill(source == PAD, -math.inf)[:, None, None]
        for layer in self.enc:
            x, _ = layer(x, mask)
        return self.en(x), mask

    def decode(self, memory: Tensor, mask: Tensor, target: Tensor) -> tuple[Tensor, list[Tensor]]:
        """States [B, T, D] that predict the token after each of `target` [B, T]; cross-attention scores per layer."""
        x = self.embed(target)
        length = target.shape[1]
        causal = torch.full((length, length), -math.inf, dtype=x.dtype).triu(1)
        scores = []
        for layer in self.dec:
            x, seen = layer(x, causal, memory, mask)
            scores.append(seen)
        return self.dn(x), scores


def positions(width: int, count: int = LONGEST) -> Tensor:
    """Sine and cosine position encodings, [count, D]."""
    half = width // 2
    angle = torch.arange(count)[:, None] * torch.exp(-math.log(10_000) * torch.arange(half) / (half - 1))
    return torch.cat([angle.sin(), angle.cos()], 1)
