"""An RSS document with one item → Article, and what is refused."""

from datetime import UTC, datetime

import pytest

from feeds import Fault, InvalidDocument, MalformedDocument, parse
from feeds.model import AltId, Article, Subject

NAMESPACES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:media="http://search.yahoo.com/mrss/" '
    'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:karvan="urn:karvan:syndication:1"'
)
TITLE = "<title>Salam</title>"


def read(item: str, channel: str = "<language>az</language>", root: str = "") -> Article:
    document = f'<rss version="2.0" {NAMESPACES} {root}><channel>{channel}<item>{item}</item></channel></rss>'
    return parse(document.encode(), "application/rss+xml")


def find_faults(item: str, channel: str = "<language>az</language>", root: str = "") -> list[str]:
    with pytest.raises(InvalidDocument) as caught:
        read(item, channel, root)
    return [fault.pointer for fault in caught.value.errors]


def test_an_item_of_anybodys_feed_is_an_article() -> None:
    article = read(
        TITLE
        + "<link> https://x.example/a </link><guid>https://x.example/?p=1</guid>"
        + "<description>Qısa &amp;amp; sadə</description>"
        + "<content:encoded><![CDATA[<p>Uzun<script>x</script>]]></content:encoded>"
        + "<pubDate>Thu, 26 Nov 26 09:00 +0400</pubDate><dcterms:modified>2026-11-26T10:00:00Z</dcterms:modified>"
        + "<author>a@x.example (Leyla Əliyeva)</author><category>su</category>"
        + '<category domain="http://cv.iptc.org/newscodes/mediatopic/">04000000</category>'
        + '<enclosure url="https://x.example/a.png" type="image/png" length="0"/>'
        + '<enclosure url="https://x.example/a.mp3" type="audio/mpeg" length="9"/>'
    )
    assert (article.headline, article.language) == ("Salam", "az")
    assert (article.description, article.body) == ("Qısa & sadə", "<p>Uzun</p>")
    assert article.by == "Leyla Əliyeva"
    assert article.subjects == (Subject(name="su"), Subject(name="", code="medtop:04000000"))
    assert article.first_created == datetime(2026, 11, 26, 5, tzinfo=UTC)
    assert article.version_created == datetime(2026, 11, 26, 10, tzinfo=UTC)
    [picture] = article.pictures
    assert (picture.renditions[0].href, picture.renditions[0].size) == ("https://x.example/a.png", None)
    assert article.alt_ids == (AltId(role="web", value="https://x.example/a"),)
    assert article.uri == "https://x.example/?p=1"


def test_a_publication_date_never_orders_versions() -> None:
    """It stays the same through corrections, which would then be refused as two texts for one version."""
    article = read(TITLE + "<pubDate>Thu, 26 Nov 2026 09:00:00 GMT</pubDate>")
    assert article.version_created is None
    assert article.first_created == datetime(2026, 11, 26, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("item", "channel", "root", "language"),
    [
        ("<dc:language>tr</dc:language>", "<language>az</language>", 'xml:lang="en"', "tr"),
        ("", "<language>az</language>", 'xml:lang="en"', "en"),
        ("", "<language>az</language>", "", "az"),
        ("", "<language> zh-Hans </language>", "", "zh-Hans"),
    ],
)
def test_the_nearest_language_holds(item: str, channel: str, root: str, language: str) -> None:
    assert read(TITLE + item, channel, root).language == language


@pytest.mark.parametrize(
    ("written", "headline"),
    [
        ("A &amp; B &lt; C", "A & B < C"),
        ("A &amp;amp; B", "A & B"),
        ("<![CDATA[<b>A</b> &quot;B&quot;]]>", 'A "B"'),
        ("A\n  B", "A B"),
    ],
)
def test_a_title_is_plain_text_however_it_was_escaped(written: str, headline: str) -> None:
    assert read(f"<title>{written}</title>").headline == headline


def test_a_description_with_markup_is_the_body_where_there_is_no_other() -> None:
    marked = TITLE + "<description>&lt;p&gt;Uzun&lt;/p&gt;</description>"
    assert (read(marked).description, read(marked).body) == ("", "<p>Uzun</p>")
    both = read(marked + "<content:encoded>B</content:encoded>")
    assert (both.description, both.body) == ("Uzun", "B")
    broken = read(TITLE + "<description>bir&lt;br&gt;iki</description>")
    assert (broken.description, broken.body) == ("bir\niki", "")


