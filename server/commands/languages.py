"""karvan languages: list, install, remove, evaluate."""

import functools
from collections.abc import Callable
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn
from rich.table import Table

from server import outbound
from server.app import get_time
from server.commands import Setting, clear_errors, pass_setting, print_json, refuse
from server.commands.evaluate import evaluate
from translators import TranslationError, packages, shelf
from translators.package_index import parse_pair


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
                {
                    "direction": str(package.direction),
                    "name": package.name,
                    "version": package.version,
                    "quality": package.quality,
                    "used": package.folder in used,
                }
                for package in found.packages
            ]
        )
    else:
        table = Table("direction", "package", "version", "quality", "used", box=None)
        for package in sorted(found.packages, key=lambda one: (one.direction, one.name)):
            in_use = "yes" if package.folder in used else ""
            table.add_row(str(package.direction), package.name, package.version, package.quality, in_use)
        Console().print(table)
    for broken in found.broken:
        click.echo(f"karvan: {broken.folder}: {broken.reason}", err=True)


@languages.command()
@click.argument("what", nargs=-1, required=True, metavar="FILE|FOLDER|PAIR|starter…")
@click.option("--accept-changed", is_flag=True, help="Take a package whose content changed under the same version.")
@pass_setting
@clear_errors
def install(setting: Setting, what: tuple[str, ...], accept_changed: bool) -> None:
    """Install .argosmodel files, folders of them, pairs from the package index, or the `starter` that Karvan brings.

    Example: karvan languages install starter translate-en_tr-1_5.argosmodel ru-en
    """
    now = get_time().isoformat(timespec="seconds")
    setting.packages.mkdir(parents=True, exist_ok=True)
    index = setting.load().translation.index
    with Progress(TextColumn("{task.description}"), BarColumn(), DownloadColumn(), console=Console(stderr=True)) as bar:
        for one in what:
            task = bar.add_task(one, total=None)
            report = functools.partial(_report, bar, task)
            if one == "starter":
                found = packages.install_starter(setting.packages, installed_at=now)
            elif Path(one).exists():
                found = packages.install(
                    Path(one), setting.packages, installed_at=now, accept_changed=accept_changed, progress=report
                )
            elif _is_pair(one):
                found = [
                    packages.install_pair(
                        one,
                        setting.packages,
                        index=index,
                        fetch=_make_fetch(report),
                        installed_at=now,
                        accept_changed=accept_changed,
                        progress=report,
                    )
                ]
            else:
                refuse(f"{one}: no such file or folder, and no pair like en-tr")
            bar.update(task, total=1, completed=1, visible=False)
            for package in found:
                click.echo(f"{package.direction}  {package.name} {package.version}")


@languages.command()
@click.argument("pairs", nargs=-1, required=True, metavar="PAIR…")
@click.option("--starter", is_flag=True, help="Also take away the starter's direction.")
@pass_setting
@clear_errors
def remove(setting: Setting, pairs: tuple[str, ...], starter: bool) -> None:
    """Remove the packages of a direction; the starter, if installed, takes over again.

    Example: karvan languages remove en-tr
    """
    for pair in pairs:
        gone = packages.remove(parse_pair(pair), setting.packages, starter=starter)
        if not gone:
            refuse(
                f"no package translates {pair}" + ("" if starter else " (the starter is only removed with --starter)")
            )
        click.echo(f"{pair}  {', '.join(gone)} removed")


def _is_pair(word: str) -> bool:
    try:
        parse_pair(word)
    except TranslationError:
        return False
    return True


def _make_fetch(report: Callable[[int, int | None], None]) -> Callable[[str, Path], None]:
    return functools.partial(outbound.download, progress=report)


def _report(bar: Progress, task: object, done: int, total: int | None) -> None:
    bar.update(task, completed=done, total=total)  # type: ignore[arg-type]  # rich's TaskID is an int of its own
