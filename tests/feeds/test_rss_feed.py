"""The RSS feed: golden bytes, a schema, feedparser's opinion, isolation, withdrawal."""

import logging
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import feedparser
import pytest
from lxml import etree

from feeds import parse, render_feed, rss_output
from feeds.model import AltId, Article, CheckCount, Entry, Feed, Outlet, Rendition, Subject

HERE = Path(__file__).parent
GOLDEN = HERE / "golden" / "world.rss"
LANGUAGES = ["az", "en", "ru", "tr", "zh"]
NAMES = {
    "at": "http://purl.org/atompub/tombstones/1.0",
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "k": "urn:karvan:syndication:1",
    "m": "http://search.yahoo.com/mrss/",
}
MakeFeed = Callable[..., Feed]
MakeEntry = Callable[..., Entry]


@pytest.fixture(scope="module")
def rss_schema() -> etree.RelaxNG:
    return etree.RelaxNG(etree.parse(HERE / "rss.rng"))


def render(feed: Feed) -> etree._Element:
    return etree.fromstring(render_feed(feed, "rss").body)


def select(root: etree._Element, path: str) -> list[str]:
    return [str(found) for found in root.xpath(path, namespaces=NAMES)]


def change(entry: Entry, **changes: object) -> Entry:
    return replace(entry, article=replace(entry.article, **changes))  # type: ignore[arg-type]


def test_the_feed_is_the_golden_one_byte_for_byte(make_feed: MakeFeed) -> None:
    """UPDATE_GOLDEN=1 pytest tests/feeds writes the file anew: read the diff."""
    document = render_feed(make_feed(), "rss")
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_bytes(document.body)
    assert document.body == GOLDEN.read_bytes()
    assert document.media_type == "application/rss+xml; charset=utf-8"


def test_rendering_again_without_cache_gives_the_same_bytes_and_an_unchanged_entry_is_rendered_once(
    make_feed: MakeFeed,
) -> None:
    first = render_feed(make_feed(), "rss")
    rss_output._render_entry.forget()
    assert render_feed(make_feed(), "rss") == first
    assert render_feed(make_feed(title="Başqa"), "rss").etag != first.etag
    assert rss_output._render_entry.made == 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_feed_is_valid_in_every_language(language: str, make_feed: MakeFeed, rss_schema: etree.RelaxNG) -> None:
    root = render(make_feed(language))
    assert rss_schema.validate(root), rss_schema.error_log
    assert select(root, "channel/language/text()") == [language]
    assert select(root, "channel/item/dc:language/text()") == [language, language]


def test_the_schema_refuses_what_rss_forbids(make_feed: MakeFeed, rss_schema: etree.RelaxNG) -> None:
    body = render_feed(make_feed(), "rss").body
    for good, bad in [
        (b"<copyright>", b"<title>second</title><copyright>"),
        (b" GMT</pubDate>", b"</pubDate>"),
        (b"<pubDate>Thu, ", b"<pubDate>Cmt, "),
        (b' length="123456"', b""),
        (b"<category>", b"<subject/><category>"),
        (b'<guid isPermaLink="false">', b'<guid isPermaLink="no">'),
        (b'when="2026-11-26T', b'when="26.11.2026 '),
    ]:
        assert good in body
        assert not rss_schema.validate(etree.fromstring(body.replace(good, bad, 1))), bad


@pytest.mark.parametrize("language", LANGUAGES)
def test_feedparser_reads_the_same(language: str, make_feed: MakeFeed) -> None:
    feed = make_feed(language)
    parsed = feedparser.parse(render_feed(feed, "rss").body)
    assert not parsed.bozo
    assert (parsed.feed.link, parsed.feed.language, parsed.feed.title) == (feed.page, language, feed.title)
    assert [entry.link for entry in parsed.entries] == [entry.page for entry in feed.entries]
    assert [entry.id for entry in parsed.entries] == [entry.id for entry in feed.entries]
    first, article = parsed.entries[0], feed.entries[0].article
    assert (first.title, first.author, first.summary) == (article.headline, article.by, article.description)
    assert first.content[0].value == article.body
    assert first.published_parsed[:5] == (2026, 11, 26, 9, 0)
    assert first.updated_parsed[:5] == (2026, 11, 26, 9, 30)
    assert first.source.title == "Xəzər Xəbər"
    assert first.enclosures[0].href == "https://khazar-news.example/a.jpg?x=1&y=2"
    assert [tag.term for tag in first.tags] == ["ətraf mühit", "Xəzər"]
    assert first.rights == article.copyright_notice


