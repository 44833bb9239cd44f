"""Admins see whose keys there are, and make, rotate and take back keys and invitations in a browser."""

import json
import re
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest

from server.admin.keys import MOST_OVER
from server.configfile import parse_config
from server.keys import DATABASE
from server.pages.wording import LOCALES, find_wording
from server.store.keys import KeyRow, save_key

SECRET = re.compile(r'<pre class="secret"[^>]*>(karvan_[\w-]+)</pre>')


async def list_keys(server: Any, owner: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await server.call("GET", f"/v1/keys?owner={owner}", by="admin")).json["keys"]
    return found


async def list_noted(server: Any, what: str) -> list[dict[str, Any]]:
    lines = (await server.call("GET", "/v1/audit", by="admin")).text.splitlines()
    return [one for one in map(json.loads, lines) if one["what"] == what]


def say(key: str, locale: str = "en", **values: object) -> str:
    return find_wording(locale).say(key, **values)


async def test_only_admins_come_in(server: Any, look: Any) -> None:
    for method, path in (("GET", "/admin/keys"), ("POST", "/admin/keys"), ("POST", "/admin/keys/invitations")):
        asked = await server.call(method, path, headers={"Accept": "text/html"})
        assert (asked.status, "Basic realm=" in asked.headers["WWW-Authenticate"]) == (401, True)
    assert (await look("/admin/keys", by="caravan-wire")).status == 403
    assert (await look("/admin/keys", {"owner": "admin"}, by="caravan-wire")).status == 403
    elsewhere = await look("/admin/keys", {"owner": "admin"}, Origin="https://evil.example")
    assert (elsewhere.status, len(await list_keys(server, "admin"))) == (403, 1)


async def test_the_page_shows_whose_keys_there_are_and_never_a_key(server: Any, look: Any) -> None:
    made = await server.call(
        "POST", "/v1/keys", by="admin", json={"owner": "caravan-wire", "label": "<b>CMS</b>", "days": 30}
    )
    page = await look("/admin/keys")
    assert (page.status, page.headers["Cache-Control"]) == (200, "private, no-store")
    for text in ("Caravan Wire", made.json["id"], "&lt;b&gt;CMS&lt;/b&gt;", "26 December 2026", say("keys_unused")):
        assert text in page.text, text
    assert say("keys_mine") in page.text
    assert made.json["key"] not in page.text
    assert "<b>CMS" not in page.text


async def test_a_key_is_issued_and_shown_once(server: Any, look: Any) -> None:
    form = {"owner": "caravan-wire", "label": "newsroom", "days": "30", "scope_read": "yes"}
    answer = await look("/admin/keys", form)
    assert (answer.status, "no-store" in answer.headers["Cache-Control"]) == (200, True)
    assert say("keys_only_now") in answer.text
    [key] = SECRET.findall(answer.text)
    called = await server.call("GET", "/v1/keys", headers={"Authorization": f"Bearer {key}"})
    [shown] = called.json["keys"]
    assert (shown["owner"], shown["label"], shown["scopes"]) == ("caravan-wire", "newsroom", ["read"])
    assert shown["expires_at"].startswith("2026-12-26")
    assert key not in (await look("/admin/keys")).text
    [noted] = await list_noted(server, "key.issue")
    assert (noted["who"], noted["subject"]) == ("admin", f"caravan-wire/{shown['id']}")


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"days": "soon"}, "keys_wrong_days"),
        ({"days": "0"}, "keys_wrong_days"),
        ({"days": "1.5"}, "keys_wrong_days"),
        ({"owner": "nobody"}, "keys_wrong_owner"),
        ({"owner": ""}, "keys_wrong_owner"),
        ({"scope_admin": "yes"}, "keys_wrong_scopes"),
        ({"label": "x" * 201}, "keys_wrong_label"),
        ({"label": "a\x00b"}, "keys_wrong_label"),
    ],
)
@pytest.mark.parametrize("path", ["/admin/keys", "/admin/keys/invitations"])
async def test_what_was_typed_survives_a_refusal(
    server: Any, look: Any, path: str, changed: dict[str, str], reason: str
) -> None:
    form = {"owner": "caravan-wire", "label": 'the "first" <one>', "days": "7", "scope_push": "yes", "hours": "5"}
    answer = await look(path, form | changed)
    assert answer.status == 422
    assert f"<li>{say(reason, days=36500, hours=8760, label=200)}</li>" in answer.text
    typed = form | changed
    if "label" not in changed:
        assert 'value="the &#34;first&#34; &lt;one&gt;"' in answer.text
        assert f'name="days" value="{typed["days"]}"' in answer.text
    if "owner" not in changed:
        assert '<option value="caravan-wire" lang="" selected>' in answer.text
    assert 'name="scope_push" value="yes" checked' in answer.text
    if path.endswith("invitations"):
        assert 'name="hours" value="5"' in answer.text
    assert len(await list_keys(server, "caravan-wire")) == 0
    assert not SECRET.search(answer.text)


