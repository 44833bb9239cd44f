"""karvan serve, worker."""

import asyncio
import fcntl
import gc
import os
import signal
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import click
from aiohttp import web

from server import app as application
from server.commands import Setting, clear_errors, pass_setting, refuse
from server.commands.sample import show_sample
from server.config import Config
from server.configfile.live import Live, Version
from server.counting import watch_lag
from server.delivery.post import make_post
from server.folders import make_private_file, make_private_folder
from server.gauges import Exposition
from server.logs import configure_logging
from server.media.media_files import MediaFolder
from server.metrics import Metrics, make_metrics
from server.outbound import RESOLVER_THREADS, Caller, Courier
from server.refusals import Runner, name_product
from server.reloading import Reloader
from server.runner import Tools
from server.site import Site
from server.store.engine import open_database
from server.translation.engines import make_engine
from server.worker import work

MOST_YOUNG = 10_000  # objects before the collector looks at them: a large configuration makes many and needs all
MOST_PORT = 65_535
SHUTDOWN_SECONDS = 2.0  # for requests that are under way; with the worker's own time, a server ends within 10 s


@click.command()
@click.option("--host", help="The address to listen on, instead of the configuration's.")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="The port, instead of the configuration's; 0: any free one."
)
@click.option(
    "--sample", "with_sample", is_flag=True, help="Issue keys for the sample outlets and push the sample articles."
)
@click.option("--no-worker", is_flag=True, help="Only answer requests; `karvan worker` translates.")
@pass_setting
@clear_errors
def serve(setting: Setting, host: str | None, port: int | None, with_sample: bool, no_worker: bool) -> None:
    """Serve the API, the feeds and the pages, and translate.

    Example: karvan --data /srv/karvan serve --port 8080
    """
    gc.set_threshold(MOST_YOUNG)
    config, text = setting.read()
    host, port = host or config.server.host, config.server.port if port is None else port
    configure_logging(config.server.log_format)
    with hold_lock(setting.data, "give this one its own --data"):
        asyncio.run(_serve(setting, config, text, host, port, with_sample=with_sample, with_worker=not no_worker))
    _leave()


@click.command()
@click.option("--name", help="A name of its own for each worker; else host and process id.")
@click.option(
    "--metrics", "address", help="HOST:PORT where its own numbers stand for Prometheus; who reaches it reads."
)
@pass_setting
@clear_errors
def worker(setting: Setting, name: str | None, address: str | None) -> None:
    """Translate without serving: further processes on this machine that share the database.

    Example: karvan worker --name translator-2 --metrics 127.0.0.1:9101
    """
    gc.set_threshold(MOST_YOUNG)
    config, text = setting.read()
    configure_logging(config.server.log_format)
    listening = _open_address(address) if address else None
    asyncio.run(_work(setting, config, text, name or f"{os.uname().nodename}-{os.getpid()}", listening))
    _leave()


