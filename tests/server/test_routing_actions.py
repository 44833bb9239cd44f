"""What routes do besides sending: without channels, desks, labels, urgency, embargo, rights, policies of exchanges."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from feeds.model import Article
from server.config import Channel, Config, Exchange, Outlet, Route, When
from server.config.rules import Embargo, Grant, Obligations, RightsLimits, Terms
from server.routing import Decision, decide
from server.routing.balance import Share, make_balance
from server.routing.clocks import find_end
from server.routing.facts import Target, make_facts

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def make_config(*routes: Route, rights: dict[str, Terms] | None = None, **exchange: Any) -> Config:
    return Config(
        outlets={
            "north": Outlet(name="North", country="AZ"),
            "south": Outlet(name="South", country="GE"),
            "east": Outlet(name="East", country="AZ"),
        },
        exchanges={"inner": Exchange(**({"name": "Inner", "members": ("north", "south", "east")} | exchange))},
        channels={
            "a": Channel(title={"en": "A"}),
            "inner": Channel(title={"en": "I"}, access="members", exchange="inner"),
            "night-desk": Channel(title={"en": "D"}, access="admins", shows="held"),
        },
        rights=rights or {},
        routes=routes,
    )


def run(config: Config, outlet: str = "north", pushed_at: datetime | None = NOON, **changes: Any) -> Decision:
    article = Article(**({"language": "en", "headline": "H"} | changes))
    return decide(make_facts(article, outlet, config, pushed_at=pushed_at), config)


TO_A = Route(name="a", to=("a",))


def test_a_route_without_channels_says_something_of_the_article_wherever_it_goes() -> None:
    config = make_config(
        TO_A,
        Route(name="urgent", when=When(urgency=1), labels=("Flash", "Now"), urgency=2, desk="night-desk"),
        Route(name="more", to=("inner",), labels=("Inner", "Now"), urgency=4),
    )
    places = {(place.channel, place.language): place for place in run(config, urgency=1).destinations}
    assert places["a", "en"].labels == ("Flash", "Now")
    assert places["inner", "az"].labels == ("Inner", "Now", "Flash")
    assert (places["a", "en"].urgency, places["inner", "en"].urgency) == (2, 4)  # what is first said stands
    assert run(config, urgency=1).get_urgency("en") == 2
    assert run(config, urgency=1).list_desks("az") == {"night-desk"}
    assert run(config, urgency=2).get_urgency("az") == 4
    assert run(config, urgency=2).list_desks("az") == frozenset()


def test_a_route_without_channels_that_asks_for_texts_speaks_of_those() -> None:
    config = make_config(TO_A, Route(name="people", when=When(quality="people"), labels=("By people",)))
    facts = make_facts(Article(language="en", headline="H"), "north", config)
    texts = {"az": Target("az", "outlet", "fresh", "people", held=False)}
    labelled = {place.language for place in decide(facts, config, texts).destinations if place.labels}
    assert labelled == {"en", "az"}


def test_a_stop_without_channels_drops_an_article() -> None:
    config = make_config(Route(name="drop", when=When(genre="advert"), stop=True), TO_A)
    assert run(config, genres=("Advert",)).destinations == ()
    assert run(config, genres=("Advert",)).machine_languages() == frozenset()
    assert len(run(config).destinations) == 5


@pytest.mark.parametrize(
    ("embargo", "end"),
    [
        (Embargo(minutes=90), "2026-11-26T13:30"),
        (Embargo(until=time(18), zone="Asia/Baku"), "2026-11-26T14:00"),
        (Embargo(until=time(15), zone="Asia/Baku"), "2026-11-27T11:00"),  # it is 16:00 there: tomorrow's
        (Embargo(until=time(16), zone="Asia/Baku"), "2026-11-26T12:00"),  # now
        (Embargo(minutes=180, until=time(14)), "2026-11-26T15:00"),  # the later
    ],
)
def test_an_embargo_ends_so_long_after_the_push_or_when_the_clock_shows_it(embargo: Embargo, end: str) -> None:
    assert find_end(embargo, NOON) == datetime.fromisoformat(end).replace(tzinfo=UTC)
    decision = run(make_config(Route(name="a", to=("a",), embargo=embargo)))
    assert {place.opens_at for place in decision.destinations} == {find_end(embargo, NOON)}


def test_the_longest_of_several_embargoes_counts() -> None:
    config = make_config(
        Route(name="a", to=("a",), embargo=Embargo(minutes=10)), Route(name="all", embargo=Embargo(minutes=60))
    )
    assert {place.opens_at for place in run(config).destinations} == {NOON + timedelta(hours=1)}
    assert run(config).find_opening(NOON) == NOON + timedelta(hours=1)
    assert run(config).find_opening(NOON + timedelta(hours=1)) is None


# Rights


def test_what_may_not_be_translated_is_not() -> None:
    config = make_config(TO_A, rights={"no": Terms(terms=("no translation",), translate=False)})
    decision = run(config, usage_terms="Strictly NO translation!")
    assert decision.machine_languages() == {"en"}  # its own
    assert {place.machine for place in decision.destinations if place.language != "en"} == {"off"}
    assert run(config, usage_terms="No  rights").machine_languages() == {"az", "en", "ru", "tr", "zh"}


def test_what_may_not_be_cut_is_not_shown_as_a_headline() -> None:
    route = Route(name="a", to=("a",), held="headline")
    config = make_config(route, Route(name="whole", when=When(urgency=1), rights=RightsLimits(cut=False)))
    assert {place.held for place in run(config, urgency=1).destinations} == {"wait"}
    assert {place.held for place in run(config).destinations} == {"headline"}


def test_limits_of_article_and_routes_add_up() -> None:
    config = make_config(
        Route(name="a", to=("a",), rights=RightsLimits(territories=("AZ", "TR"), days=30)),
        Route(name="all", rights=RightsLimits(not_in=("US",), until=date(2026, 12, 1))),
        rights={"x": Terms(terms=("turkic",), territories=("TR", "KZ"), languages=("tr", "az"))},
    )
    decision = run(config, usage_terms="Turkic world", language="ru")
    assert {place.language for place in decision.destinations} == {"ru", "tr", "az"}
    [rights] = {place.rights for place in decision.destinations}
    assert (rights.territories, rights.not_in) == ({"TR"}, {"US"})
    assert rights.until == datetime(2026, 12, 2, tzinfo=UTC)  # the first of December is in


# Exchanges


def test_an_exchange_has_routes_of_its_own_for_its_members_after_the_general_ones() -> None:
    own = (
        Route(name="first", when=When(urgency=1), to=("inner",), languages=("az",), stop=True),
        Route(name="rest", to=("inner",)),
    )
    config = make_config(TO_A, members=("north",), routes=own)
    places = [(place.channel, place.language, place.route) for place in run(config, urgency=1).destinations]
    assert places[5:] == [("inner", "en", "inner: first"), ("inner", "az", "inner: first")]
    assert {place.channel for place in run(config).destinations} == {"a", "inner"}
    assert {place.channel for place in run(config, outlet="south").destinations} == {"a"}
    stopped = make_config(Route(name="a", to=("a",), stop=True), routes=own)
    assert {place.channel for place in run(stopped).destinations} == {"a"}  # a general stop ends everything


def test_a_stop_of_an_exchange_does_not_end_anothers_routes() -> None:
    config = make_config(TO_A, routes=(Route(name="none", stop=True), Route(name="never", to=("inner",))))
    other = Exchange(name="Other", members=("north",), routes=(Route(name="o", to=("other",)),))
    config = config.model_copy(
        update={
            "exchanges": {**config.exchanges, "other": other},
            "channels": {**config.channels, "other": Channel(title={}, access="members", exchange="other")},
        }
    )
    assert {place.channel for place in run(config).destinations} == {"a", "other"}


def test_an_exchange_says_what_routes_to_its_channels_do_not() -> None:
    routes = (Route(name="inner", to=("inner", "a")), Route(name="other", to=("a",), machine="off"))
    config = make_config(*routes, machine="hold", held="wait")
    by_channel = {place.channel: place.machine for place in run(config).destinations}
    assert by_channel == {"inner": "hold", "a": "publish"}
    config = make_config(Route(name="inner", to=("inner",), machine="publish"), machine="hold")
    assert {place.machine for place in run(config).destinations} == {"publish"}


@pytest.mark.parametrize(
    ("pushed_at", "expected"),
    [
        ("2026-11-25T19:59", False),
        ("2026-11-25T20:00", True),  # midnight in Baku
        ("2026-11-30T19:59", True),
        ("2026-11-30T20:00", False),
    ],
)
def test_an_exchange_has_a_first_and_a_last_day(pushed_at: str, expected: bool) -> None:
    config = make_config(
        Route(name="r", when=When(exchange="inner"), to=("inner",)),
        starts=date(2026, 11, 26),
        ends=date(2026, 11, 30),
        zone="Asia/Baku",
    )
    at = datetime.fromisoformat(pushed_at).replace(tzinfo=UTC)
    assert bool(run(config, pushed_at=at).destinations) is expected


def test_the_balance_counts_what_each_gave_and_what_it_could_take() -> None:
    config = make_config(obligations=Obligations(articles=5), grants=(Grant(reader=("south",), of=("north",)),))
    balance = make_balance("inner", {"north": 7, "south": 2, "stranger": 9}, config)
    assert balance.by_outlet == {
        "north": Share(given=7, taken=2, owed=5),
        "south": Share(given=2, taken=7, owed=5),
        "east": Share(given=0, taken=9, owed=5),
    }
    assert [share.missing for share in balance.by_outlet.values()] == [0, 3, 5]
    assert balance.by_country["AZ"] == Share(given=7, taken=11, owed=10)
