"""Admins read the glossaries in a browser, see what a file would change, and put it into force."""

import json
import re
from dataclasses import replace
from html import unescape
from io import BytesIO
from typing import Any

import pytest

from feeds import tbx
from feeds.tbx import TermEntry
from server.keys import DATABASE
from server.pages.wording import LOCALES, find_wording
from server.store.glossaries import list_history, list_outlines
from translators.glossary import load_default, parse_tsv

NAMES = "en\taz\tkind\nBaku\tBakı | Bakı şəhəri | !Baku\tplace\nOPEC\tOPEC\torganisation\n"
TSV = {"Content-Type": "text/tab-separated-values"}
MULTIPART = "multipart/form-data; boundary=----Form7xA"


def say(key: str, locale: str = "en", **values: object) -> str:
    return find_wording(locale).say(key, **values)


def make_parts(fields: dict[str, str], *files: bytes) -> bytes:
    parts = [f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode() for name, value in fields.items()]
    head = b'Content-Disposition: form-data; name="file"; filename="terms.tsv"\r\nContent-Type: text/plain\r\n\r\n'
    parts += [head + file for file in files]
    return b"".join(b"------Form7xA\r\n" + part + b"\r\n" for part in parts) + b"------Form7xA--\r\n"


async def send(server: Any, body: bytes, path: str = "/admin/glossary", content_type: str = MULTIPART) -> Any:
    headers = {"Content-Type": content_type, "Accept": "text/html"}
    return await server.call("POST", path, by="admin", headers=headers, data=BytesIO(body))


async def get_terms(server: Any, exchange: str = "") -> str:
    path = f"/v1/glossary/{exchange}" if exchange else "/v1/glossary"
    text: str = (await server.call("GET", path, by="admin")).text
    return text


def find_etag(page: Any) -> str:
    [etag] = re.findall(r'name="etag" value="([^"]*)"', page.text)
    return unescape(etag)


def find_text(page: Any) -> str:
    [text] = re.findall(r"<textarea[^>]*>\n(.*?)</textarea>", page.text, re.DOTALL)
    return unescape(text)


async def test_only_admins_come_in(server: Any, look: Any) -> None:
    for method in ("GET", "POST"):
        asked = await server.call(method, "/admin/glossary", headers={"Accept": "text/html"})
        assert (asked.status, "Basic realm=" in asked.headers["WWW-Authenticate"]) == (401, True)
    assert (await look("/admin/glossary", by="caravan-wire")).status == 403
    assert (await look("/admin/glossary", {"do": "replace", "text": NAMES}, by="caravan-wire")).status == 403
    assert (await look("/admin/glossary/nobody")).status == 404
    assert (await look("/admin/glossary/nobody", {"text": NAMES})).status == 404


