"""The frame of all admin pages: where else to go, the headers, the language."""

from collections.abc import Mapping
from urllib.parse import urlencode

from aiohttp import web

from server.keys import SITE
from server.pages.environment import render_template
from server.pages.visitors import FORMS_HERE, PRIVATE, SAFE, pick_language
from server.responses import make_html

SECTIONS = ("overview", "routing", "explain", "queue", "deliveries", "keys", "glossary", "audit")
"""The pages in the order of their menu; `admin_NAME` in the catalogues is what the menu calls them."""


def show_page(
    request: web.Request, section: str, template: str, values: Mapping[str, object], *, status: int = 200
) -> web.Response:
    """templates/admin/TEMPLATE, which extends admin/frame.html. Besides `values` templates have `root` (before every
    path: `{{ root }}/admin/…`), `lang` (`?lang=…` where the visitor asked for one, else empty) and `section`.
    """
    site, ui_language = request[SITE], pick_language(request)
    asked = request.query.get("lang", "")
    frame: dict[str, object] = {
        "root": site.root,
        "lang": f"?{urlencode({'lang': asked})}" if asked else "",
        "section": section,
        "sections": SECTIONS,
        "here": request.path,
    }
    page = render_template(
        f"admin/{template}",
        ui_language=ui_language,
        site=site.config.server.name,
        base=site.base,
        values={**frame, **values},
    )
    return make_html(page, status=status, headers=SAFE | PRIVATE | FORMS_HERE | {"Cache-Control": "private, no-store"})
