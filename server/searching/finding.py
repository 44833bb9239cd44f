"""Rows of the index → hits as one reader may see them: each gated as in its feed, one a translation set, in order.

An article is told once, at the oldest of the closest rows that the reader may see of it: so that the next page knows
what was told before, and a translation of today makes no old article new.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from feeds import html
from feeds.model import Entry
from server import entries, problems, visibility
from server.config import Channel, Config
from server.entries import Loaded
from server.searching.query import Asked, Term, list_meant, make_expressions
from server.searching.snippets import Piece, make_snippet, mark
from server.site import Site
from server.store import articles, placements, search, search_rows
from server.store.articles import ArticleRow
from server.store.placements import Placement
from server.store.search import State
from server.store.search_rows import Grant, Key, Row, Scope
from server.translation.glossary import load_effective
from server.visibility import Reader

_BY_ORIGIN = ("source", "outlet", "edited", "machine")
_BY_EXTENT = ("full", "marked", "headline")
_ROWS_A_HIT = 3  # that are looked at: a text mostly stands in several channels and languages
_MORE = 4  # times as many each time that these were not for this reader
_WHY_NOT: Mapping[State, str] = {
    "building": "the index for search is being built: try again in a moment",
    "none": "this server's database has no full-text search (SQLite with FTS5): everything else works",
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What is looked for, and where. `is_newest`: in the order of publication alone; `after`: where to go on."""

    asked: Asked
    scope: Scope
    limit: int
    is_newest: bool = False
    after: Key | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """An article that was found: where the reader may see it, by language, the best of it first."""

    key: Key
    article: ArticleRow
    places: tuple[Placement, ...]

    @property
    def best(self) -> Placement:
        return self.places[0]


@dataclass(frozen=True, slots=True)
class Hit:
    """The same as it is told: the text in its best language, with what was found marked."""

    entry: Entry
    found: Found
    places: Sequence[Placement]  # all of the article
    headline: tuple[Piece, ...]
    snippet: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """`next`: after which key to go on, None at the end. `until`: when one of the hits is over by itself."""

    hits: tuple[Hit, ...] = ()
    next: Key | None = None
    until: datetime | None = None


def make_scope(reader: Reader, channels: Iterable[str], config: Config) -> Mapping[str, Sequence[Grant] | None]:
    """Those of the channels that the reader may read, and what is granted there (None: everything)."""
    wanted = frozenset(channels)
    readable = visibility.list_channels(reader, config)
    return {name: _list_grants(config.channels[name], reader, config) for name in readable if name in wanted}


def _list_grants(channel: Channel, reader: Reader, config: Config) -> Sequence[Grant] | None:
    exchange = config.exchanges.get(channel.exchange or "")
    grants = [grant for grant in exchange.grants if reader.id in grant.reader] if exchange and reader.id else []
    return [Grant(tuple(grant.of), tuple(grant.subject)) for grant in grants] or None


def list_own(reader: Reader, config: Config) -> tuple[str, ...]:
    """The outlets whose articles the reader needs no grant for."""
    return tuple(name for name in config.outlets if visibility.may_manage(reader, name))


async def find_page(conn: AsyncConnection, site: Site, reader: Reader, wish: Wish, now: datetime) -> Page:
    """What this reader finds, at most `limit` of it. Raises Unavailable while there is no index, or not all of it."""
    if (state := await search.find_state(conn)) != "ready":
        raise problems.Unavailable(_WHY_NOT[state], headers={"Retry-After": "5"})
    glossary = await load_effective(conn)
    if not wish.scope.channels:
        return Page()
    expressions = make_expressions(wish.asked, glossary)
    asked = expressions[-1:] if wish.is_newest else expressions
    found: list[Found] = []
    after, most = wish.after, (wish.limit + 1) * _ROWS_A_HIT
    while len(found) <= wish.limit:
        rows = await search_rows.list_rows(conn, asked, wish.scope, now, after, most)
        gated = await _gate(conn, rows.rows, reader, site.config, now)
        key = rows.next
        # What came before was told before; what comes first behind these rows comes again with its own.
        found += [one for one in gated if (after is None or one.key > after) and (key is None or one.key <= key)]
        if key is None:
            break
        after, most = key, most * _MORE
    shown = found[: wish.limit]
    loaded = await entries.load(conn, [one.article.id for one in shown])
    terms = [meant for group in wish.asked.groups for term in group for meant in list_meant(term, glossary)]
    hits = await asyncio.to_thread(lambda: [_make_hit(site, loaded[one.article.id], one, terms) for one in shown])
    ends = [place.expires_at for one in shown for place in one.places if place.expires_at is not None]
    return Page(tuple(hits), shown[-1].key if len(found) > wish.limit else None, min(ends, default=None))


async def _gate(
    conn: AsyncConnection, rows: Sequence[Row], reader: Reader, config: Config, now: datetime
) -> Sequence[Found]:
    """The articles of which the reader may see something that was found, in order."""
    by_article: dict[int, list[Row]] = {}
    for row in rows:
        by_article.setdefault(row.article_id, []).append(row)
    known = await articles.list_articles(conn, by_article)
    standing = await placements.list_placements(conn, by_article)
    order = {name: place for place, name in enumerate(config.channels)}
    found = []
    for number, of_article in by_article.items():
        places = {place.feed: place for place in standing[number]}
        visible = [
            row for row in of_article
            if visibility.is_visible(known[number], [places[row.feed]], reader, config, now)
        ]  # fmt: skip
        if visible:
            closest = [row for row in visible if row.key[0] == visible[0].key[0]]
            ranked = sorted(visible, key=lambda row: _rank(row, places[row.feed], order))
            best = {row.feed[1]: places[row.feed] for row in reversed(ranked)}  # by language
            languages = dict.fromkeys(row.feed[1] for row in ranked)
            found.append(Found(closest[-1].key, known[number], tuple(best[language] for language in languages)))
    return sorted(found, key=lambda one: one.key)


def _rank(row: Row, place: Placement, order: Mapping[str, int]) -> tuple[int, int, int, int]:
    """The closest first, then people's before a machine's, more of a text before less, the config's order."""
    return row.key[0], _BY_ORIGIN.index(place.origin), _BY_EXTENT.index(place.extent), order[place.channel]


def _make_hit(site: Site, loaded: Loaded, found: Found, terms: Sequence[Term]) -> Hit:
    entry = entries.make_entry(site, loaded, found.best)
    texts = [entry.article.description]
    if not entry.partial:  # else its body leads to where the full text is
        texts += [html.to_plain(entry.article.body), *(picture.caption for picture in entry.article.pictures)]
    return Hit(entry, found, loaded.places, mark(entry.article.headline, terms), make_snippet(texts, terms))
