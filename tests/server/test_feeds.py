"""Feeds over HTTP: validators, encodings, filters, private channels; and that what is served is a good feed."""

import asyncio
import base64
import gzip
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import brotli
import feedparser
import pytest
import zstandard
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lxml import etree
from multidict import CIMultiDict

from server.serving.negotiation import pick_encoding
from server.store.answers import find_stamp, stamp
from server.store.engine import open_database

LANGUAGES = ("az", "en", "ru", "tr", "zh")
WORLD = "/feeds/world/en.atom"
TURKIC = "/feeds/turkic/en.atom"
NAMES = {"a": "http://www.w3.org/2005/Atom", "at": "http://purl.org/atompub/tombstones/1.0"}
SCHEMA = Path(__file__).parents[1] / "feeds" / "atom.rng"
DECODE: Mapping[str, Callable[[bytes], bytes]] = {
    "": bytes,
    "gzip": gzip.decompress,
    "br": brotli.decompress,
    "zstd": lambda body: zstandard.ZstdDecompressor().decompress(body),
}
ECONOMY, ENTERPRISE, START_UP = "medtop:04000000", "medtop:20000349", "medtop:20001158"
AZERBAIJANI = {
    "language": "az",
    "headline": "Nazirlər cümə günü paytaxtda ticarəti müzakirə edəcəklər",
    "text": "<p>Dörd ölkənin nazirləri cümə günü görüşəcək. Onlar ticarət və su məsələlərini müzakirə edəcəklər.</p>",
}
TURKISH = {
    "language": "tr",
    "headline": "Bakanlar cuma günü başkentte ticareti görüşmek için bir araya gelecek",
    "text": "<p>Dört ülkenin bakanları cuma günü bir araya gelecek. Ticareti ve suyu görüşecekler.</p>",
}


ENGLISH = {
    "type": "text",
    "language": "en",
    "headlines": [{"value": "Ministers to discuss trade on Friday in the capital"}],
    "bodies": [{"contentType": "text/html", "value": "<p>The ministers of four countries will meet.</p>"}],
}


def read_entries(body: bytes) -> list[Any]:
    parsed = feedparser.parse(body)
    assert not parsed.bozo
    return parsed.entries


def list_items(body: bytes) -> list[str]:
    """The outlets' ids of what stands in the feed, in its order."""
    return [entry.id.split("/")[-2] for entry in read_entries(body)]


def subject(code: str) -> dict[str, str]:
    return {"name": code, "uri": f"http://cv.iptc.org/newscodes/mediatopic/{code.removeprefix('medtop:')}"}


# Validators


async def test_a_feed_is_sent_once_and_then_confirmed(server):
    await server.push()
    await server.settle()
    first = await server.call("GET", WORLD)
    etag = first.headers["ETag"]
    assert first.status == 200
    assert etag.startswith('"')
    assert first.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    assert first.headers["Content-Language"] == "en"
    again = await server.call("GET", WORLD, headers={"If-None-Match": etag})
    assert (again.status, again.body) == (304, b"")
    for name in ("ETag", "Last-Modified", "Cache-Control", "Vary"):
        assert again.headers[name] == first.headers[name]
    assert "Content-Type" not in again.headers


async def test_if_none_match_is_a_list_compared_weakly(start):
    server = await start(with_worker=False)
    await server.push()
    etag = (await server.call("GET", WORLD)).headers["ETag"]
    tomorrow = "Fri, 27 Nov 2026 12:00:00 GMT"  # a date says nothing beside an ETag
    for pattern, status in (
        ("{}", 304),
        ("W/{}", 304),
        ('"other", {}', 304),
        ('"other" , W/{} ,"third"', 304),
        ("*", 304),
        ('"other"', 200),
        ('W/"other"', 200),
        ('"*"', 200),
        ("", 200),
    ):
        headers = {"If-None-Match": pattern.format(etag), "If-Modified-Since": tomorrow}
        assert (await server.call("GET", WORLD, headers=headers)).status == status, pattern


