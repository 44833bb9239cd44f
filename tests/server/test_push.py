"""Outlets push: documents, order, repetition, kills, parallel versions (CONTRACT §4)."""

import asyncio
from typing import Any

import pytest

from server.handlers import articles as handlers
from server.store.schema import articles as article_table
from translators import Direction
from translators.pseudo import PseudoTranslator

ONE = "/v1/articles/caravan-wire/one"
EMBARGO = "2026-12-24T00:00:00Z"

TURKISH = {
    "language": "tr",
    "headline": "Bakanlar ticareti görüşmek üzere cuma günü başkentte buluşacak",
    "text": "<p>Dört ülkenin bakanları cuma günü başkentte bir araya gelecek ve su ile ticareti konuşacak.</p>",
}
AZERBAIJANI = {
    "language": "az",
    "headline": "Nazirlər ticarəti müzakirə etmək üçün cümə günü paytaxtda görüşəcək",
    "text": "<p>Dörd ölkənin nazirləri cümə günü paytaxtda görüşəcək və ticarətdən danışacaqlar.</p>",
}
ENGLISH = {
    "language": "en",
    "headline": "Ministers to meet in Baku on Friday, writes a person",
    "text": "<p>A person wrote this English version of the news about the ministers and their meeting.</p>",
}


def make_document(**changes: Any) -> dict[str, Any]:
    headline = changes.pop("headline", "The ministers will meet in the capital on Friday to discuss trade")
    text = changes.pop("text", "<p>The ministers of four countries will meet on Friday to discuss trade.</p>")
    bodies = [{"contentType": "text/html", "value": text}]
    return {"type": "text", "language": "en", "headlines": [{"value": headline}], "bodies": bodies} | changes


def make_atom(*, title: str = "The ministers will meet in the capital on Friday", inside: str = "") -> bytes:
    return (
        '<entry xmlns="http://www.w3.org/2005/Atom" xmlns:k="https://karvan.example/ns" xml:lang="en">'
        f"<id>tag:wire.example,2026:one</id><title>{title}</title><updated>2026-11-26T09:00:00Z</updated>"
        "<author><name>A. Writer</name></author>"
        '<content type="html">&lt;p>The ministers will meet on Friday to discuss trade.&lt;/p></content>'
        f"{inside}</entry>"
    ).encode()


async def get_set(server: Any, item: str = "one", by: str = "caravan-wire") -> Any:
    return (await server.call("GET", f"/v1/articles/{by}/{item}", by=by)).json


async def get_text(server: Any, language: str = "en", path: str = ONE) -> Any:
    return (await server.call("GET", f"{path}?language={language}")).json


async def test_a_put_is_201_then_200_then_unchanged(quiet):
    first = await quiet.push()
    assert (first.status, first.json["created"], first.json["changed"], first.json["version"]) == (201, True, True, 1)
    again = await quiet.push()
    assert (again.status, again.json["created"], again.json["changed"], again.json["version"]) == (200, False, False, 1)
    assert again.headers["ETag"] == first.headers["ETag"]
    other = await quiet.push(headline="The ministers have met in the capital to discuss trade and water")
    assert (other.status, other.json["changed"], other.json["version"]) == (200, True, 2)
    assert other.headers["ETag"] != first.headers["ETag"]


async def test_an_atom_entry_is_pushed_like_a_ninjs_item(quiet):
    headers = {"Content-Type": "application/atom+xml;type=entry"}
    answers = [await quiet.call("PUT", ONE, by="caravan-wire", headers=headers, data=make_atom()) for _ in range(2)]
    assert [answer.status for answer in answers] == [201, 200], answers[0].text
    assert answers[0].json["uri"] == "tag:wire.example,2026:one"
    text = await get_text(quiet)
    assert text["headlines"][0]["value"] == "The ministers will meet in the capital on Friday"
    assert text["by"] == "A. Writer"
    newer = make_atom(title="The ministers have met").replace(b"T09:00", b"T10:00")
    answer = await quiet.call("PUT", ONE, by="caravan-wire", headers=headers, data=newer)
    assert (answer.status, answer.json["version"]) == (200, 2)
    late = make_atom(title="The ministers may meet").replace(b"T09:00", b"T08:00")
    answer = await quiet.call("PUT", ONE, by="caravan-wire", headers=headers, data=late)
    assert (answer.status, answer.json["served"], answer.json["version"]) == (200, False, 1)
    assert (await get_text(quiet))["headlines"][0]["value"] == "The ministers have met"


