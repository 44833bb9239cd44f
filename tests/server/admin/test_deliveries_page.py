"""Deliveries and sources in a page: what it shows is what the API says, and what its forms do the API does."""

import asyncio
import html
import re
from dataclasses import dataclass
from typing import Any, get_args

import orjson
import pytest
from aiohttp import web

from server.config import Destination, Source
from server.keys import DATABASE
from server.pages.wording import LOCALES, find_wording
from server.store.deliveries import Outcome
from server.store.delivery_schema import dead_letters, subscriptions
from server.store.source_pushes import PushState
from server.store.source_schema import sources
from server.store.sources import SourceState, WalkState
from server.store.subscriptions import Kind, SubscriptionState

PAGE = "/admin/deliveries?lang=en"
KEY = "a key that both sides know"
BROKEN = b"<rss version='2.0'><channel><title>Paper</title><item><title></title></item></channel></rss>"


@dataclass
class Far:
    """A newsroom that answers pushes, and a paper that is read."""

    base: str = ""
    status: int = 422
    pushed: int = 0
    asked: int = 0

    async def take(self, request: web.Request) -> web.Response:
        if request.method == "POST":
            self.pushed += 1
            return web.Response(status=self.status)
        self.asked += 1
        return web.Response(body=BROKEN, content_type="application/rss+xml")


@pytest.fixture
async def far(open_site: Any) -> Far:
    one, app = Far(), web.Application()
    app.router.add_route("*", "/{path:.*}", one.take)
    one.base = await open_site(app)
    return one


@pytest.fixture
async def server(start: Any, config: Any, far: Far) -> Any:
    """One destination that has refused an article, one source that was read."""
    desk = Destination(
        url=f"{far.base}/in", channels=("world",), languages=("en",), key=KEY, subscriber="demo-newsroom"
    )
    paper = Source(url=(f"{far.base}/feed.xml?a=1&b=<2>",), outlet="caravan-wire")
    changes = {
        "outbound": config.outbound.model_copy(update={"allow": ("127.0.0.1",)}),
        "translation": config.translation.model_copy(update={"engine": "off"}),
        "destinations": {"desk": desk},
        "sources": {"paper": paper},
    }
    one = await start(config=config.model_copy(update=changes))
    await one.push()
    async with asyncio.timeout(20):
        while not await list_letters(one):
            await asyncio.sleep(0.02)
    await one.settle()
    return one


async def list_letters(server: Any) -> list[Any]:
    found: list[Any] = (await server.call("GET", "/v1/dead-letters", by="admin")).json
    return found


async def read_log(server: Any, what: str) -> list[Any]:
    lines = (await server.call("GET", f"/v1/audit?what={what}", by="admin")).body.splitlines()
    return [orjson.loads(line) for line in lines]


async def change(server: Any, table: Any, **values: Any) -> None:
    async with server.app[DATABASE].write(lazily=True) as conn:
        await conn.execute(table.update().values(**values))


async def add_letters(server: Any, number: int) -> None:
    rows = [
        {"subscription_id": 1, "article_id": None, "language": f"x-{one}", "change": one, "error": "<lost>"}
        | {"at": server.clock.now, "status": None, "retried_at": None}
        for one in range(number)
    ]
    async with server.app[DATABASE].write(lazily=True) as conn:
        await conn.execute(dead_letters.insert(), rows)


async def test_only_an_admin_gets_in(server: Any, look: Any, far: Far) -> None:
    asked = await server.call("GET", "/admin/deliveries", headers={"Accept": "text/html"})
    assert (asked.status, "Basic realm=" in asked.headers["WWW-Authenticate"]) == (401, True)
    assert (await look(PAGE, by="caravan-wire")).status == 403
    assert (await look(PAGE, {"source": "paper"}, by="caravan-wire")).status == 403
    assert await read_log(server, "source.poll") == []


