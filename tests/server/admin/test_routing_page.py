"""The routing in a browser: seen, previewed, saved; its history, and proposals of two admins."""

import html
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from server.configfile import parse_config
from server.configfile.routingfile import cut_routing
from server.keys import LIVE, RELOADER
from server.pages.wording import LOCALES
from server.reloading import Reloader

SHIPPED = Path(__file__).parents[3] / "config.toml"
TEXT = SHIPPED.read_text()
PART = cut_routing(TEXT)
TWO = ("approvals = 1 ", "approvals = 2 ")
ADMINS = '\n[admins.leyla]\nname = "Leyla"\n'
RENAMED = PART.replace('name = "everything"', 'name = "all"')
NARROWED = PART.replace('\nto = ["world"]', '\nto = ["world"]\nlanguages = ["az"]')
PAGE, HISTORY, PROPOSALS = "/admin/routing", "/admin/routing/history", "/admin/routing/proposals"
Look = Callable[..., Awaitable[Any]]


def read(file: Path) -> str:
    return file.read_text()


def write(file: Path, text: str) -> None:
    file.write_text(text)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(TEXT)
    return path


@pytest.fixture
async def server(start: Callable[..., Awaitable[Any]], file: Path) -> Any:
    """With a file, which the pages write."""
    return await start(config=parse_config(read(file), str(file)), file=file, with_worker=False)


@pytest.fixture
async def pair(server: Any, start: Callable[..., Awaitable[Any]], file: Path) -> None:
    """Two admins are needed. The `server` that `look` asks is another one from now on."""
    write(file, TEXT.replace(*TWO) + ADMINS)
    other = await start(config=parse_config(read(file), str(file)), file=file, with_worker=False)
    server.app, server.base, server.session, server.keys = other.app, other.base, other.session, other.keys


def find_typed(page: str) -> str:
    """What stands in the textarea, as a browser reads it: without the line feed behind its tag."""
    found = re.search(r"<textarea[^>]*>\n?(.*?)</textarea>", page, re.DOTALL)
    assert found is not None
    return html.unescape(found[1])


def strip_columns(page: str) -> str:
    """Without what a cell calls its column, which is seen on phones alone."""
    return re.sub(r'<span class="column">.*?</span> ', "", page)


def find_etag(page: str) -> str:
    return html.unescape(re.findall(r'name="etag" value="([^"]*)"', page)[-1])


async def send(look: Look, text: str, do: str = "save", days: str = "7", etag: str = "", query: str = "") -> Any:
    etag = etag or find_etag((await look(PAGE)).text)
    return await look(PAGE + query, {"text": text, "etag": etag, "days": days, "do": do})


async def list_audited(server: Any) -> list[tuple[str, str]]:
    lines = (await server.call("GET", "/v1/audit", by="admin")).body.splitlines()
    wanted = ("routing", "config")
    return [(one["what"], one["who"]) for one in map(orjson.loads, lines) if one["what"].startswith(wanted)]


def get_name(server: Any) -> str:
    name: str = server.app[LIVE].current.config.routes[-1].name
    return name


async def refuse_file(server: Any, file: Path, text: str) -> None:
    write(file, text)
    reloader: Reloader = server.app[RELOADER]
    await reloader.look()
    await reloader.look()


@pytest.mark.parametrize("path", [PAGE, HISTORY, f"{HISTORY}/1", PROPOSALS, f"{PROPOSALS}/1"])
async def test_only_admins_come_in(server: Any, look: Look, path: str) -> None:
    asked = await server.call("GET", path, headers={"Accept": "text/html"})
    assert (asked.status, "Basic realm=" in asked.headers["WWW-Authenticate"]) == (401, True)
    assert (await look(path, by="caravan-wire")).status == 403
    if path not in (HISTORY, PROPOSALS):
        assert (await look(path, {"text": "", "etag": "*", "do": "save"}, by="caravan-wire")).status == 403


