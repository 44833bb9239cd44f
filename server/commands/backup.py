"""karvan backup: one file of all that is kept, beside a running server; and whether such a file is whole."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from server.app import get_time
from server.backups import making
from server.backups.making import Kept, Made, Stage
from server.backups.manifest import Manifest
from server.backups.restoring import check_backup
from server.commands import Setting, clear_errors, pass_setting, print_json, refuse
from server.config import Config
from server.configfile import ConfigError, find_database_url
from server.configfile.replacing import read_text
from server.store.snapshot import Progress as Told

UNCLEAR = "no backup is made: it is not clear which database the configuration means"
SECRETS = "It holds the configuration with its secrets: keep it where only you can read it."


@click.command()
@click.argument("target", metavar="FILE|FOLDER|-", type=click.Path(allow_dash=True, path_type=Path))
@click.option("--with-languages", is_flag=True, help="Language packages, too; else only their names and hashes.")
@click.option("--keep", type=click.IntRange(1), help="In a FOLDER: then remove its older backups but so many in all.")
@click.option("--verify", is_flag=True, help="Make none: read FILE and say whether it can be brought back.")
@click.option("--json", "as_json", is_flag=True, help="Print {path, size, sha256, removed, manifest}.")
@pass_setting
@clear_errors
def backup(setting: Setting, target: Path, with_languages: bool, keep: int | None, verify: bool, as_json: bool) -> None:
    """Make one file of all that is kept: database, pictures, configuration. The server goes on meanwhile.

    Example: karvan --data /srv/karvan backup /backups/karvan --keep 14
    """
    if verify:
        _verify(target, as_json=as_json)
        return
    if keep and not target.is_dir():
        raise click.UsageError(f"--keep is for a folder, and {target} is none")
    kept, now = find_kept(setting), get_time()
    if str(target) == "-":
        with shown() as stage:
            packed = making.pack(
                kept, sys.stdout.buffer, kept.data, now, stage, compressed=True, with_languages=with_languages
            )
        sys.stdout.buffer.flush()
        click.echo(f"{describe(packed)}\n{SECRETS}", err=True)
        _warn(packed)
        _warn_of_lock(kept)
        return
    folder, is_folder = (target, True) if target.is_dir() else (target.parent, False)
    target = making.name_backup(folder, now) if is_folder else target
    making.check_target(target)
    with shown() as stage:
        made = making.make_backup(kept, target, now, stage, with_languages=with_languages)
    if keep:
        made = replace(made, removed=making.remove_older(folder, target, keep))
    _show(made, as_json=as_json)
    _warn(made.manifest)
    _warn_of_lock(kept)


def find_kept(setting: Setting) -> Kept:
    """What there is to keep. A configuration that is not valid now keeps nobody from a backup."""
    if not setting.config_path.exists():
        refuse(f"{setting.config_path}: there is no such configuration, and a backup holds it: name it by --config")
    try:
        config = setting.load()
        database, tag = making.find_database(config.database.url, setting.data), config.server.tag
    except ConfigError as error:
        database, tag = making.find_database(_find_url_anyway(setting, error), setting.data), ""
        said = f"the configuration is not valid: {str(error).splitlines()[0]}"
        click.echo(f"karvan: {said}; it is backed up as it is, and {database}", err=True)
    if not database.exists():
        refuse(f"{database}: there is no database to back up")
    return Kept(database, setting.data, setting.config_path, tag)


def _find_url_anyway(setting: Setting, error: ConfigError) -> str:
    """What a configuration that is not valid says of the database; where that is not clear, there is no backup."""
    sections = {fault.option[0] for fault in error.faults if fault.option}
    if "database" in sections or sections - Config.model_fields.keys():  # which may be "database", misspelt
        refuse(f"{error}\n{UNCLEAR}")
    try:
        return find_database_url(read_text(setting.config_path))
    except (ConfigError, OSError, UnicodeDecodeError):
        refuse(f"{error}\n{UNCLEAR}")


@contextmanager
def shown() -> Iterator[Stage]:
    """Progress on a terminal; silence in a log."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:

        def stage(what: str) -> Told:
            task = bar.add_task(what, total=None)
            return lambda done, total: bar.update(task, completed=done, total=total)

        yield stage


def describe(manifest: Manifest) -> str:
    return (
        f"{manifest.articles} articles in {manifest.versions} versions, {manifest.uploads} pictures, "
        f"{manifest.keys} keys, as of {manifest.made_at:%Y-%m-%d %H:%M:%S} UTC"
    )


def tell(manifest: Manifest) -> dict[str, object]:
    """For scripts."""
    return {**asdict(manifest), "made_at": manifest.made_at.isoformat(timespec="seconds")}


def _verify(file: Path, *, as_json: bool) -> None:
    with shown() as stage:
        manifest = check_backup(file, stage)
    if as_json:
        size = file.stat().st_size
        print_json({"path": str(file), "size": size, "sha256": making.hash_file(file), "manifest": tell(manifest)})
    else:
        click.echo(f"{file} is whole: {describe(manifest)}")
    _warn(manifest)


def _show(made: Made, *, as_json: bool) -> None:
    if as_json:
        answer = {"path": str(made.path), "size": made.size, "sha256": made.sha256}
        print_json({**answer, "removed": [str(path) for path in made.removed], "manifest": tell(made.manifest)})
        return
    click.echo(f"{made.path} ({made.size / 1e6:.1f} MB): {describe(made.manifest)}\n{SECRETS}")
    for path in made.removed:
        click.echo(f"{path} removed")


def _warn(manifest: Manifest) -> None:
    if manifest.missing:
        more = f" and {len(manifest.missing) - 1} more" if len(manifest.missing) > 1 else ""
        click.echo(
            f"karvan: pictures are not in it, their files were gone before: {manifest.missing[0]}{more}", err=True
        )
    if manifest.skipped:
        more = f" and {len(manifest.skipped) - 1} more" if len(manifest.skipped) > 1 else ""
        click.echo(f"karvan: not in it, for its name, is {manifest.skipped[0]!r}{more}", err=True)


def _warn_of_lock(kept: Kept) -> None:
    _, fault = making.read_installed(kept.packages)
    if fault:
        click.echo(f"karvan: {fault}; the backup names no language packages", err=True)
