"""Feeds of others: every format, what the wild does to them, another Karvan's, one bad item among good ones."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds import InvalidDocument, MalformedDocument, render_feed
from feeds.jsonfeed_output import limit_to_jsonfeed
from feeds.model import Article, CheckCount, Entry, Feed, Why
from feeds.rss_output import limit_to_rss
from feeds.source_items import GoneItem, ParsedFeed
from feeds.sources import MAX_ITEMS, parse_feed

GOLDEN = Path(__file__).parent / "golden"
MakeFeed = Callable[..., Feed]
MakeEntry = Callable[..., Entry]
LANGUAGES = ["az", "en", "ru", "tr", "zh"]
FORMATS = ["atom", "rss", "json"]

RSS = """<?xml version="1.0"{encoding}?>
<rss version="2.0" xmlns:karvan="urn:karvan:syndication:1" xmlns:media="http://search.yahoo.com/mrss/"><channel>
<title> Xəbər
 lenti </title><link>https://x.example/</link><description/>{language}
{items}</channel></rss>"""
ITEM = "<item><title>{0}</title><link>https://x.example/{0}</link>{1}</item>"
RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://x.example/"><title>F</title>
 <link>https://x.example/</link><description/><dc:language>ru</dc:language></channel>
 <item rdf:about="https://x.example/1"><title>Привет</title><link>https://x.example/1</link>
 <description>Кратко</description><dc:date>2026-11-26T09:00:00+04:00</dc:date><dc:creator>А. Б.</dc:creator></item>
 <item rdf:about="https://x.example/2"><title/></item></rdf:RDF>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="tr" xml:base="https://x.example/news/"><title>F</title>
 <id>x:f</id><updated>2026-11-26T09:00:00Z</updated><rights>© X</rights>
 <entry><id>x:1</id><title type="html">A &amp;amp; B</title><updated>2026-11-26T09:00:00Z</updated>
 <link href="1.html"/><content type="html">&lt;p&gt;Selam</content></entry>
 <entry xml:base="old/"><id>x:2</id><title>C</title><updated>2026-11-26T09:00:00Z</updated><link href="2.html"/></entry>
 <entry xml:lang="az"><id>x:3</id><title>D</title><updated>bu gün</updated></entry></feed>"""


def rss(*items: str, language: str = "<language>az</language>") -> bytes:
    return RSS.format(encoding="", language=language, items="\n".join(items)).encode()


def name_items(feed: ParsedFeed) -> list[str]:
    return [item.article.headline for item in feed.items]


# Formats


def test_rss_is_read_with_what_its_channel_says() -> None:
    feed = parse_feed(
        rss(ITEM.format("bir", "<pubDate>Thu, 26 Nov 2026 09:00:00 GMT</pubDate>"), ITEM.format("iki", ""))
    )
    assert (feed.title, feed.language, feed.faulty, feed.gone, feed.left_out) == ("Xəbər lenti", "az", (), (), 0)
    first, second = feed.items
    assert (first.id, first.link) == ("https://x.example/bir", "https://x.example/bir")
    assert (first.article.language, first.article.headline) == ("az", "bir")
    assert first.updated == datetime(2026, 11, 26, 9, tzinfo=UTC)
    assert second.updated is None
    assert (first.provenance, first.outlet, first.siblings, first.partial) == (None, None, (), False)


def test_rss_1_is_read_like_rss_2() -> None:
    feed = parse_feed(RDF.encode())
    [item] = feed.items
    assert (feed.language, item.id, item.article.language) == ("ru", "https://x.example/1", "ru")
    assert (item.article.description, item.article.by) == ("Кратко", "А. Б.")
    assert item.updated == datetime(2026, 11, 26, 5, tzinfo=UTC)
    assert [one.id for one in feed.faulty] == ["https://x.example/2"]


def test_an_atom_entry_has_the_language_rights_and_addresses_that_its_feed_gives_it() -> None:
    feed = parse_feed(ATOM.encode())
    first, second, third = feed.items
    assert [item.id for item in feed.items] == ["x:1", "x:2", "x:3"]
    assert (first.article.language, third.article.language) == ("tr", "az")
    assert (first.article.headline, first.article.body) == ("A & B", "<p>Selam</p>")
    assert first.article.copyright_notice == "© X"
    assert [first.link, second.link] == ["https://x.example/news/1.html", "https://x.example/news/old/2.html"]
    assert third.updated is None


def test_json_feed_of_both_versions_is_read() -> None:
    items = [{"id": 1, "url": "https://x.example/1", "title": "Salam", "content_text": "a"}, "no item", {"title": "B"}]
    for version in ("https://jsonfeed.org/version/1", "https://jsonfeed.org/version/1.1"):
        feed = parse_feed(orjson.dumps({"version": version, "title": "F", "language": "az", "items": items}))
        [item] = feed.items
        assert (item.id, item.link, item.article.body) == ("1", "https://x.example/1", "<p>a</p>")
        assert [one.number for one in feed.faulty] == [2, 3]


