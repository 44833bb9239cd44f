"""The Atom feed: golden bytes, RFC 4287, feedparser's opinion, isolation, withdrawal."""

import logging
import os
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import feedparser
import pytest
from lxml import etree

from feeds import UnsupportedFormat, render_article, render_feed
from feeds.model import Entry, Feed, Outlet

GOLDEN = Path(__file__).parent / "golden" / "world.atom"
LANGUAGES = ["az", "en", "ru", "tr", "zh"]
NAMES = {
    "a": "http://www.w3.org/2005/Atom",
    "at": "http://purl.org/atompub/tombstones/1.0",
    "k": "urn:karvan:syndication:1",
    "m": "http://search.yahoo.com/mrss/",
}
MakeFeed = Callable[..., Feed]
MakeEntry = Callable[..., Entry]


def read(body: bytes) -> etree._Element:
    return etree.fromstring(body)


def select(root: etree._Element, path: str) -> list[str]:
    return [str(found) for found in root.xpath(path, namespaces=NAMES)]


def test_the_feed_is_the_golden_one_byte_for_byte(make_feed: MakeFeed) -> None:
    """UPDATE_GOLDEN=1 pytest tests/feeds writes the file anew: read the diff."""
    body = render_feed(make_feed(), "atom").body
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_bytes(body)
    assert body == GOLDEN.read_bytes()


def test_rendering_again_without_cache_gives_the_same_bytes_and_etag(make_feed: MakeFeed) -> None:
    from feeds import atom_output

    first = render_feed(make_feed(), "atom")
    atom_output._render_entry.forget()
    assert render_feed(make_feed(), "atom") == first
    assert re.fullmatch('"[0-9a-f]{32}"', first.etag)
    assert render_feed(make_feed(title="Başqa"), "atom").etag != first.etag


def test_an_unchanged_entry_is_rendered_once(make_feed: MakeFeed) -> None:
    from feeds import atom_output

    atom_output._render_entry.forget()
    for title in ("a", "b", "c"):
        render_feed(make_feed(title=title), "atom")
    assert atom_output._render_entry.made == 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_feeds_and_entries_are_valid_by_rfc_4287(language: str, make_feed: MakeFeed, schema: etree.RelaxNG) -> None:
    feed = make_feed(language)
    documents = [render_feed(feed, "atom"), *(render_article(entry, "application/atom+xml") for entry in feed.entries)]
    for document in documents:
        root = read(document.body)
        assert schema.validate(root), schema.error_log
        entries = root.xpath("//a:entry", namespaces=NAMES)
        assert entries
        for entry in entries:
            assert select(entry, "a:author/a:name/text()")
            assert select(entry, "@xml:lang") == [language]