async def test_who_gets_pushes_what_was_refused_and_what_is_read_is_shown(server: Any, look: Any, far: Far) -> None:
    page = await look(PAGE)
    assert page.status == 200
    assert (
        '<a href="/admin/explain?outlet=caravan-wire&amp;item=one&amp;lang=en" lang="">caravan-wire/one</a>'
        in page.text
    )
    assert "it answered 422" in page.text
    assert f"{far.base}/in" in page.text
    assert f"{far.base}/feed.xml?a=1&amp;b=&lt;2&gt;" in page.text
    assert KEY not in page.text
    assert "readings: 1" in page.text


async def test_what_was_tried_is_shown_of_each(server: Any, look: Any, far: Far) -> None:
    (letter,) = await list_letters(server)
    page = (await look(PAGE)).text
    closer = html.unescape(re.findall(r'<th scope="row"><a href="([^"]+)">destination', page)[0])
    assert closer == f"/admin/deliveries/{letter['subscription']}?lang=en"
    shown = (await look(closer)).text
    assert re.search(r"</span> refused</td>.*</span> 1</td>.*</span> 422 ", shown, re.DOTALL)
    assert f'href="/admin/deliveries?subscription={letter["subscription"]}&amp;lang=en#letters"' in shown
    assert KEY not in shown
    far.status = 204
    await look(PAGE, {"letter": str(letter["id"])})
    await server.settle()
    shown = (await look(closer)).text
    assert shown.index("</span> delivered</td>") < shown.index("</span> refused</td>")
    assert "#letters" not in shown
    assert (await look("/admin/deliveries/99")).status == 404
    assert (await look("/admin/deliveries/" + "9" * 30)).status == 404


def test_every_outcome_has_words() -> None:
    for locale in LOCALES:
        for outcome in get_args(Outcome):
            assert find_wording(locale).say(f"deliveries_outcome_{outcome}")


async def test_what_was_refused_is_sent_again(server: Any, look: Any, far: Far) -> None:
    (letter,) = await list_letters(server)
    far.status = 204
    page = (await look(f"{PAGE}&subscription={letter['subscription']}")).text
    action = html.unescape(re.findall(r'method="post" action="([^"]+)"', page)[0])
    answer = await look(action, {"letter": str(letter["id"])})
    assert answer.status == 303
    assert answer.headers["Location"] == f"/admin/deliveries?done=sent&subscription={letter['subscription']}&lang=en"
    await server.settle()
    assert (far.pushed, await list_letters(server)) == (2, [])
    assert 'class="done" role="status"' in (await look(answer.headers["Location"])).text
    (line,) = await read_log(server, "delivery.retry")
    assert (line["who"], line["before"]["error"]) == ("admin", "it answered 422")
    again = await look(action, {"letter": str(letter["id"])})
    assert (again.status, 'class="refused" role="alert"' in again.text) == (404, True)


async def test_what_cannot_be_sent_again_says_why(server: Any, look: Any) -> None:
    (letter,) = await list_letters(server)
    await change(server, subscriptions, state="denied", reason="<nobody> reads it", ended_at=server.clock.now)
    refused = await look(PAGE, {"letter": str(letter["id"])})
    assert (refused.status, 'class="refused" role="alert"' in refused.text) == (409, True)
    assert "&lt;nobody&gt; reads it" in refused.text
    assert "caravan-wire/one" in refused.text
    assert await read_log(server, "delivery.retry") == []


async def test_a_source_is_read_now(server: Any, look: Any, far: Far) -> None:
    before = far.asked
    answer = await look(PAGE, {"source": "paper"})
    assert (answer.status, answer.headers["Location"]) == (303, "/admin/deliveries?done=read&lang=en")
    await server.settle()
    assert far.asked == before + 1
    assert "readings: 2" in (await look(answer.headers["Location"])).text
    (line,) = await read_log(server, "source.poll")
    assert (line["who"], line["subject"], line["outlet"]) == ("admin", "paper", "caravan-wire")
    refused = await look(PAGE, {"source": "<b>"})
    assert (refused.status, "<b>" not in refused.text, "&lt;b&gt;" in refused.text) == (404, True, True)


