"""Rendered feeds, kept while nothing in them changes; and their compressed forms, made when first asked for."""

import gzip
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import brotli
import zstandard

from feeds.model import Document
from server.store.placements import Filters

Encoding = Literal["identity", "gzip", "br", "zstd"]
MOST_DOCUMENTS = 500


@dataclass(slots=True)
class CachedFeed:
    """A document as of change number `change`. `until`: when the next embargo or expiry changes it, or None."""

    document: Document
    modified_at: datetime
    change: int
    until: datetime | None
    variants: dict[Encoding, bytes] = field(default_factory=dict)

    def encode(self, encoding: Encoding) -> bytes:
        """The body in this encoding."""
        if encoding not in self.variants:
            self.variants[encoding] = compress(self.document.body, encoding)
        return self.variants[encoding]

    def etag(self, encoding: Encoding) -> str:
        """Strong, so each encoding has its own (RFC 9110 §8.8.3)."""
        return self.document.etag if encoding == "identity" else f'{self.document.etag[:-1]}-{encoding}"'


Place = tuple[str, str, str, Filters]  # channel, language, format, filters


class FeedCache:
    """The most recently used documents, by place."""

    def __init__(self) -> None:
        self._documents: OrderedDict[Place, CachedFeed] = OrderedDict()

    def find(self, place: Place, change: int, now: datetime) -> CachedFeed | None:
        """The document, if it is still what would be rendered now."""
        cached = self._documents.get(place)
        if cached is None or cached.change != change or (cached.until is not None and cached.until <= now):
            return None
        self._documents.move_to_end(place)
        return cached

    def put(self, place: Place, cached: CachedFeed) -> None:
        self._documents[place] = cached
        self._documents.move_to_end(place)
        while len(self._documents) > MOST_DOCUMENTS:
            self._documents.popitem(last=False)


def compress(body: bytes, encoding: Encoding) -> bytes:
    """Levels by measurement: what costs little more than rendering and leaves about a third."""
    match encoding:
        case "identity":
            return body
        case "gzip":
            return gzip.compress(body, compresslevel=6, mtime=0)
        case "br":
            return bytes(brotli.compress(body, quality=5))
        case "zstd":
            return zstandard.compress(body, level=3)


def pick_encoding(accept: str) -> Encoding:
    """The best encoding that an Accept-Encoding header allows (RFC 9110 §12.5.3); ties go to the smallest result."""
    weights: dict[str, float] = {}
    for part in accept.lower().split(","):
        name, _, parameter = part.strip().partition(";")
        try:
            weights[name.strip()] = float(parameter.strip().removeprefix("q=")) if parameter else 1.0
        except ValueError:
            weights[name.strip()] = 0.0
    ranked: tuple[Encoding, ...] = ("br", "zstd", "gzip")
    offered = [(weights.get(name, weights.get("*", 0.0)), name) for name in ranked]
    best = max(weight for weight, _ in offered)
    return next((name for weight, name in offered if weight == best), "identity") if best > 0 else "identity"
