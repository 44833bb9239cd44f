"""What feed readers that people use make of the feeds, poison and withdrawals included. They are no part of Karvan:
`newsboat` and `sfeed` are looked for on the path, `feedparser` and `reader` (which needs `sgmllib3k` as well) in the
Python that READERS_PYTHON names, `rss-parser` and `@extractus/feed-extractor` in node_modules in READERS_NODE.
"""

import contextlib
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pytest

from feeds.rss_text import write_title
from feeds.withdrawal import TITLES

XML, ALL = ("atom", "rss"), ("atom", "rss", "json")
OUTLETS = {
    "az": "khazar-news", "en": "caravan-wire", "ru": "steppe-herald", "tr": "bosphorus-post", "zh": "silk-road-daily",
}  # fmt: skip
LANGUAGES = tuple(OUTLETS)
PYTHON: list[str | Path] = [os.environ.get("READERS_PYTHON", sys.executable), "-c"]
NODE: list[str | Path] = [shutil.which("node") or "false", "-e"]
ENVIRONMENT = {
    "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "no_proxy": "*",
    "NODE_PATH": str(Path(os.environ.get("READERS_NODE", ".")).absolute() / "node_modules"),
}  # fmt: skip


class Poison(NamedTuple):
    """What is added to a headline and to a body, and what readers must still have of that in every language."""

    language: str
    title: str = ""
    body: str = ""
    left: str = ""


# Control characters themselves are refused; as references HTML lets them be written, and XML cannot hold them.
ARTICLES = {
    "plain": Poison("en", left="plain"),
    "killed": Poison("en", left="killed"),
    "controls": Poison("en", " &#1;\u2028\ufeff", "<p>a&#0;&#1;&#x1b;&#127;&#x85;&#xfffe;&#xd800;b", "a\ufffd…\ufffdb"),
    "unclosed": Poison("az", " <b>açıq", "<p>a <b>b <i>c <a href='https://x.example'>d<script>alert(1)", "d</a>"),
    "cdata": Poison("ru", " ]]> &amp; <i>", "<p>]]> &amp;lt; <![CDATA[x]]> <!-- -- --> <!A>", "]]&gt; &amp;lt"),
    "marks": Poison("tr", " \u200fx\u200e \u202eters", "<p>\u202eters \u2067x\u2069", "\u202eters \u2067x\u2069"),
    "planes": Poison("zh", " 𠮷𠀀 👩\u200d👩\u200d👧🇦🇿", "<p>𠮷𠀀𪚥 🐪👍🏽", "𠮷𠀀𪚥 🐪👍🏽"),
}  # fmt: skip


class Seen(NamedTuple):
    """An entry as a reader has it."""

    id: str
    title: str
    link: str
    content: str


Read = Callable[[dict[str, str], Path], dict[str, list[Seen]]]  # feed name → address, folder to keep state in


def run(command: list[str | Path], folder: Path, *, stdin: bytes = b"") -> bytes:
    if not shutil.which(command[0]):
        pytest.skip(f"no {command[0]}")
    own = ENVIRONMENT | {"HOME": str(folder)}
    ended = subprocess.run(command, cwd=folder, env=own, input=stdin, capture_output=True, timeout=120)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def read_by_newsboat(feeds: dict[str, str], folder: Path) -> dict[str, list[Seen]]:
    (folder / "urls").write_text("".join(f"{address}\n" for address in feeds.values()))
    (folder / "config").touch()
    run(["newsboat", "-u", "urls", "-c", "cache.db", "-C", "config", "-x", "reload"], folder)
    select = "SELECT guid, title, url, content FROM rss_item WHERE feedurl = ? AND NOT deleted"
    with contextlib.closing(sqlite3.connect(folder / "cache.db")) as conn:
        return {name: [Seen(*row) for row in conn.execute(select, (address,))] for name, address in feeds.items()}


