"""SIGTERM, SIGINT, a second server, a port in use: how a server ends, and how it does not begin."""

import asyncio
import signal
import socket

import pytest

LONG = 400  # sentences: more than a batch can get through while it is given time to end


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_in_the_middle_of_a_batch_ends_the_server_within_ten_seconds(starter_karvan, number):
    karvan = starter_karvan
    key = await karvan.issue_key("admin")
    server = await asyncio.to_thread(karvan.serve)
    for count in range(4):
        assert server.push("en", f"item-{count}", key, sentences=LONG).status == 201
    await asyncio.to_thread(server.wait_for, karvan.is_working, "batch under way")
    await asyncio.sleep(0.3)
    ended = await asyncio.to_thread(server.stop, number)
    assert (ended.status, ended.seconds < 10) == (0, True), ended
    assert "Traceback" not in ended.out + ended.err
    assert not karvan.is_idle(), "the batch was over before the signal: this test has tested nothing"
    assert not karvan.is_working(), "what was cut off is not given back"


@pytest.mark.slow
async def test_a_worker_stops_in_the_middle_of_a_batch(starter_karvan):
    karvan = starter_karvan
    key = await karvan.issue_key("admin")
    server = await asyncio.to_thread(karvan.serve, "--no-worker")
    worker = karvan.start("worker")
    for count in range(4):
        assert server.push("en", f"item-{count}", key, sentences=LONG).status == 201
    await asyncio.to_thread(worker.wait_for, karvan.is_working, "batch under way")
    ended = await asyncio.to_thread(worker.stop)
    assert (ended.status, ended.seconds < 10) == (0, True), ended
    assert "Traceback" not in ended.out + ended.err
    assert not karvan.is_idle()
    assert not karvan.is_working()


@pytest.mark.slow
async def test_a_short_batch_is_finished_before_the_server_ends(starter_karvan):
    karvan = starter_karvan
    key = await karvan.issue_key("admin")
    server = await asyncio.to_thread(karvan.serve)
    assert server.push("en", "one", key, sentences=5).status == 201
    await asyncio.to_thread(server.wait_for, karvan.is_working, "batch under way")
    assert (await asyncio.to_thread(server.stop)).status == 0
    assert {"ready", "held"} & set(karvan.list_states().values())
    assert not karvan.is_working()


@pytest.mark.slow
def test_a_client_that_keeps_its_connection_open_does_not_keep_the_server(karvan):
    server = karvan.serve()
    with (
        socket.create_connection(("127.0.0.1", karvan.port)) as idle,
        socket.create_connection(("127.0.0.1", karvan.port)) as half,
    ):
        idle.sendall(b"GET /livez HTTP/1.1\r\nHost: karvan\r\n\r\n")
        assert b"200" in idle.recv(1000)
        half.sendall(b"PUT /v1/articles/caravan-wire/one HTTP/1.1\r\nHost: karvan\r\nContent-Length: 5000\r\n\r\n{")
        ended = server.stop()
    assert (ended.status, ended.seconds < 10) == (0, True), ended


def test_a_second_server_is_refused_with_one_line_and_harms_nobody(karvan, make_karvan):
    first = karvan.serve()
    second = karvan.run("serve", "--port", "0")
    assert (second.status, second.out) == (1, "")
    assert second.err == f"karvan: another server works with {karvan.data}; give this one its own --data\n"
    elsewhere = make_karvan("elsewhere")
    third = elsewhere.run("serve", "--port", str(karvan.port))
    assert (third.status, third.out) == (1, "")
    assert third.err == f"karvan: cannot listen on 127.0.0.1:{karvan.port}: Address already in use\n"
    assert not (elsewhere.data / "karvan.db").exists(), "nothing is begun before the port is there"
    assert first.call("GET", "/livez").status == 200


@pytest.mark.slow
async def test_an_engine_behind_http_that_hangs_does_not_keep_the_server(karvan, libre):
    karvan.settings |= {
        "TRANSLATION__ENGINE": "newsroom",
        "ENGINES__NEWSROOM__URL": libre.url,
        "ENGINES__NEWSROOM__TIMEOUT_SECONDS": "600",
        "OUTBOUND__ALLOW": '["127.0.0.0/8"]',
    }
    key = await karvan.issue_key("admin")
    server = await asyncio.to_thread(karvan.serve)
    libre.goes_on.clear()
    assert server.push("en", "one", key).status == 201
    await asyncio.to_thread(server.wait_for, lambda: libre.seen, "request to the engine")
    ended = await asyncio.to_thread(server.stop)
    assert (ended.status, ended.seconds < 10) == (0, True), ended
    assert "Traceback" not in ended.out + ended.err
    assert not karvan.is_working(), "what was cut off is not given back"
