"""Sources whose hub tells of changes (WebSub): asked for, verified, renewed, ended; a push is a hint to read."""

import asyncio
import hmac
import json
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from aiohttp import ClientSession, web

from server.config import Config
from server.configfile import ConfigError, parse_config
from server.keys import DATABASE
from server.store.source_pushes import PushRow, list_pushes
from translators import Direction
from translators.pseudo import PseudoTranslator

ROOT = Path(__file__).parents[2]
CONFIG = (ROOT / "config.toml").read_text().replace("\nallow = []", '\nallow = ["127.0.0.1"]')
HOUR = 3600


def find_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def make_config(name: str, port: int, urls: Sequence[str] = (), **options: str) -> Config:
    text = CONFIG.replace("karvan.example,2026", f"{name}.example,2026")
    text = text.replace('\npublic_url = ""', f'\npublic_url = "http://127.0.0.1:{port}"')
    if urls:
        values = {"url": json.dumps(list(urls)), "outlet": '"caravan-wire"', "every_seconds": str(HOUR), "push": "true"}
        lines = "\n".join(f"{key} = {value}" for key, value in (values | options).items())
        text += f'\n[sources.theirs]\n{lines}\noutlets = {{ "caravan-wire" = "caravan-wire" }}\n'
    return parse_config(text)


async def wait_for(is_so: Callable[[], Awaitable[Any]], clock: Any = None) -> Any:
    """`clock`: let time pass meanwhile."""
    async with asyncio.timeout(60):
        while not (found := await is_so()):
            if clock is not None:
                clock.pass_time(seconds=0.1)
            await asyncio.sleep(0.05)
    return found


async def get_source(server: Any) -> dict[str, Any]:
    (source,) = (await server.call("GET", "/v1/sources", by="admin")).json
    return source


async def read(server: Any) -> dict[str, Any]:
    """Read the source now; how it is then."""
    await server.call("POST", "/v1/sources/theirs/poll", by="admin")
    await server.settle()
    return await get_source(server)


async def are_live(server: Any) -> bool:
    return all(feed["push"] and feed["push"]["state"] == "live" for feed in (await get_source(server))["feeds"])


async def get_pushes(server: Any) -> list[PushRow]:
    async with server.app[DATABASE].read() as conn:
        return list(await list_pushes(conn))


def get_path(row: PushRow) -> str:
    return row.callback.partition("//")[2].partition("/")[2].join(("/", ""))


# Two Karvans


@pytest.fixture
async def pair(start):
    """B is told by A's hub."""
    ports = find_port(), find_port()
    bases = [f"http://127.0.0.1:{port}" for port in ports]
    engine = PseudoTranslator(directions=[Direction("en", "tr")])
    a = await start(config=make_config("a", ports[0]), port=ports[0], beside="a", base=bases[0], translator=engine)
    await a.push("first")
    await a.settle()
    urls = [f"{bases[0]}/feeds/world/{language}.atom" for language in ("en", "tr")]
    b = await start(
        config=make_config("b", ports[1], urls),
        port=ports[1],
        beside="b",
        base=bases[1],
        translator=PseudoTranslator(directions=[]),
    )
    await wait_for(lambda: are_live(b))
    await b.settle()
    return a, b


async def find_version(server: Any, item: str, language: str = "tr") -> Any:
    answer = await server.call("GET", f"/v1/articles/caravan-wire/{item}", by="admin")
    return answer.status == 200 and answer.json["versions"].get(language, {}).get("headline")


