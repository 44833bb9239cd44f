"""Uploaded pictures, and which article shows which in which language."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import TypeAdapter
from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from feeds.model import Rendition
from server.store.placements import Placement
from server.store.schema import articles, media, media_uses, placements
from server.store.sql import upsert

State = Literal["pending", "ready", "failed", "deleted"]

_RENDITIONS = TypeAdapter(tuple[Rendition, ...])
KEPT: tuple[State, ...] = ("pending", "ready")  # states in which the uploaded file is kept, and counts


@dataclass(frozen=True, slots=True)
class Upload:
    """A picture of an outlet. `sha256`, `size` (bytes) and `media_type` are of the file that was uploaded last.

    `renditions` (their `href` is empty) were made from the file `shown_sha256`, which is an earlier one while the last
    is pending or has failed; None: nothing was made yet.
    """

    outlet: str
    name: str
    sha256: str
    media_type: str
    size: int
    state: State
    key_id: str
    created_at: datetime
    changed_at: datetime
    reason: str = ""
    shown_sha256: str | None = None
    renditions: tuple[Rendition, ...] = ()

    @property
    def is_shown(self) -> bool:
        return self.state != "deleted" and bool(self.renditions)


_UPLOAD = tuple(media.c[name] for name in Upload.__slots__)


def _upload(row: Sequence[Any]) -> Upload:
    values = dict(zip(Upload.__slots__, row, strict=True))
    return Upload(**values | {"renditions": _RENDITIONS.validate_json(values["renditions"])})


async def find_upload(conn: AsyncConnection, outlet: str, name: str) -> Upload | None:
    statement = select(*_UPLOAD).where(media.c.outlet == outlet, media.c.name == name)
    row = (await conn.execute(statement)).one_or_none()
    return None if row is None else _upload(row)


async def list_uploads(conn: AsyncConnection, outlet: str, after: str, limit: int) -> Sequence[Upload]:
    """An outlet's uploads that are there, by name, from behind `after`."""
    statement = (
        select(*_UPLOAD)
        .where(media.c.outlet == outlet, media.c.state != "deleted", media.c.name > after)
        .order_by(media.c.name)
        .limit(limit)
    )
    return [_upload(row) for row in await conn.execute(statement)]


async def list_by_hash(conn: AsyncConnection, sha256: str) -> Sequence[Upload]:
    """The uploads, of any outlet, that this file was uploaded for or that show it."""
    statement = select(*_UPLOAD).where(or_(media.c.sha256 == sha256, media.c.shown_sha256 == sha256))
    return [_upload(row) for row in await conn.execute(statement)]


async def save_upload(conn: AsyncConnection, upload: Upload) -> None:
    values = {name: getattr(upload, name) for name in Upload.__slots__}
    values["renditions"] = _RENDITIONS.dump_json(upload.renditions).decode()
    key = {name: values.pop(name) for name in ("outlet", "name")}
    await upsert(conn, media, key, values)


async def count_bytes(conn: AsyncConnection, outlet: str, but: str = "") -> int:
    """How many bytes of an outlet's uploads are kept, without those of the one named `but`."""
    statement = select(func.coalesce(func.sum(media.c.size), 0)).where(
        media.c.outlet == outlet, media.c.name != but, media.c.state.in_(KEPT)
    )
    return int((await conn.execute(statement)).scalar_one())


async def is_kept(conn: AsyncConnection, sha256: str) -> bool:
    """Whether the files made from this upload, or it itself, are still wanted."""
    wanted = or_(
        and_(media.c.sha256 == sha256, media.c.state.in_(KEPT)),
        and_(media.c.shown_sha256 == sha256, media.c.state != "deleted"),
    )
    return (await conn.execute(select(media.c.name).where(wanted).limit(1))).first() is not None


async def save_uses(conn: AsyncConnection, article_id: int, uses: Collection[tuple[str, str]]) -> None:
    """(language, name of an upload of the article's outlet): what an article shows, all of it."""
    statement = select(media_uses.c.language, media_uses.c.name).where(media_uses.c.article_id == article_id)
    known = {(row.language, row.name) for row in await conn.execute(statement)}
    if known - set(uses):
        await conn.execute(media_uses.delete().where(media_uses.c.article_id == article_id))
        known = set()
    if new := sorted(set(uses) - known):
        rows = [{"article_id": article_id, "language": language, "name": name} for language, name in new]
        await conn.execute(media_uses.insert(), rows)


async def list_uploads_of(conn: AsyncConnection, article_ids: Iterable[int]) -> dict[int, dict[str, Upload]]:
    """Article id → name → the uploads that the article shows; those that are not there yet are left out."""
    statement = (
        select(media_uses.c.article_id, *_UPLOAD)
        .join(articles, articles.c.id == media_uses.c.article_id)
        .join(media, and_(media.c.outlet == articles.c.outlet, media.c.name == media_uses.c.name))
        .where(media_uses.c.article_id.in_(list(article_ids)))
        .distinct()
    )
    found: dict[int, dict[str, Upload]] = {}
    for article_id, *row in await conn.execute(statement):
        upload = _upload(row)
        found.setdefault(article_id, {})[upload.name] = upload
    return found


async def list_articles_with(conn: AsyncConnection, outlet: str, name: str) -> Sequence[int]:
    """The ids of the outlet's articles that show this upload, the newest first."""
    statement = (
        select(media_uses.c.article_id)
        .join(articles, articles.c.id == media_uses.c.article_id)
        .where(articles.c.outlet == outlet, media_uses.c.name == name)
        .distinct()
        .order_by(media_uses.c.article_id.desc())
    )
    return list((await conn.execute(statement)).scalars())


async def list_places_with(
    conn: AsyncConnection, sha256: str, channels: Collection[str], now: datetime, limit: int
) -> Sequence[tuple[Placement, State]]:
    """Where texts stand, in these channels, that show pictures made from this upload; what is open now comes first.

    With the state of the upload.
    """
    is_open = and_(
        placements.c.state == "usable",
        placements.c.shown_at <= now,
        or_(placements.c.expires_at.is_(None), placements.c.expires_at > now),
    )
    same_text = and_(placements.c.article_id == media_uses.c.article_id, placements.c.language == media_uses.c.language)
    statement = (
        select(*(placements.c[name] for name in Placement.__slots__), media.c.state)
        .join(media_uses, same_text)
        .join(articles, articles.c.id == media_uses.c.article_id)
        .join(media, and_(media.c.outlet == articles.c.outlet, media.c.name == media_uses.c.name))
        .where(media.c.shown_sha256 == sha256, placements.c.channel.in_(list(channels)))
        .order_by(is_open.desc(), placements.c.id.desc())
        .limit(limit)
    )
    return [(Placement(*row[:-1]), row[-1]) for row in await conn.execute(statement)]
