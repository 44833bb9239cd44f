"""Which text a machine version is made from, and when it is made again: the set, its pivot and people's versions."""

import asyncio
import threading
from collections import Counter
from typing import Any

import feedparser
import pytest

from translators import Direction, TranslationError
from translators.pseudo import PseudoTranslator

ONE = "/v1/articles/khazar-news/one"
OTHERS = ("ru", "tr", "zh")
LANGUAGES = ("az", "en", *OTHERS)
VIA_ENGLISH = (Direction("az", "en"), *(Direction("en", language) for language in OTHERS))
AZERBAIJANI = {
    "language": "az",
    "headline": "Nazirlər cümə günü paytaxtda ticarəti müzakirə edəcəklər",
    "text": "<p>Dörd ölkənin nazirləri cümə günü görüşəcək. Onlar ticarət və su məsələlərini müzakirə edəcəklər.</p>",
}
NEWER = AZERBAIJANI | {"headline": "Nazirlər bazar günü paytaxtda ticarəti müzakirə edəcəklər"}
HUMAN = "The ministers will discuss trade in the capital on Friday, writes a person"


class Engine(PseudoTranslator):
    """Counts its calls by direction. One direction may wait for a sign, or fail."""

    def __init__(self, *, waits_for: str = "", directions: Any = VIA_ENGLISH, **options: Any) -> None:
        super().__init__(directions=directions, **options)
        self.calls: Counter[str] = Counter()
        self.waits_for = waits_for
        self.is_busy, self.may_go_on = threading.Event(), threading.Event()
        self.failing: set[str] = set()

    def translate(self, texts, direction, **options):
        self.calls[str(direction)] += 1
        if str(direction) == self.waits_for:
            self.is_busy.set()
            assert self.may_go_on.wait(20)
        if str(direction) in self.failing:
            raise TranslationError("the model is broken")
        return super().translate(texts, direction, **options)

    def learn(self, *directions: Direction) -> None:
        self._directions |= dict.fromkeys(directions, next(iter(self._directions.values())))


def set_config(config: Any, section: str, **changes: Any) -> Any:
    return config.model_copy(update={section: getattr(config, section).model_copy(update=changes)})


def make_document(language: str, headline: str, **more: Any) -> dict[str, Any]:
    return {"type": "text", "language": language, "headlines": [{"value": headline}]} | more


async def put_english(server: Any, headline: str, **more: Any) -> None:
    document = make_document("en", headline, **more)
    answer = await server.call("PUT", f"{ONE}/versions/en", by="khazar-news", json=document)
    assert answer.status == 200, answer.text


async def get_versions(server: Any) -> Any:
    return (await server.call("GET", ONE, by="khazar-news")).json["versions"]


async def see_busy(engine: Engine) -> None:
    assert await asyncio.to_thread(engine.is_busy.wait, 20)


async def push(server: Any, **changes: Any) -> None:
    bodies = [{"contentType": "text/html", "value": changes.pop("text")}]
    document = make_document(changes.pop("language"), changes.pop("headline"), bodies=bodies, **changes)
    answer = await server.call("PUT", ONE, by="khazar-news", json=document)
    assert answer.status in (200, 201), answer.text


def tell(versions: Any, *names: str) -> dict[str, tuple[Any, ...]]:
    return {language: tuple(one[name] for name in names) for language, one in versions.items()}


async def test_a_stale_human_pivot_is_passed_by_and_used_again_when_people_renew_it(start):
    engine = Engine()
    server = await start(translator=engine)
    await push(server, **AZERBAIJANI)
    await put_english(server, HUMAN)
    await server.settle()
    await push(server, **NEWER)
    await server.settle()
    versions = await get_versions(server)
    assert tell(versions, "origin", "freshness", "via") == {
        "az": ("source", "fresh", None), "en": ("outlet", "stale", None),
        "ru": ("machine", "fresh", "en"), "tr": ("machine", "fresh", "en"), "zh": ("machine", "fresh", "en"),
    }  # fmt: skip
    assert versions["en"]["headline"] == HUMAN
    for language in OTHERS:
        assert versions[language]["headline"] == f"[{language}] [en] {NEWER['headline']}"
    await put_english(server, f"{HUMAN} again")
    await server.settle()
    versions = await get_versions(server)
    assert (versions["en"]["origin"], versions["en"]["freshness"]) == ("outlet", "fresh")
    for language in OTHERS:
        assert versions[language]["headline"] == f"[{language}] {HUMAN} again"
        assert versions[language]["freshness"] == "fresh"


