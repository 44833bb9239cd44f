"""All that a handler may reach: typed keys of the application and of a request."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from datetime import datetime
from typing import Any

from aiohttp import web

from server.config import Config
from server.configfile.live import Live, Version
from server.gauges import Gauges
from server.keyring import Keyring
from server.lookout import Lookout
from server.media.media_files import MediaFolder
from server.metrics import Metrics
from server.quotas import Allowance, Buckets
from server.reloading import Reloader
from server.serving.feedcache import FeedCache
from server.serving.hotfeeds import HotFeeds
from server.site import Site
from server.store.engine import Database
from server.visibility import Reader
from translators import Translator

Clock = Callable[[], datetime]
Description = Callable[[], dict[str, Any]]  # of the API, as OpenAPI

LIVE = web.AppKey("LIVE", Live)
RELOADER = web.AppKey("RELOADER", Reloader)
PREVIEWING = web.AppKey("PREVIEWING", asyncio.Lock)
BASE = web.AppKey("BASE", str)
DATABASE = web.AppKey("DATABASE", Database)
BATCHING = web.AppKey("BATCHING", asyncio.Lock)  # held by the batch that writes: all others' pushes wait for one only
CLOCK: web.AppKey[Clock] = web.AppKey("CLOCK")
KEYRING = web.AppKey("KEYRING", Keyring)
BUCKETS = web.AppKey("BUCKETS", Buckets)
LOOKOUT = web.AppKey("LOOKOUT", Lookout)
# (recipient, channel, language, query) → the change as of which that feed was last seen fetched
FETCHED: web.AppKey[dict[tuple[str, str, str, str], int]] = web.AppKey("FETCHED")
FEED_CACHE = web.AppKey("FEED_CACHE", FeedCache)
SEARCHES = web.AppKey("SEARCHES", asyncio.Semaphore)  # so many at once
HOT_FEEDS = web.AppKey("HOT_FEEDS", HotFeeds)
ARCHIVE_CACHE = web.AppKey("ARCHIVE_CACHE", FeedCache)
TRANSLATOR: web.AppKey[Translator] = web.AppKey("TRANSLATOR", Translator)
MEDIA = web.AppKey("MEDIA", MediaFolder)
ENGINE_ROOM = web.AppKey("ENGINE_ROOM", Executor)
METRICS = web.AppKey("METRICS", Metrics)
GAUGES = web.AppKey("GAUGES", Gauges)
OPENAPI: web.AppKey[Description] = web.AppKey("OPENAPI")

# The configuration that was in force when the request came: it is the request's to its end.
VERSION: web.RequestKey[Version] = web.RequestKey("VERSION", Version)
CONFIG: web.RequestKey[Config] = web.RequestKey("CONFIG", Config)
SITE: web.RequestKey[Site] = web.RequestKey("SITE", Site)
READER: web.RequestKey[Reader] = web.RequestKey("READER", Reader)
KEY_ID: web.RequestKey[str] = web.RequestKey("KEY_ID", str)
ALLOWANCE: web.RequestKey[Allowance] = web.RequestKey("ALLOWANCE", Allowance)  # where requests are counted
SCOPES: web.RequestKey[frozenset[str]] = web.RequestKey("SCOPES", frozenset)  # what the key opens, where one was sent
IS_STILL_VALID: web.RequestKey[Callable[[], Awaitable[bool]]] = web.RequestKey("IS_STILL_VALID")
REQUEST_ID: web.RequestKey[str] = web.RequestKey("REQUEST_ID", str)


def pin_version(request: web.Request) -> None:
    """The configuration of now is the request's, whatever takes its place. One that waits for news does it again."""
    version = request.app[LIVE].current
    request[VERSION], request[CONFIG] = version, version.config
    request[SITE] = Site(request.app[BASE], version.config)
