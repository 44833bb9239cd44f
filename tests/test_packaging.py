"""The image and the locks: what is installed where a server runs, how a container starts, how it is looked after."""

import json
import os
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", "")


def read_lock(name: str) -> dict[str, set[str]]:
    """Package==version → its hashes."""
    text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", "")
    return {line.split()[0]: set(line.split()[1:]) for line in text.splitlines() if "==" in line}


def test_a_server_gets_the_very_packages_that_were_tested_and_no_others():
    run, full = read_lock("requirements-run.lock"), read_lock("requirements.lock")
    assert len(run) > 30
    assert {name: hashes for name, hashes in run.items() if full.get(name) != hashes} == {}
    names = {name.partition("==")[0] for name in run}
    assert {"aiohttp", "ctranslate2", "setuptools"} <= names
    assert not {"pytest", "mypy", "ruff", "hypothesis", "schemathesis"} & names
    assert "requirements-run.lock" in DOCKERFILE
    assert "requirements.lock" not in DOCKERFILE


def test_the_first_start_puts_the_configuration_where_the_server_may_write_it(tmp_path):
    shipped, config, told = tmp_path / "shipped.toml", tmp_path / "data" / "config.toml", tmp_path / "told"
    shipped.write_text("[server]\n")
    config.parent.mkdir()
    karvan = tmp_path / "karvan"
    karvan.write_text(f'#!/bin/sh\necho "$@" >> {told}\n')
    karvan.chmod(0o755)
    [line] = re.findall(r"^CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)
    command = [part.replace("/etc/karvan/config.toml", str(shipped)) for part in json.loads(line)]
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "KARVAN_CONFIG": str(config)}
    for text in ("[server]\n", "# mine\n"):
        subprocess.run(command, env=environment, check=True)
        assert config.read_text() == text
        config.write_text("# mine\n")
    assert told.read_text().splitlines() == ["languages install starter", "serve"] * 2


class Ready(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/readyz" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def test_the_health_check_asks_at_the_port_that_is_configured(tmp_path):
    [check] = re.findall(r"^HEALTHCHECK CMD (.*)$", DOCKERFILE, re.MULTILINE)
    check = check.replace("python ", f"{sys.executable} ", 1)
    config = tmp_path / "config.toml"
    with HTTPServer(("127.0.0.1", 0), Ready) as server:
        port = server.server_port
        config.write_text(f"[server]\nport = {port}\n")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        asked = {"KARVAN_CONFIG": str(config), "PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]}
        assert subprocess.run(["/bin/sh", "-c", check], env=asked, check=False).returncode == 0
        server.shutdown()
        thread.join()
    ended = subprocess.run(["/bin/sh", "-c", check], env=asked, check=False, capture_output=True, text=True)
    assert ended.returncode != 0
    assert "refused" in ended.stderr
