"""What a form of ours says: its fields, read as strictly as any body."""

import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import parse_qsl, urlencode

from aiohttp import web

from server import problems
from server.api.operations import Content
from server.keys import CONFIG, SITE
from server.requests import read_body

FORM_TYPE = "application/x-www-form-urlencoded"
FILE_TYPE = "multipart/form-data"
FORM = Content({FORM_TYPE: None})
FORM_WITH_FILE = Content({FILE_TYPE: None, FORM_TYPE: None})
MOST_FIELDS, LONGEST_HEAD = 50, 2_000  # of any form; bytes of what stands before a part

_BOUNDARY = re.compile(r';\s*boundary=(?:"([^"\\]{1,70})"|([^\s;"]{1,70}))', re.IGNORECASE | re.ASCII)
_PARAMETER = re.compile(r';\s*(name|filename)="([^"]*)"', re.IGNORECASE | re.ASCII)


async def read_form(request: web.Request) -> Mapping[str, str]:
    """The fields by name, each once, lines closed by \\n. Raises UnsupportedFormat, TooLarge, MalformedDocument."""
    if request.content_type != FORM_TYPE:
        raise problems.UnsupportedFormat(f"a form comes as {FORM_TYPE}, not {request.content_type}")
    raw = await read_body(request, request[CONFIG].limits)
    try:
        text, is_strict = raw.decode("ascii"), bool(raw)
        pairs = parse_qsl(
            text, keep_blank_values=True, strict_parsing=is_strict, errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError as error:  # UnicodeDecodeError is one
        raise problems.MalformedDocument(f"the form cannot be read: {error}") from error
    return _collect(pairs)


async def read_form_with_file(request: web.Request) -> tuple[Mapping[str, str], bytes | None]:
    """The same, and the one file that was chosen, if any (RFC 7578). Raises what `read_form` raises."""
    if request.content_type != FILE_TYPE:
        return await read_form(request), None
    raw = await read_body(request, request[CONFIG].limits)
    boundary = _BOUNDARY.search(request.headers.get("Content-Type", ""))
    if boundary is None:
        raise problems.MalformedDocument("the form does not say where its parts end")
    parts = list(_split_parts(raw, (boundary[1] or boundary[2]).encode("utf-8", "surrogateescape")))
    files = [content for _, is_file, content in parts if is_file and content]  # an empty one: nothing was chosen
    if len(files) > 1:
        raise problems.MalformedDocument("one file is taken at a time")
    fields = _collect((name, _decode(content)) for name, is_file, content in parts if not is_file)
    return fields, next(iter(files), None)


def _split_parts(raw: bytes, boundary: bytes) -> Iterator[tuple[str, bool, bytes]]:
    """(name, whether it is a file, content) of each part, in time that grows with the form alone: the standard
    library's parser of messages takes a minute for a head of 2 MB, and falls over parts inside parts.

    Raises MalformedDocument.
    """
    before, *parts = (b"\r\n" + raw).split(b"\r\n--" + boundary, MOST_FIELDS + 1)
    if before.strip() or not parts or not parts[-1].startswith(b"--"):
        raise problems.MalformedDocument(f"the form has no end, or more than {MOST_FIELDS} fields")
    for part in parts[:-1]:
        head, found, content = part.partition(b"\r\n\r\n")
        if not found or not head.startswith(b"\r\n") or len(head) > LONGEST_HEAD:
            raise problems.MalformedDocument("a part of the form cannot be read")
        said = next((line for line in head.split(b"\r\n") if line.lower().startswith(b"content-disposition:")), b"")
        told = {name.lower(): value for name, value in _PARAMETER.findall(_decode(said))}
        if not told.get("name"):
            raise problems.MalformedDocument("a part of the form has no name")
        yield told["name"], "filename" in told, content


def _collect(pairs: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """Raises MalformedDocument for a field that is there twice: which of them counts?"""
    fields: dict[str, str] = {}
    for name, value in pairs:
        if name in fields:
            raise problems.MalformedDocument(f"the form says {name[:50]!r} twice")
        fields[name] = value.replace("\r\n", "\n")
    return fields


def _decode(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise problems.MalformedDocument(f"the form is not UTF-8: {error.reason}") from error


def go_to(request: web.Request, path: str, **query: str) -> web.Response:
    """303 to one of our pages, by whatever name the visitor reached the server; the language of the pages stays."""
    place = make_address(request, path, **query)
    return web.Response(status=303, headers={"Location": place, "Cache-Control": "no-store"})


def read_done(request: web.Request, words: tuple[str, ...]) -> str:
    """What was just done, if it is one of these words; nothing where a form was sent and is shown again."""
    said = request.query.get("done", "")
    return said if said in words and request.method in ("GET", "HEAD") else ""


def make_address(request: web.Request, path: str, **query: str) -> str:
    """One of our pages, without what is empty, and in the language that the visitor asked for."""
    query = {name: value for name, value in query.items() if value}
    if language := request.query.get("lang"):
        query["lang"] = language
    return request[SITE].root + path + (f"?{urlencode(query)}" if query else "")
