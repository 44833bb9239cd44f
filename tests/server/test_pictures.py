"""A picture from outside becomes a plain sRGB JPEG, upright and without a word of where it was taken."""

import asyncio
import io
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from server.config import Limits
from server.media import darkroom, pictures

MOST = 50_000_000


def make_picture(kind: str = "JPEG", size: tuple[int, int] = (64, 64), colour: Any = (200, 60, 20), **options: Any):
    """A picture file: one colour with a dark corner at the top left."""
    picture = Image.new(options.pop("mode", "RGB"), size, colour)
    if picture.mode == "RGB":
        picture.paste((0, 0, 0), (0, 0, size[0] // 4, size[1] // 4))
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def make(body: bytes, folder: Path, most: int = MOST) -> list[dict[str, Any]]:
    (folder / "upload").write_bytes(body)
    return pictures.make_renditions(folder / "upload", folder, most)


def show(body: bytes, folder: Path) -> Image.Image:
    make(body, folder)
    return Image.open(folder / "original.jpg")


def test_there_are_three_renditions_of_a_large_picture(tmp_path):
    made = make(make_picture(size=(900, 1800)), tmp_path)
    assert [(one["name"], one["width"], one["height"]) for one in made] == [
        ("original", 900, 1800), ("viewImage", 512, 1024), ("thumbnail", 128, 256),
    ]  # fmt: skip
    for one in made:
        file = tmp_path / f"{one['name']}.jpg"
        assert file.stat().st_size == one["size"]
        with Image.open(file) as picture:
            assert picture.size == (one["width"], one["height"])


def test_a_small_picture_is_not_blown_up(tmp_path):
    assert {(one["width"], one["height"]) for one in make(make_picture(size=(100, 50)), tmp_path)} == {(100, 50)}


def test_a_very_flat_picture_keeps_a_pixel_of_height(tmp_path):
    assert make(make_picture(size=(3000, 2)), tmp_path)[2]["height"] == 1


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_where_a_picture_was_taken_stays_behind(tmp_path, kind):
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    exif.get_ifd(0x8825)[2] = (41.0, 43.0, 0.0)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    body = make_picture(kind, exif=exif, icc_profile=profile, xmp=b"<x>SecretPlace</x>", comment=b"SecretComment")
    assert b"SecretCamera" in body
    make(body, tmp_path)
    for name, _, _ in pictures.SIZES:
        file = (tmp_path / f"{name}.jpg").read_bytes()
        assert b"Secret" not in file
        assert b"Exif" not in file


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_stands_as_its_camera_says(tmp_path, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = show(make_picture(size=(400, 200), exif=exif), tmp_path)
    assert picture.size == ((400, 200) if orientation < 5 else (200, 400))
    right, bottom = orientation in (2, 3, 6, 7), orientation in (3, 4, 7, 8)
    width, height = picture.size
    corner = (width - 9 if right else 8, height - 9 if bottom else 8)
    opposite = (8 if right else width - 9, 8 if bottom else height - 9)
    assert max(picture.getpixel(corner)) < 60
    assert picture.getpixel(opposite)[0] > 150


def test_colours_become_those_of_the_web(tmp_path):
    """A profile in which red and blue have changed places must be applied."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = srgb.replace(b"rXYZ", b"tXYZ").replace(b"bXYZ", b"rXYZ").replace(b"tXYZ", b"bXYZ")
    assert swapped != srgb
    red, _, blue = show(make_picture("PNG", colour=(250, 10, 10), icc_profile=swapped), tmp_path).getpixel((50, 50))
    assert blue > 200 > 100 > red


def test_a_profile_that_cannot_be_read_counts_as_none(tmp_path):
    red, _, _ = show(make_picture("PNG", icc_profile=b"no profile"), tmp_path).getpixel((50, 50))
    assert abs(red - 200) < 10


@pytest.mark.parametrize(
    ("kind", "mode", "colour", "expected"),
    [
        ("JPEG", "CMYK", (0, 255, 255, 0), (255, 0, 0)),
        ("PNG", "L", 128, (128, 128, 128)),
        ("PNG", "1", 1, (255, 255, 255)),
        ("PNG", "I;16", 32768, (128, 128, 128)),
        ("PNG", "RGBA", (200, 0, 0, 0), (255, 255, 255)),
        ("PNG", "LA", (0, 0), (255, 255, 255)),
        ("WEBP", "RGBA", (0, 200, 0, 255), (0, 200, 0)),
    ],
)
def test_pictures_of_all_modes_become_rgb_on_white(tmp_path, kind, mode, colour, expected):
    picture = show(make_picture(kind, colour=colour, mode=mode), tmp_path)
    assert picture.mode == "RGB"
    assert all(abs(one - other) < 12 for one, other in zip(picture.getpixel((50, 50)), expected, strict=True))


def make_bomb(width: int, height: int) -> bytes:
    """A PNG that says it has very many pixels, in few bytes."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )


BROKEN = {
    "cut off": (make_picture(size=(300, 300))[:900], "damaged"),
    "header only": (b"\xff\xd8\xff\xe0" + bytes(40), "damaged"),
    "a bomb": (make_bomb(60_000, 60_000), "60000 × 60000 pixels; at most 50000000"),
    "a lie": (make_bomb(600, 600), "damaged"),
    "nothing inside": (b"RIFF\x10\x00\x00\x00WEBPVP8 " + bytes(30), "damaged"),
    "another format": (make_picture("BMP"), "damaged"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_picture_is_refused_with_the_reason(tmp_path, name):
    body, words = BROKEN[name]
    with pytest.raises(pictures.Unfit, match=words):
        make(body, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["upload"]


def test_a_moving_picture_is_refused(tmp_path):
    file = io.BytesIO()
    frames = [Image.new("RGB", (50, 50), colour) for colour in ("red", "blue")]
    frames[0].save(file, "WEBP", save_all=True, append_images=frames[1:])
    with pytest.raises(pictures.Unfit, match="moves"):
        make(file.getvalue(), tmp_path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=st.sampled_from(["JPEG", "PNG", "WEBP"]), data=st.data())
def test_whatever_happened_to_a_file_it_is_made_or_refused(tmp_path, kind, data):
    body = bytearray(make_picture(kind, size=(40, 30)))
    for _ in range(data.draw(st.integers(1, 6))):
        body[data.draw(st.integers(8, len(body) - 1))] = data.draw(st.integers(0, 255))
    try:
        made = make(bytes(body), tmp_path, 100_000)
    except pictures.Unfit:
        return
    assert [one["name"] for one in made] == ["original", "viewImage", "thumbnail"]


async def test_a_process_of_its_own_makes_them_within_its_memory(tmp_path, monkeypatch):
    """6,000 × 6,000 pixels pass a limit that allows them; not the memory that was promised for fewer."""
    file = io.BytesIO()
    Image.new("L", (6000, 6000), 9).save(file, "PNG", compress_level=1)
    (tmp_path / "upload").write_bytes(file.getvalue())
    limits = Limits(media_pixels=36_000_000)
    monkeypatch.setattr(darkroom, "SPARE_MEMORY", 60_000_000)
    monkeypatch.setattr(darkroom, "BYTES_PER_PIXEL", 1)
    with pytest.raises((darkroom.PictureRefused, darkroom.DarkroomFailed)):
        await darkroom.develop(tmp_path / "upload", limits)


async def test_a_picture_that_takes_too_long_is_given_up(tmp_path, monkeypatch):
    script = tmp_path / "slow.py"
    script.write_text("import time; time.sleep(60)")
    monkeypatch.setattr(darkroom, "SCRIPT", script)
    monkeypatch.setattr(darkroom, "SECONDS", 0.3)
    async with asyncio.timeout(10):
        with pytest.raises(darkroom.PictureRefused, match="longer"):
            await darkroom.develop(tmp_path / "upload", Limits())


async def test_a_process_that_dies_is_no_fault_of_the_picture(tmp_path, monkeypatch):
    script = tmp_path / "dying.py"
    script.write_text("import os; os.kill(os.getpid(), 9)")
    monkeypatch.setattr(darkroom, "SCRIPT", script)
    with pytest.raises(darkroom.DarkroomFailed):
        await darkroom.develop(tmp_path / "upload", Limits())
