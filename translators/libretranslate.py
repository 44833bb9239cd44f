"""The engine behind HTTP: a server that speaks LibreTranslate's API, inside the operator's own network.

  GET /languages, /spec → directions and what the server is        POST /translate → sentences, other hypotheses

It tells no score and no alignment. A server that does not answer loses its directions until it does again, which is
looked at now and then, by one thread at a time. One that says what it has and then hangs when it is asked to translate
is left alone for longer each time.
"""

import hashlib
import json
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from translators import Direction, Made, Rendered, TranslationError, UnsupportedDirection
from translators.languages import normalise
from translators.libre_answers import UNKNOWN_SCORE, read_error, read_pairs, read_translations, read_version

LOOK_SECONDS = 4.0  # for an answer about languages; shorter than a server has to stop
LOOK_EVERY, LOOK_AGAIN = 30.0, 10.0  # seconds between looks at what a server offers; when it did not answer
LONGEST_AWAY = 300.0  # seconds, for one that hangs while it translates

Report = Callable[[str, str], None]
"""Told of an engine by name, once each time: why it cannot be used, "" when it can again."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer."""

    status: int
    body: bytes


class Call(Protocol):
    """One HTTP request, blocking. Raises OSError with the reason when there is no answer within `seconds`."""

    def __call__(self, method: str, url: str, body: bytes | None = None, *, seconds: float) -> Reply: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server as config.toml names it. `release`: the operator's word for its models.

    `batch`: sentences per request; `seconds`: how long one may take.
    """

    name: str
    url: str
    key: str = ""
    seconds: float = 30.0
    batch: int = 32
    release: str = ""


@dataclass(frozen=True, slots=True)
class _Offer:
    """What the server has; `codes` are its own words for our tags."""

    directions: Mapping[Direction, Made]
    codes: Mapping[str, str]


class LibreTranslator:
    """Translator over one server, for the directions among `languages` that it has."""

    def __init__(
        self,
        server: Server,
        languages: Collection[str],
        call: Call,
        *,
        report: Report = lambda name, trouble: None,  # noqa: ARG005
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._server = server
        self._languages = languages
        self._call = call
        self._report = report
        self._clock = clock
        self._looking = threading.Lock()
        self._offer: _Offer | None = None  # None: never looked at; without directions: away
        self._look_at = 0.0
        self._hung = 0  # how many translations ran into nothing since the last good one
        self._has_alternatives = True
        self._trouble = ""

    def directions(self) -> Mapping[Direction, Made]:
        """What the server offered when it was last looked at; at most one caller looks, the others do not wait."""
        return self._look().directions

    def translate(
        self,
        texts: Sequence[str],
        direction: Direction,
        *,
        beam: int,  # noqa: ARG002
        hypotheses: int = 1,
        aligned: Collection[int] = (),  # noqa: ARG002
    ) -> list[Rendered]:
        """One result per text, in order; blank texts come back as they are. How wide it searches is the server's."""
        offer = self._look()
        if direction not in offer.directions:
            raise UnsupportedDirection(f"{self._server.name} does not translate {direction} now")
        asked = [text for text in texts if text.strip()]
        answers: list[Rendered] = []
        for start in range(0, len(asked), self._server.batch):
            answers += self._ask(offer, asked[start : start + self._server.batch], direction, hypotheses - 1)
        self._hung = 0
        answered = iter(answers)
        return [next(answered) if text.strip() else Rendered(text, UNKNOWN_SCORE) for text in texts]

    def _ask(self, offer: _Offer, texts: Sequence[str], direction: Direction, alternatives: int) -> list[Rendered]:
        body: dict[str, object] = {
            "q": texts,
            "source": offer.codes[direction.source],
            "target": offer.codes[direction.target],
            "format": "text",
        }
        if self._server.key:
            body["api_key"] = self._server.key
        if alternatives > 0 and self._has_alternatives:
            body["alternatives"] = alternatives
        try:
            reply = self._request("POST", "/translate", body, self._server.seconds)
        except OSError as error:
            self._hung += 1
            self._lose(str(error), min(LONGEST_AWAY, LOOK_AGAIN * 2.0 ** min(self._hung, 8)))
            raise TranslationError(f"{self._server.name} cannot be reached: {error}") from error
        if reply.status == 200:
            try:
                return read_translations(reply.body, len(texts))
            except TranslationError as error:
                raise TranslationError(f"{self._server.name}: {error}") from error
        reason = read_error(reply.body)
        if reply.status == 400 and "alternatives" in body and "alternatives" in reason:  # it allows fewer, or none
            self._has_alternatives = False
            return self._ask(offer, texts, direction, 0)
        said = f"{self._server.name} answered {reply.status}: {reason}"
        if reply.status == 400 and ("not supported" in reason or "not available" in reason):
            raise UnsupportedDirection(said)
        raise TranslationError(said)

    def _look(self) -> _Offer:
        """The offer, looked at again when it is time."""
        offer = self._offer
        if offer is not None and self._clock() < self._look_at:
            return offer
        if not self._looking.acquire(blocking=offer is None):
            return offer or _NOTHING
        try:
            if self._offer is None or self._clock() >= self._look_at:
                self._renew()
        finally:
            self._looking.release()
        return self._offer or _NOTHING

    def _renew(self) -> None:
        try:
            offer = self._fetch_offer()
        except (OSError, TranslationError) as error:
            self._lose(str(error), LOOK_AGAIN)
            return
        if offer != self._offer:
            self._has_alternatives = True
        self._offer = offer
        self._look_at = self._clock() + LOOK_EVERY
        self._tell("")

    def _lose(self, reason: str, seconds: float) -> None:
        """The server is away: it has no directions until it is looked at, so many seconds from now, and answers."""
        self._offer = _NOTHING
        self._look_at = self._clock() + seconds
        self._tell(reason)

    def _tell(self, trouble: str) -> None:
        if bool(trouble) != bool(self._trouble):
            self._report(self._server.name, trouble)
        self._trouble = trouble

    def _fetch_offer(self) -> _Offer:
        reply = self._request("GET", "/languages", None, LOOK_SECONDS)
        if reply.status != 200:
            raise TranslationError(f"it answered {reply.status} about its languages: {read_error(reply.body)}")
        spec = self._request("GET", "/spec", None, LOOK_SECONDS)
        version = read_version(spec.body) if spec.status == 200 else "unknown"
        made = make_made(self._server, version)
        codes: dict[str, str] = {}
        directions: dict[Direction, Made] = {}
        for source, target in read_pairs(reply.body):
            direction = Direction(normalise(source), normalise(target))
            if {direction.source, direction.target} <= set(self._languages):
                codes.setdefault(direction.source, source)
                codes.setdefault(direction.target, target)
                directions[direction] = made
        return _Offer(directions, codes)

    def _request(self, method: str, path: str, body: object, seconds: float) -> Reply:
        data = None if body is None else json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        return self._call(method, self._server.url.rstrip("/") + path, data, seconds=seconds)


_NOTHING = _Offer({}, {})


def make_made(server: Server, version: str) -> Made:
    """What a server's texts are made with: its hash changes with its address, its version and the operator's word."""
    mark = json.dumps([server.url.rstrip("/"), version, server.release])
    package = " ".join(filter(None, ("libretranslate", version, server.release)))
    return Made(server.name, package, hashlib.sha256(mark.encode()).hexdigest(), "draft")
