"""What becomes of an upload: its renditions are made, or why not is written down; what nobody needs any more goes.

upload (sha256) ─darkroom.develop→ renditions ─→ its articles settled, in one transaction
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from feeds.model import Rendition
from server import consequences, jobs
from server.config import Config
from server.consequences import Ask
from server.media import darkroom
from server.media.media_files import MediaFolder
from server.runner import Tools
from server.store import jobs as rows
from server.store import media
from server.store.jobs import Job
from server.store.media import Upload

log = structlog.get_logger()

HELD = timedelta(seconds=30)  # after which files are tried again that could not be removed
SETTLED_AT_ONCE = 50  # articles; further ones by jobs of their own


async def make_renditions(tools: Tools, claimed: Sequence[Job]) -> None:
    """Bring the files of each upload in line with what is said of it."""
    for job in claimed:
        async with tools.database.read() as conn:
            uploads = await media.list_by_hash(conn, job.subject)
        made: tuple[Rendition, ...] = ()
        fault = ""
        if any(one.state == "pending" and one.sha256 == job.subject for one in uploads):
            try:
                made = _find_made(uploads, job.subject) or await _develop(tools, job.subject)
            except darkroom.PictureRefused as error:
                fault = str(error)
        async with tools.database.write() as conn:
            if not await rows.is_claimed(conn, job):
                continue
            await _end_pending(conn, job.subject, made, fault, tools.config, tools.clock())
            if await clear_away(conn, job.subject, tools.media):
                await rows.finish(conn, job)
            else:
                await rows.postpone(conn, job, tools.clock() + HELD, "a backup copies pictures", counts=False)


async def _develop(tools: Tools, sha256: str) -> tuple[Rendition, ...]:
    upload = tools.media.locate(sha256, "upload")
    if not await asyncio.to_thread(upload.exists):
        raise darkroom.PictureRefused("the file is not there any more: upload it again")
    made = await darkroom.develop(upload, tools.config.limits)
    log.info("picture made", sha256=sha256, width=made[0].width, height=made[0].height)
    return made


def _find_made(uploads: Sequence[Upload], sha256: str) -> tuple[Rendition, ...]:
    """What was made of the same file under another name; empty: nothing yet."""
    return next((one.renditions for one in uploads if one.is_shown and one.shown_sha256 == sha256), ())


async def say_broken(conn: AsyncConnection, tools: Tools, job: Job, reason: str) -> None:
    """A picture that is given up says why."""
    await _end_pending(conn, job.subject, (), reason, tools.config, tools.clock())


async def _end_pending(
    conn: AsyncConnection, sha256: str, made: tuple[Rendition, ...], fault: str, config: Config, now: datetime
) -> None:
    """Say of all that wait for this file that it is ready, or why it failed."""
    if not made and not fault:
        return
    for old in await media.list_by_hash(conn, sha256):
        if old.state != "pending" or old.sha256 != sha256:
            continue
        if fault:
            await media.save_upload(conn, replace(old, state="failed", reason=fault, changed_at=now))
            continue
        new = replace(old, state="ready", reason="", shown_sha256=sha256, renditions=made, changed_at=now)
        await media.save_upload(conn, new)
        if old.shown_sha256 not in (None, sha256):
            await jobs.enqueue_media(conn, str(old.shown_sha256), now)
        await settle_users(conn, new, config, now)


async def settle_users(conn: AsyncConnection, upload: Upload, config: Config, now: datetime) -> None:
    """The articles that show an upload are other ones from now on."""
    ids = await media.list_articles_with(conn, upload.outlet, upload.name)
    for article_id in ids[:SETTLED_AT_ONCE]:
        await consequences.settle(conn, article_id, config, now, ask=Ask.NOTHING)
    for article_id in ids[SETTLED_AT_ONCE:]:
        await jobs.enqueue_settlement(conn, article_id, now)


async def clear_away(conn: AsyncConnection, sha256: str, folder: MediaFolder) -> bool:
    """Remove the files of an upload that nobody needs. Within a write: nobody can begin to need them meanwhile.

    False: they could not be removed now, because files are held.
    """
    return await media.is_kept(conn, sha256) or await asyncio.to_thread(folder.drop, sha256)
