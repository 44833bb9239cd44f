"""Why an article is or is not there: each gate is told, under the configuration that decided."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from server.__main__ import main
from server.configfile import parse_config
from server.configfile.routingfile import cut_routing

SHIPPED = Path(__file__).parents[2] / "config.toml"
TEXT = SHIPPED.read_text()
PART = cut_routing(TEXT)


@pytest.fixture
async def live(start: Callable[..., Awaitable[Any]], tmp_path: Path) -> Any:
    path = tmp_path / "config.toml"
    path.write_text(TEXT)
    return await start(config=parse_config(TEXT), file=path)


async def explain(server: Any, query: str, item: str = "one") -> Any:
    answer = await server.call("GET", f"/v1/explain/caravan-wire/{item}{query}", by="admin")
    assert answer.status == 200, answer.text
    return answer.json


async def explain_one(server: Any, query: str, item: str = "one") -> Any:
    (place,) = (await explain(server, query, item))["places"]
    return place


async def test_an_article_that_stands_names_its_route(server: Any) -> None:
    await server.push()
    await server.settle()
    place = await explain_one(server, "?channel=world&language=tr")
    assert (place["stands"], place["reason"]) == (True, "route 'everything'")
    assert all(gate["passes"] for gate in place["gates"])
    assert place["destination"]["route"] == "everything"


async def test_what_no_route_brings_there_says_so_with_every_condition(server: Any) -> None:
    await server.push()
    found = await explain(server, "?channel=economy&language=en")
    assert found["places"][0]["reason"] == "route: no route brings it there"
    judged = next(one for one in found["routes"] if one["route"] == "economy")
    assert not judged["matched"]
    assert judged["reason"]["wanted"] == ["medtop:04000000"]


async def test_the_first_shut_gate_is_the_reason(quiet: Any) -> None:
    later = "2026-11-27T12:00:00Z"
    await quiet.push(embargoedUntil=later)
    assert (await explain_one(quiet, "?channel=world&language=en"))[
        "reason"
    ] == "embargo: until 2026-11-27 12:00:00 UTC"
    assert (await explain_one(quiet, "?channel=world&language=az"))["reason"] == "text: it is pending"
    await quiet.call("DELETE", "/v1/articles/caravan-wire/one", by="caravan-wire", json={"reason": "wrong"})
    assert (await explain_one(quiet, "?channel=world&language=en"))["reason"] == "state: it is canceled"


async def test_who_may_not_read_the_channel_is_told_that(server: Any) -> None:
    key = "/v1/articles/khazar-news/one"
    text = {"type": "text", "language": "en", "headlines": [{"value": "The ministers will meet in the capital"}]}
    assert (await server.call("PUT", key, by="khazar-news", json=text)).status == 201
    await server.settle()
    for reader, may in (("demo-newsroom", True), ("caravan-wire", False)):
        answer = await server.call(
            "GET", f"/v1/explain/khazar-news/one?channel=turkic&language=en&subscriber={reader}", by="admin"
        )
        place = answer.json["places"][0]
        assert place["stands"] is may
        assert ("access" in place["reason"]) is not may


async def test_each_explanation_can_be_had_again_from_the_stored_version(live: Any) -> None:
    await live.push()
    await live.settle()
    before = await explain(live, "?channel=world&language=az")
    assert before["config"] == {"number": 1, "exact": True}
    assert before["decided"]["config"] == 1
    part = PART.replace('\nto = ["world"]', '\nto = ["economy"]')
    etag = (await live.call("GET", "/v1/routing", by="admin")).headers["ETag"]
    headers = {"If-Match": etag, "Content-Type": "application/toml"}
    assert (await live.call("PUT", "/v1/routing", by="admin", data=part.encode(), headers=headers)).status == 200
    await live.push(headline="The four ministers met in the capital on Friday")
    await live.settle()
    now = await explain(live, "?channel=world&language=az")
    assert (now["config"]["number"], now["decided"]["config"]) == (2, 2)
    assert now["places"][0]["reason"].startswith("route: no route brings it there")
    again = await explain(live, "?channel=world&language=az&version=1")
    assert again["config"] == {"number": 1, "exact": True}
    assert again["routes"] == before["routes"]
    assert again["places"][0]["destination"] == before["places"][0]["destination"]


EDITS = (
    ('\nto = ["world"]', '\nto = ["world"]\nlanguages = ["az", "tr"]'),
    ('when = { subject = ["medtop:04000000"] }', 'when = { urgency = "1-4" }'),
    ('name = "everything"', 'name = "all of it"\nmachine = "off"'),
    (
        "[[routes]]\n",
        '[[routes]]\nname = "none of these"\nwhen = { outlet = "khazar-news" }\nstop = true\n\n[[routes]]\n',
    ),
    ('access = "public"\nshows', 'access = "admins"\nshows'),
)
ARTICLES = (
    ("khazar-news", "az", "04000000", 3),
    ("caravan-wire", "en", "04000000", 6),
    ("caravan-wire", "en", "01000000", 3),
    ("steppe-herald", "ru", "01000000", 6),
)
DECIDED = ("state", "route", "access")  # the others tell how text and place stand now
READERS = ("", "&subscriber=demo-newsroom", "&subscriber=caravan-wire")


async def explain_all(server: Any, version: int, readers: Sequence[str] = READERS) -> Any:
    """What is said of every article, for anybody and two subscribers, about every channel and language."""
    told = {}
    for item, (outlet, *_) in enumerate(ARTICLES):
        for reader in readers:
            path = f"/v1/explain/{outlet}/{item}?version={version}{reader}"
            said = (await server.call("GET", path, by="admin")).json
            assert said["config"] == {"number": version, "exact": True}
            for place in said["places"]:
                gates = [gate for gate in place["gates"] if gate["gate"] in DECIDED]
                key = item, reader, place["channel"], place["language"]
                told[key] = (gates, place["destination"], said["routes"])
    return told


async def test_every_explanation_says_the_same_after_five_changes_of_the_configuration(live: Any) -> None:
    for item, (outlet, language, subject, urgency) in enumerate(ARTICLES):
        text = {
            "type": "text",
            "language": language,
            "urgency": urgency,
            "headlines": [{"value": "1 2 3"}],
            "subjects": [{"name": "s", "uri": f"http://cv.iptc.org/newscodes/mediatopic/{subject}"}],
        }
        assert (await live.call("PUT", f"/v1/articles/{outlet}/{item}", by=outlet, json=text)).status == 201
    await live.settle()
    first, part = await explain_all(live, 1), PART
    assert len(first) > 200
    for number, (old, new) in enumerate(EDITS, 2):
        assert old in part
        part = part.replace(old, new, 1)
        etag = (await live.call("GET", "/v1/routing", by="admin")).headers["ETag"]
        headers = {"If-Match": etag, "Content-Type": "application/toml"}
        answer = await live.call("PUT", "/v1/routing", by="admin", data=part.encode(), headers=headers)
        assert answer.status == 200, answer.text
        assert answer.json["number"] == number
    await live.wait_until_asked()
    await live.settle()
    last = await explain_all(live, 1 + len(EDITS), READERS[:1])
    again = await explain_all(live, 1)
    assert {key: (said, first[key]) for key, said in again.items() if said != first[key]} == {}
    assert sum(last[key] != first[key] for key in last) > 20


async def test_all_feeds_are_told_when_none_is_named_and_wrong_names_are_refused(server: Any) -> None:
    await server.push()
    assert len((await explain(server, ""))["places"]) > 10
    for query in (
        "?channel=nowhere",
        "?channel=turkic&language=zh",
        "?subscriber=nobody",
        "?language=%2A",
        "?version=0",
        "?what=1",
    ):
        answer = await server.call("GET", f"/v1/explain/caravan-wire/one{query}", by="admin")
        assert answer.status == 400, query
    assert (await server.call("GET", "/v1/explain/caravan-wire/none", by="admin")).status == 404
    assert (await server.call("GET", "/v1/explain/caravan-wire/one?version=7", by="admin")).status == 404
    assert (await server.call("GET", "/v1/explain/caravan-wire/one", by="caravan-wire")).status == 403


async def test_the_command_line_says_the_same(server: Any, tmp_path: Path) -> None:
    await server.push()
    await server.settle()
    options = ["--config", str(SHIPPED), "--data", str(tmp_path), "explain", "caravan-wire/one", "--language", "tr"]
    done = await asyncio.to_thread(CliRunner().invoke, main, [*options, "--channel", "world"])
    assert done.exit_code == 0, done.output
    assert done.output.startswith("world/tr: stands there (route 'everything')")
    wrong = await asyncio.to_thread(CliRunner().invoke, main, [*options[:-3], "caravan-wire/none"])
    assert wrong.exit_code == 1
