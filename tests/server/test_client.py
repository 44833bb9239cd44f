"""Reading documents from disk and pushing them: against a real server on port 0 that keeps what it was sent."""

import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import feeds
from feeds.model import Article
from server.client import (
    Pushed,
    ServerUnreachable,
    UnreadableDocument,
    push_document,
    push_version,
    read_document,
    withdraw,
)
from server.client.frontmatter import KEYS, InvalidFrontMatter, read_front_matter

FULL = """---
item: bridge-27
outlet: khazar-news
language: az
headline: Yeni körpü açılıb
description: Körpü iki rayonu birləşdirir.
by: Aygün Mehdizadə
located: Bakı
subjects: [medtop:20000337, medtop:04000000, körpü]
genres: [Feature]
urgency: 3
version: 2
versionCreated: 2026-11-17T12:30:00+04:00
embargoedUntil: 2026-11-18T06:00:00Z
expires: "2027-01-01T00:00:00Z"
copyrightHolder: Xəzər Xəbər
copyrightNotice: © Xəzər Xəbər
usageTerms: Mənbə göstərilməklə
edNote: Şəkillər ayrıca göndəriləcək
pubStatus: usable
translationOf: https://example.org/articles/a/b
altIds:
  - {role: web, value: "https://example.org/27"}
pictures:
  - href: https://example.org/bridge.jpg
    caption: Körpü səhər
    alt: Çayın üstündə körpü
    credit: Rauf Əlizamanlı
    copyrightNotice: CC0
    width: 1200
    height: 800
    mediaType: image/jpeg
---
Birinci abzas.

## Ara başlıq

> Sitat.

- bir
- iki
"""


