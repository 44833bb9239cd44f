"""A feed made of kept entries is the feed that is made from scratch, whatever happened since they were kept."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from feeds.model import Article, Entry, Outlet, Picture, Rendition, Subject
from server import archives, consequences, ingest, jobs, worker
from server.config import Channel, Config, Limits, Subscriber
from server.config import Outlet as Member
from server.config.rules import Embargo, Exchange, Grant, Route
from server.consequences import Ask
from server.entries import NO_PROVENANCE
from server.serving.entrycache import EntryCache, Standing
from server.site import Site
from server.store import articles, media, parallels, standings
from server.store.articles import ArticleRow, Version
from server.store.documents import make_text_hash
from server.store.engine import Database, open_database
from server.store.media import Upload
from server.store.parallels import Parallel
from server.store.placements import Placement
from server.store.standings import Filters
from server.visibility import ANYONE, Reader
from translators.checks import Finding

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
LANGUAGES = ("az", "en", "tr")
POLITICS, FOOD = "medtop:11000000", "medtop:20000170"
VIEWS = (
    ("world", ANYONE, Filters()),
    ("world", ANYONE, Filters(origin="machine", query="origin=machine")),
    ("inner", Reader("subscriber", "wire"), Filters()),
    ("desk", Reader("admin", "admin"), Filters()),
)


def make_config(name: str = "North", held: Any = "mark", minutes: int = 0, world: bool = True) -> Config:
    wait = Embargo(minutes=minutes) if minutes else None
    routes = [Route(name="inner", to=("inner",), languages=LANGUAGES, machine="publish", held=held)]
    if world:
        routes.append(Route(name="world", to=("world",), languages=("az", "en"), machine="publish", held=held))
        routes.append(Route(name="slow", to=("world",), languages=("tr",), machine="publish", held=held, embargo=wait))
    grants = (Grant(reader=("wire",), subject=(POLITICS,)),)
    return Config(
        outlets={"north": Member(name=name, country="AZ")},
        channels={
            "world": Channel(title={"en": "World"}),
            "inner": Channel(title={"en": "Inner"}, access="members", exchange="news"),
            "desk": Channel(title={"en": "Desk"}, access="admins", shows="held"),
        },
        exchanges={"news": Exchange(name="News", members=("north",), languages=LANGUAGES, grants=grants)},
        subscribers={"wire": Subscriber(name="Wire", exchanges=("news",))},
        routes=tuple(routes),
        limits=Limits(feed_entries=2),
    )


CONFIGS = (
    make_config(),
    make_config(name="The North"),
    make_config(held="headline"),
    make_config(minutes=90),
    make_config(world=False),
)


@dataclass
class World:
    """A database, a clock, a configuration, and the entries that are kept."""

    database: Database
    now: datetime = NOON
    config: Config = CONFIGS[0]
    kept: EntryCache = field(default_factory=EntryCache)

    def get_time(self) -> datetime:
        self.now += timedelta(microseconds=1)
        return self.now

    async def push(self, item: str, topic: str, picture: str, credit: str, **fields: Any) -> None:
        for name in ("embargoed_until", "expires"):
            fields[name] = None if fields.get(name) is None else self.now + fields[name] * HOUR
        article = Article(
            language="en", subjects=(Subject(name="", code=topic),), pictures=show(picture, credit), **fields
        )
        async with self.database.write() as conn:
            row = await articles.find_article(conn, "north", item)
            if row is None or row.canceled_at is None:
                push = ingest.Push("north", item, article, b"", "application/json", "key")
                stored = await ingest.store_push(conn, push, self.config, self.get_time())
                await consequences.settle(conn, stored.article_id, self.config, self.get_time())

    async def write(self, item: str, language: str, ask: Ask = Ask.NOTHING, **values: Any) -> None:
        """A parallel version, by people or a machine; from the text in `start`, where there is one."""
        start, pictures = values.pop("start", "en"), values.pop("pictures")
        async with self.database.write() as conn:
            row = await articles.find_article(conn, "north", item)
            if row is None or row.canceled_at is not None:
                return
            between = (await parallels.list_parallels(conn, [row.id])).get(row.id, {}).get(start)
            source = between.article if between is not None and between.article is not None else row.head.article
            if between is not None and between.language == language:
                return
            text = Article(
                language=language, headline=values.pop("headline"), pictures=pictures, version=values.pop("version")
            )
            made_from = (source.language, f"{make_text_hash(source)} {source.language}-{language}")
            version = Parallel(
                row.id, language, changed_at=self.now, article=text, source_hash=row.head.text_hash,
                version_id=row.head.id, from_language=made_from[0], basis=made_from[1], **values,
            )  # fmt: skip
            await parallels.save_parallel(conn, version)
            await consequences.settle(conn, row.id, self.config, self.get_time(), ask=ask)

    async def upload(self, sha256: str) -> None:
        """Another file under the name of the picture that articles show."""
        made = (Rendition(href="", name="thumbnail", media_type="image/jpeg"),) if sha256 else ()
        one = Upload(
            "north", "p", sha256, "image/jpeg", 1, "ready", "key", self.now, self.now, "", sha256 or None, made
        )
        async with self.database.write() as conn:
            await media.save_upload(conn, one)
            for article_id in await media.list_articles_with(conn, "north", "p"):
                await consequences.settle(conn, article_id, self.config, self.get_time(), ask=Ask.NOTHING)

    async def pass_time(self, hours: float) -> None:
        self.now += hours * HOUR

    async def reroute(self, number: int, is_settled: bool) -> None:
        self.config = CONFIGS[number]
        async with self.database.write() as conn:
            for article_id in await articles.list_article_ids(conn) if is_settled else ():
                await consequences.settle(conn, article_id, self.config, self.get_time())

    async def turn(self) -> None:
        """Do the turns that are due, as a worker does."""
        tools: Any = SimpleNamespace(database=self.database, config=self.config, clock=self.get_time)
        async with self.database.write() as conn:
            limits = {"limits": Limits(), "limit": worker.TURNS}
            claimed = await jobs.claim(conn, jobs.TURN, worker="w", now=self.now, **limits)
        if claimed:
            await worker.turn(tools, claimed)

    async def check(self) -> None:
        site = Site("https://karvan.example", self.config)
        async with self.database.glance() as conn:
            for channel, reader, filters in VIEWS:
                for language in LANGUAGES:
                    last = (await standings.get_pulse(conn, channel, language, self.now)).position
                    asked = (conn, site, (channel, language), filters, last, self.now, "atom")
                    kept = await archives.make_feed(*asked, self.kept, reader)
                    assert kept == await archives.make_feed(*asked, EntryCache(), reader)


def show(picture: str, credit: str, caption: str = "") -> tuple[Picture, ...]:
    if not picture:
        return ()
    return (Picture(name="p", renditions=(Rendition(href=picture),), caption=caption, credit=credit),)


times = st.sampled_from((None, None, None, -1, 1, 2))
items = st.sampled_from(("a", "a", "b", "c"))
bylines = st.sampled_from(("A", "B"))
hrefs = st.sampled_from(("", "https://north.example/p.jpg", "karvan:media/north/p"))
pushes = st.fixed_dictionaries(
    {
        "item": items,
        "headline": st.sampled_from(("A", "A", "B")),
        "topic": st.sampled_from((POLITICS, FOOD)),
        "picture": hrefs,
        "credit": bylines,
        "copyright_notice": bylines,
        "pub_status": st.sampled_from(("usable",) * 7 + ("withheld", "canceled")),
        "embargoed_until": times,
        "expires": times,
    }
)
people = st.fixed_dictionaries(
    {
        "item": items,
        "language": st.sampled_from(("az", "tr")),
        "origin": st.sampled_from(("outlet", "edited")),
        "state": st.just("ready"),
        "headline": st.sampled_from(("D", "E")),
        "version": st.sampled_from((None, "1", "2")),
        "pictures": st.builds(show, hrefs, bylines, st.just("people's")),
    }
)
machines = st.fixed_dictionaries(
    {
        "item": items,
        "language": st.sampled_from(("az", "tr", "tr")),
        "start": st.sampled_from(("en", "az")),
        "origin": st.just("machine"),
        "state": st.sampled_from(("ready", "held", "failed")),
        "headline": st.sampled_from(("F", "G")),
        "version": st.none(),
        "engine": st.sampled_from(("one", "two")),
        "quality": st.sampled_from(("good", "starter")),
        "verdict": st.sampled_from(("", "", "released", "rejected")),
        "findings": st.sampled_from(((), (Finding("number", "1 is 2", "1", "2", "hold"),))),
        "pictures": st.builds(show, hrefs, bylines, st.just("a machine's")),
    }
)
steps = st.one_of(
    st.tuples(st.just("push"), pushes),
    st.tuples(st.just("push"), pushes),
    st.tuples(st.just("write"), people),
    st.tuples(st.just("write"), machines),
    st.tuples(st.just("upload"), st.fixed_dictionaries({"sha256": st.sampled_from(("", "1" * 64, "2" * 64))})),
    st.tuples(st.just("pass_time"), st.fixed_dictionaries({"hours": st.sampled_from((0.5, 1, 2))})),
    st.tuples(st.just("reroute"), st.fixed_dictionaries({"number": st.integers(0, 4), "is_settled": st.booleans()})),
    st.tuples(st.just("turn"), st.just({})),
)


def push(**changes: Any) -> tuple[str, dict[str, Any]]:
    usual = {"item": "a", "headline": "A", "topic": POLITICS, "picture": "", "credit": "A"}
    return "push", usual | changes


def write(language: str, **changes: Any) -> tuple[str, dict[str, Any]]:
    usual = {"item": "a", "origin": "outlet", "state": "ready", "headline": "D", "version": None, "pictures": ()}
    return "write", usual | {"language": language} | changes


PICTURE = "https://north.example/p.jpg"
VERSIONED = [push(), write("az", version="1"), write("az", version="2")]  # the same text
STUBS = [push(), push(pub_status="withheld"), push(pub_status="canceled")]
LATE = [  # a place is emptied by an embargo of its route alone: who links to it has one sibling less
    push(),
    write("tr"),
    ("reroute", {"number": 3, "is_settled": True}),
    ("pass_time", {"hours": 2}),
    ("turn", {}),
]
BETWEEN = [  # a machine's text shows the pictures of the people's text that it was made from
    push(picture=PICTURE),
    write("az", pictures=show(PICTURE, "A", "people's")),
    write("tr", origin="machine", start="az", headline="F", engine="one", pictures=show(PICTURE, "A", "a machine's")),
    write("az", pictures=show(PICTURE, "B", "people's")),
]


@example(steps=VERSIONED)
@example(steps=STUBS)
@example(steps=LATE)
@example(steps=BETWEEN)
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(steps, min_size=6, max_size=20))
async def test_kept_entries_are_those_that_would_be_made(tmp_path_factory: pytest.TempPathFactory, steps: Any) -> None:
    world = World(await open_database("", tmp_path_factory.mktemp("world")))
    try:
        for name, options in steps:
            await getattr(world, name)(**options)
            await world.check()
    finally:
        await world.database.close()


def make_standing(article_id: int = 1, change: int | None = 1, body: str = "x") -> Standing:
    article = Article(language="en", headline="A", body=body)
    version = Version(1, 1, "1", "", "", article, "application/json", "key", NOON)
    row = ArticleRow(article_id, "north", "a", "uri", None, "", NOON, NOON, version)
    outlet = Outlet(id="north", name="North", uri="https://north.example")
    entry = Entry(
        id=str(article_id), article=article, page="", siblings=(), outlet=outlet, provenance=NO_PROVENANCE,
        published=NOON, updated=NOON,
    )  # fmt: skip
    place = Placement("world", "en", article_id, "usable", "source", "", "", "all", NOON, NOON, change=change)
    return Standing(place, row, entry)


WORLD = ("world", "en")


def test_an_entry_is_found_as_of_its_change_and_under_its_configuration() -> None:
    kept, config = EntryCache(), CONFIGS[0]
    kept.put(make_standing(), config)
    assert kept.find((WORLD, 1), 1, config) is not None
    assert kept.find((WORLD, 1), 2, config) is None
    assert kept.find((WORLD, 1), 1, CONFIGS[1]) is None
    assert kept.find((WORLD, 2), 1, config) is None


def test_what_has_no_number_yet_is_not_kept() -> None:
    kept = EntryCache()
    kept.put(make_standing(change=None), CONFIGS[0])
    assert kept.find((WORLD, 1), None, CONFIGS[0]) is None


def test_what_was_used_least_recently_goes_when_there_is_too_much() -> None:
    kept, config = EntryCache(most=100), CONFIGS[0]
    for number in (1, 2, 1):
        kept.put(make_standing(number, body="x" * 40), config)
    kept.put(make_standing(3, body="x" * 40), config)
    assert [kept.find((WORLD, number), 1, config) is not None for number in (1, 2, 3)] == [True, False, True]
    kept.put(replace(make_standing(4, body="x" * 101)), config)
    assert all(kept.find((WORLD, number), 1, config) is None for number in (1, 2, 3, 4))
