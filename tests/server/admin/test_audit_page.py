"""The audit log in a page: the newest first, filtered as the API filters, and the API's file beside it."""

import html
import re
from pathlib import Path
from typing import Any

import orjson
import pytest

import server as package
from server import audit
from server.admin.audit import list_facts
from server.keys import DATABASE
from server.pages.wording import LOCALES, find_wording

PAGE = "/admin/audit?lang=en"


@pytest.fixture
def server(quiet: Any) -> Any:
    return quiet


async def add_lines(server: Any, number: int, **said: Any) -> None:
    async with server.app[DATABASE].write(lazily=True) as conn:
        for one in range(number):
            await audit.note(
                conn, said.get("what", "article.push"), f"x/{one}", server.clock(), after=said.get("after")
            )


def list_subjects(page: str) -> list[str]:
    """Of each entry, in their order."""
    return re.findall(r'</a>\n<span lang="">([^<]*)</span>', page)


async def test_only_an_admin_gets_in(server: Any, look: Any) -> None:
    asked = await server.call("GET", "/admin/audit", headers={"Accept": "text/html"})
    assert (asked.status, "Basic realm=" in asked.headers["WWW-Authenticate"]) == (401, True)
    assert (await look(PAGE, by="caravan-wire")).status == 403
    assert (await look(PAGE, {"who": "x"})).status == 405


async def test_who_did_what_is_shown_with_the_newest_first(server: Any, look: Any) -> None:
    await server.push(headline="A first headline of an article about trade")
    await server.push(headline="A second headline of an article about trade")
    await server.push("two", by="khazar-news")
    page = (await look(PAGE)).text
    assert list_subjects(page) == ["khazar-news/two", "caravan-wire/one", "caravan-wire/one"]
    assert "article sent:" in page
    rows = page.split("<tr>")
    assert '<span lang="en">version</span>: <span lang="">1</span>' in rows[3].partition("<td>")[2]
    assert '<span lang="en">version</span>: <span lang="">2</span>' in rows[3]
    assert "2026-11-26T12:00" in rows[3]


async def test_the_filters_are_those_of_the_api(server: Any, look: Any, clock: Any) -> None:
    for item in ("one", "two", "three"):
        await server.push(item)
        clock.pass_time(minutes=1)
    await server.push("four", by="khazar-news")
    everything = ["khazar-news/four", "caravan-wire/three", "caravan-wire/two", "caravan-wire/one"]
    for query, wanted in {
        "who=khazar-news": everything[:1],
        "outlet=caravan-wire": everything[1:],
        "what=article": everything,
        "what=art": [],
        "who=&what=&outlet=&since=&until=": everything,  # as a form is sent that asks for all
        "since=2026-11-26T12:00:30&until=2026-11-26T12:02:30": everything[1:3],
        "since=2026-11-26": everything,
        "until=2026-11-26": [],
        "since=2026-11-26T14:00:30%2B02:00": everything[:3],
    }.items():
        page = (await look(f"{PAGE}&{query}")).text
        assert list_subjects(page) == wanted, query
        assert ("There are no such entries." in page) is not wanted, query
        if wanted:
            export = html.unescape(re.findall(r'href="([^"]+)" download', page)[0])
            lines = (await server.call("GET", export, by="admin")).body.splitlines()
            assert [orjson.loads(line)["subject"] for line in lines] == wanted[::-1], query


async def test_a_name_in_an_entry_narrows_what_is_shown(server: Any, look: Any) -> None:
    await server.push()
    await server.push("two", by="khazar-news")
    page = (await look(f"{PAGE}&what=article&since=2026-11-26T14:00%2B02:00")).text
    narrower = "/admin/audit?who=khazar-news"
    (address,) = {
        html.unescape(one) for one in re.findall(r'href="([^"]+)" lang="">khazar-news</a>', page) if "who=" in one
    }
    assert "what=article" in address
    assert list_subjects((await look(address)).text) == ["khazar-news/two"]
    assert list_subjects((await look(narrower)).text) == ["khazar-news/two"]