async def test_a_post_takes_the_item_from_the_document_or_makes_one(quiet):
    named = await quiet.call(
        "POST", "/v1/articles", by="caravan-wire", json=make_document(altIds=[{"role": "item", "value": "mine-7"}])
    )
    assert (named.status, named.json["item"]) == (201, "mine-7")
    assert named.headers["Location"] == "https://karvan.example/v1/articles/caravan-wire/mine-7"
    made = [await quiet.call("POST", "/v1/articles", by="caravan-wire", json=make_document()) for _ in range(2)]
    assert {answer.status for answer in made} == {201}
    items = {answer.json["item"] for answer in made}
    assert len(items) == 2
    for item in items:
        assert (await quiet.call("GET", f"/v1/articles/caravan-wire/{item}")).status == 200


async def test_an_idempotency_key_makes_one_article_of_two_posts(quiet):
    headers = {"Idempotency-Key": "7f3a"}
    first = await quiet.call("POST", "/v1/articles", by="caravan-wire", json=make_document(), headers=headers)
    again = await quiet.call("POST", "/v1/articles", by="caravan-wire", json=make_document(), headers=headers)
    assert (again.status, again.body, again.headers["Location"]) == (201, first.body, first.headers["Location"])
    assert again.headers["Idempotency-Replayed"] == "true"
    other = await quiet.call(
        "POST", "/v1/articles", by="caravan-wire", json=make_document(located="Tbilisi"), headers=headers
    )
    assert (other.status, other.json["type"]) == (422, "/problems/idempotency-key-reused")
    theirs = await quiet.call("POST", "/v1/articles", by="khazar-news", json=make_document(), headers=headers)
    assert theirs.status == 201
    assert theirs.json["item"] != first.json["item"], "another outlet's key is another key"


async def test_concurrent_posts_under_one_idempotency_key_make_exactly_one_article(quiet):
    posts = [
        quiet.call("POST", "/v1/articles", by="caravan-wire", json=make_document(), headers={"Idempotency-Key": "once"})
        for _ in range(12)
    ]
    await quiet.get_key("caravan-wire")
    answers = await asyncio.gather(*posts)
    assert {answer.status for answer in answers} == {201}
    assert len({answer.body for answer in answers}) == 1
    async with quiet.app[handlers.DATABASE].read() as conn:
        assert len((await conn.execute(article_table.select())).all()) == 1


async def test_a_refused_post_does_not_use_up_its_idempotency_key(quiet):
    headers = {"Idempotency-Key": "second-try"}
    bad = await quiet.call("POST", "/v1/articles", by="caravan-wire", json={"type": "text"}, headers=headers)
    assert bad.status == 422
    good = await quiet.call("POST", "/v1/articles", by="caravan-wire", json=make_document(), headers=headers)
    assert good.status == 201


async def test_an_idempotency_key_is_forgotten_after_its_hours(quiet):
    headers = {"Idempotency-Key": "old"}
    items = []
    for hours in (0, 47, 2):
        quiet.clock.pass_time(hours=hours)
        answer = await quiet.call("POST", "/v1/articles", by="caravan-wire", json=make_document(), headers=headers)
        items.append(answer.json["item"])
    assert items[0] == items[1] != items[2]


async def test_faults_in_an_atom_entry_are_named_by_xpath(quiet):
    headers = {"Content-Type": "application/atom+xml;type=entry"}
    turkish = make_atom(title=TURKISH["headline"] + ", " + "Dört ülkenin bakanları cuma günü bir araya gelecek")
    answer = await quiet.call("PUT", ONE, by="caravan-wire", headers=headers, data=turkish)
    assert answer.json["type"] == "/problems/language-contradiction", answer.text
    assert [one["pointer"] for one in answer.json["errors"]] == ["/atom:entry/@xml:lang"]


