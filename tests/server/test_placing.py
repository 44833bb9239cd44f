"""Where texts stand and since when: decisions as values, times through a real store."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from feeds.model import Article
from server.config import Channel, Config, Outlet, Route, Translation
from server.placing import Text, get_freshness, list_siblings, list_texts, list_wanted, place
from server.routing import Decision, Destination, decide, make_facts
from server.store import articles, placements
from server.store.articles import ArticleRow, Version
from server.store.documents import dump_article
from server.store.engine import Database, open_database
from server.store.parallels import Parallel
from server.store.placements import Filters, Placement
from translators.checks import Finding

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DESTINATION = Destination("world", "az", "publish", "wait", "everything")

NUMBER = Finding("number", "3 became 5", "3 ships", "5 gəmi")


def make_config(**route: Any) -> Config:
    route = {"name": "everything", "to": ("world",), "languages": ("az",)} | route
    return Config(
        outlets={"north": Outlet(name="North", country="AZ")},
        channels={
            "world": Channel(title={"en": "World"}),
            "inner": Channel(title={"en": "Inner"}, access="admins"),
            "desk": Channel(title={"en": "Desk"}, access="admins", shows="held"),
        },
        routes=(Route.model_validate(route),),
        translation=Translation(publish_unseen=("publish",)),
    )


def make_row(text: Article | None = None, **changes: Any) -> ArticleRow:
    text = text or Article(language="en", headline="Headline", body="<p>Text.</p>")
    text_hash = changes.pop("hash", "h1")
    head = Version(1, changes.pop("number", 1), "1", text_hash, text_hash, text, "application/json", "k", NOON)
    return ArticleRow(1, "north", "one", "uri:one", changes.pop("canceled_at", None), "", NOON, NOON, head)


def make_parallel(**changes: Any) -> Parallel:
    values: dict[str, Any] = {
        "article_id": 1,
        "language": "az",
        "origin": "machine",
        "state": "ready",
        "changed_at": NOON,
        "source_hash": "h1",
        "quality": "publish",
        "article": Article(language="az", headline="Başlıq"),
    }
    return Parallel(**values | changes)


# Freshness


@pytest.mark.parametrize(
    ("state", "source_hash", "expected"),
    [
        ("ready", "h1", "fresh"),
        ("ready", "h0", "stale"),
        ("ready", None, "stale"),
        ("held", "h1", "held"),
        ("held", "h0", "held"),
        ("pending", "h1", "pending"),
        ("failed", "h0", "failed"),
    ],
)
def test_only_what_was_made_from_the_served_version_is_fresh(
    state: Any, source_hash: str | None, expected: str
) -> None:
    assert get_freshness(make_parallel(state=state, source_hash=source_hash), make_row()) == expected


# Which texts there are


def test_texts_are_the_source_and_every_version_that_has_one() -> None:
    versions = {"tr": make_parallel(language="tr", state="pending", article=None), "az": make_parallel()}
    texts = list_texts(make_row(), versions, make_config())
    assert [(one.language, one.origin, one.freshness) for one in texts] == [
        ("en", "source", "fresh"),
        ("az", "machine", "fresh"),
    ]


def test_what_readers_do_not_see_changes_no_text() -> None:
    plain = Article(language="en", headline="Headline")
    hidden = replace(plain, ed_note="secret", embargoed_until=NOON, expires=NOON + HOUR)
    [one], [other] = (list_texts(make_row(text), {}, make_config()) for text in (plain, hidden))
    assert one == other
    [changed] = list_texts(make_row(replace(plain, headline="Other")), {}, make_config())
    assert changed.content_hash != one.content_hash


@pytest.mark.parametrize("state", ["pending", "failed", "held", "ready"])
@pytest.mark.parametrize("why", [{"findings": (NUMBER,)}, {"quality": "draft"}])
def test_a_text_that_was_held_stays_held_whatever_becomes_of_its_successor(state: Any, why: dict[str, Any]) -> None:
    [_, text] = list_texts(make_row(), {"az": make_parallel(state=state, **why)}, make_config())
    assert text.is_held


@pytest.mark.parametrize("origin", ["outlet", "edited"])
def test_a_persons_text_is_never_held_for_its_quality(origin: Any) -> None:
    [_, text] = list_texts(make_row(), {"az": make_parallel(origin=origin, quality="")}, make_config())
    assert not text.is_held


# What should stand where


def make_text(**changes: Any) -> Text:
    return Text(**{"language": "az", "origin": "machine", "freshness": "fresh", "content_hash": "t"} | changes)


@pytest.mark.parametrize(
    ("text", "destination", "stands"),
    [
        ({}, {}, True),
        ({}, {"machine": "off"}, False),
        ({}, {"machine": "hold"}, False),
        ({"freshness": "stale"}, {}, True),  # until it is replaced
        ({"freshness": "pending"}, {}, True),  # the old text, while the new one is made
        ({"freshness": "failed"}, {}, True),
        ({"freshness": "held", "is_held": True}, {}, False),
        ({"freshness": "held", "is_held": True}, {"held": "publish"}, True),
        ({"freshness": "held", "is_held": True}, {"held": "publish", "machine": "off"}, False),
        ({"freshness": "failed", "is_held": True}, {}, False),
        ({"freshness": "pending", "is_held": True}, {}, False),
        ({"freshness": "pending", "is_held": True}, {"held": "publish"}, True),
        ({"freshness": "stale", "is_held": True}, {}, False),
        ({"origin": "outlet"}, {"machine": "off"}, True),
        ({"origin": "edited", "freshness": "stale"}, {"machine": "hold"}, True),
        ({"origin": "source", "language": "en"}, {"language": "en", "machine": "off"}, True),
    ],
    ids=str,
)
def test_machine_text_stands_where_its_route_lets_it(
    text: dict[str, Any], destination: dict[str, Any], stands: bool
) -> None:
    decision = Decision((replace(DESTINATION, **destination),), ())
    wanted = list_wanted([make_text(**text)], decision, make_config())
    assert (("world", text.get("language", "az")) in wanted) is stands


def test_what_waits_for_an_editor_stands_on_the_desk_alone() -> None:
    texts = [make_text(freshness="held", is_held=True), make_text(language="en", origin="source")]
    wanted = list_wanted(texts, Decision((DESTINATION,), ()), make_config())
    assert {key: route for key, (_, route) in wanted.items()} == {("desk", "az"): "held"}


def test_a_language_without_a_text_stands_nowhere() -> None:
    assert list_wanted([make_text(language="tr")], Decision((DESTINATION,), ()), make_config()) == {}


def test_siblings_are_the_languages_of_the_channel_and_of_public_ones() -> None:
    places = dict.fromkeys([("world", "az"), ("world", "en"), ("inner", "ru"), ("desk", "tr"), ("gone", "zh")])
    config = make_config()
    assert list_siblings(places, "world", "az", config) == ["en"]
    assert list_siblings(places, "inner", "ru", config) == ["az", "en"]
    assert list_siblings(places, "inner", "az", config) == ["en", "ru"]


# Times


class Shelf:
    """One article in a real store; `put` places it as it is now."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now = NOON
        self.row = make_row()
        self.versions: dict[str, Parallel] = {"az": make_parallel()}
        self.config = make_config()

    async def put(self, **head: Any) -> dict[str, Placement]:
        """Change the head's fields, place, and give what stands in `world`, by language."""
        if head:
            text = replace(self.row.head.article, **head)
            self.row = replace(self.row, head=replace(self.row.head, article=text, content_hash=f"{text}"))
        facts = make_facts(self.row.head.article, "north", self.config)
        async with self.database.write() as conn:
            await place(conn, self.row, self.versions, decide(facts, self.config), self.config, self.now)
            found = (await placements.list_placements(conn, [self.row.id])).get(self.row.id, [])
        return {one.language: one for one in found if one.channel == "world"}

    async def get_last_change(self, language: str) -> int:
        async with self.database.read() as conn:
            return await placements.get_last_change(conn, "world", language)

    async def list_readable(self) -> list[str]:
        """The languages in which a reader finds something in `world` now."""
        async with self.database.read() as conn:
            return [
                tag
                for tag in ("az", "en", "ru")
                if await placements.list_newest(conn, "world", tag, Filters(), self.now, 50)
                or await placements.list_gone(conn, "world", tag, Filters(), self.now, 50)
            ]


