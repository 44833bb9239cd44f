"""Outlets upload pictures and look after them. (Those who look at them: server/handlers/pictures.)"""

import asyncio
from dataclasses import replace

from aiohttp import web
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection

from server import audit, jobs, problems, renditions
from server.api.operations import Content, operation
from server.api.parts import ITEM, ITEM_RULE
from server.api.shapes.media import UploadDeleted, UploadShown, UploadsShown
from server.keys import CLOCK, CONFIG, DATABASE, KEY_ID, MEDIA, SITE
from server.media import list_renditions
from server.media.media_files import Incoming
from server.quotas import spend
from server.requests import Query, read_query, stream_body
from server.responses import is_unchanged, make_json
from server.site import Site
from server.store import media
from server.store.media import Upload
from server.versioning import check_etag

MOST_SECONDS = 300.0  # that an upload may take to arrive
MOST_LISTED = 500
PRIVATE = {"Cache-Control": "private, no-cache", "Vary": "Authorization"}


class UploadsQuery(Query):
    after: str = Field("", description="The `next` of the answer before.")


PICTURES = Content(dict.fromkeys(("image/jpeg", "image/png", "image/webp", "application/octet-stream")))


@operation(
    headers=("If-Match", "If-None-Match"),
    body=PICTURES,
    answers={200: UploadShown, 201: UploadShown},
    problems=(problems.QuotaExceeded, problems.DayUsedUp),
)
async def put_media(request: web.Request) -> web.Response:
    """PUT /v1/media/{outlet}/{name}: uploads a picture: 201 new, 200 another file, or the same (`changed: false`)."""
    outlet, name = request.match_info["outlet"], request.match_info["name"]
    if outlet not in request[CONFIG].outlets:
        raise problems.NotFound(f"there is no outlet {outlet!r}")
    if not ITEM.fullmatch(name):
        raise problems.InvalidParameter(f"{name[:200]!r} is no valid name of a picture: {ITEM_RULE}")
    await _check_announced(request, outlet, name)
    try:
        async with request.app[MEDIA].receive(
            stream_body(request, request[CONFIG].limits.media_bytes, MOST_SECONDS)
        ) as incoming:
            if (media_type := detect_type(incoming.head)) is None:
                raise problems.UnsupportedFormat("the file is no JPEG, PNG or WebP picture")
            created, changed, upload = await _store(request, incoming, media_type)
    except OSError as error:
        raise problems.Unavailable("the picture cannot be stored now", headers={"Retry-After": "30"}) from error
    body: UploadShown = {**describe_upload(upload, request[SITE]), "created": created, "changed": changed}
    return make_json(body, status=201 if created else 200, headers={"ETag": str(make_etag(upload))})


@operation(headers=("If-None-Match",), answers={200: UploadShown, 304: None}, problems=(problems.PictureNotFound,))
async def get_media(request: web.Request) -> web.Response:
    """GET /v1/media/{outlet}/{name}: what there is of an upload, and if it cannot be used: why."""
    upload = await _find(request)
    headers = PRIVATE | {"ETag": f'{str(make_etag(upload))[:-1]}-{_make_half(upload)}"'}
    if is_unchanged(request, headers["ETag"], None):
        return web.Response(status=304, headers=headers)
    return make_json(describe_upload(upload, request[SITE]), headers=headers)


@operation(query=UploadsQuery, answers={200: UploadsShown})
async def list_media(request: web.Request) -> web.Response:
    """GET /v1/media/{outlet}: an outlet's uploads by name, and how much of its space they take."""
    outlet, after = request.match_info["outlet"], read_query(request, UploadsQuery).after
    async with request.app[DATABASE].read() as conn:
        uploads = await media.list_uploads(conn, outlet, after, MOST_LISTED)
        used = await media.count_bytes(conn, outlet)
    body: UploadsShown = {
        "outlet": outlet,
        "bytes": used,
        "quota_bytes": request[CONFIG].limits.media_quota_bytes,
        "media": [describe_upload(one, request[SITE]) for one in uploads],
        "next": uploads[-1].name if len(uploads) == MOST_LISTED else None,
    }
    return make_json(body, headers=PRIVATE)


@operation(headers=("If-Match",), answers={200: UploadDeleted}, problems=(problems.PictureNotFound,))
async def delete_media(request: web.Request) -> web.Response:
    """DELETE /v1/media/{outlet}/{name}: the picture is gone from every article, and its files with it."""
    outlet, name = request.match_info["outlet"], request.match_info["name"]
    async with request.app[DATABASE].write() as conn:
        old = await media.find_upload(conn, outlet, name)
        if old is None:
            raise problems.PictureNotFound(f"{outlet} has uploaded no picture {name!r}")
        _check_preconditions(request, old)
        if old.state != "deleted":
            now = request.app[CLOCK]()
            gone = replace(old, state="deleted", reason="", renditions=(), changed_at=now)
            await media.save_upload(conn, gone)
            await renditions.settle_users(conn, gone, request[CONFIG], now)
            for sha256 in {old.sha256, old.shown_sha256 or old.sha256}:
                await jobs.enqueue_media(conn, sha256, now)
            before, after = {"sha256": old.sha256}, {"state": "deleted"}
            await audit.note(conn, "media.delete", f"{outlet}/{name}", now, outlet=outlet, before=before, after=after)
    answer: UploadDeleted = {"outlet": outlet, "name": name, "state": "deleted", "changed": old.state != "deleted"}
    return make_json(answer)


