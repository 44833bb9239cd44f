"""karvan restore: what a backup holds is in force again, whole or not at all."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path

import click

from server.app import get_time
from server.backups import making
from server.backups.adjusting import Adjusted, tell_ended
from server.backups.making import Kept
from server.backups.manifest import BackupFault
from server.backups.restoring import Restored, restore_backup
from server.commands import Setting, clear_errors, pass_setting, print_json, refuse
from server.commands.backup import describe, shown, tell
from server.commands.serve import hold_lock
from server.configfile import ConfigError, find_database_url
from server.configfile.replacing import read_text


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", "replaces", is_flag=True, help="Although there is a database; it is kept beside.")
@click.option("--discard-old", is_flag=True, help="With --replace: keep nothing of what was there.")
@click.option("--revoke-keys", is_flag=True, help="No key of the backup opens anything any more.")
@click.option("--json", "as_json", is_flag=True, help="Print what was brought back, and what it means.")
@pass_setting
@clear_errors
def restore(setting: Setting, file: Path, replaces: bool, discard_old: bool, revoke_keys: bool, as_json: bool) -> None:
    """Bring back a backup into the data folder. Server and workers must be stopped.

    Example: karvan --data /srv/karvan restore /backups/karvan-2026-11-26T20-55-00.tar.zst
    """
    if discard_old and not replaces:
        raise click.UsageError("--discard-old goes with --replace")
    config = setting.load() if setting.config_path.exists() else None
    database = making.find_database(config.database.url if config else find_database_url(""), setting.data)
    kept, now = Kept(database, setting.data, setting.config_path, config.server.tag if config else ""), get_time()
    with hold_lock(setting.data, "stop it first"):
        if database.exists() and not replaces:
            refuse(f"{database} is there already: --replace puts the backup in its place")
        with shown() as stage:
            done = restore_backup(file, kept, now, stage, revoke_keys=revoke_keys, discard=discard_old)
    for warning in (*done.warnings, *_list_contradictions(done, kept)):
        click.echo(f"karvan: {warning}", err=True)
    if as_json:
        print_json(_tell(done, now))
        return
    for line in _list_lines(done, kept, now, revoke_keys=revoke_keys):
        click.echo(line)


def _list_contradictions(done: Restored, kept: Kept) -> Iterator[str]:
    """A configuration that came out of the backup may mean a database elsewhere."""
    if done.config != "written":
        return
    try:
        other = making.find_database(find_database_url(read_text(kept.config)), kept.data)
    except (ConfigError, BackupFault, OSError, UnicodeDecodeError) as error:
        yield str(error)
        return
    if other != kept.database:
        yield f"the configuration of the backup means {other}, and its database is {kept.database}: move it there"


def _tell(done: Restored, now: datetime) -> dict[str, object]:
    return {
        "manifest": tell(done.manifest),
        "age_seconds": int((now - done.manifest.made_at).total_seconds()),
        "changes": asdict(done.adjusted.gap),
        "keys_valid": done.adjusted.keys,
        **tell_ended(done.adjusted),
        "before": done.before,
        "config": done.config,
        "missing_packages": done.missing_packages,
        "warnings": done.warnings,
    }


def _list_lines(done: Restored, kept: Kept, now: datetime, *, revoke_keys: bool) -> list[str]:
    adjusted, gap = done.adjusted, done.adjusted.gap
    lines = [
        f"Restored: {describe(done.manifest)}, {_say_age(now - done.manifest.made_at)} ago.",
        "What was pushed, corrected or withdrawn after that is not in it: let outlets push again since then.",
        f"Changes after {gap.first} are lost, and who had them is told to begin anew; new ones come after {gap.last}.",
    ]
    if ended := _list_ended(adjusted):
        lines.append(f"Ended: {', '.join(ended)}.")
    if adjusted.awaited:
        lines.append(f"{adjusted.awaited} killed articles are not in it: pushed again, they stay killed.")
    lines += _list_open(done, revoke_keys=revoke_keys)
    if done.before is not None:
        damaged = "" if done.was_compared else ", which is damaged"
        lines.append(f"The database before is {done.before}{damaged}.")
    if done.config == "written":
        lines.append(f"{kept.config} was not there and is that of the backup.")
    if done.other_config is not None:
        lines.append(f"{kept.config} stays as it is; that of the backup differs and is {done.other_config}.")
    if kept.tag and done.manifest.tag and kept.tag != done.manifest.tag:
        lines.append(f"server.tag is {kept.tag}, and was {done.manifest.tag}: ids in feeds would change.")
    if done.missing_packages:
        lines.append(f"Language packages to install again: {', '.join(done.missing_packages)}.")
    return lines


def _list_open(done: Restored, *, revoke_keys: bool) -> Iterator[str]:
    """What opens something, and what only people know where nothing could be compared."""
    if not revoke_keys:
        again = "" if done.was_compared else "; one that was revoked after the backup opens again"
        yield f"{done.adjusted.keys} keys are valid{again}: `karvan keys list`, `karvan keys revoke`."
    if done.was_compared:
        return
    if not revoke_keys:
        yield "Invitations that were withdrawn after the backup are open again: `karvan keys invitations`."
    yield "What was killed after the backup stands again: ask outlets for their kills since then."


def _list_ended(adjusted: Adjusted) -> list[str]:
    """What was ended again, in words."""
    words = {
        "killed articles": adjusted.killed,
        "deleted pictures": adjusted.pictures,
        "revoked keys": adjusted.revoked,
        "keys that expire earlier": adjusted.limited,
        "invitations": adjusted.invitations,
    }
    return [f"{count} {what}" for what, count in words.items() if count]


def _say_age(age: timedelta) -> str:
    minutes = int(age.total_seconds()) // 60
    days, hours = minutes // 1440, minutes // 60 % 24
    return f"{days} days {hours} h" if days else f"{hours} h {minutes % 60} min"
