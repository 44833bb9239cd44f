"""kill -9 at random moments: nothing that was acknowledged is lost, nothing is done twice (CONTRACT §5.1)."""

import asyncio
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import feedparser
import pytest

LANGUAGES = ("az", "en", "ru", "tr", "zh")
OUTLETS = {
    "az": "khazar-news", "en": "caravan-wire", "ru": "steppe-herald", "tr": "bosphorus-post", "zh": "silk-road-daily",
}  # fmt: skip
CLIENTS = 4


@dataclass
class Known:
    """What a client was told about an article of its own. `marks`: its versions' texts, in their order."""

    language: str
    item: str = ""
    marks: tuple[str, ...] = ()
    killed: bool = False
    human: str | None = None  # a language in which the outlet wrote a parallel version itself

    @property
    def outlet(self) -> str:
        return OUTLETS[self.language]


@dataclass
class Newsroom:
    """Clients that push, correct and kill articles, and insist until each call is answered."""

    base: str
    keys: dict[str, str]
    write: Callable[..., dict[str, Any]]
    session: aiohttp.ClientSession
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    known: list[Known] = field(default_factory=list)
    unanswered: int = 0

    async def work(self, numbers: Iterator[int], rng: random.Random) -> None:
        for number in numbers:
            one = Known(rng.choice(LANGUAGES), f"item-{number}")
            story = rng.choice((self._push, self._push, self._correct, self._correct_late, self._kill, self._post,
                                self._write_twice))  # fmt: skip
            await story(one, number)
            self.known.append(one)

    async def _push(self, one: Known, number: int) -> None:
        await self._call(one, "PUT", f"/{one.item}", self.write(one.language, f"{number}-a"))
        one.marks = (f"{number}-a",)

    async def _correct(self, one: Known, number: int) -> None:
        await self._push(one, number)
        await self._call(one, "PUT", f"/{one.item}", self.write(one.language, f"{number}-b"))
        one.marks = (f"{number}-a", f"{number}-b")

    async def _correct_late(self, one: Known, number: int) -> None:
        """The correction comes before what it corrects."""
        await self._call(one, "PUT", f"/{one.item}", self.write(one.language, f"{number}-b", version="2"))
        answer = await self._call(one, "PUT", f"/{one.item}", self.write(one.language, f"{number}-a", version="1"))
        assert answer["served"] is False
        one.marks = (f"{number}-a", f"{number}-b")

    async def _kill(self, one: Known, number: int) -> None:
        await self._push(one, number)
        await self._call(one, "DELETE", f"/{one.item}", {"reason": "not so"})
        one.killed = True

    async def _post(self, one: Known, number: int) -> None:
        """The server names the article: only the Idempotency-Key keeps a repetition from being another one."""
        headers = {"Idempotency-Key": f"key-{number}"}
        answer = await self._call(one, "POST", "", self.write(one.language, f"{number}-a"), headers)
        one.item, one.marks = answer["item"], (f"{number}-a",)

    async def _write_twice(self, one: Known, number: int) -> None:
        """Only one outlet writes in two languages."""
        one.language, one.human = "az", "en"
        await self._push(one, number)
        await self._call(one, "PUT", f"/{one.item}/versions/en", self.write("en", f"{number}-human"))

    async def _call(
        self, one: Known, method: str, path: str, document: dict[str, Any], headers: dict[str, str] | None = None
    ) -> Any:
        await self.turns.acquire()
        address = f"{self.base}/v1/articles" + (f"/{one.outlet}{path}" if path else "")
        sent = {"Authorization": f"Bearer {self.keys[one.outlet]}"} | (headers or {})
        while True:
            try:
                async with self.session.request(method, address, json=document, headers=sent) as response:
                    assert response.status in (200, 201), await response.text()
                    return await response.json()
            except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError):
                self.unanswered += 1
                await asyncio.sleep(0.02)


async def test_a_few_kills_lose_nothing_and_double_nothing(karvan, write_article):
    await survive(karvan, write_article, articles=12, kills=2, seed=1, engine_is_real=False)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 3, 4])
async def test_twenty_kills_among_two_hundred_articles_lose_nothing_and_double_nothing(
    starter_karvan, write_article, seed
):
    await survive(starter_karvan, write_article, articles=200, kills=24, seed=seed, engine_is_real=True)


