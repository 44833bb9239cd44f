"""The desk: what is held and why, who may look at it, what becomes of what an editor says."""

from typing import Any

import feedparser
import pytest

from server.config import Editor
from server.keys import DATABASE
from server.store.jobs import enqueue
from translators.pseudo import PseudoTranslator

ONE = "/v1/articles/caravan-wire/one"
DESK = "/v1/desk/caravan-wire/one/tr"
FEED = "/feeds/world/tr.atom"
SECRET = "qzvxbody"
TEXT = f"<p>The ministers will meet on Friday in {SECRET}.</p><p>They will discuss trade and water.</p>"


class Stammering(PseudoTranslator):
    """Says sentences with the secret six times over."""

    def _render(self, text, direction):
        return " ".join([super()._render(text, direction)] * (6 if SECRET in text else 1))


@pytest.fixture
async def server(start: Any, config: Any) -> Any:
    routes = tuple(one.model_copy(update={"held": "wait"}) for one in config.routes)
    editors = {
        "wire-desk": Editor(name="Wire desk", exchanges=("silk-road",)),
        "turkic-desk": Editor(name="Turkic desk", exchanges=("turkic",)),
        "night-desk": Editor(name="Night desk", exchanges=("*",)),
    }
    return await start(translator=Stammering(), config=config.model_copy(update={"routes": routes, "editors": editors}))


async def push(server: Any, item: str = "one", **changes: Any) -> None:
    answer = await server.push(item, **{"text": TEXT} | changes)
    assert answer.status in (200, 201), answer.text
    await server.settle()


async def say(server: Any, action: str, by: str = "wire-desk", **more: Any) -> Any:
    etag = (await server.call("GET", DESK, by="admin")).headers["ETag"]
    return await server.call("POST", DESK, by=by, json={"action": action} | more, headers={"If-Match": etag})


async def list_entries(server: Any, path: str = FEED) -> list[Any]:
    return list(feedparser.parse((await server.call("GET", path)).body).entries)


async def list_held(server: Any, query: str = "", by: str = "wire-desk") -> list[tuple[str, str]]:
    answer = await server.call("GET", f"/v1/desk{query}", by=by)
    assert answer.status == 200, answer.text
    return [(one["item"], one["language"]) for one in answer.json["held"]]


async def test_the_desk_shows_what_is_held_beside_its_source(server, clock):
    await push(server)
    clock.pass_time(minutes=10)
    [one] = (await server.call("GET", "/v1/desk?language=tr", by="wire-desk")).json["held"]
    assert (one["outlet"], one["item"], one["source_language"]) == ("caravan-wire", "one", "en")
    assert one["age_seconds"] >= 600
    assert "repetition" in one["reason"]
    assert one["headline"].startswith("[tr]")
    [sentence] = one["sentences"]
    assert sentence["source"] == f"The ministers will meet on Friday in {SECRET}."
    assert sentence["result"].count(SECRET) == 6
    assert any(found.startswith("repetition") for found in sentence["found"])
    whole = (await server.call("GET", DESK, by="wire-desk")).json["sentences"]
    assert [one["place"].partition(" ")[0] for one in whole] == ["headline", "body", "body"]


async def test_the_urgent_comes_first_then_what_has_waited_longest(server, clock):
    for item, urgency in (("slow", 6), ("first", 5), ("second", 5), ("flash", 1)):
        await push(server, item, urgency=urgency)
        clock.pass_time(minutes=1)
    assert await list_held(server, "?language=tr") == [
        ("flash", "tr"), ("first", "tr"), ("second", "tr"), ("slow", "tr"),
    ]  # fmt: skip
    seen, query = [], "?language=tr&limit=1"
    while query:
        answer = (await server.call("GET", f"/v1/desk{query}", by="wire-desk")).json
        seen += [one["item"] for one in answer["held"]]
        query = f"?language=tr&limit=1&after={answer['next']}" if answer["next"] else ""
    assert seen == ["flash", "first", "second", "slow"]


