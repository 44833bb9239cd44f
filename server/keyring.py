"""Keys that were looked up a moment ago, so that not every request asks the database."""

from collections import OrderedDict

from server.store.engine import Look
from server.store.keys import KeyRow

MOST_KEYS = 2_000


class Keyring:
    """Hash → key, or None for a wrong one; the most recently used."""

    def __init__(self) -> None:
        self._rows: OrderedDict[str, tuple[KeyRow | None, Look]] = OrderedDict()

    def holds(self, key_hash: str, look: Look) -> bool:
        """Whether what is remembered of this key still counts."""
        return key_hash in self._rows and self._rows[key_hash][1].still_holds(look)

    def get(self, key_hash: str) -> KeyRow | None:
        return self._rows[key_hash][0]

    def put(self, key_hash: str, row: KeyRow | None, look: Look) -> None:
        self._rows[key_hash] = (row, look)
        self._rows.move_to_end(key_hash)
        while len(self._rows) > MOST_KEYS:
            self._rows.popitem(last=False)
