"""POST /hub: the WebSub hub of every feed (W3C WebSub §5). Errors are plain text, as it wants them."""

import secrets

from aiohttp import web

from server import audit, jobs, problems
from server.delivery import hub
from server.handlers.channels import check_channel
from server.keys import CLOCK, CONFIG, DATABASE, KEY_ID, READER, SITE
from server.store import subscriptions

FORM = "application/x-www-form-urlencoded"
MOST_WAITING = 10_000  # requests that wait for their verification


async def post_hub(request: web.Request) -> web.StreamResponse:
    """POST /hub: 202, for the subscriber will be asked. Nothing stands before it has answered."""
    try:
        await _take(request)
    except problems.Problem as problem:
        return web.Response(
            text=f"{problem.title()}: {problem.detail}\n", status=problem.status, headers=problem.headers
        )
    return web.Response(text="the callback will be asked whether it agrees\n", status=202)


async def _take(request: web.Request) -> None:
    config, reader, now = request[CONFIG], request[READER], request.app[CLOCK]()
    if request.content_type != FORM:
        raise problems.UnsupportedFormat(f"a request to the hub is {FORM}")
    if (request.content_length or 0) > 1 << 16:
        raise problems.TooLarge("a request to the hub is smaller than 64 kB")
    wish = hub.parse_request((await _read_form(request)), config)
    topic = hub.parse_topic(wish.topic, request[SITE])
    if wish.mode == "subscribe":
        check_channel(topic.channel, topic.language, reader, config)
    values = {
        "token": secrets.token_hex(16),
        "mode": wish.mode,
        "topic": topic.address,
        "callback": wish.callback,
        "channel": topic.channel,
        "language": topic.language,
        "format": topic.format,
        "query": topic.filters.query,
        "secret": wish.secret,
        "lease_seconds": wish.lease_seconds,
        "role": "" if reader.role == "anyone" else reader.role,
        "owner": reader.id,
        "key_id": request[KEY_ID],
        "created_at": now,
    }
    async with request.app[DATABASE].write() as conn:
        if await subscriptions.count_requests(conn) >= MOST_WAITING:
            raise problems.Unavailable("too many requests wait for their verification", headers={"Retry-After": "60"})
        known = await subscriptions.find_subscription(conn, "websub", topic.address, wish.callback)
        is_new = wish.mode == "subscribe" and (known is None or known.state != "live")
        if is_new and await subscriptions.count_live(conn) >= config.hub.most_subscriptions:
            raise problems.Unavailable(
                "this hub has as many subscriptions as it takes", headers={"Retry-After": "3600"}
            )
        await jobs.enqueue_verification(conn, await subscriptions.save_request(conn, values), now)
        said = {"mode": wish.mode, "callback": wish.callback.partition("?")[0], "lease_seconds": wish.lease_seconds}
        await audit.note(conn, "subscription.ask", topic.address, now, after=said)


async def _read_form(request: web.Request) -> hub.Form:
    try:
        return await request.post()
    except (ValueError, LookupError) as error:
        raise problems.MalformedRequest(f"the form cannot be read: {type(error).__name__}") from error
