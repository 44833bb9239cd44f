"""What went wrong → an answer: problem+json, or a page for browsers. The outermost middleware and what is before it."""

import asyncio
import uuid
from typing import Any

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

import feeds
from feeds.text import find_forbidden
from feeds.xmlplaces import PLACES
from server import problems
from server.counting import find_route, name_method
from server.keys import CONFIG, HOT_FEEDS, METRICS, REQUEST_ID, SITE, pin_version
from server.metrics import OTHER, Metrics
from server.pages import render_error_page
from server.pages.visitors import SAFE, pick_language
from server.responses import make_html
from server.serving.fastpath import REQUEST_ID as GOOD_ID
from server.serving.fastpath import FastConnection
from server.serving.hotfeeds import PRODUCT, HotFeeds

log = structlog.get_logger()


@web.middleware
async def answer_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Outermost: names every request, turns what went wrong into a problem, hides what is nobody's business."""
    given = request.headers.get("X-Request-Id", "")
    request[REQUEST_ID] = given if GOOD_ID.fullmatch(given) else make_request_id()
    pin_version(request)
    try:
        _check_address(request)
        response = await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            error.headers["X-Request-Id"] = request[REQUEST_ID]
            raise
        response = _find_page(request, error) or _answer(request, _from_http(error, request))
    except asyncio.CancelledError:
        raise
    except Exception as error:
        if isinstance(error, ConnectionResetError) and (request.transport is None or request.transport.is_closing()):
            return web.Response()  # to nobody: who asked has left in the middle of the answer
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


def _find_page(request: web.Request, error: web.HTTPException) -> web.Response | None:
    """308 to the page's address without the slash that people type at its end."""
    path = request.rel_url.raw_path
    is_read = request.method in ("GET", "HEAD") and _wants_page(request)
    if error.status != 404 or not is_read or not path.endswith("/"):
        return None
    query = request.rel_url.raw_query_string
    place = f"{request[SITE].root}/{path.strip('/')}" + (f"?{query}" if query else "")
    return web.Response(status=308, headers={"Location": place, "Cache-Control": "no-store"})


def _check_address(request: web.Request) -> None:
    """Raise InvalidParameter for characters that no name, no text and no database takes."""
    for part in (request.path, *request.query.keys(), *request.query.values()):
        if found := find_forbidden(part):
            raise problems.InvalidParameter(f"the address holds the control character {found}")


def _answer(request: web.Request, problem: problems.Problem) -> web.Response:
    headers = {"Cache-Control": "no-store", **problem.headers}  # what is wrong now may be right in a second
    if _wants_page(request):
        site, language = request[SITE], pick_language(request)
        name = site.config.server.name
        page = render_error_page(problem.status, problem.title(), problem.detail, language, site=name, base=site.base)
        return make_html(page, status=problem.status, headers=SAFE | headers)
    if places := PLACES.get(request.content_type):  # what the steps say of an article they say in ninjs' words
        problem.errors = tuple(
            feeds.Fault(places.get(fault.pointer, fault.pointer), fault.detail) for fault in problem.errors
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
            return problems.TooLarge(f"at most {request[CONFIG].limits.article_bytes} bytes are taken")
        case 417:
            return problems.ExpectationFailed(f"only 100-continue is, not {request.headers.get('Expect', '')[:80]!r}")
        case _:
            return problems.MalformedRequest(error.reason)


async def dress_refusal(request: web.Request, response: web.StreamResponse) -> None:
    """What aiohttp refuses before any middleware, such as an Expect header, becomes a problem, too."""
    if not isinstance(response, web.HTTPError):
        return
    request[REQUEST_ID] = make_request_id()
    request.app[METRICS].requests.labels(find_route(request), name_method(request.method), response.status).inc()
    pin_version(request)
    answer = _answer(request, _from_http(response, request))
    response.body, response.content_type, response.charset = answer.body, answer.content_type, None
    response.headers["Content-Length"] = str(len(response.body or b""))
    response.headers["X-Request-Id"] = request[REQUEST_ID]


async def name_product(_request: web.Request, response: web.StreamResponse) -> None:
    """Which Python and which libraries answer is nobody's business."""
    response.headers["Server"] = PRODUCT


class Runner(web.AppRunner):
    """aiohttp's, but hot feeds have their fast path, and what is no HTTP at all is answered with a problem, too."""

    async def _make_server(self) -> web.Server:
        server = await super()._make_server()
        server.__class__ = _Listener  # aiohttp has no way in but this
        assert isinstance(server, _Listener)
        server.hot, server.metrics = self.app[HOT_FEEDS], self.app[METRICS]
        return server


class _Listener(web.Server):
    hot: HotFeeds
    metrics: Metrics

    def __call__(self) -> web.RequestHandler:
        return _Connection(self, loop=self._loop, **self._kwargs)


class _Connection(FastConnection):
    __slots__ = ()

    def log_exception(self, *args: Any, **options: Any) -> None:
        """But for the rest of a body that nobody has read, when it cannot be decoded: that is the caller's fault."""
        if not isinstance(options.get("exc_info"), web.RequestPayloadError):
            super().log_exception(*args, **options)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        if status >= 500 or request.writer.output_size > 0:
            broken = super().handle_error(request, status, exc, message)
            broken.headers["Server"] = PRODUCT
            return broken
        request_id = make_request_id()
        if isinstance(self._manager, _Listener):
            self._manager.metrics.requests.labels(OTHER, OTHER, status).inc()
        detail = (message or "").partition("\n")[0].strip(": ")
        response = web.Response(
            body=problems.render_problem(problems.MalformedRequest(detail), request_id),
            status=status,
            headers={"X-Request-Id": request_id, "Server": PRODUCT},
            content_type="application/problem+json",
        )
        response.force_close()
        return response


def make_request_id() -> str:
    return uuid.uuid4().hex
