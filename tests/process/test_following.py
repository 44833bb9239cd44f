"""Who follows the changes while processes come and go: a worker of its own, a signal, a kill."""

import asyncio
import contextlib
import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

ITEMS = "/v1/channels/world/{}/items"
LANGUAGES = ("az", "en", "ru", "tr", "zh")


class Listener(threading.Thread):
    """Follows `/v1/events` like a browser: comes back with the last id when the stream breaks."""

    def __init__(self, port: int, after: int = 0) -> None:
        super().__init__(daemon=True)
        self.port, self.last_id = port, str(after)
        self.events: list[tuple[int, str, dict[str, Any], float]] = []
        self.is_done = False
        self.connection: http.client.HTTPConnection | None = None
        self.start()

    def run(self) -> None:
        while not self.is_done:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            with contextlib.closing(self.connection), contextlib.suppress(OSError, http.client.HTTPException):
                self.listen(self.connection)
            time.sleep(0.1)

    def stop(self) -> None:
        self.is_done = True
        if self.connection is not None and self.connection.sock is not None:
            self.connection.sock.shutdown(socket.SHUT_RDWR)
        self.join()

    def listen(self, connection: http.client.HTTPConnection) -> None:
        connection.request("GET", "/v1/events?channel=world", headers={"Last-Event-ID": self.last_id})
        with connection.getresponse() as response:
            assert response.status == 200, response.read()
            name = ""
            for line in response:
                field, _, value = line.decode().rstrip("\n").partition(": ")
                if field == "id":
                    self.last_id = value
                elif field == "event":
                    name = value
                elif field == "data":
                    self.events.append((int(self.last_id), name, orjson.loads(value), time.time()))

    def list_shown(self) -> set[str]:
        """The ids of what a reader shows who did as told."""
        shown: set[str] = set()
        for _, name, data, _ in self.events:
            (shown.add if name in ("appeared", "changed") else shown.discard)(data["id"])
        return shown


@pytest.fixture
def follow() -> Iterator[Callable[[int], Listener]]:
    """Start listeners; they stop at the end."""
    started: list[Listener] = []

    def start(port: int) -> Listener:
        started.append(Listener(port))
        return started[-1]

    yield start
    for listener in started:
        listener.stop()


def list_items(server: Any, language: str) -> list[Any]:
    items, after = [], 0
    while True:
        answer = server.call("GET", f"{ITEMS.format(language)}?after={after}&limit=3").json
        items += answer["items"]
        after = answer["next"]
        if not answer["more"]:
            return items


@pytest.mark.slow
async def test_who_waits_hears_of_what_another_process_did(karvan):
    key = await karvan.issue_key("admin")
    server = await asyncio.to_thread(karvan.serve, "--no-worker")
    worker = karvan.start("worker")
    waiting = asyncio.create_task(asyncio.to_thread(server.call, "GET", f"{ITEMS.format('tr')}?wait=60"))
    await asyncio.sleep(0.5)
    assert server.push("en", "one", key).status == 201
    answer = await waiting
    assert worker.process.poll() is None, worker.err
    (item,) = answer.json["items"]
    assert item["article"]["language"] == "tr"
    worker.stop()


@pytest.mark.slow
async def test_an_embargo_ends_in_its_second_whichever_process_works(karvan, follow):
    key = await karvan.issue_key("admin")
    server = await asyncio.to_thread(karvan.serve, "--no-worker")
    worker = karvan.start("worker")
    ends = datetime.now(UTC) + timedelta(seconds=8)
    for number in range(10):
        assert server.push("en", f"item-{number}", key, embargoedUntil=ends.isoformat()).status == 201
    await asyncio.to_thread(server.wait_for, karvan.is_idle, "translations")
    assert datetime.now(UTC) < ends, "the machine was too slow for this test to tell anything"
    listener = follow(karvan.port)
    await asyncio.to_thread(server.wait_for, lambda: len(listener.events) == 50, "fifty events")
    late = [at - ends.timestamp() for *_, at in listener.events]
    print(f"events after the end of the embargo: first {min(late):.3f} s, last {max(late):.3f} s")
    assert min(late) >= 0
    assert {name for _, name, _, _ in listener.events} == {"appeared"}
    assert {data["updated"] for _, _, data, _ in listener.events} == {ends.strftime("%Y-%m-%dT%H:%M:%S.%fZ")}
    assert max(late) < 5
    worker.stop()


@pytest.mark.slow
async def test_a_signal_ends_streams_and_long_polls_at_once(karvan, follow):
    server = await asyncio.to_thread(karvan.serve)
    follow(karvan.port)
    waiting = asyncio.create_task(asyncio.to_thread(server.call, "GET", f"{ITEMS.format('tr')}?wait=60"))
    await asyncio.sleep(1)
    ended = await asyncio.to_thread(server.stop)
    assert (ended.status, ended.seconds < 5) == (0, True), ended
    assert (await waiting).json["items"] == []


@pytest.mark.slow
async def test_a_listener_ends_with_what_the_feeds_show_though_the_server_is_killed_again_and_again(karvan, follow):
    key = await karvan.issue_key("admin")
    server = await asyncio.to_thread(karvan.serve)
    listener = follow(karvan.port)
    for turn in range(3):
        for number in range(turn, 6):
            assert server.push("en", f"item-{number}", key, urgency=turn + 1).status in (200, 201)
        expires = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
        assert server.push("en", f"short-{turn}", key, expires=expires).status == 201
        assert server.call("DELETE", f"/v1/articles/caravan-wire/item-{turn}?reason=x", key=key).status == 200
        for number in range(6):
            server.push("en", f"late-{number}", key, urgency=turn + 1)
        await asyncio.to_thread(server.kill)
        server = await asyncio.to_thread(karvan.serve)
    await asyncio.to_thread(server.wait_for, lambda: not karvan.query("SELECT 1 FROM jobs"), "empty queue")
    shown = {item["id"]: item["state"] for language in LANGUAGES for item in list_items(server, language)}
    usable = {id_ for id_, state in shown.items() if state == "usable"}
    await asyncio.to_thread(server.wait_for, lambda: listener.list_shown() == usable, "the listener")
    numbers = [number for number, *_ in listener.events]
    assert numbers == sorted(set(numbers)), "doubled, or out of order"
    for language in LANGUAGES:
        feed = server.call("GET", f"/feeds/world/{language}.json").json
        in_feed = {item["id"] for item in feed["items"] if not item["_karvan"].get("withdrawn")}
        assert in_feed == {id_ for id_ in usable if id_.endswith(f"/{language}")}
    assert set(shown.values()) == {"usable", "withdrawn", "removed"}
