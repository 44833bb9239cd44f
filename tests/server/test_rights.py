"""Rights: policies in RightsML, usage terms, and who sees what of them at the gate."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.model import Article
from server.config import Config
from server.configfile import parse_config
from server.routing.odrl import UnclearPolicy, parse_policy
from server.routing.rights import ANY_RIGHTS, Rights, combine, dump_rights, load_rights, read_rights, why_refused

StartServer = Callable[..., Any]


def policy(**rules: Any) -> str:
    return orjson.dumps(
        {"@context": "http://www.w3.org/ns/odrl.jsonld", "@type": "Set", "uid": "x:1", **rules}
    ).decode()


def where(operator: str, *values: str, left: str = "spatial") -> dict[str, Any]:
    return {"leftOperand": left, "operator": operator, "rightOperand": values[0] if len(values) == 1 else list(values)}


UNDERSTOOD = [
    ({"permission": {"action": "use"}}, {}),
    ({"permission": [{"action": "distribute"}]}, {"translate": False, "cut": False, "archive": False}),
    ({"permission": [{"action": ["distribute", "translate"]}]}, {"cut": False, "archive": False}),
    ({"permission": [{"action": "distribute"}, {"action": "derive"}]}, {"archive": False}),
    ({"permission": {"action": "odrl:use", "constraint": where("eq", "AZ")}}, {"territories": {"AZ"}}),
    (
        {"permission": {"action": "use", "constraint": [where("isAnyOf", "iso3166-1a3:AZE", "http://x.example/TUR")]}},
        {"territories": {"AZ", "TR"}},
    ),
    ({"permission": {"action": "use", "constraint": where("isNoneOf", "US", "CN")}}, {"not_in": {"US", "CN"}}),
    (
        {"permission": {"action": "use", "constraint": where("isAnyOf", "tr", "az", left="language")}},
        {"languages": {"tr", "az"}},
    ),
    (
        {
            "permission": {
                "action": "use",
                "constraint": where("lt", "2027-01-01T00:00:00Z", left="odrl:dateTime"),
                "duty": {"action": "attribute"},
            }
        },
        {"until": datetime(2027, 1, 1, tzinfo=UTC)},
    ),
    (
        {"permission": [{"action": "use", "constraint": where("eq", country)} for country in ("AZ", "TR")]},
        {"territories": {"AZ", "TR"}},
    ),
    ({"prohibition": {"action": "translate"}}, {"translate": False}),
    ({"prohibition": [{"action": {"@id": "odrl:modify"}}, {"action": "archive"}]}, {"cut": False, "archive": False}),
    ({"prohibition": {"action": "distribute", "constraint": where("eq", "US")}}, {"not_in": {"US"}}),
    ({"permission": {"action": "use"}, "prohibition": {"action": "translate"}}, {"translate": False}),
]


@pytest.mark.parametrize(("rules", "limits"), UNDERSTOOD, ids=[str(rules) for rules, _ in UNDERSTOOD])
def test_a_policy_permits_what_it_says(rules: dict[str, Any], limits: dict[str, Any]) -> None:
    found = parse_policy(policy(**rules))
    free = Rights()
    for name in ("translate", "cut", "archive", "territories", "not_in", "languages", "until"):
        assert getattr(found, name) == limits.get(name, getattr(free, name)), name


UNCLEAR = [
    "no JSON",
    "[]",
    policy(),
    policy(permission={"action": "translate"}),  # of what, if it may not be used
    policy(permission={"action": "launch"}),
    policy(permission={}),
    policy(permission="use"),
    policy(permission={"action": "use", "constraint": where("gt", "5", left="payAmount")}),
    policy(permission={"action": "use", "constraint": where("eq", "Atlantis")}),
    policy(permission={"action": "use", "constraint": where("lt", "soon", left="dateTime")}),
    policy(permission={"action": "use", "constraint": where("eq", "??", left="language")}),
    policy(permission={"action": "use", "constraint": [5]}),
    policy(permission={"action": "use", "duty": {"action": "compensate"}}),
    policy(permission={"action": "use", "refinement": {}}),
    policy(permission={"action": "use"}, obligation={"action": "inform"}),
    policy(prohibition={"action": "use"}),
    policy(prohibition={"action": "translate", "constraint": where("eq", "US")}),
    policy(permission=[{"action": "use"}] * 101),
    policy(permission={"action": "use"}, extra=1),
    "{" + " " * 200_000,
]


@pytest.mark.parametrize("text", UNCLEAR, ids=lambda text: text[80:160])
def test_what_is_not_understood_is_not_guessed(text: str) -> None:
    with pytest.raises(UnclearPolicy):
        parse_policy(text)
    if text.startswith("{"):
        rights = read_rights(Article(language="en", headline="H", rights_info=text), {}, None)
        assert not rights.permits("translate")
        assert "nobody can say what its rights permit" in why_refused(rights, "AZ")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(("use", "AZ", "spatial", "eq", "translate", "")),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                (
                    "permission",
                    "prohibition",
                    "action",
                    "constraint",
                    "leftOperand",
                    "operator",
                    "rightOperand",
                    "@id",
                    "duty",
                )
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(("permission", "prohibition", "obligation", "uid")), json_values, max_size=3))
def test_any_policy_is_understood_or_unclear_and_nothing_else(rules: dict[str, Any]) -> None:
    with suppress(UnclearPolicy):
        assert parse_policy(orjson.dumps(rules).decode()).not_in is not None


countries = st.frozensets(st.sampled_from(("AZ", "TR", "US")))
rights = st.builds(
    Rights,
    translate=st.booleans(),
    cut=st.booleans(),
    archive=st.booleans(),
    territories=st.none() | countries,
    not_in=countries,
    languages=st.none() | st.frozensets(st.sampled_from(("az", "tr"))),
    until=st.none() | st.datetimes(min_value=datetime(2026, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    unclear=st.sampled_from(("", "x")),
)


@given(rights, rights, st.sampled_from(("", "AZ", "TR", "US", "GE")), st.sampled_from(("translate", "cut", "archive")))
def test_together_rights_permit_what_each_of_them_does(one: Rights, two: Rights, country: str, use: str) -> None:
    both = combine((one, two))
    assert both == combine((two, one)) or both.unclear
    assert both.covers(country) == (one.covers(country) and two.covers(country))
    assert both.permits(use) == (one.permits(use) and two.permits(use))
    assert both.may_be_in("az", "ru") == (one.may_be_in("az", "ru") and two.may_be_in("az", "ru"))
    assert (why_refused(both, country) == "") is both.covers(country)
    assert load_rights(dump_rights(both)) == both
    assert combine((one, ANY_RIGHTS)) == one


# At the gate


@pytest.fixture
def config(config: Config) -> Config:
    text = """
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
obligations = { articles = 3, days = 7 }
[[exchanges.inner.grants]]
reader = "east"
of = "south"
[[exchanges.inner.routes]]
name = "all"
to = ["inner"]
[subscribers.here]
name = "H"
exchanges = ["inner"]
country = "AZ"
[subscribers.nowhere]
name = "N"
exchanges = ["inner"]
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
[channels.day]
title = { en = "D" }
access = "admins"
shows = "held"
[rights.home]
terms = "home only"
territories = "AZ"
[rights.short]
terms = "short"
days = 1
archive = false
[[routes]]
name = "late"
when = { genre = "late" }
embargo = { minutes = 60 }
[[routes]]
name = "flash"
when = { genre = "flash" }
labels = "Flash"
[[routes]]
name = "desk"
when = { genre = "draft" }
to = ["world"]
machine = "hold"
desk = "night"
stop = true
[[routes]]
name = "world"
to = ["world"]
"""
    made = parse_config(text, environment={})
    return made.model_copy(update={"translation": config.translation})


async def list_ids(server: Any, path: str, by: str | None = None) -> list[str]:
    answer = await server.call("GET", path, by=by)
    assert answer.status == 200, answer.text
    return [item["id"] for item in answer.json["items"] if "content_html" in item]


@pytest.fixture
async def north(server: Any) -> Any:
    return server


async def test_a_feed_says_nothing_of_what_its_reader_may_not_see(server: Any) -> None:
    assert (await server.push("open", by="north")).status == 201
    await server.settle()
    before = {kind: await server.call("GET", f"/feeds/world/en.{kind}") for kind in ("atom", "rss", "json")}
    server.clock.pass_time(minutes=5)
    assert (await server.push("home", by="north", usageTerms="Home only")).status == 201
    await server.settle()
    await server.call("DELETE", "/v1/articles/north/home", by="north", json={"reason": "wrong"})
    for kind, answer in before.items():
        after = await server.call("GET", f"/feeds/world/en.{kind}")
        assert (after.body, after.headers["ETag"]) == (answer.body, answer.headers["ETag"])


async def test_what_is_limited_to_a_country_is_seen_by_readers_there_alone(server: Any) -> None:
    assert (await server.push("open", by="north")).status == 201
    assert (await server.push("home", by="north", usageTerms="Home only")).status == 201
    await server.settle()
    seen = {}
    for reader in ("here", "nowhere", "south", "north", "admin"):
        seen[reader] = len(await list_ids(server, "/feeds/inner/en.json", reader))
        page = await server.call("GET", "/v1/articles/north/home", by=reader)
        assert page.status == (200 if seen[reader] == 2 else 404), reader
        items = (await server.call("GET", "/v1/channels/inner/en/items", by=reader)).json["items"]
        assert len(items) == seen[reader]
    assert seen == {"here": 2, "nowhere": 1, "south": 1, "north": 2, "admin": 2}
    assert len(await list_ids(server, "/feeds/world/en.json")) == 1
    assert len(await list_ids(server, "/feeds/world/en.json", "here")) == 1  # public feeds are the same for all
    assert (await server.call("GET", "/articles/north/home/en")).status == 404
    assert (await server.call("GET", "/articles/north/home/az", by="here")).status == 200


async def test_a_member_with_grants_sees_what_they_say(server: Any) -> None:
    await server.push("n", by="north")
    await server.push("s", by="south")
    await server.settle()
    assert len(await list_ids(server, "/feeds/inner/az.json", "east")) == 1
    assert len(await list_ids(server, "/feeds/inner/az.json", "south")) == 2
    changes = (await server.call("GET", "/v1/channels/inner/az/items", by="east")).json["items"]
    assert ["south/s/" in item["id"] for item in changes] == [True]


async def test_a_policy_in_an_article_counts_and_what_it_does_not_say_clearly_hides_it(server: Any) -> None:
    for item, action in (("plain", "distribute"), ("odd", "launch")):
        info = {"langId": "http://www.w3.org/ns/odrl/2/", "encodedRights": policy(permission={"action": action})}
        assert (await server.push(item, by="north", rightsInfo=info)).status == 201
    await server.settle()
    assert len(await list_ids(server, "/feeds/world/en.json")) == 1
    assert await list_ids(server, "/feeds/world/az.json") == []  # nobody may translate it
    own = await server.call("GET", "/v1/articles/north/odd?language=en", by="north")
    assert own.status == 200
    assert "launch" in own.json["rightsInfo"]["encodedRights"]
    refused = await server.push("bad", by="north", rightsInfo={"encodedRights": "<xml/>"})
    assert refused.status == 422
    assert refused.json["errors"][0]["pointer"] == "/rightsInfo"


async def test_rights_that_end_take_an_article_away_with_a_tombstone(server: Any) -> None:
    await server.push("short", by="north", usageTerms="short")
    await server.settle()
    feed = await server.call("GET", "/feeds/inner/en.atom", by="here")
    assert "<entry" in feed.text
    server.clock.pass_time(days=1)
    assert "<entry" not in (await server.call("GET", "/feeds/inner/en.atom", by="here")).text
    assert (await server.call("GET", "/v1/articles/north/short", by="here")).status == 404
    await server.settle()
    feed = await server.call("GET", "/feeds/inner/en.atom", by="here")
    assert "deleted-entry" in feed.text
    assert "<entry" not in feed.text


async def test_what_may_not_be_archived_is_in_the_feed_but_not_in_its_older_pages(server: Any) -> None:
    await server.push("short", by="north", usageTerms="short")
    await server.push("long", by="north")
    await server.settle()
    assert len(await list_ids(server, "/feeds/world/en.json")) == 2
    older = await server.call("GET", "/feeds/world/en.atom?before=3")
    assert (older.status, older.text.count("<entry")) == (200, 1)


async def test_an_embargo_of_a_route_opens_in_all_languages_at_its_time(server: Any) -> None:
    await server.push("late", by="north", genres=[{"name": "Late"}])
    await server.settle()
    for language in ("en", "az"):
        assert await list_ids(server, f"/feeds/world/{language}.json") == []
        assert (await server.call("GET", f"/articles/north/late/{language}")).status == 404
    server.clock.pass_time(minutes=61)
    for language in ("en", "az"):
        assert len(await list_ids(server, f"/feeds/world/{language}.json")) == 1


async def test_labels_are_keywords_where_the_route_brings_them(server: Any) -> None:
    await server.push("flash", by="north", genres=[{"name": "Flash"}])
    await server.settle()
    feed = (await server.call("GET", "/feeds/world/az.atom")).text
    assert 'term="Flash"' in feed or 'label="Flash"' in feed


async def test_held_text_waits_on_the_desk_that_its_route_names(server: Any) -> None:
    await server.push("draft", by="north", genres=[{"name": "Draft"}])
    await server.settle()
    assert len(await list_ids(server, "/feeds/night/az.json", "admin")) == 1
    assert await list_ids(server, "/feeds/day/az.json", "admin") == []


OWES = {"given": 2, "taken": 0, "owed": 3, "missing": 1, "asked": 0, "late": 0}


async def test_the_balance_is_told_to_members_and_admins(server: Any) -> None:
    for number in range(2):
        await server.push(f"n{number}", by="north")
    await server.settle()
    for reader in ("north", "admin"):
        told = (await server.call("GET", "/v1/exchanges/inner/balance", by=reader)).json
        assert told["outlets"]["north"] == OWES | {"met": False}
        assert told["outlets"]["south"]["taken"] == 2
        assert told["outlets"]["east"]["taken"] == 0  # south alone is granted
        assert told["countries"]["AZ"] == OWES
    assert (await server.call("GET", "/v1/exchanges/inner/balance")).status == 401
    assert (await server.call("GET", "/v1/exchanges/inner/balance", by="here")).status == 404
    assert (await server.call("GET", "/v1/exchanges/outer/balance", by="north")).status == 404
    server.clock.pass_time(days=8)
    told = (await server.call("GET", "/v1/exchanges/inner/balance", by="north")).json
    assert told["outlets"]["north"]["given"] == 0
