"""Outlets push, correct and withdraw their articles (CONTRACT §4)."""

import asyncio
import hashlib
import uuid
from functools import partial

import orjson
from aiohttp import web
from pydantic import Field

import feeds
from feeds.model import Article
from server import ingest, intake, media, problems, versioning
from server.api.operations import Content, operation
from server.api.shapes.articles import Killed, Pushed
from server.ingest import Push
from server.intake import Receipt
from server.keys import CLOCK, CONFIG, DATABASE, KEY_ID, READER, SITE
from server.requests import Body, Query, Text, read_body, read_json, read_query
from server.responses import make_json
from server.store.answers import Answer, find_answer
from translators.languages import is_tag, normalise

MOST_REASON = 2_000
MOST_IDEMPOTENCY_KEY = 200

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
    article = await _read_article(request, raw, outlet)
    if article.item not in (None, item):
        detail = f"the address says item {item!r}, the document {(article.item or '')[:200]!r}"
        raise problems.InvalidDocument(detail, errors=[feeds.Fault("/altIds", detail)])
    push = _make_push(request, outlet, item, article, raw)
    async with request.app[DATABASE].write() as conn:
        receipt = await intake.take_push(conn, push, request[SITE], request.app[CLOCK]())
    return _answer(receipt, push)


@operation(
    headers=(*CONDITIONS, "Idempotency-Key"),
    body=ARTICLES,
    answers={201: Pushed},
    problems=(*PUSH_PROBLEMS, problems.InvalidHeader, problems.IdempotencyKeyReused),
)
async def post_article(request: web.Request) -> web.Response:
    """POST /v1/articles: a new article: the outlet from the key, the item from the document or made here."""
    reader = request[READER]
    if reader.role != "outlet":
        raise problems.NotAllowed("only an outlet's key says whose article this is; use PUT with another")
    raw = await read_body(request, request[CONFIG].limits)
    key = _get_idempotency_key(request)
    request_hash = hashlib.sha256(request.content_type.encode(errors="replace") + b"\n" + raw).hexdigest()
    if key is not None and (answered := await _find_answer(request, reader.id, key)):
        return _repeat(answered, request_hash)
    article = await _read_article(request, raw, reader.id)
    item = article.item or uuid.uuid4().hex
    if fault := ingest.find_item_fault(item):
        raise problems.InvalidDocument(fault, errors=[feeds.Fault("/altIds", fault)])
    push = _make_push(request, reader.id, item, article, raw)
    async with request.app[DATABASE].write() as conn:
        now = request.app[CLOCK]()
        take = partial(intake.take_push, conn, push, request[SITE], now)
        if key is None:
            receipt: Receipt | Answer = await take()
        else:
            since = now - request[CONFIG].limits.idempotency
            receipt = await intake.take_once(conn, reader.id, key, request_hash, since, now, take)
    return _repeat(receipt, request_hash) if isinstance(receipt, Answer) else _answer(receipt, push, location=True)


@operation(
    headers=CONDITIONS, body=ARTICLES, answers={200: Pushed}, problems=(*PUSH_PROBLEMS, problems.ArticleNotFound)
)
async def put_version(request: web.Request) -> web.Response:
    """PUT /v1/articles/{outlet}/{item}/versions/{language}: a parallel version written by people."""
    outlet, item = request.match_info["outlet"], request.match_info["item"]
    language = _get_language(request)
    raw = await read_body(request, request[CONFIG].limits)
    article = await _read_article(request, raw, None)  # who corrects a version may write what the outlet does not
    if article.language != language:
        raise problems.InvalidDocument(
            f"the address says {language}, the document {article.language}",
            errors=[feeds.Fault("/language", f"is {article.language}, not {language}")],
        )
    origin: intake.PeoplesOrigin = "outlet" if request[READER].role == "outlet" else "edited"
    push = _make_push(request, outlet, item, article, raw)
    async with request.app[DATABASE].write() as conn:
        row = await intake.find_mine(conn, outlet, item)
        receipt = await intake.take_version(conn, row, push, origin, request[SITE], request.app[CLOCK]())
    return _answer(receipt, push)


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
    return make_json(receipt.body)


def _answer(receipt: Receipt, push: Push, *, location: bool = False) -> web.Response:
    if receipt.refused:  # after the transaction: the history keeps what was tried
        raise ingest.make_refusal(f"{push.outlet}/{push.item}", None)
    headers = {"ETag": receipt.etag}
    if location:
        return make_json(receipt.body, status=201, headers=headers | {"Location": receipt.body["href"]})
    return make_json(receipt.body, status=receipt.status, headers=headers)


def _repeat(answer: Answer, request_hash: str) -> web.Response:
    if answer.request_hash != request_hash:
        raise problems.IdempotencyKeyReused(
            "the same key came with another body before; take a new key for a new article"
        )
    headers = {"Location": answer.location, "Idempotency-Replayed": "true"}
    return make_json(orjson.Fragment(answer.body), status=answer.status, headers=headers)


async def _find_answer(request: web.Request, owner: str, key: str) -> Answer | None:
    async with request.app[DATABASE].read() as conn:
        return await find_answer(conn, owner, key, request.app[CLOCK]() - request[CONFIG].limits.idempotency)


async def _read_article(request: web.Request, raw: bytes, outlet: str | None) -> Article:
    """Parse and check off the event loop: a long text keeps nobody else waiting."""
    content_type, config = request.headers.get("Content-Type", ""), request[CONFIG]
    bases = {request[SITE].base, str(request.url.origin())}

    def read() -> Article:
        article = ingest.normalise_language(feeds.parse(raw, content_type))
        ingest.check_article(article, outlet, config)
        return media.bind(article, request.match_info.get("outlet", outlet), bases)

    return await asyncio.to_thread(read)


def _make_push(request: web.Request, outlet: str, item: str, article: Article, raw: bytes) -> Push:
    return Push(
        outlet=outlet,
        item=item,
        article=article,
        raw=raw,
        media_type=request.content_type,
        key_id=request[KEY_ID],
        if_match=request.headers.get("If-Match"),
        if_none_match=request.headers.get("If-None-Match"),
    )


def _get_idempotency_key(request: web.Request) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not (0 < len(key) <= MOST_IDEMPOTENCY_KEY and key.isascii() and key.isprintable()):
        raise problems.InvalidHeader(f"Idempotency-Key takes 1 to {MOST_IDEMPOTENCY_KEY} ASCII characters")
    return key


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
