"""make_app(): the only place where parts meet, and the only clock."""

import asyncio
import hashlib
import logging
import re
import sys
import uuid
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

import feeds
from feeds.text import find_forbidden
from feeds.xmlplaces import ATOM_PLACES
from server import problems
from server.access import identify
from server.config import Config
from server.feedcache import FeedCache
from server.jobs import enqueue_settlement, recover
from server.keyring import Keyring
from server.keys import CLOCK, CONFIG, DATABASE, ENGINE_ROOM, FEED_CACHE, KEYRING, REQUEST_ID, SITE, TRANSLATOR, Clock
from server.pages import render_error_page
from server.pages.views import SAFE, pick_language
from server.publishing import Site
from server.responses import make_html
from server.routes import add_routes
from server.runner import Tools
from server.store.answers import find_meta, forget_answers, save_meta
from server.store.articles import list_article_ids
from server.store.engine import open_database
from server.worker import work
from translators import Translator
from translators.engines import make_translator

log = structlog.get_logger()

LINGER_SECONDS = 1.0  # for the rest of a body that nobody reads: it may be a bomb
WORKER = "embedded"  # one per database: what an earlier process of this name left is ours


def make_clock() -> Clock:
    """The clock: aware UTC. It never goes back, even if the machine's does: order of times is order of events."""
    last = datetime.min.replace(tzinfo=UTC)

    def get_time() -> datetime:
        nonlocal last
        last = max(datetime.now(UTC), last)
        return last

    return get_time


get_time = make_clock()


def make_engine(config: Config, data: Path) -> Translator:
    """The translator that the configuration names."""
    settings = config.translation
    if settings.engine == "off":
        return make_translator("pseudo", data, languages=())
    return make_translator(
        settings.engine,
        data / "packages",
        languages=config.languages.configured,
        threads=settings.threads,
        batch_tokens=settings.batch_tokens,
        idle_seconds=settings.idle_seconds,
    )


def make_app(
    config: Config,
    data: Path,
    *,
    translator: Translator | None = None,
    clock: Clock = get_time,
    base: str | None = None,
    with_worker: bool = True,
) -> web.Application:
    """The whole server. `data`: folder of all that is kept; `base`: the public address, when not the config's."""
    app = web.Application(
        middlewares=[answer_problems, identify],
        client_max_size=config.limits.article_bytes + 1,
        handler_args={"lingering_time": LINGER_SECONDS},
    )
    app[CONFIG] = config
    app[CLOCK] = clock
    app[SITE] = Site(base or config.server.public_url or f"http://{config.server.host}:{config.server.port}", config)
    app[FEED_CACHE] = FeedCache()
    app[KEYRING] = Keyring()
    app[TRANSLATOR] = translator or make_engine(config, data)
    app[ENGINE_ROOM] = ThreadPoolExecutor(1, thread_name_prefix="engine")

    async def keep_database(app: web.Application) -> AsyncIterator[None]:
        app[DATABASE] = await open_database(config.database.url, data)
        await _take_over(app)
        yield
        await app[DATABASE].close()

    app.cleanup_ctx.append(keep_database)
    app.on_response_prepare.append(_dress_refusal)
    if with_worker:
        app.cleanup_ctx.append(keep_worker)
    add_routes(app)
    return app


async def keep_worker(app: web.Application) -> AsyncIterator[None]:
    """Translation workers inside the process; at the end what runs is finished, within limits."""
    tools = Tools(WORKER, app[DATABASE], app[CONFIG], app[TRANSLATOR], app[ENGINE_ROOM], app[CLOCK])
    stopping = asyncio.Event()
    task = asyncio.create_task(work(tools, stopping))
    yield
    stopping.set()
    await task


async def _take_over(app: web.Application) -> None:
    """Go on where an earlier process stopped, under the configuration of today."""
    config, now = app[CONFIG], app[CLOCK]()
    fields = {"languages", "translation", "outlets", "exchanges", "channels", "routes"}
    digest = hashlib.sha256(config.model_dump_json(include=fields).encode()).hexdigest()
    async with app[DATABASE].write() as conn:
        await recover(conn, WORKER, now)
        await forget_answers(conn, now - config.limits.idempotency)
        known = await find_meta(conn, "routing")
        if known != digest:
            for article_id in await list_article_ids(conn):
                await enqueue_settlement(conn, article_id, now)
            await save_meta(conn, "routing", digest)


