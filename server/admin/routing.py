"""The routing: what is in force, why the file is not, and another text for it, previewed or saved."""

import asyncio
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from aiohttp import web

from server import problems
from server.admin.forms import FORM, go_to, read_done, read_form
from server.admin.pages import show_page
from server.api.operations import operation
from server.api.shapes.routing import Preview, RoutingChanged
from server.handlers import previews, proposals, routing
from server.keys import CONFIG, DATABASE, RELOADER, VERSION
from server.pages.visitors import HTML
from server.reloading.diffs import make_diff
from server.requests import check_values
from server.store.keys import list_owners
from server.store.proposals import Proposal

DONE = ("saved", "unchanged", "restored")
REFUSALS = (problems.PreconditionFailed, problems.ConfigurationFixed, problems.InvalidConfiguration)

_LINE = re.compile(r"line (\d+), column \d+")


@dataclass(frozen=True, slots=True)
class Typed:
    """What the form says. `etag`: of the routing that its sender saw; `days`: as they were typed."""

    text: str
    etag: str
    days: str = str(previews.USUAL_DAYS)


@dataclass(frozen=True, slots=True)
class FaultRow:
    """What is wrong with a text, in which line of it (0: not known), and what stands there."""

    line: int
    there: str
    option: str
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a form that was sent: a preview, or a refusal. `diff`: from what is in force to what was typed."""

    preview: Preview | None = None
    refusal: str = ""  # its text in the catalogues
    detail: str = ""
    faults: tuple[FaultRow, ...] = ()
    diff: str = ""


@operation(answers={200: HTML})
async def get_page(request: web.Request) -> web.Response:
    """GET /admin/routing: what is in force, and the form that changes it."""
    state = routing.describe_state(request)
    return await _show(request, Typed(state["text"], state["etag"]), Outcome())


@operation(body=FORM, answers={200: HTML, 303: None}, problems=REFUSALS)
async def post_page(request: web.Request) -> web.Response:
    """POST /admin/routing: another routing, previewed or, with `do=save`, saved."""
    form = await read_form(request)
    typed = Typed(get_field(form, "text"), get_field(form, "etag"), form.get("days", "").strip())
    try:
        if form.get("do") == "save":
            return go_on(request, await routing.put_part(request, typed.text, typed.etag), "saved")
        preview = await previews.preview_part(request, typed.text, read_days(typed.days))
    except problems.PreconditionFailed as problem:
        there = routing.describe_state(request)["etag"]
        outcome = Outcome(refusal="routing_overtaken", diff=await compare_parts(request, typed.text))
        return await _show(request, Typed(typed.text, there, typed.days), outcome, status=problem.status)
    except problems.InvalidParameter as problem:
        return await _show(request, typed, Outcome(refusal="routing_days_wrong"), status=problem.status)
    except problems.ConfigurationFixed as problem:
        outcome = Outcome(refusal="routing_fixed", detail=problem.detail)
        return await _show(request, typed, outcome, status=problem.status)
    except problems.InvalidConfiguration as problem:
        outcome = Outcome(refusal="routing_faulty", faults=tuple(list_faults(problem, typed.text)))
        return await _show(request, typed, outcome, status=problem.status)
    return await _show(request, typed, Outcome(preview=preview, diff=await compare_parts(request, typed.text)))


def go_on(request: web.Request, made: Proposal | RoutingChanged, done: str) -> web.Response:
    """303 to where what was made of a change is seen; `done`: what is said where it is in force."""
    if isinstance(made, Proposal):
        return go_to(request, "/admin/routing/proposals", done="proposed")
    return go_to(request, "/admin/routing", done=done if made["changed"] else "unchanged")


def read_days(given: str) -> int:
    """As the API takes them. Raises InvalidParameter."""
    return check_values({"days": given}, previews.PreviewQuery).days


def list_faults(problem: problems.Problem, text: str) -> Iterator[FaultRow]:
    """The faults of a routing part that was sent, in the order of the API."""
    lines = text.split("\n")
    for pointer, reason in [(one.pointer, one.detail) for one in problem.errors] or [("", problem.detail)]:
        found = _LINE.search(reason)
        line = int(found[1]) if found else 0
        there = lines[line - 1].strip() if 0 < line <= len(lines) else ""
        option = ".".join(part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])
        if found and reason.startswith(f"{found[0]}: "):
            reason = reason.removeprefix(f"{found[0]}: ")
        yield FaultRow(line, there[:200], option, reason)


async def name_authors(request: web.Request, authors: set[str]) -> Mapping[str, str]:
    """Id of a key → whose it is."""
    async with request.app[DATABASE].read() as conn:
        return await list_owners(conn, authors)


async def compare_parts(request: web.Request, part: str) -> str:
    """The diff from what is in force to another routing part."""
    there = request.app[RELOADER].part.replace("\r\n", "\n")
    return await asyncio.to_thread(make_diff, there, part.replace("\r\n", "\n"))


async def _show(request: web.Request, typed: Typed, outcome: Outcome, *, status: int = 200) -> web.Response:
    version = await routing.show_version(request, str(request[VERSION].number))
    state = routing.describe_state(request)
    values = {
        "state": state,
        "is_overtaken": typed.etag != state["etag"],
        "version": version,
        "authors": await name_authors(request, {version["author"]}),
        "open": len(await proposals.list_open(request)),
        "needs_two": request[CONFIG].server.approvals > 1,
        "has_file": request.app[RELOADER].file is not None,
        "most_days": previews.MOST_DAYS,
        "typed": typed,
        "outcome": outcome,
        "done": read_done(request, DONE),
    }
    return show_page(request, "routing", "routing.html", values, status=status)


def get_field(form: Mapping[str, str], name: str) -> str:
    """A field that our form always has: without it, nothing is taken for an empty text."""
    if name not in form:
        raise problems.MalformedDocument(f"the form lacks {name!r}")
    return form[name]