async def test_what_the_machine_made_is_made_again_from_peoples_text(start):
    engine = Engine()
    server = await start(translator=engine)
    await push(server, **AZERBAIJANI)
    await server.settle()
    assert (await get_versions(server))["ru"]["headline"] == f"[ru] [en] {AZERBAIJANI['headline']}"
    await put_english(server, HUMAN)
    await server.settle()
    versions = await get_versions(server)
    assert {language: versions[language]["headline"] for language in OTHERS} == {
        language: f"[{language}] {HUMAN}" for language in OTHERS
    }
    calls = engine.calls.copy()
    await put_english(server, HUMAN)
    await server.settle()
    assert engine.calls == calls  # a repetition is no news


@pytest.mark.parametrize("busy", ["az-en", "en-ru"])
async def test_peoples_text_that_comes_while_the_engine_is_busy_ends_in_the_same_state(start, busy):
    engine = Engine(waits_for=busy)
    server = await start(translator=engine)
    await push(server, **AZERBAIJANI)
    await see_busy(engine)
    await put_english(server, HUMAN)
    engine.may_go_on.set()
    await server.settle()
    raced = tell(await get_versions(server), "origin", "freshness", "headline", "via")
    server = await start(translator=Engine())
    await server.call("DELETE", ONE, by="khazar-news", json={"reason": "only the other counts"})
    await server.call("PUT", "/v1/articles/khazar-news/two", by="khazar-news", json=make_source())
    await server.call(
        "PUT", "/v1/articles/khazar-news/two/versions/en", by="khazar-news", json=make_document("en", HUMAN)
    )
    await server.settle()
    two = (await server.call("GET", "/v1/articles/khazar-news/two", by="khazar-news")).json["versions"]
    assert raced == tell(two, "origin", "freshness", "headline", "via")
    assert raced["zh"][2] == f"[zh] {HUMAN}"


def make_source() -> dict[str, Any]:
    bodies = [{"contentType": "text/html", "value": AZERBAIJANI["text"]}]
    return make_document("az", AZERBAIJANI["headline"], bodies=bodies)


async def test_a_second_leg_is_no_better_than_the_first(start, config):
    """Starter into English, publishable from there: what comes out is starter, and held where that is."""
    quality = {"az-en": "starter"}
    config = set_config(config, "translation", publish_unseen=("publish",), quality=quality)
    config = config.model_copy(
        update={"routes": tuple(route.model_copy(update={"held": "wait"}) for route in config.routes)}
    )
    server = await start(translator=Engine(quality="publish"), config=config)
    await push(server, **AZERBAIJANI)
    await server.settle()
    versions = await get_versions(server)
    for language in ("en", *OTHERS):
        assert (versions[language]["quality"], versions[language]["freshness"]) == ("starter", "held")
        assert versions[language]["reason"] == "starter quality is not published unseen"
        feed = (await server.call("GET", f"/feeds/world/{language}.atom")).body
        assert not feedparser.parse(feed).entries
    await put_english(server, HUMAN)  # from a person's text it is as good as its own package
    await server.settle()
    versions = await get_versions(server)
    assert {(versions[one]["quality"], versions[one]["freshness"]) for one in OTHERS} == {("publish", "fresh")}


class Stammering(Engine):
    """Says everything six times on the way into English."""

    def _render(self, text, direction):
        return " ".join([super()._render(text, direction)] * (6 if direction.target == "en" else 1))


async def test_what_was_found_in_the_first_leg_is_found_in_the_second(start):
    server = await start(translator=Stammering(quality="publish"))
    await push(server, **AZERBAIJANI)
    await server.settle()
    versions = await get_versions(server)
    assert versions["en"]["checks"]
    for language in OTHERS:
        assert versions[language]["freshness"] == "held"
        assert [f"in the English version: {one['detail']}" for one in versions["en"]["checks"]] == [
            one["detail"] for one in versions[language]["checks"] if one["detail"].startswith("in the English version")
        ]


async def test_a_pivot_that_no_route_wants_is_only_passed_through(start, config):
    routes = tuple(route.model_copy(update={"languages": ("zh",)}) for route in config.routes)
    engine = Engine()
    server = await start(translator=engine, config=config.model_copy(update={"routes": routes}))
    await push(server, **AZERBAIJANI)
    await server.settle()
    versions = await get_versions(server)
    assert versions.keys() == {"az", "zh"}
    assert versions["zh"]["headline"] == f"[zh] [en] {AZERBAIJANI['headline']}"
    assert (versions["zh"]["freshness"], versions["zh"]["via"]) == ("fresh", "en")
    assert engine.calls.keys() == {"az-en", "en-zh"}
    assert not feedparser.parse((await server.call("GET", "/feeds/world/en.atom")).body).entries


