"""Who gets pushes, and what became of them: one's own for subscribers and outlets, all for admins."""

from collections.abc import Mapping

from aiohttp import web
from pydantic import Field

from server import problems
from server.api.operations import operation
from server.api.shapes.newsrooms import AttemptShown, DeadLetterShown, SubscriptionShown, SubscriptionTold
from server.keys import DATABASE, READER, SITE
from server.requests import Position, Query, read_query
from server.responses import make_json
from server.site import Site
from server.store import articles, deliveries, placements, subscriptions
from server.store.articles import ArticleRow
from server.store.deliveries import Attempt, DeadLetter
from server.store.subscriptions import Subscription, SubscriptionState
from server.visibility import ANYONE, Reader

MOST_LISTED = 500
MOST_LOGGED = 100  # lines of the log, and dead letters


class SubscriptionsQuery(Query):
    state: SubscriptionState | None = Field(None, description="Those in it.")
    after: Position = Field(0, description="Those with a higher id.")


@operation(query=SubscriptionsQuery, answers={200: list[SubscriptionShown]}, problems=(problems.KeyRequired,))
async def list_subscriptions(request: web.Request) -> web.StreamResponse:
    """GET /v1/subscriptions: who gets pushes: one's own, all for admins."""
    query = read_query(request, SubscriptionsQuery)
    shown = await load_subscriptions(request, get_owner(request[READER]), query)
    return make_json(shown, headers={"Vary": "Authorization"})


async def load_subscriptions(
    request: web.Request, owner: tuple[str, str] | None, query: SubscriptionsQuery
) -> list[SubscriptionShown]:
    """Those of an owner, None: of all; MOST_LISTED at most, by their ids."""
    async with request.app[DATABASE].read() as conn:
        newest = await placements.get_newest_change(conn)
        found = await subscriptions.list_subscriptions(
            conn, owner=owner, state=query.state, after=query.after, limit=MOST_LISTED
        )
    return [describe(one, newest, request[SITE]) for one in found]


@operation(answers={200: SubscriptionTold}, problems=(problems.KeyRequired,))
async def get_subscription(request: web.Request) -> web.StreamResponse:
    """GET /v1/subscriptions/{id}: with its log and its dead letters, the newest first."""
    told = await load_subscription(request, request.match_info["id"], get_owner(request[READER]))
    return make_json(told, headers={"Vary": "Authorization"})


async def load_subscription(request: web.Request, number: str, owner: tuple[str, str] | None) -> SubscriptionTold:
    """One of an owner's, None: of anybody's. Raises NotFound."""
    if not (number.isascii() and number.isdigit() and len(number) < 16):
        raise problems.NotFound("there is no such subscription")
    async with request.app[DATABASE].read() as conn:
        one = (await subscriptions.get_subscriptions(conn, [int(number)])).get(int(number))
        if one is None or owner not in (None, (one.role, one.owner)):
            raise problems.NotFound("there is no such subscription")
        newest = await placements.get_newest_change(conn)
        attempts = await deliveries.list_attempts(conn, one.id, MOST_LOGGED)
        letters = await deliveries.list_letters(conn, subscription_id=one.id, limit=MOST_LOGGED)
        named = await articles.list_articles(conn, {letter.article_id for _, letter in letters if letter.article_id})
    return {
        **describe(one, newest, request[SITE]),
        "log": [_describe_attempt(attempt) for attempt in attempts],
        "dead_letters": [describe_letter(number, letter, one, named) for number, letter in letters],
    }


def get_owner(reader: Reader) -> tuple[str, str] | None:
    """Whose subscriptions the reader sees; None: all."""
    if reader == ANYONE:
        raise problems.KeyRequired("send your key: `Authorization: Bearer …`", headers=problems.CHALLENGE)
    return None if reader.role == "admin" else (reader.role, reader.id)


def describe(one: Subscription, newest: int, site: Site) -> SubscriptionShown:
    """Without its secret. `behind`: whether something has changed anywhere since its cursor."""
    destination = site.config.destinations.get(one.topic) if one.kind == "destination" else None
    address = (destination.url or destination.folder) if destination else one.address
    return {
        "id": one.id,
        "kind": one.kind,
        "topic": one.topic,
        "address": address,
        "owner": one.owner or None,
        "format": one.format,
        "state": one.state,
        "reason": one.reason or None,
        "cursor": one.cursor,
        "behind": max(0, newest - one.cursor),
        "sequence": one.sequence if one.kind == "destination" else None,
        "signed": bool(one.secret or (destination and destination.key)),
        "created_at": one.created_at,
        "lease_until": one.lease_until,
        "last_attempt": one.attempted_at,
        "last_success": one.heard_at if one.attempted_at else None,
        "failures": one.failures,
        "last_error": one.error or None,
        "next_attempt": one.retry_at if one.state == "live" else None,
    }


def _describe_attempt(one: Attempt) -> AttemptShown:
    return {
        "at": one.at,
        "outcome": one.outcome,
        "status": one.status,
        "change": one.change,
        "items": one.items,
        "error": one.error or None,
    }


def describe_letter(
    number: int, letter: DeadLetter, one: Subscription, named: Mapping[int, ArticleRow]
) -> DeadLetterShown:
    row = named[letter.article_id] if letter.article_id is not None else None
    return {
        "id": number,
        "subscription": one.id,
        "kind": one.kind,
        "topic": one.topic,
        "outlet": row.outlet if row else None,
        "item": row.item if row else None,
        "language": letter.language or None,
        "change": letter.change,
        "error": letter.error,
        "status": letter.status,
        "at": letter.at,
        "retried_at": letter.retried_at,
    }
