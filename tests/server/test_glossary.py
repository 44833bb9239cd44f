"""Admins set the glossary for all and those of exchanges; what is wrong in one is told by its line."""

import json
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from feeds import tbx
from feeds.tbx import TermEntry
from server.__main__ import main
from server.keys import DATABASE
from server.translation import glossary
from translators.glossary import load_default, parse_tsv

ROOT = Path(__file__).parents[2]
TSV = {"Content-Type": "text/tab-separated-values"}
TBX = {"Content-Type": tbx.MEDIA_TYPE}
NAMES = "en\taz\tkind\nBaku\tBakı | Bakı şəhəri | !Baku\tplace\nOPEC\tOPEC\torganisation\n"


async def put(server: Any, body: str | bytes, exchange: str = "", headers: dict[str, str] = TSV) -> Any:
    path = f"/v1/glossary/{exchange}" if exchange else "/v1/glossary"
    data = BytesIO(body.encode() if isinstance(body, str) else body)
    return await server.call("PUT", path, by="admin", headers=headers, data=data)


async def load(server: Any, *exchanges: str) -> dict[str, tuple[str, ...]]:
    """English form → Azerbaijani forms of the effective glossary."""
    async with server.app[DATABASE].read() as conn:
        found = await glossary.load_effective(conn, exchanges)
    return {term.forms["en"][0]: term.forms.get("az", ()) for term in found.terms if "en" in term.forms}


async def test_the_shipped_glossary_is_there_until_another_is_set(quiet: Any) -> None:
    answer = await quiet.call("GET", "/v1/glossary", by="admin")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/tab-separated-values; charset=utf-8")
    assert parse_tsv(answer.text) == load_default()
    assert len(await load(quiet)) > 500
    assert (await put(quiet, NAMES)).status == 201
    assert (await quiet.call("GET", "/v1/glossary", by="admin")).text == NAMES
    assert await load(quiet) == {"Baku": ("Bakı", "Bakı şəhəri"), "OPEC": ("OPEC",)}


async def test_an_exchanges_glossary_stands_over_the_one_for_all(quiet: Any) -> None:
    assert (await quiet.call("GET", "/v1/glossary/turkic", by="admin")).status == 404
    await put(quiet, NAMES)
    answer = await put(quiet, "en\taz\nbaku\tBakü\nAral\tAral\n", "turkic")
    assert answer.status == 201, answer.text
    assert answer.json | {"version": ""} == {
        "exchange": "turkic", "number": 1, "version": "", "terms": 2, "changed": True,
    }  # fmt: skip
    assert await load(quiet, "silk-road") == await load(quiet)
    assert await load(quiet, "turkic", "silk-road") == {"baku": ("Bakü",), "OPEC": ("OPEC",), "Aral": ("Aral",)}
    assert (await put(quiet, NAMES, "nobody")).status == 404


async def test_the_same_terms_give_the_same_glossary_object(quiet: Any) -> None:
    await put(quiet, NAMES)
    async with quiet.app[DATABASE].read() as conn:
        one, two = [await glossary.load_effective(conn, ["turkic"]) for _ in range(2)]
        own = await glossary.load_own(conn, "")
    assert one is two
    assert own == one
    await put(quiet, NAMES + "Gas\tQaz\tterm\n")
    async with quiet.app[DATABASE].read() as conn:
        assert (await glossary.load_effective(conn, ["turkic"])).version != one.version


async def test_every_wrong_line_is_told(quiet: Any) -> None:
    answer = await put(quiet, "en\taz\nBaku\tBakı\tplace\nGanja\tGəncə\n\t\nganja\tGəncə\n")
    assert answer.status == 422
    assert [error["pointer"] for error in answer.json["errors"]] == ["line 2", "line 5"]
    assert (await put(quiet, b"en\taz\n\xff\t\xff\n")).status == 400
    assert (await put(quiet, "{}", headers={"Content-Type": "application/json"})).status == 415
    assert (await quiet.call("GET", "/v1/glossary", by="admin")).text != ""


async def test_nobodys_change_is_lost(quiet: Any) -> None:
    shipped = await quiet.call("GET", "/v1/glossary", by="admin")
    guarded = TSV | {"If-Match": shipped.headers["ETag"]}
    assert (await put(quiet, NAMES, headers=guarded)).status == 201
    refused = await put(quiet, NAMES + "Gas\tQaz\tterm\n", headers=guarded)
    assert refused.status == 412
    assert "glossary" in (await put(quiet, NAMES, "turkic", TSV | {"If-Match": "*"})).json["detail"]
    read = await quiet.call("GET", "/v1/glossary", by="admin", headers={"Accept": "application/json"})
    answer = await put(quiet, NAMES + "Gas\tQaz\tterm\n", headers=TSV | {"If-Match": read.headers["ETag"]})
    assert (answer.status, answer.json["number"]) == (200, 2)
    again = await put(quiet, NAMES + "Gas\tQaz\tterm\n", headers=TSV | {"If-Match": answer.headers["ETag"]})
    assert (again.json["number"], again.json["changed"]) == (2, False)
    unchanged = {"If-None-Match": (await quiet.call("GET", "/v1/glossary", by="admin")).headers["ETag"]}
    assert (await quiet.call("GET", "/v1/glossary", by="admin", headers=unchanged)).status == 304


