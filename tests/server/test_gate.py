"""One gate (CONTRACT §5.2): no byte of a hidden article leaves by any door, to anybody who may not see it.

Secrets are made-up words that begin with `qzvx`. A walk opens every GET route for every reader and says what it saw.
"""

import asyncio
import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import feedparser
import pytest
import structlog

from server.configfile import parse_config
from server.keys import DATABASE, LOOKOUT
from server.routes import ROUTES
from server.store.articles import find_article
from server.store.deliveries import DeadLetter, save_letter
from server.store.keys import Invitation, save_invitation
from server.store.proposals import save_proposal
from server.store.schema import articles
from server.store.source_pushes import add_push
from server.store.subscriptions import save_subscription
from translators import Direction, TranslationError
from translators.pseudo import LANGUAGES, PseudoTranslator

READERS = (None, "caravan-wire", "bosphorus-post", "demo-newsroom", "khazar-news", "admin")
CIRCLE = {"bosphorus-post", "demo-newsroom", "khazar-news", "admin"}  # of the channel `turkic`
MANAGERS = {"khazar-news", "admin"}  # of what khazar-news pushes
SHOWN = ("en", "tr", "ru")  # the languages that a walk opens: a source, a machine's, one that is held
CHANNELS = ("world", "economy", "culture", "turkic", "desk")
SECRET = re.compile(rb"qzvx[a-z]+")
# The name of an article that was published and withdrawn: a subscriber has to know which it was.
STUB_URI = re.compile(
    rb'"uri":"[^"]*"(?=,"standard":{[^}]*},"type":"text","language":"[a-z]+","versionCreated":"[^"]+","pubStatus":)'
)

# Routes above those of the sample: machine text into Russian waits for an editor; cases of this file by genre.
ROUTING = """
[[routes]]
name = "inner, Russian waits"
when = { genre = ["inner"] }
to = ["turkic"]
languages = ["ru"]
machine = "hold"

[[routes]]
name = "inner"
when = { genre = ["inner"] }
to = ["turkic"]
held = "mark"
stop = true

[[routes]]
name = "off"
when = { genre = ["off"] }
to = ["world"]
languages = ["en"]
machine = "off"

[[routes]]
name = "but Turkish"
when = { genre = ["off"] }
to = ["world"]
languages = ["tr"]
held = "mark"
stop = true

[[routes]]
name = "members, Russian waits"
when = { exchange = ["turkic"] }
to = ["turkic"]
languages = ["ru"]
machine = "hold"

[[routes]]
name = "Russian waits"
to = ["world", "economy"]
languages = ["ru"]
machine = "hold"

"""
SAMPLE = (Path(__file__).parents[2] / "config.toml").read_text()


@pytest.fixture
def config():
    """Machine text into Russian is held by the routes, all other is published whatever a check says of it."""
    assert SAMPLE.count('[[routes]]\nname = "economy"') == 1
    config = parse_config(SAMPLE.replace('[[routes]]\nname = "economy"', ROUTING + '[[routes]]\nname = "economy"'))
    return publish_held(config)


def publish_held(config):
    routes = (
        route.model_copy(update={"held": "mark"} if route.machine == "publish" else {}) for route in config.routes
    )
    return config.model_copy(update={"routes": tuple(routes)})


@pytest.fixture
def strict():
    """Machine text into Russian is held for its quality; no route lets out what is held, no failure is tried again."""
    text = SAMPLE
    for old, new in (
        ('publish_unseen = ["starter", "draft", "publish"]', 'publish_unseen = ["starter", "publish"]'),
        ('# "tr-en" = "publish"', '"en-ru" = "draft"'),
        ('to = ["world"]\nheld = "mark"', 'to = ["world"]\nheld = "wait"'),
        ("job_attempts = 8 ", "job_attempts = 1 "),
    ):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return parse_config(text)


class Marking(PseudoTranslator):
    """Every text names the language it was put in last: `made-ru`, or in what is to be secret `qzvxru`.

    From Azerbaijani the only way leads through English.
    """

    def __init__(self, *secret: str) -> None:
        pairs = (Direction(source, target) for source in LANGUAGES for target in LANGUAGES if source != target)
        super().__init__(directions=(pair for pair in pairs if pair.source != "az" or pair.target == "en"))
        self.secret = secret
        self.is_broken = False

    def forget(self, direction):
        del self._directions[direction]

    def translate(self, texts, direction, **options):
        if self.is_broken:
            raise TranslationError("the engine is out of order")
        return super().translate(texts, direction, **options)

    def _render(self, text, direction):
        plain = re.sub(r"\[(made-|qzvx)\w+\] ", "", text)
        mark = f"qzvx{direction.target}" if direction.target in self.secret else f"made-{direction.target}"
        return f"[{mark}] {plain}"


# Doors


def list_feeds() -> Iterable[str]:
    for channel in CHANNELS:
        for language in SHOWN:
            yield f"/feeds/{channel}/{language}.atom"
        yield from (f"/feeds/{channel}/en.rss", f"/feeds/{channel}/ru.rss", f"/feeds/{channel}/ru.json")
    yield from ("/feeds/world/en.atom?country=AZ", "/feeds/world/ru.atom?origin=machine")
    yield "/feeds/world/en.atom?subject=medtop:04000000"


