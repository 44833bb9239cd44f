"""Argos packages: install, remove; reading and listing come from `shelf`, the index from `package_index`.

A package is checked, unpacked beside, moved into place in one step and recorded in languages.lock.
"""

import json
import os
import shutil
import tempfile
from importlib import resources
from pathlib import Path

from translators import Direction
from translators.archives import BadArchive, Progress, unpack_archive
from translators.languages import name
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
    STARTER,
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
    "install_starter",
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


def install_starter(directory: Path, *, installed_at: str) -> list[Package]:
    """Lay out the starter as one package folder per direction, sharing one model; changes nothing that is right."""
    source = Path(str(resources.files("translators").joinpath("starter")))
    about = json.loads((source / "directions.json").read_text(encoding="utf-8"))
    origin = Origin(None, installed_at)
    with hold_shelf(directory):
        standing = {(each.name, each.version): each for each in scan_packages(directory).packages}
        model = hash_file(source / "model" / "model.bin")
        shared: Path | None = None
        installed = []
        for entry in about["directions"]:
            key = (f"{STARTER}-{entry['from']}_{entry['to']}", about["version"])
            package = standing.get(key)
            if package is None or hash_file(package.model) != model:
                with make_folder(directory) as beside:
                    folder = _lay_out_starter(beside / "package", source, shared, entry, about)
                    package = shelve_package(read_package(folder), directory, origin)
            shared = package.folder
            installed.append(package)
        _drop_other_starters(installed, directory, installed_at)
    return installed


def _drop_other_starters(installed: list[Package], directory: Path, now: str) -> None:
    """An older starter had directions that this one has not."""
    names = {package.name for package in installed}
    stray = [each for each in scan_packages(directory).packages if each.quality == "starter" and each.name not in names]
    for package in stray:
        take_away_package(package, directory, now)


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


def _lay_out_starter(
    folder: Path, source: Path, shared: Path | None, entry: dict[str, str], about: dict[str, str]
) -> Path:
    """The first direction copies Karvan's files, so that a later upgrade of them changes no package in place."""
    (folder / "model").mkdir(parents=True)
    for each in ("README.md", "sentencepiece.model", *(f"model/{path.name}" for path in (source / "model").iterdir())):
        if shared:
            _link(shared / each, folder / each)
        else:
            shutil.copyfile(source / each, folder / each)
    metadata = {
        "package_version": about["version"],
        "argos_version": "1.9",
        "from_code": entry["from"],
        "from_name": name(entry["from"], "en"),
        "to_code": entry["to"],
        "to_name": name(entry["to"], "en"),
        "target_prefix": entry["target_prefix"],
        "name": about["name"],
        "quality": "starter",
        "type": "translate",
    }
    text = json.dumps(metadata, indent=2, ensure_ascii=False) + "\n"
    (folder / "metadata.json").write_text(text, encoding="utf-8")
    return folder


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without hard links
        shutil.copyfile(source, target)
