"""One route → the operation of OpenAPI: what its handler declares, and what keys and bodies add to it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode

from server import problems
from server.api.components import Components
from server.api.operations import Content, Operation, Route, find_operation
from server.api.parts import PARTS
from server.api.schemas import HEADERS
from server.problems import Problem

EVERY_CALL: tuple[type[Problem], ...] = (
    problems.MalformedRequest, problems.InvalidParameter, problems.KeyRejected, problems.NotAllowed,
    problems.ExpectationFailed, problems.TooManyRequests, problems.InternalError, problems.Unavailable,
)  # fmt: skip
EVERY_BODY: tuple[type[Problem], ...] = (
    problems.MalformedDocument, problems.BodyTooSlow, problems.TooLarge, problems.UnsupportedFormat,
)  # fmt: skip
WHO = {
    "nothing": "", "outlet": "For the outlet itself and admins.", "admin": "For admins.",
    "manager": "For the outlet itself, its editors and admins.", "editor": "For editors and admins.",
}  # fmt: skip


Json = dict[str, Any]


def describe_call(route: Route, tag: str, components: Components) -> Json:
    declared = find_operation(route.handler)
    summary, details = read_docstring(route)
    described: Json = {
        "operationId": _name(route),
        "summary": summary,
        "description": " ".join(filter(None, (details, WHO[route.needs]))),
        "tags": [tag],
        "security": [*([{}] if route.needs == "nothing" else []), {"bearer": []}, {"basic": []}],
        "parameters": [*_list_path_parameters(route), *_list_query_parameters(declared), *_list_headers(declared)],
        "responses": dict(_list_responses(route, declared, components)),
    }
    if declared.body is not None:
        described["requestBody"] = _describe_body(declared.body, components)
    return described


def get_path(route: Route) -> str:
    """The path as OpenAPI writes it: without aiohttp's patterns."""
    return re.sub(r"\{(\w+):(?:[^{}]|\{[^{}]*\})*\}", r"{\1}", route.path)


def read_docstring(route: Route) -> tuple[str, str]:
    """What the handler's docstring says of the call in a line, and below it."""
    first, _, rest = (route.handler.__doc__ or "").strip().partition("\n")
    summary = first.partition(": ")[2].strip().removesuffix(".")
    return summary[:1].upper() + summary[1:], " ".join(rest.split())


def list_problems(route: Route, declared: Operation) -> Sequence[type[Problem]]:
    """All that can be wrong with a call, each once."""
    found = [*EVERY_CALL, *declared.problems]
    if route.needs != "nothing":
        found.append(problems.KeyRequired)
    if "{" in route.path:
        found.append(problems.NotFound)
    if declared.body is not None:
        found += EVERY_BODY
    if isinstance(declared.body, type):
        found.append(problems.InvalidDocument)
    if {"If-Match", "If-None-Match"} & set(declared.headers) and route.method != "GET":
        found.append(problems.PreconditionFailed)
    return sorted(set(found), key=lambda problem: (problem.status, found.index(problem)))


def _list_path_parameters(route: Route) -> Iterator[Json]:
    for name in re.findall(r"\{(\w+)\}", get_path(route)):
        yield {"name": name, "in": "path", "required": True, **PARTS[name]}


def _list_query_parameters(declared: Operation) -> Iterator[Json]:
    if declared.query is None:
        return
    schema = declared.query.model_json_schema()
    for name, one in schema.get("properties", {}).items():
        shape = _strip(one)
        description = {"description": shape.pop("description")} if "description" in shape else {}
        yield {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", ()),
            **description,
            "schema": shape,
        }


def _strip(schema: Json) -> Json:
    """A parameter's schema: it is there or not, never null; and needs no title."""
    kept = {key: value for key, value in schema.items() if key not in ("title", "x-expected")}
    if "anyOf" in kept:
        kept |= next(one for one in kept.pop("anyOf") if one.get("type") != "null")
        kept.pop("x-expected", None)
    if kept.get("default", ...) in (None, ""):
        del kept["default"]
    return kept


def _list_headers(declared: Operation) -> Iterator[Json]:
    for name in declared.headers:
        yield {"name": name, "in": "header", "required": False, **HEADERS[name]}


def _describe_body(body: type[BaseModel] | Content, components: Components) -> Json:
    if isinstance(body, Content):
        return {"required": body.is_needed, "content": _describe_content(body, "validation", components)}
    return {
        "required": any(field.is_required() for field in body.model_fields.values()),
        "content": {"application/json": {"schema": components.find("validation", body)}},
    }


def _describe_content(content: Content, mode: JsonSchemaMode, components: Components) -> Json:
    return {
        media_type: {} if shape is None else {"schema": components.find(mode, shape)}
        for media_type, shape in content.types.items()
    }


def _list_responses(route: Route, declared: Operation, components: Components) -> Iterator[tuple[str, Json]]:
    for status, shape in declared.answers.items():
        described: Json = {"description": HTTPStatus(status).phrase}
        if {"If-Match", "If-None-Match"} & set(declared.headers):
            described["headers"] = {"ETag": {"description": "Of what is there now.", "schema": {"type": "string"}}}
        if isinstance(shape, Content):
            described["content"] = _describe_content(shape, "serialization", components)
        elif shape is not None:
            described["content"] = {"application/json": {"schema": components.find("serialization", shape)}}
        yield str(status), described
    by_status: dict[int, list[type[Problem]]] = {}
    for problem in list_problems(route, declared):
        by_status.setdefault(problem.status, []).append(problem)
    for status, found in sorted(by_status.items()):
        yield str(status), components.keep_problems(status, found, route, is_plain=declared.is_plain)


def _name(route: Route) -> str:
    """A name of its own for each call: module, handler, and what the address has more than another of the same."""
    package, _, module = route.handler.__module__.rpartition(".")
    if package == "server.admin":  # a page has the name of what it shows
        module = f"admin.{module}"
    others: Mapping[str, str] = {
        "/v1/glossary/{exchange}": ".of_exchange",
        "/admin/glossary/{exchange}": ".of_exchange",
        "/problems/{name}": ".of_name",
    }
    return f"{module}.{route.handler.__name__}{others.get(route.path, '')}"
