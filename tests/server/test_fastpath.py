"""Hot feeds answered beside aiohttp: the same bytes as through it, whatever is asked and however it arrives."""

import asyncio
import itertools
import re
import zlib
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from server.keys import DATABASE, HOT_FEEDS
from server.serving.encodings import _deflate, splice_gzip
from server.serving.fastpath import FastConnection, Unusual, read_ask
from server.serving.hotfeeds import MOST_IDLE, HotFeeds
from server.store.engine import TRUST, Database

WORLD = "/feeds/world/en.atom"
GET = b"GET " + WORLD.encode() + b" HTTP/1.1\r\nHost: karvan.example\r\n"


@dataclass
class Wire:
    """One connection of its own."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def ask(self, *packets, gap=0.02):
        for number, packet in enumerate(packets):
            if number:
                await asyncio.sleep(gap)
            self.writer.write(packet)
            await self.writer.drain()
        return await self.read(has_body=not b"".join(packets).startswith(b"HEAD "))

    async def read(self, *, has_body=True):
        """Status line, headers in their order, body."""
        async with asyncio.timeout(10):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[:-2]
            headers = [tuple(line.split(": ", 1)) for line in head[1:]]
            length = int(dict(headers).get("Content-Length", 0))
            body = await self.reader.readexactly(length) if has_body and " 304 " not in head[0] else b""
        return head[0], headers, body

    async def close(self):
        self.writer.close()
        await asyncio.gather(self.writer.wait_closed(), return_exceptions=True)


async def connect(server):
    host, port = server.base.removeprefix("http://").split(":")
    return Wire(*await asyncio.open_connection(host, int(port)))


async def ask_once(server, *packets, **options):
    wire = await connect(server)
    try:
        return await wire.ask(*packets, **options)
    finally:
        await wire.close()


@pytest.fixture
async def hot(quiet):
    """A feed that has just been asked for in every encoding; `served` counts what the fast path answers."""
    await quiet.push()
    await warm(quiet)
    return quiet


async def warm(server, path=WORLD):
    for encoding in ("identity", "gzip", "br", "zstd"):
        answer = await server.call("GET", path, headers={"Accept-Encoding": encoding})
    return answer


def count_answers(server, monkeypatch):
    """How many requests the fast path has answered from now on."""
    answered = []
    write = HotFeeds.write_head

    def note(self, ask, ready):
        answered.append(ask)
        return write(self, ask, ready)

    monkeypatch.setattr(HotFeeds, "write_head", note)
    return answered


def strip(reply):
    """But for what differs from answer to answer."""
    status, headers, body = reply
    given = dict(headers)
    assert re.fullmatch(r"[\w.-]{1,64}", given["X-Request-Id"])
    return status, [(name, value) for name, value in headers if name not in ("Date", "X-Request-Id")], body


async def ask_both(server, *packets, **options):
    """The answers with and without the fast path."""
    fast = await ask_once(server, *packets, **options)
    spots = dict(server.app[HOT_FEEDS]._spots)
    server.app[HOT_FEEDS]._spots.clear()
    try:
        slow = await ask_once(server, *packets, **options)
    finally:
        server.app[HOT_FEEDS]._spots.update(spots)
    return fast, slow


async def test_what_is_hot_is_answered_fast_with_the_headers_of_the_slow_path_in_their_order(hot, monkeypatch):
    answered = count_answers(hot, monkeypatch)
    etag = (await hot.call("GET", WORLD, headers={"Accept-Encoding": "gzip"})).headers["ETag"].encode()
    kinds = [
        b"",
        b"Accept-Encoding: gzip\r\n",
        b"Accept-Encoding: zstd\r\nConnection: close\r\n",
        b"Accept-Encoding: gzip\r\nIf-None-Match: " + etag + b"\r\n",
        b"If-Modified-Since: Fri, 27 Nov 2026 12:00:00 GMT\r\nX-Request-Id: mine\r\n",
    ]
    for method, more in itertools.product((b"GET", b"HEAD"), kinds):
        answered.clear()
        fast, slow = await ask_both(hot, method + GET[3:] + more + b"\r\n")
        assert strip(fast) == strip(slow)
        assert len(answered) == 1
    ids = [dict((await ask_once(hot, GET + b"\r\n"))[1])["X-Request-Id"] for _ in range(3)]
    assert len(set(ids)) == 3
    assert dict((await ask_once(hot, GET + b"X-Request-Id: mine\r\n\r\n"))[1])["X-Request-Id"] == "mine"


async def test_an_answer_without_a_body_ends_with_its_head(hot, monkeypatch):
    answered = count_answers(hot, monkeypatch)
    etag = (await hot.call("GET", WORLD)).headers["ETag"].encode()
    for method, more in ((b"HEAD", b""), (b"GET", b"If-None-Match: " + etag + b"\r\n")):
        wire = await connect(hot)
        wire.writer.write(method + GET[3:] + more + b"Connection: close\r\n\r\n")
        async with asyncio.timeout(10):
            assert (await wire.reader.read()).partition(b"\r\n\r\n")[2] == b""
        await wire.close()
    assert len(answered) == 2


USUAL = {
    "Accept-Encoding": ["gzip", "br", "zstd", "identity", "*", "gzip;q=0.5, br", "gzip;q=0", "x-gzip", "GZIP", "",
                        "identity;q=0", "*;q=0", "gzip ; q=0.2,\tzstd;q=0.3", "deflate"],
    "If-None-Match": ["{}", "W/{}", '"other", {}', "{gzip}", "*", "", '"other"', "{", "{} ", '"a,b", {}'],
    "If-Modified-Since": ["Fri, 27 Nov 2026 12:00:00 GMT", "Wed, 25 Nov 2026 12:00:00 GMT", "yesterday", "",
                          "Mon, 01 Jan 99999 00:00:00 GMT"],
    "Connection": ["close", "keep-alive", "Close", "Keep-Alive, TE", "close, keep-alive", ""],
    "X-Request-Id": ["mine", "two words", "", "x" * 65, "a.b-c_d"],
    "Accept": ["text/html", "application/atom+xml", "*/*"],
    "User-Agent": ["feedparser/6", "é"],
}  # fmt: skip
ODD = {
    "Authorization": ["Bearer wrong", "Basic Og=="],
    "Host": ["karvan.example", "karvan.example:8080", "[::1]:80", "", "a b"],
    "Content-Length": ["0", "5"],
    "Transfer-Encoding": ["chunked"],
    "Expect": ["100-continue"],
    "Upgrade": ["h2c", "websocket"],
    "Range": ["bytes=0-1"],
    "A-IM": ["feed"],
    "If-Match": ['"other"'],
    "X-Odd": ["a\tb", "a\x0bb", "\x7f", "x" * 5000, ":", " "],
    "Proxy-Connection": ["close"],
}  # fmt: skip
usual, odd = ([(name, value) for name in names for value in names[name]] for names in (USUAL, ODD))
fields = st.sampled_from(usual * 6 + odd)  # most of what is made up is for the fast path to answer
lines = st.tuples(fields, st.sampled_from([": "] * 16 + [":", ":  ", ":\t", " : "]), st.sampled_from(["", " ", "\t"]),
                  st.sampled_from([str, str.lower, str.upper]))  # fmt: skip
TARGETS = [*[WORLD] * 60, WORLD + "?origin=source", "/feeds/world/%65n.atom", "/feeds/world/en.atom?", "/livez",
           "http://karvan.example" + WORLD, "//feeds/world/en.atom", "/feeds/world/en.exe", WORLD + "#x"]  # fmt: skip


# Nothing is made smaller when it fails: a request is small, and each try may wait for an answer that never comes.
@settings(
    max_examples=70,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    method=st.sampled_from(["GET"] * 12 + ["HEAD"] * 8 + ["get", "POST", "OPTIONS"]),
    target=st.sampled_from(TARGETS),
    version=st.sampled_from(["HTTP/1.1"] * 18 + ["HTTP/1.0", "HTTP/2.0"]),
    given_lines=st.lists(lines, max_size=4),
    has_host=st.sampled_from([True] * 19 + [False]),
    cut=st.sampled_from([None] * 100 + [*range(1, 21)]),
)
@example("GET", WORLD, "HTTP/1.1", [(("If-None-Match", "{}"), ": ", " ", str)], True, None)
@example("HEAD", WORLD, "HTTP/1.0", [(("Connection", "keep-alive"), ": ", "", str)], True, None)
@example("HEAD", WORLD, "HTTP/1.1", [], True, 1)
async def test_any_request_gets_the_answer_of_the_slow_path(hot, method, target, version, given_lines, has_host, cut):
    etag = (await hot.call("GET", WORLD)).headers["ETag"]
    zipped = (await hot.call("GET", WORLD, headers={"Accept-Encoding": "gzip"})).headers["ETag"]
    head = f"{method} {target} {version}\r\n" + ("Host: karvan.example\r\n" if has_host else "")
    for (name, value), colon, end, shape in given_lines:
        head += shape(name) + colon + value.replace("{}", etag).replace("{gzip}", zipped) + end + "\r\n"
    sent = (head + "\r\n").encode("latin-1")
    packets = (sent,) if cut is None else (sent[:cut], sent[cut:])
    fast, slow = await ask_both(hot, *packets)
    assert compare(fast) == compare(slow)


def compare(reply):
    """Everything but the time, the id where it was made, and the problem's `instance`."""
    status, headers, body = reply
    made = re.compile(rb"[0-9a-f]{32}")
    shown = [(name, made.sub(b"id", value.encode("latin-1"))) for name, value in headers if name != "Date"]
    return status, shown, made.sub(b"id", body) if b"problem" in str(headers).encode() else body


