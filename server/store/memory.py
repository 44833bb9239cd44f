"""The translation memory: what became of sentences before, by people and by machines.

A person's entry answers for its text whatever engine is asked; a machine's only for the same `making` (engine package,
glossary and checks: server/translation/remembering).
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.entries import Entry, hash_text, make_row, read_entry
from server.store.schema import BY_MACHINE, BY_PEOPLE, memory
from server.store.sql import insert_or
from translators import Direction
from translators.memory import normalise

AT_ONCE = 500  # texts of one statement
MOST_TEMPLATES = 2_000  # entries that are looked at for one batch of templates
TOUCH_AFTER = timedelta(days=1)
MOST_LOOKED_BACK = 20_000  # entries, for what was translated lately
SPARE = 0.01  # of the memory that is trimmed beyond its size, so that it is not trimmed all the time
_AT_ONCE_DELETED = 5_000


async def find_exact(
    conn: AsyncConnection, direction: Direction, texts: Iterable[str], making: str = ""
) -> dict[str, list[Entry]]:
    """Text → entries with this text: the person's first, then those of this `making`, the widest beam first."""
    wanted = defaultdict(list)
    for each in texts:
        wanted[hash_text(direction, normalise(each))].append(each)
    found: dict[str, list[Entry]] = {}
    for hashes in _cut(list(wanted)):
        rows = (await conn.execute(_FIND_EXACT, {"hashes": hashes, "makings": list({"", making})})).all()
        for row, entry in zip(rows, await _read_entries(rows), strict=True):
            for each in wanted[row.text_hash]:
                found.setdefault(each, []).append(entry)
    for entries in found.values():
        entries.sort(key=lambda entry: (entry.is_by_machine, -entry.beam))
    return found


async def find_templates(
    conn: AsyncConnection, direction: Direction, templates: Iterable[str]
) -> dict[str, list[Entry]]:
    """Template → people's entries whose text is that but for its numbers, the newest first."""
    wanted = {hash_text(direction, each): each for each in templates}
    found: dict[str, list[Entry]] = {}
    for hashes in _cut(list(wanted)):
        rows = (await conn.execute(_FIND_TEMPLATES, {"hashes": hashes})).all()
        for row, entry in zip(rows, await _read_entries(rows), strict=True):
            found.setdefault(wanted[row.template_hash], []).append(entry)
    return found


async def find_entries(conn: AsyncConnection, ids: Sequence[int]) -> dict[int, Entry]:
    return {row.id: read_entry(row) for row in await conn.execute(memory.select().where(memory.c.id.in_(ids)))}


async def list_texts(
    conn: AsyncConnection, direction: Direction, shortest: int, length: int, longest: int, most: int
) -> list[tuple[int, str]]:
    """Id and text of entries between two lengths (in characters): people's first, those nearest to `length` first."""
    statement = (
        select(memory.c.id, memory.c.text)
        .where(*_goes(direction), memory.c.length.between(shortest, longest))
        .order_by(BY_MACHINE, func.abs(memory.c.length - length), memory.c.used_at.desc())
        .limit(most)
    )
    return [(row.id, row.text) for row in await conn.execute(statement)]


async def save_entries(conn: AsyncConnection, entries: Sequence[Entry]) -> None:
    """Store the entries; one with the same text, making and beam gives way unless it is newer.

    What an outlet says in a version of its own never stands over what an editor said or a file brought.
    """
    if not entries:
        return
    values = await asyncio.to_thread(lambda: [make_row(entry) for entry in entries])
    statement = insert_or(conn, memory)
    new = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=["text_hash", "making", "beam"],
        set_={name: new[name] for name in _CHANGING},
        where=(new.made_at >= memory.c.made_at) & ((new.origin != "outlet") | (memory.c.origin == "outlet")),
    )
    await conn.execute(statement, values)


def should_touch(entry: Entry, now: datetime) -> bool:
    """Whether it is time to note that the entry is used: at most once a day, so that reading hardly ever writes."""
    return entry.used_at is None or entry.used_at < now - TOUCH_AFTER


