"""Engines by direction, the way out to them, and what becomes of articles while one is away."""

import asyncio
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from server.config import Config
from server.configfile import parse_config
from server.outbound import LARGEST_ANSWER, NOT_ALLOWED, STOPPING, Caller
from server.translation.engines import make_engine
from translators import Direction, UnsupportedDirection, libretranslate
from translators.libretranslate import Reply
from translators.pseudo import PseudoTranslator

ROOT = Path(__file__).parents[2]
EN_AZ, EN_RU = Direction("en", "az"), Direction("en", "ru")
Libre = Any  # of tests/conftest


def make_config(libre: Libre, **more: str) -> Config:
    """The sample, with en-az given to the server; `more` are settings as in the environment."""
    settings = {
        "TRANSLATION__ENGINE": "pseudo",
        "TRANSLATION__ENGINE_OF": '{ en-az = "newsroom" }',
        "ENGINES__NEWSROOM__URL": libre.url,
        "OUTBOUND__ALLOW": '["127.0.0.1"]',
    } | more
    environment = {f"KARVAN_{name}": value for name, value in settings.items()}
    return parse_config((ROOT / "config.toml").read_text(), environment=environment)


# The way out


async def ask(url: str, *allow: str, seconds: float = 5, body: bytes | None = None) -> Reply:
    caller = Caller(allow)
    async with caller.opened():
        return await asyncio.to_thread(caller, "POST" if body else "GET", url, body, seconds=seconds)


@pytest.mark.parametrize("allowed", ["127.0.0.1", "127.0.0.0/8", "::ffff:127.0.0.1"])
async def test_a_private_address_is_reached_only_when_it_is_allowed(libre: Libre, allowed: str) -> None:
    url = f"{libre.url}/languages"
    assert (await ask(url, allowed)).status == 200
    for allow in ((), ("10.0.0.0/8",), ("localhost",), ("127.0.0.2",)):
        with pytest.raises(ConnectionError, match="private"):
            await ask(url, *allow)
    assert libre.looks == 1


