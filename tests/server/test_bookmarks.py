"""Whether more has come than a feed shows; where its links lead."""

from datetime import UTC, datetime, timedelta

import pytest

from feeds.model import Article
from feeds.source_items import FeedItem, GoneItem, ParsedFeed
from server.polling.bookmarks import find_address, has_gap, make_bookmark

START = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


def make_feed(living: str, gone: str = "", changed: int = 0) -> ParsedFeed:
    when = START + timedelta(hours=changed)
    article = Article(language="en", headline="x")
    return ParsedFeed(
        title="x",
        language="en",
        items=tuple(FeedItem(id=id_, article=article, updated=when) for id_ in living),
        gone=tuple(GoneItem(id=id_, when=when) for id_ in gone),
    )


@pytest.mark.parametrize(
    ("before", "now", "is_gap"),
    [
        (("abc",), ("abc",), False),
        (("abc",), ("dea",), False),
        (("abc",), ("def",), True),
        (("",), ("def",), True),
        (("abc",), ("",), False),
        (("abc", "x"), ("dea", "yzx"), False),
        (("abc", "x"), ("dea", "uvw"), True),
        (("abc", "x"), ("dea", "uv"), False),  # there is room for a third that would be gone
        (("abc", "xyz"), ("de", "xyz"), False),  # there is room for a third that would live
        (("abc", "xyz"), ("def", "xyz"), True),
    ],
)
def test_nothing_is_missing_where_something_stands_as_it_stood(before, now, is_gap) -> None:
    assert has_gap(make_feed(*now), make_bookmark(make_feed(*before))) is is_gap


def test_an_entry_that_was_changed_does_not_stand_as_it_stood() -> None:
    assert has_gap(make_feed("abc", changed=1), make_bookmark(make_feed("abc")))


def test_all_is_missing_before_the_first_time() -> None:
    assert has_gap(make_feed("abc"), None)


@pytest.mark.parametrize(
    ("asked", "topic", "target", "address"),
    [
        ("https://a.example/feed?x=1", "https://a.example/feed?x=1", "?page=2", "https://a.example/feed?page=2"),
        ("https://a.example/feed", "", "/older", "https://a.example/older"),
        ("https://a.example/feed", "https://a.example/feed", "https://b.example/hub", "https://b.example/hub"),
        # read inside a network: what it says of its own host is meant there
        ("http://10.0.0.5/f", "https://a.example/f", "https://a.example/f?before=9", "http://10.0.0.5/f?before=9"),
        ("http://10.0.0.5/f", "https://a.example/f", "https://b.example/hub", "https://b.example/hub"),
        ("http://10.0.0.5/f", "https://a.example/other", "https://a.example/x", "https://a.example/x"),
        ("https://a.example/f", "", "#top", "https://a.example/f"),
        ("https://a.example/f", "", "javascript:x", ""),
        ("https://a.example/f", "", "file:///etc/passwd", ""),
        ("https://a.example/f", "", "http://user:word@b.example/", ""),
        ("https://a.example/f", "", "http://b.example:port/", ""),
        ("https://a.example/f", "http://[", "/older", ""),
    ],
)
def test_a_link_leads_to_an_address_or_nowhere(asked: str, topic: str, target: str, address: str) -> None:
    assert find_address(asked, topic, target) == address
