"""The page that says why an article is or is not somewhere: what the API answers, in words."""

import inspect
import re
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest

from server import whereabouts
from server.admin.explain import COMBINED
from server.config import Route, When
from server.pages.wording import LOCALES, find_wording

PAGE = "/admin/explain"
ONE = {"outlet": "caravan-wire", "item": "one"}


def ask(**fields: str) -> str:
    return f"{PAGE}?{urlencode({'lang': 'en'} | fields)}"


async def test_only_an_admin_gets_in(server: Any, look: Any) -> None:
    asked = await server.call("GET", PAGE, headers={"Accept": "text/html"})
    assert (asked.status, "Basic realm=" in asked.headers["WWW-Authenticate"]) == (401, True)
    assert (await look(PAGE, by="caravan-wire")).status == 403


async def test_the_form_offers_what_the_configuration_has(server: Any, look: Any) -> None:
    page = await look(ask())
    assert page.status == 200
    for said in ("Caravan Wire (caravan-wire)", "Economy (economy)", "Demo newsroom (demo-newsroom)", "Türkçe"):
        assert said in page.text
    assert 'role="alert"' not in page.text
    assert 'id="places"' not in page.text


async def test_an_article_that_stands_is_told_with_its_route(server: Any, look: Any) -> None:
    await server.push()
    await server.settle()
    page = (await look(ask(**ONE, channel="world", language="tr"))).text
    assert re.search(r"<details open>\s*<summary><strong>World · .*Türkçe.*</strong>\s*it is there\.</summary>", page)
    assert "A route brings it there." in page
    assert "route: &#39;everything&#39; brings it there" in page
    assert "takes every article" in page
    assert "✗" not in page
    assert (await look(re.findall(r'href="(/articles/[^"]+)"', page)[0])).status == 200


async def test_what_no_route_brings_there_is_told_with_what_was_wanted(server: Any, look: Any) -> None:
    await server.push()
    page = (await look(ask(**ONE, channel="economy", language="en"))).text
    assert re.search(r"it is not there\.\s*No route brings it there\.</summary>", page)
    told = (await server.call("GET", "/v1/explain/caravan-wire/one?channel=economy&language=en", by="admin")).json
    for route in told["routes"]:
        assert f">{route['route']}</strong>" in page
    assert '<code lang="en">subject</code> · wanted: <span lang="">medtop:04000000</span>' in page


async def test_all_places_are_told_those_where_it_stands_first(server: Any, look: Any) -> None:
    await server.push()
    await server.settle()
    page = (await look(ask(**ONE))).text
    told = (await server.call("GET", "/v1/explain/caravan-wire/one", by="admin")).json["places"]
    said = re.findall(r"</strong>\s*it is (not )?there\.", page)
    assert len(said) == len(told)
    assert said == [""] * sum(one["stands"] for one in told) + ["not "] * sum(not one["stands"] for one in told)
    assert "" in said
    assert "not " in said


async def test_for_a_subscriber_its_access_is_asked(server: Any, look: Any) -> None:
    text = {"type": "text", "language": "en", "headlines": [{"value": "The ministers will meet in the capital"}]}
    path = "/v1/articles/khazar-news/one"
    assert (await server.call("PUT", path, by="khazar-news", json=text)).status == 201
    await server.settle()
    one = {"outlet": "khazar-news", "item": "one", "channel": "turkic", "language": "en"}
    assert "This reader may read the channel." in (await look(ask(**one, subscriber="demo-newsroom"))).text
    page = (await look(ask(**one, subscriber="caravan-wire"))).text
    assert re.search(r"it is not there\.\s*This reader may not read the channel\.</summary>", page)


async def test_an_articles_page_names_it_by_whatever_name_the_server_was_reached(server: Any, look: Any) -> None:
    await server.push("a.b~c")
    for address in (
        "https://karvan.example/articles/caravan-wire/a.b%7Ec/tr?lang=az",
        f"{server.base}/articles/caravan-wire/a.b~c/en",
        "/articles/caravan-wire/a.b~c/en",
        f"{server.base}/v1/articles/caravan-wire/a.b~c",
    ):
        page = await look(ask(page=address, channel="world", language="en"))
        assert page.status == 200, address
        assert 'name="item" value="a.b~c"' in page.text
        assert '<option value="caravan-wire" lang="" selected>' in page.text
        assert 'id="places"' in page.text


