"""Why feeds/feedgen_ext exists. When one of these fails, feedgen has changed: take the repair out again."""

from datetime import UTC, datetime

from feedgen.entry import FeedEntry
from lxml import etree


def make_plain() -> etree._Element:
    entry = FeedEntry()
    entry.id("x:1")
    entry.title("t")
    entry.updated(datetime(2026, 1, 1, tzinfo=UTC))
    entry.link(href="https://x.example/", rel="related", hreflang="en", type="text/html")
    entry.source(url="https://x.example/", title="X")
    entry.content("c", type="html")
    return entry.atom_entry()


def test_feedgen_alone_still_loses_rel_type_and_hreflang() -> None:
    assert dict(make_plain().find("link").attrib) == {"href": "https://x.example/"}


def test_feedgen_alone_still_loses_zero_microseconds() -> None:
    assert make_plain().find("updated").text == "2026-01-01T00:00:00+00:00"


def test_feedgen_alone_still_writes_a_source_without_id_and_updated() -> None:
    assert [child.tag for child in make_plain().find("source")] == ["title", "link"]


def test_feedgen_elements_still_stand_in_no_namespace() -> None:
    assert make_plain().tag == "entry"
