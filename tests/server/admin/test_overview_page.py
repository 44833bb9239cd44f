"""The first page of admins: calm where all is well, else the worst first, each with where something can be done."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from server import jobs
from server.admin import pages
from server.admin.overview import LATE, State, list_concerns
from server.config import Route, Source, When
from server.configfile import ConfigFault
from server.configfile.live import Live, Refusal, Version
from server.gauges import KEPT, Sight
from server.keys import DATABASE, GAUGES, LIVE, RELOADER
from server.pages.wording import LOCALES, find_wording
from server.reloading.parts import make_etag
from server.store.articles import find_article
from server.store.figures import Figures
from server.store.proposals import save_proposal
from server.store.sources import find_source, save_source
from server.translation import Impossible, list_sources, pick_source
from translators import Direction
from translators.pseudo import PseudoTranslator

PAGE = "/admin?lang=en"
NONE = dict.fromkeys(jobs.KINDS, 0)
FAULTS = (ConfigFault("config.toml:7:3", ("routes", 0, "to"), "there is no channel <b>'x'", 7, 3),)
LANGUAGES = ("az", "en", "ru", "tr", "zh")
SOURCES = {
    "paper": Source(url=("https://paper.example/feed",), outlet="caravan-wire"),
    "old": Source(url=("https://old.example/feed",), outlet="khazar-news"),
    "well": Source(url=("https://well.example/feed",), outlet="khazar-news"),
}
CALM = Figures(
    due=NONE | {"translate": 3},
    oldest={},
    given_up=NONE,
    versions=dict.fromkeys(("pending", "held", "failed", "stale"), 0),
    articles_held=0,
    subscriptions={("destination", "live"): 3, ("hub", "expired"): 2},
    dead_letters=0,
    notices=0,
    sources={},
)


def make_trouble(now: datetime) -> Figures:
    return replace(
        CALM,
        due=NONE | dict.fromkeys(jobs.KINDS, 2) | {"translate": 40},
        oldest={"translate": now - LATE, "deliver": now - LATE / 2},
        given_up=NONE | dict.fromkeys(jobs.KINDS, 1) | {"fan-out": 3},
        versions=CALM.versions | {"pending": 5, "failed": 6},
        subscriptions={("destination", "failing"): 7, ("hub", "failing"): 1, ("hub", "gone"): 90},
        dead_letters=11,
        notices=12,
    )


@pytest.fixture
async def server(start: Any, config: Any) -> Any:
    """A server with sources, and a route that holds articles. Nothing works there: what is, was pushed."""
    hold = Route(name="sensitive", when=When(ed_note=("sensitive",)), hold=True)
    changed = {"routes": (hold, *config.routes), "sources": SOURCES}
    return await start(config=config.model_copy(update=changed), with_worker=False)


async def make_all_wrong(server: Any) -> None:
    """All that the page knows of: some of it is hard to come by."""
    live, now = server.app[LIVE], server.clock.now
    live.refusal, live.restart = Refusal(now, FAULTS), ("server.port", "server.host")
    await server.push(edNote="sensitive")
    async with server.app[DATABASE].write() as conn:
        for name, changes in (
            ("paper", {"failures": 2, "error": "<i>503", "succeeded_at": now}),
            ("old", {"state": "gone", "reason": "answers 410"}),
        ):
            row = await find_source(conn, name)
            await save_source(conn, replace(row, **changes))
        etag = make_etag(server.app[RELOADER].part)
        for expires_in in (timedelta(days=1), timedelta()):  # one is over
            await save_proposal(conn, "x", etag, "+x", "leyla", "", now, now + expires_in)
    server.app[GAUGES]._last = Sight(server.clock.now, make_trouble(now), {}, 0)


def list_said(page: str) -> list[str]:
    return re.findall(r"<p><strong>([^<]*)</strong></p>", page)


async def test_a_proposal_that_waits_behind_many_others_is_told_of(server: Any, look: Any) -> None:
    now, etag = server.clock.now, make_etag(server.app[RELOADER].part)
    async with server.app[DATABASE].write() as conn:
        for expires_in in (timedelta(days=1), *[timedelta()] * 30):
            await save_proposal(conn, "x", etag, "+x", "leyla", "", now, now + expires_in)
    said = find_wording("en").say("overview_proposals", number=1)
    assert said in list_said((await look(PAGE)).text)


async def test_only_an_admin_gets_in(server: Any, look: Any) -> None:
    asked = await server.call("GET", "/admin", headers={"Accept": "text/html"})
    assert (asked.status, "Basic realm=" in asked.headers["WWW-Authenticate"]) == (401, True)
    assert (await look("/admin", by="caravan-wire")).status == 403


async def test_every_page_leads_admins_here(server: Any) -> None:
    page = (await server.call("GET", "/?lang=en")).text
    assert '<a href="https://karvan.example/admin" rel="nofollow">For admins</a>' in page


async def test_a_fresh_server_shows_a_calm_page(server: Any, look: Any) -> None:
    page = await look(PAGE)
    assert page.status == 200
    assert "All is well: nothing needs you now." in page.text
    assert list_said(page.text) == []
    assert "Articles of the last 24 hours: 0" in page.text


async def test_the_articles_of_a_day_are_counted_by_outlet_silent_ones_too(server: Any, look: Any) -> None:
    await server.push()
    await server.push(headline="The ministers will meet on Sunday in the capital")  # the same once more
    await server.push("two")
    await server.push("three", by="khazar-news")
    page = (await look(PAGE)).text
    assert "Articles of the last 24 hours: 3" in page
    rows = re.findall(r'/outlets/([a-z-]+)\?lang=en"[^>]*>[^<]+</a></th><td><span[^>]*>[^<]*</span> (\d+)<', page)
    assert rows[:2] == [("caravan-wire", "2"), ("khazar-news", "1")]
    assert dict(rows[2:]) == dict.fromkeys(("silk-road-daily", "bosphorus-post", "steppe-herald"), "0")
    server.clock.pass_time(hours=25)
    assert "Articles of the last 24 hours: 0" in (await look(PAGE)).text


async def test_all_that_is_wrong_is_told_the_worst_first(server: Any, look: Any) -> None:
    await make_all_wrong(server)
    page = (await look(PAGE)).text
    assert list_said(page) == [
        "The configuration file is refused. What was in force before stays in force until the file is put right.",
        "Work given up after many tries: 12",
        "Recipients that cannot be reached now: 8",
        "Not delivered: 11",
        "Corrections and withdrawals that were not acknowledged: 12",
        "The source “paper” (caravan-wire) cannot be read. The server keeps trying.",
        "The source “old” (khazar-news) is gone and is not read any more. Change its address in the configuration.",
        "Work that is late: 40",
        "Takes effect only when the server is restarted: server.port, server.host",
        "Changes that wait for a second admin: 1",
        "Texts that wait for an editor: 1",
    ]
    assert 'Line 7: <code lang="en">routes.0.to</code> <span lang="en">there is no channel &lt;b&gt;' in page
    assert "&lt;i&gt;503" in page
    assert "All is well" not in page
    assert "Texts waiting for translation: 5; texts that could not be translated: 6" in page


async def test_every_link_leads_to_a_page_that_there_is(server: Any, look: Any) -> None:
    await make_all_wrong(server)
    page = (await look(PAGE)).text
    links = set(re.findall(r'<p><a href="(/[^"]+)">', page))
    known = {name: f"/admin/{name}" for name in pages.SECTIONS}
    assert {link.partition("?")[0] for link in links} == {"/channels/desk/en"} | {
        known[name] for name in ("routing", "queue", "deliveries") if name in known
    }
    for link in links:
        assert (await look(link.replace("&amp;", "&"))).status == 200, link
    assert "/admin/queue?state=given_up&amp;lang=en" in links


async def test_what_waits_on_the_desk_is_counted_as_the_desk_shows_it(server: Any, look: Any) -> None:
    for item in ("one", "two"):
        await server.push(item, edNote="sensitive")
        server.clock.pass_time(hours=1)
    held = (await server.call("GET", "/v1/desk", by="admin")).json["held"]
    page = (await look(PAGE)).text
    assert "Texts that wait for an editor: 2" in page
    assert len(held) == 2
    assert re.search(r'Since <time datetime="2026-11-26T12:00:0\dZ">', page)
    await server.call("DELETE", "/v1/articles/caravan-wire/one", by="caravan-wire", json={"reason": "wrong"})
    later = (await look(PAGE)).text
    assert "Texts that wait for an editor: 1" in later
    assert re.search(r'Since <time datetime="2026-11-26T13:00:0\dZ">', later)


class Stammering(PseudoTranslator):
    """Says Turkish sentences six times over: they wait at the desk."""

    def _render(self, text: str, direction: Any) -> str:
        return " ".join([super()._render(text, direction)] * (6 if direction.target == "tr" else 1))


async def test_a_machines_text_that_is_held_is_one_of_them(start: Any, config: Any, look: Any) -> None:
    server = await start(translator=Stammering(), config=config)
    await server.push()
    await server.settle()
    held = (await server.call("GET", "/v1/desk", by="admin")).json["held"]
    assert [one["language"] for one in held] == ["tr"]
    sent = {"Authorization": f"Bearer {await server.get_key('admin')}", "Accept": "text/html"}
    assert "Texts that wait for an editor: 1" in (await server.call("GET", PAGE, headers=sent)).text


async def test_a_database_that_does_not_answer_is_the_first_thing_said(server: Any, look: Any) -> None:
    await look(PAGE)
    server.app[GAUGES]._last = Sight(server.clock.now, None, {}, 0)
    page = await look(PAGE)
    assert (page.status, list_said(page.text)[0][:30]) == (200, "The database does not answer. ")
    assert "Articles of the last" not in page.text
    server.clock.pass_time(seconds=KEPT.total_seconds() + 1)
    assert "All is well" in (await look(PAGE)).text


async def test_what_is_late_is_not_what_waits_its_turn(server: Any, config: Any) -> None:
    now = server.clock.now

    def say(figures: Figures) -> Sequence[str]:
        return [one.say for one in list_concerns(State(now, Live(Version(config)), Sight(now, figures, {}, 0)))]

    waiting = replace(CALM, oldest={"translate": now - LATE + timedelta(seconds=1)})
    assert say(waiting) == []
    assert say(replace(waiting, oldest={"translate": now - LATE})) == ["overview_late"]


DIRECTIONS = (Direction("az", "en"), Direction("en", "tr"), Direction("ru", "tr"))


async def test_languages_say_from_which_they_can_be_made(start: Any, server: Any, look: Any) -> None:
    server = await start(translator=PseudoTranslator(directions=DIRECTIONS), with_worker=False)
    headers = {"Authorization": f"Bearer {await server.get_key('admin')}", "Accept": "text/html"}
    page = (await server.call("GET", PAGE, headers=headers)).text
    row = re.search(r'<tr><th scope="row" lang="tr">.*?</tr>', page, re.DOTALL)
    assert row is not None
    cells = [re.findall(r'lang="(\w+)"', cell) for cell in row[0].split("<td>")[1:]]
    assert cells == [["az", "en", "ru"], ["zh"]]


async def test_a_way_is_one_that_the_next_article_takes(server: Any) -> None:
    await server.push()
    async with server.app[DATABASE].read() as conn:
        english = await find_article(conn, "caravan-wire", "one")
    for directions in (DIRECTIONS, DIRECTIONS[:1], ()):
        for pivot in ("en", "ru"):
            for source in LANGUAGES:
                head = replace(english.head, article=replace(english.head.article, language=source))
                article = replace(english, head=head)
                for target in LANGUAGES:
                    if source == target:
                        continue
                    found = pick_source(article, {}, target, directions, pivot)
                    is_way = source in list_sources(target, LANGUAGES, directions, pivot)
                    assert is_way != isinstance(found, Impossible), (source, target, pivot)


@pytest.mark.parametrize("locale", LOCALES)
async def test_every_language_says_all_of_it(server: Any, look: Any, locale: str) -> None:
    await make_all_wrong(server)
    page = await look(f"/admin?lang={locale}")
    assert (page.status, len(list_said(page.text))) == (200, 11)
    assert f'<html lang="{locale}"' in page.text
    for key in ("overview_refused", "overview_arrivals_help", "overview_languages_help", "overview_go"):
        assert find_wording(locale).say(key) in page.text
    server.app[GAUGES]._last = Sight(server.clock.now, None, {}, 0)
    assert find_wording(locale).say("overview_database") in (await look(f"/admin?lang={locale}")).text
