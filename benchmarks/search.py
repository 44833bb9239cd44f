"""Search: what is found, how fast, and what it costs a push. Karvan, plain LIKE, FTS5 as it comes (unicode61, bm25).

  python benchmarks/search.py [--articles 20000] [--questions 300] [FILE.tsv …]

Each article stands in five languages in one channel: so many texts times five. They are composed of the five-way lines
of the files (sentences.tsv where none is given), some longer than others. Karvan is asked over HTTP by nobody in
particular, with its gate, grouping, snippets and JSON; the peers are bare statements for 20 texts, newest or closest
first, in a file of their own. Words are drawn from the lines as they stand there, so common ones are drawn often.

Recall (recall.py): of every word of every line (of Chinese each pair and each four of characters), whether the line is
found by it.
"""

import argparse
import asyncio
import gc
import json
import random
import sqlite3
import statistics
import tempfile
import time
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import aiohttp.web
from measure import name_machine, print_table
from recall import LANGUAGES, Line, list_content_words, measure_recall, read_lines

from feeds.model import Article
from server.access import hash_key, make_key
from server.app import make_app
from server.commands.serve import MOST_YOUNG
from server.configfile import parse_config
from server.keys import DATABASE
from server.refusals import Runner
from server.searching.words import write_words
from server.store.answers import save_meta
from server.store.documents import dump_article, make_text_hash
from server.store.engine import Database
from server.store.keys import KeyRow, save_key
from server.store.schema import EPOCH, MICROSECOND
from server.store.search_schema import STATE, VERSION

TOGETHER = 20  # articles in one transaction
CONFIG = """
[server]
tag = "bench.example,2026"
[outlets.wire]
name = "Wire"
country = "GE"
[channels.world]
title = { en = "World" }
[[routes]]
name = "all"
to = ["world"]
machine = "publish"
"""


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=20_000)
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("files", nargs="*", type=Path, default=[Path(__file__).with_name("sentences.tsv")])
    options = parser.parse_args()
    gc.set_threshold(MOST_YOUNG)  # as `karvan serve` does
    lines = [line for file in options.files for line in read_lines(file)]
    print(f"{name_machine(2)}, SQLite {sqlite3.sqlite_version}; {len(lines)} lines\n")
    print_table(["words of", "as they stand", "in capitals", "without accents", "names with endings", "English names"],
                list(measure_recall(lines)))  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        await measure_speed(Path(folder), lines, options.articles, options.questions)


async def measure_speed(folder: Path, lines: Sequence[Line], count: int, questions: int) -> None:
    config, chance = parse_config(CONFIG, environment={}), random.Random(8)
    app = make_app(config, folder, with_worker=False)
    runner = Runner(app, access_log=None)
    await runner.setup()
    site = aiohttp.web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    peers = sqlite3.connect(folder / "peers.db")
    began = time.perf_counter()
    own = sqlite3.connect(folder / "karvan.db")
    fill(own, peers, lines, count, chance)
    own.close()
    print(f"\n{count * 5} texts, made in {time.perf_counter() - began:.0f} s\n")
    drawn = [draw(lines, chance) for _ in range(questions)]
    async with aiohttp.ClientSession() as session:
        rows = [await time_karvan(session, base, drawn, order) for order in ("relevance", "newest")]
        rows += [time_peer(peers, drawn, name) for name in ("FTS5", "LIKE")]
        print_table(["", "one word ms: median", "p99", "most", "two words: median", "p99", "most"], rows)
        await measure_pushes(session, base, app[DATABASE], lines, chance)
    await print_sizes(app[DATABASE], count)
    await runner.cleanup()


