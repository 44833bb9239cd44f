"""Dead letters: what was given up, and trying it again. One's own for subscribers and outlets, all for admins."""

from aiohttp import web
from pydantic import Field

from server import audit, jobs, problems
from server.api.operations import operation
from server.api.shapes.newsrooms import DeadLetterShown, RetryAsked
from server.delivery.endings import REVIVABLE, revive
from server.handlers.subscriptions import MOST_LISTED, describe_letter, get_owner
from server.keys import CLOCK, CONFIG, DATABASE, READER
from server.requests import Position, Query, read_query
from server.responses import make_json
from server.store import articles, deliveries, subscriptions


class LettersQuery(Query):
    subscription: Position = Field(0, description="Those of the subscription with this id.")
    after: Position = Field(0, description="Those with a higher id.")


@operation(query=LettersQuery, answers={200: list[DeadLetterShown]}, problems=(problems.KeyRequired,))
async def list_letters(request: web.Request) -> web.StreamResponse:
    """GET /v1/dead-letters: what was given up, the oldest first."""
    shown = await load_letters(request, get_owner(request[READER]), read_query(request, LettersQuery))
    return make_json(shown, headers={"Vary": "Authorization"})


async def load_letters(
    request: web.Request, owner: tuple[str, str] | None, query: LettersQuery
) -> list[DeadLetterShown]:
    """Those of an owner, None: of all; MOST_LISTED at most, by their ids."""
    async with request.app[DATABASE].read() as conn:
        letters = await deliveries.list_letters(
            conn, subscription_id=query.subscription or None, owner=owner, after=query.after, limit=MOST_LISTED
        )
        known = await subscriptions.get_subscriptions(conn, {letter.subscription_id for _, letter in letters})
        named = await articles.list_articles(conn, {letter.article_id for _, letter in letters if letter.article_id})
    return [describe_letter(number, letter, known[letter.subscription_id], named) for number, letter in letters]


@operation(answers={202: RetryAsked}, problems=(problems.KeyRequired, problems.NothingToRetry))
async def post_retry(request: web.Request) -> web.StreamResponse:
    """POST /v1/dead-letters/{id}/retry: brings an item again, as it is now; lets a subscription go on where it was."""
    return make_json(await retry_letter(request, int(request.match_info["id"])), status=202)


async def retry_letter(request: web.Request, number: int) -> RetryAsked:
    """Raises KeyRequired, NotFound, NothingToRetry where its subscription cannot get it any more."""
    owner, now = get_owner(request[READER]), request.app[CLOCK]()
    async with request.app[DATABASE].write() as conn:
        letter = await deliveries.find_letter(conn, number)
        known = await subscriptions.get_subscriptions(conn, [letter.subscription_id] if letter else [])
        if letter is None or owner not in (None, *((one.role, one.owner) for one in known.values())):
            raise problems.NotFound("there is no such dead letter")
        one = known[letter.subscription_id]
        if letter.article_id is None and one.state in REVIVABLE:
            await revive(conn, one, request[CONFIG], now)
        elif letter.article_id is not None and one.state == "live":
            await jobs.enqueue_deliveries(conn, [(one.id, one.retry_at)], now)
        else:
            raise problems.NothingToRetry(f"subscription {one.id} is {one.state}: {one.reason or 'it goes on'}")
        await deliveries.ask_again(conn, number, now)
        said = {"error": letter.error, "language": letter.language, "change": letter.change}
        await audit.note(conn, "delivery.retry", f"subscription {one.id}", now, before=said)
    return {"id": number, "asked": True}
