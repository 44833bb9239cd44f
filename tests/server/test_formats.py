"""Feeds as RSS and JSON Feed beside Atom, and articles pushed as RSS and JSON Feed."""

import asyncio
from dataclasses import replace
from pathlib import Path

import feedparser
import orjson
import pytest
from lxml import etree

from feeds.sources import parse_feed

SCHEMA = Path(__file__).parents[1] / "feeds" / "rss.rng"
FORMATS = {
    "atom": "application/atom+xml; charset=utf-8",
    "rss": "application/rss+xml; charset=utf-8",
    "json": "application/feed+json",
}
TURKISH = "Dört ülkenin bakanları cuma günü bir araya gelecek. Ticareti ve suyu görüşecekler."
TEXT = "The ministers of four countries will meet on Friday. They will discuss trade and water."


def make_rss(item="", title="Ministers will meet in the capital on Friday"):
    return f"""<rss version="2.0" xmlns:karvan="urn:karvan:syndication:1" xmlns:dc="http://purl.org/dc/elements/1.1/">
        <channel><title>Wire</title><link>https://wire.example/</link><description/><language>en</language>
        <item><title>{title}</title><description>&lt;p&gt;{TEXT}&lt;/p&gt;</description>{item}</item></channel></rss>"""


def make_json_feed(**item):
    members = {"id": "1", "title": "Ministers will meet in the capital on Friday", "content_text": TEXT} | item
    version = "https://jsonfeed.org/version/1.1"
    return orjson.dumps({"version": version, "title": "Wire", "language": "en", "items": [members]})


async def put(server, body, media_type, item="one"):
    headers = {"Content-Type": media_type}
    return await server.call("PUT", f"/v1/articles/caravan-wire/{item}", by="caravan-wire", data=body, headers=headers)


def strip(item):
    """RSS has no fractions of the second of the publication."""
    return replace(item, article=replace(item.article, first_created=None))


async def test_every_format_of_a_feed_says_the_same_and_leads_to_its_own_kind(server):
    await server.push("first")
    await server.push("second", headline="A conference on water will open in the capital on Monday")
    await server.push("killed", headline="The ministers have met in secret in the capital on Thursday")
    await server.settle()
    await server.call("DELETE", "/v1/articles/caravan-wire/killed", by="caravan-wire")
    await server.settle()
    schema = etree.RelaxNG(etree.parse(SCHEMA))
    for language in ("az", "en", "ru", "tr", "zh"):
        answers = {name: await server.call("GET", f"/feeds/world/{language}.{name}") for name in FORMATS}
        parsed = {name: parse_feed(answer.body) for name, answer in answers.items()}
        items = {name: [strip(item) for item in feed.items] for name, feed in parsed.items()}
        assert items["rss"] == items["json"] == items["atom"]
        assert len(items["json"]) == 2
        assert parsed["rss"].gone == parsed["json"].gone == parsed["atom"].gone
        assert [one.status for one in parsed["rss"].gone] == ["canceled"]
        root = etree.fromstring(answers["rss"].body)
        assert schema.validate(root), schema.error_log
        for name, answer in answers.items():
            assert answer.headers["Content-Type"] == FORMATS[name]
            other = "en" if language == "az" else "az"
            assert f"https://karvan.example/feeds/world/{other}.{name}" in answer.text
            others = [one for one in FORMATS if one != name]
            assert not any(f"/feeds/world/{other}.{one}" in answer.text for one in others)


async def test_a_format_has_its_own_validators_and_place_in_the_cache(server):
    await server.push()
    await server.settle()
    paths = [f"/feeds/world/en.{name}" for name in FORMATS]
    first = await asyncio.gather(*(server.call("GET", path) for path in paths))
    assert len({answer.headers["ETag"] for answer in first}) == 3
    for path, answer in zip(paths, first, strict=True):
        again = await server.call("GET", path, headers={"If-None-Match": answer.headers["ETag"]})
        assert again.status == 304
        assert (await server.call("GET", path)).body == answer.body


async def test_a_private_channel_is_private_in_every_format(server):
    for name in FORMATS:
        assert (await server.call("GET", f"/feeds/turkic/en.{name}")).status == 401
        assert (await server.call("GET", f"/feeds/turkic/en.{name}", by="demo-newsroom")).status == 200
        assert (await server.call("GET", f"/feeds/desk/en.{name}", by="demo-newsroom")).status == 404


async def test_an_unknown_format_is_not_found_and_told_which_there_are(server):
    answer = await server.call("GET", "/feeds/world/en.rdf")
    assert answer.status == 404
    assert "atom, rss, json" in answer.json["detail"]


async def test_a_channels_page_leads_to_all_formats_and_opml_to_atom(server):
    page = etree.HTML((await server.call("GET", "/channels/world/az", headers={"Accept": "text/html"})).body)
    links = page.xpath("//link[@rel='alternate'][@type]")
    assert [(one.get("type"), one.get("href").rpartition(".")[2]) for one in links] == [
        ("application/atom+xml", "atom"),
        ("application/rss+xml", "rss"),
        ("application/feed+json", "json"),
    ]
    assert len({one.get("title") for one in links}) == 3
    opml = etree.fromstring((await server.call("GET", "/feeds.opml")).body)
    assert {one.rpartition(".")[2] for one in opml.xpath("//@xmlUrl")} == {"atom"}


async def test_an_rss_item_is_pushed_translated_and_corrected(server):
    body = make_rss("<pubDate>Thu, 26 Nov 2026 09:00:00 GMT</pubDate>")
    assert (await put(server, body, "application/rss+xml")).status == 201
    assert (await put(server, body, "application/rss+xml; charset=utf-8")).json["changed"] is False
    await server.settle()
    assert len(feedparser.parse((await server.call("GET", "/feeds/world/tr.rss")).body).entries) == 1
    correction = make_rss("<pubDate>Thu, 26 Nov 2026 09:00:00 GMT</pubDate>", "Ministers will meet on Saturday instead")
    answer = await put(server, correction, "application/rss+xml")
    assert (answer.status, answer.json["version"]) == (200, 2)


async def test_a_json_feed_of_one_item_is_pushed(server):
    assert (await put(server, make_json_feed(), "application/feed+json")).status == 201
    shown = await server.call("GET", "/v1/articles/caravan-wire/one?language=en")
    assert shown.json["bodies"][0]["value"] == f"<p>{TEXT}</p>"


@pytest.mark.parametrize(
    ("media_type", "body", "place"),
    [
        ("application/rss+xml", make_rss().replace(TEXT, TURKISH), "/rss/channel/item/dc:language"),
        ("application/feed+json", make_json_feed(content_text=TURKISH), "/items/0/language"),
        ("application/rss+xml", make_rss("<karvan:urgency>x</karvan:urgency>"), "/rss/channel/item/karvan:urgency"),
        ("application/feed+json", make_json_feed(_karvan={"urgency": 0}), "/items/0/_karvan/urgency"),
    ],
)
async def test_what_is_wrong_is_told_in_the_words_of_the_format(server, media_type, body, place):
    answer = await put(server, body, media_type)
    assert answer.status == 422
    assert [error["pointer"] for error in answer.json["errors"]] == [place]
