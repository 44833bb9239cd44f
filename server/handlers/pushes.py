"""Outlets push, correct and withdraw their articles (CONTRACT §4)."""

import asyncio
import hashlib
import uuid
from functools import partial

import orjson
from aiohttp import web

import feeds
from feeds.model import Article
from feeds.text import find_forbidden
from server import ingest, intake, media, problems, versioning
from server.ingest import Push
from server.intake import Receipt
from server.keys import CLOCK, CONFIG, DATABASE, KEY_ID, READER, SITE
from server.responses import make_json, read_body
from server.store.answers import Answer, find_answer
from translators.languages import is_tag, normalise

MOST_REASON = 2_000
MOST_IDEMPOTENCY_KEY = 200


async def put_article(request: web.Request) -> web.Response:
    """PUT /v1/articles/{outlet}/{item}"""
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


async def post_article(request: web.Request) -> web.Response:
    """POST /v1/articles: the outlet from the key, the item from the document or made here."""
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


async def delete_article(request: web.Request) -> web.Response:
    """DELETE /v1/articles/{outlet}/{item}: a kill, with `{"reason": …}`."""
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
    raw = await read_body(request, request[CONFIG].limits)
    body: object = {"reason": request.query.get("reason", "")}
    if raw:
        if request.content_type != "application/json" and "Content-Type" in request.headers:
            raise problems.UnsupportedFormat(f"{request.content_type} is not read; send application/json")
        try:
            body = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            raise problems.MalformedDocument(f"the body is not JSON: {error}") from error
    if not isinstance(body, dict) or set(body) - {"reason"}:
        detail = 'the body is `{"reason": …}` and nothing else'
        raise problems.InvalidDocument(detail, errors=[feeds.Fault("", detail)])
    reason = body.get("reason", "")
    if not isinstance(reason, str) or len(reason) > MOST_REASON or find_forbidden(reason):
        detail = f"must be a text of at most {MOST_REASON} characters, without control characters"
        raise problems.InvalidDocument(f"reason {detail}", errors=[feeds.Fault("/reason", detail)])
    return reason
