"""How it goes, in numbers, for Prometheus. Who may look is an option: the numbers say how much outlets do."""

import asyncio
from ipaddress import ip_address

from aiohttp import web

from server import problems
from server.api.operations import Content, operation
from server.config import Config
from server.gauges import Exposition, make_families
from server.keys import CLOCK, CONFIG, DATABASE, GAUGES, HOT_FEEDS, LIVE, METRICS, READER
from server.visibility import ANYONE

# What proxies add, so that what they pass on is not taken for the machine's own.
PASSED_ON = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP")

TEXTS = Content({"text/plain": None, "application/openmetrics-text": None})


@operation(answers={200: TEXTS}, problems=(problems.KeyRequired, problems.NotAllowed))
async def get_metrics(request: web.Request) -> web.StreamResponse:
    """GET /metrics: counters and gauges for Prometheus, as text or OpenMetrics."""
    _check_reader(request)
    app = request.app
    metrics, live = app[METRICS], app[LIVE]
    sight = await app[GAUGES].look(app[DATABASE], app[CLOCK]())
    metrics.note_fast_answers(app[HOT_FEEDS].take_counts().items())
    families = make_families(sight, refused=live.refusal is not None, restart=bool(live.restart))
    exposition = Exposition(metrics.registry, families)
    body, content_type = await asyncio.to_thread(exposition.render, request.headers.get("Accept", ""))
    return web.Response(body=body, headers={"Content-Type": content_type, "Cache-Control": "no-store"})


def _check_reader(request: web.Request) -> None:
    """Raise unless whoever asks may look: admins always, others as `server.metrics` says."""
    option, reader = request[CONFIG].server.metrics, request[READER]
    if reader.role == "admin" or option == "open" or (option == "local" and is_local(request, request[CONFIG])):
        return
    if reader == ANYONE:
        raise problems.KeyRequired("send an admin's key: `Authorization: Bearer …`", headers=problems.CHALLENGE)
    raise problems.NotAllowed("this is for admins")


def is_local(request: web.Request, config: Config) -> bool:
    """Whether the request comes from this machine itself, and from nobody through a proxy on it.

    A proxy may hide whom it asks for, so with a public address nothing counts as local. Nor does a request to a name
    that is not this machine's: a browser may have been sent here by a foreign page.
    """
    if config.server.public_url or any(name in request.headers for name in PASSED_ON):
        return False
    return _is_loopback(request.remote or "") and _is_loopback(request.url.host or "")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False