async def test_revoking_wants_a_tick_and_ends_the_key(server: Any, look: Any) -> None:
    await server.get_key("caravan-wire")
    [key] = await list_keys(server, "caravan-wire")
    page = await look(f"/admin/keys/{key['id']}")
    assert say("keys_revoke_about") in page.text
    assert say("keys_no_others") in page.text
    refused = await look(f"/admin/keys/{key['id']}/revoke", {})
    assert (refused.status, say("keys_wrong_sure") in refused.text) == (422, True)
    assert (await server.call("GET", "/v1/keys", by="caravan-wire")).status == 200
    done = await look(f"/admin/keys/{key['id']}/revoke?lang=en", {"sure": "yes"})
    assert (done.status, done.headers["Location"]) == (303, "/admin/keys?done=revoked&lang=en")
    assert (await server.call("GET", "/v1/keys", by="caravan-wire")).status == 401
    page = await look(done.headers["Location"])
    assert say("keys_done_revoked") in page.text
    assert say("keys_over", count=1) in page.text
    page = await look(f"/admin/keys/{key['id']}")
    assert "/revoke" not in page.text
    assert "/rotate" not in page.text
    [noted] = await list_noted(server, "key.revoke")
    assert noted["subject"] == f"caravan-wire/{key['id']}"
    for path, form in ((f"/admin/keys/{'f' * 8}", None), (f"/admin/keys/{'f' * 8}/revoke", {"sure": "yes"})):
        assert (await look(path, form)).status == 404


async def test_of_the_keys_that_are_over_the_newest_are_shown(server: Any, look: Any) -> None:
    now = server.clock.now
    made = [KeyRow(f"{n:08x}", "caravan-wire", "outlet", f"hash {n}", now, revoked_at=now) for n in range(MOST_OVER)]
    gone = KeyRow("f" * 8, "nobody-any-more", "outlet", "hash", now)
    newest = KeyRow("e" * 8, "caravan-wire", "outlet", "hash e", now + timedelta(hours=1), revoked_at=now)
    async with server.app[DATABASE].write() as conn:
        for row in (gone, *made, newest):
            await save_key(conn, row)
    page = await look("/admin/keys")
    assert say("keys_over", count=MOST_OVER + 2) in page.text
    assert len(re.findall(r"<code>[0-9a-f]{8}</code>", page.text.partition("<details>")[2])) == MOST_OVER
    assert page.text.index("f" * 8) < page.text.index("e" * 8)


async def test_a_key_is_rotated(server: Any, look: Any) -> None:
    old = await server.get_key("caravan-wire")
    [row] = await list_keys(server, "caravan-wire")
    path = f"/admin/keys/{row['id']}/rotate"
    for typed in ("", "-1", "x&y", "9999"):
        refused = await look(path, {"overlap_hours": typed})
        assert refused.status == 422
        assert f'name="overlap_hours" value="{typed}"' in unescape(refused.text)
    answer = await look(path, {"overlap_hours": "2"})
    [key] = SECRET.findall(answer.text)
    assert (answer.status, say("keys_old", number=row["id"]) in answer.text) == (200, True)
    assert "26 November 2026, 14:00" in answer.text
    for one, status in ((old, 200), (key, 200)):
        assert (await server.call("GET", "/v1/keys", headers={"Authorization": f"Bearer {one}"})).status == status
    server.clock.pass_time(hours=3)
    for one, status in ((old, 401), (key, 200)):
        assert (await server.call("GET", "/v1/keys", headers={"Authorization": f"Bearer {one}"})).status == status
    again = await look(path, {"overlap_hours": "2"})
    assert (again.status, say("keys_refused_over") in again.text) == (409, True)
    assert len(await list_noted(server, "key.rotate")) == 1


