"""Sources that are read: a scripted server of somebody else, and what becomes of what it says."""

import asyncio
import gzip
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from server.config import Config
from server.configfile import ConfigError, parse_config
from translators import Direction
from translators.pseudo import PseudoTranslator

ROOT = Path(__file__).parents[2]
TEXTS = {
    "one": "The ministers will meet in the capital on Friday to discuss trade",
    "two": "The old bridge over the river was opened again after three years of work",
}


def make_item(name: str = "one", **changes: str) -> str:
    values = {
        "title": TEXTS.get(name, TEXTS["one"]),
        "text": f"The story says more about this in the second sentence. It is the story called {name}.",
        "date": "Thu, 26 Nov 2026 09:00:00 GMT",
        "more": "",
    } | changes
    return (
        f"<item><guid isPermaLink='false'>urn:story:{name}</guid><title>{values['title']}</title>"
        f"<link>https://paper.example/news/{name}.html</link><pubDate>{values['date']}</pubDate>"
        f"<description>{values['text']}</description>{values['more']}</item>"
    )


def make_rss(*items: str, language: str = "en") -> bytes:
    return (
        "<rss version='2.0' xmlns:content='http://purl.org/rss/1.0/modules/content/'><channel><title>Paper</title>"
        f"<link>https://paper.example/</link><description>x</description><language>{language}</language>"
        f"{''.join(items)}</channel></rss>"
    ).encode()


@dataclass
class Paper:
    """Somebody else's server: what it answers next, and what it was asked."""

    base: str = ""
    body: bytes = b""
    answer: Callable[[web.Request], Any] | None = None
    asked: list[Any] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.headers.copy())
        if self.answer is not None:
            answered = self.answer(request)
            response: web.StreamResponse = await answered if asyncio.iscoroutine(answered) else answered
            return response
        etag = f'"{hash(self.body)}"'
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304)
        return web.Response(body=self.body, content_type="application/rss+xml", headers={"ETag": etag} | self.headers)


@pytest.fixture
async def paper(open_site: Any) -> Paper:
    one = Paper(body=make_rss(make_item("one")))
    app = web.Application()
    app.router.add_get("/{tail:.*}", one.handle)
    one.base = await open_site(app)
    return one


def make_config(paper: Paper, allow: str = '["127.0.0.1"]', **options: str) -> Config:
    text = (ROOT / "config.toml").read_text().replace("karvan.example,2026", "here.example,2026")
    text = text.replace("\nallow = []", f"\nallow = {allow}")
    values = {"url": f'"{paper.base}/feed.xml"', "outlet": '"caravan-wire"'} | options
    lines = "\n".join(f"{name} = {value}" for name, value in values.items())
    return parse_config(f"{text}\n[sources.paper]\n{lines}\n")


@pytest.fixture
async def reader(start, paper: Paper):
    server = await start(config=make_config(paper), translator=PseudoTranslator(directions=[Direction("en", "tr")]))
    await server.settle()
    return server


async def read(server) -> dict[str, Any]:
    """Read the source now; how it is then."""
    answer = await server.call("POST", "/v1/sources/paper/poll", by="admin")
    assert answer.status == 202, answer.text
    await server.settle()
    return await get_source(server)


async def get_source(server) -> dict[str, Any]:
    (source,) = (await server.call("GET", "/v1/sources", by="admin")).json
    return source


async def list_articles(server) -> dict[str, Any]:
    """Item id → the article as its outlet sees it, for all of the English feed."""
    feed = (await server.call("GET", "/feeds/world/en.json", by="admin")).json
    ids = [one["id"].split("/")[1] for one in feed["items"]]
    return {one: (await server.call("GET", f"/v1/articles/caravan-wire/{one}", by="admin")).json for one in ids}


async def test_what_a_source_publishes_is_taken_in_as_a_push_would_be(reader) -> None:
    ((item, article),) = (await list_articles(reader)).items()
    assert item.startswith("one-")
    assert article["uri"] == "urn:story:one"
    assert article["versions"]["en"]["headline"] == TEXTS["one"]
    assert article["versions"]["tr"]["headline"]
    ninjs = (await reader.call("GET", f"/v1/articles/caravan-wire/{item}?language=en", by="admin")).json
    assert {"role": "web", "value": "https://paper.example/news/one.html"} in ninjs["altIds"]
    source = await get_source(reader)
    assert (source["state"], source["counts"]["new"], source["last_error"]) == ("live", 1, None)


