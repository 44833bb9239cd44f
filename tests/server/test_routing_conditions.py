"""Every condition, alone and combined: what it holds for; compiled, explained and slowly judged, it is the same."""

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.model import Article, Picture, Rendition, Subject
from server.config import Channel, Config, Exchange, Outlet, Route, When
from server.config.rules import Clock, Terms
from server.routing import decide
from server.routing.clocks import is_within
from server.routing.explaining import explain_decision, render_judgement
from server.routing.facts import Target, make_facts
from translators.glossary import Glossary, Term

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)  # a Thursday
LANGUAGES = ("az", "en", "ru", "tr", "zh")
OIL = Glossary((Term("oil", "term", {"en": ("oil",), "ru": ("нефть", "нефти"), "az": ("neft",), "zh": ("石油",)}),))
PICTURE = Picture(name="p", renditions=(Rendition(href="https://x.example/1.jpg"),))


def make_config(*routes: Route, conditions: Mapping[str, When] | None = None) -> Config:
    return Config(
        outlets={"north": Outlet(name="North", country="AZ"), "south": Outlet(name="South", country="GE")},
        exchanges={"inner": Exchange(name="Inner", members=("north",))},
        channels={"a": Channel(title={"en": "A"}), "b": Channel(title={"en": "B"})},
        conditions=conditions or {},
        rights={"closed": Terms(terms=("members only",), translate=False, territories=("AZ", "TR"))},
        routes=routes,
    )


def make_article(language: str = "en", headline: str = "Headline", **changes: Any) -> Article:
    return Article(language=language, headline=headline, **changes)


def read_when(**fields: Any) -> When:
    """As a file says it: `all`, `any`, `not`, `from` are words of Python."""
    return When.model_validate(fields)


def list_languages(when: When, article: Article, texts: Mapping[str, Target] | None = None, **known: Any) -> set[str]:
    """The languages in which a route with this condition takes the article; explained, it is the same."""
    config = make_config(Route(name="r", when=when, to=("a",)), conditions=known.pop("conditions", None))
    facts = make_facts(article, known.pop("outlet", "north"), config, **({"pushed_at": NOON} | known))
    decision, told = decide(facts, config, texts), explain_decision(facts, config, texts)
    found = {place.language for place in decision.destinations}
    assert found == set(told.judgements[0].languages)
    assert told.decision == decision
    return found