def read_by_sfeed(feeds: dict[str, str], folder: Path) -> dict[str, list[Seen]]:
    lines = "".join(f'feed "{name}" "{address}"\n' for name, address in feeds.items())
    shutil.rmtree(folder / "feeds", ignore_errors=True)  # it adds to what it has: an old title stays beside the new one
    (folder / "sfeedrc").write_text(f'sfeedpath="{folder}/feeds"\nfeeds() {{\n{lines}}}\n')
    run(["sfeed_update", folder / "sfeedrc"], folder)
    seen = {}
    for name in feeds:
        rows = [line.split("\t") for line in (folder / "feeds" / name).read_text().split("\n") if line]
        seen[name] = [Seen(id=row[5], title=row[1], link=row[2], content=row[3]) for row in rows]
    return seen


FEEDPARSER = """
import feedparser, json, sys
def show(feed):
    assert not feed.bozo, feed.bozo_exception
    for e in feed.entries:
        assert [link.href for link in e.links if link.rel == "alternate"] == [e.link]
    return [[e.id, e.title, e.link, (e.get("content") or [{"value": ""}])[0]["value"]] for e in feed.entries]
json.dump({name: show(feedparser.parse(url)) for name, url in json.load(sys.stdin).items()}, sys.stdout)
"""
READER = """
import json, sys, reader
feeds = json.load(sys.stdin)
library = reader.make_reader("reader.db")
for url in feeds.values():
    library.add_feed(url, exist_ok=True)
for result in library.update_feeds_iter(scheduled=False):
    assert not isinstance(result.value, Exception), result
def show(url):
    found = library.get_entries(feed=url)
    return [[e.id, e.title, e.link, e.content[0].value if e.content else ""] for e in found]
json.dump({name: show(url) for name, url in feeds.items()}, sys.stdout)
"""
RSS_PARSER = """
const Parser = require("rss-parser"), feeds = JSON.parse(require("fs").readFileSync(0)), seen = {};
(async () => {
  for (const [name, url] of Object.entries(feeds))
    seen[name] = (await new Parser().parseURL(url)).items.map(
      (e) => [e.guid ?? e.id, e.title, e.link, e["content:encoded"] ?? e.content ?? ""]);
  process.stdout.write(JSON.stringify(seen));
})();
"""
EXTRACTOR = """
const feeds = JSON.parse(require("fs").readFileSync(0)), seen = {};
const { extract } = require("@extractus/feed-extractor");
(async () => {
  const getExtraEntryFields = (e) => ({ body: e.content_html ?? e["content:encoded"] ?? e.content?.["#text"] });
  for (const [name, url] of Object.entries(feeds))
    seen[name] = (await extract(url, { getExtraEntryFields, descriptionMaxLen: 0 })).entries.map(
      (e) => [e.id, e.title, e.link, e.body ?? ""]);
  process.stdout.write(JSON.stringify(seen));
})();
"""


def read_by_script(command: list[str | Path], probe: str, script: str) -> Read:
    """A library: `probe` fails where it is not there; `script` is given the feeds, and writes rows like `Seen`."""

    def read(feeds: dict[str, str], folder: Path) -> dict[str, list[Seen]]:
        if subprocess.run([*command, probe], env=ENVIRONMENT, stderr=subprocess.DEVNULL).returncode:
            pytest.skip(f"{command[0]} fails at {probe}")
        said = orjson.loads(run([*command, script], folder, stdin=orjson.dumps(feeds)))
        return {name: [Seen(*row) for row in rows] for name, rows in said.items()}

    return read


READERS = {  # and the formats that each of them knows
    "newsboat": (read_by_newsboat, XML),
    "sfeed": (read_by_sfeed, XML),
    "reader": (read_by_script(PYTHON, "import reader", READER), ALL),
    "feedparser": (read_by_script(PYTHON, "import feedparser", FEEDPARSER), XML),
    "rss-parser": (read_by_script(NODE, "require('rss-parser')", RSS_PARSER), XML),
    "feed-extractor": (read_by_script(NODE, "require('@extractus/feed-extractor')", EXTRACTOR), ALL),
}


