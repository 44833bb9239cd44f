"""Search (CONTRACT §4, §5.2, §5.3): every language, words as people type them, to each reader what they may see."""

import asyncio
import random
import re
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html

from feeds import html
from server import problems
from server.configfile import parse_config
from server.keys import DATABASE
from server.searching import building
from server.searching.query import make_expressions, parse_query
from server.searching.snippets import make_snippet, mark
from server.searching.wishes import dump_cursor, load_cursor
from server.searching.words import fold_word, list_words, tidy, write_words
from server.store import search as index_rows
from server.store.answers import save_meta
from server.store.search_schema import STATE
from translators.glossary import load_default

SAMPLE = (Path(__file__).parents[2] / "config.toml").read_text()

# One article a language, by its outlet.
ARTICLES = {
    "az": ("khazar-news", "Bakıda İslam incəsənəti sərgisi açıldı",
           "<p>Sərgidə Şəki və Gəncə ustalarının işləri göstərilir. Sərgi iyunun sonunadək davam edəcək.</p>"),
    "tr": ("bosphorus-post", "Isparta'da gül hasadı başladı",
           "<p>Üreticiler bu yıl ürünün iyi olacağını söylüyor. Bakanlık desteği IŞIK projesiyle artıracak.</p>"),
    "ru": ("steppe-herald", "Самолёт доставил груз в Баку",
           "<p>Экипаж приземлился ночью. Встреча министров пройдёт в пятницу, сообщили журналистам.</p>"),
    "zh": ("silk-road-daily", "里海沿岸五国外长将在巴库会晤",
           "<p>会议将于10月14日举行，讨论环保合作。与会者还将参观3G网络展览。</p>"),
    "en": ("caravan-wire", "Ministers agree on a railway to the coast",
           "<p>The well-known line costs 7.25 billion. It will be the <b>longest railway</b> in the region.</p>"),
}  # fmt: skip


@dataclass
class Found:
    """What a search answered."""

    status: int
    json: Any

    @property
    def items(self) -> list[str]:
        return [hit["item"] for hit in self.json["hits"]]

    def get_languages(self) -> dict[str, set[str]]:
        return {hit["item"]: {one["language"] for one in hit["languages"]} for hit in self.json["hits"]}


async def search(server: Any, words: str, *, by: str | None = None, **asked: Any) -> Found:
    answer = await server.call("GET", "/v1/search", by=by, params={"q": words} | asked)
    assert answer.status == 200, answer.text
    return Found(answer.status, answer.json)


def make_document(language: str, headline: str, text: str, **changes: Any) -> dict[str, Any]:
    return {
        "type": "text",
        "language": language,
        "headlines": [{"value": headline}],
        "bodies": [{"contentType": "text/html", "value": text}],
    } | changes


async def push(server: Any, outlet: str, item: str, language: str, headline: str, text: str, **changes: Any) -> None:
    document = make_document(language, headline, text, **changes)
    answer = await server.call("PUT", f"/v1/articles/{outlet}/{item}", by=outlet, json=document)
    assert answer.status in (200, 201), answer.text


async def push_five(server: Any) -> None:
    for language, (outlet, headline, text) in ARTICLES.items():
        await push(server, outlet, language, language, headline, text)


ENGLISH = "The ministers of four countries will meet on Friday. They will discuss trade and water."


async def push_english(server: Any, item: str, word: str, **changes: Any) -> None:
    """An English article of caravan-wire that has the word in its body."""
    await push(server, "caravan-wire", item, "en", "The ministers will meet in the capital on Friday",
               f"<p>{ENGLISH} They met in {word} before.</p>", **changes)  # fmt: skip


# Words as people type them


