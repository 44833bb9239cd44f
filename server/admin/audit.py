"""Who has changed what and when, the newest first."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from aiohttp import web

from server import problems
from server.admin.forms import make_address
from server.admin.pages import show_page
from server.api.operations import operation
from server.api.shapes.credentials import AuditLine
from server.handlers.audit import MOST_SHOWN, AuditQuery, load_newest
from server.keys import CONFIG
from server.pages.visitors import HTML
from server.requests import Number, Query, check_values

PATH = "/admin/audit"
FIELDS = ("who", "what", "outlet", "since", "until")
LINES_ON_PAGE = 50
DEEPEST = 3  # levels of what was before and after that are told apart by name


class BeforeQuery(Query):
    before: Number | None = None


class Fact(NamedTuple):
    """Something that was changed: its name ("scopes", "counts.new"), and what it was or is."""

    name: str
    value: bool | str


class Row(NamedTuple):
    line: AuditLine
    before: Sequence[Fact]
    after: Sequence[Fact]


@operation(answers={200: HTML, 400: HTML}, problems=(problems.InvalidParameter, problems.Unavailable))
async def get_page(request: web.Request) -> web.StreamResponse:
    """GET /admin/audit: a form, and the entries that it asks for."""
    typed = {name: value for name in FIELDS if (value := request.query.get(name, "").strip())}
    lines: Sequence[AuditLine] = ()
    refused: problems.Problem | None = None
    times: Mapping[str, datetime | None] = {}
    position = request.query.get("before", "")
    before = check_values({"before": position} if position else {}, BeforeQuery).before
    try:
        query = check_values(typed | {"limit": str(LINES_ON_PAGE)}, AuditQuery)
        times = {"since": query.since, "until": query.until}
        lines = await load_newest(request, query, before)
    except problems.InvalidParameter as problem:
        refused = problem
    following = str(lines[-1]["id"]) if len(lines) == LINES_ON_PAGE else ""
    values = {
        "typed": typed,
        "times": {name: _write_time(time) for name, time in times.items() if time is not None},
        "rows": [Row(line, list_facts(line["before"]), list_facts(line["after"])) for line in lines],
        "refused": refused,
        "outlets": sorted(request[CONFIG].outlets),
        "narrow": lambda **more: make_address(request, PATH, **(typed | more)),
        "all": make_address(request, PATH),
        "first": make_address(request, PATH, **typed) if position else None,
        "following": make_address(request, PATH, **typed, before=following) if following else None,
        "export": f"/v1/audit?{urlencode(typed | {'limit': str(MOST_SHOWN)})}",
        "most": MOST_SHOWN,
        "asked_language": request.query.get("lang", ""),
    }
    return show_page(request, "audit", "audit.html", values, status=refused.status if refused else 200)


def list_facts(said: Any) -> Sequence[Fact]:
    """What a line of the log says was before, or is after: a fact a name, those inside others after these."""
    return tuple(_walk(said, "", DEEPEST)) if isinstance(said, Mapping) else ()


def _walk(said: Mapping[str, Any], inside: str, deep: int) -> Iterator[Fact]:
    for name, value in said.items():
        if isinstance(value, Mapping) and value and deep > 1:
            yield from _walk(value, f"{inside}{name}.", deep - 1)
        else:
            yield Fact(inside + name, value if isinstance(value, bool) else _write(value))


def _write(value: Any) -> str:
    """In one line; "" for what is not there."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {_write(one)}" for name, one in value.items())
    if isinstance(value, list):
        return ", ".join(_write(one) for one in value)
    return str(value)


def _write_time(time: datetime) -> str:
    """As a field of a form for dates and times has it; in UTC."""
    return time.replace(tzinfo=None).isoformat(timespec="seconds")