async def test_several_lines_of_a_header_are_one_list(start):
    server = await start(with_worker=False)
    await server.push()
    etag = (await server.call("GET", WORLD, headers={"Accept-Encoding": "gzip"})).headers["ETag"]
    headers = CIMultiDict(
        [
            ("If-None-Match", '"other"'),
            ("If-None-Match", etag),
            ("Accept-Encoding", "nothing"),
            ("Accept-Encoding", "gzip"),
        ]
    )
    async with server.session.get(server.base + WORLD, headers=headers) as response:
        assert response.status == 304


async def test_a_reader_without_etags_asks_by_date(start):
    server = await start(with_worker=False)
    await server.push()
    modified = (await server.call("GET", WORLD)).headers["Last-Modified"]
    earlier, later = (
        datetime.fromtimestamp(parsedate_to_datetime(modified).timestamp() + by, UTC).strftime(
            "%a, %d %b %Y %H:%M:%S GMT"
        )
        for by in (-1, 1)
    )
    for since, status in (
        (modified, 304),
        (later, 304),
        (earlier, 200),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 200),
        ("yesterday", 200),
        ("Mon, 01 Jan 99999 00:00:00 GMT", 200),
        ("Fri, 31 Dec 9999 23:59:59 -2359", 304),
        ("Mon, 01 Jan 0001 00:00:00 +2359", 200),
        ("", 200),
    ):
        assert (await server.call("GET", WORLD, headers={"If-Modified-Since": since})).status == status, since


async def test_last_modified_grows_with_every_change_within_a_second_and_across_restarts(start):
    server = await start(with_worker=False)
    seen = [await server.call("GET", WORLD)]
    for number in range(6):
        if number % 2:
            server = await start(with_worker=False)
        await server.push(headline=f"The ministers will meet in the capital on day {number} to discuss trade")
        seen.append(await server.call("GET", WORLD))
        again = await server.call("GET", WORLD)
        assert again.headers["Last-Modified"] == seen[-1].headers["Last-Modified"]
        headers = {"If-Modified-Since": seen[-2].headers["Last-Modified"]}
        assert (await server.call("GET", WORLD, headers=headers)).body == seen[-1].body
    times = [parsedate_to_datetime(answer.headers["Last-Modified"]) for answer in seen]
    assert times == sorted(set(times))
    assert len({answer.headers["ETag"] for answer in seen}) == 7


async def test_last_modified_grows_when_the_clock_goes_back(start, clock):
    server = await start(with_worker=False)
    await server.push("one")
    before = await server.call("GET", WORLD)
    clock.pass_time(hours=-1)
    server = await start(with_worker=False)
    await server.push("two", headline="The ministers will not meet on Friday because of the snow")
    clock.pass_time(hours=1, seconds=-1)
    after = await server.call("GET", WORLD)
    assert before.headers["ETag"] != after.headers["ETag"]
    earlier, later = (parsedate_to_datetime(answer.headers["Last-Modified"]) for answer in (before, after))
    assert earlier < later


async def test_feeds_asked_for_at_the_same_time_as_articles_come_never_share_a_time(start):
    server = await start(with_worker=False)
    seen: dict[str, set[bytes]] = {}

    async def poll() -> None:
        for _ in range(8):
            answer = await server.call("GET", WORLD)
            seen.setdefault(answer.headers["Last-Modified"], set()).add(answer.body)

    async def push(number: int) -> None:
        await server.push(f"item-{number}")

    await asyncio.gather(poll(), poll(), poll(), *(push(number) for number in range(6)))
    assert all(len(bodies) == 1 for bodies in seen.values())


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(-2_000_000, 3_000_000)), min_size=2, max_size=8))
async def test_no_two_etags_in_a_row_have_one_time(tmp_path_factory, steps):
    """Whatever the clock does meanwhile, also back, and whoever else asks with the ETag of a moment ago."""
    database = await open_database("", tmp_path_factory.mktemp("stamps"))
    now, last = datetime(2026, 1, 1, tzinfo=UTC), None
    for etag, microseconds in steps:
        now += timedelta(microseconds=microseconds)
        async with database.write(lazily=True) as conn:
            modified = await stamp(conn, "world/en.atom", etag, 1, now)
        assert modified.microsecond == 0
        if last is not None:
            assert (modified > last[1]) if etag != last[0] else (modified == last[1])
        last = etag, modified
        async with database.read() as conn:
            assert await find_stamp(conn, "world/en.atom") == last
    await database.close()


