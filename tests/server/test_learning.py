"""What people's versions teach the translation memory, and what they do not."""

import asyncio
import threading
from typing import Any

import pytest

from server.keys import CLOCK, DATABASE
from server.store import memory
from server.store.entries import Entry
from translators import Direction
from translators.pseudo import PseudoTranslator

EN_AZ = Direction("en", "az")
HEADLINE = "The ministers will meet in the capital on Friday to discuss trade"
AZ_HEADLINE = "Nazirlər cümə günü paytaxtda ticarəti müzakirə etmək üçün görüşəcəklər"
SENTENCE = "The ministers of four countries will meet on Friday."
OURS = "Dörd ölkənin nazirləri cümə günü görüşəcəklər."


async def find_result(server: Any, text: str, direction: Direction = EN_AZ) -> str | None:
    async with server.app[DATABASE].read() as conn:
        found = await memory.find_exact(conn, direction, [text])
    return next((entry.result for entries in found.values() for entry in entries if not entry.is_by_machine), None)


async def put(server: Any, path: str, headline: str, *sentences: str, by: str = "admin") -> None:
    document = {
        "type": "text",
        "language": path.rpartition("/")[2],
        "headlines": [{"value": headline}],
        "bodies": [{"contentType": "text/html", "value": "".join(f"<p>{one}</p>" for one in sentences)}],
    }
    answer = await server.call("PUT", f"/v1/articles/{path}", by=by, json=document)
    assert answer.status == 200, answer.text
    await server.settle()


async def test_what_an_editor_left_as_it_was_stays_the_machines(server: Any) -> None:
    other = "They will discuss trade and water in the new building."
    await server.push(headline=HEADLINE, text=f"<p>{SENTENCE}</p><p>{other}</p>")
    await server.settle()
    await put(server, "caravan-wire/one/versions/az", AZ_HEADLINE, OURS, f"[az] {other}")
    assert await find_result(server, SENTENCE) == OURS
    assert await find_result(server, other) is None


async def test_what_an_editor_left_alone_is_not_lost_with_a_later_edit(server: Any) -> None:
    await server.push(headline=HEADLINE, text=f"<p>{SENTENCE}</p>")
    await server.settle()
    await put(server, "caravan-wire/one/versions/az", AZ_HEADLINE, OURS)
    await put(server, "caravan-wire/one/versions/az", f"{AZ_HEADLINE} yenidən", OURS)
    assert await find_result(server, SENTENCE) == OURS


async def test_a_machines_pivot_teaches_nothing(start: Any) -> None:
    ways = [Direction(one, two) for one, two in (("ru", "en"), ("en", "az"), ("en", "tr"), ("en", "zh"))]
    server = await start(translator=PseudoTranslator(directions=ways, quality="publish"))
    source = "Министры четырёх стран встретятся в пятницу."
    document = {
        "type": "text",
        "language": "ru",
        "headlines": [{"value": "Министры встретятся в столице в пятницу и обсудят торговлю"}],
        "bodies": [{"contentType": "text/html", "value": f"<p>{source}</p>"}],
    }
    await server.call("PUT", "/v1/articles/steppe-herald/one", by="steppe-herald", json=document)
    await server.settle()
    await put(server, "steppe-herald/one/versions/az", AZ_HEADLINE, OURS)
    assert await find_result(server, source, Direction("ru", "az")) == OURS
    assert await find_result(server, f"[en] {source}") is None


@pytest.mark.parametrize(("before", "after"), [("edited", "edited"), ("imported", "imported"), ("outlet", "outlet")])
async def test_an_outlets_own_wording_never_stands_over_an_editors(server: Any, before: Any, after: str) -> None:
    entry = Entry(direction=EN_AZ, text=SENTENCE, result="x", origin=before, made_at=server.app[CLOCK]())
    async with server.app[DATABASE].write() as conn:
        await memory.save_entries(conn, [entry])
    await server.push(headline=HEADLINE, text=f"<p>{SENTENCE}</p>")
    await put(server, "caravan-wire/one/versions/az", AZ_HEADLINE, OURS, by="caravan-wire")
    async with server.app[DATABASE].read() as conn:
        [found] = (await memory.find_exact(conn, EN_AZ, [SENTENCE]))[SENTENCE]
    assert (found.origin, found.result) == (after, OURS if before == "outlet" else "x")


class Waiting(PseudoTranslator):
    """Translates when it may."""

    def __init__(self) -> None:
        super().__init__()
        self.is_asked, self.may_answer = threading.Event(), threading.Event()

    def translate(self, *asked: Any, **how: Any) -> Any:
        self.is_asked.set()
        self.may_answer.wait(10)
        return super().translate(*asked, **how)


async def test_what_is_withdrawn_while_it_is_translated_is_not_remembered(start: Any) -> None:
    translator = Waiting()
    server = await start(translator=translator)
    await server.push(headline=HEADLINE, text=f"<p>{SENTENCE}</p>")
    assert await asyncio.to_thread(translator.is_asked.wait, 10)
    answer = await server.call("DELETE", "/v1/articles/caravan-wire/one", by="caravan-wire", json={"reason": "wrong"})
    assert answer.status == 200
    translator.may_answer.set()
    await server.settle()
    async with server.app[DATABASE].read() as conn:
        assert await memory.count_entries(conn) == 0
