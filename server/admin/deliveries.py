"""Who gets pushes, what could not be brought, and which sources are read; sending again and reading now."""

from collections.abc import Sequence
from typing import get_args

from aiohttp import web

from server import problems
from server.admin.forms import FORM, go_to, make_address, read_done, read_form
from server.admin.pages import show_page
from server.api.operations import operation
from server.api.shapes.newsrooms import DeadLetterShown, SubscriptionShown
from server.handlers.letters import LettersQuery, load_letters, retry_letter
from server.handlers.sources import load_sources, poll_source
from server.handlers.subscriptions import MOST_LISTED, SubscriptionsQuery, load_subscription, load_subscriptions
from server.pages.visitors import HTML
from server.requests import Number, Query, Text, check_values
from server.store.subscriptions import SubscriptionState

PATH = "/admin/deliveries"
DONE = ("sent", "read")  # what may have been done before the page is shown
STATES: tuple[SubscriptionState, ...] = get_args(SubscriptionState)
ASKED = ("state", "after", "subscription", "letters_after")


class LetterForm(Query):
    letter: Number


class SourceForm(Query):
    source: Text


@operation(answers={200: HTML}, problems=(problems.InvalidParameter, problems.Unavailable))
async def get_page(request: web.Request) -> web.StreamResponse:
    """GET /admin/deliveries: how subscriptions, destinations and sources fare."""
    return await _show(request)


@operation(
    body=FORM,
    answers={303: None, 404: HTML, 409: HTML},
    problems=(problems.InvalidParameter, problems.NotFound, problems.NothingToRetry),
)
async def post_page(request: web.Request) -> web.StreamResponse:
    """POST /admin/deliveries: send again what was given up, or read a source now."""
    form = await read_form(request)
    is_source = "source" in form
    try:
        if is_source:
            await poll_source(request, check_values(form, SourceForm).source)
        else:
            await retry_letter(request, check_values(form, LetterForm).letter)
    except problems.NotFound as problem:
        return await _show(request, problem, "source_gone" if is_source else "letter_gone")
    except problems.NothingToRetry as problem:
        return await _show(request, problem, "letter_over")
    return go_to(request, PATH, done="read" if is_source else "sent", **_read_asked(request))


@operation(answers={200: HTML}, problems=(problems.NotFound,))
async def get_subscription(request: web.Request) -> web.StreamResponse:
    """GET /admin/deliveries/{id}: one subscription or destination, and what was tried."""
    one = await load_subscription(request, request.match_info["id"], None)
    letters = make_address(request, PATH, subscription=str(one["id"])) + "#letters" if one["dead_letters"] else ""
    values = {"one": one, "letters": letters, "here": f"{PATH}/{one['id']}"}
    return show_page(request, "deliveries", "delivery.html", values)


def _read_asked(request: web.Request) -> dict[str, str]:
    """Which part of the lists is looked at. A field of the form that is left empty asks for nothing."""
    return {name: value for name in ASKED if (value := request.query.get(name))}


async def _show(request: web.Request, problem: problems.Problem | None = None, why: str = "") -> web.Response:
    asked = _read_asked(request)
    of_subscriptions = {name: value for name, value in asked.items() if name in ("state", "after")}
    renamed = {"subscription": "subscription", "letters_after": "after"}
    of_letters = {renamed[name]: value for name, value in asked.items() if name in renamed}
    subscriptions = await load_subscriptions(request, None, check_values(of_subscriptions, SubscriptionsQuery))
    letters = await load_letters(request, None, check_values(of_letters, LettersQuery))
    values = {
        "subscriptions": subscriptions,
        "letters": letters,
        "sources": await load_sources(request),
        "states": STATES,
        "asked": asked,
        "done": read_done(request, DONE),
        "refused": problem,
        "why": why,
        "action": make_address(request, PATH, **asked),
        "letters_of": {
            one["id"]: make_address(request, PATH, subscription=str(one["id"])) + "#letters" for one in subscriptions
        },
        "closer": {one["id"]: make_address(request, f"{PATH}/{one['id']}") for one in subscriptions},
        "more_subscriptions": _find_next(request, subscriptions, asked, "after"),
        "more_letters": _find_next(request, letters, asked, "letters_after"),
        "all": make_address(request, PATH),
        "explain": lambda outlet, item: make_address(request, "/admin/explain", outlet=outlet, item=item),
        "asked_language": request.query.get("lang", ""),
    }
    return show_page(request, "deliveries", "deliveries.html", values, status=problem.status if problem else 200)


def _find_next(
    request: web.Request,
    shown: Sequence[SubscriptionShown] | Sequence[DeadLetterShown],
    asked: dict[str, str],
    name: str,
) -> str | None:
    """The address of the next part of a list; the other list stays where it is."""
    if len(shown) < MOST_LISTED:
        return None
    return make_address(request, PATH, **(asked | {name: str(shown[-1]["id"])}))
