"""Pages in a real browser, under their own Content-Security-Policy: Debian's Chromium, without a screen."""

import asyncio
import io
import shutil
import socket
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from lxml import html
from PIL import Image

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
    other_name = f"http://localhost:{port}"  # than the server calls itself: its style is there all the same
    page, said, picture = await browse(f"{other_name}/articles/caravan-wire/one/{language}", folder)
    assert page.get("lang") == language
    [notice] = page.xpath("//aside[contains(@class, 'provenance')]")
    assert ("machine" in notice.get("class")) == (language != "en")
    assert "Refused to" not in said
    assert "Content Security Policy" not in said
    assert "Failed to load" not in said
    assert picture.startswith(b"\x89PNG")
    assert len(picture) > 10_000


PLATES = (("wide.jpg", (1600, 900)), ("tall.jpg", (700, 1100)), ("small.jpg", (500, 500)))


async def push_exhibition(server, text: str) -> None:
    """An article of caravan-wire that shows three uploads in this order."""
    associations = []
    for number, (name, size) in enumerate(PLATES):
        file = io.BytesIO()
        Image.effect_mandelbrot(size, (-2.2, -1.2, 1.0, 1.2), 60 + number).convert("RGB").save(file, "JPEG")
        address = f"/v1/media/caravan-wire/{name}"
        assert (await server.call("PUT", address, by="caravan-wire", data=file.getvalue())).status == 201
        associations.append(
            {
                "name": name,
                "type": "picture",
                "renditions": [{"href": server.base + address}],
                "descriptions": [
                    {"role": "caption", "value": f"Plate {number + 1} of the exhibition in the old caravanserai."},
                    {"role": "alt", "value": f"The plate that is {name.removesuffix('.jpg')}"},
                ],
                "by": "Nino Kvaratali",
            }
        )
    answer = await server.push(text=text, associations=associations)
    assert answer.status == 201
    await server.settle()


@pytest.mark.parametrize("text", ["<p>The ministers of four countries will see the exhibition on Friday.</p>", ""])
async def test_an_exhibition_in_a_browser(start, tmp_path, text):
    """In a translated page: pictures in their order, each loaded under the page's policy, with its caption."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = await start(port=port, base=f"http://127.0.0.1:{port}")
    await push_exhibition(server, text)
    page, said, _ = await browse(f"{server.base}/articles/caravan-wire/one/az", tmp_path)
    assert page.xpath("//figure//img/@alt") == [f"[az] The plate that is {one}" for one in ("wide", "tall", "small")]
    captions = [caption.text_content() for caption in page.xpath("//figure//figcaption/span[@lang='az']")]
    assert captions == [f"[az] Plate {number} of the exhibition in the old caravanserai." for number in (1, 2, 3)]
    assert len(page.xpath("//section[@class='gallery']//li")) == (2 if text else 3)
    for image in page.xpath("//figure//img"):
        assert image.get("src").startswith(f"{server.base}/media/")
        assert image.get("srcset").count(" ") >= 2
    assert "Content Security Policy" not in said
    assert "Failed to load" not in said


async def test_the_search_page_in_a_browser(start, tmp_path):
    """A plain form, and what was found marked, under its own policy."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = await start(port=port, base=f"http://127.0.0.1:{port}", with_worker=False)
    await server.push(headline="The ministers will meet in the capital on Friday to discuss trade")
    page, said, _ = await browse(f"http://localhost:{port}/search?lang=zh&q=capital", tmp_path)
    assert page.get("lang") == "zh"
    assert page.xpath("//h3//mark/text()") == ["capital"]
    assert page.xpath("//form[@role='search']//input[@type='search']/@value") == ["capital"]
    assert "Refused to" not in said
    assert "Content Security Policy" not in said


ADMIN_PAGES = ("", "/routing", "/explain", "/queue", "/deliveries", "/keys", "/glossary", "/audit")


async def test_a_page_of_admins_in_a_browser(start, tmp_path):
    await check_admin_page(start, tmp_path, "/routing", "az")


@pytest.mark.slow
@pytest.mark.parametrize("language", ["az", "en", "ru", "tr", "zh"])
@pytest.mark.parametrize("page", ADMIN_PAGES)
async def test_each_page_of_admins_in_each_language_in_a_browser(start, tmp_path, page, language):
    await check_admin_page(start, tmp_path, page, language)


async def check_admin_page(start, folder: Path, path: str, language: str) -> None:
    server = await start()
    await server.push()
    await server.settle()
    signed = {"Authorization": f"Bearer {await server.get_key('admin')}", "Accept": "text/html"}

    async def sign(request: web.Request) -> web.Response:
        """As a browser does that was asked for a key: without a screen it answers no dialog."""
        answer = await server.call("GET", str(request.rel_url), headers=signed)
        kept = {name: answer.headers[name] for name in ("Content-Type", "Content-Security-Policy")}
        return web.Response(text=answer.text, status=answer.status, headers=kept)

    app = web.Application()
    app.router.add_get("/{path:.*}", sign)
    async with TestServer(app) as browser_side:
        page, said, _ = await browse(str(browser_side.make_url(f"/admin{path}?lang={language}")), folder)
    assert page.get("lang") == language
    [here] = page.xpath("//nav[@class='sections']//a[@aria-current='page']")
    assert page.xpath("//h1")[0].text_content() == here.text_content()
    for complaint in ("Refused to", "Content Security Policy", "Failed to load"):
        assert complaint not in said
