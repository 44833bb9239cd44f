"""Files ↔ one tar, plain or compressed by zstd. Anybody can unpack it with tar; we read no more of tar than we write.

Reading trusts nothing: only plain files are taken, under names that NAMES knows, none twice, no more of them and no
more bytes than the manifest says; headers that could make a reader allocate (long names, pax) are refused.
"""

import hashlib
import io
import re
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import zstandard

from server.backups import manifest as described
from server.backups.manifest import BackupFault, Manifest, load_manifest
from server.store.snapshot import Progress

SUMS = "SHA256SUMS"
CHUNK = 1 << 20
BLOCK = tarfile.BLOCKSIZE
LONGEST_NAME = 100  # bytes: what a plain header holds
MOST_FILES = 4_000_000
LONGEST_SUMS = 1_000_000_000  # bytes
MOST_RATIO, SPARE = 1_000, 100_000_000  # of what is packed to its bundle; bytes that may be more
ZSTD = b"\x28\xb5\x2f\xfd"
LEVEL = 3

_PART = r"[\w+@-][\w+@. -]*"  # of a path: no part begins with a point
NAMES = re.compile(
    rf"karvan\.db|config\.toml|media/[0-9a-f]{{2}}/[0-9a-f]{{64}}/[\w-]+(\.jpg)?|packages(/{_PART})+", re.ASCII
)
Report = Callable[[int], None]  # so many bytes more are done


def is_fitting(name: str) -> bool:
    """Whether a file of this name can be in a bundle."""
    return len(name) <= LONGEST_NAME and NAMES.fullmatch(name) is not None


def count_up(tell: Progress, total: int) -> Report:
    """Bytes one after the other → how far it is."""
    done = 0

    def count(size: int) -> None:
        nonlocal done
        done += size
        tell(done, total)

    return count


class Writer:
    """Writes a bundle, file after file; `finish` makes it whole."""

    def __init__(self, target: BinaryIO, *, compressed: bool, report: Report) -> None:
        self._stream = (
            zstandard.ZstdCompressor(LEVEL, write_checksum=True).stream_writer(target, closefd=False)
            if compressed
            else target
        )
        self._is_compressed, self._report = compressed, report
        self._sums: list[str] = []

    def add(self, name: str, content: BinaryIO, size: int, made: float) -> None:
        """Raises BackupFault for a file that is not as long as it was a moment ago."""
        if not (name in (described.NAME, SUMS) or is_fitting(name)) or len(self._sums) > MOST_FILES:
            raise BackupFault(f"{name} cannot be put into a backup: its name, or one file too many")
        head = tarfile.TarInfo(name)
        head.size, head.mtime, head.mode = size, int(made), 0o600
        self._stream.write(head.tobuf(tarfile.GNU_FORMAT))
        digest, left = hashlib.sha256(), size
        while left:
            piece = content.read(min(CHUNK, left))
            if not piece:
                raise BackupFault(f"{name} became shorter while it was copied: try again")
            digest.update(piece)
            self._stream.write(piece)
            left -= len(piece)
            self._report(len(piece))
        self._stream.write(bytes(-size % BLOCK))
        self._sums.append(f"{digest.hexdigest()}  {name}\n")

    def finish(self, made: float) -> None:
        sums = "".join(self._sums).encode()
        self.add(SUMS, io.BytesIO(sums), len(sums), made)
        self._stream.write(bytes(2 * BLOCK))
        if self._is_compressed:
            self._stream.close()


Take = Callable[[str, int], BinaryIO | None]  # name and size → where the content goes, None: nowhere


def read_manifest(file: Path) -> Manifest:
    """What a bundle says of itself, without reading the rest. Raises BackupFault, OSError."""
    with _opened(file) as stream:
        return _read_manifest(stream, file.stat().st_size)[0]


