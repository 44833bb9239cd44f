"""What a changed file, or another routing part in it, would bring into force; and what is wrong where. Pure."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from feeds import Fault
from server import problems
from server.config import Config
from server.configfile import ConfigError, ConfigFault, parse_file
from server.configfile.contradictions import find_contradictions
from server.configfile.live import merge_live
from server.configfile.routingfile import UnsplittableConfig, keep_comments, replace_routing


@dataclass(frozen=True, slots=True)
class Draft:
    """A text for the file, checked. `config`: what would be in force at once, `restart`: options that wait for one."""

    text: str
    config: Config
    restart: Sequence[str]


def read_draft(text: str, file: Path, running: Config, values: dict[str, Any] | None = None) -> Draft:
    """Raises ConfigError, also where what cannot wait for a restart contradicts what has to."""
    config, restart = merge_live(running, parse_file(text, file, values))
    if restart and (found := list(find_contradictions(config))):
        why = f"(until a restart; {', '.join(restart)} wait for one)"
        raise ConfigError([ConfigFault(str(file), where, f"{reason} {why}") for where, reason in found])
    return Draft(text, running if config == running else config, restart)


def make_draft(text: str, part: str, file: Path, running: Config, *, with_comments: bool = True) -> Draft:
    """The text with another routing part; without the comments that the file has for it, it is made faster.

    Raises InvalidConfiguration with lines of the part.
    """
    lines: Mapping[int, int] = {}
    try:
        replaced = replace_routing(text, part)
        lines = replaced.lines
        draft = read_draft(replaced.text, file, running, replaced.values)
    except (ValueError, RecursionError, UnsplittableConfig) as error:  # of TOML: too deep, a number too long
        raise problems.InvalidConfiguration(str(error)) from error
    except ConfigError as error:
        raise problems.InvalidConfiguration(str(error), errors=make_faults(error.faults, lines)) from error
    if not with_comments:
        return draft
    return Draft(keep_comments(text, part, draft.text), draft.config, draft.restart)


def make_etag(part: str) -> str:
    """The strong ETag of a routing part."""
    return f'"{hashlib.sha256(part.encode()).hexdigest()[:32]}"'


def make_faults(faults: Sequence[ConfigFault], lines: Mapping[int, int]) -> list[Fault]:
    """As a problem has them; `lines`: line of the file → line of the part that was sent."""
    found = []
    for fault in faults:
        pointer = "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in fault.option)
        line = lines.get(fault.line)
        where = f"line {line}, column {fault.column}: " if line else ""
        found.append(Fault(pointer, f"{where}{fault.reason}"))
    return found