async def test_the_terms_are_shown_in_pages_and_found(server: Any, look: Any) -> None:
    count = len(load_default().terms)
    page = await look("/admin/glossary")
    assert say("glossary_shipped", count=count) in page.text
    assert say("glossary_found", first=1, last=200, count=count) in page.text
    assert page.text.count('<th scope="row">') == 200
    assert 'href="/admin/glossary?q=&amp;page=2#terms"' in page.text
    last = await look(f"/admin/glossary?page={10**8}&lang=en")
    assert say("glossary_page", page=-(-count // 200), pages=-(-count // 200)) in last.text
    for words in ("BAKI", "baki", "Bakı", "Баку", "巴库"):
        found = await look(f"/admin/glossary?q={words}")
        assert "Bakı" in found.text, words
        assert found.text.count('<th scope="row">') < 20
    nothing = await look("/admin/glossary?q=%3Cb%3Ezzz")
    assert say("glossary_nothing_found") in nothing.text
    assert 'value="&lt;b&gt;zzz"' in nothing.text
    assert "<b>" not in nothing.text
    assert say("glossary_none") in (await look("/admin/glossary/turkic")).text


async def test_terms_are_escaped_and_files_downloaded(server: Any, look: Any) -> None:
    text = "en\taz\n<script>x\t<i>x | !<u>x\n"
    await server.call("PUT", "/v1/glossary/turkic", by="admin", headers=TSV, data=text.encode())
    page = await look("/admin/glossary/turkic")
    assert "&lt;script&gt;x" in page.text
    assert not re.search("<(script|i|u)>", page.text)
    file = await look("/admin/glossary/turkic?as=tsv")
    assert (file.text, file.headers["Content-Type"]) == (text, "text/tab-separated-values; charset=utf-8")
    assert file.headers["Content-Disposition"] == 'attachment; filename="glossary-turkic.tsv"'
    file = await look("/admin/glossary?as=tbx")
    assert file.headers["Content-Type"] == tbx.MEDIA_TYPE
    assert len(tbx.parse(file.body)) == len(load_default().terms)


async def test_a_file_is_looked_at_and_then_put_into_force(server: Any, look: Any) -> None:
    etag = find_etag(await look("/admin/glossary"))
    page = await send(server, make_parts({"etag": etag, "text": "", "do": "check"}, NAMES.encode()))
    assert page.status == 200
    assert say("glossary_would") in page.text
    assert say("glossary_removed", count=len(load_default().terms) - 2) in page.text
    assert parse_tsv(await get_terms(server)) == load_default()
    assert find_text(page) == NAMES
    form = {"etag": find_etag(page), "text": find_text(page).replace("\n", "\r\n"), "do": "replace"}
    done = await send(server, make_parts(form, b""), "/admin/glossary?lang=en")
    assert (done.status, done.headers["Location"]) == (303, "/admin/glossary?done=replaced&lang=en")
    assert await get_terms(server) == NAMES
    page = await look(done.headers["Location"])
    assert say("glossary_done_replaced") in page.text
    assert say("glossary_current", number=1, count=2) in page.text
    same = await send(server, make_parts(form | {"etag": find_etag(page)}))
    assert same.headers["Location"] == "/admin/glossary?done=same"
    lines = (await server.call("GET", "/v1/audit", by="admin")).text.splitlines()
    assert [one["who"] for one in map(json.loads, lines) if one["what"] == "glossary.put"] == ["admin"]


async def test_an_exchange_gets_its_first_glossary_as_tbx(server: Any, look: Any) -> None:
    etag = find_etag(await look("/admin/glossary/turkic"))
    assert etag == ""
    file = tbx.render([TermEntry("Aral", "place", {"en": ("Aral",), "az": ("Aral dənizi",)})], "x")
    page = await send(server, make_parts({"etag": etag, "do": "replace"}, file), "/admin/glossary/turkic")
    assert (page.status, say("glossary_added", count=1) in page.text) == (200, True)  # a file is looked at first
    form = {"etag": find_etag(page), "text": find_text(page), "do": "replace"}
    done = await look("/admin/glossary/turkic", form)
    assert (done.status, done.headers["Location"]) == (303, "/admin/glossary/turkic?done=replaced")
    assert "Aral dənizi" in await get_terms(server, "turkic")


@pytest.mark.parametrize("do", ["check", "replace"])
async def test_nobodys_change_is_lost(server: Any, look: Any, do: str) -> None:
    etag = find_etag(await look("/admin/glossary"))
    theirs = "en\taz\nBaku\tBakı\nAral\tAral\n"
    await server.call("PUT", "/v1/glossary", by="admin", headers=TSV, data=theirs.encode())
    page = await look("/admin/glossary", {"etag": etag, "text": NAMES, "do": do})
    assert page.status == 412
    assert say("glossary_overtaken") in unescape(page.text)
    assert [say(f"glossary_{what}", count=1) in page.text for what in ("added", "changed", "removed")] == [True] * 3
    assert (await get_terms(server), find_text(page)) == (theirs, NAMES)
    done = await look("/admin/glossary", {"etag": find_etag(page), "text": find_text(page), "do": "replace"})
    assert (done.status, await get_terms(server)) == (303, NAMES)
    unsaid = await look("/admin/glossary", {"text": theirs, "do": "replace"})  # a form that has seen nothing
    assert (unsaid.status, await get_terms(server)) == (412, NAMES)


async def test_what_is_wrong_is_told_by_its_line_with_the_text_kept(server: Any, look: Any) -> None:
    etag = find_etag(await look("/admin/glossary"))
    text = "en\taz\n<b>a\tb\tc\nok\tok\n | \tx\n"
    for do in ("check", "replace"):
        page = await look("/admin/glossary", {"etag": etag, "text": text, "do": do})
        assert page.status == 422
        assert [say("glossary_line", number=number) in page.text for number in (2, 3, 4)] == [True, False, True]
        assert "3 cells for 2 columns" in page.text
        assert (find_text(page), find_etag(page), "<b>" in page.text) == (text, etag, False)
    page = await send(server, make_parts({"etag": etag, "do": "check"}, text.encode()))
    assert (page.status, find_text(page)) == (422, text)
    entries = [TermEntry("a", "", {"en": ("a",)}), TermEntry("b", "", {"en": ("b|c",)})]
    page = await send(server, make_parts({"etag": etag, "do": "check"}, tbx.render(entries, "x")))
    assert (page.status, "//conceptEntry[2]" in page.text, "<code>" in page.text) == (422, True, True)
    assert "conceptEntry" in find_text(page)
    for body, status, reason in (
        (b"", 422, "glossary_empty"),
        ("en\taz\nBakı\tx\n".encode("utf-16"), 400, "glossary_unreadable"),
        (b"<tbx><", 400, "glossary_unreadable"),
    ):
        page = await send(server, make_parts({"etag": etag, "do": "check"}, body))
        assert (page.status, say(reason) in unescape(page.text)) == (status, True), body
    edited = await look("/admin/glossary", {"etag": etag, "text": NAMES, "do": "edit"})
    assert (edited.status, find_text(edited), "readonly" in edited.text) == (200, NAMES, False)
    assert parse_tsv(await get_terms(server)) == load_default()


GOOD = make_parts({"do": "check", "text": NAMES})


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (GOOD, MULTIPART, 200),
        (GOOD, 'multipart/form-data; boundary="----Form7xA"', 200),
        (GOOD, "multipart/form-data", 400),
        (GOOD, "multipart/form-data; boundary=other", 400),
        (GOOD[: -len("--\r\n")], MULTIPART, 400),
        (GOOD.replace(b"\r\n\r\n", b"\r\n"), MULTIPART, 400),
        (GOOD.replace(b'; name="do"', b""), MULTIPART, 400),
        (GOOD.replace(b'name="text"', b'name="do"'), MULTIPART, 400),
        (GOOD.replace(b"Bak", b"\xff"), MULTIPART, 400),
        (b"", MULTIPART, 400),
        (make_parts({"do": "check"}, b"en\taz\n", b"en\taz\n"), MULTIPART, 400),
        (make_parts({f"f{number}": "" for number in range(51)}), MULTIPART, 400),
        (GOOD.replace(b"; name=", b"; a=b" * 500 + b"; name="), MULTIPART, 400),
        (GOOD.replace(b"\r\n\r\n", b"\r\n" + b"Content-Type: message/rfc822\r\n\r\n" * 5_000), MULTIPART, 422),
        (b"\r\n------Form7xA" * 300_000, MULTIPART, 413),
        (b"\r\n------Form7xA" * 100_000, MULTIPART, 400),
        (GOOD, "text/plain", 415),
    ],
)
async def test_a_form_with_a_file_is_read_strictly(server: Any, body: bytes, content_type: str, status: int) -> None:
    answer = await send(server, body, "/admin/glossary/turkic", content_type)
    assert answer.status == status


