"""NewsML-G2 out: golden bytes in five languages, valid by the specification's structure, withdrawal, provenance."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from feeds import parse, render_article
from feeds.model import Article, CheckCount, Entry, Outlet
from feeds.newsml_output import limit_to_newsml

HERE = Path(__file__).parent
G2 = "application/vnd.iptc.g2.newsitem+xml"
LANGUAGES = ["az", "en", "ru", "tr", "zh"]
NAMES = {
    "n": "http://iptc.org/std/nar/2006-10-01/",
    "k": "urn:karvan:syndication:1",
    "h": "http://www.w3.org/1999/xhtml",
}
MakeArticle = Callable[..., Article]
MakeEntry = Callable[..., Entry]


@pytest.fixture(scope="module")
def newsitem() -> etree.RelaxNG:
    return etree.RelaxNG(etree.parse(HERE / "newsitem.rng"))


def render(entry: Entry) -> etree._Element:
    return etree.fromstring(render_article(entry, G2).body)


def select(root: etree._Element, path: str) -> list[str]:
    return [str(found) for found in root.xpath(path, namespaces=NAMES)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_item_is_the_golden_one_byte_for_byte(language: str, make_entry: MakeEntry) -> None:
    """UPDATE_GOLDEN=1 pytest tests/feeds writes the files anew: read the diff."""
    golden = HERE / "golden" / f"newsitem.{language}.xml"
    document = render_article(make_entry(language), G2)
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_bytes(document.body)
    assert document.body == golden.read_bytes()
    assert document.media_type == G2


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("changes", [{}, {"withdrawn": True}, {"partial": True}], ids=str)
def test_items_are_valid(
    language: str, changes: dict[str, bool], make_entry: MakeEntry, newsitem: etree.RelaxNG
) -> None:
    assert newsitem.validate(render(make_entry(language, **changes))), newsitem.error_log


def test_names_that_are_written_over_several_lines_are_one(make_entry: MakeEntry, newsitem: etree.RelaxNG) -> None:
    item = render(make_entry(outlet=Outlet(id="o", name="Xəzər\n\tXəbər", uri="")))
    assert newsitem.validate(item), newsitem.error_log
    assert select(item, "n:itemMeta/n:provider/n:name/text()") == ["Xəzər Xəbər"]


def test_an_item_with_as_little_as_possible_is_valid(make_entry: MakeEntry, newsitem: etree.RelaxNG) -> None:
    entry = make_entry(article=Article(language="az", headline="Salam"), siblings=())
    item = render(entry)
    assert newsitem.validate(item), newsitem.error_log
    assert select(item, "n:contentSet/*/@contenttype") == ["application/xhtml+xml"]  # an empty page
    assert parse(render_article(entry, G2).body, G2) == limit_to_newsml(entry)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<itemClass", "<itemKlass"),
        ("stat:usable", "stat:gone"),
        ("<urgency>4", "<urgency>10"),
        ("T09:30:00", "T25:30:00"),
        ("<headline>", "<title>x</title><headline>"),
        ('guid="tag:', 'guid="'),
        ('<language tag="az"/>', ""),
        ("<karvan:outlet>", '<x xmlns="urn:x"/><karvan:outlet>'),
        ("<keyword>", "<keyword>\n"),
        ("<creditline>", "<creditline>\t"),
    ],
)
def test_the_schema_refuses_what_g2_forbids(old: str, new: str, make_entry: MakeEntry, newsitem: etree.RelaxNG) -> None:
    body = render_article(make_entry(), G2).body.decode()
    assert old in body
    assert not newsitem.validate(etree.fromstring(body.replace(old, new).encode()))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_item_reads_back_as_far_as_g2_carries_it(language: str, make_entry: MakeEntry) -> None:
    entry = make_entry(language)
    assert parse(render_article(entry, G2).body, G2) == limit_to_newsml(entry)


@pytest.mark.parametrize("status", ["canceled", "withheld"])
def test_a_withdrawn_item_says_so_and_nothing_else(
    status: str, make_entry: MakeEntry, make_article: MakeArticle
) -> None:
    article = make_article(pub_status=status)
    body = render_article(make_entry(article=article, withdrawn=True), G2).body
    item = etree.fromstring(body)
    assert select(item, "n:itemMeta/n:pubStatus/@qcode") == [f"stat:{status}"]
    assert select(item, "@guid") == select(render(make_entry()), "@guid")
    assert select(item, "n:contentMeta/n:headline/text()") == ["Geri çəkilib"]
    assert select(item, ".//h:body/* | .//h:body/text() | .//n:link | .//n:subject | n:rightsInfo") == []
    text = body.decode()
    for secret in (article.headline, article.description, article.by, "Birinci", "a.jpg", "R. Quliyev", "Xəzərin"):
        assert secret not in text


def test_a_later_state_has_a_higher_version(make_entry: MakeEntry) -> None:
    entry = make_entry()
    later = replace(entry, updated=entry.updated.replace(second=1), withdrawn=True)
    assert int(select(render(later), "@version")[0]) > int(select(render(entry), "@version")[0])


def test_the_note_to_editors_is_never_published(make_entry: MakeEntry) -> None:
    assert b"SECRET" not in render_article(make_entry(), G2).body


def test_an_item_says_where_its_text_comes_from(make_entry: MakeEntry) -> None:
    entry = make_entry("ru")
    checked = replace(entry.provenance, via="en", checks=(CheckCount(name="number", count=2),))
    item = render(replace(entry, provenance=checked))
    wanted = {
        "outlet": "khazar-news", "origin": "machine", "source-language": "az", "source-version": "2",
        "freshness": "fresh", "engine": "argos karvan-starter 0.1", "quality": "starter", "via": "en",
    }  # fmt: skip
    for name, value in wanted.items():
        assert select(item, f"n:itemMeta/k:{name}/text()") == [value]
    assert select(item, "n:itemMeta/k:check/@name") == ["number"]
    assert select(item, "n:contentMeta/n:digitalSourceType/@qcode") == ["digsrctype:trainedAlgorithmicMedia"]
    assert select(render(make_entry("az")), "n:contentMeta/n:digitalSourceType") == []


def test_a_translation_names_its_source_others_their_siblings(make_entry: MakeEntry) -> None:
    links = "n:itemMeta/n:link[@contenttype='text/html']"
    item = render(make_entry("ru"))
    assert select(item, f"{links}[@rel='irel:translatedFrom']/n:language/@tag") == ["az"]
    assert select(item, f"{links}[@rel='irel:seeAlso']/n:language/@tag") == ["en", "tr", "zh"]
    for origin in ("source", "outlet"):
        entry = make_entry("ru")
        people = render(replace(entry, provenance=replace(entry.provenance, origin=origin)))
        assert select(people, f"{links}/@rel") == ["irel:seeAlso"] * 4


def test_the_xhtml_and_the_html_say_the_same(make_entry: MakeEntry, make_article: MakeArticle) -> None:
    body = '<p lang="ru">A &amp; <a href="https://x.example/ə?a=1&amp;b">b</a><br>c</p>\n<pre>  d\n</pre>'
    item = render(make_entry(article=make_article(body=body)))
    [page] = item.xpath("n:contentSet/n:inlineXML/h:html/h:body", namespaces=NAMES)
    assert select(page, "h:p/@xml:lang | h:p/h:a/@href | h:pre/text()") == ["ru", "https://x.example/ə?a=1&b", "  d\n"]
    assert select(item, "n:contentSet/n:inlineData[@contenttype='text/html']/text()") == [body]


@pytest.mark.parametrize("body", ["<b>" * 90 + "x" + "</b>" * 90, "<p>x</p>" * 10_001])
def test_what_is_nested_too_deep_for_xml_is_html_only(
    body: str, make_entry: MakeEntry, make_article: MakeArticle
) -> None:
    entry = make_entry(article=make_article(body=body))
    item = render(entry)
    assert select(item, "n:contentSet/*/@contenttype") == ["text/html"]
    assert parse(render_article(entry, G2).body, G2).body == body


def test_forbidden_characters_never_break_an_item(make_entry: MakeEntry, make_article: MakeArticle) -> None:
    article = make_article(headline="A\x00\x1b", description="B\x08\nC", body="<p>D\x0b</p>", by="E\ufffe")
    item = render(make_entry(article=article))
    assert select(item, "n:contentMeta/n:headline/text() | n:contentMeta/n:by/text()") == ["A", "E"]
    assert select(item, "n:contentMeta/n:description/text()") == ["B", "C"]
