"""Articles looked up: the translation set, one version of it, its history (CONTRACT §4)."""

import hashlib
from collections.abc import Sequence

import orjson
from aiohttp import web
from pydantic import Field

import feeds
from feeds.model import Document
from server import audit, entries, intake, problems, sets, versioning, visibility
from server.api.operations import Content, operation
from server.api.shapes.articles import History, TranslationSet
from server.keys import CLOCK, DATABASE, READER, SITE
from server.requests import Query, Tag, read_query
from server.responses import is_unchanged, make_json
from server.serving.negotiation import pick_media_type
from server.store import articles, contributions, parallels
from server.store.articles import ArticleRow
from server.store.holds import Hold, find_hold
from server.store.keys import list_owners
from server.store.questions import Question, list_questions
from server.visibility import Reader

NINJS = "application/vnd.iptc.ninjs+json"
MEDIA_TYPES = ("application/json", NINJS, "application/atom+xml", "application/vnd.iptc.g2.newsitem+xml", "text/html")
EACH_HIS_OWN = {"Vary": "Accept, Authorization", "Cache-Control": "private, no-cache"}


class ArticleQuery(Query):
    language: Tag | None = Field(None, description="One version; without it the translation set.")


SET_OR_VERSION = Content(
    {
        "application/json": TranslationSet,
        NINJS: "Ninjs",
        "application/atom+xml": None,
        "application/vnd.iptc.g2.newsitem+xml": None,
    }
)


@operation(
    query=ArticleQuery,
    headers=("If-None-Match",),
    answers={200: SET_OR_VERSION, 303: None, 304: None},
    problems=(problems.ArticleNotFound, problems.VersionNotFound, problems.ArticleWithdrawn, problems.NotAcceptable),
)
async def get_article(request: web.Request) -> web.Response:
    """GET /v1/articles/{outlet}/{item}: the translation set; or one version, as ninjs or what Accept says."""
    language = read_query(request, ArticleQuery).language
    row, one, asked, hold = await _load(request)
    now, site, reader = request.app[CLOCK](), request[SITE], request[READER]
    shown = sets.list_shown(one, reader, site.config, now)
    media_type = _negotiate(request)
    if language is None and media_type == "application/json":
        body = orjson.dumps(sets.describe_set(one, shown, site, reader, now, asked, hold))
        etag = versioning.make_shown_etag(versioning.make_etag(row.head), hashlib.sha256(body).hexdigest())
        return _answer(request, body, media_type, etag)
    language = language or row.head.article.language
    if language not in shown:
        raise problems.VersionNotFound(f"there are {', '.join(sorted(shown))}")
    if media_type == "text/html":
        page = site.page(row.outlet, row.item, language)
        return web.Response(status=303, headers=EACH_HIS_OWN | {"Location": page})
    rendered = "application/json" if media_type == NINJS else media_type
    document = feeds.render_article(entries.make_entry(site, one, shown[language]), rendered)
    told = NINJS if media_type == NINJS else document.media_type
    return _answer(request, document.body, told, _make_guard(one, language, document, reader))


@operation(answers={200: History}, problems=(problems.ArticleNotFound,))
async def get_history(request: web.Request) -> web.Response:
    """GET /v1/articles/{outlet}/{item}/history: all versions, for its outlet and admins."""
    outlet, item = request.match_info["outlet"], request.match_info["item"]
    async with request.app[DATABASE].read() as conn:
        row = await intake.find_mine(conn, outlet, item)
        versions = await articles.list_versions(conn, row.id)
        others = (await parallels.list_parallels(conn, [row.id])).get(row.id, {})
        handed_in = await contributions.list_contributions(conn, row.id)
        owners = await list_owners(conn, {*(one.key_id for one in versions), *(one.key_id for one in handed_in)})
        killer = await audit.find_actor(conn, "article.kill", outlet, f"{outlet}/{row.item}", row.canceled_at)
    described = sets.describe_history(row, versions, others, handed_in, owners, killer)
    return make_json(described, headers=EACH_HIS_OWN)


async def _load(request: web.Request) -> tuple[ArticleRow, entries.Loaded, Sequence[Question], Hold | None]:
    """The article as this reader may know it, what editors ask, whether routes hold it.

    Raises ArticleNotFound, ArticleWithdrawn.
    """
    outlet, item = request.match_info["outlet"], request.match_info["item"]
    asked: Sequence[Question] = ()
    hold = None
    async with request.app[DATABASE].read() as conn:
        one = await entries.find_loaded(conn, outlet, item)
        if one is not None and visibility.may_manage(request[READER], outlet):
            asked = (await list_questions(conn, [one.article.id])).get(one.article.id, ())
            hold = await find_hold(conn, one.article.id)
        if one is None and visibility.may_manage(request[READER], outlet):
            await intake.find_mine(conn, outlet, item)  # says where it lives
    if one is None:
        raise problems.ArticleNotFound(f"{outlet} has published no item {item!r}")
    sets.check_readable(one, request[READER], request[SITE].config, request.app[CLOCK]())
    return one.article, one, asked, hold


def _make_guard(one: entries.Loaded, language: str, document: Document, reader: Reader) -> str:
    """The ETag of one version: for who may replace it with, for all others of what they see of it and nothing else."""
    head = one.article.head
    if not visibility.may_manage(reader, one.article.outlet):
        return document.etag
    is_source = language == head.article.language
    etag = versioning.make_etag(head) if is_source else versioning.make_version_etag(one.versions.get(language), head)
    return document.etag if etag is None else versioning.make_shown_etag(etag, document.etag.strip('"'))


def _answer(request: web.Request, body: bytes, media_type: str, etag: str) -> web.Response:
    headers = {**EACH_HIS_OWN, "ETag": etag}
    if is_unchanged(request, etag, None):
        return web.Response(status=304, headers=headers)
    return web.Response(body=body, headers=headers | {"Content-Type": media_type})


def _negotiate(request: web.Request) -> str:
    """The one of MEDIA_TYPES that Accept likes best; JSON when anything goes. Raises NotAcceptable."""
    picked = pick_media_type(request.headers.get("Accept") or "*/*", MEDIA_TYPES)
    if picked is None:
        raise problems.NotAcceptable(f"there are {', '.join(MEDIA_TYPES)}")
    return picked