async def test_a_linked_post_is_remembered_under_its_idempotency_key_too(quiet):
    await quiet.push("one", by="khazar-news", **AZERBAIJANI, uri="urn:x:one")
    linked = make_document(**ENGLISH, associations=[{"rel": "translationOf", "uri": "urn:x:one"}])
    headers = {"Idempotency-Key": "linked"}
    first = await quiet.call("POST", "/v1/articles", by="khazar-news", json=linked, headers=headers)
    again = await quiet.call("POST", "/v1/articles", by="khazar-news", json=linked, headers=headers)
    assert (first.status, again.status, again.body) == (201, 201, first.body)
    other = linked | {"located": "Baku"}
    refused = await quiet.call("POST", "/v1/articles", by="khazar-news", json=other, headers=headers)
    assert (refused.status, refused.json["type"]) == (422, "/problems/idempotency-key-reused")


async def test_if_match_guards_every_way_to_change_an_article(quiet):
    etag = (await quiet.push()).headers["ETag"]
    seen = (await quiet.call("GET", ONE)).headers["ETag"]
    assert seen.startswith(etag[:-1] + "-")
    newer = make_document(headline="The ministers have met in the capital to discuss trade")
    stale = {"If-Match": '"0000"'}
    for method, path, by, body in (
        ("PUT", ONE, "caravan-wire", newer),
        ("PUT", f"{ONE}/versions/tr", "admin", make_document(**TURKISH)),
        ("DELETE", ONE, "caravan-wire", {"reason": "x"}),
    ):
        answer = await quiet.call(method, path, by=by, json=body, headers=stale)
        assert (answer.status, answer.json["type"]) == (412, "/problems/precondition-failed"), (method, path)
    assert (await get_set(quiet))["version"] == 1
    answer = await quiet.call("PUT", ONE, by="caravan-wire", json=newer, headers={"If-Match": f'"0000", {seen}'})
    assert answer.status == 200
    assert (await quiet.call("PUT", ONE, by="caravan-wire", json=newer, headers={"If-Match": etag})).status == 412
    assert (await quiet.call("PUT", ONE, by="caravan-wire", json=newer, headers={"If-Match": "*"})).status == 200
    two = ONE.replace("one", "two")
    assert (await quiet.call("PUT", two, by="caravan-wire", json=newer, headers={"If-Match": "*"})).status == 412


async def test_if_none_match_creates_but_never_replaces(quiet):
    only_new = {"If-None-Match": "*"}
    assert (await quiet.call("PUT", ONE, by="caravan-wire", json=make_document(), headers=only_new)).status == 201
    other = make_document(located="Tbilisi")
    assert (await quiet.call("PUT", ONE, by="caravan-wire", json=other, headers=only_new)).status == 412
    assert (await get_set(quiet))["version"] == 1


LATE_AND_NEWER = [
    ({"version": "1"}, {"version": "2"}),
    ({"version": "9"}, {"version": "10"}),
    ({"version": "1"}, {"version": "1.1"}),
    ({"version": "1.9"}, {"version": "1.10"}),
    ({"version": "2"}, {"version": "2a"}),
    ({"version": "v2-rc"}, {"version": "v10"}),
    ({"version": "9" * 25}, {"version": "1" + "0" * 25}),
    ({"version": "٣"}, {"version": "12"}),
    ({"version": "1", "versionCreated": "2026-11-26T12:00:00Z"}, {"version": "2"}),
    ({"version": "1", "versionCreated": "2026-11-26T12:00:00Z"},
     {"version": "2", "versionCreated": "2026-11-26T09:00:00Z"}),
    ({"versionCreated": "2026-11-26T09:00:00Z"}, {"versionCreated": "2026-11-26T09:00:00.000001Z"}),
    ({"versionCreated": "2026-11-26T12:00:00+04:00"}, {"versionCreated": "2026-11-26T08:30:00Z"}),
    ({"versionCreated": "0999-01-01T00:00:00Z"}, {"versionCreated": "2026-01-01T00:00:00Z"}),
]  # fmt: skip