@pytest.mark.parametrize(
    ("words", "items"),
    [
        ("BAKIDA", ["az"]),
        ("bakida", ["az"]),
        ("islam", ["az"]),
        ("İSLAM", ["az"]),
        ("ISLAM", ["az"]),
        ("sergi", ["az"]),
        ("sərgi", ["az"]),
        ("SEKI", ["az"]),
        ("Şəki Gəncə", ["az"]),
        ("iyun", ["az"]),
        ("ısparta", ["tr"]),
        ("isparta", ["tr"]),
        ("ISPARTA", ["tr"]),
        ("İSPARTA", ["tr"]),
        ("Isparta'da", ["tr"]),
        ("ışık", ["tr"]),
        ("ISIK", ["tr"]),
        ("ürün", ["tr"]),
        ("urun", ["tr"]),
        ("üretici", ["tr"]),
        ("самолет", ["ru"]),
        ("САМОЛЁТ", ["ru"]),
        ("министр", ["ru"]),
        ("баку груз", ["ru"]),
        ("巴库", ["zh"]),
        ("五国外长", ["zh"]),
        ("会晤", ["zh"]),
        ("晤", ["zh"]),
        ("里", ["zh"]),
        ("10月14日", ["zh"]),
        ("网络", ["zh"]),
        ("3G网络", ["zh"]),
        ("环保 合作", ["zh"]),
        ("库巴", []),
        ("３Ｇ", ["zh"]),
        ("well-known", ["en"]),
        ("7.25", ["en"]),
        ("25.7", []),
        ('"longest railway"', ["en"]),
        ('"railway longest"', []),
        ("longest coast", ["en"]),
        ("longest gül", []),
        ("longest OR gül", ["en", "tr"]),
        ("railway -coast", []),
        ("railway -gül", ["en"]),
        ("minist*", ["en"]),
        ("minist", ["en"]),
        ('"minist"', []),
        ("min", []),
        ("mi*", ["en"]),
        ("“longest railway”", ["en"]),
        ("«longest railway»", ["en"]),
        ("lon\u00adgest", ["en"]),
        ("-gül railway OR gül", ["en"]),
        ("railway OR", ["en"]),
        ("OR railway", ["en"]),
        ("or", []),
    ],
)
def test_words_are_found_as_people_type_them(words: str, items: list[str], found_in_five: Any) -> None:
    assert sorted(found_in_five(words)) == sorted(items)


@pytest.fixture(scope="module")
def found_in_five() -> Any:
    """What each search finds among the five articles, by the index itself: no server for each question."""
    base = sqlite3.connect(":memory:")
    base.execute("CREATE VIRTUAL TABLE t USING fts5(headline, description, body, more, content='', tokenize='ascii')")
    for number, (_, headline, text) in enumerate(ARTICLES.values(), 1):
        row = (write_words([headline]), "", write_words(html.to_plain(text).split("\n")), "")
        base.execute("INSERT INTO t(rowid, headline, description, body, more) VALUES (?,?,?,?,?)", (number, *row))

    def find(words: str) -> list[str]:
        asked = [
            {row[0] for row in base.execute("SELECT rowid FROM t WHERE t MATCH ?", (expression,))}
            for expression in make_expressions(parse_query(words), None)
        ]
        assert asked[-1] == set().union(*asked)  # the last finds all
        return [list(ARTICLES)[number - 1] for number in asked[-1]]

    return find


async def test_an_article_is_found_in_each_language_over_http(quiet):
    await push_five(quiet)
    for words, item in (("sergi", "az"), ("ISPARTA", "tr"), ("самолет", "ru"), ("会晤", "zh"), ("railway", "en")):
        found = await search(quiet, words)
        assert found.items == [item], words
        [hit] = found.json["hits"]
        assert (hit["language"], hit["origin"], hit["engine"]) == (item, "source", None)
        assert hit["feeds"] == [f"https://karvan.example/feeds/world/{item}.atom"]
        assert hit["page"] == f"https://karvan.example/articles/{hit['outlet']}/{item}/{item}"
        assert await search(quiet, words, language="en") != found or item == "en"


async def test_a_name_is_found_in_the_other_languages_last(quiet):
    """As the glossary has it: what has the very word comes first, though it is older."""
    await push(quiet, "caravan-wire", "mayor", "en", "The mayor speaks",
               "<p>The mayor of Baku will speak on Friday about the new line to the coast.</p>")  # fmt: skip
    await push_five(quiet)
    found = await search(quiet, "Baku")
    assert found.items[0] == "mayor"
    assert set(found.items) == {"mayor", "az", "ru", "zh"}
    assert (await search(quiet, '"Baku"')).items == ["mayor"]
    found = await search(quiet, "巴库")
    assert found.items[0] == "zh"
    assert set(found.items) == {"zh", "mayor", "az", "ru"}
    [mayor] = [hit for hit in found.json["hits"] if hit["item"] == "mayor"]
    assert [piece["text"] for piece in mayor["snippet"] if piece["match"]] == ["Baku"]


async def test_the_headline_counts_more_than_the_body_and_a_whole_word_more_than_its_beginning(quiet):
    text = "<p>The ministers of four countries will meet on Friday. They will discuss {}.</p>"
    for item, headline, word in (
        ("headline-begun", "Harbours are to be built on the coast of the sea", "trade"),
        ("headline", "A harbour is to be built on the coast of the sea", "trade"),
        ("body", "The ministers will meet in the capital on Friday", "a harbour"),
        ("body-begun", "The ministers will meet in the capital on Friday", "harbours"),
    ):
        await push(quiet, "caravan-wire", item, "en", headline, text.format(word))
    assert (await search(quiet, "harbour")).items == ["headline", "headline-begun", "body", "body-begun"]
    newest = await search(quiet, "harbour", order="newest")
    assert newest.items == ["body-begun", "body", "headline", "headline-begun"]


