"""How long an urgent article takes into four languages: on an idle server, and while another outlet's backlog waits.

The goal is 3 × the idle time. The backlog's sentences are all different: nothing is remembered.

  python benchmarks/fairness.py [--backlog 2000] [--rounds 3] [--urgency 1]
"""

import argparse
import asyncio
import re
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import aiohttp
import orjson
from articles import Sample, list_articles
from measure import name_machine, print_table
from processes import issue_key, run_karvan
from pushes import OUTLETS, make_ninjs

from translators.starters import install_starter

BUSY, SMALL = "en", "az"  # the languages of the outlet that has pushed much, and of the one that is in a hurry
MOST_SECONDS = 900.0


def vary(sample: Sample, number: int) -> Sample:
    """The same article with other sentences."""
    body = re.sub(r"(\w)([.!?])", rf"\1 {number}\2", sample.body)
    return replace(sample, headline=f"{sample.headline} {number}", body=body)


async def push(session: aiohttp.ClientSession, base: str, key: str, sample: Sample, item: str, urgency: int) -> None:
    url = f"{base}/v1/articles/{OUTLETS[sample.language]}/{item}"
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    body = orjson.dumps(make_ninjs(sample) | {"urgency": urgency})
    async with session.put(url, data=body, headers=headers) as response:
        if response.status != 201:
            raise RuntimeError(await response.text())


async def measure(
    session: aiohttp.ClientSession, base: str, key: str, sample: Sample, item: str, urgency: int
) -> float:
    """Seconds from the push to the last of its languages."""
    begun = time.perf_counter()
    await push(session, base, key, sample, item, urgency)
    url = f"{base}/v1/articles/{OUTLETS[sample.language]}/{item}"
    while time.perf_counter() - begun < MOST_SECONDS:
        async with session.get(url, headers={"Authorization": f"Bearer {key}"}) as response:
            versions = (await response.json())["versions"]
        if len(versions) == 5 and all(one["freshness"] not in ("pending", "stale") for one in versions.values()):
            return time.perf_counter() - begun
        await asyncio.sleep(0.05)
    raise RuntimeError(f"{item} was not translated within {MOST_SECONDS:g} s")


async def count_waiting(session: aiohttp.ClientSession, base: str) -> int:
    async with session.get(f"{base}/readyz") as response:
        return int((await response.json())["waiting"].get("translate", 0))


async def run(base: str, keys: dict[str, str], backlog: int, rounds: int, urgency: int) -> None:
    samples = list_articles(10)
    mine = [one for one in samples if one.language == SMALL]
    theirs = [one for one in samples if one.language == BUSY]
    urgent = [vary(mine[number % len(mine)], number + 1) for number in range(2 * rounds + 1)]
    async with aiohttp.ClientSession() as session:
        await measure(session, base, keys[SMALL], urgent.pop(), "warm-up", urgency)
        idle = [
            await measure(session, base, keys[SMALL], urgent.pop(), f"idle-{number}", urgency)
            for number in range(rounds)
        ]
        begun = time.perf_counter()
        for number in range(backlog):
            await push(session, base, keys[BUSY], vary(theirs[number % len(theirs)], number), f"much-{number}", 5)
        pushed, waiting, busy = time.perf_counter() - begun, await count_waiting(session, base), []
        for number in range(rounds):
            busy.append(await measure(session, base, keys[SMALL], urgent.pop(), f"busy-{number}", urgency))
            await asyncio.sleep(1.7)  # another moment of another batch
        left = await count_waiting(session, base)
    print(f"{backlog} articles pushed in {pushed:.0f} s; {waiting} translations waiting then, {left} at the end; "
          f"urgency {urgency}; {name_machine(2)}\n")  # fmt: skip
    print_table(
        ("", "median s", "slowest s", "of the idle time"),
        [_describe("idle", idle, idle), _describe("with the backlog", busy, idle)],
    )


def _describe(name: str, times: Sequence[float], idle: Sequence[float]) -> tuple[str, str, str, str]:
    middle = statistics.median(times)
    return name, f"{middle:.2f}", f"{max(times):.2f}", f"{middle / statistics.median(idle):.2f} ×"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--backlog", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--urgency", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        install_starter(folder / "data" / "packages", installed_at="2026-01-01T00:00:00Z")
        with run_karvan(folder, {}) as running:
            keys = {language: issue_key(folder, OUTLETS[language]) for language in (BUSY, SMALL)}
            asyncio.run(run(running.base, keys, given.backlog, given.rounds, given.urgency))


if __name__ == "__main__":
    main()
