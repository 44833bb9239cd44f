"""What another routing would have done (CONTRACT §4): over what is stored, and nothing of it is."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from server.comparison import Glossaries, make_comparison, needs_words
from server.config import Config
from server.handlers.items import check_names, read_number
from server.handlers.routing import describe_version, read_toml
from server.keys import CLOCK, CONFIG, DATABASE, RELOADER, VERSION
from server.preview import Sample, Tally, compare, describe
from server.responses import make_json
from server.store import parallels
from server.store.articles import list_pushed
from server.translation.glossary import load_effective

USUAL_DAYS, MOST_DAYS = 7, 90
AT_ONCE = 250  # articles that are judged before others have their turn


async def post_preview(request: web.Request) -> web.Response:
    """POST /v1/routing/preview: ?days=; the body is another routing part, as for PUT /v1/routing."""
    check_names(request.query, ("days",))
    days = read_number(request.query, "days", USUAL_DAYS, 1, MOST_DAYS)
    new, old = await request.app[RELOADER].try_part(await read_toml(request)), request[CONFIG]
    since, began = request.app[CLOCK]() - timedelta(days=days), time.perf_counter()
    tally = Tally()
    async with request.app[DATABASE].read() as conn:
        glossaries = await _load_glossaries(conn, old, new) if needs_words(old, new) else {}
        comparison = await asyncio.to_thread(make_comparison, old, new, glossaries)
        async for samples in _list_samples(conn, since):
            tally.add(await asyncio.to_thread(compare, samples, comparison))
    answer = {
        "days": days,
        "against": describe_version(request[VERSION]),
        **await asyncio.to_thread(describe, tally, comparison),
        "seconds": round(time.perf_counter() - began, 3),
    }
    return make_json(answer, headers={"Cache-Control": "no-store"})


async def _list_samples(conn: AsyncConnection, since: datetime) -> AsyncIterator[Sequence[Sample]]:
    last = 0
    while rows := await list_pushed(conn, since, AT_ONCE, last):
        made = await parallels.list_made(conn, rows[0][0], rows[-1][0])
        yield [
            Sample(outlet, item, pushed_at, document, frozenset(made.get(number, ())))
            for number, outlet, item, pushed_at, document in rows
        ]
        last = rows[-1][0]


async def _load_glossaries(conn: AsyncConnection, *configs: Config) -> Glossaries:
    sets = {config.exchanges_of(outlet) for config in configs for outlet in config.outlets}
    return {exchanges: await load_effective(conn, exchanges) for exchanges in sorted(sets)}
