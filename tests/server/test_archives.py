"""Older pages of a feed (RFC 5005): whoever walks back finds everything, and finds it again where it was."""

from dataclasses import dataclass, field
from typing import Any

import feedparser
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from server import archives
from server.archives import find_first, find_next

FEED = "/feeds/world/en.atom"
BASE = "https://karvan.example"
HEADLINE = "The ministers will meet in the capital on Friday to discuss trade"
FH, ATOM = "{http://purl.org/syndication/history/1.0}", "{http://www.w3.org/2005/Atom}"


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "PAGE", 3)


@dataclass
class Subscriber:
    """Reads the feed, and walks back until it comes to a page that it knows."""

    server: Any
    path: str = FEED
    known: set[str] = field(default_factory=set)
    items: set[str] = field(default_factory=set)

    async def catch_up(self) -> None:
        page = await read(self.server, self.path)
        while True:
            self.items |= set(page.items)
            if page.prev is None or page.prev in self.known:
                return
            self.known.add(page.prev)
            page = await read(self.server, page.prev)


@dataclass(frozen=True)
class Page:
    items: list[str]
    gone: list[str]
    prev: str | None
    next: str | None
    current: str | None
    href: str
    is_archive: bool


async def read(server: Any, path: str) -> Page:
    answer = await server.call("GET", path.removeprefix(BASE))
    assert answer.status == 200, answer.text
    root = etree.fromstring(answer.body)
    links = {link.get("rel"): link.get("href") for link in root.findall(f"{ATOM}link")}
    entries = feedparser.parse(answer.body).entries
    stones = root.findall("{http://purl.org/atompub/tombstones/1.0}deleted-entry")
    return Page(
        items=[entry.id.split("/")[-2] for entry in entries],
        gone=[stone.get("ref").split("/")[-2] for stone in stones],
        prev=links.get("prev-archive"),
        next=links.get("next-archive"),
        current=links.get("current"),
        href=links["self"],
        is_archive=root.find(f"{FH}archive") is not None,
    )


async def push_many(server: Any, count: int, **changes: Any) -> None:
    for number in range(count):
        assert (await server.push(f"item-{number}", **changes)).status in (200, 201)


def test_pages_are_ranges_of_positions() -> None:
    assert [find_first(before) for before in (2, 3, 4, 5, 7, 8)] == [1, 1, 1, 4, 4, 7]
    assert [find_next(before, 8) for before in (4, 5, 7)] == [7, None, None]
    assert find_next(4, 5) is None, "not complete"


async def test_a_feed_leads_back_page_by_page(start, config):
    server = await start(
        with_worker=False,
        config=config.model_copy(update={"limits": config.limits.model_copy(update={"feed_entries": 3})}),
    )
    await push_many(server, 8)
    feed = await read(server, FEED)
    assert (feed.is_archive, feed.prev, feed.next, feed.current) == (False, f"{BASE}{FEED}?before=7", None, None)
    second = await read(server, feed.prev)
    assert second == Page(
        items=["item-5", "item-4", "item-3"],
        gone=[],
        prev=f"{BASE}{FEED}?before=4",
        next=None,
        current=BASE + FEED,
        href=f"{BASE}{FEED}?before=7",
        is_archive=True,
    )
    first = await read(server, second.prev)
    assert (first.items, first.prev, first.next) == (["item-2", "item-1", "item-0"], None, second.href)


async def test_rss_and_json_feed_lead_back_too(quiet):
    await push_many(quiet, 7)
    rss = etree.fromstring((await quiet.call("GET", "/feeds/world/en.rss?before=7")).body).find("channel")
    links = {link.get("rel"): link.get("href") for link in rss.findall(f"{ATOM}link")}
    assert rss.find(f"{FH}archive") is not None
    assert links["prev-archive"] == f"{BASE}/feeds/world/en.rss?before=4"
    assert links["current"] == f"{BASE}/feeds/world/en.rss"
    feed = (await quiet.call("GET", "/feeds/world/en.json")).json
    assert feed["next_url"] == feed["_karvan"]["prev_archive"] == f"{BASE}/feeds/world/en.json?before=7"
    page = (await quiet.call("GET", "/feeds/world/en.json?before=4")).json
    assert ("next_url" in page, page["_karvan"]["next_archive"]) == (False, f"{BASE}/feeds/world/en.json?before=7")


