"""An Atom entry in: what is read, and every fault by its XPath."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from feeds import Fault, InvalidDocument, MalformedDocument, atom
from feeds.model import AltId, Article, Picture, Rendition, Subject

REQUIRED = "<id>x:1</id><title>Salam</title><updated>2026-11-26T09:00:00Z</updated>"
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def document(content: str, required: str = REQUIRED, attributes: str = 'xml:lang="az"') -> bytes:
    return (
        f'<?xml version="1.0"?><entry xmlns="http://www.w3.org/2005/Atom" xmlns:k="urn:karvan:syndication:1" '
        f'xmlns:m="http://search.yahoo.com/mrss/" xmlns:h="http://www.w3.org/1999/xhtml" {attributes}>'
        f"{required}{content}</entry>"
    ).encode()


def read(content: str, **more: Any) -> Article:
    return atom.parse(document(content, **more))


def fail(content: str, **more: Any) -> dict[str, str]:
    with pytest.raises(InvalidDocument) as caught:
        read(content, **more)
    return {fault.pointer: fault.detail for fault in caught.value.errors}


def test_what_rfc_4287_requires_and_a_language_are_enough() -> None:
    assert read("") == Article(
        language="az", headline="Salam", uri="x:1", version_created=datetime(2026, 11, 26, 9, tzinfo=UTC)
    )


def test_everything_missing_is_named_at_once() -> None:
    assert fail("", required="", attributes="") == {
        "/atom:entry/atom:id": "is missing",
        "/atom:entry/atom:title": "is missing",
        "/atom:entry/atom:updated": "is missing",
        "/atom:entry/@xml:lang": "is missing: which language is this entry in?",
    }


def test_a_feed_is_no_entry() -> None:
    with pytest.raises(InvalidDocument) as caught:
        atom.parse(b'<feed xmlns="http://www.w3.org/2005/Atom"/>')
    assert caught.value.errors == (Fault("/atom:feed", "an Atom entry document has the root atom:entry"),)
    with pytest.raises(InvalidDocument):
        atom.parse(b"<entry/>")


def test_all_that_atom_lacks_is_read_from_karvans_elements() -> None:
    article = read(
        "<k:urgency>3</k:urgency><k:version>7</k:version><k:version-created>2026-11-26T12:00:00Z</k:version-created>"
        "<k:first-created>2026-11-26T16:00:00+04:00</k:first-created><k:expires>2026-11-26T12:00:00Z</k:expires>"
        "<k:embargoed-until>2026-11-26T12:00:00Z</k:embargoed-until><k:pub-status>withheld</k:pub-status>"
        "<k:located>Bakı</k:located><k:genre>report</k:genre><k:genre>live</k:genre>"
        "<k:copyright-holder>X</k:copyright-holder><k:usage-terms>U</k:usage-terms><k:ed-note>N</k:ed-note>"
        '<k:uri>tag:x,2026:s</k:uri><k:translation-of>x:0</k:translation-of><k:alt-id role="item">n-1</k:alt-id>'
        '<k:alt-id role="desk">7</k:alt-id><published>2026-01-01T00:00:00Z</published><author><name>A</name></author>'
        "<author><name>B</name></author><rights>©</rights><summary>S</summary>"
    )
    assert article == Article(
        language="az", headline="Salam", description="S", item="n-1", uri="tag:x,2026:s", by="A, B", located="Bakı",
        genres=("report", "live"), urgency=3, pub_status="withheld", version="7", version_created=NOON,
        first_created=NOON, embargoed_until=NOON, expires=NOON, copyright_holder="X", copyright_notice="©",
        usage_terms="U", ed_note="N", alt_ids=(AltId(role="desk", value="7"),), translation_of="x:0",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("content", "body"),
    [
        ('<content type="html">&lt;h1&gt;A&lt;/h1&gt;&lt;script&gt;x&lt;/script&gt;</content>', "<h2>A</h2>"),
        ('<content type="html"><![CDATA[<p>A & B</p>]]></content>', "<p>A &amp; B</p>"),
        ("<content>A &lt; B\n\nC</content>", "<p>A &lt; B</p>\n<p>C</p>"),
        ('<content type="xhtml"><h:div>x<h:p lang="ru">A<h:br/>B</h:p> y</h:div></content>',
         'x<p lang="ru">A<br>B</p> y'),
        ('<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>A</p><script>x</script></div></content>',
         "<p>A</p>"),
    ],
)  # fmt: skip
def test_content_becomes_clean_html(content: str, body: str) -> None:
    assert read(content).body == body


def test_a_title_in_html_becomes_plain_text() -> None:
    title = '<id>x:1</id><updated>2026-11-26T09:00:00Z</updated><title type="html">A &amp;amp; &lt;b>B&lt;/b></title>'
    assert read("", required=title).headline == "A & B"


def test_categories_are_media_topics_or_keywords() -> None:
    scheme = "http://cv.iptc.org/newscodes/mediatopic/"
    article = read(
        f'<category term="medtop:20000170" scheme="{scheme}" label="S"/><category term="20000170" scheme="{scheme}"/>'
        '<category term="xezer" label="Xəzər"/><category term="Bakı"/>'
    )
    assert article.subjects == (
        Subject(name="S", code="medtop:20000170"),
        Subject(name="", code="medtop:20000170"),
        Subject(name="Xəzər"),
        Subject(name="Bakı"),
    )


def test_an_html_alternate_is_the_articles_address_at_the_outlet() -> None:
    links = (
        '<link href="https://x.example/az"/><link rel="alternate" type="application/json" href="https://x.example/j"/>'
    )
    assert read(links).alt_ids == (AltId(role="web", value="https://x.example/az"),)
    via = '<link rel="via" href="https://y.example/az"/>'
    assert read(links + via).alt_ids == (AltId(role="web", value="https://y.example/az"),)


def test_an_enclosure_that_repeats_a_media_content_is_one_picture() -> None:
    article = read(
        '<m:content url="https://x.example/a.jpg" medium="image" type="image/jpeg" width="9" height="8" fileSize="7">'
        "<m:description>D</m:description><m:credit>C</m:credit><m:copyright>R</m:copyright><k:alt>A</k:alt></m:content>"
        '<m:content url="https://x.example/v.mp4" medium="video"/>'
        '<link rel="enclosure" type="image/jpeg" href="https://x.example/a.jpg"/>'
        '<link rel="enclosure" type="image/png" length="5" href="https://x.example/b.png"/>'
        '<link rel="enclosure" type="audio/mpeg" href="https://x.example/c.mp3"/>'
    )
    first = Rendition(href="https://x.example/a.jpg", media_type="image/jpeg", width=9, height=8, size=7)
    second = Rendition(href="https://x.example/b.png", media_type="image/png", size=5)
    assert article.pictures == (
        Picture(name="picture-1", renditions=(first,), caption="D", credit="C", copyright_notice="R", alt="A"),
        Picture(name="picture-2", renditions=(second,)),
    )


@pytest.mark.parametrize(
    ("content", "pointer"),
    [
        ("<title>B</title>", "/atom:entry/atom:title[2]"),
        ("<k:urgency>1</k:urgency><k:urgency>2</k:urgency>", "/atom:entry/karvan:urgency[2]"),
        ("<k:urgency>high</k:urgency>", "/atom:entry/karvan:urgency"),
        ("<k:urgency>٣</k:urgency>", "/atom:entry/karvan:urgency"),
        ("<k:urgenzy>1</k:urgenzy>", "/atom:entry/karvan:urgenzy"),
        ("<k:pub-status>gone</k:pub-status>", "/atom:entry/karvan:pub-status"),
        ("<k:expires>tomorrow</k:expires>", "/atom:entry/karvan:expires"),
        ("<k:uri>no uri</k:uri>", "/atom:entry/karvan:uri"),
        ("<k:located><b/></k:located>", "/atom:entry/karvan:located/atom:b"),
        ("<published>2026-11-26</published>", "/atom:entry/atom:published"),
        ("<author/>", "/atom:entry/atom:author/atom:name"),
        ("<author><name>A</name></author><author><name> </name></author>", "/atom:entry/atom:author[2]/atom:name"),
        ("<category/>", "/atom:entry/atom:category/@term"),
        ('<category term="medtop:1"/>', "/atom:entry/atom:category/@term"),
        ("<link/>", "/atom:entry/atom:link/@href"),
        ('<link href="ftp://x.example/"/>', "/atom:entry/atom:link/@href"),
        ('<content src="https://x.example/"/>', "/atom:entry/atom:content/@src"),
        ('<content type="image/png">eA==</content>', "/atom:entry/atom:content/@type"),
        ('<content type="html"><p>x</p></content>', "/atom:entry/atom:content/atom:p"),
        ('<content type="xhtml"><p>x</p></content>', "/atom:entry/atom:content"),
        ('<summary type="pdf">x</summary>', "/atom:entry/atom:summary/@type"),
        ('<m:content url="javascript:x"/>', "/atom:entry/media:content/@url"),
        ('<m:content url="https://x.example/a" width="wide"/>', "/atom:entry/media:content/@width"),
        ("<summary>a\x85</summary>", "/atom:entry/atom:summary"),
        ('<category term="a&#127;"/>', "/atom:entry/atom:category/@term"),
        ('<content type="html">' + "&lt;div>" * 300 + "</content>", "/atom:entry/atom:content"),
        ("<content>" + "x" * 200_001 + "</content>", "/atom:entry/atom:content"),
        ('<category term="a"/>' * 201, "/atom:entry/atom:category"),
    ],
    ids=lambda value: value[:40],
)
def test_a_fault_is_named_by_its_xpath(content: str, pointer: str) -> None:
    assert pointer in fail(content)


def test_the_language_must_be_a_tag() -> None:
    assert "/atom:entry/@xml:lang" in fail("", attributes='xml:lang="a_b"')


def test_an_empty_title_is_a_fault() -> None:
    assert "/atom:entry/atom:title" in fail("", required=REQUIRED.replace("Salam", " "))
    assert "/atom:entry/atom:title" in fail(
        "", required=REQUIRED.replace("<title>Salam", '<title type="html">&lt;script>x&lt;/script>')
    )


def test_elements_of_others_are_passed_over() -> None:
    assert read('<x:a xmlns:x="urn:x"><x:b/></x:a><!-- c --><?pi x?>') == read("")


def test_an_entity_bomb_is_malformed() -> None:
    bomb = b'<!DOCTYPE e [<!ENTITY a "aaaa">]>' + document("<summary>&a;</summary>").split(b"?>", 1)[1]
    with pytest.raises(MalformedDocument):
        atom.parse(bomb)


@pytest.mark.parametrize(
    "piece", ["<category/>", "<k:x/>", "<title/>", "<summary>\x85</summary>", "<link/>", "<author/>"]
)
def test_the_cost_of_faulty_elements_grows_with_their_number_only(
    piece: str, check_growth: Callable[..., None]
) -> None:
    check_growth(lambda size: fail(piece * size), 8_000)


def test_an_entry_in_utf_16_is_read() -> None:
    assert atom.parse(document("<summary>ə里🐫</summary>").decode().encode("utf-16")).description == "ə里🐫"