def fill(
    own: sqlite3.Connection, peers: sqlite3.Connection, lines: Sequence[Line], count: int, chance: random.Random
) -> None:
    """Rows as the server writes them, without its way to them: that would take hours."""
    own.execute("PRAGMA synchronous=OFF")
    peers.execute("CREATE TABLE plain (at INTEGER, language TEXT, headline TEXT, body TEXT)")
    peers.execute("CREATE VIRTUAL TABLE fts USING fts5(headline, body, content='plain', tokenize='unicode61')")
    now = datetime.now(UTC)
    for number in range(1, count + 1):
        texts = compose(lines, chance)
        save(own, number, texts, (now - timedelta(days=300) * (1 - number / count) - EPOCH) // MICROSECOND)
        rows = [(number, one.language, one.headline, one.body) for one in texts.values()]
        peers.executemany("INSERT INTO plain VALUES (?, ?, ?, ?)", rows)
        if number % TOGETHER == 0:  # many small transactions, as in life: the index merges what they leave
            own.commit()
    own.execute("UPDATE counters SET value = ? WHERE name = 'change'", (5 * count,))
    own.commit()
    peers.execute("INSERT INTO fts(fts) VALUES ('rebuild')")
    peers.commit()


def compose(lines: Sequence[Line], chance: random.Random) -> dict[str, Article]:
    head, *body = chance.choices(lines, k=chance.choice((6, 10, 14, 24)))
    return {
        language: Article(
            language=language,
            headline=head[language],
            description=body[0][language],
            body="".join(f"<p>{line[language]}</p>" for line in body),
        )
        for language in LANGUAGES
    }


def save(own: sqlite3.Connection, number: int, texts: dict[str, Article], at: int) -> None:
    """An article with four parallel versions, as it stands when all is done."""
    text_hash = make_text_hash(texts["en"])
    insert(own, "articles", id=number, outlet="wire", item=f"item-{number}", uri=f"urn:{number}", head_id=number,
           cancel_reason="", created_at=at, changed_at=at)  # fmt: skip
    insert(own, "versions", id=number, article_id=number, number=1, order_key="1", content_hash="", text_hash=text_hash,
           document=dump_article(texts["en"]), raw=b"", media_type="", key_id="", received_at=at)  # fmt: skip
    for place, (language, text) in enumerate(texts.items(), 5 * number - 4):
        origin = "source" if language == "en" else "machine"
        if origin == "machine":
            insert(own, "parallels", article_id=number, language=language, origin=origin, state="ready", reason="",
                   source_hash=text_hash, basis="", engine="bench", package_sha256="", glossary_version="",
                   quality="publish", findings="[]", verdict="", verdict_by="", verdict_note="", urgency=5,
                   document=dump_article(text), changed_at=at)  # fmt: skip
        insert(own, "placements", channel="world", language=language, article_id=number, state="usable", origin=origin,
               content_hash="", mark="", route="all", extent="full", rights="", labels="", change=place, appeared=place,
               position=number, published_at=at, shown_at=at)  # fmt: skip
        body = text.body.removeprefix("<p>").removesuffix("</p>").split("</p><p>")
        words = {"headline": write_words([text.headline]), "description": write_words([text.description]),
                 "body": write_words(body), "more": ""}  # fmt: skip
        packed = zlib.compress("\n".join(words.values()).encode(), 1)
        insert(own, "search_texts", id=place, article_id=number, language=language, is_excerpt=0, text_hash="")
        insert(own, "search_words", id=place, words=packed)
        insert(own, "search_index", rowid=place, **words)


def insert(own: sqlite3.Connection, table: str, **values: object) -> None:
    marks = ", ".join("?" * len(values))
    own.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", tuple(values.values()))


def draw(lines: Sequence[Line], chance: random.Random) -> tuple[str, str]:
    """A word, and a second one of the same text."""
    while True:
        words = list(list_content_words(chance.choice(lines)[chance.choice(LANGUAGES)]))
        if len(words) > 1:
            one, other = chance.sample(words, 2)
            return one, other


async def time_karvan(
    session: aiohttp.ClientSession, base: str, drawn: Sequence[tuple[str, str]], order: str
) -> list[str]:
    async def ask(words: str) -> float:
        began = time.perf_counter()
        async with session.get(f"{base}/v1/search", params={"q": words, "order": order}) as response:
            body = await response.read()
            assert response.status == 200, body
            json.loads(body)
        return time.perf_counter() - began

    one = [await ask(word) for word, _ in drawn]
    two = [await ask(f"{word} {other}") for word, other in drawn]
    return [f"Karvan, {order}", *say_times(one), *say_times(two)]


def time_peer(peers: sqlite3.Connection, drawn: Sequence[tuple[str, str]], name: str) -> list[str]:
    if name == "LIKE":
        drawn = drawn[: max(10, len(drawn) // 10)]
        statement = "SELECT rowid FROM plain WHERE {} ORDER BY at DESC LIMIT 20"
        condition, make = (
            "(headline LIKE ? OR body LIKE ?)",
            lambda words: [f"%{word}%" for word in words for _ in "ab"],
        )
    else:
        statement = "SELECT rowid FROM fts WHERE {} ORDER BY bm25(fts, 10, 1) LIMIT 20"
        condition, make = "", lambda words: [" AND ".join(f'"{word}"' for word in words)]

    def ask(*words: str) -> float:
        where = " AND ".join([condition] * len(words)) if condition else "fts MATCH ?"
        began = time.perf_counter()
        peers.execute(statement.format(where), make(words)).fetchall()
        return time.perf_counter() - began

    return [name, *say_times([ask(word) for word, _ in drawn]), *say_times([ask(*both) for both in drawn])]


def say_times(times: Sequence[float]) -> list[str]:
    ranked = sorted(times)
    return [f"{1000 * one:.1f}" for one in (statistics.median(ranked), ranked[int(len(ranked) * 0.99)], ranked[-1])]


async def measure_pushes(
    session: aiohttp.ClientSession, base: str, database: Database, lines: Sequence[Line], chance: random.Random
) -> None:
    """In turn with and without an index."""
    key, key_id = make_key()
    async with database.write() as conn:
        await save_key(conn, KeyRow(key_id, "wire", "outlet", hash_key(key), datetime.now(UTC)))
    headers = {"Authorization": f"Bearer {key}"}
    times: dict[str, list[float]] = {VERSION: [], "": []}
    for number in range(400):
        state = (VERSION, "")[number % 2]
        async with database.write(lazily=True) as conn:
            await save_meta(conn, STATE, state)
        text = compose(lines, chance)["en"]
        document = {"type": "text", "language": "en", "headlines": [{"value": text.headline}],
                    "bodies": [{"contentType": "text/html", "value": text.body}]}  # fmt: skip
        began, cpu = time.perf_counter(), time.process_time()
        async with session.put(f"{base}/v1/articles/wire/push-{number}", json=document, headers=headers) as response:
            assert response.status == 201, await response.text()
        times[state].append(time.process_time() - cpu)
        assert time.perf_counter() > began
    async with database.write() as conn:
        await save_meta(conn, STATE, VERSION)
    with_, without = (1000 * statistics.median(times[state]) for state in (VERSION, ""))
    print(f"\na push costs {with_:.1f} ms of CPU, without an index {without:.1f} ms")


async def print_sizes(database: Database, count: int) -> None:
    async with database.read() as conn:
        rows = await conn.exec_driver_sql(
            "SELECT name LIKE 'search_index%', name IN ('search_texts', 'search_words'), sum(pgsize)"
            " FROM dbstat GROUP BY 1, 2"
        )
        sizes = {(bool(one), bool(other)): size for one, other, size in rows}
    found, texts = sizes.get((True, False), 0), sizes.get((False, True), 0)
    print(f"on disk {found / count / 5:.0f} bytes a text for the index, {texts / count / 5:.0f} for its words, of "
          f"{sum(sizes.values()) / count / 5:.0f} in the database")  # fmt: skip


if __name__ == "__main__":
    asyncio.run(main())
