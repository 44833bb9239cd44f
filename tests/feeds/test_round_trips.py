"""What is rendered reads back as it was, up to what the format carries."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from feeds import html, parse, render_article, render_feed, text
from feeds.jsonfeed_output import limit_to_jsonfeed
from feeds.model import AltId, Article, Entry, Feed, Link, Outlet, Picture, Provenance, Rendition, Subject
from feeds.newsml_output import limit_to_newsml
from feeds.ninjs_output import render_article as render_ninjs
from feeds.rss_output import limit_to_rss

CHARACTERS = st.one_of(
    st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"),
    st.sampled_from("\t\n <>&'\"]əİı里𠀀🐫\u200f\u202e\u0301\u0338\xa0\u3000"),
)
TEXTS = st.text(CHARACTERS, max_size=20).map(text.normalise)
LINES = TEXTS.map(text.join_lines)
HEADLINES = LINES.filter(bool)
BODIES = st.lists(TEXTS, max_size=3).map(lambda pieces: html.clean("<p>" + "<p><b>".join(pieces)))
TIMES = st.integers(0, 7 * 10**15).map(lambda n: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=n))
NUMBERS = st.integers(0, 10**6)
ADDRESSES = NUMBERS.map(lambda number: f"https://x.example/{number}?a=1&b=%20")
CODES = st.integers(0, 99_999_999).map(lambda number: f"medtop:{number:08}")
PICTURES = st.builds(
    Picture,
    name=HEADLINES,
    renditions=st.builds(
        Rendition,
        href=ADDRESSES,
        media_type=st.sampled_from([None, "image/png"]),
        width=st.none() | NUMBERS,
        height=st.none() | NUMBERS,
        size=st.none() | NUMBERS,
    ).map(lambda rendition: (rendition,)),
    caption=TEXTS,
    alt=TEXTS,
    credit=LINES,
    copyright_notice=TEXTS,
)
ARTICLES = st.builds(
    Article,
    language=st.sampled_from(["az", "en", "ru", "tr", "zh", "zh-Hans"]),
    headline=HEADLINES,
    body=BODIES,
    description=TEXTS,
    item=st.none() | HEADLINES,
    uri=NUMBERS.map(lambda number: f"tag:x.example,2026:{number}"),
    by=HEADLINES,
    located=LINES,
    subjects=st.lists(
        st.builds(Subject, name=LINES, code=CODES) | st.builds(Subject, name=HEADLINES.filter(lambda n: ":" not in n)),
        max_size=2,
    ).map(tuple),
    genres=st.lists(HEADLINES, max_size=2).map(tuple),
    urgency=st.none() | st.integers(1, 9),
    pub_status=st.sampled_from(["usable", "withheld", "canceled"]),
    version=st.none() | HEADLINES,
    version_created=TIMES,
    first_created=TIMES,
    embargoed_until=st.none() | TIMES,
    expires=st.none() | TIMES,
    copyright_holder=LINES,
    copyright_notice=TEXTS,
    usage_terms=TEXTS,
    ed_note=TEXTS,
    pictures=st.lists(PICTURES, max_size=2, unique_by=lambda picture: picture.renditions[0].href).map(tuple),
    alt_ids=st.lists(st.builds(AltId, role=LINES.map(lambda role: f"x{role}"), value=HEADLINES), max_size=2).map(tuple),
    translation_of=st.none() | ADDRESSES,
)


@cache
def load_newsitem() -> etree.RelaxNG:
    return etree.RelaxNG(etree.parse(Path(__file__).parent / "newsitem.rng"))


def make_entry(article: Article) -> Entry:
    return Entry(
        id="tag:karvan.example,2026:o/i/az",
        article=article,
        page="https://karvan.example/o/i/az",
        siblings=(Link(language="en", href="https://karvan.example/o/i/en"),),
        outlet=Outlet(id="o", name="O", uri="https://o.example/"),
        provenance=Provenance(origin="machine", source_language="en", source_version=1, freshness="fresh"),
        published=article.first_created or datetime(2026, 1, 1, tzinfo=UTC),
        updated=article.version_created or datetime(2026, 1, 1, tzinfo=UTC),
    )


def carry_in_atom(article: Article) -> Article:
    """What an Atom entry carries: no note to editors, no name of a picture; its page becomes the web address."""
    pictures = tuple(replace(one, name=f"picture-{n}") for n, one in enumerate(article.pictures, 1))
    page = AltId(role="web", value="https://karvan.example/o/i/az")
    return replace(article, ed_note="", pictures=pictures, alt_ids=(page, *article.alt_ids))


@given(ARTICLES)
def test_an_article_survives_ninjs(article: Article) -> None:
    document = render_ninjs(article)
    assert parse(document.body, document.media_type) == article


@given(ARTICLES)
def test_an_article_survives_an_atom_entry(article: Article) -> None:
    document = render_article(make_entry(article), "application/atom+xml;type=entry")
    assert parse(document.body, document.media_type) == carry_in_atom(article)


@given(ARTICLES)
def test_an_article_survives_an_rss_item_up_to_its_limits(article: Article) -> None:
    entry = make_entry(article)
    assert parse(render_feed(make_feed(entry), "rss").body, "application/rss+xml") == limit_to_rss(entry)


@given(ARTICLES)
def test_an_article_survives_a_json_feed_up_to_its_limits(article: Article) -> None:
    entry = make_entry(article)
    assert parse(render_feed(make_feed(entry), "json").body, "application/feed+json") == limit_to_jsonfeed(entry)


@given(ARTICLES)
def test_an_article_survives_a_newsml_item_up_to_its_limits(article: Article) -> None:
    entry = make_entry(article)
    document = render_article(entry, "application/vnd.iptc.g2.newsitem+xml")
    schema = load_newsitem()
    assert schema.validate(etree.fromstring(document.body)), schema.error_log
    assert parse(document.body, document.media_type) == limit_to_newsml(entry)


def make_feed(entry: Entry) -> Feed:
    return Feed(
        id="x:f", title="F", language="az", href="https://k.example/f", page="https://k.example/",
        updated=entry.updated, entries=(entry,),
    )  # fmt: skip


@given(ARTICLES)
@settings(max_examples=30)
def test_an_entry_of_a_feed_is_the_entry_document(article: Article) -> None:
    entry = make_entry(article)
    feed = make_feed(entry)
    inside = etree.fromstring(render_feed(feed, "atom").body).find("{http://www.w3.org/2005/Atom}entry")
    assert inside is not None
    assert parse(etree.tostring(inside), "application/atom+xml") == carry_in_atom(article)