CASES = [
    # condition, article, holds?
    ({"text": "oil"}, {"body": "<p>The price of <b>oil</b> rises</p>"}, True),
    ({"text": "oil"}, {"description": "Oil is dear"}, True),
    ({"text": "oil"}, {"body": '<p class="oil">Nothing</p>'}, False),  # words of people, not of tags
    ({"keyword": "oil"}, {"body": "<p>oil</p>"}, False),  # the headline's
    ({"text": "correct*"}, {"body": "<p>A correction</p>"}, True),
    ({"text": "correct"}, {"body": "<p>A correction</p>"}, False),
    ({"text": "*"}, {"body": "<p>A correction</p>"}, False),
    ({"place": "Bakı"}, {"located": "BAKI, 26 noyabr"}, True),
    ({"place": "Bakı"}, {"located": "Berlin"}, False),
    ({"place": ["Berlin", "Bakı"]}, {"located": "Bakı"}, True),
    ({"ed_note": "correct*"}, {"ed_note": "CORRECTS the name in line 2"}, True),
    ({"ed_note": "correct*"}, {"ed_note": ""}, False),
    ({"urgency": "1-3"}, {"urgency": 3}, True),
    ({"urgency": "1-3"}, {"urgency": 4}, False),
    ({"urgency": [1, "4-5"]}, {"urgency": 5}, True),
    ({"urgency": "1-9"}, {}, False),
    ({"characters": {"min": 5, "max": 5}}, {"body": "<p>a b\n  c</p>"}, True),
    ({"characters": {"max": 4}}, {"body": "<p>a b\n  c</p>"}, False),
    ({"characters": {"min": 1}}, {}, False),
    ({"characters": {"max": 3}}, {"body": "<p>&amp;&lt;x</p>"}, True),
    ({"words": {"min": 4, "max": 4}}, {"body": "<p>The oil price rises</p>"}, True),
    ({"words": {"min": 5}}, {"body": "<p>The oil price rises</p>"}, False),
    ({"words": {"min": 6, "max": 6}}, {"body": "<p>油价上涨 AI 2</p>"}, True),  # a Chinese character is a word
    ({"has_pictures": True}, {"pictures": (PICTURE,)}, True),
    ({"has_pictures": True}, {}, False),
    ({"has_pictures": False}, {}, True),
    ({"permits": "translate"}, {}, True),
    ({"permits": "translate"}, {"usage_terms": "For MEMBERS only."}, False),
    ({"permits": ["translate", "cut"]}, {"usage_terms": "Members only"}, True),
    ({"territory": "US"}, {}, True),
    ({"territory": "US"}, {"usage_terms": "Members only"}, False),
    ({"territory": ["US", "TR"]}, {"usage_terms": "Members only"}, True),
    ({"all": [{"urgency": 1}, {"genre": "opinion"}]}, {"urgency": 1, "genres": ("Opinion",)}, True),
    ({"all": [{"urgency": 1}, {"genre": "opinion"}]}, {"urgency": 1}, False),
    ({"any": [{"urgency": 1}, {"genre": "opinion"}]}, {"urgency": 1}, True),
    ({"any": [{"urgency": 1}, {"genre": "opinion"}]}, {"urgency": 2}, False),
    ({"not": {"urgency": 1}}, {"urgency": 1}, False),
    ({"not": {"urgency": 1}}, {}, True),
    ({"not": {"urgency": 1, "genre": "opinion"}}, {"urgency": 1}, True),  # not all of it
    ({"outlet": "north", "not": {"any": [{"urgency": 1}, {"not": {"language": "en"}}]}}, {"urgency": 2}, True),
    ({"any": [{"outlet": "south"}, {"language": "en"}]}, {}, True),
    ({"any": [{"outlet": "south"}, {"language": "ru"}]}, {}, False),
    ({"not": {"exchange": "inner"}}, {}, False),
]


@pytest.mark.parametrize(("fields", "changes", "expected"), CASES, ids=str)
def test_a_condition_holds_for_what_it_says(fields: dict[str, Any], changes: dict[str, Any], expected: bool) -> None:
    found = list_languages(read_when(**fields), make_article(**changes))
    assert found == (set(LANGUAGES) if expected else set())


@pytest.mark.parametrize(
    ("language", "headline", "expected"),
    [
        ("ru", "Нефть подорожала", True),
        ("ru", "Цены на нефти", True),
        ("az", "Neft bahalaşıb", True),
        ("zh", "国际石油价格", True),
        ("en", "Oil rises", True),
        ("en", "Gas rises", False),
    ],
)
def test_a_keyword_is_found_in_every_language_that_the_glossary_has_it_in(
    language: str, headline: str, expected: bool
) -> None:
    article = make_article(language, headline)
    assert bool(list_languages(When(keyword="oil"), article, glossary=OIL)) is expected
    assert bool(list_languages(When(keyword="oil"), article)) is (language == "en" and expected)


TIMES = [
    # days, from, to, zone, moment (UTC), within?
    ([], "00:00", "00:00", "UTC", "2026-11-26T12:00", True),
    ([], "12:00", "13:00", "UTC", "2026-11-26T12:00", True),
    ([], "12:00", "13:00", "UTC", "2026-11-26T13:00", False),
    ([], "22:00", "06:00", "Asia/Baku", "2026-11-26T18:30", True),  # 22:30
    ([], "22:00", "06:00", "Asia/Baku", "2026-11-26T02:00", False),  # 06:00
    (["thu"], "22:00", "06:00", "UTC", "2026-11-27T05:59", True),  # Thursday's night goes on
    (["fri"], "22:00", "06:00", "UTC", "2026-11-27T05:59", False),
    (["fri"], "22:00", "06:00", "UTC", "2026-11-27T22:00", True),
    (["fri"], "00:00", "00:00", "Asia/Baku", "2026-11-26T20:00", True),  # it is Friday there
    (["thu"], "18:00", "00:00", "UTC", "2026-11-26T23:59", True),
    (["sun"], "02:00", "03:00", "Europe/Berlin", "2026-03-29T00:30", False),  # 01:30
    ([], "02:00", "03:00", "Europe/Berlin", "2026-03-29T01:30", False),  # the hour that there was not: it is 03:30
    ([], "02:00", "03:00", "Europe/Berlin", "2026-10-25T00:30", True),
    ([], "02:00", "03:00", "Europe/Berlin", "2026-10-25T01:30", True),  # the hour that came twice
]


