"""Argos packages: install, remove; reading and listing come from `shelf`, the index from `package_index`.

A package is checked, unpacked beside, moved into place in one step and recorded in languages.lock.
"""

import tempfile
from pathlib import Path

from translators import Direction
from translators.archives import BadArchive, Progress, unpack_archive
from translators.lockfile import BadLock, read_records
from translators.package_index import (
    BadIndex,
    BadPair,
    Fetch,
    IndexEntry,
    NotInIndex,
    fetch_archive,
    find_index_entry,
    parse_pair,
    read_index,
)
from translators.shelf import (
    BadPackage,
    Broken,
    Package,
    Shelf,
    hash_file,
    list_packages,
    read_package,
    scan_packages,
)
from translators.shelving import Origin, hold_shelf, list_readable, make_folder, shelve_package, take_away_package

__all__ = [
    "BadArchive",
    "BadIndex",
    "BadLock",
    "BadPackage",
    "BadPair",
    "Broken",
    "ChangedPackage",
    "Fetch",
    "IndexEntry",
    "NotInIndex",
    "Package",
    "Progress",
    "Shelf",
    "find_index_entry",
    "install",
    "install_pair",
    "list_packages",
    "parse_pair",
    "read_package",
    "remove",
    "scan_packages",
]

SUFFIX = ".argosmodel"


class ChangedPackage(BadPackage):
    """The package's content differs from the one that was recorded under this name and version."""


def install(
    path: Path,
    directory: Path,
    *,
    installed_at: str,
    accept_changed: bool = False,
    progress: Progress | None = None,
) -> list[Package]:
    """Install an .argosmodel file, or every one in a folder. `installed_at` (ISO 8601) goes into languages.lock.

    Raises BadArchive, BadPackage or ChangedPackage; packages installed before the bad one stay.
    """
    if path.is_dir():
        archives = sorted(path.glob(f"*{SUFFIX}"))
        if not archives:
            raise BadPackage(f"{path} holds no {SUFFIX} file")
    elif path.is_file():
        archives = [path]
    else:
        raise BadPackage(f"{path} does not exist")
    with hold_shelf(directory):
        return [_install_archive(each, directory, installed_at, accept_changed, progress) for each in archives]


def install_pair(
    pair: str,
    directory: Path,
    *,
    index: str,
    fetch: Fetch,
    installed_at: str,
    accept_changed: bool = False,
    progress: Progress | None = None,
) -> Package:
    """Install the newest package of a pair ("en-tr") from the Argos index at a path, file:, http: or https: address.

    `fetch` downloads; nothing here goes to the network. Raises BadPair, BadIndex, NotInIndex and what install does.
    """
    with tempfile.TemporaryDirectory(prefix="karvan-") as name:
        folder = Path(name)
        entry = find_index_entry(read_index(index, folder, fetch), pair)
        archive = fetch_archive(entry, index, folder, fetch)
        [package] = install(
            archive, directory, installed_at=installed_at, accept_changed=accept_changed, progress=progress
        )
    return package


def remove(direction: Direction, directory: Path, *, removed_at: str, starter: bool = False) -> list[str]:
    """Take away the packages of a direction (with `starter`, the starter's too); gives back their names.

    `removed_at` (ISO 8601) goes into languages.lock.
    """
    with hold_shelf(directory):
        gone = [
            package
            for package in list_readable(directory)
            if package.direction == direction and (starter or package.quality != "starter")
        ]
        for package in gone:
            take_away_package(package, directory, removed_at)
    return [package.name for package in gone]


def _install_archive(
    path: Path, directory: Path, installed_at: str, accept_changed: bool, progress: Progress | None
) -> Package:
    with make_folder(directory) as beside:
        try:
            package = read_package(unpack_archive(path, beside, progress=progress))
        except (BadArchive, BadPackage) as error:
            raise type(error)(f"{path.name}: {error}") from error
        origin = Origin(hash_file(path), installed_at)
        known = read_records(directory).get(package.name)
        if known and known.get("version") == package.version and not accept_changed:
            model = hash_file(package.model)
            if (known.get("archive_sha256"), known.get("model_sha256")) != (origin.archive_sha256, model):
                raise ChangedPackage(
                    f"{path.name}: {package.name} {package.version} was {known.get('archive_sha256')} when it was "
                    f"installed and is {origin.archive_sha256} now"
                )
        return shelve_package(package, directory, origin)