def list_addressed(pattern: str) -> Callable[[str], Iterable[str]]:
    def make(item: str) -> Iterable[str]:
        for language in ("en", "ru") if "{language}" in pattern else ("",):
            yield pattern.format(outlet="khazar-news", item=item, language=language)

    return make


# Every GET route and the addresses that a walk opens there: those of lists, or those that name an item.
LISTS: Mapping[str, Callable[[], Iterable[str]]] = {
    "/feeds/{channel}/{language}.{format}": list_feeds,
    "/channels/{channel}/{language}": lambda: [f"/channels/{name}/{tag}" for name in CHANNELS for tag in SHOWN],
    "/v1/channels/{channel}/{language}/items": lambda: [
        f"/v1/channels/{name}/{tag}/items" for name in CHANNELS for tag in SHOWN
    ],
    "/sign-in": lambda: ["/sign-in"],
    "/outlets/{outlet}": lambda: ["/outlets/khazar-news", "/outlets/khazar-news?lang=ru"],
    "/": lambda: ["/", "/?lang=ru"],
    "/feeds.opml": lambda: ["/feeds.opml"],
    "/v1/channels": lambda: ["/v1/channels"],
    "/docs": lambda: ["/docs"],
    "/openapi.json": lambda: ["/openapi.json"],
    "/problems": lambda: ["/problems"],
    "/problems/{name}": lambda: ["/problems/article-not-found"],
    "/static/karvan.css": lambda: ["/static/karvan.css"],
    "/v1/media/{outlet}": lambda: ["/v1/media/khazar-news"],
    "/v1/media/{outlet}/{name}": lambda: ["/v1/media/khazar-news/qzvx.jpg"],  # those that are there: test_media
    "/media/{sha256}/{rendition}.jpg": lambda: [f"/media/{'0' * 64}/original.jpg"],
    "/v1/search": lambda: [
        f"/v1/search?limit=100&{asked}"
        for asked in ("q=qzvx*", "q=qzvx*&language=ru&order=newest", "q=ministers", "q=-qzvxpublic+trade", "q=made*")
    ],
    "/search": lambda: ["/search?q=qzvx*", "/search?q=ministers&language=en", "/search?lang=ru&q=made*"],
    "/v1/subscriptions": lambda: ["/v1/subscriptions"],
    "/v1/subscriptions/{id}": lambda: ["/v1/subscriptions/1"],
    "/v1/dead-letters": lambda: ["/v1/dead-letters", "/v1/dead-letters?subscription=1"],
    "/v1/exchanges/{exchange}/balance": lambda: ["/v1/exchanges/turkic/balance"],
    "/v1/keys": lambda: ["/v1/keys"],
    "/v1/keys/invitations": lambda: ["/v1/keys/invitations"],
    "/v1/audit": lambda: ["/v1/audit"],
    "/v1/queue": lambda: ["/v1/queue?limit=500"],
    "/v1/desk": lambda: ["/v1/desk?limit=200"],
    "/v1/sources": lambda: ["/v1/sources"],
    "/v1/sources/{name}/callback/{token}": lambda: ["/v1/sources/qzvx/callback/qzvx?hub.mode=subscribe"],
    "/v1/memory": lambda: ["/v1/memory?source=en&target=ru&q=qzvx"],
    "/v1/memory.tmx": lambda: ["/v1/memory.tmx?source=en&target=ru"],
    "/v1/glossary": lambda: ["/v1/glossary"],
    "/v1/glossary/{exchange}": lambda: ["/v1/glossary/turkic"],
    "/v1/routing": lambda: ["/v1/routing"],
    "/v1/routing/proposals": lambda: ["/v1/routing/proposals"],
    "/v1/routing/proposals/{number}": lambda: ["/v1/routing/proposals/1"],
    "/v1/routing/history": lambda: ["/v1/routing/history"],
    "/v1/routing/history/{number}": lambda: ["/v1/routing/history/1"],
    "/metrics": lambda: ["/metrics"],
    "/admin": lambda: ["/admin"],
    "/admin/routing": lambda: ["/admin/routing"],
    "/admin/routing/history": lambda: ["/admin/routing/history"],
    "/admin/routing/history/{number}": lambda: ["/admin/routing/history/1"],
    "/admin/routing/proposals": lambda: ["/admin/routing/proposals"],
    "/admin/routing/proposals/{number}": lambda: ["/admin/routing/proposals/1"],
    "/admin/queue": lambda: ["/admin/queue"],
    "/admin/deliveries": lambda: ["/admin/deliveries"],
    "/admin/deliveries/{id}": lambda: ["/admin/deliveries/1"],
    "/admin/keys": lambda: ["/admin/keys"],
    "/admin/keys/{id}": lambda: ["/admin/keys/0"],
    "/admin/glossary": lambda: ["/admin/glossary"],
    "/admin/glossary/{exchange}": lambda: ["/admin/glossary/turkic"],
    "/admin/audit": lambda: ["/admin/audit"],
    "/admin/explain": lambda: ["/admin/explain?outlet=khazar-news&item=qzvx"],
    "/livez": lambda: ["/livez"],
    "/readyz": lambda: ["/readyz"],
}
ADDRESSED = {
    "/v1/articles/{outlet}/{item}": list_addressed("/v1/articles/{outlet}/{item}?language={language}"),
    "/v1/articles/{outlet}/{item}/history": list_addressed("/v1/articles/{outlet}/{item}/history"),
    "/v1/articles/{outlet}/{item}/receipts": list_addressed("/v1/articles/{outlet}/{item}/receipts"),
    "/v1/explain/{outlet}/{item}": list_addressed("/v1/explain/{outlet}/{item}"),
    "/v1/desk/{outlet}/{item}/{language}": list_addressed("/v1/desk/{outlet}/{item}/{language}"),
    "/articles/{outlet}/{item}/{language}": list_addressed("/articles/{outlet}/{item}/{language}"),
}
# Those that never end.
STREAMS = {"/v1/events": [f"/v1/events?channel={name}&after=0" for name in CHANNELS]}
LISTED = {path for list_paths in LISTS.values() for path in list_paths()}
HTML, ATOM = {"Accept": "text/html"}, {"Accept": "application/atom+xml"}
NEWSML = {"Accept": "application/vnd.iptc.g2.newsitem+xml"}


