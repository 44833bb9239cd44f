"""What another routing would do: told before it is in force, and then it does that."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from server.configfile import parse_config
from server.configfile.routingfile import cut_routing

SHIPPED = Path(__file__).parents[2] / "config.toml"
TEXT = SHIPPED.read_text()
PART = cut_routing(TEXT)
TOML = {"Content-Type": "application/toml"}


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
