"""A running server's data folder → a bundle. It has its name only when it is whole, looked over and on disk.

  pictures held ─→ snapshot of the database, checked ─→ bundle beside the target ─→ read again ─→ renamed ─→ older go

Pictures are held first, so that no file goes away that the snapshot refers to; those that came later are not in it.
"""

import contextlib
import errno
import fcntl
import hashlib
import io
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version as get_version
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from server.backups import manifest as described
from server.backups.bundle import CHUNK, Writer, count_up, is_fitting, read_bundle
from server.backups.manifest import BackupFault, Manifest, Packed, dump_manifest
from server.media.media_files import MediaFolder, sync_folder
from server.store import snapshot
from translators.lockfile import BadLock, read_lock

OWN_NAME = re.compile(r"karvan-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.tar(\.zst)?")
SUFFIXES = (".tar", ".tar.zst")
UNDER_WAY = ".part"

Stage = Callable[[str], snapshot.Progress]  # what begins → what is told how far it is


@dataclass(frozen=True, slots=True)
class Kept:
    """What there is to keep, and where. `tag` is that of the server."""

    database: Path
    data: Path
    config: Path
    tag: str

    @property
    def media(self) -> MediaFolder:
        return MediaFolder(self.data / "media")

    @property
    def packages(self) -> Path:
        return self.data / "packages"


@dataclass(frozen=True, slots=True)
class Made:
    """A backup. `sha256` and `size`: of the file itself, where it is one; `removed`: older ones that went for it."""

    manifest: Manifest
    path: Path | None
    size: int
    sha256: str
    removed: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class _Planned:
    """A file of the bundle."""

    name: str
    path: Path
    size: int


def find_database(url: str, data: Path) -> Path:
    """The file of the configuration's database, where it really is. Raises BackupFault where it is none."""
    if not url:
        return (data / "karvan.db").resolve()
    try:
        file = make_url(url).database if url.startswith("sqlite") else None
    except (ArgumentError, ValueError) as error:
        raise BackupFault(f"database.url is no address of a database: {error}") from error
    if not file:
        raise BackupFault("the database is no SQLite file: back it up with its own tools")
    return Path(file).resolve()


def name_backup(folder: Path, now: datetime) -> Path:
    return folder / f"karvan-{now:%Y-%m-%dT%H-%M-%S}.tar.zst"


