"""Who gets pushes, and what became of them: one's own for subscribers and outlets, all for admins."""

from typing import Any

from aiohttp import web

from server import problems
from server.keys import DATABASE, READER, SITE
from server.publishing import Site
from server.responses import make_json
from server.store import articles, deliveries, placements, subscriptions
from server.store.articles import ArticleRow
from server.store.deliveries import Attempt, DeadLetter
from server.store.subscriptions import Subscription
from server.visibility import ANYONE, Reader

MOST_LISTED = 500
MOST_LOGGED = 100  # lines of the log, and dead letters


async def list_subscriptions(request: web.Request) -> web.StreamResponse:
    """GET /v1/subscriptions: ?state= those in it, ?after= those with a higher id."""
    reader, query = request[READER], request.query
    after = query.get("after", "0")
    if not (after.isascii() and after.isdigit() and len(after) < 16):
        raise problems.InvalidParameter("after is the id of a subscription")
    async with request.app[DATABASE].read() as conn:
        newest = await placements.get_newest_change(conn)
        found = await subscriptions.list_subscriptions(
            conn, owner=_get_owner(reader), state=query.get("state"), after=int(after), limit=MOST_LISTED
        )
    return make_json([describe(one, newest, request[SITE]) for one in found], headers={"Vary": "Authorization"})


async def get_subscription(request: web.Request) -> web.StreamResponse:
    """GET /v1/subscriptions/{id}: with its log and its dead letters, the newest first."""
    number, owner = request.match_info["id"], _get_owner(request[READER])
    if not (number.isascii() and number.isdigit() and len(number) < 16):
        raise problems.NotFound("there is no such subscription")
    async with request.app[DATABASE].read() as conn:
        one = (await subscriptions.get_subscriptions(conn, [int(number)])).get(int(number))
        if one is None or owner not in (None, (one.role, one.owner)):
            raise problems.NotFound("there is no such subscription")
        newest = await placements.get_newest_change(conn)
        attempts = await deliveries.list_attempts(conn, one.id, MOST_LOGGED)
        letters = await deliveries.list_letters(conn, one.id, MOST_LOGGED)
        named = await articles.list_articles(conn, {letter.article_id for letter in letters})
    described = describe(one, newest, request[SITE])
    described |= {"log": [_describe_attempt(attempt) for attempt in attempts]}
    described |= {"dead_letters": [_describe_letter(letter, named[letter.article_id]) for letter in letters]}
    return make_json(described, headers={"Vary": "Authorization"})


def _get_owner(reader: Reader) -> tuple[str, str] | None:
    """Whose subscriptions the reader sees; None: all."""
    if reader == ANYONE:
        raise problems.KeyRequired("send your key: `Authorization: Bearer …`", headers=problems.CHALLENGE)
    return None if reader.role == "admin" else (reader.role, reader.id)


def describe(one: Subscription, newest: int, site: Site) -> dict[str, Any]:
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


def _describe_attempt(one: Attempt) -> dict[str, Any]:
    return {
        "at": one.at,
        "outcome": one.outcome,
        "status": one.status,
        "change": one.change,
        "items": one.items,
        "error": one.error or None,
    }


def _describe_letter(one: DeadLetter, row: ArticleRow) -> dict[str, Any]:
    return {
        "outlet": row.outlet,
        "item": row.item,
        "language": one.language,
        "change": one.change,
        "error": one.error,
        "at": one.at,
    }
