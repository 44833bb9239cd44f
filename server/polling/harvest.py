"""What stands in all feeds of a source together: each text once, parallel versions with their articles. Pure.

ParsedFeed, ParsedFeed, … ─gather→ Harvest: Set, Set, …
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from feeds import Fault
from feeds.model import Article
from feeds.source_items import FeedItem, GoneItem, ParsedFeed
from feeds.source_pages import pick_gone
from server import problems
from server.config import Config, Source
from server.ingest import check_article, find_item_fault, normalise_language
from server.store.documents import make_content_hash

MOST_FAULTS = 50  # that are kept of a poll
LONGEST_ITEM = 100  # characters of an item id that are the source's own

Report = Mapping[str, object]  # of a faulty item, as GET /v1/sources shows it


@dataclass(frozen=True, slots=True)
class Set:
    """An article of a source: the text in its own language, where that is in the feeds, and the parallel versions."""

    source: FeedItem | None
    parallels: tuple[FeedItem, ...] = ()

    @property
    def items(self) -> tuple[FeedItem, ...]:
        return (*([self.source] if self.source else ()), *self.parallels)


@dataclass(slots=True)
class Harvest:
    """Sets, the oldest first; what is gone; what was set aside. `left_out`: items beyond what is read of one feed."""

    sets: list[Set] = field(default_factory=list)
    gone: dict[str, GoneItem] = field(default_factory=dict)
    faults: list[Report] = field(default_factory=list)
    faulty: int = 0
    left_out: int = 0

    def report(self, feed: str, id_: str, faults: Sequence[Fault]) -> None:
        self.faulty += 1
        if len(self.faults) < MOST_FAULTS:
            told = [{"pointer": one.pointer, "detail": one.detail} for one in faults[:10]]
            self.faults.append({"feed": feed, "id": id_[:500], "faults": told})


def gather(parsed: Mapping[str, ParsedFeed], source: Source, config: Config) -> Harvest:
    """`parsed`: address → feed, in the order of the config: where two have the same text, the first counts."""
    harvest = Harvest()
    items: dict[str, FeedItem] = {}
    for url, feed in parsed.items():
        harvest.left_out += feed.left_out
        for one in feed.faulty:
            harvest.report(url, one.id or f"item {one.number}", one.faults)
        for gone in feed.gone:
            harvest.gone[gone.id] = pick_gone(harvest.gone.get(gone.id, gone), gone)
        for item in feed.items:
            if item.id not in items and (fit := _check(item, url, source, config, harvest)):
                items[item.id] = fit
    for id_, gone in list(harvest.gone.items()):
        if gone.status is not None:
            items.pop(id_, None)
        elif id_ in items:  # it has left one feed and stands in another
            del harvest.gone[id_]
    harvest.sets = list(_make_sets(items))[::-1]
    return harvest


def _check(item: FeedItem, url: str, source: Source, config: Config, harvest: Harvest) -> FeedItem | None:
    """The item as it may be taken in; one that may not be is reported."""
    article = normalise_language(replace(item.article, translation_of=None, pub_status="usable"))
    is_source = _is_source(item)
    try:
        if is_source:
            check_article(article, pick_outlet(item, source), config)
        elif article.language not in config.languages.configured:
            raise problems.LanguageNotConfigured(f"{article.language!r} is not used here")
    except problems.Problem as problem:
        harvest.report(url, item.id, problem.errors or [Fault("", problem.detail)])
        return None
    return replace(item, article=replace(article, body="") if item.partial else article)


def _is_source(item: FeedItem) -> bool:
    return item.provenance is None or item.provenance.origin == "source"


def _make_sets(items: Mapping[str, FeedItem]) -> Iterator[Set]:
    """In the order of the feeds, which is newest first. Texts of one outlet with one uri are a set."""
    sets: dict[str, Set] = {}
    for item in items.values():
        uri, outlet = item.article.uri if item.provenance is not None else "", item.outlet.id if item.outlet else ""
        key = f"{outlet}\n{uri}" if uri else f"\n\n{item.id}"
        old = sets.get(key, Set(None))
        if _is_source(item):
            sets[key] = Set(old.source or item, old.parallels)
        elif all(one.article.language != item.article.language for one in old.parallels):
            sets[key] = Set(old.source, (*old.parallels, item))
    yield from sets.values()


def pick_outlet(item: FeedItem, source: Source) -> str:
    """Whose article it is here."""
    return source.outlets.get(item.outlet.id, source.outlet) if item.outlet else source.outlet


def make_digest(item: FeedItem) -> str:
    """SHA-256 of all that an item says, when it was changed excepted."""
    told = f"{make_content_hash(item.article)} {item.provenance} {item.partial}"
    return hashlib.sha256(told.encode()).hexdigest()


def make_item(item: FeedItem, source: Source, *, alone: bool) -> str:
    """The id that it gets at its outlet here. `alone`: its own, if it has one that can stay; else one of its kind."""
    own = item.article.item or ""
    if alone and item.outlet and item.outlet.id in source.outlets and find_item_fault(own) is None:
        return own
    words = re.sub(r"[^A-Za-z0-9._-]+", "-", own or _get_tail(item)).strip("-._")[:LONGEST_ITEM].rstrip("-._")
    digest = hashlib.sha256((item.article.uri or item.id).encode()).hexdigest()[:12]
    return f"{words}-{digest}" if words else digest


def _get_tail(item: FeedItem) -> str:
    path = (item.link or item.id).partition("?")[0].rstrip("/")
    return re.sub(r"\.(html?|php|aspx?)$", "", path.rpartition("/")[2])


def make_text(item: FeedItem) -> Article:
    """The article as it is stored: notes to editors are not for us."""
    return replace(item.article, item=None, ed_note="")
