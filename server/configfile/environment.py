"""KARVAN_SECTION__NAME: what the environment says of single options, put over what the file says.

How a text is read is decided by the option: as a TOML value where the option takes that, else as the text that it is.
"""

import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Union, get_args, get_origin

import tomli
from pydantic import BaseModel, TypeAdapter, ValidationError

from server.config import Config

Place = tuple[str | int, ...]  # the path of an option: ("routes", 0, "when")
PREFIX = "KARVAN_"


class Unreachable(Exception):
    """The variable names nothing that can be set."""

    def __init__(self, variable: str, reason: str) -> None:
        super().__init__(f"{variable}: {reason}")
        self.variable, self.reason = variable, reason


def override(values: dict[str, Any], environment: Mapping[str, str]) -> Iterator[tuple[Place, str]]:
    """Set what the variables say; yields (path of the option or of a new table, variable). Raises Unreachable."""
    for variable, text in sorted(environment.items()):
        parts = variable.removeprefix(PREFIX).split("__")
        if not variable.startswith(PREFIX) or len(parts) < 2:
            continue
        if not _is_text(text):
            raise Unreachable(variable, "is not UTF-8")
        table: Any = values
        kind: Any = Config
        path: Place = ()
        for part in parts[:-1]:
            key, kind = _enter(part, table, kind)
            path = (*path, key)
            if _is_array_of_tables(kind):
                raise Unreachable(variable, f"{_name(path)} is an array of tables: only the file can set it")
            if key not in table:
                yield path, variable
            table = table.setdefault(key, {})
            if not isinstance(table, dict):
                raise Unreachable(variable, f"{_name(path)} is no section")
        key, kind = _enter(parts[-1], table, kind)
        if _is_array_of_tables(kind):
            raise Unreachable(variable, f"{_name((*path, key))} is an array of tables: only the file can set it")
        table[key] = _read(text, kind)
        yield (*path, key), variable


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _enter(part: str, table: Mapping[str, Any], kind: Any) -> tuple[str, Any]:
    """The key that a part of a variable's name means in a table of this type, and the type of what stands there.

    Names that are the operator's may have hyphens, which no variable can: an underscore means one.
    """
    plain, kind = part.lower(), _strip(kind)
    is_named_freely = get_origin(kind) is Mapping
    key = next((key for key in table if key.lower().replace("-", "_") == plain), None)
    key = key or (plain.replace("_", "-") if is_named_freely else plain)
    if is_named_freely:
        return key, get_args(kind)[1]
    fields = kind.model_fields if _is_table(kind) else {}
    field = next((field for name, field in fields.items() if key == (field.alias or name)), None)
    if field is None:
        return key, None
    return key, Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation


def _strip(annotation: Any) -> Any:
    """A section or mapping that may be None, or is annotated, as what it is; anything else as it stands."""
    if hasattr(annotation, "__metadata__"):
        return _strip(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        inner = [_strip(one) for one in get_args(annotation)]
        return next((one for one in inner if _is_table(one)), annotation)
    return annotation


def _is_table(kind: Any) -> bool:
    return get_origin(kind) is Mapping or (isinstance(kind, type) and issubclass(kind, BaseModel))


def _is_array_of_tables(kind: Any) -> bool:
    kind = _strip(kind)
    return get_origin(kind) is tuple and _is_table(_strip(get_args(kind)[0]))


def _read(text: str, kind: Any) -> Any:
    """The value of an option of this type (None: nobody knows it)."""
    try:
        value = tomli.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        return text
    if isinstance(value, str) or kind is None or _takes(kind, value):
        return value
    return text if _takes(kind, text) or _takes(_strip(kind), text) else value


def _takes(kind: Any, value: Any) -> bool:
    try:
        TypeAdapter(kind).validate_python(value)
    except ValidationError:
        return False
    return True


def _name(path: Place) -> str:
    return ".".join(map(str, path))