def test_the_walk_knows_every_door() -> None:
    """A new GET route fails here until it says how it is walked: add it to LISTS or ADDRESSED."""
    paths = {re.sub(r"\{(\w+):[^}]*\}", r"{\1}", route.path) for route in ROUTES if route.method == "GET"}
    assert paths == LISTS.keys() | ADDRESSED.keys() | STREAMS.keys()
    assert {route.method for route in ROUTES} <= {"GET", "PUT", "POST", "DELETE"}


@dataclass(frozen=True)
class Sight:
    """A secret word, who saw it and where."""

    word: str
    reader: str | None
    path: str

    @property
    def is_addressed(self) -> bool:
        return self.path.startswith(("/v1/articles/", "/articles/", "/v1/desk"))

    def is_in(self, *channels: str) -> bool:
        return self.path.startswith(
            tuple(f"/{kind}/{channel}/" for kind in ("feeds", "channels", "v1/channels") for channel in channels)
            + tuple(f"/v1/events?channel={channel}&" for channel in channels)
        )


async def look(server: Any, path: str, reader: str | None, method: str = "GET", **options: Any) -> set[Sight]:
    """The secret words in an answer: headers and body."""
    answer = await server.call(method, path, by=reader, **options)
    assert answer.status < 500, (path, reader, answer.text)
    headers = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
    asked = SECRET.findall(path.encode())  # what the reader said itself is no news to it
    body = STUB_URI.sub(b"", answer.body)
    words = set(SECRET.findall(headers.encode() + body)) - set(asked)
    return {Sight(word.decode(), reader, path) for word in words}


async def listen(server: Any, path: str, reader: str | None) -> set[Sight]:
    """The secret words in a stream."""
    told = bytearray()
    headers = {} if reader is None else {"Authorization": f"Bearer {await server.get_key(reader)}"}
    async with server.session.get(server.base + path, headers=headers) as response:
        async for chunk in response.content.iter_any():
            told += chunk
    assert b"retry:" in told or response.status != 200
    return {Sight(word.decode(), reader, path) for word in SECRET.findall(bytes(told))}


async def listen_to_all(server: Any, readers: Iterable[str | None]) -> set[Sight]:
    """Open every stream for every reader, until all is told."""
    lookout = server.app[LOOKOUT]
    listening = [
        asyncio.create_task(listen(server, path, reader)) for reader in readers for path in STREAMS["/v1/events"]
    ]
    async with asyncio.timeout(20):
        while lookout.waiting < sum(not task.done() for task in listening):
            await asyncio.sleep(0.01)
    lookout.close()
    told = await asyncio.gather(*listening)
    lookout.is_closed = False
    return set().union(*told)


async def walk(server: Any, items: Iterable[str], readers: Iterable[str | None] = READERS) -> set[Sight]:
    """Open every door for every reader."""
    rows = [list(list_paths()) for list_paths in LISTS.values()]
    rows += [list(list_of(item)) for list_of in ADDRESSED.values() for item in items]
    seen = await listen_to_all(server, readers)
    for reader in readers:
        for paths in rows:
            for path in paths:
                seen |= await look(server, path, reader)
            if reader is None or paths[0] in LISTED:  # a HEAD is its GET without the body
                seen |= await look(server, paths[0], reader, "HEAD")
        for item in items:
            path = f"/v1/articles/khazar-news/{item}"
            for headers in ({}, ATOM, NEWSML):
                seen |= await look(server, path, reader, headers=headers)
    return seen


@pytest.fixture(autouse=True)
def logged(caplog) -> Iterator[list[Any]]:
    """Nothing secret is ever logged, whatever else a test finds."""
    entries: list[Any] = []

    def keep(logger: Any, method: str, event: Any) -> Any:
        entries.append(event)
        raise structlog.DropEvent

    caplog.set_level(logging.INFO)
    configured = structlog.get_config()
    structlog.configure(processors=[structlog.processors.format_exc_info, keep])
    yield entries
    structlog.configure(**configured)
    assert not re.findall(r"qzvx\w*", repr(entries))
    assert not re.findall(r"qzvx\w*", caplog.text)


