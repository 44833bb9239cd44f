"""The Argos package index: a JSON list of packages and where their archives lie."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from translators import Direction, TranslationError
from translators.languages import is_tag, normalise

Fetch = Callable[[str, Path], None]
"""Downloads an http(s) address into a file; given by the caller, because nothing here goes to the network."""

LONGEST_INDEX = 16 << 20


class BadPair(TranslationError, ValueError):
    """That is not a pair of languages."""


class BadIndex(TranslationError):
    """The package index cannot be used."""


class NotInIndex(TranslationError):
    """The package index has no such pair of languages."""


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """One package of the index; `links` as the index has them, so relative ones are possible."""

    direction: Direction
    version: str
    links: tuple[str, ...]


def parse_pair(pair: str) -> Direction:
    """'en-tr' → Direction. Raises BadPair when it is not two language tags (zh-Hant has no pair name)."""
    source, _, target = pair.partition("-")
    if "-" in target or not (is_tag(source) and is_tag(target)):
        raise BadPair(f"{pair[:64]!r} is not a pair of languages such as en-tr")
    return Direction(normalise(source), normalise(target))


def find_index_entry(index: str, pair: str) -> IndexEntry:
    """The newest package of a pair ('en-tr') in the index's JSON text. Raises BadIndex, NotInIndex, BadPair."""
    wanted = parse_pair(pair)
    try:
        rows = json.loads(index)
    except (ValueError, RecursionError) as error:
        raise BadIndex(f"the package index is not JSON: {error}") from error
    if not isinstance(rows, list):
        raise BadIndex("the package index is not a list")
    found = [entry for row in rows if (entry := _read_row(row)) and entry.direction == wanted]
    if not found:
        raise NotInIndex(f"the package index has no package for {wanted}")
    return max(found, key=lambda entry: [int(number) for number in re.findall(r"\d{1,9}", entry.version)])


def read_index(address: str, folder: Path, fetch: Fetch) -> str:
    """The index's text, from a path, a file: or an http(s) address; `folder` takes the download."""
    path = get_local(address)
    if path is None:
        path = folder / "index.json"
        fetch(address, path)
    try:
        if path.stat().st_size > LONGEST_INDEX:
            raise BadIndex(f"the package index {address} is too long")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadIndex(f"the package index {address} cannot be read: {error}") from error


def fetch_archive(entry: IndexEntry, address: str, folder: Path, fetch: Fetch) -> Path:
    """The entry's archive on disk: its first http(s), file or relative link, seen from the index's `address`."""
    for link in entry.links:
        place = _resolve(link, address)
        if place is None:
            continue
        local = get_local(place)
        if local is not None:
            return local
        path = folder / f"translate-{entry.direction.source}_{entry.direction.target}.argosmodel"
        fetch(place, path)
        return path
    raise BadIndex(f"the package index gives no usable link for {entry.direction}")


def get_local(address: str) -> Path | None:
    """The path of a path or a file: address; None for http and https. Raises BadIndex for other schemes."""
    parts = urlsplit(address)
    if parts.scheme in ("http", "https"):
        return None
    if parts.scheme == "file":
        return Path(unquote(parts.path))
    if "://" in address:
        raise BadIndex(f"{address}: only paths, file:, http: and https: addresses are followed")
    return Path(address)


def _resolve(link: str, address: str) -> str | None:
    scheme = urlsplit(link).scheme
    remote = get_local(address) is None
    if scheme in ("http", "https"):
        return link
    if remote:  # an index from the network may not point at files of this machine
        return None if scheme else urljoin(address, link)
    if scheme == "file":
        return link
    if scheme:  # ipfs: and others
        return None
    base = get_local(address)
    return str(base.parent / link) if base else None


def _read_row(row: object) -> IndexEntry | None:
    """None for rows that are no translation package: the index is other people's, one odd row must not spoil it."""
    if not isinstance(row, dict) or row.get("type", "translate") != "translate":
        return None
    source, target, version, links = (row.get(key) for key in ("from_code", "to_code", "package_version", "links"))
    if not (isinstance(source, str) and isinstance(target, str) and isinstance(version, str)):
        return None
    if not isinstance(links, list):
        return None
    try:
        direction = Direction(normalise(source), normalise(target))
    except ValueError:
        return None
    return IndexEntry(direction, version, tuple(link for link in links if isinstance(link, str)))