async def test_a_name_is_judged_by_what_it_stands_for(libre: Libre, monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(host: str, port: int, **options: Any) -> Any:
        if host == "nowhere.example":
            raise socket.gaierror(-2, "Name or service not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    url = f"http://mt.example:{libre.port}/languages"
    with pytest.raises(OSError, match="private"):
        await ask(url)
    for allowed in ("mt.example", "MT.example.", "127.0.0.0/24"):
        assert (await ask(url, allowed)).status == 200
    with pytest.raises(OSError, match="its name is not known"):
        await ask("http://nowhere.example/", "nowhere.example")


async def test_a_redirect_is_an_answer_and_not_followed(libre: Libre) -> None:
    libre.fails = (302, b"")
    assert await ask(f"{libre.url}/translate", "127.0.0.1", body=b"{}") == Reply(302, b"")
    assert len(libre.seen) == 1


async def test_an_answer_without_end_is_broken_off(libre: Libre) -> None:
    libre.fails = (200, b"x" * (LARGEST_ANSWER + 1))
    with pytest.raises(ConnectionError, match="larger"):
        await ask(f"{libre.url}/translate", "127.0.0.1", body=b"{}")


async def test_an_answer_that_does_not_come_is_not_waited_for(libre: Libre) -> None:
    libre.goes_on.clear()
    with pytest.raises(TimeoutError, match=r"no answer within 0.1 s"):
        await ask(f"{libre.url}/translate", "127.0.0.1", body=b"{}", seconds=0.1)
    libre.stop()
    with pytest.raises(ConnectionError, match="Connection refused") as raised:
        await ask(f"{libre.url}/translate", "127.0.0.1", body=b"{}")
    assert "127.0.0.1" not in str(raised.value), "reasons are shown to people"


async def test_the_end_breaks_off_what_is_under_way_and_lets_nothing_begin(libre: Libre) -> None:
    libre.goes_on.clear()
    caller = Caller(["127.0.0.1"])
    with pytest.raises(ConnectionError, match=STOPPING):
        await asyncio.to_thread(caller, "GET", libre.url, seconds=5)
    async with caller.opened():
        waiting = asyncio.create_task(asyncio.to_thread(caller, "POST", f"{libre.url}/translate", b"{}", seconds=60))
        while not libre.seen:
            await asyncio.sleep(0.01)
        begun = time.monotonic()
    with pytest.raises(ConnectionError, match=STOPPING):
        await waiting
    assert time.monotonic() - begun < 40  # not the 60 that it may take
    with pytest.raises(ConnectionError, match=STOPPING):
        await asyncio.to_thread(caller, "GET", libre.url, seconds=5)


async def test_the_event_loop_is_not_left_waiting_for_itself() -> None:
    caller = Caller(())
    async with caller.opened():
        with pytest.raises(RuntimeError, match="would wait for itself"):
            caller("GET", "http://mt.example/", seconds=5)


# Engines by direction


@pytest.fixture
def call() -> Callable[..., Reply]:
    def refuse(method: str, url: str, body: bytes | None = None, *, seconds: float) -> Reply:
        raise ConnectionError(NOT_ALLOWED)

    return refuse


def test_without_engines_of_its_own_there_is_only_the_one(libre: Libre, tmp_path: Path, call: Any) -> None:
    config = make_config(libre, TRANSLATION__ENGINE_OF="{}")
    assert isinstance(make_engine(config, tmp_path, call), PseudoTranslator)
    off = make_engine(make_config(libre, TRANSLATION__ENGINE="off", TRANSLATION__ENGINE_OF="{}"), tmp_path, call)
    assert off.directions() == {}


def test_a_direction_whose_engine_is_away_is_done_by_nobody(libre: Libre, tmp_path: Path, call: Any) -> None:
    engine = make_engine(make_config(libre), tmp_path, call)
    assert EN_AZ not in engine.directions()
    assert engine.directions()[EN_RU].engine == "pseudo"
    assert engine.translate(["One."], EN_RU, beam=1)[0].text == "[ru] One."
    with pytest.raises(UnsupportedDirection, match="newsroom does not translate en-az"):
        engine.translate(["One."], EN_AZ, beam=1)


async def test_each_direction_is_done_by_its_engine(start: Any, libre: Libre) -> None:
    server = await start(translator=None, config=make_config(libre))
    assert (await server.push()).status == 201
    await server.settle()
    versions = (await server.call("GET", "/v1/articles/caravan-wire/one", by="caravan-wire")).json["versions"]
    assert versions["az"]["engine"] == "newsroom libretranslate 1.9.6"
    assert versions["az"]["headline"].startswith("[az] The ministers")
    assert versions["az"]["score"] is None
    assert versions["ru"]["engine"] == "pseudo pseudo 1"
    assert {(asked["source"], asked["target"]) for asked in libre.seen} == {("en", "az")}


async def test_an_engine_may_do_all_directions(start: Any, libre: Libre) -> None:
    config = make_config(libre, TRANSLATION__ENGINE="newsroom", TRANSLATION__ENGINE_OF="{}")
    server = await start(translator=None, config=config)
    await server.push()
    await server.settle()
    versions = (await server.call("GET", "/v1/articles/caravan-wire/one", by="caravan-wire")).json["versions"]
    assert {tag: one["engine"] for tag, one in versions.items() if tag != "en"} == dict.fromkeys(
        ("az", "ru", "tr", "zh"), "newsroom libretranslate 1.9.6"
    )
    assert versions["zh"]["headline"].startswith("[zh]")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers that are away are looked at all the time."""
    monkeypatch.setattr(libretranslate, "LOOK_AGAIN", 0.05)
    monkeypatch.setattr(libretranslate, "LONGEST_AWAY", 0.05)
    monkeypatch.setattr("server.upkeep.WATCH_SECONDS", 0.1)


@pytest.mark.usefixtures("impatient")
async def test_what_waits_for_an_engine_is_made_when_it_is_there(start: Any, libre: Libre) -> None:
    libre.stop()
    server = await start(translator=None, config=make_config(libre))
    await server.push()
    await server.settle()

    async def get_versions() -> Any:
        return (await server.call("GET", "/v1/articles/caravan-wire/one", by="caravan-wire")).json["versions"]

    versions = await get_versions()
    assert (versions["az"]["freshness"], versions["ru"]["freshness"]) == ("pending", "fresh")
    assert versions["az"]["reason"]
    assert (await server.call("GET", "/readyz")).status == 200
    libre.start()
    async with asyncio.timeout(20):
        while (await get_versions())["az"]["freshness"] == "pending":
            await asyncio.sleep(0.05)
    assert (await get_versions())["az"]["engine"] == "newsroom libretranslate 1.9.6"


@pytest.mark.usefixtures("impatient")
async def test_an_engine_that_refuses_is_tried_again_later(start: Any, libre: Libre, clock: Any) -> None:
    libre.fails = (429, b'{"error": "Slowdown: 1 per 1 minute"}')
    server = await start(translator=None, config=make_config(libre))
    await server.push()
    async with asyncio.timeout(20):
        while not libre.seen:
            await asyncio.sleep(0.02)
    versions = (await server.call("GET", "/v1/articles/caravan-wire/one", by="caravan-wire")).json["versions"]
    assert versions["az"]["freshness"] == "pending"
    libre.fails = None
    async with asyncio.timeout(20):
        while versions["az"]["freshness"] == "pending":
            clock.pass_time(seconds=1)
            await asyncio.sleep(0.05)
            answer = await server.call("GET", "/v1/articles/caravan-wire/one", by="caravan-wire")
            versions = answer.json["versions"]
    assert versions["az"]["engine"] == "newsroom libretranslate 1.9.6"
