"""What a backup says of itself. It is the first file in it, so that nothing has to be unpacked to see what it is."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter, ValidationError

FORMAT = 1
NAME = "manifest.json"
LONGEST = 16_000_000  # bytes


class BackupFault(Exception):
    """The backup cannot be made, or is not one that can be brought back"""


@dataclass(frozen=True, slots=True)
class Packed:
    """A language package that was installed. `is_included`: it is in the backup."""

    name: str
    version: str
    direction: str
    sha256: str
    is_included: bool


@dataclass(frozen=True, slots=True)
class Manifest:
    """`schema`: of the database. `files` and `bytes`: of all that is in the bundle between this and SHA256SUMS.

    `missing`: pictures that the database refers to and that were not there when the backup was made. `skipped`: files
    among the language packages whose names no backup can hold.
    """

    karvan: str
    schema: int
    made_at: datetime
    tag: str
    articles: int
    versions: int
    uploads: int
    keys: int
    last_change: int
    files: int
    bytes: int
    packages: tuple[Packed, ...] = ()
    missing: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    format: int = FORMAT


_MANIFEST = TypeAdapter(Manifest)
_FORMAT = TypeAdapter(dict[str, object])


def dump_manifest(manifest: Manifest) -> bytes:
    return _MANIFEST.dump_json(manifest, indent=2) + b"\n"


def load_manifest(content: bytes) -> Manifest:
    """Raises BackupFault, for a format that we do not know with its number."""
    try:
        number = _FORMAT.validate_json(content).get("format")
        if number != FORMAT:
            raise BackupFault(f"it is a backup of format {number}, this Karvan reads format {FORMAT}: use a newer one")
        return _MANIFEST.validate_json(content)
    except ValidationError as error:
        raise BackupFault("it is no backup of Karvan: its manifest cannot be read") from error