async def test_a_filtered_feed_is_told_apart_by_its_etag_alone(start):
    """It loses entries when they move out of the filter: no date of its entries would say so."""
    server = await start(with_worker=False)
    await server.push()
    path = WORLD + "?outlet=caravan-wire"
    answer = await server.call("GET", path)
    assert "Last-Modified" not in answer.headers
    assert (await server.call("GET", path, headers={"If-None-Match": answer.headers["ETag"]})).status == 304
    later = {"If-Modified-Since": "Fri, 27 Nov 2026 12:00:00 GMT"}
    assert (await server.call("GET", path, headers=later)).status == 200


# Encodings


NEGOTIATION = [
    # Accept-Encoding, what is sent ("": as it is, None: 406)
    (None, ""),
    ("", ""),
    ("gzip", "gzip"),
    ("br", "br"),
    ("zstd", "zstd"),
    ("GZIP", "gzip"),
    ("x-gzip", "gzip"),
    ("deflate", ""),
    ("gzip, deflate, br, zstd", "zstd"),
    ("gzip, br", "br"),
    ("gzip, zstd", "zstd"),
    ("*", "zstd"),
    ("zstd;q=0, *", "br"),
    ("gzip;q=1.0, br;q=0.5", "gzip"),
    ("gzip; q=0.2 , zstd ;q=0.3", "zstd"),
    ("gzip;q=0", ""),
    ("gzip;q=0.000", ""),
    ("gzip;q=0.001", "gzip"),
    ("identity", ""),
    ("identity;q=1, gzip;q=0.5", ""),
    ("identity;q=0.5, gzip;q=0.5", "gzip"),
    ("identity;q=0, gzip;q=0.1", "gzip"),
    ("identity;q=0, *", "zstd"),
    ("gzip;q=0, *;q=0, identity", ""),
    ("identity;q=0", None),
    ("*;q=0", None),
    ("gzip;q=0, identity;q=0", None),
    ("gzip;q=0, *;q=0", None),
    ("gzip;q=nan", ""),
    ("gzip;q=inf, br;q=0.1", "br"),
    ("gzip;q=-1", ""),
    ("gzip;q=", ""),
    ("gzip;level=9;q=0.7, br;q=0.2", "gzip"),
    (",,gzip,", "gzip"),
]


async def test_every_encoding_is_negotiated_and_decodes_to_the_same_feed(start):
    server = await start(with_worker=False)
    await server.push()
    plain = await server.call("GET", WORLD)
    etags: dict[str, str] = {}
    for accept, expected in NEGOTIATION:
        headers = {} if accept is None else {"Accept-Encoding": accept}
        answer = await server.call("GET", WORLD, headers=headers)
        assert answer.headers["Vary"] == "Accept-Encoding", accept
        if expected is None:
            assert (answer.status, answer.json["type"]) == (406, "/problems/not-acceptable"), accept
            continue
        assert answer.headers.get("Content-Encoding", "") == expected, accept
        assert DECODE[expected](answer.body) == plain.body
        assert int(answer.headers["Content-Length"]) == len(answer.body)
        etags[expected] = answer.headers["ETag"]
        assert answer.headers["Last-Modified"] == plain.headers["Last-Modified"]
    assert len(set(etags.values())) == 4
    for encoding, etag in etags.items():
        other = "gzip" if encoding != "gzip" else "br"
        assert (
            await server.call("GET", WORLD, headers={"If-None-Match": etag, "Accept-Encoding": other})
        ).status == 200
        headers = {"If-None-Match": etag, "Accept-Encoding": encoding or "identity"}
        assert (await server.call("GET", WORLD, headers=headers)).status == 304


weights = st.sampled_from(["", ";q=0", ";q=1", ";q=0.5", "; q=0.001", ";q=1.5", ";q=x"])
codings = st.sampled_from(["gzip", "br", "zstd", "identity", "*", "deflate", "x-gzip", ""])