async def test_a_late_older_version_goes_to_the_history_and_is_never_served(quiet):
    for number, (older, newer) in enumerate(LATE_AND_NEWER):
        item, path = f"item-{number}", f"/v1/articles/caravan-wire/item-{number}"
        assert (await quiet.push(item, **newer, located="Newer")).status == 201
        late = await quiet.push(item, **older, located="Older")
        assert (late.status, late.json["changed"], late.json["served"], late.json["version"]) == (200, False, False, 1)
        assert (await get_text(quiet, "en", path))["located"] == "Newer"
        assert "Older" not in (await quiet.call("GET", "/feeds/world/en.atom")).text
        again = await quiet.push(item, **older, located="Older")
        assert (again.status, again.json["changed"], again.json["version"]) == (200, False, 1)
        history = (await quiet.call("GET", f"{path}/history", by="caravan-wire")).json
        assert (history["served"], [one["version"] for one in history["versions"]]) == (2, [1, 2])


@pytest.mark.parametrize(
    "order",
    [
        {"version": "3"},
        {"versionCreated": "2026-11-26T09:00:00Z"},
        {"version": "3", "versionCreated": "2026-11-26T09:00:00Z"},
    ],
)
async def test_another_text_under_the_same_version_is_409_with_both_hashes(quiet, order):
    await quiet.push(**order)
    answer = await quiet.push(**order, located="Elsewhere")
    assert (answer.status, answer.json["type"]) == (409, "/problems/version-conflict")
    history = (await quiet.call("GET", f"{ONE}/history", by="caravan-wire")).json["versions"]
    assert len(history) == 1
    assert history[0]["content_sha256"] in answer.json["detail"]
    assert len({word for word in answer.json["detail"].replace(",", "").split() if len(word) == 64}) == 2


async def test_one_version_number_has_one_text_whatever_its_times(quiet):
    await quiet.push(version="3", versionCreated="2026-11-26T09:00:00Z")
    same = await quiet.push(version="3", versionCreated="2026-11-26T10:00:00Z")
    assert (same.status, same.json["changed"]) == (200, False)
    other = await quiet.push(version="3", versionCreated="2026-11-26T11:00:00Z", located="Elsewhere")
    assert (other.status, other.json["type"]) == (409, "/problems/version-conflict")


@pytest.mark.parametrize(
    ("ordered", "missing"), [({"version": "1"}, "/version"), ({"versionCreated": EMBARGO}, "/versionCreated")]
)
async def test_a_push_without_order_after_ordered_ones_is_409(quiet, ordered, missing):
    await quiet.push(**ordered)
    answer = await quiet.push(located="Elsewhere")
    assert (answer.status, answer.json["type"]) == (409, "/problems/version-required")
    assert [one["pointer"] for one in answer.json["errors"]] == [missing]
    assert (await get_set(quiet))["version"] == 1


async def test_the_same_text_under_a_new_version_changes_nothing_but_the_number(quiet):
    first = await quiet.push(version="1")
    second = await quiet.push(version="2")
    assert (second.status, second.json["changed"], second.json["version"]) == (200, False, 2)
    assert (await quiet.push(version="1", located="Late")).status == 409
    assert first.status == 201


async def test_the_answer_names_the_uri_that_the_article_has(quiet):
    assert (await quiet.push(uri="urn:wire:1")).json["uri"] == "urn:wire:1"
    for changes in ({"located": "Tbilisi"}, {"uri": "urn:wire:2"}):
        answer = await quiet.push(**changes)
        assert answer.json["uri"] == (await get_set(quiet))["uri"] == "urn:wire:1"


KILL = {"pubStatus": "canceled"}


async def test_a_kill_is_final(quiet):
    await quiet.push()
    killed = await quiet.call("DELETE", ONE, by="caravan-wire", json={"reason": "wrong"})
    assert (killed.status, killed.json["changed"], killed.json["reason"]) == (200, True, "wrong")
    again = await quiet.call("DELETE", ONE, by="caravan-wire", json={"reason": "other"})
    assert (again.status, again.json["changed"], again.json["reason"]) == (200, False, "wrong")
    assert again.json["canceled_at"] == killed.json["canceled_at"]
    for changes in ({}, {"located": "Tbilisi"}, {"version": "9"}, {"pubStatus": "withheld"}):
        answer = await quiet.push(**changes)
        assert (answer.status, answer.json["type"]) == (409, "/problems/article-canceled"), changes
    answer = await quiet.call("PUT", f"{ONE}/versions/tr", by="admin", json=make_document(**TURKISH))
    assert (answer.status, answer.json["type"]) == (409, "/problems/article-canceled")
    assert (await quiet.call("GET", ONE)).status == 410
    assert "ministers" not in (await quiet.call("GET", "/feeds/world/en.atom")).text


