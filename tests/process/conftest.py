"""The real command line in processes of its own, on a data folder of the test's own."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pytest

from server.commands import Setting
from server.commands.keys import issue_key
from translators import starters

ROOT = Path(__file__).parents[2]
PATIENCE = 180.0  # seconds that anything may take on a machine that has much else to do

# Sentences that every language check knows for what they are; `{}` makes each article different.
TEXTS = {
    "az": (
        "Nazirlər cümə günü paytaxtda ticarət məsələlərini müzakirə edəcəklər: {}",
        "<p>Dörd ölkənin nazirləri cümə günü görüşəcəklər. Onlar ticarət və su məsələlərindən danışacaqlar: {}.</p>",
    ),
    "en": (
        "The ministers will meet in the capital on Friday to discuss trade: {}",
        "<p>The ministers of four countries will meet on Friday. They will discuss trade and water: {}.</p>",
    ),
    "ru": (
        "Министры встретятся в столице в пятницу и обсудят торговлю: {}",
        "<p>Министры четырёх стран встретятся в пятницу. Они обсудят торговлю и воду: {}.</p>",
    ),
    "tr": (
        "Bakanlar cuma günü başkentte ticaret konularını görüşecek: {}",
        "<p>Dört ülkenin bakanları cuma günü bir araya gelecek. Ticaret ve su konularını görüşecekler: {}.</p>",
    ),
    "zh": (
        "四国部长将于星期五在首都会晤讨论贸易问题：{}",
        "<p>四个国家的部长将于星期五举行会议。他们将讨论贸易和水资源问题：{}。</p>",
    ),
}
OUTLETS = {
    "az": "khazar-news", "en": "caravan-wire", "ru": "steppe-herald", "tr": "bosphorus-post", "zh": "silk-road-daily",
}  # fmt: skip


def make_ninjs(language: str, mark: object, *, sentences: int = 1, **more: Any) -> dict[str, Any]:
    """A short article in this language; `mark` tells it from others, `sentences` makes it longer."""
    headline, text = TEXTS[language]
    document: dict[str, Any] = {
        "type": "text",
        "language": language,
        "headlines": [{"value": headline.format(mark)}],
        "bodies": [
            {
                "contentType": "text/html",
                "value": "".join(text.format(mark if sentences == 1 else f"{mark}-{n}") for n in range(sentences)),
            }
        ],
    }
    return document | more


class Answer(NamedTuple):
    """What a server said over HTTP."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


class Ended(NamedTuple):
    """How a command ended: exit status (negative: by that signal), what it said, how long it took to stop."""

    status: int
    out: str
    err: str
    seconds: float


