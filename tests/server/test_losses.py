"""Who could read a text and may not any more hears of it; of what they could never read nobody hears anything."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from feeds.model import Article, Subject
from server import changes, consequences, ingest, visibility
from server.config import Config
from server.configfile import parse_config
from server.losses import dump_readership, load_readership
from server.site import Site
from server.store import articles, placements
from server.store.engine import Database, open_database
from server.visibility import ANYONE, Reader

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
FEEDS = [("world", "en"), ("inner", "en")]
CONFIG = """
[languages]
configured = ["en"]
pivot = "en"
[outlets.north]
name = "N"
country = "AZ"
[outlets.south]
name = "S"
country = "GE"
[exchanges.inner]
name = "I"
members = ["north", "south"]
{grants}
[subscribers.one]
name = "O"
exchanges = {exchanges}
country = "{country}"
{more}
[channels.world]
title = {{ en = "W" }}
[channels.inner]
title = {{ en = "I" }}
access = "members"
exchange = "inner"
[rights.home]
terms = "home only"
territories = "AZ"
[[routes]]
name = "all"
to = ["world", "inner"]
"""
ECONOMY = '[[exchanges.inner.grants]]\nreader = "one"\nsubject = "medtop:04000000"\n'
NOTHING = '[[exchanges.inner.grants]]\nreader = "one"\nof = "south"\n'
TWO = '[subscribers.two]\nname = "T"\nexchanges = ["inner"]'


def make_config(grants: str = "", country: str = "AZ", exchanges: str = '["inner"]', more: str = "") -> Config:
    text = CONFIG.format(grants=grants, country=country, exchanges=exchanges, more=more)
    return parse_config(text, environment={})


CONFIGS = (
    make_config(), make_config(ECONOMY), make_config(NOTHING), make_config(country="TR"), make_config(exchanges="[]"),
    make_config(more=TWO), make_config(ECONOMY, more=TWO),
)  # fmt: skip
READERS = (ANYONE, Reader("subscriber", "one"), Reader("subscriber", "two"), Reader("outlet", "south"))


@dataclass
class World:
    """Articles of `north`, a configuration that changes, readers who follow all that they may; and an oracle."""

    database: Database
    config: Config = CONFIGS[0]
    now: datetime = NOON
    after: dict[str, int] = field(default_factory=dict)
    has: dict[str, dict[Any, str]] = field(default_factory=dict)  # reader → place → what they were told last
    seen: dict[str, set[Any]] = field(default_factory=dict)  # reader → what they could ever know of
    follows: int = 0

    def tick(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now

    def list_readers(self) -> list[Reader]:
        return [one for one in READERS if one.role != "subscriber" or one.id in self.config.subscribers]

    async def push(self, item: str, *, terms: str, topic: str, status: str) -> None:
        subjects = (Subject(name=topic, code=topic),) if topic else ()
        article = Article(language="en", headline="H", usage_terms=terms, subjects=subjects, pub_status=status)
        async with self.database.write() as conn:
            row = await articles.find_article(conn, "north", item)
            if row is not None and row.canceled_at is not None:
                return
            pushed = ingest.Push("north", item, article, b"", "application/json", "key")
            stored = await ingest.store_push(conn, pushed, self.config, self.tick())
            await consequences.settle(conn, stored.article_id, self.config, self.tick())
        await self.look()

    async def configure(self, number: int) -> None:
        self.config = CONFIGS[number]
        async with self.database.write() as conn:
            for article_id in await articles.list_article_ids(conn):
                await consequences.settle(conn, article_id, self.config, self.tick())
        self.close_channels()
        await self.look()

    def close_channels(self) -> None:
        """Who may not read a channel any more is told so by the channel itself, and begins anew when it opens again."""
        for reader in READERS:
            known = self.has.get(reader.id, {})
            open_ = {name for name, _ in FEEDS if visibility.may_read_channel(reader, name, self.config)}
            self.has[reader.id] = {place: state for place, state in known.items() if place[0] in open_}

    async def look(self) -> None:
        """Note what each reader could know of now."""
        for reader, known in (await self.list_known()).items():
            self.seen.setdefault(reader, set()).update(known)

    async def list_known(self, state: str | None = None) -> Mapping[str, set[Any]]:
        found: dict[str, set[Any]] = {}
        async with self.database.read() as conn:
            rows = await articles.list_articles(conn, await articles.list_article_ids(conn))
            places = await placements.list_placements(conn, rows)
        for reader in self.list_readers():
            found[reader.id] = {
                (place.channel, number)
                for number, some in places.items()
                for place in some
                if visibility.may_read_channel(reader, place.channel, self.config)
                and not visibility.why_refused(rows[number], place, reader, self.config)
                and state in (None, place.state)
            }
        return found

    async def follow(self, number: int) -> None:
        reader = READERS[number]
        if reader not in self.list_readers():
            return
        feeds = [feed for feed in FEEDS if visibility.may_read_channel(reader, feed[0], self.config)]
        async with self.database.read() as conn:
            site, after = Site("https://karvan.example", self.config), self.after.get(reader.id, 0)
            page = await changes.read_page(conn, site, feeds, after, 2, self.tick(), reader)
        assert len({change.number for change in page.changes}) == len(page.changes)
        for change in page.changes:
            assert after < change.number <= page.next
            place = (change.place.channel, change.article.id)
            assert place in self.seen.get(reader.id, ()), "told of what they could never see"
            self.has.setdefault(reader.id, {})[place] = change.state
            assert (change.state == "removed") is (change.entry is None)
        self.after[reader.id] = page.next
        if page.has_more:
            await self.follow(number)

    async def check(self) -> None:
        """Nobody keeps what they may not read, where they may read the channel still; all else they have."""
        may = await self.list_known("usable")
        for number, reader in enumerate(READERS):
            await self.follow(number)
            keeps = {place for place, state in self.has.get(reader.id, {}).items() if state == "usable"}
            open_channels = {name for name, _ in FEEDS if visibility.may_read_channel(reader, name, self.config)}
            if reader in self.list_readers():
                assert {place for place in keeps if place[0] in open_channels} <= may[reader.id]


pushes = st.fixed_dictionaries(
    {
        "item": st.sampled_from(("a", "b")),
        "terms": st.sampled_from(("", "", "Home only")),
        "topic": st.sampled_from(("", "medtop:04000000", "medtop:01000000")),
        "status": st.sampled_from(("usable",) * 5 + ("withheld", "canceled")),
    }
)
steps = st.one_of(
    st.tuples(st.just("push"), pushes),
    st.tuples(st.just("configure"), st.fixed_dictionaries({"number": st.integers(0, len(CONFIGS) - 1)})),
    st.tuples(st.just("follow"), st.fixed_dictionaries({"number": st.integers(0, len(READERS) - 1)})),
    st.tuples(st.just("check"), st.just({})),
)


OPEN = ("push", {"item": "a", "terms": "", "topic": "medtop:04000000", "status": "usable"})
HOME = ("push", {"item": "a", "terms": "Home only", "topic": "", "status": "usable"})
OFF_TOPIC = ("push", {"item": "a", "terms": "", "topic": "medtop:01000000", "status": "usable"})
WITHHELD = ("push", {"item": "a", "terms": "", "topic": "", "status": "withheld"})
KILL = ("push", {"item": "a", "terms": "Home only", "topic": "", "status": "canceled"})


def configure(number: int) -> tuple[str, dict[str, int]]:
    return "configure", {"number": number}


@example([OPEN, ("follow", {"number": 0}), HOME, ("check", {})])  # rights of the article
@example([OPEN, ("follow", {"number": 3}), KILL, ("check", {})])
@example([OPEN, ("follow", {"number": 1}), configure(2), ("check", {})])  # a grant
@example([configure(1), OPEN, ("follow", {"number": 1}), OFF_TOPIC, ("check", {})])  # its topic
@example([HOME, ("follow", {"number": 1}), configure(3), ("check", {})])  # the reader's country
@example([HOME, configure(5), ("check", {})])  # a new reader
@example([OPEN, ("check", {}), configure(4), OFF_TOPIC, WITHHELD])  # out of the exchange for a while
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(steps, min_size=3, max_size=20))
async def test_nobody_keeps_what_they_may_not_read_nor_hears_of_what_they_never_could(
    tmp_path_factory: pytest.TempPathFactory, steps: Any
) -> None:
    world = World(await open_database("", tmp_path_factory.mktemp("world")))
    try:
        for name, options in steps:
            await getattr(world, name)(**options)
        await world.check()
        await world.configure(0)
        await world.check()
    finally:
        await world.database.close()


@pytest.mark.parametrize("config", CONFIGS)
def test_what_is_kept_of_a_configuration_says_who_may_read_what(config: Config) -> None:
    kept = load_readership(dump_readership(config))
    assert kept is not None
    for reader in READERS[:2]:
        for channel in config.channels:
            assert visibility.may_read_channel(reader, channel, kept) == visibility.may_read_channel(
                reader, channel, config
            )
            assert visibility.get_country(reader, kept) == visibility.get_country(reader, config)
    assert kept.exchanges["inner"].grants == config.exchanges["inner"].grants


def test_what_cannot_be_read_any_more_tells_nothing() -> None:
    assert load_readership("") is None
    assert load_readership('{"outlets": 5}') is None
