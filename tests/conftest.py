"""What all tests share: the --slow switch, how costs grow, a translation server with LibreTranslate's API."""

import gc
import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import hypothesis
import pytest

from translators import Direction, Rendered, Translator
from translators.pseudo import PseudoTranslator

# A test that needs another number of examples says so itself. No deadline: a busy machine is no fault of the code. By
# default the examples are the same in every run, so that a red one is never chance; --slow looks for new ones.
hypothesis.settings.register_profile("karvan", deadline=None, max_examples=40, derandomize=True)
hypothesis.settings.register_profile("karvan-slow", deadline=None, max_examples=200)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="also run the tests that take long")


def pytest_configure(config: pytest.Config) -> None:
    hypothesis.settings.load_profile("karvan-slow" if config.getoption("--slow") else "karvan")
    gc.set_threshold(10_000)  # as `karvan serve` has it: what all tests hold is looked through less often


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--slow"):
        return
    for item in items:
        if item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.skip(reason="takes long: pytest --slow"))


MOST_GROWTH = 9.0  # for four times as much: linear is 4, quadratic 16
LEAST_COST = 0.002  # seconds; below, a clock tells nothing
MOST_TRIES = 5


@pytest.fixture
def check_growth() -> Callable[..., None]:
    """Fail when four times as much takes more than `most` times as long, however slow and busy the machine.

    `call` is measured up to the size given, from its fourth part on or so many `steps` below, in processor time of
    this thread. The best of several tries counts; no size is measured twice, so nothing remembered makes it cheap.
    """

    def check(call: Callable[[int], object], size: int, *, steps: int = 3, most: float = MOST_GROWTH) -> None:
        for step in range(steps, 0, -1):
            check_step(call, size // 4**step, most)

    return check


def check_step(call: Callable[[int], object], size: int, most: float) -> None:
    small = large = float("inf")
    for number in range(MOST_TRIES):
        small = min(small, measure_cost(call, size + number))
        large = min(large, measure_cost(call, 4 * size - 1 - number))
        if large <= most * max(small, LEAST_COST):
            return
    pytest.fail(f"{4 * size} cost {large:.3f} s, {size} cost {small:.3f} s: {large / small:.0f} times as much")


def measure_cost(call: Callable[[int], object], size: int) -> float:
    gc.disable()  # a collection costs by what all tests hold, not by what this call makes
    try:
        started = time.thread_time()
        call(size)
        return time.thread_time() - started
    finally:
        gc.enable()


class Recorder(PseudoTranslator):
    """Notes what it is asked: the way and the text of each sentence, and the beams."""

    def __init__(self) -> None:
        super().__init__(quality="publish")
        self.asked: list[tuple[str, str]] = []
        self.beams: list[int] = []

    def translate(self, texts: Sequence[str], direction: Direction, *, beam: int, **options: Any) -> list[Rendered]:
        self.asked += ((str(direction), text) for text in texts)
        self.beams.append(beam)
        return super().translate(texts, direction, beam=beam, **options)


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


ISO = {"zh": "zh-Hans", "zt": "zh-Hant", "pb": "pt-BR"}  # LibreTranslate's words for its models' codes
MODEL = {iso.lower(): code for code, iso in ISO.items()}


@dataclass
class Libre:
    """A server with the API of LibreTranslate 1.9 (names, errors, statuses), on a port of its own.

    `engine` translates. `hangs` until the event is set; `fails`: what every translation is answered with.
    """

    engine: Translator = field(default_factory=PseudoTranslator)
    version: str = "1.9.6"
    key: str = ""
    batch_limit: int = -1
    alternatives_limit: int = -1
    fails: tuple[int, bytes] | None = None
    answer: bytes | None = None  # instead of the translations
    goes_on: threading.Event = field(default_factory=threading.Event)
    seen: list[dict[str, Any]] = field(default_factory=list)  # bodies of POST /translate
    looks: int = 0
    http: ThreadingHTTPServer | None = None
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Listen, on the port of before when there was one."""
        libre = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.tell(*libre.get(self.path))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                assert self.headers["Content-Type"] == "application/json"
                self.tell(*(libre.translate(json.loads(body)) if self.path == "/translate" else NOT_FOUND))

            def tell(self, status: int, value: Any) -> None:
                body = value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                if status in (301, 302):
                    self.send_header("Location", "/elsewhere")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *words: object) -> None:
                pass

            def handle(self) -> None:
                try:
                    super().handle()
                except (ConnectionError, ValueError):  # who asked has gone
                    self.close_connection = True

        self.goes_on.set()
        self.http = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.http.daemon_threads = True
        self.port = self.http.server_address[1]
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self.goes_on.set()
        if self.http is not None:
            self.http.shutdown()
            self.http.server_close()
            self.http = None

    def get(self, path: str) -> tuple[int, Any]:
        if path == "/spec":
            return 200, {"swagger": "2.0", "info": {"title": "LibreTranslate", "version": self.version}}
        if path != "/languages":
            return NOT_FOUND
        self.looks += 1
        pairs = list(self.engine.directions())
        codes = sorted({code for pair in pairs for code in (pair.source, pair.target)})
        return 200, [
            {
                "code": ISO.get(code, code),
                "name": code.title(),
                "targets": [ISO.get(pair.target, pair.target) for pair in pairs if pair.source == code] + [code],
            }
            for code in codes
        ]

    def translate(self, asked: dict[str, Any]) -> tuple[int, Any]:
        self.seen.append(asked)
        self.goes_on.wait()
        if self.fails:
            return self.fails
        if self.key and asked.get("api_key") != self.key:
            if asked.get("api_key"):
                return 403, {"error": "Invalid API key"}
            return 400, {"error": "Please contact the server operator to get an API key"}
        for name in ("q", "source", "target"):
            if not asked.get(name):
                return 400, {"error": f"Invalid request: missing {name} parameter"}
        if fault := self.find_fault(asked):
            return 400, {"error": fault}
        return 200, self.answer or self.render(asked)

    def find_fault(self, asked: dict[str, Any]) -> str | None:
        texts, more = asked["q"], int(asked.get("alternatives", 0))
        if self.alternatives_limit != -1 and more > self.alternatives_limit:
            return f"Invalid request: alternatives parameter must be <= {self.alternatives_limit}"
        if self.batch_limit != -1 and len(texts) > self.batch_limit:
            return f"Invalid request: request ({len(texts)}) exceeds text limit ({self.batch_limit})"
        source, target = (MODEL.get(asked[name].lower(), asked[name].lower()) for name in ("source", "target"))
        directions = self.engine.directions()
        for code in (source, target):
            if not any(code in (pair.source, pair.target) for pair in directions):
                return f"{code} is not supported"
        if Direction(source, target) not in directions:
            return f"{target} ({target}) is not available as a target language from {source} ({source})"
        return None if asked.get("format") == "text" else f"{asked.get('format')} format is not supported"

    def render(self, asked: dict[str, Any]) -> dict[str, Any]:
        pair = Direction(*(MODEL.get(asked[name].lower(), asked[name]) for name in ("source", "target")))
        more = int(asked.get("alternatives", 0))
        results = self.engine.translate(asked["q"], pair, beam=max(4, more + 1), hypotheses=more + 1)
        answer: dict[str, Any] = {"translatedText": [one.text for one in results]}
        if more:
            answer["alternatives"] = [[other.text for other in one.alternatives] for one in results]
        return answer


NOT_FOUND = (404, b"<!doctype html><title>404 Not Found</title>")


@pytest.fixture
def start_libre() -> Iterator[Callable[..., Libre]]:
    """Start a translation server; its fields may be given, and changed while it runs."""
    started: list[Libre] = []

    def start(**fields: Any) -> Libre:
        started.append(Libre(**fields))
        started[-1].start()
        return started[-1]

    yield start
    for one in started:
        one.stop()


@pytest.fixture
def libre(start_libre: Callable[..., Libre]) -> Libre:
    """A translation server between all five languages, backed by the stand-in."""
    return start_libre()
