"""The queue under stale claims, slow engines and deaths: a job is ended by who holds it, and by nobody else."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from server import jobs, worker
from server.app import make_clock
from server.keys import CLOCK, DATABASE, LIVE, MEDIA
from server.runner import Tools, fail
from server.store import jobs as rows
from server.store.schema import jobs as table
from translators import Direction
from translators.pseudo import PseudoTranslator

ONE = "/v1/articles/khazar-news/one"
AZERBAIJANI = {
    "language": "az",
    "headline": "Nazirlər cümə günü paytaxtda ticarəti müzakirə edəcəklər",
    "text": "<p>Dörd ölkənin nazirləri cümə günü görüşəcək. Onlar ticarət və su məsələlərini müzakirə edəcəklər.</p>",
}
HUMAN = "The ministers will discuss trade in the capital on Friday, writes a person"
TO_ENGLISH, TO_RUSSIAN = Direction("az", "en"), Direction("en", "ru")


class Slow(PseudoTranslator):
    """Waits in every call of one direction until it may go on."""

    def __init__(self, waits_for: Direction, **options: Any) -> None:
        super().__init__(**options)
        self.waits_for = waits_for
        self.is_busy, self.may_go_on = threading.Event(), threading.Event()

    def translate(self, texts, direction, **options):
        if direction == self.waits_for:
            self.is_busy.set()
            assert self.may_go_on.wait(20)
        return super().translate(texts, direction, **options)


class Sleepy(PseudoTranslator):
    def translate(self, texts, direction, **options):
        time.sleep(2.5)
        return super().translate(texts, direction, **options)


@pytest.fixture
def hire(quiet):
    """Workers of a server that has none of its own, each with its name and its engine."""
    rooms = []

    def make_tools(name: str, translator: Any) -> Tools:
        rooms.append(ThreadPoolExecutor(1))
        app = quiet.app
        return Tools(name, app[DATABASE], app[LIVE].current.config, translator, rooms[-1], app[CLOCK], app[MEDIA])

    yield make_tools
    for room in rooms:
        room.shutdown()


async def claim(tools: Tools, limit: int = 1) -> Any:
    async with tools.database.write() as conn:
        return await jobs.claim(
            conn, jobs.TRANSLATE, worker=tools.name, limits=tools.config.limits, limit=limit, now=tools.clock()
        )


async def list_rows(server: Any) -> list[Any]:
    async with server.app[DATABASE].read() as conn:
        return list(await conn.execute(select(table).order_by(table.c.id)))


def outlast_lease(server: Any) -> None:
    server.clock.pass_time(seconds=server.app[LIVE].current.config.limits.job_lease_seconds + 1)


async def see_busy(engine: Slow) -> None:
    assert await asyncio.to_thread(engine.is_busy.wait, 20)


async def work_off(tools: Tools) -> None:
    while claimed := await claim(tools, 16):
        await worker.translate(tools, claimed)


@pytest.mark.parametrize("end", ["finish", "postpone", "give_up"])
async def test_a_stale_claim_opens_nothing_whatever_became_of_the_job(quiet, hire, end):
    ann, bob = hire("ann", PseudoTranslator()), hire("bob", PseudoTranslator())
    await quiet.push()

    async def end_stale(job: Any) -> None:
        async with quiet.app[DATABASE].write() as conn:
            if end == "postpone":
                await rows.postpone(conn, job, quiet.clock.now, "stale", counts=True)
            elif end == "give_up":
                assert not await rows.give_up(conn, job, "stale", quiet.clock.now)
            else:
                await rows.finish(conn, job)
            await rows.renew(conn, [job], quiet.clock.now.replace(year=2100))

    [stale] = await claim(ann)
    outlast_lease(quiet)
    [taken] = await claim(bob)
    assert taken.id == stale.id  # the most urgent, again
    before = await list_rows(quiet)
    await end_stale(stale)
    assert await list_rows(quiet) == before  # taken by another
    await worker.translate(bob, [taken])
    before = await list_rows(quiet)
    assert stale.id not in {row.id for row in before}
    await end_stale(stale)
    assert await list_rows(quiet) == before  # finished by another
    await quiet.push(headline="The ministers will meet in the capital on Sunday to discuss trade")
    before = await list_rows(quiet)
    [again] = [row for row in before if row.subject == stale.subject]
    assert again.id > max(stale.id, taken.id)  # no id is used twice
    await end_stale(stale)
    assert await list_rows(quiet) == before  # asked for again


async def test_the_last_job_of_the_queue_leaves_its_id_unused(quiet, hire):
    ann = hire("ann", PseudoTranslator())
    await quiet.push()
    highest = max(row.id for row in await list_rows(quiet))
    await work_off(ann)
    assert await list_rows(quiet) == []
    await quiet.push(headline="The ministers will meet in the capital on Sunday to discuss trade")
    assert min(row.id for row in await list_rows(quiet)) > highest


async def test_a_worker_that_comes_too_late_writes_nothing(quiet, hire):
    """It began with the machine's English; a person's came and another worker used it before the first was ready."""
    directions = [TO_ENGLISH, TO_RUSSIAN]
    slow = Slow(TO_RUSSIAN, directions=directions)
    ann, bob = hire("ann", slow), hire("bob", PseudoTranslator(directions=directions))
    await quiet.push(by="khazar-news", **AZERBAIJANI)
    await worker.translate(ann, await claim(ann))
    [job] = await claim_language(ann, "ru")
    late = asyncio.create_task(worker.translate(ann, [job]))
    await see_busy(slow)
    await put_version(quiet, "en", HUMAN)
    outlast_lease(quiet)
    await work_off(bob)
    versions = await get_versions(quiet)
    assert versions["ru"]["headline"] == f"[ru] {HUMAN}"
    slow.may_go_on.set()
    await late
    assert await get_versions(quiet) == versions
    assert await list_rows(quiet) == []


async def test_a_worker_that_fails_too_late_says_nothing_of_what_another_made(quiet, hire):
    ann, bob = hire("ann", PseudoTranslator(directions=[])), hire("bob", PseudoTranslator())
    await quiet.push()
    stale = await claim(ann, 16)
    outlast_lease(quiet)
    while claimed := await claim(bob, 16):
        await worker.translate(bob, claimed)
    await worker.translate(ann, stale)
    for job in stale:
        await fail(ann, worker.make_steps(ann.config)[job.kind], job, "too late")
    versions = (await quiet.call("GET", "/v1/articles/caravan-wire/one", by="caravan-wire")).json["versions"]
    assert {one["freshness"] for one in versions.values()} == {"fresh"}


async def test_leases_are_renewed_while_a_slow_engine_works(start, config):
    limits = config.limits.model_copy(update={"job_lease_seconds": 1})
    engine = Sleepy(directions=[Direction("en", "tr")])
    server = await start(translator=engine, clock=make_clock(), config=config.model_copy(update={"limits": limits}))
    await server.push()
    app = server.app
    other = Tools(
        "other", app[DATABASE], app[LIVE].current.config, engine, ThreadPoolExecutor(1), app[CLOCK], app[MEDIA]
    )
    seen = 0
    async with asyncio.timeout(20):
        while True:
            held = [row for row in await list_rows(server) if row.subject.endswith(":tr")]
            if not held:
                break
            if held[0].claimed_by == "embedded":
                seen += 1
                assert "tr" not in {job.batch for job in await claim(other, 16)}
            await asyncio.sleep(0.25)
    assert seen >= 8  # two leases long
    answer = await server.call("GET", "/v1/articles/caravan-wire/one", by="caravan-wire")
    assert answer.json["versions"]["tr"]["freshness"] == "fresh"


async def test_what_is_due_is_found_in_one_look_at_all_kinds(quiet):
    """Free, held, held too long, put off, given up: the first that nobody holds counts, of each kind."""
    now = quiet.clock()
    early, late, hour = now - timedelta(minutes=2), now - timedelta(minutes=1), timedelta(hours=1)
    jobs_of = {
        "translate": [(early, {"lease_until": now + hour}), (late, {}), (now, {})],
        "settle": [(early, {"lease_until": late}), (late, {})],
        "turn": [(now + hour, {}), (early, {"given_up_at": late})],
        "media": [(early, {"given_up_at": late}), (early, {"lease_until": now + hour})],
    }
    async with quiet.app[DATABASE].write() as conn:
        for kind, many in jobs_of.items():
            for number, (run_at, values) in enumerate(many):
                await rows.enqueue(conn, kind, str(number), batch="", priority=1, run_at=run_at)
                same = (table.c.kind == kind, table.c.subject == str(number))
                if values:
                    await conn.execute(table.update().where(*same).values(**values))
        found = await rows.list_next_runs(conn, (*jobs_of, "fan-out"), now)
    assert found == {"translate": late, "settle": early, "turn": now + hour}


async def test_the_clock_never_goes_back(monkeypatch):
    """karvan serve's clock, when the machine's is set back an hour."""
    clock = make_clock()
    first = clock()

    class Back(type(first)):
        @classmethod
        def now(cls, tz=None):
            return first.replace(year=first.year - 1)

    monkeypatch.setattr("server.app.datetime", Back)
    assert clock() >= first
    assert clock() >= first


async def claim_language(tools: Tools, language: str) -> list[Any]:
    claimed = await claim(tools, 1)
    while claimed and claimed[0].batch != language:
        await worker.translate(tools, claimed)
        claimed = await claim(tools, 1)
    return claimed


async def put_version(server: Any, language: str, headline: str) -> None:
    document = {"type": "text", "language": language, "headlines": [{"value": headline}]}
    answer = await server.call("PUT", f"{ONE}/versions/{language}", by="khazar-news", json=document)
    assert answer.status == 200, answer.text


async def get_versions(server: Any) -> Any:
    return (await server.call("GET", ONE, by="khazar-news")).json["versions"]
