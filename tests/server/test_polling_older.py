"""A source that has more news than its feed shows: back through its older pages, until nothing is missing."""

import asyncio
import json
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import text

from server.config import Config
from server.configfile import parse_config
from server.keys import DATABASE
from translators import Direction
from translators.pseudo import PseudoTranslator

ROOT = Path(__file__).parents[2]
CONFIG = (ROOT / "config.toml").read_text().replace("\nallow = []", '\nallow = ["127.0.0.1"]')
LANGUAGES = ("en", "tr")
SHOWN, PAGE = 2, 3  # entries of a feed, articles of an archive page


def find_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def make_config(name: str, sources: dict[str, Any], **options: str) -> Config:
    text = CONFIG.replace("karvan.example,2026", f"{name}.example,2026")
    assert text.count("\nfeed_entries = 50") == 1
    text = text.replace("\nfeed_entries = 50", f"\nfeed_entries = {SHOWN}")
    for source, urls in sources.items():
        values = {"url": json.dumps(urls), "outlet": '"caravan-wire"'} | options
        lines = "\n".join(f"{key} = {value}" for key, value in values.items())
        text += f"\n[sources.{source}]\n{lines}\n"
    return parse_config(text)


async def read(server: Any) -> dict[str, Any]:
    """Read the source now; how it is then."""
    (source,) = (await server.call("GET", "/v1/sources", by="admin")).json
    await server.call("POST", f"/v1/sources/{source['source']}/poll", by="admin")
    await server.settle()
    (source,) = (await server.call("GET", "/v1/sources", by="admin")).json
    return source


async def list_all(server: Any) -> dict[str, Any]:
    """uri → state, and each language's origin and headline, of all articles that ever came."""
    async with server.app[DATABASE].read() as conn:
        names = list(await conn.execute(text("SELECT outlet, item FROM articles")))
    found = {}
    for outlet, item in names:
        one = (await server.call("GET", f"/v1/articles/{outlet}/{item}", by="admin")).json
        versions = {
            language: (version["origin"], version["freshness"], version["headline"])
            for language, version in one["versions"].items()
            if language in LANGUAGES
        }
        found[one["uri"]] = (one["pub_status"], versions)
    return found