@pytest.mark.parametrize(
    "fields",
    [
        {"page": "https://elsewhere.example/articles/caravan-wire/one/en"},
        {"page": "https://karvan.example/channels/world/en"},
        {"page": "http://[broken/articles/caravan-wire/one/en"},
        {"page": "https://karvan.example/articles/caravan-wire/one/en", "outlet": "khazar-news"},
        {"outlet": "caravan-wire"},
        {"item": "one"},
        {"channel": "economy"},
        {"subscriber": "demo-newsroom"},
        {"page": "/articles/caravan-wire/one%00/en"},
        ONE | {"channel": "nowhere"},
        ONE | {"channel": "turkic", "language": "zh"},
        ONE | {"language": "not a tag"},
        ONE | {"subscriber": "nobody"},
    ],
)
async def test_what_cannot_be_answered_is_refused_and_stays_in_the_form(
    server: Any, look: Any, fields: dict[str, str]
) -> None:
    await server.push()
    page = await look(ask(**fields))
    assert (page.status, page.text.count('class="refused" role="alert"')) == (400, 1)
    for name, value in fields.items():
        if name in ("page", "item"):
            assert f'name="{name}" value="{value}"' in page.text
        else:
            assert re.search(rf'<option value="{value}"[^>]* selected>', page.text), name
    assert 'id="places"' not in page.text


async def test_an_article_that_never_came_is_not_found(server: Any, look: Any) -> None:
    for fields in (ONE, {"outlet": "gone-paper", "item": "one"}):
        page = await look(ask(**fields))
        assert (page.status, "There is no such article here." in page.text) == (404, True)
        assert f'name="item" value="{fields["item"]}"' in page.text


async def test_what_others_wrote_is_escaped(server: Any, look: Any) -> None:
    evil = '"><script>alert(1)</script>'
    for name in ("page", "outlet", "item", "channel", "language", "subscriber"):
        for fields in ({name: evil}, ONE | {name: evil}):
            page = await look(ask(**fields))
            assert page.status in (400, 404)
            assert "<script" not in page.text
    page = await look(ask(outlet="caravan-wire", item="<b>one</b>"))
    assert (page.status, "<b>one" in page.text) == (404, False)


async def test_the_language_of_the_page_changes_and_the_question_stays(server: Any, look: Any) -> None:
    await server.push()
    page = (await look(ask(**ONE, channel="world"))).text
    assert 'href="/admin/explain?outlet=caravan-wire&amp;item=one&amp;channel=world&amp;lang=az"' in page
    assert '<input type="hidden" name="lang" value="en">' in page


def test_every_gate_is_told_in_words() -> None:
    """One that is always open or always shut needs one sentence; the desk has its own for what is held."""
    source = inspect.getsource(whereabouts)
    told = re.findall(r'Gate\(\s*"(\w+)", ([^,]+),', source)
    found = {*told, ("desk", "is_held")}
    assert len(found) > 15
    texts = find_wording("en").texts
    for name, passes in found:
        if name == "channel":
            continue  # asked of feeds that a configuration once had; here all are the configuration's
        for key, never in ((f"explain_{name}_open", "False"), (f"explain_{name}_shut", "True")):
            assert passes == never or key in texts, key
    assert {f"explain_{name}" for name in COMBINED} <= texts.keys()


WHEN = When(
    any_of=(When(genre=("<b>",)), When(no=When(outlet=("khazar-news",)))),
    all_of=(When(named=("night",)), When(origin=("machine",)), When(held=False)),
)


async def test_a_condition_is_told_with_all_that_is_inside(start: Any, server: Any, look: Any, config: Any) -> None:
    routes = (Route(name="<b>nested", when=WHEN, to=("world",), stop=True), *config.routes)
    server = await start(config=config.model_copy(update={"routes": routes}))
    await server.push()
    await server.settle()
    sent = {"Authorization": f"Bearer {await server.get_key('admin')}", "Accept": "text/html"}
    answer = await server.call("GET", ask(**ONE, channel="world"), headers=sent)
    assert (answer.status, "<b>" in answer.text) == (200, False)
    page = answer.text[answer.text.index("&lt;b&gt;nested") :]
    for said in ("all of these", "at least one of these", "not this", "the condition <code", "wanted: <span", "outlet"):
        assert said in page.partition("</details>")[0], said


@pytest.mark.parametrize("locale", LOCALES)
async def test_every_language_says_all_of_it(server: Any, look: Any, locale: str) -> None:
    await server.push(embargoedUntil="2026-11-27T12:00:00Z", edNote="sensitive")
    await server.settle()
    page = await look(ask(**ONE, subscriber="demo-newsroom", lang=locale))
    assert page.status == 200
    assert f'<html lang="{locale}"' in page.text
    assert find_wording(locale).say("explain_embargo_shut") in page.text
    for fields, key in (
        ({"item": "x"}, "explain_incomplete"),
        ({"page": "x"}, "explain_no_address"),
        (ONE | {"item": "two"}, "explain_no_article"),
        (ONE | {"channel": "x"}, "explain_refused"),
        (ONE | {"page": "/articles/a/b/en"}, "explain_two"),
    ):
        assert find_wording(locale).say(key) in unescape((await look(ask(**fields, lang=locale))).text)
