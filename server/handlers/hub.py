"""POST /hub: the WebSub hub of every feed (W3C WebSub §5). Errors are plain text, as it wants them."""

import secrets
from typing import Annotated, Literal, NotRequired

from aiohttp import web
from pydantic import Field
from typing_extensions import TypedDict

from server import audit, jobs, problems
from server.api.operations import Content, operation
from server.delivery import hub
from server.keys import CLOCK, CONFIG, DATABASE, KEY_ID, READER, SITE
from server.publishing import check_channel
from server.requests import read_body
from server.store import subscriptions


class HubForm(TypedDict):
    """What WebSub §5.1 sends; server/delivery/hub reads it."""

    mode: Annotated[Literal["subscribe", "unsubscribe"], Field(alias="hub.mode")]
    topic: Annotated[str, Field(alias="hub.topic", description="The address of a feed here.")]
    callback: Annotated[str, Field(alias="hub.callback", description="Where it is pushed to.")]
    secret: NotRequired[Annotated[str, Field(alias="hub.secret", description="Signs what is pushed.")]]
    lease_seconds: NotRequired[Annotated[int, Field(alias="hub.lease_seconds", ge=0)]]


FORM = "application/x-www-form-urlencoded"
MOST_BYTES = 1 << 16
MOST_WAITING = 10_000  # requests that wait for their verification


@operation(
    body=Content({FORM: HubForm}),
    answers={202: Content({"text/plain": None})},
    problems=(problems.ChannelNotFound, problems.KeyRequired),
    is_plain=True,
)
async def post_hub(request: web.Request) -> web.StreamResponse:
    """POST /hub: subscribes a callback to a feed, or ends that (WebSub).

    202, for the callback will be asked: nothing stands before it has answered.
    """
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
    wish = hub.parse_request(await _read_form(request), config)
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
        "resumes": False,
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
    if (request.content_length or 0) > MOST_BYTES or len(await read_body(request, request[CONFIG].limits)) > MOST_BYTES:
        raise problems.TooLarge("a request to the hub is smaller than 64 kB")
    try:
        return await request.post()
    except (ValueError, LookupError) as error:
        raise problems.MalformedRequest(f"the form cannot be read: {type(error).__name__}") from error
