"""Who has changed what, and when: a row for each change of state, written in the transaction of the change itself.

Who acts stands in a context variable, set at the door (server/access) or by the command line: steps far inside say what
they do, and none has to hand through on whose behalf. Nobody set: the server itself, "karvan".
"""

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from server.api.shapes.credentials import AuditLine
from server.store.audit import Asked, Entry, list_entries, save_entry
from server.store.schema import MICROSECOND

MOST_SAID = 2_000  # characters of `before` and `after`
MOST_WORDS = 200  # characters of one text in them
MOST_AT_ONCE = 1_000  # lines of one moment that are looked through


@dataclass(frozen=True, slots=True)
class Actor:
    """On whose behalf something happens: the owner of a key, and the request."""

    who: str = "karvan"
    role: str = "server"
    key_id: str = ""
    request_id: str = ""


ITSELF = Actor()
CONSOLE = Actor("console", "operator")
ACTING: ContextVar[Actor] = ContextVar("ACTING", default=ITSELF)


async def note(
    conn: AsyncConnection,
    what: str,
    subject: str,
    now: datetime,
    *,
    outlet: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    outcome: str = "done",
    key_id: str = "",
) -> None:
    """Write down what is done to what. `before`, `after`: in short, never an article's words.

    `key_id`: what came with it where nobody acts: the name of a source.
    """
    acting = ACTING.get()
    await save_entry(
        conn,
        Entry(
            at=now,
            who=acting.who,
            role=acting.role,
            key_id=acting.key_id or key_id,
            request_id=acting.request_id,
            what=what,
            subject=subject,
            outlet=outlet,
            outcome=outcome,
            before=_write(before),
            after=_write(after),
        ),
    )


async def find_actor(conn: AsyncConnection, what: str, outlet: str, subject: str, at: datetime | None) -> str | None:
    """Who did that at that moment, as far as it was written down: whose key it was, or "source:" and its name."""
    if at is None:
        return None
    asked = Asked(since=at, until=at + MICROSECOND, what=what, outlet=outlet)
    found = (entry for _, entry in await list_entries(conn, asked, 0, MOST_AT_ONCE) if entry.subject == subject)
    return next((entry.key_id if entry.role == ITSELF.role else entry.who for entry in found), None)


def describe(number: int, entry: Entry) -> AuditLine:
    """A line of the export."""
    return {
        "id": number,
        "at": entry.at,
        "who": entry.who,
        "role": entry.role,
        "key": entry.key_id or None,
        "request": entry.request_id or None,
        "what": entry.what,
        "subject": entry.subject,
        "outlet": entry.outlet or None,
        "outcome": entry.outcome,
        "before": _read(entry.before),
        "after": _read(entry.after),
    }


def _write(facts: Mapping[str, Any] | None) -> str:
    if facts is None:
        return ""
    written = orjson.dumps({name: _shorten(value) for name, value in facts.items()}).decode()
    return written if len(written) <= MOST_SAID else orjson.dumps({"left_out": sorted(facts)}).decode()


def _shorten(value: Any) -> Any:
    return f"{value[:MOST_WORDS]}…" if isinstance(value, str) and len(value) > MOST_WORDS else value


def _read(written: str) -> Any:
    return orjson.loads(written) if written else None
