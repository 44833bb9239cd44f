"""Stop and start change nothing: what readers hold stays valid."""

import time
from typing import Any

import pytest

LANGUAGES = ("az", "en", "ru", "tr", "zh")


@pytest.mark.slow  # by default test_feeds compares servers and processes, and test_crashes restarts
def test_stop_and_start_change_no_byte(karvan):
    check_restart(karvan)


@pytest.mark.slow
def test_stop_and_start_change_no_byte_of_real_translations(starter_karvan):
    check_restart(starter_karvan)


def check_restart(karvan: Any) -> None:
    server = karvan.serve("--sample")
    server.wait_until_it_says("All sample articles stand in all languages")
    before = read_everything(karvan, server)
    assert len(before) > 80
    assert server.stop(2).status == 0
    begun = time.monotonic()
    server = karvan.serve("--sample")
    assert time.monotonic() - begun < 30
    server.wait_until_it_says("All sample articles stand in all languages")
    after = read_everything(karvan, server)
    assert {path: said for path, said in before.items() if after[path] != said} == {}
    assert "Pushing" not in server.out
    for path, (status, etag, modified, _) in before.items():
        if path.startswith("/feeds/") and status == 200:
            assert etag
            assert modified
    assert server.stop().status == 0


def read_everything(karvan: Any, server: Any) -> dict[str, tuple[int, str | None, str | None, bytes]]:
    """Path → status, ETag, Last-Modified, body, for an admin, who sees all."""
    key = karvan.read_sample_keys()["admin"]
    articles = [f"{outlet}/{item}" for outlet, item in karvan.query("SELECT outlet, item FROM articles")]
    names = [channel["name"] for channel in server.call("GET", "/v1/channels", key=key).json]
    assert set(names) == {"world", "economy", "culture", "turkic", "desk"}
    paths = ["/feeds.opml", "/v1/channels"]
    paths += [f"/feeds/{name}/{language}.atom" for name in names for language in LANGUAGES]
    paths += [f"/v1/articles/{article}" for article in articles]
    paths += [f"/v1/articles/{article}?language={language}" for article in articles for language in LANGUAGES]
    found = {path: server.call("GET", path, key=key) for path in paths}
    return {
        path: (answer.status, answer.headers.get("ETag"), answer.headers.get("Last-Modified"), answer.body)
        for path, answer in found.items()
        if answer.status != 404
    }
