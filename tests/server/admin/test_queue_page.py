"""The queue in a page: what it shows is what the API says, and what its forms do the API does."""

import asyncio
import html
import re
from typing import Any

import orjson
import pytest

from server.jobs import KINDS
from server.keys import DATABASE
from server.pages.wording import LOCALES, find_wording
from server.store.queued import STATES
from server.store.schema import jobs

PAGE = "/admin/queue?lang=en"


@pytest.fixture
async def moody(start_moody: Any) -> Any:
    """A server that has given up a translation into Turkish; `look` looks at it."""
    server = await start_moody(1)
    async with asyncio.timeout(20):
        while not await list_given_up(server):
            await asyncio.sleep(0.02)
    return server


@pytest.fixture
def server(moody: Any) -> Any:
    return moody


async def list_given_up(server: Any) -> list[Any]:
    found: list[Any] = (await server.call("GET", "/v1/queue?state=given_up", by="admin")).json["jobs"]
    return found


async def read_log(server: Any) -> list[Any]:
    lines = (await server.call("GET", "/v1/audit?what=queue", by="admin")).body.splitlines()
    return [orjson.loads(line) for line in lines]


async def add_job(server: Any, **changes: Any) -> int:
    """A job as the table has it; how a page shows one that is hard to come by."""
    now = server.clock()
    row = {"kind": "poll", "subject": "paper", "batch": "", "owner": "", "priority": 7, "run_at": now}
    row |= {"created_at": now} | changes
    async with server.app[DATABASE].write(lazily=True) as conn:
        number = (await conn.execute(jobs.insert().values(**row))).inserted_primary_key[0]
    return int(number)


async def test_only_an_admin_gets_in(server: Any, look: Any) -> None:
    asked = await server.call("GET", "/admin/queue", headers={"Accept": "text/html"})
    assert (asked.status, "Basic realm=" in asked.headers["WWW-Authenticate"]) == (401, True)
    assert (await look("/admin/queue", by="caravan-wire")).status == 403
    (job,) = await list_given_up(server)
    assert (await look("/admin/queue", {"job": str(job["id"])}, by="caravan-wire")).status == 403
    assert await list_given_up(server) == [job]


async def test_what_was_given_up_is_shown_with_its_reason_escaped(server: Any, look: Any) -> None:
    page = await look(PAGE)
    assert page.status == 200
    assert (
        '<a href="/admin/explain?outlet=caravan-wire&amp;item=one&amp;lang=en" lang="">caravan-wire/one</a>'
        in page.text
    )
    assert "the &lt;model&gt; cannot be read" in page.text
    assert "Türkçe" in page.text
    assert re.search(r'<a href="/admin/queue\?kind=translate&amp;state=given_up&amp;lang=en">1</a>', page.text)


async def test_the_filter_shows_what_it_names(server: Any, look: Any) -> None:
    assert "caravan-wire/one" in (await look(f"{PAGE}&kind=translate&state=given_up")).text
    page = (await look(f"{PAGE}&kind=translate&state=later")).text
    assert "caravan-wire/one" not in page
    assert "There are no such jobs." in page
    assert '<option value="later" selected>' in page
    assert 'href="/admin/queue?kind=translate&amp;state=later&amp;lang=tr"' in page  # another language, the same jobs
    assert "caravan-wire/one" in (await look(f"{PAGE}&kind=&state=")).text  # as a form is sent that asks for all
    assert (await look(f"{PAGE}&state=unheard")).status == 400
    assert (await look(f"{PAGE}&kind=%3Cb%3E")).status == 400


