"""The notice in place of an article that was withdrawn: in the language asked for, whatever there was in it."""

import pytest
from lxml import html

from feeds.withdrawal import TITLES
from server.pages import LOCALES


async def kill(server, item: str = "one") -> None:
    answer = await server.call(
        "DELETE", f"/v1/articles/caravan-wire/{item}", by="caravan-wire", json={"reason": "wrong"}
    )
    assert answer.status == 200


@pytest.mark.parametrize("language", LOCALES)
async def test_an_article_killed_before_it_was_translated_says_so_in_the_language_asked_for(start, language):
    server = await start(with_worker=False)
    await server.push()
    await kill(server)
    answer = await server.call("GET", f"/articles/caravan-wire/one/{language}", headers={"Accept-Language": "en"})
    page = html.document_fromstring(answer.body)
    assert answer.status == 410
    assert page.get("lang") == language
    assert page.xpath("string(//article/h1)") == TITLES[language]
    assert page.xpath("string(//article/@lang)") == language
    assert "ministers" not in answer.text


async def test_a_language_that_there_is_not_here_is_answered_in_that_of_the_pages(start):
    server = await start(with_worker=False)
    await server.push()
    await kill(server)
    for tag in ("ka", "no tag"):
        answer = await server.call("GET", f"/articles/caravan-wire/one/{tag}", headers={"Accept": "text/html"})
        assert answer.status == 410
        assert html.document_fromstring(answer.body).xpath("string(//h1)") == "Withdrawn"


async def test_nobody_is_told_of_a_withdrawal_of_what_was_never_out(start):
    server = await start(with_worker=False)
    await server.push(embargoedUntil="2026-11-27T12:00:00Z")
    await kill(server)
    for language in LOCALES:
        assert (await server.call("GET", f"/articles/caravan-wire/one/{language}")).status == 404
