"""Home page, channel page, problems and errors."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from lxml import html

from feeds.model import Link
from server.pages import (
    LOCALES,
    ArticleRow,
    ChannelRow,
    FeedLink,
    ProblemRow,
    read_stylesheet,
    render_channel_page,
    render_error_page,
    render_home_page,
    render_problem_page,
)
from server.pages.wording import find_wording

BASE = "https://karvan.example"
MakeRows = Callable[[str], tuple[ArticleRow, ...]]
MakeChannels = Callable[[str], tuple[ChannelRow, ...]]
HOSTILE = "</title></script><script>alert(1)</script>"


def render_home(channels: tuple[ChannelRow, ...], language: str) -> html.HtmlElement:
    text = render_home_page(channels, ui_language=language, site="Karvan", base=f"{BASE}/", languages=LOCALES)
    return html.document_fromstring(text)


def render_channel(title: str, rows: tuple[ArticleRow, ...], language: str, older: str | None = None) -> str:
    return render_channel_page(
        title,
        rows,
        language=language,
        page=f"{BASE}/channels/world/{language}",
        ui_language="en",
        site="Karvan",
        base=BASE,
        feeds=(FeedLink(title=title, href=f"{BASE}/feeds/world/{language}.atom", language=language),),
        siblings=(Link(language="tr", href=f"{BASE}/channels/world/tr"),),
        older=older,
    )


@pytest.mark.parametrize("language", LOCALES)
def test_the_home_page_has_every_feed_of_every_channel(make_channels: MakeChannels, language: str) -> None:
    channels = make_channels(language)
    page = render_home(channels, language)
    assert page.get("lang") == language
    feeds = [feed.href for channel in channels for feed in channel.feeds]
    assert page.xpath("//table//a[@class='feed']/@href") == feeds
    assert [span.get("lang") for span in page.xpath("//thead//span")] == list(LOCALES)
    assert all(len(row.xpath("td")) == len(LOCALES) for row in page.xpath("//tbody/tr"))
    assert f"{BASE}/feeds.opml" in page.xpath("//main//a/@href")
    assert find_wording(language).say("members_only") in page.xpath("string(//tbody/tr[3]/th)")


def test_the_home_page_switches_language(make_channels: MakeChannels) -> None:
    page = render_home(make_channels("ru"), "ru")
    others = [locale for locale in LOCALES if locale != "ru"]
    assert page.xpath("//header//nav//a/@href") == [f"{BASE}/?lang={locale}" for locale in others]
    assert page.xpath("//header//nav//a/@lang") == others
    assert page.xpath("string(//*[@aria-current])") == "Русский"


def test_a_private_channels_feeds_are_not_announced_to_feed_readers(make_channels: MakeChannels) -> None:
    world, economy, _ = make_channels("en")
    page = render_home((world, replace(economy, is_private=True)), "en")
    announced = page.xpath("//link[@type='application/atom+xml']/@href")
    assert announced == [feed.href for feed in world.feeds]


@pytest.mark.parametrize("language", LOCALES)
def test_machine_text_is_marked_in_every_list(make_channels: MakeChannels, make_rows: MakeRows, language: str) -> None:
    wording = find_wording(language)
    page = render_home(make_channels(language)[:1], language)
    marks = [item.xpath("string(.//span[contains(@class,'badge')])") for item in page.xpath("//ol/li")]
    assert marks == ["", wording.say("machine_badge"), wording.say("edited_badge")]
    channel = html.document_fromstring(render_channel("World", make_rows(language), language))
    assert channel.xpath("//ol/li//span[contains(@class,'badge')]/text()") == [
        "machine translation",
        "corrected machine translation",
    ]


def test_a_home_page_without_channels_says_so() -> None:
    assert "No channel is set up yet." in render_home((), "en").text_content()


def test_a_channel_page_lists_articles_in_their_language(make_rows: MakeRows) -> None:
    rows = make_rows("zh")
    page = html.document_fromstring(render_channel("世界", rows, "zh", older=f"{BASE}/channels/world/zh?before=9"))
    assert page.get("lang") == "en"
    assert page.xpath("//h1/@lang") == ["zh"]
    assert page.xpath("//ol//h2/@lang") == ["zh"] * len(rows)
    assert page.xpath("//ol//h2/a/@href") == [row.href for row in rows]
    assert page.xpath("//link[@rel='alternate'][@hreflang]/@hreflang") == ["tr", "zh"]
    assert page.xpath("//a[@rel='next']/@href") == [f"{BASE}/channels/world/zh?before=9"]
    assert page.xpath("//link[@type='application/atom+xml']/@href") == [f"{BASE}/feeds/world/zh.atom"]


def test_an_empty_channel_page_says_so() -> None:
    page = render_channel("World", (), "en")
    assert "No articles yet." in page
    assert 'rel="next"' not in page


def test_no_list_lets_a_text_break_out(make_rows: MakeRows) -> None:
    row = replace(make_rows("en")[0], headline=HOSTILE, description=HOSTILE, outlet=HOSTILE)
    assert "<script" not in render_channel(HOSTILE, (row,), "en")
    channel = ChannelRow(name="x", title=HOSTILE, language="en", articles=(row,))
    home = render_home_page((channel,), ui_language="en", site=HOSTILE, base=BASE, languages=("en",))
    assert "<script" not in home
    problem = ProblemRow(name='"><script>', title=HOSTILE, status=400, explanation=HOSTILE)
    assert "<script" not in render_problem_page((problem,))
    assert "<script" not in render_error_page(400, HOSTILE, HOSTILE, "en")


def test_every_problem_can_be_pointed_at() -> None:
    problem = ProblemRow(name="article-not-found", title="No article has this id.", status=404, explanation="Never.")
    page = html.document_fromstring(render_problem_page((problem,), ui_language="tr"))
    (section,) = page.xpath("//section[@id='article-not-found']")
    assert section.xpath("string(h2)") == "No article has this id."
    assert section.xpath("h2/@lang") == ["en"]
    assert "Durum 404" in section.text_content()


@pytest.mark.parametrize(
    ("status", "heading"),
    [(404, "Не найдено"), (418, "Не получилось"), (500, "У нас что-то пошло не так"), (503, "Сейчас недоступно")],
)
def test_an_error_speaks_the_readers_language_and_marks_what_is_english(status: int, heading: str) -> None:
    page = html.document_fromstring(render_error_page(status, "Title.", "Detail.", "ru"))
    assert page.xpath("string(//h1)") == heading
    assert page.xpath("//main//p[strong]/@lang") == ["en"]
    assert page.xpath("//meta[@name='robots']/@content") == ["noindex"]
    assert page.xpath("string(//link[@rel='stylesheet']/@href)").startswith("/static/karvan.css?v=")


def test_the_stylesheet_asks_for_nothing_from_elsewhere() -> None:
    css = read_stylesheet().decode()
    assert "url(" not in css
    assert "@import" not in css
    assert "prefers-color-scheme: dark" in css
