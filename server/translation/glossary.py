"""The glossaries in force: the one for all (the operator's, else the one that ships), and those of exchanges.

What an exchange says of a concept stands over what is said for all; of two exchanges, the later one of the
configuration stands.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from sqlalchemy.ext.asyncio import AsyncConnection

from server import audit
from server.store import glossaries
from server.store.glossaries import GlossaryRow
from translators.glossary import Glossary, load_default, merge, parse_tsv

FOR_ALL = ""  # the exchange whose glossary is for all articles
_MOST_KEPT = 32  # effective glossaries: each compiles its terms when it is first used


async def load_effective(conn: AsyncConnection, exchanges: Sequence[str] = ()) -> Glossary:
    """The glossary of an article whose outlet is in these exchanges. The same terms give the same object."""
    current = await glossaries.list_current(conn, [FOR_ALL, *exchanges])
    texts = tuple(current[name].terms if name in current else None for name in [FOR_ALL, *dict.fromkeys(exchanges)])
    return _merge(texts)


async def load_own(conn: AsyncConnection, exchange: str) -> Glossary | None:
    """What was set for this exchange, or for all; the shipped one while nothing was set for all."""
    row = await glossaries.find_current(conn, exchange)
    if row is not None:
        return parse_tsv(row.terms)
    return load_default() if exchange == FOR_ALL else None


async def set_glossary(
    conn: AsyncConnection, exchange: str, terms: str, count: int, key_id: str, now: datetime
) -> tuple[GlossaryRow, bool]:
    """Put a glossary of `count` terms in the place of the one that was, with a line in the audit; and if it differs."""
    old = await glossaries.find_current(conn, exchange)
    row, changed = await glossaries.save_glossary(conn, exchange, terms, key_id, now)
    if changed:
        before = {"number": old.number} if old else None
        after = {"number": row.number, "terms": count}
        await audit.note(conn, "glossary.put", exchange or "*", now, before=before, after=after)
    return row, changed


@lru_cache(maxsize=_MOST_KEPT)
def _merge(texts: tuple[str | None, ...]) -> Glossary:
    for_all, *others = texts
    first = load_default() if for_all is None else parse_tsv(for_all)
    own = [parse_tsv(text) for text in others if text is not None]
    return merge([first, *own]) if own else first
