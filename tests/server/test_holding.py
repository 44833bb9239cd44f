"""A route that holds the article itself: in no language before an editor has released it."""

from pathlib import Path
from typing import Any

import pytest

from server.config import Editor, Route, When
from server.configfile import parse_config
from server.configfile.routingfile import cut_routing

DESK = "/v1/desk/caravan-wire/one/en"
ONE = "/v1/articles/caravan-wire/one"
LANGUAGES = ("az", "en", "ru", "tr", "zh")
OTHER = "The ministers will meet on Saturday in the capital, not on Friday"


@pytest.fixture
async def server(start: Any, config: Any) -> Any:
    hold = Route(name="sensitive", when=When(ed_note=("sensitive",)), hold=True)
    editors = {"wire-desk": Editor(name="Wire desk", exchanges=("silk-road",))}
    changed = {"routes": (hold, *config.routes), "editors": editors}
    return await start(config=config.model_copy(update=changed))


async def push(server: Any, **changes: Any) -> None:
    answer = await server.push(**{"edNote": "sensitive: ask the desk"} | changes)
    assert answer.status in (200, 201), answer.text
    await server.settle()


async def say(server: Any, action: str, **more: Any) -> Any:
    etag = (await server.call("GET", DESK, by="wire-desk")).headers["ETag"]
    said = {"action": action} | more
    return await server.call("POST", DESK, by="wire-desk", json=said, headers={"If-Match": etag})


async def list_places(server: Any, channel: str = "world", by: str | None = None) -> list[str]:
    found = []
    for language in LANGUAGES:
        feed = await server.call("GET", f"/feeds/{channel}/{language}.json", by=by)
        found += [language] * len([item for item in feed.json["items"] if item.get("content_html")])
    return found


async def list_desk(server: Any, query: str = "") -> list[tuple[str, str]]:
    held = (await server.call("GET", f"/v1/desk{query}", by="wire-desk")).json["held"]
    return [(one["item"], one["language"]) for one in held]


async def test_a_held_article_stands_in_no_language_until_an_editor_releases_it(server: Any) -> None:
    await push(server)
    assert await list_places(server) == []
    assert (await server.call("GET", ONE)).status == 404
    assert (await server.call("GET", ONE, by="khazar-news")).status == 404
    for language in LANGUAGES:
        assert (await server.call("GET", f"/articles/caravan-wire/one/{language}")).status == 404
    told = (await server.call("GET", ONE, by="caravan-wire")).json
    assert "sensitive" in told["hold"]["reason"]
    assert told["versions"]["tr"]["freshness"] == "fresh"  # made meanwhile: ready when it is released
    answer = await say(server, "release", note="checked by phone")
    assert (answer.status, answer.json["changed"], answer.json["reviewed"]) == (200, True, True)
    assert await list_places(server) == list(LANGUAGES)
    told = (await server.call("GET", ONE, by="caravan-wire")).json
    assert (told["hold"]["reason"], told["hold"]["verdict"]["by"]) == (None, "wire-desk")
    assert "hold" not in (await server.call("GET", ONE)).json


async def test_it_waits_on_the_desk_and_in_its_channel(server: Any) -> None:
    await push(server)
    await server.push("free")
    await server.settle()
    assert await list_desk(server) == [("one", "en")]
    assert await list_desk(server, "?reason=route&language=en") == [("one", "en")]
    assert await list_desk(server, "?language=tr") == await list_desk(server, "?reason=numbers") == []
    assert await list_places(server, "desk", by="admin") == ["en"]
    shown = (await server.call("GET", DESK, by="wire-desk")).json
    assert "sensitive" in shown["reason"]
    assert (await server.call("GET", "/v1/desk/caravan-wire/free/en", by="wire-desk")).status == 404
    assert (await server.call("GET", DESK, by="khazar-news")).status == 403
    await say(server, "release")
    assert await list_desk(server) == []
    assert await list_places(server, "desk", by="admin") == []


async def test_corrections_of_a_released_article_go_out_and_a_kill_ends_it(server: Any) -> None:
    await push(server)
    await say(server, "release")
    await push(server, headline=OTHER)
    feed = (await server.call("GET", "/feeds/world/en.json")).json
    assert feed["items"][0]["title"] == OTHER
    assert (await server.call("DELETE", ONE, by="caravan-wire")).status == 200
    assert await list_places(server) == []
    assert (await say(server, "reject")).status == 409


async def test_a_rejected_article_waits_again_with_its_next_text(server: Any) -> None:
    await push(server)
    assert (await say(server, "reject", note="nobody confirms it")).json["freshness"] == "held"
    assert (await list_desk(server), await list_places(server)) == ([], [])
    assert await list_desk(server, "?reason=rejected") == [("one", "en")]
    assert await list_places(server, "desk", by="admin") == []
    told = (await server.call("GET", ONE, by="caravan-wire")).json
    assert told["hold"]["reason"] == "rejected by wire-desk: nobody confirms it"
    await push(server, headline=OTHER)
    assert await list_desk(server) == [("one", "en")]
    await push(server, headline=OTHER, edNote="")  # no route holds it any more
    assert await list_desk(server) == []
    assert await list_places(server) == list(LANGUAGES)