# Articles


def make_secret(name: str, **changes: Any) -> dict[str, Any]:
    """An English article with a secret word in every field that readers or only editors see; the note has its own."""
    word = f"qzvx{name}"
    return {
        "language": "en",
        "headline": f"The ministers will meet in {word} on Friday to discuss trade",
        "text": f"<p>The ministers of four countries will meet in <em>{word}</em>. They will discuss trade.</p>",
        "descriptions": [{"value": f"A short word about {word}."}],
        "by": f"By {word}",
        "subjects": [{"name": word}, {"name": "economy", "uri": "http://cv.iptc.org/newscodes/mediatopic/04000000"}],
        "copyrightNotice": f"© {word}",
        "usageTerms": f"Only with {word}",
        "edNote": f"Call qzvxnote about {word}",
        "uri": f"tag:khazar-news.example,2026:{word}",
        "altIds": [{"role": "web", "value": f"https://khazar-news.example/{word}"}],
        "associations": [
            {
                "name": "photo",
                "type": "picture",
                "headlines": [{"value": f"A picture of {word}"}],
                "renditions": [{"name": "web", "href": f"https://khazar-news.example/{word}.jpg"}],
            }
        ],
    } | changes


HALF_PAST, LATE = "2026-11-26T12:30:00Z", "2026-11-26T23:00:00Z"
AZERBAIJANI = {
    "language": "az",
    "headline": "Nazirlər cümə günü paytaxtda ticarəti müzakirə edəcəklər",
    "text": "<p>Dörd ölkənin nazirləri cümə günü görüşəcək. Onlar ticarət və su məsələlərini müzakirə edəcəklər.</p>",
}
GENRE_INNER, GENRE_OFF = {"genres": [{"name": "inner"}]}, {"genres": [{"name": "off"}]}


async def kill(server: Any, item: str) -> None:
    path = f"/v1/articles/khazar-news/{item}"
    answer = await server.call("DELETE", path, by="khazar-news", json={"reason": "qzvxreason was wrong"})
    assert answer.status == 200


async def push(server: Any, item: str, **changes: Any) -> None:
    headline = changes.pop("headline", "The ministers will meet in the capital on Friday to discuss trade")
    text = changes.pop("text", "<p>The ministers of four countries will meet on Friday. They will discuss trade.</p>")
    document = {
        "type": "text",
        "language": "en",
        "headlines": [{"value": headline}],
        "bodies": [{"contentType": "text/html", "value": text}],
    }
    path = f"/v1/articles/khazar-news/{item}"
    answer = await server.call("PUT", path, by="khazar-news", json=document | changes)
    assert answer.status in (200, 201), answer.text


async def push_all(server: Any, clock: Any) -> None:
    """One article in each state; of some only the second version holds the secret."""
    await push(server, "public", **make_secret("public"))
    await push(server, "inner", **make_secret("inner"), **GENRE_INNER)
    await push_without_trace(server)
    await push(server, "late")
    await push(server, "withdrawn", **make_secret("withdrawn"))
    await push(server, "killed", **make_secret("killed"))
    await push(server, "expiring", **make_secret("expiring", expires=HALF_PAST))
    await push(server, "off", **AZERBAIJANI, **GENRE_OFF)
    await server.settle()
    for path in list_feeds():  # so that there are cached documents that must not be served any more
        await server.call("GET", path, by="admin")
    await push(server, "late", **make_secret("late", embargoedUntil=LATE))
    await push(server, "withdrawn", **make_secret("withdrawn", pubStatus="withheld"))
    await kill(server, "killed")
    await kill(server, "qzvx-never")
    await server.settle()
    clock.pass_time(minutes=40)


async def push_without_trace(server: Any) -> None:
    """What nobody ever saw; `qzvx-never` is still to be killed."""
    await push(server, "qzvx-embargoed", **make_secret("embargoed", embargoedUntil=LATE))
    await push(server, "qzvx-withheld", **make_secret("withheld", pubStatus="withheld"))
    await push(server, "qzvx-never", **make_secret("never", embargoedUntil=LATE))
    await push(server, "qzvx-expired", **make_secret("expired", expires="2026-11-26T11:00:00Z"))


WITHOUT_TRACE = ("qzvx-embargoed", "qzvx-withheld", "qzvx-never", "qzvx-expired")
HIDDEN = {
    f"qzvx{name}"
    for name in (
        "embargoed", "late", "withheld", "withdrawn", "killed", "never", "expiring", "expired",
        "note", "reason",
    )
}  # fmt: skip
ITEMS = ("public", "inner", "late", "withdrawn", "killed", "expiring", "off", *WITHOUT_TRACE)


ON_DESK = ("qzvxru", "qzvxinner", "qzvxembargoed", "qzvxlate")  # is looked at before its embargo ends


