"""What people hand in beside articles is never lost, whoever hands in what when; and how the set is looked up."""

from typing import Any

import feedparser
import orjson
from sqlalchemy import select

from server.keys import DATABASE
from server.store.schema import contributions

ONE = "/v1/articles/khazar-news/one"
AZERBAIJANI = {
    "type": "text",
    "language": "az",
    "headlines": [{"value": "Nazirlər cümə günü paytaxtda ticarəti müzakirə edəcəklər, insan yazır"}],
}
ENGLISH = {
    "type": "text",
    "language": "en",
    "headlines": [{"value": "The ministers will meet in the capital on Friday to discuss trade"}],
}
NEWER = ENGLISH | {"headlines": [{"value": "The ministers will meet in the capital on Sunday to discuss trade"}]}
CORRECTED = AZERBAIJANI | {"headlines": [{"value": "Nazirlər cümə günü paytaxtda ticarəti müzakirə edirlər, redaktor"}]}


async def put(server: Any, document: Any, path: str = ONE, by: str = "khazar-news", status: int = 200) -> Any:
    answer = await server.call("PUT", path, by=by, json=document)
    assert answer.status == status, answer.text
    return answer


async def get_set(server: Any, by: str = "khazar-news") -> Any:
    return (await server.call("GET", ONE, by=by)).json


async def get_headline(server: Any, language: str) -> str:
    answer = await server.call("GET", f"{ONE}?language={language}", by="khazar-news")
    assert answer.status == 200, answer.text
    return answer.json["headlines"][0]["value"]


async def test_peoples_text_outlives_a_source_language_that_flips_by_mistake(start):
    server = await start()
    await put(server, ENGLISH, status=201)
    await put(server, AZERBAIJANI, f"{ONE}/versions/az")
    await server.settle()
    await put(server, CORRECTED)  # pushed to the wrong address: it is the source now
    await server.settle()
    mistaken = await get_set(server)
    assert mistaken["language"] == "az"
    assert mistaken["versions"]["en"]["origin"] == "machine"
    await put(server, ENGLISH)  # back
    await server.settle()
    restored = await get_set(server)
    assert restored["language"] == "en"
    assert (restored["versions"]["az"]["origin"], restored["versions"]["az"]["freshness"]) == ("outlet", "fresh")
    assert await get_headline(server, "az") == AZERBAIJANI["headlines"][0]["value"]
    feed = feedparser.parse((await server.call("GET", "/feeds/world/az.atom")).body)
    assert [entry.title for entry in feed.entries] == [AZERBAIJANI["headlines"][0]["value"]]
    assert {one["freshness"] for one in restored["versions"].values()} == {"fresh"}


async def test_the_history_keeps_every_contribution_with_key_and_hash(quiet):
    await put(quiet, ENGLISH, status=201)
    await put(quiet, AZERBAIJANI, f"{ONE}/versions/az")
    await put(quiet, CORRECTED, f"{ONE}/versions/az", by="admin")
    await put(quiet, AZERBAIJANI)  # the source flips
    await put(quiet, ENGLISH)
    handed_in = (await quiet.call("GET", f"{ONE}/history", by="khazar-news")).json["contributions"]
    assert [(one["language"], one["origin"]) for one in handed_in] == [("az", "outlet"), ("az", "edited")]
    assert len({one["key"] for one in handed_in}) == 2
    assert len({one["content_sha256"] for one in handed_in}) == 2
    assert handed_in[0]["received_at"] < handed_in[1]["received_at"]
    async with quiet.app[DATABASE].read() as conn:
        kept = [row.raw for row in await conn.execute(select(contributions).order_by(contributions.c.id))]
    assert [orjson.loads(raw) for raw in kept] == [AZERBAIJANI, CORRECTED]
    for by in (None, "caravan-wire", "demo-newsroom"):
        assert (await quiet.call("GET", f"{ONE}/history", by=by)).status in (401, 403)


async def test_an_outlets_retry_does_not_undo_an_editors_correction(quiet):
    await put(quiet, ENGLISH, status=201)
    assert (await put(quiet, AZERBAIJANI, f"{ONE}/versions/az")).json["changed"] is True
    assert (await put(quiet, CORRECTED, f"{ONE}/versions/az", by="admin")).json["changed"] is True
    for _ in range(2):
        assert (await put(quiet, AZERBAIJANI, f"{ONE}/versions/az")).json["changed"] is False
        assert await get_headline(quiet, "az") == CORRECTED["headlines"][0]["value"]
    assert (await get_set(quiet))["versions"]["az"]["origin"] == "edited"
    fresh = AZERBAIJANI | {"headlines": [{"value": "Nazirlər şənbə günü paytaxtda ticarəti müzakirə edəcəklər"}]}
    assert (await put(quiet, fresh, f"{ONE}/versions/az")).json["changed"] is True  # a new text is news
    assert (await get_set(quiet))["versions"]["az"]["origin"] == "outlet"


