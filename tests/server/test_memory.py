"""Admins look into the memory, take entries out of it, and carry it from and to other tools."""

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from feeds import tmx
from feeds.tmx import Record, Unit, Variant
from server.__main__ import main
from server.keys import DATABASE
from server.store import memory
from server.store.entries import Entry
from server.translation.suggestions import suggest
from translators import Direction

ROOT = Path(__file__).parents[2]
WAY = Direction("en", "az")
TMX = {"Content-Type": tmx.MEDIA_TYPE}


NOBODY = Record()


def make_tmx(*units: Unit, source: str = "en") -> bytes:
    return tmx.render_head(source, "1") + b"".join(map(tmx.render_unit, units)) + tmx.render_tail()


def make_unit(source: str, result: str, record: Record = NOBODY, **changes: Any) -> Unit:
    variants = (Variant("en", source), Variant("az", result, record))
    return Unit(**({"source": "en", "variants": variants} | changes))


async def save(server: Any, *entries: Entry) -> None:
    async with server.app[DATABASE].write() as conn:
        await memory.save_entries(conn, entries)


def make_entry(server: Any, text: str, result: str, **changes: Any) -> Entry:
    values = {"direction": WAY, "text": text, "result": result, "origin": "edited", "who": "aysel"}
    return Entry(**(values | {"made_at": server.clock()} | changes))


def make_machine(server: Any, text: str, result: str) -> Entry:
    return make_entry(server, text, result, origin="machine", who="", making="m1", beam=2)


async def ask(server: Any, text: str, **parameters: Any) -> list[dict[str, Any]]:
    query = {"source": "en", "target": "az", "q": text, **parameters}
    answer = await server.call("GET", "/v1/memory", by="admin", params=query)
    assert answer.status == 200, answer.text
    return answer.json["matches"]


# Looking


async def test_what_is_near_is_found_the_nearest_first(quiet: Any) -> None:
    await save(
        quiet,
        make_machine(quiet, "The ministers met in Baku.", "Nazirlər Bakıda."),
        make_entry(quiet, "The ministers met in Baku.", "Nazirlər Bakıda görüşdü."),
        make_entry(quiet, "The ministers met in Ankara.", "Nazirlər Ankarada görüşdü."),
        make_entry(quiet, "Rain is expected on Sunday.", "Bazar günü yağış gözlənilir."),
        make_entry(quiet, "The ministers met in Baku.", "Başqa", direction=Direction("en", "tr")),
    )
    found = await ask(quiet, " The ministers met  in Baku. ")
    assert [(one["score"], one["origin"]) for one in found][:2] == [(100.0, "edited"), (100.0, "machine")]
    assert (found[0]["result"], found[0]["who"]) == ("Nazirlər Bakıda görüşdü.", "aysel")
    assert [one["source"] for one in found[2:]] == ["The ministers met in Ankara."]
    assert 60 < found[2]["score"] < 100
    assert len(await ask(quiet, "The ministers met in Baku.", limit=1)) == 1


async def test_other_numbers_are_near_but_not_the_same(quiet: Any) -> None:
    await save(quiet, make_entry(quiet, "5 ministers met.", "5 nazir görüşdü."))
    assert [one["score"] for one in await ask(quiet, "17 ministers met.")] == [99.0]


async def test_a_large_memory_is_searched_in_bounded_time(quiet: Any) -> None:
    entries = [make_machine(quiet, f"Sentence {n} has words of its own", "x") for n in range(3_000)]
    await save(quiet, *entries)
    async with quiet.app[DATABASE].read() as conn:
        assert len(await suggest(conn, "Sentence 5 has words of its own", WAY, 10)) == 10


@pytest.mark.parametrize(
    "query",
    [
        {}, {"q": "x"}, {"q": "x", "source": "en"}, {"q": "x", "source": "en", "target": "en"},
        {"q": "x", "source": "en", "target": "fr"}, {"source": "en", "target": "az"},
        {"q": "x" * 2_001, "source": "en", "target": "az"}, {"q": "x", "source": "en", "target": "az", "limit": "0"},
        {"q": "x", "source": "a b", "target": "az"}, {"q": "x", "source": "en", "target": "az", "limit": "many"},
    ],
)  # fmt: skip
async def test_a_question_that_is_none_is_refused(quiet: Any, query: dict[str, str]) -> None:
    assert (await quiet.call("GET", "/v1/memory", by="admin", params=query)).status == 400


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/memory?source=en&target=az&q=x"), ("POST", "/v1/memory"), ("DELETE", "/v1/memory/1"),
        ("GET", "/v1/memory.tmx?source=en&target=az"), ("GET", "/v1/glossary"), ("PUT", "/v1/glossary"),
        ("GET", "/v1/glossary/turkic"), ("PUT", "/v1/glossary/turkic"),
    ],
)  # fmt: skip
async def test_it_is_for_admins_alone(quiet: Any, method: str, path: str) -> None:
    assert (await quiet.call(method, path)).status == 401
    for who in ("caravan-wire", "demo-newsroom"):
        assert (await quiet.call(method, path, by=who)).status == 403


