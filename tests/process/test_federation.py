"""Two Karvans that read each other, one of them killed with -9 in the middle: same sets, same states, no doubles."""

import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

LANGUAGES = ("az", "en", "ru", "tr", "zh")
OUTLETS = {
    "az": "khazar-news", "en": "caravan-wire", "ru": "steppe-herald", "tr": "bosphorus-post", "zh": "silk-road-daily",
}  # fmt: skip
ARTICLES = 15


def make_source(name: str, port: int, format_: str) -> str:
    urls = [f"http://127.0.0.1:{port}/feeds/world/{language}.{format_}" for language in LANGUAGES]
    outlets = ", ".join(f'"{outlet}" = "{outlet}"' for outlet in OUTLETS.values())
    return f'\n[sources.{name}]\nurl = {urls}\noutlet = "caravan-wire"\noutlets = {{ {outlets} }}\n'


class Party:
    """One of the two: its server, and what is the same of an article wherever it stands."""

    def __init__(self, karvan: Any, name: str) -> None:
        self.karvan, self.name = karvan, name
        self.server: Any = None
        self.admin = ""

    async def start(self) -> None:
        self.server = self.karvan.serve()
        self.admin = self.admin or await self.karvan.issue_key("admin")

    def ask(self) -> None:
        """Ask for its sources to be read now."""
        for source in self.list_sources():
            assert self.server.call("POST", f"/v1/sources/{source['source']}/poll", key=self.admin).status == 202

    def list_sources(self) -> list[Any]:
        answer = self.server.call("GET", "/v1/sources", key=self.admin)
        assert answer.status == 200, answer.body
        listed: list[Any] = answer.json
        return listed

    def read(self) -> None:
        """Read the sources, and wait until all is done that follows."""
        self.ask()
        self.server.wait_for(self.has_read, "poll")
        self.rest()

    def has_read(self) -> bool:
        statement = "SELECT count(*) FROM jobs WHERE kind = 'poll' AND (lease_until IS NOT NULL OR run_at <= ?)"
        return bool(self.karvan.query(statement, time.time_ns() // 1000) == [(0,)])

    def rest(self) -> None:
        self.server.wait_for(self.is_idle, "rest")

    def is_idle(self) -> bool:
        statement = "SELECT count(*) FROM jobs WHERE kind = 'translate' AND given_up_at IS NULL"
        return bool(self.karvan.query(statement) == [(0,)])

    def describe(self) -> dict[tuple[str, str], Any]:
        described = {}
        for outlet, item in self.karvan.query("SELECT outlet, item FROM articles ORDER BY outlet, item"):
            one = self.server.call("GET", f"/v1/articles/{outlet}/{item}", key=self.admin).json
            described[outlet, item] = {
                "uri": one["uri"],
                "language": one["language"],
                "status": one["pub_status"],
                "versions": {
                    language: [version[name] for name in ("origin", "freshness", "source_language", "headline")]
                    for language, version in one["versions"].items()
                },
            }
        return described

    def count(self) -> list[Any]:
        return [
            self.karvan.query(f"SELECT count(*) FROM {table}")
            for table in ("articles", "versions", "contributions", "parallels")
        ] + self.karvan.query("SELECT value FROM counters WHERE name = 'change'")


@pytest.fixture
async def parties(make_karvan: Callable[..., Any]) -> tuple[Party, Party]:
    made = []
    for name in "ab":
        made.append(make_karvan(name, TRANSLATION__ENGINE="pseudo"))
        made[-1].port = find_port()
    for karvan, other, name, source, format_ in ((*made, "a", "b", "json"), (*made[::-1], "b", "a", "atom")):
        text = karvan.config.read_text().replace("karvan.example,2026", f"{name}.example,2026")
        text = text.replace("\nallow = []", '\nallow = ["127.0.0.1"]')
        karvan.config.write_text(text + make_source(source, other.port, format_))
    a, b = Party(made[0], "a"), Party(made[1], "b")
    await a.start()
    await b.start()
    return a, b


def find_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_two_karvans_federate_and_one_dies_in_the_middle(
    parties: tuple[Party, Party], write_article: Callable[..., dict[str, Any]]
) -> None:
    a, b = parties
    keys = {outlet: await a.karvan.issue_key(outlet) for outlet in OUTLETS.values()}
    for number in range(ARTICLES):
        language = LANGUAGES[number % 5]
        assert a.server.push(language, f"item-{number}", keys[OUTLETS[language]]).status == 201
    human = write_article("en", "by people")
    path = "/v1/articles/khazar-news/item-0/versions/en"
    assert a.server.call("PUT", path, key=keys["khazar-news"], json=human).status == 200
    theirs = await b.karvan.issue_key("caravan-wire")
    assert b.server.push("en", "of-b", theirs).status == 201
    a.rest()

    b.ask()
    b.server.wait_for(lambda: b.karvan.query("SELECT count(*) FROM articles")[0][0] > ARTICLES // 3, "half of it")
    b.server.kill()
    half = b.karvan.query("SELECT count(*) FROM articles")[0][0]
    changed = write_article("en", "corrected")
    assert (
        a.server.call("PUT", "/v1/articles/caravan-wire/item-1", key=keys["caravan-wire"], json=changed).status == 200
    )
    assert a.server.call("DELETE", "/v1/articles/steppe-herald/item-2", key=keys["steppe-herald"]).status == 200
    a.rest()
    await b.start()
    b.read()
    a.read()
    assert half < ARTICLES + 1, "it was killed too late"

    here, there = a.describe(), b.describe()
    killed = here.pop(("steppe-herald", "item-2"))
    assert killed["status"] == "canceled"
    assert there.pop(("steppe-herald", "item-2"), killed)["status"] == "canceled"
    assert len(here) == ARTICLES
    assert there == here
    assert here["khazar-news", "item-0"]["versions"]["en"][0] == "outlet"
    assert "corrected" in here["caravan-wire", "item-1"]["versions"]["en"][3]

    before = a.count(), b.count()
    for _ in range(2):
        a.read()
        b.read()
    assert (a.count(), b.count()) == before

    begun = time.monotonic()
    assert a.server.call("DELETE", "/v1/articles/khazar-news/item-0", key=keys["khazar-news"]).status == 200
    b.read()
    assert b.describe()["khazar-news", "item-0"]["status"] == "canceled"
    assert b.server.call("GET", "/articles/khazar-news/item-0/en").status == 410
    assert time.monotonic() - begun < 60
