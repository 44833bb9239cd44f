"""A destination that is a folder: a file per item, whole or not there, in the order of their names."""

import os
import re
from pathlib import Path

from server.delivery.parcels import Parcel


def make_file_name(parcel: Parcel, sequence: int) -> str:
    """Sorts by sequence: 000000000017.caravan-wire.one.en.json; what is gone says so."""
    item = parcel.items[0]
    media_type = parcel.document.media_type.partition(";")[0]
    suffix = "json" if media_type.endswith("json") else "atom" if "atom" in media_type else "xml"
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", item.name.partition("/")[2])[:80]
    end = "" if item.state == "usable" else ".withdrawn"
    return f"{sequence:012d}.{item.name.partition('/')[0]}.{name}.{item.text[1]}{end}.{suffix}"


def write_file(folder: Path, parcel: Parcel, sequence: int) -> None:
    """Put it there for good before this returns. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    name = make_file_name(parcel, sequence)
    beside = folder / f".{name}.new"
    with beside.open("wb") as file:
        file.write(parcel.document.body)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(folder / name)
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
