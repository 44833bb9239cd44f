"""A database that does not answer for a while, or not at all."""

import asyncio
import sqlite3
from contextlib import closing

import pytest


@pytest.mark.slow
async def test_who_holds_the_database_for_long_stops_nothing_for_good(karvan):
    """Longer than a writer waits (15 s), as a careless backup may: then pushes and translations go on."""
    key = await karvan.issue_key("admin")
    server = await asyncio.to_thread(karvan.serve)
    assert server.push("en", "before", key).status == 201
    await asyncio.to_thread(server.wait_for, karvan.is_idle, "empty queue")
    assert server.call("GET", "/feeds/world/en.atom").status == 200
    with closing(sqlite3.connect(karvan.data / "karvan.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        refused = await asyncio.to_thread(server.push, "en", "during", key)
        assert refused.status == 503
        assert refused.headers["Retry-After"] == "5"
        assert refused.json["type"] == "/problems/unavailable"
        assert server.call("GET", "/feeds/world/en.atom").status == 200
        other.execute("ROLLBACK")
    assert server.push("en", "during", key).status == 201
    await asyncio.to_thread(server.wait_for, karvan.is_idle, "empty queue")
    states = karvan.list_states()
    assert (len(states), set(states.values())) == (8, {"ready"})


def test_a_file_that_is_no_database_is_one_clear_line(karvan):
    karvan.data.mkdir()
    (karvan.data / "karvan.db").write_text("I am no database, whatever my name says. " * 100)
    ended = karvan.run("serve", "--port", "0")
    assert (ended.status, ended.out) == (1, "")
    assert ended.err == "karvan: the database does not answer now: file is not a database\n"


@pytest.mark.slow
async def test_a_job_that_costs_every_worker_its_life_is_given_up_with_the_reason(karvan):
    """So that one text which no engine survives does not keep the server from starting for good."""
    karvan.settings["LIMITS__JOB_ATTEMPTS"] = "2"
    key = await karvan.issue_key("admin")
    server = await asyncio.to_thread(karvan.serve)
    assert server.push("en", "one", key).status == 201
    await asyncio.to_thread(server.wait_for, karvan.is_idle, "empty queue")
    server.kill()
    with closing(sqlite3.connect(karvan.data / "karvan.db")) as conn, conn:  # as two deaths in its middle leave it
        conn.execute("UPDATE parallels SET state = 'pending' WHERE language = 'tr'")
        conn.execute(
            "INSERT INTO jobs (kind, subject, batch, priority, owner, turn, revision, attempts, run_at, lease_until, "
            "claimed_by, error, created_at) "
            "SELECT 'translate', id || ':tr', 'tr', 1, outlet, 0, 1, 2, 0, ?, 'embedded', '', 0 FROM articles",
            (1 << 60,),
        )
    server = await asyncio.to_thread(karvan.serve)
    await asyncio.to_thread(
        server.wait_for, lambda: set(karvan.list_states().values()) <= {"ready", "failed"}, "end of all attempts"
    )
    assert {key for key, state in karvan.list_states().items() if state == "failed"} == {("one", "tr")}
    versions = server.call("GET", "/v1/articles/caravan-wire/one", key=key).json["versions"]
    assert versions["tr"]["reason"] == "every attempt ended with the death of its worker"
