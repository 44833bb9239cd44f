"""What the `karvan` command line can do, a file a group of commands."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn, ParamSpec, TypeVar

import click

from server.config import Config
from server.configfile import ConfigError, load_config
from server.outbound import DownloadFailed
from server.problems import Problem
from translators import TranslationError

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Setting:
    """What all commands share: where the configuration and the data are."""

    config_path: Path
    data: Path

    def load(self) -> Config:
        return load_config(self.config_path)

    @property
    def packages(self) -> Path:
        return self.data / "packages"


pass_setting = click.make_pass_decorator(Setting)


def refuse(reason: str) -> NoReturn:
    """End with status 1 and one clear line."""
    click.echo(f"karvan: {reason}", err=True)
    raise SystemExit(1)


def clear_errors(command: Callable[P, R]) -> Callable[P, R]:
    """What can go wrong, in one line instead of a traceback."""

    @wraps(command)
    def clear(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except (ConfigError, TranslationError, DownloadFailed, OSError) as error:
            refuse(str(error))
        except Problem as problem:
            cause = f": {problem.__cause__}" if problem.__cause__ else ""
            refuse((problem.detail or problem.title()) + cause)

    return clear


def print_json(value: Any) -> None:
    """Times as in RFC 3339."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_render))


def _render(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