async def test_a_set_is_told_once_with_its_closest_text_and_the_others_named(server):
    await server.push(headline="A harbour for the whole region of the coast")
    await server.settle()
    found = await search(server, "harbour")
    [hit] = found.json["hits"]
    assert hit["language"] == "en"
    assert {one["language"] for one in hit["languages"]} == {"az", "en", "ru", "tr", "zh"}
    assert [one["origin"] for one in hit["languages"]] == ["source"] + ["machine"] * 4
    [hit] = (await search(server, "harbour", language="az")).json["hits"]
    assert (hit["language"], hit["origin"], hit["engine"], hit["source_language"]) == (
        "az",
        "machine",
        "pseudo pseudo 1",
        "en",
    )
    assert [one["language"] for one in hit["languages"]] == ["az"]
    assert (await search(server, "harbour", origin="outlet")).items == []
    assert len((await search(server, "harbour", origin="machine", language="tr,ru")).json["hits"][0]["languages"]) == 2


async def test_snippets_are_plain_text_in_pieces(quiet):
    filling = f"<p>{'Nothing of it. ' * 40}</p>"
    text = f"{filling}<p>Is 1 &lt; 2 &amp; a <b>har</b>bour &lt;script&gt;?</p>{filling}"
    await push(quiet, "caravan-wire", "one", "en", "The ministers will meet in the capital", text)
    [hit] = (await search(quiet, "harbour")).json["hits"]
    assert [piece["text"] for piece in hit["snippet"] if piece["match"]] == ["harbour"]
    said = "".join(piece["text"] for piece in hit["snippet"])
    assert "Is 1 < 2 & a harbour <script>?" in said
    assert len(said) < 300
    assert said.startswith("…")
    assert said.endswith("…")


# Parameters


async def test_filters_are_those_of_feeds(quiet):
    await push_five(quiet)
    subject = [{"name": "economy", "uri": "http://cv.iptc.org/newscodes/mediatopic/04000000"}]
    await push_english(quiet, "trade", "harbour", subjects=subject)
    await push(
        quiet, "khazar-news", "harbour", "en", "The ministers will meet in the capital", f"<p>{ENGLISH} A harbour.</p>"
    )
    everything = {"trade", "harbour"}
    for asked, items in (
        ({}, everything),
        ({"outlet": "khazar-news"}, {"harbour"}),
        ({"country": "GE"}, {"trade"}),
        ({"subject": "medtop:04000000"}, {"trade"}),
        ({"origin": "source"}, everything),
        ({"origin": "machine"}, set()),
        ({"channel": "economy"}, {"trade"}),
        ({"channel": "economy,world"}, everything),
        ({"channel": "culture"}, set()),
        ({"since": "2026-11-26"}, everything),
        ({"since": "2026-11-27"}, set()),
        ({"until": "2026-11-26"}, everything),
        ({"until": "2026-11-25"}, set()),
        ({"since": "2026-11-26T13:00:00+01:00"}, everything),
        ({"until": "2026-11-26T12:00:00Z"}, set()),
        ({"language": "zh-Hans"}, set()),
        ({"language": "en"}, everything),
    ):
        assert set((await search(quiet, "harbour", **asked)).items) == items, asked


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        ({}, 400, "q is"),
        ({"q": ""}, 400, "no word"),
        ({"q": "?! — 🐫"}, 400, "no word"),
        ({"q": "-a"}, 400, "not wanted"),
        ({"q": "x" * 1000}, 400, "1000 characters"),
        ({"q": "a b c d e f g h i j k l m n o p q r"}, 400, "18 words"),
        ({"q": "a\0b"}, 400, "control"),
        ({"q": "a", "sort": "x"}, 400, "no parameter"),
        ({"q": "a", "order": "oldest"}, 400, "newest"),
        ({"q": "a", "limit": "0"}, 400, "limit"),
        ({"q": "a", "limit": "101"}, 400, "limit"),
        ({"q": "a", "language": "xx"}, 400, "language"),
        ({"q": "a", "language": "az,"}, 400, "language"),
        ({"q": "a", "outlet": "nobody"}, 400, "outlet"),
        ({"q": "a", "subject": "medtop:1"}, 400, "Media Topic"),
        ({"q": "a", "since": "yesterday"}, 400, "since"),
        ({"q": "a", "until": "2026-11-26T12:00:00"}, 400, "until"),
        ({"q": "a", "since": "0000-00-00"}, 400, "since"),
        ({"q": "a", "after": "nonsense"}, 400, "after"),
        ({"q": "a", "after": "W10"}, 400, "after"),
        ({"q": "a", "channel": "nowhere"}, 404, "nowhere"),
        ({"q": "a", "channel": "desk"}, 404, "desk"),
        ({"q": "a", "channel": "turkic"}, 401, "private"),
    ],
)
async def test_what_cannot_be_asked_is_refused_with_the_reason(quiet, asked, status, said):
    answer = await quiet.call("GET", "/v1/search", params=asked)
    assert answer.status == status
    assert said in answer.json["detail"]


