"""The sample of `make run`: every file is a sound article in its language, and pushing it twice is pushing it once."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

import feeds
from feeds import html
from feeds.model import Article
from server import mediatopics
from server.client import ServerUnreachable
from server.sample import (
    ARTICLES,
    STEPS,
    UPLOADS,
    Push,
    PushVersion,
    SampleRefused,
    Upload,
    Withdraw,
    push_sample,
    read_sample,
)
from translators.languages import contradiction, identify

LANGUAGES = ("az", "en", "ru", "tr", "zh")
WRITES_IN = {
    "khazar-news": {"az", "en"},
    "bosphorus-post": {"tr"},
    "steppe-herald": {"ru"},
    "silk-road-daily": {"zh"},
    "caravan-wire": {"en"},
}
WRITTEN = [step for step in STEPS if isinstance(step, Push | PushVersion)]
FILES = [step.file for step in WRITTEN]
KEYS = {outlet: f"key-of-{outlet}" for outlet in WRITES_IN}


def parse(file: str) -> Article:
    pushed = read_sample(file, "http://127.0.0.1:8080")
    body = pushed.body if isinstance(pushed.body, bytes) else orjson.dumps(pushed.body)
    return feeds.parse(body, pushed.media_type)


def test_every_step_has_its_file_and_every_file_its_step() -> None:
    assert sorted(FILES) == sorted(path.name for path in ARTICLES.iterdir())


@pytest.mark.parametrize("step", WRITTEN, ids=lambda step: step.file)
def test_a_sample_article_is_complete(step: Push | PushVersion) -> None:
    article = parse(step.file)
    assert article.item == step.item
    assert article.headline
    assert article.description
    assert article.by
    assert article.located
    assert article.urgency
    assert article.version_created
    assert article.copyright_notice
    assert article.body.count("<h2>") >= 2
    assert 5 <= article.body.count("<p>") <= 9
    assert html.clean(article.body) == article.body


@pytest.mark.parametrize("step", WRITTEN, ids=lambda step: step.file)
def test_a_sample_article_is_in_the_language_that_it_declares(step: Push | PushVersion) -> None:
    article = parse(step.file)
    assert article.language in WRITES_IN[step.outlet]
    plain = html.to_plain(article.body)
    guess = identify(plain, LANGUAGES)
    assert guess is not None
    assert guess.language == article.language
    for text in (article.headline, article.description, *plain.split("\n\n")):
        assert contradiction(article.language, text, LANGUAGES) is None, text


@pytest.mark.parametrize("file", FILES)
def test_the_topics_of_a_sample_article_are_in_use(file: str) -> None:
    codes = [subject.code for subject in parse(file).subjects if subject.code]
    assert codes
    assert all(mediatopics.is_known(code) for code in codes)


def test_all_five_languages_and_enough_for_the_channels_of_the_sample() -> None:
    articles = {step.item: parse(step.file) for step in WRITTEN if isinstance(step, Push)}
    withdrawn = {step.item for step in STEPS if isinstance(step, Withdraw)}
    public = [one for item, one in articles.items() if item not in withdrawn and not one.embargoed_until]
    assert {one.language for one in public} == set(LANGUAGES)
    for top in ("medtop:04000000", "medtop:01000000"):
        assert sum(top in _list_topics(one) for one in public) >= 3


def _list_topics(article: Article) -> set[str]:
    codes = {subject.code for subject in article.subjects if subject.code}
    return codes.union(*(mediatopics.ancestors(code) for code in codes))


def test_one_article_of_each_kind_that_the_contract_names() -> None:
    articles = [parse(file) for file in FILES]
    assert [len(one.pictures) for one in articles if one.pictures] == [2, 3]
    assert [one.item for one in articles if one.embargoed_until] == ["trade-outlook"]
    assert [(one.item, one.version) for one in articles if one.version] == [
        ("hazelnut-exports", "1"),
        ("hazelnut-exports", "2"),
    ]
    assert [step.item for step in STEPS if isinstance(step, PushVersion)] == ["caspian-level"]
    assert [step.item for step in STEPS if isinstance(step, Withdraw)] == ["ferry-halt"]


def test_the_correction_is_newer_differs_and_says_so() -> None:
    first, second = parse("hazelnut-exports.md"), parse("hazelnut-exports.v2.md")
    assert first.version_created is not None
    assert second.version_created is not None
    assert first.version_created < second.version_created
    assert "2,3 milyar" in first.body
    assert "2,3 milyar" not in second.body
    assert "2,1 milyar" in second.body
    assert "2,1" in second.headline
    assert not first.ed_note
    assert second.ed_note.startswith("DÜZELTME")


@pytest.mark.parametrize("file", ["ridge-trail.md", "lakeside-mosaic.md"])
def test_the_uploads_are_there_small_and_before_the_article_that_shows_them(file: str) -> None:
    article = next(at for at, step in enumerate(STEPS) if isinstance(step, Push) and step.file == file)
    uploads = [step for step in STEPS if isinstance(step, Upload) and step.outlet == STEPS[article].outlet]
    shown = []
    for picture in parse(file).pictures:
        assert picture.caption
        assert picture.alt
        assert picture.credit
        (rendition,) = picture.renditions
        shown.append(rendition.href)
    assert shown == [f"http://127.0.0.1:8080/v1/media/{step.outlet}/{step.item}" for step in uploads]
    assert all(STEPS.index(step) < article for step in uploads)
    assert all((UPLOADS / step.item).stat().st_size <= 150_000 for step in uploads)


def test_every_upload_has_its_file_and_every_file_its_upload() -> None:
    assert sorted(step.item for step in STEPS if isinstance(step, Upload)) == sorted(p.name for p in UPLOADS.iterdir())


@dataclass
class TinyServer:
    """As much of the contract as the sample needs: newer versions replace older ones, a kill is for good."""

    current: dict[str, dict[str, Any]] = field(default_factory=dict)
    canceled: set[str] = field(default_factory=set)
    changes: list[str] = field(default_factory=list)
    pictures: set[str] = field(default_factory=set)
    refusing: str = ""
    refusal: tuple[int, str] = (422, "language-contradiction")
    url: str = ""

    async def handle(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        outlet, item = name.split("/")[:2]
        if request.headers["Authorization"] != f"Bearer {KEYS[outlet]}":
            return _make_problem(401, "key-rejected")
        if item == self.refusing:
            return _make_problem(*self.refusal)
        document = orjson.loads(await request.read())
        if request.method == "DELETE":
            return self._cancel(f"{outlet}/{item}")
        if f"{outlet}/{item}" in self.canceled:
            return _make_problem(409, "article-canceled")
        return self._store(name, document)

    async def take_picture(self, request: web.Request) -> web.Response:
        name, content = request.match_info["name"], await request.read()
        assert content.startswith(b"\xff\xd8\xff")
        is_known = name in self.pictures
        self.pictures.add(name)
        return web.json_response({"changed": not is_known}, status=200 if is_known else 201)

    def _cancel(self, name: str) -> web.Response:
        if name not in self.current:
            return _make_problem(404, "article-not-found")
        del self.current[name]
        self.canceled.add(name)
        self.changes.append(f"canceled {name}")
        return web.json_response({"pub_status": "canceled"})

    def _store(self, name: str, document: dict[str, Any]) -> web.Response:
        known = self.current.get(name)
        if known and known["versionCreated"] >= document["versionCreated"]:
            return web.json_response({"changed": False})
        self.current[name] = document
        self.changes.append(name)
        return web.json_response({"changed": True}, status=200 if known else 201)


def _make_problem(status: int, slug: str) -> web.Response:
    body = {"type": f"/problems/{slug}", "title": slug, "status": status}
    return web.json_response(body, status=status, content_type="application/problem+json")


@pytest.fixture
async def server() -> AsyncIterator[TinyServer]:
    tiny = TinyServer()
    app = web.Application()
    app.router.add_route("*", "/v1/articles/{name:.+}", tiny.handle)
    app.router.add_route("PUT", "/v1/media/{name:.+}", tiny.take_picture)
    async with TestServer(app) as running:
        tiny.url = str(running.make_url("/"))
        yield tiny


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def test_the_sample_is_pushed_in_full(server: TinyServer, session: aiohttp.ClientSession) -> None:
    said: list[str] = []
    await push_sample(session, server.url, KEYS, said.append)
    items = {step.item for step in WRITTEN} - {"ferry-halt"}
    assert server.pictures == {f"{step.outlet}/{step.item}" for step in STEPS if isinstance(step, Upload)}
    assert {name.split("/")[1] for name in server.current} == items
    assert "khazar-news/caspian-level/versions/en" in server.current
    assert server.current["bosphorus-post/hazelnut-exports"]["version"] == "2"
    assert server.canceled == {"caravan-wire/ferry-halt"}
    assert len(said) == len(STEPS)
    assert "bosphorus-post/hazelnut-exports: next version" in said
    assert "caravan-wire/ferry-halt: withdrawn" in said


async def test_pushing_the_sample_again_changes_nothing(server: TinyServer, session: aiohttp.ClientSession) -> None:
    await push_sample(session, server.url, KEYS, lambda _: None)
    changes = list(server.changes)
    said: list[str] = []
    await push_sample(session, server.url, KEYS, said.append)
    assert server.changes == changes
    assert not [line for line in said if line.endswith((": new", ": next version", ": withdrawn"))]


async def test_an_article_that_somebody_has_withdrawn_stays_withdrawn(
    server: TinyServer, session: aiohttp.ClientSession
) -> None:
    server.canceled.add("khazar-news/caspian-level")
    said: list[str] = []
    await push_sample(session, server.url, KEYS, said.append)
    assert "khazar-news/caspian-level" not in server.current
    assert "khazar-news/caspian-level: left as it stands (article-canceled)" in said


async def test_a_refused_sample_article_is_an_error_that_names_it(
    server: TinyServer, session: aiohttp.ClientSession
) -> None:
    server.refusing = "silk-museum"
    with pytest.raises(SampleRefused, match="khazar-news/silk-museum: 422 – language-contradiction"):
        await push_sample(session, server.url, KEYS, lambda _: None)


async def test_a_conflict_that_nobody_has_settled_is_an_error(
    server: TinyServer, session: aiohttp.ClientSession
) -> None:
    server.refusing, server.refusal = "aktau-hub", (409, "version-required")
    with pytest.raises(SampleRefused, match="version-required"):
        await push_sample(session, server.url, KEYS, lambda _: None)


async def test_an_article_that_an_outlet_has_since_rewritten_is_left_to_it(
    server: TinyServer, session: aiohttp.ClientSession
) -> None:
    server.refusing, server.refusal = "aktau-hub", (409, "version-conflict")
    said: list[str] = []
    await push_sample(session, server.url, KEYS, said.append)
    assert "steppe-herald/aktau-hub: left as it stands (version-conflict)" in said


async def test_a_wrong_key_is_an_error(server: TinyServer, session: aiohttp.ClientSession) -> None:
    with pytest.raises(SampleRefused, match="401"):
        await push_sample(session, server.url, KEYS | {"caravan-wire": "wrong"}, lambda _: None)


async def test_no_server_no_sample(session: aiohttp.ClientSession) -> None:
    with pytest.raises(ServerUnreachable):
        await push_sample(session, "nonsense", KEYS, lambda _: None)
