"""Limits per key and per day: counted, told in headers, refused with the time to come again."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.config import Quota
from server.configfile import ConfigError, parse_config
from server.keys import DATABASE
from server.quotas import Buckets, count_words
from server.store.usage import add_usage, find_usage, forget_usage

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


@given(st.lists(st.floats(0, 90), max_size=60), st.integers(1, 20))
@settings(max_examples=40, deadline=None)
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
        left = [await find_usage(conn, "caravan-wire", day, "words") for day in ("2026-11-01", "2026-11-26")]
    assert left == [0, 7]
