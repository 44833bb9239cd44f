"""Jinja2 as all pages use it: everything escaped, nothing undefined, the stylesheet's address after its content."""

import hashlib
from collections.abc import Mapping
from functools import cache, partial
from importlib.resources import files
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined

from server.pages.pictures import is_web_address, list_files, pick_largest, pick_rendition
from server.pages.wording import LOCALES, find_wording, mark_language, name_own_language, render_time

# for the handlers: pages have no scripts (JSON-LD is data), no frames, no forms; pictures come from the outlets
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' https: http:; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
)


def render_template(name: str, *, ui_language: str, site: str, base: str, values: Mapping[str, object]) -> str:
    """Render one template for a reader; `base` is the server's address without its last slash, or empty."""
    wording = find_wording(ui_language)
    return (
        _make_environment()
        .get_template(name)
        .render(
            values,
            ui=wording.language,
            wording=wording,
            say=wording.say,
            when=partial(render_time, wording=wording),
            site=site,
            base=base.rstrip("/"),
            # By its path only: by whatever name a visitor reached the server, it is the page's own.
            stylesheet=f"{urlsplit(base).path.rstrip('/')}/static/karvan.css?v={_hash_stylesheet()}",
        )
    )


@cache
def read_stylesheet() -> bytes:
    """Give the bytes of the one stylesheet, served at /static/karvan.css."""
    return files("server").joinpath("pages/static/karvan.css").read_bytes()


@cache
def _hash_stylesheet() -> str:
    return hashlib.sha256(read_stylesheet()).hexdigest()[:12]


@cache
def _make_environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("server.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals.update(
        locales=LOCALES,
        mark_language=mark_language,
        name_own_language=name_own_language,
        pick_rendition=pick_rendition,
        pick_largest=pick_largest,
        list_files=list_files,
        is_web_address=is_web_address,
    )
    return environment