def read(name, head=GET, end=b"\r\n"):
    return read_ask(head + name + end)


def test_the_same_bytes_are_the_same_ask():
    assert read(b"Accept-Encoding: gzip\r\n") is read(b"Accept-Encoding: gzip\r\n")
    assert read(b"Accept-Encoding: gzip\r\n") is not read(b"Accept-Encoding: br\r\n")


@pytest.mark.parametrize(
    "more",
    [b"Authorization: Bearer x\r\n", b"Content-Length: 0\r\n", b"Host: other\r\n", b"A: b\r\n c\r\n", b"A: \xff\r\n",
     b"Connection: upgrade\r\n", b"A : b\r\n", b"A: b\n", b"Expect: 100-continue\r\n", b"A: b\r\nA: c\r\n",
     b"A: " + b"x" * 5000 + b"\r\n", b"A: b\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n"],
)  # fmt: skip
def test_what_is_unusual_is_not_read(more):
    with pytest.raises(Unusual):
        read(more)


def test_keys_are_not_remembered():
    before = read_ask.cache_info().currsize
    for key in (b"one", b"two"):
        with pytest.raises(Unusual):
            read(b"Authorization: Bearer " + key + b"\r\n")
    assert read_ask.cache_info().currsize == before


# When it counts


async def test_a_change_in_this_process_is_seen_at_once(hot):
    for number in range(3):
        assert (await hot.push(f"next-{number}")).status == 201
        assert f"/next-{number}/" in (await ask_once(hot, GET + b"\r\n"))[2].decode()