@given(st.lists(st.tuples(codings, weights).map("".join), max_size=6).map(",".join) | st.text(max_size=30))
@example(";;;,=,q=1")
def test_no_header_gets_an_encoding_that_it_refuses(accept):
    picked = pick_encoding(accept)
    parts = [part.replace(" ", "").lower() for part in accept.split(",")]
    if picked is None:
        assert any(part.startswith(("identity;", "*;")) for part in parts)
    else:
        refused = {f"{picked};q=0", *(f"{picked};q={bad}" for bad in ("x", "1.5"))}
        named = [part for part in parts if part.removeprefix("x-").partition(";")[0] == picked]
        assert not (len(named) == 1 and named[0].removeprefix("x-") in refused)
        assert named or picked == "identity" or any(part.partition(";")[0] == "*" for part in parts)


@pytest.mark.parametrize("path", [WORLD, WORLD + "?origin=source", "/feeds.opml", "/v1/channels"])
async def test_head_has_the_headers_of_get(start, path):
    server = await start(with_worker=False)
    await server.push()
    for accept in ("identity", "gzip", "br", "zstd"):
        get, head = [
            await server.call(method, path, headers={"Accept-Encoding": accept, "X-Request-Id": "same"})
            for method in ("GET", "HEAD")
        ]
        assert head.body == b""
        assert get.body
        for answer in (get, head):
            answer.headers.pop("Date")
        assert dict(get.headers) == dict(head.headers), accept
        assert int(head.headers["Content-Length"]) == len(get.body)


# Filters


@pytest.fixture
async def newsroom(start):
    """Five articles of three outlets in `world`, oldest first: trade, startup, ministers-az, ministers-tr, plain."""
    server = await start(with_worker=False)
    await server.push("trade", subjects=[subject(ENTERPRISE)])
    await server.push("startup", subjects=[subject(START_UP), {"name": "Venture Capital"}])
    await server.push("ministers-az", by="khazar-news", **AZERBAIJANI)
    await server.push("ministers-tr", by="bosphorus-post", **TURKISH)
    await server.push("plain")
    path = "/v1/articles/khazar-news/ministers-az/versions/en"
    assert (await server.call("PUT", path, by="khazar-news", json=ENGLISH)).status == 200
    return server


FILTERED = [
    ("", ["ministers-az", "plain", "startup", "trade"]),
    ("outlet=caravan-wire", ["plain", "startup", "trade"]),
    ("outlet=khazar-news", ["ministers-az"]),
    ("outlet=silk-road-daily", []),
    ("country=GE", ["plain", "startup", "trade"]),
    ("country=az", ["ministers-az"]),
    ("country=AZ&outlet=khazar-news", ["ministers-az"]),
    ("country=AZ&outlet=caravan-wire", []),
    (f"subject={ECONOMY}", ["startup", "trade"]),
    (f"subject={ENTERPRISE}", ["startup", "trade"]),
    (f"subject={START_UP}", ["startup"]),
    ("subject=medtop:01000000", []),
    ("subject=MEDTOP:04000000", ["startup", "trade"]),
    ("subject=venture%20capital", ["startup"]),
    ("subject=VENTURE%20CAPITAL", ["startup"]),
    ("subject=venture", []),
    ("origin=source", ["plain", "startup", "trade"]),
    ("origin=outlet", ["ministers-az"]),
    ("origin=machine", []),
    ("origin=edited", []),
    (f"origin=source&subject={ECONOMY}&country=GE", ["startup", "trade"]),
    ("outlet=", ["ministers-az", "plain", "startup", "trade"]),
]


async def test_filters_narrow_a_feed(newsroom):
    etags = set()
    for query, expected in FILTERED:
        answer = await newsroom.call("GET", f"{WORLD}?{query}")
        assert answer.status == 200, query
        assert list_items(answer.body) == expected, query
        etags.add(answer.headers["ETag"])
    assert len(etags) > 5


async def test_a_wrong_filter_is_refused_instead_of_an_empty_feed(server):
    for query in (
        "outlet=nobody",
        "outlet=caravan-wire&outlet=khazar-news",
        "country=FR",
        "country=Georgia",
        "subject=medtop:99999999",
        "subject=medtop:",
        "origin=robot",
        "origin=Machine",
        "language=en",
        "limit=5",
        "outlet=%00",
        "outlet=%FF",
    ):
        answer = await server.call("GET", f"{WORLD}?{query}")
        assert (answer.status, answer.json["type"]) == (400, "/problems/invalid-parameter"), query


