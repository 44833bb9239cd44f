"""After a change of the configuration: articles that were decided under another are settled again, in the background.

The newest first, so many in a transaction that pushes come in between; and for a while what ended since under the
version that it had begun with.
"""

import asyncio
from contextlib import suppress
from datetime import timedelta

import structlog

from server import jobs
from server.configfile.live import get_digest
from server.reloading import Reloader
from server.store import configs
from server.store.answers import save_meta

log = structlog.get_logger()

AT_ONCE = 200  # articles that are asked for in one transaction
SWEEP_SECONDS = 3.0
SWEPT_FOR = timedelta(minutes=10)  # how long after a change something may still end that began before it


async def settle_changed(reloader: Reloader) -> None:
    """Ask for settlements after every change, until cancelled."""
    while True:
        await reloader.changed.wait()
        reloader.changed.clear()
        ends = reloader.clock() + SWEPT_FOR
        try:
            await _ask_for_all(reloader)
            while not reloader.changed.is_set() and reloader.clock() < ends:
                with suppress(TimeoutError):
                    await asyncio.wait_for(reloader.changed.wait(), SWEEP_SECONDS)
                    break
                await _ask_again(reloader)
        except Exception:  # a full disk, a database that is away
            log.exception("articles cannot be settled again", retry_seconds=SWEEP_SECONDS)
            await asyncio.sleep(SWEEP_SECONDS)
            reloader.changed.set()


async def _ask_for_all(reloader: Reloader) -> None:
    """All that was decided otherwise. A process that ends in between begins anew at its next start."""
    digest, before = get_digest(reloader.live.current.config), None
    while not reloader.changed.is_set():
        async with reloader.database.write() as conn:
            ids = await configs.list_undecided(conn, digest, AT_ONCE, before)
            await jobs.enqueue_settlements(conn, ids, reloader.clock())
            if not ids:
                await save_meta(conn, "routing", digest)
                return
        before = ids[-1]


async def _ask_again(reloader: Reloader) -> None:
    """What was decided since under an older version."""
    digest = get_digest(reloader.live.current.config)
    async with reloader.database.read() as conn:
        ids = await configs.list_decided_otherwise(conn, digest, AT_ONCE)
    if ids:
        async with reloader.database.write() as conn:
            await jobs.enqueue_settlements(conn, ids, reloader.clock())
