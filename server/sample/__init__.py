"""The sample that `make run` shows: invented outlets, invented events, articles in five languages (CONTRACT §6).

Articles, texts and pictures are written for Karvan and published under CC0.

standing  how much of it stands in other languages
"""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from server.client import Answer, Pushed, Session, push_document, push_picture, push_version, read_document, withdraw
from server.config import Config

ARTICLES = Path(__file__).with_name("articles")
UPLOADS = Path(__file__).with_name("uploads")

SERVER = "{server}"
"""In a picture's address: the server that the sample is pushed to. It keeps uploads by name, so its own may change."""


@dataclass(frozen=True, slots=True)
class Push:
    """An article or its next version."""

    item: str
    outlet: str
    file: str


@dataclass(frozen=True, slots=True)
class Upload:
    """A picture; the server makes its renditions."""

    item: str
    outlet: str


@dataclass(frozen=True, slots=True)
class PushVersion:
    """The same article in another language, written by people."""

    item: str
    outlet: str
    file: str


@dataclass(frozen=True, slots=True)
class Withdraw:
    """A kill."""

    item: str
    outlet: str
    reason: str


SETTLED = ("article-canceled", "article-withdrawn", "version-conflict")

Step = Push | PushVersion | Withdraw | Upload

STEPS: tuple[Step, ...] = (
    Upload("ridges.jpg", outlet="caravan-wire"),
    Upload("profile.jpg", outlet="caravan-wire"),
    Push("ridge-trail", outlet="caravan-wire", file="ridge-trail.md"),
    Push("cave-murals", outlet="silk-road-daily", file="cave-murals.md"),
    Push("hazelnut-exports", outlet="bosphorus-post", file="hazelnut-exports.md"),
    Push("hazelnut-exports", outlet="bosphorus-post", file="hazelnut-exports.v2.md"),
    Push("mountain-telemedicine", outlet="steppe-herald", file="mountain-telemedicine.md"),
    Push("silk-museum", outlet="khazar-news", file="silk-museum.md"),
    Push("steppe-cup-final", outlet="steppe-herald", file="steppe-cup-final.md"),
    Push("aktau-hub", outlet="steppe-herald", file="aktau-hub.md"),
    Push("caspian-level", outlet="khazar-news", file="caspian-level.md"),
    PushVersion("caspian-level", outlet="khazar-news", file="caspian-level.en.md"),
    Push("freight-train", outlet="silk-road-daily", file="freight-train.md"),
    Push("wind-farm", outlet="khazar-news", file="wind-farm.md"),
    Upload("mosaic-ship.jpg", outlet="bosphorus-post"),
    Upload("mosaic-peacock.jpg", outlet="bosphorus-post"),
    Upload("mosaic-vine.jpg", outlet="bosphorus-post"),
    Push("lakeside-mosaic", outlet="bosphorus-post", file="lakeside-mosaic.md"),
    Push("ferry-halt", outlet="caravan-wire", file="ferry-halt.md"),
    Withdraw(
        "ferry-halt",
        outlet="caravan-wire",
        reason="The statement was not the operator's: the ferries keep to their timetable.",
    ),
    Push("trade-outlook", outlet="caravan-wire", file="trade-outlook.md"),
)


class SampleRefused(RuntimeError):
    """The server refused a sample article"""


def pick_steps(config: Config) -> tuple[list[Step], dict[str, list[str]]]:
    """The steps that a configuration has outlets and languages for; why others are left out → their items."""
    picked: list[Step] = []
    left_out: dict[str, list[str]] = {}
    for step in STEPS:
        if reason := _find_hindrance(step, config):
            left_out.setdefault(reason, []).append(step.item)
        elif isinstance(step, PushVersion | Withdraw) and not any(one.item == step.item for one in picked):
            left_out.setdefault("their articles are left out", []).append(step.item)
        else:
            picked.append(step)
    return picked, {reason: list(dict.fromkeys(items)) for reason, items in left_out.items()}


def _find_hindrance(step: Step, config: Config) -> str:
    outlet = config.outlets.get(step.outlet)
    if outlet is None:
        return f"there is no outlet {step.outlet!r}"
    if isinstance(step, Push | PushVersion):
        language = str(read_sample(step.file, "").language)
        if language not in config.languages.configured:
            return f"{language!r} is not among languages.configured"
        if outlet.languages and language not in outlet.languages:
            return f"{step.outlet!r} does not write in {language!r}"
    return ""


async def push_sample(
    session: Session,
    server: str,
    keys: Mapping[str, str],
    report: Callable[[str], None],
    steps: Sequence[Step] = STEPS,
) -> None:
    """Do these steps in order, with a key for each outlet; done again, they change nothing.

    `report` gets a line per step. Raises SampleRefused, ServerUnreachable.
    """
    for step in steps:
        answer = await _perform(step, session, server, keys[step.outlet])
        name = f"{step.outlet}/{step.item}"
        if not (answer.is_done or _stands_already(step, answer)):
            raise SampleRefused(f"{name}: {answer.reason}")
        report(f"{name}: {_describe(step, answer)}")


async def _perform(step: Step, session: Session, server: str, key: str) -> Answer:
    match step:
        case Push(item, outlet, file):
            return await push_document(session, server, key, read_sample(file, server), outlet, item)
        case PushVersion(item, outlet, file):
            document = read_sample(file, server)
            return await push_version(session, server, key, document, outlet, item, str(document.language))
        case Upload(name, outlet):
            return await push_picture(session, server, key, (UPLOADS / name).read_bytes(), outlet, name)
        case Withdraw(item, outlet, reason):
            return await withdraw(session, server, key, outlet, item, reason)


def read_sample(file: str, server: str) -> Pushed:
    """A sample article, its pictures addressed at the server that is to serve them."""
    document = read_document(ARTICLES / file)
    return replace(document, body=_place_pictures(document.body, server.rstrip("/")))


def _place_pictures(body: Mapping[str, Any] | bytes, server: str) -> Mapping[str, Any] | bytes:
    if isinstance(body, bytes):
        return body
    placed = deepcopy(dict(body))
    for association in placed.get("associations", ()):
        for rendition in association.get("renditions", ()):
            rendition["href"] = rendition["href"].replace(SERVER, server, 1)
    return placed


def _stands_already(step: Step, answer: Answer) -> bool:
    """Tell whether a refusal only says that somebody has since withdrawn or changed the article: theirs stands."""
    return answer.problem in SETTLED or (isinstance(step, Withdraw) and answer.status in (404, 410))


def _describe(step: Step, answer: Answer) -> str:
    if not answer.is_done:
        return f"left as it stands ({answer.problem})"
    if isinstance(step, Withdraw):
        return "withdrawn"
    if answer.status == 201:
        return "new"
    return "unchanged" if answer.body.get("changed") is False else "next version"
