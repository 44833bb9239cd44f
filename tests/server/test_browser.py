"""Pages in a real browser, under their own Content-Security-Policy: Debian's Chromium, without a screen."""

import asyncio
import shutil
import socket
from pathlib import Path

import pytest
from lxml import html

CHROMIUM = shutil.which("chromium")
OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run", "--hide-scrollbars", "--window-size=900,1200", "--enable-logging=stderr",
)  # fmt: skip

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (Debian: chromium)")


async def browse(address: str, folder: Path) -> tuple[html.HtmlElement, str, bytes]:
    """The page as the browser has it, what its console says, and a picture of it (PNG)."""
    picture = folder / "page.png"
    process = await asyncio.create_subprocess_exec(
        str(CHROMIUM), *OPTIONS, f"--user-data-dir={folder / 'profile'}", f"--screenshot={picture}",
        "--dump-dom", address,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    dom, said = await asyncio.wait_for(process.communicate(), 60)
    return html.document_fromstring(dom.decode()), said.decode(errors="replace"), picture.read_bytes()


async def test_a_machine_translation_looks_like_one_in_a_browser(start, tmp_path):
    await check_page(start, tmp_path, "zh")


@pytest.mark.slow
@pytest.mark.parametrize("language", ["az", "en", "ru", "tr"])
async def test_a_page_in_each_language_in_a_browser(start, tmp_path, language):
    await check_page(start, tmp_path, language)


async def check_page(start, folder: Path, language: str) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = await start(port=port, base=f"http://127.0.0.1:{port}")
    await server.push(headline="The ministers will meet in the capital on Friday to discuss trade")
    await server.settle()
    page, said, picture = await browse(f"{server.base}/articles/caravan-wire/one/{language}", folder)
    assert page.get("lang") == language
    [notice] = page.xpath("//aside[contains(@class, 'provenance')]")
    assert ("machine" in notice.get("class")) == (language != "en")
    assert "Refused to" not in said
    assert "Content Security Policy" not in said
    assert "Failed to load" not in said
    assert picture.startswith(b"\x89PNG")
    assert len(picture) > 10_000