@pytest.fixture
async def shelf(tmp_path: Path) -> AsyncIterator[Shelf]:
    database = await open_database("", tmp_path)
    shelf = Shelf(database)
    async with database.write() as conn:
        await articles.insert_article(conn, "north", "one", "uri:one", NOON)
        document = dump_article(shelf.row.head.article)
        await articles.insert_version(
            conn,
            1,
            order_key="1",
            content_hash="h1",
            text_hash="h1",
            document=document,
            raw=document,
            media_type="application/json",
            key_id="k",
            received_at=NOON,
        )
    yield shelf
    await database.close()


async def test_an_article_stands_since_it_came(shelf: Shelf) -> None:
    places = await shelf.put()
    assert set(places) == {"az", "en"}
    assert {(one.state, one.published_at, one.shown_at, one.route) for one in places.values()} == {
        ("usable", NOON, NOON, "everything")
    }


async def test_placing_again_changes_nothing(shelf: Shelf) -> None:
    before = await shelf.put(), await shelf.get_last_change("az")
    shelf.now += HOUR
    assert (await shelf.put(), await shelf.get_last_change("az")) == before


async def test_only_a_new_text_is_an_update_and_nothing_is_published_twice(shelf: Shelf) -> None:
    first = await shelf.put()
    shelf.now += HOUR
    places = await shelf.put(headline="Other headline")
    assert (places["en"].published_at, places["en"].shown_at) == (NOON, NOON + HOUR)
    assert (places["az"].published_at, places["az"].shown_at) == (NOON, NOON)  # stale, but the same text
    assert places["az"].content_hash == first["az"].content_hash


