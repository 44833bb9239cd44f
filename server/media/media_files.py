"""The files of uploaded pictures: named by the SHA-256 of what was uploaded, whole or not at all, on disk when told so.

media/incoming/…              what is being uploaded
media/ab/ab12…/upload         what was uploaded; never served
media/ab/ab12…/{name}.jpg     what was made of it
media.lock                    held while files are copied: none is removed then
"""

import asyncio
import fcntl
import hashlib
import os
import shutil
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from server.folders import make_private_folder

CHUNK = 1 << 20  # bytes that go to the disk at once
HEAD = 16  # bytes that tell formats apart


@dataclass(frozen=True, slots=True)
class Incoming:
    """A file that has come in whole and is safely on disk. `head` is its first bytes."""

    path: Path
    sha256: str
    size: int
    head: bytes


@dataclass(frozen=True, slots=True)
class MediaFolder:
    """The folder `media` in the data folder."""

    path: Path

    @contextmanager
    def _locked(self, how: int) -> Iterator[None]:
        """Opened for reading: whoever made the file, the others can lock it. Raises BlockingIOError."""
        number = os.open(self.path.with_name(f"{self.path.name}.lock"), os.O_RDONLY | os.O_CREAT, 0o644)
        try:
            fcntl.flock(number, how)
            yield
        finally:
            os.close(number)

    def locate(self, sha256: str, file: str) -> Path:
        """Where a file of an upload is, or would be."""
        return self.path / sha256[:2] / sha256 / file

    def clear_incoming(self) -> None:
        """Remove what was being uploaded when an earlier process ended: nobody was told that it is safe."""
        shutil.rmtree(self.path / "incoming", ignore_errors=True)

    @asynccontextmanager
    async def receive(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[Incoming]:
        """Take a file in, piece by piece; within the block it may be kept, else it is gone at its end."""
        path = self.path / "incoming" / uuid.uuid4().hex
        make_private_folder(self.path)
        path.parent.mkdir(exist_ok=True)
        try:
            yield await _write(path, chunks)
        finally:
            path.unlink(missing_ok=True)

    def keep(self, incoming: Incoming) -> None:
        """Put a file in its place, if it is not there already; after this it survives a loss of power."""
        place = self.locate(incoming.sha256, "upload")
        if place.exists():
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        incoming.path.rename(place)
        for folder in (place.parent, place.parent.parent, self.path, self.path.parent):
            sync_folder(folder)

    def drop(self, sha256: str) -> bool:
        """Remove an upload and all that was made of it. False: not now, they are held."""
        folder = self.locate(sha256, "upload").parent
        if not folder.exists():
            return True
        try:
            with self._locked(fcntl.LOCK_EX | fcntl.LOCK_NB):
                shutil.rmtree(folder, ignore_errors=True)
        except BlockingIOError:
            return False
        return True

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nothing is dropped meanwhile, by any process: what the database refers to now can be copied in peace."""
        with self._locked(fcntl.LOCK_SH):
            yield


async def _write(path: Path, chunks: AsyncIterator[bytes]) -> Incoming:
    digest, size, head, waiting = hashlib.sha256(), 0, b"", bytearray()
    with path.open("xb") as file:
        async for chunk in chunks:
            waiting += chunk
            head += bytes(chunk[: max(0, HEAD - len(head))])
            if len(waiting) >= CHUNK:
                size += await asyncio.to_thread(_append, file.fileno(), digest, bytes(waiting))
                waiting.clear()
        size += await asyncio.to_thread(_append, file.fileno(), digest, bytes(waiting))
        await asyncio.to_thread(os.fsync, file.fileno())
    return Incoming(path, digest.hexdigest(), size, head)


def _append(file: int, digest: "hashlib._Hash", content: bytes) -> int:
    digest.update(content)
    left = memoryview(content)
    while left:
        left = left[os.write(file, left) :]
    return len(content)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder safe."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
