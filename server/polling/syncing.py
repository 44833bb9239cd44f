"""The configuration's sources and the database's."""

import hashlib
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from server import jobs
from server.config import Config
from server.polling.hubs import settle_pushes
from server.store import sources as rows
from server.store.source_pushes import list_pushes
from server.store.sources import begin, restart

NOT_READ = {"every_seconds", "older_pages", "push"}  # options that change nothing of what is read


async def sync_sources(conn: AsyncConnection, config: Config, now: datetime) -> None:
    """Bring the sources' rows in line with the configuration; what was due goes on when it was due."""
    known = await rows.list_sources(conn)
    for name in known.keys() - config.sources.keys():
        await rows.forget_source(conn, name)
    for name, source in config.sources.items():
        settings = hashlib.sha256(source.model_dump_json(exclude=NOT_READ).encode()).hexdigest()
        row = known.get(name)
        is_same = row is not None and row.settings == settings
        if row is None or not is_same:
            row = restart(row, settings) if row else begin(name, settings)
            await rows.forget_feeds(conn, name)
            await rows.save_source(conn, row)
        if row.state == "live":
            await jobs.enqueue_poll(conn, name, max(row.next_at or now, now))
        if is_same or not source.push:  # else the poll will say what its feeds announce
            await settle_pushes(conn, config, name, (await rows.list_feeds(conn, name)).values(), now)
    for name in {push.source for push in await list_pushes(conn)} - config.sources.keys():
        await settle_pushes(conn, config, name, (), now)
