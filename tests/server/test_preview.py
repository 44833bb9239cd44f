"""What another routing would do: told before it is in force, and then it does that."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.model import Article
from server.config import Config
from server.configfile import parse_config
from server.configfile.routingfile import cut_routing
from server.keys import DATABASE, LIVE
from server.preview import Sample, compare, lanes
from server.preview.assistant import Assistant, AssistantLost, Task
from server.preview.batches import list_batches
from server.preview.comparison import make_comparison
from server.preview.lanes import compare_all
from server.store.documents import dump_article

SHIPPED = Path(__file__).parents[2] / "config.toml"
TEXT = SHIPPED.read_text()
PART = cut_routing(TEXT)
TOML = {"Content-Type": "application/toml"}
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(TEXT)
    return path


@pytest.fixture
async def live(start: Callable[..., Awaitable[Any]], file: Path) -> Any:
    return await start(config=parse_config(TEXT), file=file)


def read(file: Path) -> str:
    return file.read_text()


async def preview(server: Any, part: str, query: str = "") -> Any:
    return await server.call("POST", f"/v1/routing/preview{query}", by="admin", data=part.encode(), headers=TOML)


def find_feed(told: Any, channel: str, language: str) -> Any:
    return next((one for one in told["feeds"] if (one["channel"], one["language"]) == (channel, language)), None)


async def test_the_same_routing_changes_nothing(live: Any) -> None:
    await live.push()
    told = (await preview(live, PART)).json
    assert (told["articles"], told["changed"], told["feeds"], told["readers"]) == (1, 0, [], [])
    assert told["translations"] == {"asked": 0, "characters": 0, "spared": 0, "languages": {}}


async def test_what_it_tells_is_what_happens(live: Any, file: Path) -> None:
    await live.push("one")
    await live.push("two", headline="Another meeting of the four ministers in the capital")
    await live.settle()
    part = PART.replace('when = { subject = ["medtop:04000000"] }', "when = {}")
    told = (await preview(live, part)).json
    assert told["changed"] == 2
    for language in ("az", "en", "ru", "tr", "zh"):
        change = find_feed(told, "economy", language)
        assert (change["gains"], change["loses"]) == (2, 0)
    assert {one["item"] for one in find_feed(told, "economy", "az")["gained"]} == {"one", "two"}
    assert told["translations"]["asked"] == 0
    assert read(file) == TEXT
    assert (await live.call("GET", "/feeds/economy/az.json")).json["items"] == []
    etag = (await live.call("GET", "/v1/routing", by="admin")).headers["ETag"]
    await live.call("PUT", "/v1/routing", by="admin", data=part.encode(), headers=TOML | {"If-Match": etag})
    await live.wait_until_asked()
    await live.settle()
    assert len((await live.call("GET", "/feeds/economy/az.json")).json["items"]) == 2


async def test_who_loses_what_is_told_reader_by_reader(live: Any) -> None:
    await live.push()
    part = PART.replace('\nto = ["world"]', '\nto = ["world"]\nlanguages = ["az"]')
    told = (await preview(live, part)).json
    anyone = next(one for one in told["readers"] if one["role"] == "anyone")
    assert {one["language"]: one["loses"] for one in anyone["languages"]} == {"ru": 1, "tr": 1, "zh": 1}
    assert {one["id"] for one in told["readers"] if one["role"] == "subscriber"} == {"demo-newsroom"}
    assert told["translations"]["spared"] == 3


async def test_a_channel_that_closes_takes_its_articles_from_readers_though_no_route_changes(live: Any) -> None:
    await live.push()
    part = PART.replace('access = "public"\nshows', 'access = "admins"\nshows')
    told = (await preview(live, part)).json
    assert (told["changed"], told["feeds"]) == (0, [])
    anyone = next(one for one in told["readers"] if one["role"] == "anyone")
    assert {one["language"]: one["loses"] for one in anyone["languages"]}["en"] == 1


async def test_the_cost_is_told_in_texts_and_characters(live: Any, file: Path) -> None:
    part = PART.replace('\nto = ["world"]', '\nto = ["world"]\nlanguages = ["az"]')
    etag = (await live.call("GET", "/v1/routing", by="admin")).headers["ETag"]
    await live.call("PUT", "/v1/routing", by="admin", data=part.encode(), headers=TOML | {"If-Match": etag})
    await live.push(text="<p>Two words.</p>", headline="The ministers will meet in the capital on Friday")
    await live.settle()
    told = (await preview(live, PART)).json["translations"]
    assert (told["asked"], sorted(told["languages"])) == (3, ["ru", "tr", "zh"])
    assert told["languages"]["ru"]["characters"] == len("Two words.The ministers will meet in the capital on Friday")


async def test_only_the_last_days_count_and_only_what_was_not_withdrawn(live: Any) -> None:
    await live.push("old")
    live.clock.pass_time(days=3)
    await live.push("new")
    await live.push("gone")
    await live.call("DELETE", "/v1/articles/caravan-wire/gone", by="caravan-wire", json={"reason": "wrong"})
    assert (await preview(live, PART, "?days=2")).json["articles"] == 1
    assert (await preview(live, PART, "?days=4")).json["articles"] == 2


async def test_a_broken_routing_is_refused_and_nobody_else_may_ask(live: Any) -> None:
    answer = await preview(live, PART.replace('to = ["world"]', 'to = ["word"]'))
    assert (answer.status, "/routes/3/to" in str(answer.json["errors"])) == (422, True)
    assert (await preview(live, PART, "?days=0")).status == 400
    assert (await live.call("POST", "/v1/routing/preview", by="caravan-wire", data=b"", headers=TOML)).status == 403


async def test_an_assistant_finds_the_same_and_one_that_is_lost_leaves_nothing_out(live: Any) -> None:
    for number in range(7):
        await live.push(f"item-{number}", headline=f"The ministers will meet for the {number}th time")
    await live.settle()
    old = live.app[LIVE].current.config
    new = parse_config(TEXT.replace('when = { subject = ["medtop:04000000"] }', "when = {}"))
    comparison, task = make_comparison(old, new, {}), Task(old, new, {}, live.app[DATABASE].url)
    async with live.app[DATABASE].read() as conn:
        batches = await list_batches(conn, datetime.min.replace(tzinfo=UTC), at_once=2)
        alone = await compare_all(conn, task, comparison, deque(batches), None)
        assert (len(batches), alone.articles, alone.changed) == (4, 7, 7)
        assistant = await Assistant.start()
        try:
            await assistant.prepare(task)
            for batch in reversed(batches):
                await assistant.compare(batch)
            assert await assistant.finish() == alone
        finally:
            await assistant.stop()
        with pytest.raises(AssistantLost):
            await assistant.prepare(task)
        assert await compare_all(conn, task, comparison, deque(batches), assistant) == alone


async def test_an_assistant_takes_part_where_there_are_many_articles(
    live: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await live.push()
    part = PART.replace('when = { subject = ["medtop:04000000"] }', "when = {}")
    alone = (await preview(live, part)).json
    monkeypatch.setattr(lanes, "HELPED_FROM", 1)
    helped = (await preview(live, part)).json
    assert helped["changed"] == 1
    assert helped | {"seconds": 0} == alone | {"seconds": 0}


conditions = st.fixed_dictionaries(
    {},
    optional={
        "outlet": st.sampled_from(("north", "south")),
        "language": st.sampled_from(("az", "en", "ru")),
        "urgency": st.sampled_from((1, "1-3")),
        "text": st.sampled_from(("oil", "gas")),
        "held": st.booleans(),
    },
)
rules = st.fixed_dictionaries(
    {
        "when": conditions,
        "to": st.sampled_from((["a"], ["b"], ["a", "b"])),
        "stop": st.booleans(),
        "machine": st.sampled_from(("publish", "off")),
    }
)
# number of a route → what becomes of it: another, or None: it goes
edits = st.dictionaries(st.integers(0, 5), st.none() | rules, max_size=2)
pushed = st.builds(
    lambda outlet, language, urgency, word: Sample(
        outlet, word, NOON, dump_article(Article(language=language, headline=word, urgency=urgency))
    ),
    st.sampled_from(("north", "south")),
    st.sampled_from(("az", "en", "ru", "tr")),
    st.sampled_from((None, 1, 5)),
    st.sampled_from(("oil", "gas", "talks")),
)


def make_config(found: list[dict[str, Any]]) -> Config:
    return Config.model_validate(
        {
            "outlets": {"north": {"name": "N", "country": "AZ"}, "south": {"name": "S", "country": "GE"}},
            "channels": {"a": {"title": {"en": "A"}}, "b": {"title": {"en": "B"}}},
            "routes": found,
        }
    )


@given(st.lists(rules, min_size=1, max_size=6), edits, st.booleans(), st.lists(pushed, min_size=1, max_size=4))
def test_articles_that_no_changed_route_takes_are_passed_over_and_nothing_is_missed(
    found: list[dict[str, Any]], changes: dict[int, dict[str, Any] | None], turned: bool, samples: list[Sample]
) -> None:
    named = [rule | {"name": f"r{number}"} for number, rule in enumerate(found)]
    edited = [changes.get(number, rule) and rule | (changes.get(number) or {}) for number, rule in enumerate(named)]
    after = [rule for rule in edited if rule]
    comparison = make_comparison(make_config(named), make_config(after[::-1] if turned else after), {})
    assert comparison.changed or turned
    assert compare(samples, comparison) == compare(samples, replace(comparison, changed={}))


async def test_an_assistant_that_hangs_is_done_without(live: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    await live.push()
    part = PART.replace('when = { subject = ["medtop:04000000"] }', "when = {}")
    alone = (await preview(live, part)).json
    monkeypatch.setattr(lanes, "HELPED_FROM", 1)
    monkeypatch.setattr("server.preview.assistant.SECONDS", 0.2)
    monkeypatch.setattr("server.preview.assistant.CODE", "import time; time.sleep(60)")
    assert (await preview(live, part)).json | {"seconds": 0} == alone | {"seconds": 0}


async def test_who_sends_a_body_slowly_keeps_nobody_from_reading(live: Any) -> None:
    slow = b"# what a routing says\n" * 20_000
    headers = TOML | {"Authorization": f"Bearer {await live.get_key('admin')}"}

    async def drip() -> AsyncIterator[bytes]:
        yield slow
        await asyncio.sleep(60)

    url = f"{live.base}/v1/routing/preview"
    calls = [asyncio.create_task(live.session.post(url, data=drip(), headers=headers)) for _ in range(20)]
    try:
        await asyncio.sleep(0.3)
        async with asyncio.timeout(60):
            assert (await live.call("GET", "/feeds/world/en.atom")).status == 200
            told = await asyncio.gather(*(preview(live, PART) for _ in range(20)))
        assert {one.status for one in told} == {200}
    finally:
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
