"""Pushes that are safely on disk: Karvan against a bare handler that appends and fsyncs; and latency while translating.

python benchmarks/push.py [--pushes 300] [--rounds 3]
"""

import argparse
import asyncio
import itertools
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
from articles import Sample, list_articles
from measure import name_machine, print_table
from processes import CORES, ROOT, Running, find_port, issue_key, read_cpu_seconds, run_karvan, run_server
from pushes import push

from translators.starters import install_starter

CONNECTIONS = 8
SECONDS, WAITING = 12, 80


@contextmanager
def run_bare(folder: Path) -> Iterator[Running]:
    port = find_port()
    command = [sys.executable, str(ROOT / "benchmarks/bare.py"), str(port), str(folder / "bodies")]
    with run_server(command, port, folder / "bare.log") as running:
        yield running


async def push_many(server: Running, key: str, articles: list[Sample], numbers: Iterator[int]) -> tuple[float, float]:
    """Pushes a second over some connections at once, and CPU seconds of the server per push."""
    left = iter(articles)
    started, used = time.perf_counter(), read_cpu_seconds(server.pid)
    async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as group:

        async def go_on() -> None:
            for article in left:
                await push(session, server.base, key, article, f"bench-{next(numbers)}")

        for _ in range(CONNECTIONS):
            group.create_task(go_on())
    seconds, cpu = time.perf_counter() - started, read_cpu_seconds(server.pid) - used
    return len(articles) / seconds, cpu / len(articles)


async def compare(folder: Path, articles: list[Sample], rounds: int) -> None:
    key, numbers = issue_key(folder, "admin"), itertools.count()
    results: dict[str, list[tuple[float, float]]] = {"Karvan": [], "bare handler": []}
    with run_karvan(folder, {"KARVAN_TRANSLATION__ENGINE": "off"}) as karvan, run_bare(folder) as bare:
        for server in (karvan, bare):
            await push_many(server, key, articles[:20], numbers)
        for _ in range(rounds):
            results["Karvan"].append(await push_many(karvan, key, articles, numbers))
            results["bare handler"].append(await push_many(bare, key, articles, numbers))
    rates = {name: statistics.median(rate for rate, _ in of) for name, of in results.items()}
    costs = {name: statistics.median(cpu for _, cpu in of) for name, of in results.items()}
    print_table(
        (f"{CONNECTIONS} connections", "pushes/s", "CPU ms per push"),
        [(name, f"{rates[name]:,.0f}", f"{costs[name] * 1000:.2f}") for name in results],
    )
    print(
        f"\nThe bare handler takes {rates['bare handler'] / rates['Karvan']:.1f} × as many pushes "
        f"for {costs['bare handler'] / costs['Karvan']:.2f} × the CPU time of each.\n"
    )


async def watch(folder: Path) -> None:
    """Latency of single pushes, and of /livez (that does nothing: the event loop's lag), without and with a queue."""
    install_starter(folder / "data" / "packages", installed_at="2026-11-26T00:00:00Z")
    articles, numbers, rows = list_articles(16), itertools.count(100_000), []
    with run_karvan(folder, {}) as karvan:
        key = issue_key(folder, "admin")
        async with aiohttp.ClientSession() as session:
            rows.append(("ten short pushes a second", *await probe(session, karvan, key, numbers)))
            for article in articles[:WAITING]:
                await push(session, karvan.base, key, article, f"busy-{next(numbers)}")
            rows.append((f"the same, {WAITING} articles waiting", *await probe(session, karvan, key, numbers)))
    print_table(("ms", "push p50", "push p99", "loop p50", "loop p99", "loop max", "CPU in use"), rows)


async def probe(session: aiohttp.ClientSession, server: Running, key: str, numbers: Iterator[int]) -> tuple[str, ...]:
    """Ten pushes a second and twenty looks at /livez, for some seconds."""
    pushes: list[float] = []
    looks: list[float] = []
    article = Sample("en", "A short note on trade", "", "<p>Ministers met on Friday. They discussed trade.</p>")
    started, used = time.perf_counter(), read_cpu_seconds(server.pid)

    async def repeat(run: Callable[[], Awaitable[object]], into: list[float], pause: float) -> None:
        while time.perf_counter() < started + SECONDS:
            before = time.perf_counter()
            await run()
            into.append(time.perf_counter() - before)
            await asyncio.sleep(pause)

    async def look() -> None:
        async with session.get(f"{server.base}/livez") as response:
            await response.read()

    async with asyncio.TaskGroup() as group:
        group.create_task(
            repeat(lambda: push(session, server.base, key, article, f"probe-{next(numbers)}"), pushes, 0.1)
        )
        group.create_task(repeat(look, looks, 0.05))
    cpu = (read_cpu_seconds(server.pid) - used) / (time.perf_counter() - started)
    at = [_quantile(pushes, 0.5), _quantile(pushes, 0.99), _quantile(looks, 0.5), _quantile(looks, 0.99), max(looks)]
    return (*(f"{seconds * 1000:.1f}" for seconds in at), f"{cpu:.1f} cores")


def _quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pushes", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    articles = list(itertools.islice(itertools.cycle(list_articles(16)), options.pushes))
    size = statistics.mean(len(one.body.encode()) for one in articles)
    print(f"{len(articles)} pushes of {size / 1000:.1f} kB; {name_machine(len(CORES))}; {options.rounds} rounds\n")
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(compare(Path(folder), articles, options.rounds))
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(watch(Path(folder)))


if __name__ == "__main__":
    main()