@dataclass
class Running:
    """A command that runs. `base` is where a server listens."""

    process: subprocess.Popen[bytes]
    log: Path
    base: str = ""

    @property
    def out(self) -> str:
        return self.log.with_suffix(".out").read_text()

    @property
    def err(self) -> str:
        return self.log.with_suffix(".err").read_text()

    def wait_for(self, condition: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
        """What `condition` gives once it is true; the test fails when the process ends first, or time is up."""
        give_up = time.monotonic() + seconds
        while not (value := condition()):
            if self.process.poll() is not None:
                pytest.fail(f"ended with {self.process.returncode} before {what}:\n{self.out}\n{self.err}")
            if time.monotonic() > give_up:
                pytest.fail(f"no {what} within {seconds} s:\n{self.out}\n{self.err}")
            time.sleep(0.02)
        return value

    def wait_until_it_says(self, words: str) -> None:
        self.wait_for(lambda: words in self.out, repr(words))

    def wait_until_it_serves(self) -> None:
        self.wait_until_it_says("Karvan serves at")

    def stop(self, number: int = signal.SIGTERM) -> Ended:
        begun = time.monotonic()
        self.process.send_signal(number)
        return self.wait(begun)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def wait(self, begun: float | None = None) -> Ended:
        begun = time.monotonic() if begun is None else begun
        status = self.process.wait(PATIENCE)
        return Ended(status, self.out, self.err, time.monotonic() - begun)

    def call(self, method: str, path: str, *, key: str = "", json: Any = None, accept: str = "*/*") -> Answer:
        headers = {"Accept": accept} | ({"Authorization": f"Bearer {key}"} if key else {})
        body = None
        if json is not None:
            headers["Content-Type"], body = "application/json", orjson.dumps(json)
        request = urllib.request.Request(self.base + path, data=body, headers=headers, method=method)
        try:
            with _OPENER.open(request, timeout=PATIENCE) as response:
                return Answer(response.status, dict(response.headers), response.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, dict(error.headers), error.read())

    def push(self, language: str, item: str, key: str, **more: Any) -> Answer:
        document = make_ninjs(language, item, **more)
        return self.call("PUT", f"/v1/articles/{OUTLETS[language]}/{item}", key=key, json=document)


_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass
class Karvan:
    """The command line on one data folder with one configuration."""

    data: Path
    config: Path
    settings: dict[str, str] = field(default_factory=dict)  # KARVAN_SECTION__NAME, without KARVAN_
    environment: dict[str, str] = field(default_factory=dict)
    prefix: tuple[str, ...] = ()  # what runs the command
    port: int = 0
    started: list[Running] = field(default_factory=list)

    def start(self, *arguments: str, base: str = "") -> Running:
        log = self.data.parent / f"process-{len(self.started)}"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("KARVAN_")}
        settings = {f"KARVAN_{name}": value for name, value in self.settings.items()}
        command = [sys.executable, "-m", "server", "--config", str(self.config), "--data", str(self.data), *arguments]
        with log.with_suffix(".out").open("wb") as out, log.with_suffix(".err").open("wb") as err:
            process = subprocess.Popen(
                [*self.prefix, *command],
                cwd=ROOT,
                env=kept | settings | self.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )
        self.started.append(Running(process, log, base))
        return self.started[-1]

    def run(self, *arguments: str) -> Ended:
        return self.start(*arguments).wait()

    def start_server(self, *options: str) -> Running:
        """A server that may not listen yet; all servers of a test have one port."""
        self.port = self.port or find_free_port()
        return self.start("serve", "--port", str(self.port), *options, base=f"http://127.0.0.1:{self.port}")

    def serve(self, *options: str) -> Running:
        server = self.start_server(*options)
        server.wait_until_it_serves()
        return server

    async def issue_key(self, owner: str) -> str:
        setting = Setting(self.config, self.data)
        return (await issue_key(setting, setting.load(), owner))[1]

    def read_sample_keys(self) -> dict[str, str]:
        keys: dict[str, str] = orjson.loads((self.data / "sample.json").read_bytes())
        return keys

    def install_starter(self) -> None:
        folder = self.data / "packages"
        folder.mkdir(parents=True, exist_ok=True)
        starters.install_starter(folder, installed_at="2026-11-26T12:00:00+00:00")

    def query(self, statement: str, *values: object) -> list[Any]:
        """Rows as they are on disk, beside whatever runs."""
        conn = sqlite3.connect(f"file:{self.data / 'karvan.db'}?mode=ro", uri=True, timeout=30)
        try:
            return conn.execute(statement, values).fetchall()
        finally:
            conn.close()

    def is_idle(self) -> bool:
        """Whether no job is left: all that can be translated is."""
        return self.query("SELECT count(*) FROM jobs WHERE kind <> 'turn'") == [(0,)]

    def is_working(self) -> bool:
        """Whether a worker holds a translation job."""
        return bool(self.query("SELECT 1 FROM jobs WHERE kind = 'translate' AND lease_until IS NOT NULL LIMIT 1"))

    def list_states(self) -> dict[tuple[str, str], str]:
        """(item, language) → state of each parallel version; `stale` when made from another version's text."""
        rows = self.query(
            "SELECT item, language, CASE WHEN state IN ('ready', 'held') AND source_hash != text_hash THEN 'stale' "
            "ELSE state END FROM parallels JOIN articles ON articles.id = parallels.article_id "
            "JOIN versions ON versions.id = head_id"
        )
        return {(item, language): state for item, language, state in rows}


def find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def make_karvan(tmp_path: Path) -> Iterator[Callable[..., Karvan]]:
    """Make command lines; what still runs at the end is killed."""
    made: list[Karvan] = []

    def make(name: str = "data", **settings: object) -> Karvan:
        folder = tmp_path / name
        folder.mkdir()
        config = folder / "config.toml"
        config.write_text((ROOT / "config.toml").read_text())
        made.append(Karvan(folder / "data", config, {name: str(value) for name, value in settings.items()}))
        return made[-1]

    yield make
    for running in [one for karvan in made for one in karvan.started]:
        if running.process.poll() is None:
            running.kill()


@pytest.fixture
def karvan(make_karvan: Callable[..., Karvan]) -> Karvan:
    """The command line with the stand-in engine, which translates at once."""
    return make_karvan(TRANSLATION__ENGINE="pseudo")


@pytest.fixture
def starter_karvan(make_karvan: Callable[..., Karvan]) -> Karvan:
    """The command line with the real engine and the starter packages."""
    made = make_karvan()
    made.install_starter()
    return made


@pytest.fixture
def write_article() -> Callable[..., dict[str, Any]]:
    return make_ninjs
