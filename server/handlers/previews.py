"""What another routing would have done (CONTRACT §4): over what is stored, and nothing of it is."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Annotated

from aiohttp import web
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection

from server import problems
from server.api.operations import Content, operation
from server.api.shapes.routing import Preview
from server.config import Config
from server.handlers.proposals import find_proposal
from server.handlers.routing import ROUTING, describe_version, read_toml
from server.keys import CLOCK, CONFIG, DATABASE, RELOADER, VERSION
from server.preview import Sample, compare
from server.preview.comparison import Glossaries, make_comparison, needs_words
from server.preview.tallies import Tally, describe
from server.requests import Digits, Number, Query, read_query
from server.responses import make_json
from server.store import parallels
from server.store.articles import list_pushed
from server.translation.glossary import load_effective

USUAL_DAYS, MOST_DAYS = 7, 90
AT_ONCE = 250  # articles that are judged before others have their turn


class PreviewQuery(Query):
    days: Annotated[int, Digits] = Field(USUAL_DAYS, ge=1, le=MOST_DAYS, description="Over the articles of so many.")
    proposal: Number | None = Field(None, description="Of a proposal; then there is no body.")


@operation(
    query=PreviewQuery,
    body=Content(ROUTING.types, is_needed=False),
    answers={200: Preview},
    problems=(problems.NotFound, problems.ConfigurationFixed, problems.InvalidConfiguration),
)
async def post_preview(request: web.Request) -> web.Response:
    """POST /v1/routing/preview: what another routing would have done to the articles of the last days."""
    query = read_query(request, PreviewQuery)
    new, old = await request.app[RELOADER].try_part(await _read_part(request, query)), request[CONFIG]
    since, began = request.app[CLOCK]() - timedelta(days=query.days), time.perf_counter()
    tally = Tally()
    async with request.app[DATABASE].read() as conn:
        glossaries = await _load_glossaries(conn, old, new) if needs_words(old, new) else {}
        comparison = await asyncio.to_thread(make_comparison, old, new, glossaries)
        async for samples in _list_samples(conn, since):
            tally.add(await asyncio.to_thread(compare, samples, comparison))
    effects = await asyncio.to_thread(describe, tally, comparison)
    answer: Preview = {
        "days": query.days,
        "against": describe_version(request[VERSION]),
        **effects,
        "seconds": round(time.perf_counter() - began, 3),
    }
    return make_json(answer, headers={"Cache-Control": "no-store"})


async def _read_part(request: web.Request, query: PreviewQuery) -> str:
    """The routing part that is asked about: that of a proposal, or the body."""
    if query.proposal is None:
        return await read_toml(request)
    return (await find_proposal(request, str(query.proposal))).part


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
