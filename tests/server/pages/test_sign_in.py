"""Members read in a browser what is theirs: it asks for their key once, and another site cannot use that."""

import base64
from typing import Any

import pytest

TURKISH = {
    "language": "tr",
    "headline": "Bakanlar ticareti görüşmek üzere cuma günü başkentte bir araya gelecek",
    "text": "<p>Dört ülkenin bakanları cuma günü buluşacak. Ticaret ve su konularını görüşecekler.</p>",
}


async def make_basic(server: Any, owner: str) -> dict[str, str]:
    said = base64.b64encode(f"anything:{await server.get_key(owner)}".encode()).decode()
    return {"Authorization": f"Basic {said}", "Accept": "text/html"}


async def test_a_private_channel_asks_for_a_key_as_its_feed_does(server: Any) -> None:
    await server.push(by="bosphorus-post", **TURKISH)
    await server.settle()
    for path in ("/channels/turkic/tr", "/feeds/turkic/tr.atom"):
        asked = await server.call("GET", path, headers={"Accept": "text/html"})
        assert (asked.status, "Basic realm=" in asked.headers["WWW-Authenticate"]) == (401, True)
    shown = await server.call("GET", "/channels/turkic/tr", headers=await make_basic(server, "demo-newsroom"))
    assert "Bakanlar ticareti" in shown.text
    assert (await server.call("GET", "/channels/desk/tr", headers={"Accept": "text/html"})).status == 404


async def test_who_signs_in_is_led_back(server: Any) -> None:
    page = (await server.call("GET", "/?lang=en")).text
    assert 'href="https://karvan.example/sign-in"' in page
    asked = await server.call("GET", "/sign-in", headers={"Accept": "text/html"})
    assert (asked.status, "Basic realm=" in asked.headers["WWW-Authenticate"]) == (401, True)
    signed = await make_basic(server, "demo-newsroom")
    came_from = {f"{server.base}/channels/world/tr?lang=az": "/channels/world/tr?lang=az", "": "/"}
    came_from |= {f"{server.base}/sign-in": "/", f"{server.base}/sign-in?x=1": "/"}  # where the dialog was put off
    came_from |= {"https://karvan.example/?lang=tr": "/?lang=tr"}  # behind a proxy that has its own name for us
    came_from |= dict.fromkeys(("https://evil.example/x", f"{server.base}//evil.example/x", "javascript:x"), "/")
    for referer, back in came_from.items():
        answer = await server.call("GET", "/sign-in", headers=signed | {"Referer": referer})
        assert (answer.status, answer.headers["Location"]) == (303, back), referer


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 404),
        ({"Sec-Fetch-Site": "same-origin"}, 404),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "https://karvan.example"}, 404),
    ],
)
async def test_another_sites_page_changes_nothing_with_the_password_of_a_browser(
    server: Any, headers: dict[str, str], status: int
) -> None:
    path = "/v1/queue/1000000/retry"
    basic = await make_basic(server, "admin")
    assert (await server.call("POST", path, headers=basic | headers)).status == status
    assert (await server.call("POST", path, by="admin", headers=headers)).status == 404  # a program sends it on purpose
