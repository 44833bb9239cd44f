"""What the `karvan` command line can do, a file a group of commands."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn, ParamSpec, TypeVar

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from server.backups.manifest import BackupFault
from server.config import Config
from server.configfile import ConfigError, load_config, read_config
from server.outbound import DownloadFailed
from server.problems import Problem
from server.store.snapshot import DatabaseDamaged, DatabaseInUse
from translators import TranslationError

WIDEST = 10_000  # characters of a line that no terminal shows
MOST_WHOLE = 20  # characters of a cell that stay in one line

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Setting:
    """What all commands share: where the configuration and the data are."""

    config_path: Path
    data: Path

    def load(self) -> Config:
        return load_config(self.config_path)

    def read(self) -> tuple[Config, str]:
        """With the text that it was made of."""
        return read_config(self.config_path)

    @property
    def packages(self) -> Path:
        return self.data / "packages"


pass_setting = click.make_pass_decorator(Setting)


def refuse(reason: str) -> NoReturn:
    """End with status 1 and one clear line, or one for each of several faults."""
    for line in reason.splitlines() or [""]:
        click.echo(f"karvan: {line}", err=True)
    raise SystemExit(1)


def clear_errors(command: Callable[P, R]) -> Callable[P, R]:
    """What can go wrong, in one line instead of a traceback."""

    @wraps(command)
    def clear(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except (ConfigError, TranslationError, DownloadFailed, BackupFault, DatabaseDamaged, DatabaseInUse) as error:
            refuse(str(error))
        except OSError as error:
            refuse(str(error))
        except Problem as problem:
            cause = f": {problem.__cause__}" if problem.__cause__ else ""
            refuse((problem.detail or problem.title()) + cause)

    return clear


def print_table(rows: Iterable[Sequence[str]], *columns: str, whole: Sequence[str] = ()) -> None:
    """Nothing of it is cut: on a terminal long cells go on in the next line, those of the columns `whole` last; else
    there is one line a row, however long it gets.
    """
    console, cells = Console(), list(rows)
    if not console.is_terminal:
        console = Console(width=WIDEST)
    table = Table(box=None, pad_edge=False)
    for at, name in enumerate(columns):
        longest = max((len(row[at]) for row in cells), default=0)
        table.add_column(name, overflow="fold", min_width=min(longest, MOST_WHOLE) if name in whole else None)
    for row in cells:
        table.add_row(*map(escape, row))
    console.print(table, highlight=False)


def print_json(value: Any) -> None:
    """Times as in RFC 3339."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_render))


def _render(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