@pytest.mark.parametrize("kill", [{}, {"version": "2"}, {"version": "9"}])
async def test_a_kill_by_push_is_taken_with_any_version_or_none(quiet, kill):
    await quiet.push(version="1")
    await quiet.push(version="5", located="Tbilisi")
    answer = await quiet.push(**KILL, **kill)
    assert answer.status == 200, answer.text
    assert (await quiet.call("GET", ONE)).status == 410
    again = await quiet.push(**KILL, **kill)
    assert (again.status, again.json["changed"]) == (200, False), "repeated, it changes nothing"
    assert (await get_set(quiet))["pub_status"] == "canceled"


async def test_a_kill_that_comes_before_its_article_holds(quiet):
    assert (await quiet.push(**KILL, version="2")).status == 201
    late = await quiet.push(version="1")
    assert (late.status, late.json["served"]) == (200, False)
    newer = await quiet.push(version="3", located="Tbilisi")
    assert (newer.status, newer.json["type"]) == (409, "/problems/article-canceled")
    assert (await quiet.call("GET", ONE)).status == 404, "nobody has ever seen it"
    assert "ministers" not in (await quiet.call("GET", "/feeds/world/en.atom")).text
    history = (await quiet.call("GET", f"{ONE}/history", by="caravan-wire")).json["versions"]
    assert [one["outlet_version"] for one in history] == ["1", "2", "3"], "but what was tried is known"


async def test_withheld_is_hidden_from_all_and_comes_back(quiet):
    await quiet.push()
    assert (await quiet.push(pubStatus="withheld")).json["changed"] is True
    assert (await quiet.call("GET", ONE)).status == 404
    assert (await quiet.call("GET", "/articles/caravan-wire/one/en")).status == 404
    assert "ministers" not in (await quiet.call("GET", "/feeds/world/en.atom")).text
    assert (await get_set(quiet))["pub_status"] == "withheld"
    await quiet.push(located="Tbilisi")
    assert (await quiet.call("GET", ONE)).status == 200
    assert "ministers" in (await quiet.call("GET", "/feeds/world/en.atom")).text


async def test_an_outlets_version_joins_the_set_by_put_and_by_translation_of(quiet):
    await quiet.push("one", by="khazar-news", **AZERBAIJANI, uri="urn:x:one")
    path = "/v1/articles/khazar-news/one"
    linked = make_document(**ENGLISH, associations=[{"rel": "translationOf", "uri": "urn:x:one"}])
    answer = await quiet.call("PUT", "/v1/articles/khazar-news/other-id", by="khazar-news", json=linked)
    assert (answer.status, answer.json["item"], answer.json["changed"]) == (200, "one", True)
    versions = (await get_set(quiet, by="khazar-news"))["versions"]
    assert (versions["en"]["origin"], versions["en"]["freshness"]) == ("outlet", "fresh")
    again = await quiet.call("PUT", f"{path}/versions/en", by="khazar-news", json=make_document(**ENGLISH))
    assert (again.status, again.json["origin"]) == (200, "outlet")
    assert (await quiet.call("GET", "/v1/articles/khazar-news/other-id")).status == 404
    unknown = make_document(**ENGLISH, associations=[{"rel": "translationOf", "uri": "urn:x:nothing"}])
    answer = await quiet.call("PUT", "/v1/articles/khazar-news/x", by="khazar-news", json=unknown)
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "/associations")


async def test_nobody_can_link_a_version_to_another_outlets_article(quiet):
    await quiet.push(uri="urn:x:one")
    linked = make_document(**AZERBAIJANI, associations=[{"rel": "translationOf", "uri": "urn:x:one"}])
    answer = await quiet.call("PUT", "/v1/articles/khazar-news/x", by="khazar-news", json=linked)
    assert answer.status == 422
    answer = await quiet.call("PUT", f"{ONE}/versions/az", by="khazar-news", json=make_document(**AZERBAIJANI))
    assert answer.status == 403