async def test_what_was_killed_is_never_answered_again(hot):
    answer = await hot.call("DELETE", "/v1/articles/caravan-wire/one", by="caravan-wire", json={"reason": "wrong"})
    assert answer.status == 200
    assert b"They will discuss trade" not in (await ask_once(hot, GET + b"\r\n"))[2]


async def test_an_address_is_trusted_for_a_moment_only(hot, clock):
    ask = read_ask(GET + b"Accept-Encoding: gzip\r\n\r\n")
    hot_feeds = hot.app[HOT_FEEDS]
    assert hot_feeds.find(ask) is not None
    clock.pass_time(seconds=TRUST.total_seconds())
    assert hot_feeds.find(ask) is None
    clock.pass_time(seconds=-3600)
    assert hot_feeds.find(ask) is None


async def test_an_embargo_ends_and_an_article_expires_on_time(quiet, clock):
    begun = clock.now.replace(microsecond=0)
    await quiet.push("later", embargoedUntil="2026-11-26T12:00:10Z", expires="2026-11-26T12:00:20Z")
    for seconds, is_there in ((9, False), (1.1, True), (8, True), (2, False)):
        clock.pass_time(seconds=seconds)
        for _ in range(3):
            _, headers, body = await ask_once(quiet, GET + b"\r\n")
            assert (b"<title>The ministers" in body) == is_there
            age = int(re.search(r"max-age=(\d+)", dict(headers)["Cache-Control"])[1])
            turns = [one for one in (10, 20) if begun + timedelta(seconds=one) > clock.now]
            assert not turns or clock.now + timedelta(seconds=age) <= begun + timedelta(seconds=turns[0])


