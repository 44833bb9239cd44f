"""All that a handler may reach: typed keys of the application and of a request."""

from collections.abc import Callable
from concurrent.futures import Executor
from datetime import datetime

from aiohttp import web

from server.config import Config
from server.feedcache import FeedCache
from server.keyring import Keyring
from server.publishing import Site
from server.store.engine import Database
from server.visibility import Reader
from translators import Translator

Clock = Callable[[], datetime]

CONFIG = web.AppKey("CONFIG", Config)
DATABASE = web.AppKey("DATABASE", Database)
CLOCK: web.AppKey[Clock] = web.AppKey("CLOCK")
SITE = web.AppKey("SITE", Site)
KEYRING = web.AppKey("KEYRING", Keyring)
FEED_CACHE = web.AppKey("FEED_CACHE", FeedCache)
TRANSLATOR: web.AppKey[Translator] = web.AppKey("TRANSLATOR", Translator)
ENGINE_ROOM = web.AppKey("ENGINE_ROOM", Executor)

READER: web.RequestKey[Reader] = web.RequestKey("READER", Reader)
KEY_ID: web.RequestKey[str] = web.RequestKey("KEY_ID", str)
REQUEST_ID: web.RequestKey[str] = web.RequestKey("REQUEST_ID", str)
