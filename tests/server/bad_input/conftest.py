"""A walk through every route: how to ask each, what an error must be, and that nothing was stored on the way."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from sqlalchemy import func, select

from server.keys import DATABASE
from server.problems import ALL
from server.store.schema import articles, parallels, versions

GOOD = {
    "type": "text",
    "language": "en",
    "headlines": [{"value": "The ministers will meet in the capital on Friday to discuss trade"}],
    "bodies": [{"contentType": "text/html", "value": "<p>The ministers of four countries will meet on Friday.</p>"}],
}
TURKISH = GOOD | {
    "language": "tr",
    "headlines": [{"value": "Bakanlar ticareti görüşmek üzere cuma günü başkentte buluşacak"}],
    "bodies": [{"contentType": "text/plain", "value": "Dört ülkenin bakanları cuma günü bir araya gelecek."}],
}


@dataclass(frozen=True)
class Walk:
    """How a test goes through one route: an address that answers, whose key it needs, what document it takes."""

    path: str
    by: str | None = None
    takes: Mapping[str, Any] | None = None  # a good document, where the body is one
    reason: bool = False  # the body is {"reason": …}
    strict_query: bool = False  # unknown parameters are refused
    page: bool = False  # errors are pages for browsers


WALKS: dict[tuple[str, str], Walk] = {
    ("POST", "/v1/articles"): Walk("/v1/articles", "caravan-wire", GOOD),
    ("PUT", "/v1/articles/{outlet}/{item}"): Walk("/v1/articles/caravan-wire/new", "caravan-wire", GOOD),
    ("DELETE", "/v1/articles/{outlet}/{item}"): Walk("/v1/articles/caravan-wire/one", "caravan-wire", reason=True),
    ("GET", "/v1/articles/{outlet}/{item}"): Walk("/v1/articles/caravan-wire/one"),
    ("GET", "/v1/articles/{outlet}/{item}/history"): Walk("/v1/articles/caravan-wire/one/history", "caravan-wire"),
    ("PUT", "/v1/articles/{outlet}/{item}/versions/{language}"): Walk(
        "/v1/articles/caravan-wire/one/versions/tr", "admin", TURKISH
    ),
    ("GET", "/feeds.opml"): Walk("/feeds.opml"),
    ("GET", "/feeds/{channel}/{language}.{format}"): Walk("/feeds/world/en.atom", strict_query=True),
    ("GET", "/v1/channels"): Walk("/v1/channels"),
    ("GET", "/"): Walk("/", page=True),
    ("GET", "/channels/{channel}/{language}"): Walk("/channels/world/en", page=True),
    ("GET", "/articles/{outlet}/{item}/{language}"): Walk("/articles/caravan-wire/one/en", page=True),
    ("GET", "/problems"): Walk("/problems", page=True),
    ("GET", "/problems/{name}"): Walk("/problems/not-found", page=True),
    ("GET", "/static/karvan.css"): Walk("/static/karvan.css"),
    ("GET", "/sample/{name}.jpg"): Walk("/sample/ridges.jpg"),
    ("GET", "/livez"): Walk("/livez"),
    ("GET", "/readyz"): Walk("/readyz"),
}
READ_THE_MOST = ("/feeds/world/en.atom", "/v1/articles/caravan-wire/one")


@dataclass
class Reply:
    """What came over the wire."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Walker:
    """A server with one article; what is wrong is collected, so that one run tells all."""

    server: Any
    good: Mapping[str, Any] = field(default_factory=lambda: GOOD)
    walks: Mapping[tuple[str, str], Walk] = field(default_factory=lambda: WALKS)
    found: list[str] = field(default_factory=list)
    is_thorough: bool = False  # --slow

    def each(self, *, taking: bool = False, method: str = "") -> list[tuple[str, Walk]]:
        """(method, walk) of every route; with `taking` only of those that take a document."""
        return [
            (one, walk)
            for (one, _), walk in self.walks.items()
            if (walk.takes is not None or not taking) and method in ("", one)
        ]

    def pair(self, things: Sequence[bytes], method: str = "GET") -> Iterator[tuple[Walk, bytes]]:
        """Every thing with those routes that read the most, and with every fourth of the others; --slow: with each."""
        for number, (_, walk) in enumerate(self.each(method=method)):
            for place, thing in enumerate(things):
                if self.is_thorough or walk.path in READ_THE_MOST or (number + place) % 4 == 0:
                    yield walk, thing

    def check(self, what: str, reply: Any, statuses: int | tuple[int, ...] | None = None) -> None:
        """`statuses`: those expected; None: any but 5xx."""
        expected = (statuses,) if isinstance(statuses, int) else statuses
        said = f"{what}: {reply.status} {reply.body[:200]!r}"
        if reply.status >= 500 or (expected is not None and reply.status not in expected):
            self.found.append(f"{said}, expected {expected or 'no 5xx'}")
        elif reply.status >= 400 and (fault := find_fault(reply)):
            self.found.append(f"{said}: {fault}")
        elif not re.fullmatch(r"[\w.-]{1,64}", reply.headers.get("X-Request-Id", "")):
            self.found.append(f"{said}: no X-Request-Id")

    def end(self) -> None:
        assert not self.found, "\n".join(self.found)

    async def talk(self, sent: bytes) -> Reply:
        """Bytes on the socket → the response."""
        host, port = self.server.base.removeprefix("http://").split(":")
        async with asyncio.timeout(10):
            reader, writer = await asyncio.open_connection(host, int(port))
            try:
                writer.write(sent)
                await writer.drain()
                return await _read_reply(reader, has_body=not sent.startswith(b"HEAD "))
            finally:
                writer.close()
                await asyncio.gather(writer.wait_closed(), return_exceptions=True)

    async def ask(self, method: str, target: bytes, walk: Walk, *headers: bytes, body: bytes | None = None) -> Reply:
        """A request by whoever may make it, with a good document where one is taken."""
        sent = list(headers)
        if walk.by:
            sent.append(b"Authorization: Bearer " + (await self.server.get_key(walk.by)).encode())
        if body is None and walk.takes:
            body = orjson.dumps(walk.takes)
            sent.append(b"Content-Type: application/json")
        return await self.talk(self.make_request(method, target, *sent, body=body or b""))

    async def call_bare(self, method: str, path: str, by: str | None, headers: Mapping[str, str], body: bytes) -> Any:
        """A call without the client's own Content-Type."""
        options = {"data": body, "skip_auto_headers": ("Content-Type",)}
        return await self.server.call(method, path, by=by, headers=headers, **options)

    @staticmethod
    def make_request(method: str, target: bytes, *headers: bytes, body: bytes = b"") -> bytes:
        length = [b"Content-Length: %d" % len(body)] if body else []
        lines = [method.encode() + b" " + target + b" HTTP/1.1", b"Host: karvan.example", b"Connection: close"]
        return b"\r\n".join([*lines, *headers, *length, b"", body])