@pytest.mark.parametrize(("days", "begin", "end", "zone", "moment", "expected"), TIMES)
def test_a_clock_is_that_of_its_zone(
    days: list[str], begin: str, end: str, zone: str, moment: str, expected: bool
) -> None:
    clock = Clock.model_validate({"days": days, "from": time.fromisoformat(begin), "to": end, "zone": zone})
    at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    assert is_within(clock, at) is expected
    assert bool(list_languages(When(time=clock), make_article(), pushed_at=at)) is expected


# Texts


TARGETS = {
    "az": Target("az", "outlet", "fresh", "people", held=False),
    "ru": Target("ru", "machine", "fresh", "draft", held=True),
    "tr": Target("tr", "edited", "stale", "people", held=False),
}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"target": ["az", "zh"]}, {"az", "zh"}),
        ({"origin": "machine"}, {"ru", "zh"}),  # zh is not there: it would be the machine's
        ({"origin": ["source", "outlet"]}, {"en", "az"}),
        ({"freshness": "stale"}, {"tr"}),
        ({"quality": "people"}, {"en", "az", "tr"}),
        ({"quality": "draft"}, {"ru"}),
        ({"held": True}, {"ru"}),
        ({"held": False}, {"en", "az", "tr"}),
        ({"not": {"held": True}}, {"en", "az", "tr"}),  # what is not known is neither
        ({"any": [{"held": True}, {"target": "zh"}]}, {"ru", "zh"}),
        ({"any": [{"urgency": 1}, {"held": True}]}, set(LANGUAGES)),
        ({"all": [{"urgency": 2}, {"held": True}]}, set()),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_what_asks_for_texts_is_decided_language_by_language(fields: dict[str, Any], expected: set[str]) -> None:
    assert list_languages(read_when(**fields), make_article(urgency=1), TARGETS) == expected


def test_a_text_that_might_be_good_enough_is_asked_for() -> None:
    config = make_config(
        Route(name="good", when=When(quality="publish"), to=("a",)),
        Route(name="people", when=When(origin="outlet"), to=("b",)),
    )
    facts = make_facts(make_article(), "north", config)
    assert decide(facts, config).machine_languages() == {"az", "ru", "tr", "zh"}
    assert decide(facts, config).destinations == ()
    good = {"ru": Target("ru", "machine", "fresh", "publish", held=False)}
    assert [(place.channel, place.language) for place in decide(facts, config, good).destinations] == [("a", "ru")]
    draft = {"ru": Target("ru", "machine", "fresh", "draft", held=False)}
    assert decide(facts, config, draft).destinations == ()
    assert "ru" in decide(facts, config, draft).machine_languages()  # made anew it may be better
    only = make_config(Route(name="people", when=When(origin="outlet"), to=("b",)))
    assert decide(make_facts(make_article(), "north", only), only).machine_languages() == set()


def test_a_stop_for_a_language_lets_the_others_go_on() -> None:
    config = make_config(
        Route(name="held", when=When(held=True), to=("a",), stop=True),
        Route(name="rest", to=("b",)),
    )
    facts = make_facts(make_article(), "north", config)
    places = [(place.channel, place.language) for place in decide(facts, config, TARGETS).destinations]
    assert places[0] == ("a", "ru")
    assert {language for channel, language in places if channel == "b"} == {"en", "az", "tr", "zh"}
    told = explain_decision(facts, config, TARGETS).judgements
    assert told[1].stopped == ("ru",)


# Named conditions and reasons


