"""Karvans that read each other: the same sets and states everywhere, and nothing goes round in circles."""

import asyncio
import socket
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from random import SystemRandom
from typing import Any

import pytest
from sqlalchemy import text

from server.config import Config
from server.configfile import parse_config
from server.keys import DATABASE
from translators.pseudo import PseudoTranslator

ROOT = Path(__file__).parents[2]
LANGUAGES = ("az", "en", "ru", "tr", "zh")
OUTLETS = ("khazar-news", "bosphorus-post", "steppe-herald", "silk-road-daily", "caravan-wire")
HUMAN = "Министры четырёх стран встретятся в столице в пятницу, чтобы обсудить торговлю"
HUMAN_TEXT = "<p>Министры четырёх стран встретятся в пятницу. Они будут обсуждать торговлю и воду.</p>"


def find_port() -> int:
    """A free one below those that the system hands out: nobody else gets it before it is used."""
    while True:
        port = SystemRandom().randrange(20_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def make_config(name: str, sources: dict[str, int], format_: str = "atom") -> Config:
    config = (ROOT / "config.toml").read_text().replace("karvan.example,2026", f"{name}.example,2026")
    config = config.replace("\nallow = []", '\nallow = ["127.0.0.1"]')
    for source, port in sources.items():
        urls = [f"http://127.0.0.1:{port}/feeds/world/{language}.{format_}" for language in LANGUAGES]
        outlets = ", ".join(f'"{outlet}" = "{outlet}"' for outlet in OUTLETS)
        config += f'\n[sources.{source}]\nurl = {urls}\noutlet = "caravan-wire"\noutlets = {{ {outlets} }}\n'
    config += '\n[rights.home]\nterms = "home only"\nterritories = "AZ"\n'
    inner = '[[routes]]\nname = "inner"\nwhen = { genre = "inner" }\nto = ["economy"]\nstop = true\n\n'
    config = config.replace("[[routes]]", inner + "[[routes]]", 1)
    return parse_config(config)


async def read_all(servers: Sequence[Any]) -> None:
    """Each reads all its sources once, one after the other."""
    for server in servers:
        for source in (await server.call("GET", "/v1/sources", by="admin")).json:
            await server.call("POST", f"/v1/sources/{source['source']}/poll", by="admin")
        await server.settle()


async def describe(server: Any, outlet: str = "caravan-wire", item: str = "one") -> dict[str, Any]:
    """What is the same of an article wherever it stands."""
    one = (await server.call("GET", f"/v1/articles/{outlet}/{item}", by="admin")).json
    versions = {
        language: [version.get(name) for name in ("origin", "freshness", "source_language", "headline", "engine")]
        for language, version in one["versions"].items()
    }
    return {"uri": one["uri"], "language": one["language"], "status": one["pub_status"], "versions": versions}


async def count(server: Any) -> tuple[int, int, int]:
    """Articles, their versions, and the number of the last change."""
    async with server.app[DATABASE].read() as conn:
        rows = [
            (await conn.execute(text(statement))).scalar_one()
            for statement in (
                "SELECT count(*) FROM articles",
                "SELECT count(*) FROM versions",
                "SELECT value FROM counters WHERE name = 'change'",
            )
        ]
    return tuple(rows)


@pytest.fixture
async def pair(start, request):
    ports = find_port(), find_port()
    a = await start(
        config=make_config("a", {"b": ports[1]}, getattr(request, "param", "atom")),
        port=ports[0],
        beside="a",
        base="https://a.example",
    )
    b = await start(
        config=make_config("b", {"a": ports[0]}, getattr(request, "param", "atom")),
        port=ports[1],
        beside="b",
        base="https://b.example",
    )
    await a.settle()
    await b.settle()
    return a, b


async def put_human(server: Any) -> Any:
    document = {
        "type": "text",
        "language": "ru",
        "headlines": [{"value": HUMAN}],
        "bodies": [{"contentType": "text/html", "value": HUMAN_TEXT}],
    }
    return await server.call("PUT", "/v1/articles/caravan-wire/one/versions/ru", json=document, by="caravan-wire")


@pytest.mark.parametrize("pair", ["atom", "rss", "json"], indirect=True)
async def test_a_set_crosses_with_its_origins_and_is_not_translated_again(pair) -> None:
    a, b = pair
    await a.push(version="7")
    await put_human(a)
    await a.settle()
    await read_all([b])
    here, there = await describe(a), await describe(b)
    assert here["versions"]["ru"][0] == "outlet"
    assert here["versions"]["tr"][0] == "machine"
    assert there == here
    assert there["uri"] == "tag:a.example,2026:caravan-wire/one"
    before = await count(b)
    await read_all([b, a, b])
    assert await count(b) == before
    history = (await b.call("GET", "/v1/articles/caravan-wire/one/history", by="admin")).json
    assert [one["outlet_version"] for one in history["versions"]] == ["7"]


async def test_corrections_and_kills_cross_within_a_poll(pair) -> None:
    a, b = pair
    await a.push(version="1")
    await put_human(a)
    await a.push("two", version="1")
    await a.settle()
    await read_all([b])
    await a.push(version="2", headline="The ministers will meet in the capital on Saturday to discuss trade")
    await a.settle()
    await a.call("DELETE", "/v1/articles/caravan-wire/two", by="caravan-wire", json={"reason": "wrong"})
    await read_all([b])
    one = await describe(b)
    assert "Saturday" in one["versions"]["en"][3]
    assert one["versions"]["ru"][1] == "stale"
    assert one == await describe(a)
    assert (await describe(b, item="two"))["status"] == "canceled"
    await read_all([a, b])
    assert one == await describe(b)


async def test_what_is_withheld_there_is_withheld_here_until_it_is_usable_again(pair) -> None:
    a, b = pair
    for version, status in (("1", "usable"), ("2", "withheld"), ("3", "usable")):
        await a.push(version=version, pubStatus=status)
        await a.settle()
        await read_all([b, a])
        assert (await describe(b))["status"] == status
    assert await describe(b) == await describe(a)


@pytest.mark.parametrize("pair", ["atom", "rss", "json"], indirect=True)
@pytest.mark.parametrize("hides", [{"embargoedUntil": "2026-11-26T18:00:00Z"}, {"usageTerms": "Home only"}])
async def test_what_nobody_may_read_there_any_more_is_held_back_here_until_they_may(pair, clock, hides) -> None:
    a, b = pair
    await a.push(version="1")
    await a.settle()
    await read_all([b])
    assert (await describe(b))["status"] == "usable"
    clock.pass_time(minutes=1)
    await a.push(version="2", **hides)
    await a.settle()
    await read_all([b, b])
    assert (await describe(b))["status"] == "withheld"
    before = await count(b)
    await read_all([b])
    assert await count(b) == before
    if "usageTerms" in hides:
        clock.pass_time(minutes=1)
        await a.push(version="3")
    else:
        clock.pass_time(hours=12)
    await a.settle()
    await read_all([b, b])
    assert await describe(b) == await describe(a)
    assert (await describe(b))["status"] == "usable"


async def test_what_the_routes_took_out_of_a_feed_stays_here(pair) -> None:
    a, b = pair
    await a.push(version="1")
    await a.settle()
    await read_all([b])
    await a.push(version="2", genres=[{"name": "inner"}])
    await a.settle()
    feed = (await a.call("GET", "/feeds/world/en.json")).json
    assert (feed["items"], len(feed["_karvan"]["tombstones"])) == ([], 1)
    await read_all([b, b])
    assert (await describe(b))["status"] == "usable"


async def test_two_that_read_each_other_come_to_rest(pair) -> None:
    a, b = pair
    await a.push()
    await b.push("theirs")
    for server in pair:
        await server.settle()
    await read_all([a, b, a, b])
    before = await count(a), await count(b)
    await read_all([a, b, a, b])
    assert (await count(a), await count(b)) == before
    assert before[0][:2] == before[1][:2] == (2, 2)
    for item in ("one", "theirs"):
        assert await describe(a, item=item) == await describe(b, item=item)


async def test_what_an_editor_there_has_released_is_released_here_and_what_one_here_has_judged_stays(pair) -> None:
    a, b = pair
    await a.push(version="1")
    await a.settle()
    await judge(a, "tr", "release")
    await read_all([b])
    assert await describe(b) == await describe(a)
    assert (await get_version(b, "tr"))["reviewed"]
    await judge(b, "zh", "reject")
    await a.push(version="2", copyrightNotice="© Caravan Wire")
    await a.settle()
    await read_all([b])
    assert (await get_version(b, "zh"))["verdict"]["verdict"] == "rejected"
    await a.push(version="3", headline="The ministers will meet in the capital on Saturday to discuss trade")
    await a.settle()
    await read_all([b])
    assert (await get_version(b, "zh"))["verdict"] is None


async def judge(server: Any, language: str, action: str) -> None:
    path = f"/v1/desk/caravan-wire/one/{language}"
    etag = (await server.call("GET", path, by="admin")).headers["ETag"]
    body = {"action": action, "note": "as it is"}
    answer = await server.call("POST", path, by="admin", json=body, headers={"If-Match": etag})
    assert answer.status == 200, answer.text


async def test_a_kill_by_who_took_an_article_over_does_not_come_back_to_its_outlet(pair) -> None:
    a, b = pair
    await a.push()
    await a.settle()
    await read_all([b])
    await b.call("DELETE", "/v1/articles/caravan-wire/one", by="admin", json={"reason": "not here"})
    await read_all([a, b])
    assert (await describe(a))["status"] == "usable"
    assert (await describe(b))["status"] == "canceled"


async def test_a_ring_of_three_comes_to_rest_in_the_same_state(start) -> None:
    ports = [find_port() for _ in range(3)]
    ring = [
        await start(
            config=make_config(name, {"before": ports[number - 1]}),
            port=ports[number],
            beside=name,
            base=f"https://{name}.example",
        )
        for number, name in enumerate("abc")
    ]
    for number, server in enumerate(ring):
        await server.push(f"of-{number}")
        await server.settle()
    for _ in range(3):
        await read_all(ring)
    before = [await count(server) for server in ring]
    assert [counted[:2] for counted in before] == [(3, 3)] * 3
    for _ in range(2):
        await read_all(ring)
    assert [await count(server) for server in ring] == before
    for number in range(3):
        described = [await describe(server, item=f"of-{number}") for server in ring]
        assert described[0] == described[1] == described[2]


@pytest.mark.parametrize(("quality", "is_ours"), [("publish", True), ("starter", False)])
async def test_only_what_a_better_engine_made_here_stays(start, quality, is_ours) -> None:
    ports = find_port(), find_port()
    engine = PseudoTranslator(directions=[])
    a = await start(config=make_config("a", {}), port=ports[0], beside="a", base="https://a.example", translator=engine)
    b = await start(
        config=make_config("b", {"a": ports[0]}),
        port=ports[1],
        beside="b",
        translator=PseudoTranslator(quality=quality),
        base="https://b.example",
    )
    await a.push()
    await a.settle()
    await read_all([b])
    ours = await get_version(b, "tr")
    assert (ours["origin"], ours["quality"]) == ("machine", quality)
    engine._directions = PseudoTranslator()._directions  # packages are installed there
    async with asyncio.timeout(10):
        while not (await get_version(a, "tr"))["headline"]:
            await asyncio.sleep(0.1)
    await a.settle()
    await read_all([b])
    theirs = await get_version(b, "tr")
    assert (theirs["package_sha256"] is not None, theirs["quality"]) == (is_ours, quality)


async def get_version(server: Any, language: str) -> dict[str, Any]:
    answer = await server.call("GET", "/v1/articles/caravan-wire/one", by="admin")
    version: dict[str, Any] = answer.json["versions"][language]
    return version