def may_see(sight: Sight) -> bool:
    """CONTRACT: what is hidden only who manages the article sees, and only where it is named."""
    if sight.is_addressed and sight.reader in MANAGERS:
        return True
    if sight.word == "qzvxpublic":
        return True
    everywhere = ("/v1/search?", "/search?", "/outlets/")
    is_home = sight.path in ("/", "/?lang=ru") or sight.path.startswith(everywhere)  # of all channels
    if sight.reader == "admin" and (sight.is_in("desk") or is_home) and sight.word in ON_DESK:
        return True  # machine text into Russian is held, of public and of private articles
    return (
        sight.word == "qzvxinner"
        and sight.reader in CIRCLE
        and (sight.is_addressed or sight.is_in("turkic") or is_home)
    )


async def test_no_door_shows_what_is_hidden_to_anybody(start, clock):
    server = await start(translator=Marking("ru", "en"))
    await push_all(server, clock)
    seen = await walk(server, ITEMS)
    assert [sight for sight in seen if not may_see(sight)] == []
    # The walk has eyes: what may be seen is seen, by each who may and at each kind of door.
    words = {reader: {sight.word for sight in seen if sight.reader == reader} for reader in READERS}
    assert words[None] == words["caravan-wire"] == {"qzvxpublic"}
    assert words["bosphorus-post"] == words["demo-newsroom"] == {"qzvxpublic", "qzvxinner"}
    assert words["admin"] == words["khazar-news"] == {"qzvxpublic", "qzvxinner", "qzvxru", *HIDDEN}
    for word in ("qzvxru", "qzvxembargoed", "qzvxlate"):
        assert Sight(word, "admin", "/feeds/desk/ru.atom") in seen
    assert Sight("qzvxinner", "demo-newsroom", "/feeds/turkic/en.atom") in seen
    assert Sight("qzvxinner", "bosphorus-post", "/channels/turkic/tr") in seen
    for path in (
        "/feeds/world/tr.atom",
        "/feeds/economy/tr.atom",
        "/channels/world/en",
        "/",
        "/articles/khazar-news/public/en",
        "/v1/channels/world/en/items",
        "/v1/events?channel=world&after=0",
        "/v1/search?limit=100&q=qzvx*",
        "/search?q=qzvx*",
    ):
        assert Sight("qzvxpublic", None, path) in seen, path


async def test_what_left_no_trace_is_as_if_it_had_never_been(start):
    server = await start(with_worker=False)
    await push(server, "inner", **make_secret("inner"), **GENRE_INNER)
    await push_without_trace(server)
    await kill(server, "qzvx-never")
    for reader in (None, "caravan-wire", "demo-newsroom"):
        items = [*WITHOUT_TRACE, *(["inner"] if reader not in CIRCLE else [])]
        for item in items:
            for list_of in ADDRESSED.values():
                for path in list(list_of(item))[:2]:
                    for headers in ({}, HTML):
                        headers = {"X-Request-Id": "same"} | headers
                        answer = await server.call("GET", path, by=reader, headers=headers)
                        nothing = await server.call("GET", path.replace(item, "nothing"), by=reader, headers=headers)
                        assert answer.status in (401, 403, 404)
                        assert answer.status == nothing.status
                        assert answer.text.replace(item, "nothing") == nothing.text, (path, reader)
                        for one in (answer, nothing):
                            one.headers.pop("Date")
                            one.headers.pop("Content-Length")
                        assert dict(answer.headers) == dict(nothing.headers)


async def test_what_was_given_up_is_told_to_whom_it_was_for_alone(start, clock):
    """Which it was and why; what stands in it they get where they may see it."""
    server = await start(with_worker=False)
    await push(server, "inner", **make_secret("inner"), **GENRE_INNER)
    await push(server, "late", **make_secret("late", embargoedUntil=LATE))
    topic = {"channel": "turkic", "language": "en", "format": "atom", "query": "", "secret": "qzvxsecret"}
    owner = {"role": "subscriber", "owner": "demo-newsroom", "key_id": "1", "since": 0, "cursor": 0}
    values = topic | owner | {"state": "live", "created_at": clock.now}
    async with server.app[DATABASE].write() as conn:
        await save_subscription(conn, "websub", "https://karvan.example/x", "https://qzvxaddress.example", values)
        for item in ("inner", "late"):
            row = await find_article(conn, "khazar-news", item)
            await save_letter(conn, DeadLetter(1, row.id, "en", 1, "qzvxerror", clock.now))
    doors = ("/v1/dead-letters", "/v1/dead-letters?subscription=1", "/v1/subscriptions", "/v1/subscriptions/1")
    for reader in READERS:
        seen = set().union(*[await look(server, path, reader) for path in doors])
        is_theirs = reader in ("demo-newsroom", "admin")
        assert {sight.word for sight in seen} == ({"qzvxaddress", "qzvxerror"} if is_theirs else set()), reader
        if not is_theirs:
            headers = {"X-Request-Id": "same"}
            there, nothing = [
                await server.call("POST", f"/v1/dead-letters/{number}/retry", by=reader, headers=headers)
                for number in (1, 99)
            ]
            assert there.status == (404 if reader else 401)
            assert there.text == nothing.text