async def test_a_language_that_is_not_the_channels_and_a_channel_that_is_not_are_not_found(server):
    for path in (
        "/feeds/nothing/en.atom", "/feeds/world/fr.atom", "/feeds/world/zh-Hant.atom", "/feeds/world/english.atom",
        "/feeds/turkic/zh.atom", "/feeds/world/en.xml", "/feeds/world/%FF.atom", "/feeds/%FF/en.atom",
    ):  # fmt: skip
        answer = await server.call("GET", path)
        assert answer.status == 404, path
        assert answer.headers["Content-Type"] == "application/problem+json", path
        assert answer.json["status"] == 404


# Private channels


def make_basic(key: str, user: str = "") -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{key}".encode()).decode()}


async def test_a_private_channel_asks_for_a_key_and_takes_it_as_a_password(start):
    server = await start(with_worker=False)
    await server.push("inner", by="khazar-news", language="en")
    refused = await server.call("GET", TURKIC)
    assert (refused.status, refused.json["type"]) == (401, "/problems/key-required")
    assert 'Basic realm="Karvan"' in refused.headers["WWW-Authenticate"]
    key = await server.get_key("demo-newsroom")
    for user in ("", "anybody", "üser"):
        answer = await server.call("GET", TURKIC, headers=make_basic(key, user))
        assert (answer.status, list_items(answer.body)) == (200, ["inner"])
    assert answer.headers["Cache-Control"].startswith("private")
    assert answer.headers["Vary"] == "Accept-Encoding, Authorization"
    for headers in (make_basic("wrong"), make_basic(""), {"Authorization": f"Bearer {key}x"}):
        answer = await server.call("GET", TURKIC, headers=headers)
        assert (answer.status, answer.json["type"]) == (401, "/problems/key-rejected")
        assert "Basic" in answer.headers["WWW-Authenticate"]


async def test_who_sees_which_channel(start):
    server = await start(with_worker=False)
    for reader, turkic, desk in (
        (None, 401, 404),
        ("khazar-news", 200, 404),
        ("bosphorus-post", 200, 404),
        ("demo-newsroom", 200, 404),
        ("silk-road-daily", 403, 404),
        ("caravan-wire", 403, 404),
        ("admin", 200, 200),
    ):
        assert (await server.call("GET", TURKIC, by=reader)).status == turkic, reader
        assert (await server.call("GET", "/feeds/desk/en.atom", by=reader)).status == desk, reader
        assert (await server.call("GET", WORLD, by=reader)).status == 200, reader


async def test_that_there_is_a_desk_is_nobody_elses_business(server):
    for reader in (None, "khazar-news", "demo-newsroom"):
        desk = await server.call("GET", "/feeds/desk/en.atom", by=reader, headers={"X-Request-Id": "r"})
        nothing = await server.call("GET", "/feeds/dask/en.atom", by=reader, headers={"X-Request-Id": "r"})
        assert desk.text.replace("desk", "dask") == nothing.text


async def test_the_lists_have_exactly_the_feeds_that_the_reader_can_open(start):
    server = await start(with_worker=False)
    for reader in (None, "khazar-news", "silk-road-daily", "demo-newsroom", "admin"):
        await check_lists(server, reader)


async def check_lists(server, reader):
    channels = await server.call("GET", "/v1/channels", by=reader)
    opml = await server.call("GET", "/feeds.opml", by=reader)
    assert opml.headers["Vary"] == channels.headers["Vary"] == "Authorization"
    formats = [formats for channel in channels.json for formats in channel["feeds"].values()]
    in_json = {one["atom"] for one in formats}
    for one in formats:
        assert one == {name: one["atom"].removesuffix("atom") + name for name in ("atom", "rss", "json")}
    in_opml = set(etree.fromstring(opml.body).xpath("//outline/@xmlUrl"))
    assert in_json == in_opml
    for channel in ("world", "economy", "culture", "turkic", "desk"):
        for language in LANGUAGES:
            path = f"/feeds/{channel}/{language}.atom"
            is_listed = f"https://karvan.example{path}" in in_opml
            assert ((await server.call("GET", path, by=reader)).status == 200) == is_listed, path


