"""Request → what is asked, checked by the model that documents it; or the problem that says what was expected."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from functools import cache
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

from aiohttp import web
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from feeds import Fault
from feeds.text import find_forbidden
from server import problems
from server.api.expected import HIGHEST, Schema, find_schema, make_pointer, say_expected
from server.config import Limits
from server.keys import CONFIG, IS_STILL_VALID, SITE
from translators.languages import is_tag, normalise

MOST_SECONDS = 60.0  # that a body may take to arrive
ENCODINGS = ("identity", "gzip", "deflate", "br")  # of what is pushed: one, which aiohttp decodes
MOST_FAULTS = 100
PIECE = 65_536  # bytes


class Query(BaseModel):
    """What stands behind the `?` of an address."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Body(BaseModel):
    """A JSON object that is sent."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def _read_digits(value: object) -> object:
    """Text of ASCII digits → the number; all else as it is, which is no number then."""
    is_number = isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20
    return int(value) if is_number else value  # type: ignore[call-overload]


def _read_flag(value: object) -> object:
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


def _read_tag(value: str) -> str:
    if not is_tag(value):
        raise ValueError("no tag")
    return normalise(value)


def _check_text(value: str) -> str:
    if find_forbidden(value):
        raise ValueError("control characters")
    return value


Digits = BeforeValidator(_read_digits)  # the number of an address
Flag = Annotated[bool, BeforeValidator(_read_flag)]
Number = Annotated[int, Field(ge=1, le=HIGHEST), Digits]
Position = Annotated[int, Field(ge=0, le=HIGHEST), Digits]  # the `next` or the last id of an earlier answer
Tag = Annotated[
    str,
    AfterValidator(_read_tag),
    Field(examples=["az"], json_schema_extra={"x-expected": "a BCP 47 tag such as az or zh-Hant"}),
]
Text = Annotated[str, AfterValidator(_check_text)]

QueryType = TypeVar("QueryType", bound=Query)
BodyType = TypeVar("BodyType", bound=Body)


def read_query(request: web.Request, model: type[QueryType]) -> QueryType:
    """Raises InvalidParameter for one that there is not, that is there twice, or that says what it cannot."""
    query = request.query
    for name in query:
        if name not in model.model_fields:
            known = f"there are {', '.join(model.model_fields)}" if model.model_fields else "there are none"
            raise problems.InvalidParameter(f"there is no parameter {name[:50]!r} here; {known}")
        if len(query.getall(name)) > 1:
            raise problems.InvalidParameter(f"{name} is there twice: which of them counts?")
    return check_values(dict(query), model)


def check_values(query: Mapping[str, str], model: type[QueryType]) -> QueryType:
    """What the fields of an address or of a form say. Raises InvalidParameter."""
    try:
        return model.model_validate(dict(query))
    except ValidationError as error:
        found = _list_errors(error)[0]
        if not found["loc"]:  # what contradicts each other
            raise problems.InvalidParameter(_get_reason(found)) from error
        name = str(found["loc"][0])
        expected = say_expected(find_schema(_make_schema(model), found["loc"]))
        given = f", not {query[name][:50]!r}" if name in query else ""
        raise problems.InvalidParameter(f"{name} is {expected}{given}") from error


async def read_json(request: web.Request, model: type[BodyType]) -> BodyType:
    """The body. Raises what `read_body` raises, MalformedDocument, InvalidDocument with all faults."""
    raw = await read_body(request, request[CONFIG].limits)
    try:
        return model.model_validate_json(raw or b"{}")  # no body says nothing
    except ValidationError as error:
        errors = _list_errors(error)
        if errors[0]["type"] == "json_invalid":
            raise problems.MalformedDocument(f"the body is not JSON: {errors[0]['msg'].partition(': ')[2]}") from error
        raise refuse(*(_make_fault(found, _make_schema(model)) for found in errors)) from error


def check_body(values: Mapping[str, object], model: type[BodyType]) -> BodyType:
    """What would be the body, from a form. Raises InvalidDocument with all faults."""
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        raise refuse(*(_make_fault(found, _make_schema(model)) for found in _list_errors(error))) from error


def refuse(*faults: Fault) -> problems.InvalidDocument:
    said = "; ".join(f"{fault.pointer} {fault.detail}".strip() for fault in faults[:3])
    more = f"; and {len(faults) - 3} more" if len(faults) > 3 else ""
    return problems.InvalidDocument(said + more, errors=faults)


async def read_body(request: web.Request, limits: Limits) -> bytes:
    """The body of a push. Raises UnsupportedFormat, TooLarge, BodyTooSlow, MalformedDocument."""
    _check_encoding(request)
    if request.content_length is not None and request.content_length > limits.article_bytes:
        raise problems.TooLarge(f"{request.content_length} bytes; at most {limits.article_bytes} are taken")
    try:
        async with asyncio.timeout(MOST_SECONDS):
            body = await request.read()
            await check_key_again(request)
            return body
    except TimeoutError as error:
        raise problems.BodyTooSlow(f"it was not there within {MOST_SECONDS:g} seconds") from error
    except web.HTTPRequestEntityTooLarge as error:
        raise problems.TooLarge(f"at most {limits.article_bytes} bytes are taken") from error
    except (web.RequestPayloadError, OSError) as error:
        raise problems.MalformedDocument(f"the body could not be read: {error}") from error


def is_ours(request: web.Request, address: str) -> bool:
    """Whether an address is on this server: by the name that it was reached under, or by its public one."""
    return urlsplit(address).netloc in (request.host, urlsplit(request[SITE].base).netloc)


async def check_key_again(request: web.Request) -> None:
    """Raise KeyRejected where the key that opened the door opens it no more: bodies and answers can be long."""
    if not await request[IS_STILL_VALID]():
        raise problems.KeyRejected("this key opens nothing here any more", headers=problems.CHALLENGE)


async def stream_body(request: web.Request, most: int, seconds: float) -> AsyncIterator[bytes]:
    """A long body in pieces. Raises UnsupportedFormat, TooLarge, BodyTooSlow, MalformedDocument."""
    _check_encoding(request)
    announced, size, end = request.content_length or 0, 0, asyncio.get_running_loop().time() + seconds
    while True:
        if max(announced, size) > most:
            raise problems.TooLarge(f"at most {most:,} bytes are taken")
        try:
            async with asyncio.timeout_at(end):
                piece = await request.content.read(PIECE)
        except TimeoutError as error:
            raise problems.BodyTooSlow(f"it was not there within {seconds:g} seconds") from error
        except (web.RequestPayloadError, OSError) as error:
            raise problems.MalformedDocument(f"the body could not be read: {error}") from error
        if not piece:
            await check_key_again(request)
            return
        size += len(piece)
        if size <= most:
            yield piece


def _check_encoding(request: web.Request) -> None:
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ENCODINGS:
        raise problems.UnsupportedFormat(f"Content-Encoding is one of {', '.join(ENCODINGS)}, not {encoding[:40]!r}")


@cache
def _make_schema(model: type[BaseModel]) -> Schema:
    return model.model_json_schema()


def _list_errors(error: ValidationError) -> list[ErrorDetails]:
    return error.errors(include_url=False, include_context=False, include_input=False)[:MOST_FAULTS]


def _get_reason(found: ErrorDetails) -> str:
    return found["msg"].removeprefix("Value error, ")


def _make_fault(found: ErrorDetails, schema: Schema) -> Fault:
    place = found["loc"]
    if found["type"] == "extra_forbidden":
        expected = say_expected(find_schema(schema, place[:-1]))
        return Fault(make_pointer(place), f"is not known: this is {expected}")
    if found["type"] == "value_error" and not place:  # what contradicts each other
        return Fault("", _get_reason(found))
    expected = say_expected(find_schema(schema, place))
    return Fault(make_pointer(place), f"{'the body ' if not place else ''}must be {expected}")