async def test_what_has_not_changed_is_neither_sent_nor_stored_again(reader, paper: Paper) -> None:
    source = await read(reader)
    assert paper.asked[-1]["If-None-Match"] == f'"{hash(paper.body)}"'
    assert source["feeds"][0]["status"] == 304
    paper.headers["X-Other"] = "1"
    paper.body += b" "
    source = await read(reader)
    assert source["feeds"][0]["status"] == 200
    assert (source["counts"]["polls"], source["counts"]["new"], source["counts"]["changed"]) == (3, 1, 0)
    (article,) = (await list_articles(reader)).values()
    assert article["version"] == 1


async def test_a_correction_is_the_next_version_even_under_the_same_date(reader, paper: Paper) -> None:
    for number, title in enumerate(("on Saturday", "on Sunday"), 2):
        paper.body = make_rss(make_item(title=f"The ministers will meet in the capital {title} to discuss trade"))
        await read(reader)
        (article,) = (await list_articles(reader)).values()
        assert article["version"] == number
        assert title in article["versions"]["en"]["headline"]
        assert title in article["versions"]["tr"]["headline"]


async def test_a_feed_from_before_a_correction_changes_nothing(reader, paper: Paper) -> None:
    newer = {"date": "Thu, 26 Nov 2026 10:00:00 GMT", "title": "The ministers will meet in the capital on Monday"}
    paper.body = make_rss(make_item(**newer))
    await read(reader)
    paper.body = make_rss(make_item())
    await read(reader)
    (article,) = (await list_articles(reader)).values()
    assert (article["version"], article["versions"]["en"]["headline"]) == (2, newer["title"])


async def test_what_leaves_the_feed_stays_and_what_is_deleted_there_is_withdrawn_until_it_comes_again(
    reader, paper: Paper
) -> None:
    paper.body = make_rss(make_item("two"))
    await read(reader)
    assert len(await list_articles(reader)) == 2
    when = "2026-11-26T11:00:00Z"
    deleted = f"<at:deleted-entry xmlns:at='http://purl.org/atompub/tombstones/1.0' ref='urn:story:two' when='{when}'/>"
    paper.body = make_rss(deleted)
    source = await read(reader)
    assert source["counts"]["withdrawn"] == 1
    items = await list_articles(reader)
    assert sorted(one["pub_status"] for one in items.values()) == ["usable", "withheld"]
    assert (await read(reader))["counts"]["withdrawn"] == 1
    paper.body = make_rss(make_item("two", date="Thu, 26 Nov 2026 11:30:00 GMT"))
    await read(reader)
    items = await list_articles(reader)
    assert sorted(one["pub_status"] for one in items.values()) == ["usable", "usable"]


async def test_a_tombstone_of_what_the_source_did_not_bring_withdraws_nothing(reader, paper: Paper) -> None:
    await reader.push("mine", uri="urn:story:mine")
    deleted = (
        "<at:deleted-entry xmlns:at='http://purl.org/atompub/tombstones/1.0' ref='urn:story:mine' "
        "when='2026-11-26T13:00:00Z'/>"
    )
    paper.body = make_rss(deleted, make_item("mine"))
    source = await read(reader)
    assert source["counts"]["withdrawn"] == 0
    assert (await list_articles(reader))["mine"]["pub_status"] == "usable"


async def test_an_article_that_is_here_from_its_outlet_is_not_taken_in_again(reader, paper: Paper) -> None:
    await reader.push("mine", uri="urn:story:mine")
    paper.body = make_rss(make_item("mine"), make_item("one"))
    source = await read(reader)
    assert source["counts"]["here_already"] == 1
    assert len(await list_articles(reader)) == 2


async def test_a_bad_item_is_reported_and_harms_no_other(reader, paper: Paper) -> None:
    russian = "Министры четырёх стран встретятся в столице в пятницу, чтобы обсудить торговлю и воду"
    paper.body = make_rss(
        make_item("two"),
        make_item("bad", title=""),
        make_item("wrong", title=russian, text=russian),
        "<item/>",
    )
    source = await read(reader)
    assert source["counts"]["new"] == 2
    assert source["counts"]["faulty"] == 3
    told = {one["id"]: one["faults"][0]["detail"] for one in source["faults"]}
    assert "Russian" in told["urn:story:wrong"] or "ru" in told["urn:story:wrong"]
    assert {"urn:story:bad", "urn:story:wrong"} <= told.keys()


