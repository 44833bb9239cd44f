"""The versions of the configuration: what each changed, and the routing of one brought back."""

import asyncio

from aiohttp import web

from server import problems
from server.admin import routing as editor
from server.admin.forms import FORM, read_form
from server.admin.pages import show_page
from server.api.operations import operation
from server.configfile.routingfile import cut_routing
from server.handlers import previews, routing
from server.keys import CONFIG, VERSION
from server.pages.visitors import HTML
from server.requests import check_values


@operation(answers={200: HTML})
async def get_history(request: web.Request) -> web.Response:
    """GET /admin/routing/history: every version that was in force, the newest first."""
    try:
        query = check_values({"before": request.query.get("before", str(routing.MOST_NUMBER))}, routing.HistoryQuery)
    except problems.InvalidParameter:  # what cannot be is as if it were not said
        query = routing.HistoryQuery()
    shown = await routing.list_versions(request, query)
    values = {"shown": shown, "authors": await editor.name_authors(request, {v["author"] for v in shown["versions"]})}
    return show_page(request, "routing", "routing_history.html", values)


@operation(answers={200: HTML})
async def get_version_page(request: web.Request) -> web.Response:
    """GET /admin/routing/history/{number}: what it changed, its text, and how its routing is brought back."""
    return await _show(request)


@operation(body=FORM, answers={200: HTML, 303: None}, problems=editor.REFUSALS)
async def post_version_page(request: web.Request) -> web.Response:
    """POST /admin/routing/history/{number}: its routing once more, as a new version or proposal."""
    form = await read_form(request)
    try:
        made = await routing.restore_version(request, request.match_info["number"], editor.get_field(form, "etag"))
    except problems.PreconditionFailed as problem:
        return await _show(request, "routing_restore_overtaken", status=problem.status)
    except problems.ConfigurationFixed as problem:
        return await _show(request, "routing_fixed", problem.detail, status=problem.status)
    except problems.InvalidConfiguration as problem:
        return await _show(request, "routing_restore_faulty", problem.detail, status=problem.status)
    return editor.go_on(request, made, "restored")


async def _show(request: web.Request, refusal: str = "", detail: str = "", *, status: int = 200) -> web.Response:
    version = await routing.show_version(request, request.match_info["number"])
    part = await asyncio.to_thread(cut_routing, version["text"])
    values = {
        "state": routing.describe_state(request),
        "version": version,
        "authors": await editor.name_authors(request, {version["author"]}),
        "part": part,
        "difference": await editor.compare_parts(request, part) if version["text"] else "",
        "is_current": version["number"] == request[VERSION].number,
        "needs_two": request[CONFIG].server.approvals > 1,
        "usual_days": previews.USUAL_DAYS,
        "refusal": refusal,
        "detail": detail,
    }
    return show_page(request, "routing", "routing_version.html", values, status=status)
