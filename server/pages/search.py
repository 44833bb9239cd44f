"""The page where people search: a plain form, and what they may see of what it finds."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from aiohttp import web

from feeds.model import Link
from server import problems
from server.api.operations import operation
from server.config import Config
from server.keys import CLOCK, CONFIG, DATABASE, READER, SEARCHES, SITE
from server.pages.environment import render_template
from server.pages.rows import ArticleRow
from server.pages.visitors import FORMS_HERE, HTML, PRIVATE, SAFE, pick_language
from server.responses import make_html
from server.searching.finding import Hit, find_page
from server.searching.snippets import Piece
from server.searching.wishes import dump_cursor, find_language, make_wish
from server.site import Site

HITS_ON_PAGE = 20
ORDERS = ("relevance", "newest")


@dataclass(frozen=True, slots=True, kw_only=True)
class HitRow:
    """A hit as the page lists it: the row of a list, what was found in it marked, its other texts."""

    row: ArticleRow
    headline: Sequence[Piece]
    snippet: Sequence[Piece]
    others: Sequence[Link]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What the form says."""

    words: str
    language: str
    order: str


@operation(answers={200: HTML, 400: HTML}, problems=(problems.Unavailable,))
async def get_page(request: web.Request) -> web.StreamResponse:
    """GET /search: the form, and what is found."""
    site, config, ui_language = request[SITE], request[CONFIG], pick_language(request)
    asked = _read_question(request, config)
    hits: Sequence[HitRow] = ()
    older, is_unclear = None, False
    if asked.words.strip():
        try:
            hits, older = await _find(request, asked, ui_language)
        except problems.InvalidParameter:
            is_unclear = True
    values = {
        "asked": asked,
        "hits": hits,
        "older": older,
        "is_unclear": is_unclear,
        "languages": config.languages.configured,
        "page": f"{site.base}/search",
        "action": f"{site.root}/search",
    }
    page = render_template(
        "search.html", ui_language=ui_language, site=config.server.name, base=site.base, values=values
    )
    return make_html(page, status=400 if is_unclear else 200, headers=SAFE | PRIVATE | FORMS_HERE)


def _read_question(request: web.Request, config: Config) -> Question:
    """What cannot be is as if it were not said: the form shows what it was answered for."""
    language, order = request.query.get("language", ""), request.query.get("order", "")
    try:
        language = find_language(language, config) if language else ""
    except problems.InvalidParameter:
        language = ""
    return Question(words=request.query.get("q", ""), language=language, order=order if order in ORDERS else ORDERS[0])


async def _find(request: web.Request, asked: Question, ui_language: str) -> tuple[Sequence[HitRow], str | None]:
    """What is found, and the address of the next page."""
    site, reader = request[SITE], request[READER]
    wish = make_wish(
        asked.words,
        reader,
        request[CONFIG],
        limit=HITS_ON_PAGE,
        languages=(asked.language,) if asked.language else (),
        is_newest=asked.order == "newest",
        after=request.query.get("after", ""),
    )
    async with request.app[SEARCHES], request.app[DATABASE].read() as conn:
        page = await find_page(conn, site, reader, wish, request.app[CLOCK]())
    older = None
    if page.next is not None:
        query = {"q": asked.words, "language": asked.language, "order": asked.order, "lang": ui_language}
        query = {name: value for name, value in query.items() if value} | {"after": dump_cursor(page.next)}
        older = f"{site.base}/search?{urlencode(query)}"
    return [_make_row(site, hit) for hit in page.hits], older


def _make_row(site: Site, hit: Hit) -> HitRow:
    entry, article = hit.entry, hit.found.article
    return HitRow(
        row=ArticleRow(
            headline=entry.article.headline,
            href=entry.page,
            language=hit.found.best.language,
            outlet=entry.outlet.name,
            published=entry.published,
            origin=entry.provenance.origin,
        ),
        headline=hit.headline,
        snippet=hit.snippet,
        others=[
            Link(language=one.language, href=site.page(article.outlet, article.item, one.language))
            for one in hit.found.places[1:]
        ],
    )
