"""Sources, their feeds, and what they brought."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

import orjson
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.schema import parallels
from server.store.source_schema import source_entries, source_feeds, source_pages, sources
from server.store.sql import upsert

SourceState = Literal["live", "gone"]
WalkState = Literal["whole", "known", "none", "limit", "failed", "broken"]

MARK = "source:"  # what the `basis` of a parallel version begins with that a source brought


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """A source: when it was read, and how that went. `counts` of all polls and of the last one, whose `faults` are.

    `not_before`: until then it is only read when an admin wants it: it fails, or has asked for patience.
    """

    name: str
    settings: str
    state: SourceState = "live"
    reason: str = ""
    polled_at: datetime | None = None
    succeeded_at: datetime | None = None
    next_at: datetime | None = None
    not_before: datetime | None = None
    failures: int = 0
    error: str = ""
    counts: Mapping[str, int]
    faults: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CatchUp:
    """How the last walk through a feed's older pages ended: "none": it leads to none; "failed": it is tried again.

    `tries`: how many have failed in a row; `since`: when the first of these began.
    """

    state: WalkState
    at: datetime
    pages: int
    error: str = ""
    tries: int = 0
    since: datetime | None = None

    @property
    def wants_again(self) -> bool:
        return self.state == "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRow:
    """A feed of a source. `etag`, `modified`: the validators of what was taken in; `moved_to`: where it is for good.

    `bookmark`: marks of what stood there, None before it was first read; `catch_up`: how the last walk through its
    older pages ended, None where there was none; `hub`: where to ask for pushes of `topic`.
    """

    source: str
    url: str
    state: SourceState = "live"
    etag: str = ""
    modified: str = ""
    moved_to: str = ""
    status: int | None = None
    error: str = ""
    bookmark: frozenset[str] | None = None
    catch_up: CatchUp | None = None
    hub: str = ""
    topic: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow:
    """What an entry of a source became. `number`: its article's version there; None where that is no Karvan.

    `first_at`: when it was first taken in.
    """

    source: str
    entry: str
    article_id: int
    language: str
    number: int | None
    updated: datetime | None
    ordered_at: datetime
    first_at: datetime
    digest: str


def make_mark(source: str) -> str:
    """The `basis` of a parallel version that this source brought."""
    return f"{MARK}{source}"


async def list_sources(conn: AsyncConnection) -> dict[str, SourceRow]:
    """By name."""
    return {row.name: _source(row) for row in await conn.execute(sources.select())}


async def find_source(conn: AsyncConnection, name: str) -> SourceRow | None:
    row = (await conn.execute(sources.select().where(sources.c.name == name))).one_or_none()
    return None if row is None else _source(row)


def _source(row: Any) -> SourceRow:
    values = row._asdict() | {name: orjson.loads(getattr(row, name)) for name in ("counts", "faults")}
    return SourceRow(**values)


async def save_source(conn: AsyncConnection, row: SourceRow) -> None:
    values = {name: getattr(row, name) for name in SourceRow.__slots__ if name != "name"}
    values |= {name: orjson.dumps(values[name]).decode() for name in ("counts", "faults")}
    await upsert(conn, sources, {"name": row.name}, values)


async def list_feeds(conn: AsyncConnection, name: str) -> dict[str, FeedRow]:
    """The source's feeds by address."""
    rows = await conn.execute(source_feeds.select().where(source_feeds.c.source == name))
    return {row.url: _feed(row) for row in rows}


def _feed(row: Any) -> FeedRow:
    bookmark = None if row.bookmark is None else frozenset(orjson.loads(row.bookmark))
    catch_up = None if row.catch_up is None else _catch_up(orjson.loads(row.catch_up))
    return FeedRow(**row._asdict() | {"bookmark": bookmark, "catch_up": catch_up})


def _catch_up(said: Mapping[str, Any]) -> CatchUp:
    times = {name: datetime.fromisoformat(said[name]) for name in ("at", "since") if said[name]}
    return CatchUp(**{**said, **times})


async def save_feed(conn: AsyncConnection, row: FeedRow) -> None:
    values = {name: getattr(row, name) for name in FeedRow.__slots__ if name not in ("source", "url")}
    values["bookmark"] = None if row.bookmark is None else orjson.dumps(sorted(row.bookmark)).decode()
    values["catch_up"] = None if row.catch_up is None else orjson.dumps(row.catch_up).decode()
    await upsert(conn, source_feeds, {"source": row.source, "url": row.url}, values)


async def forget_feeds(conn: AsyncConnection, name: str) -> None:
    """As if none of the source's feeds had been read, nor their pages."""
    await conn.execute(source_pages.delete().where(source_pages.c.source == name))
    await conn.execute(source_feeds.delete().where(source_feeds.c.source == name))


async def forget_source(conn: AsyncConnection, name: str) -> None:
    """What it brought stays. A machine may go on with the parallel versions among it."""
    await forget_feeds(conn, name)
    await conn.execute(sources.delete().where(sources.c.name == name))
    await conn.execute(parallels.update().where(parallels.c.basis == make_mark(name)).values(basis=""))


async def list_entries(conn: AsyncConnection, name: str, ids: Iterable[str]) -> dict[str, EntryRow]:
    """Those of the source's entries that were taken in before."""
    found: dict[str, EntryRow] = {}
    wanted = list(ids)
    for start in range(0, len(wanted), 1000):
        some = source_entries.c.entry.in_(wanted[start : start + 1000])
        for row in await conn.execute(source_entries.select().where(source_entries.c.source == name, some)):
            found[row.entry] = EntryRow(**row._asdict())
    return found


async def save_entry(conn: AsyncConnection, row: EntryRow) -> None:
    values = {name: getattr(row, name) for name in EntryRow.__slots__ if name not in ("source", "entry")}
    await upsert(conn, source_entries, {"source": row.source, "entry": row.entry}, values)


async def reopen_entries(conn: AsyncConnection, article_id: int, ordered_at: datetime) -> None:
    """Whatever the article's entries say next is news."""
    mine = source_entries.c.article_id == article_id
    await conn.execute(source_entries.update().where(mine).values(digest="", ordered_at=ordered_at))


async def list_bringers(conn: AsyncConnection, article_ids: Collection[int]) -> frozenset[str]:
    """The sources that brought these articles."""
    mine = source_entries.c.article_id.in_(list(article_ids))
    return frozenset((await conn.execute(select(source_entries.c.source).where(mine).distinct())).scalars())


async def find_last_order(conn: AsyncConnection, article_id: int) -> datetime | None:
    """The place of the newest version that a source brought of the article."""
    statement = select(func.max(source_entries.c.ordered_at)).where(source_entries.c.article_id == article_id)
    found: datetime | None = (await conn.execute(statement)).scalar_one()
    return found


async def find_number(conn: AsyncConnection, article_id: int, language: str) -> int | None:
    """The number that the version in this language had where it came from."""
    statement = select(source_entries.c.number).where(
        source_entries.c.article_id == article_id, source_entries.c.language == language
    )
    newest = statement.order_by(source_entries.c.ordered_at.desc()).limit(1)
    found: int | None = (await conn.execute(newest)).scalar_one_or_none()
    return found


def begin(name: str, settings: str) -> SourceRow:
    return SourceRow(name=name, settings=settings, counts={})


def restart(row: SourceRow, settings: str) -> SourceRow:
    """A source whose settings have changed: as if it had never failed."""
    return replace(row, settings=settings, state="live", reason="", next_at=None, not_before=None, failures=0, error="")
