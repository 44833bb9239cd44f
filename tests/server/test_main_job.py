"""The main job, through HTTP: an article pushed in one language stands in five feeds."""

import feedparser

LANGUAGES = ("az", "en", "ru", "tr", "zh")


async def test_an_article_pushed_in_one_language_stands_in_five_feeds(server):
    answer = await server.push()
    assert answer.status == 201, answer.text
    await server.settle()
    for language in LANGUAGES:
        feed = feedparser.parse((await server.call("GET", f"/feeds/world/{language}.atom")).body)
        [entry] = feed.entries
        assert entry.link == f"https://karvan.example/articles/caravan-wire/one/{language}"
        assert entry.title_detail.language == language
        origin = "source" if language == "en" else "machine"
        assert entry.karvan_origin == origin


async def test_the_original_is_published_before_any_translation(start, config):
    server = await start(with_worker=False)
    await server.push()
    answer = await server.call("GET", "/v1/articles/caravan-wire/one", by="caravan-wire")
    versions = answer.json["versions"]
    assert {language: one["freshness"] for language, one in versions.items()} == {
        "en": "fresh", "az": "pending", "ru": "pending", "tr": "pending", "zh": "pending",
    }  # fmt: skip
    assert "/articles/caravan-wire/one/en" in (await server.call("GET", "/feeds/world/en.atom")).text


async def test_a_new_version_makes_translations_stale_until_they_are_made_again(start):
    server = await start()
    await server.push()
    await server.settle()
    server = await start(with_worker=False)
    answer = await server.push(headline="The ministers will meet in the capital on Sunday to discuss trade")
    assert (answer.status, answer.json["changed"], answer.json["version"]) == (200, True, 2)
    versions = (await server.call("GET", "/v1/articles/caravan-wire/one", by="caravan-wire")).json["versions"]
    assert {one["freshness"] for language, one in versions.items() if language != "en"} == {"stale"}
    server = await start()
    await server.settle()
    versions = (await server.call("GET", "/v1/articles/caravan-wire/one", by="caravan-wire")).json["versions"]
    assert {(one["freshness"], one["source_version"]) for one in versions.values()} == {("fresh", 2)}


async def test_a_kill_withdraws_every_language(server):
    await server.push()
    await server.settle()
    before = {language: (await server.call("GET", f"/feeds/world/{language}.atom")).text for language in LANGUAGES}
    answer = await server.call("DELETE", "/v1/articles/caravan-wire/one", by="caravan-wire", json={"reason": "wrong"})
    assert (answer.status, answer.json["changed"]) == (200, True)
    for language in LANGUAGES:
        feed = (await server.call("GET", f"/feeds/world/{language}.atom")).text
        assert "deleted-entry" in feed
        assert "deleted-entry" not in before[language]
        assert "ministers" not in feed
        page = await server.call("GET", f"/articles/caravan-wire/one/{language}")
        assert page.status == 410
        assert "ministers" not in page.text
    assert (await server.call("GET", "/v1/articles/caravan-wire/one")).status == 410
    assert (await server.push()).json["type"] == "/problems/article-canceled"
