"""The configuration in force, and what of a new one can take its place without a restart. One object holds it.

Whoever begins something (a request, a job) takes `live.current` once and works with that to the end: a Version never
changes, only which one is current.
"""

import hashlib
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from server.config import Config
from server.configfile import ConfigFault

# All that decides where an article goes and what becomes of its texts.
DECIDING = frozenset(
    ("languages", "translation", "outlets", "exchanges", "channels", "subscribers", "conditions", "rights", "routes")
)
NOT_DECIDING = {"quota", "obligations"}  # of what stands in exchanges
LIVE = (
    "outlets",
    "exchanges",
    "channels",
    "subscribers",
    "editors",
    "admins",
    "quotas",
    "conditions",
    "rights",
    "routes",
    "destinations",
    "sources",
    "limits",
    "hub",
)
LIVE_OF_SERVER = ("metrics",)
LIVE_OF_TRANSLATION = ("publish_unseen", "quality", "held", "memory_sentences")
FIXED_LIMITS = ("article_bytes",)  # the HTTP server is made with it

_DIGESTS: dict[int, str] = {}  # by the identity of a Config, for as long as it lives


@dataclass(frozen=True, slots=True, eq=False)
class Version:
    """A configuration that is or was in force. `number` and `text` (without secrets) are those of the history."""

    config: Config
    number: int = 0
    text: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why what stands in the file is not in force."""

    at: datetime
    faults: tuple[ConfigFault, ...]


@dataclass(slots=True)
class Live:
    """Which version is in force now. `refusal`: of what stands in the file; `restart`: what of it waits for one."""

    current: Version
    refusal: Refusal | None = None
    restart: tuple[str, ...] = field(default=())


def get_digest(config: Config) -> str:
    """The SHA-256 of all that decides: the same digest, the same decisions."""
    found = _DIGESTS.get(id(config))
    if found is None:
        text = config.model_dump_json(include=set(DECIDING), exclude={"exchanges": {"__all__": NOT_DECIDING}})
        found = _DIGESTS[id(config)] = hashlib.sha256(text.encode()).hexdigest()
        weakref.finalize(config, _DIGESTS.pop, id(config), None)
    return found


def merge_live(running: Config, wanted: Config) -> tuple[Config, Sequence[str]]:
    """What of `wanted` can be in force at once, beside the rest of `running`; and what it has to wait with."""
    translation = running.translation.model_copy(
        update={name: getattr(wanted.translation, name) for name in LIVE_OF_TRANSLATION}
    )
    server = running.server.model_copy(update={name: getattr(wanted.server, name) for name in LIVE_OF_SERVER})
    limits = wanted.limits.model_copy(update={name: getattr(running.limits, name) for name in FIXED_LIMITS})
    parts = {name: getattr(wanted, name) for name in LIVE}
    parts |= {"server": server, "translation": translation, "limits": limits}
    merged = running.model_copy(update=parts)
    return merged, tuple(_list_differences(merged, wanted))


def _list_differences(merged: Config, wanted: Config) -> list[str]:
    """The options of `wanted` that are not so in `merged`: "server.port"."""
    found = []
    for section in type(wanted).model_fields:
        one, other = getattr(merged, section), getattr(wanted, section)
        if one == other:
            continue
        fields = getattr(type(one), "model_fields", {})
        names = [name for name in fields if getattr(one, name) != getattr(other, name)]
        found += [f"{section}.{name}" for name in names] or [section]
    return found