async def test_an_outlets_own_version_is_never_overwritten_by_a_machine(server):
    await server.push()
    await server.settle()
    own = {"by": "caravan-wire", "json": make_document(**TURKISH)}
    answer = await server.call("PUT", f"{ONE}/versions/tr", **own)
    assert (answer.status, answer.json["origin"], answer.json["changed"]) == (200, "outlet", True)
    again = await server.call("PUT", f"{ONE}/versions/tr", **own)
    assert (again.status, again.json["changed"]) == (200, False)
    await server.push(headline="The ministers have met in the capital to discuss trade and water")
    await server.settle()
    versions = (await get_set(server))["versions"]
    assert (versions["tr"]["origin"], versions["tr"]["freshness"]) == ("outlet", "stale")
    assert (versions["ru"]["origin"], versions["ru"]["freshness"]) == ("machine", "fresh")
    assert (await get_text(server, "tr"))["headlines"][0]["value"] == TURKISH["headline"]


async def test_a_human_english_version_is_what_the_machine_translates(start):
    directions = [Direction("en", target) for target in ("tr", "ru", "zh")] + [Direction("az", "en")]
    server = await start(translator=PseudoTranslator(directions=directions))
    await server.push(by="khazar-news", **AZERBAIJANI)
    await server.settle()
    path = "/v1/articles/khazar-news/one"
    assert (await get_text(server, "tr", path))["headlines"][0]["value"].startswith("[tr] [en] Nazirl")
    answer = await server.call("PUT", f"{path}/versions/en", by="khazar-news", json=make_document(**ENGLISH))
    assert answer.status == 200, answer.text
    newer = AZERBAIJANI | {"headline": AZERBAIJANI["headline"] + " və su"}
    await server.push(by="khazar-news", **newer)
    person = make_document(**ENGLISH | {"headline": ENGLISH["headline"] + " again"})
    assert (await server.call("PUT", f"{path}/versions/en", by="khazar-news", json=person)).json["changed"] is True
    await server.settle()
    assert (await get_text(server, "tr", path))["headlines"][0][
        "value"
    ] == f"[tr] {ENGLISH['headline'].replace('Baku', 'Bakü')} again"


@pytest.mark.parametrize(
    ("says", "pointer"),
    [
        ({"pubStatus": "withheld"}, "/pubStatus"),
        ({"pubStatus": "canceled"}, "/pubStatus"),
        ({"embargoedUntil": EMBARGO}, "/embargoedUntil"),
        ({"expires": "2026-12-01T00:00:00Z"}, "/expires"),
    ],
)
async def test_a_version_cannot_be_public_under_an_embargo_of_its_own(quiet, says, pointer):
    """One gate: the article's status and times are the set's. What a version says beyond them is refused, not lost."""
    await quiet.push(by="khazar-news", **AZERBAIJANI, uri="urn:x:one")
    document = make_document(**ENGLISH, **says)
    linked = document | {"associations": [{"rel": "translationOf", "uri": "urn:x:one"}]}
    for path, body in (("one/versions/en", document), ("other", linked)):
        answer = await quiet.call("PUT", f"/v1/articles/khazar-news/{path}", by="khazar-news", json=body)
        assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, pointer)
    assert "writes a person" not in (await quiet.call("GET", "/feeds/world/en.atom")).text


async def test_a_version_under_its_articles_own_embargo_is_taken(quiet):
    await quiet.push(by="khazar-news", **AZERBAIJANI, embargoedUntil=EMBARGO)
    path = "/v1/articles/khazar-news/one/versions/en"
    document = make_document(**ENGLISH, embargoedUntil=EMBARGO)
    assert (await quiet.call("PUT", path, by="khazar-news", json=document)).status == 200
    assert "writes a person" not in (await quiet.call("GET", "/feeds/world/en.atom")).text
    quiet.clock.pass_time(days=40)
    assert "writes a person" in (await quiet.call("GET", "/feeds/world/en.atom")).text