@pytest.mark.parametrize(
    "body",
    [
        b"", b"<html/>", b"<rss/>", b"{}", b'{"version": "https://jsonfeed.org/version/1.1"}', b"<rss><channel>", b"[]",
        b"<!DOCTYPE x [<!ENTITY a 'b'>]><rss/>", b"\xff\xfe", b"\0",
    ],
)  # fmt: skip
def test_what_is_no_feed_is_refused(body: bytes) -> None:
    with pytest.raises((MalformedDocument, InvalidDocument)):
        parse_feed(body, language="az")


# The wild


@pytest.mark.parametrize(
    ("encoding", "codec", "word"),
    [("windows-1251", "cp1251", "Привет"), ("ISO-8859-9", "cp1254", "Şey"), ("GB2312", "gb18030", "你好"),
     ("utf-8", "utf-8-sig", "𠀀🐫"), ("UTF-16", "utf-16", "əl")],
)  # fmt: skip
def test_old_encodings_are_read_as_declared(encoding: str, codec: str, word: str) -> None:
    document = RSS.replace("Xəbər", "X").format(
        encoding=f' encoding="{encoding}"',
        language="<language>az</language>",
        items=f"<item><title>{word}</title><guid>1</guid></item>",
    )
    assert name_items(parse_feed(document.encode(codec))) == [word]


def test_what_http_says_of_the_encoding_comes_before_what_the_document_says() -> None:
    body = "<rss><channel><language>ru</language><item><title>Привет</title><guid>1</guid></item></channel></rss>"
    assert name_items(parse_feed(body.encode("cp1251"), charset="windows-1251")) == ["Привет"]
    with pytest.raises(MalformedDocument, match="utf-8"):
        parse_feed(body.encode("cp1251"))
    with pytest.raises(MalformedDocument, match="ebcdic"):
        parse_feed(body.encode(), charset="ebcdic")


def test_control_characters_in_one_item_do_not_cost_the_feed() -> None:
    feed = parse_feed(rss(ITEM.format("bir", "<description>a\x0bb&#11;c&#x1F;d&#xFFFF;e&#128;f&#65;</description>")))
    assert feed.items[0].article.description == "abcdefA"


@pytest.mark.parametrize(
    ("said", "default", "language"),
    [("<language>az_AZ</language>", "", "az-AZ"), ("<language>Azerbaijani</language>", "az", "az"), ("", "az", "az"),
     ("<language/>", "az", "az"), ("<language>tr</language>", "az", "tr")],
)  # fmt: skip
def test_the_language_is_what_the_feed_says_else_what_the_source_is_known_for(
    said: str, default: str, language: str
) -> None:
    feed = parse_feed(rss(ITEM.format("bir", ""), language=said), language=default)
    assert (feed.language, [item.article.language for item in feed.items]) == (language, [language])


@pytest.mark.parametrize(
    ("said", "default", "language"),
    [("az_AZ", "", "az-AZ"), ("Azərbaycan", "az", "az"), (7, "", ""), (None, "tr", "tr")],
)
def test_the_language_of_a_json_feed_is_settled_alike(said: object, default: str, language: str) -> None:
    items = [{"id": "1", "title": "Salam"}]
    members = {"version": "https://jsonfeed.org/version/1.1", "title": "F", "language": said, "items": items}
    feed = parse_feed(orjson.dumps(members), language=default)
    assert (feed.language, [item.article.language for item in feed.items]) == (language, [language] if language else [])


def test_an_entry_changed_after_its_deletion_is_alive_again_any_other_is_gone() -> None:
    for when, is_alive in (("2026-11-26T08:59:59Z", True), ("2026-11-26T09:00:00Z", False), ("?", False)):
        tombstone = f'<at:deleted-entry xmlns:at="http://purl.org/atompub/tombstones/1.0" ref="x:1" when="{when}"/>'
        feed = parse_feed(ATOM.replace("</feed>", tombstone + "</feed>").encode())
        assert ("x:1" in [item.id for item in feed.items]) is is_alive
        assert ("x:1" in [one.id for one in feed.gone]) is not is_alive


def test_without_any_language_no_item_is_taken() -> None:
    feed = parse_feed(rss(ITEM.format("bir", ""), language=""))
    assert feed.items == ()
    assert [fault.pointer for fault in feed.faulty[0].faults] == ["/rss/channel/item/dc:language"]


@pytest.mark.parametrize(
    "harmless",
    [
        "<pubDate>dünən</pubDate>", "<category domain='http://cv.iptc.org/newscodes/mediatopic/'>su</category>",
        "<enclosure url='/a.png' type='image/png' length='many'/>", "<media:content url='a.png' width='wide'/>",
        "<guid> </guid>", "<link>/b</link>", "<karvan:something-new>1</karvan:something-new>",
    ],
)  # fmt: skip
def test_faults_in_what_an_article_can_do_without_cost_only_that(harmless: str) -> None:
    feed = parse_feed(rss(ITEM.format("bir", harmless), ITEM.format("iki", "")))
    assert name_items(feed) == ["bir", "iki"]
    assert feed.items[0].article.pictures == ()
    assert feed.faulty == ()


