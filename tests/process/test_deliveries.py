"""kill -9 while a newsroom is being told: everything arrives, in order; a repetition can be known (CONTRACT §5.1)."""

import asyncio
import random
from dataclasses import dataclass, field

import aiohttp
import feedparser
import orjson
import pytest
from aiohttp import web

KEY = "a key that both sides know"


@dataclass
class Newsroom:
    """Takes pushes in both ways and sometimes refuses one."""

    rng: random.Random
    base: str = ""
    numbered: list[tuple[int, str, str]] = field(default_factory=list)  # sequence, idempotency key, mark
    titles: list[str] = field(default_factory=list)  # in the order in which they were first seen
    agreed: int = 0

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        if request.method == "GET":
            self.agreed += 1
            return web.Response(text=request.query["hub.challenge"])
        if self.rng.random() < 0.1:
            return web.Response(status=503)
        if request.path == "/destination":
            item = orjson.loads(body)
            mark = item["headlines"][0]["value"] if item["pubStatus"] == "usable" else f"gone {item['uri']}"
            sent = request.headers
            self.numbered.append((int(sent["Karvan-Sequence"]), sent["Idempotency-Key"], mark))
        else:
            titles = [entry.title for entry in reversed(feedparser.parse(body).entries)]
            self.titles += [title for title in titles if title not in self.titles]
        return web.Response(status=204)


@pytest.fixture
async def newsroom():
    made, app = Newsroom(random.Random(5)), web.Application()
    app.router.add_route("*", "/{path:.*}", made.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


@pytest.mark.slow
async def test_deliveries_survive_a_few_kills(karvan, write_article, newsroom):
    await survive(karvan, write_article, newsroom, pushes=10, kills=2, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 3])
async def test_deliveries_survive_many_kills(karvan, write_article, newsroom, seed):
    await survive(karvan, write_article, newsroom, pushes=120, kills=15, seed=seed)


async def survive(karvan, write_article, newsroom, *, pushes, kills, seed):
    rng = random.Random(seed)
    karvan.settings |= {
        "TRANSLATION__ENGINE": "off", "OUTBOUND__ALLOW": '["127.0.0.1"]', "DELIVERY__RETRY_MIN_SECONDS": "1",
        "DELIVERY__RETRY_MAX_SECONDS": "1", "DESTINATIONS__DESK__URL": f"{newsroom.base}/destination",
        "DESTINATIONS__DESK__CHANNELS": '["world"]', "DESTINATIONS__DESK__LANGUAGES": '["en"]',
        "DESTINATIONS__DESK__KEY": KEY,
    }  # fmt: skip
    key = await karvan.issue_key("caravan-wire")
    server = await asyncio.to_thread(karvan.serve)
    async with aiohttp.ClientSession() as session:
        await subscribe(session, server.base, newsroom)
        marks = asyncio.create_task(push_all(session, server.base, key, write_article, pushes))
        for _ in range(kills):
            await asyncio.sleep(rng.uniform(0.1, 0.6))
            server.kill()
            server = await asyncio.to_thread(karvan.serve)
        wanted = await marks
        await delete(session, server.base, key)
    await asyncio.to_thread(server.wait_for, karvan.is_idle, "empty queue", 120)
    check_numbered(newsroom.numbered, wanted)
    assert newsroom.titles[: len(wanted)] == wanted
    assert newsroom.titles[len(wanted) :] == ["Withdrawn"]
    ended = server.stop()
    assert ended.status == 0
    assert "Traceback" not in ended.err


async def subscribe(session, base, newsroom):
    topic = f"{base}/feeds/world/en.atom"
    form = {"hub.mode": "subscribe", "hub.topic": topic, "hub.callback": f"{newsroom.base}/websub"}
    async with session.post(f"{base}/hub", data=form) as response:
        assert response.status == 202, await response.text()
    async with asyncio.timeout(20):
        while not newsroom.agreed:
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.3)


async def insist(session, method, address, key, document):
    """Repeat until it is answered."""
    while True:
        try:
            headers = {"Authorization": f"Bearer {key}"}
            async with session.request(method, address, json=document, headers=headers) as response:
                assert response.status in (200, 201), await response.text()
                return
        except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError):
            await asyncio.sleep(0.05)


async def push_all(session, base, key, write_article, pushes):
    """Headlines in the order in which they were pushed."""
    headlines = []
    for number in range(pushes):
        document = write_article("en", number)
        headlines.append(document["headlines"][0]["value"])
        await insist(session, "PUT", f"{base}/v1/articles/caravan-wire/item-{number}", key, document)
        await asyncio.sleep(0.05)
    return headlines


async def delete(session, base, key):
    await insist(session, "DELETE", f"{base}/v1/articles/caravan-wire/item-0", key, {"reason": "not so"})


def check_numbered(numbered, wanted):
    """Every number once or again, never a gap or a step back; what is repeated is the same."""
    seen = {}
    last = 0
    for sequence, idempotency, mark in numbered:
        assert sequence in (last, last + 1)
        assert seen.setdefault(sequence, (idempotency, mark)) == (idempotency, mark)
        last = sequence
    marks = [mark for _, (_, mark) in sorted(seen.items())]
    assert marks[:-1] == wanted
    assert marks[-1].startswith("gone ")