# What is in a feed


PICTURE = {
    "name": "photo",
    "type": "picture",
    "headlines": [{"value": "The ministers at the table"}],
    "renditions": [
        {"name": "web", "href": "https://wire.example/a.jpg", "contentType": "image/jpeg", "width": 640, "height": 480}
    ],
}


@pytest.fixture
async def busy(start, clock):
    """One plain, one with a picture, one corrected, one killed, one with a human version; all translated."""
    server = await start()
    await server.push("plain")
    await server.push("pictured", associations=[PICTURE], subjects=[subject(ECONOMY)], urgency=2)
    await server.push("corrected", headline="The ministers will meet in the capital on Sunday to discuss trade")
    await server.push("killed", headline="The ministers have met in secret in the capital on Thursday")
    await server.push("human", by="khazar-news", **AZERBAIJANI)
    await server.settle()
    clock.pass_time(minutes=10)
    await server.push("corrected", headline="The ministers will meet in the capital on Monday to discuss trade")
    assert (await server.call("DELETE", "/v1/articles/caravan-wire/killed", by="caravan-wire")).status == 200
    await server.settle()
    return server


async def test_every_feed_is_valid_readable_and_newest_change_first(busy):
    schema = etree.RelaxNG(etree.parse(SCHEMA))
    for language in LANGUAGES:
        body = (await busy.call("GET", f"/feeds/world/{language}.atom")).body
        root = etree.fromstring(body)
        assert schema.validate(root), schema.error_log
        parsed = feedparser.parse(body)
        assert not parsed.bozo
        assert parsed.feed.language == language
        assert parsed.feed.link == f"https://karvan.example/channels/world/{language}"
        assert {entry.id.split("/")[-2] for entry in parsed.entries} == {
            "plain", "pictured", "corrected", "killed", "human",
        }  # fmt: skip
        assert {entry.id.split("/")[-2] for entry in parsed.entries[:2]} == {"corrected", "killed"}
        updated = [entry.updated for entry in parsed.entries]
        assert updated == sorted(updated, reverse=True)
        assert parsed.feed.updated == updated[0]
        [tombstone] = root.findall("at:deleted-entry", NAMES)
        [stub] = [entry for entry in parsed.entries if entry.id == tombstone.get("ref")]
        assert stub.id.endswith(f"/killed/{language}")
        assert "summary" not in stub
        assert "secret" not in body.decode()


async def test_an_article_in_all_its_languages(busy):
    entries, published = {}, set()
    for language in LANGUAGES:
        parsed = feedparser.parse((await busy.call("GET", f"/feeds/world/{language}.atom")).body)
        [entry] = [entry for entry in parsed.entries if "/corrected/" in entry.id]
        entries[language] = entry
    pages = {language: f"https://karvan.example/articles/caravan-wire/corrected/{language}" for language in LANGUAGES}
    for language, entry in entries.items():
        assert entry.id == f"tag:karvan.example,2026:caravan-wire/corrected/{language}"
        assert entry.link == pages[language]
        assert (entry.links[0].rel, entry.links[0].hreflang) == ("alternate", language)
        assert [link.rel for link in entry.links].count("alternate") == 1
        related = {link.hreflang: link.href for link in entry.links if link.rel == "related"}
        assert related == {other: page for other, page in pages.items() if other != language}
        assert entry.title_detail.language == entry.content[0].language == language
        assert entry.published[:16] == "2026-11-26T12:00"
        assert entry.updated[:16] == "2026-11-26T12:10"
        assert entry.karvan_origin == ("source" if language == "en" else "machine")
        published.add(entry.published)
        page = await busy.call("GET", pages[language].removeprefix("https://karvan.example"))
        assert page.status == 200
        assert entry.title in page.text.replace("&#39;", "'")
    assert len({entry.id for entry in entries.values()}) == 5


async def test_a_human_version_takes_the_machines_place_in_its_feed(busy):
    await busy.call("PUT", "/v1/articles/khazar-news/human/versions/en", by="khazar-news", json=ENGLISH)
    entries = read_entries((await busy.call("GET", WORLD)).body)
    assert [entries[0].karvan_origin, entries[0].id] == ["outlet", "tag:karvan.example,2026:khazar-news/human/en"]
    assert len([entry for entry in entries if "/human/" in entry.id]) == 1


