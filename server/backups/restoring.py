"""A bundle → a data folder: unpacked beside, checked, adjusted; then the database takes its place by one rename.

Pictures are named by their content, so those of the backup go among those that are there without touching the state
before. Until the rename all is as it was, after it all is as in the backup; a restoring that is killed leaves files
called "restoring", which nothing reads and the next one removes.
"""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Literal

from server.backups import making
from server.backups.adjusting import Adjusted, adjust_database
from server.backups.bundle import count_up, read_bundle, read_manifest
from server.backups.making import Kept, Stage, room_named
from server.backups.manifest import BackupFault, Manifest
from server.backups.replacement import (
    ASIDE,
    discard_old,
    give,
    place_config,
    place_media,
    place_packages,
    swap,
    sync_files,
)
from server.folders import make_private_file, make_private_folder
from server.store import snapshot
from server.store.migrations import STEPS
from server.store.snapshot import BESIDE, DatabaseDamaged, DatabaseInUse, Loss


@dataclass(frozen=True, slots=True)
class Restored:
    """What was brought back. `before`: the database that was there, None: none, or not kept; `was_compared`: it could
    be read, so that what was ended in it for good is ended here.

    `config`: "written" where there was none, else whether the one that is there is the "same"; `other_config`: where
    that of the backup is, if not. `missing_packages` were installed then and are not now. `warnings`: what
    went wrong when all was in force already.
    """

    manifest: Manifest
    adjusted: Adjusted
    before: Path | None
    was_compared: bool
    config: Literal["written", "same", "differs"]
    other_config: Path | None
    missing_packages: tuple[str, ...]
    warnings: tuple[str, ...] = ()


def inspect_backup(file: Path) -> Manifest:
    """What it says of itself. Raises BackupFault for one that we cannot use."""
    manifest = read_manifest(file)
    if manifest.schema > len(STEPS):
        raise BackupFault(
            f"it is from Karvan {manifest.karvan} with schema {manifest.schema}, this one knows only {len(STEPS)}: "
            "use a newer one"
        )
    return manifest


def _check_room(folder: Path, size: int) -> None:
    if size > (free := shutil.disk_usage(folder).free):
        raise BackupFault(f"{folder} has {free >> 20} MB free, and it takes {size >> 20} MB")


def check_backup(file: Path, stage: Stage) -> Manifest:
    """Read all of it, and look over its database. Raises BackupFault, DatabaseDamaged, OSError."""
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "karvan.db"

        def take(name: str, size: int) -> BinaryIO | None:
            if name != database.name:
                return None
            _check_room(database.parent, size)
            return database.open("xb")

        manifest = inspect_backup(file)
        read_bundle(file, take, count_up(stage("reading"), manifest.bytes))
        _check(database, manifest, stage)
    return manifest


def restore_backup(
    file: Path, kept: Kept, now: datetime, stage: Stage, *, revoke_keys: bool = False, discard: bool = False
) -> Restored:
    """Bring back a backup, in the place of what is there. Raises as `check_backup`, and DatabaseInUse."""
    for folder in (kept.data, kept.media.path, kept.database.parent):
        is_new = not folder.exists()
        make_private_folder(folder)
        if is_new:
            give(folder, kept.data)
    manifest = inspect_backup(file)
    _check_room(kept.data, manifest.bytes)
    ended = _look_at_old(kept.database)
    with room_named(kept.data), _unpacked(file, manifest, kept, stage) as staged:
        _check(staged, manifest, stage)
        stage("adjusting")
        adjusted = asyncio.run(adjust_database(staged, manifest, ended or Loss(), now, revoke_keys=revoke_keys))
        give(staged, kept.data)
        sync_files([staged])
        config, other = place_config(kept)
        place_media(kept)
        place_packages(kept)
        before = swap(staged, kept, now, is_readable=ended is not None)
    # All is in force: what goes wrong from here on is said, and nothing fails.
    warnings = []
    if discard:
        try:
            discard_old(kept, before)
        except (OSError, DatabaseDamaged, DatabaseInUse) as error:
            warnings.append(f"not all of what was there before could be removed: {error}")
        before = before if before is not None and before.exists() else None
    known, fault = making.read_installed(kept.packages)
    if fault:
        warnings.append(f"{fault}; no language package counts as installed")
    missing = tuple(one.name for one in manifest.packages if one.name not in known)
    return Restored(manifest, adjusted, before, ended is not None, config, other, missing, tuple(warnings))


def _look_at_old(database: Path) -> Loss | None:
    """What was ended for good in what is there; None: nothing is there that is whole. Raises DatabaseInUse, OSError."""
    if not database.exists():
        return None
    try:
        with snapshot.held_alone(database):
            pass
        return snapshot.list_ended(database)
    except DatabaseDamaged:
        return None


@contextmanager
def _unpacked(file: Path, manifest: Manifest, kept: Kept, stage: Stage) -> Iterator[Path]:
    """Everything beside its place, on disk and as its hashes say; the database's file."""
    staged = kept.database.with_name(f"{kept.database.name}.{ASIDE}")
    _clear(kept, staged)
    opened: list[Path] = []

    def take(name: str, _size: int) -> BinaryIO:
        path = staged if name == "karvan.db" else _locate(kept, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        opened.append(path)
        make_private_file(path)
        return path.open("r+b")

    try:
        read_bundle(file, take, count_up(stage("unpacking"), manifest.bytes))
        stage("writing to the disk")
        for path in opened:
            give(path, kept.data)
        sync_files(opened)
        yield staged
    finally:
        _clear(kept, staged)


def _locate(kept: Kept, name: str) -> Path:
    """Where a file of the bundle is put first: on the disk that it stays on."""
    top, _, inner = name.partition("/")
    return kept.media.path / ASIDE / inner if top == "media" else kept.data / ASIDE / name


def _clear(kept: Kept, staged: Path) -> None:
    for folder in (kept.data / ASIDE, kept.media.path / ASIDE):
        shutil.rmtree(folder, ignore_errors=True)
    for end in ("", *BESIDE):
        staged.with_name(staged.name + end).unlink(missing_ok=True)


def _check(database: Path, manifest: Manifest, stage: Stage) -> None:
    stage("checking the database")
    if not database.exists():
        raise BackupFault("it holds no database")
    snapshot.check_database(database)
    for name, count in snapshot.count_all(database).items():
        if count != getattr(manifest, name):
            raise BackupFault(f"its database has {name} {count}, its manifest {getattr(manifest, name)}")