HOSTILE = [
    '"', '""', '"a', 'a"b', "a OR", "OR", "AND", "NOT a", "a NOT b", "NEAR(a b)", "headline:a", "{headline}:a", "^a",
    "a*b*c", "***", "(a", "a)", "-(a)", "--a", "- a", "a -", "+a", "a'; DROP TABLE articles; --", "%", "_", "\\",
    "a\\", "search_index", "rowid", "🐫🐫", "İ" * 200, "ﷺ" * 60, "a\u0301" * 90, "\u202eabc", "\ue000", "a\ue000b",
    "𠀀𠀁", "ｶﾅ", "１２", "ß", "ǅ", "ﬃ", "\u0307", "ı\u0307", "0", "a" * 200, "a -a", '-"a b" c', '"a" "b"',
    "a OR b OR c", '"a"*', "* a", "的", "，。", "<script>", "&amp;", "a\tb\nc",
]  # fmt: skip


async def test_whatever_is_typed_is_data(quiet):
    await push_five(quiet)
    for words in HOSTILE:
        answer = await quiet.call("GET", "/v1/search", params={"q": words})
        assert answer.status in (200, 400), (words, answer.text)
    for words in HOSTILE[::4]:
        answer = await quiet.call("GET", "/search", params={"q": words})
        assert answer.status in (200, 400), (words, answer.text)
        assert "<script>" not in answer.text


@pytest.fixture(scope="module")
def one_row() -> sqlite3.Connection:
    """An index with one row, that is written anew for each example."""
    base = sqlite3.connect(":memory:", isolation_level=None)
    base.execute("CREATE VIRTUAL TABLE t USING fts5(headline, description, body, more, tokenize='ascii')")
    return base


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=40), st.text(max_size=40))
@example('-"', "x")
@example("İ̇ﬃ", "İ̇ﬃ")
def test_any_text_is_a_question_that_the_index_understands(one_row: sqlite3.Connection, typed: str, text: str) -> None:
    typed, text = (one.replace("\0", "").encode(errors="replace").decode() for one in (typed, text))
    one_row.execute("INSERT OR REPLACE INTO t(rowid, headline) VALUES (1, ?)", (write_words([text]),))
    try:
        asked = parse_query(typed)
    except problems.InvalidParameter:
        return
    for expression in make_expressions(asked, load_default()):
        one_row.execute("SELECT rowid FROM t WHERE t MATCH ?", (expression,)).fetchall()


LETTERS = st.text(st.sampled_from("abIİıiçşəёеЖй巴库会3 -'.\u0301"), max_size=30)


@settings(max_examples=100, deadline=None)
@given(LETTERS)
def test_every_word_of_a_text_finds_it_and_is_marked(text: str) -> None:
    read = tidy(text)
    for word in list_words(read):
        typed = read[word.start : word.end]
        asked = parse_query(typed)
        assert f" {' '.join(asked.groups[0][0].words)}" in f" {write_words([text])}"
        marked = [piece.text for piece in mark(text, asked.groups[0]) if piece.is_match]
        assert marked
        assert "".join(piece.text for piece in mark(text, asked.groups[0])) == read


def test_words_are_folded_as_in_conditions_and_more() -> None:
    assert {fold_word(word) for word in ("İSTANBUL", "Istanbul", "ıstanbul", "i̇stanbul")} == {"istanbul"}
    assert {fold_word(word) for word in ("Azərbaycan", "AZERBAYCAN", "azerbaycan")} == {"azerbaycan"}
    assert fold_word("ёж") == fold_word("ЕЖ") == "еж"
    assert fold_word("чай") == "чай"
    assert fold_word("чаи") == "чаи"
    assert fold_word("ＷＩＤＥ") == "wide"


def test_a_snippet_shows_the_part_with_most_of_the_words() -> None:
    text = "harbour first. " + "x " * 300 + "a harbour on the coast. " + "y " * 300
    [group, other] = parse_query("harbour coast").groups
    pieces = make_snippet(["", text], [*group, *other])
    assert [piece.text for piece in pieces if piece.is_match] == ["harbour", "coast"]
    assert make_snippet(["", ""], group) == ()


