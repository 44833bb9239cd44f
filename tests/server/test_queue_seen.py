"""The queue as an admin sees it, and what was given up tried again."""

import asyncio
from typing import Any

import orjson
import pytest


@pytest.fixture
async def moody(start_moody: Any) -> Any:
    return await start_moody(2)


async def read(server: Any, query: str = "") -> Any:
    answer = await server.call("GET", f"/v1/queue{query}", by="admin")
    assert answer.status == 200, answer.text
    return answer.json


async def wait_for(server: Any, state: str, *, seconds: float = 0) -> Any:
    """`seconds`: how much time passes between two looks."""
    async with asyncio.timeout(20):
        while not (found := (await read(server, f"?kind=translate&state={state}"))["jobs"]):
            server.clock.pass_time(seconds=seconds)
            await asyncio.sleep(0.02)
    return found[0]


async def get_freshness(server: Any) -> str:
    told = (await server.call("GET", "/v1/articles/caravan-wire/one", by="admin")).json
    return str(told["versions"]["tr"]["freshness"])


async def test_what_was_given_up_says_why_and_runs_again(moody: Any, moody_engine: Any) -> None:
    job = await wait_for(moody, "given_up", seconds=5)
    assert (job["article"], job["language"], job["attempts"]) == ("caravan-wire/one", "tr", 2)
    assert "cannot be read" in job["error"]
    assert (await read(moody))["counts"]["translate"]["given_up"] == 1
    assert await get_freshness(moody) == "failed"
    moody_engine.is_well = True
    answer = await moody.call("POST", f"/v1/queue/{job['id']}/retry", by="admin")
    assert (answer.status, answer.json) == (202, {"asked": 1})
    await moody.settle()
    assert await get_freshness(moody) == "fresh"
    assert (await read(moody, "?kind=translate"))["jobs"] == []
    assert (await moody.call("POST", f"/v1/queue/{job['id']}/retry", by="admin")).status == 404
    line = orjson.loads((await moody.call("GET", "/v1/audit?what=queue", by="admin")).body)
    assert (line["what"], line["who"]) == ("queue.retry", "admin")


async def test_all_of_a_kind_run_again_together(moody: Any, moody_engine: Any) -> None:
    await moody.push("two", headline="Another meeting of the four ministers in the capital")
    await wait_for(moody, "given_up", seconds=5)
    while (await read(moody))["counts"]["translate"].get("given_up") != 2:
        moody.clock.pass_time(seconds=5)
        await asyncio.sleep(0.02)
    moody_engine.is_well = True
    answer = await moody.call("POST", "/v1/queue/retry?kind=translate", by="admin")
    assert answer.json == {"asked": 2}
    await moody.settle()
    assert await get_freshness(moody) == "fresh"


async def test_what_waits_for_its_time_can_run_at_once(moody: Any, moody_engine: Any) -> None:
    job = await wait_for(moody, "retrying")
    moody_engine.is_well = True
    assert (await moody.call("POST", f"/v1/queue/{job['id']}/retry", by="admin")).status == 202
    await moody.settle()
    assert await get_freshness(moody) == "fresh"


async def test_it_is_read_page_by_page_and_by_admins_alone(moody: Any) -> None:
    await moody.push("two", headline="Another meeting", embargoedUntil="2026-11-27T12:00:00Z")
    later = await read(moody, "?state=later&limit=1")
    assert (later["jobs"][0]["kind"], later["jobs"][0]["article"]) == ("turn", "caravan-wire/two")
    assert (await read(moody, f"?state=later&limit=1&after={later['next']}"))["jobs"] == []
    for query in ("?kind=cook", "?state=lost", "?limit=0", "?what=1"):
        assert (await moody.call("GET", f"/v1/queue{query}", by="admin")).status == 400
    assert (await moody.call("POST", "/v1/queue/retry?kind=cook", by="admin")).status == 400
    assert (await moody.call("POST", "/v1/queue/retry", by="admin")).status == 400
    assert (await moody.call("GET", "/v1/queue", by="caravan-wire")).status == 403
    assert (await moody.call("GET", "/v1/queue")).status == 401


async def test_what_was_given_up_of_an_article_goes_with_it(moody: Any) -> None:
    await wait_for(moody, "given_up", seconds=5)
    said = {"reason": "wrong"}
    assert (await moody.call("DELETE", "/v1/articles/caravan-wire/one", by="caravan-wire", json=said)).status == 200
    await moody.settle()
    assert (await read(moody, "?state=given_up"))["jobs"] == []
