"""A walk through every route: how to ask each, what an error must be, and that nothing was stored on the way."""

import asyncio
import gc
import hashlib
import logging
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
from sqlalchemy import func, select

from feeds.model import Article, Rendition
from server.access import hash_key
from server.api.operations import Operation, find_operation
from server.config import Config
from server.configfile import parse_config
from server.configfile.routingfile import cut_routing
from server.keys import DATABASE, MEDIA
from server.problems import ALL
from server.reloading.parts import make_etag
from server.routes import ROUTES
from server.store.articles import find_article
from server.store.deliveries import DeadLetter, save_letter
from server.store.keys import Invitation, KeyRow, save_invitation, save_key
from server.store.media import find_upload, save_upload
from server.store.parallels import Parallel, save_parallel
from server.store.proposals import save_proposal
from server.store.schema import articles, media, parallels, versions
from server.store.source_pushes import add_push, change_push
from server.store.subscriptions import save_subscription

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

SOURCE = '\n[sources.walk]\nurl = "https://walk.example/feed.xml"\noutlet = "caravan-wire"\n'
SAMPLE = (Path(__file__).parents[3] / "config.toml").read_text()
CONFIG = SAMPLE.replace('tag = "karvan.example,2026"', 'tag = "karvan.walk.example,2026"') + SOURCE
ROUTING = ("application/toml", cut_routing(CONFIG).encode())
KEY, OTHER_KEY, TOKEN = "c0ffee", "decaf", "karvan_invitation_of_the_walk"
RECEIPT = b'{"receipts":[{"outlet":"caravan-wire","item":"one"}]}'
FORM = "application/x-www-form-urlencoded"
EDITED = urlencode({"do": "preview", "days": "7", "etag": '"x"', "text": cut_routing(CONFIG)}).encode()
PART = b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
MULTIPART = ("multipart/form-data; boundary=x", PART % (b"do", b"count") + PART % (b"days", b"7") + b"--x--\r\n")
FEED = "https://karvan.example/feeds/world/en.atom"
WISH = f"hub.mode=subscribe&hub.topic={FEED}&hub.callback=https://b.example/".encode()
QUESTION = "hub.mode=denied&hub.topic=walk"  # what a hub may say as often as it likes
JPEG = b"\xff\xd8\xff" + bytes(100)
PICTURE = hashlib.sha256(JPEG).hexdigest()
TMX = (
    b'<tmx version="1.4"><header srclang="en"/><body><tu><tuv xml:lang="en"><seg>a</seg></tuv>'
    b'<tuv xml:lang="az"><seg>b</seg></tuv></tu></body></tmx>'
)


@dataclass(frozen=True)
class Walk:
    """How a test goes through one route: an address that answers, whose key it needs, what document it takes."""

    path: str
    by: str | None = None
    takes: Mapping[str, Any] | None = None  # a good document, where the body is one
    sends: tuple[str, bytes] | None = None  # media type and body, where it is no article
    endless: bool = False  # a stream: its answer does not end

    def make_target(self, query: bytes, *, without: bytes = b"") -> bytes:
        """The address with a query besides its own; `without` one parameter of its own."""
        path, _, own = self.path.encode().partition(b"?")
        kept = [pair for pair in own.split(b"&") if pair and pair.partition(b"=")[0] != without]
        return path + b"?" + b"&".join([*kept, query])


