"""Outlets push, correct and withdraw their articles (CONTRACT §4)."""

import orjson
from aiohttp import web
from pydantic import Field

import feeds
from server import ingest, intake, problems, versioning
from server.api.operations import Content, operation
from server.api.shapes.articles import Killed, Pushed
from server.counting import count_push
from server.handlers.submissions import (
    Once,
    check_receipt,
    find_first_answer,
    get_idempotency_key,
    get_own_outlet,
    make_push,
    read_article,
    read_new,
    take_new,
)
from server.ingest import Push
from server.intake import Receipt
from server.keys import CLOCK, CONFIG, DATABASE, READER, SITE
from server.requests import Body, Query, Text, read_body, read_json, read_query
from server.responses import make_json
from server.store.answers import Answer
from translators.languages import is_tag, normalise

MOST_REASON = 2_000

ARTICLES = Content(
    {
        "application/json": "Ninjs",
        "application/vnd.iptc.ninjs+json": "Ninjs",
        "application/atom+xml": None,
        "application/vnd.iptc.g2.newsitem+xml": None,
        "application/rss+xml": None,
        "application/feed+json": None,
    }
)
PUSH_PROBLEMS = (
    problems.InvalidDocument,
    problems.LanguageContradiction,
    problems.LanguageNotConfigured,
    problems.VersionConflict,
    problems.UriTaken,
    problems.VersionRequired,
    problems.ArticleCanceled,
    problems.DayUsedUp,
)
CONDITIONS = ("If-Match", "If-None-Match")


@operation(
    headers=CONDITIONS, body=ARTICLES, answers={200: Pushed, 201: Pushed}, problems=(*PUSH_PROBLEMS, problems.NotFound)
)
async def put_article(request: web.Request) -> web.Response:
    """PUT /v1/articles/{outlet}/{item}: an article, or its next version."""
    outlet, item = _get_outlet(request), request.match_info["item"]
    if fault := ingest.find_item_fault(item):
        raise problems.InvalidParameter(fault)
    raw = await read_body(request, request[CONFIG].limits)
    article = await read_article(request, raw, outlet)
    if article.item not in (None, item):
        detail = f"the address says item {item!r}, the document {(article.item or '')[:200]!r}"
        raise problems.InvalidDocument(detail, errors=[feeds.Fault("/altIds", detail)])
    push = make_push(request, outlet, item, article, raw)
    async with request.app[DATABASE].write() as conn:
        receipt = await intake.take_push(conn, push, request[SITE], request.app[CLOCK]())
    return _answer(request, receipt, push)


@operation(
    headers=(*CONDITIONS, "Idempotency-Key"),
    body=ARTICLES,
    answers={201: Pushed},
    problems=(*PUSH_PROBLEMS, problems.InvalidHeader, problems.IdempotencyKeyReused),
)
async def post_article(request: web.Request) -> web.Response:
    """POST /v1/articles: a new article: the outlet from the key, the item from the document or made here."""
    outlet = get_own_outlet(request)
    raw = await read_body(request, request[CONFIG].limits)
    key = get_idempotency_key(request)
    once = Once.make(key, request.content_type, raw) if key is not None else None
    if once and (answered := await find_first_answer(request, outlet, once)):
        return _repeat(request, answered)
    push = await read_new(request, raw, outlet)
    async with request.app[DATABASE].write() as conn:
        receipt = await take_new(conn, request, push, once)
    if isinstance(receipt, Answer):
        return _repeat(request, receipt)
    return _answer(request, receipt, push, location=True)


@operation(
    headers=CONDITIONS, body=ARTICLES, answers={200: Pushed}, problems=(*PUSH_PROBLEMS, problems.ArticleNotFound)
)
async def put_version(request: web.Request) -> web.Response:
    """PUT /v1/articles/{outlet}/{item}/versions/{language}: a parallel version written by people."""
    outlet, item = request.match_info["outlet"], request.match_info["item"]
    language = _get_language(request)
    raw = await read_body(request, request[CONFIG].limits)
    article = await read_article(request, raw, None)  # who corrects a version may write what the outlet does not
    if article.language != language:
        raise problems.InvalidDocument(
            f"the address says {language}, the document {article.language}",
            errors=[feeds.Fault("/language", f"is {article.language}, not {language}")],
        )
    origin: intake.PeoplesOrigin = "outlet" if request[READER].role == "outlet" else "edited"
    push = make_push(request, outlet, item, article, raw)
    async with request.app[DATABASE].write() as conn:
        row = await intake.find_mine(conn, outlet, item)
        receipt = await intake.take_version(conn, row, push, origin, request[SITE], request.app[CLOCK]())
    return _answer(request, receipt, push)


class KillQuery(Query):
    reason: Text = Field("", max_length=MOST_REASON, description="Where there is no body.")


class KillWanted(Body):
    reason: Text = Field("", max_length=MOST_REASON, description="Why, for the outlet and admins.")


@operation(
    query=KillQuery, headers=CONDITIONS, body=KillWanted, answers={200: Killed}, problems=(problems.ArticleNotFound,)
)
async def delete_article(request: web.Request) -> web.Response:
    """DELETE /v1/articles/{outlet}/{item}: a kill: the article is withdrawn for good, in all languages."""
    outlet, item = request.match_info["outlet"], request.match_info["item"]
    reason = await _read_reason(request)
    async with request.app[DATABASE].write() as conn:
        row = await intake.find_mine(conn, outlet, item)
        versioning.check_preconditions(request.headers.get("If-Match"), request.headers.get("If-None-Match"), row)
        receipt = await intake.take_kill(conn, row, reason, request[SITE], request.app[CLOCK]())
    count_push(request, receipt)
    return make_json(receipt.body)


def _answer(request: web.Request, receipt: Receipt, push: Push, *, location: bool = False) -> web.Response:
    check_receipt(receipt, push)
    count_push(request, receipt)
    headers = {"ETag": receipt.etag}
    if location:
        return make_json(receipt.body, status=201, headers=headers | {"Location": receipt.body["href"]})
    return make_json(receipt.body, status=receipt.status, headers=headers)


def _repeat(request: web.Request, answer: Answer) -> web.Response:
    count_push(request, answer)
    headers = {"Location": answer.location, "Idempotency-Replayed": "true"}
    return make_json(orjson.Fragment(answer.body), status=answer.status, headers=headers)


def _get_outlet(request: web.Request) -> str:
    """The outlet of the address; one that has left the configuration pushes nothing new."""
    outlet = request.match_info["outlet"]
    if outlet not in request[CONFIG].outlets:
        raise problems.NotFound(f"there is no outlet {outlet!r}")
    return outlet


def _get_language(request: web.Request) -> str:
    tag, config = request.match_info["language"], request[CONFIG]
    language = normalise(tag) if is_tag(tag) else tag
    if language not in config.languages.configured:
        raise problems.LanguageNotConfigured(f"{tag!r} is not among {', '.join(config.languages.configured)}")
    return language


async def _read_reason(request: web.Request) -> str:
    asked = read_query(request, KillQuery)
    if request.can_read_body and request.content_type != "application/json" and "Content-Type" in request.headers:
        raise problems.UnsupportedFormat(f"{request.content_type} is not read; send application/json")
    given = await read_json(request, KillWanted)
    return given.reason or asked.reason
