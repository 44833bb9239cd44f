"""The packages folder changed safely: one writer at a time, every step whole or not at all."""

import contextlib
import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from translators.lockfile import read_records, sync_folder, write_lock
from translators.shelf import BadPackage, Package, hash_file, hash_files, list_folders, read_package

_NEW, _OLD = ".new-", ".old-"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a package came from, for languages.lock: the archive's SHA-256 (None: Karvan itself brings it) and when."""

    archive_sha256: str | None
    installed_at: str


def shelve_package(package: Package, directory: Path, origin: Origin) -> Package:
    """Move the package into place, record it, then take away other folders of the same name."""
    model = hash_file(package.model)
    place = directory / f"{package.name}-{package.version.replace('.', '_')}-{model[:12]}"
    others = [each.folder for each in list_readable(directory) if each.name == package.name]
    if place.exists():
        _discard(place, directory)
    package.folder.rename(place)
    sync_folder(directory)
    entry = {
        "version": package.version,
        "direction": str(package.direction),
        "model_sha256": model,
        "files_sha256": hash_files(place),
        "installed_at": origin.installed_at,
    }
    if origin.archive_sha256 is not None:
        entry["archive_sha256"] = origin.archive_sha256
    write_lock(directory, read_records(directory) | {package.name: entry})
    for folder in others:
        if folder != place:
            _discard(folder, directory)
    return read_package(place)


def list_readable(directory: Path) -> list[Package]:
    """Every package whose metadata can be read, whether or not it is what languages.lock records."""
    packages = []
    for folder in list_folders(directory):
        with contextlib.suppress(BadPackage, OSError):
            packages.append(read_package(folder))
    return packages


def take_away_package(package: Package, directory: Path, removed_at: str) -> None:
    """Take the package away. languages.lock keeps what it was, so that another one of its name is noticed."""
    records = read_records(directory)
    if package.name in records:
        records[package.name] |= {"removed_at": removed_at}
        write_lock(directory, records)
    _discard(package.folder, directory)


def _discard(folder: Path, directory: Path) -> None:
    """Out of sight in one step, then deleted."""
    grave = Path(tempfile.mkdtemp(prefix=_OLD, dir=directory))
    folder.rename(grave / folder.name)
    shutil.rmtree(grave, ignore_errors=True)


@contextlib.contextmanager
def make_folder(directory: Path) -> Iterator[Path]:
    """A hidden folder on the shelf to unpack in, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix=_NEW, dir=directory))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def hold_shelf(directory: Path) -> Iterator[None]:
    """One installer at a time, across processes; what a killed one left behind is swept away."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / ".installing").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        for prefix in (_NEW, _OLD):
            for left in directory.glob(f"{prefix}*"):
                shutil.rmtree(left, ignore_errors=True)
        yield