def test_a_named_condition_is_used_by_name() -> None:
    conditions = {"urgent": When(urgency=(1, 2)), "hot": read_when(any=[{"named": "urgent"}, {"genre": "flash"}])}
    for changes, expected in (({"urgency": 2}, True), ({"genres": ("Flash",)}, True), ({"urgency": 3}, False)):
        assert bool(list_languages(When(named="hot"), make_article(**changes), conditions=conditions)) is expected


def test_reasons_are_a_tree_of_what_was_wanted_and_what_is() -> None:
    conditions = {"urgent": When(urgency=(1, 2))}
    when = read_when(outlet="north", any=[{"named": "urgent"}, {"text": ["gas", "oil"]}], **{"not": {"held": True}})
    config = make_config(Route(name="r", when=when, to=("a",)), conditions=conditions)
    facts = make_facts(make_article(urgency=3, body="<p>No oil</p>"), "north", config)
    texts = {one: Target(one, "machine", "fresh", "draft", held=one == "ru") for one in ("az", "ru", "tr")}
    [judgement] = explain_decision(facts, config, texts).judgements
    assert list(render_judgement(judgement))[:18] == [
        "r: takes it in en, az, tr",
        "  en:",
        "    yes: all of these",
        "      yes: outlet is north",
        "      yes: any of these",
        "        no: condition 'urgent'",
        "          no: urgency is 3, wanted 1 or 2",
        "        yes: text 'oil' found",
        "      yes: not this",
        "        no: held is no, wanted yes",
        "  az:",
        "    yes: all of these",
        "      yes: outlet is north",
        "      yes: any of these",
        "        no: condition 'urgent'",
        "          no: urgency is 3, wanted 1 or 2",
        "        yes: text 'oil' found",
        "      yes: not this",
    ]
    assert "not known: held is not known before the text is made, wanted yes" in "\n".join(render_judgement(judgement))


# A slow second opinion


def holds(when: When, article: Article, target: Target, conditions: Mapping[str, When]) -> bool | None:
    """What docs/routing.md says, with None for what nobody knows."""
    answers = [*list_answers(when, article), *list_answers_of_text(when, target)]
    if when.named:
        answers.append(settle_any([holds(conditions[name], article, target, conditions) for name in when.named]))
    answers += [holds(part, article, target, conditions) for part in when.all_of]
    if when.any_of:
        answers.append(settle_any([holds(part, article, target, conditions) for part in when.any_of]))
    if when.no is not None:
        inner = holds(when.no, article, target, conditions)
        answers.append(None if inner is None else not inner)
    return False if any(one is False for one in answers) else None if None in answers else True


def list_answers(when: When, article: Article) -> list[bool | None]:
    answers: list[bool | None] = []
    if when.outlet:
        answers.append("north" in when.outlet)
    if when.language:
        answers.append(article.language in when.language)
    if when.urgency:
        answers.append(article.urgency in when.urgency)
    if when.text:
        answers.append(any(word in article.body.replace("<p>", "").replace("</p>", "").split() for word in when.text))
    if when.has_pictures is not None:
        answers.append(when.has_pictures == (len(article.pictures) > 0))
    if when.characters is not None:
        length = len(article.body.replace("<p>", "").replace("</p>", ""))
        answers.append((when.characters.min or 0) <= length <= (when.characters.max or 10**9))
    return answers


def list_answers_of_text(when: When, target: Target) -> list[bool | None]:
    answers: list[bool | None] = []
    if when.target:
        answers.append(target.language in when.target)
    if when.quality:
        answers.append(None if target.quality is None else target.quality in when.quality)
    if when.held is not None:
        answers.append(None if target.held is None else target.held == when.held)
    return answers


def settle_any(answers: list[bool | None]) -> bool | None:
    return True if any(one is True for one in answers) else None if None in answers else False


