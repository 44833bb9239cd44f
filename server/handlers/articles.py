"""Outlets push, correct, withdraw and look up their articles (CONTRACT §4)."""

import asyncio
import hashlib
import uuid
from typing import Any

import orjson
from aiohttp import web

import feeds
from feeds.model import Article, Origin
from server import consequences, ingest, problems, publishing, sets
from server.keys import CLOCK, CONFIG, DATABASE, KEY_ID, READER, SITE
from server.responses import make_json, read_body
from server.store import articles, parallels
from server.store.answers import Answer, find_answer, save_answer
from server.store.articles import ArticleRow
from translators.languages import is_tag, normalise

MOST_REASON = 2_000
MOST_IDEMPOTENCY_KEY = 200


async def put_article(request: web.Request) -> web.Response:
    """PUT /v1/articles/{outlet}/{item}"""
    outlet, item = _get_outlet(request), request.match_info["item"]
    ingest.check_item(item)
    raw = await read_body(request, request.app[CONFIG].limits)
    article = await _read_article(request, raw, outlet)
    if article.item not in (None, item):
        raise problems.InvalidDocument(f"the address says item {item!r}, the document {article.item!r}")
    body, status, etag = await _store(request, _make_push(request, outlet, item, article, raw))
    return make_json(body, status=status, headers={"ETag": etag})


async def post_article(request: web.Request) -> web.Response:
    """POST /v1/articles: the outlet from the key, the item from the document or made here."""
    reader = request[READER]
    if reader.role != "outlet":
        raise problems.NotAllowed("only an outlet's key says whose article this is; use PUT with another")
    raw = await read_body(request, request.app[CONFIG].limits)
    idempotency_key = _get_idempotency_key(request)
    request_hash = hashlib.sha256(request.headers.get("Content-Type", "").encode() + b"\n" + raw).hexdigest()
    if idempotency_key is not None:
        async with request.app[DATABASE].read() as conn:
            answered = await find_answer(conn, reader.id, idempotency_key)
        if answered is not None:
            return _repeat(answered, request_hash)
    article = await _read_article(request, raw, reader.id)
    item = article.item or uuid.uuid4().hex
    ingest.check_item(item)
    push = _make_push(request, reader.id, item, article, raw)
    remember = None if idempotency_key is None else (idempotency_key, request_hash)
    body, _, etag = await _store(request, push, remember=remember)
    if isinstance(body, Answer):
        return _repeat(body, request_hash)
    return make_json(body, status=201, headers={"ETag": etag, "Location": str(body["href"])})


async def put_version(request: web.Request) -> web.Response:
    """PUT /v1/articles/{outlet}/{item}/versions/{language}: a parallel version written by people."""
    outlet, item = _get_outlet(request), request.match_info["item"]
    language = _get_language(request)
    raw = await read_body(request, request.app[CONFIG].limits)
    article = await _read_article(request, raw, outlet, any_language=request[READER].role == "admin")
    if article.language != language:
        raise problems.InvalidDocument(
            f"the address says {language}, the document {article.language}",
            errors=[feeds.Fault("/language", f"is {article.language}, not {language}")],
        )
    config, now = request.app[CONFIG], request.app[CLOCK]()
    origin: Origin = "edited" if request[READER].role == "admin" else "outlet"
    async with request.app[DATABASE].write() as conn:
        row = await articles.find_article(conn, outlet, item)
        if row is None:
            raise problems.ArticleNotFound(f"{outlet} has pushed no item {item!r}")
        changed = await ingest.store_version(conn, row, article, origin, now)
        if changed:
            await consequences.settle(conn, row.id, config, now)
    body = {"outlet": outlet, "item": item, "language": language, "origin": origin, "changed": changed}
    return make_json(body, headers={"ETag": ingest.make_etag(row.head)})


async def delete_article(request: web.Request) -> web.Response:
    """DELETE /v1/articles/{outlet}/{item}: a kill, with `{"reason": …}`."""
    outlet, item = _get_outlet(request), request.match_info["item"]
    reason = await _read_reason(request)
    config, now = request.app[CONFIG], request.app[CLOCK]()
    async with request.app[DATABASE].write() as conn:
        row = await articles.find_article(conn, outlet, item)
        if row is None:
            raise problems.ArticleNotFound(f"{outlet} has pushed no item {item!r}")
        if row.canceled_at is None:
            await ingest.cancel_article(conn, row.id, reason, now)
            await consequences.settle(conn, row.id, config, now)
    return make_json(
        {
            "outlet": outlet,
            "item": item,
            "pub_status": "canceled",
            "changed": row.canceled_at is None,
            "canceled_at": row.canceled_at or now,
            "reason": row.cancel_reason if row.canceled_at else reason,
        }
    )


