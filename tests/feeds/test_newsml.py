"""A NewsML-G2 item in: what is read, and every fault by its XPath."""

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from feeds import InvalidDocument, MalformedDocument, newsml, parse
from feeds.model import AltId, Article, Picture, Rendition, Subject

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
ITEM = "/nar:newsItem"
META = '<itemClass qcode="ninat:text"/><versionCreated>2026-11-26T12:00:00Z</versionCreated>'
CONTENT = "<headline>Salam</headline>"
ATTRIBUTES = 'guid="tag:x,2026:1" xml:lang="az"'
XHTML = (
    '<inlineXML contenttype="application/xhtml+xml"><html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title>'
    "</head><body>%s</body></html></inlineXML>"
)
HTML = '<inlineData contenttype="text/html; charset=utf-8">%s</inlineData>'


def document(meta: str = "", content: str = "", rest: str = "", attributes: str = ATTRIBUTES, first: str = "") -> bytes:
    """What is required, and: `first` before itemMeta, `meta` and `content` at the end of theirs, `rest` after them."""
    return (
        '<newsItem xmlns="http://iptc.org/std/nar/2006-10-01/" xmlns:k="urn:karvan:syndication:1" '
        f'standard="NewsML-G2" standardversion="2.34" {attributes}>{first}<itemMeta>{META}{meta}</itemMeta>'
        f"<contentMeta>{CONTENT}{content}</contentMeta>{rest}</newsItem>"
    ).encode()


def set_content(content: str) -> str:
    return f"<contentSet>{content}</contentSet>"


def read(meta: str = "", content: str = "", rest: str = "", **more: str) -> Article:
    return newsml.parse(document(meta, content, rest, **more))


def fail(body: bytes) -> dict[str, str]:
    with pytest.raises(InvalidDocument) as caught:
        newsml.parse(body)
    return {fault.pointer: fault.detail for fault in caught.value.errors}


def test_an_identifier_a_language_and_a_headline_are_enough() -> None:
    assert read() == Article(language="az", headline="Salam", uri="tag:x,2026:1", version_created=NOON)


def test_everything_missing_is_named_at_once() -> None:
    assert fail(b'<newsItem xmlns="http://iptc.org/std/nar/2006-10-01/"/>') == {
        f"{ITEM}/nar:itemMeta": "is missing",
        f"{ITEM}/@xml:lang": "is missing: which language is this item in?",
        f"{ITEM}/nar:contentMeta/nar:headline": "is missing or empty",
        f"{ITEM}/@guid": "is missing",
    }


