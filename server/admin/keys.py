"""/admin/keys: whose keys open what; keys and invitations are made, rotated and taken back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from aiohttp import web

from server import problems
from server.admin.forms import FORM, go_to, read_done, read_form
from server.admin.owners import OwnerLine, find_owner, group_lines, list_owners, make_line, may_have
from server.admin.pages import show_page
from server.api.operations import operation
from server.credentials import SCOPES
from server.handlers import invitations
from server.handlers.keys import (
    MOST_DAYS,
    MOST_HOURS,
    MOST_LABEL,
    USUAL_INVITATION,
    USUAL_OVERLAP,
    InvitationWanted,
    KeyWanted,
    RotationWanted,
    invite,
    issue_key,
    load_keys,
    revoke_key,
    rotate_key,
)
from server.keys import CONFIG
from server.pages.visitors import HTML
from server.requests import check_body

DONE = ("revoked", "withdrawn")
MOST_OVER = 200  # keys that are over, of those that are shown
REFUSALS = {
    problems.NotAllowed: "keys_refused_admin",
    problems.KeyIsOver: "keys_refused_over",
    problems.NotFound: "keys_refused_invitation",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What could not be done: the form, what was typed in it, why (keys of the catalogues)."""

    form: str = ""
    typed: Mapping[str, str]
    reasons: Sequence[str]
    status: int


@operation(answers={200: HTML})
async def get_page(request: web.Request) -> web.Response:
    """GET /admin/keys: the keys and open invitations, and the forms for more."""
    return await _show_keys(request)


@operation(body=FORM, answers={200: HTML}, problems=(problems.NotAllowed, problems.InvalidDocument))
async def post_key(request: web.Request) -> web.Response:
    """POST /admin/keys: a new key, shown this once."""
    form = await read_form(request)
    try:
        made = await issue_key(request, check_body(_read_wanted(form), KeyWanted))
    except (problems.InvalidDocument, problems.NotAllowed) as problem:
        return await _show_keys(request, _refuse("issue", form, problem))
    values = {"kind": "key", "secret": made["key"], "expires_at": made["expires_at"], "scopes": made["scopes"]}
    return _show_secret(request, made["owner"], values)


@operation(body=FORM, answers={200: HTML}, problems=(problems.NotAllowed, problems.InvalidDocument))
async def post_invitation(request: web.Request) -> web.Response:
    """POST /admin/keys/invitations: a token for one key, shown this once."""
    form = await read_form(request)
    wanted = _read_wanted(form) | {"hours": _read_number(form.get("hours", ""))}
    try:
        made = await invite(request, check_body(wanted, InvitationWanted))
    except (problems.InvalidDocument, problems.NotAllowed) as problem:
        return await _show_keys(request, _refuse("invite", form, problem))
    values = {"kind": "invitation", "secret": made["token"], "expires_at": made["expires_at"], "scopes": ()}
    return _show_secret(request, made["owner"], values)


@operation(body=FORM, answers={303: None}, problems=(problems.NotFound,))
async def post_withdrawal(request: web.Request) -> web.Response:
    """POST /admin/keys/invitations/{id}: nobody can exchange it any more."""
    await read_form(request)
    try:
        await invitations.withdraw_invitation(request, request.match_info["id"])
    except problems.NotFound as problem:
        return await _show_keys(request, _refuse("withdraw", {}, problem))
    return go_to(request, "/admin/keys", done="withdrawn")


@operation(answers={200: HTML}, problems=(problems.NotFound,))
async def get_key(request: web.Request) -> web.Response:
    """GET /admin/keys/{id}: one key, and what can be done with it."""
    return await _show_key(request)


@operation(body=FORM, answers={303: None}, problems=(problems.NotFound, problems.InvalidDocument))
async def post_revocation(request: web.Request) -> web.Response:
    """POST /admin/keys/{id}/revoke: it opens nothing any more."""
    form = await read_form(request)
    if form.get("sure") != "yes":
        reasons = ("keys_wrong_sure",)
        return await _show_key(request, Refusal(form="revoke", typed=form, reasons=reasons, status=422))
    await revoke_key(request, request.match_info["id"])
    return go_to(request, "/admin/keys", done="revoked")


