"""The operator's glossaries: every version that was ever in force. Exchange "" has the one that is for all."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.schema import glossaries


@dataclass(frozen=True, slots=True)
class GlossaryRow:
    """A version of a glossary. `terms` is TSV (translators.glossary); `key_id` says whose key brought it."""

    exchange: str
    number: int
    terms: str
    terms_hash: str
    key_id: str
    created_at: datetime


_COLUMNS = (
    glossaries.c.exchange,
    glossaries.c.number,
    glossaries.c.terms,
    glossaries.c.terms_hash,
    glossaries.c.key_id,
    glossaries.c.created_at,
)


async def list_current(conn: AsyncConnection, exchanges: Iterable[str] | None = None) -> dict[str, GlossaryRow]:
    """Exchange → the version in force, of these exchanges or of all; those without one are left out."""
    last = select(glossaries.c.exchange, func.max(glossaries.c.number).label("number")).group_by(glossaries.c.exchange)
    if exchanges is not None:
        last = last.where(glossaries.c.exchange.in_(list(exchanges)))
    newest = last.subquery()
    statement = select(*_COLUMNS).join(
        newest, (glossaries.c.exchange == newest.c.exchange) & (glossaries.c.number == newest.c.number)
    )
    return {row.exchange: GlossaryRow(*row) for row in await conn.execute(statement)}


async def find_current(conn: AsyncConnection, exchange: str) -> GlossaryRow | None:
    return (await list_current(conn, [exchange])).get(exchange)


async def list_history(conn: AsyncConnection, exchange: str) -> Sequence[GlossaryRow]:
    """All versions, the newest first."""
    statement = select(*_COLUMNS).where(glossaries.c.exchange == exchange).order_by(glossaries.c.number.desc())
    return [GlossaryRow(*row) for row in await conn.execute(statement)]


async def list_outlines(conn: AsyncConnection, exchange: str) -> Sequence[GlossaryRow]:
    """The same, but all except the newest without their `terms`: together these may be hundreds of megabytes."""
    mine = glossaries.c.exchange == exchange
    newest = select(func.max(glossaries.c.number)).where(mine).scalar_subquery()
    terms = case((glossaries.c.number == newest, glossaries.c.terms), else_="").label("terms")
    columns = [terms if column is glossaries.c.terms else column for column in _COLUMNS]
    statement = select(*columns).where(mine).order_by(glossaries.c.number.desc())
    return [GlossaryRow(*row) for row in await conn.execute(statement)]


async def save_glossary(
    conn: AsyncConnection, exchange: str, terms: str, key_id: str, now: datetime
) -> tuple[GlossaryRow, bool]:
    """The version in force from now on, and whether it is new: the same terms once more change nothing."""
    current = await find_current(conn, exchange)
    terms_hash = hashlib.sha256(terms.encode()).hexdigest()
    if current is not None and current.terms_hash == terms_hash:
        return current, False
    row = GlossaryRow(exchange, current.number + 1 if current else 1, terms, terms_hash, key_id, now)
    await conn.execute(
        glossaries.insert().values(
            exchange=exchange, number=row.number, terms=terms, terms_hash=terms_hash, key_id=key_id, created_at=now
        )
    )
    return row, True
