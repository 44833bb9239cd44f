"""Many articles in one call, a line each: every line is what it would be if it were pushed alone (CONTRACT §4).

lines ─read→ Push, or what is wrong ─take→ receipts, some lines a transaction, a savepoint each ─tell→ a line each
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any, TypeAlias

import orjson
import structlog
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from feeds.detect import parse_media_type
from server import problems
from server.api.operations import Content, operation
from server.api.shapes.articles import LineAnswer
from server.counting import count_push
from server.handlers import submissions
from server.handlers.events import cut_off
from server.handlers.pushes import CONDITIONS
from server.handlers.submissions import Once
from server.ingest import Push
from server.intake import Receipt
from server.keys import BATCHING, CONFIG, DATABASE, REQUEST_ID
from server.lines import Bounds, Line, Lines, receive_lines
from server.problems import Problem, describe_problem, translate_error
from server.requests import check_key_again
from server.store.answers import Answer
from server.store.engine import attempt

log = structlog.get_logger()

MOST_LINES = 500
MOST_SECONDS = 300.0  # that a batch may take to arrive
SLOW_SECONDS = 30.0  # that a piece of the answer may wait to be taken
GROUP_LINES, GROUP_BYTES = 8, 2_000_000  # that are in memory at once
HOLD_SECONDS = 0.05  # that a transaction goes on with further lines: a push of somebody else waits for it

NDJSON = "application/x-ndjson"
TYPES = (NDJSON, "application/ndjson", "application/jsonl")
NINJS = "application/json"

Read: TypeAlias = tuple[int, Push | Answer | Problem, Once | None]  # number of the line, what it is
Outcome: TypeAlias = Receipt | Answer | Problem


@operation(
    headers=(*CONDITIONS, "Idempotency-Key"),
    body=Content(dict.fromkeys(TYPES, "Ninjs")),
    answers={200: Content({NDJSON: LineAnswer})},
    problems=(problems.InvalidHeader,),
)
async def post_batch(request: web.Request) -> web.StreamResponse:
    """POST /v1/articles:batch: up to 500 articles, a ninjs item a line; a line of answer for each, in order.

    Each line is taken or refused as if `POST /v1/articles` had brought it alone, and answered once it is safely stored.
    """
    outlet, key = submissions.get_own_outlet(request), submissions.get_idempotency_key(request)
    _check_type(request)
    limits = request[CONFIG].limits
    async with receive_lines(
        request, Bounds(limits.batch_bytes, MOST_LINES, limits.article_bytes, MOST_SECONDS)
    ) as lines:
        if not len(lines):
            raise problems.MalformedDocument("the body is empty: send an article a line")
        async with aclosing(_take_all(request, outlet, key, lines)) as told:
            first = await anext(told)  # where nothing can be stored at all, that is the answer
            response = web.StreamResponse(headers={"Content-Type": NDJSON, "X-Request-Id": request[REQUEST_ID]})
            await response.prepare(request)
            try:
                await _send(response, first)
                async for piece in told:
                    await _send(response, piece)
            except TimeoutError:
                cut_off(request)
                return response
    await response.write_eof()
    return response


async def _send(response: web.StreamResponse, piece: bytes) -> None:
    """Raises TimeoutError where the answer is not taken: the batch ends there, and can be repeated."""
    async with asyncio.timeout(SLOW_SECONDS):
        await response.write(piece)


async def _take_all(request: web.Request, outlet: str, key: str | None, lines: Lines) -> AsyncGenerator[bytes, None]:
    """What is answered, as soon as it is stored. Raises what went wrong with the first transaction."""
    done = 0
    try:
        async for group in lines.read(GROUP_LINES, GROUP_BYTES):
            waiting = [await _read_line(request, outlet, key, line) for line in group]
            while waiting:
                await check_key_again(request)
                outcomes = await _take_some(request, waiting)
                told = [
                    _tell(request, number, outcome) for (number, _, _), outcome in zip(waiting, outcomes, strict=False)
                ]
                yield b"".join(told)
                done, waiting = done + len(outcomes), waiting[len(outcomes) :]
    except Exception as error:
        if not done:
            raise
        broken = _name_problem(request, error, done + 1)  # the rest would fare no better
        yield b"".join(_tell(request, number, broken) for number in range(done + 1, len(lines) + 1))


async def _read_line(request: web.Request, outlet: str, key: str | None, line: Line) -> Read:
    """The line as a push; or as the answer that it has had already; or what is wrong with it."""
    number, raw = line
    if raw is None:
        longest = request[CONFIG].limits.article_bytes
        return number, problems.TooLarge(f"the line has more than the {longest:,} bytes that an article may have"), None
    if not raw.strip():
        return number, problems.MalformedDocument("the line is empty"), None
    # No key that comes in a header holds a line feed.
    once = Once.make(f"{key}\n{number}", NINJS, raw) if key is not None else None
    try:
        if once and (answered := await submissions.find_first_answer(request, outlet, once)):
            return number, answered, None
        return number, await submissions.read_new(request, raw, outlet, NINJS), once
    except Exception as error:  # noqa: BLE001 (it is told and logged, and the others go on)
        return number, _name_problem(request, error, number), None


async def _take_some(request: web.Request, waiting: Sequence[Read]) -> Sequence[Outcome]:
    """Store the first of them, and those after it that there is time for, in one transaction."""
    if not any(isinstance(what, Push) for _, what, _ in waiting):
        return [what for _, what, _ in waiting if not isinstance(what, Push)]
    outcomes: list[Outcome] = []
    async with request.app[BATCHING], request.app[DATABASE].write() as conn:
        clock = asyncio.get_running_loop()
        end = clock.time() + HOLD_SECONDS
        for number, what, once in waiting:
            outcomes.append(await _take(conn, request, number, what, once) if isinstance(what, Push) else what)
            if clock.time() > end:
                break
    return outcomes


async def _take(conn: AsyncConnection, request: web.Request, number: int, push: Push, once: Once | None) -> Outcome:
    taken = await attempt(conn, partial(submissions.take_new, conn, request, push, once))
    if isinstance(taken, Exception):
        return _name_problem(request, taken, number)
    if isinstance(taken, Receipt):
        try:
            submissions.check_receipt(taken, push)
        except Problem as problem:
            return problem
    return taken


def _name_problem(request: web.Request, error: Exception, number: int) -> Problem:
    problem = translate_error(error)
    if problem is None:
        log.error("line of a batch failed", request_id=request[REQUEST_ID], line=number, exc_info=error)
        return problems.InternalError("it was logged under this request's id")
    return problem


def _tell(request: web.Request, number: int, outcome: Outcome) -> bytes:
    count_push(request, outcome)
    told: dict[str, Any] = {"line": number}
    if isinstance(outcome, Receipt):
        told |= {"status": 201} | outcome.body | {"etag": outcome.etag}
    elif isinstance(outcome, Answer):
        told |= {"status": outcome.status} | orjson.loads(outcome.body) | {"replayed": True}
    else:
        told |= describe_problem(outcome, request[REQUEST_ID])
        if wait := outcome.headers.get("Retry-After"):
            told["retry_after"] = int(wait)
    return orjson.dumps(told) + b"\n"


def _check_type(request: web.Request) -> None:
    media_type, parameters = parse_media_type(request.headers.get("Content-Type", ""))
    if media_type not in TYPES:
        raise problems.UnsupportedFormat(f"a batch comes as {', '.join(TYPES)}, not {media_type}")
    if parameters.get("charset", "utf-8") not in ("utf-8", "utf8", "us-ascii"):
        raise problems.UnsupportedFormat("a batch comes in UTF-8")