async def test_who_depends_on_a_leg_that_failed_says_why_and_is_asked_again_when_it_works(start, config, clock):
    config = set_config(config, "limits", job_attempts=1)
    engine = Engine()
    engine.failing.add("az-en")
    server = await start(translator=engine, config=config)
    await push(server, **AZERBAIJANI)
    await server.settle()
    versions = await get_versions(server)
    assert (versions["en"]["freshness"], versions["en"]["reason"]) == ("failed", "the model is broken")
    for language in OTHERS:
        assert versions[language]["freshness"] == "pending"
        assert versions[language]["reason"].endswith("failed: the model is broken")
    engine.failing.clear()
    engine.learn(Direction("ru", "tr"))  # a package comes: all that was given up is tried again
    async with asyncio.timeout(20):
        while (await get_versions(server))["ru"]["freshness"] != "fresh":
            clock.pass_time(seconds=1)
            await asyncio.sleep(0.05)
    await server.settle()
    assert {one["freshness"] for one in (await get_versions(server)).values()} == {"fresh"}


async def test_a_leg_that_works_at_the_second_try_brings_the_others(start, clock):
    engine = Engine()
    engine.failing.add("az-en")
    server = await start(translator=engine)
    await push(server, **AZERBAIJANI)
    async with asyncio.timeout(20):
        while {one["freshness"] for one in (await get_versions(server)).values()} != {"fresh"}:
            if engine.calls["az-en"]:
                engine.failing.clear()
                clock.pass_time(seconds=3)
            await asyncio.sleep(0.05)
    await server.settle()
    assert engine.calls["az-en"] >= 2
    assert {one["freshness"] for one in (await get_versions(server)).values()} == {"fresh"}


# What is not translated


PICTURE = {
    "name": "photo", "type": "picture", "headlines": [{"value": "Nazirlər paytaxtda"}],
    "renditions": [{"name": "web", "href": "https://khazar-news.example/old.jpg"}],
}  # fmt: skip
NEW_PICTURE = PICTURE | {"renditions": [{"name": "web", "href": "https://khazar-news.example/new.jpg"}]}


async def test_a_correction_of_metadata_makes_nothing_stale_and_shows_in_every_language(start):
    engine = Engine()
    server = await start(translator=engine)
    await push(server, **AZERBAIJANI, by="Old Byline", associations=[PICTURE], usageTerms="Old terms")
    await server.settle()
    calls = engine.calls.copy()
    feeds = {tag: (await server.call("GET", f"/feeds/world/{tag}.atom")).headers["ETag"] for tag in LANGUAGES}
    corrected = {
        "by": "New Byline", "usageTerms": "New terms", "copyrightNotice": "© New", "urgency": 2,
        "edNote": "only for the desk", "expires": "2027-11-26T12:00:00Z", "associations": [NEW_PICTURE],
    }  # fmt: skip
    await push(server, **AZERBAIJANI, **corrected)
    assert {one["freshness"] for one in (await get_versions(server)).values()} == {"fresh"}
    await server.settle()
    assert engine.calls == calls
    for language in LANGUAGES:
        answer = await server.call("GET", f"/feeds/world/{language}.atom")
        assert answer.headers["ETag"] != feeds[language]
        text = (await server.call("GET", f"{ONE}?language={language}")).json
        assert (text["by"], text["usageTerms"], text["urgency"]) == ("New Byline", "New terms", 2)
        assert "only for the desk" not in answer.text
        for word in ("New Byline", "new.jpg", "© New"):
            assert word in answer.text, (language, word)
        for word in ("Old Byline", "old.jpg", "Old terms"):
            assert word not in answer.text, (language, word)
        page = (await server.call("GET", f"/articles/khazar-news/one/{language}")).text
        assert "New Byline" in page
        assert "new.jpg" in page
        assert "old.jpg" not in page


