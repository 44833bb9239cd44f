"""The stored articles of the last days, batch by batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from server.preview import Sample
from server.store import parallels
from server.store.articles import list_pushed, list_pushed_ids

AT_ONCE = 250  # articles that are judged before others have their turn


@dataclass(frozen=True, slots=True)
class Batch:
    """Those pushed since a moment, by the ids of the first and the last one."""

    since: datetime
    first: int
    last: int


async def list_batches(conn: AsyncConnection, since: datetime, at_once: int = AT_ONCE) -> Sequence[Batch]:
    """All of them, by rising ids."""
    ids = await list_pushed_ids(conn, since)
    return [Batch(since, some[0], some[-1]) for some in (ids[n : n + at_once] for n in range(0, len(ids), at_once))]


async def load_batch(conn: AsyncConnection, batch: Batch) -> Sequence[Sample]:
    rows = await list_pushed(conn, batch.since, batch.first, batch.last)
    made = await parallels.list_made(conn, batch.first, batch.last)
    return [
        Sample(outlet, item, pushed_at, document, frozenset(made.get(number, ())))
        for number, outlet, item, pushed_at, document in rows
    ]
