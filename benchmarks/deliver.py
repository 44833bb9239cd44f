"""A kill pushed to many subscriptions: from the outlet's request until the last one has the stub.

python benchmarks/deliver.py [--subscriptions 1000] [--hanging 100] [--rounds 3]
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
from aiohttp import web
from articles import Sample, list_articles
from measure import name_machine, print_table
from processes import CORES, Running, issue_key, read_cpu_seconds, run_karvan
from pushes import OUTLETS, push

from server.store.engine import open_database
from server.store.subscriptions import save_subscription

SETTINGS = {"KARVAN_TRANSLATION__ENGINE": "off", "KARVAN_OUTBOUND__ALLOW": '["127.0.0.0/8"]'}
PATIENCE = 120.0


@dataclass
class Sink:
    """Counts what comes in at `base`; at `slow`, another host, nothing is ever answered."""

    base: str = ""
    slow: str = ""
    stubs: int = 0
    pushes: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        if request.host.startswith("127.0.0.2"):
            await asyncio.sleep(PATIENCE)
        self.pushes += 1
        self.stubs += b"deleted-entry" in body
        self.changed.set()
        return web.Response(status=204)

    async def wait_for(self, name: str, count: int) -> None:
        async with asyncio.timeout(PATIENCE):
            while getattr(self, name) < count:
                self.changed.clear()
                await self.changed.wait()


async def subscribe_many(folder: Path, base: str, sink: Sink, count: int, hanging: int) -> None:
    """Rows as the hub writes them, without asking each."""
    database = await open_database("", folder / "data")
    now = datetime.now(UTC)
    shared = {
        "channel": "world", "language": "en", "format": "atom", "query": "", "secret": "a secret of this subscriber",
        "role": "", "owner": "", "key_id": "", "since": 0, "cursor": 0, "state": "live", "created_at": now,
        "heard_at": now, "lease_until": now + timedelta(days=1),
    }  # fmt: skip
    async with database.write() as conn:
        for number in range(count + hanging):
            base_of = sink.slow if number >= count else sink.base
            address = f"{base_of}/{number}"
            await save_subscription(conn, "websub", f"{base}/feeds/world/en.atom", address, shared)
    await database.close()


async def measure(folder: Path, articles: list[Sample], count: int, hanging: int, rounds: int) -> list[list[object]]:
    sink, app = Sink(), web.Application()
    app.router.add_post("/{path:.*}", sink.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    await web.TCPSite(runner, "127.0.0.2", port).start()
    sink.base, sink.slow = f"http://127.0.0.1:{port}", f"http://127.0.0.2:{port}"
    key = await asyncio.to_thread(issue_key, folder, "admin")
    with run_karvan(folder, SETTINGS) as karvan:
        await subscribe_many(folder, karvan.base, sink, count, hanging)
        async with aiohttp.ClientSession() as session:
            rows = [
                await measure_once(session, karvan, key, article, sink, count, number)
                for number, article in enumerate(articles[:rounds])
            ]
    await runner.cleanup()
    return rows


async def measure_once(
    session: aiohttp.ClientSession, karvan: Running, key: str, article: Sample, sink: Sink, count: int, number: int
) -> list[object]:
    """Seconds until an article has reached all, until its kill has, and until the kill was answered; CPU seconds."""
    sink.pushes = sink.stubs = 0
    begun, used = time.perf_counter(), read_cpu_seconds(karvan.pid)
    await push(session, karvan.base, key, article, f"bench-{number}")
    await sink.wait_for("pushes", count)
    pushed, sink.stubs = time.perf_counter() - begun, 0
    await asyncio.sleep(1)
    begun = time.perf_counter()
    url = f"{karvan.base}/v1/articles/{OUTLETS[article.language]}/bench-{number}"
    headers = {"Authorization": f"Bearer {key}"}
    async with session.delete(url, json={"reason": "not so"}, headers=headers) as response:
        response.raise_for_status()
    answered = time.perf_counter() - begun
    await sink.wait_for("stubs", count)
    killed, cpu = time.perf_counter() - begun, read_cpu_seconds(karvan.pid) - used
    await asyncio.sleep(1)
    return [pushed, killed, answered, cpu / (2 * count) * 1000]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--subscriptions", type=int, default=1000)
    parser.add_argument("--hanging", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    articles = [one for one in list_articles(options.rounds) if one.language == "en"]
    print(name_machine(len(CORES)))
    with tempfile.TemporaryDirectory() as folder:
        rows = asyncio.run(measure(Path(folder), articles, options.subscriptions, options.hanging, options.rounds))
    medians = [statistics.median(column) for column in zip(*rows, strict=True)]
    head = ["subscriptions", "hanging", "push to all, s", "kill to all, s", "kill answered, s", "CPU ms per delivery"]
    print_table(head, [[options.subscriptions, options.hanging, *(f"{one:.2f}" for one in medians)]])


if __name__ == "__main__":
    main()
