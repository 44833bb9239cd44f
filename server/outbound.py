"""The only HTTP client: time and size limits on everything that is fetched.

The server itself opens connections to what is configured and nothing else (CONTRACT §5.7), at addresses that are public
or allowed by name: engines of `[engines]`, feeds of `[sources]`, and deliveries to who asked for them. The command line
pushes and downloads through here too.
"""

import asyncio
import concurrent.futures
import os
import socket
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from server.addresses import is_allowed, is_refused
from translators.libretranslate import Reply

TIMEOUT = aiohttp.ClientTimeout(total=None, connect=10, sock_read=60)
LARGEST_DOWNLOAD = 2_000_000_000  # bytes
LARGEST_ANSWER = 16_000_000  # bytes, of an engine
MOST_OF_ANSWER = 1 << 14  # bytes that are read of what a recipient says
COURIER_LOOKUPS = 16  # names looked up at once: some servers of names are slow
GRACE_SECONDS = 1.0  # a thread waits so much longer than the request may take
CHUNK = 1 << 16
RESOLVER_THREADS = "addresses"  # what their names begin with
STOPPING = "the server is stopping"
NOT_ALLOWED = "its address is private: [outbound] allow must name it"

Progress = Callable[[int, int | None], None]  # bytes so far, bytes in all where known


class DownloadFailed(Exception):
    """The download failed."""