@web.middleware
async def answer_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Outermost: names every request, turns what went wrong into a problem, hides what is nobody's business."""
    given = request.headers.get("X-Request-Id", "")
    request[REQUEST_ID] = given if re.fullmatch(r"[\w.-]{1,64}", given, re.ASCII) else make_request_id()
    try:
        _check_address(request)
        response = await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            error.headers["X-Request-Id"] = request[REQUEST_ID]
            raise
        response = _answer(request, _from_http(error, request))
    except (ConnectionResetError, asyncio.CancelledError):
        raise
    except Exception as error:
        problem = problems.translate_error(error)
        if problem is None:
            log.exception("request failed", request_id=request[REQUEST_ID], method=request.method, path=request.path)
            problem = problems.InternalError("it was logged under this request's id")
        elif problem.__cause__ is not None and problem.status >= 500:
            cause = str(problem.__cause__)
            log.error("request refused", request_id=request[REQUEST_ID], reason=problem.detail, cause=cause)
        response = _answer(request, problem)
    response.headers["X-Request-Id"] = request[REQUEST_ID]
    return response


def _check_address(request: web.Request) -> None:
    """Raise InvalidParameter for characters that no name, no text and no database takes."""
    for part in (request.path, *request.query.keys(), *request.query.values()):
        if found := find_forbidden(part):
            raise problems.InvalidParameter(f"the address holds the control character {found}")


def _answer(request: web.Request, problem: problems.Problem) -> web.Response:
    headers = {"Cache-Control": "no-store", **problem.headers}  # what is wrong now may be right in a second
    if _wants_page(request):
        site, language = request.app[SITE], pick_language(request)
        name = site.config.server.name
        page = render_error_page(problem.status, problem.title(), problem.detail, language, site=name, base=site.base)
        return make_html(page, status=problem.status, headers=SAFE | headers)
    if request.content_type == "application/atom+xml":  # what the steps say of an article they say in ninjs' words
        problem.errors = tuple(
            feeds.Fault(ATOM_PLACES.get(fault.pointer, fault.pointer), fault.detail) for fault in problem.errors
        )
    body = problems.render_problem(problem, request[REQUEST_ID])
    return web.Response(body=body, status=problem.status, headers=headers, content_type="application/problem+json")


def _wants_page(request: web.Request) -> bool:
    return "text/html" in request.headers.get("Accept", "") and not request.path.startswith("/v1/")


def _from_http(error: web.HTTPException, request: web.Request) -> problems.Problem:
    match error.status:
        case 404:
            return problems.NotFound(f"there is nothing at {request.path[:200]}")
        case 405:
            allowed = error.headers.get("Allow", "")
            return problems.MethodNotAllowed(f"{request.method} is not among {allowed}", headers={"Allow": allowed})
        case 413:
            return problems.TooLarge(f"at most {request.app[CONFIG].limits.article_bytes} bytes are taken")
        case 417:
            return problems.ExpectationFailed(f"only 100-continue is, not {request.headers.get('Expect', '')[:80]!r}")
        case _:
            return problems.MalformedRequest(error.reason)


async def _dress_refusal(request: web.Request, response: web.StreamResponse) -> None:
    """What aiohttp refuses before any middleware, such as an Expect header, becomes a problem, too."""
    if not isinstance(response, web.HTTPError):
        return
    request[REQUEST_ID] = make_request_id()
    answer = _answer(request, _from_http(response, request))
    response.body, response.content_type, response.charset = answer.body, answer.content_type, None
    response.headers["Content-Length"] = str(len(response.body or b""))
    response.headers["X-Request-Id"] = request[REQUEST_ID]


class Runner(web.AppRunner):
    """aiohttp's, but what is no HTTP at all is answered with a problem, too."""

    async def _make_server(self) -> web.Server:
        server = await super()._make_server()
        server.__class__ = _Listener  # aiohttp has no way in but this
        return server


class _Listener(web.Server):
    def __call__(self) -> web.RequestHandler:
        return _Connection(self, loop=self._loop, **self._kwargs)


class _Connection(web.RequestHandler):
    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        if status >= 500 or request.writer.output_size > 0:
            return super().handle_error(request, status, exc, message)
        request_id = make_request_id()
        detail = (message or "").partition("\n")[0].strip(": ")
        response = web.Response(
            body=problems.render_problem(problems.MalformedRequest(detail), request_id),
            status=status,
            headers={"X-Request-Id": request_id},
            content_type="application/problem+json",
        )
        response.force_close()
        return response


def make_request_id() -> str:
    return uuid.uuid4().hex


def configure_logging(log_format: str) -> None:
    """Structured logs on stderr: text for people or JSON. Libraries' own words only from warnings on."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    render = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