async def test_pictures_belong_to_the_text_that_they_were_translated_with(start):
    """A person's English text has other pictures than the source; what is made from it has them, too."""
    server = await start(translator=Engine())
    await push(server, **AZERBAIJANI, associations=[PICTURE])
    english = PICTURE | {
        "headlines": [{"value": "Ministers in the capital"}],
        "renditions": [{"name": "web", "href": "https://khazar-news.example/english.jpg"}],
    }
    for associations, shown in (([], set()), ([english], {"english.jpg"}), ([english, PICTURE], {"english.jpg"})):
        await put_english(server, f"{HUMAN} {len(associations)}", associations=associations)
        for _ in range(2):  # before and after the others are made again
            for language in OTHERS:
                answer = await server.call("GET", f"/feeds/world/{language}.atom")
                assert answer.status == 200, (language, len(associations), answer.text)
                page = await server.call("GET", f"/articles/khazar-news/one/{language}")
                assert page.status in (200, 404)
            await server.settle()
        for language in OTHERS:
            text = (await server.call("GET", f"/feeds/world/{language}.atom")).text
            assert all(name in text for name in shown), (language, shown)
            assert ("english.jpg" in text) == bool(shown)
            assert ("old.jpg" in text) == (len(associations) == 2)
    await push(server, **AZERBAIJANI, associations=[NEW_PICTURE])
    await server.settle()
    for language in LANGUAGES:
        assert (await server.call("GET", f"/feeds/world/{language}.atom")).status == 200
    await push(server, **NEWER, associations=[PICTURE])  # people's English is stale: it is passed by
    await server.settle()
    await push(server, **NEWER, associations=[NEW_PICTURE])
    for language in OTHERS:
        text = (await server.call("GET", f"/feeds/world/{language}.atom")).text
        assert "new.jpg" in text
        assert "english.jpg" not in text


# Routes and members


async def test_routes_that_take_many_articles_back_leave_the_feed_full(start, config):
    config = set_config(config, "limits", feed_entries=5)
    server = await start(config=config, with_worker=False)
    for number in range(4):
        await server.push(f"stays-{number}")
    for number in range(6):
        await server.push(f"goes-{number}", by="khazar-news")
    first, *others = config.routes
    stays = tuple(
        route.model_copy(update={"when": route.when.model_copy(update={"outlet": ("caravan-wire",)})})
        for route in (first, *others)
    )
    server = await start(config=config.model_copy(update={"routes": stays}))
    await server.settle()
    feed = feedparser.parse((await server.call("GET", "/feeds/world/en.atom")).body)
    assert {entry.link.split("/")[-2] for entry in feed.entries} == {f"stays-{number}" for number in range(4)}
    raw = (await server.call("GET", "/feeds/world/en.atom")).text
    assert raw.count("deleted-entry") >= 5
    for path in ("/channels/world/en", "/"):
        page = (await server.call("GET", path)).text
        assert "/articles/caravan-wire/stays-3/en" in page
        assert "/goes-" not in page
    assert "/articles/caravan-wire/stays-0/en" in (await server.call("GET", "/channels/world/en")).text


async def test_an_outlet_that_left_the_configuration_can_still_be_looked_up_and_killed(start, config):
    server = await start(config=config)
    await push(server, **AZERBAIJANI)
    await server.push("two", by="khazar-news", headline="The ministers met in the capital on Thursday")
    await server.settle()
    members = {
        name: exchange.model_copy(update={"members": tuple(one for one in exchange.members if one != "khazar-news")})
        for name, exchange in config.exchanges.items()
    }
    outlets = {name: outlet for name, outlet in config.outlets.items() if name != "khazar-news"}
    config = config.model_copy(update={"outlets": outlets, "exchanges": members})
    server = await start(config=config)
    await server.settle()
    await walk(server)
    article = await server.call("GET", ONE, by="admin")
    assert (article.status, article.json["outlet"]) == (200, "khazar-news")
    assert (await server.call("GET", f"{ONE}/history", by="admin")).status == 200
    feed = feedparser.parse((await server.call("GET", "/feeds/world/az.atom")).body)
    assert {entry.source.title for entry in feed.entries} == {"khazar-news"}
    assert (await server.call("PUT", ONE, by="admin", json=make_source())).status == 404
    for path in (ONE, "/v1/articles/khazar-news/two"):
        killed = await server.call("DELETE", path, by="admin", json={"reason": "they left"})
        assert (killed.status, killed.json["pub_status"]) == (200, "canceled")
    await walk(server)
    assert "deleted-entry" in (await server.call("GET", "/feeds/world/az.atom")).text
    assert (await server.call("GET", "/articles/khazar-news/one/az")).status == 410


async def walk(server: Any) -> None:
    """Nothing breaks anywhere."""
    paths = ["/", "/feeds.opml", "/v1/channels", ONE, f"{ONE}/history", f"{ONE}?language=az"]
    paths += [f"/articles/khazar-news/{item}/{language}" for item in ("one", "two") for language in LANGUAGES]
    for channel in ("world", "turkic", "desk"):
        for language in ("az", "ru"):
            paths += [f"/feeds/{channel}/{language}.atom", f"/channels/{channel}/{language}"]
    for reader in (None, "admin"):
        for path in paths:
            answer = await server.call("GET", path, by=reader)
            assert answer.status < 500, (path, answer.text)