async def test_an_embargo_that_comes_later_counts_for_what_is_hot_already(hot, clock):
    """It is no change before it ends, but nobody may keep the feed for longer."""
    assert int(re.search(r"max-age=(\d+)", (await hot.call("GET", WORLD)).headers["Cache-Control"])[1]) > 10
    await hot.push("later", headline="The ministers have met", embargoedUntil="2026-11-26T12:00:10Z")
    for _ in range(3):
        _, headers, body = await ask_once(hot, GET + b"\r\n")
        assert int(re.search(r"max-age=(\d+)", dict(headers)["Cache-Control"])[1]) < 10
        assert b"have met" not in body
        await hot.app[HOT_FEEDS]._look_after(hot.app[DATABASE])
    clock.pass_time(seconds=10)
    for _ in range(3):
        assert b"have met" in (await ask_once(hot, GET + b"\r\n"))[2]


@pytest.fixture
async def other(hot, start):
    """Another process on the same database."""
    return await start(beside=".", with_worker=False)


async def test_an_embargo_of_another_process_counts_for_what_is_hot(hot, other, clock):
    """It is told by no number of a change, and by no write of this process."""
    await hot.app[HOT_FEEDS]._look_after(hot.app[DATABASE])
    await other.push("later", headline="The ministers have met", embargoedUntil="2026-11-26T12:00:10Z")
    clock.pass_time(seconds=TRUST.total_seconds())
    await hot.app[HOT_FEEDS]._look_after(hot.app[DATABASE])
    _, headers, _ = await ask_once(hot, GET + b"\r\n")
    assert int(re.search(r"max-age=(\d+)", dict(headers)["Cache-Control"])[1]) < 10


async def test_what_another_process_has_killed_is_not_answered_after_a_moment(hot, other, clock):
    """Also where that one has rendered the feed already, and what it wrote then was written lazily."""
    ask = read_ask(GET + b"Accept-Encoding: gzip\r\n\r\n")
    assert hot.app[HOT_FEEDS].find(ask) is not None
    await other.call("DELETE", "/v1/articles/caravan-wire/one", by="caravan-wire", json={"reason": "wrong"})
    await warm(other)
    clock.pass_time(seconds=TRUST.total_seconds())
    assert hot.app[HOT_FEEDS].find(ask) is None
    await hot.app[HOT_FEEDS]._look_after(hot.app[DATABASE])
    assert hot.app[HOT_FEEDS].find(ask) is None
    assert b"They will discuss trade" not in (await ask_once(hot, GET + b"\r\n"))[2]


async def test_a_look_that_waited_long_for_its_connection_takes_nothing_back(hot, clock):
    """Another look and a write came meanwhile."""
    ask = read_ask(GET + b"Accept-Encoding: gzip\r\n\r\n")
    hot_feeds, database, waits = hot.app[HOT_FEEDS], hot.app[DATABASE], asyncio.Event()
    late = asyncio.create_task(hot_feeds._look_after(Crowded(database, waits)))
    await asyncio.sleep(0)
    async with database.write():
        pass
    await hot_feeds._look_after(database)
    waits.set()
    await late
    assert hot_feeds.find(ask) is not None


@dataclass
class Crowded:
    """A database whose connections are all in use until `waits` is set."""

    database: Database
    waits: asyncio.Event

    @property
    def writes(self):
        return self.database.writes

    @asynccontextmanager
    async def glance(self):
        await self.waits.wait()
        async with self.database.glance() as conn:
            yield conn


async def test_what_is_looked_after_stays_trusted(hot, clock):
    """Nothing changes anywhere, so nobody has to wait for the database; what nobody asks for is forgotten."""
    ask = read_ask(GET + b"Accept-Encoding: gzip\r\n\r\n")
    hot_feeds, database = hot.app[HOT_FEEDS], hot.app[DATABASE]
    for _ in range(5):
        clock.pass_time(seconds=TRUST.total_seconds())
        async with database.write():
            pass
        await hot_feeds._look_after(database)
        assert hot_feeds.find(ask) is not None
    for _ in range(MOST_IDLE + 1):
        await hot_feeds._look_after(database)
    assert hot_feeds._spots == {}


