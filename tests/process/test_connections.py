"""Nothing phones out (CONTRACT §5.7): what the whole server tries to reach, as Python's own audit sees it; and without
a network, that it needs none.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

LISTENER = """
import json, sys

WATCHED = ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname",
           "socket.gethostbyaddr", "socket.getnameinfo", "subprocess.Popen", "os.system", "os.posix_spawn", "os.exec")

def listen(event, arguments):
    if event in WATCHED:
        with open({log!r}, "a") as file:
            file.write(json.dumps([event, [repr(one) for one in arguments]]) + "\\n")

sys.addaudithook(listen)
"""
LOOPBACK_UP = """
import fcntl, os, socket, struct, sys

with socket.socket() as probe:
    fcntl.ioctl(probe, 0x8914, struct.pack("16sh", b"lo", 0x1 | 0x40))  # SIOCSIFFLAGS: IFF_UP | IFF_RUNNING
os.execv(sys.argv[1], sys.argv[1:])
"""
LOOPBACK = ("127.0.0.1", "::1", "localhost")


def listen_to(karvan, folder: Path) -> Path:
    """Let every Python process of this command line write down what it wants to reach."""
    log = folder / "reached.jsonl"
    (folder / "hooks").mkdir()
    (folder / "hooks" / "sitecustomize.py").write_text(LISTENER.format(log=str(log)))
    karvan.environment["PYTHONPATH"] = str(folder / "hooks")
    return log


def read_events(log: Path) -> Iterator[tuple[str, list[str]]]:
    for line in log.read_text().splitlines():
        event, arguments = json.loads(line)
        yield event, arguments


def is_darkroom(event: str, arguments: list[str]) -> bool:
    """Pictures are made by a process of their own, isolated from the environment, that opens no socket."""
    return event == "subprocess.Popen" and "'-I'" in arguments[1] and "/server/media/pictures.py'" in arguments[1]


def is_loopback(event: str, arguments: list[str]) -> bool:
    named = arguments[0] if event.startswith("socket.get") else arguments[-1]
    return event.startswith("socket.") and any(f"'{host}'" in named for host in LOOPBACK)


@pytest.mark.slow
def test_the_listener_hears(karvan, tmp_path):
    """The test of the test: a download is heard, so silence means something."""
    log = listen_to(karvan, tmp_path)
    karvan.settings["TRANSLATION__INDEX"] = "http://karvan.invalid/index.json"
    ended = karvan.run("languages", "install", "en-tr")
    assert ended.status == 1
    assert any("karvan.invalid" in str(arguments) for _, arguments in read_events(log))


def test_the_server_reaches_nothing_but_itself(starter_karvan, tmp_path):
    """With the sample, whose pusher speaks to the server, and the real engine."""
    karvan = starter_karvan
    log = listen_to(karvan, tmp_path)
    server = karvan.serve("--sample")
    server.wait_until_it_says("Keys  ")
    server.wait_for(lambda: "ready" in karvan.list_states().values(), "translation")
    assert server.call("GET", "/feeds/world/en.atom").status == 200
    assert server.stop().status == 0
    assert not karvan.is_working(), "what was under way is neither finished nor given back"
    events = list(read_events(log))
    assert [event for event in events if not is_loopback(*event) and not is_darkroom(*event)] == []
    assert any(event == "socket.connect" for event, _ in events), "not even the sample's pusher was heard"


@pytest.mark.slow
def test_everything_works_without_a_network(starter_karvan, tmp_path):
    """In a network namespace of its own, where there is nothing but loopback."""
    karvan = starter_karvan
    unshare = shutil.which("unshare")
    if unshare is None or subprocess.run([unshare, "-rn", "true"], check=False, capture_output=True).returncode:
        pytest.skip("needs `unshare -rn`")
    script = tmp_path / "loopback_up.py"
    script.write_text(LOOPBACK_UP)
    karvan.prefix = (unshare, "-rn", sys.executable, str(script))
    server = karvan.serve("--sample")
    server.wait_until_it_says("All sample articles stand in all languages")
    assert karvan.is_idle()
    assert set(karvan.list_states().values()) <= {"ready", "held", "pending"}
    made = karvan.query(
        "SELECT v.document, p.language FROM parallels p JOIN articles a ON a.id = p.article_id "
        "JOIN versions v ON v.id = a.head_id WHERE p.document IS NOT NULL AND p.origin = 'machine'"
    )
    ways = {(orjson.loads(document)["language"], language) for document, language in made}
    assert len(ways) == 20, "a direction is missing"
    assert server.stop().status == 0