async def test_older_glossaries_are_named_without_their_terms_being_loaded(server: Any, look: Any) -> None:
    texts = [f"en\taz\nword\tsöz{number}\n" for number in range(3)]
    for text in texts:
        await server.call("PUT", "/v1/glossary/turkic", by="admin", headers=TSV, data=text.encode())
    async with server.app[DATABASE].read() as conn:
        rows = await list_outlines(conn, "turkic")
        assert [(row.number, row.terms) for row in rows] == [(3, texts[2]), (2, ""), (1, "")]
        assert [replace(row, terms="") for row in await list_history(conn, "turkic")][1:] == rows[1:]
    page = await look("/admin/glossary/turkic")
    assert [say("glossary_number", number=number) in page.text for number in (1, 2, 3)] == [True] * 3


async def test_a_field_is_said_once_and_there_are_few(server: Any) -> None:
    for body in (b"do=check&text=a&text=b", b"&".join(b"f%d=" % number for number in range(51))):
        assert (await send(server, body, content_type="application/x-www-form-urlencoded")).status == 400


async def test_what_used_changed_terms_is_counted_and_made_anew(server: Any, look: Any) -> None:
    await server.push()
    await server.settle()
    text = "en\taz\nministers\tvəzirlər\n"
    await server.call("PUT", "/v1/glossary", by="admin", headers=TSV, data=text.encode())
    path = "/v1/glossary/retranslate?days=3&only_count=true"
    told = (await server.call("POST", path, by="admin")).json
    assert told["outdated"] > 0
    page = await look("/admin/glossary", {"do": "count", "days": "3"})
    counted = say("glossary_counted", days=3, terms=told["terms"], versions=told["outdated"])
    assert (page.status, counted in page.text, 'value="renew"' in page.text) == (200, True, True)
    assert (await server.call("POST", path, by="admin")).json == told
    done = await look("/admin/glossary", {"do": "renew", "days": "3"})
    assert (done.status, done.headers["Location"]) == (303, "/admin/glossary?done=renewed")
    assert say("glossary_done_renewed") in (await look(done.headers["Location"])).text
    lines = (await server.call("GET", "/v1/audit", by="admin")).text
    assert lines.count('"glossary.retranslate"') == 1
    await server.settle()
    done = await look("/admin/glossary", {"do": "renew", "days": "3"})
    assert done.headers["Location"] == "/admin/glossary?done=nothing"
    for days in ("0", "91", "<b>", ""):
        page = await look("/admin/glossary", {"do": "count", "days": days})
        assert (page.status, say("glossary_wrong_days", most=90) in page.text) == (400, True)
        assert f'name="days" value="{days}"' in unescape(page.text)
        assert "<b>" not in page.text


@pytest.mark.parametrize("locale", LOCALES)
async def test_the_pages_are_there_in_every_language(server: Any, look: Any, locale: str) -> None:
    path = f"/admin/glossary?lang={locale}"
    etag = find_etag(await look(path))
    for terms in (NAMES, NAMES + "Aral\tAral\tplace\n"):
        await server.call("PUT", "/v1/glossary", by="admin", headers=TSV, data=terms.encode())
    shown = [await look(f"{path}&done=replaced&q=Baku")]
    shown.append(await look(path, {"etag": etag, "text": NAMES, "do": "check"}))
    shown.append(await look(path, {"etag": etag, "text": "en\taz\na\tb\tc\n", "do": "check"}))
    shown.append(await look(path, {"do": "count", "days": "7"}))
    assert [page.status for page in shown] == [200, 412, 422, 200]
    assert all(f'<html lang="{locale}"' in page.text for page in shown)
    assert say("glossary_done_replaced", locale) in unescape(shown[0].text)
    assert say("glossary_overtaken", locale) in unescape(shown[1].text)
    assert say("glossary_line", locale, number=2) in shown[2].text
    await look(f"/admin/glossary?lang={locale}&done=%3Cscript%3E")
