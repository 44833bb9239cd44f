"""make_app(): the only place where parts meet, and the only clock."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import structlog
from aiohttp import web

from server.access import identify, tell_allowance
from server.config import Config
from server.configfile.live import Live, Version, get_digest
from server.counting import count_requests, keep_lag
from server.delivery.housekeeping import sync_destinations
from server.delivery.post import make_post
from server.gauges import Gauges
from server.jobs import enqueue_settlements, recover
from server.keyring import Keyring
from server.keys import (
    ARCHIVE_CACHE,
    BASE,
    BATCHING,
    BUCKETS,
    CLOCK,
    DATABASE,
    ENGINE_ROOM,
    FEED_CACHE,
    FETCHED,
    GAUGES,
    HOT_FEEDS,
    KEYRING,
    LIVE,
    LOOKOUT,
    MEDIA,
    METRICS,
    PREVIEWING,
    RELOADER,
    SEARCHES,
    TRANSLATOR,
    Clock,
)
from server.lookout import Lookout
from server.media.media_files import MediaFolder
from server.metrics import make_metrics
from server.outbound import Caller, Courier
from server.polling import sync_sources
from server.problems import Unavailable
from server.quotas import Buckets
from server.refusals import answer_problems, dress_refusal, name_product
from server.reloading import Reloader
from server.reloading.resettling import settle_changed
from server.routes import add_routes
from server.runner import Tools
from server.searching.building import begin as begin_search
from server.searching.building import build as build_search
from server.serving.feedcache import FeedCache
from server.serving.hotfeeds import HotFeeds
from server.showing import VIEWS, Views
from server.site import Site
from server.store.answers import find_meta, forget_answers, save_meta
from server.store.articles import list_article_ids
from server.store.engine import open_database
from server.store.keys import save_uses
from server.translation.engines import make_engine
from server.worker import work
from translators import Translator

log = structlog.get_logger()

LINGER_SECONDS = 1.0  # for the rest of a body that nobody reads: it may be a bomb
USES_SECONDS = 60.0  # how often the last uses of keys are written
MOST_SEARCHES = 4  # at once: connections are for all, and cores are few
MOST_ARCHIVES = 50  # pages that are kept; who walks through all of them pushes no feed out
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


def make_app(
    config: Config,
    data: Path,
    *,
    translator: Translator | None = None,
    clock: Clock = get_time,
    base: str | None = None,
    with_worker: bool = True,
    file: Path | None = None,
    text: str = "",
) -> web.Application:
    """The whole server. `data`: folder of all that is kept; `base`: the public address, when not the config's.

    `file`: where the configuration stands, as the `text` that it was made of; it is watched, and written by
    `PUT /v1/routing`.
    """
    app = web.Application(
        middlewares=[count_requests, answer_problems, identify],
        client_max_size=config.limits.article_bytes + 1,
        handler_args={"lingering_time": LINGER_SECONDS},
    )
    app[LIVE] = Live(Version(config))
    app[CLOCK] = clock
    app[BASE] = base or config.server.public_url or f"http://{config.server.host}:{config.server.port}"
    _furnish(app, clock, data)
    caller = Caller(config.outbound.allow)
    app[TRANSLATOR] = translator or make_engine(config, data, caller)
    app[ENGINE_ROOM] = ThreadPoolExecutor(1, thread_name_prefix="engine")

    async def keep_database(app: web.Application) -> AsyncIterator[None]:
        app[DATABASE] = await open_database(config.database.url, data)
        app[DATABASE].note_write = app[METRICS].note_write
        app[RELOADER] = Reloader(app[LIVE], app[DATABASE], clock, file, text, (app[HOT_FEEDS].clear,))
        await _take_over(app)
        await asyncio.to_thread(app[MEDIA].clear_incoming)
        async with app[LOOKOUT].opened(app[DATABASE]), app[HOT_FEEDS].kept(app[DATABASE]):
            reloading = [asyncio.create_task(settle_changed(app[RELOADER])), asyncio.create_task(app[RELOADER].watch())]
            if await begin_search(app[DATABASE]) == "building":
                reloading.append(asyncio.create_task(build_search(app[DATABASE])))
            yield
            for task in reloading:
                task.cancel()
            await asyncio.gather(*reloading, return_exceptions=True)
        await app[DATABASE].close()

    async def keep_way_out(app: web.Application) -> AsyncIterator[None]:  # noqa: ARG001
        async with caller.opened():
            yield

    app.cleanup_ctx.append(keep_way_out)
    app.cleanup_ctx.append(keep_database)
    app.cleanup_ctx.append(keep_uses)
    app.cleanup_ctx.append(keep_lag)
    app.on_response_prepare.extend((dress_refusal, tell_allowance, name_product))
    app.on_shutdown.append(end_waiting)
    if with_worker:
        app.cleanup_ctx.append(keep_worker)
    add_routes(app)
    return app


def _furnish(app: web.Application, clock: Clock, data: Path) -> None:
    """What handlers share, empty as yet; none of it depends on the configuration."""
    app[FEED_CACHE], app[ARCHIVE_CACHE] = FeedCache(), FeedCache(MOST_ARCHIVES)
    app[HOT_FEEDS] = HotFeeds(clock)
    app[VIEWS] = Views()
    app[SEARCHES] = asyncio.Semaphore(MOST_SEARCHES)
    app[KEYRING], app[BUCKETS], app[BATCHING] = Keyring(), Buckets(), asyncio.Lock()
    app[FETCHED] = {}
    app[LOOKOUT] = Lookout()
    app[PREVIEWING] = asyncio.Lock()
    app[METRICS], app[GAUGES] = make_metrics(), Gauges(data)
    app[MEDIA] = MediaFolder(data / "media")


async def keep_uses(app: web.Application) -> AsyncIterator[None]:
    """When keys were last used is written once a minute, so that no request writes; and at the end."""

    async def write() -> None:
        try:
            if uses := app[KEYRING].take_uses():
                async with app[DATABASE].write() as conn:
                    await save_uses(conn, uses)
        except Unavailable:  # a full disk, a database that is away: of all that is lost then, this matters least
            log.warning("the last use of keys cannot be written")

    async def write_for_ever() -> None:
        while True:
            await asyncio.sleep(USES_SECONDS)
            await write()

    writing = asyncio.create_task(write_for_ever())
    yield
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)
    await write()


async def keep_worker(app: web.Application) -> AsyncIterator[None]:
    """Translation workers inside the process; at the end what runs is finished, within limits."""
    live, config = app[LIVE], app[LIVE].current.config
    parts = (app[DATABASE], config, app[TRANSLATOR], app[ENGINE_ROOM], app[CLOCK], app[MEDIA], live, app[METRICS])
    tools = Tools(WORKER, *parts)
    courier, stopping = Courier(config.outbound.allow), asyncio.Event()
    post = make_post(tools, Site(app[BASE], config), courier, app[MEDIA].path.parent)
    async with courier.opened():
        task = asyncio.create_task(work(tools, stopping, post))
        yield
        stopping.set()
        await task


async def end_waiting(app: web.Application) -> None:
    """Who waits for changes is answered now: the server is about to end."""
    app[LOOKOUT].close()


async def _take_over(app: web.Application) -> None:
    """Go on where an earlier process stopped, under the configuration of today."""
    config, now = app[LIVE].current.config, app[CLOCK]()
    digest = get_digest(config)
    async with app[DATABASE].write() as conn:
        await recover(conn, WORKER, now)
        await forget_answers(conn, now - config.limits.idempotency)
        await sync_destinations(conn, config, now)
        await sync_sources(conn, config, now)
        await app[RELOADER].begin(conn)
        if await find_meta(conn, "routing") != digest:
            await enqueue_settlements(conn, await list_article_ids(conn), now)
            await save_meta(conn, "routing", digest)