def test_links_of_the_feed_are_its_own_address_and_those_of_the_other_languages(make_feed: MakeFeed) -> None:
    root = render(make_feed("zh"))
    assert select(root, "channel/atom:link/@rel") == ["self"] + ["related"] * 4
    assert select(root, "channel/atom:link/@hreflang") == ["zh", "az", "en", "ru", "tr"]
    assert set(select(root, "channel/atom:link/@type")) == {"application/rss+xml"}
    assert select(root, "channel/item[1]/atom:link/@hreflang") == ["az", "en", "ru", "tr"]
    assert select(root, "channel/item[1]/atom:link/@rel") == ["related"] * 4 + ["via"]


def test_machine_text_is_told_from_peoples(make_feed: MakeFeed, make_entry: MakeEntry) -> None:
    entry = make_entry("en")
    checked = replace(
        entry, partial=True, provenance=replace(entry.provenance, checks=(CheckCount(name="n", count=2),))
    )
    root = render(make_feed(entries=(checked, make_entry("az", 2))))
    assert select(root, "channel/item/k:origin/text()") == ["machine", "source"]
    assert select(root, "channel/item[1]/k:engine/text()") == ["argos karvan-starter 0.1"]
    assert select(root, "channel/item[1]/k:quality/text()") == ["starter"]
    assert select(root, "channel/item[1]/k:source-language/text()") == ["az"]
    assert select(root, "channel/item[1]/k:check/@*") == ["n", "2"]
    assert select(root, "channel/item[1]/k:representation-type/text()") == ["partial"]
    assert select(root, "channel/item[2]/k:engine") == []


def test_a_topic_is_shown_by_name_and_has_its_code_in_the_domain(make_feed: MakeFeed, make_entry: MakeEntry) -> None:
    subjects = (Subject(name="iqtisadiyyat", code="medtop:04000000"), Subject(name="", code="medtop:20000349"))
    root = render(make_feed(entries=(change(make_entry(), subjects=subjects),)))
    assert select(root, "channel/item/category/text()") == ["iqtisadiyyat", "medtop:20000349"]
    assert select(root, "channel/item/category/@domain") == [
        "http://cv.iptc.org/newscodes/mediatopic/04000000",
        "http://cv.iptc.org/newscodes/mediatopic/20000349",
    ]


def test_a_picture_of_unknown_type_is_no_enclosure_and_one_of_unknown_size_has_length_0(
    make_feed: MakeFeed, make_entry: MakeEntry, rss_schema: etree.RelaxNG
) -> None:
    entry = make_entry()
    [picture] = entry.article.pictures
    typeless = replace(picture, renditions=(Rendition(href="https://x.example/1"),))
    sizeless = replace(picture, renditions=(Rendition(href="https://x.example/2", media_type="image/webp"),))
    root = render(make_feed(entries=tuple(change(entry, pictures=(one, picture)) for one in (typeless, sizeless))))
    assert rss_schema.validate(root), rss_schema.error_log
    assert select(root, "channel/item[1]/enclosure") == []
    assert select(root, "channel/item[2]/enclosure/@*") == ["https://x.example/2", "0", "image/webp"]
    assert select(root, "channel/item[1]/m:content/@url") == ["https://x.example/1", picture.renditions[1].href]
    assert select(root, "channel/item[2]/m:content[2]/m:credit/text()") == ["R. Quliyev"]


def test_times_are_rfc_822_in_gmt_and_the_change_to_the_microsecond(make_feed: MakeFeed, make_entry: MakeEntry) -> None:
    in_baku = datetime(2026, 11, 26, 2, 0, 59, 999_999, tzinfo=timezone(timedelta(hours=4)))
    root = render(make_feed(entries=(make_entry(published=in_baku),)))
    assert select(root, "channel/item/pubDate/text()") == ["Wed, 25 Nov 2026 22:00:59 GMT"]
    assert select(root, "channel/item/dcterms:modified/text()") == ["2026-11-26T09:30:00.123456Z"]
    assert select(root, "channel/lastBuildDate/text()") == ["Thu, 26 Nov 2026 09:30:00 GMT"]


@pytest.mark.parametrize(
    ("headline", "shown"),
    [
        ("AT&T: 3 < 5 && 7 > 5", "AT&T: 3 < 5 && 7 > 5"),
        ("How to use <b> and &nbsp;", "How to use ‹b› and &\u2060nbsp;"),
        ("R&copy and </item>", "R&\u2060copy and ‹/item›"),
        ("AT&amp;T", "AT&\u2060amp;T"),
        ("里海 🐫", "里海 🐫"),
    ],
)
def test_a_title_reads_the_same_as_plain_text_or_as_html(
    headline: str, shown: str, make_feed: MakeFeed, make_entry: MakeEntry
) -> None:
    body = render_feed(make_feed(entries=(change(make_entry(), headline=headline),)), "rss").body
    assert select(etree.fromstring(body), "channel/item/title/text()") == [shown]
    assert etree.HTML(f"<p>{shown}</p>").xpath("string()") == shown  # no reader finds HTML in it
    assert parse(body, "application/rss+xml").headline == shown.replace("\u2060", "")