def read_bundle(file: Path, take: Take, report: Report) -> Manifest:
    """Read all of a bundle and give its files away, each closed when it is whole. Raises BackupFault, OSError.

    What was taken counts only when this returns: then every file is as its hash says, and none is left out.
    """
    with _opened(file) as stream:
        manifest, sum_ = _read_manifest(stream, file.stat().st_size)
        found, left = {described.NAME: sum_}, manifest.bytes
        while (head := _read_head(stream)) is not None:
            name, size = head
            if name == SUMS:
                _check_sums(_read(stream, min(size, LONGEST_SUMS), size), found)
                if len(found) - 1 != manifest.files or left:
                    raise BackupFault("it does not hold what its manifest says")
                return manifest
            left -= size
            if not NAMES.fullmatch(name) or name in found or left < 0 or len(found) > manifest.files:
                raise BackupFault(f"it holds {name[:100]!r}, which does not belong there")
            found[name] = _copy(stream, size, take(name, size), report)
    raise BackupFault("it is not whole: it has no SHA256SUMS at its end")


@contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    with file.open("rb") as raw:
        is_compressed = raw.read(len(ZSTD)) == ZSTD
        raw.seek(0)
        try:
            yield zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(raw) if is_compressed else raw
        except zstandard.ZstdError as error:
            raise BackupFault(f"it is damaged: {error}") from error


def _read_manifest(stream: BinaryIO, packed: int) -> tuple[Manifest, str]:
    """With its SHA-256. `packed`: the size of the bundle."""
    head = _read_head(stream)
    if head is None or head[0] != described.NAME:
        raise BackupFault("it is no backup of Karvan: it does not begin with a manifest")
    content = _read(stream, described.LONGEST, head[1])
    manifest = load_manifest(content)
    if manifest.files > MOST_FILES or manifest.bytes > SPARE + MOST_RATIO * packed:
        raise BackupFault("it says that it holds more than there can be in it")
    return manifest, hashlib.sha256(content).hexdigest()


def _read_head(stream: BinaryIO) -> tuple[str, int] | None:
    """Name and size of the next file; None at the end."""
    block = _read_exactly(stream, BLOCK)
    if not any(block):
        return None
    try:
        head = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError as error:
        raise BackupFault("it is no backup of Karvan, or damaged") from error
    if head.type != tarfile.REGTYPE or head.size < 0:
        raise BackupFault(f"it holds {head.name[:100]!r}, which is no plain file")
    return head.name, head.size


def _read(stream: BinaryIO, most: int, size: int) -> bytes:
    if size > most:
        raise BackupFault("it is no backup of Karvan: what describes it is too long")
    content = io.BytesIO()
    _copy(stream, size, content, lambda _: None, closes=False)
    return content.getvalue()


def _copy(stream: BinaryIO, size: int, target: BinaryIO | None, report: Report, *, closes: bool = True) -> str:
    """SHA-256 of the next so many bytes, which are written to `target`."""
    digest, left = hashlib.sha256(), size
    try:
        while left:
            piece = _read_exactly(stream, min(CHUNK, left))
            digest.update(piece)
            if target is not None:
                target.write(piece)
            left -= len(piece)
            report(len(piece))
        _read_exactly(stream, -size % BLOCK)
    finally:
        if target is not None and closes:
            target.close()
    return digest.hexdigest()


def _read_exactly(stream: BinaryIO, size: int) -> bytes:
    content = b""
    while len(content) < size:
        piece = stream.read(size - len(content))
        if not piece:
            raise BackupFault("it is not whole: it ends too early")
        content += piece
    return content


def _check_sums(content: bytes, found: dict[str, str]) -> None:
    lines = (line.partition("  ") for line in content.decode(errors="replace").splitlines())
    said = {name: digest for digest, _, name in lines}
    for name, digest in found.items():
        if said.get(name) != digest:
            raise BackupFault(f"it is damaged: {name} is not what was put into it")
    if len(said) != len(found):
        raise BackupFault("it is damaged: a file that was put into it is not there")
