"""What was rendered of an entry, kept: found without looking at what is in it, an equal one by its value."""

from collections.abc import Callable
from functools import lru_cache

from feeds.model import Entry

MOST_ENTRIES = 2_000


class Remembering:
    """A function that renders entries, asked once for each of the last ones.

    To hash an entry costs as much as all else that its place in a feed costs, so those known by identity come first.
    """

    def __init__(self, render: Callable[[Entry], bytes]) -> None:
        self._by_value = lru_cache(maxsize=MOST_ENTRIES)(render)
        self._known: dict[int, tuple[Entry, bytes]] = {}  # by `id`: an entry's own for as long as it is kept here
        self.__doc__ = render.__doc__

    def __call__(self, entry: Entry) -> bytes:
        found = self._known.get(id(entry))
        if found is not None:
            return found[1]
        rendered = self._by_value(entry)
        if len(self._known) >= MOST_ENTRIES:
            self._known.clear()
        self._known[id(entry)] = entry, rendered
        return rendered

    @property
    def made(self) -> int:
        """How many it has rendered since it last forgot them."""
        return self._by_value.cache_info().misses

    def forget(self) -> None:
        self._known.clear()
        self._by_value.cache_clear()