async def test_versions_of_a_parallel_version_bear_order_and_repetition(quiet):
    await quiet.push(by="khazar-news", **AZERBAIJANI)
    path = "/v1/articles/khazar-news/one/versions/en"

    async def put(located: str, **order: Any) -> Any:
        document = make_document(**ENGLISH, located=located, **order)
        return await quiet.call("PUT", path, by="khazar-news", json=document)

    assert (await put("Second", version="2")).json["changed"] is True
    assert (await put("First", version="1")).json["changed"] is False
    assert (await put("Second", version="2")).json["changed"] is False
    assert (await put("Other", version="2")).json["type"] == "/problems/version-conflict"
    assert (await put("None")).json["type"] == "/problems/version-required"
    assert (await get_text(quiet, "en", "/v1/articles/khazar-news/one"))["located"] == "Second"


async def test_the_history_says_who_when_and_what(quiet):
    await quiet.push(version="1", edNote="for the desk")
    await quiet.push(version="2", located="Tbilisi")
    expected = {None: 401, "khazar-news": 403, "demo-newsroom": 403, "admin": 200, "caravan-wire": 200}
    for by, status in expected.items():
        answer = await quiet.call("GET", f"{ONE}/history", by=by)
        assert answer.status == status, by
    first, second = answer.json["versions"]
    assert (first["ed_note"], second["changed"]) == ("for the desk", ["located", "ed_note"])
    assert first["key"]
    assert first["received_at"] < second["received_at"]
    assert (first["by"], answer.json["withdrawn"]) == ("caravan-wire", None)
    await quiet.call("DELETE", ONE, by="admin", json={"reason": "not true"})
    withdrawn = (await quiet.call("GET", f"{ONE}/history", by="caravan-wire")).json["withdrawn"]
    assert (withdrawn["reason"], withdrawn["by"]) == ("not true", "admin")


async def test_one_uri_is_one_article_of_an_outlet(quiet):
    assert (await quiet.push("one", uri="urn:x:one")).status == 201
    answer = await quiet.push("two", uri="urn:x:one")
    assert (answer.status, answer.json["type"]) == (409, "/problems/uri-taken")
    assert "caravan-wire/one" in answer.json["detail"]
    assert (await quiet.push("one", uri="urn:x:one", located="Tbilisi")).status == 200
    assert (await quiet.push("one", by="khazar-news", **AZERBAIJANI | {"uri": "urn:x:one"})).status == 201
    assert (await quiet.push("two", uri="tag:karvan.example,2026:caravan-wire/three")).status == 201
    assert (await quiet.push("three")).status == 409  # its own uri would be that


async def test_a_text_in_another_language_is_422_that_names_both(quiet):
    answer = await quiet.push(**TURKISH | {"language": "en"})
    assert (answer.status, answer.json["type"]) == (422, "/problems/language-contradiction")
    assert "English" in answer.json["detail"]
    assert "Turkish" in answer.json["detail"]
    assert answer.json["errors"][0]["pointer"] == "/language"
    short = await quiet.push(headline="OK", text="<p>Merhaba</p>")
    assert short.status == 201, "too little text to tell"


async def test_a_language_that_is_not_used_is_422(quiet):
    for language in ("fr", "zh-Hant"):
        answer = await quiet.push(language=language)
        assert (answer.status, answer.json["type"]) == (422, "/problems/language-not-configured")
    answer = await quiet.push(**TURKISH)
    assert (answer.status, answer.json["type"]) == (422, "/problems/language-not-configured"), "caravan-wire writes en"
    answer = await quiet.call("PUT", f"{ONE}/versions/fr", by="admin", json=make_document(**TURKISH))
    assert answer.status == 422


async def test_zh_hans_means_zh(quiet):
    text = "<p>四国部长将于周五在首都会面，讨论贸易和水资源问题，会议将持续两天。</p>"
    headline = "四国部长将于周五会面讨论贸易"
    answer = await quiet.push(by="silk-road-daily", language="zh-Hans", headline=headline, text=text)
    assert answer.status == 201, answer.text
    assert (await get_set(quiet, by="silk-road-daily"))["language"] == "zh"


