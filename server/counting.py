"""Counts what is asked of the server: every request, every push, how long the event loop keeps others waiting."""

import asyncio
from collections.abc import AsyncIterator
from time import perf_counter

from aiohttp import web
from aiohttp.typedefs import Handler

from server.intake import Receipt
from server.keys import METRICS
from server.metrics import METHODS, OTHER, Metrics
from server.problems import Problem
from server.store.answers import Answer

LAG_SECONDS = 1.0  # how often it is looked how late the event loop is
LASTING = frozenset({"/v1/events"})  # answers that end when their reader leaves
PUSHING = frozenset(
    {
        ("POST", "/v1/articles"),
        ("PUT", "/v1/articles/{outlet}/{item}"),
        ("DELETE", "/v1/articles/{outlet}/{item}"),
        ("PUT", "/v1/articles/{outlet}/{item}/versions/{language}"),
    }
)


@web.middleware
async def count_requests(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Outermost: a request, by what of the route table it asked for, and what it was answered. One that is broken off
    in the middle is none.
    """
    begun, status = perf_counter(), 0
    with request.app[METRICS].requests_open.track_inprogress():
        try:
            response = await handler(request)
            status = response.status
        except web.HTTPException as redirection:
            status = redirection.status
            raise
        finally:
            if status:
                _note(request, status, perf_counter() - begun)
    return response


def _note(request: web.Request, status: int, seconds: float) -> None:
    metrics, route, method = request.app[METRICS], find_route(request), name_method(request.method)
    metrics.requests.labels(route, method, status).inc()
    if route not in LASTING and "wait" not in request.query:
        metrics.request_seconds.labels(route, method).observe(seconds)
    if status >= 400 and (method, route) in PUSHING:
        metrics.pushes.labels("failed" if status >= 500 else "refused").inc()


def find_route(request: web.Request) -> str:
    """The template of the route; of what is at no address of ours: other."""
    resource = request.match_info.route.resource
    return OTHER if resource is None else resource.canonical


def name_method(method: str) -> str:
    return method if method in METHODS else OTHER


def count_push(request: web.Request, outcome: Receipt | Answer | Problem) -> None:
    """What became of a push, once it is stored. The refusal of a whole request is counted with the request."""
    request.app[METRICS].pushes.labels(_name_outcome(outcome)).inc()


def _name_outcome(outcome: Receipt | Answer | Problem) -> str:
    if isinstance(outcome, Problem):
        return "failed" if outcome.status >= 500 else "refused"
    if isinstance(outcome, Answer):  # the first answer again
        return "unchanged"
    body = outcome.body
    if body.get("pub_status") == "canceled":
        return "killed" if body["changed"] else "unchanged"
    if not body["served"]:
        return "late"
    return "created" if body["created"] else "changed" if body["changed"] else "unchanged"


async def watch_lag(metrics: Metrics) -> None:
    """Note how late the event loop wakes up, for ever."""
    loop = asyncio.get_running_loop()
    while True:
        begun = loop.time()
        await asyncio.sleep(LAG_SECONDS)
        metrics.lag.observe(max(0.0, loop.time() - begun - LAG_SECONDS))


async def keep_lag(app: web.Application) -> AsyncIterator[None]:
    """Meanwhile the lag is watched."""
    watching = asyncio.create_task(watch_lag(app[METRICS]))
    yield
    watching.cancel()
    await asyncio.wait([watching])
