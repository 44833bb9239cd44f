"""Receipts: newsrooms say what they have, outlets see who has not heard of a correction or a kill."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from feeds import Fault
from server import audit, problems, visibility
from server.config import Config
from server.delivery import receipts
from server.delivery.receipts import Known
from server.filters import lets_through, parse_query
from server.intake import find_mine
from server.keys import CLOCK, CONFIG, DATABASE, FETCHED, READER
from server.publishing import find_loaded
from server.responses import make_json, read_body
from server.store import articles, placements, subscriptions
from server.store import receipts as ledger
from server.store.articles import ArticleRow
from server.store.placements import Placement
from server.store.receipts import Fetch, Receipt
from server.visibility import ANYONE, Reader

MOST_GIVEN = 500  # receipts in one request


async def post_receipts(request: web.Request) -> web.StreamResponse:
    """POST /v1/receipts {"receipts": [{"outlet", "item", "language", "change"}]}: what the caller has by now."""
    reader, now = request[READER], request.app[CLOCK]()
    if reader == ANYONE:
        raise problems.KeyRequired("send your key: `Authorization: Bearer …`", headers=problems.CHALLENGE)
    given = _read_receipts(await read_body(request, request[CONFIG].limits))
    results = []
    async with request.app[DATABASE].write() as conn:
        own = await subscriptions.list_subscriptions(conn, owner=(reader.role, reader.id))
        names = [f"subscription:{one.id}" for one in own]
        for one in given:
            recorded = await _record(conn, request, one, names, now)
            results.append({"outlet": one["outlet"], "item": one["item"], "recorded": recorded})
        said = {"given": len(results), "recorded": sum(bool(one["recorded"]) for one in results)}
        await audit.note(conn, "receipts.record", reader.id, now, after=said)
    return make_json({"receipts": results})


def _read_receipts(body: bytes) -> list[dict[str, Any]]:
    """Raises MalformedDocument, InvalidDocument."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise problems.MalformedDocument(f"not JSON: {error}") from error
    given = document.get("receipts") if isinstance(document, dict) else None
    if not isinstance(given, list) or not 0 < len(given) <= MOST_GIVEN:
        detail = f"`receipts` is a list of 1 to {MOST_GIVEN} receipts"
        raise problems.InvalidDocument(detail, errors=[Fault("/receipts", detail)])
    faults = [
        Fault(f"/receipts/{number}/{name}", f"must be {kind}")
        for number, one in enumerate(given)
        for name, kind, is_right in (
            ("outlet", "text", isinstance(one, dict) and isinstance(one.get("outlet"), str)),
            ("item", "text", isinstance(one, dict) and isinstance(one.get("item"), str)),
            ("language", "text", isinstance(one, dict) and isinstance(one.get("language", ""), str)),
            ("change", "a number", isinstance(one, dict) and type(one.get("change", 0)) is int),
        )
        if not is_right
    ]
    if faults:
        raise problems.InvalidDocument("; ".join(f"{one.pointer}: {one.detail}" for one in faults[:3]), errors=faults)
    return given


async def _record(
    conn: AsyncConnection, request: web.Request, given: dict[str, Any], names: list[str], now: datetime
) -> bool:
    """Whether there is such a text for this reader; texts that it may not know of are none."""
    config, reader = request[CONFIG], request[READER]
    loaded = await find_loaded(conn, given["outlet"], given["item"])
    if loaded is None:
        return False
    row, found = loaded.article, []
    for place in loaded.places:
        if given.get("language") not in (None, place.language) or place.change is None:
            continue
        known = [await ledger.find_receipts(conn, name, [(row.id, place.language)]) for name in names]
        if (
            any(known)
            or visibility.is_visible(row, [place], reader, config, now)
            or visibility.is_withdrawal_known(row, [place], reader, config, now)
        ):
            found.append(place)
    for place in found:
        last = max(one.change or 0 for one in found if one.language == place.language)
        change = min(given.get("change", last), last)
        name = f"{reader.role}:{reader.id}"
        receipt = Receipt(name, row.id, place.language, change, place.state, place.content_hash, "receipt", now)
        await ledger.save_receipts(conn, [receipt])
        for own in names:
            await ledger.acknowledge(conn, own, [(row.id, place.language)], change)
    return bool(found)


async def get_receipts(request: web.Request) -> web.StreamResponse:
    """GET /v1/articles/{outlet}/{item}/receipts: who has it, and who has not heard of its last change."""
    outlet, item = request.match_info["outlet"], request.match_info["item"]
    async with request.app[DATABASE].read() as conn:
        row = await find_mine(conn, outlet, item)
        places = (await placements.list_placements(conn, [row.id])).get(row.id, [])
        given = await ledger.list_receipts(conn, row.id)
        feeds = {place.feed for place in places}
        of_feeds = await subscriptions.list_of_feeds(conn, feeds, {one.recipient for one in given})
        fetches = [
            one
            for one in await ledger.list_fetches(conn, feeds)
            if not one.query or await _was_in(conn, one, row, places, request[CONFIG])
        ]
    known = Known(places, given, {one.id: one for one in of_feeds}, fetches)
    languages = sorted({place.language for place in places if place.change is not None})
    return make_json(
        {
            "outlet": outlet,
            "item": item,
            "pub_status": "canceled" if row.canceled_at else row.head.article.pub_status,
            "languages": receipts.describe_holders(known, languages, request[CONFIG]),
        }
    )


async def _was_in(
    conn: AsyncConnection, fetch: Fetch, row: ArticleRow, places: Sequence[Placement], config: Config
) -> bool:
    """Whether the feed's filters let the article through."""
    filters = parse_query(fetch.query, config)
    is_about = not filters.subject or bool(await articles.list_articles_about(conn, [row.id], filters.subject))
    return any(
        lets_through(filters, row.outlet, place.origin, is_about=is_about)
        for place in places
        if place.feed == (fetch.channel, fetch.language)
    )


async def note_fetch(request: web.Request, channel: str, language: str, query: str, change: int) -> None:
    """Write down that the owner of a key has a feed as of a change: once per change, not per request."""
    reader: Reader = request[READER]
    if request.method != "GET" or reader.role not in ("subscriber", "outlet"):
        return
    recipient, fetched = f"{reader.role}:{reader.id}", request.app[FETCHED]
    place = (recipient, channel, language, query)
    if fetched.get(place, -1) >= change:
        return
    now = request.app[CLOCK]()
    async with request.app[DATABASE].write() as conn:
        await ledger.save_fetch(conn, Fetch(*place, change, now, now))
    fetched[place] = change