WHOLE = make_document(
    uri="urn:wire:whole",
    version="7",
    versionCreated="2026-11-26T09:00:00Z",
    firstCreated="2026-11-25T09:00:00Z",
    by="A. Writer",
    located="Tbilisi",
    urgency=4,
    edNote="SECRET-NOTE for the desk only",
    descriptions=[{"value": "What the ministers will discuss when they meet on Friday"}],
    subjects=[{"uri": "medtop:04000000", "name": "economy"}, {"name": "water"}],
    genres=[{"name": "Report"}],
    copyrightHolder="Caravan Wire",
    copyrightNotice="© 2026 Caravan Wire",
    usageTerms="No archive use",
    altIds=[{"role": "web", "value": "https://caravan-wire.example/whole"}],
    associations=[
        {
            "type": "picture",
            "name": "main",
            "uri": "urn:wire:picture",
            "by": "P. Hotographer",
            "copyrightNotice": "© P.",
            "descriptions": [{"value": "The capital at night"}, {"role": "alt", "value": "Lights over a river"}],
            "renditions": [
                {"name": "original", "href": "https://caravan-wire.example/p.jpg", "contentType": "image/jpeg",
                 "width": 1600, "height": 900, "sizeInBytes": 12345}
            ],
        }
    ],
)  # fmt: skip


async def test_a_whole_document_comes_back_whole(quiet):
    assert (await quiet.call("PUT", ONE, by="caravan-wire", json=WHOLE)).status == 201
    text = await get_text(quiet)
    for name, value in WHOLE.items():
        if name in ("edNote", "versionCreated", "version", "altIds", "subjects", "bodies"):
            continue
        assert subset(value, text.get(name)), (name, value, text.get(name))
    assert text["subjects"][0]["uri"].endswith("mediatopic/04000000")
    assert "water" in {one["name"] for one in text["subjects"]}
    assert {"role": "web", "value": "https://caravan-wire.example/whole"} in text["altIds"]
    assert "will meet on Friday" in text["bodies"][0]["value"]


def subset(sent: Any, got: Any) -> bool:
    """Whether all that was sent is in what came back; times in any spelling."""
    if isinstance(sent, dict):
        return isinstance(got, dict) and all(subset(value, got.get(name)) for name, value in sent.items())
    if isinstance(sent, list):
        return isinstance(got, list) and len(sent) <= len(got) and all(map(subset, sent, got))
    if isinstance(sent, str) and sent.endswith("Z") and isinstance(got, str):
        return got.removesuffix("Z").startswith(sent.removesuffix("Z"))
    return bool(sent == got)


async def test_an_editorial_note_leaves_by_no_public_door(server):
    await server.call("PUT", ONE, by="caravan-wire", json=WHOLE)
    await server.settle()
    await server.call("PUT", f"{ONE}/versions/tr", by="admin",
                      json=make_document(**TURKISH, edNote="SECRET-NOTE of an editor"))  # fmt: skip
    doors = ["/", "/feeds.opml", "/v1/channels", ONE]
    for language in ("en", "ru", "tr"):  # pushed, by machine, by an editor
        doors += [f"{ONE}?language={language}", f"/feeds/world/{language}.atom", f"/feeds/economy/{language}.atom",
                  f"/articles/caravan-wire/one/{language}", f"/channels/world/{language}"]  # fmt: skip
    for door in doors:
        for accept, by in (("*/*", None), ("*/*", "caravan-wire"), ("application/atom+xml", "demo-newsroom")):
            answer = await server.call("GET", door, by=by, headers={"Accept": accept})
            assert answer.status == 200, (door, accept, answer.text)
            assert b"SECRET-NOTE" not in answer.body, (door, accept, by)
    killed = await server.call("PUT", ONE, by="caravan-wire", json=WHOLE | {"version": "8", "pubStatus": "canceled"})
    assert killed.json["changed"] is True
    for door in doors:
        answer = await server.call("GET", door, by="khazar-news")
        assert answer.status in (200, 410), door
        assert b"SECRET-NOTE" not in answer.body, door


async def test_what_was_pushed_is_answered_in_json(quiet):
    answer = await quiet.push()
    assert answer.headers["Content-Type"].startswith("application/json")
    assert set(answer.json) == {"uri", "outlet", "item", "version", "created", "changed", "served", "href"}
