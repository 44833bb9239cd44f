"""One of 100 entries changes: how long until readers have it, over HTTP, in every encoding.

  python benchmarks/change.py [--rounds 20]

"to a reader": from the commit of the change to the first byte that a reader gets who asks at that moment, everything
included: HTTP, database, rendering, compression. "all four": the same to the last of four readers, one for each
encoding, who ask at once. "variants": from the database to all four encodings, in threads as requests have them made,
without HTTP and the end of the push that runs beside it. "bytes": rendering and encodings alone. The peer is
feedgen as it is: 100 entries written anew and compressed whole at the same levels; of HTTP and database it has nothing.
"""

import argparse
import asyncio
import gzip
import os
import random
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import aiohttp
import aiohttp.web
import brotli
import zstandard
from articles import Sample, list_articles
from feedgen.feed import FeedGenerator
from measure import name_machine, print_table
from pushes import make_ninjs

import feeds
from feeds.model import Feed
from server import archives
from server.access import hash_key, make_key
from server.app import make_app
from server.configfile import load_config
from server.handlers.channels import FORMATS
from server.keys import CLOCK, DATABASE, FEED_CACHE
from server.refusals import Runner
from server.serving.encodings import BR_QUALITY, GZIP_LEVEL, ZSTD_LEVEL, Encoding, compress
from server.serving.entrycache import EntryCache
from server.site import Site
from server.store.keys import KeyRow, save_key
from server.store.standings import Filters, get_pulse
from translators.pseudo import PseudoTranslator

ENTRIES = 100
ENCODINGS: tuple[Encoding, ...] = ("identity", "gzip", "br", "zstd")
BASE = "https://karvan.example"
FEED = ("world", "en")
PATH = "/feeds/world/en.{}"


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
    """Karvan in this process, with a feed of 100 entries. `committed`: set by every write."""

    def __init__(self, folder: Path) -> None:
        config = load_config(Path(__file__).parents[1] / "config.toml", {})
        limits = config.limits.model_copy(update={"feed_entries": ENTRIES})
        self.config = config.model_copy(update={"limits": limits})
        self.app = make_app(self.config, folder, translator=PseudoTranslator(), base=BASE, with_worker=False)
        self.runner = Runner(self.app, access_log=None)
        self.key, self.key_id = make_key()
        self.port = 0

    async def start(self) -> None:
        await self.runner.setup()
        await aiohttp.web.TCPSite(self.runner, "127.0.0.1", 0).start()
        row = KeyRow(self.key_id, "admin", "admin", hash_key(self.key), self.app[CLOCK]())
        async with self.app[DATABASE].write() as conn:
            await save_key(conn, row)
        self.port, self.committed = self.runner.addresses[0][1], self.app[DATABASE].watch()

    async def push(self, session: aiohttp.ClientSession, number: int, article: Sample) -> None:
        url = f"http://127.0.0.1:{self.port}/v1/articles/caravan-wire/change-{number}"
        headers = {"Authorization": f"Bearer {self.key}"}
        async with session.put(url, json=make_ninjs(article), headers=headers) as response:
            if response.status not in (200, 201):
                raise RuntimeError(await response.text())

    async def load(self) -> Feed:
        async with self.app[DATABASE].read() as conn:
            site = Site(BASE, self.config)
            last = (await get_pulse(conn, *FEED, self.app[CLOCK]())).position
            return await archives.make_feed(conn, site, FEED, Filters(), last, self.app[CLOCK](), "atom", EntryCache())


class Reader(asyncio.Protocol):
    """One connection that asks for a feed again and again. `first`: when the first byte of an answer came."""

    def __init__(self, format_: str, encoding: str) -> None:
        path, accept = PATH.format(format_), f"Accept-Encoding: {encoding}"
        self.ask = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{accept}\r\n\r\n".encode()
        self.encoding = encoding

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.first = self.first or time.perf_counter()
        self.answer += data
        head, found, body = bytes(self.answer).partition(b"\r\n\r\n")
        if found and len(body) >= int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]):
            self.body = body
            self.arrived.set_result(None)

    async def read(self) -> float:
        """When the first byte came; the rest is waited for."""
        self.first, self.answer = 0.0, bytearray()
        self.arrived = asyncio.get_running_loop().create_future()
        self.transport.write(self.ask)  # type: ignore[attr-defined]
        await self.arrived
        return self.first

    def decode(self) -> bytes:
        decoders = {"gzip": gzip.decompress, "br": brotli.decompress, "zstd": zstandard.decompress}
        return bytes(decoders.get(self.encoding, bytes)(self.body))


async def open_readers(server: Server, format_: str) -> Sequence[Reader]:
    loop = asyncio.get_running_loop()
    made = [Reader(format_, encoding) for encoding in ENCODINGS]
    for one in made:
        await loop.create_connection(lambda one=one: one, "127.0.0.1", server.port)  # type: ignore[misc]
        await one.read()
    return made