def detect_type(head: bytes) -> str | None:
    """The media type that a file's first bytes tell, whatever its sender says; None: none that is taken."""
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    return "image/webp" if head[:4] == b"RIFF" and head[8:12] == b"WEBP" else None


def make_etag(upload: Upload | None) -> str | None:
    """The strong ETag of an upload: that of its file."""
    return None if upload is None or upload.state == "deleted" else f'"{upload.sha256[:32]}"'


def _make_half(upload: Upload) -> str:
    """What of an upload can change while its file stays the same."""
    return f"{int(upload.changed_at.timestamp() * 1_000_000):016x}"


def describe_upload(upload: Upload, site: Site) -> UploadShown:
    """An upload as its outlet sees it; renditions in the words of ninjs."""
    return {
        "outlet": upload.outlet,
        "name": upload.name,
        "href": f"{site.base}/v1/media/{upload.outlet}/{upload.name}",
        "state": upload.state,
        "reason": upload.reason or None,
        "media_type": upload.media_type,
        "size": upload.size,
        "sha256": upload.sha256,
        "created_at": upload.created_at,
        "changed_at": upload.changed_at,
        "renditions": [
            {
                "name": one.name,
                "href": one.href,
                "contentType": one.media_type,
                "width": one.width,
                "height": one.height,
                "sizeInBytes": one.size,
            }
            for one in list_renditions(upload, site.base)
        ],
    }


async def _find(request: web.Request) -> Upload:
    outlet, name = request.match_info["outlet"], request.match_info["name"]
    async with request.app[DATABASE].read() as conn:
        upload = await media.find_upload(conn, outlet, name)
    if upload is None or upload.state == "deleted":
        raise problems.PictureNotFound(f"{outlet} has uploaded no picture {name!r}")
    return upload


async def _check_announced(request: web.Request, outlet: str, name: str) -> None:
    """Raise before the body is read what can be known by then."""
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding != "identity":
        raise problems.UnsupportedFormat(f"a picture is sent as it is, without Content-Encoding {encoding[:40]!r}")
    _check_size(request, size := request.content_length or 0)
    async with request.app[DATABASE].read() as conn:
        _check_preconditions(request, await media.find_upload(conn, outlet, name))
        await _check_quota(conn, request, outlet, name, size)


def _check_size(request: web.Request, size: int) -> None:
    most = request[CONFIG].limits.media_bytes
    if size > most:
        raise problems.TooLarge(f"at most {most} bytes are taken for a picture")


async def _check_quota(conn: AsyncConnection, request: web.Request, outlet: str, name: str, size: int) -> None:
    quota, used = request[CONFIG].limits.media_quota_bytes, await media.count_bytes(conn, outlet, but=name)
    if used + size > quota:
        raise problems.QuotaExceeded(f"{used} of {quota} bytes are used; this picture has {size}")


def _check_preconditions(request: web.Request, upload: Upload | None) -> None:
    check_etag(request.headers.get("If-Match"), request.headers.get("If-None-Match"), make_etag(upload), "picture")


async def _store(request: web.Request, incoming: Incoming, media_type: str) -> tuple[bool, bool, Upload]:
    """Keep the file and ask for its renditions; (new, changed, the upload). On disk when this returns."""
    outlet, name = request.match_info["outlet"], request.match_info["name"]
    async with request.app[DATABASE].write() as conn:
        old = await media.find_upload(conn, outlet, name)
        _check_preconditions(request, old)
        if old is not None and old.sha256 == incoming.sha256 and old.state in media.KEPT:
            return False, False, old
        await _check_quota(conn, request, outlet, name, incoming.size)
        now = request.app[CLOCK]()
        await spend(conn, outlet, {"bytes": incoming.size}, request[CONFIG], now)
        created_at = now if old is None or old.state == "deleted" else old.created_at
        file = (outlet, name, incoming.sha256, media_type, incoming.size)
        new = Upload(*file, state="pending", key_id=request[KEY_ID], created_at=created_at, changed_at=now)
        if old is not None and old.state != "deleted":
            new = replace(new, shown_sha256=old.shown_sha256, renditions=old.renditions)
            if old.sha256 != incoming.sha256:
                await jobs.enqueue_media(conn, old.sha256, now)
        await media.save_upload(conn, new)
        await jobs.enqueue_media(conn, incoming.sha256, now)
        await asyncio.to_thread(request.app[MEDIA].keep, incoming)
        before, after = {"sha256": old.sha256} if old else None, {"sha256": new.sha256, "size": new.size}
        await audit.note(conn, "media.put", f"{outlet}/{name}", now, outlet=outlet, before=before, after=after)
        return old is None or old.state == "deleted", True, new
