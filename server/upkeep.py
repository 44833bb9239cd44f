"""What a worker looks after besides jobs: packages that come and go, what is due every hour."""

import asyncio
from datetime import timedelta

import structlog

from server import jobs
from server.obligations import tell_missed
from server.runner import Tools, wait_for_any
from server.store import parallels
from server.store.answers import find_meta, save_meta
from server.store.usage import forget_usage
from server.translation import remembering

log = structlog.get_logger()

HOUR_SECONDS = 3600.0  # how often the translation memory is trimmed, old usage forgotten, what was missed told
USAGE_KEPT = timedelta(days=7)  # quotas look at today only
WATCH_SECONDS = 2.0  # how often installed packages are looked at


async def watch_packages(tools: Tools, stopping: asyncio.Event) -> None:
    """When packages come or go, versions that could not be made are asked for again."""
    while not stopping.is_set():
        try:
            await _compare_packages(tools.today())
        except Exception:
            log.exception("packages cannot be looked at", retry_seconds=WATCH_SECONDS)
        await wait_for_any((stopping,), WATCH_SECONDS)


async def _compare_packages(tools: Tools) -> None:
    directions = await asyncio.to_thread(tools.translator.directions)
    digest = ",".join(sorted(f"{direction}={made.sha256}" for direction, made in directions.items()))
    async with tools.database.read() as conn:
        known = await find_meta(conn, "directions")
    if digest == known:
        return
    async with tools.database.write() as conn:
        for article_id in await parallels.list_unfinished(conn) if known is not None else ():
            await jobs.enqueue_settlement(conn, article_id, tools.clock())
        await save_meta(conn, "directions", digest)


async def do_hourly(tools: Tools, stopping: asyncio.Event) -> None:
    """Once an hour: the memory is trimmed, old days leave the quotas' account, missed obligations are told."""
    while not stopping.is_set():
        try:
            async with tools.database.write() as conn:
                gone = await remembering.keep_size(
                    conn, tools.today().config.translation.memory_sentences, tools.clock()
                )
                await forget_usage(conn, (tools.clock() - USAGE_KEPT).date().isoformat())
                await tell_missed(conn, tools.today().config, tools.clock())
            if gone:
                log.info("memory trimmed", sentences=gone)
        except Exception:
            log.exception("what is due every hour cannot be done", retry_seconds=HOUR_SECONDS)
        await wait_for_any((stopping,), HOUR_SECONDS)
