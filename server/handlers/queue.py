"""The queue for admins: what waits and why, what was given up, and trying it again (CONTRACT §4)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated

from aiohttp import web
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection

from server import audit, jobs, problems
from server.api.operations import operation
from server.api.shapes.queue import JobsAsked, JobShown, JobState, QueueShown
from server.keys import CLOCK, DATABASE
from server.requests import Digits, Position, Query, read_query
from server.responses import make_json
from server.store import articles
from server.store.jobs import forget_jobs
from server.store.queued import Queued, count_queued, find_queued, list_queued, run_now

MOST_SHOWN, USUAL_SHOWN = 500, 100
MOST_AT_ONCE = 1_000  # jobs of a kind that are tried again by one call
ABOUT_ARTICLES = (jobs.TRANSLATE, jobs.SETTLE, jobs.TURN)
PRIVATE = {"Cache-Control": "private, no-store", "Vary": "Authorization"}


class QueueQuery(Query):
    kind: str = Field("", description=f"Only these: {', '.join(jobs.KINDS)}.")
    state: JobState | None = Field(None, description="Only these; `retrying` have failed and will be tried again.")
    after: Position = Field(0, description="Those with a higher id.")
    limit: Annotated[int, Digits] = Field(USUAL_SHOWN, ge=1, le=MOST_SHOWN, description="So many at most.")


class RetryQuery(Query):
    kind: str = Field(description="All of this kind that were given up.")


@operation(query=QueueQuery, answers={200: QueueShown})
async def get_queue(request: web.Request) -> web.Response:
    """GET /v1/queue: what is to be done, and what became of it."""
    return make_json(await find_jobs(request, read_query(request, QueueQuery)), headers=PRIVATE)


async def find_jobs(request: web.Request, query: QueueQuery) -> QueueShown:
    """The counts of all, and the jobs that are asked for. Raises InvalidParameter."""
    now = request.app[CLOCK]()
    _check_kind(query.kind)
    async with request.app[DATABASE].read() as conn:
        counts = await count_queued(conn, now)
        found = await list_queued(conn, query.kind, query.state, now, query.after, query.limit)
        named = await _name_articles(conn, found)
    return {
        "counts": counts,
        "jobs": [_describe(one, named, now) for one in found],
        "next": found[-1].id if len(found) == query.limit else None,
    }


@operation(answers={202: JobsAsked}, problems=(problems.NotFound, problems.NothingToRetry))
async def post_retry(request: web.Request) -> web.Response:
    """POST /v1/queue/{id}/retry: one job runs now, whether it waits for its time or was given up."""
    return make_json(await retry_job(request, int(request.match_info["id"])), status=202)


async def retry_job(request: web.Request, number: int) -> JobsAsked:
    """Raises NotFound for one that is done, NothingToRetry for one that runs."""
    now = request.app[CLOCK]()
    async with request.app[DATABASE].write() as conn:
        one = await find_queued(conn, number)
        if one is None:
            raise problems.NotFound("there is no such job: it is done")
        if one.get_state(now) == "running":
            raise problems.NothingToRetry(f"{one.claimed_by} is at job {number}")
        return await _retry(conn, [one], now)


@operation(query=RetryQuery, answers={202: JobsAsked})
async def post_retries(request: web.Request) -> web.Response:
    """POST /v1/queue/retry: all jobs of a kind that were given up run again."""
    return make_json(await retry_kind(request, read_query(request, RetryQuery).kind), status=202)


async def retry_kind(request: web.Request, kind: str) -> JobsAsked:
    """MOST_AT_ONCE at most. Raises InvalidParameter for a kind that there is not."""
    now = request.app[CLOCK]()
    _check_kind(kind)
    async with request.app[DATABASE].write() as conn:
        found = await list_queued(conn, kind, "given_up", now, 0, MOST_AT_ONCE)
        return await _retry(conn, found, now)


async def _retry(conn: AsyncConnection, wanted: Sequence[Queued], now: datetime) -> JobsAsked:
    """A translation is asked for by settling its article: nobody else knows whether it is still wanted."""
    given_up = [one for one in wanted if one.kind == jobs.TRANSLATE and one.given_up_at is not None]
    await forget_jobs(conn, jobs.TRANSLATE, [one.subject for one in given_up])
    await jobs.enqueue_settlements(conn, sorted({jobs.read_subject(one.subject)[0] for one in given_up}), now)
    await run_now(conn, [one.id for one in wanted if one not in given_up], now)
    for one in wanted:
        said = {"error": one.error, "attempts": one.attempts, "subject": one.subject}
        await audit.note(conn, "queue.retry", f"{one.kind} {one.id}", now, before=said)
    return {"asked": len(wanted)}


async def _name_articles(conn: AsyncConnection, found: Sequence[Queued]) -> Mapping[int, str]:
    """Id of an article → outlet/item."""
    ids = {jobs.read_subject(one.subject)[0] for one in found if one.kind in ABOUT_ARTICLES}
    return {number: f"{row.outlet}/{row.item}" for number, row in (await articles.list_articles(conn, ids)).items()}


def _describe(one: Queued, named: Mapping[int, str], now: datetime) -> JobShown:
    article, language = jobs.read_subject(one.subject) if one.kind in ABOUT_ARTICLES else (0, "")
    state = one.get_state(now)
    return {
        "id": one.id,
        "kind": one.kind,
        "state": state,
        "subject": one.subject,
        "article": named.get(article),
        "language": language or None,
        "priority": one.priority,
        "attempts": one.attempts,
        "error": one.error or None,
        "run_at": one.run_at,
        "created_at": one.created_at,
        "given_up_at": one.given_up_at,
        "worker": one.claimed_by if state == "running" else None,
    }


def _check_kind(kind: str) -> None:
    if kind and kind not in jobs.KINDS:
        raise problems.InvalidParameter(f"there are no jobs called {kind[:40]!r}; there are {', '.join(jobs.KINDS)}")
