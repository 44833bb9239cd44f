"""A file is read as it stands, and another text takes its place, whole or not at all: written beside it, on disk, then
renamed. A byte order mark stays where there is one, and is no part of the text.
"""

import codecs
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path


def read_text(path: Path) -> str:
    """With its line ends as they are. Raises OSError, UnicodeDecodeError."""
    return path.read_bytes().decode("utf-8-sig")


@dataclass(slots=True)
class Replacement:
    """The old and the new text on disk beside the file, so that either can take its place although the disk is full."""

    file: Path
    text: str
    new: Path
    old: Path
    is_made: bool = False

    def make(self) -> None:
        """Only renames: `sync` sees to it that the disk knows. Raises OSError."""
        self.new.replace(self.file)
        self.is_made = True

    def sync(self) -> None:
        """Raises OSError."""
        folder = os.open(self.file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def undo(self) -> None:
        """The old text once more, unless somebody has written something else since. Raises OSError."""
        if self.is_made and self.file.read_bytes().decode("utf-8-sig", "replace") == self.text:
            self.old.replace(self.file)
            self.sync()

    def clear(self) -> None:
        """Whatever came of it, nothing stays beside the file."""
        for path in (self.new, self.old):
            path.unlink(missing_ok=True)


def prepare_replacement(path: Path, old: str, new: str) -> Replacement:
    """Raises OSError."""
    file = path.resolve()
    beside = _write_beside(file, new)
    try:
        return Replacement(file, new, beside, _write_beside(file, old))
    except BaseException:
        beside.unlink()
        raise


def _write_beside(file: Path, text: str) -> Path:
    """On disk, with the rights and the byte order mark of the file."""
    number, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    try:
        with os.fdopen(number, "wb") as beside, file.open("rb") as there:
            os.fchmod(beside.fileno(), os.fstat(there.fileno()).st_mode & 0o777)
            beside.write(codecs.BOM_UTF8 if there.read(3) == codecs.BOM_UTF8 else b"")
            beside.write(text.encode())
            beside.flush()
            os.fsync(beside.fileno())
    except BaseException:
        Path(name).unlink()
        raise
    return Path(name)
