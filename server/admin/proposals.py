"""Routings that one admin has proposed: previewed, approved or rejected by another one."""

from collections.abc import Sequence

from aiohttp import web

from server import problems
from server.admin import routing as editor
from server.admin.forms import FORM, go_to, read_done, read_form
from server.admin.pages import show_page
from server.api.operations import operation
from server.api.shapes.routing import ProposalShown
from server.handlers import previews, proposals
from server.handlers.routing_requests import describe_proposal, find_proposal
from server.keys import CLOCK, CONFIG, READER, RELOADER
from server.pages.visitors import HTML
from server.reloading.parts import make_etag
from server.requests import check_body
from server.store.proposals import Proposal

DONE = ("proposed", "approved", "rejected")


@operation(answers={200: HTML})
async def get_list(request: web.Request) -> web.Response:
    """GET /admin/routing/proposals: what waits for a second admin, and what was decided of late."""
    shown = await proposals.list_shown(request, proposals.ProposalsQuery(limit=proposals.MOST_SHOWN))
    values = {
        "open": [one for one in shown["proposals"] if one["state"] == "open"],
        "closed": [one for one in shown["proposals"] if one["state"] != "open"],
        "more": shown["more"],
        "needs_two": request[CONFIG].server.approvals > 1,
        "done": read_done(request, DONE),
    }
    return show_page(request, "routing", "routing_proposals.html", values)


@operation(answers={200: HTML})
async def get_one(request: web.Request) -> web.Response:
    """GET /admin/routing/proposals/{number}: what it would change, and the forms that decide about it."""
    return await _show(request, {}, editor.Outcome())


@operation(
    body=FORM,
    answers={200: HTML, 303: None},
    problems=(*proposals.REFUSALS, problems.NotAllowed, problems.InvalidDocument),
)
async def post_one(request: web.Request) -> web.Response:
    """POST /admin/routing/proposals/{number}: `do=preview`, `do=approve` or `do=reject`, with a note."""
    form = dict(await read_form(request))
    wish = editor.get_field(form, "do")
    one = await find_proposal(request, request.match_info["number"])
    try:
        if wish == "preview":
            preview = await previews.preview_part(request, one.part, editor.read_days(form.get("days", "").strip()))
            return await _show(request, form, editor.Outcome(preview=preview))
        done = await _decide(request, one, wish, form.get("note", ""))
    except problems.InvalidParameter as problem:
        return await _show(request, form, editor.Outcome(refusal="routing_days_wrong"), status=problem.status)
    except problems.InvalidDocument as problem:
        return await _show(request, form, editor.Outcome(refusal="routing_note_wrong"), status=problem.status)
    except (problems.NotAllowed, problems.NothingToApprove, problems.ConfigurationFixed) as problem:
        outcome = editor.Outcome(refusal="routing_undecided", detail=problem.detail)
        return await _show(request, form, outcome, status=problem.status)
    except problems.InvalidConfiguration as problem:
        outcome = editor.Outcome(refusal="routing_faulty", faults=tuple(editor.list_faults(problem, one.part)))
        return await _show(request, form, outcome, status=problem.status)
    return go_to(request, "/admin/routing/proposals", done=done)


async def _decide(request: web.Request, one: Proposal, wish: str, given: str) -> str:
    """What was done, by the name that the page has for it. Raises what the calls raise."""
    note = check_body({"note": given}, proposals.VerdictBody).note.strip()
    if wish == "approve":
        await proposals.approve_proposal(request, one, note)
        return "approved"
    if wish == "reject":
        await proposals.reject_proposal(request, one, note)
        return "rejected"
    raise problems.MalformedDocument("`do` is preview, approve or reject")


async def _show(
    request: web.Request, form: dict[str, str], outcome: editor.Outcome, *, status: int = 200
) -> web.Response:
    one = await find_proposal(request, request.match_info["number"])
    there, now = make_etag(request.app[RELOADER].part), request.app[CLOCK]()
    shown = describe_proposal(one, there, now, whole=True)
    values = {
        "one": shown,
        "hindrances": _list_hindrances(request, shown),
        "most_days": previews.MOST_DAYS,
        "most_note": proposals.MOST_NOTE,
        "days": form.get("days", str(previews.USUAL_DAYS)),
        "note": form.get("note", ""),
        "outcome": outcome,
    }
    return show_page(request, "routing", "routing_proposal.html", values, status=status)


def _list_hindrances(request: web.Request, one: ProposalShown) -> Sequence[str]:
    """Why who looks cannot approve it, as texts of the catalogues: said before they try."""
    found = []
    if one["outdated"]:
        found.append("routing_is_outdated")
    if one["by"] == request[READER].id:
        found.append("routing_is_yours")
    return found
