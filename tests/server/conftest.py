"""A real server on a free port, with a clock that the test moves and a stand-in that translates at once."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest
from aiohttp import web

from server.access import find_role, hash_key, make_key
from server.app import make_app
from server.config import Config
from server.configfile import parse_config
from server.keys import CLOCK, DATABASE, LIVE
from server.refusals import Runner
from server.store.jobs import count_jobs
from server.store.keys import KeyRow, save_key
from translators.pseudo import PseudoTranslator

ROOT = Path(__file__).parents[2]
START = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


@dataclass
class Clock:
    """Time passes only when a test says so, but for a microsecond a look: no two events are at once."""

    now: datetime = START

    def __call__(self) -> datetime:
        self.now += timedelta(microseconds=1)
        return self.now

    def pass_time(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Server:
    """What a test does with a server: call it with somebody's key, wait until its queue is empty."""

    app: web.Application
    base: str
    clock: Clock
    session: aiohttp.ClientSession
    keys: dict[str, str] = field(default_factory=dict)

    async def call(
        self, method: str, path: str, *, by: str | None = None, headers: Mapping[str, str] | None = None, **options: Any
    ) -> "Answer":
        sent = dict(headers or {})
        if by is not None:
            sent["Authorization"] = f"Bearer {await self.get_key(by)}"
        async with self.session.request(
            method, self.base + path, headers=sent, allow_redirects=False, **options
        ) as response:
            return Answer(response.status, response.headers.copy(), await response.read())

    async def push(self, item: str = "one", *, by: str = "caravan-wire", **changes: Any) -> "Answer":
        return await self.call("PUT", f"/v1/articles/{by}/{item}", by=by, json=make_ninjs(**changes))

    async def get_key(self, owner: str) -> str:
        if owner not in self.keys:
            key, key_id = make_key()
            role = find_role(owner, self.app[LIVE].current.config)
            assert role is not None
            async with self.app[DATABASE].write() as conn:
                await save_key(conn, KeyRow(key_id, owner, role, hash_key(key), self.app[CLOCK]()))
            self.keys[owner] = key
        return self.keys[owner]

    async def settle(self) -> None:
        """Wait until no job is left."""
        async with asyncio.timeout(20):
            while True:
                async with self.app[DATABASE].read() as conn:
                    if not await count_jobs(conn, self.clock.now):
                        return
                await asyncio.sleep(0.03)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


def make_ninjs(**changes: Any) -> dict[str, Any]:
    """A small English article; `headline` and `text` are put where ninjs has them, all else as it is."""
    headline = changes.pop("headline", "The ministers will meet in the capital on Friday to discuss trade")
    text = changes.pop(
        "text", "<p>The ministers of four countries will meet on Friday. They will discuss trade and water.</p>"
    )
    document: dict[str, Any] = {
        "type": "text",
        "language": "en",
        "headlines": [{"value": headline}],
        "bodies": [{"contentType": "text/html", "value": text}],
    }
    return document | changes


@pytest.fixture
def config() -> Config:
    return parse_config((ROOT / "config.toml").read_text())


@pytest.fixture
def clock() -> Clock:
    return Clock()


StartServer = Callable[..., Any]


@pytest.fixture
async def start(tmp_path: Path, config: Config, clock: Clock) -> AsyncIterator[StartServer]:
    """Start a server on the test's own data folder: again and again, one after the other.

    With `beside`, the name of a folder of its own, it runs beside those that run already.
    """
    running: list[tuple[web.AppRunner, aiohttp.ClientSession]] = []

    async def stop() -> None:
        while running:
            runner, session = running.pop()
            await session.close()
            await runner.cleanup()

    async def start_server(**options: Any) -> Server:
        folder = options.pop("beside", "")
        if not folder:
            await stop()
        port = options.pop("port", 0)
        options = {"translator": PseudoTranslator(), "clock": clock, "base": "https://karvan.example"} | options
        app = make_app(options.pop("config", config), tmp_path / folder, **options)
        runner = Runner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        session = aiohttp.ClientSession(auto_decompress=False, skip_auto_headers=("Accept-Encoding",))
        running.append((runner, session))
        return Server(app, f"http://127.0.0.1:{runner.addresses[0][1]}", clock, session)

    yield start_server
    await stop()


@pytest.fixture
async def server(start: StartServer) -> Server:
    return await start()


@pytest.fixture
async def quiet(start: StartServer) -> Server:
    """A server that translates nothing: what is there was pushed."""
    server: Server = await start(with_worker=False)
    return server
