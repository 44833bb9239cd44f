"""A language or a channel that a route opens later: nothing tells of it before, everything afterwards."""

from typing import Any

import pytest

from server.config import Route, When
from server.config.rules import Embargo

ONE = "/v1/articles/caravan-wire/one"
ROUTES = (Route(name="all", to=("world",)),)
LATER = {
    "language": Route(name="later", when=When(target=("az",)), to=("world", "economy"), embargo=Embargo(minutes=60)),
    "channel": Route(name="later", to=("economy",), embargo=Embargo(minutes=60)),
}


async def push(start: Any, config: Any, later: str) -> Any:
    server = await start(config=config.model_copy(update={"routes": (LATER[later], *config.routes)}))
    assert (await server.push(subjects=[{"name": "economy", "uri": "medtop:04000000"}])).status == 201
    await server.settle()
    return server


async def list_sights(server: Any) -> set[str]:
    """Whatever leads from the English version to the Azerbaijani one."""
    paths = [f"/feeds/world/en.{kind}" for kind in ("atom", "rss", "json")]
    paths += [ONE, f"{ONE}?language=en", "/articles/caravan-wire/one/en", "/v1/channels/world/en/items"]
    words = ("/one/az", "translation-az")
    texts = [(await server.call("GET", path)).text.replace("\\/", "/") for path in paths]
    return {word for word in words for text in texts if word in text}


async def test_no_sibling_leads_to_a_language_before_it_opens(start: Any, config: Any) -> None:
    server = await push(start, config, "language")
    assert await list_sights(server) == set()
    assert (await server.call("GET", "/articles/caravan-wire/one/az")).status == 404
    cursor = (await server.call("GET", "/v1/channels/world/en/items")).json["next"]
    server.clock.pass_time(minutes=61)
    await server.settle()
    assert await list_sights(server) == {"/one/az", "translation-az"}
    assert (await server.call("GET", ONE)).json["versions"]["az"]["feeds"]
    assert (await server.call("GET", "/articles/caravan-wire/one/az")).status == 200
    following = await server.call("GET", f"/v1/channels/world/en/items?after={cursor}")
    assert following.json["items"]  # who follows hears that the set has grown


async def test_a_set_names_no_feed_in_which_it_does_not_stand_yet(start: Any, config: Any) -> None:
    server = await push(start, config, "channel")
    told = (await server.call("GET", ONE)).json["versions"]["en"]["feeds"]
    assert [feed for feed in told if "economy" in feed] == []
    server.clock.pass_time(minutes=61)
    await server.settle()
    told = (await server.call("GET", ONE)).json["versions"]["en"]["feeds"]
    assert [feed.partition("/feeds/")[2] for feed in told if "economy" in feed] == ["economy/en.atom"]


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("text/html;q=0, application/json", "application/json"),
        ("application/atom+xml;q=0.1, application/json;q=0.9", "application/json"),
        ("application/json;q=0.1, application/atom+xml", "application/atom+xml"),
        ("application/vnd.iptc.ninjs+json", "application/vnd.iptc.ninjs+json"),
        ("*/*", "application/json"),
        ("text/*;q=0.5, application/*;q=0.4", 303),
        ("application/*, application/json;q=0", "application/vnd.iptc.ninjs+json"),
        ("image/png", 406),
        ("application/json;q=0", 406),
    ],
)
async def test_what_accept_likes_best_is_answered(server: Any, accept: str, expected: str | int) -> None:
    await server.push()
    answer = await server.call("GET", ONE, headers={"Accept": accept})
    told = answer.status if answer.status != 200 else answer.headers["Content-Type"].partition(";")[0]
    assert told == expected


async def test_a_page_that_there_is_not_is_not_pointed_at(server: Any) -> None:
    await server.push()
    answer = await server.call("GET", f"{ONE}?language=fr", headers={"Accept": "text/html"})
    assert answer.status == 404


async def test_an_outlet_without_a_site_of_its_own_has_a_page_here(start: Any, config: Any) -> None:
    wire = config.outlets["caravan-wire"].model_copy(update={"url": ""})
    server = await start(config=config.model_copy(update={"outlets": {**config.outlets, "caravan-wire": wire}}))
    await server.push()
    await server.settle()
    assert "https://karvan.example/outlets/caravan-wire" in (await server.call("GET", "/feeds/world/az.atom")).text
    page = await server.call("GET", "/outlets/caravan-wire?lang=tr")
    assert page.status == 200
    assert page.text.count("/articles/caravan-wire/one/tr") == 1  # though it stands in several channels
    assert "/feeds/world/az.atom?outlet=caravan-wire" in page.text
    assert (await server.call("GET", "/outlets/nobody")).status == 404


async def test_an_outlets_page_shows_articles_whatever_language_a_reader_has(start: Any, config: Any) -> None:
    languages = config.languages.model_copy(update={"configured": ("az", "en", "tr")})
    small = {"languages": languages, "exchanges": {}, "channels": {"world": config.channels["world"]}, "routes": ROUTES}
    server = await start(config=config.model_copy(update={**small, "subscribers": {}}))
    await server.push()
    await server.settle()
    page = await server.call("GET", "/outlets/caravan-wire", headers={"Accept-Language": "zh"})
    assert "/articles/caravan-wire/one/az" in page.text


async def test_the_list_of_feeds_is_not_sent_again(server: Any) -> None:
    first = await server.call("GET", "/feeds.opml")
    again = await server.call("GET", "/feeds.opml", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status, again.body) == (304, b"")
    assert "private" in (await server.call("GET", "/feeds.opml", by="demo-newsroom")).headers["Cache-Control"]