async def test_filters_name_exchange_language_and_check(server):
    await push(server)
    assert {language for _, language in await list_held(server)} == {"az", "ru", "tr", "zh"}
    assert await list_held(server, "?reason=repetition&language=tr") == [("one", "tr")]
    assert await list_held(server, "?reason=number&language=tr") == []
    assert await list_held(server, "?exchange=turkic") == []
    assert (await server.call("GET", "/v1/desk?exchange=none", by="admin")).status == 404
    assert (await server.call("GET", "/v1/desk?after=x", by="admin")).status == 400
    assert (await server.call("GET", f"/v1/desk?after=1-{10**17}-1-tr", by="admin")).status in (200, 400)
    assert (await server.call("GET", "/v1/desk?nothing=1", by="admin")).status == 400


async def test_a_desk_is_seen_by_its_editors_and_its_outlet_only(server):
    await push(server, embargoedUntil="2027-01-01T00:00:00Z")
    for by, status in {"wire-desk": 200, "night-desk": 200, "admin": 200, "caravan-wire": 200, "turkic-desk": 403,
                       "bosphorus-post": 403, "demo-newsroom": 403, None: 401}.items():  # fmt: skip
        answer = await server.call("GET", DESK, by=by)
        assert answer.status == status, by
        assert (SECRET in answer.text) is (status == 200)
    assert await list_held(server, by="turkic-desk") == []
    assert await list_held(server, by="bosphorus-post") == []
    assert await list_held(server, "?language=tr", by="caravan-wire") == [("one", "tr")]
    for path in (ONE, f"{ONE}?language=tr", f"{ONE}/history"):
        assert (await server.call("GET", path, by="wire-desk")).status == 200
        assert (await server.call("GET", path, by="turkic-desk")).status in (403, 404)


async def test_editors_push_and_withdraw_nothing(server):
    await push(server)
    document = {"type": "text", "language": "en", "headlines": [{"value": "New"}]}
    for method, path in (("PUT", ONE), ("DELETE", ONE), ("POST", "/v1/articles"), ("GET", "/v1/glossary")):
        assert (await server.call(method, path, by="wire-desk", json=document)).status == 403
    assert (await server.call("POST", DESK, by="caravan-wire", json={"action": "release"})).status == 403
    assert (await server.call("POST", DESK, by="turkic-desk", json={"action": "release"})).status == 403


async def test_what_is_released_stands_marked_as_seen_by_a_person(server, clock):
    await push(server)
    assert await list_entries(server) == []
    clock.pass_time(minutes=5)
    answer = await say(server, "release", note="names are right")
    assert answer.status == 200, answer.text
    assert answer.json["reviewed"] is True
    [entry] = await list_entries(server)
    assert (entry.karvan_origin, entry.karvan_freshness, entry.karvan_reviewed) == ("machine", "fresh", "true")
    assert "karvan_check" not in entry
    assert ("one", "tr") not in await list_held(server)
    version = (await server.call("GET", ONE)).json["versions"]["tr"]
    assert (version["reviewed"], version["reason"], version["checks"]) == (True, None, [])
    assert "verdict" not in version
    verdict = (await server.call("GET", ONE, by="caravan-wire")).json["versions"]["tr"]["verdict"]
    assert (verdict["verdict"], verdict["by"], verdict["note"]) == ("released", "wire-desk", "names are right")
    again = await say(server, "release")
    assert (again.status, again.json["changed"]) == (200, False)


async def test_a_release_passes_a_route_that_holds_everything(start, config):
    routes = tuple(one.model_copy(update={"machine": "hold"}) for one in config.routes)
    server = await start(config=config.model_copy(update={"routes": routes}))
    await push(server, text="<p>They will discuss trade and water on Friday in the capital.</p>")
    assert await list_held(server, "?reason=route&language=tr", by="admin") == [("one", "tr")]
    assert await list_entries(server) == []
    assert (await say(server, "release", by="admin")).status == 200
    assert len(await list_entries(server)) == 1


async def test_a_release_is_of_one_text_the_next_is_held_again(server):
    await push(server)
    await say(server, "release")
    await push(server, text=TEXT.replace("Friday", "Sunday"))
    assert ("one", "tr") in await list_held(server)
    version = (await server.call("GET", ONE, by="admin")).json["versions"]["tr"]
    assert (version["freshness"], version["verdict"], version["reviewed"]) == ("held", None, False)


