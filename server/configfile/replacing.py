"""A file takes the place of another one, whole or not at all: written beside it, on disk, then renamed."""

import os
import tempfile
from pathlib import Path


def write_beside(path: Path, text: str) -> Path:
    """A file beside the real one, on disk, that can take its place. Raises OSError."""
    target = path.resolve()
    number, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(number, "w", encoding="utf-8", newline="") as file:
            os.fchmod(file.fileno(), target.stat().st_mode & 0o777)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        Path(name).unlink()
        raise
    return Path(name)


def replace_file(path: Path, beside: Path) -> None:
    """Raises OSError."""
    target = path.resolve()
    beside.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
