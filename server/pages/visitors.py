"""Who looks at a page: in which language, and with whose key; what all pages are answered with."""

import re
from urllib.parse import urlsplit, urlunsplit

from aiohttp import web

from server import problems, visibility
from server.api.operations import Content, operation
from server.keys import READER
from server.pages import CONTENT_SECURITY_POLICY, LOCALES
from server.requests import is_ours
from server.serving.negotiation import rank_languages
from translators.languages import is_tag, match

PRIVATE = {"Vary": "Authorization, Accept-Language", "Cache-Control": "private, no-cache"}
SAFE = {"Content-Security-Policy": CONTENT_SECURITY_POLICY, "X-Content-Type-Options": "nosniff"}
FORMS_HERE = {"Content-Security-Policy": CONTENT_SECURITY_POLICY.replace("form-action 'none'", "form-action 'self'")}
HTML = Content({"text/html": None})


def pick_language(request: web.Request, content: str = "") -> str:
    """The language of a page's own words: ?lang=, else that of what is on it, else what the browser asks for."""
    asked = [request.query.get("lang", ""), content, *rank_languages(request.headers.get("Accept-Language", ""))]
    for tag in asked:
        if is_tag(tag) and (found := match(tag, LOCALES)):
            return found
    return "en"


@operation(answers={303: None}, problems=(problems.KeyRequired,))
async def get_sign_in(request: web.Request) -> web.StreamResponse:
    """GET /sign-in: has a browser ask for a key, once for all pages, and leads back to where somebody came from.

    Browsers send a password (RFC 7617 §2.2) to whatever lies beside the address that asked for it: here, to all pages.
    """
    if request[READER] == visibility.ANYONE:
        raise problems.KeyRequired("the password is your key, the name does not matter", headers=problems.CHALLENGE)
    referer = request.headers.get("Referer", "")
    origin = urlsplit(referer)
    is_page = is_ours(request, referer) and re.match(r"/(?!/|sign-in$)", origin.path)
    back = urlunsplit(("", "", origin.path, origin.query, "")) if is_page else "/"
    return web.Response(status=303, headers=PRIVATE | {"Location": back})