async def change(
    server: Server, session: aiohttp.ClientSession, readers: Sequence[Reader], number: int, article: Sample
) -> tuple[list[float], float]:
    """Milliseconds from the commit to each reader's first byte; of CPU, in all of this process, until all is read."""
    server.committed.clear()
    pushing = asyncio.create_task(server.push(session, number, article))
    await server.committed.wait()
    begun, used = time.perf_counter(), time.process_time()
    firsts = await asyncio.gather(*(one.read() for one in readers))
    cpu = time.process_time() - used
    await pushing
    if any(f"part {number}".encode() not in one.decode() for one in readers):
        raise RuntimeError("a reader does not have the change")
    if len({one.decode() for one in readers}) > 1:
        raise RuntimeError("an encoding has other bytes")
    return [(first - begun) * 1000 for first in firsts], cpu * 1000


async def renew(server: Server, format_: str) -> float:
    """Milliseconds from the database to all encodings."""
    database, now, site = server.app[DATABASE], server.app[CLOCK](), Site(BASE, server.config)
    kept = server.app[FEED_CACHE].entries
    begun = time.perf_counter()
    async with database.glance() as conn:
        pulse = await get_pulse(conn, *FEED, now)
        feed = await archives.make_feed(conn, site, FEED, Filters(), pulse.position, now, format_, kept)
    document = feeds.render_feed(feed, format_)
    await asyncio.gather(*(asyncio.to_thread(compress, document, encoding) for encoding in ENCODINGS))
    return (time.perf_counter() - begun) * 1000


def render_all(feed: Feed, format_: str) -> float:
    """Milliseconds for rendering and all encodings."""
    begun = time.perf_counter()
    document = feeds.render_feed(feed, format_)
    for encoding in ENCODINGS:
        compress(document, encoding)
    return (time.perf_counter() - begun) * 1000


def render_by_peer(feed: Feed) -> float:
    """The same by feedgen, from the values on, as Atom."""
    begun = time.perf_counter()
    generator = FeedGenerator()
    generator.id(feed.id)
    generator.title(feed.title)
    generator.updated(feed.updated)
    for one in feed.entries:
        entry = generator.add_entry(order="append")
        entry.id(one.id)
        entry.title(one.article.headline)
        entry.updated(one.updated)
        entry.published(one.published)
        entry.link(href=one.page, rel="alternate")
        entry.summary(one.article.description)
        entry.content(one.article.body, type="html")
    body = generator.atom_str()
    gzip.compress(body, GZIP_LEVEL)
    brotli.compress(body, quality=BR_QUALITY)
    zstandard.compress(body, level=ZSTD_LEVEL)
    return (time.perf_counter() - begun) * 1000


Times = dict[str, list[float]]


async def measure_changes(folder: Path, rounds: int) -> dict[str, Times]:
    """Format → what was measured → milliseconds, of each round."""
    server = Server(folder)
    await server.start()
    took: dict[str, Times] = {format_: {} for format_ in FORMATS}
    async with aiohttp.ClientSession() as session:
        for number, article in enumerate(make_articles(0)):
            await server.push(session, number, article)
        readers = {format_: await open_readers(server, format_) for format_ in FORMATS}
        step = 0
        for seed in range(1, rounds + 1):
            changed = make_articles(seed)
            for format_ in FORMATS:
                for those in (*([one] for one in readers[format_]), readers[format_]):
                    step += 1
                    number = step * 37 % ENTRIES
                    times, cpu = await change(server, session, those, number, changed[number])
                    name = "all four" if len(those) > 1 else those[0].encoding
                    took[format_].setdefault(name, []).append(max(times))
                    took[format_].setdefault(f"{name} CPU", []).append(cpu)
                step += 1
                number = step * 37 % ENTRIES
                await server.push(session, number, changed[number])
                await asyncio.sleep(0.05)  # what follows from the push is done
                took[format_].setdefault("variants", []).append(await renew(server, format_))
                feed = await server.load()
                took[format_].setdefault("bytes", []).append(render_all(feed, format_))
                took[format_].setdefault("peer", []).append(render_by_peer(feed))
    await server.runner.cleanup()
    return took


def report(took: dict[str, Times]) -> None:
    rows = []
    for format_, times in took.items():
        peer = statistics.median(times["peer"])
        for name in (*ENCODINGS, "all four", "variants", "bytes"):
            ranked = sorted(times[name])
            median, p95 = statistics.median(ranked), ranked[int(len(ranked) * 0.95)]
            cpu = f"{statistics.median(times[f'{name} CPU']):.1f}" if f"{name} CPU" in times else ""
            rows.append((format_, name, f"{ranked[0]:.1f}", f"{median:.1f}", f"{p95:.1f}", cpu, f"{peer / median:.1f}"))
    load = os.getloadavg()[0]
    print(f"{name_machine(os.cpu_count() or 1)}, load {load:.0f}; {ENTRIES} entries, ms\n")
    print_table(("", "to a reader", "least", "median", "p95", "CPU", "times faster than the peer"), rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        report(asyncio.run(measure_changes(Path(folder), rounds)))


if __name__ == "__main__":
    main()
