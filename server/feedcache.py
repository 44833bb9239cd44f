"""Rendered feeds, kept while nothing in them changes; and their compressed forms, made when first asked for."""

import asyncio
import gzip
import re
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Literal
from weakref import WeakValueDictionary

import brotli
import zstandard

from feeds.model import Document
from server.store.engine import Look
from server.store.placements import Filters

Encoding = Literal["identity", "gzip", "br", "zstd"]
MOST_DOCUMENTS = 500
UNSAID = 0.0001  # less than the least weight that can be said
_WEIGHT = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?")


@dataclass(slots=True)
class CachedFeed:
    """A document as of change number `change`. `until`: when the next embargo or expiry changes it, or None.

    `modified_at` is None where no time can tell versions apart.
    """

    document: Document
    modified_at: datetime | None
    change: int
    until: datetime | None
    seen: Look
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
        self._holds: WeakValueDictionary[Place, asyncio.Lock] = WeakValueDictionary()

    def hold(self, place: Place) -> asyncio.Lock:
        """The lock of a place, for who makes its document."""
        return self._holds.setdefault(place, asyncio.Lock())

    def recall(self, place: Place, look: Look) -> CachedFeed | None:
        """The document, if it was current a moment ago and this process has written nothing since."""
        cached = self._documents.get(place)
        if cached is None or not cached.seen.still_holds(look):
            return None
        return self._pick(place, cached, look.at)

    def find(self, place: Place, change: int, look: Look) -> CachedFeed | None:
        """The document, if it is what would be rendered after change number `change`, the last at this look."""
        cached = self._documents.get(place)
        if cached is None or cached.change != change:
            return None
        cached.seen = look
        return self._pick(place, cached, look.at)

    def _pick(self, place: Place, cached: CachedFeed, now: datetime) -> CachedFeed | None:
        if cached.until is not None and cached.until <= now:
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


@lru_cache(maxsize=256)
def pick_encoding(accept: str) -> Encoding | None:
    """The encoding that an Accept-Encoding header likes best (RFC 9110 §12.5.3); ties go to the smallest result.

    None: it refuses everything. Without a word for it, identity is what is left when nothing better is named.
    """
    weights = dict(_read_weight(part) for part in accept.lower().split(","))
    anything = weights.get("*")
    ranked: tuple[Encoding, ...] = ("br", "zstd", "gzip")
    offered: list[tuple[float, Encoding]] = [(weights.get(name, anything or 0.0), name) for name in ranked]
    offered.append((weights.get("identity", UNSAID if anything is None else anything), "identity"))
    best = max(weight for weight, _ in offered)
    return next((name for weight, name in offered if weight == best), None) if best > 0 else None


def _read_weight(part: str) -> tuple[str, float]:
    """`gzip;q=0.5` → its name and weight; a weight that is none counts as 0, as if the encoding were refused."""
    name, *parameters = (piece.strip() for piece in part.split(";"))
    weight = next(
        (value.strip() for key, _, value in (one.partition("=") for one in parameters) if key.strip() == "q"), "1"
    )
    return name.removeprefix("x-"), float(weight) if _WEIGHT.fullmatch(weight) else 0.0
