"""kill -9 after an upload was answered: the picture is there, and made (CONTRACT §5.1)."""

import asyncio
import io
import time
import urllib.request
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from PIL import Image


def upload(base: str, key: str, name: str, shade: int) -> dict[str, Any]:
    file = io.BytesIO()
    Image.effect_noise((900, 600), 40 + shade).convert("RGB").save(file, "JPEG")
    request = urllib.request.Request(
        f"{base}/v1/media/caravan-wire/{name}", file.getvalue(), {"Authorization": f"Bearer {key}"}, method="PUT"
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return dict(orjson.loads(answer.read()))


@pytest.mark.slow
@pytest.mark.parametrize("times", [2, 12])
async def test_answered_uploads_survive_kill_9(karvan, times):
    await check_kills(karvan, times)


async def check_kills(karvan: Any, times: int) -> None:
    server = karvan.serve()
    key = await karvan.issue_key("caravan-wire")
    names = []
    for number in range(times):
        names += [f"{number}-{one}.jpg" for one in range(3)]
        for one, name in enumerate(names[-3:]):
            assert upload(server.base, key, name, one)["state"] in ("pending", "ready")
        await asyncio.sleep(0.1 * number)
        server.kill()
        server = karvan.serve()
    wait_for(lambda: not karvan.query("SELECT 1 FROM media WHERE state = 'pending'"))
    for name in names:
        state = server.call("GET", f"/v1/media/caravan-wire/{name}", key=key).json
        assert state["state"] == "ready", state
        for rendition in state["renditions"]:
            path = f"/media/{state['sha256']}/{rendition['name']}.jpg"
            body = server.call("GET", path, key=key).body
            assert len(body) == rendition["sizeInBytes"]
    assert list((karvan.data / "media").rglob("*.new")) == []
    incoming = karvan.data / "media" / "incoming"
    assert not incoming.exists() or list(incoming.iterdir()) == []


def wait_for(condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.1)