@pytest.mark.parametrize(
    "change",
    [{"urgency": 1}, {"copyright_notice": "© North"}, {"expires": NOON + 9 * HOUR}, {"ed_note": "look"}],
    ids=str,
)
async def test_whatever_the_head_says_anew_is_a_change_in_every_feed(shelf: Shelf, change: dict[str, Any]) -> None:
    """Rights, topics and expiry are those of the head in all languages: no feed may be served from before."""
    shelf.versions["az"] = make_parallel(origin="outlet", source_hash="h0")
    await shelf.put()
    changes = {tag: await shelf.get_last_change(tag) for tag in ("az", "en")}
    shelf.now += HOUR
    places = await shelf.put(**change)
    assert places["az"].shown_at == NOON
    for tag in ("az", "en"):
        assert await shelf.get_last_change(tag) > changes[tag]


@pytest.mark.parametrize("change", [{"engine": "argos 2"}, {"quality": "draft"}, {"version_id": 2}], ids=str)
async def test_whatever_is_said_of_the_making_is_a_change_in_the_feed(shelf: Shelf, change: dict[str, Any]) -> None:
    shelf.config = make_config(held="publish")
    await shelf.put()
    before = await shelf.get_last_change("az")
    shelf.versions["az"] = make_parallel(**change)
    assert (await shelf.put())["az"].shown_at == NOON
    assert await shelf.get_last_change("az") > before


async def test_a_text_that_is_held_from_now_on_leaves_a_tombstone_and_comes_back(shelf: Shelf) -> None:
    await shelf.put()
    shelf.now += HOUR
    shelf.versions["az"] = make_parallel(state="held", findings=(NUMBER,))
    assert (await shelf.put())["az"].state == "removed"
    shelf.now += HOUR
    shelf.versions["az"] = make_parallel(origin="edited")
    place_ = (await shelf.put())["az"]
    assert (place_.state, place_.published_at, place_.shown_at) == ("usable", NOON, NOON + 2 * HOUR)


async def test_an_article_that_is_routed_elsewhere_leaves_tombstones(shelf: Shelf) -> None:
    await shelf.put()
    shelf.now += HOUR
    shelf.config = make_config(to=("inner",))
    places = await shelf.put()
    assert {(one.state, one.published_at, one.shown_at) for one in places.values()} == {("removed", NOON, NOON + HOUR)}


async def test_removed_and_then_killed_is_withdrawn(shelf: Shelf) -> None:
    await shelf.put()
    shelf.config = make_config(to=("inner",))
    shelf.now += HOUR
    await shelf.put()
    shelf.row = replace(shelf.row, canceled_at=shelf.now)
    shelf.now += HOUR
    assert {(one.state, one.shown_at) for one in (await shelf.put()).values()} == {("withdrawn", NOON + 2 * HOUR)}