async def test_a_language_that_the_feed_does_not_say_is_the_configs(start, paper: Paper) -> None:
    paper.body = make_rss(make_item()).replace(b"<language>en</language>", b"")
    server = await start(config=make_config(paper, language='"en"'))
    await server.settle()
    assert len(await list_articles(server)) == 1


def answer_with(**options: Any) -> Callable[[web.Request], web.Response]:
    return lambda request: web.Response(**options)


BOMB = gzip.compress(bytes(40_000_000))
CRUMBS = gzip.compress(b"") * 2_000 + gzip.compress(make_rss(make_item("one")))


BAD_ANSWERS = [
    (answer_with(status=500), "it answered 500"),
    (answer_with(body=b"<rss><channel><item></rss>", content_type="text/xml"), "mismatch"),
    (answer_with(body=b"<html><body>Welcome</body></html>", content_type="text/html"), "html is no feed"),
    (answer_with(body=b"%PDF", content_type="application/pdf"), "application/pdf is no feed"),
    (answer_with(body=b"x", content_type="text/xml", headers={"Content-Encoding": "br"}), "nobody asked for"),
    (answer_with(body=BOMB, content_type="text/xml", headers={"Content-Encoding": "gzip"}), "larger than"),
    (answer_with(body=BOMB[:900], content_type="text/xml", headers={"Content-Encoding": "gzip"}), "breaks off"),
    (
        answer_with(body=CRUMBS, content_type="text/xml", headers={"Content-Encoding": "gzip"}),
        "in more than 1,000 pieces",
    ),
    (answer_with(body=bytes(9_000_000), content_type="text/xml"), "larger than"),
    (answer_with(status=302, headers={"Location": "http://10.1.2.3/feed.xml"}), "its address is private"),
    (answer_with(status=302, headers={"Location": "http://localhost/feed.xml"}), "its address is private"),
    (answer_with(status=302, headers={"Location": "file:///etc/passwd"}), "no address"),
    (answer_with(status=302, headers={"Location": "http://paper.example:port/"}), "no address"),
    (answer_with(status=302, headers={"Location": "/again"}), "redirects"),
]


async def test_a_source_that_answers_badly_says_why_and_harms_nothing(reader, paper: Paper) -> None:
    for answer, reason in BAD_ANSWERS:
        paper.answer = answer
        source = await read(reader)
        assert reason in source["last_error"]
        assert source["failures"] == 1
        paper.answer = None
        source = await read(reader)
        assert (source["failures"], source["last_error"]) == (0, None)
    assert len(await list_articles(reader)) == 1


async def test_a_source_that_fails_is_read_ever_less_often(reader, paper: Paper) -> None:
    paper.answer = answer_with(status=500)
    for number, seconds in ((1, 900), (2, 1800), (3, 3600), (4, 7200), (5, 14400), (6, 21600), (7, 21600)):
        source = await read(reader)
        assert source["failures"] == number
        pause = datetime.fromisoformat(source["next_poll"]) - reader.clock.now
        assert seconds - 1 <= pause.total_seconds() <= seconds * 1.1


async def test_a_source_that_hangs_is_left_and_the_server_stops_in_time(reader, paper: Paper, monkeypatch) -> None:
    async def hang(request: web.Request) -> web.Response:
        await asyncio.sleep(60)
        return web.Response()

    monkeypatch.setattr("server.polling.fetching.REQUEST_SECONDS", 0.2)
    paper.answer = hang
    source = await read(reader)
    assert "no answer within 0.2 s" in source["last_error"]


async def test_a_source_is_not_read_before_it_wants_us(reader, paper: Paper) -> None:
    paper.answer = answer_with(status=429, headers={"Retry-After": "7200"})
    source = await read(reader)
    assert source["next_poll"] >= (reader.clock.now + timedelta(seconds=7199)).isoformat()
    paper.answer = answer_with(body=paper.body, content_type="text/xml", headers={"Cache-Control": "max-age=3600"})
    source = await read(reader)
    assert source["next_poll"] >= (reader.clock.now + timedelta(seconds=3599)).isoformat()


