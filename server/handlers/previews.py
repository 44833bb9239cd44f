"""What another routing would have done (CONTRACT §4): over what is stored, and nothing of it is."""

import asyncio
import time
from collections import deque
from datetime import datetime, timedelta
from typing import Annotated

from aiohttp import web
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection

from server import problems
from server.api.operations import Content, operation
from server.api.shapes.routing import Consequences, Preview
from server.config import Config
from server.handlers.routing_requests import ROUTING, describe_version, find_proposal, read_toml
from server.keys import CLOCK, CONFIG, DATABASE, PREVIEWING, RELOADER, VERSION
from server.preview.assistant import Task
from server.preview.batches import list_batches
from server.preview.comparison import Glossaries, make_comparison, needs_words
from server.preview.lanes import compare_all, lend_assistant
from server.preview.tallies import describe
from server.requests import Digits, Number, Query, read_query
from server.responses import make_json
from server.translation.glossary import load_effective

USUAL_DAYS, MOST_DAYS = 7, 90


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
    answer = await preview_part(request, await _read_part(request, query), query.days)
    return make_json(answer, headers={"Cache-Control": "no-store"})


async def preview_part(request: web.Request, part: str, days: int) -> Preview:
    """Raises InvalidConfiguration, ConfigurationFixed."""
    async with request.app[PREVIEWING]:  # each takes all that there is of the machine
        began = time.perf_counter()
        effects = await _find_effects(request, part, request.app[CLOCK]() - timedelta(days=days))
    return {
        "days": days,
        "against": describe_version(request[VERSION]),
        **effects,
        "seconds": round(time.perf_counter() - began, 3),
    }


async def _find_effects(request: web.Request, part: str, since: datetime) -> Consequences:
    database, old = request.app[DATABASE], request[CONFIG]
    async with database.read() as conn:
        batches = deque(await list_batches(conn, since))
    async with lend_assistant(len(batches)) as assistant:  # which begins while the TOML is read
        new = await request.app[RELOADER].try_part(part)
        async with database.read() as conn:
            glossaries = await _load_glossaries(conn, old, new) if needs_words(old, new) else {}
            comparison = await asyncio.to_thread(make_comparison, old, new, glossaries)
            task = Task(old, new, glossaries, database.url)
            tally = await compare_all(conn, task, comparison, batches, assistant)
    return await asyncio.to_thread(describe, tally, comparison)


async def _read_part(request: web.Request, query: PreviewQuery) -> str:
    """The routing part that is asked about: that of a proposal, or the body."""
    if query.proposal is None:
        return await read_toml(request)
    return (await find_proposal(request, str(query.proposal))).part


async def _load_glossaries(conn: AsyncConnection, *configs: Config) -> Glossaries:
    sets = {config.exchanges_of(outlet) for config in configs for outlet in config.outlets}
    return {exchanges: await load_effective(conn, exchanges) for exchanges in sorted(sets)}
