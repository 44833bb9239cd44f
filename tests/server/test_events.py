"""Server-sent events: what is told, to whom, from where on, and how a stream ends."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import orjson
import pytest

from server.app import end_waiting
from server.handlers import events
from server.keys import CLOCK, DATABASE, LOOKOUT
from server.store.keys import revoke_keys

SATURDAY = "The ministers will meet in the capital on Saturday to discuss trade"


class Stream:
    """An open stream, read as the HTML Living Standard says (§9.2.6)."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response
        self.last_id = ""
        self.retry = 0
        self.heartbeats = 0

    async def read(self) -> tuple[str, dict[str, Any]] | None:
        """The next event; None: the stream has ended."""
        name, data = "message", ""
        while line := (await self.response.content.readline()).decode():
            field, _, value = line.rstrip("\n").partition(":")
            value = value.removeprefix(" ")
            match field:
                case "id":
                    self.last_id = value
                case "event":
                    name = value
                case "data":
                    data += value
                case "retry":
                    self.retry = int(value)
                case "" if value == "" and line == "\n" and data:
                    return name, orjson.loads(data)
                case "" if line.startswith(":"):
                    self.heartbeats += 1
        return None

    async def next(self) -> tuple[str, dict[str, Any]]:
        async with asyncio.timeout(5):
            event = await self.read()
        assert event is not None
        return event

    async def wait_for_end(self) -> None:
        async with asyncio.timeout(5):
            assert await self.read() is None


Listen = Callable[..., Any]


@asynccontextmanager
async def listen(server: Any, query: str = "", *, by: str | None = None, **headers: str) -> AsyncIterator[Stream]:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if by is not None:
        sent["Authorization"] = f"Bearer {await server.get_key(by)}"
    async with server.session.get(f"{server.base}/v1/events{query}", headers=sent) as response:
        assert response.status == 200, await response.text()
        assert response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        yield Stream(response)


async def kill(server: Any, item: str) -> None:
    path = f"/v1/articles/caravan-wire/{item}?reason=wrong"
    assert (await server.call("DELETE", path, by="caravan-wire")).status == 200


async def test_an_article_is_told_of_from_its_appearance_to_its_end(quiet):
    async with listen(quiet, "?channel=world&language=en") as stream:
        await quiet.push("one")
        name, told = await stream.next()
        assert name == "appeared"
        assert told | {"updated": ""} == {
            "channel": "world",
            "language": "en",
            "id": "tag:karvan.example,2026:caravan-wire/one/en",
            "updated": "",
            "href": "https://karvan.example/v1/articles/caravan-wire/one",
            "page": "https://karvan.example/articles/caravan-wire/one/en",
            "headline": "The ministers will meet in the capital on Friday to discuss trade",
        }
        await quiet.push("one", headline=SATURDAY)
        name, told = await stream.next()
        assert (name, told["headline"]) == ("changed", SATURDAY)
        await kill(quiet, "one")
        name, told = await stream.next()
        assert (name, "headline" in told) == ("withdrawn", False)


async def test_what_expires_is_removed_and_what_opens_appears(start, clock):
    server = await start()
    async with listen(server, "?channel=world&language=en") as stream:
        await server.push("one", embargoedUntil="2026-11-26T12:30:00Z", expires="2026-11-26T13:00:00Z")
        for name in ("appeared", "removed"):
            clock.pass_time(minutes=30)
            found, told = await stream.next()
            assert (found, told["id"].split("/")[1]) == (name, "one")


async def test_who_was_cut_off_goes_on_after_the_last_event(quiet):
    async with listen(quiet, "?language=en") as stream:
        assert stream.retry == 0
        await quiet.push("one")
        await stream.next()
        assert stream.retry == 2000
    await quiet.push("two")
    await quiet.push("three")
    async with listen(quiet, "?language=en", Last_Event_ID=stream.last_id) as again:
        found = [await again.next() for _ in range(2)]
    assert [(name, told["id"].split("/")[1]) for name, told in found] == [("appeared", "two"), ("appeared", "three")]


async def test_a_stream_that_has_told_nothing_yet_can_be_resumed_too(quiet):
    await quiet.push("before")
    async with listen(quiet, "?language=en") as stream:
        await quiet.push("other", language="az", headline=AZERI, text="")
        async with asyncio.timeout(5):
            await stream.response.content.readuntil(b"\n")  # retry
            line = await stream.response.content.readline()
    start = line.decode().removeprefix("id: ").strip()
    await quiet.push("one")
    async with listen(quiet, "?language=en", Last_Event_ID=start) as again:
        assert (await again.next())[1]["id"].split("/")[1] == "one"


