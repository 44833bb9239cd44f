"""What is unpacked takes the place of what was there: pictures go among others, then the database by one rename."""

import errno
import os
import shutil
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import Literal

from server.backups.making import Kept
from server.media.media_files import sync_folder
from server.store import snapshot
from server.store.snapshot import BESIDE

ASIDE = "restoring"  # what files are called, or the folders that they are in, until then


def give(path: Path, data: Path) -> None:
    """Who works as root leaves the files to the owner of the data folder."""
    if os.geteuid() == 0:
        owner = data.stat()
        for one in (path, *(folder for folder in path.parents if folder.is_relative_to(data) and folder != data)):
            os.chown(one, owner.st_uid, owner.st_gid)


def sync_files(paths: list[Path]) -> None:
    for path in paths:
        number = os.open(path, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


def place_config(kept: Kept) -> tuple[Literal["written", "same", "differs"], Path | None]:
    """The configuration goes where none is; one that is there stays. One that differs lies in the data folder then."""
    staged = kept.data / ASIDE / "config.toml"
    if kept.config.exists():
        if kept.config.read_bytes() == staged.read_bytes():
            return "same", None
        other = kept.data / "config-of-backup.toml"
        staged.replace(other)
        return "differs", other
    kept.config.parent.mkdir(parents=True, exist_ok=True)
    beside = kept.config.with_name(f".{kept.config.name}.{ASIDE}")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(staged.read_bytes())
        file.flush()
        os.fsync(file.fileno())
    give(beside, kept.data)
    beside.replace(kept.config)
    sync_folder(kept.config.parent)
    return "written", None


def place_media(kept: Kept) -> None:
    """Put the pictures among those that are there: the same name is the same content."""
    aside = kept.media.path / ASIDE
    touched = {kept.media.path}
    for staged in (path for path in aside.rglob("*") if path.is_file()):
        place = kept.media.path / staged.relative_to(aside)
        place.parent.mkdir(parents=True, exist_ok=True)
        staged.chmod(0o644)  # as a server makes them: their folder is private
        staged.replace(place)
        give(place, kept.data)
        touched |= {place.parent, place.parent.parent}
    for folder in sorted(touched):
        sync_folder(folder)


def swap(staged: Path, kept: Kept, now: datetime, *, is_readable: bool) -> Path | None:
    """The one moment in which the old state becomes the restored one; where the old one is then."""
    database = kept.database
    before = database.with_name(f"{database.name}.before-restore-{now:%Y-%m-%dT%H-%M-%S-%f}")
    is_there = database.exists()
    with snapshot.held_alone(database) if is_there and is_readable else nullcontext():
        if is_there:
            _keep(database, before)
        for end in BESIDE:  # a log that stays would be taken for one of the new database
            log = database.with_name(database.name + end)
            if log.exists():
                log.replace(before.with_name(before.name + end))
        staged.replace(database)
        sync_folder(database.parent)
    return before if is_there else None


def _keep(database: Path, before: Path) -> None:
    """Under a second name, so that it has its own until the new one takes that."""
    try:
        before.hardlink_to(database)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EMLINK):
            raise
        shutil.copy2(database, before)
        owner = database.stat()
        if os.geteuid() == 0:
            os.chown(before, owner.st_uid, owner.st_gid)


def place_packages(kept: Kept) -> None:
    """Language packages go where none are; those that are there stay."""
    staged = kept.data / ASIDE / "packages"
    if staged.is_dir() and not (kept.packages.is_dir() and any(kept.packages.iterdir())):
        staged.replace(kept.packages)
        sync_folder(kept.data)


def discard_old(kept: Kept, before: Path | None) -> None:
    """Remove the old database, and the pictures that the restored one does not refer to."""
    if before is not None:
        for end in ("", *BESIDE):
            before.with_name(before.name + end).unlink(missing_ok=True)
    wanted = {sha256 for sha256, _ in snapshot.list_media(kept.database)}
    for folder in kept.media.path.glob("[0-9a-f][0-9a-f]/*"):
        if folder.name not in wanted:
            shutil.rmtree(folder, ignore_errors=True)