async def _read_reply(reader: asyncio.StreamReader, *, has_body: bool) -> Reply:
    head = await reader.readuntil(b"\r\n\r\n")
    if head.startswith(b"HTTP/1.1 100"):
        head = await reader.readuntil(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines if line)
    headers = {name.strip().replace("-ID", "-Id"): value.strip() for name, _, value in pairs}
    body = await reader.readexactly(int(headers.get("Content-Length", 0))) if has_body else b""
    return Reply(int(status.split()[1]), headers, body)


def find_fault(reply: Any) -> str:
    """What an error lacks of RFC 9457 and of CONTRACT §4; a HEAD has no body to look at."""
    kind = reply.headers.get("Content-Type", "")
    if kind.startswith("text/html"):
        return "" if b"<html" in reply.body and b"<h1" in reply.body else "no page"
    if kind != "application/problem+json":
        return f"Content-Type {kind}"
    if not reply.body:
        return ""
    try:
        problem = orjson.loads(reply.body)
    except orjson.JSONDecodeError as error:
        return str(error)
    if problem.get("status") != reply.status or problem.get("instance") != reply.headers.get("X-Request-Id"):
        return "status or instance do not fit"
    if problem.get("type") not in {f"/problems/{known.slug()}" for known in ALL} or not problem.get("title"):
        return "no type or title"
    if not isinstance(problem.get("detail"), str) or len(problem["detail"]) > 2_000:
        return "no detail, or an endless one"
    errors = problem.get("errors", [])
    return "" if all(isinstance(one["pointer"], str) and one["detail"] for one in errors) else "errors without pointer"


async def count_stored(server: Any) -> list[int]:
    async with server.app[DATABASE].read() as conn:
        tables = (articles, versions, parallels)
        return [(await conn.execute(select(func.count()).select_from(table))).scalar_one() for table in tables]


@pytest.fixture
def walks() -> Mapping[tuple[str, str], Walk]:
    return WALKS


@pytest.fixture
async def walker(quiet: Any, request: pytest.FixtureRequest) -> AsyncIterator[Walker]:
    """Afterwards the server must have nothing more than before, and still work."""
    assert (await quiet.push()).status == 201
    before = await count_stored(quiet)
    yield Walker(quiet, is_thorough=request.config.getoption("--slow"))
    assert await count_stored(quiet) == before, "bad input was stored"
    assert (await quiet.push("after")).status == 201
    assert (await quiet.call("GET", "/v1/articles/caravan-wire/one")).json["pub_status"] == "usable"