RENDER = """
import asyncio, sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
import feeds
from server.configfile import load_config
from server.archives import make_feed
from server.site import Site
from server.serving.entrycache import EntryCache
from server.store.engine import open_database
from server.store.placements import get_last_position
from server.store.standings import Filters

async def main(data, config):
    database = await open_database("", Path(data))
    site = Site("https://karvan.example", load_config(Path(config), {}))
    async with database.read() as conn:
        last = await get_last_position(conn, "world", "az")
        now = datetime(2026, 11, 27, tzinfo=UTC)
        feed = await make_feed(conn, site, ("world", "az"), Filters(), last, now, "atom", EntryCache())
    sys.stdout.buffer.write(feeds.render_feed(feed, "atom").body)
    await database.close()

asyncio.run(main(*sys.argv[1:]))
"""


async def test_another_server_and_another_process_give_the_same_bytes(busy, start, tmp_path):
    paths = [f"/feeds/{channel}/{tag}.atom" for channel in ("world", "economy") for tag in LANGUAGES] + ["/feeds.opml"]
    before = {path: await busy.call("GET", path) for path in paths}
    again = await start(with_worker=False)
    for path in paths:
        answer = await again.call("GET", path)
        assert answer.body == before[path].body, path
        assert answer.headers["ETag"] == before[path].headers["ETag"]
        assert answer.headers.get("Last-Modified") == before[path].headers.get("Last-Modified")
    root = Path(__file__).parents[2]
    rendered = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", RENDER, str(tmp_path), str(root / "config.toml")],
        capture_output=True,
        cwd=root,
        env={**os.environ, "PYTHONHASHSEED": "4711", "TZ": "Asia/Almaty", "LC_ALL": "C"},
        check=True,
    )
    assert rendered.stdout == before["/feeds/world/az.atom"].body


async def test_a_cached_feed_is_what_would_be_rendered_now_whatever_was_pushed(start):
    """Rights, expiry and the number of the version reach every language, also one that stays as it is."""
    server = await start(with_worker=False)
    await server.push(by="khazar-news", version="5", **AZERBAIJANI)
    assert (
        await server.call("PUT", "/v1/articles/khazar-news/one/versions/en", by="khazar-news", json=ENGLISH)
    ).status == 200
    for changes in (
        {"version": "6", "copyrightNotice": "© Khazar 6"},
        {"version": "7", "copyrightNotice": "© Khazar 7"},  # the English version was stale already
        {"version": "7.1", "copyrightNotice": "© Khazar 7", "urgency": 1},
        {"version": "3"},  # late: the numbers of those above it move
    ):
        for tag in ("az", "en"):
            await server.call("GET", f"/feeds/world/{tag}.atom")
        answer = await server.push(by="khazar-news", **AZERBAIJANI, **changes)
        assert answer.status == 200, answer.text
        served = {tag: (await server.call("GET", f"/feeds/world/{tag}.atom")).body for tag in ("az", "en")}
        server = await start(with_worker=False)
        for tag, body in served.items():
            assert (await server.call("GET", f"/feeds/world/{tag}.atom")).body == body, (tag, changes)


async def test_a_feed_has_as_many_entries_as_the_configuration_says(start, config):
    limits = config.limits.model_copy(update={"feed_entries": 2})
    server = await start(config=config.model_copy(update={"limits": limits}), with_worker=False)
    for item in ("first", "second", "third"):
        await server.push(item)
    assert list_items((await server.call("GET", WORLD)).body) == ["third", "second"]


async def test_an_expired_article_takes_no_place_of_one_that_lives(start, config, clock):
    limits = config.limits.model_copy(update={"feed_entries": 2})
    server = await start(config=config.model_copy(update={"limits": limits}), with_worker=False)
    await server.push("old")
    await server.push("short", expires="2026-11-26T12:30:00Z")
    await server.push("shorter", expires="2026-11-26T12:20:00Z")
    assert list_items((await server.call("GET", WORLD)).body) == ["shorter", "short"]
    clock.pass_time(hours=1)
    assert list_items((await server.call("GET", WORLD)).body) == ["old"]