@contextmanager
def room_named(folder: Path) -> Iterator[None]:
    """A full disk is said by the folder's name. Raises BackupFault."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        raise BackupFault(f"{folder} is full: {error.strerror}; nothing was left there") from error


def make_backup(kept: Kept, target: Path, now: datetime, stage: Stage, *, with_languages: bool) -> Made:
    """Make the file `target`, or put it in the place of one. Raises BackupFault, DatabaseDamaged, OSError."""
    folder = target.parent
    with room_named(folder), _under_way(folder / f".karvan-{os.getpid()}-{target.name}{UNDER_WAY}") as part:
        with part.open("r+b") as file:
            compressed = target.suffix == ".zst"
            manifest = pack(kept, file, folder, now, stage, compressed=compressed, with_languages=with_languages)
            file.flush()
            os.fsync(file.fileno())
        read_bundle(part, lambda *_: None, count_up(stage("reading it again"), manifest.bytes))
        sha256, size = hash_file(part), part.stat().st_size
        part.replace(target)
        sync_folder(folder)
    return Made(manifest, target, size, sha256)


def pack(
    kept: Kept, file: BinaryIO, folder: Path, now: datetime, stage: Stage, *, compressed: bool, with_languages: bool
) -> Manifest:
    """Write a bundle. The snapshot of the database stands in `folder` meanwhile. Raises as `make_backup`."""
    for place in {folder, kept.data}:
        _remove_left(place)
    with kept.media.held(), _under_way(folder / f".karvan-{os.getpid()}.db{UNDER_WAY}") as copy:
        snapshot.copy_database(kept.database, copy, stage("copying the database"))
        stage("checking the copy")
        snapshot.check_database(copy)
        config = kept.config.read_bytes()
        planned, missing = _plan(kept, copy)
        packages, skipped = _plan_packages(kept.packages) if with_languages else ([], [])
        planned += packages
        manifest = Manifest(
            karvan=get_version("karvan"),
            made_at=now,
            tag=kept.tag,
            files=len(planned) + 1,
            bytes=sum(one.size for one in planned) + len(config),
            packages=tuple(_list_packages(kept, with_languages=with_languages)),
            missing=tuple(missing),
            skipped=tuple(skipped),
            **snapshot.count_all(copy),
        )
        report = count_up(stage("packing"), manifest.bytes)
        writer, made = Writer(file, compressed=compressed, report=report), now.timestamp()
        for name, content in ((described.NAME, dump_manifest(manifest)), ("config.toml", config)):
            writer.add(name, io.BytesIO(content), len(content), made)
        for one in planned:
            with one.path.open("rb") as content_of:
                writer.add(one.name, content_of, one.size, made)
        writer.finish(made)
    return manifest


def _plan(kept: Kept, copy: Path) -> tuple[list[_Planned], list[str]]:
    """Database and pictures, and the names of those that ought to be there."""
    planned, missing = [_Planned("karvan.db", copy, copy.stat().st_size)], []
    for sha256, file in snapshot.list_media(copy):
        path = kept.media.locate(sha256, file)
        name = f"media/{path.relative_to(kept.media.path).as_posix()}"
        try:
            planned.append(_Planned(name, path, path.stat().st_size))
        except FileNotFoundError:
            missing.append(name)
    return planned, missing


def _plan_packages(folder: Path) -> tuple[list[_Planned], list[str]]:
    """The files of language packages, and those whose names do not fit; hidden ones are half a package."""
    planned, skipped = [], []
    for path in sorted(folder.rglob("*")):
        inner = path.relative_to(folder)
        if any(part.startswith(".") for part in inner.parts) or not path.is_file():
            continue
        name = f"packages/{inner.as_posix()}"
        if is_fitting(name):
            planned.append(_Planned(name, path, path.stat().st_size))
        else:
            skipped.append(name.encode(errors="backslashreplace").decode())
    return planned, skipped


def read_installed(packages: Path) -> tuple[dict[str, dict[str, str]], str]:
    """Name of an installed package → what is recorded of it; none, and why, where that cannot be read."""
    try:
        return read_lock(packages), ""
    except BadLock as error:
        return {}, str(error)


def _list_packages(kept: Kept, *, with_languages: bool) -> Iterator[Packed]:
    for name, entry in sorted(read_installed(kept.packages)[0].items()):
        version, direction, sha256 = (str(entry.get(word) or "") for word in ("version", "direction", "model_sha256"))
        yield Packed(name, version, direction, sha256, with_languages)


@contextmanager
def _under_way(path: Path) -> Iterator[Path]:
    """A file that nobody else may read, that is gone at the end, and that is known as left when its maker dies."""
    path.unlink(missing_ok=True)
    number = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        fcntl.flock(number, fcntl.LOCK_EX)
        yield path
    finally:
        os.close(number)
        for name in (path.name, *(path.name + end for end in snapshot.BESIDE)):
            path.with_name(name).unlink(missing_ok=True)


def _remove_left(folder: Path) -> None:
    """Remove what a backup has left that was killed; one that is under way holds its files."""
    for path in sorted(folder.glob(f".karvan-*{UNDER_WAY}*")):
        held = path.with_name(path.name.rpartition(UNDER_WAY)[0] + UNDER_WAY)  # for what lies beside a database, too
        with contextlib.suppress(OSError), held.open("rb") if held.exists() else contextlib.nullcontext() as file:
            if file is not None:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()


def remove_older(folder: Path, newest: Path, keep: int) -> tuple[Path, ...]:
    """Remove backups of our naming but the newest so many; `newest` is one of them."""
    older = sorted(one for one in folder.iterdir() if OWN_NAME.fullmatch(one.name) and one.name < newest.name)
    gone = tuple(older[: max(0, len(older) - (keep - 1))])
    for path in gone:
        path.unlink()
    sync_folder(folder)
    return gone


def hash_file(path: Path) -> str:
    with path.open("rb") as file:
        digest = hashlib.sha256()
        while piece := file.read(CHUNK):
            digest.update(piece)
    return digest.hexdigest()


def check_target(target: Path) -> None:
    """Raises BackupFault for a file that we would not have made."""
    if not target.name.endswith(SUFFIXES):
        raise BackupFault(f"{target}: there is no such folder, and a backup is called ….tar or ….tar.zst")
    if not target.parent.is_dir():
        raise BackupFault(f"{target.parent}: there is no such folder")
