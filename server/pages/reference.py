"""The API, call by call, from its OpenAPI document: what people read at /docs."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from markupsafe import Markup, escape

from server.pages.environment import render_template

Json = Mapping[str, Any]

_CODE = re.compile(r"`([^`]+)`")


def render_reference_page(document: Json, *, ui_language: str, site: str, base: str) -> str:
    groups = [
        {"title": tag["name"], "calls": list(list_calls(document, tag["name"], base))} for tag in document["tags"]
    ]
    return render_template("reference.html", ui_language=ui_language, site=site, base=base, values={"groups": groups})


def list_calls(document: Json, tag: str, base: str) -> Iterator[Json]:
    """The calls of a group as the page shows them."""
    for path, methods in document["paths"].items():
        for method, call in methods.items():
            if tag in call["tags"]:
                yield {
                    "id": call["operationId"],
                    "method": method.upper(),
                    "path": path,
                    "summary": mark_code(call["summary"]),
                    "description": mark_code(call["description"]),
                    "parameters": [_describe_parameter(one) for one in call["parameters"]],
                    "takes": list(_describe_content(document, call.get("requestBody", {}))),
                    "answers": list(_list_answers(document, call)),
                    "problems": list(_list_problems(document, call)),
                    "curl": make_curl(document, method.upper(), path, call, base),
                }


def mark_code(text: str) -> Markup:
    """What stands between backticks, as a description in OpenAPI says it is code, as code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 (escaped)


def say_type(document: Json, schema: Json) -> str:
    """A schema in a few words: "text", "whole number", "list of objects"."""
    schema = resolve(document, schema)
    if "enum" in schema:
        return " | ".join(json.dumps(one, ensure_ascii=False) for one in schema["enum"])
    if "const" in schema:
        return json.dumps(schema["const"])
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(say_type(document, one) for one in schema["anyOf"]))
    if schema.get("type") == "array":
        return f"[{say_type(document, schema.get('items', {}))}]"
    if schema.get("type") == "string" and "format" in schema:
        return str(schema["format"])
    bounds = [str(schema[name]) for name in ("minimum", "maximum") if name in schema]
    return str(schema.get("type", "any")) + (f" {'…'.join(bounds)}" if len(bounds) == 2 else "")


def resolve(document: Json, schema: Json) -> Json:
    while "$ref" in schema:
        _, _, kind, name = schema["$ref"].split("/")
        schema = document["components"][kind][name]
    return schema


def make_curl(document: Json, method: str, path: str, call: Json, base: str) -> str:
    """One line that can be pasted into a shell: the examples of parameters and body filled in."""
    examples = {one["name"]: one.get("example", "x") for one in call["parameters"] if one["in"] == "path"}
    for name, example in examples.items():
        path = path.replace(f"{{{name}}}", str(example))
    needed = [one for one in call["parameters"] if one["in"] == "query" and one["required"]]
    query = "&".join(f"{one['name']}={_pick_example(document, one['schema'])}" for one in needed)
    words = ["curl", *(["-X", method] if method not in ("GET", "POST") else [])]
    if {} not in call["security"]:
        words += ["-H", "Authorization: Bearer $KEY"]
    for media_type, content in call.get("requestBody", {}).get("content", {}).items():
        words += ["-H", f"Content-Type: {media_type}"]
        if "json" in media_type and "schema" in content:
            words += ["-d", json.dumps(_pick_example(document, content["schema"]), ensure_ascii=False)]
        else:
            words += ["--data-binary", "@FILE"]
        break
    words.append(f"{base}{path}{'?' if query else ''}{query}")
    return " ".join(f'"{word}"' if "$KEY" in word else shlex.quote(word) for word in words)


def _pick_example(document: Json, schema: Json) -> Any:
    """An example of a value: its own, else one made of what must be there."""
    schema = resolve(document, schema)
    if schema.get("examples"):
        return schema["examples"][0]
    if "default" in schema:
        return schema["default"]
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return _pick_example(document, schema["anyOf"][0])
    match schema.get("type"):
        case "object":
            needed = schema.get("required", ())
            return {name: _pick_example(document, schema["properties"][name]) for name in needed}
        case "array":
            return [_pick_example(document, schema.get("items", {}))]
        case "integer":
            return schema.get("minimum", 1)
        case "boolean":
            return True
        case _:
            return "…"


def _describe_parameter(one: Json) -> Json:
    return {
        "name": one["name"],
        "place": one["in"],
        "required": one["required"],
        "type": say_type({}, one["schema"]),
        "default": json.dumps(one["schema"]["default"]) if "default" in one["schema"] else "",
        "description": mark_code(one.get("description", "")),
    }


def _describe_content(document: Json, body: Json) -> Iterator[Json]:
    """Media types of a body that hold the same, with what they hold."""
    by_schema: dict[str, tuple[list[str], Json]] = {}
    for media_type, content in body.get("content", {}).items():
        schema = content.get("schema", {})
        by_schema.setdefault(json.dumps(schema), ([], schema))[0].append(media_type)
    for types, schema in by_schema.values():
        yield {"types": types, "fields": list(list_fields(document, schema))}


def _list_answers(document: Json, call: Json) -> Iterator[Json]:
    for status, answer in call["responses"].items():
        if "$ref" not in answer:
            yield {"status": status, "content": list(_describe_content(document, answer))}


def _list_problems(document: Json, call: Json) -> Iterator[Json]:
    for status, answer in call["responses"].items():
        for slug, title in resolve(document, answer).get("x-problems", {}).items():
            yield {"status": status, "slug": slug, "title": title}


def list_fields(document: Json, schema: Json, before: str = "", depth: int = 0) -> Iterator[Json]:
    """The properties of an object, and of objects in it, by their path: `versions[].at`."""
    schema = resolve(document, schema)
    if schema.get("type") == "array":
        yield from list_fields(document, schema.get("items", {}), f"{before}[]", depth)
    elif "anyOf" in schema:
        for one in schema["anyOf"]:
            yield from list_fields(document, one, before, depth)
    elif isinstance(schema.get("additionalProperties"), Mapping) and depth < 4:
        yield from list_fields(document, schema["additionalProperties"], f"{before}.*".lstrip("."), depth + 1)
    for name, one in schema.get("properties", {}).items() if depth < 4 else ():
        place = f"{before}.{name}".lstrip(".")
        yield {
            "name": place,
            "type": say_type(document, one),
            "required": name in schema.get("required", ()),
            "description": mark_code(one.get("description", "")),
        }
        yield from list_fields(document, one, place, depth + 1)
