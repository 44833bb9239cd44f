"""Which words of a version are its own, and which are those of the version that is served."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from feeds.model import AltId, Article, Picture, Subject
from server.store.articles import ArticleRow, Version
from server.store.documents import make_text_hash
from server.texts import cut, localise, make_excerpt, name_subjects

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
ECONOMY = Subject(name="economy", code="medtop:04000000")
WATER, TRADE = Subject(name="water"), Subject(name="trade")
SU, TICARET = Subject(name="su"), Subject(name="ticaret")
HEAD = Article(language="en", headline="Headline", subjects=(WATER, ECONOMY, TRADE))


def make_row(article: Article) -> ArticleRow:
    head = Version(1, 1, "1", "h1", "h1", article, "application/json", "k", NOON)
    return ArticleRow(1, "north", "one", "uri:one", None, "", NOON, NOON, head)


def make_text(*subjects: Subject) -> Article:
    return Article(language="tr", headline="Başlık", body="<p>Metin.</p>", subjects=subjects)


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ((SU, ECONOMY, TICARET), ("su", "ticaret")),
        ((SU, TICARET), ("su", "ticaret")),
        ((SU,), ("water", "trade")),
        ((SU, TICARET, WATER), ("water", "trade")),
        ((), ("water", "trade")),
    ],
)
def test_keywords_are_the_texts_own_where_there_is_one_for_each(own, expected):
    named = name_subjects(HEAD.subjects, make_text(*own))
    assert [one.code for one in named] == [None, "medtop:04000000", None]
    assert (named[0].name, named[2].name) == expected
    assert named[1].name != "economy"  # by its label in Turkish


def test_topics_are_those_of_the_version_that_is_served():
    other = Subject(name="culture", code="medtop:01000000")
    shown = localise(make_text(SU, other, TICARET), make_row(HEAD))
    assert [one.code or one.name for one in shown.subjects] == ["su", "medtop:04000000", "ticaret"]


def test_another_keyword_is_another_text_another_topic_is_not():
    base = make_text_hash(HEAD)
    assert make_text_hash(replace(HEAD, subjects=(WATER, ECONOMY))) != base
    assert make_text_hash(replace(HEAD, subjects=(TRADE, ECONOMY, WATER))) != base
    assert make_text_hash(replace(HEAD, subjects=(WATER, TRADE))) == base


def test_an_excerpt_has_no_word_of_the_rest():
    text = replace(
        make_text(SU, ECONOMY), description="Kısa.", pictures=(Picture(name="p", renditions=(), caption="C"),)
    )
    excerpt = make_excerpt(text)
    assert (excerpt.headline, excerpt.description) == ("Başlık", "Kısa.")
    assert (excerpt.body, excerpt.subjects, excerpt.pictures) == ("", (ECONOMY,), ())


@pytest.mark.parametrize(
    ("original", "web", "expected"),
    [
        ("https://k.example/en", "https://north.example/1", 'href="https://k.example/en"'),
        (None, "https://north.example/1", 'href="https://north.example/1"'),
        (None, None, "<p>Tam metin"),
        (None, "javascript:alert(1)", "<a>Tam metin"),
    ],
)
def test_a_cut_text_leads_to_the_original_where_it_can_be_opened(original, web, expected):
    alt_ids = (AltId(role="web", value=web),) if web else ()
    body = cut(replace(make_text(), alt_ids=alt_ids), original).body
    assert expected in body
    assert "Metin." not in body
    assert "javascript" not in body
