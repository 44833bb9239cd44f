"""Every version that was in force is kept, with what it changed of the one before."""

import asyncio
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from server.reloading.diffs import make_diff
from server.store import configs
from server.store.configs import ConfigRow


async def keep_version(conn: AsyncConnection, text: str, digest: str, author: str, now: datetime) -> ConfigRow:
    """The version in force from now on: a new one, unless the newest is the same. `text`: without its secrets."""
    newest = await configs.find_newest(conn)
    if newest is not None and (newest.text, newest.digest) == (text, digest):
        return newest
    number, before = (newest.number, newest.text) if newest else (0, "")
    diff = await asyncio.to_thread(make_diff, before, text)
    row = ConfigRow(number + 1, text, digest, author, now, diff)
    await configs.save_config(conn, row)
    return row
