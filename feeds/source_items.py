"""What stands in a source's feed: articles with where they come from, what is gone, what could not be read."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from feeds.faults import Fault, Faults
from feeds.model import Article, Link, Outlet, Provenance, PubStatus, Why
from feeds.source_links import NO_LINKS, FeedLinks


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedItem:
    """An article in a source's feed. `id` is the feed's name of it, `link` its page there.

    From another Karvan also `outlet` (where it first came from), `provenance` and `siblings`, the other languages of
    its set; the set itself is named by `article.uri`. Of a `partial` one the body is not the article's. `faults` are
    what it had to do without.
    """

    id: str
    article: Article
    link: str = ""
    updated: datetime | None = None
    outlet: Outlet | None = None
    provenance: Provenance | None = None
    siblings: tuple[Link, ...] = ()
    partial: bool = False
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GoneItem:
    """What the feed says is gone. With a status it was withdrawn; without, it left this feed (RFC 6721).

    `why`: it left others, too, since it is under an embargo, or its readers have no right to it any more.
    """

    id: str
    when: datetime | None
    status: PubStatus | None = None
    why: Why = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultyItem:
    """An item that could not be read: the how manieth it is, from 1, and its id, if it has one."""

    number: int
    id: str
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """Items in the order of the feed. `left_out` counts those beyond MAX_ITEMS; `links`: where the feed leads."""

    title: str
    language: str
    items: tuple[FeedItem, ...]
    gone: tuple[GoneItem, ...] = ()
    faulty: tuple[FaultyItem, ...] = ()
    left_out: int = 0
    links: FeedLinks = NO_LINKS

    @property
    def is_karvans(self) -> bool:
        """Whether the texts say where they come from, as those of a Karvan do."""
        return any(one.provenance for one in self.items) or any(one.status or one.why for one in self.gone)


@dataclass(frozen=True, slots=True)
class Raw:
    """An item before it is read: `read` collects the faults, so that each item has its own."""

    id: str
    read: Callable[[Faults], FeedItem]
    gone: GoneItem | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RawFeed:
    """A feed before its items are read."""

    title: str
    language: str
    items: list[Raw]
    tombstones: list[GoneItem]
    links: FeedLinks = NO_LINKS
