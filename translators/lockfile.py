"""languages.lock: which packages were installed, and the SHA-256 by which each is known again.

A JSON text in the packages folder: {"packages": {name: {version, direction, archive_sha256, model_sha256, files_sha256,
installed_at}}}; the starter has no archive. What was removed stays known, with `removed_at`. It is written whole and at
once, so a reader never sees half of it.
"""

import json
import os
from pathlib import Path

from translators import TranslationError

NAME = "languages.lock"


class BadLock(TranslationError):
    """languages.lock cannot be read."""


def read_lock(directory: Path) -> dict[str, dict[str, str]]:
    """Name of an installed package → what is recorded of it; empty when there is no lock yet. Raises BadLock."""
    return {name: entry for name, entry in read_records(directory).items() if "removed_at" not in entry}


def read_records(directory: Path) -> dict[str, dict[str, str]]:
    """The same with packages that were removed. Raises BadLock."""
    try:
        content = json.loads((directory / NAME).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise BadLock(f"{directory / NAME} cannot be read: {error}") from error
    packages = content.get("packages") if isinstance(content, dict) else None
    if not isinstance(packages, dict) or not all(isinstance(entry, dict) for entry in packages.values()):
        raise BadLock(f'{directory / NAME}: must hold {{"packages": {{name: {{…}}}}}}')
    return packages


def write_lock(directory: Path, packages: dict[str, dict[str, str]]) -> None:
    """Replace the lock file."""
    text = json.dumps({"packages": packages}, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    fresh = directory / f".{NAME}.new"
    with fresh.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(directory / NAME)
    sync_folder(directory)


def sync_folder(folder: Path) -> None:
    """Make the folder's names safe on disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