# Items that are translations of others


def link(document: Any, uri: str) -> Any:
    return document | {"associations": [{"rel": "translationOf", "uri": uri}]}


async def test_an_item_that_came_as_a_translation_says_where_it_lives(quiet):
    await put(quiet, ENGLISH | {"uri": "urn:x:one"}, status=201)
    alias = "/v1/articles/khazar-news/one-in-az"
    for _ in range(2):
        await put(quiet, link(AZERBAIJANI, "urn:x:one"), alias)
    for method, path in (("GET", alias), ("GET", f"{alias}/history"), ("DELETE", alias)):
        for by in ("khazar-news", "admin"):
            answer = await quiet.call(method, path, by=by)
            assert answer.status == 404, (method, path, answer.text)
            assert ONE in answer.json["detail"], (method, path, answer.text)
    public = await quiet.call("GET", alias)
    assert public.status == 404
    assert (await get_set(quiet))["versions"]["az"]["origin"] == "outlet"


async def test_an_alias_tells_nobody_of_an_article_that_is_hidden(quiet):
    hidden = ENGLISH | {"uri": "urn:x:one", "embargoedUntil": "2026-12-26T12:00:00Z"}
    await put(quiet, hidden, status=201)
    await put(quiet, link(AZERBAIJANI, "urn:x:one"), "/v1/articles/khazar-news/other")
    for by in (None, "caravan-wire", "demo-newsroom"):
        answer = await quiet.call("GET", "/v1/articles/khazar-news/other", by=by, headers={"X-Request-Id": "same"})
        nothing = await quiet.call("GET", "/v1/articles/khazar-news/nothing", by=by, headers={"X-Request-Id": "same"})
        assert answer.status == nothing.status == 404
        assert answer.text.replace("other", "nothing") == nothing.text


async def test_an_article_of_its_own_cannot_join_another_set(quiet):
    await put(quiet, ENGLISH | {"uri": "urn:x:one"}, status=201)
    await put(quiet, AZERBAIJANI, "/v1/articles/khazar-news/two", status=201)
    answer = await put(quiet, link(CORRECTED, "urn:x:one"), "/v1/articles/khazar-news/two", status=422)
    assert answer.json["errors"][0]["pointer"] == "/associations"
    assert (await get_set(quiet))["versions"]["az"]["headline"] is None  # wanted of the machine, not made


# Validators


async def test_a_set_is_confirmed_by_its_etag_until_something_in_it_changes(start):
    server = await start(with_worker=False)
    await put(server, ENGLISH, status=201)
    first = await server.call("GET", ONE, by="khazar-news")
    etag = first.headers["ETag"]
    assert etag.startswith('"')
    again = await server.call("GET", ONE, by="khazar-news", headers={"If-None-Match": etag})
    assert (again.status, again.body, again.headers["ETag"]) == (304, b"", etag)
    server = await start()
    await server.settle()
    after = await server.call("GET", ONE, by="khazar-news", headers={"If-None-Match": etag})
    assert after.status == 200
    assert after.headers["ETag"] != etag
    # Translations have progressed, the outlet's text has not: what it saw of it is still what it is.
    guarded = await server.call("PUT", ONE, by="khazar-news", json=NEWER, headers={"If-Match": etag})
    assert guarded.status == 200
    stale = await server.call("PUT", ONE, by="khazar-news", json=ENGLISH, headers={"If-Match": etag})
    assert stale.status == 412
    new = (await server.call("GET", ONE, by="khazar-news")).headers["ETag"]
    assert (await server.call("DELETE", ONE, by="khazar-news", headers={"If-Match": etag})).status == 412
    assert (await server.call("DELETE", ONE, by="khazar-news", headers={"If-Match": new})).status == 200


VERSION = f"{ONE}/versions/az"


async def get_guard(server: Any, by: str = "khazar-news") -> str:
    answer = await server.call("GET", f"{ONE}?language=az", by=by)
    assert answer.status == 200, answer.text
    return answer.headers["ETag"]


