"""make_app(): the only place where parts meet, and the only clock."""

import asyncio
import hashlib
import logging
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import structlog
from aiohttp import web

from server.access import identify
from server.config import Config
from server.feedcache import FeedCache
from server.jobs import enqueue_settlement, recover
from server.keyring import Keyring
from server.keys import CLOCK, CONFIG, DATABASE, ENGINE_ROOM, FEED_CACHE, KEYRING, SITE, TRANSLATOR, Clock
from server.publishing import Site
from server.refusals import answer_problems, dress_refusal
from server.routes import add_routes
from server.runner import Tools
from server.store.answers import find_meta, forget_answers, save_meta
from server.store.articles import list_article_ids
from server.store.engine import open_database
from server.worker import work
from translators import Translator
from translators.engines import make_translator

log = structlog.get_logger()

LINGER_SECONDS = 1.0  # for the rest of a body that nobody reads: it may be a bomb
WORKER = "embedded"  # one per database: what an earlier process of this name left is ours


def make_clock() -> Clock:
    """The clock: aware UTC. It never goes back, even if the machine's does: order of times is order of events."""
    last = datetime.min.replace(tzinfo=UTC)

    def get_time() -> datetime:
        nonlocal last
        last = max(datetime.now(UTC), last)
        return last

    return get_time


get_time = make_clock()


def make_engine(config: Config, data: Path) -> Translator:
    """The translator that the configuration names."""
    settings = config.translation
    if settings.engine == "off":
        return make_translator("pseudo", data, languages=())
    return make_translator(
        settings.engine,
        data / "packages",
        languages=config.languages.configured,
        threads=settings.threads,
        batch_tokens=settings.batch_tokens,
        idle_seconds=settings.idle_seconds,
    )


def make_app(
    config: Config,
    data: Path,
    *,
    translator: Translator | None = None,
    clock: Clock = get_time,
    base: str | None = None,
    with_worker: bool = True,
) -> web.Application:
    """The whole server. `data`: folder of all that is kept; `base`: the public address, when not the config's."""
    app = web.Application(
        middlewares=[answer_problems, identify],
        client_max_size=config.limits.article_bytes + 1,
        handler_args={"lingering_time": LINGER_SECONDS},
    )
    app[CONFIG] = config
    app[CLOCK] = clock
    app[SITE] = Site(base or config.server.public_url or f"http://{config.server.host}:{config.server.port}", config)
    app[FEED_CACHE] = FeedCache()
    app[KEYRING] = Keyring()
    app[TRANSLATOR] = translator or make_engine(config, data)
    app[ENGINE_ROOM] = ThreadPoolExecutor(1, thread_name_prefix="engine")

    async def keep_database(app: web.Application) -> AsyncIterator[None]:
        app[DATABASE] = await open_database(config.database.url, data)
        await _take_over(app)
        yield
        await app[DATABASE].close()

    app.cleanup_ctx.append(keep_database)
    app.on_response_prepare.append(dress_refusal)
    if with_worker:
        app.cleanup_ctx.append(keep_worker)
    add_routes(app)
    return app


async def keep_worker(app: web.Application) -> AsyncIterator[None]:
    """Translation workers inside the process; at the end what runs is finished, within limits."""
    tools = Tools(WORKER, app[DATABASE], app[CONFIG], app[TRANSLATOR], app[ENGINE_ROOM], app[CLOCK])
    stopping = asyncio.Event()
    task = asyncio.create_task(work(tools, stopping))
    yield
    stopping.set()
    await task


async def _take_over(app: web.Application) -> None:
    """Go on where an earlier process stopped, under the configuration of today."""
    config, now = app[CONFIG], app[CLOCK]()
    fields = {"languages", "translation", "outlets", "exchanges", "channels", "routes"}
    digest = hashlib.sha256(config.model_dump_json(include=fields).encode()).hexdigest()
    async with app[DATABASE].write() as conn:
        await recover(conn, WORKER, now)
        await forget_answers(conn, now - config.limits.idempotency)
        known = await find_meta(conn, "routing")
        if known != digest:
            for article_id in await list_article_ids(conn):
                await enqueue_settlement(conn, article_id, now)
            await save_meta(conn, "routing", digest)


def configure_logging(log_format: str) -> None:
    """Structured logs on stderr: text for people or JSON. Libraries' own words only from warnings on."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    render = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
