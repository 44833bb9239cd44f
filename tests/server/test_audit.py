"""The audit log: every change of state is in it, once, and stays as it was written."""

from typing import Any

import orjson
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from server import audit
from server.keys import DATABASE

ONE = "/v1/articles/caravan-wire/one"


async def read(server: Any, query: str = "") -> list[dict[str, Any]]:
    answer = await server.call("GET", f"/v1/audit{query}", by="admin")
    assert answer.status == 200, answer.text
    return [orjson.loads(line) for line in answer.body.splitlines()]


async def test_pushes_versions_and_kills_are_written_down(quiet):
    await quiet.push(headline="A first headline of an article about trade")
    await quiet.push(headline="A second headline of an article about trade")
    version = {"type": "text", "language": "tr", "headlines": [{"value": "Bakanlar cuma günü ticareti görüşecek"}],
               "bodies": [{"contentType": "text/plain", "value": "Dört ülkenin bakanları buluşacak."}]}  # fmt: skip
    await quiet.call("PUT", f"{ONE}/versions/tr", by="admin", json=version)
    killed = await quiet.call(
        "DELETE", ONE, by="caravan-wire", json={"reason": "wrong"}, headers={"X-Request-Id": "kill-1"}
    )
    assert killed.status == 200
    lines = await read(quiet)
    assert [(one["what"], one["subject"], one["who"], one["role"]) for one in lines] == [
        ("article.push", "caravan-wire/one", "caravan-wire", "outlet"),
        ("article.push", "caravan-wire/one", "caravan-wire", "outlet"),
        ("version.put", "caravan-wire/one/tr", "admin", "admin"),
        ("article.kill", "caravan-wire/one", "caravan-wire", "outlet"),
    ]
    assert lines[0]["before"] is None
    assert (lines[1]["before"], lines[1]["after"]["version"]) == ({"version": 1}, 2)
    assert lines[2]["after"]["origin"] == "edited"
    assert (lines[3]["request"], lines[3]["after"]) == ("kill-1", {"status": "canceled"})
    assert all(one["key"] and one["outcome"] == "done" for one in lines)


async def test_what_changes_nothing_is_not_written_down(quiet):
    for _ in range(2):
        await quiet.push()
    assert (await quiet.push(by="silk-road-daily")).status == 422
    for _ in range(2):
        await quiet.call("DELETE", ONE, by="caravan-wire")
    assert [one["what"] for one in await read(quiet)] == ["article.push", "article.kill"]


async def test_a_push_that_comes_late_or_after_a_kill_says_so(quiet):
    await quiet.push(version="2")
    await quiet.push(version="1", headline="An older headline of an article about trade")
    await quiet.call("DELETE", ONE, by="caravan-wire")
    assert (await quiet.push(version="3", headline="A newer headline of an article about trade")).status == 409
    lines = await read(quiet)
    assert [one["outcome"] for one in lines] == ["done", "late", "done", "refused"]
    assert lines[1]["before"] == {"version": 1}


async def test_the_log_holds_no_word_of_an_article(quiet):
    await quiet.push(headline="Secretum of the ministers about trade and water", text="<p>Secretum in the text.</p>")
    assert "ecretum" not in (await quiet.call("GET", "/v1/audit", by="admin")).text


async def test_filters_and_the_cursor_leave_nothing_out(quiet, clock):
    for item in ("one", "two", "three"):
        await quiet.push(item)
        clock.pass_time(minutes=1)
    await quiet.push("four", by="khazar-news")
    assert len(await read(quiet)) == 4
    assert [one["subject"] for one in await read(quiet, "?outlet=khazar-news")] == ["khazar-news/four"]
    assert [one["subject"] for one in await read(quiet, "?who=khazar-news")] == ["khazar-news/four"]
    assert len(await read(quiet, "?what=article")) == 4
    assert await read(quiet, "?what=art") == []
    assert len(await read(quiet, "?since=2026-11-26T12:00:30Z&until=2026-11-26T12:02:30Z")) == 2
    assert len(await read(quiet, "?since=2026-11-26T14:00:30%2B02:00")) == 3
    seen, path = [], "/v1/audit?limit=3&what=article"
    while path:
        answer = await quiet.call("GET", path, by="admin")
        seen += [orjson.loads(line)["subject"].partition("/")[2] for line in answer.body.splitlines()]
        link = answer.headers.get("Link", "")
        path = link.partition(">")[0].lstrip("<")
    assert seen == ["one", "two", "three", "four"]
    assert (await quiet.call("GET", "/v1/audit?since=yesterday", by="admin")).status == 400
    assert (await quiet.call("GET", "/v1/audit?after=-1", by="admin")).status == 400


async def test_only_admins_read_it(quiet):
    for by, status in {"caravan-wire": 403, "demo-newsroom": 403, "sample-desk": 403, None: 401, "admin": 200}.items():
        assert (await quiet.call("GET", "/v1/audit", by=by)).status == status


@pytest.mark.parametrize("statement", ["UPDATE audit SET who = 'nobody'", "DELETE FROM audit"])
async def test_the_database_refuses_to_change_what_was_written(quiet, statement):
    await quiet.push()
    with pytest.raises(IntegrityError, match="only ever added to"):
        async with quiet.app[DATABASE].write() as conn:
            await conn.execute(text(statement))
    assert len(await read(quiet)) == 1


async def test_a_change_that_fails_leaves_no_line(quiet, clock):
    async def fail() -> None:
        async with quiet.app[DATABASE].write() as conn:
            await audit.note(conn, "test.change", "x", clock())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await read(quiet) == []


async def test_long_words_are_cut(quiet, clock):
    async with quiet.app[DATABASE].write() as conn:
        await audit.note(conn, "test.long", "x", clock(), after={"note": "n" * 5_000})
        await audit.note(conn, "test.many", "x", clock(), after={f"f{n}": "n" * 100 for n in range(50)})
    first, second = await read(quiet, "?what=test")
    assert (first["who"], first["role"], len(first["after"]["note"])) == ("karvan", "server", audit.MOST_WORDS + 1)
    assert len(second["after"]["left_out"]) == 50


async def test_glossary_memory_media_and_desk_are_in_it(server, picture_bytes):
    put = await server.call("PUT", "/v1/glossary", by="admin", data=b"en\ttr\nBaku\tBak\xc3\xbc\n",
                            headers={"Content-Type": "text/tab-separated-values"})  # fmt: skip
    assert put.status == 201, put.text
    await server.call("PUT", "/v1/media/caravan-wire/p.png", by="caravan-wire", data=picture_bytes)
    await server.call("DELETE", "/v1/media/caravan-wire/p.png", by="caravan-wire")
    assert [one["what"] for one in await read(server)] == ["glossary.put", "media.put", "media.delete"]
    [line] = await read(server, "?what=glossary")
    assert (line["subject"], line["after"]["terms"]) == ("*", 1)


@pytest.fixture
def picture_bytes() -> bytes:
    from io import BytesIO

    from PIL import Image

    file = BytesIO()
    Image.new("RGB", (40, 30), "red").save(file, "PNG")
    return file.getvalue()