async def get_article(request: web.Request) -> web.Response:
    """GET /v1/articles/{outlet}/{item}: the translation set; `?language=` one version as ninjs or, by Accept, Atom."""
    row, one = await _load(request)
    now, site, reader = request.app[CLOCK](), request.app[SITE], request[READER]
    shown = sets.list_shown(one, reader, site.config, now)
    media_type = _negotiate(request)
    language = _get_query_language(request)
    if media_type == "text/html":
        raise web.HTTPSeeOther(site.page(row.outlet, row.item, language or row.head.article.language))
    if language is None and media_type == "application/json":
        body = sets.describe_set(one, shown, site, reader)
        return make_json(body, headers={"ETag": ingest.make_etag(row.head), "Vary": "Accept, Authorization"})
    language = language or row.head.article.language
    if language not in shown:
        raise problems.VersionNotFound(f"there are {', '.join(sorted(shown))}")
    document = feeds.render_article(publishing.make_entry(site, one, shown[language]), media_type)
    headers = {"ETag": document.etag, "Content-Type": document.media_type, "Vary": "Accept, Authorization"}
    return web.Response(body=document.body, headers=headers)


async def get_history(request: web.Request) -> web.Response:
    """GET /v1/articles/{outlet}/{item}/history: all versions, for its outlet and admins."""
    outlet, item = _get_outlet(request), request.match_info["item"]
    async with request.app[DATABASE].read() as conn:
        row = await articles.find_article(conn, outlet, item)
        if row is None:
            raise problems.ArticleNotFound(f"{outlet} has pushed no item {item!r}")
        versions = await articles.list_versions(conn, row.id)
        others = (await parallels.list_parallels(conn, [row.id])).get(row.id, {})
    return make_json(sets.describe_history(row, versions, others))


async def _load(request: web.Request) -> tuple[ArticleRow, publishing.Loaded]:
    """The article as this reader may know it. Raises ArticleNotFound, ArticleWithdrawn."""
    outlet, item = request.match_info["outlet"], request.match_info["item"]
    async with request.app[DATABASE].read() as conn:
        row = await articles.find_article(conn, outlet, item)
        loaded = await publishing.load(conn, [row.id]) if row else {}
    if row is None:
        raise problems.ArticleNotFound(f"{outlet} has published no item {item!r}")
    one = loaded[row.id]
    sets.check_readable(one, request[READER], request.app[CONFIG], request.app[CLOCK]())
    return row, one


async def _store(
    request: web.Request, push: ingest.Push, *, remember: tuple[str, str] | None = None
) -> tuple[Any, int, str]:
    """Store the push with all that follows from it, in one transaction: the answer's body, status and ETag."""
    config, now, site = request.app[CONFIG], request.app[CLOCK](), request.app[SITE]
    async with request.app[DATABASE].write() as conn:
        if remember is not None and (answered := await find_answer(conn, push.outlet, remember[0])):
            return answered, answered.status, ""
        if push.article.translation_of is not None:
            return await _store_linked(conn, push, request)
        stored = await ingest.store_push(conn, push, config, now)
        if stored.created or stored.changed or push.article.pub_status == "canceled":
            await consequences.settle(conn, stored.article_id, config, now)
        body = {
            "uri": push.article.uri or ingest.make_uri(config, push.outlet, push.item),
            "outlet": push.outlet,
            "item": push.item,
            "version": stored.number,
            "created": stored.created,
            "changed": stored.changed,
            "served": stored.served,
            "href": f"{site.base}/v1/articles/{push.outlet}/{push.item}",
        }
        if remember is not None:
            answer = Answer(remember[1], 201, str(body["href"]), orjson.dumps(body))
            await save_answer(conn, push.outlet, remember[0], answer, now)
    return body, 201 if stored.created else 200, stored.etag