async def test_the_page_shows_what_is_in_force_and_since_when(server: Any, look: Look) -> None:
    page = (await look(f"{PAGE}?lang=en")).text
    assert find_typed(page) == PART
    assert "Version 1 of the configuration is in force." in page
    assert '<time datetime="2026-11-26T12:00:00Z">' in page
    assert "somebody, in the file itself" in page
    assert "Save: in force at once" in page
    etag = (await server.call("GET", "/v1/routing", by="admin")).headers["ETag"]
    assert find_etag(page) == etag


async def test_what_is_saved_is_in_force_and_the_audit_log_says_who(server: Any, look: Look, file: Path) -> None:
    saved = await send(look, RENAMED.replace("\n", "\r\n"), query="?lang=en")  # as browsers send lines
    assert (saved.status, saved.headers["Location"]) == (303, "/admin/routing?done=saved&lang=en")
    assert (read(file), get_name(server)) == (TEXT.replace(PART, RENAMED), "all")
    page = (await look(saved.headers["Location"])).text
    assert '<p class="done" role="status">Saved: the new routing is in force.</p>' in page
    assert "Version 2 of the configuration is in force." in page
    assert 'saved by <span lang="">admin</span>' in " ".join(page.split())
    assert await list_audited(server) == [("config.change", "admin")]
    assert (await send(look, RENAMED)).headers["Location"] == "/admin/routing?done=unchanged"


async def test_a_preview_tells_numbers_and_articles_and_changes_nothing(server: Any, look: Look, file: Path) -> None:
    await server.push(headline="Trade <b>talks</b> & water in the capital on Friday")
    shown = await send(look, NARROWED, "preview", "3", query="?lang=en")
    told = await server.call(
        "POST", "/v1/routing/preview?days=3", by="admin", data=NARROWED.encode(),
        headers={"Content-Type": "application/toml"},
    )  # fmt: skip
    page = strip_columns(shown.text)
    assert (shown.status, find_typed(page)) == (200, NARROWED)
    assert "days looked at: 3" in page
    assert f'<th scope="row">Articles that would go elsewhere</th><td>{told.json["changed"]}</td>' in page
    assert told.json["changed"] == 1
    assert "Trade &lt;b&gt;talks&lt;/b&gt; &amp; water" in page
    assert page.count("<td>loses</td>") == sum(
        len(one["lost"]) for one in [*told.json["feeds"], *(a for r in told.json["readers"] for a in r["languages"])]
    )
    assert "+languages = [&#34;az&#34;]" in page
    assert "look at the difference before you save" not in page
    assert (read(file), await list_audited(server)) == (TEXT, [])


@pytest.mark.parametrize("days", ["0", "91", "-1", "7 days", ""])
async def test_days_that_cannot_be_are_refused_with_what_was_typed(server: Any, look: Look, days: str) -> None:
    shown = await send(look, RENAMED, "preview", days, query="?lang=en")
    assert (shown.status, find_typed(shown.text)) == (400, RENAMED)
    assert "Days: a whole number from 1 to 90." in shown.text
    assert f'name="days" value="{days}"' in shown.text


@pytest.mark.parametrize("do", ["save", "preview"])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('\nto = ["world"]', '\nto = ["moon"]'),
        ('\nto = ["world"]', "\nto = [<script>"),
        ("\n[[routes]]", '\n[[routes]]\nstrange = "</textarea><script>"'),
    ],
)
async def test_faults_are_shown_by_line_with_the_text_still_there(
    server: Any, look: Look, file: Path, do: str, old: str, new: str
) -> None:
    part = PART.replace(old, new, 1)
    shown = await send(look, part, do)
    assert (shown.status, find_typed(shown.text)) == (422, part)
    assert "<script>" not in shown.text
    rows = re.findall(r'<tr><th scope="row">(\d+)</th><td><code lang="">(.*?)</code></td>', strip_columns(shown.text))
    assert rows
    for line, there in rows:
        assert part.split("\n")[int(line) - 1].strip() == html.unescape(there)
    assert (read(file), get_name(server)) == (TEXT, "everything")


