"""Limits per key and per day: counted, told in headers, refused with the time to come again."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.config import DailyQuota, Exchange, Quota
from server.configfile import ConfigError, parse_config
from server.keys import DATABASE
from server.quotas import Buckets, count_left, count_words
from server.store.usage import add_usage, forget_usage, list_usage

ONE = "/v1/articles/caravan-wire/one"


@pytest.fixture
def begin(start: Any, config: Any) -> Any:
    async def begin_with(**quotas: dict[str, int]) -> Any:
        made = {name.replace("_", "-"): Quota(**quota) for name, quota in quotas.items()}
        return await start(config=config.model_copy(update={"quotas": made}))

    return begin_with


async def test_a_key_that_asks_too_often_is_told_when_to_come_again(begin, clock):
    server = await begin(subscriber={"requests_per_minute": 3})
    left = []
    for _ in range(3):
        answer = await server.call("GET", "/v1/channels", by="demo-newsroom")
        assert answer.status == 200
        assert answer.headers["RateLimit-Policy"] == '"requests";q=3;w=60'
        left.append(answer.headers["RateLimit"].split(";")[1])
    assert left == ["r=2", "r=1", "r=0"]
    refused = await server.call("GET", "/v1/channels", by="demo-newsroom")
    assert (refused.status, refused.json["type"]) == (429, "/problems/too-many-requests")
    assert refused.headers["Retry-After"] == "20"
    assert refused.headers["RateLimit"] == '"requests";r=0;t=20'
    assert (await server.call("GET", "/v1/channels", by="caravan-wire")).status == 200
    assert "RateLimit" not in (await server.call("GET", "/v1/channels", by="admin")).headers
    clock.pass_time(seconds=21)
    assert (await server.call("GET", "/v1/channels", by="demo-newsroom")).status == 200
    assert (await server.call("GET", "/v1/channels", by="demo-newsroom")).status == 429


async def test_a_day_has_so_many_articles_and_bytes(begin, clock):
    server = await begin(outlet={"articles_per_day": 2}, khazar_news={"bytes_per_day": 10})
    for item in ("one", "two"):
        assert (await server.push(item)).status == 201
    assert (await server.push("two")).status == 200  # the same again is nothing new
    refused = await server.push("three")
    assert (refused.status, refused.json["type"]) == (429, "/problems/day-used-up")
    assert refused.headers["Retry-After"] == str(12 * 3600 - 1)
    assert refused.headers["RateLimit-Policy"] == '"articles";q=2;w=86400'
    assert refused.headers["RateLimit"] == f'"articles";r=0;t={12 * 3600 - 1}'
    assert (await server.call("GET", "/v1/articles/caravan-wire/three", by="admin")).status == 404
    assert (await server.call("DELETE", ONE, by="caravan-wire")).status == 200  # a kill is never refused
    assert (await server.push("four", by="khazar-news")).status == 429
    assert (await server.push("five", by="silk-road-daily")).status == 422  # others are counted apart
    clock.pass_time(days=1)
    assert (await server.push("three")).status == 201


async def test_what_is_refused_is_not_counted(begin):
    server = await begin(outlet={"articles_per_day": 5, "bytes_per_day": 900})
    text = f"<p>The ministers of four countries will meet on Friday. {'They discuss trade. ' * 60}</p>"
    assert (await server.push("long", text=text)).status == 429
    for item in ("one", "two"):
        assert (await server.push(item)).status == 201, item


async def test_translation_goes_on_the_next_day_and_says_so(begin, clock):
    server = await begin(outlet={"words_per_day": 1})
    await server.push("one")
    await server.settle()
    await server.push("two", text="<p>They will discuss trade and water on Friday in the capital.</p>")
    for _ in range(200):
        version = (await server.call("GET", "/v1/articles/caravan-wire/two", by="admin")).json["versions"]["tr"]
        if version["reason"]:
            break
    assert version["freshness"] == "pending"
    assert "tomorrow" in version["reason"]
    clock.pass_time(days=1)
    await server.settle()
    done = (await server.call("GET", "/v1/articles/caravan-wire/two", by="admin")).json["versions"]
    assert "fresh" in {done[language]["freshness"] for language in ("az", "ru", "tr", "zh")}


MEMBERS = ("caravan-wire", "khazar-news", "bosphorus-post")
TEXTS = {
    "caravan-wire": {},
    "khazar-news": {
        "language": "az",
        "headline": "Nazirlər cümə günü paytaxtda ticarəti müzakirə edəcəklər",
        "text": "<p>Dörd ölkənin nazirləri cümə günü görüşəcək. Onlar ticarət və suyu müzakirə edəcəklər.</p>",
    },
    "bosphorus-post": {
        "language": "tr",
        "headline": "Bakanlar cuma günü başkentte ticareti görüşecek",
        "text": "<p>Dört ülkenin bakanları cuma günü bir araya gelecek. Ticaret ve su konularını görüşecekler.</p>",
    },
}


@pytest.fixture
def share(start: Any, config: Any) -> Any:
    """A server with one exchange whose members share a quota."""

    async def share_quota(quotas: dict[str, Quota] | None = None, **quota: int) -> Any:
        forum = Exchange(name="Forum", members=MEMBERS, quota=DailyQuota(**quota))
        exchanges = {**config.exchanges, "forum": forum}
        return await start(config=config.model_copy(update={"exchanges": exchanges, "quotas": quotas or {}}))

    return share_quota


async def test_members_of_an_exchange_share_its_day_and_each_has_a_part_that_nobody_else_takes(share, clock):
    server = await share(articles_per_day=12)  # two are kept for each member, six are for whoever comes first
    for number in range(8):
        assert (await server.push(f"item-{number}")).status == 201
    refused = await server.push("one-too-many")
    assert (refused.status, refused.json["type"]) == (429, "/problems/day-used-up")
    assert "members of forum may push 12 articles a day together, and have pushed 8" in refused.json["detail"]
    assert refused.headers["RateLimit-Policy"] == '"forum-articles";q=12;w=86400'
    assert refused.headers["RateLimit"].startswith('"forum-articles";r=0;t=')
    assert int(refused.headers["Retry-After"]) > 3600
    for member in MEMBERS[1:]:
        for number in range(2):
            assert (await server.push(f"item-{number}", by=member, **TEXTS[member])).status == 201
        assert (await server.push("third", by=member, **TEXTS[member])).status == 429
    clock.pass_time(days=1)
    assert (await server.push("one-too-many")).status == 201


async def test_an_answer_tells_the_quota_of_which_least_is_left(share):
    limits = {"outlet": Quota(requests_per_minute=60, articles_per_day=100)}
    server = await share(limits, articles_per_day=12)
    pushed = await server.push("one")
    assert pushed.headers["RateLimit-Policy"] == '"requests";q=60;w=60, "forum-articles";q=12;w=86400'
    assert pushed.headers["RateLimit"].split(", ")[1].startswith('"forum-articles";r=7;t=')
    assert "articles" not in (await server.call("GET", ONE, by="caravan-wire")).headers["RateLimit"]
    assert "RateLimit" not in (await server.call("GET", "/v1/channels")).headers


async def test_words_of_an_exchange_are_shared_too(share):
    server = await share(words_per_day=1)
    await server.push("one")
    await server.settle()
    await server.push("two", by="bosphorus-post", **TEXTS["bosphorus-post"])
    for _ in range(200):
        version = (await server.call("GET", "/v1/articles/bosphorus-post/two", by="admin")).json["versions"]["az"]
        if version["reason"]:
            break
    assert (version["freshness"], "tomorrow" in version["reason"]) == ("pending", True)


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(1, 30)), max_size=60), st.integers(0, 200))
def test_what_is_shared_is_never_exceeded_and_each_member_gets_its_part(wishes, most):
    used: dict[str, int] = {}
    for member, amount in wishes:
        if amount <= count_left(most, "abcd", used, member):
            used[member] = used.get(member, 0) + amount
        assert sum(used.values()) <= most
        assert all(count_left(most, "abcd", used, one) >= most // 8 - used.get(one, 0) for one in "abcd")


@given(st.lists(st.floats(0, 90), max_size=60), st.integers(1, 20))
def test_no_minute_sees_more_than_twice_what_is_allowed(clock_steps, most):
    """A bucket is full at first and is filled meanwhile: so never more than that."""
    buckets, taken = Buckets(), []
    now = datetime(2026, 11, 26, tzinfo=UTC)
    for seconds in clock_steps:
        now += timedelta(seconds=seconds)
        if not buckets.take("key", most, now).is_over:
            taken.append(now)
    for moment in taken:
        within = [one for one in taken if moment <= one < moment + timedelta(minutes=1)]
        assert len(within) <= 2 * most


@pytest.mark.parametrize(
    "quota", ["[quotas.nobody]\nrequests_per_minute = 1", "[quotas.subscriber]\narticles_per_day = 1",
              "[quotas.outlet]\nrequests_per_minute = 0"],
)  # fmt: skip
def test_a_quota_that_nobody_could_have_is_refused(quota):
    with pytest.raises(ConfigError):
        parse_config(quota)


def test_words_of_a_text_without_spaces_are_counted_too():
    assert count_words("Dörd ölkənin nazirləri") == 3
    assert count_words("四国部长周五会晤") == 4
    assert count_words("") == 0


async def test_old_days_are_forgotten_and_today_is_not(start):
    server = await start()
    database = server.app[DATABASE]
    async with database.write() as conn:
        await add_usage(conn, "caravan-wire", "2026-11-01", "words", 5)
        await add_usage(conn, "caravan-wire", "2026-11-26", "words", 7)
        await forget_usage(conn, "2026-11-19")
        left = [await list_usage(conn, ["caravan-wire"], day, "words") for day in ("2026-11-01", "2026-11-26")]
    assert left == [{}, {"caravan-wire": 7}]