AZERI = "Nazirlər cümə günü paytaxtda ticarəti müzakirə edəcəklər, sonra isə su məsələlərindən danışacaqlar"


async def test_everything_from_the_beginning_is_told_when_asked_for(quiet):
    for item in ("one", "two"):
        await quiet.push(item)
    async with listen(quiet, "?after=0&channel=world") as stream:
        found = [(await stream.next())[1]["id"].split("/")[1] for _ in range(2)]
    assert found == ["one", "two"]


async def test_each_reader_hears_of_their_channels_alone(start):
    server = await start()
    async with listen(server, by="demo-newsroom") as member, listen(server) as public:
        await server.push("one", by="bosphorus-post", language="tr", headline=TURKISH, text="")
        await server.settle()
        await server.push("last")
        heard = {member: set(), public: set()}
        for stream, channels in heard.items():
            while True:
                _, told = await stream.next()
                if "/last/en" in told["id"]:
                    break
                channels.add(told["channel"])
    assert "turkic" in heard[member]
    assert "turkic" not in heard[public]
    assert "world" in heard[public]


TURKISH = "Bakanlar cuma günü başkentte ticaret konularını görüşecek, ardından su kaynaklarını ele alacak"


async def test_a_stream_ends_when_its_key_is_revoked(quiet):
    async with listen(quiet, by="demo-newsroom") as stream:
        await quiet.push("one")
        await stream.next()
        async with quiet.app[DATABASE].write() as conn:
            assert len(await revoke_keys(conn, "demo-newsroom", quiet.app[CLOCK]())) == 1
        await stream.wait_for_end()


async def test_streams_end_at_once_when_the_server_ends(quiet):
    async with listen(quiet) as one, listen(quiet) as other:
        await end_waiting(quiet.app)
        await one.wait_for_end()
        await other.wait_for_end()
    assert quiet.app[LOOKOUT].streams == 0


async def test_a_silent_stream_shows_that_it_lives(quiet, monkeypatch):
    monkeypatch.setattr(events, "HEARTBEAT_SECONDS", 0.0)
    async with listen(quiet) as stream:
        reading = asyncio.create_task(stream.read())
        async with asyncio.timeout(5):
            while not stream.heartbeats:
                await asyncio.sleep(0.02)
        reading.cancel()


async def test_a_reader_that_takes_nothing_is_cut_off(quiet, monkeypatch):
    """What is not taken does not pile up: the stream breaks, and goes on from the last event that was taken."""
    render = events.render_event
    monkeypatch.setattr(events, "SLOW_SECONDS", 0.3)
    monkeypatch.setattr(events, "render_event", lambda *given: render(*given) + b":" + b"x" * 10_000_000 + b"\n")
    await quiet.push("one")
    with socket.create_connection(("127.0.0.1", int(quiet.base.rpartition(":")[2]))) as client:
        client.sendall(b"GET /v1/events?after=0&language=en HTTP/1.1\r\nHost: karvan\r\n\r\n")
        async with asyncio.timeout(10):
            while quiet.app[LOOKOUT].streams == 0:
                await asyncio.sleep(0.02)
            while quiet.app[LOOKOUT].streams:
                await asyncio.sleep(0.05)


async def test_too_many_streams_are_refused_for_now(quiet, monkeypatch):
    monkeypatch.setattr(events, "MOST_STREAMS", 1)
    async with listen(quiet):
        answer = await quiet.call("GET", "/v1/events")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "30")


@pytest.mark.parametrize(
    ("query", "by", "headers", "status"),
    [
        ("?channel=turkic", None, {}, 401),
        ("?channel=turkic&language=tr", None, {}, 401),
        ("?channel=turkic", "caravan-wire", {}, 403),
        ("?channel=desk", None, {}, 404),
        ("?channel=nowhere", None, {}, 404),
        ("?channel=world&language=xx", None, {}, 404),
        ("?language=xx", None, {}, 400),
        ("?subject=x", None, {}, 400),
        ("", None, {"Last-Event-ID": "x"}, 400),
        ("", None, {"Last-Event-ID": "12345"}, 400),
        ("?after=12345", None, {}, 400),
    ],
)
async def test_what_cannot_be_told_is_refused(quiet, query, by, headers, status):
    answer = await quiet.call("GET", f"/v1/events{query}", by=by, headers=headers)
    assert (answer.status, answer.headers["Content-Type"]) == (status, "application/problem+json")


async def test_a_head_says_what_a_stream_is_and_ends(quiet):
    answer = await quiet.call("HEAD", "/v1/events")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/event-stream; charset=utf-8")
