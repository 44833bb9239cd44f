"""What many calls share in the OpenAPI document: schemas of bodies, and what is said of problems."""

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from server.api.operations import Content, Group, Operation, Route, find_operation
from server.api.schemas import SCHEMAS
from server.problems import Problem

REF = "#/components/schemas/{model}"
PROBLEM_TYPE = "application/problem+json"

Json = dict[str, Any]

_TEXT: Json = {"schema": {"type": "string"}}
HEADERS_SAID: dict[int, Json] = {  # what a refusal says in headers
    401: {"WWW-Authenticate": {"description": "How keys are sent.", **_TEXT}},
    429: {"Retry-After": {"description": "Seconds.", **_TEXT}},
    503: {"Retry-After": {"description": "Seconds, where that is known.", **_TEXT}},
}


class Components:
    """The schemas of all bodies, each under its name, and problems by status; and how they are referred to."""

    def __init__(self, groups: Sequence[Group]) -> None:
        declared = [find_operation(route.handler) for group in groups for route in group.routes]
        types = [one for operation in declared for one in _list_types(operation)]
        adapters: list[tuple[str, JsonSchemaMode, TypeAdapter[Any]]] = []
        self._numbers: dict[tuple[JsonSchemaMode, Any], str] = {}
        for mode, one in types:
            if (mode, one) not in self._numbers:
                self._numbers[mode, one] = str(len(adapters))
                adapters.append((str(len(adapters)), mode, TypeAdapter(one)))
        found, defs = TypeAdapter.json_schemas(adapters, ref_template=REF)
        self._found = {key: _point(schema) for key, schema in found.items()}
        self.problems: Json = {}
        self.schemas: Json = dict(sorted((SCHEMAS | _point(defs.get("$defs", {}))).items()))

    def keep_problems(self, status: int, found: Sequence[type[Problem]], route: Route, *, is_plain: bool) -> Json:
        """What is said of problems of a status: once for all calls that have the same."""
        kind = "plain" if is_plain else "api" if route.path.startswith("/v1/") else "page"
        name = ".".join((str(status), kind, *(one.slug() for one in found)))
        self.problems[name] = _describe_problems(found, kind)
        return {"$ref": f"#/components/responses/{name}"}

    def find(self, mode: JsonSchemaMode, shape: Any) -> Json:
        if isinstance(shape, str):
            return {"$ref": REF.format(model=shape)}
        number = self._numbers[mode, shape]
        return dict(self._found[number, mode])


def _point(schema: Any) -> Any:
    """The schema as it is published: a mark of one that is written by hand becomes a reference to it."""
    if isinstance(schema, list):
        return [_point(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "x-schema" in schema:
        return {"$ref": REF.format(model=schema["x-schema"])}
    return {key: _point(value) for key, value in schema.items() if key != "x-expected"}


def _list_types(declared: Operation) -> Iterator[tuple[JsonSchemaMode, Any]]:
    found: tuple[tuple[JsonSchemaMode, Any], ...] = (
        ("validation", [declared.body]),
        ("serialization", declared.answers.values()),
    )
    for mode, shapes in found:
        for shape in shapes:
            inner = shape.types.values() if isinstance(shape, Content) else [shape]
            yield from ((mode, one) for one in inner if one is not None and not isinstance(one, str))


def _describe_problems(found: Sequence[type[Problem]], kind: str) -> Json:
    content: Json = {PROBLEM_TYPE: {"schema": {"$ref": REF.format(model="Problem")}}}
    if kind == "plain":
        content["text/plain"] = {}
    if kind == "page":
        content["text/html"] = {}
    return {
        "description": " · ".join(f"{one.title()} (`{one.slug()}`)" for one in found),
        **({"headers": HEADERS_SAID[found[0].status]} if found[0].status in HEADERS_SAID else {}),
        "content": content,
        "x-problems": {one.slug(): one.title() for one in found},
    }
