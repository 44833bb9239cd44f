"""Argos packages on disk: read, list, verify. (`packages` puts them there and takes them away.)

A package is a folder with metadata.json, model/ (CTranslate2) and sentencepiece.model. Folders that cannot be used
are reported with the reason and never stand in the way of the others.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from translators import Direction, Quality, TranslationError
from translators.languages import normalise
from translators.lockfile import BadLock, read_lock

LONGEST_METADATA = 1 << 20
STARTER = "karvan-starter"

Fingerprint = tuple[tuple[object, ...], ...]

# Argos' own codes that are not BCP 47.
_ARGOS_CODES = {"zt": "zh-Hant", "pb": "pt-BR"}


class BadPackage(TranslationError):
    """The package cannot be used."""


@dataclass(frozen=True, slots=True)
class Package:
    """One direction on disk. `folder` holds the files; `name` is the same for all versions of a package."""

    name: str
    version: str
    direction: Direction
    folder: Path
    quality: Quality = "draft"
    target_prefix: str = ""

    @property
    def model(self) -> Path:
        """The file of weights, whose SHA-256 stands for the package."""
        return self.folder / "model" / "model.bin"

    @property
    def sentencepiece(self) -> Path:
        """The file that cuts text into the model's pieces."""
        return self.folder / "sentencepiece.model"


@dataclass(frozen=True, slots=True)
class Broken:
    """A folder among the packages that cannot be used, and why."""

    folder: Path
    reason: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """What a packages folder holds."""

    packages: tuple[Package, ...]
    broken: tuple[Broken, ...]


def read_package(folder: Path) -> Package:
    """The package in this folder; its weights are not opened. Raises BadPackage with the reason."""
    metadata = _read_metadata(folder / "metadata.json")
    try:
        direction = Direction(_read_code(metadata, "from_code"), _read_code(metadata, "to_code"))
    except ValueError as error:
        raise BadPackage(f"metadata.json: {error}") from error
    if direction.source == direction.target:
        raise BadPackage(f"metadata.json: translates {direction.source} into itself")
    if metadata.get("type", "translate") != "translate":
        raise BadPackage(f"metadata.json: is of type {metadata['type']!r}, not a translation package")
    version = _read_word(metadata, "package_version")
    prefix = metadata.get("target_prefix", "")
    if not isinstance(prefix, str) or len(prefix) > 64:
        raise BadPackage("metadata.json: target_prefix must be a short text")
    _check_files(folder)
    starter = metadata.get("quality") == "starter"  # any better class is the operator's to give, not the package's
    name = f"{STARTER if starter else 'translate'}-{metadata['from_code']}_{metadata['to_code']}"
    return Package(name, version, direction, folder, "starter" if starter else "draft", prefix)


def scan_packages(directory: Path) -> Shelf:
    """All that stands in the packages folder; a package whose files are not those in languages.lock is broken."""
    packages: list[Package] = []
    broken: list[Broken] = []
    try:
        locked = read_lock(directory)
    except BadLock as error:  # what cannot be verified is not used
        return Shelf((), tuple(Broken(folder, str(error)) for folder in list_folders(directory)))
    for folder in list_folders(directory):
        try:
            package = read_package(folder)
            _verify(package, locked)
            packages.append(package)
        except (BadPackage, OSError) as error:
            broken.append(Broken(folder, str(error)))
    return Shelf(tuple(packages), tuple(broken))


def list_packages(directory: Path) -> list[Package]:
    """The usable packages, one per direction: other than starter first, then the newest version."""
    return list(pick_packages(scan_packages(directory).packages).values())


def pick_packages(packages: Sequence[Package]) -> dict[Direction, Package]:
    """Which package serves each direction."""
    best: dict[Direction, Package] = {}
    for package in sorted(packages, key=_get_rank):
        best[package.direction] = package
    return dict(sorted(best.items()))


def list_folders(directory: Path) -> list[Path]:
    """The folders that may be packages, by name. Hidden ones are ours: half unpacked or half removed."""
    if not directory.is_dir():
        return []
    return sorted(each for each in directory.iterdir() if each.is_dir() and not each.name.startswith("."))


def take_fingerprint(directory: Path) -> Fingerprint:
    """Changes when a package comes, goes, or is completed file by file."""
    marks: list[tuple[object, ...]] = []
    for folder in list_folders(directory):
        for path in (folder / "metadata.json", folder / "sentencepiece.model", folder / "model" / "model.bin"):
            try:
                status = path.stat()
            except OSError:
                continue
            marks.append((str(path), status.st_ino, status.st_size, status.st_mtime_ns))
    return tuple(marks)


def hash_files(folder: Path) -> str:
    """One SHA-256 for all files of a package that are used: their names and what is in them."""
    used = [folder / "metadata.json", folder / "sentencepiece.model"]
    used += sorted(path for path in (folder / "model").rglob("*") if path.is_file())
    listed = "".join(f"{hash_file(path)}  {path.relative_to(folder).as_posix()}\n" for path in used)
    return hashlib.sha256(listed.encode()).hexdigest()


def hash_file(path: Path) -> str:
    """SHA-256 of a file; hard links of one file are read once."""
    status = path.stat()
    return _hash_inode(_Inode(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, path))


@dataclass(frozen=True, slots=True)
class _Inode:
    device: int
    number: int
    size: int
    modified: int
    path: Path = field(compare=False)


@lru_cache(maxsize=8192)
def _hash_inode(inode: _Inode) -> str:
    with inode.path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _verify(package: Package, locked: dict[str, dict[str, str]]) -> None:
    entry = locked.get(package.name)
    if entry is None or entry.get("version") != package.version:
        return
    if entry.get("model_sha256") != hash_file(package.model):
        raise BadPackage("model.bin is not the one that languages.lock records: install the package again")
    if entry.get("files_sha256") not in (None, hash_files(package.folder)):  # None: recorded before there was one
        raise BadPackage("its files are not those that languages.lock records: install the package again")


def _get_rank(package: Package) -> tuple[bool, tuple[int, ...], str]:
    numbers = tuple(int(number) for number in re.findall(r"\d{1,9}", package.version))
    return package.quality != "starter", numbers, package.folder.name


def _read_metadata(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > LONGEST_METADATA:
            raise BadPackage("metadata.json is too long")
        metadata = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BadPackage("has no metadata.json") from error
    except (OSError, ValueError, RecursionError) as error:
        raise BadPackage(f"metadata.json cannot be read: {error}") from error
    if not isinstance(metadata, dict):
        raise BadPackage("metadata.json is not an object")
    return metadata


def _read_word(metadata: dict[str, Any], key: str) -> str:
    value = metadata.get(key)
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}", value):
        raise BadPackage(f"metadata.json: {key} is missing or not a plain word")
    return value


def _read_code(metadata: dict[str, Any], key: str) -> str:
    code = _read_word(metadata, key)
    return _ARGOS_CODES.get(code) or normalise(code)


def _check_files(folder: Path) -> None:
    if not (folder / "model" / "model.bin").is_file():
        raise BadPackage("has no model/model.bin")
    if (folder / "sentencepiece.model").is_file():
        return
    if (folder / "bpe.model").is_file():
        raise BadPackage("cuts words by BPE (bpe.model), which Karvan does not read; SentencePiece packages work")
    raise BadPackage("has no sentencepiece.model")