@pytest.fixture
def read() -> Any:
    """With a source."""
    source = '\n[sources.theirs]\nurl = "https://theirs.example/feed.xml"\noutlet = "khazar-news"\n'
    return parse_config(SAMPLE.replace('tag = "karvan.example,2026"', 'tag = "gate.example,2026"') + source)


async def test_what_admins_decide_about_is_shown_to_them_alone(start, clock, read):
    """Proposals, invitations, hubs of sources; tokens and secrets to nobody at all."""
    server = await start(with_worker=False, config=read)
    now, then = clock.now, clock.now + timedelta(days=1)
    hub = {"source": "theirs", "feed": "https://theirs.example/feed.xml", "hub": "https://qzvxhub.example"}
    async with server.app[DATABASE].write() as conn:
        await save_proposal(conn, "# qzvxpart", "qzvxbase", "qzvxdiff", "another", "1", now, then)
        invited = ("khazar-news", "", "qzvxlabel", None, "admin", now, then)
        await save_invitation(conn, Invitation("1", "qzvxhash", *invited))
        await add_push(conn, **hub, topic="qzvxtopic", callback="/qzvxback", token="qzvxtoken", secret="qzvxsecret")
    body = {"note": "qzvxnote"}
    assert (await server.call("POST", "/v1/routing/proposals/1/reject", by="admin", json=body)).status == 200
    seen = await walk(server, [], (None, "khazar-news", "demo-newsroom", "admin"))
    assert {sight.reader for sight in seen} == {"admin"}
    at = {path: {sight.word for sight in seen if sight.path == path} for path in {sight.path for sight in seen}}
    assert at == {
        "/v1/routing/proposals": {"qzvxbase", "qzvxdiff", "qzvxnote"},
        "/v1/routing/proposals/1": {"qzvxbase", "qzvxdiff", "qzvxnote", "qzvxpart"},
        "/v1/keys/invitations": {"qzvxlabel"},
        "/v1/sources": {"qzvxhub"},
        "/v1/audit": {"qzvxnote"},
        "/admin/routing/proposals": {"qzvxnote"},
        "/admin/routing/proposals/1": {"qzvxdiff", "qzvxnote", "qzvxpart"},
        "/admin/keys": {"qzvxlabel"},
        "/admin/deliveries": {"qzvxhub"},
        "/admin/audit": {"qzvxnote"},
    }


async def test_a_stub_of_what_was_withdrawn_says_only_which_it_was(start):
    server = await start(translator=Marking())
    for item in ("killed", "withdrawn", "public"):
        await push(server, item, **make_secret(item))
    await server.settle()
    await kill(server, "killed")
    await push(server, "withdrawn", **make_secret("withdrawn", pubStatus="withheld"))
    for language in ("az", "en", "tr", "zh"):
        body = (await server.call("GET", f"/feeds/world/{language}.atom")).body
        entries = {entry.id.split("/")[-2]: entry for entry in feedparser.parse(body).entries}
        assert {"killed", "withdrawn", "public"} <= entries.keys()
        for item in ("killed", "withdrawn"):
            assert f'deleted-entry ref="tag:karvan.example,2026:khazar-news/{item}/{language}"'.encode() in body
            assert not {"summary", "content", "tags", "rights", "enclosures", "media_content"} & entries[item].keys()
        page = await server.call("GET", f"/articles/khazar-news/killed/{language}")
        assert page.status == 410
        assert (await server.call("GET", f"/articles/khazar-news/withdrawn/{language}")).status == 404
    russian = (await server.call("GET", "/feeds/world/ru.atom")).text  # its Russian version was never out
    assert "/killed/" not in russian
    assert (await server.call("GET", "/v1/articles/khazar-news/killed")).status == 410


async def test_a_kill_in_a_private_channel_is_told_to_its_circle_alone(start):
    server = await start(translator=Marking())
    await push(server, "inner", **make_secret("inner"), **GENRE_INNER)
    await server.settle()
    await kill(server, "inner")
    for reader, status in ((None, 404), ("caravan-wire", 404), ("bosphorus-post", 410), ("demo-newsroom", 410)):
        assert (await server.call("GET", "/v1/articles/khazar-news/inner", by=reader)).status == status
        assert (await server.call("GET", "/articles/khazar-news/inner/en", by=reader)).status == status
    feed = (await server.call("GET", "/feeds/turkic/tr.atom", by="demo-newsroom")).text
    assert "deleted-entry" in feed
    seen = await walk(server, ["inner"], (None, "demo-newsroom", "khazar-news"))
    assert [sight for sight in seen if not (sight.is_addressed and sight.reader in MANAGERS)] == []


async def test_text_that_was_held_stays_in_when_its_successor_fails(start, strict):
    """The engine breaks between two versions: the old text, which an editor never saw, is all there is."""
    engine = Marking("ru")
    server = await start(translator=engine, config=strict)
    await push(server, "one")
    await server.settle()
    assert await look(server, "/feeds/desk/ru.atom", "admin")
    engine.is_broken = True
    await push(server, "one", headline="The ministers will meet in the capital on Sunday to discuss trade")
    await server.settle()
    versions = (await server.call("GET", "/v1/articles/khazar-news/one", by="admin")).json["versions"]
    assert versions["ru"]["freshness"] == "failed"
    assert await walk(server, ["one"], (None, "demo-newsroom")) == set()


