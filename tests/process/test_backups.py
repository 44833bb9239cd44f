"""A backup beside a running server has every push that was answered before it; restored, all is as it was."""

import asyncio
import io
import json
import sqlite3
import sys
import tarfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import zstandard
from click.testing import CliRunner
from PIL import Image

from server.__main__ import main

LANGUAGES = ("az", "en", "ru", "tr", "zh")
PUBLIC = "https://news.example"  # the same for both servers, so that feeds can be compared


async def run(karvan: Any, *words: object) -> dict[str, Any]:
    """A command in this process."""
    setting = ["--config", str(karvan.config), "--data", str(karvan.data)]
    result = await asyncio.to_thread(CliRunner().invoke, main, [*setting, *map(str, words), "--json"])
    assert result.exit_code == 0, result.output
    return dict(json.loads(result.stdout))


@contextmanager
def pushing(server: Any, key: str) -> Iterator[list[str]]:
    """Pushes go on meanwhile; the items whose pushes were answered."""
    answered: list[str] = []
    is_over = threading.Event()

    def push() -> None:
        number = 0
        while not is_over.wait(0.03):
            number += 1
            answer = server.push("en", f"going-on-{number}", key)
            assert answer.status == 201, answer
            answered.append(f"going-on-{number}")

    thread = threading.Thread(target=push)
    thread.start()
    try:
        yield answered
    finally:
        is_over.set()
        thread.join()


def upload(server: Any, key: str) -> str:
    """Upload a picture and wait until it is made; where it is served."""
    file = io.BytesIO()
    Image.effect_noise((300, 200), 40).convert("RGB").save(file, "JPEG")
    headers = {"Authorization": f"Bearer {key}"}
    path = "/v1/media/caravan-wire/a.jpg"
    asked = urllib.request.Request(server.base + path, file.getvalue(), headers, method="PUT")
    with urllib.request.urlopen(asked, timeout=60) as answer:
        sha256 = json.loads(answer.read())["sha256"]
    server.wait_for(lambda: server.call("GET", path, key=key).json["state"] == "ready", "picture")
    return f"/media/{sha256}/thumbnail.jpg"


def open_database(backup: Path, folder: Path) -> sqlite3.Connection:
    """The database in a backup, unpacked as anybody could."""
    with (
        backup.open("rb") as file,
        zstandard.ZstdDecompressor().stream_reader(file) as plain,
        tarfile.open(fileobj=plain, mode="r|") as tar,
    ):
        tar.extractall(folder, filter="data")
    return sqlite3.connect(folder / "karvan.db")


async def test_a_backup_beside_pushes_comes_back_byte_for_byte(make_karvan, tmp_path):
    karvan, other = (
        make_karvan(name, TRANSLATION__ENGINE="pseudo", SERVER__PUBLIC_URL=PUBLIC) for name in ("data", "other")
    )
    server = karvan.serve()
    key = await karvan.issue_key("caravan-wire")
    picture = upload(server, key)
    with pushing(server, key) as answered:
        server.wait_for(lambda: len(answered) > 5, "pushes")
        before = list(answered)
        ended = karvan.run("backup", str(tmp_path), "--keep", "3")
        after = len(answered)
    assert ended.status == 0, ended
    assert after > len(before), "no push went on meanwhile"
    [backup] = tmp_path.glob("karvan-*.tar.zst")
    with closing(open_database(backup, tmp_path / "unpacked")) as conn:
        kept = {item for (item,) in conn.execute("SELECT item FROM articles WHERE head_id IS NOT NULL")}
    assert kept >= set(before)
    # What nobody writes to any more is the same wherever it is restored.
    server.wait_for(karvan.is_idle, "end of all jobs")
    paths = [f"/feeds/{channel}/{tag}.{form}" for channel, form in (("world", "atom"), ("world", "json"))
             for tag in LANGUAGES]  # fmt: skip
    were = {path: server.call("GET", path) for path in paths}
    shown = server.call("GET", picture, key=key).body
    article = server.call("GET", "/v1/articles/caravan-wire/going-on-1", key=key).json
    saved = await run(karvan, "backup", tmp_path / "idle.tar")
    restored = await run(other, "restore", saved["path"])
    assert restored["changes"]["first"] == saved["manifest"]["last_change"]
    second = other.serve()
    for path in paths:
        now = second.call("GET", path)
        assert now.body == were[path].body, path
        assert now.headers["ETag"] == were[path].headers["ETag"]
        assert later(now, were[path])
    assert second.call("GET", picture, key=key).body == shown
    assert second.call("GET", "/v1/articles/caravan-wire/going-on-1", key=key).json == article
    assert second.push("en", "going-on-1", key).json["changed"] is False
    assert second.push("en", "new", key).status == 201
    setting = ["--config", str(other.config), "--data", str(other.data)]
    refused = await asyncio.to_thread(CliRunner().invoke, main, [*setting, "restore", str(backup), "--replace"])
    assert (refused.exit_code, refused.stderr.endswith("stop it first\n")) == (1, True)


