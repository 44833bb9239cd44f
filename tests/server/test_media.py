"""Pictures are uploaded, checked and re-encoded, shown in articles and nowhere else (docs/api.md)."""

import asyncio
import hashlib
import io
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import feedparser
import pytest
from lxml import html
from PIL import Image

from feeds.model import Rendition
from server.keys import DATABASE, LIVE, MEDIA
from server.showing import VIEWS, View
from server.store.engine import Look
from server.store.media import find_upload, save_upload

OUTLET = "caravan-wire"
ADDRESS = f"/v1/media/{OUTLET}/ridge.jpg"


def make_picture(kind: str = "JPEG", size: tuple[int, int] = (320, 240)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, (200, 60, 20)).save(file, kind)
    return file.getvalue()


def make_association(server, name: str = "ridge.jpg", caption: str = "A ridge at sunrise over the valley") -> dict:
    return {
        "name": "p1",
        "type": "picture",
        "renditions": [{"name": "original", "href": f"{server.base}/v1/media/{OUTLET}/{name}"}],
        "descriptions": [{"role": "caption", "value": caption}],
    }


async def upload(server, body: bytes | None = None, address: str = ADDRESS, **options: Any):
    return await server.call("PUT", address, by=options.pop("by", OUTLET), data=body or make_picture(), **options)


async def upload_ready(server, address: str = ADDRESS, by: str = OUTLET, body: bytes | None = None) -> str:
    """Upload a picture to a server without a worker and have its original at once; the path that it is served at."""
    body = body or make_picture("JPEG", (8, 8))
    sha256 = (await upload(server, body, address, by=by)).json["sha256"]
    async with server.app[DATABASE].write() as conn:
        found = await find_upload(conn, *address.split("/")[-2:])
        made = (Rendition(href="", media_type="image/jpeg", width=8, height=8, size=len(body)),)
        await save_upload(conn, replace(found, state="ready", shown_sha256=sha256, renditions=made))
    server.app[MEDIA].locate(sha256, "original.jpg").write_bytes(body)
    return f"/media/{sha256}/original.jpg"


async def get_state(server, address: str = ADDRESS) -> dict[str, Any]:
    """What is said of an upload once it is no longer pending."""
    async with asyncio.timeout(20):
        while True:
            state = (await server.call("GET", address, by="admin")).json
            if state["state"] != "pending":
                return state
            await asyncio.sleep(0.02)


def path_of(href: str) -> str:
    return href.removeprefix("https://karvan.example")


async def get_file(server, rendition: str = "original", address: str = ADDRESS, by: str | None = OUTLET):
    state = await get_state(server, address)
    href = next(one["href"] for one in state["renditions"] if one["name"] == rendition)
    return await server.call("GET", path_of(href), by=by)


async def open_file(server, rendition: str = "original") -> Image.Image:
    return Image.open(io.BytesIO((await get_file(server, rendition)).body))


async def test_an_upload_becomes_three_renditions(server):
    body = make_picture(size=(1600, 1200))
    answer = await upload(server, body)
    assert answer.status == 201
    assert answer.json["state"] == "pending"
    assert answer.json["sha256"] == hashlib.sha256(body).hexdigest()
    assert answer.headers["ETag"] == f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    state = await get_state(server)
    assert state["state"] == "ready"
    assert [(one["name"], one["width"], one["height"]) for one in state["renditions"]] == [
        ("original", 1600, 1200), ("viewImage", 1024, 768), ("thumbnail", 256, 192),
    ]  # fmt: skip
    for one in state["renditions"]:
        file = await server.call("GET", path_of(one["href"]), by=OUTLET)
        assert len(file.body) == one["sizeInBytes"]
        assert Image.open(io.BytesIO(file.body)).size == (one["width"], one["height"])


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
async def test_the_format_is_told_by_the_content(server, kind):
    answer = await upload(server, make_picture(kind, (300, 200)), headers={"Content-Type": "image/jpeg"})
    assert answer.json["media_type"] == f"image/{kind.lower()}"
    state = await get_state(server)
    assert {one["contentType"] for one in state["renditions"]} == {"image/jpeg"}
    assert (await open_file(server)).format == "JPEG"


