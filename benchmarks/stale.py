"""A correction, and its parallel version in another feed: from the answer to the push until the feed says stale.

python benchmarks/stale.py [--articles 1000] [--rounds 30]

The server runs in a process of its own, with as many articles stored; the version is an outlet's own, which stays stale
until the outlet sends the next one. The feed is asked for again and again, from the answer on.
"""

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import aiohttp
import orjson
from articles import Sample, list_articles
from lxml import etree
from measure import name_machine, print_table
from processes import issue_key, run_karvan
from pushes import OUTLETS, make_ninjs

SETTINGS = {"KARVAN_TRANSLATION__ENGINE": "off"}
PATIENCE = 20.0
AT_ONCE = 8
FEED = "/feeds/world/az.atom"
ATOM = "{http://www.w3.org/2005/Atom}"


async def put(session: aiohttp.ClientSession, path: str, article: Sample) -> None:
    async with session.put(path, data=orjson.dumps(make_ninjs(article))) as response:
        if response.status not in (200, 201):
            raise RuntimeError(await response.text())


def make_path(number: int) -> str:
    return f"/v1/articles/{OUTLETS['en']}/stale-{number}"


async def is_stale(session: aiohttp.ClientSession, number: int) -> bool:
    async with session.get(FEED) as response:
        root = etree.fromstring(await response.read())
    for entry in root.iter(f"{ATOM}entry"):
        if entry.findtext(f"{ATOM}id", "").endswith(f"/stale-{number}/az"):
            return any(one.text == "stale" for one in entry if isinstance(one.tag, str))
    raise RuntimeError(f"stale-{number} is not in the feed")


async def measure(session: aiohttp.ClientSession, count: int, rounds: int) -> list[float]:
    """Milliseconds of each round."""
    samples = list_articles(12)
    english = [one for one in samples if one.language == "en"]
    azerbaijani = [one for one in samples if one.language == "az"]

    def vary(number: int, what: str) -> Sample:
        one = english[number % len(english)]
        return replace(one, headline=f"{one.headline}, {what} {number}")

    for first in range(0, count, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, count))
        await asyncio.gather(*(put(session, make_path(number), vary(number, "part")) for number in numbers))
    newest = range(count - rounds, count)
    for number in newest:
        await put(session, f"{make_path(number)}/versions/az", azerbaijani[number % len(azerbaijani)])
    took = []
    for number in newest:
        if await is_stale(session, number):
            raise RuntimeError("it was stale before")
        await put(session, make_path(number), vary(number, "corrected"))
        begun = time.perf_counter()
        async with asyncio.timeout(PATIENCE):
            while not await is_stale(session, number):
                pass
        took.append((time.perf_counter() - begun) * 1000)
    return took


async def run(folder: Path, count: int, rounds: int) -> list[float]:
    key = await asyncio.to_thread(issue_key, folder, "admin")
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    with run_karvan(folder, SETTINGS) as karvan:
        async with aiohttp.ClientSession(karvan.base, headers=headers) as session:
            return await measure(session, count, rounds)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--articles", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=30)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        took = sorted(asyncio.run(run(Path(folder), options.articles, options.rounds)))
    print(f"{name_machine(os.cpu_count() or 1)}, load {os.getloadavg()[0]:.0f}; ms, the goal is 1,000\n")
    p95 = took[int(len(took) * 0.95)]
    row = [options.articles, f"{took[0]:.0f}", f"{statistics.median(took):.0f}", f"{p95:.0f}", f"{took[-1]:.0f}"]
    print_table(["articles", "least", "median", "p95", "most"], [row])


if __name__ == "__main__":
    main()