def test_an_agencys_item_is_read() -> None:
    article = read(
        '<provider qcode="nprov:X"/><firstCreated>2026-11-26T16:00:00+04:00</firstCreated>'
        "<embargoed>2026-11-26T12:00:00Z</embargoed><pubStatus qcode='stat:usable'/><edNote>Call<br/>us</edNote>"
        '<altRep contenttype="text/html">https://x.example/1</altRep><expires>2026-11-26T12:00:00Z</expires>'
        '<link rel="irel:previousVersion" residref="tag:x,2026:1" version="1"/>'
        '<link rel="irel:translatedFrom" residref="tag:x,2026:0"/>',
        '<urgency>3</urgency><located qcode="x:1"><name xml:lang="en">Baku</name><name xml:lang="az">Bakı</name>'
        '</located><creator><name>A</name></creator><creator literal="B"/><altId type="x:desk">7</altId>'
        '<language tag="az-Latn"/><genre qcode="genre:Current"><name>xəbər</name></genre><genre qcode="genre:Opinion"/>'
        '<subject qcode="medtop:04000000"><name xml:lang="en">economy</name><name xml:lang="az">iqtisadiyyat</name>'
        '</subject><subject uri="http://cv.iptc.org/newscodes/mediatopic/20000170"/><keyword> Xəzər\n dənizi</keyword>'
        '<subject type="cpnat:person" qcode="pers:1"><name>Leyla</name></subject><subject literal="neft"/>'
        '<description role="drol:caption">C</description>'
        '<description role="drol:summary">S\n  <a>T</a><br/>U</description>',
        set_content(XHTML % "<p>A<br/>B</p>"),
        attributes='guid="urn:newsml:x:1" version="7" xml:lang="en"',
        first='<catalogRef href="http://www.iptc.org/std/catalog/catalog.IPTC-G2-Standards_41.xml"/><rightsInfo>'
        '<copyrightHolder uri="https://x.example/"><name>X</name></copyrightHolder><copyrightNotice>©</copyrightNotice>'
        "<usageTerms>U</usageTerms></rightsInfo>",
    )  # fmt: skip
    assert article == Article(
        language="az-Latn", headline="Salam", description="S T\nU", body="<p>A<br>B</p>", uri="urn:newsml:x:1",
        by="A, B", located="Bakı", genres=("xəbər", "genre:Opinion"), urgency=3, version="7", version_created=NOON,
        first_created=NOON, embargoed_until=NOON, expires=NOON, copyright_holder="X", copyright_notice="©",
        usage_terms="U", ed_note="Call\nus", translation_of="tag:x,2026:0",
        alt_ids=(AltId(role="web", value="https://x.example/1"), AltId(role="desk", value="7")),
        subjects=(
            Subject(name="iqtisadiyyat", code="medtop:04000000"), Subject(name="", code="medtop:20000170"),
            Subject(name="Leyla"), Subject(name="neft"), Subject(name="Xəzər dənizi"),
        ),
    )  # fmt: skip


def test_karvans_elements_say_what_g2_has_no_place_for() -> None:
    article = read(
        '<k:uri>tag:x,2026:set</k:uri><k:version>1.10</k:version><k:alt-id role="item">n-1</k:alt-id>'
        '<k:alt-id role="web">https://x.example/az</k:alt-id><k:origin>machine</k:origin>'
        "<k:version-created>2026-11-26T13:00:00Z</k:version-created>",
        attributes=f'{ATTRIBUTES} version="9"',
    )
    assert (article.uri, article.version, article.item) == ("tag:x,2026:set", "1.10", "n-1")
    assert article.alt_ids == (AltId(role="web", value="https://x.example/az"),)
    assert article.version_created == NOON.replace(hour=13)


def test_a_message_with_one_item_is_the_item() -> None:
    message = (
        '<newsMessage xmlns="http://iptc.org/std/nar/2006-10-01/"><header><sent>2026-11-26T12:00:00Z</sent></header>'
        "<itemSet>%s</itemSet></newsMessage>"
    )
    one, two = document().decode(), document().decode() * 2
    for media_type in (
        "application/vnd.iptc.g2.newsitem+xml",
        "application/vnd.iptc.g2.newsmessage+xml; charset=utf-8",
    ):
        assert parse((message % one).encode(), media_type) == read()
    [(place, detail)] = fail((message % two).encode()).items()
    assert place == "/nar:newsMessage/nar:itemSet"
    assert "this one 2" in detail
    assert "/nar:newsMessage/nar:itemSet/nar:packageItem" in fail((message % "<packageItem/>").encode())
    broken = (message % one.replace("Salam", "")).encode()
    assert list(fail(broken)) == ["/nar:newsMessage/nar:itemSet/nar:newsItem/nar:contentMeta/nar:headline"]


@pytest.mark.parametrize(
    "root", [b"<newsItem/>", b'<packageItem xmlns="http://iptc.org/std/nar/2006-10-01/"/>', b"<NewsML/>"]
)
def test_other_documents_are_refused(root: bytes) -> None:
    with pytest.raises(InvalidDocument) as caught:
        newsml.parse(root)
    [fault] = caught.value.errors
    assert "nar:newsItem or nar:newsMessage" in fault.detail


