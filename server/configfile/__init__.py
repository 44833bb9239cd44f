"""config.toml + environment → a frozen Config. Unknown keys and contradictions are refused with line and reason.

environment     KARVAN_SECTION__NAME over what the file says
contradictions  where the parts of a Config do not fit together (pure); route_contradictions: its routing
reachability    routes that no article reaches (pure)
live            which Config is in force in this process
routingfile     the routing part of the file's text: cut out, put back (pure)
redaction       the text without its secrets, for the history (pure)
replacing       a file is read, and another one takes its place, whole or not at all
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli
from pydantic import ValidationError

from server.config import Config
from server.configfile.contradictions import find_contradictions
from server.configfile.environment import Place, Unreachable, override
from server.configfile.replacing import read_text


@dataclass(frozen=True, slots=True)
class ConfigFault:
    """What is wrong, and where: an option, its line and column from 1 (0: nowhere in the file), or what else set it."""

    place: str
    option: Place
    reason: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        path = ".".join(str(part) for part in self.option)
        return ": ".join(part for part in (self.place, path, self.reason) if part)


class ConfigError(Exception):
    """The configuration is not valid."""

    def __init__(self, faults: Sequence[ConfigFault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = tuple(faults)


def load_config(path: Path, environment: Mapping[str, str] | None = None) -> Config:
    """Read and check a configuration file; `environment` overrides single options. Raises ConfigError."""
    return read_config(path, environment)[0]


def read_config(path: Path, environment: Mapping[str, str] | None = None) -> tuple[Config, str]:
    """The same, and the text that it was made of."""
    try:
        text = read_text(path)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([ConfigFault(str(path), (), f"cannot be read: {error}")]) from error
    return parse_config(text, str(path), os.environ if environment is None else environment), text


def parse_file(text: str, path: Path, values: dict[str, Any] | None = None) -> Config:
    """The same from the text that stands in the file; `values`: what it says as TOML, where that is known."""
    return parse_config(text, str(path), os.environ, values)


def find_database_url(text: str) -> str:
    """database.url alone, with the environment over it, whatever else the text says. Raises ConfigError."""
    try:
        values = {"database": tomli.loads(text).get("database", {})}
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits is a ValueError alone
        raise ConfigError([_make_syntax_fault("config.toml", error)]) from error
    mine = {name: value for name, value in os.environ.items() if name.upper() == "KARVAN_DATABASE__URL"}
    return parse_config("", environment=mine, values=values).database.url


def rebuild_config(text: str) -> Config:
    """What a text of the history said, with the environment of today; contradictions do not matter any more."""
    values = tomli.loads(text)
    _override(values, os.environ)
    try:
        return Config.model_validate(values)
    except ValidationError as error:
        faults = [ConfigFault("", e["loc"], e["msg"]) for e in error.errors()]
        raise ConfigError(faults) from error


def parse_config(
    text: str,
    name: str = "config.toml",
    environment: Mapping[str, str] | None = None,
    values: dict[str, Any] | None = None,
) -> Config:
    """From text alone; `name` is what faults call the file; `values` are used up."""
    try:
        values = tomli.loads(text) if values is None else values
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits is a ValueError alone
        raise ConfigError([_make_syntax_fault(name, error)]) from error
    overridden = _override(values, environment or {})
    try:
        config = Config.model_validate(values)
    except ValidationError as error:
        found = [(one["loc"], one["msg"]) for one in error.errors()]
        raise ConfigError(list(_list_faults(name, text, overridden, found))) from error
    if contradictions := list(find_contradictions(config)):
        raise ConfigError(list(_list_faults(name, text, overridden, contradictions)))
    return config


def _override(values: dict[str, Any], environment: Mapping[str, str]) -> dict[Place, str]:
    """Set what the environment says; path of an option → what has set it. Raises ConfigError."""
    try:
        return {path: f"environment variable {name}" for path, name in override(values, environment)}
    except Unreachable as error:
        raise ConfigError([ConfigFault(f"environment variable {error.variable}", (), error.reason)]) from error


_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""^\s*((?:[\w.-]+|"[^"]*")+)\s*=""")


def _find_lines(text: str) -> dict[Place, int]:
    """Path of every table and top-level key → its line, for messages (tomli keeps no positions)."""
    lines: dict[Place, int] = {}
    table: Place = ()
    counts: dict[Place, int] = {}  # of the tables of an array, by its place
    for number, line in enumerate(text.split("\n"), 1):
        if header := _HEADER.match(line):
            names = [part.strip().strip('"') for part in header[2].split(".")]
            table = _find_place(names[:-1], counts)
            last = (*table, names[-1])
            if header[1] == "[[":
                counts[last] = counts.get(last, -1) + 1
            table = _find_place(names, counts)
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            lines.setdefault((*table, *(part.strip('"') for part in key[1].split("."))), number)
    return lines


def _find_place(names: list[str], counts: Mapping[Place, int]) -> Place:
    """The place of a table: in an array, the last of its tables is meant."""
    place: Place = ()
    for name in names:
        place = (*place, name)
        if place in counts:
            place = (*place, counts[place])
    return place


def _make_syntax_fault(name: str, error: Exception) -> ConfigFault:
    """Tables nested too deeply have no place."""
    line, column = (error.lineno, error.colno) if isinstance(error, tomli.TOMLDecodeError) else (0, 0)
    return ConfigFault(name, (), f"not TOML: {error}", line, column)


def _list_faults(
    name: str, text: str, overridden: Mapping[Place, str], found: Sequence[tuple[Place, str]]
) -> Iterator[ConfigFault]:
    places: dict[Place, int | str] = {**_find_lines(text), **overridden}
    lines = text.split("\n")
    for where, why in found:
        yield _fault(name, places, lines, where, why)


def _fault(name: str, places: Mapping[Place, int | str], lines: Sequence[str], where: Place, why: str) -> ConfigFault:
    reason = "unknown option" if why == "Extra inputs are not permitted" else why.removeprefix("Value error, ")
    place = next((places[where[:n]] for n in range(len(where), 0, -1) if where[:n] in places), None)
    if not isinstance(place, int):
        return ConfigFault(place or name, where, reason)
    line = lines[place - 1]
    return ConfigFault(f"{name}:{place}", where, reason, place, len(line) - len(line.lstrip()) + 1)
