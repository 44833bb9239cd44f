"""A configuration file with another routing part: checked, and what is wrong where. Pure."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import tomli

from feeds import Fault
from server import problems
from server.config import Config
from server.configfile import ConfigError, ConfigFault, parse_file
from server.configfile.routingfile import UnsplittableConfig, replace_routing


def set_part(text: str, part: str, file: Path) -> tuple[str, Config]:
    """The whole text with the other part, and what it says. Raises InvalidConfiguration with lines of the part."""
    lines: Mapping[int, int] = {}
    try:
        replaced = replace_routing(text, part)
        lines = replaced.lines
        wanted = parse_file(replaced.text, file, replaced.values)
    except (tomli.TOMLDecodeError, UnsplittableConfig) as error:
        raise problems.InvalidConfiguration(str(error)) from error
    except ConfigError as error:
        raise problems.InvalidConfiguration(str(error), errors=make_faults(error.faults, lines)) from error
    return replaced.text, wanted


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
