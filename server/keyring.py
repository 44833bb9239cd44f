"""Keys that were looked up a moment ago, so that not every request asks the database; and when they were last used."""

from collections import OrderedDict
from datetime import datetime

from server.store.engine import Look
from server.store.keys import KeyRow

MOST_KEYS = 2_000


class Keyring:
    """Hash → key, or None for a wrong one; the most recently used."""

    def __init__(self) -> None:
        self._rows: OrderedDict[str, tuple[KeyRow | None, Look]] = OrderedDict()
        self.uses: dict[str, datetime] = {}

    def note_use(self, key_id: str, now: datetime) -> None:
        """Written down later, for all keys at once."""
        self.uses[key_id] = now

    def take_uses(self) -> dict[str, datetime]:
        """Key id → when it was last used, since this was last asked."""
        uses, self.uses = self.uses, {}
        return uses

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
