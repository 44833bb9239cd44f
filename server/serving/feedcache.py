"""Rendered feeds, kept while nothing in them changes; and their encodings, made when first asked for."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from weakref import WeakValueDictionary

from feeds.model import Document
from server.serving.encodings import Encoding, compress
from server.serving.entrycache import EntryCache
from server.store.engine import Look
from server.store.standings import Filters, Pulse

MOST_DOCUMENTS = 500


@dataclass(slots=True)
class CachedFeed:
    """A document as of change number `change`. `until`: when the next embargo or expiry changes it, or None.

    `modified_at` is None where no time can tell versions apart, and where a later one was served before.
    """

    document: Document
    modified_at: datetime | None
    change: int
    until: datetime | None
    seen: Look
    variants: dict[Encoding, bytes] = field(default_factory=dict)

    def confirm(self, look: Look) -> None:
        """It was current at this look, too. One that ended late takes back nothing of what was seen since."""
        if look.writes >= self.seen.writes:
            self.seen = look

    def encode(self, encoding: Encoding) -> bytes:
        """The body in this encoding."""
        if encoding not in self.variants:
            self.variants[encoding] = compress(self.document, encoding)
        return self.variants[encoding]

    def find_variant(self, encoding: Encoding) -> bytes | None:
        """The body in this encoding, if it is made."""
        return self.document.body if encoding == "identity" else self.variants.get(encoding)

    def etag(self, encoding: Encoding) -> str:
        """Strong, so each encoding has its own (RFC 9110 §8.8.3)."""
        return self.document.etag if encoding == "identity" else f'{self.document.etag[:-1]}-{encoding}"'


class Place(NamedTuple):
    """Which document of a feed. `audience`: see visibility.get_audience; `version`: of the configuration."""

    channel: str
    language: str
    format: str
    filters: Filters
    audience: str
    version: object
    before: int  # the position that an archive page ends before; 0: the feed itself


class FeedCache:
    """The most recently used documents, by place; `entries`: what they are made of."""

    def __init__(self, most: int = MOST_DOCUMENTS) -> None:
        self._most = most
        self.entries = EntryCache()
        self._documents: OrderedDict[Place, CachedFeed] = OrderedDict()
        self._holds: WeakValueDictionary[Place, asyncio.Lock] = WeakValueDictionary()

    def hold(self, place: Place) -> asyncio.Lock:
        """The lock of a place, for who makes its document."""
        return self._holds.setdefault(place, asyncio.Lock())

    def knows(self, place: Place) -> bool:
        """Whether there is a document of it, of whatever change."""
        return place in self._documents

    def recall(self, place: Place, look: Look) -> CachedFeed | None:
        """The document, if it was current a moment ago and this process has written nothing since."""
        cached = self._documents.get(place)
        if cached is None or not cached.seen.still_holds(look):
            return None
        return self._pick(place, cached, look.at)

    def find(self, place: Place, pulse: Pulse, look: Look) -> CachedFeed | None:
        """The document, if it is what would be rendered of a feed that stands so at this look."""
        cached = self._documents.get(place)
        if cached is None or cached.change != pulse.change or self._pick(place, cached, look.at) is None:
            return None
        cached.confirm(look)
        cached.until = pulse.turn  # what is under embargo comes without a change
        return cached

    def _pick(self, place: Place, cached: CachedFeed, now: datetime) -> CachedFeed | None:
        if cached.until is not None and cached.until <= now:
            return None
        self._documents.move_to_end(place)
        return cached

    def put(self, place: Place, cached: CachedFeed) -> None:
        self._documents[place] = cached
        self._documents.move_to_end(place)
        while len(self._documents) > self._most:
            self._documents.popitem(last=False)
