"""`karvan worker` beside `karvan serve --no-worker`: several processes share one queue."""

import asyncio
import json
import re
import urllib.request
from typing import Any

import pytest

COUNT = 12


@pytest.mark.slow
async def test_two_workers_share_the_work_and_double_nothing(karvan):
    karvan.settings |= {"SERVER__LOG_FORMAT": "json", "TRANSLATION__BATCH_ARTICLES": "2"}
    key = await karvan.issue_key("admin")
    server = await asyncio.to_thread(karvan.serve, "--no-worker")
    workers = [karvan.start("worker", "--name", f"worker-{number}") for number in range(2)]
    for worker in workers:
        await asyncio.to_thread(worker.wait_until_it_says, "waits for jobs")
    for number in range(COUNT):
        assert server.push("en", f"item-{number}", key).status == 201
    await asyncio.to_thread(server.wait_for, karvan.is_idle, "empty queue")
    states = karvan.list_states()
    assert (len(states), set(states.values())) == (COUNT * 4, {"ready"})
    done = [count_translated((await asyncio.to_thread(worker.stop)).err) for worker in workers]
    assert sum(done) == COUNT * 4
    assert count_translated((await asyncio.to_thread(server.stop)).err) == 0
    rows = karvan.query("SELECT count(*), count(DISTINCT channel || language || change) FROM placements")
    assert rows[0][0] == rows[0][1]


@pytest.mark.slow
async def test_a_killed_workers_jobs_go_to_another_when_its_lease_runs_out(starter_karvan):
    karvan = starter_karvan
    karvan.settings["LIMITS__JOB_LEASE_SECONDS"] = "1"
    key = await karvan.issue_key("admin")
    server = await asyncio.to_thread(karvan.serve, "--no-worker")
    first = karvan.start("worker", "--name", "first")
    assert server.push("en", "one", key, sentences=12).status == 201
    await asyncio.to_thread(first.wait_for, karvan.is_working, "batch under way")
    first.kill()
    assert karvan.query("SELECT DISTINCT claimed_by FROM jobs WHERE lease_until IS NOT NULL") == [("first",)]
    second = karvan.start("worker", "--name", "second")
    await asyncio.to_thread(second.wait_for, karvan.is_idle, "empty queue")
    assert set(karvan.list_states().values()) <= {"ready", "held"}
    assert (await asyncio.to_thread(second.stop)).status == 0


def read_numbers(worker) -> str:
    address = re.search(r"http://\S+/metrics", worker.out)[0]
    return urllib.request.urlopen(address).read().decode()


async def test_a_worker_shows_its_own_numbers_where_it_is_told_to(karvan):
    worker = karvan.start("worker", "--metrics", "127.0.0.1:0")
    await asyncio.to_thread(worker.wait_until_it_says, "/metrics")
    told = await asyncio.to_thread(read_numbers, worker)
    assert re.search(r"^karvan_database_write_wait_seconds_count [1-9]", told, re.MULTILINE)
    assert "karvan_jobs_due" not in told  # that is the server's to tell


@pytest.mark.slow
async def test_jobs_are_counted_by_the_process_that_did_them(karvan):
    key = await karvan.issue_key("admin")
    server = await asyncio.to_thread(karvan.serve, "--no-worker")
    worker = karvan.start("worker", "--metrics", "127.0.0.1:0")
    await asyncio.to_thread(worker.wait_until_it_says, "/metrics")
    assert server.push("en", "one", key).status == 201
    await asyncio.to_thread(server.wait_for, karvan.is_idle, "empty queue")
    told = await asyncio.to_thread(read_numbers, worker)
    assert 'karvan_jobs_done_total{kind="translate"} 4.0' in told
    there = (await asyncio.to_thread(urllib.request.urlopen, f"{server.base}/metrics")).read().decode()
    assert 'karvan_jobs_done_total{kind="translate"}' not in there
    assert 'karvan_jobs_due{kind="translate"} 0.0' in there
    assert (await asyncio.to_thread(worker.stop)).status == 0


def count_translated(log: str) -> int:
    lines: list[dict[str, Any]] = [json.loads(line) for line in log.splitlines()]
    return sum(line["articles"] for line in lines if line["event"] == "translated")