async def test_a_verdict_is_of_what_the_editor_has_seen(server: Any) -> None:
    await push(server)
    said = {"action": "release"}
    assert (await server.call("POST", DESK, by="wire-desk", json=said)).status == 428
    seen = (await server.call("GET", DESK, by="wire-desk")).headers["ETag"]
    await push(server, headline=OTHER)
    late = await server.call("POST", DESK, by="wire-desk", json=said, headers={"If-Match": seen})
    assert late.status == 412
    assert (await server.call("POST", DESK, by="caravan-wire", json=said)).status == 403
    asked = await server.call("POST", DESK, by="wire-desk", json={"action": "ask", "note": "Who says so?"})
    assert (asked.status, asked.json["freshness"]) == (200, "held")
    told = (await server.call("GET", ONE, by="caravan-wire")).json
    assert [one["note"] for one in told["questions"]] == ["Who says so?"]


async def test_it_is_explained(server: Any) -> None:
    await push(server)
    path = "/v1/explain/caravan-wire/one?channel=world&language=en"

    async def find_gate() -> Any:
        [place] = (await server.call("GET", path, by="admin")).json["places"]
        return next(gate for gate in place["gates"] if gate["gate"] == "hold")

    assert (await find_gate())["passes"] is False
    await say(server, "release")
    assert await find_gate() == {"gate": "hold", "passes": True, "reason": "released by wire-desk"}


async def test_a_route_to_a_channel_holds_it_there_only(start: Any, config: Any) -> None:
    hold = Route(name="look first", to=("economy",), hold=True)
    server = await start(config=config.model_copy(update={"routes": (hold, *config.routes)}))
    await push(server)
    assert await list_places(server, "economy") == []
    assert await list_places(server) == list(LANGUAGES)
    etag = (await server.call("GET", DESK, by="admin")).headers["ETag"]
    said = {"action": "release"}
    assert (await server.call("POST", DESK, by="admin", json=said, headers={"If-Match": etag})).status == 200
    assert await list_places(server, "economy") == list(LANGUAGES)


async def test_a_released_version_passes_a_route_that_holds_machine_text_and_is_explained_so(
    start: Any, config: Any
) -> None:
    routes = tuple(one.model_copy(update={"machine": "hold", "held": "wait"}) for one in config.routes)
    server = await start(config=config.model_copy(update={"routes": routes}))
    await server.push()
    await server.settle()
    assert await list_places(server) == ["en"]  # machine = "hold" keeps no original back
    desk = "/v1/desk/caravan-wire/one/tr"
    etag = (await server.call("GET", desk, by="admin")).headers["ETag"]
    said = {"action": "release"}
    assert (await server.call("POST", desk, by="admin", json=said, headers={"If-Match": etag})).status == 200
    assert await list_places(server) == ["en", "tr"]
    for language, passes in (("tr", True), ("az", False)):
        path = f"/v1/explain/caravan-wire/one?channel=world&language={language}"
        [place] = (await server.call("GET", path, by="admin")).json["places"]
        gates = {gate["gate"]: gate["passes"] for gate in place["gates"]}
        assert (gates["machine"], place["stands"]) == (passes, passes)


async def test_a_route_that_holds_nothing_any_more_leaves_no_trace_on_the_desk(start: Any, tmp_path: Path) -> None:
    shipped = (Path(__file__).parents[2] / "config.toml").read_text()
    file = tmp_path / "config.toml"
    file.write_text(shipped + '\n[[routes]]\nname = "sensitive"\nwhen = { ed_note = "sensitive" }\nhold = true\n')
    live = await start(config=parse_config(file.read_text()), file=file)
    await live.push(edNote="sensitive: ask the desk")
    await live.settle()
    assert (await live.call("GET", ONE, by="caravan-wire")).json["hold"]
    etag = (await live.call("GET", "/v1/routing", by="admin")).headers["ETag"]
    headers = {"If-Match": etag, "Content-Type": "application/toml"}
    part = cut_routing(shipped).encode()
    assert (await live.call("PUT", "/v1/routing", by="admin", data=part, headers=headers)).status == 200
    await live.wait_until_asked()
    await live.settle()
    assert await list_places(live) == list(LANGUAGES)
    assert (await live.call("GET", ONE, by="caravan-wire")).json["hold"] is None
    assert (await live.call("GET", DESK, by="admin")).status == 404
    said = {"action": "reject", "note": "no"}
    answer = await live.call("POST", DESK, by="admin", json=said, headers={"If-Match": '"3"'})
    assert answer.status == 404