async def test_it_is_read_as_json_with_its_history(quiet: Any) -> None:
    await put(quiet, NAMES)
    await put(quiet, NAMES + "Gas\tQaz\tterm\n")
    answer = await quiet.call("GET", "/v1/glossary", by="admin", headers={"Accept": "application/json"})
    assert answer.json["terms"][0] == {
        "concept": "Baku", "kind": "place", "keep": False,
        "forms": {"en": ["Baku"], "az": ["Bakı", "Bakı şəhəri"]}, "forbidden": {"az": ["Baku"]},
    }  # fmt: skip
    assert [one["number"] for one in answer.json["history"]] == [2, 1]
    assert answer.json["history"][0]["key"]
    assert (await quiet.call("GET", "/v1/glossary", by="admin", headers={"Accept": "image/png"})).status == 406


async def test_it_goes_out_and_comes_in_as_tbx(quiet: Any) -> None:
    await put(quiet, NAMES)
    answer = await quiet.call("GET", "/v1/glossary", by="admin", headers={"Accept": tbx.MEDIA_TYPE})
    assert answer.headers["Content-Type"] == tbx.MEDIA_TYPE
    before = await load(quiet)
    await put(quiet, "en\taz\nx\ty\n")
    back = await put(quiet, answer.body, headers=TBX)
    assert (back.status, back.json["version"]) == (200, parse_tsv(NAMES).version)
    assert await load(quiet) == before


async def test_the_whole_shipped_glossary_bears_tbx(quiet: Any) -> None:
    answer = await quiet.call("GET", "/v1/glossary", by="admin", headers={"Accept": tbx.MEDIA_TYPE})
    back = await put(quiet, answer.body, "turkic", TBX)
    assert back.status == 201, back.text
    assert back.json["version"] == load_default().version


async def test_two_concepts_with_one_word_are_kept_apart(quiet: Any) -> None:
    entries = [TermEntry("", "", {"en": ("bank",), "az": (form,)}) for form in ("bank", "sahil")]
    assert (await put(quiet, tbx.render(entries, "x"), headers=TBX)).json["terms"] == 2


async def test_what_is_wrong_in_tbx_is_told_by_its_place(quiet: Any) -> None:
    entries = [
        TermEntry("a", "", {"en": ("a",)}),
        TermEntry("b", "", {"en": ("b|c",)}),
        TermEntry("a", "", {"en": ("d",)}),
    ]
    answer = await put(quiet, tbx.render(entries, "x"), headers=TBX)
    assert answer.status == 422
    assert [error["pointer"] for error in answer.json["errors"]] == ["//conceptEntry[2]"]
    answer = await put(quiet, tbx.render([TermEntry("a", "", {"not a tag": ("a",)})], "x"), headers=TBX)
    assert (answer.status, "not a tag" in answer.text) == (422, True)


# The command line


@pytest.fixture
def karvan(tmp_path: Path) -> Callable[..., Result]:
    def run(*arguments: str) -> Result:
        return CliRunner().invoke(
            main, ["--config", str(ROOT / "config.toml"), "--data", str(tmp_path / "data"), *arguments]
        )

    return run


def test_the_command_line_sets_lists_and_writes_glossaries(karvan: Callable[..., Result], tmp_path: Path) -> None:
    assert karvan("keys", "issue", "admin").exit_code == 0  # the database is there
    assert parse_tsv(karvan("glossary", "export").stdout) == load_default()
    file, out = tmp_path / "names.tsv", tmp_path / "names.tbx"
    file.write_text(NAMES, encoding="utf-8")
    result = karvan("glossary", "import", str(file), "--exchange", "turkic")
    assert (result.exit_code, result.output) == (0, "2 terms, number 1.\n")
    assert karvan("glossary", "export", "--exchange", "turkic", "--format", "tbx", "--output", str(out)).exit_code == 0
    result = karvan("glossary", "import", str(out), "--json")
    assert json.loads(result.stdout) | {"version": ""} == {
        "exchange": "", "number": 1, "version": "", "terms": 2, "changed": True,
    }  # fmt: skip
    listed = json.loads(karvan("glossary", "list", "--json").stdout)
    assert [(one["exchange"], one["number"], one["terms"]) for one in listed] == [("", 1, 2), ("turkic", 1, 2)]
    assert "turkic" in karvan("glossary", "list").output


def test_the_command_line_says_what_is_wrong(karvan: Callable[..., Result], tmp_path: Path) -> None:
    file = tmp_path / "names.tsv"
    file.write_text("en\taz\na\tb\tc\n", encoding="utf-8")
    assert karvan("keys", "issue", "admin").exit_code == 0
    for arguments, reason in (
        (("import", str(file)), "line 2: 3 cells for 2 columns"),
        (("import", str(file), "--exchange", "nobody"), "there is no exchange 'nobody'"),
        (("export", "--exchange", "turkic"), "'turkic' has no glossary of its own"),
    ):
        result = karvan("glossary", *arguments)
        assert result.exit_code == 1
        assert reason in result.stderr
