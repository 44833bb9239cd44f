"""Jobs that fail: tried again later, given up in the end, with the reason."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import update

from server.keys import DATABASE
from server.store.schema import jobs
from translators import Direction, TranslationError
from translators.pseudo import PseudoTranslator


class Failing(PseudoTranslator):
    """Fails as often as it is told, then works."""

    def __init__(self, failures: int, **options: Any) -> None:
        super().__init__(**options)
        self.failures = failures

    def translate(self, *args, **options):
        if self.failures:
            self.failures -= 1
            raise TranslationError("the engine is out of order")
        return super().translate(*args, **options)


async def test_a_failed_translation_is_tried_again_after_a_while_and_not_before(start, clock):
    translator = Failing(4)  # once for each language
    server = await start(translator=translator)
    await server.push()
    async with asyncio.timeout(20):
        while translator.failures:
            await get_freshness(server)
    await asyncio.sleep(0.1)
    assert set((await get_freshness(server)).values()) == {"fresh", "pending"}
    clock.pass_time(seconds=3)
    await server.settle()
    assert set((await get_freshness(server)).values()) == {"fresh"}


async def test_a_translation_that_always_fails_is_given_up_with_the_reason(start, clock, config):
    limits = config.limits.model_copy(update={"job_attempts": 2})
    translator = Failing(1_000, directions=[Direction("en", "tr")])
    server = await start(translator=translator, config=config.model_copy(update={"limits": limits}))
    await server.push()
    async with asyncio.timeout(20):
        while (await get_freshness(server))["tr"] != "failed":
            clock.pass_time(seconds=3)
            await asyncio.sleep(0.05)
    versions = (await server.call("GET", "/v1/articles/caravan-wire/one", by="caravan-wire")).json["versions"]
    assert versions["tr"]["reason"] == "the engine is out of order"


@pytest.mark.parametrize("attempts", [1, 2])
async def test_what_died_with_its_worker_is_done_by_the_next(start, clock, attempts):
    """At once after one death; after more, later and later."""
    server = await start(with_worker=False)
    await server.push()
    async with server.app[DATABASE].write() as conn:
        lease = clock.now.replace(year=2100)
        await conn.execute(update(jobs).values(claimed_by="embedded", lease_until=lease, attempts=attempts))
    server = await start()
    if attempts == 1:
        await server.settle()
    else:
        await asyncio.sleep(0.2)
        assert set((await get_freshness(server)).values()) == {"fresh", "pending"}
        clock.pass_time(seconds=5)
        await server.settle()
    assert set((await get_freshness(server)).values()) == {"fresh"}


async def get_freshness(server) -> dict[str, str]:
    answer = await server.call("GET", "/v1/articles/caravan-wire/one", by="caravan-wire")
    return {language: version["freshness"] for language, version in answer.json["versions"].items()}
