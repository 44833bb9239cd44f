"""What feeds say of a text that is not published in full, or in which something was found."""

from dataclasses import replace

import pytest
from lxml import etree

from feeds import html, parse, render_article, render_feed
from feeds.excerpt import SENTENCES, render_notice
from feeds.model import CheckCount
from feeds.withdrawal import TITLES

KARVAN = "{urn:karvan:syndication:1}"
CHECKS = (CheckCount(name="copied source", count=1), CheckCount(name='n"<&', count=3))


def mark(entry):
    return replace(entry, provenance=replace(entry.provenance, freshness="held", checks=CHECKS), partial=True)


def test_the_notice_is_in_the_texts_language_and_clean():
    assert SENTENCES.keys() == TITLES.keys()
    for language in (*SENTENCES, "zh-Hant", "ka"):
        for original in ("https://k.example/a?b=1&c=%22", None):
            notice = render_notice(language, original)
            assert html.clean(notice) == notice
            assert ("<a href=" in notice) is (original is not None)
            assert html.to_plain(notice) == SENTENCES.get(language[:2], SENTENCES["en"])
    assert render_notice("ka", None).startswith('<p lang="en">')


def test_an_atom_entry_names_what_was_found(make_entry, make_feed, schema):
    feed = render_feed(make_feed("en", entries=(mark(make_entry("en")),)), "atom")
    root = etree.fromstring(feed.body)
    schema.assertValid(root)
    found = [(one.get("name"), one.get("count"), one.text) for one in root.iter(f"{KARVAN}check")]
    assert found == [("copied source", "1", None), ('n"<&', "3", None)]
    assert [one.text for one in root.iter(f"{KARVAN}representation-type")] == ["partial"]


def test_without_findings_an_entry_says_nothing_of_checks(make_entry):
    body = render_article(make_entry("en"), "application/atom+xml").body
    assert b"karvan:check" not in body
    assert b"representation-type" not in body


def test_a_withdrawn_entry_says_nothing_of_checks(make_entry):
    for media_type in ("application/atom+xml", "application/json"):
        body = render_article(replace(mark(make_entry("en")), withdrawn=True), media_type).body
        assert b"check" not in body
        assert b"partial" not in body


@pytest.mark.parametrize("media_type", ["application/atom+xml", "application/json"])
def test_what_is_said_of_checks_is_not_read_back(make_entry, media_type):
    plain, marked = (render_article(one, media_type) for one in (make_entry("en"), mark(make_entry("en"))))
    assert parse(marked.body, marked.media_type) == parse(plain.body, plain.media_type)


def test_ninjs_names_what_was_found_and_that_it_is_a_part(make_entry):
    body = render_article(mark(make_entry("en")), "application/json").body
    assert b'{"role":"karvan:check:copied source","value":"1"}' in body
    assert b'"representationType":"partial"' in body