class Newsroom:
    """A server with the poison in it."""

    def __init__(self, karvan: Any, write_article: Callable[..., dict[str, Any]], keys: dict[str, str]) -> None:
        self.karvan, self.write_article, self.keys = karvan, write_article, keys
        self.server = karvan.serve()

    def push(self, item: str, mark: str = "", more: str = "") -> Any:
        poison = ARTICLES[item]
        document = self.write_article(poison.language, item + mark)
        document["headlines"][0]["value"] += poison.title + more
        document["bodies"][0]["value"] += poison.body
        return self.call("PUT", item, document).status

    def call(self, method: str, item: str, body: Any = None) -> Any:
        outlet = OUTLETS[ARTICLES[item].language]
        return self.server.call(method, f"/v1/articles/{outlet}/{item}", key=self.keys[outlet], json=body)

    def settle(self) -> None:
        self.server.wait_for(self.karvan.is_idle, "rest")

    def describe(self, language: str, killed: str = "") -> list[Seen]:
        """What readers should have of this feed, in order of the ids."""
        entries = []
        for item, poison in ARTICLES.items():
            name, title = f"{OUTLETS[poison.language]}/{item}/{language}", TITLES[language]
            if item != killed:
                title = self.call("GET", item).json["versions"][language]["headline"]
                assert collapse(title).endswith(collapse(poison.title)), title
            page, left = f"{self.server.base}/articles/{name}", "" if item == killed else poison.left
            entries.append(Seen(f"tag:karvan.example,2026:{name}", title, page, left))
        return sorted(entries)


def collapse(text: str) -> str:
    """Without what readers take away at will: line separators, byte order marks, spaces around the text."""
    return re.sub("[\\s\ufeff]+", " ", text).strip()


def check_entries(found: list[Seen], expected: list[Seen], reader: str, format_: str) -> None:
    """What looks like markup in an RSS title is written so that nobody takes it for that."""
    assert sorted(entry.id for entry in found) == [entry.id for entry in expected]
    for got, wanted in zip(sorted(found), expected, strict=True):
        titles = {collapse(write_title(wanted.title) if format_ == "rss" else wanted.title)}
        titles |= {collapse(unescape(wanted.title))} if reader == "feed-extractor" else set()
        assert collapse(got.title.replace("\x01", "" if reader == "feed-extractor" else "\x01")) in titles
        assert got.link == wanted.link
        assert wanted.content in got.content
        assert bool(got.content) == bool(wanted.content)
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]|script|alert", got.content)


@pytest.mark.slow
@pytest.mark.parametrize("name", READERS)
async def test_a_reader_shows_every_article_once_whatever_is_in_it(name, karvan, write_article, tmp_path):
    read, formats = READERS[name]
    room = Newsroom(karvan, write_article, {outlet: await karvan.issue_key(outlet) for outlet in OUTLETS.values()})
    assert room.push("plain", more="\x01") == 422
    assert {room.push(item) for item in ARTICLES} == {201}
    room.settle()
    for mark in ("", "-corrected"):
        if mark:  # what has been read is read again
            assert room.call("DELETE", "killed", {"reason": "wrong"}).status == 200
            assert room.push("plain", mark) == 200
            room.settle()
        expected = {language: room.describe(language, "killed" if mark else "") for language in LANGUAGES}
        for format_ in formats:
            folder = tmp_path / name / format_  # newsboat has an id in one feed only, so each has its own
            folder.mkdir(parents=True, exist_ok=True)
            feeds = {language: f"{room.server.base}/feeds/world/{language}.{format_}" for language in LANGUAGES}
            for language, seen in read(feeds, folder).items():
                check_entries(seen, expected[language], name, format_)
                assert all("corrected" in e.title + e.content for e in seen if mark and "/plain/" in e.id)


@pytest.mark.slow
async def test_what_a_reader_opens_is_the_page_in_the_language_of_the_feed(karvan, write_article):
    room = Newsroom(karvan, write_article, {outlet: await karvan.issue_key(outlet) for outlet in OUTLETS.values()})
    assert {room.push(item) for item in ARTICLES} == {201}
    room.settle()
    assert room.call("DELETE", "killed", {"reason": "wrong"}).status == 200
    for language in LANGUAGES:
        for entry in room.describe(language, "killed"):
            page = room.server.call("GET", entry.link.removeprefix(room.server.base), accept="text/html")
            assert page.status == (410 if "/killed/" in entry.link else 200)
            assert f'<html lang="{language}"' in page.body.decode()