fields = st.fixed_dictionaries(
    {},
    optional={
        "outlet": st.sampled_from(("north", "south")),
        "language": st.lists(st.sampled_from(LANGUAGES), min_size=1, max_size=2, unique=True),
        "urgency": st.sampled_from((1, "1-3", [2, 5])),
        "text": st.lists(st.sampled_from(("oil", "gas", "talks")), min_size=1, max_size=2, unique=True),
        "has_pictures": st.booleans(),
        "characters": st.sampled_from(({"min": 5}, {"max": 5}, {"min": 3, "max": 8})),
        "target": st.lists(st.sampled_from(LANGUAGES), min_size=1, max_size=3, unique=True),
        "quality": st.sampled_from(("draft", ["people", "publish"])),
        "held": st.booleans(),
        "named": st.sampled_from(("one", ["one", "two"])),
    },
).filter(lambda given: len(given) < 4)
whens = st.recursive(
    fields,
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "all": st.lists(inner, min_size=1, max_size=2),
            "any": st.lists(inner, min_size=1, max_size=3),
            "not": inner,
            "urgency": st.sampled_from((1, "1-3")),
            "held": st.booleans(),
        },
    ),
    max_leaves=6,
).map(When.model_validate)
plain = fields.map(lambda given: When.model_validate({k: v for k, v in given.items() if k != "named"}))
routes = st.lists(
    st.builds(
        lambda when, to, stop, machine: {"when": when, "to": to, "stop": stop, "machine": machine},
        whens,
        st.sampled_from((("a",), ("b",), ("a", "b"))),
        st.booleans(),
        st.sampled_from(("publish", "off")),
    ),
    max_size=4,
)
texts = st.dictionaries(
    st.sampled_from(("az", "ru", "tr")),
    st.tuples(st.sampled_from(("draft", "publish", "people")), st.booleans()),
).map(
    lambda found: {
        tag: Target(tag, "outlet" if quality == "people" else "machine", "fresh", quality, held=held)
        for tag, (quality, held) in found.items()
    }
)
articles = st.builds(
    make_article,
    language=st.sampled_from(LANGUAGES),
    urgency=st.sampled_from((None, 1, 2, 5)),
    body=st.lists(st.sampled_from(("oil", "gas", "turmoil")), max_size=3).map(
        lambda words: f"<p>{' '.join(words)}</p>"
    ),
    pictures=st.sampled_from(((), (PICTURE,))),
)


@given(routes, articles, texts, plain, plain)
def test_compiled_explained_and_slowly_judged_decisions_are_the_same(
    found: list[dict[str, Any]], article: Article, there: dict[str, Target], one: When, two: When
) -> None:
    conditions = {"one": one, "two": two}
    config = make_config(*(Route(name=f"r{n}", **route) for n, route in enumerate(found)), conditions=conditions)
    facts = make_facts(article, "north", config, pushed_at=NOON)
    there.pop(article.language, None)
    decision = decide(facts, config, there)
    places, taken, possible = judge_slowly(config, article, there)
    assert {(place.channel, place.language): place.route for place in decision.destinations} == places
    told = explain_decision(facts, config, there)
    for route in config.routes:
        judged = [set(one.languages) for one in told.judgements if one.route == route.name]
        assert (judged or [set()])[0] == taken[route.name]
    off = {place.language for place in decision.destinations if place.machine != "off"}
    assert off <= decision.machine_languages() <= off | possible
    assert decide(facts, config, there) == decision


def judge_slowly(
    config: Config, article: Article, there: Mapping[str, Target]
) -> tuple[dict[tuple[str, str], str], dict[str, set[str]], set[str]]:
    places: dict[tuple[str, str], str] = {}
    taken: dict[str, set[str]] = {}
    possible: set[str] = set()
    stopped: set[str] = set()
    for route in config.routes:
        taken[route.name] = set()
        for language in LANGUAGES:
            if language == article.language:
                target = Target(language, "source", "fresh", "people", held=False)
            else:
                target = there.get(language, Target(language, "machine"))
            unmade = target if language == article.language else Target(language, "machine")
            if route.machine != "off" and holds(route.when, article, unmade, config.conditions) is not False:
                possible.add(language)
            if language not in stopped and holds(route.when, article, target, config.conditions):
                taken[route.name].add(language)
                for channel in route.to:
                    places.setdefault((channel, language), route.name)
        if route.stop:
            stopped |= taken[route.name]
    return places, taken, possible


def test_a_subject_below_the_wanted_one_counts_inside_of_other_conditions_too() -> None:
    when = read_when(any=[{"subject": "medtop:04000000"}, {"urgency": 1}])
    article = make_article(subjects=(Subject(name="", code="medtop:20000349"),))
    assert list_languages(when, article)