async def test_an_entry_is_removed(quiet: Any) -> None:
    await save(quiet, make_entry(quiet, "Yes", "Bəli"))
    [one] = await ask(quiet, "Yes")
    assert (await quiet.call("DELETE", f"/v1/memory/{one['id']}", by="admin")).status == 204
    assert await ask(quiet, "Yes") == []
    for name in (one["id"], "x", "9" * 30, "٣"):
        assert (await quiet.call("DELETE", f"/v1/memory/{name}", by="admin")).status == 404


# Files


async def test_a_file_comes_in_and_says_what_became_of_it(quiet: Any) -> None:
    now = quiet.clock()
    await save(quiet, make_entry(quiet, "Yes", "Hə"), make_entry(quiet, "No", "Xeyr"), make_entry(quiet, "So", "Belə"))
    body = make_tmx(
        make_unit("Yes", "Bəli", Record("leyla", now + timedelta(days=900))),  # a time to come is now
        make_unit("No", "Yox", Record("leyla", now - timedelta(days=1))),
        make_unit("So", "Belə"),
        make_unit("New", "Yeni", Record("leyla", now - timedelta(days=1), 7)),
        make_unit("Machine", "Maşın", origin="machine"),
        Unit("en", (Variant("en-GB", "Lift"), Variant("tr-TR", "Asansör"))),
        Unit("en", (Variant("fr", "Oui"), Variant("az", "Bəli"))),
        Unit("az", (Variant("en", "Hello"), Variant("az", "Salam"))),
    )
    answer = await quiet.call("POST", "/v1/memory", by="admin", headers=TMX, data=body)
    assert answer.status == 200, answer.text
    assert {name: answer.json[name] for name in ("taken", "replaced", "unchanged", "refused")} == {
        "taken": 3, "replaced": 1, "unchanged": 1, "refused": 3,
    }  # fmt: skip
    assert [one["pointer"] for one in answer.json["reasons"]] == [f"/tmx/body/tu[{n}]" for n in (5, 7, 2)]
    [yes] = await ask(quiet, "Yes")
    assert (yes["result"], yes["who"], yes["origin"], yes["made_at"] < "2026-11-27") == (
        "Bəli",
        "leyla",
        "imported",
        True,
    )
    [no] = await ask(quiet, "No")
    assert no["result"] == "Xeyr"
    [lift] = await ask(quiet, "Lift", target="tr")
    assert (lift["result"], lift["who"]) == ("Asansör", "admin")
    [salam] = await ask(quiet, "Salam", source="az", target="en")
    assert salam["result"] == "Hello"
    assert (await ask(quiet, "New"))[0]["uses"] == 7


async def test_of_one_sentence_twice_in_a_file_the_later_one_stays(quiet: Any) -> None:
    now = quiet.clock()
    one, two = Record("a", now - timedelta(days=2)), Record("b", now - timedelta(days=1))
    body = make_tmx(make_unit("Yes", "Bəli", two), make_unit("Yes", "Hə", one), make_unit("Yes", "Bəli", one))
    answer = await quiet.call("POST", "/v1/memory", by="admin", headers=TMX, data=body)
    assert (answer.json["taken"], answer.json["refused"], answer.json["unchanged"]) == (1, 1, 1)
    assert [one["result"] for one in await ask(quiet, "Yes")] == ["Bəli"]


async def test_a_file_that_breaks_off_changes_nothing(quiet: Any) -> None:
    body = make_tmx(*(make_unit(f"Sentence {n}", "x") for n in range(700)))
    answer = await quiet.call("POST", "/v1/memory", by="admin", headers=TMX, data=body[:-10])
    assert (answer.status, answer.json["title"]) == (400, "The body cannot be read at all")
    assert await ask(quiet, "Sentence 1") == []


async def test_only_the_directions_that_are_asked_for_are_taken(quiet: Any) -> None:
    body = make_tmx(replace(make_unit("Yes", "Bəli"), source="*all*"), source="*all*")
    path = "/v1/memory?source=az"
    assert (await quiet.call("POST", path, by="admin", headers=TMX, data=body)).json["taken"] == 1
    assert await ask(quiet, "Yes") == []
    assert len(await ask(quiet, "Bəli", source="az", target="en")) == 1


async def test_a_file_may_be_larger_than_an_article_and_compressed(quiet: Any) -> None:
    body = make_tmx(*(make_unit(f"Sentence {n} " + "word " * 300, "x" * 1_000) for n in range(1_200)))
    assert len(body) > 2_000_000
    headers = TMX | {"Content-Encoding": "gzip"}
    answer = await quiet.call("POST", "/v1/memory", by="admin", headers=headers, data=gzip.compress(body))
    assert answer.json["taken"] == 1_200, answer.text


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"Content-Type": "application/json"}, b"{}", 415),
        (TMX | {"Content-Encoding": "rot13"}, b"<tmx/>", 415),
        (TMX | {"Content-Encoding": "gzip"}, b"<tmx/>", 400),
        (TMX, b"<html/>", 400),
        (TMX, b'<!DOCTYPE tmx [<!ENTITY a "b">]><tmx>&a;</tmx>', 400),
    ],
)
async def test_what_is_no_memory_is_refused(quiet: Any, headers: dict[str, str], body: bytes, status: int) -> None:
    assert (await quiet.call("POST", "/v1/memory", by="admin", headers=headers, data=body)).status == status