async def test_a_source_that_is_gone_has_no_button(server: Any, look: Any) -> None:
    await change(server, sources, state="gone", reason="its feeds are gone for good (410)")
    assert 'name="source"' not in (await look(PAGE)).text
    assert (await look(PAGE, {"source": "paper"})).status == 404


async def test_the_filter_shows_what_it_names(server: Any, look: Any) -> None:
    page = (await look(f"{PAGE}&state=denied")).text
    assert "There are none of these." in page
    assert '<option value="denied" selected>' in page
    assert "There are none of these." not in (await look(f"{PAGE}&state=")).text
    assert "caravan-wire/one" not in (await look(f"{PAGE}&subscription=7")).text
    for wrong in ("state=unheard", "after=x", "letters_after=-1", "subscription=%3Cb%3E"):
        assert (await look(f"{PAGE}&{wrong}")).status == 400


async def test_what_no_form_of_ours_says_changes_nothing(server: Any, look: Any, far: Far) -> None:
    before = far.asked, far.pushed
    for wrong in (
        {},
        {"letter": "x"},
        {"letter": "1", "source": "paper"},
        {"letter": "1", "more": "1"},
        {"source": "\0"},
    ):
        assert (await look(PAGE, wrong)).status == 400, wrong
    await server.settle()
    assert (far.asked, far.pushed) == before


async def test_a_long_list_is_shown_part_by_part(server: Any, look: Any) -> None:
    await add_letters(server, 520)
    first = (await look(PAGE)).text
    following = html.unescape(re.findall(r'href="([^"]+)#letters" rel="next"', first)[0])
    second = (await look(following)).text
    shown = [int(one) for page in (first, second) for one in re.findall(r'name="letter" value="(\d+)"', page)]
    assert (len(shown), shown) == (521, sorted(set(shown)))
    assert 'rel="next"' not in second


async def test_no_text_of_the_address_is_shown(server: Any, look: Any) -> None:
    page = (await look(f"{PAGE}&done=%3Cb%3Eyours")).text
    assert "yours" not in page
    assert 'class="done"' not in page


@pytest.mark.parametrize("locale", LOCALES)
async def test_every_language_says_all_of_it(server: Any, look: Any, locale: str) -> None:
    now = server.clock.now
    await add_letters(server, 1)
    await change(server, dead_letters, retried_at=now)
    told = {"failures": 3, "error": "<down>", "lease_until": now, "heard_at": now, "attempted_at": now, "retry_at": now}
    await change(server, subscriptions, **told)
    faults = orjson.dumps([{"feed": "x", "id": "<id>", "faults": [{"pointer": "/a", "detail": "is <odd>"}]}]).decode()
    await change(server, sources, failures=2, error="<broken>", faults=faults)
    page = await look(f"/admin/deliveries?lang={locale}&done=sent&subscription=1")
    assert page.status == 200
    assert f'<html lang="{locale}"' in page.text
    for text in ("&lt;lost&gt;", "&lt;down&gt;", "&lt;broken&gt;", "&lt;id&gt;", "is &lt;odd&gt;"):
        assert text in page.text, text
    assert (await look(f"/admin/deliveries?lang={locale}", {"letter": "1000000"})).status == 404


@pytest.mark.parametrize("locale", LOCALES)
def test_every_state_has_a_name(locale: str) -> None:
    wording = find_wording(locale)
    made = [("kind", Kind), ("state", SubscriptionState), ("source_state", SourceState), ("older", WalkState)]
    for group, states in [*made, ("push", PushState)]:
        names = [wording.say(f"deliveries_{group}_{state}") for state in get_args(states) if state != "leaving"]
        assert len(set(names)) == len(names)