async def test_who_was_overtaken_sees_the_difference_and_keeps_what_was_typed(
    server: Any, look: Look, file: Path
) -> None:
    seen = find_etag((await look(PAGE)).text)
    await send(look, RENAMED)
    previewed = await send(look, NARROWED, "preview", etag=seen, query="?lang=en")
    assert "look at the difference before you save" in previewed.text
    assert find_etag(previewed.text) == seen
    shown = await send(look, NARROWED, etag=seen, query="?lang=en")
    assert (shown.status, find_typed(shown.text)) == (412, NARROWED)
    assert "Somebody else has changed the routing" in shown.text
    assert "-name = &#34;all&#34;\n+name = &#34;everything&#34;" in shown.text
    assert get_name(server) == "all"
    again = await send(look, NARROWED, etag=find_etag(shown.text))  # who has seen it may
    assert (again.status, get_name(server)) == (303, "everything")


async def test_a_form_without_its_text_is_no_empty_routing(server: Any, look: Look, file: Path) -> None:
    for form in ({"etag": "*", "do": "save"}, {"text": PART, "do": "save"}):
        assert (await look(PAGE, form)).status == 400
    assert read(file) == TEXT


async def test_a_refused_file_is_explained_and_nothing_is_saved_over_it(server: Any, look: Look, file: Path) -> None:
    broken = TEXT.replace("port = 8080", 'port = "<i>"')
    await refuse_file(server, file, broken)
    page = (await look(f"{PAGE}?lang=en")).text
    line = broken.split("\n").index('port = "<i>"') + 1
    assert f'<tr><th scope="row">{line}</th><td><code lang="">server.port</code></td>' in strip_columns(page)
    assert "is not in force: it has faults" in page
    shown = await send(look, RENAMED, query="?lang=en")
    assert (shown.status, find_typed(shown.text), read(file)) == (409, RENAMED, broken)
    assert "This cannot be done now:" in shown.text


async def test_what_waits_for_a_restart_is_listed(server: Any, look: Look, file: Path) -> None:
    await refuse_file(server, file, TEXT.replace("port = 8080", "port = 8081"))
    assert "<li><code>server.port</code></li>" in (await look(PAGE)).text


async def test_a_server_without_a_file_says_so(start: Callable[..., Awaitable[Any]], server: Any, look: Look) -> None:
    other = await start(with_worker=False)
    server.app, server.base, server.session, server.keys = other.app, other.base, other.session, other.keys
    assert "started without a configuration file" in (await look(f"{PAGE}?lang=en")).text
    for do in ("save", "preview"):
        assert (await send(look, RENAMED, do)).status == 409


@pytest.mark.parametrize("text", ["x = " + "[" * 20_000, "[outlets." + "a." * 3_000 + "b]", "x = " + "9" * 5_000])
async def test_toml_that_no_parser_takes_is_refused_by_page_and_call(server: Any, look: Look, text: str) -> None:
    page = await send(look, text, "preview")
    assert (page.status, find_typed(page.text)) == (422, text)
    headers = {"If-Match": "*", "Content-Type": "application/toml"}
    called = await server.call("PUT", "/v1/routing", by="admin", headers=headers, data=text.encode())
    assert (called.status, called.json["title"]) == (422, "The configuration is not valid")


async def test_words_from_the_address_are_not_shown(server: Any, look: Look) -> None:
    for path in (PAGE, PROPOSALS):
        page = (await look(f"{path}?done=<b>gone</b>")).text
        assert ("gone" in page, 'class="done"' in page) == (False, False)