@pytest.mark.parametrize(
    "grave",
    [
        "<karvan:embargoed-until>sabah</karvan:embargoed-until>", "<karvan:pub-status>kill</karvan:pub-status>",
        "<karvan:expires>?</karvan:expires>", "<title>other</title>", "<description><b/></description>",
        "<karvan:origin>robot</karvan:origin>",
    ],
)  # fmt: skip
def test_faults_in_text_rights_or_embargo_cost_the_item_and_no_other(grave: str) -> None:
    feed = parse_feed(rss(ITEM.format("bir", grave), ITEM.format("iki", "")))
    assert name_items(feed) == ["iki"]
    [faulty] = feed.faulty
    assert (faulty.number, faulty.id) == (1, "https://x.example/bir")
    assert faulty.faults


def test_an_item_with_more_faults_than_are_listed_is_not_taken() -> None:
    """Those that are not listed may be grave."""
    categories = "<category domain='http://cv.iptc.org/newscodes/mediatopic/'>su</category>" * 150
    assert parse_feed(rss(ITEM.format("bir", categories))).items == ()


def test_items_beyond_the_bound_are_counted() -> None:
    feed = parse_feed(rss(*[ITEM.format(number, "") for number in range(MAX_ITEMS + 3)]))
    assert (len(feed.items), feed.left_out) == (MAX_ITEMS, 3)


@given(st.text(alphabet=st.sampled_from("<>&;!?[]#x0fitemrsl /='\"\x00\x0b𠀀"), max_size=60), st.sampled_from(FORMATS))
def test_damage_anywhere_is_told_or_harms_one_item(damage: str, format_: str) -> None:
    body = (GOLDEN / f"world.{format_}").read_text(encoding="utf-8")
    middle = body.index("Leyla")
    for place in (40, middle, middle + 6, len(body) - 5):
        damaged = (body[:place] + damage + body[place:]).encode("utf-8", "surrogatepass")
        try:
            feed = parse_feed(damaged)
        except (MalformedDocument, InvalidDocument):
            continue
        assert len(feed.items) + len(feed.faulty) <= 1


# Another Karvan


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_sets_origins_and_kills_survive_the_hop(language: str, format_: str, make_feed: MakeFeed) -> None:
    feed = make_feed(language)
    parsed = parse_feed(render_feed(feed, format_).body)
    entry, stub = feed.entries
    [item] = parsed.items
    assert (parsed.title, parsed.language, parsed.faulty, item.faults) == (feed.title, language, (), ())
    assert (item.id, item.link, item.updated) == (entry.id, entry.page, entry.updated)
    assert (item.provenance, item.outlet, item.siblings) == (entry.provenance, entry.outlet, entry.siblings)
    assert item.article == limit(entry, format_)
    assert parsed.gone == (GoneItem(id=stub.id, when=stub.updated, status="canceled"),)


def limit(entry: Entry, format_: str) -> Article:
    """Atom carries of these what RSS does."""
    return limit_to_jsonfeed(entry) if format_ == "json" else limit_to_rss(entry)


@pytest.mark.parametrize("format_", FORMATS)
def test_what_only_left_a_feed_is_told_from_what_was_withdrawn(
    format_: str, make_feed: MakeFeed, make_entry: MakeEntry
) -> None:
    withheld = make_entry("az", 3, withdrawn=True)
    withheld = replace(withheld, article=replace(withheld.article, pub_status="withheld"))
    feed = make_feed(entries=(withheld,))
    parsed = parse_feed(render_feed(feed, format_).body)
    gone: dict[str, Any] = {one.id: one.status for one in parsed.gone}
    assert gone == {feed.tombstones[0].ref: None, withheld.id: "withheld"}


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("why", ["embargoed", "rights"])
def test_a_tombstone_says_why_its_readers_should_hold_an_entry_back(
    format_: str, why: Why, make_feed: MakeFeed
) -> None:
    feed = make_feed(entries=())
    feed = replace(feed, tombstones=(replace(feed.tombstones[0], why=why), replace(feed.tombstones[0], ref="tag:x:1")))
    body = render_feed(feed, format_).body
    assert [one.why for one in parse_feed(body).gone] == [why, ""]
    assert [one.why for one in parse_feed(body.replace(why.encode(), b"whim")).gone] == ["", ""]


@pytest.mark.parametrize("format_", FORMATS)
def test_checks_pivot_and_partial_texts_survive_the_hop(
    format_: str, make_feed: MakeFeed, make_entry: MakeEntry
) -> None:
    entry = make_entry("zh")
    provenance = replace(entry.provenance, via="en", freshness="stale", checks=(CheckCount(name="number", count=2),))
    feed = make_feed("zh", entries=(replace(entry, provenance=provenance, partial=True),))
    [item] = parse_feed(render_feed(feed, format_).body).items
    assert item.provenance == provenance
    assert item.partial
