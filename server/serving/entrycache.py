"""Entries as they stand in feeds, kept while nothing of them changes: who makes a feed anew loads only what did.

An entry is made of its article's version, of the text and of what that was made from, of its siblings, its uploads, its
place and the configuration. Whatever of these changes gives the place a new number (`Placement.change`), or is another
configuration.
"""

from collections import OrderedDict
from dataclasses import dataclass

from feeds.model import Entry
from server.config import Config
from server.store.articles import ArticleRow
from server.store.placements import FeedName, Placement

MOST_CHARACTERS = 30_000_000
MOST_ENTRIES = 10_000

Key = tuple[FeedName, int]  # feed, article id


@dataclass(frozen=True, slots=True)
class Standing:
    """An article in one place, as a feed needs it. `entry` is None where only a tombstone can stand."""

    place: Placement
    article: ArticleRow
    entry: Entry | None


class EntryCache:
    """The most recently used, of one configuration."""

    def __init__(self, most: int = MOST_CHARACTERS) -> None:
        self._most = most
        self._config: Config | None = None
        self._standing: OrderedDict[Key, Standing] = OrderedDict()
        self._characters = 0

    def find(self, key: Key, change: int | None, config: Config) -> Standing | None:
        """How the article stands in a place whose last change has this number."""
        if config is not self._config or change is None:
            return None
        found = self._standing.get(key)
        if found is None or found.place.change != change:
            return None
        self._standing.move_to_end(key)
        return found

    def put(self, standing: Standing, config: Config) -> None:
        """Keep it, unless its place has no number yet: then nothing tells when it changes."""
        if standing.place.change is None:
            return
        if config is not self._config:
            self._standing.clear()
            self._config, self._characters = config, 0
        key = standing.place.feed, standing.place.article_id
        self._drop(self._standing.pop(key, None))
        self._standing[key] = standing
        self._characters += count_characters(standing.entry)
        while self._characters > self._most or len(self._standing) > MOST_ENTRIES:
            self._drop(self._standing.popitem(last=False)[1])

    def _drop(self, standing: Standing | None) -> None:
        if standing is not None:
            self._characters -= count_characters(standing.entry)


def count_characters(entry: Entry | None) -> int:
    """How much there is to keep of an entry, near enough."""
    return 0 if entry is None else len(entry.article.body) + len(entry.article.description)
