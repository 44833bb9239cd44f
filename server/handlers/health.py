"""Is the process there, and can it do its work?"""

from aiohttp import web

from server import problems
from server.keys import CLOCK, DATABASE
from server.responses import make_json
from server.store.jobs import count_jobs


async def get_livez(request: web.Request) -> web.StreamResponse:
    """GET /livez: the process answers."""
    return make_json({"status": "alive"})


async def get_readyz(request: web.Request) -> web.StreamResponse:
    """GET /readyz: the database answers; how much work waits."""
    try:
        async with request.app[DATABASE].read() as conn:
            waiting = await count_jobs(conn, request.app[CLOCK]())
    except Exception as error:
        raise problems.Unavailable("the database does not answer", headers={"Retry-After": "5"}) from error
    return make_json({"status": "ready", "waiting": waiting})
