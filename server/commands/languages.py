"""karvan languages: list, install, remove, evaluate."""

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from server import outbound
from server.app import get_time
from server.commands import Setting, clear_errors, pass_setting, print_json, print_table, refuse
from server.commands.evaluate import evaluate, parse_directions
from server.folders import make_private_folder
from translators import packages, shelf, starters
from translators.package_index import BadPair, parse_pair
from translators.shelf import Package

Report: TypeAlias = Callable[[int, int | None], None]  # bytes done, and of how many


@click.group()
def languages() -> None:
    """Language packages: which there are, install, remove. A running server uses them at once.

    Example: karvan languages list
    """


languages.add_command(evaluate)


@languages.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@pass_setting
@clear_errors
def list_(setting: Setting, as_json: bool) -> None:
    """List installed packages by direction. Folders that cannot be used are named with the reason.

    Example: karvan languages list --json
    """
    found = shelf.scan_packages(setting.packages)
    used = {package.folder for package in shelf.pick_packages(found.packages).values()}
    if as_json:
        print_json(
            [
                _describe(package) | {"quality": package.quality, "used": package.folder in used}
                for package in found.packages
            ]
        )
    else:
        print_table(
            (
                (str(one.direction), one.name, one.version, one.quality, "yes" if one.folder in used else "")
                for one in sorted(found.packages, key=lambda one: (one.direction, one.name))
            ),
            "direction", "package", "version", "quality", "used",
            whole=("direction", "version", "quality", "used"),
        )  # fmt: skip
    for broken in found.broken:
        click.echo(f"karvan: {broken.folder}: {broken.reason}", err=True)


def _describe(package: Package) -> dict[str, Any]:
    return {"direction": str(package.direction), "name": package.name, "version": package.version}


@languages.command()
@click.argument("what", nargs=-1, required=True, metavar="FILE|FOLDER|PAIR|starter…")
@click.option("--accept-changed", is_flag=True, help="Take a package whose content changed under the same version.")
@click.option("--json", "as_json", is_flag=True, help="Print a list of {direction, name, version}.")
@pass_setting
@clear_errors
def install(setting: Setting, what: tuple[str, ...], accept_changed: bool, as_json: bool) -> None:
    """Install .argosmodel files, folders of them, pairs from the package index, or the `starter` that Karvan brings.

    A folder with a directions.json is a model that tools/starter trained: it takes the starter's place.

    Example: karvan languages install starter translate-en_tr-1_5.argosmodel ru-en
    """
    source = _Source(setting.packages, setting.load().translation.index, accept_changed)
    make_private_folder(setting.data)
    setting.packages.mkdir(exist_ok=True)
    done: list[Package] = []
    for one in what:
        with _shown_progress(one) as report:
            found = _install(one, source, report)
        done += found
        if not as_json:
            _tell_installed(found)
    if as_json:
        print_json([_describe(package) for package in done])


@dataclass(frozen=True, slots=True)
class _Source:
    """Where packages go, and how they come."""

    shelf: Path
    index: str
    accept_changed: bool


def _install(what: str, source: _Source, report: Report) -> list[Package]:
    now = get_time().isoformat(timespec="seconds")
    if what == "starter":
        return starters.install_starter(source.shelf, installed_at=now)
    if starters.is_starter(Path(what)):
        return starters.install_starter(source.shelf, installed_at=now, source=Path(what))
    if Path(what).exists():
        return packages.install(
            Path(what), source.shelf, installed_at=now, accept_changed=source.accept_changed, progress=report
        )
    try:
        parse_pair(what)
    except BadPair:
        raise BadPair(f"{what}: no such file or folder, and no pair like en-tr") from None
    package = packages.install_pair(
        what,
        source.shelf,
        index=source.index,
        fetch=functools.partial(outbound.download, progress=report),
        installed_at=now,
        accept_changed=source.accept_changed,
        progress=report,
    )
    return [package]


def _tell_installed(found: Sequence[Package]) -> None:
    for package in found:
        click.echo(f"{package.direction}  {package.name} {package.version}")


@languages.command()
@click.argument("pairs", nargs=-1, required=True, metavar="PAIR…")
@click.option("--starter", is_flag=True, help="Also take away the starter's direction.")
@click.option("--json", "as_json", is_flag=True, help="Print a list of {direction, removed}.")
@pass_setting
@clear_errors
def remove(setting: Setting, pairs: tuple[str, ...], starter: bool, as_json: bool) -> None:
    """Remove the packages of a direction; the starter, if installed, takes over again.

    Example: karvan languages remove en-tr
    """
    directions, now = parse_directions(pairs), get_time().isoformat(timespec="seconds")
    done = []
    for direction in directions:
        gone = packages.remove(direction, setting.packages, removed_at=now, starter=starter) if _has(setting) else []
        if not gone:
            only = "" if starter else " (the starter is only removed with --starter)"
            refuse(f"no package translates {direction}{only}")
        done.append({"direction": str(direction), "removed": gone})
        if not as_json:
            click.echo(f"{direction}  {', '.join(gone)} removed")
    if as_json:
        print_json(done)


def _has(setting: Setting) -> bool:
    """Whether there are packages: nothing is made where there are none."""
    return setting.packages.is_dir()


@contextmanager
def _shown_progress(what: str) -> Iterator[Report]:
    """Meanwhile a bar on a terminal; nothing is left of it, so that a refusal is one line."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(escape(what), total=None)

        def report(done: int, total: int | None) -> None:
            bar.update(task, completed=done, total=total)

        yield report