@pytest.mark.parametrize(
    ("content", "body"),
    [
        (XHTML % "<h1>A</h1><script>x</script>", "<h2>A</h2>"),
        ('<inlineXML><div xmlns="http://www.w3.org/1999/xhtml"><p xml:lang="ru">A</p></div></inlineXML>',
         '<p lang="ru">A</p>'),
        ('<inlineXML><h:body xmlns:h="http://www.w3.org/1999/xhtml">A<x>B</x>C</h:body></inlineXML>', "AC"),
        (XHTML % '<p><a href="https://x.example/ə?a=1&amp;b=&#160;">&lt;A></a></p>',
         '<p><a href="https://x.example/ə?a=1&amp;b=&nbsp;">&lt;A&gt;</a></p>'),
        (HTML % "&lt;p>A &amp;amp; B&lt;/p>", "<p>A &amp; B</p>"),
        ("<inlineData>A &lt;b>\n\nC</inlineData>", "<p>A &lt;b&gt;</p>\n<p>C</p>"),
        ('<inlineXML contenttype="application/nitf+xml"><nitf/></inlineXML><inlineData>A</inlineData>', "<p>A</p>"),
        ("", ""),
    ],
)  # fmt: skip
def test_content_becomes_clean_html(content: str, body: str) -> None:
    assert read(rest=set_content(content)).body == body


def test_pictures_are_links_that_say_so() -> None:
    article = read(
        '<link rel="irel:seeAlso" residref="urn:x:p" title="main" href="https://x.example/a.jpg">'
        '<itemMeta><itemClass qcode="ninat:picture"/></itemMeta><contentMeta><description>D</description>'
        '<description role="drol:caption">C</description></contentMeta><creditline>R</creditline>'
        "<rightsInfo><copyrightNotice>©</copyrightNotice></rightsInfo><k:alt>A</k:alt>"
        '<remoteContent href="https://x.example/s.jpg" rendition="rnd:thumbnail" width="9" height="8" size="7"/>'
        '<remoteContent href="https://x.example/b.jpg" renditionuri="urn:karvan:rendition:16%3A9%20wide" '
        'contenttype="image/jpeg"/><remoteContent residref="urn:x:q"/></link>'
        '<link rel="irel:associatedWith" href="https://x.example/c.png" contenttype="image/png" size="5"/>'
        '<link rel="irel:seeAlso" residref="urn:x:r"><itemClass qcode="ninat:picture"/></link>'
        '<link rel="irel:seeAlso" href="https://x.example/v.mp4"><itemClass qcode="ninat:video"/></link>'
        '<link rel="irel:seeAlso" href="https://x.example/en" contenttype="text/html"/>'
        '<link rel="irel:translatedFrom" href="https://x.example/en" contenttype="text/html"/>'
    )
    assert article.pictures == (
        Picture(
            name="main", uri="urn:x:p", caption="C", credit="R", copyright_notice="©", alt="A",
            renditions=(
                Rendition(name="thumbnail", href="https://x.example/s.jpg", width=9, height=8, size=7),
                Rendition(name="16:9 wide", href="https://x.example/b.jpg", media_type="image/jpeg"),
            ),
        ),
        Picture(
            name="picture-2",
            renditions=(Rendition(href="https://x.example/c.png", media_type="image/png", size=5),),
        ),
    )  # fmt: skip
    assert article.translation_of is None


@pytest.mark.parametrize(
    ("meta", "status", "embargo"),
    [
        ("", "usable", None),
        ('<pubStatus qcode="stat:canceled"/>', "canceled", None),
        ('<pubStatus uri="http://cv.iptc.org/newscodes/pubstatusg2/withheld"/>', "withheld", None),
        ("<k:pub-status>withheld</k:pub-status>", "withheld", None),
        ("<embargoed>2026-11-26T12:00:00Z</embargoed>", "usable", NOON),
        ("<embargoed/>", "withheld", None),
        ('<embargoed> </embargoed><pubStatus qcode="stat:usable"/>', "withheld", None),
        ('<embargoed/><pubStatus qcode="stat:canceled"/>', "canceled", None),
    ],
)
def test_an_embargo_without_a_date_withholds(meta: str, status: str, embargo: datetime | None) -> None:
    article = read(meta)
    assert (article.pub_status, article.embargoed_until) == (status, embargo)