async def test_a_source_is_read_when_its_time_has_come(reader, paper: Paper) -> None:
    asked = len(paper.asked)
    reader.clock.pass_time(seconds=800)
    await asyncio.sleep(0.2)
    assert len(paper.asked) == asked
    reader.clock.pass_time(seconds=300)
    async with asyncio.timeout(20):
        while len(paper.asked) == asked:
            await asyncio.sleep(0.05)
    await reader.settle()
    assert len(paper.asked) == asked + 1


async def test_a_feed_that_has_moved_for_good_is_read_there_without_its_key(start, paper: Paper) -> None:
    def move(request: web.Request) -> web.Response:
        if request.path == "/feed.xml":
            target = paper.base.replace("127.0.0.1", "localhost") + "/new.xml"
            return web.Response(status=301, headers={"Location": target})
        return web.Response(body=paper.body, content_type="text/xml")

    paper.answer = move
    server = await start(config=make_config(paper, allow='["127.0.0.1", "localhost"]', key='"secret-of-the-feed"'))
    await server.settle()
    source = await get_source(server)
    assert source["feeds"][0]["moved_to"].endswith("/new.xml")
    asked = len(paper.asked)
    await read(server)
    assert len(paper.asked) == asked + 1
    assert [one.get("Authorization") for one in paper.asked] == ["Bearer secret-of-the-feed", None, None]
    assert "secret" not in (await server.call("GET", "/v1/sources", by="admin")).text


async def test_a_feed_that_is_gone_for_good_is_not_read_again(reader, paper: Paper, start) -> None:
    paper.answer = answer_with(status=410)
    source = await read(reader)
    assert (source["state"], source["next_poll"]) == ("gone", None)
    assert "410" in source["reason"]
    answer = await reader.call("POST", "/v1/sources/paper/poll", by="admin")
    assert answer.status == 404
    asked = len(paper.asked)
    again = await start(config=make_config(paper))
    await again.settle()
    assert len(paper.asked) == asked
    paper.answer = None
    again = await start(config=make_config(paper, url=f'"{paper.base}/other.xml"'))
    await again.settle()
    assert (await get_source(again))["state"] == "live"
    assert len(await list_articles(again)) == 1


async def test_a_server_that_starts_again_does_not_read_before_its_time(reader, paper: Paper, start) -> None:
    asked = len(paper.asked)
    again = await start(config=make_config(paper))
    await again.settle()
    await asyncio.sleep(0.1)
    assert len(paper.asked) == asked


async def test_an_article_that_was_killed_here_stays_so(reader, paper: Paper) -> None:
    (item,) = await list_articles(reader)
    await reader.call("DELETE", f"/v1/articles/caravan-wire/{item}", by="caravan-wire", json={"reason": "wrong"})
    paper.body = make_rss(make_item(title="The ministers will meet in the capital on Monday to discuss trade"))
    source = await read(reader)
    assert source["counts"]["faulty"] == 0
    article = (await reader.call("GET", f"/v1/articles/caravan-wire/{item}", by="admin")).json
    assert (article["pub_status"], article["version"]) == ("canceled", 1)


@pytest.mark.parametrize("by", [None, "caravan-wire", "demo-newsroom"])
async def test_only_admins_see_sources(reader, by: str | None) -> None:
    assert (await reader.call("GET", "/v1/sources", by=by)).status in (401, 403)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"allow": "[]"}, "127.0.0.1 is a private address"),
        ({"outlet": '"nobody"'}, "there is no outlet 'nobody'"),
        ({"outlets": '{ "theirs" = "nobody" }'}, "there is no outlet 'nobody'"),
        ({"language": '"fr"'}, "'fr' is not among"),
        ({"url": '"ftp://paper.example/feed"'}, "is no address such as"),
        ({"url": '["https://paper.example/a", "https://paper.example/a"]'}, "stands there twice"),
        ({"every_seconds": "59"}, "60"),
    ],
)
async def test_a_source_that_cannot_be_is_refused(paper: Paper, options: dict[str, str], reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        make_config(paper, **options)


async def test_sources_need_a_tag_of_ones_own() -> None:
    source = '\n[sources.paper]\nurl = "https://paper.example/feed.xml"\noutlet = "caravan-wire"\n'
    with pytest.raises(ConfigError, match="set one of your own"):
        parse_config((ROOT / "config.toml").read_text() + source)