@given(st.integers(0, 9), st.integers(-(2**60), 0), st.text(max_size=9), st.text(max_size=9))
@settings(max_examples=30)
def test_a_cursor_comes_back_as_it_was(tier: int, newness: int, outlet: str, item: str) -> None:
    outlet, item = (one.encode(errors="ignore").decode() for one in (outlet, item))
    assert load_cursor(dump_cursor((tier, newness, outlet, item))) == (tier, newness, outlet, item)


@pytest.mark.parametrize("order", ["relevance", "newest"])
async def test_pages_follow_each_other_without_gap_or_repetition(quiet, clock, order):
    """Whatever comes meanwhile."""
    for number in range(9):
        await push_english(quiet, f"one-{number}", "harbour" if number % 2 else "harbours")
        clock.pass_time(seconds=1)
    whole = (await search(quiet, "harbour", order=order)).items
    assert len(whole) == 9
    told: list[str] = []
    after: dict[str, str] = {}
    for _ in range(9):
        page = await search(quiet, "harbour", order=order, limit=2, **after)
        told += page.items
        await push_english(quiet, f"late-{len(told)}", "harbour")  # newer than where we are
        if page.json["next"] is None:
            break
        after = {"after": page.json["next"]}
    assert told[: len(whole)] == whole or order == "relevance"
    assert [item for item in told if item.startswith("one")] == whole
    assert len(set(told)) == len(told)


# Who finds what

INNER = """
[outlets.north]
name = "N"
country = "AZ"
[outlets.south]
name = "S"
country = "GE"
[outlets.east]
name = "E"
country = "TR"
[exchanges.inner]
name = "I"
members = ["north", "south", "east"]
languages = ["en", "az"]
[[exchanges.inner.grants]]
reader = "east"
of = "south"
[[exchanges.inner.grants]]
reader = "granted"
subject = "medtop:04000000"
[[exchanges.inner.routes]]
name = "all"
to = ["inner"]
held = "headline"
[subscribers.here]
name = "H"
exchanges = ["inner"]
country = "AZ"
[subscribers.nowhere]
name = "N"
exchanges = ["inner"]
[subscribers.granted]
name = "G"
exchanges = ["inner"]
country = "AZ"
[subscribers.outside]
name = "O"
exchanges = []
[channels.inner]
title = { en = "I" }
access = "members"
exchange = "inner"
[channels.world]
title = { en = "W" }
[channels.night]
title = { en = "N" }
access = "admins"
shows = "held"
[rights.home]
terms = "home only"
territories = "AZ"
[[routes]]
name = "draft"
when = { genre = "draft" }
hold = true
[[routes]]
name = "late"
when = { genre = "late" }
to = ["world"]
embargo = { minutes = 60 }
stop = true
[[routes]]
name = "world"
when = { genre = "world" }
to = ["world"]
held = "wait"
"""
READERS = (None, "north", "south", "east", "here", "nowhere", "granted", "outside", "admin")


@pytest.fixture
def inner(config):
    made = parse_config(INNER, environment={})
    return made.model_copy(update={"translation": config.translation})


async def list_standing(server: Any, by: str | None) -> dict[str, dict[str, set[str]]]:
    """The oracle: item → language → the words of its headline, description and body, by the feeds of this reader."""
    found: dict[str, dict[str, set[str]]] = {}
    for channel in (await server.call("GET", "/v1/channels", by=by)).json:
        for language in channel["feeds"]:
            path = f"/v1/channels/{channel['name']}/{language}/items?limit=200"
            for change in (await server.call("GET", path, by=by)).json["items"]:
                if change["state"] == "usable":
                    article = change["article"]
                    item = change["page"].split("/")[-2]
                    parts = [*article["headlines"], *article.get("descriptions", ()), *article.get("bodies", ())]
                    words = {word for part in parts for word in re.findall("qalpha|qbeta|qgamma", part["value"])}
                    found.setdefault(item, {}).setdefault(language, set()).update(words)
    return found


async def turn_pages(server: Any, words: str, by: str | None, order: str) -> list[str]:
    """All that is found, two by two: many rows between are not for this reader."""
    told: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = await search(server, words, by=by, order=order, limit=2, **after)
        told += page.items
        if page.json["next"] is None:
            return told
        assert len(page.items) == 2
        after = {"after": page.json["next"]}


SUBJECT = {"name": "economy", "uri": "http://cv.iptc.org/newscodes/mediatopic/04000000"}


