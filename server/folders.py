"""Folders and files that others on the machine may not look into, made where there are none; what is there stays as it
is. The group may, where the folder around is one that a group shares.
"""

import os
import stat
from pathlib import Path


def make_private_folder(path: Path) -> None:
    """Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        path.mkdir(exist_ok=True)  # raises where it is a file
        return
    if _is_shared(path.parent):
        path.chmod(stat.S_IMODE(path.stat().st_mode) | 0o070)


def make_private_file(path: Path) -> None:
    """An empty one. Raises OSError."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return
    if _is_shared(path.parent):
        path.chmod(0o660)


def _is_shared(folder: Path) -> bool:
    """Whether its group may write, but not everybody."""
    mode = folder.stat().st_mode
    return bool(mode & stat.S_IWGRP) and not mode & stat.S_IWOTH
