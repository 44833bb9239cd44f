"""Where texts stand and since when: decisions as values, times through a real store."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feeds.model import Article
from server.config import Channel, Config, Outlet, Route, Translation
from server.entries import Loaded, make_entry
from server.placing import list_siblings, place
from server.placing.candidates import Text, get_freshness, get_told_freshness, list_directions, list_texts
from server.placing.stands import list_wanted
from server.routing import Decision, Destination, decide, make_facts
from server.site import Site
from server.store import articles, placements, standings
from server.store.articles import ArticleRow, Version
from server.store.documents import dump_article, make_content_hash
from server.store.engine import Database, open_database
from server.store.parallels import Parallel
from server.store.placements import Placement
from server.store.standings import Filters
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
    ("text", "destination", "extent"),
    [
        ({}, {}, "full"),
        ({}, {"machine": "off"}, None),
        ({}, {"machine": "hold"}, None),
        ({"freshness": "stale"}, {}, "full"),  # until it is replaced
        ({"freshness": "pending"}, {}, "full"),  # the old text, while the new one is made
        ({"freshness": "failed"}, {}, "full"),
        ({"freshness": "held", "is_held": True}, {}, None),
        ({"freshness": "held", "is_held": True}, {"held": "mark"}, "marked"),
        ({"freshness": "held", "is_held": True}, {"held": "mark", "machine": "off"}, None),
        ({"freshness": "failed", "is_held": True}, {}, None),
        ({"freshness": "stale", "is_held": True}, {}, None),
        ({"origin": "outlet"}, {"machine": "off"}, "full"),
        ({"origin": "edited", "freshness": "stale"}, {"machine": "hold"}, "full"),
        ({"origin": "source", "language": "en"}, {"language": "en", "machine": "off"}, "full"),
    ],
    ids=str,
)
def test_machine_text_stands_where_its_route_lets_it(
    text: dict[str, Any], destination: dict[str, Any], extent: str | None
) -> None:
    decision = Decision((replace(DESTINATION, **destination),), ())
    stand = list_wanted([make_text(**text)], decision, make_config()).get(("world", text.get("language", "az")))
    assert (stand and stand.extent) == extent


# route → direction → what stands of held text; the stricter decides
EXTENTS = {
    "publish": {None: "full", "publish": "full", "mark": "marked", "headline": "headline", "wait": None},
    "mark": {None: "marked", "publish": "marked", "mark": "marked", "headline": "headline", "wait": None},
    "headline": {None: "headline", "publish": "headline", "mark": "headline", "headline": "headline", "wait": None},
    "wait": {None: None, "publish": None, "mark": None, "headline": None, "wait": None},
}
POLICIES = [(route, direction) for route, of in EXTENTS.items() for direction in of]


@pytest.mark.parametrize(("route", "direction"), POLICIES)
@pytest.mark.parametrize("state", ["ready", "held", "pending", "failed"])
@pytest.mark.parametrize("source_hash", ["h1", "h0"])
def test_the_stricter_of_route_and_direction_decides_what_stands_of_held_text(
    route: str, direction: str | None, state: Any, source_hash: str
) -> None:
    held = {"en-az": direction} if direction else {}
    config = make_config(held=route)
    config = config.model_copy(update={"translation": Translation.model_validate({"held": held})})
    decision = decide(make_facts(make_row().head.article, "north", config), config)
    for findings, expected in (((NUMBER,), EXTENTS[route][direction]), ((), "full")):
        if state == "held" and not findings:
            continue
        parallel = make_parallel(state=state, findings=findings, source_hash=source_hash, basis="h en-az")
        wanted = list_wanted(list_texts(make_row(), {"az": parallel}, config), decision, config)
        stand = wanted.get(("world", "az"))
        assert (stand and stand.extent) == expected
        assert (("desk", "az") in wanted) is (state == "held")
        person = replace(parallel, origin="edited", state="ready")
        wanted = list_wanted(list_texts(make_row(), {"az": person}, config), decision, config)
        assert (wanted["world", "az"].extent, ("desk", "az") in wanted) == ("full", False)


@pytest.mark.parametrize(
    ("state", "source_hash", "extent", "told"),
    [
        ("held", "h1", "full", "fresh"),
        ("held", "h0", "full", "stale"),
        ("held", "h1", "marked", "held"),
        ("held", "h1", "headline", "held"),
        ("pending", "h0", "full", "pending"),
        ("failed", "h0", "marked", "failed"),
        ("ready", "h1", "full", "fresh"),
    ],
)
def test_held_text_in_full_is_told_as_if_nothing_were_found(
    state: Any, source_hash: str, extent: Any, told: str
) -> None:
    assert get_told_freshness(make_parallel(state=state, source_hash=source_hash), make_row(), extent) == told


def test_a_text_is_in_all_directions_of_its_way() -> None:
    pivot = make_parallel(language="en", basis="h az-en")
    text = make_parallel(language="tr", basis="h en-tr", from_language="en")
    assert list_directions(text, "az", {"en": pivot, "tr": text}) == {"az-en", "en-tr", "az-tr"}
    assert list_directions(text, "az", {"en": replace(pivot, origin="edited")}) == {"en-tr", "az-tr"}  # a person's word
    through = make_parallel(language="tr", basis="h az-en en-tr", from_language="en")
    assert list_directions(through, "az", {}) == {"az-en", "en-tr", "az-tr"}
    assert list_directions(replace(text, origin="outlet"), "az", {"en": pivot}) == set()


def test_what_waits_for_an_editor_stands_on_the_desk_alone() -> None:
    texts = [make_text(freshness="held", is_held=True), make_text(language="en", origin="source")]
    wanted = list_wanted(texts, Decision((DESTINATION,), ()), make_config())
    assert {key: (one.route, one.extent) for key, one in wanted.items()} == {("desk", "az"): ("held", "marked")}


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
            self.row = replace(
                self.row, head=replace(self.row.head, article=text, content_hash=make_content_hash(text))
            )
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
                if await standings.list_marks(conn, "world", tag, Filters(), self.now, 50)
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
    shelf.config = make_config(held="mark")
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


LONG = Article(language="az", headline="Başlıq", description="Qısa.", body="<p>3 gəmi.</p>")
STATES = ("wait", "headline", "mark", "publish")


@pytest.mark.parametrize("before", STATES)
@pytest.mark.parametrize("after", STATES)
async def test_every_change_of_what_is_let_out_is_a_change_in_the_feed(shelf: Shelf, before: str, after: str) -> None:
    """An update where readers get another text, a tombstone where they get none any more."""
    shelf.versions["az"] = make_parallel(state="held", findings=(NUMBER,), article=LONG)
    shelf.config = make_config(held=before)
    first, change = (await shelf.put()).get("az"), await shelf.get_last_change("az")
    shelf.now += HOUR
    shelf.config = make_config(held=after)
    second = (await shelf.put()).get("az")
    if before == after:
        assert (second, await shelf.get_last_change("az")) == (first, change)
        return
    assert await shelf.get_last_change("az") > change
    assert second is not None
    assert second.state == ("removed" if after == "wait" else "usable")
    is_new_text = "wait" in (before, after) or "headline" in (before, after)
    assert second.shown_at == (NOON + HOUR if is_new_text else NOON)
    assert second.published_at == (NOON + HOUR if before == "wait" else NOON)


@pytest.mark.parametrize("policy", ["headline", "mark", "publish"])
async def test_a_held_version_is_released_corrected_and_killed_like_any_other(shelf: Shelf, policy: str) -> None:
    shelf.versions["az"] = make_parallel(state="held", findings=(NUMBER,), article=LONG)
    shelf.config = make_config(held=policy)
    held, change = (await shelf.put())["az"], await shelf.get_last_change("az")
    shelf.now += HOUR
    corrected = replace(LONG, body="<p>5 gəmi.</p>")  # the next version of the machine's, held as well
    shelf.versions["az"] = make_parallel(state="held", findings=(NUMBER,), article=corrected, version_id=2)
    again = (await shelf.put())["az"]
    assert await shelf.get_last_change("az") > change
    assert (again.extent, again.published_at) == (held.extent, NOON)
    assert again.shown_at == (NOON if policy == "headline" else NOON + HOUR)  # of its body readers see nothing
    shelf.now += HOUR
    shelf.versions["az"] = make_parallel(origin="edited", article=replace(corrected, body="<p>3 gəmi.</p>"))
    released = (await shelf.put())["az"]
    assert (released.extent, released.origin, released.shown_at) == ("full", "edited", NOON + 2 * HOUR)
    shelf.row = replace(shelf.row, canceled_at=shelf.now)
    assert (await shelf.put())["az"].state == "withdrawn"


@pytest.mark.parametrize("policy", ["headline", "mark", "publish"])
async def test_a_kill_of_held_text_is_told_where_it_stood(shelf: Shelf, policy: str) -> None:
    shelf.versions["az"] = make_parallel(state="held", findings=(NUMBER,), article=LONG)
    shelf.config = make_config(held=policy)
    await shelf.put()
    shelf.now += HOUR
    shelf.row = replace(shelf.row, canceled_at=shelf.now)
    assert (await shelf.put())["az"].state == "withdrawn"


@dataclass(frozen=True)
class Moment:
    """What may be the case of one article at a time."""

    route: Any
    direction: Any
    head: dict[str, Any]
    parallel: dict[str, Any]


FOUND = st.sampled_from([(), (NUMBER,), (NUMBER, NUMBER), (replace(NUMBER, check="name", severity="note"),)])
MOMENTS = st.builds(
    Moment,
    st.sampled_from(STATES),
    st.sampled_from([None, *STATES]),
    st.fixed_dictionaries(
        {"pub_status": st.sampled_from(["usable", "usable", "usable", "withheld"]), "urgency": st.sampled_from([1, 2])}
    ),
    st.fixed_dictionaries(
        {
            "origin": st.sampled_from(["machine", "machine", "machine", "edited"]),
            "state": st.sampled_from(["ready", "held", "held", "pending", "failed"]),
            "findings": FOUND,
            "source_hash": st.sampled_from(["h1", "h0"]),
            "article": st.builds(
                Article, language=st.just("az"), headline=st.sampled_from("AB"), body=st.sampled_from(["", "<p>C</p>"])
            ),
        }
    ),
)


@given(st.lists(MOMENTS, min_size=2, max_size=6))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_becomes_of_a_held_text_its_feed_changes_when_readers_see_something_else(
    shelf: Shelf, moments: list[Moment]
) -> None:
    seen: list[Any] = []
    for moment in moments:
        shelf.now += HOUR
        held = {"en-az": moment.direction} if moment.direction else {}
        config = make_config(held=moment.route)
        shelf.config = config.model_copy(update={"translation": Translation.model_validate({"held": held})})
        shelf.versions["az"] = make_parallel(basis="h en-az", **moment.parallel)
        place_ = (await shelf.put(**moment.head)).get("az")
        entry = None
        if place_ is not None and place_.state != "removed":
            loaded = Loaded(shelf.row, shelf.versions, [place_], {})
            entry = make_entry(Site("https://k.example", shelf.config), loaded, place_)
            assert ("<p>C</p>" in entry.article.body) <= (place_.extent != "headline")
        seen.append((entry and replace(entry, published=NOON, updated=NOON), await shelf.get_last_change("az"), place_))
    for (before, old, was), (after, new, is_) in pairwise(seen):
        assert before == after or new > old
        if before and after and before.article.body != after.article.body:
            assert is_.shown_at > was.shown_at  # readers are told that it is updated


@pytest.mark.parametrize(("policy", "is_told"), [("headline", True), ("mark", True), ("publish", False)])
async def test_other_findings_are_a_change_where_they_are_told(shelf: Shelf, policy: str, is_told: bool) -> None:
    shelf.versions["az"] = make_parallel(state="held", findings=(NUMBER,))
    shelf.config = make_config(held=policy)
    await shelf.put()
    change = await shelf.get_last_change("az")
    shelf.versions["az"] = make_parallel(state="held", findings=(NUMBER, NUMBER))
    assert (await shelf.put())["az"].shown_at == NOON
    assert (await shelf.get_last_change("az") > change) is is_told


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


async def test_the_desk_does_not_wait_for_the_end_of_an_embargo(shelf: Shelf) -> None:
    shelf.versions["az"] = make_parallel(state="held", findings=(NUMBER,))
    assert "az" not in await shelf.put(embargoed_until=NOON + 2 * HOUR)
    async with shelf.database.read() as conn:
        found = (await placements.list_placements(conn, [1]))[1]
    assert [(one.language, one.shown_at) for one in found if one.channel == "desk"] == [("az", NOON)]


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
    after = await shelf.put()
    assert {tag: (one.published_at, one.shown_at) for tag, one in after.items()} == {
        tag: (one.published_at, one.shown_at) for tag, one in before.items()
    }


@pytest.mark.parametrize("is_lifted", [True, False])
async def test_an_embargo_that_comes_too_late_hides_but_changes_no_publication_time(
    shelf: Shelf, *, is_lifted: bool
) -> None:
    await shelf.put()
    shelf.now += HOUR
    places = await shelf.put(embargoed_until=NOON + 3 * HOUR)
    hidden = {("removed", NOON, NOON + HOUR)}
    assert {(one.state, one.published_at, one.shown_at) for one in places.values()} == hidden, "readers hear of it"
    shelf.now += HOUR
    assert await shelf.put() == places
    if is_lifted:
        places = await shelf.put(embargoed_until=None)
    else:
        shelf.now += HOUR
        places = await shelf.put()
    assert {(one.state, one.published_at, one.shown_at) for one in places.values()} == {("usable", NOON, shelf.now)}
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