def test_a_note_to_editors_never_leaves(make_feed: MakeFeed) -> None:
    assert b"SECRET" not in render_feed(make_feed(), "rss").body


@pytest.mark.parametrize(
    ("language", "title", "title_language"), [("tr", "Geri çekildi", "tr"), ("ka", "Withdrawn", "en")]
)
def test_a_withdrawn_entry_is_a_stub_with_the_same_guid_and_nothing_of_its_text(
    language: str, title: str, title_language: str, make_feed: MakeFeed, make_entry: MakeEntry
) -> None:
    entry = make_entry(language, withdrawn=True)
    body = render_feed(make_feed(language, entries=(entry,)), "rss").body
    [item] = etree.fromstring(body).findall("channel/item")
    assert select(item, "guid/text()") == [entry.id]
    assert select(item, "guid/@isPermaLink") == ["false"]
    assert select(item, "title/text() | title/@xml:lang") == [title_language, title]
    assert select(item, "k:pub-status/text()") == ["canceled"]
    assert select(item, "description | content:encoded | category | enclosure | m:* | dc:rights | k:origin") == []
    article = entry.article
    for word in (article.headline, article.description, "vacib", article.by, "a.jpg", "Sahil", "D-7"):
        assert word not in body.decode()


def test_a_tombstone_stands_in_the_channel_not_older_than_the_stub(
    make_feed: MakeFeed, rss_schema: etree.RelaxNG
) -> None:
    feed = make_feed()
    root = render(replace(feed, tombstones=(replace(feed.tombstones[0], why="rights"),)))
    assert rss_schema.validate(root), rss_schema.error_log
    early = replace(feed.tombstones[0], when=datetime(2026, 1, 1, tzinfo=UTC))
    for tombstones in (feed.tombstones, (early,)):
        root = render(replace(feed, tombstones=tombstones))
        assert select(root, "channel/at:deleted-entry/@ref") == [feed.entries[1].id]
        assert select(root, "channel/at:deleted-entry/@when") == ["2026-11-26T09:30:00.123456Z"]


def test_a_poison_entry_is_left_out_and_logged_without_its_text(
    make_feed: MakeFeed, make_entry: MakeEntry, caplog: pytest.LogCaptureFixture
) -> None:
    poison = make_entry(number=3, published=datetime(2026, 11, 26, 9))  # noqa: DTZ001 (that is the poison)
    feed = make_feed(entries=(make_entry(), poison, make_entry(number=4)))
    with caplog.at_level(logging.ERROR):
        root = render(feed)
    assert [one.rsplit("/", 2)[1] for one in select(root, "channel/item/guid/text()")] == ["caspian-1", "caspian-4"]
    assert "caspian-3" in caplog.text
    assert poison.article.headline not in caplog.text


@pytest.mark.parametrize(
    "poison",
    [
        "a\x00b\x0bc\x1fd",
        "]]> <![CDATA[ &nbsp; &#1; </item></channel></rss>",
        "\ud800 lone",
        "a\ufffe\uffff\x7f\x85",
        "🐫🏳️‍🌈 𠀀𪜶 \u202eעברית\u202c\u200f",
        "<p>unclosed <b>bold",
    ],
)
def test_poison_text_everywhere_gives_a_valid_feed(
    poison: str, make_feed: MakeFeed, make_entry: MakeEntry, rss_schema: etree.RelaxNG
) -> None:
    feed = make_feed(title=poison, subtitle=poison, rights=poison, entries=(poison_entry(make_entry(), poison),))
    body = render_feed(feed, "rss").body
    root = etree.fromstring(body)
    assert rss_schema.validate(root), rss_schema.error_log
    assert len(root.findall("channel/item")) == 1
    parsed = feedparser.parse(body)
    assert not parsed.bozo
    for wanted in ("🐫", "𠀀", "\u202e"):
        assert (wanted in poison) == (wanted in parsed.entries[0].title)


def poison_entry(entry: Entry, poison: str) -> Entry:
    picture = replace(entry.article.pictures[0], caption=poison, alt=poison, credit=poison, copyright_notice=poison)
    article: Article = replace(
        entry.article, headline=poison, description=poison, body=poison, by=poison, located=poison, version=poison,
        genres=(poison,), usage_terms=poison, copyright_notice=poison, pictures=(picture,), copyright_holder=poison,
        subjects=(Subject(name=poison),), alt_ids=(AltId(role=poison, value=poison),),
    )  # fmt: skip
    return replace(entry, article=article, outlet=Outlet(id="x", name=poison, uri="https://x.example/"))
