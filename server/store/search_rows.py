"""What the full-text index finds, place by place, in the order in which it is told: gated as far as SQL can."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.placements import FeedName
from server.store.schema import EPOCH, MICROSECOND
from server.store.standings import Filters

NO_FILTERS = Filters()
Key = tuple[int, int, str, str]  # how close (0: closest), publication in microseconds before 1970, outlet, item


@dataclass(frozen=True, slots=True)
class Grant:
    """What a reader may see of a channel: of these outlets, about these topics; empty: of all, about all."""

    outlets: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scope:
    """Where is looked: channel → what is granted there (None: all that stands there), and what else is wanted.

    `mine`: outlets whose articles need no grant. `languages`: empty for all.
    """

    channels: Mapping[str, Sequence[Grant] | None]
    mine: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    filters: Filters = NO_FILTERS
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A text in a place where the words were found."""

    key: Key
    article_id: int
    feed: FeedName


@dataclass(frozen=True, slots=True)
class Rows:
    """All rows of the articles that come next, those that come earlier or later, too. `next`: where to go on."""

    rows: Sequence[Row] = ()
    next: Key | None = None


async def list_rows(
    conn: AsyncConnection, expressions: Sequence[str], scope: Scope, now: datetime, after: Key | None, limit: int
) -> Rows:
    """`expressions`: what FTS5 is asked, the closest first. Looks at so many rows after the key."""
    values: dict[str, Any] = {"now": _count(now), "most": limit}
    hits = []
    for tier, expression in _list_tiers(expressions):
        values[f"asked{tier}"] = expression
        hits.append(f"SELECT rowid AS id, {tier} AS tier FROM search_index WHERE search_index MATCH :asked{tier}")  # noqa: S608
    wanted = " AND ".join(_write_scope(scope, values))
    coming = ""
    if after is not None:
        coming = "WHERE (tier, newness, outlet, item) > (:tier, :newness, :outlet, :item)"
        values |= dict(zip(("tier", "newness", "outlet", "item"), after, strict=True))
    statement = f"""
        WITH hits AS (SELECT id, min(tier) AS tier FROM ({" UNION ALL ".join(hits)}) GROUP BY id),
        found AS MATERIALIZED (
          SELECT hits.tier AS tier, -p.published_at AS newness, a.outlet AS outlet, a.item AS item,
                 t.article_id AS article_id, p.channel AS channel, p.language AS language
          FROM hits CROSS JOIN search_texts t ON t.id = hits.id
          CROSS JOIN placements p ON p.article_id = t.article_id AND p.language = t.language
            AND (p.extent = 'headline') = t.is_excerpt
          CROSS JOIN articles a ON a.id = t.article_id
          WHERE p.state = 'usable' AND p.shown_at <= :now AND (p.expires_at IS NULL OR p.expires_at > :now)
            AND {wanted})
        SELECT * FROM found WHERE article_id IN (
          SELECT article_id FROM found {coming} ORDER BY tier, newness, outlet, item LIMIT :most)
        ORDER BY tier, newness, outlet, item, channel, language
        """  # noqa: S608 (all that anybody typed is bound)
    rows = [Row(tuple(row[:4]), row[4], (row[5], row[6])) for row in await conn.execute(_bind(statement, values))]
    looked_at = [row.key for row in rows if after is None or row.key > after][:limit]
    return Rows(rows, looked_at[-1] if len(looked_at) == limit else None)


def _list_tiers(expressions: Sequence[str]) -> list[tuple[int, str]]:
    """Each expression once, where it stands first."""
    first = {expression: tier for tier, expression in reversed(list(enumerate(expressions)))}
    return sorted((tier, expression) for expression, tier in first.items())


def _write_scope(scope: Scope, values: dict[str, Any]) -> list[str]:
    conditions = [_write_channels(scope, values)]
    filters = scope.filters
    for name, given, condition in (
        ("languages", scope.languages, "p.language IN :languages"),
        ("outlets", filters.outlets, "a.outlet IN :outlets"),
        ("subject", filters.subject, "a.id IN (SELECT article_id FROM topics WHERE code = :subject)"),
        ("origin", filters.origin, "p.origin = :origin"),
        ("since", scope.since and _count(scope.since), "p.published_at >= :since"),
        ("until", scope.until and _count(scope.until), "p.published_at < :until"),
    ):
        if given:
            values[name] = given
            conditions.append(condition)
    return conditions


def _write_channels(scope: Scope, values: dict[str, Any]) -> str:
    """The channels that the reader may see, and of those that are granted in parts, these parts."""
    values["open"] = [name for name, grants in scope.channels.items() if grants is None]
    conditions = ["p.channel IN :open"]
    for place, (name, grants) in enumerate(scope.channels.items()):
        for part, grant in enumerate(grants or ()):
            named = f"{place}_{part}"
            values[f"channel{named}"] = name
            whole = [f"p.channel = :channel{named}"]
            if grant.outlets:
                values[f"of{named}"] = grant.outlets
                whole.append(f"a.outlet IN :of{named}")
            if grant.topics:
                values[f"about{named}"] = grant.topics
                whole.append(f"a.id IN (SELECT article_id FROM topics WHERE code IN :about{named})")  # noqa: S608
            conditions.append(f"({' AND '.join(whole)})")
        if grants is not None and scope.mine:
            values |= {f"channel{place}": name, "mine": scope.mine}
            conditions.append(f"(p.channel = :channel{place} AND a.outlet IN :mine)")
    return f"({' OR '.join(conditions)})"


def _bind(statement: str, values: Mapping[str, Any]) -> Any:
    lists = {name for name, value in values.items() if isinstance(value, list | tuple)}
    return text(statement).bindparams(
        *(bindparam(name, list(value) if name in lists else value, expanding=name in lists)
          for name, value in values.items())
    )  # fmt: skip


def _count(moment: datetime) -> int:
    return (moment - EPOCH) // MICROSECOND