async def put_guarded(server: Any, document: Any, by: str = "admin", **headers: str) -> Any:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return await server.call("PUT", VERSION, by=by, json=document, headers=sent)


async def test_two_editors_do_not_overwrite_each_other(quiet):
    await put(quiet, ENGLISH, status=201)
    await put(quiet, AZERBAIJANI, VERSION)
    seen = await get_guard(quiet, "admin")
    assert seen == await get_guard(quiet, "admin")
    first = await put_guarded(quiet, CORRECTED, If_Match=seen)
    assert (first.status, first.json["changed"]) == (200, True)
    other = CORRECTED | {"headlines": [{"value": "Nazirlər cümə günü paytaxtda ticarəti müzakirə edirlər, başqası"}]}
    refused = await put_guarded(quiet, other, If_Match=seen)
    assert refused.status == 412
    assert first.headers["ETag"] in refused.json["detail"]
    assert await get_headline(quiet, "az") == CORRECTED["headlines"][0]["value"]
    assert (await put_guarded(quiet, other, If_Match=first.headers["ETag"])).status == 200  # the answer's is as good
    assert (await put_guarded(quiet, CORRECTED)).status == 200  # who does not ask is not refused


async def test_a_machine_version_that_was_remade_is_not_corrected_unseen(start):
    server = await start()
    await put(server, ENGLISH, status=201)
    await server.settle()
    seen = await get_guard(server, "admin")
    await put(server, NEWER)
    assert (await put_guarded(server, CORRECTED, If_Match=seen)).status == 412  # of a text that is served no more
    await server.settle()
    assert (await put_guarded(server, CORRECTED, If_Match=seen)).status == 412
    assert (await get_set(server))["versions"]["az"]["origin"] == "machine"
    assert (await put_guarded(server, CORRECTED, If_Match=await get_guard(server, "admin"))).status == 200


async def test_what_is_not_translated_changes_no_versions_guard(quiet):
    await put(quiet, ENGLISH, status=201)
    await put(quiet, AZERBAIJANI, VERSION)
    seen = await get_guard(quiet)
    await put(quiet, ENGLISH | {"copyrightNotice": "© 2026"})
    now = await get_guard(quiet)
    assert now != seen  # it shows the notice
    assert (await put_guarded(quiet, CORRECTED, If_Match=seen)).status == 200


async def test_the_articles_etag_says_nothing_of_its_versions(quiet):
    pushed = await put(quiet, ENGLISH, status=201)
    await put(quiet, AZERBAIJANI, VERSION)
    for by in ("khazar-news", "admin"):
        of_set = (await quiet.call("GET", ONE, by=by)).headers["ETag"]
        for etag in (pushed.headers["ETag"], of_set):
            assert (await put_guarded(quiet, CORRECTED, If_Match=etag)).status == 412
    guarded = await quiet.call("PUT", ONE, by="khazar-news", json=NEWER, headers={"If-Match": await get_guard(quiet)})
    assert guarded.status == 412  # nor a version's of the article


async def test_a_version_that_is_not_there_yet(quiet):
    await put(quiet, ENGLISH, status=201)  # wanted of the machine, which has not made it
    for etag in ("*", '"0123"'):
        assert (await put_guarded(quiet, AZERBAIJANI, If_Match=etag)).status == 412
    made = await put_guarded(quiet, AZERBAIJANI, by="khazar-news", If_None_Match="*")
    assert made.status == 200
    assert (await put_guarded(quiet, CORRECTED, If_None_Match="*")).status == 412
    assert (await put_guarded(quiet, CORRECTED, If_None_Match=made.headers["ETag"])).status == 412
    assert (await put_guarded(quiet, CORRECTED, If_Match="*")).status == 200


async def test_the_source_has_the_etag_of_its_article(quiet):
    await put(quiet, ENGLISH, status=201)
    source = (await quiet.call("GET", f"{ONE}?language=en", by="khazar-news")).headers["ETag"]
    answer = await quiet.call("PUT", ONE, by="khazar-news", json=NEWER, headers={"If-Match": source})
    assert answer.status == 200
    own = await quiet.call("PUT", f"{ONE}/versions/en", by="khazar-news", json=ENGLISH, headers={"If-Match": source})
    assert own.status == 422