async def test_a_kill_shows_in_the_page_where_the_article_stood(quiet):
    await push_many(quiet, 4)
    page = f"{FEED}?before=4"
    before = await quiet.call("GET", page)
    unchanged = await quiet.call("GET", page, headers={"If-None-Match": before.headers["ETag"]})
    assert unchanged.status == 304
    assert "s-maxage=4" in before.headers["Cache-Control"]
    assert before.headers["Link"] == f'<{BASE}{page}>; rel="self", <{BASE}{FEED}>; rel="current"'  # no topic of the hub
    assert (await quiet.call("DELETE", "/v1/articles/caravan-wire/item-1?reason=x", by="caravan-wire")).status == 200
    after = await quiet.call("GET", page, headers={"If-None-Match": before.headers["ETag"]})
    assert after.status == 200
    read_again = await read(quiet, page)
    assert (read_again.items, read_again.gone) == (["item-2", "item-1", "item-0"], ["item-1"])
    assert after.text.count("Withdrawn") == 1


async def test_corrections_do_not_change_which_articles_a_page_has(quiet):
    await push_many(quiet, 5)
    page = (await read(quiet, f"{FEED}?before=4")).items
    await quiet.push("item-0", headline=f"{HEADLINE} and water")
    await quiet.push("item-9")
    assert (await read(quiet, f"{FEED}?before=4")).items == page
    assert "and water" in (await quiet.call("GET", f"{FEED}?before=4")).text


async def test_filters_go_back_with_the_pages(quiet):
    await push_many(quiet, 7)
    feed = await read(quiet, f"{FEED}?outlet=caravan-wire")
    assert feed.prev == f"{BASE}{FEED}?outlet=caravan-wire&before=7"
    assert (await read(quiet, feed.prev)).items == ["item-5", "item-4", "item-3"]
    assert (await read(quiet, f"{FEED}?outlet=khazar-news&before=7")).items == []


@pytest.mark.parametrize("before", ["0", "1", "6", "x", "-1", "٣", "9" * 30, ""])
async def test_a_page_that_there_is_not_is_refused(quiet, before):
    await push_many(quiet, 4)
    answer = await quiet.call("GET", f"{FEED}?before={before}")
    assert (answer.status, answer.json["type"]) == (400, "/problems/invalid-parameter")


async def test_what_is_under_embargo_has_no_place_in_history(start, clock):
    server = await start()
    await server.push("secret", embargoedUntil="2026-11-26T12:30:00Z")
    await push_many(server, 3)
    await server.settle()
    assert (await read(server, f"{FEED}?before=4")).items == ["item-2", "item-1", "item-0"]
    clock.pass_time(minutes=30)
    await server.settle()
    assert (await read(server, f"{FEED}?before=4")).items == ["item-2", "item-1", "item-0"]
    assert (await read(server, f"{FEED}?before=5")).items == ["secret"]


actions = st.lists(
    st.one_of(
        st.tuples(st.just("push"), st.integers(0, 9)),
        st.tuples(st.just("away"), st.integers(0, 1)),
    ),
    min_size=5,
    max_size=30,
)


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=actions)
async def test_who_comes_back_after_any_time_walks_to_everything(start, config, actions):
    """Pushes and corrections in any order; two subscribers look now and then, and miss no article."""
    server = await start(
        with_worker=False,
        config=config.model_copy(update={"limits": config.limits.model_copy(update={"feed_entries": 2})}),
    )
    run = id(actions)
    subscribers = [Subscriber(server), Subscriber(server)]
    memberships: dict[str, list[str]] = {}
    pushed: set[str] = await list_all(server)
    for number, (name, which) in enumerate(actions):
        if name == "push":
            item = f"item-{run}-{which}"
            assert (await server.push(item, headline=f"{HEADLINE}, part {number}")).status in (200, 201)
            pushed.add(item)
        else:
            await subscribers[which].catch_up()
            assert subscribers[which].items == pushed
        for href in subscribers[0].known | subscribers[1].known:
            if href not in memberships:
                memberships[href] = (await read(server, href)).items
    for subscriber in subscribers:
        await subscriber.catch_up()
        assert subscriber.items == pushed
    for href, items in memberships.items():
        assert (await read(server, href)).items == items


async def list_all(server: Any) -> set[str]:
    newcomer = Subscriber(server)
    await newcomer.catch_up()
    return newcomer.items


async def test_the_tail_is_reached_when_corrections_push_it_out_of_the_feed(start, config):
    server = await start(
        with_worker=False,
        config=config.model_copy(update={"limits": config.limits.model_copy(update={"feed_entries": 2})}),
    )
    await push_many(server, 5)
    assert (await read(server, FEED)).prev == f"{BASE}{FEED}?before=4"
    for number in (0, 1):
        await server.push(f"item-{number}", headline=f"{HEADLINE} and water")
    feed = await read(server, FEED)
    assert (feed.items, feed.prev) == (["item-1", "item-0"], f"{BASE}{FEED}?before=6")
    tail = await read(server, feed.prev)
    assert (tail.items, tail.prev, tail.next) == (["item-4", "item-3"], f"{BASE}{FEED}?before=4", None)