async def test_text_that_was_held_stays_in_when_its_package_goes(start, strict):
    engine = Marking("ru")
    server = await start(translator=engine, config=strict)
    await push(server, "one")
    await server.settle()
    assert await look(server, "/feeds/desk/ru.atom", "admin")
    engine.forget(Direction("en", "ru"))
    for day in ("Sunday", "Monday"):
        await push(server, "one", headline=f"The ministers will meet in the capital on {day} to discuss trade")
        await server.settle()
    versions = (await server.call("GET", "/v1/articles/khazar-news/one", by="admin")).json["versions"]
    assert versions["ru"]["freshness"] == "pending"
    assert await walk(server, ["one"], [None]) == set()


async def test_what_the_routes_take_back_is_gone_from_where_it_was(start, config):
    server = await start(translator=Marking())
    await push(server, "one", **make_secret("one"))
    await server.settle()
    assert "qzvxone" in (await server.call("GET", "/feeds/world/tr.atom")).text
    inner = [route.model_copy(update={"to": ("turkic",)}) for route in config.routes]
    server = await start(translator=Marking(), config=config.model_copy(update={"routes": tuple(inner)}))
    await server.settle()
    readers = (None, "caravan-wire", "demo-newsroom", "admin")
    seen = await walk(server, ["one"], readers)
    assert {sight.reader for sight in seen} == CIRCLE & set(readers)
    assert not [sight for sight in seen if sight.is_in("world", "economy")]
    feed = (await server.call("GET", "/feeds/world/tr.atom")).text
    assert 'deleted-entry ref="tag:karvan.example,2026:khazar-news/one/tr"' in feed
    assert not feedparser.parse(feed).entries


async def test_a_kill_reaches_also_the_language_that_an_article_was_once_written_in(start):
    """Its text in that language is gone: the stub must not need it."""
    server = await start(with_worker=False)
    await push(server, "one")
    await push(server, "one", **AZERBAIJANI)
    await kill(server, "one")
    for language in ("en", "az"):
        feed = feedparser.parse((await server.call("GET", f"/feeds/world/{language}.atom")).body)
        assert [entry.title for entry in feed.entries] == [{"en": "Withdrawn", "az": "Geri çəkilib"}[language]]
        assert (await server.call("GET", f"/articles/khazar-news/one/{language}")).status == 410


# Moments


async def get_worlds(server: Any) -> dict[str, Any]:
    return {language: await server.call("GET", f"/feeds/world/{language}.atom") for language in LANGUAGES}


def get_max_age(answer: Any) -> int:
    ages = [int(age) for age in re.findall(r"max-?age=(\d+)", answer.headers["Cache-Control"])]
    return max(ages)


async def test_an_embargo_ends_in_all_languages_in_one_second(start, clock):
    server = await start(translator=Marking(), config=publish_held(parse_config(SAMPLE)))
    await push(server, "before")
    await push(server, "one", **make_secret("one", embargoedUntil=HALF_PAST))
    await server.settle()
    first = await get_worlds(server)
    end = clock.now.replace(minute=30, second=0, microsecond=0)
    for left in (90, 59.5, 1.5, 0.001):
        clock.now = end - timedelta(seconds=left)
        for language, answer in (await get_worlds(server)).items():
            assert answer.body == first[language].body
            assert get_max_age(answer) <= left
    assert await walk(server, ["one"], [None]) == set()
    clock.now = end
    opened = await get_worlds(server)
    for language, answer in opened.items():
        [entry, _] = feedparser.parse(answer.body).entries
        assert "qzvxone" in entry.title
        assert entry.published == entry.updated == "2026-11-26T12:30:00.000000Z"
        assert answer.headers["ETag"] != first[language].headers["ETag"]
        assert (await server.call("GET", f"/articles/khazar-news/one/{language}")).status == 200
        headers = {"If-None-Match": first[language].headers["ETag"]}
        assert (await server.call("GET", f"/feeds/world/{language}.atom", headers=headers)).status == 200
        headers = {"If-Modified-Since": first[language].headers["Last-Modified"]}
        assert (await server.call("GET", f"/feeds/world/{language}.atom", headers=headers)).status == 200


async def test_the_desk_looks_at_what_is_held_before_its_embargo_ends(start, clock):
    server = await start(translator=Marking())
    await push(server, "one", **make_secret("one", embargoedUntil=HALF_PAST))
    await server.settle()
    early = await server.call("GET", "/feeds/desk/ru.atom", by="admin")
    assert early.headers["Cache-Control"].startswith("private")
    [entry] = feedparser.parse(early.body).entries
    assert "qzvxone" in entry.title
    assert entry["karvan_embargoed-until"] == "2026-11-26T12:30:00.000000Z"
    for sight in await walk(server, ["one"]):
        assert sight.reader in MANAGERS
        assert sight.is_addressed or sight.reader == "admin"
    clock.pass_time(minutes=31)
    later = await server.call("GET", "/feeds/desk/ru.atom", by="admin")
    assert later.body == early.body  # its end is nothing new to the desk


