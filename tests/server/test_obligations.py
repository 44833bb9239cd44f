"""What members of an exchange owe: articles and answers, met or missed, and told once a period."""

from typing import Any

import orjson
import pytest

from server.config.rules import Obligations
from server.keys import CLOCK, DATABASE, LIVE
from server.obligations import tell_missed

BALANCE = "/v1/exchanges/turkic/balance"
TEXT = {
    "language": "tr",
    "headline": "Bakanlar cuma günü başkentte ticareti görüşecek",
    "text": "<p>Dört ülkenin bakanları cuma günü bir araya gelecek. Ticaret ve su konularını görüşecekler.</p>",
}


@pytest.fixture
async def server(start: Any, config: Any) -> Any:
    owes = Obligations(articles=1, days=7, answer_minutes=60)
    exchange = config.exchanges["turkic"].model_copy(update={"obligations": owes})
    return await start(config=config.model_copy(update={"exchanges": {**config.exchanges, "turkic": exchange}}))


async def get_share(server: Any, outlet: str = "bosphorus-post") -> Any:
    return (await server.call("GET", BALANCE, by="admin")).json["outlets"][outlet]


async def ask(server: Any) -> None:
    said = {"action": "ask", "note": "Which ministers?"}
    path = "/v1/desk/bosphorus-post/one/en"
    assert (await server.call("POST", path, by="sample-desk", json=said)).status == 200


async def tell(server: Any) -> list[tuple[str, str]]:
    async with server.app[DATABASE].write() as conn:
        await tell_missed(conn, server.app[LIVE].current.config, server.app[CLOCK]())
    lines = (await server.call("GET", "/v1/audit?what=obligation", by="admin")).body.splitlines()
    return [(one["subject"], one["outlet"]) for one in map(orjson.loads, lines)]


async def test_who_gave_enough_and_answered_in_time_has_met_what_it_owes(server: Any, clock: Any) -> None:
    assert (await get_share(server))["met"] is False
    assert (await server.push(by="bosphorus-post", **TEXT)).status == 201
    await server.settle()
    share = await get_share(server)
    assert (share["given"], share["missing"], share["met"]) == (1, 0, True)
    await ask(server)
    share = await get_share(server)
    assert (share["asked"], share["late"], share["met"]) == (1, 0, True)
    clock.pass_time(minutes=50)
    await server.push(by="bosphorus-post", **TEXT | {"headline": "Dört bakan cuma günü başkentte ticareti görüşecek"})
    clock.pass_time(minutes=50)
    assert (await get_share(server))["late"] == 0
    assert (await get_share(server, "khazar-news"))["asked"] == 0


async def test_a_question_without_an_answer_is_late_until_its_period_is_over(server: Any, clock: Any) -> None:
    await server.push(by="bosphorus-post", **TEXT)
    await server.settle()
    await ask(server)
    clock.pass_time(minutes=61)
    share = await get_share(server)
    assert (share["late"], share["met"]) == (1, False)
    await server.push(by="bosphorus-post", **TEXT | {"headline": "Dört bakan cuma günü başkentte ticareti görüşecek"})
    assert (await get_share(server))["late"] == 1
    clock.pass_time(days=7)
    assert (await get_share(server))["late"] == 0


async def test_an_editor_who_decides_needs_no_answer_any_more(server: Any, clock: Any) -> None:
    await server.push(by="bosphorus-post", **TEXT)
    await server.settle()
    await ask(server)
    path = "/v1/desk/bosphorus-post/one/en"
    etag = (await server.call("GET", path, by="sample-desk")).headers["ETag"]
    said = {"action": "release"}
    answer = await server.call("POST", path, by="sample-desk", json=said, headers={"If-Match": etag})
    assert answer.status == 200, answer.text
    clock.pass_time(minutes=61)
    assert (await get_share(server))["late"] == 0


async def test_what_was_missed_is_told_once_a_period_and_not_before_one_is_over(server: Any, clock: Any) -> None:
    await server.push(by="bosphorus-post", **TEXT)
    await server.settle()
    assert await tell(server) == []
    clock.pass_time(days=6)
    assert await tell(server) == []
    clock.pass_time(hours=20)
    await server.push("two", by="bosphorus-post", **TEXT)
    clock.pass_time(hours=5)
    missed = [("turkic", "khazar-news"), ("turkic", "steppe-herald")]
    assert await tell(server) == missed
    assert await tell(server) == missed
    clock.pass_time(days=8)
    assert len(await tell(server)) == 5  # nobody gave anything since
