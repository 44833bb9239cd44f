"""How much of everything there is, for who watches: questions that cost as much as what waits, not as the archive.

Counts stop at MOST: beyond, the exact number tells nobody more, and nobody waits for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, ScalarSelect, Select, bindparam, case, cast, func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.delivery_schema import dead_letters, receipts, subscriptions
from server.store.schema import articles, holds, jobs, parallels
from server.store.source_schema import sources

MOST = 100_000
MOST_LOOKED_AT = 10_000  # waiting translations of which it is asked whether they renew something

WAITING = ("pending", "held", "failed")  # states of parallel versions with a backlog


@dataclass(frozen=True, slots=True)
class Figures:
    """Jobs by kind: due (or running), since when the oldest, given up. Versions by freshness; subscriptions by (kind,
    state), where a live one that does not get through is "failing"; sources by state.
    """

    due: Mapping[str, int]
    oldest: Mapping[str, datetime]
    given_up: Mapping[str, int]
    versions: Mapping[str, int]
    articles_held: int
    subscriptions: Mapping[tuple[str, str], int]
    dead_letters: int
    notices: int
    sources: Mapping[str, int]


async def read_figures(conn: AsyncConnection, kinds: tuple[str, ...], translate: str, now: datetime) -> Figures:
    """`kinds`: of jobs; `translate`: the one that makes parallel versions."""
    found = (await conn.execute(_ask(kinds, translate), {"now": now})).one()._mapping
    oldest = {kind: found[f"oldest {kind}"] for kind in kinds}
    return Figures(
        due={kind: found[f"due {kind}"] for kind in kinds},
        oldest={kind: since for kind, since in oldest.items() if since is not None},
        given_up={kind: found[f"given up {kind}"] for kind in kinds},
        versions={state: found[state] for state in (*WAITING, "stale")},
        articles_held=found["holds"],
        subscriptions={(row.kind, row.state): row.number for row in await conn.execute(_SUBSCRIPTIONS)},
        dead_letters=found["dead letters"],
        notices=found["notices"],
        sources={row.state: row.number for row in await conn.execute(_SOURCES)},
    )


async def count_arrivals(conn: AsyncConnection, since: datetime) -> Mapping[str, int]:
    """By outlet, how many articles were first pushed since then. The newest are at the end: no more are looked at."""
    newest = select(articles.c.outlet, articles.c.created_at).where(articles.c.head_id.is_not(None))
    few = newest.order_by(articles.c.id.desc()).limit(MOST).subquery()
    statement = select(few.c.outlet, func.count().label("number")).where(few.c.created_at >= since)
    return {row.outlet: row.number for row in await conn.execute(statement.group_by(few.c.outlet))}


async def read_size(conn: AsyncConnection) -> int:
    """Bytes of the database, without its log. SQLite only."""
    pages = (await conn.exec_driver_sql("PRAGMA page_count")).scalar_one()
    return int(pages * (await conn.exec_driver_sql("PRAGMA page_size")).scalar_one())


@cache
def _ask(kinds: tuple[str, ...], translate: str) -> Select[Any]:
    now = bindparam("now", type_=jobs.c.run_at.type)
    columns: list[ColumnElement[Any]] = []
    for kind in kinds:
        due = (jobs.c.kind == kind, jobs.c.given_up_at.is_(None), jobs.c.run_at <= now)
        columns += [
            _count(*due).label(f"due {kind}"),
            select(func.min(jobs.c.run_at)).where(*due).scalar_subquery().label(f"oldest {kind}"),
            _count(jobs.c.kind == kind, jobs.c.given_up_at.is_not(None)).label(f"given up {kind}"),
        ]
    columns += [_count(parallels.c.state == state).label(state) for state in WAITING]
    columns += [
        _count_stale(translate).label("stale"),
        _count(holds.c.verdict == "").label("holds"),
        _count(dead_letters.c.retried_at.is_(None)).label("dead letters"),
        _count(receipts.c.notice_at.is_not(None)).label("notices"),
    ]
    return select(*columns)


def _count(*where: ColumnElement[bool]) -> ScalarSelect[int]:
    few = select(literal(1).label("one")).where(*where).limit(MOST).subquery()
    return select(func.count()).select_from(few).scalar_subquery()


def _count_stale(translate: str) -> ScalarSelect[int]:
    """There is a version, and a job to make it anew (its subject is ARTICLE:LANGUAGE, its batch the language)."""
    waiting = (
        select(cast(func.replace(jobs.c.subject, literal(":") + jobs.c.batch, ""), BigInteger).label("article_id"))
        .add_columns(jobs.c.batch.label("language"))
        .where(jobs.c.kind == translate, jobs.c.given_up_at.is_(None))
        .limit(MOST_LOOKED_AT)
        .subquery()
    )
    same = (parallels.c.article_id == waiting.c.article_id, parallels.c.language == waiting.c.language)
    return select(func.count()).where(*same, parallels.c.state.in_(("ready", "held"))).scalar_subquery()


_state = case(
    ((subscriptions.c.state == "live") & (subscriptions.c.failures > 0), "failing"), else_=subscriptions.c.state
).label("state")
_SUBSCRIPTIONS = select(subscriptions.c.kind, _state, func.count().label("number")).group_by(
    subscriptions.c.kind, _state
)
_standing = case(((sources.c.state == "live") & (sources.c.failures > 0), "failing"), else_=sources.c.state).label(
    "state"
)
_SOURCES = select(_standing, func.count().label("number")).group_by(_standing)
