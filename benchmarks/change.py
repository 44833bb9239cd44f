"""One of 100 entries changes: how long until the feed stands ready again in every encoding.

  python benchmarks/change.py [--rounds 20]

"bytes": from the feed as a value to identity, gzip, br and zstd. "requests": from the answer to the push to the last
of four GETs, one for each encoding, with everything that the database is asked. Each round changes another article.
"""

import argparse
import asyncio
import gzip
import random
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import aiohttp
import aiohttp.web
import brotli
from articles import Sample, list_articles
from measure import name_machine, print_table
from pushes import make_ninjs

import feeds
from feeds.model import Feed
from server.access import hash_key, make_key
from server.app import make_app
from server.configfile import load_config
from server.handlers.channels import FORMATS
from server.keys import CLOCK, DATABASE
from server.publishing import Site, make_feed
from server.refusals import Runner
from server.serving.encodings import Encoding, compress
from server.store.keys import KeyRow, save_key
from server.store.placements import Filters
from translators.pseudo import PseudoTranslator

ENTRIES = 100
ENCODINGS: tuple[Encoding, ...] = ("gzip", "br", "zstd")
BASE = "https://karvan.example"


def make_articles(seed: int) -> Sequence[Sample]:
    """So many English articles, each of other sentences in another order."""
    told = [one for one in list_articles(10) if one.language == "en"]
    parts = [part.strip() for one in told for part in one.body.replace("</p>", "").split(".")]
    sentences = [f"{part}." for part in parts if len(part) > 40]
    pick = random.Random(seed)
    return [
        Sample("en", f"{pick.choice(told).headline}, part {number}", pick.choice(told).description,
               "".join(f"<p>{' '.join(pick.sample(sentences, 3))}</p>" for _ in range(6)))
        for number in range(ENTRIES)
    ]  # fmt: skip


class Server:
    """Karvan in this process, with a feed of 100 entries."""

    def __init__(self, folder: Path) -> None:
        config = load_config(Path(__file__).parents[1] / "config.toml", {})
        limits = config.limits.model_copy(update={"feed_entries": ENTRIES})
        self.config = config.model_copy(update={"limits": limits})
        self.app = make_app(self.config, folder, translator=PseudoTranslator(), base=BASE, with_worker=False)
        self.runner = Runner(self.app, access_log=None)
        self.key, self.key_id = make_key()

    async def start(self) -> str:
        await self.runner.setup()
        await aiohttp.web.TCPSite(self.runner, "127.0.0.1", 0).start()
        row = KeyRow(self.key_id, "admin", "admin", hash_key(self.key), self.app[CLOCK]())
        async with self.app[DATABASE].write() as conn:
            await save_key(conn, row)
        return f"http://127.0.0.1:{self.runner.addresses[0][1]}"

    async def push(self, session: aiohttp.ClientSession, base: str, number: int, article: Sample) -> None:
        url, headers = f"{base}/v1/articles/caravan-wire/change-{number}", {"Authorization": f"Bearer {self.key}"}
        async with session.put(url, json=make_ninjs(article), headers=headers) as response:
            if response.status not in (200, 201):
                raise RuntimeError(await response.text())

    async def load(self) -> Feed:
        async with self.app[DATABASE].read() as conn:
            site = Site(BASE, self.config)
            return await make_feed(conn, site, "world", "en", Filters(), self.app[CLOCK]())


async def fetch_all(session: aiohttp.ClientSession, base: str, format_: str) -> int:
    """One GET for each encoding, checked to be the same feed. Its size."""
    bodies = {}
    for encoding in ("identity", *ENCODINGS):
        headers = {"Accept-Encoding": encoding}
        async with session.get(f"{base}/feeds/world/en.{format_}", headers=headers) as response:
            bodies[encoding] = await response.read()
    plain = bodies["identity"]
    if plain != gzip.decompress(bodies["gzip"]) or plain != brotli.decompress(bodies["br"]):
        raise RuntimeError("an encoding has other bytes")
    return len(plain)


def render_all(feed: Feed, format_: str) -> dict[str, float]:
    """Milliseconds on the clock for rendering and each encoding."""
    times, begun = {}, time.perf_counter()
    document = feeds.render_feed(feed, format_)
    times["render"] = time.perf_counter() - begun
    for encoding in ENCODINGS:
        begun = time.perf_counter()
        compress(document, encoding)
        times[encoding] = time.perf_counter() - begun
    return {name: seconds * 1000 for name, seconds in times.items()}


async def measure_changes(folder: Path, rounds: int) -> None:
    server = Server(folder)
    base = await server.start()
    took: dict[str, list[dict[str, float]]] = {format_: [] for format_ in FORMATS}
    asked: dict[str, list[float]] = {format_: [] for format_ in FORMATS}
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        for number, article in enumerate(make_articles(0)):
            await server.push(session, base, number, article)
        sizes = {format_: await fetch_all(session, base, format_) for format_ in FORMATS}
        for format_ in FORMATS:
            render_all(await server.load(), format_)
        changed = make_articles(1)
        for round_ in range(rounds):
            number = round_ * 37 % ENTRIES
            await server.push(session, base, number, changed[number])
            feed = await server.load()
            for format_ in FORMATS:
                took[format_].append(render_all(feed, format_))
        for round_ in range(rounds * len(FORMATS)):
            number, format_ = (round_ * 37 + 5) % ENTRIES, FORMATS[round_ % len(FORMATS)]
            await server.push(session, base, number, make_articles(2 + round_)[number])
            begun = time.perf_counter()
            await fetch_all(session, base, format_)
            asked[format_].append((time.perf_counter() - begun) * 1000)
    await server.runner.cleanup()
    report(sizes, took, asked)


def report(sizes: dict[str, int], took: dict[str, list[dict[str, float]]], asked: dict[str, list[float]]) -> None:
    rows = []
    for format_ in FORMATS:
        medians = {name: statistics.median(one[name] for one in took[format_]) for name in ("render", *ENCODINGS)}
        totals = sorted(sum(one.values()) for one in took[format_])
        rows.append(
            (format_, f"{sizes[format_] / 1000:.0f}", *(f"{medians[name]:.2f}" for name in medians),
             f"{statistics.median(totals):.2f}", f"{totals[int(len(totals) * 0.95)]:.2f}",
             f"{statistics.median(asked[format_]):.1f}")
        )  # fmt: skip
    print(f"{name_machine(2)}; {ENTRIES} entries, medians, ms\n")
    print_table(("", "kB", "render", *ENCODINGS, "all bytes", "p95", "requests"), rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20)
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure_changes(Path(folder), parser.parse_args().rounds))


if __name__ == "__main__":
    main()