async def test_what_is_rejected_stands_nowhere_until_the_source_changes(start, config):
    routes = tuple(one.model_copy(update={"held": "publish"}) for one in config.routes)
    server = await start(translator=Stammering(), config=config.model_copy(update={"routes": routes}))
    await push(server)
    assert len(await list_entries(server)) == 1
    assert (await say(server, "reject", by="admin", note="who is meant?")).json["freshness"] == "held"
    assert await list_entries(server) == []
    assert (await server.call("GET", "/articles/caravan-wire/one/tr")).status == 404
    assert await list_held(server, "?language=tr", by="admin") == []
    assert await list_held(server, "?reason=rejected", by="admin") == [("one", "tr")]
    version = (await server.call("GET", ONE, by="admin")).json["versions"]["tr"]
    assert version["reason"] == "rejected by admin: who is meant?"
    await push(server, "one", urgency=2)  # nothing that is translated has changed
    assert await list_entries(server) == []
    await push(server, text=TEXT.replace("Friday", "Sunday"))
    assert len(await list_entries(server)) == 1


@pytest.mark.parametrize("action", ["release", "reject"])
async def test_no_machine_replaces_what_an_editor_has_decided(server, action, clock):
    await push(server)
    await say(server, action)
    before = (await server.call("GET", ONE, by="admin")).json["versions"]["tr"]
    async with server.app[DATABASE].write() as conn:
        await enqueue(conn, "translate", "1:tr", batch="tr", priority=1, run_at=clock())
        await enqueue(conn, "settle", "1", batch="", priority=1, run_at=clock())
    await server.settle()
    assert (await server.call("GET", ONE, by="admin")).json["versions"]["tr"] == before


async def test_who_decides_must_have_seen_the_text(server):
    await push(server)
    etag = (await server.call("GET", DESK, by="wire-desk")).headers["ETag"]
    for action in ("release", "reject"):
        assert (await server.call("POST", DESK, by="wire-desk", json={"action": action})).status == 428
    await push(server, text=TEXT.replace("Friday", "Sunday"))
    late = await server.call("POST", DESK, by="wire-desk", json={"action": "release"}, headers={"If-Match": etag})
    assert late.status == 412
    assert await list_entries(server) == []


async def test_what_people_wrote_waits_for_nobody(server):
    await push(server)
    corrected = {"type": "text", "language": "tr", "headlines": [{"value": "Bakanlar cuma günü ticareti görüşecek"}],
                 "bodies": [{"contentType": "text/plain", "value": "Dört ülkenin bakanları buluşacak."}]}  # fmt: skip
    answer = await server.call("PUT", f"{ONE}/versions/tr", by="wire-desk", json=corrected)
    assert (answer.status, answer.json["origin"]) == (200, "edited")
    assert (await server.call("PUT", f"{ONE}/versions/tr", by="turkic-desk", json=corrected)).status == 403
    assert ("one", "tr") not in await list_held(server)
    assert (await say(server, "release")).status == 409


async def test_a_question_is_shown_to_the_outlet_until_it_has_changed_something(server, clock):
    await push(server)
    answer = await server.call("POST", DESK, by="wire-desk", json={"action": "ask", "note": "Which minister?"})
    assert answer.status == 200
    assert "questions" not in (await server.call("GET", ONE)).json
    [question] = (await server.call("GET", ONE, by="caravan-wire")).json["questions"]
    assert (question["language"], question["who"], question["note"]) == ("tr", "wire-desk", "Which minister?")
    assert question["open"] is True
    assert ("one", "tr") in await list_held(server)
    clock.pass_time(minutes=1)
    await push(server, text=TEXT.replace("The ministers", "The ministers of trade"))
    [question] = (await server.call("GET", ONE, by="caravan-wire")).json["questions"]
    assert question["open"] is False


async def test_what_cannot_be_meant_is_refused(server):
    await push(server)
    for body in ({}, [], {"action": "publish"}, {"action": ["ask"]}, {"action": "ask"}, {"action": "ask", "note": " "},
                 {"action": "ask", "note": 1}, {"action": "release", "more": 1}):  # fmt: skip
        assert (await server.call("POST", DESK, by="wire-desk", json=body)).status == 422, body
    assert (await server.call("POST", DESK, by="wire-desk", data=b"{")).status == 400
    missing = DESK.replace("/tr", "/en"), DESK.replace("one", "none"), DESK.replace("/tr", "/de")
    for path in missing:
        assert (await server.call("GET", path, by="admin")).status == 404
        assert (await server.call("POST", path, by="admin", json={"action": "release"})).status == 404