async def test_one_is_tried_again_and_the_page_says_so(server: Any, look: Any, moody_engine: Any) -> None:
    (job,) = await list_given_up(server)
    moody_engine.is_well = True
    action = html.unescape(
        re.findall(r'method="post" action="([^"]+)"', (await look(f"{PAGE}&state=given_up")).text)[-1]
    )
    answer = await look(action, {"job": str(job["id"])})
    assert (answer.status, answer.headers["Location"]) == (303, "/admin/queue?done=one&state=given_up&lang=en")
    await server.settle()
    assert await list_given_up(server) == []
    assert 'class="done" role="status"' in (await look(answer.headers["Location"])).text
    (line,) = await read_log(server)
    assert (line["what"], line["who"], line["subject"]) == ("queue.retry", "admin", f"translate {job['id']}")
    again = await look(action, {"job": str(job["id"])})
    assert (again.status, 'class="refused" role="alert"' in again.text) == (404, True)
    assert len(await read_log(server)) == 1


async def test_all_of_a_kind_are_tried_again(server: Any, look: Any, moody_engine: Any) -> None:
    moody_engine.is_well = True
    answer = await look(PAGE, {"kind": "translate"})
    assert (answer.status, answer.headers["Location"]) == (303, "/admin/queue?done=all&lang=en")
    await server.settle()
    assert await list_given_up(server) == []
    assert len(await read_log(server)) == 1
    assert "done=none" in (await look(PAGE, {"kind": "translate"})).headers["Location"]
    for wrong in ({"kind": ""}, {"kind": "<b>"}, {"job": "x"}, {}, {"job": "1", "more": "1"}):
        assert (await look(PAGE, wrong)).status == 400, wrong


async def test_one_that_runs_is_left_alone(server: Any, look: Any) -> None:
    later = server.clock.now.replace(year=2027)
    number = await add_job(server, lease_until=later, claimed_by="<worker>")
    refused = await look(PAGE, {"job": str(number)})
    assert (refused.status, "running right now" in refused.text) == (409, True)
    assert "&lt;worker&gt;" in refused.text
    assert f'name="job" value="{number}"' not in refused.text


async def test_a_long_queue_is_shown_page_by_page(server: Any, look: Any) -> None:
    later = server.clock.now.replace(year=2027)
    numbers = [await add_job(server, subject=f"paper-{number}", run_at=later) for number in range(101)]
    first = (await look(f"{PAGE}&kind=poll")).text
    following = html.unescape(re.findall(r'href="([^"]+)" rel="next"', first)[0])
    second = (await look(following)).text
    shown = [re.findall(r'name="job" value="(\d+)"', page) for page in (first, second)]
    assert [int(one) for page in shown for one in page] == numbers
    assert 'rel="next"' not in second
    assert 'href="/admin/queue?kind=poll&amp;lang=en"' in second


async def test_no_text_of_the_address_is_shown(server: Any, look: Any) -> None:
    page = (await look(f"{PAGE}&done=%3Cb%3Eyours")).text
    assert "yours" not in page
    assert 'class="done"' not in page


@pytest.mark.parametrize("locale", LOCALES)
async def test_every_language_says_all_of_it(server: Any, look: Any, locale: str) -> None:
    now = server.clock.now
    later = now.replace(year=2027)
    for kind in ("settle", "media", "turn", "fan-out", "deliver", "verify", "deny", "poll", "subscribe"):
        subject = "1" if kind in ("settle", "turn") else "x"
        await add_job(server, kind=kind, subject=subject, given_up_at=now, error="<broken>", attempts=3)
    await add_job(server, subject="b", run_at=later, attempts=1)
    await add_job(server, subject="c", run_at=later)
    await add_job(server, subject="d", lease_until=later, claimed_by="w")
    page = await look(f"/admin/queue?lang={locale}&done=one")
    assert page.status == 200
    assert f'<html lang="{locale}"' in page.text
    assert "&lt;broken&gt;" in page.text
    assert find_wording(locale).say("queue_subscription", number="x") in page.text
    assert (await look(f"/admin/queue?lang={locale}", {"job": "1000000"})).status == 404


@pytest.mark.parametrize("locale", LOCALES)
def test_every_kind_and_state_has_a_name(locale: str) -> None:
    wording = find_wording(locale)
    names = [wording.say(f"queue_kind_{kind.replace('-', '_')}") for kind in KINDS]
    names += [wording.say(f"queue_state_{state}") for state in STATES]
    assert len(set(names)) == len(KINDS) + len(STATES)