async def test_an_embargo_holds_every_language_until_one_moment(shelf: Shelf) -> None:
    places = await shelf.put(embargoed_until=NOON + 2 * HOUR)
    assert {(one.published_at, one.shown_at) for one in places.values()} == {(NOON + 2 * HOUR, NOON + 2 * HOUR)}
    assert await shelf.list_readable() == []
    shelf.now += 2 * HOUR
    assert await shelf.list_readable() == ["az", "en"]


@pytest.mark.parametrize("hours", [1, 3])
async def test_an_embargo_that_moves_before_it_ends_moves_the_publication(shelf: Shelf, hours: int) -> None:
    await shelf.put(embargoed_until=NOON + 2 * HOUR)
    places = await shelf.put(embargoed_until=NOON + hours * HOUR)
    assert {(one.published_at, one.shown_at) for one in places.values()} == {(NOON + hours * HOUR, NOON + hours * HOUR)}


async def test_an_embargo_that_is_lifted_publishes_at_once(shelf: Shelf) -> None:
    await shelf.put(embargoed_until=NOON + 2 * HOUR)
    shelf.now += HOUR
    places = await shelf.put(embargoed_until=None)
    assert {(one.published_at, one.shown_at) for one in places.values()} == {(NOON + HOUR, NOON + HOUR)}


async def test_what_is_placed_again_after_the_embargo_keeps_its_time(shelf: Shelf) -> None:
    before = await shelf.put(embargoed_until=NOON + HOUR)
    shelf.now += 2 * HOUR
    assert await shelf.put() == before


async def test_an_embargo_that_comes_too_late_hides_but_changes_no_publication_time(shelf: Shelf) -> None:
    await shelf.put()
    shelf.now += HOUR
    places = await shelf.put(embargoed_until=NOON + 3 * HOUR)
    assert {(one.published_at, one.shown_at) for one in places.values()} == {(NOON, NOON + 3 * HOUR)}
    assert await shelf.list_readable() == []
    shelf.now += HOUR
    assert await shelf.put() == places
    places = await shelf.put(embargoed_until=None)  # thought better of
    assert {(one.published_at, one.shown_at) for one in places.values()} == {(NOON, NOON + 2 * HOUR)}
    assert await shelf.list_readable() == ["az", "en"]


async def test_a_kill_of_what_nobody_saw_leaves_no_trace(shelf: Shelf) -> None:
    await shelf.put(embargoed_until=NOON + 2 * HOUR)
    shelf.now += HOUR
    shelf.row = replace(shelf.row, canceled_at=shelf.now)
    assert await shelf.put() == {}


async def test_a_kill_of_what_was_seen_before_a_late_embargo_is_told(shelf: Shelf) -> None:
    await shelf.put()
    shelf.now += HOUR
    await shelf.put(embargoed_until=NOON + 3 * HOUR)
    shelf.now += HOUR
    shelf.row = replace(shelf.row, canceled_at=shelf.now)
    assert {(one.state, one.shown_at) for one in (await shelf.put()).values()} == {("withdrawn", NOON + 2 * HOUR)}
    assert await shelf.list_readable() == ["az", "en"]


async def test_withheld_is_withdrawn_and_can_come_back(shelf: Shelf) -> None:
    await shelf.put()
    shelf.now += HOUR
    assert {one.state for one in (await shelf.put(pub_status="withheld")).values()} == {"withdrawn"}
    shelf.now += HOUR
    places = await shelf.put(pub_status="usable")
    assert {(one.state, one.published_at, one.shown_at) for one in places.values()} == {
        ("usable", NOON, NOON + 2 * HOUR)
    }


async def test_what_comes_too_late_is_never_placed_so_its_kill_leaves_no_trace(shelf: Shelf) -> None:
    assert await shelf.put(expires=NOON - HOUR) == {}
    shelf.row = replace(shelf.row, canceled_at=shelf.now)
    assert await shelf.put() == {}


async def test_a_person_takes_over_from_the_machine(shelf: Shelf) -> None:
    shelf.config = make_config(machine="off")
    assert set(await shelf.put()) == {"en"}
    shelf.now += HOUR
    shelf.versions["az"] = make_parallel(origin="outlet", article=Article(language="az", headline="İnsan"))
    place_ = (await shelf.put())["az"]
    assert (place_.origin, place_.published_at) == ("outlet", NOON + HOUR)