def test_the_schema_refuses_what_rfc_4287_forbids(make_feed: MakeFeed, schema: etree.RelaxNG) -> None:
    body = render_feed(make_feed(), "atom").body
    for good, bad in [
        (b"<subtitle>", b"<title>second</title><subtitle>"),
        (b"</updated>", b" o'clock</updated>"),
        (b' type="text/html"', b' type="html"'),
        (b"<subtitle>", b"<unknown/><subtitle>"),
    ]:
        assert good in body
        assert not schema.validate(read(body.replace(good, bad, 1)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_feedparser_opens_the_page_in_the_entrys_own_language(language: str, make_feed: MakeFeed) -> None:
    feed = make_feed(language)
    parsed = feedparser.parse(render_feed(feed, "atom").body)
    assert not parsed.bozo
    assert parsed.feed.link == feed.page
    assert parsed.feed.language == language
    assert [entry.link for entry in parsed.entries] == [entry.page for entry in feed.entries]
    first = parsed.entries[0]
    assert first.title == feed.entries[0].article.headline
    assert first.content[0].value == feed.entries[0].article.body
    assert first.source.title == "Xəzər Xəbər"
    assert first.enclosures[0].href == "https://khazar-news.example/a.jpg?x=1&y=2"


def test_links_of_feed_and_entry_are_one_alternate_first_and_related_siblings(make_feed: MakeFeed) -> None:
    root = read(render_feed(make_feed("zh"), "atom").body)
    assert select(root, "a:link/@rel") == ["alternate", "self"] + ["related"] * 4
    assert select(root, "a:link[@rel='related']/@hreflang") == ["az", "en", "ru", "tr"]
    assert set(select(root, "a:link[@rel='related']/@type")) == {"application/atom+xml"}
    entry = root.find("a:entry", NAMES)
    assert select(entry, "a:link/@rel") == ["alternate"] + ["related"] * 4 + ["via", "enclosure"]
    assert select(entry, "a:link[1]/@hreflang") == ["zh"]
    assert select(entry, "a:link[1]/@type") == ["text/html"]
    assert select(entry, "a:link[@rel='related']/@href")[1].endswith("/en")


def test_times_are_utc_with_microseconds_even_when_they_are_zero(make_feed: MakeFeed) -> None:
    root = read(render_feed(make_feed(), "atom").body)
    assert select(root, "a:entry[1]/a:updated/text()") == ["2026-11-26T09:30:00.123456Z"]
    assert select(root, "a:entry[1]/a:published/text()") == ["2026-11-26T09:00:00.000000Z"]


def test_machine_text_is_told_from_peoples(make_entry: MakeEntry) -> None:
    machine = read(render_article(make_entry("en"), "application/atom+xml;type=entry").body)
    people = read(render_article(make_entry("az"), "application/atom+xml;type=entry").body)
    assert select(machine, "k:origin/text()") == ["machine"]
    assert select(machine, "k:engine/text()") == ["argos karvan-starter 0.1"]
    assert select(machine, "k:quality/text()") == ["starter"]
    assert select(machine, "k:source-language/text()") == ["az"]
    assert select(machine, "k:source-version/text()") == ["2"]
    assert select(machine, "k:freshness/text()") == ["fresh"]
    assert select(people, "k:origin/text()") == ["source"]
    assert select(people, "k:engine/text()") == []


def test_an_entry_carries_topic_picture_source_and_rights(make_entry: MakeEntry) -> None:
    root = read(render_article(make_entry(), "application/atom+xml").body)
    assert select(root, "a:category[1]/@*") == [
        "medtop:06000000",
        "http://cv.iptc.org/newscodes/mediatopic/",
        "ətraf mühit",
    ]
    assert select(root, "a:category[2]/@*") == ["Xəzər", "Xəzər"]
    assert select(root, "m:content/@medium") == ["image"]
    assert select(root, "m:content/m:description/text()") == ["Sahil & dəniz"]
    assert select(root, "m:content/m:credit/text()") == ["R. Quliyev"]
    assert select(root, "a:source/a:id/text()") == ["https://khazar-news.example/"]
    assert select(root, "a:source/a:updated/text()") == ["2026-11-26T09:30:00.123456Z"]
    assert select(root, "a:rights/text()") == ["© 2026 Xəzər Xəbər"]
    assert select(root, "a:summary/text()") == ["Səviyyə on ildə 1,5 metr enib."]
    assert select(root, "a:content/@type") == ["html"]


def test_the_author_is_the_byline_else_the_outlet(make_entry: MakeEntry) -> None:
    entry = make_entry()
    nameless = replace(entry, article=replace(entry.article, by=""))
    assert select(read(render_article(entry, "application/atom+xml").body), "a:author/a:name/text()") == [
        "Leyla Əliyeva"
    ]
    assert select(read(render_article(nameless, "application/atom+xml").body), "a:author/a:name/text()") == [
        "Xəzər Xəbər"
    ]


@pytest.mark.parametrize("media_type", ["application/atom+xml", "application/json"])
def test_a_note_to_editors_never_leaves(media_type: str, make_entry: MakeEntry, make_feed: MakeFeed) -> None:
    assert b"SECRET" not in render_article(make_entry(), media_type).body
    assert b"SECRET" not in render_feed(make_feed(), "atom").body


@pytest.mark.parametrize(
    ("language", "title", "title_language"),
    [
        ("az", "Geri çəkilib", "az"),
        ("en", "Withdrawn", "en"),
        ("ru", "Отозвано", "ru"),
        ("tr", "Geri çekildi", "tr"),
        ("zh-Hans", "已撤回", "zh-Hans"),
        ("ka", "Withdrawn", "en"),
    ],
)
def test_a_withdrawn_entry_is_a_stub_in_the_readers_language(
    language: str, title: str, title_language: str, make_entry: MakeEntry
) -> None:
    entry = make_entry(language, withdrawn=True)
    root = read(render_article(entry, "application/atom+xml").body)
    assert select(root, "a:id/text()") == [entry.id]
    assert select(root, "a:title/text()") == [title]
    assert select(root, "a:title/@xml:lang") == [title_language]
    assert select(root, "a:link/@href | a:link/@rel") == ["alternate", entry.page]
    assert select(root, "a:content | a:summary | a:category | m:* | a:rights | k:origin") == []
    assert select(root, "k:pub-status/text()") == ["canceled"]


@pytest.mark.parametrize("media_type", ["application/atom+xml", "application/json"])
def test_nothing_of_a_withdrawn_articles_text_is_left(media_type: str, make_entry: MakeEntry) -> None:
    entry = make_entry(withdrawn=True)
    body = render_article(entry, media_type).body.decode()
    article = entry.article
    for word in (article.headline, article.description, "vacib", article.by, "a.jpg", "Sahil", "Xəzər,", "D-7"):
        assert word not in body


def test_a_tombstone_stands_in_the_feed_not_older_than_the_stub(make_feed: MakeFeed) -> None:
    root = read(render_feed(make_feed(), "atom").body)
    stub = select(root, "a:entry[2]/a:id/text()")
    assert select(root, "at:deleted-entry/@ref") == stub
    assert select(root, "at:deleted-entry/@when") >= select(root, "a:entry[2]/a:updated/text()")


def test_a_tombstone_older_than_its_stub_is_brought_up_to_it(make_feed: MakeFeed) -> None:
    feed = make_feed()
    early = replace(feed.tombstones[0], when=datetime(2026, 1, 1, tzinfo=UTC))
    root = read(render_feed(replace(feed, tombstones=(early,)), "atom").body)
    assert select(root, "at:deleted-entry/@when") == ["2026-11-26T09:30:00.123456Z"]


def test_a_poison_entry_is_left_out_and_logged_without_its_text(
    make_feed: MakeFeed, make_entry: MakeEntry, caplog: pytest.LogCaptureFixture
) -> None:
    poison = make_entry(number=3, published=datetime(2026, 11, 26, 9))  # noqa: DTZ001 (that is the poison)
    feed = make_feed(entries=(make_entry(), poison, make_entry(number=4)))
    with caplog.at_level(logging.ERROR):
        root = read(render_feed(feed, "atom").body)
    assert [one.rsplit("/", 2)[1] for one in select(root, "a:entry/a:id/text()")] == ["caspian-1", "caspian-4"]
    assert "caspian-3" in caplog.text
    assert "ValueError" in caplog.text
    assert poison.article.headline not in caplog.text


@pytest.mark.parametrize(
    "poison",
    [
        "a\x00b\x0bc\x1fd",
        "]]> <![CDATA[ &nbsp; &#1; </entry></feed>",
        "\ud800 lone",
        "a\ufffe\uffff\x7f\x85",
        "🐫🏳️‍🌈 𠀀𪜶 \u202eעברית\u202c\u200f",
        "<p>unclosed <b>bold",
    ],
)
def test_poison_text_everywhere_gives_a_readable_feed(
    poison: str, make_feed: MakeFeed, make_entry: MakeEntry, schema: etree.RelaxNG
) -> None:
    entry = make_entry()
    picture = replace(entry.article.pictures[0], caption=poison, alt=poison, credit=poison)
    article = replace(
        entry.article, headline=poison, description=poison, body=poison, by=poison, located=poison,
        genres=(poison,), usage_terms=poison, copyright_notice=poison, pictures=(picture,),
        subjects=(replace(entry.article.subjects[0], name=poison),),
    )  # fmt: skip
    outlet = Outlet(id="x", name=poison, uri=f"https://x.example/{poison}")
    feed = make_feed(title=poison, subtitle=poison, entries=(replace(entry, article=article, outlet=outlet),))
    body = render_feed(feed, "atom").body
    root = read(body)
    assert schema.validate(root), schema.error_log
    assert len(root.findall("a:entry", NAMES)) == 1
    assert not feedparser.parse(body).bozo
    for wanted in ("🐫", "𠀀", "\u202e"):
        assert (wanted in poison) == (wanted in select(root, "a:entry/a:title/text()")[0])


def test_an_unknown_format_is_refused_by_name(make_feed: MakeFeed, make_entry: MakeEntry) -> None:
    with pytest.raises(UnsupportedFormat, match="gopher"):
        render_feed(make_feed(), "gopher")
    with pytest.raises(UnsupportedFormat, match="text/csv"):
        render_article(make_entry(), "text/csv")
