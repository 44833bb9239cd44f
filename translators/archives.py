"""Archives of packages (.argosmodel is a zip): looked at whole before the first byte is unpacked."""

import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from translators import TranslationError

MOST_MEMBERS = 2_000
MOST_BYTES = 8 << 30
MOST_DIRECTORY = 1 << 20  # bytes of the list of members, which zipfile reads whole
MOST_EXPANSION = 100  # unpacked to packed; models hardly shrink, so this is far off
_CHUNK = 1 << 20

Progress = Callable[[int, int], None]
"""Called with the bytes done and the bytes in all."""


class BadArchive(TranslationError):
    """The package's archive is not acceptable."""


def check_archive(archive: zipfile.ZipFile, size: int) -> str:
    """The name of the archive's one top folder. `size` is the archive's own. Raises BadArchive with the reason."""
    members = archive.infolist()
    if not 0 < len(members) <= MOST_MEMBERS:
        raise BadArchive(f"holds {len(members)} members; between 1 and {MOST_MEMBERS} are accepted")
    total = sum(member.file_size for member in members)
    if total > MOST_BYTES:
        raise BadArchive(f"would unpack to {total} bytes; at most {MOST_BYTES} are accepted")
    if total > MOST_EXPANSION * max(size, 4_096):
        raise BadArchive(f"would unpack to {total // max(size, 1)} times its size")
    for member in members:
        _check_member(member)
    names = [member.filename.rstrip("/") for member in members]
    if len(set(names)) != len(names):
        raise BadArchive("holds a path twice")
    tops = {PurePosixPath(name).parts[0] for name in names}
    loose = [member.filename for member in members if "/" not in member.filename]
    if len(tops) != 1 or loose:
        raise BadArchive(f"must hold one folder and nothing beside it, holds {', '.join(sorted(tops)[:5])}")
    return tops.pop()


def _check_directory(path: Path) -> None:
    """Refuse an endless list of members before it is read (APPNOTE 4.3.14, 4.3.16: sizes in the last records)."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 66_000))
        tail = file.read()
    sizes = [0]
    for mark, form, at in ((b"PK\x05\x06", "<L", 12), (b"PK\x06\x06", "<Q", 40)):
        place = tail.rfind(mark)
        if place >= 0 and len(tail) >= place + at + 8:
            sizes += struct.unpack_from(form, tail, place + at)
    if max(each for each in sizes if each != 0xFFFFFFFF) > MOST_DIRECTORY:
        raise BadArchive(f"has a list of members of more than {MOST_DIRECTORY} bytes")


def _check_member(member: zipfile.ZipInfo) -> None:
    # orig_filename is what the archive says; zipfile silently cuts it at NUL and turns backslashes.
    path = member.orig_filename
    kind = stat.S_IFMT(member.external_attr >> 16)
    if not path or re.search(r"[\x00-\x1f\\:]", path):
        raise BadArchive(f"member {path!r} has a name that is not accepted")
    if path.startswith("/") or any(part in ("", ".", "..") for part in path.rstrip("/").split("/")):
        raise BadArchive(f"member {path!r} would leave its folder")
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise BadArchive(f"member {path!r} is neither file nor folder")
    if member.flag_bits & 1:
        raise BadArchive(f"member {path!r} is encrypted")


def unpack_archive(path: Path, target: Path, *, progress: Progress | None = None) -> Path:
    """Check the archive, unpack it below the folder `target` and give back its top folder, synced to disk."""
    try:
        _check_directory(path)
        with zipfile.ZipFile(path) as archive:
            top = check_archive(archive, path.stat().st_size)
            members = archive.infolist()
            total, done = sum(member.file_size for member in members), 0
            for member in members:
                done = _unpack_member(archive, member, target, done, total, progress)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError, zlib.error) as error:
        raise BadArchive(f"is not a sound zip archive: {error}") from error
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise BadArchive("uses one path as file and as folder") from error
    return target / top


def _unpack_member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, done: int, total: int, progress: Progress | None
) -> int:
    place = target / member.filename
    if member.is_dir():
        place.mkdir(parents=True, exist_ok=True)
        return done
    place.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(member) as packed, place.open("xb") as plain:
        while chunk := packed.read(_CHUNK):
            plain.write(chunk)
            done += len(chunk)
            if progress:
                progress(done, total)
        plain.flush()
        os.fsync(plain.fileno())
    return done
