"""Is the process there, and can it do its work?"""

from collections.abc import Mapping
from typing import Annotated, Literal

from aiohttp import web
from pydantic import Field
from typing_extensions import TypedDict

from server import problems
from server.api.operations import operation
from server.keys import CLOCK, DATABASE
from server.responses import make_json
from server.store.jobs import count_jobs


class Alive(TypedDict):
    status: Literal["alive"]


class Ready(TypedDict):
    status: Literal["ready"]
    waiting: Annotated[Mapping[str, int], Field(description="How many jobs wait, by kind.")]


@operation(answers={200: Alive})
async def get_livez(request: web.Request) -> web.StreamResponse:
    """GET /livez: the process answers."""
    return make_json({"status": "alive"})


@operation(answers={200: Ready})
async def get_readyz(request: web.Request) -> web.StreamResponse:
    """GET /readyz: the database answers; how much work waits."""
    try:
        async with request.app[DATABASE].read() as conn:
            waiting = await count_jobs(conn, request.app[CLOCK]())
    except Exception as error:
        raise problems.Unavailable("the database does not answer", headers={"Retry-After": "5"}) from error
    return make_json({"status": "ready", "waiting": waiting})
