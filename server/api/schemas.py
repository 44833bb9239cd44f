"""What bodies and headers hold that no model of ours checks: problems, ninjs, conditions of HTTP."""

from typing import Annotated, Any

from pydantic import Field

from feeds.ninjs_names import CHOICE, CHOICES, LANGUAGE, LINE, LIST, OBJECT, PROPERTIES, TEXT, TIME, URGENCY, URI

Json = dict[str, Any]

Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]  # as text already
Ninjs = Annotated[Any, Field(json_schema_extra={"x-schema": "Ninjs"})]  # an article, written by feeds/ninjs_output

_KINDS: dict[str, Json] = {
    TEXT: {"type": "string"},
    LINE: {"type": "string"},
    TIME: {"type": "string", "format": "date-time"},
    URI: {"type": "string"},
    URGENCY: {"type": "integer", "minimum": 1, "maximum": 9},
    LANGUAGE: {"type": "string", "examples": ["en"]},
    LIST: {"type": "array", "items": {"type": "object"}},
    OBJECT: {"type": "object"},
}

_ROLE: Json = {"type": "string", "description": "What has none, or `main`, counts."}
_OBJECT: Json = {"type": "object", "additionalProperties": True}
_TEXT: Json = _OBJECT | {
    "required": ["value"],
    "properties": {
        "role": _ROLE,
        "contentType": {"type": "string", "enum": ["text/plain", "text/html"]},
        "value": {"type": "string"},
    },
}
_TOPIC: Json = _OBJECT | {
    "properties": {
        "name": {"type": "string"},
        "uri": {"type": "string", "description": "A Media Topic, or any other."},
        "literal": {"type": "string"},
    },
}
_RENDITION: Json = _OBJECT | {
    "required": ["href"],
    "properties": {
        "name": {"type": "string"},
        "href": {"type": "string", "format": "uri"},
        "contentType": {"type": "string"},
        "width": {"type": "integer"},
        "height": {"type": "integer"},
        "sizeInBytes": {"type": "integer"},
    },
}
_ASSOCIATION: Json = _OBJECT | {
    "description": "A picture; or with rel `translationOf` the article that this one translates.",
    "properties": {
        "name": {"type": "string"},
        "type": {"type": "string"},
        "rel": {"type": "string"},
        "uri": {"type": "string"},
        "renditions": {"type": "array", "items": _RENDITION},
        "descriptions": {"type": "array", "items": _TEXT, "description": "Caption, and alternative text (role `alt`)."},
        "by": {"type": "string"},
        "copyrightNotice": {"type": "string"},
    },
}
_NESTED: dict[str, Json] = {  # what is read of the objects in ninjs; they may have more
    "headlines": {"type": "array", "items": _TEXT, "minItems": 1},
    "descriptions": {"type": "array", "items": _TEXT},
    "bodies": {"type": "array", "items": _TEXT},
    "subjects": {"type": "array", "items": _TOPIC},
    "genres": {"type": "array", "items": _TOPIC},
    "altIds": {
        "type": "array",
        "items": _OBJECT
        | {
            "required": ["value"],
            "properties": {"role": {"type": "string", "examples": ["item"]}, "value": {"type": "string"}},
        },
    },
    "associations": {"type": "array", "items": _ASSOCIATION},
    "rightsInfo": _OBJECT
    | {
        "properties": {
            "encodedRights": {"type": "string", "description": "RightsML: ODRL as JSON."},
            "linkedRights": {"type": "string"},
        },
    },
}
EXAMPLE: Json = {
    "type": "text",
    "language": "en",
    "headlines": [{"value": "Ministers meet on Friday"}],
    "bodies": [{"contentType": "text/html", "value": "<p>The ministers of four countries meet on Friday.</p>"}],
}

PROBLEM: Json = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457: what is wrong.",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"type": "string", "description": "A page on this server that explains it."},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "instance": {"type": "string", "description": "The id of the request."},
        "errors": {
            "type": "array",
            "description": "All faults of a document.",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON Pointer; for XML an XPath; for text a line."},
                    "detail": {"type": "string"},
                },
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}


def _make_ninjs() -> Json:
    """ninjs 3.x as feeds/ninjs takes it: every property that there is, and no other."""
    properties = {
        name: dict(_KINDS[kind]) if kind != CHOICE else {"type": "string", "enum": list(CHOICES[name])}
        for name, kind in PROPERTIES.items()
    }
    properties |= _NESTED
    properties["type"]["enum"] = ["text", "composite"]
    return {
        "type": "object",
        "title": "Ninjs",
        "description": "A news item in IPTC's ninjs 3.x.",
        "required": ["language", "headlines"],
        "properties": properties,
        "additionalProperties": False,
        "examples": [EXAMPLE],
    }


SCHEMAS: Json = {"Problem": PROBLEM, "Ninjs": _make_ninjs()}

HEADERS: dict[str, Json] = {
    "Accept": {"description": "What is wanted of what there is.", "schema": {"type": "string"}},
    "If-Match": {"description": "The ETag of what is to be changed: 412 when it is another by now.",
                 "schema": {"type": "string", "examples": ['"3-0a1b2c"']}},
    "If-None-Match": {"description": "`*`: only when there is nothing yet. Of GET: the ETag that is there already.",
                      "schema": {"type": "string", "examples": ["*"]}},
    "Idempotency-Key": {"description": "The same key and body within 48 hours give the same answer.",
                        "schema": {"type": "string", "minLength": 1, "maxLength": 200}},
    "Range": {"description": "A part of the file.", "schema": {"type": "string", "examples": ["bytes=0-99"]}},
    "Last-Event-ID": {"description": "The id of the last event that was received.",
                      "schema": {"type": "string", "pattern": "^[0-9]{1,19}$"}},
}  # fmt: skip
