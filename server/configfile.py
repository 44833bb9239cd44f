"""config.toml + environment → a frozen Config. Unknown keys and contradictions are refused with line and reason."""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from server.config import Config, find_contradictions


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
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name}: not TOML: {error}") from error
    _override(values, environment or {})
    lines = _key_lines(text)
    try:
        config = Config.model_validate(values)
    except ValidationError as error:
        raise ConfigError("\n".join(_fault(name, lines, e["loc"], e["msg"]) for e in error.errors())) from error
    contradictions = [_fault(name, lines, where, why) for where, why in find_contradictions(config)]
    if contradictions:
        raise ConfigError("\n".join(contradictions))
    return config


def _override(values: dict[str, Any], environment: Mapping[str, str]) -> None:
    for variable, text in environment.items():
        parts = variable.removeprefix("KARVAN_").split("__")
        if not variable.startswith("KARVAN_") or len(parts) < 2:
            continue
        table = values
        for part in parts[:-1]:
            table = table.setdefault(_as_key(part, table), {})
            if not isinstance(table, dict):
                raise ConfigError(f"environment variable {variable}: no such section")
        table[_as_key(parts[-1], table)] = _as_value(text)


def _as_key(part: str, table: Mapping[str, Any]) -> str:
    plain = part.lower()
    return next((key for key in table if key.lower().replace("-", "_") == plain), plain)


def _as_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""^\s*((?:[\w.-]+|"[^"]*")+)\s*=""")


def _key_lines(text: str) -> dict[tuple[str | int, ...], int]:
    """Path of every table and top-level key → its line, for messages (tomllib keeps no positions)."""
    lines: dict[tuple[str | int, ...], int] = {}
    table: tuple[str | int, ...] = ()
    counts: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            name = header[2]
            table = tuple(part.strip().strip('"') for part in name.split("."))
            if header[1] == "[[":
                counts[name] = counts.get(name, -1) + 1
                table = (*table, counts[name])
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            lines.setdefault((*table, *(part.strip('"') for part in key[1].split("."))), number)
    return lines


def _fault(name: str, lines: Mapping[tuple[str | int, ...], int], where: tuple[str | int, ...], why: str) -> str:
    line = next((lines[where[:n]] for n in range(len(where), 0, -1) if where[:n] in lines), None)
    path = ".".join(str(part) for part in where)
    reason = "unknown option" if why == "Extra inputs are not permitted" else why.removeprefix("Value error, ")
    return f"{name}{f':{line}' if line else ''}: {path}: {reason}"
