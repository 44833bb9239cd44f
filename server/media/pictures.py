"""A picture from outside → its renditions: runs as a process of its own, within bounds of memory and time.

python pictures.py UPLOAD FOLDER MOST_PIXELS MEMORY SECONDS, then one line of JSON: {"renditions": […]} or {"fault": …}.
It stands alone and imports nothing of Karvan: what a hostile file breaks is this process. darkroom starts it.

The orientation is applied and colours become sRGB; all metadata (where it was taken, by which camera) stays behind.
"""

import contextlib
import io
import json
import os
import resource
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageCms, ImageOps
from PIL.ImageFile import ImageFile

FORMATS = ("JPEG", "PNG", "WEBP")
SIZES = (("original", None, 92), ("viewImage", 1024, 85), ("thumbnail", 256, 80))  # name, longest edge, JPEG quality
WHITE = (255, 255, 255)
NOT_WHOLE = "the picture cannot be read: it is damaged or not whole"


class Unfit(Exception):
    """The picture cannot be used"""


def main(arguments: Sequence[str]) -> None:
    upload, folder, most_pixels, memory, seconds = arguments
    for kind, limit in (
        (resource.RLIMIT_AS, int(memory)),
        (resource.RLIMIT_CPU, int(seconds)),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(ValueError, OSError):  # not every system has every bound
            resource.setrlimit(kind, (limit, limit))
    warnings.simplefilter("ignore")
    try:
        answer: dict[str, Any] = {"renditions": make_renditions(Path(upload), Path(folder), int(most_pixels))}
    except Unfit as error:
        answer = {"fault": str(error)}
    except MemoryError:
        answer = {"fault": "the picture takes too much memory"}
    sys.stdout.write(json.dumps(answer))


def make_renditions(upload: Path, folder: Path, most_pixels: int) -> list[dict[str, Any]]:
    """Write `{name}.jpg` for each of SIZES into the folder and say what they are. Raises Unfit."""
    for left in folder.glob("*.new"):  # of a process that was killed
        left.unlink(missing_ok=True)
    picture = open_picture(upload, most_pixels)
    made = []
    for name, edge, quality in SIZES:
        resized = picture
        if edge is not None and max(picture.size) > edge:
            resized = picture.resize(_fit(picture.size, edge), Image.Resampling.LANCZOS, reducing_gap=3.0)
        size = _write(resized, folder / f"{name}.jpg", quality)
        width, height = resized.size
        made.append(
            {"name": name, "href": "", "media_type": "image/jpeg", "width": width, "height": height, "size": size}
        )
    return made


def _fit(size: tuple[int, int], edge: int) -> tuple[int, int]:
    """Width and height in the same proportion, the longer one `edge`."""
    longest = max(size)
    return max(1, round(size[0] * edge / longest)), max(1, round(size[1] * edge / longest))


def open_picture(upload: Path, most_pixels: int) -> Image.Image:
    """The picture upright in RGB. Raises Unfit."""
    Image.MAX_IMAGE_PIXELS = None  # the limit is ours
    try:
        with Image.open(upload, formats=FORMATS) as opened:
            _check(opened, most_pixels)
            opened.load()
            picture = _flatten(_convert_colours(ImageOps.exif_transpose(opened)))
    except (MemoryError, Unfit):
        raise
    except Exception:  # noqa: BLE001 (decoders raise whatever they meet: struct.error, zlib.error …)
        raise Unfit(NOT_WHOLE) from None
    picture.info.clear()  # Pillow writes comments and XMP of its own accord
    return picture


def _check(picture: ImageFile, most_pixels: int) -> None:
    width, height = picture.size
    if width * height > most_pixels:
        raise Unfit(f"{width} × {height} pixels; at most {most_pixels} in all are taken")
    if getattr(picture, "n_frames", 1) > 1:
        raise Unfit("it moves: only still pictures are taken")


def _convert_colours(picture: Image.Image) -> Image.Image:
    """To sRGB by the picture's own profile; one that cannot be read counts as none."""
    profile = picture.info.get("icc_profile")
    if picture.mode.startswith("I"):  # 16 bits of grey
        return picture.convert("I").point(lambda value: value / 256).convert("L")
    if profile and picture.mode in ("RGB", "RGBA", "CMYK", "L"):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            mode = "RGBA" if picture.mode == "RGBA" else "RGB"
            converted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode=mode)
        except (ImageCms.PyCMSError, OSError):
            return picture
        return converted or picture
    return picture


def _flatten(picture: Image.Image) -> Image.Image:
    """RGB, on white where it is transparent."""
    if picture.mode == "RGB" and "transparency" not in picture.info:
        return picture
    if picture.has_transparency_data:
        layer = picture.convert("RGBA")
        ground = Image.new("RGB", layer.size, WHITE)
        ground.paste(layer, mask=layer.getchannel("A"))
        return ground
    return picture.convert("RGB")


def _write(picture: Image.Image, path: Path, quality: int) -> int:
    """Write the file, whole or not at all, safely on disk; its size in bytes."""
    beside = path.with_suffix(f".{os.getpid()}.new")
    with beside.open("wb") as file:
        picture.save(file, "JPEG", quality=quality, progressive=True)
        file.flush()
        os.fsync(file.fileno())
    size = beside.stat().st_size
    beside.rename(path)
    return size


if __name__ == "__main__":
    main(sys.argv[1:])
