"""A real server on a free port, with a clock that the test moves and a stand-in that translates at once."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import aiohttp
import jsonschema_rs
import orjson
import pytest
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from server.access import find_role, hash_key, make_key
from server.app import make_app
from server.config import Config
from server.configfile import parse_config
from server.configfile.live import get_digest
from server.configfile.replacing import read_text
from server.keys import CLOCK, DATABASE, LIVE
from server.refusals import Runner
from server.routes import describe_api
from server.store import engine
from server.store.answers import find_meta
from server.store.jobs import count_jobs
from server.store.keys import KeyRow, save_key
from translators import TranslationError
from translators.pseudo import PseudoTranslator

ROOT = Path(__file__).parents[2]
START = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


@dataclass
class Clock:
    """Time passes only when a test says so, but for a microsecond a look: no two events are at once."""

    now: datetime = START
    wake: list[Callable[[], None]] = field(default_factory=list)  # who looks again when time has passed

    def __call__(self) -> datetime:
        self.now += timedelta(microseconds=1)
        return self.now

    def pass_time(self, **by: float) -> None:
        self.now += timedelta(**by)
        for wake in self.wake:
            wake()


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
            answer = Answer(response.status, response.headers.copy(), await response.read())
        check_documented(method, path, answer)
        return answer

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

    async def wait_until_asked(self) -> None:
        """Wait until all articles are asked for that the configuration in force may decide otherwise."""
        async with asyncio.timeout(20):
            while True:
                async with self.app[DATABASE].read() as conn:
                    if await find_meta(conn, "routing") == get_digest(self.app[LIVE].current.config):
                        return
                await asyncio.sleep(0.02)

    async def settle(self) -> None:
        """Wait until no job is left."""
        async with asyncio.timeout(20):
            while True:
                async with self.app[DATABASE].read() as conn:
                    if not await count_jobs(conn, self.clock.now):
                        return
                await asyncio.sleep(0.02)


@pytest.fixture
async def open_site() -> AsyncIterator[Callable[[web.Application], Awaitable[str]]]:
    """Opens another server on this machine, and says where it is."""
    runners: list[web.AppRunner] = []

    async def open_(app: web.Application) -> str:
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    yield open_
    for runner in runners:
        await runner.cleanup()


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


@cache
def list_contracts() -> list[tuple[str, re.Pattern[str], Any]]:
    """(method, address, what /openapi.json says of it) of every call."""
    document = close_objects(describe_api())
    contracts = []
    for path, calls in document["paths"].items():
        pattern = re.compile("[^/?]+".join(map(re.escape, re.split(r"\{\w+\}", path))))
        contracts += [(method.upper(), pattern, call) for method, call in calls.items()]
    return contracts


def close_objects(schema: Any) -> Any:
    """The document for ourselves: what an answer holds is named there, all of it."""
    if isinstance(schema, list):
        return [close_objects(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: close_objects(value) for key, value in schema.items()}
    if schema.get("type") == "object" and "properties" in schema:
        closed.setdefault("additionalProperties", False)
    return closed


@cache
def make_validator(reference: str) -> Any:
    schemas = close_objects(describe_api()["components"]["schemas"])
    return jsonschema_rs.validator_for(orjson.loads(reference) | {"components": {"schemas": schemas}})


def check_documented(method: str, path: str, answer: "Answer") -> None:
    """An answer that /openapi.json does not tell of fails the test that got it."""
    method, path = ("GET" if method == "HEAD" else method), path.partition("?")[0]
    called = [call for of, pattern, call in list_contracts() if of == method and pattern.fullmatch(path)]
    if not called:
        return
    call = called[0]
    said = f"{method} {path}: {answer.status}"
    documented = call["responses"].get(str(answer.status))
    assert documented is not None, f"{said} is not documented: {answer.body[:300]!r}"
    if "$ref" in documented:
        documented = describe_api()["components"]["responses"][documented["$ref"].rpartition("/")[2]]
    media_type = answer.headers.get("Content-Type", "").partition(";")[0].strip()
    if answer.body:
        content = documented.get("content", {})
        assert media_type in content, f"{said} as {media_type} is not documented: {answer.body[:300]!r}"
        if media_type.endswith("json") and content[media_type] and not answer.headers.get("Content-Encoding"):
            schema = orjson.dumps(content[media_type]["schema"]).decode()
            lines = answer.body.splitlines() if media_type.endswith("ndjson") else [answer.body]
            validate = make_validator(schema).iter_errors
            faults = [f"{one.instance_path}: {one.message}" for line in lines for one in validate(orjson.loads(line))]
            assert not faults, f"{said} is not as documented: {faults[:3]}"


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


@pytest.fixture(scope="session", autouse=True)
def compiled_once() -> Iterator[None]:
    """All databases of a test run share what SQLAlchemy compiles: a test would spend half of its time on that."""
    first: list[AsyncEngine] = []

    def create(url: str, **options: Any) -> AsyncEngine:
        made = create_async_engine(url, **options)
        if made.dialect.name == "sqlite":
            first.append(made) if not first else None
            made.sync_engine.dialect, made.sync_engine._compiled_cache = (
                first[0].dialect,
                first[0].sync_engine._compiled_cache,
            )
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "create_async_engine", create)
        yield


@pytest.fixture(scope="session")
def new_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database as the first start of a server makes it; copied, it spares a test that work."""
    folder = tmp_path_factory.mktemp("new")

    async def make() -> None:
        await (await engine.open_database("", folder)).close()

    asyncio.run(make())
    return folder / "karvan.db"


StartServer = Callable[..., Any]


@pytest.fixture
async def start(tmp_path: Path, config: Config, clock: Clock, new_database: Path) -> AsyncIterator[StartServer]:
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
        if not (database := tmp_path / folder / "karvan.db").exists():
            database.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(new_database, database)
        if "file" in options:
            options.setdefault("text", read_text(options["file"]))
        app = make_app(options.pop("config", config), database.parent, **options)
        runner = Runner(app, access_log=None)
        await runner.setup()
        clock.wake.append(app[DATABASE].wake)
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


class Moody(PseudoTranslator):
    """Translates into Turkish only when it is well."""

    is_well = False

    def translate(self, texts: Any, direction: Any, **options: Any) -> Any:
        if direction.target == "tr" and not self.is_well:
            raise TranslationError("the <model> cannot be read")
        return super().translate(texts, direction, **options)


@pytest.fixture
def moody_engine() -> Moody:
    return Moody()


@pytest.fixture
def start_moody(start: StartServer, config: Config, moody_engine: Moody) -> Callable[[int], Awaitable[Server]]:
    """A server with one article, which gives up its translation into Turkish after so many attempts."""

    async def start_moody(attempts: int) -> Server:
        limits = config.limits.model_copy(update={"job_attempts": attempts})
        server = await start(translator=moody_engine, config=config.model_copy(update={"limits": limits}))
        await server.push()
        return server

    return start_moody