async def _store_linked(conn: Any, push: ingest.Push, request: web.Request) -> tuple[Any, int, str]:
    """A document that says whose translation it is joins that article's set."""
    config, now, site = request.app[CONFIG], request.app[CLOCK](), request.app[SITE]
    row = await articles.find_article_by_uri(conn, push.outlet, push.article.translation_of or "")
    if row is None:
        detail = f"{push.outlet} has pushed no article with the uri {push.article.translation_of!r}"
        raise problems.InvalidDocument(detail, errors=[feeds.Fault("/associations", detail)])
    changed = await ingest.store_version(conn, row, push.article, "outlet", now)
    if changed:
        await consequences.settle(conn, row.id, config, now)
    body = {
        "uri": row.uri,
        "outlet": row.outlet,
        "item": row.item,
        "version": row.head.number,
        "language": push.article.language,
        "created": False,
        "changed": changed,
        "served": True,
        "href": f"{site.base}/v1/articles/{row.outlet}/{row.item}",
    }
    return body, 200, ingest.make_etag(row.head)


async def _read_article(request: web.Request, raw: bytes, outlet: str, *, any_language: bool = False) -> Article:
    """Parse and check off the event loop: a long text keeps nobody else waiting."""
    content_type, config = request.headers.get("Content-Type", ""), request.app[CONFIG]

    def read() -> Article:
        article = ingest.normalise_language(feeds.parse(raw, content_type))
        ingest.check_article(article, None if any_language else outlet, config)
        return article

    return await asyncio.to_thread(read)


def _make_push(request: web.Request, outlet: str, item: str, article: Article, raw: bytes) -> ingest.Push:
    return ingest.Push(
        outlet=outlet,
        item=item,
        article=article,
        raw=raw,
        media_type=request.content_type,
        key_id=request[KEY_ID],
        if_match=request.headers.get("If-Match"),
        if_none_match=request.headers.get("If-None-Match"),
    )


def _repeat(answer: Answer, request_hash: str) -> web.Response:
    if answer.request_hash != request_hash:
        raise problems.IdempotencyKeyReused(
            "the same key came with another body before; take a new key for a new article"
        )
    headers = {"Location": answer.location, "Idempotency-Replayed": "true"}
    return make_json(orjson.Fragment(answer.body), status=answer.status, headers=headers)


def _get_idempotency_key(request: web.Request) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not 0 < len(key) <= MOST_IDEMPOTENCY_KEY:
        raise problems.InvalidHeader(f"Idempotency-Key takes 1 to {MOST_IDEMPOTENCY_KEY} characters")
    return key


def _get_outlet(request: web.Request) -> str:
    outlet = request.match_info["outlet"]
    if outlet not in request.app[CONFIG].outlets:
        raise problems.NotFound(f"there is no outlet {outlet!r}")
    return outlet


def _get_language(request: web.Request) -> str:
    tag, config = request.match_info["language"], request.app[CONFIG]
    language = normalise(tag) if is_tag(tag) else tag
    if language not in config.languages.configured:
        raise problems.LanguageNotConfigured(f"{tag!r} is not among {', '.join(config.languages.configured)}")
    return language


def _get_query_language(request: web.Request) -> str | None:
    tag = request.query.get("language")
    if tag is None:
        return None
    if not is_tag(tag):
        raise problems.InvalidParameter(f"language: {tag[:50]!r} is not a BCP 47 tag")
    return normalise(tag)


async def _read_reason(request: web.Request) -> str:
    raw = await read_body(request, request.app[CONFIG].limits)
    if not raw:
        reason: object = request.query.get("reason", "")
    else:
        try:
            body = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            raise problems.MalformedDocument(f"the body is not JSON: {error}") from error
        reason = body.get("reason", "") if isinstance(body, dict) else None
    if not isinstance(reason, str) or len(reason) > MOST_REASON:
        detail = f"must be a text of at most {MOST_REASON} characters"
        raise problems.InvalidDocument(f"reason {detail}", errors=[feeds.Fault("/reason", detail)])
    return reason


MEDIA_TYPES = ("application/json", "application/atom+xml", "text/html")


def _negotiate(request: web.Request) -> str:
    """The first of MEDIA_TYPES that Accept names; JSON when anything goes. Raises NotAcceptable."""
    accept = request.headers.get("Accept", "*/*").lower()
    named = [part.partition(";")[0].strip() for part in accept.split(",")]
    for name in named:
        if name in MEDIA_TYPES:
            return name
        if name in ("*/*", "application/*", "application/vnd.iptc.ninjs+json", ""):
            return "application/json"
    raise problems.NotAcceptable(f"there are {', '.join(MEDIA_TYPES)}")
