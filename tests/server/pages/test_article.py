"""The page of an article: what it says, what it links, and that nothing breaks out of it."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from lxml import html

from feeds.model import AltId, CheckCount, Entry, Freshness, Origin, Picture, Rendition, Subject
from feeds.withdrawal import TITLES
from server.pages import LOCALES, FeedLink, render_article_page
from server.pages.wording import find_wording

BASE = "https://karvan.example"
MakeEntry = Callable[..., Entry]


def render(entry: Entry, ui_language: str = "en", feeds: tuple[FeedLink, ...] = ()) -> str:
    return render_article_page(entry, ui_language=ui_language, site="Karvan", feeds=feeds, base=BASE)


def parse(page: str) -> html.HtmlElement:
    assert page.startswith("<!doctype html>")
    return html.document_fromstring(page)


def read_linked_data(page: html.HtmlElement) -> dict[str, object]:
    (script,) = page.xpath("//script")
    assert script.get("type") == "application/ld+json"
    data = json.loads(script.text)
    assert isinstance(data, dict)
    return data


def with_provenance(entry: Entry, **changed: object) -> Entry:
    return replace(entry, provenance=replace(entry.provenance, **changed))


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.parametrize("ui_language", LOCALES)
def test_every_text_carries_its_language(make_entry: MakeEntry, language: str, ui_language: str) -> None:
    entry = make_entry(language)
    page = parse(render(entry, ui_language))
    assert page.get("lang") == ui_language
    for path in ("//h1", "//p[@class='lead']", "//div[@class='body']", "//img", "//figcaption/span"):
        (element,) = page.xpath(path)
        assert element.get("lang") == language, path
    assert page.xpath("string(//h1)") == entry.article.headline
    names = {span.text: span.get("lang") for span in page.xpath("//nav[@class='languages']//span[@lang]")}
    assert names == {"Azərbaycanca": "az", "English": "en", "Русский": "ru", "Türkçe": "tr", "中文": "zh"}


@pytest.mark.parametrize("ui_language", LOCALES)
@pytest.mark.parametrize("language", ["en", "ru", "tr", "zh"])
def test_machine_text_says_so_in_every_language(make_entry: MakeEntry, language: str, ui_language: str) -> None:
    wording = find_wording(ui_language)
    page = parse(render(make_entry(language), ui_language))
    (notice,) = page.xpath("//article/aside")
    assert "machine" in notice.get("class").split()
    text = notice.text_content()
    assert wording.say("origin_machine", from_language=wording.sources["az"]) in text
    assert wording.say("quality_starter") in text
    assert wording.say("made_from", version=2) in text
    assert wording.say("engine", engine="argos karvan-starter 0.1") in text
    assert notice.xpath("string(.//a/@href)") == f"{BASE}/articles/khazar-news/2026-0412/az"
    assert notice.getparent().index(notice) < page.xpath("//div[@class='body']")[0].getparent().index(
        page.xpath("//div[@class='body']")[0]
    )


@pytest.mark.parametrize(("language", "origin"), [("az", "source"), ("en", "outlet")])
def test_peoples_text_is_named_as_such_and_never_as_machine_made(
    make_entry: MakeEntry, language: str, origin: Origin
) -> None:
    (notice,) = parse(render(make_entry(language, origin))).xpath("//article/aside")
    assert notice.get("class") == f"provenance {origin}"
    assert "Xəzər Xəbər" in notice.text_content()
    assert "achine" not in notice.text_content()


def test_a_corrected_machine_text_names_both(make_entry: MakeEntry) -> None:
    text = parse(render(make_entry("en", "edited"))).xpath("string(//article/aside)")
    assert "Machine translation from Azerbaijani, corrected by a person" in text


@pytest.mark.parametrize(
    ("origin", "freshness", "words"),
    [
        ("machine", "stale", "a new translation is on its way"),
        ("machine", "pending", "a new translation is on its way"),
        ("edited", "stale", "a new translation is on its way"),
        ("machine", "held", "a person has yet to look at it"),
        ("machine", "failed", "could not be made yet"),
        ("outlet", "stale", "does not have the change yet"),
    ],
)
def test_a_text_that_is_not_fresh_warns(
    make_entry: MakeEntry, origin: Origin, freshness: Freshness, words: str
) -> None:
    entry = with_provenance(make_entry("en", origin), freshness=freshness)
    assert words in parse(render(entry)).xpath("string(//p[@class='warning'])")
    assert parse(render(with_provenance(entry, freshness="fresh"))).xpath("//p[@class='warning']") == []


def test_what_was_found_is_named_in_the_readers_language(make_entry: MakeEntry) -> None:
    checks = (CheckCount(name="number", count=2), CheckCount(name="copied source", count=1))
    entry = with_provenance(make_entry("en"), freshness="held", checks=checks)
    assert "Found: numbers (2), untranslated text (1)." in parse(render(entry)).xpath("string(//p[@class='warning'])")
    assert "Найдено: числа (2), непереведённый текст (1)." in render(entry, ui_language="ru")
    assert "Found" not in render(with_provenance(entry, checks=()))


def test_an_unknown_quality_is_shown_as_it_is(make_entry: MakeEntry) -> None:
    assert "quality: superb" in render(with_provenance(make_entry("en"), quality="superb"))


def test_the_original_is_not_linked_where_the_reader_may_not_see_it(make_entry: MakeEntry) -> None:
    page = parse(render(replace(make_entry("en"), siblings=())))
    assert page.xpath("//article/aside//a") == []
    assert page.xpath("string(//link[@hreflang='x-default']/@href)").endswith("/en")
    assert "translationOfWork" not in read_linked_data(page)


@pytest.mark.parametrize("language", LOCALES)
def test_every_version_is_an_alternate_and_the_original_the_default(make_entry: MakeEntry, language: str) -> None:
    page = parse(render(make_entry(language)))
    pages = {tag: f"{BASE}/articles/khazar-news/2026-0412/{tag}" for tag in LOCALES}
    alternates = page.xpath("//link[@rel='alternate'][@hreflang]")
    assert [link.get("hreflang") for link in alternates] == [*sorted(LOCALES), "x-default"]
    assert {link.get("hreflang"): link.get("href") for link in alternates} == {**pages, "x-default": pages["az"]}
    assert page.xpath("string(//link[@rel='canonical']/@href)") == pages[language]


def test_feeds_can_be_discovered(make_entry: MakeEntry, feeds: tuple[FeedLink, ...]) -> None:
    page = parse(render(make_entry("az"), feeds=feeds))
    found = page.xpath("//link[@rel='alternate'][@type='application/atom+xml']")
    assert [(link.get("title"), link.get("href")) for link in found] == [(feed.title, feed.href) for feed in feeds]
    assert page.xpath("//section[@class='feeds']//a/@href") == [feed.href for feed in feeds]


def test_linked_data_describes_a_translation(make_entry: MakeEntry) -> None:
    data = read_linked_data(parse(render(make_entry("tr"))))
    assert data["@type"] == "NewsArticle"
    assert data["inLanguage"] == "tr"
    assert data["headline"] == "Şeki’deki süt işletmesi kapasitesini iki katına çıkarıyor"
    assert data["datePublished"] == "2026-11-26T06:05:00Z"
    assert data["dateModified"] == "2026-11-26T09:40:00Z"
    assert data["author"] == {"@type": "Person", "name": "Aysel Quliyeva"}
    assert data["publisher"] == {"@type": "Organization", "name": "Xəzər Xəbər", "url": "https://khazar.example/"}
    work = {"@type": "NewsArticle", "@id": f"{BASE}/articles/khazar-news/2026-0412/az", "inLanguage": "az"}
    assert data["translationOfWork"] == work
    assert data["digitalSourceType"] == "https://schema.org/TrainedAlgorithmicMediaDigitalSource"


def test_linked_data_of_the_original_lists_its_translations(make_entry: MakeEntry) -> None:
    data = read_linked_data(parse(render(make_entry("az"))))
    works = data["workTranslation"]
    assert isinstance(works, list)
    assert [work["inLanguage"] for work in works] == ["en", "ru", "tr", "zh"]
    assert "digitalSourceType" not in data


HOSTILE = "</script><script>alert(1)</script><!--<img src=x onerror=alert(2)>\"'&amp;{{ 7*7 }}\u2028"


def test_no_text_breaks_out(make_entry: MakeEntry, feeds: tuple[FeedLink, ...]) -> None:
    entry = make_entry("en", description=HOSTILE, by=HOSTILE, located=HOSTILE, copyright_notice=HOSTILE)
    article = replace(
        entry.article,
        headline=HOSTILE,
        usage_terms=HOSTILE,
        subjects=(Subject(name=HOSTILE),),
        pictures=tuple(
            replace(picture, caption=HOSTILE, alt=HOSTILE, credit=HOSTILE, copyright_notice=HOSTILE)
            for picture in entry.article.pictures
        ),
    )
    outlet = replace(entry.outlet, name=HOSTILE)
    hostile = with_provenance(replace(entry, article=article, outlet=outlet), engine=HOSTILE, quality=HOSTILE)
    text = render(hostile, feeds=(replace(feeds[0], title=HOSTILE),))
    page = parse(text)
    assert text.count("</script") == text.count("<script") == 1
    assert [image.get("onerror") for image in page.xpath("//img")] == [None]
    assert page.xpath("string(//h1)") == HOSTILE
    assert read_linked_data(page)["headline"] == HOSTILE
    assert page.xpath("//img/@alt") == [HOSTILE]
    assert page.xpath("//comment()") == []


def test_addresses_from_outside_are_links_only_when_they_are_web_addresses(make_entry: MakeEntry) -> None:
    picture = Picture(name="bad", renditions=(Rendition(href="javascript:alert(1)"), Rendition(href="http://[bad")))
    alt_ids = (AltId(role="web", value="javascript:alert(1)"), AltId(role="web", value="data:text/html,x"))
    page = render(make_entry("en", pictures=(picture,), alt_ids=alt_ids))
    assert "javascript:" not in page
    assert "data:text" not in page
    assert parse(page).xpath("//figure") == []


@pytest.mark.parametrize(
    ("widths", "picked"), [((300, 1200, 4000), "1200"), ((4000, 2000), "2000"), ((None, 800), "800"), ((None,), "None")]
)
def test_the_widest_picture_that_a_page_needs_is_shown(
    make_entry: MakeEntry, widths: tuple[int | None, ...], picked: str
) -> None:
    renditions = tuple(Rendition(href=f"{BASE}/{width}", width=width, height=width) for width in widths)
    page = parse(render(make_entry("en", pictures=(Picture(name="dairy", renditions=renditions),))))
    assert page.xpath("//img/@src") == [f"{BASE}/{picked}"]


def test_a_topic_without_a_name_in_the_language_says_which_language_it_is_in(make_entry: MakeEntry) -> None:
    topics = "//section[@class='topics']//li"
    machine = [(topic.text, topic.get("lang")) for topic in parse(render(make_entry("ru"))).xpath(topics)]
    assert machine == [("экономика, бизнес и финансы", "ru"), ("arable farming", "en"), ("Şəki", "ru")]
    people = [(topic.text, topic.get("lang")) for topic in parse(render(make_entry("az"))).xpath(topics)]
    assert people == [("iqtisadiyyat, biznes və maliyyə", "az"), ("dairy", "az"), ("Şəki", "az")]


def test_an_article_with_nothing_but_a_headline_has_a_page(make_entry: MakeEntry) -> None:
    bare: dict[str, object] = {"description": "", "body": "", "by": "", "located": "", "subjects": (), "pictures": ()}
    entry = make_entry("en", **bare, copyright_notice="", alt_ids=())
    page = parse(render(replace(entry, siblings=(), updated=entry.published)))
    assert page.xpath("//figure | //section | //nav | //p[@class='lead']") == []
    assert len(page.xpath("//article//time")) == 1


@pytest.mark.parametrize("language", LOCALES)
def test_a_withdrawn_article_says_so_in_its_language_and_nothing_of_its_content(
    make_entry: MakeEntry, language: str, feeds: tuple[FeedLink, ...]
) -> None:
    entry = replace(make_entry(language), withdrawn=True)
    text = render(entry, "en", feeds)
    page = parse(text)
    (article,) = page.xpath("//article")
    assert article.get("lang") == language
    assert article.xpath("string(h1)") == TITLES[language]
    assert page.xpath("//script | //img | //link[@hreflang] | //link[@type]") == []
    for content in (entry.article.headline, entry.article.description, entry.article.by, "<h2>"):
        assert content not in text


def test_a_page_is_the_same_however_often_it_is_rendered(make_entry: MakeEntry) -> None:
    assert render(make_entry("zh")) == render(make_entry("zh"))


def test_pages_load_nothing_but_the_stylesheet_and_the_pictures(make_entry: MakeEntry) -> None:
    page = parse(render(make_entry("en")))
    loaded = page.xpath("//@src | //link[@rel='stylesheet']/@href | //script[not(@type='application/ld+json')]")
    assert len(loaded) == 2
    assert all(address.startswith((f"{BASE}/", "/static/")) for address in loaded)
    assert page.xpath("//style | //@style | //iframe | //form") == []