async def test_what_was_typed_stays_in_the_form(server: Any, look: Any) -> None:
    await server.push()
    typed = "who=%3Cme%3E&what=article&outlet=x&since=2026-11-26&until=the%20%3Cday%3E%20before"
    refused = await look(f"{PAGE}&{typed}")
    assert (refused.status, 'class="refused" role="alert"' in refused.text) == (400, True)
    for said in ("&lt;me&gt;", "article", "x", "2026-11-26", "the &lt;day&gt; before"):
        assert f'value="{said}"' in refused.text, said
    assert list_subjects(refused.text) == []
    assert "download=" not in refused.text
    good = (await look(f"{PAGE}&since=2026-11-26&until=2026-11-26T16:00:30%2B04:00")).text
    assert 'name="since" value="2026-11-26T00:00:00"' in good
    assert 'name="until" value="2026-11-26T12:00:30"' in good
    for wrong in ("x", "-1", "0", "1.5"):
        assert (await look(f"{PAGE}&before={wrong}")).status == 400


async def test_a_long_log_is_shown_page_by_page(server: Any, look: Any) -> None:
    await add_lines(server, 120)
    await add_lines(server, 1, what="media.put")
    pages = [(await look(f"{PAGE}&what=article")).text]
    while following := re.findall(r'href="([^"]+)" rel="next"', pages[-1]):
        await add_lines(server, 1)  # what comes meanwhile moves nothing
        pages.append((await look(html.unescape(following[0]))).text)
    assert [len(list_subjects(page)) for page in pages] == [50, 50, 20]
    assert [one for page in pages for one in list_subjects(page)] == [f"x/{one}" for one in reversed(range(120))]
    assert 'href="/admin/audit?what=article&amp;lang=en"' in pages[1]


async def test_no_text_of_others_is_taken_for_html(server: Any, look: Any) -> None:
    await add_lines(server, 1, what="odd.<b>thing", after={"<name>": "<value>", "inside": {"<deep>": ["<list>"]}})
    page = (await look(f"{PAGE}&who=karvan")).text
    for text in ("&lt;b&gt;thing", "&lt;name&gt;", "&lt;value&gt;", "inside.&lt;deep&gt;", "&lt;list&gt;"):
        assert text in page, text
    for text in ("<b>", "<name>", "<value>", "<deep>", "<list>"):
        assert text not in page, text


def test_facts_are_told_one_by_one() -> None:
    said = {"scopes": ["read", "push"], "label": None, "on": True, "counts": {"new": 2, "of": {"a": {"b": {"c": 1}}}}}
    assert [tuple(fact) for fact in list_facts(said)] == [
        ("scopes", "read, push"),
        ("label", ""),
        ("on", True),
        ("counts.new", "2"),
        ("counts.of.a", "b: c: 1"),
    ]
    assert list_facts(None) == ()


def test_everything_that_is_written_down_has_words() -> None:
    folder = Path(package.__file__).parent
    sources = "\n".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.py"))
    noted = set(re.findall(r"\bnote\(\s*conn,\s*\"([a-z]+\.[a-z]+)\"", sources))
    noted |= set(re.findall(r"\"((?:article|key|version)\.(?:push|kill|put|issue|rotate|revoke))\"", sources))
    noted |= {f"desk.{action}" for action in ("release", "reject", "ask")}
    assert {"article.kill", "queue.retry", "key.rotate", "media.put"} <= noted
    known = find_wording("en").texts
    assert {one for one in noted if f"audit_did_{one.replace('.', '_')}" not in known} == set()


@pytest.mark.parametrize("locale", LOCALES)
async def test_every_language_says_all_of_it(server: Any, look: Any, locale: str) -> None:
    await server.push(version="2")
    await server.push(version="1", headline="An older headline of an article about trade")
    await server.call("DELETE", "/v1/articles/caravan-wire/one", by="caravan-wire")
    await server.push(version="3", headline="A newer headline of an article about trade")
    await add_lines(server, 60, after={"yes": True, "no": False, "nothing": None})
    wording = find_wording(locale)
    page = await look(f"/admin/audit?lang={locale}")
    older = await look(html.unescape(re.findall(r'href="([^"]+)" rel="next"', page.text)[0]))
    assert (page.status, older.status) == (200, 200)
    assert f'<html lang="{locale}"' in page.text
    for key in ("yes", "no", "role_server", "did_article_push", "following", "export"):
        assert wording.say(f"audit_{key}") in page.text, key
    for key in ("outcome_late", "outcome_refused", "role_outlet", "did_article_kill", "first"):
        assert wording.say(f"audit_{key}") in older.text, key
    assert (await look(f"/admin/audit?lang={locale}&since=x")).status == 400
    assert wording.say("audit_none") in (await look(f"/admin/audit?lang={locale}&who=x")).text