async def _serve(
    setting: Setting, config: Config, text: str, host: str, port: int, *, with_sample: bool, with_worker: bool
) -> None:
    stop = _listen_for_signals()
    listening = _open_port(host, port)  # before anything is begun that a port in use would leave half done
    port = listening.getsockname()[1]
    base = config.server.public_url or f"http://{_readable(host)}:{port}"
    file = setting.config_path
    app = application.make_app(config, setting.data, base=base, with_worker=with_worker, file=file, text=text)
    runner = Runner(app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
    try:
        await runner.setup()
        await web.SockSite(runner, listening).start()
        address = f"http://{_readable(host)}:{port}"
        click.echo(f"Karvan serves at {address}/")
        if with_sample:
            showing = asyncio.create_task(show_sample(setting, config, app, address))
            stopped = asyncio.create_task(stop.wait())
            await asyncio.wait([showing, stopped], return_when=asyncio.FIRST_COMPLETED)
            if showing.done():
                showing.result()
            else:
                showing.cancel()
            stopped.cancel()
        await stop.wait()
    finally:
        await runner.cleanup()
        listening.close()


async def _work(setting: Setting, config: Config, text: str, name: str, listening: socket.socket | None) -> None:
    stop, metrics = _listen_for_signals(), make_metrics()
    caller, courier = Caller(config.outbound.allow), Courier(config.outbound.allow)
    engine = make_engine(config, setting.data, caller)
    engine_room = ThreadPoolExecutor(1, thread_name_prefix="engine")
    media = MediaFolder(setting.data / "media")
    live = Live(Version(config))
    base = config.server.public_url or f"http://{config.server.host}:{config.server.port}"
    database = await open_database(config.database.url, setting.data)
    try:
        database.note_write = metrics.note_write
        reloader = Reloader(live, database, application.get_time, setting.config_path, text)
        tools = Tools(name, database, config, engine, engine_room, application.get_time, media, live, metrics)
        post = make_post(tools, Site(base, config), courier, setting.data)
        click.echo(f"Karvan worker {name} waits for jobs")
        async with database.write() as conn:
            await reloader.begin(conn)
        async with caller.opened(), courier.opened(), _showing(metrics, listening):
            watching = asyncio.create_task(reloader.watch())
            await work(tools, stop, post)
            watching.cancel()
    finally:
        await database.close()


@asynccontextmanager
async def _showing(metrics: Metrics, listening: socket.socket | None) -> AsyncIterator[None]:
    """Meanwhile the worker's own numbers stand at /metrics there."""
    if listening is None:
        yield
        return

    async def get_metrics(request: web.Request) -> web.Response:
        exposition = Exposition(metrics.registry)
        body, content_type = await asyncio.to_thread(exposition.render, request.headers.get("Accept", ""))
        return web.Response(body=body, headers={"Content-Type": content_type, "Cache-Control": "no-store"})

    app = web.Application()
    app.on_response_prepare.append(name_product)
    app.router.add_get("/metrics", get_metrics)
    runner, watching = web.AppRunner(app, access_log=None), asyncio.create_task(watch_lag(metrics))
    try:
        await runner.setup()
        await web.SockSite(runner, listening).start()
        host, port = listening.getsockname()[:2]
        click.echo(f"Its numbers stand at http://{_readable(host)}:{port}/metrics")
        yield
    finally:
        watching.cancel()
        await runner.cleanup()
        listening.close()


def _open_address(address: str) -> socket.socket:
    """HOST:PORT → a socket that has it."""
    host, _, port = address.rpartition(":")
    if not port.isascii() or not port.isdigit() or int(port) > MOST_PORT:
        raise click.BadParameter(f"{address!r} is not HOST:PORT", param_hint="--metrics")
    return _open_port(host.strip("[]") or "127.0.0.1", int(port))


def _listen_for_signals() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


@contextmanager
def hold_lock(data: Path, advice: str) -> Iterator[None]:
    """One server per data folder: two would take each other's jobs for left-overs."""
    make_private_folder(data)
    path = data / "karvan.lock"
    make_private_file(path)
    number = os.open(path, os.O_RDONLY | os.O_CREAT, 0o600)
    try:
        if os.geteuid() == 0:  # who comes after root must be able to hold it
            with suppress(PermissionError):
                os.fchown(number, data.stat().st_uid, data.stat().st_gid)
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            refuse(f"another server works with {data}; {advice}")
        yield
    finally:
        os.close(number)


def _open_port(host: str, port: int) -> socket.socket:
    """A socket that has the address; it listens later."""
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # also while a predecessor's connections linger
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        refuse(f"cannot listen on {host}:{port}: {error.strerror or error}")
    return listening


def _readable(host: str) -> str:
    if host in ("0.0.0.0", "::"):  # noqa: S104 (asked about, not bound)
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _leave() -> None:
    """End at once although the engine's thread may still be in a batch: its jobs are on disk and done next time.

    So may a look-up of a name, which nobody waits for.
    """
    if any(thread.name.startswith(("engine", RESOLVER_THREADS)) for thread in threading.enumerate()):
        os._exit(0)