async def survive(karvan: Any, write: Any, *, articles: int, kills: int, seed: int, engine_is_real: bool) -> None:
    rng = random.Random(seed)
    karvan.settings["LIMITS__FEED_ENTRIES"] = "1000"
    keys = {outlet: await karvan.issue_key(outlet) for outlet in OUTLETS.values()}
    keys["admin"] = await karvan.issue_key("admin")
    server = karvan.start_server()
    async with aiohttp.ClientSession() as session:
        newsroom = Newsroom(server.base, keys, write, session)
        numbers = iter(range(articles))  # shared: each client takes the next
        clients = [asyncio.create_task(newsroom.work(numbers, random.Random(rng.random()))) for _ in range(CLIENTS)]
        for number in range(kills):
            if number:
                server = karvan.start_server()
            if number % 3 == 2:  # while it starts
                await asyncio.sleep(rng.uniform(0, 1.2))
            else:
                await asyncio.to_thread(server.wait_until_it_serves)
                for _ in range(max(1, articles // kills)):
                    newsroom.turns.release()
                await asyncio.sleep(rng.uniform(0, 0.5))
            server.kill()
        server = await asyncio.to_thread(karvan.serve)
        for _ in range(3 * articles):
            newsroom.turns.release()
        await asyncio.gather(*clients)
    await asyncio.to_thread(server.wait_for, karvan.is_idle, "empty queue", 240)
    check_store(karvan, newsroom.known, articles)
    check_answers(server, newsroom.known, keys["admin"], engine_is_real)
    check_feeds(server, newsroom.known)
    assert newsroom.unanswered > 0, "no kill hit a client: this test has tested nothing"
    assert server.stop().status == 0
    for running in karvan.started:
        assert "Traceback" not in running.out + running.err


def check_store(karvan: Any, known: list[Known], articles: int) -> None:
    """Every article is there once, its versions numbered without gaps, the database sound."""
    assert len(known) == articles
    stored = {
        (outlet, item): [int(number) for number in numbers.split(",")]
        for outlet, item, numbers in karvan.query(
            "SELECT outlet, item, (SELECT group_concat(number) FROM (SELECT number FROM versions "
            "WHERE article_id = articles.id ORDER BY order_key)) FROM articles"
        )
    }
    assert stored == {(one.outlet, one.item): list(range(1, len(one.marks) + 1)) for one in known}
    assert karvan.query("PRAGMA integrity_check") == [("ok",)]
    assert karvan.query("PRAGMA foreign_key_check") == []
    assert (
        karvan.query("SELECT channel, language, article_id FROM placements GROUP BY 1, 2, 3 HAVING count(*) > 1") == []
    )
    assert karvan.query("SELECT channel, language, change FROM placements GROUP BY 1, 2, 3 HAVING count(*) > 1") == []
    killed = {one.item for one in known if one.killed}
    states = {key: state for key, state in karvan.list_states().items() if key[0] not in killed}
    assert set(states) == {
        (one.item, language) for one in known if not one.killed for language in LANGUAGES if language != one.language
    }
    assert set(states.values()) <= {"ready", "held"}


def check_answers(server: Any, known: list[Known], admin: str, engine_is_real: bool) -> None:
    """What the API says of each article is what its client was told."""
    for one in known:
        answer = server.call("GET", f"/v1/articles/{one.outlet}/{one.item}", key=admin)
        assert answer.status == 200, answer
        if one.killed:
            assert answer.json["pub_status"] == "canceled"
            assert server.call("GET", f"/v1/articles/{one.outlet}/{one.item}").status == 410
            continue
        versions = answer.json["versions"]
        assert {version["source_version"] for version in versions.values()} == {len(one.marks)}
        freshness = {version["freshness"] for version in versions.values()}
        assert freshness <= ({"fresh", "held"} if engine_is_real else {"fresh"})
        assert versions[one.language]["origin"] == "source"
        assert one.human is None or versions[one.human]["origin"] == "outlet"
        text = server.call("GET", f"/v1/articles/{one.outlet}/{one.item}?language={one.language}", key=admin).json
        assert one.marks[-1] in text["headlines"][0]["value"]


def check_feeds(server: Any, known: list[Known]) -> None:
    """Each article stands once in `world` in each language."""
    living = {(one.outlet, one.item) for one in known if not one.killed}
    killed = {(one.outlet, one.item) for one in known if one.killed}
    for language in LANGUAGES:
        entries = feedparser.parse(server.call("GET", f"/feeds/world/{language}.atom").body).entries
        ids = [entry.id for entry in entries]
        assert len(ids) == len(set(ids))
        found = {tuple(entry_id.rpartition(":")[2].split("/")[:2]) for entry_id in ids}
        assert found >= living
        assert found - living <= killed
