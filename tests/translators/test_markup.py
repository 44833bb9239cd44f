"""HTML in, HTML out: only text changes, and no text becomes markup."""

from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translators.markup import read_blocks, write_blocks


class Tags(HTMLParser):
    """The tags of a document in order, and its text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self.tags.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        self.text += data


def read_tags(document: str) -> list[str]:
    parser = Tags()
    parser.feed(document)
    parser.close()
    return parser.tags


def replace(document: str, text: str) -> str:
    blocks = read_blocks(document)
    return write_blocks(blocks, [text] * len(blocks.texts))


@pytest.mark.parametrize(
    ("document", "texts"),
    [
        ("<p>One</p><p>Two &amp; three</p>", ["One", "Two & three"]),
        ("<h2>Head</h2>\n<ul>\n <li>a1</li>\n <li>b2</li>\n</ul>", ["Head", "a1", "b2"]),
        ("<table><tr><th>h1</th><td>c1</td></tr></table>", ["h1", "c1"]),
        ('<figure><img src="x" alt="A &quot;pic&quot;"><figcaption>Cap</figcaption></figure>', ['A "pic"', "Cap"]),
        ("<p>See <a href='u' title='tip'>this\n  page</a>, now</p>", ["See this page, now", "tip"]),
        ("<p>one<br>two<br/>three</p>", ["one", "two", "three"]),
        ("<pre>x = 1\ny</pre><p><code>make run</code></p><p>z</p>", ["z"]),
        ("<p>Run <code>make</code> now</p>", ["Run make now"]),
        ("<script>if (a < b) alert('<p>no</p>')</script><p>yes</p>", ["yes"]),
        ("<!-- not <p>this</p> --><p>yes</p>", ["yes"]),
        ("plain text, no tags", ["plain text, no tags"]),
        ("3 < 5 and 5 > 3", ["3 < 5 and 5 > 3"]),
        ("", []),
        ("<p>  &nbsp;</p><p></p>", []),
    ],
)
def test_texts_are_what_a_reader_reads(document: str, texts: list[str]) -> None:
    blocks = read_blocks(document)
    assert list(blocks.texts) == texts
    assert write_blocks(blocks, blocks.texts) == document


@pytest.mark.parametrize(
    ("document", "wanted"),
    [
        ("<p>One <b>two</b> three</p>", "<p>T&lt;</p>"),
        ("<p> <strong>All of it</strong> </p>", "<p> <strong>T&lt;</strong> </p>"),
        ("<p><strong>Baku</strong> is old</p>", "<p>T&lt;</p>"),
        ("<p><b>one<br>two</b></p>", "<p><b>T&lt;<br>T&lt;</b></p>"),
        ("<b><p>x y</p></b>", "<b><p>T&lt;</p></b>"),
        ("<p>a <i>b</p><p>c</i> d</p>", "<p>T&lt;<i></p><p></i>T&lt;</p>"),
        ("<li>\n  two\n  lines\n</li>", "<li>\n  T&lt;\n</li>"),
        ("<p>word <img src=x alt=pic> word</p>", '<p>T&lt; <img src=x alt="T&lt;"> T&lt;</p>'),
        ("<ul><li>a<ul><li>b</li></ul></li></ul>", "<ul><li>T&lt;<ul><li>T&lt;</li></ul></li></ul>"),
        ("<p>x</p><pre>code</pre>", "<p>T&lt;</p><pre>code</pre>"),
        ("<pre>a <b>b</b></pre>tail", "<pre>a <b>b</b></pre>T&lt;"),
    ],
)
def test_a_changed_text_keeps_its_block(document: str, wanted: str) -> None:
    assert replace(document, "T<") == wanted


def test_only_the_changed_block_loses_its_inline_tags() -> None:
    blocks = read_blocks("<p>a <b>b</b></p><p>c <b>d</b></p>")
    assert write_blocks(blocks, [blocks.texts[0], "new"]) == "<p>a <b>b</b></p><p>new</p>"


NAMES = st.sampled_from(["p", "h2", "li", "ul", "td", "b", "a", "strong", "figcaption", "blockquote", "code", "pre"])
WORDS = st.sampled_from(
    ["söz", " ", "a &amp; b", "1 &lt; 2", "\n", "会议。", "Слово", "&nbsp;", "&#60;b&#62;", "&bogus", '"']
)
ATTRIBUTES = st.sampled_from(["", ' title="a &lt;b&gt;"', " title='x y'", ' href="/?a=1&amp;b=2"', ' alt="<i>"'])
TREES = st.recursive(
    WORDS | st.sampled_from(["<br>", '<img src="i" alt="An image">', "<hr>", "<!-- c -->"]),
    lambda inner: st.builds(
        lambda name, attributes, parts: f"<{name}{attributes}>{''.join(parts)}</{name}>",
        NAMES,
        ATTRIBUTES,
        st.lists(inner, max_size=4),
    ),
    max_leaves=25,
)
ANYTHING = st.text(alphabet="<>/!-&;\"'= abp\n", max_size=60)


@given(TREES | ANYTHING)
def test_untouched_documents_come_out_byte_for_byte(document: str) -> None:
    blocks = read_blocks(document)
    assert write_blocks(blocks, blocks.texts) == document


HOSTILE = [
    "<script>alert(1)</script>",
    "&lt;script&gt;",
    '"><img src=x onerror=alert(1)>',
    "</p><h1>x",
    "<!--",
    "' onload='x",
]


@given(TREES, st.sampled_from(HOSTILE) | st.text(max_size=20))
def test_no_text_becomes_markup(document: str, text: str) -> None:
    before, after = read_tags(document), read_tags(replace(document, text))
    remaining = iter(before)
    assert all(tag in remaining for tag in after), "a tag appeared or moved"
    blocks_before = [tag for tag in before if tag.strip("/") not in ("b", "a", "strong", "code")]
    assert [tag for tag in after if tag.strip("/") not in ("b", "a", "strong", "code")] == blocks_before


@given(TREES, st.sampled_from(HOSTILE))
def test_what_is_written_is_read_again(document: str, text: str) -> None:
    again = read_blocks(replace(document, text))
    assert set(again.texts) <= {text}


@pytest.mark.parametrize("unit", ["<a ", '<a b="', "<!--", "<p", "<b>", "</b>", "<p>x", "<pre>", "<script>", "&", "= "])
def test_the_cost_grows_with_the_document_only(unit: str, check_growth: Callable[..., None]) -> None:
    check_growth(lambda size: replace(unit * size, "t"), 6_000)


def test_control_characters_do_not_get_into_the_document() -> None:
    assert replace("<p>x</p>", "a\x00b\x1b\ud800c") == "<p>abc</p>"
