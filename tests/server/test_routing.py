"""Routing is a pure function: golden decisions of the sample, every condition, and a slow second opinion."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.model import Article, Subject
from server.config import Channel, Config, Exchange, Languages, Outlet, Route, When
from server.configfile import parse_config
from server.mediatopics import ancestors
from server.routing import Decision, decide
from server.routing.explaining import Judgement, explain_decision
from server.routing.facts import make_facts
from server.routing.words import fold

ALL = ("az", "en", "ru", "tr", "zh")
ECONOMY, CULTURE = "medtop:04000000", "medtop:01000000"
TRADE = "medtop:20000349"  # under economy


@pytest.fixture(scope="module")
def sample() -> Config:
    return parse_config((Path(__file__).parents[2] / "config.toml").read_text())


def make_config(*routes: Route) -> Config:
    """Two outlets, an exchange in four languages, three channels."""
    return Config(
        outlets={"north": Outlet(name="North", country="AZ"), "south": Outlet(name="South", country="GE")},
        exchanges={"inner": Exchange(name="Inner", members=("north",), languages=("az", "tr", "ru", "en"))},
        channels={
            "a": Channel(title={"en": "A"}),
            "b": Channel(title={"en": "B"}),
            "inner": Channel(title={"en": "Inner"}, access="members", exchange="inner"),
        },
        routes=routes,
    )


def make_article(headline: str = "Headline", language: str = "en", **changes: Any) -> Article:
    return Article(language=language, headline=headline, **changes)


def route(config: Config, article: Article, outlet: str = "north") -> Decision:
    return decide(make_facts(article, outlet, config), config)


def judge(config: Config, article: Article, outlet: str = "north") -> Sequence[Judgement]:
    return explain_decision(make_facts(article, outlet, config), config).judgements


def list_places(decision: Decision) -> dict[str, tuple[str, ...]]:
    """Channel → languages, in the order of the decision."""
    found: dict[str, tuple[str, ...]] = {}
    for place in decision.destinations:
        found[place.channel] = (*found.get(place.channel, ()), place.language)
    return found


def is_matched(article: Article, when: When, outlet: str = "north") -> bool:
    return judge(make_config(Route(name="r", when=when, to=("a",))), article, outlet)[0].matched


# Golden


GOLDEN = {
    # (outlet, language, Media Topic): channel → languages
    ("khazar-news", "az", TRADE): {
        "economy": ("az", "en", "ru", "tr", "zh"),
        "turkic": ("az", "tr", "ru", "en"),
        "world": ("az", "en", "ru", "tr", "zh"),
    },
    ("khazar-news", "en", None): {"turkic": ("en", "az", "tr", "ru"), "world": ("en", "az", "ru", "tr", "zh")},
    ("bosphorus-post", "tr", CULTURE): {
        "culture": ("tr", "az", "en", "ru", "zh"),
        "turkic": ("tr", "az", "ru", "en"),
        "world": ("tr", "az", "en", "ru", "zh"),
    },
    ("steppe-herald", "ru", None): {"turkic": ("ru", "az", "tr", "en"), "world": ("ru", "az", "en", "tr", "zh")},
    ("silk-road-daily", "zh", ECONOMY): {
        "economy": ("zh", "az", "en", "ru", "tr"),
        "world": ("zh", "az", "en", "ru", "tr"),
    },
    ("caravan-wire", "en", None): {"world": ("en", "az", "ru", "tr", "zh")},
}


@pytest.mark.parametrize("case", GOLDEN, ids=str)
def test_the_sample_sends_articles_where_it_says(sample: Config, case: tuple[str, str, str | None]) -> None:
    outlet, language, topic = case
    subjects = (Subject(name="topic", code=topic),) if topic else ()
    decision = route(sample, make_article(language=language, subjects=subjects), outlet)
    assert list_places(decision) == GOLDEN[case]
    assert decision.machine_languages() == frozenset(ALL)
    assert not any(decision.is_held(tag) for tag in ALL)
    judged = judge(sample, make_article(language=language, subjects=subjects), outlet)
    assert [one.route for one in judged] == ["economy", "culture", "turkic members", "everything"]
    assert {place.held for place in decision.destinations if place.channel == "world"} == {"mark"}
    assert {place.held for place in decision.destinations if place.channel != "world"} <= {"wait"}


# Conditions


def test_the_topic_of_the_golden_decisions_lies_under_economy() -> None:
    assert ECONOMY in ancestors(TRADE)
    assert TRADE != ECONOMY


MATCHES = [
    # condition, article, met?
    (When(outlet="north"), {}, True),
    (When(outlet="south"), {}, False),
    (When(outlet=("south", "north")), {}, True),
    (When(exchange="inner"), {}, True),
    (When(country="AZ"), {}, True),
    (When(country=("GE", "TR")), {}, False),
    (When(language="en"), {}, True),
    (When(language="az"), {}, False),
    (When(urgency=1), {"urgency": 1}, True),
    (When(urgency=(1, 2)), {"urgency": 3}, False),
    (When(urgency=5), {}, False),  # not given is not "normal"
    (When(genre="Analysis"), {"genres": ("analysis",)}, True),
    (When(genre="analysis"), {"genres": ("Analysis", "Opinion")}, True),
    (When(genre="analysis"), {}, False),
    (When(subject=ECONOMY), {"subjects": (Subject(name="", code=TRADE),)}, True),
    (When(subject=ECONOMY), {"subjects": (Subject(name="", code=ECONOMY),)}, True),
    (When(subject=TRADE), {"subjects": (Subject(name="", code=ECONOMY),)}, False),  # what is above does not count
    (When(subject=ECONOMY), {"subjects": (Subject(name=ECONOMY),)}, False),  # a keyword that looks like a code
    (When(subject=CULTURE), {"subjects": (Subject(name="", code=TRADE),)}, False),
    (When(subject=(CULTURE, ECONOMY)), {"subjects": (Subject(name="", code=TRADE),)}, True),
    (When(keyword="oil"), {"subjects": (Subject(name="Oil"),)}, True),
    (When(keyword="oil"), {"subjects": (Subject(name="Oil prices"),)}, False),  # a keyword counts as a whole
    (When(outlet="north", language="en", urgency=1), {"urgency": 1}, True),
    (When(outlet="north", language="en", urgency=1), {"urgency": 2}, False),  # all must hold
    (When(), {}, True),
]


@pytest.mark.parametrize(("when", "changes", "expected"), MATCHES, ids=str)
def test_a_condition_holds_when_any_of_its_values_does(when: When, changes: dict[str, Any], expected: bool) -> None:
    assert is_matched(make_article(**changes), when) is expected


def test_an_outlet_that_is_no_member_is_not_in_the_exchange() -> None:
    assert not is_matched(make_article(), When(exchange="inner"), outlet="south")


KEYWORDS = [
    # language, headline, keyword, found?
    ("en", "Oil prices rise again", "oil", True),
    ("en", "OIL PRICES RISE", "Oil", True),
    ("en", "The turmoil goes on", "oil", False),
    ("en", "A foiled plan", "oil", False),
    ("en", "U.S. and China talk (again)", "U.S.", True),
    ("en", "He pays 3.5 million", "3x5", False),
    ("tr", "İSTANBUL'DA YENİ KÖPRÜ", "İstanbul", True),
    ("tr", "İstanbul'da yeni köprü", "istanbul", True),
    ("tr", "ISPARTA'DA GÜL HASADI", "Isparta", True),
    ("tr", "Isparta'da gül hasadı", "ısparta", True),
    ("tr", "IRMAK TAŞTI", "ırmak", True),
    ("tr", "Yeni adım", "ad", False),
    ("az", "QIZIL BAHALAŞIB", "qızıl", True),
    ("az", "Qızıl bahalaşıb", "QIZIL", True),
    ("az", "XƏZƏRİN SƏVİYYƏSİ", "səviyyəsi", True),
    ("az", "Xəzərin səviyyəsi", "Xəzər", False),  # whole words
    ("az", "Xəzər dayazlaşır", "xəzər", True),
    ("ru", "НЕФТЬ ПОДОРОЖАЛА", "нефть", True),
    ("ru", "Нефтьегаз", "нефть", False),
    ("ru", "Новый район", "НОВЫЙ", True),
    ("ru", "Новый район", "новыи\u0306", True),  # й typed as two characters
    ("zh", "里海水位继续下降", "水位", True),
    ("zh", "里海水位继续下降", "海水位继", True),
    ("zh", "里海水位继续下降", "油价", False),
    ("zh", "国产AI芯片发布", "AI芯片", True),
    ("zh", "国产ＡＩ芯片发布", "ai芯片", True),
]  # fmt: skip


@pytest.mark.parametrize(("language", "headline", "keyword", "expected"), KEYWORDS)
def test_a_keyword_is_found_as_a_word_of_the_headline(
    language: str, headline: str, keyword: str, expected: bool
) -> None:
    assert is_matched(make_article(headline, language), When(keyword=keyword)) is expected


@pytest.mark.parametrize(("language", "word"), [("tr", "İstanbul"), ("az", "QIZIL"), ("ru", "Нефть"), ("zh", "水位")])
def test_a_free_keyword_is_found_whatever_its_case(language: str, word: str) -> None:
    for spelled in (word, word.lower(), word.upper()):
        article = make_article(language=language, subjects=(Subject(name=spelled),))
        assert is_matched(article, When(keyword=word)), spelled


# Order


def test_an_upper_route_decides_where_two_send_an_article_to_one_place() -> None:
    config = make_config(
        Route(name="upper", to=("a",), languages=("az",), machine="off"),
        Route(name="lower", to=("a", "b"), machine="publish", held="publish"),
    )
    decision = route(config, make_article())
    by_place = {(place.channel, place.language): place for place in decision.destinations}
    assert by_place["a", "az"].route == by_place["a", "en"].route == "upper"
    assert (by_place["a", "az"].machine, by_place["a", "az"].held) == ("off", "wait")
    assert by_place["a", "tr"].route == by_place["b", "az"].route == "lower"
    assert len(by_place) == len(decision.destinations) == 10


def test_no_route_below_a_stop_sees_the_article() -> None:
    config = make_config(
        Route(name="urgent", when=When(urgency=1), to=("a",), stop=True), Route(name="rest", to=("b",))
    )
    urgent, calm = route(config, make_article(urgency=1)), route(config, make_article(urgency=2))
    assert list(list_places(urgent)) == ["a"]
    assert [one.route for one in judge(config, make_article(urgency=1))] == ["urgent"]
    assert list(list_places(calm)) == ["b"]  # a stop that does not match stops nothing
    assert [one.route for one in judge(config, make_article(urgency=2))] == ["urgent", "rest"]


def test_a_channel_of_an_exchange_has_the_languages_of_the_exchange() -> None:
    config = make_config(Route(name="r", to=("inner", "a")))
    assert list_places(route(config, make_article())) == {
        "inner": ("en", "az", "tr", "ru"),
        "a": ("en", "az", "ru", "tr", "zh"),
    }


def test_an_article_stands_nowhere_in_a_language_in_which_there_is_no_feed() -> None:
    config = make_config(Route(name="r", to=("inner",)))
    assert list_places(route(config, make_article(language="zh"))) == {"inner": ("az", "tr", "ru", "en")}


def test_the_source_language_needs_no_mention() -> None:
    config = make_config(Route(name="r", to=("a",), languages=("tr",)))
    assert list_places(route(config, make_article(language="ru"))) == {"a": ("ru", "tr")}


def test_machine_versions_are_made_where_one_route_wants_them_and_held_where_all_hold_them() -> None:
    config = make_config(
        Route(name="off", to=("a",), languages=("az", "tr", "ru"), machine="off"),
        Route(name="hold", to=("b",), languages=("tr", "ru"), machine="hold"),
        Route(name="publish", to=("inner",), languages=("ru",)),
    )
    decision = route(config, make_article())
    assert decision.machine_languages() == {"tr", "ru", "en"}  # en: a destination that would take one
    assert decision.is_held("tr")
    assert decision.is_held("az")
    assert not decision.is_held("ru")


def test_an_article_that_no_route_takes_goes_nowhere_and_every_route_says_why() -> None:
    config = make_config(Route(name="r", when=When(urgency=1, outlet="south"), to=("a",)))
    decision = route(config, make_article())
    assert decision.destinations == ()
    assert judge(config, make_article())[0].reasons == (
        "outlet is north, wanted south",
        "urgency is not given, wanted 1",
    )


def test_reasons_are_readable() -> None:
    when = When(outlet="north", subject=(CULTURE, ECONOMY), keyword=("gas", "oil"), genre=("Opinion",))
    config = make_config(Route(name="r", when=when, to=("a",)), Route(name="all", to=("b",)))
    subjects = (Subject(name="", code=TRADE),)
    judged = judge(config, make_article("Oil is dear", subjects=subjects, genres=("Opinion",)))
    assert judged[0].reasons == (
        "outlet is north",
        f"subject is {ECONOMY}",
        "genre is opinion",
        "keyword 'oil' found",
    )
    assert judged[1].reasons == ("takes every article",)


# A second opinion


def evaluate(
    config: Config, article: Article, outlet: str
) -> tuple[list[tuple[str, str, str]], list[tuple[str, bool]]]:
    """What CONTRACT §1 and config.toml say, word by word: (channel, language, route) and which routes matched."""
    places: list[tuple[str, str, str]] = []
    judged = []
    for one in config.routes:
        taken = takes(one.when, config, article, outlet)
        judged.append((one.name, taken))
        for channel in one.to if taken else ():
            exchange = config.channels[channel].exchange
            for language in config.exchanges[exchange].languages if exchange else config.languages.configured:
                wanted = language == article.language or "*" in one.languages or language in one.languages
                if wanted and not any(place[:2] == (channel, language) for place in places):
                    places.append((channel, language, one.name))
        if taken and one.stop:
            break
    return sorted(places), judged


def takes(when: When, config: Config, article: Article, outlet: str) -> bool:
    genres = {genre.lower() for genre in article.genres}
    return all([
        not when.outlet or outlet in when.outlet,
        not when.exchange or any(outlet in config.exchanges[name].members for name in when.exchange),
        not when.country or config.outlets[outlet].country in when.country,
        not when.language or article.language in when.language,
        not when.subject or any(is_under(one.code, code) for one in article.subjects for code in when.subject),
        not when.urgency or article.urgency in when.urgency,
        not when.genre or any(genre.lower() in genres for genre in when.genre),
        not when.keyword or any(is_said(word, article) for word in when.keyword),
    ])  # fmt: skip


def is_under(code: str | None, topic: str) -> bool:
    return code is not None and (code == topic or topic in ancestors(code))


def is_said(word: str, article: Article) -> bool:
    words = re.findall(r"\w+", article.headline.lower())
    return word.lower() in words or any(subject.name.lower() == word.lower() for subject in article.subjects)


def maybe(values: Sequence[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.just(()) | st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True).map(tuple)


WORDS = ("oil", "gas", "Talks", "нефть")
conditions = st.builds(
    lambda **fields: When(**{name: value for name, value in fields.items() if value}),
    outlet=maybe(("north", "south")),
    exchange=maybe(("inner",)),
    country=maybe(("AZ", "GE")),
    language=maybe(ALL),
    subject=maybe((ECONOMY, CULTURE, TRADE)),
    keyword=maybe(WORDS),
    urgency=maybe((1, 2, 5)),
    genre=maybe(("opinion", "Analysis")),
)
routes = st.lists(
    st.builds(
        Route,
        name=st.just("r"),
        when=st.just(When()) | conditions,
        to=st.lists(st.sampled_from(("a", "b", "inner")), min_size=1, max_size=3, unique=True).map(tuple),
        languages=st.just(("*",)) | st.lists(st.sampled_from(ALL), max_size=3, unique=True).map(tuple),
        machine=st.sampled_from(("publish", "hold", "off")),
        stop=st.booleans(),
    ),
    max_size=5,
).map(lambda found: [one.model_copy(update={"name": f"r{number}"}) for number, one in enumerate(found)])
articles = st.builds(
    make_article,
    headline=st.lists(st.sampled_from((*WORDS, "turmoil", "of", "TALKS")), max_size=3).map(" ".join),
    language=st.sampled_from(ALL),
    urgency=st.sampled_from((None, 1, 2, 5)),
    genres=maybe(("Opinion", "analysis")),
    subjects=st.lists(
        st.sampled_from(
            [
                Subject(name="", code=TRADE),
                Subject(name="", code=CULTURE),
                Subject(name="Oil"),
                Subject(name="oil talks"),
            ]
        ),
        max_size=2,
    ).map(tuple),
)


@given(routes, articles, st.sampled_from(("north", "south")))
def test_decisions_equal_those_of_a_slow_evaluator(found: list[Route], article: Article, outlet: str) -> None:
    config = make_config(*found)
    decision = route(config, article, outlet)
    places, judged = evaluate(config, article, outlet)
    assert sorted((place.channel, place.language, place.route) for place in decision.destinations) == places
    told = judge(config, article, outlet)
    assert [(one.route, one.matched) for one in told] == judged
    assert all(one.reasons and all(one.reasons) for one in told)
    assert decision == route(config, article, outlet)


@given(st.text(alphabet="iIıİaAəƏяЯ水 \u0307", max_size=8))
def test_folding_forgets_case_and_is_done_once(text: str) -> None:
    assert fold(text.upper()) == fold(text.lower()) == fold(text)
    assert fold(fold(text)) == fold(text)


def test_configured_languages_are_those_of_a_channel_without_an_exchange() -> None:
    config = make_config(Route(name="r", to=("a",))).model_copy(
        update={"languages": Languages(configured=("en", "fr"), pivot="en")}
    )
    assert list_places(route(config, make_article())) == {"a": ("en", "fr")}