async def test_a_change_arrives_at_once_though_the_next_poll_is_hours_away(pair, clock) -> None:
    a, b = pair
    next_poll = datetime.fromisoformat((await get_source(b))["next_poll"])
    assert next_poll - clock.now > timedelta(minutes=59)
    await a.push("second")
    await wait_for(lambda: find_version(b, "second"), clock)
    await a.push("second", headline="The ministers will meet in the capital on Saturday to discuss trade")

    async def is_corrected() -> bool:
        return "Saturday" in (await find_version(b, "second") or "")

    await wait_for(is_corrected, clock)
    path = "/v1/articles/caravan-wire/first"
    assert (await a.call("DELETE", path, by="caravan-wire", json={"reason": "wrong"})).status == 200

    async def is_killed() -> bool:
        return (await b.call("GET", path, by="admin")).json["pub_status"] == "canceled"

    await wait_for(is_killed, clock)
    await b.settle()
    assert clock.now < next_poll
    source = await get_source(b)
    assert all(feed["push"]["last_push"] for feed in source["feeds"])
    pause = datetime.fromisoformat(source["next_poll"]) - clock.now
    assert timedelta(hours=3.9) < pause < timedelta(hours=4.5), "it is read as often as if nobody told of changes"


async def test_only_what_is_signed_with_our_secret_has_the_source_read(pair, clock) -> None:
    _, b = pair
    row = (await get_pushes(b))[0]
    clock.pass_time(seconds=10)
    polls = (await get_source(b))["counts"]["polls"]
    body = b"anything"
    right = hmac.new(row.secret.encode(), body, "sha256").hexdigest()
    for value in (
        None,
        "",
        "sha256=",
        f"sha256={right[:-1]}0" if right[-1] != "0" else f"sha256={right[:-1]}1",
        f"sha1={hmac.new(row.secret.encode(), body, 'sha1').hexdigest()}",
        f"sha512={right}",
        f"sha256={hmac.new(b'', body, 'sha256').hexdigest()}",
        f"md5={hmac.new(row.secret.encode(), body, 'md5').hexdigest()}",
    ):
        headers = {} if value is None else {"X-Hub-Signature": value}
        assert (await b.call("POST", get_path(row), data=body, headers=headers)).status == 202
    await b.settle()
    assert (await get_source(b))["counts"]["polls"] == polls
    for method in ("sha256", "sha384", "sha512"):
        digest = hmac.new(row.secret.encode(), body, method).hexdigest()
        answer = await b.call("POST", get_path(row), data=body, headers={"X-Hub-Signature": f"{method}={digest}"})
        assert answer.status == 202
    await b.settle()
    assert polls < (await get_source(b))["counts"]["polls"] <= polls + 3


async def test_an_address_that_nobody_was_told_is_none(pair) -> None:
    _, b = pair
    row = (await get_pushes(b))[0]
    asked = urlencode({"hub.mode": "subscribe", "hub.topic": row.topic, "hub.challenge": "x"})
    assert (await b.call("GET", f"/v1/sources/theirs/callback/{row.token}x?{asked}")).status == 404
    assert (await b.call("GET", f"/v1/sources/others/callback/{row.token}?{asked}")).status == 404
    assert (await b.call("POST", "/v1/sources/theirs/callback/x", data=b"x")).status == 410
    told = (await b.call("GET", "/v1/sources", by="admin")).text
    assert row.token not in told
    assert row.secret not in told


async def test_many_pushes_are_few_polls(pair, clock) -> None:
    _, b = pair
    row = (await get_pushes(b))[0]
    clock.pass_time(seconds=10)
    polls = (await get_source(b))["counts"]["polls"]
    digest = hmac.new(row.secret.encode(), b"x", "sha256").hexdigest()
    for _ in range(30):
        await b.call("POST", get_path(row), data=b"x", headers={"X-Hub-Signature": f"sha256={digest}"})
    await b.settle()
    assert (await get_source(b))["counts"]["polls"] <= polls + 2
    clock.pass_time(seconds=2)
    await wait_for(lambda: _has_polled(b, polls))


async def _has_polled(server: Any, polls: int) -> bool:
    return (await get_source(server))["counts"]["polls"] > polls


# A hub of somebody else


