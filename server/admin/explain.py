"""Why an article is or is not where somebody expected it: a form, and the answer of GET /v1/explain in words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import unquote, urlsplit

from aiohttp import web

from server import problems
from server.admin.pages import show_page
from server.api.operations import operation
from server.api.parts import ITEM
from server.api.shapes.routing import Explanation, GateShown, StandShown
from server.config import Config
from server.handlers.explain import ExplainQuery, explain_article
from server.keys import CONFIG, SITE
from server.pages.visitors import HTML, pick_language
from server.publishing import make_channel_title
from server.requests import check_values, is_ours

FIELDS = ("page", "outlet", "item", "channel", "language", "subscriber")
NARROWING = ("channel", "language", "subscriber")
ADDRESS = re.compile(rf"/(?:v1/)?articles/([a-z0-9-]+)/({ITEM.pattern})(?:/[A-Za-z0-9-]+)?/?")
COMBINED = ("all", "any", "not", "named")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the form says, as it was typed; `page` is the address of an article's page, instead of outlet and item."""

    page: str = ""
    outlet: str = ""
    item: str = ""
    channel: str = ""
    language: str = ""
    subscriber: str = ""


@operation(answers={200: HTML, 400: HTML, 404: HTML}, problems=(problems.InvalidParameter, problems.NotFound))
async def get_page(request: web.Request) -> web.StreamResponse:
    """GET /admin/explain: the form, and why the article that it names is or is not in each place."""
    asked = Asked(**{name: request.query.get(name, "").strip() for name in FIELDS})
    found: Explanation | None = None
    named, refused = _find_named(request, asked)
    detail, status = "", 400 if refused else 200
    try:
        if named is not None:
            query = {name: value for name in NARROWING if (value := getattr(asked, name))}
            found = await explain_article(request, *named, check_values(query, ExplainQuery))
            asked = replace(asked, page="", outlet=named[0], item=named[1])
    except problems.ArticleNotFound as problem:
        refused, status = "explain_no_article", problem.status
    except (problems.InvalidParameter, problems.NotFound) as problem:
        refused, detail, status = "explain_refused", problem.detail, problem.status
    values = _list_choices(request[CONFIG], pick_language(request)) | {
        "asked": asked,
        "query": {name: value for name in FIELDS if (value := getattr(asked, name))},
        "asked_language": request.query.get("lang", ""),
        "found": found,
        "places": _sort_places(found["places"]) if found else (),
        "name_gate": name_gate,
        "find_shut": find_shut,
        "combined": COMBINED,
        "refused": refused,
        "detail": detail,
    }
    return show_page(request, "explain", "explain.html", values, status=status)


def name_gate(stand: StandShown, gate: GateShown) -> str:
    """The key of what a gate's being open or shut means. At the desk what is held is let in, elsewhere it is kept."""
    name = gate["gate"]
    if name == "held" and not any(one["gate"] == "route" for one in stand["gates"]):
        name = "desk"
    return f"explain_{name}_{'open' if gate['passes'] else 'shut'}"


def find_shut(stand: StandShown) -> GateShown | None:
    """What decides: the first gate that is shut."""
    return next((gate for gate in stand["gates"] if not gate["passes"]), None)


def _find_named(request: web.Request, asked: Asked) -> tuple[tuple[str, str] | None, str]:
    """Outlet and item, None where there are none; and the key of what is wrong with the form."""
    if not asked.page:
        if asked.outlet and asked.item:
            return (asked.outlet, asked.item), ""
        return None, "explain_incomplete" if any(getattr(asked, name) for name in FIELDS) else ""
    named = _read_address(request, asked.page)
    if named is None:
        return None, "explain_no_address"
    is_same = asked.outlet in ("", named[0]) and asked.item in ("", named[1])
    return (named, "") if is_same else (None, "explain_two")


def _read_address(request: web.Request, page: str) -> tuple[str, str] | None:
    """Outlet and item of an article's address on this server, with or without the server's name before it."""
    try:
        parts = urlsplit(page)
        if parts.netloc and not is_ours(request, page):
            return None
    except ValueError:  # http://[
        return None
    match = ADDRESS.fullmatch(unquote(parts.path).removeprefix(request[SITE].root))
    return None if match is None else (match[1], match[2])


def _list_choices(config: Config, language: str) -> dict[str, object]:
    """What can be picked: (value, what it is called)."""
    channels = [(name, make_channel_title(name, language, config)) for name in config.channels]
    return {
        "outlets": [(name, one.name) for name, one in config.outlets.items()],
        "channels": channels,
        "titles": dict(channels),
        "languages": config.languages.configured,
        "subscribers": [(name, one.name) for name, one in config.subscribers.items()],
    }


def _sort_places(places: Sequence[StandShown]) -> Sequence[StandShown]:
    """Where it stands first; else in the order of the configuration."""
    return sorted(places, key=lambda stand: not stand["stands"])
