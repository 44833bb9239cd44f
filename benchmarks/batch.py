"""Articles that are safely on disk: by one batch against single pushes; and what other outlets' pushes wait meanwhile.

python benchmarks/batch.py [--articles 300] [--rounds 3]
"""

import argparse
import asyncio
import itertools
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from pathlib import Path

import aiohttp
import orjson
from articles import Sample, list_articles
from measure import name_machine, print_table
from processes import CORES, Running, issue_key, read_cpu_seconds, run_karvan
from pushes import OUTLETS, make_ninjs, push

OUTLET, OTHER = "caravan-wire", "khazar-news"
SECONDS = 10

Hand = Callable[[aiohttp.ClientSession, Sequence[bytes]], Awaitable[None]]


def make_lines(articles: Sequence[Sample], numbers: Iterator[int]) -> list[bytes]:
    """English articles, each under an item of its own."""
    ids = ([{"role": "item", "value": f"batch-{next(numbers)}"}] for _ in articles)
    return [orjson.dumps(make_ninjs(one) | {"altIds": alt}) for one, alt in zip(articles, ids, strict=True)]


def make_hands(server: Running, key: str) -> Mapping[str, Hand]:
    headers = {"Authorization": f"Bearer {key}"}

    async def post(session: aiohttp.ClientSession, lines: Iterator[bytes]) -> None:
        for line in lines:
            sent = headers | {"Content-Type": "application/json"}
            async with session.post(f"{server.base}/v1/articles", data=line, headers=sent) as response:
                if response.status != 201:
                    raise RuntimeError(await response.text())

    async def one_by_one(session: aiohttp.ClientSession, lines: Sequence[bytes]) -> None:
        await post(session, iter(lines))

    async def eight_at_once(session: aiohttp.ClientSession, lines: Sequence[bytes]) -> None:
        left = iter(lines)
        await asyncio.gather(*(post(session, left) for _ in range(8)))

    async def batch(session: aiohttp.ClientSession, lines: Sequence[bytes]) -> None:
        sent = headers | {"Content-Type": "application/x-ndjson"}
        async with session.post(f"{server.base}/v1/articles:batch", data=b"\n".join(lines), headers=sent) as response:
            told = [orjson.loads(line) for line in (await response.read()).splitlines()]
            if len(told) != len(lines) or any(one["status"] != 201 for one in told):
                raise RuntimeError(str(told)[:1000])

    async def eight_batches(session: aiohttp.ClientSession, lines: Sequence[bytes]) -> None:
        await asyncio.gather(*(batch(session, lines[place::8]) for place in range(8)))

    return {
        "single pushes, one connection": one_by_one,
        "single pushes, 8 connections": eight_at_once,
        "one batch": batch,
        "8 batches at once": eight_batches,
    }


async def compare(server: Running, key: str, articles: Sequence[Sample], rounds: int, numbers: Iterator[int]) -> None:
    hands = dict(itertools.islice(make_hands(server, key).items(), 3))
    rates: dict[str, list[float]] = {name: [] for name in hands}
    costs: dict[str, list[float]] = {name: [] for name in hands}
    async with aiohttp.ClientSession() as session:
        for hand in hands.values():
            await hand(session, make_lines(articles[:20], numbers))
        for _, (name, hand) in itertools.product(range(rounds), hands.items()):
            lines = make_lines(articles, numbers)
            started, used = time.perf_counter(), read_cpu_seconds(server.pid)
            await hand(session, lines)
            rates[name].append(len(lines) / (time.perf_counter() - started))
            costs[name].append((read_cpu_seconds(server.pid) - used) / len(lines))
    alone = statistics.median(rates["single pushes, one connection"])
    rows = [
        (
            name,
            f"{(rate := statistics.median(of)):,.0f}",
            f"{rate / alone:.1f}",
            f"{statistics.median(costs[name]) * 1000:.1f}",
        )
        for name, of in rates.items()
    ]
    print_table(("", "articles/s", "times one connection", "CPU ms per article"), rows)
    print()


async def wait_beside(
    server: Running, key: str, theirs: str, articles: Sequence[Sample], numbers: Iterator[int]
) -> None:
    """How long a short push of another outlet takes while an archive is handed in."""
    note = Sample("az", "Qısa xəbər", "", "<p>Nazirlər cümə günü görüşdü. Onlar ticarəti müzakirə etdilər.</p>")
    assert OUTLETS["az"] == OTHER
    rows = []
    async with aiohttp.ClientSession() as session:

        async def watch(beside: Hand | None) -> list[float]:
            until, took = time.perf_counter() + SECONDS, []

            async def go_on() -> None:
                while beside is not None and time.perf_counter() < until:
                    await beside(session, make_lines(articles, numbers))

            going_on = asyncio.create_task(go_on())
            await asyncio.sleep(0.5)
            while time.perf_counter() < until:
                before = time.perf_counter()
                await push(session, server.base, theirs, note, f"note-{next(numbers)}")
                took.append(time.perf_counter() - before)
                await asyncio.sleep(0.05)
            await going_on
            return sorted(took)

        for name, hand in {"nothing": None, **make_hands(server, key)}.items():
            took = await watch(hand)
            at = (took[len(took) // 2], took[int(len(took) * 0.95)], took[-1])
            rows.append((name, *(f"{seconds * 1000:.0f}" for seconds in at)))
    print_table(("meanwhile", "push p50 ms", "p95 ms", "max ms"), rows)


async def run(folder: Path, articles: Sequence[Sample], rounds: int) -> None:
    key, theirs, numbers = issue_key(folder, OUTLET), issue_key(folder, OTHER), itertools.count()
    with run_karvan(folder, {"KARVAN_TRANSLATION__ENGINE": "off"}) as server:
        await compare(server, key, articles, rounds, numbers)
        await wait_beside(server, key, theirs, articles, numbers)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--articles", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    english = itertools.cycle(one for one in list_articles(16) if OUTLETS[one.language] == OUTLET)
    articles = list(itertools.islice(english, options.articles))
    size = statistics.mean(len(one.body.encode()) for one in articles)
    print(f"{len(articles)} articles of {size / 1000:.1f} kB; {name_machine(len(CORES))}; {options.rounds} rounds\n")
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder), articles, options.rounds))


if __name__ == "__main__":
    main()