@pytest.mark.parametrize(
    ("author", "by"),
    [
        ("<dc:creator>A</dc:creator><dc:creator>B</dc:creator><author>c@x.example</author>", "A, B"),
        ("<author>Leyla &lt;a@x.example&gt;</author>", "Leyla"),
        ("<author>Leyla Əliyeva</author>", "Leyla Əliyeva"),
        ("<author>a@x.example</author>", ""),
    ],
)
def test_an_author_is_a_name_and_never_an_email_address(author: str, by: str) -> None:
    assert read(TITLE + author).by == by


def test_rights_of_the_channel_are_those_of_an_item_without_its_own() -> None:
    channel = "<language>az</language><copyright>© X</copyright>"
    assert read(TITLE, channel).copyright_notice == "© X"
    assert read(TITLE + "<dc:rights>© Y</dc:rights>", channel).copyright_notice == "© Y"


def test_the_address_at_the_outlet_is_via_else_link_else_permalink() -> None:
    guid = "<guid>https://x.example/g</guid>"
    link = "<link>https://x.example/l</link>"
    via = '<atom:link rel="via" href="https://x.example/v"/>'
    for item, href in [(guid + link + via, "v"), (guid + link, "l"), (guid, "g")]:
        assert read(TITLE + item).alt_ids == (AltId(role="web", value=f"https://x.example/{href}"),)
    assert read(TITLE + '<guid isPermaLink="false">https://x.example/g</guid>').alt_ids == ()


@pytest.mark.parametrize("guid", ["1234", "a b", "ə"])
def test_a_guid_may_be_any_string(guid: str) -> None:
    assert read(f"{TITLE}<guid>{guid}</guid>").uri is None


@pytest.mark.parametrize(
    ("item", "pointer"),
    [
        ("", "title"),
        ("<title> </title>", "title"),
        ("<title>a\x85</title>", "title"),
        (TITLE + TITLE, "title[2]"),
        (TITLE + "<pubDate>dünən</pubDate>", "pubDate"),
        (TITLE + "<pubDate>Thu, 26 Nov 2026 09:00:00</pubDate>", "pubDate"),
        (TITLE + "<pubDate>Thu, 26 Nov 99999999999 09:00:00 GMT</pubDate>", "pubDate"),
        (TITLE + "<link>/a</link>", "link"),
        (TITLE + "<description><p>x</p></description>", "description/p"),
        (TITLE + f"<content:encoded>{'x' * 200_001}</content:encoded>", "content:encoded"),
        (TITLE + f"<content:encoded>{'&lt;i&gt;' * 300}</content:encoded>", "content:encoded"),
        (TITLE + '<category domain="http://cv.iptc.org/newscodes/mediatopic">su</category>', "category/@domain"),
        (TITLE + "<karvan:urgency>high</karvan:urgency>", "karvan:urgency"),
        (TITLE + "<karvan:embargoed-until>tomorrow</karvan:embargoed-until>", "karvan:embargoed-until"),
        (TITLE + "<karvan:pub-status>cancelled</karvan:pub-status>", "karvan:pub-status"),
        (TITLE + "<karvan:embargo>1</karvan:embargo>", "karvan:embargo"),
        (TITLE + '<media:content url="a.png"/>', "media:content/@url"),
        (TITLE + '<enclosure url="a.png" type="image/png" length="1"/>', "enclosure/@url"),
        (TITLE + "<dc:language>Azərbaycan</dc:language>", "dc:language"),
    ],
)
def test_faults_are_told_with_their_xpath(item: str, pointer: str) -> None:
    assert find_faults(item) == [f"/rss/channel/item/{pointer}"]


def test_without_any_language_it_is_told_where_one_could_be() -> None:
    assert find_faults(TITLE, channel="") == ["/rss/channel/item/dc:language"]


def test_exactly_one_item_is_taken() -> None:
    for items, count in (("", 0), (f"<item>{TITLE}</item>" * 2, 2)):
        with pytest.raises(InvalidDocument) as caught:
            parse(f'<rss version="2.0"><channel>{items}</channel></rss>'.encode(), "application/rss+xml")
        assert caught.value.errors == (Fault("/rss/channel/item", f"{count} of them; exactly one is taken"),)


@pytest.mark.parametrize("body", ["<feed/>", "<RDF/>", '<feed xmlns="http://www.w3.org/2005/Atom"/>'])
def test_another_root_is_refused(body: str) -> None:
    with pytest.raises(InvalidDocument, match="root rss"):
        parse(body.encode(), "application/rss+xml")


@pytest.mark.parametrize("body", ["", "<rss>", '<!DOCTYPE rss [<!ENTITY a "b">]><rss/>', "<rss>&nbsp;</rss>"])
def test_what_is_no_safe_xml_is_refused(body: str) -> None:
    with pytest.raises(MalformedDocument):
        parse(body.encode(), "application/rss+xml")