async def count(server: Any) -> list[int]:
    async with server.app[DATABASE].read() as conn:
        tables = ("articles", "versions", "contributions", "parallels")
        return [(await conn.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one() for table in tables]


# Two Karvans


@pytest.fixture
async def pair(start, request, monkeypatch):
    """A with small feeds and pages; B, which reads it at another address than it says is its own."""
    monkeypatch.setattr("server.archives.PAGE", PAGE)
    port = find_port()
    engine = PseudoTranslator(directions=[Direction("en", "tr")])
    a = await start(config=make_config("a", {}), port=port, beside="a", base="https://a.example", translator=engine)
    urls = [f"http://127.0.0.1:{port}/feeds/world/{language}.{request.param}" for language in LANGUAGES]
    nobody = PseudoTranslator(directions=[])
    outlets = '{ "caravan-wire" = "caravan-wire" }'
    config = make_config("b", {"a": urls}, outlets=outlets)
    b = await start(config=config, beside="b", base="https://b.example", translator=nobody)
    await b.settle()
    return a, b


async def push(server: Any, number: int, **changes: Any) -> None:
    answer = await server.push(f"item-{number}", headline=f"The ministers will meet on day {number}", **changes)
    assert answer.status in (200, 201), answer.text


async def kill(server: Any, number: int) -> None:
    path = f"/v1/articles/caravan-wire/item-{number}"
    assert (await server.call("DELETE", path, by="caravan-wire", json={"reason": "wrong"})).status == 200


@pytest.mark.parametrize("pair", ["atom", "json"], indirect=True)
async def test_who_was_away_misses_no_article_no_correction_and_no_kill(pair) -> None:
    a, b = pair
    for number in range(4):
        await push(a, number)
    await a.settle()
    source = await read(b)
    assert await list_all(b) == await list_all(a)
    assert [feed["older"]["state"] for feed in source["feeds"]] == ["whole", "whole"]

    await push(a, 0, text="<p>The ministers of five countries will meet on Friday. They will discuss trade.</p>")
    await kill(a, 1)
    for number in range(4, 10):
        await push(a, number)
    await a.settle()
    for number in range(6, 6 + SHOWN + 1):
        await kill(a, number)
    await a.settle()
    source = await read(b)
    here, there = await list_all(a), await list_all(b)
    assert there == {uri: one for uri, one in here.items() if one[0] == "usable" or uri in there}
    assert sorted(one[0] for one in there.values()) == ["canceled"] + ["usable"] * 6
    assert source["counts"]["pages"] >= 6
    assert source["counts"]["waiting"] == 0

    before = await count(b)
    await read(b)
    await push(a, 10)
    await a.settle()
    source = await read(b)
    assert [after - old for after, old in zip(await count(b), before, strict=True)] == [1, 1, 0, 4]
    assert source["counts"]["pages"] == 0, "it has walked though nothing was missing"


@pytest.mark.parametrize("pair", ["atom"], indirect=True)
async def test_a_kill_that_left_the_feed_before_we_came_is_found_though_all_else_is_known(pair) -> None:
    a, b = pair
    for number in range(6):
        await push(a, number)
    await a.settle()
    await read(b)
    for number in range(SHOWN + 1):
        await kill(a, number)
    await a.settle()
    await read(b)
    assert await list_all(b) == await list_all(a)
    assert sorted(one[0] for one in (await list_all(b)).values()).count("canceled") == SHOWN + 1


# Somebody else


@dataclass
class Shelf:
    """Somebody else's server: documents by path, and what it was asked."""

    base: str = ""
    documents: dict[str, bytes | int] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    hangs: set[str] = field(default_factory=set)
    has_etags: bool = True

    async def handle(self, request: web.Request) -> web.StreamResponse:
        found = self.documents.get(request.path_qs, 404)
        etag = f'"{hash(found)}"'
        is_same = request.headers.get("If-None-Match") == etag
        self.asked.append((request.path_qs, "304" if is_same else "200"))
        self.keys.append(request.headers.get("Authorization"))
        if request.path_qs in self.hangs:
            await asyncio.sleep(60)
        if isinstance(found, int):
            return web.Response(status=found)
        if is_same:
            return web.Response(status=304)
        headers = {"ETag": etag} if self.has_etags else {}
        return web.Response(body=found, headers=headers, content_type="application/json")

    def put(self, path: str, *items: dict[str, Any], older: str = "", **more: Any) -> None:
        feed = {"version": "https://jsonfeed.org/version/1.1", "title": "Shelf", "language": "en", "items": list(items)}
        self.documents[path] = json.dumps(feed | ({"next_url": older} if older else {}) | more).encode()

    def put_all(self, newest: int) -> None:
        """Items `newest` … 1, two on a page; every page moves with each that is new."""
        for number, top in enumerate(range(newest, 0, -2), 1):
            items = [make_item(one) for one in (top, top - 1) if one]
            older = f"?page={number + 1}" if top > 2 else ""
            self.put("/feed.json" + f"?page={number}" * (number > 1), *items, older=older)

    def take_asked(self) -> list[tuple[str, str]]:
        asked, self.asked = self.asked, []
        return asked


def make_item(number: int, day: int = 0, **more: Any) -> dict[str, Any]:
    return {
        "id": f"urn:story:{number}",
        "title": f"The ministers will meet in the capital on day {number}",
        "content_text": "The ministers of four countries will meet on Friday. They will discuss trade and water.",
        "date_modified": f"2026-11-{day or number:02}T09:00:00Z",
    } | more


@pytest.fixture
async def shelf(open_site: Any) -> Shelf:
    one = Shelf()
    app = web.Application()
    app.router.add_get("/{tail:.*}", one.handle)
    one.base = await open_site(app)
    return one


@pytest.fixture
async def begin(start, shelf: Shelf):
    async def begin_reading(**options: str) -> Any:
        config = make_config("here", {"shelf": [f"{shelf.base}/feed.json"]}, **options)
        server = await start(config=config, translator=PseudoTranslator(directions=[]))
        await server.settle()
        return server

    return begin_reading


async def list_uris(server: Any) -> list[str]:
    return sorted(await list_all(server), key=lambda uri: int(uri.rpartition(":")[2]))


async def test_pages_are_read_back_to_the_first_with_something_known(begin, shelf: Shelf) -> None:
    shelf.put("/feed.json", make_item(2), make_item(1), older="?page=2")
    shelf.put("/feed.json?page=2", make_item(0, 1))
    reader = await begin()
    assert len(await list_uris(reader)) == 3
    shelf.put("/feed.json", make_item(7), make_item(6), older="/feed.json?page=2")
    shelf.put("/feed.json?page=2", make_item(5), make_item(4), older="?page=3")
    shelf.put("/feed.json?page=3", make_item(3), make_item(2), older="?page=4")
    shelf.put("/feed.json?page=4", make_item(1), make_item(0, 1))
    shelf.take_asked()
    source = await read(reader)
    assert await list_uris(reader) == [f"urn:story:{number}" for number in range(8)]
    assert [path for path, _ in shelf.take_asked()] == ["/feed.json", "/feed.json?page=2", "/feed.json?page=3"]
    assert source["feeds"][0]["older"]["state"] == "known"
    shelf.put("/feed.json", make_item(8), make_item(7), older="?page=2")
    await read(reader)
    assert [path for path, _ in shelf.take_asked()] == ["/feed.json"]


async def test_a_page_that_fails_is_tried_again_and_keeps_nothing_else_back(begin, shelf: Shelf) -> None:
    shelf.put("/feed.json", make_item(9), older="?page=2")
    shelf.put("/feed.json?page=2", make_item(8), older="?page=3")
    shelf.documents["/feed.json?page=3"] = 500
    reader = await begin()
    (source,) = (await reader.call("GET", "/v1/sources", by="admin")).json
    older = source["feeds"][0]["older"]
    assert (older["state"], source["failures"], source["last_error"]) == ("failed", 0, None)
    assert "it answered 500" in older["error"]
    assert await list_uris(reader) == ["urn:story:8", "urn:story:9"]
    shelf.put("/feed.json?page=3", make_item(7))
    shelf.take_asked()
    source = await read(reader)
    assert shelf.take_asked() == [("/feed.json", "200"), ("/feed.json?page=2", "304"), ("/feed.json?page=3", "200")]
    assert await list_uris(reader) == ["urn:story:7", "urn:story:8", "urn:story:9"]
    assert source["feeds"][0]["older"]["state"] == "whole"
    await read(reader)
    assert shelf.take_asked() == [("/feed.json", "304")]


@pytest.mark.parametrize("has_etags", [True, False])
@pytest.mark.parametrize("new", [0, 1, 2])
async def test_a_walk_that_failed_goes_on_beyond_what_it_brought(
    begin, shelf, clock, has_etags: bool, new: int
) -> None:
    shelf.has_etags = has_etags
    shelf.put_all(2)
    reader = await begin()
    clock.pass_time(seconds=60)
    newest = 12
    for _ in range(3):
        shelf.put_all(newest)
        shelf.documents["/feed.json?page=4"] = 503
        assert (await read(reader))["feeds"][0]["older"]["state"] == "failed"
        clock.pass_time(seconds=60)
        newest += new
    shelf.put_all(newest)
    shelf.take_asked()
    source = await read(reader)
    assert await list_uris(reader) == [f"urn:story:{number}" for number in range(1, newest + 1)]
    assert source["feeds"][0]["older"]["state"] == "known"
    assert len(shelf.take_asked()) == newest // 2, "it stops where something was here before the first failure"
    shelf.put_all(newest + 4)
    source = await read(reader)
    assert source["feeds"][0]["older"]["state"] == "known"
    assert [path for path, _ in shelf.take_asked()] == [f"/feed.json{page}" for page in ("", "?page=2", "?page=3")]


async def test_a_walk_that_goes_on_reads_no_more_pages_than_any_other(begin, shelf: Shelf, clock) -> None:
    shelf.put_all(2)
    reader = await begin(older_pages="4")
    clock.pass_time(seconds=60)
    shelf.put_all(40)
    shelf.documents["/feed.json?page=4"] = 503
    await read(reader)
    clock.pass_time(seconds=60)
    shelf.put_all(41)
    shelf.take_asked()
    source = await read(reader)
    assert (source["feeds"][0]["older"]["state"], len(shelf.take_asked())) == ("limit", 5)


async def test_a_page_that_never_comes_is_given_up_in_the_end(begin, shelf: Shelf, monkeypatch) -> None:
    monkeypatch.setattr("server.polling.noting.MOST_TRIES", 2)
    shelf.put("/feed.json", make_item(9), older="?page=2")
    shelf.documents["/feed.json?page=2"] = 503
    reader = await begin()
    source = await read(reader)
    assert source["feeds"][0]["older"]["state"] == "broken"
    shelf.take_asked()
    await read(reader)
    assert shelf.take_asked() == [("/feed.json", "304")]


@pytest.mark.parametrize(
    ("older", "reason"),
    [
        ("http://10.1.2.3/feed.json", "its address is private"),
        ("http://localhost/feed.json", "its address is private"),
        ("?page=gone", "it answered 404"),
        ("?page=circle", "round in a circle"),
        ("?page=bad", "not JSON"),
    ],
)
async def test_pages_that_lead_nowhere_are_told_of(begin, shelf: Shelf, older: str, reason: str) -> None:
    shelf.put("/feed.json", make_item(9), older=older)
    shelf.put("/feed.json?page=circle", make_item(8), older="?page=circle")
    shelf.documents["/feed.json?page=bad"] = b"{"
    reader = await begin()
    (source,) = (await reader.call("GET", "/v1/sources", by="admin")).json
    assert reason in source["feeds"][0]["older"]["error"]
    assert "urn:story:9" in await list_uris(reader)


async def test_no_more_pages_are_read_than_the_limit_says(begin, shelf: Shelf) -> None:
    for number in range(1, 9):
        shelf.put("/feed.json" + f"?page={number}" * (number > 1), make_item(number), older=f"?page={number + 1}")
    reader = await begin(older_pages="3")
    (source,) = (await reader.call("GET", "/v1/sources", by="admin")).json
    assert (source["feeds"][0]["older"]["state"], source["counts"]["pages"]) == ("limit", 3)
    assert await list_uris(reader) == [f"urn:story:{number}" for number in range(1, 5)]
    shelf.put("/feed.json", make_item(20), older="?page=2")
    reader = await begin(older_pages="0")
    assert (await read(reader))["counts"]["pages"] == 0
    assert len(await list_uris(reader)) == 5


async def test_the_newest_word_on_an_entry_counts_on_whichever_page_it_stands(begin, shelf: Shelf) -> None:
    gone = [{"ref": "urn:story:1", "when": "2026-11-20T09:00:00Z"}]
    old = "The ministers will perhaps meet in the capital some day"
    shelf.put("/feed.json", make_item(3, 12), make_item(4, 4, title=old), older="?page=2", _karvan={"tombstones": gone})
    shelf.put("/feed.json?page=2", make_item(3, 11, title=old), make_item(1), make_item(4, 14), make_item(2))
    reader = await begin()
    found = await list_all(reader)
    assert sorted(found) == ["urn:story:2", "urn:story:3", "urn:story:4"]
    assert old not in {versions["en"][2] for _, versions in found.values()}


async def test_what_left_one_feed_and_stands_in_another_stays(shelf: Shelf, start) -> None:
    shelf.put("/feed.json", make_item(1), make_item(2))
    shelf.put("/other.json", make_item(1))
    config = make_config("here", {"shelf": [f"{shelf.base}/feed.json", f"{shelf.base}/other.json"]})
    reader = await start(config=config, translator=PseudoTranslator(directions=[]))
    await reader.settle()
    gone = [{"ref": "urn:story:1", "when": "2026-11-20T09:00:00Z", "why": "rights"}]
    for number in range(3, 6):
        shelf.put("/feed.json", make_item(number), make_item(2), _karvan={"tombstones": gone})
        await read(reader)
        assert (await list_all(reader))["urn:story:1"][0] == "usable"
    shelf.put("/other.json", make_item(2))
    await read(reader)
    assert (await list_all(reader))["urn:story:1"][0] == "withheld"


async def test_the_key_of_a_source_stays_with_its_own_server(begin, shelf: Shelf, start) -> None:
    shelf.put("/feed.json", make_item(9), older="?page=2")
    other = shelf.base.replace("127.0.0.1", "localhost")
    shelf.put("/feed.json?page=2", make_item(8), older=f"{other}/feed.json?page=3")
    shelf.put("/feed.json?page=3", make_item(7))
    config = make_config("here", {"shelf": [f"{shelf.base}/feed.json"]}, key='"secret-of-the-feed"')
    outbound = config.outbound.model_copy(update={"allow": ("127.0.0.1", "localhost")})
    server = await start(config=config.model_copy(update={"outbound": outbound}))
    await server.settle()
    assert [path for path, _ in shelf.asked] == ["/feed.json", "/feed.json?page=2", "/feed.json?page=3"]
    assert shelf.keys == ["Bearer secret-of-the-feed", "Bearer secret-of-the-feed", None]


async def test_a_server_that_stops_in_the_middle_of_the_pages_misses_none(begin, shelf: Shelf, start) -> None:
    for number in range(1, 5):
        older = f"?page={number + 1}" * (number < 4)
        shelf.put("/feed.json" + f"?page={number}" * (number > 1), make_item(number), older=older)
    shelf.hangs.add("/feed.json?page=3")
    await start(config=make_config("here", {"shelf": [f"{shelf.base}/feed.json"]}))
    async with asyncio.timeout(30):
        while ("/feed.json?page=3", "200") not in shelf.asked:
            await asyncio.sleep(0.02)
    shelf.hangs.clear()
    again = await begin()
    assert await list_uris(again) == [f"urn:story:{number}" for number in range(1, 5)]