async def push_at_random(server: Any, chance: random.Random, number: int) -> None:
    outlet = chance.choice(("north", "south", "east"))
    word = lambda: chance.choice(("qalpha", "qbeta", "qgamma", "trade"))  # noqa: E731
    changes: dict[str, Any] = {"descriptions": [{"value": f"About {word()}."}]}
    if chance.random() < 0.3:
        changes["usageTerms"] = "home only"
    if chance.random() < 0.4:
        changes["subjects"] = [SUBJECT]
    if chance.random() < 0.2:
        changes["embargoedUntil"] = "2026-11-26T12:30:00Z"
    if chance.random() < 0.2:
        changes["expires"] = "2026-11-26T12:45:00Z"
    if chance.random() < 0.1:
        changes["pubStatus"] = "withheld"
    changes["genres"] = [{"name": chance.choice(("world", "world", "late", "draft", "none"))}]
    item = f"{outlet}-{number}"
    await push(server, outlet, item, "en", f"The ministers of four countries discuss {word()} on Friday",
               f"<p>{ENGLISH} And {word()} with {word()}.</p>", **changes)  # fmt: skip
    if chance.random() < 0.15:
        await server.call("DELETE", f"/v1/articles/{outlet}/{item}", by=outlet, json={"reason": "wrong"})


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 12))])
async def test_each_reader_finds_what_stands_in_their_feeds_and_nothing_else(start, inner, clock, seed):
    """Embargoes, ends, kills, grants, territories, held articles, headlines only: as a scan of all feeds has it."""
    server = await start(config=inner)
    chance = random.Random(seed)
    for number in range(14):
        await push_at_random(server, chance, number)
    await server.settle()
    sizes = set()
    for minutes in (0, 50):
        clock.pass_time(minutes=minutes)
        await server.settle()
        for by in READERS:
            standing = await list_standing(server, by)
            for words in (["qalpha"], ["qbeta", "qgamma"]):
                expected: dict[str, set[str]] = {}
                for item, texts in standing.items():
                    if languages := {one for one, having in texts.items() if having.issuperset(words)}:
                        expected[item] = languages
                found = await search(
                    server, " ".join(words), by=by, order=chance.choice(("newest", "relevance")), limit=100
                )
                assert found.get_languages() == expected, (by, words, minutes)
                sizes.add(len(expected))
        for by, order in ((None, "relevance"), ("nowhere", "newest"), ("granted", "relevance"), ("east", "newest")):
            whole = (await search(server, "trade -qgamma", by=by, order=order, limit=100)).items
            assert await turn_pages(server, "trade -qgamma", by, order) == whole
    assert len(sizes) > 3


async def test_a_kill_is_gone_with_its_answer(server):
    await push_english(server, "one", "harbour")
    await server.settle()
    assert len((await search(server, "harbour")).json["hits"][0]["languages"]) == 5
    answer = await server.call("DELETE", "/v1/articles/caravan-wire/one", by="caravan-wire", json={"reason": "wrong"})
    assert answer.status == 200
    for by in (None, "admin", "caravan-wire"):
        assert (await search(server, "harbour", by=by)).items == []
    async with server.app[DATABASE].read() as conn:
        assert not await index_rows.list_texts(conn, 1)


async def test_a_correction_is_found_by_its_words_at_once_and_not_by_the_old_ones(quiet):
    await push_english(quiet, "one", "harbour")
    await push_english(quiet, "one", "railway")
    assert (await search(quiet, "harbour")).items == []
    assert (await search(quiet, "railway")).items == ["one"]


@pytest.mark.parametrize(
    "hidden",
    [{"pubStatus": "withheld"}, {"embargoedUntil": "2026-11-26T23:00:00Z"}, {"expires": "2026-11-26T12:00:00Z"}],
)
async def test_what_is_hidden_later_is_gone_at_once(quiet, hidden):
    await push_english(quiet, "one", "harbour")
    assert (await search(quiet, "harbour")).items == ["one"]
    await push_english(quiet, "one", "harbour", **hidden)
    assert (await search(quiet, "harbour", by="admin")).items == []


async def test_an_embargo_and_an_end_are_kept_to_the_second(quiet, clock):
    await push_english(quiet, "one", "harbour", embargoedUntil="2026-11-26T12:30:00Z", expires="2026-11-26T13:00:00Z")
    for moment, items in (("12:29:59", []), ("12:30:00", ["one"]), ("12:59:57", ["one"]), ("13:00:00", [])):
        hour, minute, second = map(int, moment.split(":"))
        clock.now = clock.now.replace(hour=hour, minute=minute, second=second, microsecond=0)
        answer = await quiet.call("GET", "/v1/search?q=harbour")
        assert [hit["item"] for hit in answer.json["hits"]] == items, moment
        if moment == "12:59:57":
            assert answer.headers["Cache-Control"] == "public, max-age=2"


