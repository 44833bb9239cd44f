"""What every answer says of who answers, in which language people are answered, and what the log looks like."""

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from server.serving.negotiation import rank_languages

ROOT = Path(__file__).parents[2]


async def test_answers_name_the_product_and_nothing_that_it_is_made_of(server):
    await server.push("one")
    await server.settle()
    for path in ("/", "/livez", "/nowhere", "/feeds/world/en.atom", "/feeds/world/en.atom", "/static/karvan.css"):
        answer = await server.call("GET", path)
        assert answer.headers["Server"] == "Karvan", path
    assert (await server.call("GET", "/livez", headers={"Expect": "nonsense"})).headers["Server"] == "Karvan"


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("ru;q=0.2, tr;q=0.8", "tr"),
        ("fr, ru;q=0.5, tr;q=0.4", "ru"),
        ("ru;q=0, az;q=0.1", "az"),
        ("zh-Hans-CN,en;q=0.9", "zh"),
        ("tr, ru", "tr"),
        ("tr;q=nonsense, az;q=0.3", "az"),
        ("*", "en"),
        ("", "en"),
    ],
)
async def test_pages_speak_the_language_that_the_browser_likes_best(server, accept, language):
    answer = await server.call("GET", "/", headers={"Accept-Language": accept})
    assert f'<html lang="{language}"' in answer.text


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("/admin/?lang=tr", "/admin?lang=tr"),
        ("/search//", "/search"),
        ("//evil.example/", "/evil.example"),
        ("/%2F%2Fevil.example/", "/%2F%2Fevil.example"),
    ],
)
async def test_a_slash_at_the_end_leads_to_the_page(server, typed, found):
    answer = await server.call("GET", typed, headers={"Accept": "text/html"})
    assert (answer.status, answer.headers["Location"]) == (308, found)
    for headers in ({"Accept": "application/json"}, {}):
        assert (await server.call("GET", typed, headers=headers)).status in (400, 404)


def test_languages_are_ranked_by_weight_and_then_by_place():
    assert rank_languages("ru;q=0.2, TR;q=0.8,az ;q=0.8, zh;q=0") == ["tr", "az", "ru"]


LOGGING = """
import logging, warnings
import structlog
from server.logs import configure_logging
configure_logging({0!r})
structlog.get_logger().info("ours", number=1)
logging.getLogger("aiohttp.server").error("Error handling %s", "a request")
try:
    1 / 0
except ZeroDivisionError:
    logging.getLogger("asyncio").exception("broken")
warnings.warn("a warning")
"""


def write_log(log_format: str) -> list[str]:
    """The lines of a process of its own: logging is one for a whole process."""
    command = [sys.executable, "-W", "default", "-c", LOGGING.format(log_format)]
    ended = subprocess.run(command, cwd=ROOT, env={**os.environ}, capture_output=True, text=True, check=True)
    assert ended.stdout == ""
    return ended.stderr.splitlines()


def test_a_log_in_json_is_json_whoever_speaks():
    ours, library, broken, warned = map(json.loads, write_log("json"))
    assert (ours["event"], ours["number"], ours["level"]) == ("ours", 1, "info")
    assert (library["event"], library["level"], library["logger"]) == (
        "Error handling a request", "error", "aiohttp.server",
    )  # fmt: skip
    assert library["timestamp"][:2] == "20"
    assert "ZeroDivisionError" in broken["exception"]
    assert "a warning" in warned["event"]


def test_a_log_in_text_names_the_library():
    lines = write_log("text")
    assert f"{logging.getLevelName(logging.ERROR)} aiohttp.server Error handling a request" in lines
    assert "ours" in lines[0]