def test_the_item_expires_with_its_rights() -> None:
    expires = "<expires>2026-11-26T13:00:00Z</expires>"
    rights = '<rightsInfo %s validto="2026-11-26T12:00:00Z"><usageTerms>U</usageTerms></rightsInfo>'
    assert read(expires, first=rights % "").expires == NOON
    part = read(expires, first=rights % 'scope="riscope:metadata"')
    assert (part.expires, part.usage_terms) == (NOON.replace(hour=13), "")


def test_a_catalog_in_the_document_explains_its_qcodes() -> None:
    own = (
        '<catalog><scheme alias="mt" uri="http://cv.iptc.org/newscodes/mediatopic/"/>'
        '<scheme alias="medtop" uri="https://x.example/topics/"/></catalog>'
    )
    topics = '<subject qcode="mt:04000000"/><subject qcode="medtop:1"><name>Bir</name></subject>'
    subjects = read(content=topics, first=own).subjects
    assert subjects == (Subject(name="", code="medtop:04000000"), Subject(name="Bir"))


def test_unknown_schemes_are_tolerated_and_said(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="feeds"):
        article = read(content='<subject qcode="abc:1"><name>Neft</name></subject><subject qcode="abc:2"/>')
    assert article.subjects == (Subject(name="Neft"),)
    assert [record.getMessage() for record in caplog.records] == [
        "NewsML-G2 item uses QCodes of unknown schemes: 'abc'"
    ]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (document(attributes='guid="1" xml:lang="az"'), "/@guid"),
        (document(attributes='guid="x:1" xml:lang="a_b"'), "/@xml:lang"),
        (document(attributes=f'{ATTRIBUTES} version="0"'), "/@version"),
        (document(attributes=f'{ATTRIBUTES} version="٣"'), "/@version"),
        (document().replace(b"ninat:text", b"ninat:picture"), "/nar:itemMeta/nar:itemClass"),
        (document().replace(b"ninat:text", b"text"), "/nar:itemMeta/nar:itemClass"),
        (document().replace(b"T12:00:00Z", b""), "/nar:itemMeta/nar:versionCreated"),
        (document("<versionCreated/>"), "/nar:itemMeta/nar:versionCreated[2]"),
        (document("<pubStatus qcode='stat:gone'/>"), "/nar:itemMeta/nar:pubStatus"),
        (document("<pubStatus/>"), "/nar:itemMeta/nar:pubStatus"),
        (document("<embargoed>later</embargoed>"), "/nar:itemMeta/nar:embargoed"),
        (document("<expires>2026-12-31</expires>"), "/nar:itemMeta/nar:expires"),
        (document("<k:urgenzy/>"), "/nar:itemMeta/karvan:urgenzy"),
        (document("<k:version>1</k:version><k:version>2</k:version>"), "/nar:itemMeta/karvan:version[2]"),
        (document('<altRep contenttype="text/html">x</altRep>'), "/nar:itemMeta/nar:altRep"),
        (document('<link rel="irel:translatedFrom" residref="a b"/>'), "/nar:itemMeta/nar:link/@residref"),
        (document('<link contenttype="image/png" href="javascript:x"/>'), "/nar:itemMeta/nar:link/@href"),
        (document('<link contenttype="image/png" href="https://x.example/" size="-1"/>'),
         "/nar:itemMeta/nar:link/@size"),
        (document(content="<urgency>high</urgency>"), "/nar:contentMeta/nar:urgency"),
        (document(content="<subject/>"), "/nar:contentMeta/nar:subject"),
        (document(content='<subject qcode="medtop:1"/>'), "/nar:contentMeta/nar:subject/@qcode"),
        (document(content="<subject qcode='a:1'/>" * 201), "/nar:contentMeta/nar:subject[201]"),
        (document(content='<language tag=""/>'), "/nar:contentMeta/nar:language/@tag"),
        (document(content="<by>a\x85</by>"), "/nar:contentMeta/nar:by"),
        (document().replace(b"Salam", b"x" * 1_001), "/nar:contentMeta/nar:headline"),
        (document(first='<rightsInfo validto="soon"/>'), "/nar:rightsInfo/@validto"),
        (document(rest=set_content("<remoteContent href='https://x.example/'/>")),
         "/nar:contentSet/nar:remoteContent"),
        (document(rest=set_content("<inlineXML><nitf/></inlineXML>")), "/nar:contentSet/nar:inlineXML"),
        (document(rest=set_content("<inlineData encoding='encd:base64'>eA==</inlineData>")),
         "/nar:contentSet/nar:inlineData"),
        (document(rest=set_content("<inlineData>" + "x" * 200_001 + "</inlineData>")),
         "/nar:contentSet/nar:inlineData"),
        (document(rest=set_content(HTML % "<p>x</p>")),
         "/nar:contentSet/nar:inlineData/nar:p"),
        (document(rest=set_content(HTML % ("&lt;div>" * 300))),
         "/nar:contentSet/nar:inlineData"),
        (document(rest="<contentSet/><contentSet/>"), "/nar:contentSet[2]"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_fault_is_named_by_its_xpath(body: bytes, pointer: str) -> None:
    assert list(fail(body)) == [ITEM + pointer]


def test_elements_of_others_are_passed_over() -> None:
    other = '<x:a xmlns:x="urn:x"><x:b/></x:a><!-- c --><?pi x?>'
    assert read(other, other, other) == read()


def test_an_entity_bomb_is_malformed() -> None:
    with pytest.raises(MalformedDocument):
        newsml.parse(b'<!DOCTYPE e [<!ENTITY a "aaaa">]>' + document(content="<by>&a;</by>"))


@pytest.mark.parametrize(
    ("make", "most"),
    [
        (lambda size: document("<link rel='irel:seeAlso' contenttype='image/png' href='x'/>" * size), 16_000),
        (lambda size: document(content="<subject><name/></subject>" * size), 8_000),
        (lambda size: document(content=f"<subject qcode='a:1'>{'<name/>' * size}</subject>"), 16_000),
        (lambda size: document(content="".join(f"<subject qcode='a{n}:1'/>" for n in range(size))), 16_000),
        (lambda size: document(content=f"<description>{'<br/>' * size}</description>"), 16_000),
        (lambda size: document(content="<description>" + "<a>" * size + "</a>" * size + "</description>"), 64),
        (lambda size: document(first=f"<catalog>{'<scheme/>' * size}</catalog>"), 16_000),
        (lambda size: document(rest=set_content("<inlineXML/>" * size)), 8_000),
        (lambda size: document(rest=set_content(XHTML % ("<b>" * size + "x" + "</b>" * size))), 64),
        (lambda size: document("<k:x/>" * size, "<by>\x85</by>" * size), 8_000),
    ],
    ids=["links", "subjects", "names", "schemes", "breaks", "depth", "catalog", "contents", "markup", "unknown"],
)
def test_the_cost_grows_with_the_item_only(
    make: Callable[[int], bytes], most: int, check_growth: Callable[..., None]
) -> None:
    def read(size: int) -> None:
        with suppress(InvalidDocument):
            newsml.parse(make(size))

    check_growth(read, most)


def test_all_faults_of_an_item_are_named_at_once() -> None:
    faults = fail(document("<pubStatus/>", "<urgency>0</urgency><subject/>"))
    assert len(faults) == 3
