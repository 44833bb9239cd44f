"""Feeds with older pages: where they lead, and what they say together."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.model import Article
from feeds.source_items import FaultyItem, FeedItem, GoneItem, ParsedFeed
from feeds.source_links import FeedLinks, pick_links, read_header_links
from feeds.source_pages import join_pages
from feeds.sources import parse_feed

START = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
HEAD = "<title>x</title><link>https://a.example/</link><description>x</description>"
ATOM = (
    "<link rel='self' href='https://a.example/feed'/><link rel='hub' href='/hub'/><link rel='next' href='?page=2'/>"
    "<link rel='alternate' href='https://a.example/'/>"
)


def make_time(hours: int | None) -> datetime | None:
    return None if hours is None else START + timedelta(hours=hours)


def make_item(id_: str, hours: int | None, headline: str = "") -> FeedItem:
    return FeedItem(id=id_, article=Article(language="en", headline=headline), updated=make_time(hours))


def make_page(*items: FeedItem, gone: tuple[GoneItem, ...] = (), faulty: tuple[FaultyItem, ...] = ()) -> ParsedFeed:
    return ParsedFeed(title="x", language="en", items=items, gone=gone, faulty=faulty)


# Links


@pytest.mark.parametrize(
    ("feed", "links"),
    [
        (f"<feed xmlns='http://www.w3.org/2005/Atom'>{ATOM}</feed>", ("?page=2", "/hub", "https://a.example/feed")),
        (
            (
                f"<rss version='2.0' xmlns:a='http://www.w3.org/2005/Atom'><channel>{HEAD}<a:link rel='next' href='n'/>"
                "<a:link rel='prev-archive' href=' /2026/10 '/><a:link rel='prev-archive' href='/x'/></channel></rss>"
            ),
            ("/2026/10", "", ""),
        ),
        ("<feed xmlns='http://www.w3.org/2005/Atom'><link href='/x'/><entry/></feed>", ("", "", "")),
        (
            "<feed xmlns='http://www.w3.org/2005/Atom'><entry><link rel='prev-archive' href='/x'/></entry></feed>",
            ("", "", ""),
        ),
    ],
)
def test_an_xml_feed_says_where_it_leads(feed: str, links: tuple[str, str, str]) -> None:
    assert parse_feed(feed.encode()).links == FeedLinks(*links)


@pytest.mark.parametrize(
    ("members", "links"),
    [
        ({"next_url": "/2", "feed_url": "/feed", "hubs": [{"type": "WebSub", "url": "/hub"}]}, ("/2", "/hub", "/feed")),
        ({"next_url": "/2", "_karvan": {"prev_archive": "/a"}}, ("/a", "", "")),
        ({"next_url": 7, "feed_url": [], "hubs": {"url": "/hub"}}, ("", "", "")),
        ({"hubs": [7, {"type": "rssCloud", "url": "/cloud"}, {"type": "WebSub", "url": None}]}, ("", "", "")),
    ],
)
def test_a_json_feed_says_where_it_leads(members: dict[str, object], links: tuple[str, str, str]) -> None:
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "x", "items": []} | members
    assert parse_feed(json.dumps(feed).encode()).links == FeedLinks(*links)


@pytest.mark.parametrize(
    ("header", "links"),
    [
        ('<https://h.example/>; rel="hub", <https://a.example/feed>; rel=self', ("", "https://h.example/", "https://a.example/feed")),
        ('</h>; title="a, b; rel=self"; rel="x HUB"', ("", "/h", "")),
        ('</a,b>; rel="self hub"', ("", "/a,b", "/a,b")),
        ("", ("", "", "")),
        ("<<<<>>>>;;;rel=hub", ("", "", "")),
        ("</x>", ("", "", "")),
    ],
)  # fmt: skip
def test_http_says_where_a_feed_leads(header: str, links: tuple[str, str, str]) -> None:
    assert read_header_links(header) == FeedLinks(*links)


def test_a_hostile_header_costs_no_more_than_its_length(check_growth) -> None:
    check_growth(lambda size: read_header_links("<" + "<a>;rel=" * (size // 8)), 20_000, steps=1)


def test_an_address_that_is_too_long_is_none() -> None:
    assert pick_links([("hub", "https://a.example/" + "x" * 100_000)]) == FeedLinks()


# Pages


def test_the_newest_word_on_an_entry_counts() -> None:
    joined = join_pages([make_page(make_item("a", 1, "old")), make_page(make_item("a", 2, "new"), make_item("b", 0))])
    assert [(item.id, item.article.headline) for item in joined.items] == [("a", "new"), ("b", "")]


def test_of_two_words_that_are_equally_new_the_feeds_own_counts() -> None:
    joined = join_pages([make_page(make_item("a", 1, "feed")), make_page(make_item("a", 1, "page"))])
    assert joined.items[0].article.headline == "feed"


@pytest.mark.parametrize(
    ("gone", "changed", "is_alive"),
    [
        (GoneItem(id="a", when=make_time(2)), 1, False),
        (GoneItem(id="a", when=make_time(2)), 3, True),
        (GoneItem(id="a", when=make_time(2), status="withheld"), 3, True),
        (GoneItem(id="a", when=make_time(2), status="canceled"), 3, False),
        (GoneItem(id="a", when=None), 3, False),
        (GoneItem(id="a", when=make_time(2)), None, False),
    ],
)
def test_what_is_gone_on_one_page_is_gone_on_all_unless_it_was_changed_since(
    gone: GoneItem, changed: int | None, is_alive: bool
) -> None:
    pages = [make_page(make_item("a", changed)), make_page(gone=(gone,))]
    for order in (pages, pages[::-1]):
        joined = join_pages(order)
        assert (bool(joined.items), bool(joined.gone)) == (is_alive, not is_alive)


def test_a_faulty_item_is_told_once_and_only_where_no_page_has_it_in_order() -> None:
    faulty = tuple(FaultyItem(number=1, id=id_, faults=()) for id_ in ("a", "b", ""))
    joined = join_pages([make_page(faulty=faulty), make_page(make_item("a", 1), faulty=faulty)])
    assert [one.id for one in joined.faulty] == ["b", "", ""]


ids = st.sampled_from("abcd")
items = st.builds(make_item, ids, st.integers(0, 9))
gone = st.builds(
    GoneItem, id=ids, when=st.integers(0, 9).map(make_time), status=st.sampled_from([None, "withheld", "canceled"])
)
pages = st.builds(lambda some, left: make_page(*some, gone=tuple(left)), st.lists(items), st.lists(gone))


@given(st.lists(pages, min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_the_order_of_pages_does_not_matter(some: list[ParsedFeed], random) -> None:
    shuffled = random.sample(some, len(some))
    one, other = join_pages(some), join_pages(shuffled)
    assert {(item.id, item.updated) for item in one.items} == {(item.id, item.updated) for item in other.items}
    assert set(one.gone) == set(other.gone)
    assert not {item.id for item in one.items} & {item.id for item in one.gone}