@dataclass
class Tower:
    """A feed and its hub: what it was asked, and how it answers."""

    base: str = ""
    status: int = 202
    asks_back: bool = True
    lease: str = "3000"
    answers: list[tuple[int, str]] = field(default_factory=list)  # to what it asked back
    forms: list[dict[str, str]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    reads: int = 0
    hub: str = "/hub"
    older: str = ""
    refusal: tuple[int, Mapping[str, str]] | None = None
    while_reading: Callable[[], Awaitable[Any]] | None = None

    async def get_feed(self, request: web.Request) -> web.Response:
        if request.query:
            return web.Response(status=503)
        self.reads += 1
        if self.while_reading is not None:
            await self.while_reading()
        if self.refusal is not None:
            return web.Response(status=self.refusal[0], headers=self.refusal[1])
        title, text = "The ministers will meet in the capital on Friday", "They will discuss trade and water there."
        item = {"id": "urn:story:1", "title": title, "content_text": text}
        feed = {"version": "https://jsonfeed.org/version/1.1", "title": "x", "language": "en", "items": [item]}
        feed |= {"next_url": self.older} if self.older else {}
        link = f'<{self.hub}>; rel="hub", <{self.base}/feed.json>; rel=self'
        return web.Response(body=json.dumps(feed), content_type="application/json", headers={"Link": link})

    def refuse(self, status: int | None, headers: Mapping[str, str] | None = None) -> None:
        self.refusal = None if status is None else (status, headers or {})

    async def post_hub(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.forms.append(form)
        self.keys.append(request.headers.get("Authorization"))
        if self.status == 202 and self.asks_back:
            self.answers.append(await self.ask_back(form))
        return web.Response(status=self.status, text="words of the hub")

    async def ask_back(self, form: dict[str, str], **changes: str) -> tuple[int, str]:
        asked = {"hub.mode": form["hub.mode"], "hub.topic": form["hub.topic"], "hub.challenge": "a/b+c"}
        asked |= {"hub.lease_seconds": self.lease} | {f"hub.{name}": value for name, value in changes.items()}
        async with (
            ClientSession() as session,
            session.get(f"{form['hub.callback']}?{urlencode(asked)}") as response,
        ):
            return response.status, await response.text()


@pytest.fixture
async def tower(open_site: Any) -> Tower:
    one = Tower()
    app = web.Application()
    app.router.add_get("/feed.json", one.get_feed)
    app.router.add_post("/hub", one.post_hub)
    one.base = await open_site(app)
    return one


@pytest.fixture
async def begin(start, tower: Tower):
    port = find_port()

    async def begin_reading(urls: Sequence[str] | None = None, **options: str) -> Any:
        config = make_config("here", port, [f"{tower.base}/feed.json"] if urls is None else urls, **options)
        server = await start(config=config, port=port, translator=PseudoTranslator(directions=[]))
        await server.settle()
        return server

    return begin_reading


async def tell(server: Any) -> None:
    """The hub pushes."""
    (row,) = await get_pushes(server)
    digest = hmac.new(row.secret.encode(), b"x", "sha256").hexdigest()
    answer = await server.call("POST", get_path(row), data=b"x", headers={"X-Hub-Signature": f"sha256={digest}"})
    assert answer.status == 202


@pytest.mark.parametrize("while_reading", [False, True])
async def test_no_push_has_a_source_read_that_has_asked_for_patience(begin, tower: Tower, while_reading: bool) -> None:
    server = await begin()
    server.clock.pass_time(seconds=10)
    if while_reading:
        tower.while_reading = lambda: tell(server)
    tower.refuse(429, {"Retry-After": "7200"})
    await tell(server)
    await server.settle()
    reads = tower.reads
    assert reads == 2
    for _ in range(20):
        server.clock.pass_time(seconds=300)
        await tell(server)
        await server.settle()
    assert tower.reads == reads
    tower.refuse(None)
    tower.while_reading = None
    await read(server)
    assert tower.reads == reads + 1, "an admin may ask at any time"


async def test_a_push_during_a_long_refusal_is_heeded_when_it_is_over(begin, tower: Tower) -> None:
    server = await begin()
    server.clock.pass_time(seconds=10)
    tower.refuse(503, {"Retry-After": "1800"})
    await tell(server)
    await server.settle()
    tower.refuse(None)
    await tell(server)
    server.clock.pass_time(seconds=1801)
    await wait_for(lambda: _has_read(tower, 3))
    await server.settle()
    assert (await get_source(server))["failures"] == 0


async def test_pushes_have_a_source_that_fails_read_ever_less_often(begin, tower: Tower) -> None:
    server = await begin()
    server.clock.pass_time(seconds=10)
    tower.refuse(500)
    await tell(server)
    await server.settle()
    for number, minutes in enumerate((1, 2, 4, 8), 3):
        server.clock.pass_time(seconds=minutes * 60 - 5)
        await tell(server)
        await server.settle()
        assert tower.reads == number - 1
        server.clock.pass_time(seconds=6)
        await wait_for(lambda number=number: _has_read(tower, number))
        await server.settle()


async def test_a_burst_of_pushes_uses_up_no_tries_of_older_pages(begin, tower: Tower) -> None:
    tower.older = "?page=2"
    server = await begin()
    for _ in range(11):
        server.clock.pass_time(seconds=5)
        await tell(server)
        await server.settle()
    assert tower.reads == 1
    server.clock.pass_time(seconds=6)
    await wait_for(lambda: _has_read(tower, 2))
    await server.settle()
    assert (await get_source(server))["feeds"][0]["older"]["state"] == "failed"


async def _has_read(tower: Tower, times: int) -> bool:
    return tower.reads >= times


async def test_a_hub_is_asked_as_the_standard_says_and_answered_only_for_what_we_asked(begin, tower: Tower) -> None:
    server = await begin(key='"secret-of-the-feed"')
    (form,) = tower.forms
    assert form["hub.mode"] == "subscribe"
    assert form["hub.topic"] == f"{tower.base}/feed.json"
    assert 20 < len(form["hub.secret"]) < 200
    assert tower.keys == ["Bearer secret-of-the-feed"]
    assert tower.answers == [(200, "a/b+c")]
    push = (await get_source(server))["feeds"][0]["push"]
    assert (push["state"], push["failures"], push["last_error"]) == ("live", 0, None)
    assert datetime.fromisoformat(push["lease_until"]) - server.clock.now > timedelta(seconds=2990)
    assert (await tower.ask_back(form))[0] == 404, "confirmed again, though nobody asked"
    assert (await tower.ask_back(form, mode="unsubscribe"))[0] == 404
    assert await are_live(server)


@pytest.mark.parametrize("changes", [{"topic": "https://other.example/"}, {"mode": "unsubscribe"}, {"challenge": ""}])
async def test_what_was_not_asked_for_is_not_confirmed(begin, tower: Tower, changes: dict[str, str]) -> None:
    tower.asks_back = False
    server = await begin()
    (form,) = tower.forms
    assert (await get_source(server))["feeds"][0]["push"]["state"] == "asked"
    assert (await tower.ask_back(form, **changes))[0] == 404
    assert await tower.ask_back(form) == (200, "a/b+c")
    assert await are_live(server)


async def test_a_lease_is_renewed_before_it_ends_under_the_same_secret(begin, tower: Tower) -> None:
    server = await begin()
    server.clock.pass_time(seconds=1900)
    await server.settle()
    assert len(tower.forms) == 1
    server.clock.pass_time(seconds=200)
    await wait_for(lambda: _has_asked(tower, 2))
    await server.settle()
    assert tower.forms[0] == tower.forms[1]
    assert tower.answers == [(200, "a/b+c")] * 2
    (push,) = [feed["push"] for feed in (await get_source(server))["feeds"]]
    assert datetime.fromisoformat(push["lease_until"]) - server.clock.now > timedelta(seconds=2990)


async def _has_asked(tower: Tower, times: int) -> bool:
    return len(tower.forms) >= times


async def test_a_hub_that_is_away_is_asked_ever_less_often_and_the_source_is_read_as_ever(begin, tower: Tower) -> None:
    tower.status = 503
    server = await begin()
    for number, seconds in ((1, 60), (2, 120), (3, 240)):
        await wait_for(lambda number=number: _has_asked(tower, number))
        await server.settle()
        push = (await get_source(server))["feeds"][0]["push"]
        assert (push["state"], push["failures"]) == ("asked", number)
        assert "503: words of the hub" in push["last_error"]
        server.clock.pass_time(seconds=seconds - 5)
        await asyncio.sleep(0.1)
        assert len(tower.forms) == number
        server.clock.pass_time(seconds=6)
    source = await get_source(server)
    assert source["last_error"] is None
    assert datetime.fromisoformat(source["next_poll"]) - server.clock.now < timedelta(hours=1.2)
    reads = tower.reads
    await read(server)
    assert tower.reads == reads + 1
    tower.status = 202
    server.clock.pass_time(seconds=600)
    await wait_for(lambda: are_live(server))


async def test_a_renewal_that_fails_leaves_what_is_live_live_to_its_end(begin, tower: Tower) -> None:
    server = await begin()
    tower.status = 500
    server.clock.pass_time(seconds=2100)
    await wait_for(lambda: _has_asked(tower, 2))
    await server.settle()
    push = (await get_source(server))["feeds"][0]["push"]
    assert (push["state"], push["failures"]) == ("live", 1)
    server.clock.pass_time(seconds=1000)  # over
    source = await read(server)
    assert datetime.fromisoformat(source["next_poll"]) - server.clock.now < timedelta(hours=1.2)


async def test_a_hub_that_cannot_be_reached_keeps_nothing_back(begin, tower: Tower) -> None:
    for hub, reason in ((f"http://127.0.0.1:{find_port()}/hub", "refused"), ("http://10.1.2.3/hub", "private")):
        tower.hub = hub
        server = await begin()
        source = await read(server)
        assert source["counts"]["new"] == 1
        assert source["last_error"] is None
        assert source["feeds"][0]["push"]["state"] == "asked"
        assert reason in source["feeds"][0]["push"]["last_error"]


async def test_a_hub_may_deny(begin, tower: Tower) -> None:
    server = await begin()
    assert (await tower.ask_back(tower.forms[0], mode="denied", reason="too many"))[0] == 200
    push = (await get_source(server))["feeds"][0]["push"]
    assert (push["state"], push["last_error"]) == ("denied", "it was denied: too many")
    server.clock.pass_time(hours=6.1)
    await wait_for(lambda: are_live(server))


async def test_nothing_is_asked_of_hubs_unless_the_source_says_so(begin, tower: Tower) -> None:
    server = await begin(push="false")
    assert tower.forms == []
    assert (await get_source(server))["feeds"][0]["push"] is None
    server = await begin()
    await wait_for(lambda: are_live(server))
    server = await begin(push="false")
    await wait_for(lambda: _has_asked(tower, 2))
    assert tower.forms[1]["hub.mode"] == "unsubscribe"
    assert tower.answers[1][0] == 200
    assert await get_pushes(server) == []


async def test_a_source_that_leaves_the_configuration_is_told_of_no_more(begin, tower: Tower) -> None:
    server = await begin()
    (row,) = await get_pushes(server)
    server = await begin(urls=())
    await wait_for(lambda: _has_asked(tower, 2))
    assert [form["hub.mode"] for form in tower.forms] == ["subscribe", "unsubscribe"]
    await wait_for(lambda: _has_none(server))
    assert tower.answers[1] == (200, "a/b+c")
    assert (await server.call("POST", get_path(row), data=b"x")).status == 410


async def test_a_hub_that_does_not_answer_a_farewell_is_left_in_the_end(begin, tower: Tower) -> None:
    await begin()
    tower.status = 500
    server = await begin(urls=())
    for _ in range(6):
        await server.settle()
        server.clock.pass_time(hours=1)
    await wait_for(lambda: _has_none(server))
    assert len(tower.forms) <= 6


async def _has_none(server: Any) -> bool:
    return not await get_pushes(server)


async def test_pushes_need_a_public_address() -> None:
    text = CONFIG.replace("karvan.example,2026", "here.example,2026")
    source = '\n[sources.theirs]\nurl = "https://a.example/feed.xml"\noutlet = "caravan-wire"\npush = true\n'
    with pytest.raises(ConfigError, match=r"sources\.theirs\.push: `public_url` of \[server\] must say"):
        parse_config(text + source)