class Caller:
    """The way out for what runs in threads (engines): a blocking call, done by the event loop that opened it.

    It goes where `allow` lets it, follows no redirect, and takes nothing from the environment.
    """

    def __init__(self, allow: Collection[str]) -> None:
        self._allow = allow
        self._loop: asyncio.AbstractEventLoop | None = None
        self._session: aiohttp.ClientSession | None = None
        self._running: set[concurrent.futures.Future[Reply]] = set()

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Within this, calls are done; at its end those under way are broken off."""
        connector = aiohttp.TCPConnector(resolver=_Resolver(self._allow), use_dns_cache=False)
        async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
            self._loop, self._session = asyncio.get_running_loop(), session
            try:
                yield
            finally:
                self._session = None
                for one in list(self._running):
                    one.cancel()

    def __call__(self, method: str, url: str, body: bytes | None = None, *, seconds: float) -> Reply:
        """The answer, whatever its status; OSError with the reason when there is none in `seconds`.

        Reasons name no address: they are shown to people.
        """
        if self._loop is None or self._session is None:
            raise ConnectionError(STOPPING)
        if asyncio._get_running_loop() is self._loop:
            raise RuntimeError("called by the event loop, which would wait for itself")
        fetching = self._fetch(self._session, method, url, body, seconds)
        answer = asyncio.run_coroutine_threadsafe(fetching, self._loop)
        self._running.add(answer)
        try:
            return answer.result(seconds + GRACE_SECONDS)
        except concurrent.futures.CancelledError:
            raise ConnectionError(STOPPING) from None
        except TimeoutError:
            raise TimeoutError(f"no answer within {seconds:g} s") from None
        finally:
            self._running.discard(answer)
            answer.cancel()

    async def _fetch(
        self, session: aiohttp.ClientSession, method: str, url: str, body: bytes | None, seconds: float
    ) -> Reply:
        headers = {"Accept": "application/json", "Accept-Language": "en"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            host = urlsplit(url).hostname or ""
            if is_refused(host, self._allow):  # numeric hosts never come to the resolver
                raise ConnectionError(NOT_ALLOWED)
            async with (
                asyncio.timeout(seconds),
                session.request(method, url, data=body, headers=headers, allow_redirects=False) as response,
            ):
                return Reply(response.status, await _read(response))
        except aiohttp.ClientError as error:
            raise ConnectionError(_explain(error)) from error


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the body as far as it was read."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Courier:
    """The way out for deliveries and polls: each has its own time, none waits for another's connection.

    A name is looked up once per request, and the connection goes to the address that was looked at. Redirects are not
    followed, nothing is unpacked, no cookie is kept, nothing is taken from the environment.
    """

    def __init__(self, allow: Collection[str]) -> None:
        self._allow = allow
        self._session: aiohttp.ClientSession | None = None

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        resolver = _Resolver(self._allow, threads=COURIER_LOOKUPS)
        connector = aiohttp.TCPConnector(resolver=resolver, use_dns_cache=False, limit=0, keepalive_timeout=5)
        jar = aiohttp.DummyCookieJar()
        async with aiohttp.ClientSession(connector=connector, cookie_jar=jar, auto_decompress=False) as session:
            self._session = session
            try:
                yield
            finally:
                self._session = None

    async def send(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str], *, seconds: float
    ) -> Answer:
        """The answer, whatever its status; OSError (TimeoutError) with the reason when there is none in `seconds`."""
        async with self._ask(method, url, body, headers, seconds) as response:
            return Answer(response.status, response.headers, await response.content.read(MOST_OF_ANSWER))

    async def fetch(self, url: str, headers: Mapping[str, str], *, seconds: float, most: int) -> Answer:
        """The same for a GET, with the whole body, packed as it came; OSError, too, where that is over `most` bytes."""
        async with self._ask("GET", url, None, headers, seconds) as response:
            return Answer(response.status, response.headers, await _read(response, most))

    @asynccontextmanager
    async def _ask(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str], seconds: float
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        if self._session is None:
            raise ConnectionError(STOPPING)
        try:
            address = URL(url, encoded=True)
            if is_refused(address.host or "", self._allow):  # numeric hosts never come to the resolver
                raise ConnectionError(NOT_ALLOWED)
            async with (
                asyncio.timeout(seconds),
                self._session.request(method, address, data=body, headers=headers, allow_redirects=False) as response,
            ):
                yield response
        except TimeoutError:
            raise TimeoutError(f"no answer within {seconds:g} s") from None
        except (aiohttp.ClientError, ValueError) as error:
            raise ConnectionError(_explain(error)) from error


class _Resolver(AbstractResolver):
    """Names → the addresses that may be reached. Look-ups have their own thread, which nobody waits for at the end."""

    def __init__(self, allow: Collection[str], *, threads: int = 4) -> None:
        self._allow = allow
        self._room = concurrent.futures.ThreadPoolExecutor(threads, thread_name_prefix=RESOLVER_THREADS)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        look_up = partial(socket.getaddrinfo, host, port, family=family, type=socket.SOCK_STREAM)
        found = await asyncio.get_running_loop().run_in_executor(self._room, look_up)
        allowed = [one for one in found if is_allowed(host, str(one[4][0]), self._allow)]
        if not allowed:
            raise PermissionError(NOT_ALLOWED)
        return [
            ResolveResult(
                hostname=host, host=str(address[0]), port=port, family=kind, proto=proto, flags=socket.AI_NUMERICHOST
            )
            for kind, _, proto, _, address in allowed
        ]

    async def close(self) -> None:
        self._room.shutdown(wait=False, cancel_futures=True)


async def _read(response: aiohttp.ClientResponse, most: int = LARGEST_ANSWER) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_chunked(CHUNK):
        body += chunk
        if len(body) > most:
            raise ConnectionError(f"the answer is larger than {most} bytes")
    return bytes(body)


def _explain(error: Exception) -> str:
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(cause, PermissionError) and NOT_ALLOWED in str(cause):
        return NOT_ALLOWED
    if isinstance(cause, socket.gaierror):
        return "its name is not known"
    if isinstance(cause, OSError) and cause.errno:
        return os.strerror(cause.errno)
    return "the connection broke off"


@asynccontextmanager
async def open_session() -> AsyncIterator[aiohttp.ClientSession]:
    """A session for the command line."""
    async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
        yield session


def download(address: str, path: Path, progress: Progress | None = None) -> None:
    """Fetch an address into a file. Raises DownloadFailed, and leaves no half file."""
    try:
        asyncio.run(_download(address, path, progress))
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        path.unlink(missing_ok=True)
        raise DownloadFailed(f"{address}: {error or type(error).__name__}") from error


async def _download(address: str, path: Path, progress: Progress | None) -> None:
    async with open_session() as session, session.get(address) as response:
        response.raise_for_status()
        done = 0
        with path.open("wb") as file:
            async for chunk in response.content.iter_chunked(CHUNK):
                done += len(chunk)
                if done > LARGEST_DOWNLOAD:
                    raise DownloadFailed(f"{address}: larger than {LARGEST_DOWNLOAD} bytes")
                file.write(chunk)
                if progress is not None:
                    progress(done, response.content_length)
