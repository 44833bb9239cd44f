"""What calls declare that they take, and everything else: hostile queries and bodies made of the declarations."""

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import orjson
from pydantic import TypeAdapter

from server.api.operations import Content

TEXTS = (
    b"", b"%00", b"%FF", b"%ED%A0%80", b"-1", b"0", b"1e3", b"%D9%A3", b"9" * 30, b"9" * 18, b"9223372036854775808",
    b"..%2F..", b"x" * 7_000, b"True", b"null", b"%0d%0aX:1", b"2026-13-99", b"0001-01-01T00:00:00%2B23:59",
    b"%27%20OR%201=1", b"a-" * 2_000, b"1&1=1",
)  # fmt: skip


def resolve(schema: Any, defs: Any) -> Any:
    """The schema itself, where it is a reference or something that may be left out."""
    for choice in schema.get("anyOf", ()):
        if choice.get("type") != "null":
            return resolve(choice, defs)
    return defs[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def fits(given: bytes, schema: Any) -> bool:
    """Whether it may be what is asked for; of text nobody knows."""
    if "enum" in schema:
        return given.decode() in schema["enum"]
    if schema.get("type") == "boolean":
        return given in (b"true", b"false")
    if schema.get("type") != "integer":
        return True
    low, high = schema.get("minimum", 0), schema.get("maximum", 1 << 63)
    return re.fullmatch(rb"[0-9]{1,19}", given) is not None and low <= int(given) <= high


async def test_every_parameter_takes_what_it_says_and_nothing_else(walker):
    number = 0
    for method, walk, declared in walker.each_declared():
        fields = {} if declared.query is None else declared.query.model_json_schema()
        for name, field in fields.get("properties", {}).items():
            schema, key = resolve(field, fields.get("$defs")), name.encode()
            for text in TEXTS:
                number += 1
                may_be = fits(text, schema)
                if not may_be or walker.is_thorough or number % 2:
                    reply = await walker.ask(method, walk.make_target(key + b"=" + text, without=key), walk)
                    said = f"{method} {walk.path} {name}={text[:40]!r}"
                    walker.check(said, reply, None if may_be else 400)
            twice = key + b"=1&" + key + b"=1"
            reply = await walker.ask(method, walk.make_target(twice, without=key), walk)
            walker.check(f"{method} {walk.path} {name} twice", reply, 400)
        if declared.query is not None:
            for query in (b"pigeon=1", b"__proto__=1", b"%FF=%FF", b"%00=", b"=", b"a=1&" * 1_500):
                reply = await walker.ask(method, walk.make_target(query), walk)
                walker.check(f"{method} {walk.path} {query[:40]!r}", reply, 400)
    walker.end()


# Bodies that are JSON

NO_JSON: dict[str, tuple[bytes, int]] = {
    "words": (b"wrong", 400),
    "two": (b"{}{}", 400),
    "half": (b'{"', 400),
    "list": (b"[]", 422),
    "text": (b'"x"', 422),
    "null": (b"null", 422),
    "deep": (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400),
    "UTF-16": ('{"a":1}'.encode("utf-16"), 400),
    "another name": (b'{"pigeon": 1}', 422),
    "a name beyond Unicode": (rb'{"\ud800": 1}', 400),
}
# What may stand in the place of a value, in JSON.
WRONG = (
    "null", "true", "0", "-1", "1.5", "1" + "0" * 30, "9223372036854775808", "1e400", "NaN", '""', r'"a\u0000b"',
    r'"\ud800"', '"\xe9"', '"..%2f.."', json.dumps("x" * 50_000), "[]", "[null]", '["x","x"]',
    json.dumps(["x"] * 5_000), "{}", '{"a":1}',
)  # fmt: skip
PLACE = "@@"


def replace_each(value: Any, schema: Any, defs: Any) -> Iterator[Any]:
    """The document, each time with PLACE instead of another one of its values, there or not."""
    schema = resolve(schema, defs)
    for name, field in schema.get("properties", {}).items():
        yield value | {name: PLACE}
        if name in value:
            yield from (value | {name: inner} for inner in replace_each(value[name], field, defs))
    if isinstance(value, list) and value and "items" in schema:
        yield [PLACE, *value[1:]]
        yield from ([inner, *value[1:]] for inner in replace_each(value[0], schema["items"], defs))


async def test_every_body_takes_what_it_says_and_nothing_else(walker):
    for method, walk, declared in walker.each_declared():
        if declared.body is None or isinstance(declared.body, Content):
            continue
        schema = declared.body.model_json_schema()
        good = orjson.loads(walk.sends[1]) if walk.sends else {}
        bodies = dict(NO_JSON)
        for document in replace_each(good, schema, schema.get("$defs")):
            for wrong in WRONG:
                text = json.dumps(document).replace(json.dumps(PLACE), wrong)
                bodies[text[:200]] = text.encode("latin-1"), None if is_good(text, schema) else (400, 422)
        for name, (body, status) in bodies.items():
            reply = await walker.ask(method, walk.path.encode(), walk, b"Content-Type: application/json", body=body)
            walker.check(f"{method} {walk.path} {name}", reply, status)
    walker.end()


def is_good(text: str, schema: Any) -> bool:
    """Whether the document says that this body is one."""
    try:
        return jsonschema_rs.is_valid(schema, orjson.loads(text.encode("latin-1")))
    except ValueError:  # no JSON, or none in UTF-8
        return False


# Other bodies

NOISE = (
    b"", b"\x00" * 9, b"\xff\xfe\x00", b"<" * 3_000, b"<a>" * 50_000, b"[" * 50_000, b"=" * 3_000, b"a\tb\n" * 20_000,
    b"\t" * 50_000, b"x" * 100_000, b"%00=%FF&%ED%A0%80", b'"""' * 999,
    b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
)  # fmt: skip


SEEN = b"If-Match: *"


async def test_a_body_that_is_none_of_the_types_is_refused(walker):
    for method, walk, declared in walker.each_declared():
        if not isinstance(declared.body, Content) or {"*/*", "image/jpeg"} & declared.body.types.keys():
            continue  # pictures are known by their bytes
        for content_type in (b"application/x-pigeon", b"text/html", b"*/*", b"/", b"\xff", b"a" * 5_000):
            headers, body = (b"Content-Type: " + content_type, SEEN), walk.sends[1] if walk.sends else b"{}"
            reply = await walker.ask(method, walk.path.encode(), walk, *headers, body=body)
            is_any = b"/" not in content_type and "application/octet-stream" in declared.body.types
            walker.check(f"{method} {walk.path} {content_type[:40]!r}", reply, 200 if is_any else 415)
    walker.end()


async def test_noise_in_a_type_that_is_taken_breaks_nothing(walker):
    for method, walk, declared in walker.each_declared():
        if not isinstance(declared.body, Content) or walk.takes:
            continue
        good = walk.sends[1] if walk.sends else b""
        for content_type in declared.body.types:
            for body in (*NOISE, good[: len(good) // 2], good + b"\x00", good * 2):
                headers = b"Content-Type: " + content_type.encode(), SEEN
                reply = await walker.ask(method, walk.path.encode(), walk, *headers, body=body)
                walker.check(f"{method} {walk.path} {content_type} {body[:40]!r}", reply)
    walker.end()


async def test_every_part_of_a_form_is_looked_at(walker):
    for method, walk, declared in walker.each_declared():
        for content_type, shape in declared.body.types.items() if isinstance(declared.body, Content) else ():
            if content_type != "application/x-www-form-urlencoded" or shape is None:  # None: read by hand
                continue
            good = dict(pair.split(b"=", 1) for pair in walk.sends[1].split(b"&"))
            for name, schema in TypeAdapter(shape).json_schema()["properties"].items():
                for text in (text for text in TEXTS if b"&" not in text):
                    body = b"&".join(b"=".join(pair) for pair in (good | {name.encode(): text}).items())
                    reply = await walker.ask(
                        method, walk.path.encode(), walk, b"Content-Type: " + content_type.encode(), body=body
                    )
                    may_be = name == "hub.secret" or not text or (fits(text, schema) and "enum" not in schema)
                    is_address = name in ("hub.topic", "hub.callback")
                    refused = (400, 404) if is_address or not may_be else None
                    walker.check(f"{method} {walk.path} {name}={text[:40]!r}", reply, refused)
    walker.end()


async def test_no_body_is_taken_in_an_encoding_that_it_is_not_in(walker):
    for method, walk, declared in walker.each_declared():
        if declared.body is None or "*/*" in getattr(declared.body, "types", ()):
            continue
        content_type, body = walk.sends or ("application/json", orjson.dumps(walk.takes or {}))
        for encoding in (b"gzip", b"br", b"pigeon", b"gzip, gzip"):
            headers = b"Content-Type: " + content_type.encode(), b"Content-Encoding: " + encoding, SEEN
            reply = await walker.ask(method, walk.path.encode(), walk, *headers, body=body)
            walker.check(f"{method} {walk.path} {encoding!r}", reply, (400, 415))
    walker.end()