@operation(
    body=FORM,
    answers={200: HTML},
    problems=(problems.NotFound, problems.NotAllowed, problems.KeyIsOver, problems.InvalidDocument),
)
async def post_rotation(request: web.Request) -> web.Response:
    """POST /admin/keys/{id}/rotate: another key in its place, shown this once."""
    form = await read_form(request)
    hours = _read_number(form.get("overlap_hours", ""))
    try:
        wanted = check_body({"overlap_hours": hours}, RotationWanted)
        made = await rotate_key(request, request.match_info["id"], wanted)
    except (problems.InvalidDocument, problems.NotAllowed, problems.KeyIsOver) as problem:
        return await _show_key(request, _refuse("rotate", form, problem))
    values = {"kind": "rotated", "secret": made["key"], "expires_at": made["expires_at"], "scopes": made["scopes"]}
    old = next(row for row in await load_keys(request, made["owner"]) if row.id == request.match_info["id"])
    return _show_secret(request, made["owner"], values | {"old": old.id, "until": old.expires_at})


async def _show_keys(request: web.Request, refusal: Refusal | None = None) -> web.Response:
    config, rows = request[CONFIG], await load_keys(request)
    lines = [make_line(request, row) for row in rows]
    owners = list(list_owners(config))
    known = {owner.id: owner for owner in owners}
    gone = {row.owner: OwnerLine(id=row.owner, name="", role=row.role) for row in rows if row.owner not in known}
    shown = await invitations.find_invitations(request)
    over = [line for line in reversed(lines) if line.state != "open"]
    values: dict[str, object] = {
        "done": read_done(request, DONE),
        "refusal": refusal,
        "groups": group_lines(owners, [line for line in lines if line.state == "open"]),
        "over": sorted(over, key=lambda line: line.state != "ownerless")[:MOST_OVER],  # those may come to life again
        "over_count": len(over),
        "most_over": MOST_OVER,
        "owners": known | gone,
        "choices": [owner for owner in owners if may_have(owner.id, request)],
        "has_two_admins": config.server.approvals > 1,
        "invitations": shown["invitations"],
        "here": "/admin/keys",
        **_get_limits(),
    }
    return show_page(request, "keys", "keys.html", values, status=refusal.status if refusal else 200)


async def _show_key(request: web.Request, refusal: Refusal | None = None) -> web.Response:
    """Raises NotFound."""
    number = request.match_info["id"]
    rows = await load_keys(request)
    lines = [make_line(request, row) for row in rows]
    line = next((one for one in lines if one.row.id == number), None)
    if line is None:
        raise problems.NotFound("there is no such key")
    others = [one for one in lines if one.row.owner == line.row.owner and one.state == "open" and one.row.id != number]
    values: dict[str, object] = {
        "refusal": refusal,
        "line": line,
        "owner": find_owner(line.row.owner, request[CONFIG]),
        "others": len(others),
        "may_rotate": may_have(line.row.owner, request),
        "here": f"/admin/keys/{number}",
        **_get_limits(),
    }
    return show_page(request, "keys", "key.html", values, status=refusal.status if refusal else 200)


def _show_secret(request: web.Request, owner: str, values: Mapping[str, object]) -> web.Response:
    whose = find_owner(owner, request[CONFIG])
    shown: dict[str, object] = {"owner": whose, "until": None, "old": "", "here": "/admin/keys", **values}
    return show_page(request, "keys", "key_made.html", shown)


def _read_wanted(form: Mapping[str, str]) -> dict[str, object]:
    return {
        "owner": form.get("owner", ""),
        "label": form.get("label", "").strip(),
        "days": _read_number(form.get("days", "")),
        "scopes": [scope for scope in SCOPES["admin"] if form.get(f"scope_{scope}")],
    }


def _read_number(text: str) -> int | str | None:
    """None for an empty field, the text itself for what is no number."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text or None


def _refuse(form: str, typed: Mapping[str, str], problem: problems.Problem) -> Refusal:
    fields: Iterable[str] = dict.fromkeys(fault.pointer.split("/")[1] for fault in problem.errors)
    reasons = [f"keys_wrong_{field}" for field in fields] or [REFUSALS[type(problem)]]
    return Refusal(form=form, typed=typed, reasons=reasons, status=problem.status)


def _get_limits() -> Mapping[str, object]:
    """What the forms tell beforehand."""
    return {
        "scope_names": SCOPES["admin"],
        "most_days": MOST_DAYS,
        "most_hours": MOST_HOURS,
        "most_label": MOST_LABEL,
        "usual_hours": USUAL_INVITATION,
        "usual_overlap": USUAL_OVERLAP,
    }
