"""The only HTTP client: time and size limits on everything that is fetched.

The server itself opens no connection (CONTRACT §5.7); the command line pushes and downloads through here.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

TIMEOUT = aiohttp.ClientTimeout(total=None, connect=10, sock_read=60)
LARGEST_DOWNLOAD = 2_000_000_000  # bytes
CHUNK = 1 << 16

Progress = Callable[[int, int | None], None]  # bytes so far, bytes in all where known


class DownloadFailed(Exception):
    """The download failed."""


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
