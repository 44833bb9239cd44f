"""Who follows the changes ends with what the feeds show: never an embargoed byte, nothing missed or doubled."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feeds.model import Article, Entry
from server import archives, changes, consequences, ingest, jobs, worker
from server.config import Channel, Config, Limits, Outlet, Route
from server.serving.entrycache import EntryCache
from server.site import Site
from server.store import articles, parallels, placements
from server.store.engine import Database, open_database
from server.store.parallels import Parallel
from server.store.standings import Filters

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
FEEDS = (("world", "en"), ("world", "az"), ("inner", "en"), ("inner", "az"))


def make_config(to: Sequence[str] = ("world", "inner")) -> Config:
    return Config(
        outlets={"north": Outlet(name="North", country="AZ")},
        channels={"world": Channel(title={"en": "World"}), "inner": Channel(title={"en": "Inner"}, access="admins")},
        routes=(Route(name="all", to=tuple(to), languages=("az",), machine="off"),) if to else (),
    )


CONFIGS = (make_config(), make_config(("world",)), make_config(("inner",)))


@dataclass
class Follower:
    """Reads what changed in its feeds after what it has; keeps what it was told."""

    feeds: tuple[placements.FeedName, ...]
    limit: int
    after: int = 0
    known: int = 0
    has: dict[str, Entry | str] = field(default_factory=dict)  # feed and id → the entry, or how it is gone

    def take(self, page: changes.Page, now: datetime) -> None:
        assert len(page.changes) <= self.limit
        for change in page.changes:
            assert change.number > self.after, "a change came twice, or out of order"
            self.after = change.number
            key = f"{change.place.channel} {change.id}"
            if change.state != "usable":
                assert change.entry is None or change.entry.withdrawn
                self.has[key] = change.state
                continue
            assert change.entry is not None
            article = change.entry.article
            assert article.embargoed_until is None or article.embargoed_until <= now, "an embargo is broken"
            assert article.expires is None or article.expires > now
            if not isinstance(self.has.get(key), Entry):
                assert change.is_new(self.known), "new is what was not there"
            assert change.entry != self.has.get(key), "told again what has not changed"
            self.has[key] = change.entry
        assert page.next == self.after
        if not page.has_more:
            self.known = self.after


@dataclass
class World:
    """A database, a clock, a configuration, and those who follow."""

    folder: Path
    database: Database
    now: datetime = NOON
    config: Config = CONFIGS[0]
    followers: tuple[Follower, ...] = ()

    @property
    def site(self) -> Site:
        return Site("https://karvan.example", self.config)

    def get_time(self) -> datetime:
        self.now += timedelta(microseconds=1)
        return self.now

    async def push(self, item: str, **fields: Any) -> None:
        for name in ("embargoed_until", "expires"):
            fields[name] = None if fields.get(name) is None else self.now + fields[name] * HOUR
        article = Article(language="en", **fields)
        async with self.database.write() as conn:
            row = await articles.find_article(conn, "north", item)
            if row is not None and row.canceled_at is not None:
                return
            push = ingest.Push("north", item, article, b"", "application/json", "key")
            stored = await ingest.store_push(conn, push, self.config, self.get_time())
            await consequences.settle(conn, stored.article_id, self.config, self.get_time())

    async def contribute(self, item: str, headline: str) -> None:
        async with self.database.write() as conn:
            row = await articles.find_article(conn, "north", item)
            if row is None or row.canceled_at is not None:
                return
            text = Article(language="az", headline=headline)
            version = Parallel(
                row.id, "az", "outlet", "ready", self.now, article=text, source_hash=row.head.text_hash, version_id=1
            )
            await parallels.save_parallel(conn, version)
            await consequences.settle(conn, row.id, self.config, self.get_time())

    async def pass_time(self, hours: float) -> None:
        self.now += hours * HOUR

    async def reroute(self, number: int) -> None:
        self.config = CONFIGS[number]
        async with self.database.write() as conn:
            for article_id in await articles.list_article_ids(conn):
                await consequences.settle(conn, article_id, self.config, self.get_time())

    async def restart(self) -> None:
        await self.database.close()
        self.database = await open_database("", self.folder)

    async def turn(self) -> None:
        """Do the turns that are due, as a worker does."""
        tools: Any = SimpleNamespace(database=self.database, config=self.config, clock=self.get_time)
        while True:
            async with self.database.write() as conn:
                claimed = await jobs.claim(
                    conn, jobs.TURN, worker="w", limits=Limits(), limit=worker.TURNS, now=self.now
                )
            if not claimed:
                return
            await worker.turn(tools, claimed)

    async def follow(self, number: int) -> bool:
        """Whether there is more."""
        follower = self.followers[number % len(self.followers)]
        async with self.database.read() as conn:
            page = await changes.read_page(conn, self.site, follower.feeds, follower.after, follower.limit, self.now)
        assert not page.is_waiting, "there is one clock here: what is numbered may be shown"
        follower.take(page, self.now)
        return page.has_more

    async def check(self) -> None:
        """When all due turns are done, everybody has what the feeds show."""
        await self.turn()
        shown = [await self.read_feed(*feed) for feed in FEEDS]
        for number, follower in enumerate(self.followers):
            while await self.follow(number):
                pass
            assert not await self.follow(number)
            usable = {key: entry for key, entry in follower.has.items() if isinstance(entry, Entry)}
            meant = [entries for feed, (entries, _) in zip(FEEDS, shown, strict=True) if feed in follower.feeds]
            assert usable == {key: entry for entries in meant for key, entry in entries.items()}
            gone = [stones for feed, (_, stones) in zip(FEEDS, shown, strict=True) if feed in follower.feeds]
            assert follower.has.keys() - usable.keys() == {key for stones in gone for key in stones}

    async def read_feed(self, channel: str, language: str) -> tuple[dict[str, Entry], set[str]]:
        async with self.database.read() as conn:
            last = await placements.get_last_position(conn, channel, language)
            asked = (channel, language), Filters(), last, self.now, "atom", EntryCache()
            feed = await archives.make_feed(conn, self.site, *asked)
        entries = {f"{channel} {entry.id}": entry for entry in feed.entries if not entry.withdrawn}
        return entries, {f"{channel} {stone.ref}" for stone in feed.tombstones}


times = st.sampled_from((None, None, -1, 1, 2, 3))
items = st.sampled_from(("a", "b"))
pushes = st.fixed_dictionaries(
    {
        "item": items,
        "headline": st.sampled_from(("A", "B", "C")),
        "pub_status": st.sampled_from(("usable",) * 6 + ("withheld", "canceled")),
        "embargoed_until": times,
        "expires": times,
    }
)
push = st.tuples(st.just("push"), pushes)
steps = st.one_of(
    push,
    push,
    push,
    st.tuples(st.just("contribute"), st.fixed_dictionaries({"item": items, "headline": st.sampled_from(("D", "E"))})),
    st.tuples(st.just("pass_time"), st.fixed_dictionaries({"hours": st.sampled_from((0.5, 1, 2))})),
    st.tuples(st.just("reroute"), st.fixed_dictionaries({"number": st.integers(0, len(CONFIGS) - 1)})),
    st.tuples(st.sampled_from(("restart", "turn", "turn", "check")), st.just({})),
    st.tuples(st.just("follow"), st.fixed_dictionaries({"number": st.integers(0, 5)})),
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(steps, min_size=4, max_size=25))
async def test_who_follows_ends_with_what_the_feeds_show(tmp_path_factory: pytest.TempPathFactory, steps: Any) -> None:
    folder = tmp_path_factory.mktemp("world")
    followers = (*(Follower((feed,), 1) for feed in FEEDS[:2]), Follower(FEEDS, 3), Follower(FEEDS, 1))
    world = World(folder, await open_database("", folder), followers=followers)
    try:
        for name, options in steps:
            await getattr(world, name)(**options)
        await world.check()
        await world.pass_time(4)  # every embargo ends, everything that may expire does
        await world.check()
        world.followers += (Follower(FEEDS, 2),)  # who comes last
        await world.check()
    finally:
        await world.database.close()