async def test_an_invitation_is_made_listed_and_withdrawn(server: Any, look: Any) -> None:
    form = {"owner": "demo-newsroom", "label": "<i>", "hours": "48", "days": "", "scope_read": "yes"}
    tokens = []
    for _ in range(2):
        answer = await look("/admin/keys/invitations", form)
        assert (answer.status, "no-store" in answer.headers["Cache-Control"]) == (200, True)
        tokens += SECRET.findall(answer.text)
    assert len(set(tokens)) == 2
    page = await look("/admin/keys")
    assert say("keys_open_invitations", count=2) in page.text
    assert "&lt;i&gt;" in page.text
    assert not any(token in page.text for token in tokens)
    found = (await server.call("GET", "/v1/keys/invitations", by="admin")).json["invitations"]
    path = f"/admin/keys/invitations/{found[0]['id']}"
    done = await look(path, {})
    assert (done.status, done.headers["Location"]) == (303, "/admin/keys?done=withdrawn")
    assert say("keys_done_withdrawn") in (await look(done.headers["Location"])).text
    gone = await look(path, {})
    assert (gone.status, say("keys_refused_invitation") in gone.text) == (404, True)
    accepted = [await server.call("POST", "/v1/keys/accept", json={"token": token}) for token in tokens]
    assert [one.status for one in accepted] == [403, 201]
    assert [len(await list_noted(server, f"key.{what}")) for what in ("invite", "withdraw")] == [2, 1]


async def test_with_two_admins_nobody_gets_a_key_of_the_other(start: Any) -> None:
    text = '[server]\napprovals = 2\n[languages]\nconfigured = ["en"]\n[admins.second]\nname = "Second"\n'
    server = await start(config=parse_config(text), with_worker=False)

    async def look(path: str, form: dict[str, str] | None = None) -> Any:
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
        data = urlencode(form).encode() if form else None
        return await server.call("POST" if form else "GET", path, by="admin", headers=headers, data=data)

    page = await look("/admin/keys")
    assert say("keys_two_admins") in unescape(page.text)
    assert '<option value="second"' not in page.text
    assert '<option value="admin"' in page.text
    for path in ("/admin/keys", "/admin/keys/invitations"):
        refused = await look(path, {"owner": "second", "label": "mine", "hours": "5"})
        assert (refused.status, say("keys_refused_admin") in refused.text) == (403, True)
        assert 'value="mine"' in refused.text
    await server.get_key("second")
    [other] = await list_keys(server, "second")
    assert "/rotate" not in (await look(f"/admin/keys/{other['id']}")).text
    refused = await look(f"/admin/keys/{other['id']}/rotate", {"overlap_hours": "1"})
    assert (refused.status, say("keys_refused_admin") in refused.text) == (403, True)


async def test_what_the_address_says_is_not_shown(server: Any, look: Any) -> None:
    page = await look("/admin/keys?done=%3Cscript%3E&lang=en")
    assert (page.status, "script" in page.text, 'role="status"' in page.text) == (200, False, False)


@pytest.mark.parametrize("locale", LOCALES)
async def test_the_pages_are_there_in_every_language(server: Any, look: Any, locale: str) -> None:
    for owner in ("caravan-wire", "demo-newsroom", "sample-desk"):
        await server.get_key(owner)
    first, *_ = await list_keys(server, "caravan-wire")
    await server.call("DELETE", f"/v1/keys/{first['id']}", by="admin")
    await server.call("POST", "/v1/keys", by="admin", json={"owner": "caravan-wire", "days": 1})
    server.clock.pass_time(days=2)
    forms: dict[str, dict[str, str]] = {
        "/admin/keys/invitations": {"owner": "caravan-wire", "hours": "5"},
        "/admin/keys": {"owner": "sample-desk"},
    }
    shown = [await look(f"{path}?lang={locale}", form) for path, form in forms.items()]
    shown.append(await look(f"/admin/keys?lang={locale}&done=revoked"))
    [desk, *_] = await list_keys(server, "sample-desk")
    shown.append(await look(f"/admin/keys/{desk['id']}?lang={locale}"))
    assert [page.status for page in shown] == [200] * 4
    assert all(f'<html lang="{locale}"' in page.text for page in shown)
    assert say("keys_state_expired", locale) in shown[2].text
    assert say("keys_revoke_about", locale) in unescape(shown[3].text)
    assert f"/admin/keys?lang={locale}" in shown[0].text