async def test_what_is_no_picture_is_refused(server):
    for body in (b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a" + bytes(20), b"RIFF1234WAVE", b"\xff\xd8"):
        assert (await upload(server, body, headers={"Content-Type": "image/png"})).status == 415
    assert (await server.call("GET", ADDRESS, by=OUTLET)).status == 404


async def test_the_same_file_again_changes_nothing(server):
    body = make_picture()
    await upload(server, body)
    before = await get_state(server)
    answer = await upload(server, body)
    assert (answer.status, answer.json["changed"], answer.json["state"]) == (200, False, "ready")
    assert await get_state(server) == before


async def test_another_file_takes_the_place_of_the_first_when_it_is_ready(start):
    server = await start()
    await upload(server)
    first = await get_state(server)
    server = await start(with_worker=False)
    answer = await upload(server, make_picture(size=(640, 480)))
    assert (answer.status, answer.json["changed"], answer.json["state"]) == (200, True, "pending")
    assert answer.json["renditions"] == first["renditions"]
    server = await start()
    second = await get_state(server)
    assert second["renditions"][0]["width"] == 640
    old = await server.call("GET", path_of(first["renditions"][0]["href"]), by=OUTLET)
    assert old.status == 404


async def test_a_lost_update_is_refused(server):
    etag = (await upload(server)).headers["ETag"]
    assert (await upload(server, make_picture(size=(90, 90)), headers={"If-None-Match": "*"})).status == 412
    assert (await upload(server, make_picture(size=(90, 90)), headers={"If-Match": '"other"'})).status == 412
    await server.settle()
    etag = (await server.call("GET", ADDRESS, by=OUTLET)).headers["ETag"]
    assert (await upload(server, make_picture(size=(90, 90)), headers={"If-Match": etag})).status == 200
    assert (await server.call("DELETE", ADDRESS, by=OUTLET, headers={"If-Match": etag})).status == 412


async def test_the_etag_of_an_upload_gives_304_until_its_state_changes(start):
    server = await start(with_worker=False)
    await upload(server)
    etag = (await server.call("GET", ADDRESS, by=OUTLET)).headers["ETag"]
    assert (await server.call("GET", ADDRESS, by=OUTLET, headers={"If-None-Match": etag})).status == 304
    server = await start()
    await server.settle()
    assert (await server.call("GET", ADDRESS, by=OUTLET, headers={"If-None-Match": etag})).status == 200


async def test_only_the_outlet_itself_and_admins_upload(server):
    assert (await upload(server, by="khazar-news")).status == 403
    assert (await server.call("PUT", ADDRESS, data=make_picture())).status == 401
    assert (await upload(server, by="demo-newsroom")).status == 403
    assert (await upload(server, by="admin")).status == 201
    for method in ("GET", "DELETE"):
        assert (await server.call(method, ADDRESS, by="khazar-news")).status == 403
    assert (await server.call("GET", f"/v1/media/{OUTLET}", by="khazar-news")).status == 403


async def test_a_name_that_is_no_name_is_refused(server):
    for name in ("a%2Fb", ".hidden", "x" * 129):
        assert (await upload(server, address=f"/v1/media/{OUTLET}/{name}")).status == 400
    assert (await upload(server, by="admin", address="/v1/media/nobody/a.jpg")).status == 404


async def test_a_broken_picture_says_why_and_is_never_served(server):
    body = make_picture()[:900]
    assert (await upload(server, body)).status == 201
    state = await get_state(server)
    assert state["state"] == "failed"
    assert state["reason"] == "the picture cannot be read: it is damaged or not whole"
    assert state["renditions"] == []
    for rendition in ("original", "upload"):
        path = f"/media/{state['sha256']}/{rendition}.jpg"
        assert (await server.call("GET", path, by=OUTLET)).status == 404
    assert (await upload(server, body)).json["state"] == "pending"
    await upload(server)
    assert (await get_state(server))["state"] == "ready"


async def test_a_picture_that_is_too_large_is_refused_before_it_is_stored(start, config, tmp_path):
    limits = config.limits.model_copy(update={"media_bytes": 5_000})
    server = await start(config=config.model_copy(update={"limits": limits}))

    async def trickle():
        for _ in range(100):
            yield b"\xff\xd8\xff" + bytes(997)

    assert (await upload(server, bytes(5_001))).status == 413
    assert (await server.call("PUT", ADDRESS, by=OUTLET, data=trickle())).status == 413
    assert [path for path in (tmp_path / "media").rglob("*") if path.is_file()] == []


async def test_compressed_bodies_are_refused(server):
    answer = await upload(server, zlib.compress(bytes(100)), headers={"Content-Encoding": "deflate"})
    assert answer.status == 415


async def test_an_outlet_has_so_much_space_and_no_more(start, config):
    body = make_picture("PNG", (300, 200))
    limits = config.limits.model_copy(update={"media_quota_bytes": 2 * len(body) + 10, "media_bytes": 2 * len(body)})
    server = await start(config=config.model_copy(update={"limits": limits}))
    for name in ("a", "b", "b"):
        assert (await upload(server, body, f"/v1/media/{OUTLET}/{name}")).status in (200, 201)
    refused = await upload(server, body, f"/v1/media/{OUTLET}/c")
    assert (refused.status, refused.json["type"]) == (413, "/problems/quota-exceeded")
    listed = (await server.call("GET", f"/v1/media/{OUTLET}", by=OUTLET)).json
    assert [one["name"] for one in listed["media"]] == ["a", "b"]
    assert listed["bytes"] == 2 * len(body)
    await server.call("DELETE", f"/v1/media/{OUTLET}/a", by=OUTLET)
    assert (await upload(server, body, f"/v1/media/{OUTLET}/c")).status == 201


async def test_files_go_when_nobody_needs_them(server, tmp_path):
    body = make_picture(size=(80, 80))
    await upload(server, body)
    await upload(server, body, f"/v1/media/{OUTLET}/twin.jpg")
    await server.settle()
    count = lambda: len([path for path in (tmp_path / "media").rglob("*") if path.is_file()])  # noqa: E731
    assert count() == 4
    for name, left in (("ridge.jpg", 4), ("twin.jpg", 0)):
        answer = await server.call("DELETE", f"/v1/media/{OUTLET}/{name}", by=OUTLET)
        assert (answer.status, answer.json["changed"]) == (200, True)
        await server.settle()
        assert count() == left
    assert (await server.call("DELETE", ADDRESS, by=OUTLET)).json["changed"] is False
    assert (await server.call("GET", ADDRESS, by=OUTLET)).status == 404
    assert (await server.call("DELETE", f"/v1/media/{OUTLET}/none.jpg", by=OUTLET)).status == 404
    assert (await upload(server, body)).status == 201
    assert (await get_state(server))["state"] == "ready"


async def test_an_article_shows_its_upload_with_all_renditions(server):
    await upload(server, make_picture(size=(1600, 1200)))
    await server.push(associations=[make_association(server)])
    await server.settle()
    version = (await server.call("GET", f"/v1/articles/{OUTLET}/one?language=tr")).json
    [picture] = [one for one in version["associations"] if one.get("type") == "picture"]
    assert [(one["name"], one["width"]) for one in picture["renditions"]] == [
        ("original", 1600), ("viewImage", 1024), ("thumbnail", 256),
    ]  # fmt: skip
    assert all(one["href"].startswith("https://karvan.example/media/") for one in picture["renditions"])
    feed = feedparser.parse((await server.call("GET", "/feeds/world/tr.atom")).body)
    [enclosure] = feed.entries[0].enclosures
    assert enclosure.href == picture["renditions"][0]["href"]
    assert int(enclosure.length) == picture["renditions"][0]["sizeInBytes"]
    [thumbnail] = feed.entries[0].media_thumbnail
    assert thumbnail["url"] == picture["renditions"][2]["href"]
    page = html.document_fromstring((await server.call("GET", f"/articles/{OUTLET}/one/tr")).text)
    [image] = page.xpath("//figure//img")
    assert (await server.call("GET", path_of(image.get("src")))).status == 200


async def test_pictures_without_a_text_are_an_exhibition(quiet):
    await upload_ready(quiet)
    associations = [make_association(quiet), make_association(quiet, caption="The same ridge at dusk, from the west")]
    exhibition = {"type": "composite", "bodies": [], "associations": associations}
    assert (await quiet.push(**exhibition)).status == 201
    item = (await quiet.call("GET", f"/v1/articles/{OUTLET}/one?language=en")).json
    assert item["type"] == "composite"
    shown = [one["descriptions"][0]["value"] for one in item["associations"] if one.get("type") == "picture"]
    assert shown == ["A ridge at sunrise over the valley", "The same ridge at dusk, from the west"]


async def test_an_article_may_come_before_its_picture(start):
    server = await start(with_worker=False)
    await server.push(associations=[make_association(server)])
    etag = (await server.call("GET", "/feeds/world/en.atom")).headers["ETag"]
    assert b"/media/" not in (await server.call("GET", "/feeds/world/en.atom")).body
    await upload(server)
    server = await start()
    await server.settle()
    feed = await server.call("GET", "/feeds/world/en.atom")
    assert b"/media/" in feed.body
    assert feed.headers["ETag"] != etag


async def test_another_outlets_upload_is_refused_in_an_article(server):
    await upload(server)
    answer = await server.push(by="khazar-news", associations=[make_association(server)])
    assert answer.status == 422
    assert "caravan-wire" in answer.json["detail"]


async def test_an_admin_who_corrects_a_version_keeps_its_uploads(server):
    await upload(server)
    await server.push(associations=[make_association(server)])
    await server.settle()
    turkish = {
        "language": "tr",
        "headlines": [{"value": "Bakanlar cuma günü başkentte ticaret konularını görüşecek"}],
        "associations": [make_association(server, caption="Vadide gün doğumu")],
    }
    path = f"/v1/articles/{OUTLET}/one/versions/tr"
    assert (await server.call("PUT", path, by="admin", json=turkish)).status == 200
    await server.settle()
    page = (await server.call("GET", f"/articles/{OUTLET}/one/tr")).text
    assert "Vadide gün doğumu" in page
    assert "/media/" in page


async def test_a_picture_is_kept_for_an_hour_and_then_asked_for_by_its_etag(quiet):
    path = await upload_ready(quiet)
    await quiet.push(associations=[make_association(quiet)])
    file = await quiet.call("GET", path)
    assert file.status == 200
    assert file.headers["Content-Type"] == "image/jpeg"
    assert file.headers["Cache-Control"] == "public, max-age=60, s-maxage=4"
    assert file.headers["X-Content-Type-Options"] == "nosniff"
    assert file.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert (await quiet.call("GET", path, headers={"If-None-Match": file.headers["ETag"]})).status == 304
    head = await quiet.call("HEAD", path)
    assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", str(len(file.body)))


async def test_a_part_of_a_picture_is_sent_alone(quiet):
    path = await upload_ready(quiet)
    await quiet.push(associations=[make_association(quiet)])
    whole = await quiet.call("GET", path)
    part = await quiet.call("GET", path, headers={"Range": "bytes=10-19", "If-Range": whole.headers["ETag"]})
    assert (part.status, part.body) == (206, whole.body[10:20])
    assert part.headers["ETag"] == whole.headers["ETag"]


async def test_what_everybody_saw_a_moment_ago_is_looked_up_again_when_anything_was_written(quiet, clock):
    path = await upload_ready(quiet)
    await quiet.push(associations=[make_association(quiet)], expires="2026-11-26T12:00:30Z")
    views, look = quiet.app[VIEWS], Look(quiet.app[DATABASE].writes, clock.now)
    key = (path.split("/")[2], "original", quiet.app[LIVE].current)
    assert views.recall(key, look) is None
    assert (await quiet.call("GET", path)).status == 200
    assert views.recall(key, look) is None  # seen later than that look
    look = Look(quiet.app[DATABASE].writes, clock())
    assert views.recall(key, look) == View(True, True, False, datetime(2026, 11, 26, 12, 0, 30, tzinfo=UTC))
    for writes, seconds in ((1, 0), (0, 1), (0, 31)):
        assert views.recall(key, Look(look.writes + writes, look.at + timedelta(seconds=seconds))) is None
    await quiet.push("two")
    assert views.recall(key, Look(quiet.app[DATABASE].writes, clock())) is None


async def test_a_picture_that_few_may_see_is_looked_up_every_time(quiet, clock):
    path = await upload_ready(quiet)
    assert (await quiet.call("GET", path, by=OUTLET)).status == 200
    key = (path.split("/")[2], "original", quiet.app[LIVE].current)
    assert quiet.app[VIEWS].recall(key, Look(quiet.app[DATABASE].writes, clock())) is None
    assert (await quiet.call("GET", path)).status == 404


async def test_nobody_sees_a_picture_that_no_visible_article_shows(quiet):
    path = await upload_ready(quiet)
    assert (await quiet.call("GET", path)).status == 404
    assert (await quiet.call("GET", path, by="khazar-news")).status == 404
    for who in (OUTLET, "admin"):
        mine = await quiet.call("GET", path, by=who)
        assert (mine.status, mine.headers["Cache-Control"]) == (200, "private, no-cache")
    nothing = await quiet.call("GET", f"/media/{'0' * 64}/original.jpg")
    secret = await quiet.call("GET", path)
    assert {**nothing.json, "instance": ""} == {**secret.json, "instance": ""}


async def test_the_picture_of_an_embargoed_article_opens_with_it(quiet, clock):
    path = await upload_ready(quiet)
    await quiet.push(associations=[make_association(quiet)], embargoedUntil="2026-11-26T13:00:00Z")
    assert (await quiet.call("GET", path)).status == 404
    clock.pass_time(minutes=61)
    assert (await quiet.call("GET", path)).status == 200


async def test_a_cache_does_not_keep_a_picture_longer_than_its_article_stands(quiet, clock):
    path = await upload_ready(quiet)
    await quiet.push(associations=[make_association(quiet)], expires="2026-11-26T12:00:30Z")
    file = await quiet.call("GET", path)
    limit = int(file.headers["Cache-Control"].split("max-age=")[1].split(",")[0])
    assert 0 < limit <= 30
    clock.pass_time(minutes=1)
    assert (await quiet.call("GET", path)).status == 404


async def test_the_picture_of_a_killed_article_is_gone(quiet):
    path = await upload_ready(quiet)
    await quiet.push(associations=[make_association(quiet)])
    assert (await quiet.call("GET", path)).status == 200
    await quiet.call("DELETE", f"/v1/articles/{OUTLET}/one", by=OUTLET, json={"reason": "wrong"})
    gone = await quiet.call("GET", path)
    assert (gone.status, gone.json["type"]) == (410, "/problems/picture-withdrawn")
    assert gone.headers["Cache-Control"] == "no-store"
    await quiet.push("two", associations=[make_association(quiet)])
    assert (await quiet.call("GET", path)).status == 200


async def test_the_picture_of_a_withheld_article_is_hidden(quiet):
    path = await upload_ready(quiet)
    await quiet.push(associations=[make_association(quiet)])
    await quiet.push(associations=[make_association(quiet)], pubStatus="withheld")
    assert (await quiet.call("GET", path)).status == 404


async def test_a_picture_that_a_new_version_leaves_out_is_hidden(quiet):
    path = await upload_ready(quiet)
    await quiet.push(associations=[make_association(quiet)])
    await quiet.push()
    assert (await quiet.call("GET", path)).status == 404


async def test_a_deleted_picture_leaves_every_article_at_once(quiet):
    path = await upload_ready(quiet)
    await quiet.push(associations=[make_association(quiet)])
    assert (await quiet.call("DELETE", ADDRESS, by=OUTLET)).status == 200
    assert (await quiet.call("GET", path)).status == 410
    for language in ("en", "az"):
        assert b"/media/" not in (await quiet.call("GET", f"/feeds/world/{language}.atom")).body


async def test_a_picture_of_a_private_channel_is_for_its_members(start, config):
    routes = tuple(route for route in config.routes if route.name == "turkic members")
    server = await start(config=config.model_copy(update={"routes": routes}), with_worker=False)
    address = "/v1/media/khazar-news/a.jpg"
    path = await upload_ready(server, address, "khazar-news")
    association = make_association(server)
    association["renditions"][0]["href"] = f"{server.base}{address}"
    await server.push(by="khazar-news", associations=[association])
    assert (await server.call("GET", path)).status == 404
    assert (await server.call("GET", path, by="silk-road-daily")).status == 404
    for who in ("bosphorus-post", "demo-newsroom"):
        seen = await server.call("GET", path, by=who)
        assert (seen.status, seen.headers["Cache-Control"]) == (200, "private, no-cache")
        assert seen.headers["Vary"] == "Authorization"


async def test_a_picture_of_one_language_is_for_those_who_may_read_that_language(start, config):
    """The outlet's Turkish version, for members only, has a picture of its own; the public English one has another."""
    members, everything = (
        next(route for route in config.routes if route.name == name) for name in ("turkic members", "everything")
    )
    public = everything.model_copy(update={"languages": ("en",)})
    server = await start(config=config.model_copy(update={"routes": (members, public)}), with_worker=False)
    associations, paths = {}, {}
    for number, language in enumerate(("en", "tr")):
        address = f"/v1/media/khazar-news/{language}.jpg"
        paths[language] = await upload_ready(server, address, "khazar-news", make_picture(size=(60 + number, 60)))
        associations[language] = make_association(server, caption="")
        associations[language]["renditions"][0]["href"] = server.base + address
    assert (await server.push(by="khazar-news", associations=[associations["en"]])).status == 201
    turkish = {
        "language": "tr",
        "headlines": [{"value": "Bakanlar cuma günü başkentte ticaret konularını görüşecek"}],
        "associations": [associations["tr"]],
    }
    path = "/v1/articles/khazar-news/one/versions/tr"
    assert (await server.call("PUT", path, by="khazar-news", json=turkish)).status == 200
    for language, expected in (("en", 200), ("tr", 404)):
        assert (await server.call("GET", paths[language])).status == expected, language
        assert (await server.call("GET", paths[language], by="bosphorus-post")).status == 200


async def test_the_outlet_hears_of_the_uploads_of_an_article(server):
    await upload(server, make_picture()[:700])
    await get_state(server)
    await server.push(associations=[make_association(server)])
    described = (await server.call("GET", f"/v1/articles/{OUTLET}/one", by=OUTLET)).json
    assert described["uploads"]["ridge.jpg"]["state"] == "failed"
    assert "uploads" not in (await server.call("GET", f"/v1/articles/{OUTLET}/one")).json


async def test_where_only_the_headline_is_published_no_picture_is(start, config):
    """A held machine version that stands as headline and description shows no picture; the original does."""
    routes = (config.routes[-1].model_copy(update={"held": "headline"}),)
    held = config.translation.model_copy(update={"publish_unseen": ("publish",)})
    server = await start(config=config.model_copy(update={"routes": routes, "translation": held}))
    await upload(server)
    await server.push(associations=[make_association(server)])
    await server.settle()
    assert (await get_file(server, by=None)).status == 200  # the original shows it
    feed = (await server.call("GET", "/feeds/world/tr.atom")).body
    assert b"partial" in feed
    assert b"/media/" not in feed


async def test_an_answered_upload_survives_a_restart(start):
    server = await start(with_worker=False)
    await upload(server)
    server = await start()
    assert (await get_state(server))["state"] == "ready"


async def test_a_lost_file_is_reported(start, tmp_path):
    server = await start(with_worker=False)
    await upload(server)
    [file] = (tmp_path / "media").rglob("upload")
    file.unlink()
    server = await start()
    state = await get_state(server)
    assert (state["state"], state["reason"]) == ("failed", "the file is not there any more: upload it again")


async def test_a_broken_off_upload_leaves_nothing(server, tmp_path):
    key = await server.get_key(OUTLET)
    _, writer = await asyncio.open_connection("127.0.0.1", int(server.base.rpartition(":")[2]))
    head = f"PUT {ADDRESS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Length: 90000\r\n\r\n"
    writer.write(head.encode() + make_picture()[:500])
    await writer.drain()
    folder = tmp_path / "media" / "incoming"
    async with asyncio.timeout(5):
        while not (folder.exists() and list(folder.iterdir())):
            await asyncio.sleep(0.01)
    writer.close()
    async with asyncio.timeout(5):
        while list(folder.iterdir()):
            await asyncio.sleep(0.01)
    assert (await server.call("GET", ADDRESS, by=OUTLET)).status == 404


async def read_entries(server) -> list[Any]:
    return feedparser.parse((await server.call("GET", "/feeds/world/en.atom")).body).entries


async def test_another_picture_under_the_same_name_updates_the_entries_that_show_it(server, clock):
    await upload(server)
    await get_state(server)
    await server.push(associations=[make_association(server)])
    await server.push("two")
    await server.settle()
    items = "/v1/channels/world/en/items"
    before = {entry.id: entry for entry in await read_entries(server)}
    seen = (await server.call("GET", items)).json["next"]
    clock.pass_time(minutes=5)
    await upload(server, make_picture(size=(640, 480)))
    await server.settle()
    after = {entry.id: entry for entry in await read_entries(server)}
    [changed] = [id_ for id_ in after if after[id_].updated != before[id_].updated]
    assert changed.endswith("/one/en")
    assert after[changed].updated > before[changed].updated
    assert after[changed].published == before[changed].published
    assert after[changed].enclosures != before[changed].enclosures
    told = (await server.call("GET", f"{items}?after={seen}")).json["items"]
    assert [one["state"] for one in told] == ["usable"]


async def test_an_entry_is_updated_when_its_picture_is_there_and_when_it_is_deleted(start, clock):
    server = await start()
    await server.push(associations=[make_association(server)])
    await server.settle()
    [bare] = await read_entries(server)
    clock.pass_time(minutes=5)
    await upload(server)
    await server.settle()
    [shown] = await read_entries(server)
    clock.pass_time(minutes=5)
    await server.call("DELETE", ADDRESS, by=OUTLET)
    await server.settle()
    [gone] = await read_entries(server)
    assert bare.updated < shown.updated < gone.updated
    assert (len(bare.enclosures), len(shown.enclosures), len(gone.enclosures)) == (0, 1, 0)
