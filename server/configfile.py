"""config.toml + environment → a frozen Config. Unknown keys and contradictions are refused with line and reason."""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from server.config import Config
from server.contradictions import find_contradictions

Place = tuple[str | int, ...]  # the path of an option: ("routes", 0, "when")
NAMED_FREELY = {("outlets",), ("exchanges",), ("channels",), ("subscribers",), ("translation", "quality")}


class ConfigError(Exception):
    """The configuration is not valid."""


def load_config(path: Path, environment: Mapping[str, str] | None = None) -> Config:
    """Read and check a configuration file; `environment` overrides single options. Raises ConfigError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    return parse_config(text, str(path), os.environ if environment is None else environment)


def parse_config(text: str, name: str = "config.toml", environment: Mapping[str, str] | None = None) -> Config:
    """The same from text; `name` is what faults call the file."""
    try:
        values = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"{name}: not TOML: {error}") from error
    places = {path: f"{name}:{line}" for path, line in _find_lines(text).items()}
    places |= {path: f"environment variable {variable}" for path, variable in _override(values, environment or {})}
    try:
        config = Config.model_validate(values)
    except ValidationError as error:
        raise ConfigError("\n".join(_fault(name, places, e["loc"], e["msg"]) for e in error.errors())) from error
    contradictions = [_fault(name, places, where, why) for where, why in find_contradictions(config)]
    if contradictions:
        raise ConfigError("\n".join(contradictions))
    return config


def _override(values: dict[str, Any], environment: Mapping[str, str]) -> Iterator[tuple[Place, str]]:
    """Set what KARVAN_SECTION__NAME variables say; yields (path of the option, variable)."""
    for variable, text in sorted(environment.items()):
        parts = variable.removeprefix("KARVAN_").split("__")
        if not variable.startswith("KARVAN_") or len(parts) < 2:
            continue
        table = values
        path: Place = ()
        for part in parts[:-1]:
            key = _as_key(part, table, path)
            path = (*path, key)
            if key not in table:
                yield path, variable
            table = table.setdefault(key, {})
            if not isinstance(table, dict):
                raise ConfigError(f"environment variable {variable}: no such section")
        key = _as_key(parts[-1], table, path)
        table[key] = _as_value(text)
        yield (*path, key), variable


def _as_key(part: str, table: Mapping[str, Any], path: Place) -> str:
    plain = part.lower()
    known = next((key for key in table if key.lower().replace("-", "_") == plain), None)
    return known or (plain.replace("_", "-") if path in NAMED_FREELY else plain)


def _as_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""^\s*((?:[\w.-]+|"[^"]*")+)\s*=""")


def _find_lines(text: str) -> dict[Place, int]:
    """Path of every table and top-level key → its line, for messages (tomllib keeps no positions)."""
    lines: dict[Place, int] = {}
    table: Place = ()
    counts: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            names = [part.strip().strip('"') for part in header[2].split(".")]
            if header[1] == "[[":
                counts[names[0]] = counts.get(names[0], -1) + 1
            table = (names[0], counts[names[0]], *names[1:]) if names[0] in counts else tuple(names)
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            lines.setdefault((*table, *(part.strip('"') for part in key[1].split("."))), number)
    return lines


def _fault(name: str, places: Mapping[Place, str], where: Place, why: str) -> str:
    place = next((places[where[:n]] for n in range(len(where), 0, -1) if where[:n] in places), name)
    path = ".".join(str(part) for part in where)
    reason = "unknown option" if why == "Extra inputs are not permitted" else why.removeprefix("Value error, ")
    return f"{place}: {path}: {reason}"
