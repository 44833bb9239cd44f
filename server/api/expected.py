"""What was expected, in words: a JSON Schema of a value → "a whole number from 1 to 200"."""

from collections.abc import Mapping, Sequence
from typing import Any

from feeds.json_object import escape_pointer

HIGHEST = 2**63 - 1  # that a database counts to; as a bound it says nothing to people

Schema = Mapping[str, Any]


def find_schema(root: Schema, place: Sequence[int | str]) -> Schema:
    """The schema of the value at a place of a document; {} where it says nothing."""
    found = _resolve(root, root)
    for step in place:
        found = _resolve(root, found.get("items", {}) if isinstance(step, int) else _get_property(found, step))
    return found


def say_expected(schema: Schema) -> str:
    """What a value must be; `must be …` and `is …, not …` go before it."""
    if "enum" in schema:
        return f"one of {', '.join(map(str, schema['enum']))}"
    if "const" in schema:
        return str(schema["const"])
    match schema.get("type"):
        case "integer":
            return _say_number(schema)
        case "boolean":
            return "true or false"
        case "string":
            return _say_text(schema)
        case "array":
            return _say_list(schema)
        case "object":
            return f"an object of {', '.join(schema.get('properties', {}))} and nothing else"
        case _:
            return "something else"


def make_pointer(place: Sequence[int | str]) -> str:
    """A place as JSON Pointer (RFC 6901)."""
    return "".join(f"/{escape_pointer(str(step))}" for step in place)


def _resolve(root: Schema, schema: Schema) -> Schema:
    """Without $ref, and of what may be null what else it may be."""
    while True:
        if "$ref" in schema:
            schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
        elif "anyOf" in schema:
            schema = next(one for one in schema["anyOf"] if one.get("type") != "null")
        else:
            return schema


def _get_property(schema: Schema, name: str) -> Schema:
    found: Schema = schema.get("properties", {}).get(name, {})
    return found


def _say_number(schema: Schema) -> str:
    least, most = schema.get("minimum"), schema.get("maximum", HIGHEST)
    if least is None:
        return "a whole number"
    return f"a whole number of at least {least}" if most >= HIGHEST else f"a whole number from {least} to {most}"


def _say_text(schema: Schema) -> str:
    least, most = schema.get("minLength", 0), schema.get("maxLength")
    if "x-expected" in schema:
        return str(schema["x-expected"])
    size = f" of {least} to {most} characters" if least else f" of at most {most} characters"
    return f"a text{size if most else ''}, without control characters"


def _say_list(schema: Schema) -> str:
    least, most = schema.get("minItems", 0), schema.get("maxItems")
    what = {"string": "texts", "integer": "whole numbers"}.get(schema.get("items", {}).get("type", ""), "objects")
    return f"a list of {least} to {most} {what}" if most else f"a list of {what}"