async def test_private_channels_are_never_hot(quiet):
    await quiet.push(by="khazar-news")
    for path in ("/feeds/turkic/en.atom", WORLD):
        assert (await quiet.call("GET", path, by="khazar-news")).status == 200
    assert all(target.startswith("/feeds/world/") for target in quiet.app[HOT_FEEDS]._spots)
    assert (await ask_once(quiet, GET.replace(b"world", b"turkic") + b"\r\n"))[0].endswith("401 Unauthorized")


async def test_another_configuration_ends_it(hot):
    hot.app[HOT_FEEDS].clear()
    assert hot.app[HOT_FEEDS].find(read_ask(GET + b"Accept-Encoding: gzip\r\n\r\n")) is None


# Connections


async def test_a_connection_is_kept_between_fast_and_slow_answers(hot, monkeypatch):
    answered = count_answers(hot, monkeypatch)
    wire = await connect(hot)
    for _ in range(5):
        assert (await wire.ask(GET + b"\r\n"))[0] == "HTTP/1.1 200 OK"
        assert (await wire.ask(b"GET /livez HTTP/1.1\r\nHost: karvan.example\r\n\r\n"))[0] == "HTTP/1.1 200 OK"
        await asyncio.sleep(0.02)  # aiohttp is ready again a moment after its answer
    assert len(answered) == 5
    assert (await wire.ask(GET + b"Connection: close\r\n\r\n"))[0] == "HTTP/1.1 200 OK"
    assert await wire.reader.read() == b""
    await wire.close()


async def test_pipelined_and_split_requests_are_all_answered_in_order(hot):
    wire = await connect(hot)
    ids = [f"n{number}" for number in range(12)]
    sent = b"".join(GET + f"X-Request-Id: {one}\r\n\r\n".encode() for one in ids)
    for at in range(0, len(sent), 150):
        wire.writer.write(sent[at : at + 150])
        await asyncio.sleep(0.002)
    assert [dict((await wire.read())[1])["X-Request-Id"] for _ in ids] == ids
    await wire.close()


async def test_who_asks_without_reading_fills_no_memory(hot, monkeypatch):
    """Every request comes in a packet of its own, so each could be answered fast."""
    made, note = [], FastConnection.connection_made
    monkeypatch.setattr(
        FastConnection, "connection_made", lambda self, transport: made.append(transport) or note(self, transport)
    )
    text = "<p>The ministers of four countries will meet on Friday. They will discuss trade and water.</p>" * 2_000
    assert (await hot.push("long", text=text)).status == 201
    await warm(hot)
    size = len((await hot.call("GET", WORLD)).body)
    assert size > 180_000
    wire = await connect(hot)
    wire.writer.transport.pause_reading()
    most = 0
    for _ in range(150):
        wire.writer.write(GET + b"\r\n")
        await asyncio.sleep(0.001)
        most = max(most, made[-1].get_write_buffer_size())
    wire.writer.transport.abort()
    await wire.close()
    assert 0 < most <= 2.5 * size  # one that was answered fast, one that aiohttp waits with


# Encodings


pieces = st.lists(st.binary(max_size=300) | st.binary(min_size=1, max_size=8).map(lambda one: one * 5_000), max_size=40)


@settings(max_examples=40)
@given(pieces)
@example([])
@example([b"x" * 70_000] * 40)
def test_spliced_gzip_is_one_member_that_decodes_to_the_whole(given_pieces):
    spliced = splice_gzip(given_pieces)
    decoder = zlib.decompressobj(zlib.MAX_WBITS | 16)
    assert decoder.decompress(spliced) == b"".join(given_pieces)
    assert decoder.eof
    assert decoder.unused_data == b""
    _deflate.cache_clear()
    assert splice_gzip(given_pieces) == spliced


def test_one_changed_piece_has_few_runs_made_anew():
    entries = [b"".join(b"%d-%d " % (number, word * number) for word in range(300)) for number in range(100)]
    splice_gzip(entries)
    before = _deflate.cache_info()
    splice_gzip([b"A new entry on top. " * 50, *entries[:40], *entries[41:]])
    after = _deflate.cache_info()
    assert after.misses - before.misses <= 6
    assert after.hits - before.hits >= 8