async def touch(conn: AsyncConnection, ids: Sequence[int], now: datetime) -> None:
    """Note that these entries were used."""
    for some in _cut(ids):
        await conn.execute(memory.update().where(memory.c.id.in_(some)).values(used_at=now, uses=memory.c.uses + 1))


async def delete_entry(conn: AsyncConnection, entry_id: int) -> bool:
    """False when there is none."""
    return (await conn.execute(memory.delete().where(memory.c.id == entry_id))).rowcount > 0


async def count_entries(conn: AsyncConnection) -> int:
    return int((await conn.execute(select(func.count()).select_from(memory))).scalar_one())


async def trim(conn: AsyncConnection, most: int) -> int:
    """Bring the memory down to `most` entries: machines' first, the longest unused first. How many went."""
    first, last = (await conn.execute(select(func.min(memory.c.id), func.max(memory.c.id)))).one()
    if last is None or last - first < most:
        return 0  # as many at the most: counting takes long in a large table
    count = await count_entries(conn)
    if count <= most:
        return 0
    left = count - max(0, most - int(most * SPARE))
    for whose in (BY_MACHINE, BY_PEOPLE):
        while left > 0:
            oldest = select(memory.c.id).where(whose).order_by(memory.c.used_at).limit(min(left, _AT_ONCE_DELETED))
            gone = (await conn.execute(memory.delete().where(memory.c.id.in_(oldest)))).rowcount
            left -= gone
            if not gone:
                break
    return count - await count_entries(conn)


async def list_entries(
    conn: AsyncConnection, direction: Direction, after: int = 0, limit: int = AT_ONCE, *, by_people: bool = False
) -> list[Entry]:
    """Entries of a direction in the order of their ids, from the first after `after`."""
    # Not by the index of the direction: every page would sort all that is left of it.
    is_of_it = (memory.c.source + "" == direction.source, memory.c.target + "" == direction.target)
    statement = memory.select().where(*is_of_it, memory.c.id > after)
    if by_people:
        statement = statement.where(BY_PEOPLE)
    return [read_entry(row) for row in await conn.execute(statement.order_by(memory.c.id).limit(limit))]


async def list_recent(conn: AsyncConnection, direction: Direction, making: str, limit: int) -> list[tuple[str, str]]:
    """The last sentences that a machine made in a direction, and what it made of them."""
    last = select(func.max(memory.c.id)).scalar_subquery()
    statement = select(memory.c.text, memory.c.result).where(
        memory.c.id > last - MOST_LOOKED_BACK,
        memory.c.source == direction.source,
        memory.c.target == direction.target,
        memory.c.making == making,
    )
    rows = await conn.execute(statement.order_by(memory.c.id.desc()).limit(limit))
    return [(row.text, row.result) for row in rows]


_HASHES: BindParameter[bytes] = bindparam("hashes", expanding=True)
_FIND_EXACT = memory.select().where(
    memory.c.text_hash.in_(_HASHES), memory.c.making.in_(bindparam("makings", expanding=True))
)
_FIND_TEMPLATES = (
    memory.select()
    .where(memory.c.template_hash.in_(_HASHES), BY_PEOPLE)
    .order_by(memory.c.made_at.desc())
    .limit(MOST_TEMPLATES)
)
_CHANGING = (
    "text", "template_hash", "length", "result", "origin", "who", "made_at", "used_at", "uses", "score", "details",
)  # fmt: skip


async def _read_entries(rows: Sequence[Any]) -> list[Entry]:
    """Off the event loop: there are many, and each has many links."""
    return await asyncio.to_thread(lambda: [read_entry(row) for row in rows]) if rows else []


def _goes(direction: Direction) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return memory.c.source == direction.source, memory.c.target == direction.target


def _cut(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (values[start : start + AT_ONCE] for start in range(0, len(values), AT_ONCE))