async def test_a_linked_document_is_guarded_as_the_version_that_it_is(quiet):
    await put(quiet, ENGLISH | {"uri": "urn:x:one"}, status=201)
    alias = "/v1/articles/khazar-news/one-in-az"
    made = await put(quiet, link(AZERBAIJANI, "urn:x:one"), alias)
    assert made.headers["ETag"][:33] == (await get_guard(quiet))[:33]
    for etag, status in (('"0123"', 412), (made.headers["ETag"], 200)):
        document = link(CORRECTED, "urn:x:one")
        answer = await quiet.call("PUT", alias, by="khazar-news", json=document, headers={"If-Match": etag})
        assert answer.status == status


async def test_no_shared_cache_keeps_what_is_said_to_one_reader(quiet):
    await put(quiet, ENGLISH, status=201)
    for path in (ONE, f"{ONE}?language=en", f"{ONE}/history"):
        answer = await quiet.call("GET", path, by="khazar-news")
        assert {"private", "no-cache"} <= set(answer.headers["Cache-Control"].replace(" ", "").split(","))
        assert "Authorization" in answer.headers["Vary"]
    refused = [
        ("GET", "/v1/articles/khazar-news/nothing", 404), ("GET", f"{ONE}?language=tr", 404),
        ("GET", "/feeds/nothing/en.atom", 404), ("GET", "/nothing", 404), ("DELETE", "/feeds.opml", 405),
        ("GET", "/feeds/turkic/en.atom", 401), ("GET", f"{ONE}/history", 401), ("PUT", ONE, 401),
    ]  # fmt: skip
    for method, path, status in refused:
        for headers in ({}, {"Accept": "text/html"}):
            if headers and path.endswith("language=tr"):
                continue  # it is sent to the page
            answer = await quiet.call(method, path, headers=headers)
            assert (answer.status, answer.headers.get("Cache-Control")) == (status, "no-store"), (method, path)


async def test_a_tag_of_simplified_chinese_means_zh_at_every_address(start):
    server = await start()
    await put(server, ENGLISH, status=201)
    await server.settle()
    for tag in ("zh", "zh-Hans", "zh-CN", "zh-hans", "ZH"):
        feed = await server.call("GET", f"/feeds/world/{tag}.atom")
        assert (feed.status, feed.headers["Content-Language"]) == (200, "zh")
        assert len(feedparser.parse(feed.body).entries) == 1
        page = await server.call("GET", f"/channels/world/{tag}")
        assert page.status == 200
        assert "/articles/khazar-news/one/zh" in page.text
        text = await server.call("GET", f"{ONE}?language={tag}")
        assert (text.status, text.json["language"]) == (200, "zh")
        assert (await server.call("GET", f"/articles/khazar-news/one/{tag}")).status == 200
    for path in ("/feeds/world/zh-Hant.atom", "/channels/world/zh-Hant", "/articles/khazar-news/one/zh-Hant"):
        assert (await server.call("GET", path)).status == 404
    document = ENGLISH | {"language": "zh-Hans", "headlines": [{"value": "四国部长将于星期五在首都会晤讨论贸易问题"}]}
    answer = await server.call("PUT", f"{ONE}/versions/zh-Hans", by="khazar-news", json=document)
    assert (answer.status, answer.json["language"]) == (200, "zh")


async def test_withheld_is_said_to_be_withheld_and_comes_back(start):
    server = await start()
    await put(server, ENGLISH, status=201)
    await server.settle()
    await put(server, ENGLISH | {"pubStatus": "withheld"})
    await server.settle()
    for language in ("en", "az"):
        [stub] = feedparser.parse((await server.call("GET", f"/feeds/world/{language}.atom")).body).entries
        assert stub["karvan_pub-status"] == "withheld"
        assert (await server.call("GET", f"/articles/khazar-news/one/{language}")).status == 404
    assert (await get_set(server))["pub_status"] == "withheld"
    text = await server.call("GET", f"{ONE}?language=en", by="khazar-news")
    assert text.json["pubStatus"] == "withheld"
    assert (await server.call("GET", ONE)).status == 404
    await put(server, ENGLISH)
    await server.settle()
    for language in ("en", "az"):
        answer = await server.call("GET", f"/feeds/world/{language}.atom")
        [entry] = feedparser.parse(answer.body).entries
        assert "ministers" in entry.title
        assert "deleted-entry" not in answer.text
    assert (await get_set(server))["pub_status"] == "usable"
    assert {one["freshness"] for one in (await get_set(server))["versions"].values()} == {"fresh"}