def later(now: Any, then: Any) -> bool:
    """Whether who has what was served then would be told by the date alone that this is newer."""
    dates = [time.strptime(one.headers["Last-Modified"], "%a, %d %b %Y %H:%M:%S GMT") for one in (now, then)]
    return dates[0] > dates[1]


@pytest.mark.slow  # by default test_backups of the server does it with a connection
async def test_a_running_worker_keeps_a_backup_from_being_restored(karvan, tmp_path):
    await karvan.issue_key("caravan-wire")
    saved = await run(karvan, "backup", tmp_path / "kept.tar")
    worker = karvan.start("worker")
    worker.wait_until_it_says("waits for jobs")
    setting = ["--config", str(karvan.config), "--data", str(karvan.data)]
    result = CliRunner().invoke(main, [*setting, "restore", saved["path"], "--replace"])
    assert (result.exit_code, "another process has" in result.stderr) == (1, True)


@pytest.mark.slow  # by default test_backups of the server writes to a device that is always full
async def test_a_full_disk_is_one_clear_line_and_leaves_nothing(karvan, tmp_path):
    await run(karvan, "keys", "issue", "admin")
    size = (karvan.data / "karvan.db").stat().st_size
    folder = tmp_path / "backups"
    folder.mkdir()
    limit = f"resource.setrlimit(resource.RLIMIT_FSIZE, ({size + 20_000}, -1))"
    karvan.prefix = (sys.executable, "-c", f"import os, resource, sys; {limit}; os.execv(sys.argv[1], sys.argv[1:])")
    ended = karvan.run("backup", str(folder / "kept.tar"))
    assert ended.status == 1
    assert ended.err == f"karvan: {folder} is full: File too large; nothing was left there\n"
    assert list(folder.iterdir()) == []


def multiply(database: Path, count: int) -> None:
    """Make so many articles of the one that is there."""
    with closing(sqlite3.connect(database, isolation_level=None)) as conn:
        conn.execute("BEGIN IMMEDIATE")
        for table, change in (
            ("articles", {"id": "id + n", "item": "item || n", "uri": "uri || n", "head_id": "head_id + n"}),
            ("versions", {"id": "id + n", "article_id": "article_id + n"}),
            ("parallels", {"article_id": "article_id + n", "version_id": "version_id + n"}),
            ("placements", {"id": "id + n * 50", "article_id": "article_id + n", "change": "change + n * 50",
                            "appeared": "change + n * 50", "position": "position + n"}),
        ):  # fmt: skip
            columns = [row[1] for row in conn.execute(f"PRAGMA table_info({table})")]
            values = ", ".join(change.get(name, f"one.{name}") for name in columns)
            conn.execute(
                f"WITH RECURSIVE many(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < {count}) "
                f"INSERT INTO {table} SELECT {values} FROM (SELECT * FROM {table}) AS one, many"
            )
        conn.execute("UPDATE counters SET value = (SELECT max(change) FROM placements) WHERE name = 'change'")
        conn.execute("COMMIT")


@pytest.fixture
async def large(karvan):
    """A data folder with 20,000 articles; nothing runs on it."""
    server = karvan.serve()
    server.push("en", "one", await karvan.issue_key("caravan-wire"))
    server.wait_for(karvan.is_idle, "end of all jobs")
    assert server.stop().status == 0
    multiply(karvan.data / "karvan.db", 20_000)
    return karvan


def list_whole(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if not path.name.startswith(".") and "restoring" not in path.name]


@pytest.mark.slow
async def test_a_killed_backup_leaves_nothing_that_looks_whole(large, tmp_path):
    folder = tmp_path / "backups"
    folder.mkdir()
    begun = time.monotonic()
    assert large.run("backup", str(folder / "first.tar.zst")).status == 0
    takes = time.monotonic() - begun
    for part in range(1, 10):
        running = large.start("backup", str(folder / "killed.tar.zst"))
        await asyncio.sleep(takes * part / 10)
        running.kill()
        for path in list_whole(folder):
            assert large.run("backup", "--verify", str(path)).status == 0
    assert large.run("backup", str(folder)).status == 0
    assert [path for path in folder.iterdir() if path.name.startswith(".")] == []


@pytest.mark.slow
async def test_a_killed_restoring_leaves_the_state_before_or_after(large, tmp_path):
    saved = (await run(large, "backup", tmp_path / "kept.tar.zst"))["path"]
    with closing(sqlite3.connect(large.data / "karvan.db")) as conn:
        conn.execute("UPDATE articles SET cancel_reason = 'before'")
        conn.commit()
    begun = time.monotonic()
    await run(large, "backup", "--verify", saved)
    takes = (time.monotonic() - begun) * 1.6 + 2
    seen = set()
    for part in range(1, 13):
        running = large.start("restore", saved, "--replace")
        await asyncio.sleep(takes * part / 12)
        running.kill()
        assert large.query("PRAGMA integrity_check") == [("ok",)]
        seen.update(large.query("SELECT count(*), count(DISTINCT cancel_reason), min(cancel_reason) FROM articles"))
    assert seen <= {(20_001, 1, "before"), (20_001, 1, "")}
    assert large.run("restore", saved, "--replace").status == 0
    assert not list(large.data.rglob("*restoring*"))