async def test_the_history_leads_to_each_version_with_its_diff_and_text(server: Any, look: Look) -> None:
    await send(look, RENAMED)
    page = (await look(f"{HISTORY}?lang=en")).text
    assert re.findall(r'href="/admin/routing/history/(\d+)\?lang=en"', page) == ["2", "1"]
    assert page.index("in force</span>") < page.index("/history/1?")
    assert "/history/2" not in (await look(f"{HISTORY}?before=2")).text
    assert "/history/2" in (await look(f"{HISTORY}?before=<b>")).text
    second = (await look(f"{HISTORY}/2?lang=en")).text
    assert "-name = &#34;everything&#34;\n+name = &#34;all&#34;" in second
    assert "there is nothing to restore" in second
    assert (await look(f"{HISTORY}/9")).status == 404


async def test_a_version_is_restored_as_the_page_said(server: Any, look: Look, file: Path) -> None:
    await send(look, RENAMED)
    page = (await look(f"{HISTORY}/1?lang=en")).text
    assert "the routing of version 1 comes into force at once, as a new version" in page
    assert "-name = &#34;all&#34;\n+name = &#34;everything&#34;" in page
    assert 'name="text" value="' + html.escape(PART).replace("&quot;", "&#34;").replace("&#x27;", "&#39;") in page
    done = await look(f"{HISTORY}/1", {"etag": find_etag(page)})
    assert (done.status, done.headers["Location"]) == (303, "/admin/routing?done=restored")
    assert (read(file), get_name(server)) == (TEXT, "everything")
    assert await list_audited(server) == [("config.change", "admin")] * 2


async def test_a_restore_is_refused_where_the_routing_has_changed_meanwhile(server: Any, look: Look) -> None:
    await send(look, RENAMED)
    seen = find_etag((await look(f"{HISTORY}/1")).text)
    await send(look, NARROWED)
    shown = await look(f"{HISTORY}/1?lang=en", {"etag": seen})
    assert (shown.status, "Nothing was restored" in shown.text) == (412, True)
    assert "languages = [" in str(server.app[RELOADER].part)
    assert (await look(f"{HISTORY}/1", {})).status == 400


@pytest.mark.usefixtures("pair")
async def test_what_one_admin_saves_another_one_approves(server: Any, look: Look, file: Path) -> None:
    before = read(file)
    page = (await look(f"{PAGE}?lang=en")).text
    assert ("Save: in force at once" in page, "saving makes a proposal" in page) == (False, True)
    saved = await send(look, RENAMED)
    assert saved.headers["Location"] == f"{PROPOSALS}?done=proposed"
    assert (read(file), get_name(server)) == (before, "everything")
    listed = (await look(f"{PROPOSALS}?done=proposed&lang=en")).text
    assert "Another admin has to approve it." in listed
    assert "+name = &#34;all&#34;" in listed
    mine, theirs = [(await look(f"{PROPOSALS}/1?lang=en", by=who)).text for who in ("admin", "leyla")]
    assert ('value="approve"' in mine, 'value="approve"' in theirs) == (False, True)
    assert "another admin has to approve it" in mine
    own = await look(f"{PROPOSALS}/1", {"do": "approve", "note": "<i>mine</i>"})
    assert (own.status, 'value="&lt;i&gt;mine&lt;/i&gt;"' in own.text) == (403, True)
    done = await look(f"{PROPOSALS}/1", {"do": "approve", "note": "seen"}, by="leyla")
    assert (done.status, done.headers["Location"]) == (303, f"{PROPOSALS}?done=approved")
    assert get_name(server) == "all"
    wanted = [("routing.propose", "admin"), ("config.change", "leyla"), ("routing.approve", "leyla")]
    assert await list_audited(server) == wanted
    assert (await look(f"{PROPOSALS}/1", {"do": "reject"})).status == 409
    assert "seen" in (await look(PROPOSALS)).text