async def test_what_nobody_may_see_changes_no_answer(quiet, clock):
    """Neither what is found nor its order, snippet, cursor or header."""
    for number in range(4):
        await push_english(quiet, f"one-{number}", "harbour and harbour" if number % 2 else "harbours")
        clock.pass_time(seconds=1)
    paths = [
        f"/v1/search?q={asked}"
        for asked in ("harbour", "harbour&limit=2", "harb*&order=newest", "trade", "-sea+harbour")
    ]
    headers = {"X-Request-Id": "same"}
    before = [await quiet.call("GET", path, headers=headers) for path in paths]
    pages = [await quiet.call("GET", path.removeprefix("/v1"), headers=headers) for path in paths[:1]]
    for number in range(6):
        hidden = {"embargoedUntil": "2026-11-26T23:00:00Z"} if number % 2 else {"pubStatus": "withheld"}
        await push_english(quiet, f"secret-{number}", "harbour trade harbour sea", **hidden)
    for path, first in zip([*paths, paths[0].removeprefix("/v1")], [*before, *pages], strict=True):
        again = await quiet.call("GET", path, headers=headers)
        assert again.body == first.body
        for one in (first, again):
            one.headers.pop("Date")
        assert dict(again.headers) == dict(first.headers)


async def test_who_may_find_what_stands_in_a_private_channel(quiet):
    await push(
        quiet, "khazar-news", "one", "en", "The ministers will meet in the capital", f"<p>{ENGLISH} A harbour.</p>"
    )
    for by, feeds in (
        (None, {"world"}),
        ("demo-newsroom", {"world", "turkic"}),
        ("caravan-wire", {"world"}),
        ("admin", {"world", "turkic"}),
    ):
        [hit] = (await search(quiet, "harbour", by=by)).json["hits"]
        assert {feed.split("/")[-2] for feed in hit["feeds"]} == feeds, by
    assert (await search(quiet, "harbour", by="demo-newsroom", channel="turkic")).items == ["one"]
    answer = await quiet.call("GET", "/v1/search?q=harbour&channel=turkic", by="caravan-wire")
    assert answer.status == 403
    answer = await quiet.call("GET", "/v1/search?q=harbour", by="demo-newsroom")
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Vary"] == "Authorization"
    answer = await quiet.call("GET", "/v1/search?q=harbour")
    assert answer.headers["Cache-Control"] == "public, max-age=4"
    assert answer.headers["Vary"] == "Authorization"


async def test_where_only_the_headline_stands_no_word_of_the_body_finds_it(start, config):
    routes = tuple(route.model_copy(update={"held": "headline"}) for route in config.routes)
    unseen = config.translation.model_copy(update={"publish_unseen": ("publish",)})
    server = await start(config=config.model_copy(update={"routes": routes, "translation": unseen}))
    description = [{"value": "A short word about the lighthouse."}]
    await server.push(
        text=f"<p>{ENGLISH} In 1998 and 2004 they met 42 times in a harbour.</p>", descriptions=description
    )
    await server.settle()
    [hit] = (await search(server, "harbour")).json["hits"]
    assert [one["language"] for one in hit["languages"]] == ["en"]
    assert (await search(server, "harbour", language="az")).items == []
    [hit] = (await search(server, "lighthouse", language="az")).json["hits"]
    assert (hit["extent"], hit["freshness"]) == ("headline", "held")
    assert "harbour" not in "".join(piece["text"] for piece in hit["snippet"])
    found = await search(server, "harbour", by="admin", language="az")  # on the desk it stands whole
    assert found.json["hits"][0]["extent"] == "marked"


async def test_an_article_that_leaves_a_channel_leaves_its_search(quiet):
    subject = [{"name": "economy", "uri": "http://cv.iptc.org/newscodes/mediatopic/04000000"}]
    await push_english(quiet, "one", "harbour", subjects=subject)
    assert (await search(quiet, "harbour", channel="economy")).items == ["one"]
    await push_english(quiet, "one", "harbour")
    assert (await search(quiet, "harbour", channel="economy")).items == []
    assert (await search(quiet, "harbour")).items == ["one"]


# The index


async def test_a_text_that_stays_is_not_written_again(quiet):
    await push_english(quiet, "one", "harbour")
    async with quiet.app[DATABASE].read() as conn:
        before = await index_rows.list_texts(conn, 1)
    await push_english(quiet, "one", "harbour", urgency=1)
    async with quiet.app[DATABASE].read() as conn:
        assert await index_rows.list_texts(conn, 1) == before
    assert len(before) == 1


@pytest.mark.parametrize("state", ["", "0", "1 after 1"])
async def test_an_index_that_is_not_there_is_built_beside_all_else(quiet, start, state, monkeypatch):
    """Until it is there, search says so and guesses nothing."""
    for number in range(3):
        await push_english(quiet, f"one-{number}", "harbour")
    async with quiet.app[DATABASE].write() as conn:
        await save_meta(conn, STATE, state)
    answer = await quiet.call("GET", "/v1/search?q=harbour")
    assert answer.status == 503
    assert answer.headers["Retry-After"] == "5"
    monkeypatch.setattr(building, "AT_ONCE", 1)
    server = await start(with_worker=False)
    for _ in range(500):
        answer = await server.call("GET", "/v1/search?q=harbour")
        if answer.status == 200:
            break
        assert "being built" in answer.json["detail"]
        await asyncio.sleep(0.02)
    assert (await search(server, "harbour")).items == ["one-2", "one-1", "one-0"]


