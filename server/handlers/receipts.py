"""Receipts: newsrooms say what they have, outlets see who has not heard of a correction or a kill."""

from collections.abc import Sequence
from datetime import datetime

from aiohttp import web
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection

from server import audit, problems, visibility
from server.api.operations import operation
from server.api.shapes.articles import ReceiptsShown, ReceiptsTaken, ReceiptTaken
from server.config import Config
from server.delivery import receipts
from server.delivery.receipts import Known
from server.entries import find_loaded
from server.filters import lets_through, parse_query
from server.intake import find_mine
from server.keys import CLOCK, CONFIG, DATABASE, FETCHED, READER
from server.requests import Body, read_json
from server.responses import make_json
from server.store import articles, losses, placements, subscriptions
from server.store import receipts as ledger
from server.store.articles import ArticleRow
from server.store.placements import Placement
from server.store.receipts import Fetch, Receipt
from server.visibility import ANYONE, Reader

MOST_GIVEN = 500  # receipts in one request


class ReceiptGiven(Body):
    outlet: str
    item: str
    language: str | None = Field(None, description="Else all languages that the caller sees.")
    change: int | None = Field(None, description="Else the last one.")


class ReceiptsGiven(Body):
    receipts: list[ReceiptGiven] = Field(min_length=1, max_length=MOST_GIVEN)


@operation(body=ReceiptsGiven, answers={200: ReceiptsTaken}, problems=(problems.KeyRequired,))
async def post_receipts(request: web.Request) -> web.StreamResponse:
    """POST /v1/receipts: the caller's word that it has something by now."""
    reader, now = request[READER], request.app[CLOCK]()
    if reader == ANYONE:
        raise problems.KeyRequired("send your key: `Authorization: Bearer …`", headers=problems.CHALLENGE)
    given = (await read_json(request, ReceiptsGiven)).receipts
    results: list[ReceiptTaken] = []
    async with request.app[DATABASE].write() as conn:
        own = await subscriptions.list_subscriptions(conn, owner=(reader.role, reader.id))
        names = [f"subscription:{one.id}" for one in own]
        for one in given:
            recorded = await _record(conn, request, one, names, now)
            results.append({"outlet": one.outlet, "item": one.item, "recorded": recorded})
        said = {"given": len(results), "recorded": sum(bool(one["recorded"]) for one in results)}
        await audit.note(conn, "receipts.record", reader.id, now, after=said)
    return make_json(ReceiptsTaken(receipts=results))


async def _record(
    conn: AsyncConnection, request: web.Request, given: ReceiptGiven, names: list[str], now: datetime
) -> bool:
    """Whether there is such a text for this reader; texts that it may not know of are none."""
    config, reader = request[CONFIG], request[READER]
    loaded = await find_loaded(conn, given.outlet, given.item)
    if loaded is None:
        return False
    row, found = loaded.article, []
    for place in loaded.places:
        if given.language not in (None, place.language) or place.change is None:
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
        change = last if given.change is None else min(given.change, last)
        name = f"{reader.role}:{reader.id}"
        receipt = Receipt(name, row.id, place.language, change, place.state, place.content_hash, "receipt", now)
        await ledger.save_receipts(conn, [receipt])
        for own in names:
            await ledger.acknowledge(conn, own, [(row.id, place.language)], change)
    return bool(found)


@operation(answers={200: ReceiptsShown}, problems=(problems.ArticleNotFound,))
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
        lost = {(loss.reader, loss.feed): loss for loss in await losses.list_losses_of(conn, [row.id])}
    known = Known(row, places, given, {one.id: one for one in of_feeds}, fetches, lost)
    languages = sorted({place.language for place in places if place.change is not None})
    shown: ReceiptsShown = {
        "outlet": outlet,
        "item": item,
        "pub_status": "canceled" if row.canceled_at else row.head.article.pub_status,
        "languages": receipts.describe_holders(known, languages, request[CONFIG]),
    }
    return make_json(shown)


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
