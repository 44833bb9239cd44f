"""Has renditions of an upload made by pictures: in a process of its own, within bounds of memory and time."""

import asyncio
import sys
from pathlib import Path

import orjson
from pydantic import TypeAdapter

from feeds.model import Rendition
from server.config import Limits
from server.media.media_files import sync_folder

SCRIPT = Path(__file__).with_name("pictures.py")
SECONDS = 60  # that a picture may take, of processor and of waiting
SPARE_MEMORY = 400_000_000  # bytes: the interpreter with its libraries
BYTES_PER_PIXEL = 20  # the picture, its copy in other colours, and what is written

_RENDITIONS = TypeAdapter(tuple[Rendition, ...])


class PictureRefused(Exception):
    """The picture cannot be used"""


class DarkroomFailed(Exception):
    """The renditions could not be made this time"""


async def develop(upload: Path, limits: Limits) -> tuple[Rendition, ...]:
    """Make the renditions beside the upload, safely on disk. Raises PictureRefused with a reason, DarkroomFailed."""
    memory = SPARE_MEMORY + BYTES_PER_PIXEL * limits.media_pixels
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", str(SCRIPT), str(upload), str(upload.parent)),
        *(str(limits.media_pixels), str(memory), str(SECONDS)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(SECONDS):
            said, complaint = await process.communicate()
    except TimeoutError:
        raise PictureRefused(f"it takes longer than {SECONDS} s to read") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0 or not said:
        last = complaint.decode(errors="replace").strip().rpartition("\n")[2]
        raise DarkroomFailed(f"the process ended with {process.returncode}: {last[:200]}")
    answer = orjson.loads(said)
    if fault := answer.get("fault"):
        raise PictureRefused(fault)
    await asyncio.to_thread(sync_folder, upload.parent)
    return _RENDITIONS.validate_python(answer["renditions"])