def write(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def parse(pushed: Pushed) -> Article:
    body = pushed.body if isinstance(pushed.body, bytes) else orjson.dumps(pushed.body)
    return feeds.parse(body, pushed.media_type)


def test_every_front_matter_key_arrives_in_the_article(tmp_path: Path) -> None:
    pushed = read_document(write(tmp_path, "a.md", FULL))
    assert set(read_front_matter(FULL.split("---")[1])) == set(KEYS)
    assert (pushed.item, pushed.outlet, pushed.language, pushed.media_type) == (
        "bridge-27",
        "khazar-news",
        "az",
        "application/json",
    )
    article = parse(pushed)
    assert (article.item, article.language, article.headline) == ("bridge-27", "az", "Yeni körpü açılıb")
    assert (article.description, article.by, article.located) == (
        "Körpü iki rayonu birləşdirir.",
        "Aygün Mehdizadə",
        "Bakı",
    )
    assert [subject.code or subject.name for subject in article.subjects] == [
        "medtop:20000337",
        "medtop:04000000",
        "körpü",
    ]
    assert article.subjects[1].name == "iqtisadiyyat, biznes və maliyyə"
    assert (article.genres, article.urgency, article.version) == (("Feature",), 3, "2")
    assert article.version_created is not None
    assert article.version_created.isoformat() == "2026-11-17T08:30:00+00:00"
    assert article.embargoed_until is not None
    assert article.embargoed_until.isoformat() == "2026-11-18T06:00:00+00:00"
    assert article.expires is not None
    assert article.expires.year == 2027
    assert (article.copyright_holder, article.copyright_notice) == ("Xəzər Xəbər", "© Xəzər Xəbər")
    assert (article.usage_terms, article.ed_note) == ("Mənbə göstərilməklə", "Şəkillər ayrıca göndəriləcək")
    assert (article.pub_status, article.translation_of) == ("usable", "https://example.org/articles/a/b")
    assert [(alt.role, alt.value) for alt in article.alt_ids] == [("web", "https://example.org/27")]
    (picture,) = article.pictures
    assert (picture.caption, picture.alt, picture.credit) == ("Körpü səhər", "Çayın üstündə körpü", "Rauf Əlizamanlı")
    (rendition,) = picture.renditions
    assert (rendition.href, rendition.width, rendition.height, rendition.media_type) == (
        "https://example.org/bridge.jpg",
        1200,
        800,
        "image/jpeg",
    )
    assert picture.copyright_notice == "CC0"
    for markup in ("<p>Birinci abzas.</p>", "<h2>Ara başlıq</h2>", "<blockquote>", "<li>bir</li>"):
        assert markup in article.body


def test_a_topic_without_a_label_in_the_articles_language_is_sent_as_its_code_alone(tmp_path: Path) -> None:
    front = "---\nlanguage: az\nheadline: Başlıq\nsubjects: [medtop:20000337]\n---\n"
    body = read_document(write(tmp_path, "a.md", front)).body
    assert isinstance(body, dict)
    assert body["subjects"] == [{"uri": "http://cv.iptc.org/newscodes/mediatopic/20000337"}]


def test_the_first_heading_is_the_headline_when_front_matter_has_none(tmp_path: Path) -> None:
    path = write(tmp_path, "plain.md", "# The *new* `bridge`\n\nFirst paragraph.\n\n# Second\n")
    article = parse(read_document(path, language="en"))
    assert (article.headline, article.description) == ("The new bridge", "")
    assert article.body.startswith("<p>First paragraph.</p>")
    assert article.body.count("Second") == 1


def test_a_heading_stays_in_the_body_when_front_matter_has_a_headline(tmp_path: Path) -> None:
    article = parse(read_document(write(tmp_path, "a.md", "---\nlanguage: en\nheadline: One\n---\n# Two\n\nText.\n")))
    assert article.headline == "One"
    assert "Two</h2>" in article.body


def test_the_item_is_the_files_name_when_nothing_else_says(tmp_path: Path) -> None:
    assert read_document(write(tmp_path, "bridge.md", "# Bridge\n"), language="en").item == "bridge"


def test_line_ends_of_windows_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    text = "\ufeff---\r\nlanguage: en\r\nheadline: Bridge\r\n---\r\nText.\r\n"
    assert "<p>Text.</p>" in parse(read_document(write(tmp_path, "a.md", text))).body


@pytest.mark.parametrize(
    ("front", "said"),
    [
        ("headlin: Typo", "unknown key “headlin”"),
        ("pictures: [{href: 'https://x.example/a.jpg', captoin: x}]", "unknown key “pictures/captoin”"),
        ("pictures: [{caption: x}]", "“pictures” has an entry without href"),
        ("pictures: [https://x.example/a.jpg]", "“pictures” needs href"),
        ("1: one", "unknown key “1”"),
        ("urgency: 10", "“urgency” is 10"),
        ("urgency: {a: 1}", "“urgency” is a dict, not a whole number"),
        ("genres: [&a [x, x, x], [*a, *a, *a]]", "“genres” is a list, not text"),
        (f"edNote: {'x' * 100_000}", "longer than 100,000 characters"),
        ("urgency: true", "“urgency” is True"),
        ("version: 1.10", "“version” is 1.1, not text: put it in quotes"),
        ("item: 20261117", "“item” is 20261117, not text"),
        ("headline: ' '", "“headline” is empty"),
        ("subjects: medtop:04000000", "“subjects” is not a list"),
        ("subjects: [medtop:4]", "medtop:4"),
        ("pubStatus: killed", "“pubStatus” is 'killed', not one of usable, withheld, canceled"),
        ("embargoedUntil: 2026-11-18", "without a time zone"),
        ("embargoedUntil: 2026-11-18T06:00:00", "without a time zone"),
        ("embargoedUntil: tomorrow", "not a time"),
        ("expires: 0001-01-01T00:00:00+14:00", "out of the calendar"),
        ("language: azerbaijani language", "not a language tag"),
        ("altIds: [{role: web}]", "“altIds” has an entry without value"),
        ("headline: 'open", "line 3"),
        ("- a\n- b", "not a list of “key: value” lines"),
        ("versionCreated: 2026-13-45T00:00:00Z", "not YAML"),
    ],
)
def test_a_fault_in_front_matter_is_named_with_file_and_key(tmp_path: Path, front: str, said: str) -> None:
    path = write(tmp_path, "article.md", f"---\n{front}\n---\nText.\n")
    with pytest.raises(UnreadableDocument) as caught:
        read_document(path, language="en")
    assert str(caught.value).startswith(f"{path}: ")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.txt", b"text", "not one of the formats .md"),
        ("a.md", b"---\nlanguage: en\n", "not closed"),
        ("a.md", b"# Heading\n", "does not say its language"),
        ("a.md", b"---\nlanguage: en\n---\nOnly text.\n", "has no headline"),
        ("a.md", b"\xff\xfe", "not UTF-8"),
        ("a.html", b"", "holds no HTML"),
        ("a.html", b"<p lang=en>\xe9</p>", "not UTF-8"),
        ("a.json", b"[1]", "no JSON object"),
        ("a.json", b"{", "not JSON"),
        ("a.xml", b"<feed xmlns='http://www.w3.org/2005/Atom'/>", "no Atom entry, RSS document or"),
        ("a.xml", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "DOCTYPE"),
        ("a.md", b" " * 8_000_001, "larger than 8,000,000 bytes"),
    ],
)
def test_what_is_no_document_is_refused_with_its_reason(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    path = write(tmp_path, name, content)
    with pytest.raises(UnreadableDocument) as caught:
        read_document(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert said in str(caught.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDocument, match="No such file"):
        read_document(tmp_path / "none.md")


def test_a_language_that_contradicts_the_file_is_refused_and_a_wider_tag_is_not(tmp_path: Path) -> None:
    path = write(tmp_path, "a.html", "<html lang=zh-CN><title>标题</title><p>正文</p>")
    assert read_document(path, language="zh").language == "zh-CN"
    with pytest.raises(UnreadableDocument, match="is in zh-CN, but az was asked for"):
        read_document(path, language="az")


def test_html_gives_headline_description_byline_and_the_articles_content(tmp_path: Path) -> None:
    page = """<!doctype html><html lang="tr"><head><meta charset="utf-8"><title>Köprü - Boğaz Postası</title>
        <meta name="description" content="İki ilçe birleşti."><meta name="author" content="Defne Karasu"></head>
        <body><nav>Ana sayfa</nav><article><h1>Yeni   köprü
        açıldı</h1><p>İlk <b>paragraf</b>.</p></article><footer>Alt</footer></body></html>"""
    pushed = read_document(write(tmp_path, "bridge.html", page))
    article = parse(pushed)
    assert (pushed.item, pushed.language) == ("bridge", "tr")
    assert (article.headline, article.description) == ("Yeni köprü açıldı", "İki ilçe birleşti.")
    assert (article.by, article.body) == ("Defne Karasu", "<p>İlk <b>paragraf</b>.</p>")


def test_html_without_heading_takes_its_title_and_the_whole_body(tmp_path: Path) -> None:
    article = parse(read_document(write(tmp_path, "a.htm", "<title>Bridge</title><p>One.<p>Two."), language="en"))
    assert (article.headline, article.body) == ("Bridge", "<p>One.</p><p>Two.</p>")


def test_ninjs_is_passed_through_with_its_own_item(tmp_path: Path) -> None:
    document = {
        "uri": "https://example.org/1",
        "language": "en",
        "headlines": [{"value": "Bridge"}],
        "altIds": [{"role": "web", "value": "w"}, {"role": "item", "value": "bridge-1"}],
        "slugline": "bridge",
    }
    pushed = read_document(write(tmp_path, "a.json", orjson.dumps(document)))
    assert (pushed.item, pushed.language, pushed.body) == ("bridge-1", "en", document)


@pytest.mark.parametrize("alt_ids", [None, 3, [3], [{"role": "item"}]])
def test_ninjs_with_odd_ids_is_left_to_the_server_to_judge(tmp_path: Path, alt_ids: Any) -> None:
    pushed = read_document(write(tmp_path, "a.json", orjson.dumps({"altIds": alt_ids, "language": 7})), language="en")
    assert (pushed.item, pushed.language) == ("a", None)


@pytest.mark.parametrize(
    ("xml", "media_type"),
    [
        (b'<entry xmlns="http://www.w3.org/2005/Atom" xml:lang="ru"/>', "application/atom+xml;type=entry"),
        (b"<rss><channel><language>ru</language><item/></channel></rss>", "application/rss+xml"),
        (
            b'<newsItem xmlns="http://iptc.org/std/nar/2006-10-01/" xml:lang="ru"/>',
            "application/vnd.iptc.g2.newsitem+xml",
        ),
    ],
)
def test_xml_is_passed_through_byte_for_byte(tmp_path: Path, xml: bytes, media_type: str) -> None:
    pushed = read_document(write(tmp_path, "a.xml", xml))
    assert (pushed.item, pushed.language, pushed.media_type, pushed.body) == ("a", "ru", media_type, xml)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.text(alphabet=st.sampled_from("ab: -[]{}'\"\n&*!|>0123456789TZ+%@"), max_size=40))
def test_any_front_matter_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(InvalidFrontMatter):
        assert set(read_front_matter(text)) <= set(KEYS)


@dataclass
class Recorder:
    """What arrived, and the responses still to give; 201 when there are none."""

    requests: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    responses: list[web.Response] = field(default_factory=list)
    url: str = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.requests.append((request.method, request.raw_path, dict(request.headers), await request.read()))
        return self.responses.pop(0) if self.responses else web.json_response({"changed": True}, status=201)


@pytest.fixture
async def recorder() -> AsyncIterator[Recorder]:
    recorder = Recorder()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", recorder.handle)
    async with TestServer(app) as server:
        recorder.url = str(server.make_url("/"))
        yield recorder


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


DOCUMENT = Pushed(item="bridge", outlet=None, language="az", media_type="application/json", body={"language": "az"})


async def test_an_article_is_put_with_its_key(recorder: Recorder, session: aiohttp.ClientSession) -> None:
    recorder.responses.append(web.json_response({"version": 1}, status=201, headers={"ETag": '"1"'}))
    answer = await push_document(session, recorder.url, "secret", DOCUMENT, "khazar-news", "bridge")
    ((method, path, headers, body),) = recorder.requests
    assert (method, path, body) == ("PUT", "/v1/articles/khazar-news/bridge", b'{"language":"az"}')
    assert (headers["Authorization"], headers["Content-Type"]) == ("Bearer secret", "application/json")
    assert (answer.status, answer.body, answer.etag, answer.problem, answer.is_done) == (
        201,
        {"version": 1},
        '"1"',
        None,
        True,
    )


async def test_xml_is_sent_as_it_is(recorder: Recorder, session: aiohttp.ClientSession) -> None:
    entry = Pushed(item="a", outlet=None, language="ru", media_type="application/atom+xml;type=entry", body=b"<entry/>")
    await push_document(session, recorder.url, "k", entry, "steppe-herald", "a")
    ((_, _, headers, body),) = recorder.requests
    assert (headers["Content-Type"], body) == ("application/atom+xml;type=entry", b"<entry/>")


async def test_an_item_with_a_slash_stays_one_step_of_the_path(
    recorder: Recorder, session: aiohttp.ClientSession
) -> None:
    await push_document(session, recorder.url, "k", DOCUMENT, "o", "2026/körpü?x")
    assert recorder.requests[0][1] == "/v1/articles/o/2026%2Fk%C3%B6rp%C3%BC%3Fx"


async def test_a_parallel_version_is_put_under_its_language(recorder: Recorder, session: aiohttp.ClientSession) -> None:
    await push_version(session, recorder.url, "k", DOCUMENT, "khazar-news", "bridge", "en")
    assert recorder.requests[0][:2] == ("PUT", "/v1/articles/khazar-news/bridge/versions/en")


async def test_a_kill_carries_its_reason(recorder: Recorder, session: aiohttp.ClientSession) -> None:
    answer = await withdraw(session, recorder.url, "k", "o", "bridge", "Səhv məlumat")
    ((method, path, _, body),) = recorder.requests
    assert (method, path, orjson.loads(body)) == ("DELETE", "/v1/articles/o/bridge", {"reason": "Səhv məlumat"})
    assert answer.is_done


async def test_a_refusal_is_an_answer_that_says_why(recorder: Recorder, session: aiohttp.ClientSession) -> None:
    problem = {
        "type": "/problems/invalid-document",
        "title": "The document breaks rules of its format",
        "detail": "1 fault",
        "errors": [{"pointer": "/urgency", "detail": "must be 1 to 9"}],
    }
    recorder.responses.append(web.json_response(problem, status=422, content_type="application/problem+json"))
    answer = await push_document(session, recorder.url, "k", DOCUMENT, "o", "i")
    assert (answer.is_done, answer.problem) == (False, "invalid-document")
    assert answer.reason == "422 – The document breaks rules of its format – 1 fault – /urgency: must be 1 to 9"
    assert len(recorder.requests) == 1


async def test_an_answer_that_is_no_json_is_still_an_answer(recorder: Recorder, session: aiohttp.ClientSession) -> None:
    recorder.responses.append(web.Response(status=502, text="<h1>Bad gateway</h1>"))
    answer = await push_document(session, recorder.url, "k", DOCUMENT, "o", "i")
    assert (answer.status, answer.body, answer.problem, answer.reason) == (502, {}, "about:blank", "502")


@pytest.mark.parametrize("status", [429, 503])
async def test_a_busy_server_is_asked_again_when_it_says(
    recorder: Recorder, session: aiohttp.ClientSession, status: int
) -> None:
    recorder.responses += [web.Response(status=status, headers={"Retry-After": "0"}) for _ in range(2)]
    answer = await push_document(session, recorder.url, "k", DOCUMENT, "o", "i", pauses=(60, 60))
    assert (answer.status, len(recorder.requests)) == (201, 3)


async def test_a_server_that_stays_busy_is_given_up(recorder: Recorder, session: aiohttp.ClientSession) -> None:
    recorder.responses += [web.Response(status=503) for _ in range(9)]
    answer = await push_document(session, recorder.url, "k", DOCUMENT, "o", "i", pauses=(0, 0))
    assert (answer.status, len(recorder.requests)) == (503, 3)


async def test_a_server_that_asks_for_a_long_wait_is_given_up_at_once(
    recorder: Recorder, session: aiohttp.ClientSession
) -> None:
    recorder.responses.append(web.Response(status=503, headers={"Retry-After": "3600"}))
    answer = await push_document(session, recorder.url, "k", DOCUMENT, "o", "i")
    assert (answer.status, len(recorder.requests)) == (503, 1)


async def test_a_redirect_does_not_get_the_key(recorder: Recorder, session: aiohttp.ClientSession) -> None:
    recorder.responses.append(web.Response(status=307, headers={"Location": "/elsewhere"}))
    answer = await push_document(session, recorder.url, "k", DOCUMENT, "o", "i")
    assert (answer.status, answer.is_done, len(recorder.requests)) == (307, False, 1)


async def test_a_broken_connection_is_tried_again(session: aiohttp.ClientSession) -> None:
    tries = 0

    async def handle(request: web.Request) -> web.Response:
        nonlocal tries
        tries += 1
        if tries < 3 and request.transport is not None:
            request.transport.abort()
        return web.json_response({"changed": True}, status=201)

    app = web.Application()
    app.router.add_put("/{path:.*}", handle)
    async with TestServer(app) as server:
        url = str(server.make_url("/"))
        answer = await push_document(session, url, "k", DOCUMENT, "o", "i", pauses=(0, 0, 0, 0))
    assert answer.status == 201
    assert tries >= 3


async def test_a_server_that_is_not_there_is_named(session: aiohttp.ClientSession) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ServerUnreachable, match=url):
            await push_document(session, url, "k", DOCUMENT, "o", "i", pauses=(0,))


@pytest.mark.parametrize("url", ["nonsense", "ftp://127.0.0.1", "http://[::1"])
async def test_an_address_that_is_none_is_refused(session: aiohttp.ClientSession, url: str) -> None:
    with pytest.raises(ServerUnreachable):
        await push_document(session, url, "k", DOCUMENT, "o", "i", pauses=())