WALKS: dict[tuple[str, str], Walk] = {
    ("POST", "/v1/articles"): Walk("/v1/articles", "caravan-wire", GOOD),
    ("POST", "/v1/articles:batch"): Walk(
        "/v1/articles:batch", "caravan-wire", sends=("application/x-ndjson", b'{"type":"text"}\n')
    ),
    ("PUT", "/v1/articles/{outlet}/{item}"): Walk("/v1/articles/caravan-wire/new", "caravan-wire", GOOD),
    ("DELETE", "/v1/articles/{outlet}/{item}"): Walk("/v1/articles/caravan-wire/old", "caravan-wire"),
    ("GET", "/v1/articles/{outlet}/{item}"): Walk("/v1/articles/caravan-wire/one"),
    ("GET", "/v1/articles/{outlet}/{item}/history"): Walk("/v1/articles/caravan-wire/one/history", "caravan-wire"),
    ("GET", "/v1/articles/{outlet}/{item}/receipts"): Walk("/v1/articles/caravan-wire/one/receipts", "caravan-wire"),
    ("PUT", "/v1/articles/{outlet}/{item}/versions/{language}"): Walk(
        "/v1/articles/caravan-wire/one/versions/tr", "admin", TURKISH
    ),
    ("GET", "/v1/media/{outlet}"): Walk("/v1/media/caravan-wire", "caravan-wire"),
    ("PUT", "/v1/media/{outlet}/{name}"): Walk(
        "/v1/media/caravan-wire/new.jpg", "caravan-wire", sends=("image/jpeg", b"\xff\xd8\xff" + bytes(60))
    ),
    ("GET", "/v1/media/{outlet}/{name}"): Walk("/v1/media/caravan-wire/a.jpg", "caravan-wire"),
    ("DELETE", "/v1/media/{outlet}/{name}"): Walk("/v1/media/caravan-wire/b.jpg", "caravan-wire"),
    ("GET", "/media/{sha256}/{rendition}.jpg"): Walk(f"/media/{PICTURE}/original.jpg", "caravan-wire"),
    ("GET", "/feeds.opml"): Walk("/feeds.opml"),
    ("GET", "/feeds/{channel}/{language}.{format}"): Walk("/feeds/world/en.atom"),
    ("GET", "/v1/channels"): Walk("/v1/channels"),
    ("GET", "/v1/channels/{channel}/{language}/items"): Walk("/v1/channels/world/en/items"),
    ("GET", "/v1/events"): Walk("/v1/events?channel=world&after=0", endless=True),
    ("POST", "/hub"): Walk("/hub", sends=(FORM, WISH)),
    ("POST", "/v1/receipts"): Walk("/v1/receipts", "demo-newsroom", sends=("application/json", RECEIPT)),
    ("GET", "/v1/subscriptions"): Walk("/v1/subscriptions", "admin"),
    ("GET", "/v1/subscriptions/{id}"): Walk("/v1/subscriptions/1", "admin"),
    ("GET", "/v1/queue"): Walk("/v1/queue", "admin"),
    ("POST", "/v1/queue/retry"): Walk("/v1/queue/retry?kind=translate", "admin"),
    ("POST", "/v1/queue/{id:[0-9]{1,15}}/retry"): Walk("/v1/queue/1/retry", "admin"),
    ("GET", "/v1/dead-letters"): Walk("/v1/dead-letters", "admin"),
    ("POST", "/v1/dead-letters/{id:[0-9]{1,15}}/retry"): Walk("/v1/dead-letters/1/retry", "admin"),
    ("GET", "/v1/exchanges/{exchange}/balance"): Walk("/v1/exchanges/turkic/balance", "admin"),
    ("GET", "/v1/memory"): Walk("/v1/memory?source=en&target=az&q=x", "admin"),
    ("POST", "/v1/memory"): Walk("/v1/memory", "admin", sends=("application/x-tmx+xml", TMX)),
    ("DELETE", "/v1/memory/{id}"): Walk("/v1/memory/1", "admin"),
    ("GET", "/v1/memory.tmx"): Walk("/v1/memory.tmx?source=en&target=az", "admin"),
    ("GET", "/v1/glossary"): Walk("/v1/glossary", "admin"),
    ("PUT", "/v1/glossary"): Walk("/v1/glossary", "admin", sends=("text/tab-separated-values", b"en\taz\na\tb\n")),
    ("PUT", "/v1/glossary/{exchange}"): Walk(
        "/v1/glossary/turkic", "admin", sends=("text/tab-separated-values", b"en\taz\na\tb\n")
    ),
    ("POST", "/v1/glossary/retranslate"): Walk("/v1/glossary/retranslate", "admin"),
    ("GET", "/v1/glossary/{exchange}"): Walk("/v1/glossary/turkic", "admin"),
    ("GET", "/v1/keys"): Walk("/v1/keys", "admin"),
    ("POST", "/v1/keys"): Walk("/v1/keys", "admin", sends=("application/json", b'{"owner":"admin"}')),
    ("GET", "/v1/keys/invitations"): Walk("/v1/keys/invitations", "admin"),
    ("DELETE", "/v1/keys/invitations/{id}"): Walk("/v1/keys/invitations/2", "admin"),
    ("POST", "/v1/keys/invitations"): Walk(
        "/v1/keys/invitations", "admin", sends=("application/json", b'{"owner":"admin"}')
    ),
    ("POST", "/v1/keys/accept"): Walk(
        "/v1/keys/accept", sends=("application/json", b'{"token":"%s"}' % TOKEN.encode())
    ),
    ("POST", "/v1/keys/{id:[0-9a-f]+}/rotation"): Walk(
        f"/v1/keys/{KEY}/rotation", "admin", sends=("application/json", b'{"overlap_hours":1}')
    ),
    ("DELETE", "/v1/keys/{id:[0-9a-f]+}"): Walk(f"/v1/keys/{KEY}", "admin"),
    ("GET", "/v1/audit"): Walk("/v1/audit", "admin"),
    ("GET", "/v1/desk"): Walk("/v1/desk", "admin"),
    ("GET", "/v1/desk/{outlet}/{item}/{language}"): Walk("/v1/desk/caravan-wire/held/tr", "admin"),
    ("POST", "/v1/desk/{outlet}/{item}/{language}"): Walk(
        "/v1/desk/caravan-wire/held/tr",
        "admin",
        sends=("application/json", b'{"action":"ask","note":"who?"}'),
    ),
    ("GET", "/v1/sources"): Walk("/v1/sources", "admin"),
    ("POST", "/v1/sources/{name}/poll"): Walk("/v1/sources/walk/poll", "admin"),
    ("GET", "/v1/sources/{name}/callback/{token}"): Walk(f"/v1/sources/walk/callback/asked?{QUESTION}"),
    ("POST", "/v1/sources/{name}/callback/{token}"): Walk("/v1/sources/walk/callback/live"),
    ("PUT", "/v1/routing"): Walk("/v1/routing", "admin", sends=ROUTING),
    ("GET", "/v1/routing"): Walk("/v1/routing", "admin"),
    ("POST", "/v1/routing/preview"): Walk("/v1/routing/preview", "admin", sends=ROUTING),
    ("GET", "/v1/routing/proposals"): Walk("/v1/routing/proposals", "admin"),
    ("GET", "/v1/routing/proposals/{number}"): Walk("/v1/routing/proposals/1", "admin"),
    ("POST", "/v1/routing/proposals/{number}/approve"): Walk("/v1/routing/proposals/1/approve", "admin"),
    ("POST", "/v1/routing/proposals/{number}/reject"): Walk("/v1/routing/proposals/2/reject", "admin"),
    ("GET", "/v1/routing/history"): Walk("/v1/routing/history", "admin"),
    ("GET", "/v1/routing/history/{number}"): Walk("/v1/routing/history/1", "admin"),
    ("POST", "/v1/routing/history/{number}/restore"): Walk("/v1/routing/history/1/restore", "admin"),
    ("GET", "/v1/explain/{outlet}/{item}"): Walk("/v1/explain/caravan-wire/one", "admin"),
    ("GET", "/"): Walk("/"),
    ("GET", "/channels/{channel}/{language}"): Walk("/channels/world/en"),
    ("GET", "/outlets/{outlet}"): Walk("/outlets/caravan-wire"),
    ("GET", "/search"): Walk("/search?q=trade"),
    ("GET", "/v1/search"): Walk("/v1/search?q=trade"),
    ("GET", "/sign-in"): Walk("/sign-in", "demo-newsroom"),
    ("GET", "/articles/{outlet}/{item}/{language}"): Walk("/articles/caravan-wire/one/en"),
    ("GET", "/problems"): Walk("/problems"),
    ("GET", "/docs"): Walk("/docs"),
    ("GET", "/openapi.json"): Walk("/openapi.json"),
    ("GET", "/problems/{name}"): Walk("/problems/not-found"),
    ("GET", "/static/karvan.css"): Walk("/static/karvan.css"),
    ("GET", "/admin"): Walk("/admin", "admin"),
    ("GET", "/admin/explain"): Walk("/admin/explain?outlet=caravan-wire&item=one", "admin"),
    ("GET", "/admin/routing"): Walk("/admin/routing", "admin"),
    ("POST", "/admin/routing"): Walk("/admin/routing", "admin", sends=(FORM, EDITED)),
    ("GET", "/admin/routing/history"): Walk("/admin/routing/history", "admin"),
    ("GET", "/admin/routing/history/{number}"): Walk("/admin/routing/history/1", "admin"),
    ("POST", "/admin/routing/history/{number}"): Walk("/admin/routing/history/1", "admin", sends=(FORM, b"etag=*")),
    ("GET", "/admin/routing/proposals"): Walk("/admin/routing/proposals", "admin"),
    ("GET", "/admin/routing/proposals/{number}"): Walk("/admin/routing/proposals/1", "admin"),
    ("POST", "/admin/routing/proposals/{number}"): Walk(
        "/admin/routing/proposals/2", "admin", sends=(FORM, b"do=preview&days=7")
    ),
    ("GET", "/admin/keys"): Walk("/admin/keys", "admin"),
    ("POST", "/admin/keys"): Walk("/admin/keys", "admin", sends=(FORM, b"owner=admin")),
    ("POST", "/admin/keys/invitations"): Walk(
        "/admin/keys/invitations", "admin", sends=(FORM, b"owner=admin&hours=24")
    ),
    ("POST", "/admin/keys/invitations/{id}"): Walk("/admin/keys/invitations/3", "admin", sends=(FORM, b"sure=yes")),
    ("GET", "/admin/keys/{id:[0-9a-f]+}"): Walk(f"/admin/keys/{KEY}", "admin"),
    ("POST", "/admin/keys/{id:[0-9a-f]+}/revoke"): Walk(
        f"/admin/keys/{OTHER_KEY}/revoke", "admin", sends=(FORM, b"sure=yes")
    ),
    ("POST", "/admin/keys/{id:[0-9a-f]+}/rotate"): Walk(
        f"/admin/keys/{KEY}/rotate", "admin", sends=(FORM, b"overlap_hours=1")
    ),
    ("GET", "/admin/glossary"): Walk("/admin/glossary", "admin"),
    ("POST", "/admin/glossary"): Walk("/admin/glossary", "admin", sends=MULTIPART),
    ("GET", "/admin/glossary/{exchange}"): Walk("/admin/glossary/turkic", "admin"),
    ("POST", "/admin/glossary/{exchange}"): Walk("/admin/glossary/turkic", "admin", sends=MULTIPART),
    ("GET", "/admin/queue"): Walk("/admin/queue", "admin"),
    ("POST", "/admin/queue"): Walk("/admin/queue", "admin", sends=(FORM, b"kind=translate")),
    ("GET", "/admin/deliveries"): Walk("/admin/deliveries", "admin"),
    ("GET", "/admin/deliveries/{id:[0-9]+}"): Walk("/admin/deliveries/1", "admin"),
    ("POST", "/admin/deliveries"): Walk("/admin/deliveries", "admin", sends=(FORM, b"source=walk")),
    ("GET", "/admin/audit"): Walk("/admin/audit", "admin"),
    ("GET", "/livez"): Walk("/livez"),
    ("GET", "/readyz"): Walk("/readyz"),
    ("GET", "/metrics"): Walk("/metrics", "admin"),
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

    def each_declared(self) -> Iterator[tuple[str, Walk, Operation]]:
        """(method, walk, what its handler declares) of every route."""
        declared = {(route.method, route.path): find_operation(route.handler) for route in ROUTES}
        for key, walk in self.walks.items():
            yield key[0], walk, declared[key]

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
        if body is None and walk.sends:
            sent.append(b"Content-Type: " + walk.sends[0].encode())
            body = walk.sends[1]
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
    if reply.status == 410 and not kind and not reply.body:
        return ""  # WebSub §5.3: to a hub that is not wanted any more
    if kind.startswith("text/html"):
        return "" if b"<html" in reply.body and b"<h1" in reply.body else "no page"
    if kind.startswith("text/plain"):
        titles = [known.title() for known in ALL if known.status == reply.status]
        return "" if reply.body.decode().startswith(tuple(f"{title}: " for title in titles)) else "no problem in words"
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
        tables = (articles, versions, parallels, media)
        return [(await conn.execute(select(func.count()).select_from(table))).scalar_one() for table in tables]


@pytest.fixture
def walks() -> Mapping[tuple[str, str], Walk]:
    return WALKS


@pytest.fixture
def config() -> Config:
    return parse_config(CONFIG)


@pytest.fixture
async def quiet(start: Any, tmp_path: Path) -> Any:
    """The quiet server, whose configuration stands in a file; who puts another routing there has seen any."""
    file = tmp_path / "config.toml"
    file.write_text(CONFIG)
    server = await start(with_worker=False, file=file)
    plain = server.call

    async def call(method: str, path: str, *, headers: Mapping[str, str] | None = None, **options: Any) -> Any:
        seen = {"If-Match": "*"} if (method, path) == ("PUT", "/v1/routing") else {}
        return await plain(method, path, headers=seen | dict(headers or {}), **options)

    server.call = call
    return server


@pytest.fixture
async def stock(quiet: Any) -> None:
    """A held version, an article that may go, a key, open invitations, a subscription and what it refused."""
    for item in ("held", "old"):
        assert (await quiet.push(item)).status == 201
    now = quiet.clock()
    live = {"channel": "world", "language": "en", "format": "atom", "query": "", "secret": "", "role": "subscriber"}
    live |= {"owner": "demo-newsroom", "key_id": KEY, "since": 0, "cursor": 0, "state": "live", "created_at": now}
    made = ("caravan-wire", "", "", None, "admin", now, now + timedelta(days=9))
    async with quiet.app[DATABASE].write() as conn:
        row = await find_article(conn, "caravan-wire", "held")
        text = Article(language="tr", headline=TURKISH["headlines"][0]["value"])
        held = Parallel(row.id, "tr", "machine", "held", now, "quality", article=text, source_hash=row.head.text_hash)
        await save_parallel(conn, held)
        for key in (KEY, OTHER_KEY):
            await save_key(conn, KeyRow(key, "caravan-wire", "outlet", hash_key(key), now))
        await save_invitation(conn, Invitation("1", hash_key(TOKEN), *made))
        for number in ("2", "3"):
            await save_invitation(conn, Invitation(number, hash_key(f"{TOKEN}{number}"), *made))
        await save_subscription(conn, "websub", FEED, "https://a.example", live)
        await save_letter(conn, DeadLetter(1, row.id, "en", 1, "it answered 400", now, 400))


@pytest.fixture
async def asked(quiet: Any) -> None:
    """What waits for somebody's word: two routings of another admin, two subscriptions at a source's hub."""
    now, part = quiet.clock(), cut_routing(CONFIG)
    hub = {"source": "walk", "feed": "https://walk.example/feed.xml", "hub": "https://hub.example", "topic": "walk"}
    async with quiet.app[DATABASE].write() as conn:
        for _ in range(2):
            until = now + timedelta(days=9)
            await save_proposal(conn, f"{part}# reviewed\n", make_etag(part), "", "another", KEY, now, until)
        for token in ("asked", "live"):
            number = await add_push(conn, **hub, callback=f"https://karvan.example/{token}", token=token, secret="s")
            await change_push(conn, number, state="live", pending="subscribe")


@pytest.fixture
async def picture(quiet: Any, stock: None, asked: None) -> None:
    """An upload of which there is one rendition, and one that waits."""
    for name in ("a.jpg", "b.jpg"):
        assert (await quiet.call("PUT", f"/v1/media/caravan-wire/{name}", by="caravan-wire", data=JPEG)).status == 201
    async with quiet.app[DATABASE].write() as conn:
        upload = await find_upload(conn, "caravan-wire", "a.jpg")
        made = (Rendition(href="", media_type="image/jpeg", width=1, height=1, size=len(JPEG)),)
        await save_upload(conn, replace(upload, state="ready", shown_sha256=PICTURE, renditions=made))
    quiet.app[MEDIA].locate(PICTURE, "original.jpg").write_bytes(JPEG)


@pytest.fixture
async def walker(
    quiet: Any, picture: None, request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> AsyncIterator[Walker]:
    """Afterwards the server must have nothing more than before, and still work; it has not complained."""
    gc.collect()  # what earlier tests left unfinished complains now, not in the middle of this one
    assert (await quiet.push()).status == 201
    headers, terms = {"Content-Type": "text/tab-separated-values"}, b"en\taz\na\tb\n"
    answer = await quiet.call("PUT", "/v1/glossary/turkic", by="admin", headers=headers, data=terms)
    assert answer.status == 201
    before = await count_stored(quiet)
    yield Walker(quiet, is_thorough=request.config.getoption("--slow"))
    said = [one.getMessage() for one in caplog.get_records("call") if one.levelno >= logging.ERROR]
    assert not said, "who leaves in the middle of an answer is no error"
    after = await count_stored(quiet)
    more = [now - then for now, then in zip(after, before, strict=True)]
    assert max(more) <= 0, f"bad input was stored: {more}"  # less: what was withdrawn waits for nothing
    assert (await quiet.push("after")).status == 201
    assert (await quiet.call("GET", "/v1/articles/caravan-wire/one")).json["pub_status"] == "usable"
