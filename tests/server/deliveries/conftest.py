"""A newsroom's end: a real server that takes what is pushed, or hangs, resets, redirects, refuses."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import feedparser
import pytest
from aiohttp import web

from server.config import Config
from server.configfile import parse_config
from server.keys import DATABASE

ROOT = Path(__file__).parents[3]
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class Got:
    """A request that has come in whole."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def titles(self) -> list[str]:
        return [entry.title for entry in feedparser.parse(self.body).entries]


@dataclass
class Sink:
    """`answers`: what is done with the next pushes, in turn: a status, (status, headers), "hang", "reset".

    `usual`: what is done with all others. `consent`: whether it says yes when the hub asks. `taken`: the pushes that it
    answered with 2xx.
    """

    base: str = ""
    answers: list[Any] = field(default_factory=list)
    usual: Any = 204
    got: list[Got] = field(default_factory=list)
    taken: list[Got] = field(default_factory=list)
    consent: bool = True
    most_at_once: int = 0
    _now: int = 0
    _end: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def pushes(self) -> list[Got]:
        return [one for one in self.got if one.method == "POST"]

    @property
    def asked(self) -> list[Got]:
        return [one for one in self.got if one.method == "GET"]

    async def take(self, request: web.Request) -> web.StreamResponse:
        self._now += 1
        self.most_at_once = max(self.most_at_once, self._now)
        try:
            return await self._take(request)
        finally:
            self._now -= 1

    async def _take(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.got.append(Got(request.method, request.path, dict(request.query), dict(request.headers), body))
        if request.method == "GET":
            answer = request.query.get("hub.challenge", "") if self.consent else "no"
            return web.Response(text=answer)
        does = self.answers.pop(0) if self.answers else self.usual
        if does == "hang":
            await self._end.wait()
        if does == "reset":
            assert request.transport is not None
            request.transport.abort()
        if isinstance(does, tuple):
            return web.Response(status=does[0], headers=does[1])
        status = does if isinstance(does, int) else 204
        if status < 300 and does != "reset":
            self.taken.append(self.got[-1])
        return web.Response(status=status)

    async def wait_for(self, pushes: int, seconds: float = 10) -> list[Got]:
        """The pushes, when there are so many."""
        async with asyncio.timeout(seconds):
            while len(self.pushes) < pushes:
                await asyncio.sleep(0.02)
        return self.pushes

    def release(self) -> None:
        self._end.set()


@pytest.fixture
async def make_sink() -> AsyncIterator[Callable[[], Any]]:
    runners: list[tuple[web.AppRunner, Sink]] = []

    async def make() -> Sink:
        sink, app = Sink(), web.Application()
        app.router.add_route("*", "/{path:.*}", sink.take)
        runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        runners.append((runner, sink))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        sink.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return sink

    yield make
    for runner, sink in runners:
        sink.release()
        await runner.cleanup()


@pytest.fixture
async def sink(make_sink) -> Sink:
    made: Sink = await make_sink()
    return made


@pytest.fixture
def shipped() -> str:
    return (ROOT / "config.toml").read_text()


@pytest.fixture
def config() -> Config:
    """The sample, which may reach the sink, and waits for nothing long."""
    shipped = parse_config((ROOT / "config.toml").read_text())
    changes = {
        "outbound": {"allow": ("127.0.0.1",)},
        "delivery": {"timeout_seconds": 1, "retry_min_seconds": 10, "retry_max_seconds": 1000},
        "hub": {"lease_min_seconds": 60},
        "translation": {"engine": "off"},
    }
    return shipped.model_copy(
        update={name: getattr(shipped, name).model_copy(update=values) for name, values in changes.items()}
    )


@dataclass
class Newsroom:
    """What a subscriber does with a server and its own callback."""

    server: Any
    sink: Sink

    async def ask(self, mode: str = "subscribe", feed: str = "world/en.atom", *, by: str | None = None, **more: str):
        form = {
            "hub.mode": mode,
            "hub.topic": f"https://karvan.example/feeds/{feed}",
            "hub.callback": f"{self.sink.base}/callback",
        } | {name.replace("_", ".", 1): value for name, value in more.items()}
        return await self.server.call("POST", "/hub", by=by, data=form)

    async def subscribe(self, feed: str = "world/en.atom", **more: str) -> None:
        """Ask, and wait until the hub has asked back."""
        known = len(self.sink.asked)
        answer = await self.ask("subscribe", feed, **more)
        assert answer.status == 202, answer.text
        async with asyncio.timeout(10):
            while len(self.sink.asked) <= known:
                await asyncio.sleep(0.01)
        await self.server.settle()

    async def list(self) -> list[dict[str, Any]]:
        answer = await self.server.call("GET", "/v1/subscriptions", by="admin")
        assert answer.status == 200
        found: list[dict[str, Any]] = answer.json
        return found

    async def wait_for_state(self, **wanted: Any) -> dict[str, Any]:
        """The only subscription, when it is so."""
        async with asyncio.timeout(10):
            while True:
                found = await self.list()
                if found and all(found[0][name] == value for name, value in wanted.items()):
                    return found[0]
                await asyncio.sleep(0.02)

    async def pass_time(self, **by: float) -> None:
        """Let time pass, and whoever waits for it look at once."""
        self.server.clock.pass_time(**by)
        async with self.server.app[DATABASE].write():
            pass


@pytest.fixture
async def newsroom(server, sink) -> Newsroom:
    return Newsroom(server, sink)


@pytest.fixture
def make_newsroom() -> type[Newsroom]:
    return Newsroom
