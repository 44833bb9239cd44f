"""What changes while the server stands still, and what changes while it runs."""

import asyncio

import feedparser
import pytest

MUSEUM = [{"name": "museum", "uri": "http://cv.iptc.org/newscodes/mediatopic/01000000"}, {"name": "water"}]
NEW_CHANNEL = """
[channels.water]
title = { en = "Water", tr = "Su" }
access = "public"

[[routes]]
name = "water"
when = { keyword = ["water"] }
to = ["water"]
"""
CULTURE = """[[routes]]
name = "culture"
when = { subject = ["medtop:01000000"] }
to = ["culture"]
"""


@pytest.mark.slow
async def test_a_changed_configuration_places_articles_anew_at_the_next_start(karvan):
    key = await karvan.issue_key("admin")
    server = await asyncio.to_thread(karvan.serve)
    assert server.push("en", "museum", key, subjects=MUSEUM).status == 201
    await asyncio.to_thread(server.wait_for, karvan.is_idle, "empty queue")
    assert read_items(server, "culture") == ["museum"]
    assert server.call("GET", "/feeds/water/tr.atom").status == 404
    world = server.call("GET", "/feeds/world/tr.atom")
    assert (await asyncio.to_thread(server.stop)).status == 0

    text = karvan.config.read_text()
    assert text.count(CULTURE) == 1
    karvan.config.write_text(text.replace(CULTURE, "") + NEW_CHANNEL)
    server = await asyncio.to_thread(karvan.serve)
    await asyncio.to_thread(server.wait_for, karvan.is_idle, "empty queue")
    assert read_items(server, "water") == ["museum"]
    assert read_items(server, "culture") == []
    culture = server.call("GET", "/feeds/culture/tr.atom").body
    assert b"deleted-entry" in culture
    assert b"Bakanlar" not in culture
    assert server.call("GET", "/feeds/world/tr.atom").body == world.body, "who is not concerned sees no change"


@pytest.mark.slow
async def test_a_route_that_comes_back_brings_its_articles_back(karvan):
    key = await karvan.issue_key("admin")
    text = karvan.config.read_text()
    for configuration, there in ((text, True), (text.replace(CULTURE, ""), False), (text, True)):
        karvan.config.write_text(configuration)
        server = await asyncio.to_thread(karvan.serve)
        assert server.push("en", "museum", key, subjects=MUSEUM).status in (200, 201)
        await asyncio.to_thread(server.wait_for, karvan.is_idle, "empty queue")
        assert read_items(server, "culture") == (["museum"] if there else [])
        assert (b"deleted-entry" in server.call("GET", "/feeds/culture/tr.atom").body) is not there
        assert (await asyncio.to_thread(server.stop)).status == 0


@pytest.mark.slow
async def test_a_language_that_is_added_is_translated_into_at_the_next_start(karvan):
    key = await karvan.issue_key("admin")
    server = await asyncio.to_thread(karvan.serve)
    assert server.push("en", "one", key).status == 201
    await asyncio.to_thread(server.wait_for, karvan.is_idle, "empty queue")
    assert ("one", "ka") not in karvan.list_states()
    assert (await asyncio.to_thread(server.stop)).status == 0
    karvan.settings["LANGUAGES__CONFIGURED"] = '["az", "en", "ru", "tr", "zh", "ka"]'
    server = await asyncio.to_thread(karvan.serve)
    await asyncio.to_thread(server.wait_for, karvan.is_idle, "empty queue")
    assert karvan.list_states()["one", "ka"] == "ready"
    assert read_items(server, "world", "ka") == ["one"]


@pytest.mark.slow
async def test_packages_installed_while_the_server_runs_are_used_at_once(make_karvan):
    karvan = make_karvan()
    key = await karvan.issue_key("admin")
    server = await asyncio.to_thread(karvan.serve)
    assert server.push("az", "one", key).status == 201
    await asyncio.to_thread(server.wait_for, karvan.is_idle, "empty queue")
    assert set(karvan.list_states().values()) == {"pending"}
    versions = server.call("GET", "/v1/articles/khazar-news/one", key=key).json["versions"]
    assert versions["en"]["reason"] == "no installed package translates Azerbaijani into English"
    assert read_items(server, "world", "az") == ["one"]

    installed = await asyncio.to_thread(karvan.run, "languages", "install", "starter")
    assert installed.status == 0, installed
    await asyncio.to_thread(
        server.wait_for, lambda: set(karvan.list_states().values()) <= {"ready", "held"}, "translations"
    )
    await asyncio.to_thread(server.wait_for, karvan.is_idle, "empty queue")
    assert read_items(server, "world") == ["one"]


def read_items(server, channel, language="tr"):
    answer = server.call("GET", f"/feeds/{channel}/{language}.atom")
    assert answer.status == 200, answer
    return [entry.id.split("/")[-2] for entry in feedparser.parse(answer.body).entries]
