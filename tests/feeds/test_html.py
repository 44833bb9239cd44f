"""The HTML of bodies: what stays, what goes, and that cleaning settles."""

from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds import html

TOKENS = [
    "<p>", "</p>", "<b>", "</b>", "<i lang=az>", "</i>", "<a href='https://x.example/?a=1&b=2'>", "<a>", "</a>",
    "<a href=javascript:alert(1)>", "<h1>", "</h1>", "<table>", "<tr>", "<td>", "</td>", "</table>", "<caption>",
    "<ul>", "<li>", "</ul>", "<pre>", "\n", "</pre>", "<svg>", "<math>", "<mi>", "</svg>", "<style>", "</style>",
    "<script>", "</script>", "<title>", "<textarea>", "<select>", "<option>", "<button>", "</button>", "<form>",
    "<img src=https://x.example/a.jpg alt='<p>'>", "<img src=data:image/png,x>", "<img alt=x>", "<br>", "</br>",
    "<!--", "-->", "<![CDATA[", "]]>", "<?pi", "&lt;", "&amp", "&#1;", "&nbsp;", "&#x338;", "\u0338", "e\u0301", "<",
    ">", "'", '"', "=", "/", "x", "ə", "🐫", "\x00", "\ud800", "<div>", "</div>", "<noscript>", "<template>",
    "<frameset>", "<plaintext>", "<body onload=x>", "<p onclick=x style=y id=z>", "<blockquote>", "</blockquote>",
]  # fmt: skip
MARKUP = st.lists(st.sampled_from(TOKENS), max_size=25).map("".join)


class TagReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def list_tags(markup: str) -> list[tuple[str, dict[str, str | None]]]:
    reader = TagReader()
    reader.feed(markup)
    return reader.tags


@given(MARKUP)
def test_cleaning_twice_changes_nothing(markup: str) -> None:
    once = html.clean(markup)
    assert html.clean(once) == once


@given(MARKUP)
def test_only_listed_tags_attributes_and_schemes_are_left(markup: str) -> None:
    for tag, attributes in list_tags(html.clean(markup)):
        assert tag in html.TAGS - {"h1"}
        assert set(attributes) <= html.ATTRIBUTES["*"] | html.ATTRIBUTES.get(tag, set())
        for name in {"href", "src"} & set(attributes):
            assert str(attributes[name]).startswith(("https://", "http://", "mailto:"))
        assert tag != "img" or attributes["src"]


@given(st.text())
def test_plain_text_can_never_become_markup(plain: str) -> None:
    markup = html.from_plain(plain)
    assert {tag for tag, _ in list_tags(markup)} <= {"p"}
    assert html.clean(markup) == markup
    assert html.to_plain(markup).split() == html.to_plain(html.clean(markup)).split()


@given(st.text(st.characters(exclude_categories=["C", "Z"])), st.text(st.characters(exclude_categories=["C", "Z"])))
def test_plain_paragraphs_come_back_from_html(first: str, second: str) -> None:
    plain = html.to_plain(html.from_plain(f"{first}\n\n{second}"))
    assert html.to_plain(html.from_plain(plain)) == plain


@pytest.mark.parametrize(
    ("markup", "cleaned"),
    [
        ("<h1>A</h1>", "<h2>A</h2>"),
        ("<p>a<script>b</script><style>c</style></p>", "<p>a</p>"),
        ("<article><p>a</p></article>", "<p>a</p>"),
        ('<a href="/rel">a</a>', "<a>a</a>"),
        ('<a href="mailto:a@b.example" rel="x" target="_blank">a</a>', '<a href="mailto:a@b.example">a</a>'),
        ('<a href=" javascript:alert(1)">a</a>', "<a>a</a>"),
        ('<a href="//x.example">a</a>', "<a>a</a>"),
        ('a<img src="/rel.jpg" alt="x">b<img src="mailto:a@b.example">', "ab"),
        ('<img src="https://x.example/a" alt="<b>" onerror="x">', '<img src="https://x.example/a" alt="&lt;b&gt;">'),
        ('<span lang="ru" class="x">да</span>', '<span lang="ru">да</span>'),
        ("a < b & c", "a &lt; b &amp; c"),
        ("<p>unclosed <b>bold", "<p>unclosed <b>bold</b></p>"),
        ("]]>", "]]&gt;"),
        ("<p>&#1;\x01\x7fa</p>", "<p>a</p>"),
        ("e\u0301", "\u00e9"),
        ("<p>\u0338a</p>", "<p>\u0338a</p>"),
        ("<p>a</p>\u0338", "<p>a</p>\u0338"),
        ("𠀀🐫\u200f", "𠀀🐫\u200f"),
        ("<!-- x --><p>a</p>", "<p>a</p>"),
        ("<table><tr><td>a</td></tr></table>", "<table><tbody><tr><td>a</td></tr></tbody></table>"),
        ("<figure><img src='https://x.example/a'><figcaption>c</figcaption></figure>",
         '<figure><img src="https://x.example/a"><figcaption>c</figcaption></figure>'),
    ],
)  # fmt: skip
def test_what_is_kept_and_what_goes(markup: str, cleaned: str) -> None:
    assert html.clean(markup) == cleaned


@pytest.mark.parametrize(
    ("markup", "plain"),
    [
        ("<p>a &amp; b</p><p>c</p>", "a & b\n\nc"),
        ("<p>a<br>b</p>", "a\nb"),
        ("<ul><li>a</li><li>b</li></ul>", "a\n\nb"),
        ("<p>a <b>b</b>\n c</p><script>x</script>", "a b c"),
        ("<tr><td>a</td></tr>a&lt;b&gt;", "aa<b>"),
        ("", ""),
    ],
)
def test_text_of_html(markup: str, plain: str) -> None:
    assert html.to_plain(markup) == plain


@pytest.mark.parametrize(
    ("start", "piece", "count"),
    [
        ("", "<div>", 20_000), ("", "<ul><li>", 15_000), ("", "<b>", 30_000), ("", "<table><b>", 10_000),
        ("", "<svg><td>", 10_000), ("", "<", 100_000), ("", "<div></b>", 10_000), ("", "<img ", 20_000),
        ("", "&", 25_000), ("", "<a><p>", 15_000), ("", "<!--", 25_000), ("<table>", "<td>", 10_000),
        ("<div>" * 300, "<", 100_000), ("<div>" * 300, "<div<b> >", 10_000), ("", "<p> <br>", 5_000),
    ],
)  # fmt: skip
def test_the_cost_grows_with_the_document_only(
    start: str, piece: str, count: int, check_growth: Callable[..., None]
) -> None:
    def read(size: int) -> None:
        bomb = start + piece * size
        html.clean(bomb)
        html.to_plain(bomb)

    check_growth(read, count)


def test_many_paragraphs_without_end_tags_are_not_too_deep() -> None:
    assert not html.is_too_deep("<p>a<br><li>b<td>c" * 1_000)
    assert html.is_too_deep("<section>" * 201)
    assert not html.is_too_deep("<section></section>" * 1_000)