@pytest.mark.usefixtures("pair")
async def test_a_proposal_is_previewed_and_rejected(server: Any, look: Look) -> None:
    await server.push()
    await send(look, NARROWED)
    shown = await look(f"{PROPOSALS}/1?lang=en", {"do": "preview", "days": "5", "note": "wait"}, by="leyla")
    assert (shown.status, "days looked at: 5" in shown.text, 'value="wait"' in shown.text) == (200, True, True)
    assert '<th scope="row">Articles that would go elsewhere</th><td>1</td>' in shown.text
    assert (await look(f"{PROPOSALS}/1", {"do": "preview", "days": "x"})).status == 400
    assert (await look(f"{PROPOSALS}/1", {"do": "reject", "note": "x" * 2_001})).status == 422
    assert (await look(f"{PROPOSALS}/1", {"do": "dance"})).status == 400
    assert "open: 1" in (await look(f"{PAGE}?lang=en")).text
    assert (await look(f"{PROPOSALS}/1", {"do": "reject"})).headers["Location"] == f"{PROPOSALS}?done=rejected"
    assert await list_audited(server) == [("routing.propose", "admin"), ("routing.reject", "admin")]
    assert (await look(f"{PROPOSALS}/2", {"do": "reject"})).status == 404


@pytest.mark.usefixtures("pair")
async def test_a_restore_is_proposed_and_an_outdated_proposal_says_so(server: Any, look: Look) -> None:
    await send(look, RENAMED)
    await send(look, NARROWED)
    await look(f"{PROPOSALS}/1", {"do": "approve"}, by="leyla")
    page = (await look(f"{PROPOSALS}/2?lang=en", by="leyla")).text
    assert ("It cannot be approved any more" in page, 'value="approve"' in page) == (True, False)
    assert (await look(f"{PROPOSALS}/2", {"do": "approve"}, by="leyla")).status == 409
    version = (await look(f"{HISTORY}/1?lang=en")).text
    assert "this makes a proposal to bring back the routing of version 1" in version
    done = await look(f"{HISTORY}/1", {"etag": find_etag(version)})
    assert (done.headers["Location"], get_name(server)) == (f"{PROPOSALS}?done=proposed", "all")


@pytest.mark.usefixtures("pair")
@pytest.mark.parametrize("locale", LOCALES)
async def test_every_page_speaks_every_language(server: Any, look: Look, file: Path, locale: str) -> None:
    await server.push()
    lang = f"?lang={locale}"
    first = find_etag((await look(PAGE)).text)
    for part in (RENAMED, NARROWED, NARROWED + "\n# more"):
        await send(look, part)
    await look(f"{PROPOSALS}/1", {"do": "approve", "note": "yes"}, by="leyla")
    await look(f"{PROPOSALS}/2", {"do": "reject"})
    pages = [await look(path + lang) for path in (PAGE, HISTORY, f"{HISTORY}/1", f"{HISTORY}/2", PROPOSALS)]
    pages += [await look(f"{PROPOSALS}/{number}{lang}") for number in (1, 2, 3)]
    pages += [await look(f"{PROPOSALS}?lang={locale}&done={word}") for word in ("proposed", "approved", "rejected")]
    pages += [await look(f"{PAGE}?lang={locale}&done={word}") for word in ("saved", "unchanged", "restored")]
    pages += [await send(look, NARROWED, "preview", query=lang), await send(look, PART, etag=first, query=lang)]
    pages += [await send(look, "x", query=lang), await send(look, PART, "preview", "x", query=lang)]
    pages += [await look(f"{PROPOSALS}/3{lang}", {"do": "preview", "days": "1"}, by="leyla")]
    await refuse_file(server, file, read(file).replace("port = 8080", "port = 8081"))
    await refuse_file(server, file, "x")
    pages += [await look(PAGE + lang), await send(look, PART, query=lang)]
    assert {page.status for page in pages} == {200, 400, 409, 412, 422}
    assert all(f'<html lang="{locale}"' in page.text for page in pages)
