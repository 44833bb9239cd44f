"""Older pages of sources' feeds that were taken in."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.source_schema import source_pages
from server.store.sql import upsert_all


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRow:
    """A page of a feed (by its address in the config): validators, and the address of the page before it."""

    source: str
    feed: str
    url: str
    etag: str = ""
    modified: str = ""
    older: str = ""


async def list_pages(conn: AsyncConnection, source: str) -> dict[tuple[str, str], PageRow]:
    """(feed, address) → page."""
    rows = await conn.execute(source_pages.select().where(source_pages.c.source == source))
    return {(row.feed, row.url): PageRow(**row._asdict()) for row in rows}


async def save_pages(conn: AsyncConnection, pages: Sequence[PageRow]) -> None:
    key = ("source", "feed", "url")
    for start in range(0, len(pages), 100):
        values = [{name: getattr(row, name) for name in PageRow.__slots__} for row in pages[start : start + 100]]
        await upsert_all(conn, source_pages, key, values)


async def forget_pages(conn: AsyncConnection, pages: Collection[PageRow]) -> None:
    for row in pages:
        of_page = (source_pages.c.source == row.source, source_pages.c.feed == row.feed, source_pages.c.url == row.url)
        await conn.execute(source_pages.delete().where(*of_page))