async def test_a_kill_under_embargo_is_told_to_the_desk_alone(start):
    server = await start(translator=Marking())
    await push(server, "one", **make_secret("one", embargoedUntil=HALF_PAST))
    await server.settle()
    assert await look(server, "/feeds/desk/ru.atom", "admin")
    await kill(server, "one")
    desk = (await server.call("GET", "/feeds/desk/ru.atom", by="admin")).text
    assert "deleted-entry" in desk
    assert not SECRET.findall(desk.encode())
    for by in (None, "bosphorus-post", "demo-newsroom"):
        for path in ("/articles/khazar-news/one/ru", "/articles/khazar-news/one/en", "/v1/articles/khazar-news/one"):
            assert (await server.call("GET", path, by=by)).status == 404
        assert "deleted-entry" not in (await server.call("GET", "/feeds/world/ru.atom", by=by)).text


async def test_an_article_is_gone_when_it_expires(start, clock):
    server = await start(translator=Marking())
    await push(server, "one", **make_secret("one", expires=HALF_PAST))
    await server.settle()
    end = clock.now.replace(minute=30, second=0, microsecond=0)
    clock.now = end - timedelta(seconds=2)
    before = await server.call("GET", "/feeds/world/tr.atom")
    assert get_max_age(before) <= 2
    assert "qzvxone" in before.text
    filtered = await server.call("GET", "/feeds/world/tr.atom?outlet=khazar-news")
    assert get_max_age(filtered) <= 2
    clock.now = end
    assert await walk(server, ["one"], [None, "demo-newsroom"]) == set()
    headers = {"If-Modified-Since": before.headers["Last-Modified"]}
    assert (await server.call("GET", "/feeds/world/tr.atom", headers=headers)).status == 200


async def test_an_expiry_that_is_moved_counts_in_every_language_at_once(start, clock):
    """Also where the text in that language stays as it is, stale and by a person."""
    server = await start(with_worker=False)
    await push(server, "one", **make_secret("one", version="1"))
    document = {
        "type": "text", "language": "az", "headlines": [{"value": "Nazirlər qzvxone şəhərində görüşəcəklər"}],
        "bodies": [{"contentType": "text/html", "value": AZERBAIJANI["text"]}],
    }  # fmt: skip
    path = "/v1/articles/khazar-news/one/versions/az"
    assert (await server.call("PUT", path, by="khazar-news", json=document)).status == 200
    await push(server, "one", **make_secret("one", version="2", urgency=1))
    assert "qzvxone" in (await server.call("GET", "/feeds/world/az.atom")).text
    await push(server, "one", **make_secret("one", version="3", urgency=1, expires=HALF_PAST))
    assert get_max_age(await server.call("GET", "/feeds/world/az.atom")) <= 1800
    clock.pass_time(minutes=31)
    assert await walk(server, ["one"], [None]) == set()


async def test_a_kill_is_gone_from_every_answer_at_once(start):
    server = await start(translator=Marking())
    await push(server, "one", **make_secret("one"))
    await server.settle()
    before = await get_worlds(server)
    await kill(server, "one")
    assert await walk(server, ["one"], [None, "demo-newsroom"]) == set()
    for language, answer in (await get_worlds(server)).items():
        if language != "ru":  # it was held
            assert answer.headers["ETag"] != before[language].headers["ETag"]
            assert [entry.id for entry in feedparser.parse(answer.body).entries] == [
                f"tag:karvan.example,2026:khazar-news/one/{language}"
            ]


async def test_an_embargoed_article_takes_no_filter_and_no_list_by_surprise(start):
    """Neither an ETag nor a length tells that something waits."""
    server = await start(with_worker=False)
    await push(server, "public")
    before = {path: await server.call("GET", path) for path in ("/", "/feeds/world/en.atom", "/channels/world/en")}
    await push(server, "qzvx-one", **make_secret("one", embargoedUntil=LATE))
    for path, answer in before.items():
        again = await server.call("GET", path)
        assert again.body == answer.body
        assert again.headers.get("ETag") == answer.headers.get("ETag")
        assert again.headers.get("Last-Modified") == answer.headers.get("Last-Modified")


async def test_an_error_of_the_server_logs_no_text(start, logged, monkeypatch):
    """A statement that fails names its parameters in its message, unless it is told not to."""
    server = await start(with_worker=False)
    await push(server, "one")

    async def fail(conn: Any, article_id: int, reason: str, now: Any) -> None:
        await conn.execute(articles.update().values(cancel_reason=reason, changed_at=None))

    monkeypatch.setattr("server.store.articles.cancel_article", fail)
    path, reason = "/v1/articles/khazar-news/one", {"reason": "qzvxreason was wrong"}
    answer = await server.call("DELETE", path, by="khazar-news", json=reason)
    assert answer.status == 500
    assert "qzvx" not in answer.text
    assert [entry["event"] for entry in logged] == ["request failed"]
    assert "IntegrityError" in logged[0]["exception"]
