"""A feed of 50 entries, 200 (gzip) and 304: Karvan against nginx that serves the same bytes as files.

Each server has one core, wrk another, in turn. Needs wrk and nginx (Debian: wrk, nginx-light).

  python benchmarks/serve.py [--seconds 4] [--rounds 3]
"""

import argparse
import asyncio
import re
import statistics
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.request import Request, urlopen

import aiohttp
from articles import list_articles
from measure import name_machine, print_table
from processes import CLIENT_CORE, SERVER_CORE, Running, issue_key, read_cpu_seconds, run_karvan, run_nginx
from pushes import push_all

FEED = "feeds/world/en.atom"
CONNECTIONS = 16


@dataclass(frozen=True, slots=True)
class Load:
    """Requests a second, and CPU seconds of the server per request."""

    rate: float
    cpu: float


def fetch(url: str, headers: Mapping[str, str]) -> tuple[bytes, Mapping[str, str]]:
    with urlopen(Request(url, headers=dict(headers))) as response:
        return response.read(), dict(response.headers)


async def fill(base: str, key: str) -> None:
    """50 articles, translated by the stand-in, in the feed."""
    async with aiohttp.ClientSession() as session:
        await push_all(session, base, key, list_articles(10))
    for _ in range(900):
        feed, _ = fetch(f"{base}/{FEED}", {})
        if feed.count(b"<entry") == 50:
            return
        await asyncio.sleep(0.2)
    raise RuntimeError("the feed does not fill")


def wait_until_quiet(server: Running) -> float:
    """Until it has nothing to do: translating is no cost of serving. The CPU seconds a second that it uses then."""
    for _ in range(100):
        before = read_cpu_seconds(server.pid)
        time.sleep(3)
        if (rest := (read_cpu_seconds(server.pid) - before) / 3) < 0.05:
            return rest
    raise RuntimeError("the server does not come to rest")


def press(server: Running, seconds: int, status: int, headers: Mapping[str, str]) -> Load:
    """Load the server with wrk; every answer must have the expected status."""
    options = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", *options, f"{server.base}/{FEED}"]
    before = read_cpu_seconds(server.pid)
    output = subprocess.run(
        ["taskset", "-c", str(CLIENT_CORE), *command], check=True, capture_output=True, text=True
    ).stdout
    cpu = read_cpu_seconds(server.pid) - before
    found = re.search(r"(\d+) requests in ([\d.]+)(m?)s", output)
    if found is None or "Socket errors" in output or "Non-2xx" in output:
        raise RuntimeError(f"expected {status} everywhere:\n{output}")
    requests = int(found[1])
    return Load(requests / float(found[2]), cpu / requests)


def compare(folder: Path, seconds: int, rounds: int) -> None:
    key = issue_key(folder, "admin")
    with run_karvan(folder, {"KARVAN_TRANSLATION__ENGINE": "pseudo"}, cores={SERVER_CORE}) as karvan:
        asyncio.run(fill(karvan.base, key))
        rest = wait_until_quiet(karvan)
        gzipped = {"Accept-Encoding": "gzip"}
        body, headers = fetch(f"{karvan.base}/{FEED}", gzipped)
        plain, _ = fetch(f"{karvan.base}/{FEED}", {"Accept-Encoding": "identity"})
        print(f"{len(plain) / 1000:.0f} kB, {len(body) / 1000:.0f} kB as gzip; {CONNECTIONS} connections")
        print(f"at rest Karvan uses {rest * 1000:.0f} ms CPU a second")
        print(f"{name_machine(2)}; medians of {rounds} rounds of {seconds} s\n")
        with run_nginx(folder, {FEED: plain, f"{FEED}.gz": body}) as nginx:
            theirs = fetch(f"{nginx.base}/{FEED}", gzipped)
            if theirs[0] != body:
                raise RuntimeError("nginx serves other bytes")
            etags = {karvan: headers["ETag"], nginx: theirs[1]["ETag"]}
            kinds = {
                (status, server): gzipped | ({"If-None-Match": etags[server]} if status == 304 else {})
                for status in (200, 304)
                for server in (karvan, nginx)
            }
            loads: dict[tuple[int, Running], list[Load]] = {kind: [] for kind in kinds}
            for _ in range(rounds):
                for (status, server), sent in kinds.items():
                    time.sleep(0.2)
                    loads[status, server].append(press(server, seconds, status, sent))
    rows = []
    for status in (200, 304):
        ours, theirs_ = (_take_median(loads[status, server]) for server in (karvan, nginx))
        rows.append(
            (status, f"{ours.rate:,.0f}", f"{theirs_.rate:,.0f}", f"{theirs_.rate / ours.rate:.1f}",
             f"{ours.cpu * 1e6:.0f}", f"{theirs_.cpu * 1e6:.1f}", f"{ours.cpu / theirs_.cpu:.1f}")
        )  # fmt: skip
    print_table(
        ("", "Karvan/s", "nginx/s", "nginx is faster ×", "Karvan CPU µs", "nginx CPU µs", "Karvan costs ×"), rows
    )


def _take_median(loads: list[Load]) -> Load:
    return Load(statistics.median(one.rate for one in loads), statistics.median(one.cpu for one in loads))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        compare(Path(folder), options.seconds, options.rounds)


if __name__ == "__main__":
    main()
