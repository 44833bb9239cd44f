"""Servers as their operators run them, each in its own process on one core; and what they use."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
TICKS = os.sysconf("SC_CLK_TCK")
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, CLIENT_CORE = CORES[0], CORES[-1]


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers."""

    base: str
    pid: int


@contextmanager
def run_karvan(folder: Path, settings: Mapping[str, str], *, cores: set[int] | None = None) -> Iterator[Running]:
    """`karvan serve` with the shipped configuration, but for `settings` (KARVAN_… variables)."""
    port = find_port()
    command = [*make_command(folder), "serve", "--port", str(port)]
    with run_server(command, port, folder / "karvan.log", cores=cores, settings=settings) as running:
        yield running


def issue_key(folder: Path, owner: str) -> str:
    command = [*make_command(folder), "keys", "issue", owner, "--json"]
    answer = subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return str(json.loads(answer.stdout)["key"])


def make_command(folder: Path) -> list[str]:
    return [sys.executable, "-m", "server", "--config", str(ROOT / "config.toml"), "--data", str(folder / "data")]


@contextmanager
def run_nginx(folder: Path, files: Mapping[str, bytes]) -> Iterator[Running]:
    """One nginx worker that serves these files, with their .gz beside them, from its cache of open files."""
    for name, body in files.items():
        (folder / "www" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "www" / name).write_bytes(body)
    port = find_port()
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(folder=folder, port=port))
    command = ["nginx", "-p", str(folder), "-c", str(config), "-e", str(folder / "nginx.log")]
    with run_server(command, port, folder / "nginx.out", cores={SERVER_CORE}) as running:
        yield running


NGINX = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000; open_file_cache max=100 inactive=1h;
  open_file_cache_valid 1h; gzip_static on; gzip_vary on; etag on; types {{ application/atom+xml atom; }}
  client_body_temp_path {folder}/tmp1; proxy_temp_path {folder}/tmp2; fastcgi_temp_path {folder}/tmp3;
  uwsgi_temp_path {folder}/tmp4; scgi_temp_path {folder}/tmp5;
  server {{ listen 127.0.0.1:{port}; root {folder}/www; add_header Cache-Control "public, max-age=60"; }}
}}
"""


@contextmanager
def run_server(
    command: list[str],
    port: int,
    log: Path,
    *,
    cores: set[int] | None = None,
    settings: Mapping[str, str] | None = None,
) -> Iterator[Running]:
    """A process that answers on this port, on these cores only."""
    environment = {**os.environ, **(settings or {})}
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=output, stderr=output, env=environment, preexec_fn=_make_pin(cores)
        )
    try:
        base = f"http://127.0.0.1:{port}"
        _wait_for(base, process)
        yield Running(base, process.pid)
    finally:
        process.terminate()
        process.wait(20)


def _make_pin(cores: set[int] | None) -> Callable[[], None] | None:
    return (lambda: os.sched_setaffinity(0, cores)) if cores else None


def _wait_for(base: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError(f"{process.args} ended with {process.returncode}")
        try:
            urllib.request.urlopen(base, timeout=5)
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"{process.args} does not answer")


def read_cpu_seconds(pid: int) -> float:
    """What a process has used so far, in and for it (proc(5), /proc/PID/stat fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def find_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
