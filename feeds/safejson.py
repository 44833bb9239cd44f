"""The only JSON parser: UTF-8, bounded size and depth, no name twice in one object."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import orjson

from feeds.faults import Fault, InvalidDocument, MalformedDocument

MAX_DEPTH = 32
MAX_BYTES = 8_000_000
MAX_VALUES = 50_000


def parse_json(body: bytes, what: str) -> dict[str, Any]:
    """The members of the root, which must be an object; `what` names it to its sender.

    Raises MalformedDocument, InvalidDocument.
    """
    if len(body) > MAX_BYTES:
        raise MalformedDocument(f"{len(body):,} bytes of JSON; at most {MAX_BYTES:,} are read")
    try:
        root = orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise MalformedDocument(f"not JSON in UTF-8: {error}") from None
    if not isinstance(root, dict):
        raise InvalidDocument((Fault("", f"{what} is a JSON object"),))
    _check_shape(root)
    # Again, only for the names: orjson takes the last of two. Numbers are not read, some would take long.
    json.loads(body.decode("utf-8-sig"), object_pairs_hook=_check_names, parse_int=len, parse_float=len)
    return root


def _check_names(members: list[tuple[str, Any]]) -> None:
    """A name that stands twice means one thing to one reader, another to the next (RFC 8259 §4)."""
    if len(members) > len(dict(members)):
        [(twice, _)] = Counter(name for name, _ in members).most_common(1)
        raise MalformedDocument(f"the property {twice[:80]!r} stands more than once in one object")


def _check_shape(root: dict[str, Any]) -> None:
    level: list[Any] = [root]
    values = 0
    for _ in range(MAX_DEPTH):
        values += sum(len(value) for value in level)
        if values > MAX_VALUES:
            raise MalformedDocument(f"more than {MAX_VALUES:,} values in one JSON document")
        level = [child for value in level for child in _list_children(value)]
    if level:
        raise MalformedDocument(f"JSON nested more than {MAX_DEPTH} levels deep")


def _list_children(value: Any) -> Iterator[Any]:
    children = value.values() if isinstance(value, dict) else value
    return (child for child in children if isinstance(child, dict | list))