async def test_what_changes_while_the_index_is_built_is_in_it(quiet):
    for number in range(3):
        await push_english(quiet, f"one-{number}", "harbour")
    database = quiet.app[DATABASE]
    async with database.write() as conn:
        await save_meta(conn, STATE, "")
    assert await building.begin(database) == "building"
    async with database.write() as conn:
        assert await building.build_some(conn, 1)
    for number in range(3):
        await push_english(quiet, f"one-{number}", "railway")
    await push_english(quiet, "one-3", "railway")
    await building.build(database)
    assert len((await search(quiet, "railway")).items) == 4
    assert (await search(quiet, "harbour")).items == []


async def test_without_fts5_search_alone_is_refused(start, monkeypatch, tmp_path):
    monkeypatch.setattr("server.store.search.has_fts5", lambda conn: False)
    server = await start(with_worker=False)
    await push_english(server, "one", "harbour")
    answer = await server.call("GET", "/v1/search?q=harbour")
    assert answer.status == 503
    assert "FTS5" in answer.json["detail"]
    assert (await server.call("GET", "/feeds/world/en.atom")).status == 200
    monkeypatch.undo()
    server = await start(with_worker=False)
    for _ in range(500):
        if (await server.call("GET", "/v1/search?q=harbour")).status == 200:
            break
        await asyncio.sleep(0.02)
    assert (await search(server, "harbour")).items == ["one"]


# The page


@pytest.mark.parametrize("language", ["az", "en", "ru", "tr", "zh"])
async def test_the_page_speaks_each_language(server, language):
    await server.push(headline="A harbour & <coast> for the whole region")
    await server.settle()
    answer = await server.call("GET", f"/search?lang={language}&q=harbour")
    page = lxml_html.document_fromstring(answer.text)
    assert answer.status == 200
    assert page.get("lang") == language
    assert "form-action 'self'" in answer.headers["Content-Security-Policy"]
    assert page.xpath("//meta[@name='robots']/@content") == ["noindex"]
    [form] = page.xpath("//form[@role='search']")
    for field in form.xpath(".//input[@type!='hidden'] | .//select"):
        assert form.xpath(f".//label[@for='{field.get('id')}']")
    assert page.xpath("//mark/text()") == ["harbour"]
    [headline] = page.xpath("//h3")
    assert headline.text_content().strip() == "A harbour & <coast> for the whole region"
    assert not page.xpath("//coast")
    links = page.xpath("//main//li/p[@class='facts']//a/@hreflang")
    assert set(links) == {"az", "ru", "tr", "zh"}
    answer = await server.call("GET", f"/search?lang={language}&q=harbour&language=zh")
    assert lxml_html.document_fromstring(answer.text).xpath("//li//span[contains(@class, 'machine')]")


async def test_the_page_asks_and_says_what_cannot_be_looked_for(quiet):
    for path, status in (("/search", 200), ("/search?q=", 200), ("/search?q=-a", 400), ("/search?q=a&after=x", 400)):
        answer = await quiet.call("GET", path)
        assert answer.status == status
        assert 'role="search"' in answer.text
    assert "/search" in (await quiet.call("GET", "/")).text
    nothing = await quiet.call("GET", "/search?q=nothing&language=xx&order=odd")
    assert nothing.status == 200
    assert "Nothing was found" in nothing.text


async def test_the_page_leads_to_what_else_was_found(quiet):
    for number in range(23):
        await push_english(quiet, f"one-{number}", "harbour")
    page = lxml_html.document_fromstring((await quiet.call("GET", "/search?q=harbour")).text)
    [more] = page.xpath("//a[@rel='next']/@href")
    second = lxml_html.document_fromstring((await quiet.call("GET", more.removeprefix("https://karvan.example"))).text)
    titles = [[one.get("href") for one in each.xpath("//h3/a")] for each in (page, second)]
    assert [len(one) for one in titles] == [20, 3]
    assert not set(titles[0]) & set(titles[1])


async def test_a_long_text_is_found_by_its_last_word(quiet):
    text = f"<p>{ENGLISH * 700} They met in a harbour.</p>"
    await push(quiet, "caravan-wire", "one", "en", "The ministers will meet in the capital on Friday", text)
    assert (await search(quiet, "harbour")).items == ["one"]