async def test_what_goes_out_comes_in_again(quiet: Any) -> None:
    when = quiet.clock() - timedelta(days=1)
    await save(
        quiet,
        *(make_entry(quiet, f"Sentence <{n}>", f"Cümlə {n}", made_at=when, uses=n) for n in range(1_100)),
        make_machine(quiet, "Machine", "Maşın"),
    )
    path = "/v1/memory.tmx?source=en&target=az"
    answer = await quiet.call("GET", path, by="admin")
    assert answer.headers["Content-Type"].startswith(tmx.MEDIA_TYPE)
    units = list(tmx.parse([answer.body]))
    assert len(units) == 1_100
    assert units[7].variants[1] == Variant("az", "Cümlə 7", Record("aysel", when.replace(microsecond=0), 7))
    everything = await quiet.call("GET", path + "&machine=true", by="admin")
    assert len(list(tmx.parse([everything.body]))) == 1_101
    again = await quiet.call("POST", "/v1/memory", by="admin", headers=TMX, data=everything.body)
    assert (again.json["unchanged"], again.json["refused"]) == (1_100, 1)
    head = await quiet.call("HEAD", path, by="admin")
    assert (head.status, head.body) == (200, b"")
    assert (await quiet.call("GET", path + "&machine=maybe", by="admin")).status == 400


# The command line


@pytest.fixture
def karvan(tmp_path: Path) -> Callable[..., Result]:
    def run(*arguments: str) -> Result:
        return CliRunner().invoke(
            main, ["--config", str(ROOT / "config.toml"), "--data", str(tmp_path / "data"), *arguments]
        )

    return run


def test_the_command_line_carries_it_too(karvan: Callable[..., Result], tmp_path: Path) -> None:
    file, out = tmp_path / "in.tmx", tmp_path / "out.tmx"
    file.write_bytes(make_tmx(make_unit("Yes", "Bəli", Record("leyla")), make_unit("No", "Yox", origin="machine")))
    result = karvan("memory", "import", str(file), "--json")
    assert result.exit_code == 0, result.output
    assert {name: json.loads(result.stdout)[name] for name in ("taken", "refused")} == {"taken": 1, "refused": 1}
    result = karvan("memory", "import", str(file))
    assert "0 new, 0 in place of older ones, 1 there already, 1 not taken." in result.output
    assert "made by a machine" in result.stderr
    assert karvan("memory", "export", "--source", "en", "--target", "az-AZ", "--output", str(out)).exit_code == 0
    [unit] = tmx.parse([out.read_bytes()])
    assert isinstance(unit, Unit)
    assert [variant.text for variant in unit.variants] == ["Yes", "Bəli"]
    plain = karvan("memory", "export", "--source", "en", "--target", "az")
    assert plain.stdout_bytes == out.read_bytes()


def test_the_command_line_says_what_is_wrong(karvan: Callable[..., Result], tmp_path: Path) -> None:
    file = tmp_path / "in.tmx"
    file.write_bytes(b"<html/>")
    for arguments, reason in (
        (("memory", "import", str(file)), "the root is <html>"),
        (("memory", "import", str(file), "--source", "fr"), "'fr' is not among languages.configured"),
        (("memory", "export", "--source", "en", "--target", "a b"), "'a b' is not among"),
    ):
        result = karvan(*arguments)
        assert result.exit_code == 1
        assert reason in result.stderr
        assert len(result.stderr.splitlines()) == 1


async def test_a_server_without_a_memory_takes_none(start: Any, config: Any) -> None:
    off = config.translation.model_copy(update={"memory_sentences": 0})
    server = await start(config=config.model_copy(update={"translation": off}), with_worker=False)
    answer = await server.call("POST", "/v1/memory", by="admin", headers=TMX, data=make_tmx(make_unit("Yes", "Bəli")))
    assert (answer.status, "memory_sentences" in answer.text) == (403, True)


async def test_what_comes_in_is_used_for_the_next_article(server: Any) -> None:
    sentence = "They will discuss trade and water."
    body = make_tmx(make_unit(sentence, "Ticarət və su müzakirə olunacaq."))
    assert (await server.call("POST", "/v1/memory", by="admin", headers=TMX, data=body)).status == 200
    await server.push(text=f"<p>The ministers will meet on Friday. {sentence}</p>")
    await server.settle()
    answer = await server.call("GET", "/v1/articles/caravan-wire/one?language=az", by="admin")
    assert "Ticarət və su müzakirə olunacaq." in answer.text
