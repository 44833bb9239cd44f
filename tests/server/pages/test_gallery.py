"""Several pictures of an article: in their order, each with its caption, for all who read."""

from collections.abc import Callable, Sequence

import pytest
from lxml import html

from feeds.model import Entry, Picture, Rendition
from server.pages import LOCALES, render_article_page
from server.pages.pictures import WIDEST, list_files, pick_largest
from server.pages.wording import find_wording

BASE = "https://karvan.example"
MakeEntry = Callable[..., Entry]


def make_picture(name: str, widths: Sequence[int] = (256, 1024, 1500), alt: str = "") -> Picture:
    renditions = [
        Rendition(href=f"{BASE}/media/{name}/{width}.jpg", name=str(width), width=width, height=width)
        for width in widths
    ]
    return Picture(name=name, renditions=tuple(renditions), caption=f"Caption {name}", alt=alt, credit=f"Credit {name}")


def render(entry: Entry, ui_language: str = "en") -> html.HtmlElement:
    page = render_article_page(entry, ui_language=ui_language, site="Karvan", feeds=(), base=BASE)
    return html.document_fromstring(page)


def list_shown(page: html.HtmlElement) -> list[str]:
    return [caption.text for caption in page.xpath("//figure//figcaption/span")]


@pytest.mark.parametrize("locale", LOCALES)
def test_a_gallery_is_a_named_list_in_order_after_the_first_picture(make_entry: MakeEntry, locale: str) -> None:
    pictures = tuple(make_picture(name) for name in "abcde")
    page = render(make_entry("en", pictures=pictures), locale)
    assert list_shown(page) == [f"Caption {name}" for name in "abcde"]
    (section,) = page.xpath("//section[@class='gallery']")
    assert page.get_element_by_id(section.get("aria-labelledby")).text == find_wording(locale).say("pictures")
    (listed,) = section.xpath("ol")
    assert listed.get("start") == "2"
    assert len(listed) == 4
    said = find_wording(locale).say("picture_number", number=5, count=5)
    assert said in section.xpath("(.//figcaption)[last()]")[0].text_content()
    assert page.xpath("//figure")[0].getparent().tag == "article"


def test_an_article_without_a_body_is_an_exhibition(make_entry: MakeEntry) -> None:
    page = render(make_entry("en", body="", pictures=tuple(make_picture(name) for name in "abc")))
    assert len(page.xpath("//section[@class='gallery']/ol/li")) == len(page.xpath("//figure")) == 3
    assert page.xpath("//section[@class='gallery']/ol/@start") == ["1"]
    assert page.xpath("//div[@class='body']") == []


@pytest.mark.parametrize("body", ["", "<p>Text</p>"])
def test_one_picture_is_no_gallery_where_there_is_text(make_entry: MakeEntry, body: str) -> None:
    page = render(make_entry("en", body=body, pictures=(make_picture("a"),)))
    assert list_shown(page) == ["Caption a"]
    assert len(page.xpath("//section[@class='gallery']")) == (0 if body else 1)
    assert page.xpath("//figure/a") == []


def test_every_picture_of_several_leads_to_its_largest_file_and_says_what_it_is(make_entry: MakeEntry) -> None:
    pictures = (make_picture("a", alt="A ridge"), make_picture("b", (256, 9000)), make_picture("c"))
    links = render(make_entry("en", pictures=pictures)).xpath("//figure/a")
    assert [link.get("href") for link in links] == [
        f"{BASE}/media/a/1500.jpg", f"{BASE}/media/b/9000.jpg", f"{BASE}/media/c/1500.jpg",
    ]  # fmt: skip
    assert [link.get("aria-label") or link.xpath("string(img/@alt)") for link in links] == [
        "A ridge", "Picture 2 of 3", "Picture 3 of 3",
    ]  # fmt: skip


def test_only_the_first_picture_is_loaded_at_once(make_entry: MakeEntry) -> None:
    images = render(make_entry("en", pictures=tuple(make_picture(name) for name in "abc"))).xpath("//img")
    assert [image.get("loading") for image in images] == [None, "lazy", "lazy"]


def test_a_browser_chooses_among_the_files_that_a_page_can_use() -> None:
    files = list_files(make_picture("a", (256, 1024, 2 * WIDEST, 9000)))
    assert files.split(", ") == [f"{BASE}/media/a/{width}.jpg {width}w" for width in (256, 1024, 2 * WIDEST)]
    assert list_files(make_picture("a", (1024,))) == ""


def test_an_address_that_would_break_the_list_of_files_is_left_out() -> None:
    odd = Picture(name="odd", renditions=(
        Rendition(href=f"{BASE}/a.jpg, https://evil.example/x.jpg", width=300),
        Rendition(href="javascript:alert(1)", width=400),
        Rendition(href=f"{BASE}/b.jpg", width=500),
        Rendition(href=f"{BASE}/c.jpg", width=600),
    ))  # fmt: skip
    assert list_files(odd) == f"{BASE}/b.jpg 500w, {BASE}/c.jpg 600w"
    assert pick_largest(odd) == odd.renditions[3]


def test_a_picture_without_a_usable_file_is_left_out_and_not_counted(make_entry: MakeEntry) -> None:
    broken = Picture(name="broken", renditions=(Rendition(href="ftp://x/y.jpg"),))
    page = render(make_entry("en", pictures=(broken, make_picture("a"), make_picture("b"))))
    assert list_shown(page) == ["Caption a", "Caption b"]
    assert "Picture 2 of 2" in page.text_content()
