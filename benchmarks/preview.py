"""How long a preview of seven days takes: 200 outlets × 20 rules, 2,000 articles a day, over HTTP.

  python benchmarks/preview.py [--articles 14000] [--outlets 200] [--rules 20]

Three changes: a rule of one outlet, the rules of every tenth, all 4,000. Each is asked for twice: the second time both
routings are compiled. "CPU s" is of this process, without the second one that compares. "loop": how long /livez took at
most meanwhile; it does nothing, so it is the event loop's lag.
"""

import argparse
import asyncio
import gc
import json
import random
import resource
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import aiohttp.web
import tomlkit
from measure import name_machine, print_table
from route import make_article, make_config

from server.access import hash_key, make_key
from server.app import make_app
from server.commands.serve import MOST_YOUNG
from server.config import Config, Route
from server.configfile import parse_config
from server.configfile.routingfile import cut_routing
from server.keys import DATABASE
from server.refusals import Runner
from server.store import articles
from server.store.documents import dump_article
from server.store.engine import Database
from server.store.keys import KeyRow, save_key

DAYS = 7
TOGETHER = 500  # articles in one transaction


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, usual in (("articles", 14_000), ("outlets", 200), ("rules", 20)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    options = parser.parse_args()
    gc.set_threshold(MOST_YOUNG)  # as `karvan serve` does
    chance = random.Random(6)
    config = make_config(options.outlets, options.rules, chance)
    with tempfile.TemporaryDirectory() as name:
        rows = await measure(config, Path(name), options.articles, chance)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024  # of a child it would begin with its parent's
    print(
        f"\n{name_machine(2)}: {options.articles} articles, {len(config.routes)} rules; at most {peak} MB in memory\n"
    )
    print_table(["changed", "articles", "run", "s", "CPU s", "loop ms"], rows)


async def measure(config: Config, folder: Path, count: int, chance: random.Random) -> list[list[str]]:
    file = folder / "config.toml"
    file.write_text(render(config))
    config = parse_config(file.read_text())
    app = make_app(config, folder, with_worker=False, file=file, text=file.read_text())
    runner = Runner(app, access_log=None)
    await runner.setup()
    site = aiohttp.web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    key = await fill(app[DATABASE], config, count, chance)
    rows = []
    async with aiohttp.ClientSession() as session:
        for label, every in (("one rule", len(config.routes)), ("every tenth rule", 10), ("all rules", 1)):
            routes = [turn(route) if number % every == 0 else route for number, route in enumerate(config.routes)]
            part = cut_routing(render(config.model_copy(update={"routes": tuple(routes)})))
            rows += [[label, *await ask(session, base, key, part, run)] for run in ("first", "second")]
    await runner.cleanup()
    return rows


def render(config: Config) -> str:
    """As TOML: what is in [[routes]] inline, for tomlkit takes minutes for so many tables."""
    values = config.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude_none=True)
    routes = values.pop("routes")
    lines = [f"{name} = {write(value)}" for route in routes for name, value in route.items()]
    lines = ["[[routes]]\n" + line if line.startswith("name = ") else line for line in lines]
    return tomlkit.dumps(values) + "\n" + "\n".join(lines) + "\n"


def write(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(name)} = {write(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(write, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def turn(route: Route) -> Route:
    return route.model_copy(update={"to": ("channel-0",) if route.to != ("channel-0",) else ("channel-1",)})


async def fill(database: Database, config: Config, count: int, chance: random.Random) -> str:
    """So many articles of the last days, and a key for an admin."""
    key, key_id = make_key()
    now = datetime.now(UTC)
    async with database.write() as conn:
        await save_key(conn, KeyRow(key_id, "admin", "admin", hash_key(key), now))
    made = [make_article(chance, config) for _ in range(min(count, 2_000))]
    for first in range(0, count, TOGETHER):
        async with database.write() as conn:
            for number in range(first, min(count, first + TOGETHER)):
                article, outlet = made[number % len(made)]
                at = now - timedelta(days=DAYS - 0.1) * (number / count)
                article_id = await articles.insert_article(conn, outlet, f"item-{number}", f"urn:{number}", at)
                values = {"order_key": "1", "content_hash": "", "text_hash": "", "document": dump_article(article)}
                values |= {"raw": b"", "media_type": "", "key_id": "", "received_at": at}
                await articles.insert_version(conn, article_id, **values)
                await articles.set_head(conn, article_id, at)
    return key


async def ask(session: aiohttp.ClientSession, base: str, key: str, part: str, run: str) -> Sequence[str]:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/toml"}
    watching, lags = True, [0.0]

    async def watch() -> None:
        while watching:
            began = time.perf_counter()
            async with session.get(f"{base}/livez") as response:
                await response.read()
            lags.append(time.perf_counter() - began)
            await asyncio.sleep(0.05)

    watcher = asyncio.create_task(watch())
    began, cpu = time.perf_counter(), time.process_time()
    async with session.post(f"{base}/v1/routing/preview?days={DAYS}", data=part.encode(), headers=headers) as response:
        told = await response.json()
        assert response.status == 200, told
    took, used = time.perf_counter() - began, time.process_time() - cpu
    watching = False
    await watcher
    return [str(told["changed"]), run, f"{took:.1f}", f"{used:.1f}", f"{max(lags) * 1000:.0f}"]


if __name__ == "__main__":
    asyncio.run(main())
