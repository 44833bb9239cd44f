"""The WebSub hub, clause by clause (W3C Recommendation, §5 to §8)."""

import asyncio
import hashlib
import hmac
import socket

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server import problems
from server.delivery.hub import check_callback, make_challenge_address
from server.keys import DATABASE
from server.outbound import Courier
from server.store.keys import revoke_keys

AZERBAIJANI = {
    "by": "khazar-news",
    "language": "az",
    "headline": "Nazirlər cümə günü paytaxtda görüşəcəklər",
    "text": "<p>Dörd ölkənin nazirləri cümə günü görüşəcəklər və ticarətdən danışacaqlar.</p>",
}
FEED = "https://karvan.example/feeds/world/en.atom"


async def test_a_subscriber_is_asked_and_gets_what_is_new(server, newsroom, sink):
    await server.push("before")
    await newsroom.subscribe()
    asked = sink.asked[0].query
    assert asked["hub.mode"] == "subscribe"
    assert asked["hub.topic"] == FEED
    assert asked["hub.lease_seconds"] == "864000"
    assert len(asked["hub.challenge"]) > 30
    await server.push("after", headline="A conference on water will open in the capital on Monday")
    (push,) = await sink.wait_for(1)
    assert push.titles == ["A conference on water will open in the capital on Monday"]
    feed = await server.call("GET", "/feeds/world/en.atom")
    assert push.headers["Content-Type"] == feed.headers["Content-Type"]
    assert push.headers["Link"] == f'<https://karvan.example/hub>; rel="hub", <{FEED}>; rel="self"'
    assert feed.headers["Link"] == push.headers["Link"]
    links = {link.rel: link.href for link in feedparser.parse(push.body).feed.links}
    assert (links["hub"], links["self"]) == ("https://karvan.example/hub", FEED)
    assert "X-Hub-Signature" not in push.headers


@pytest.mark.parametrize("format_", ["atom", "rss", "json"])
async def test_every_format_names_the_hub_and_is_pushed_in_its_own(server, newsroom, sink, format_):
    await newsroom.subscribe(f"world/en.{format_}")
    await server.push()
    (push,) = await sink.wait_for(1)
    feed = await server.call("GET", f"/feeds/world/en.{format_}")
    assert push.headers["Content-Type"] == feed.headers["Content-Type"]
    assert "https://karvan.example/hub" in feed.text
    assert "The ministers will meet" in push.body.decode()


async def test_the_answer_comes_before_the_subscriber_is_asked(server, newsroom, sink):
    """202 whatever the callback does: nothing is listening there."""
    answer = await newsroom.ask(hub_callback="http://127.0.0.1:9/nobody")
    assert answer.status == 202
    assert await newsroom.list() == []


async def test_a_secret_signs_every_delivery(server, newsroom, sink):
    await newsroom.subscribe(hub_secret="quiet")
    await server.push()
    (push,) = await sink.wait_for(1)
    assert push.headers["X-Hub-Signature"] == "sha256=" + hmac.new(b"quiet", push.body, hashlib.sha256).hexdigest()


async def test_the_operator_can_have_a_longer_signature(start, config, sink, make_newsroom):
    hub = config.hub.model_copy(update={"signature": "sha512"})
    server = await start(config=config.model_copy(update={"hub": hub}))
    await make_newsroom(server, sink).subscribe(hub_secret="quiet")
    await server.push()
    (push,) = await sink.wait_for(1)
    assert push.headers["X-Hub-Signature"] == "sha512=" + hmac.new(b"quiet", push.body, hashlib.sha512).hexdigest()


async def test_who_does_not_agree_gets_nothing(server, newsroom, sink):
    sink.consent = False
    await newsroom.subscribe()
    await server.push()
    await server.settle()
    assert sink.pushes == []
    assert await newsroom.list() == []


async def test_a_renewal_that_fails_leaves_what_stood(server, newsroom, sink):
    await newsroom.subscribe(hub_secret="old")
    sink.consent = False
    await newsroom.subscribe(hub_secret="new", hub_lease_seconds="60")
    await server.push()
    (push,) = await sink.wait_for(1)
    assert push.headers["X-Hub-Signature"] == "sha256=" + hmac.new(b"old", push.body, hashlib.sha256).hexdigest()


async def test_a_renewal_overrides_and_doubles_nothing(server, newsroom, sink):
    await newsroom.subscribe(hub_secret="old")
    await newsroom.subscribe(hub_secret="new", hub_lease_seconds="1000")
    await server.push()
    await sink.wait_for(1)
    await server.settle()
    (push,) = sink.pushes
    assert push.headers["X-Hub-Signature"] == "sha256=" + hmac.new(b"new", push.body, hashlib.sha256).hexdigest()
    (one,) = await newsroom.list()
    assert one["lease_until"] < "2026-11-26T12:20:00"


async def test_who_unsubscribes_gets_no_more(server, newsroom, sink):
    await newsroom.subscribe()
    await newsroom.ask("unsubscribe")
    await newsroom.wait_for_state(state="unsubscribed")
    assert "hub.lease_seconds" not in sink.asked[-1].query
    await server.push()
    await server.settle()
    assert sink.pushes == []


async def test_nobody_can_be_unsubscribed_against_their_will(server, newsroom, sink):
    await newsroom.subscribe()
    sink.consent = False
    await newsroom.ask("unsubscribe")
    await server.settle()
    await server.push()
    assert len(await sink.wait_for(1)) == 1


async def test_the_callbacks_own_query_stays(server, newsroom, sink):
    await newsroom.subscribe(hub_callback=f"{sink.base}/in?token=a%20b&x=1")
    asked = sink.asked[0]
    assert (asked.path, asked.query["token"], asked.query["x"]) == ("/in", "a b", "1")
    await server.push()
    (push,) = await sink.wait_for(1)
    assert push.query == {"token": "a b", "x": "1"}


@pytest.mark.parametrize(("asked", "given"), [("", 864000), ("1", 60), ("5000", 5000), ("99999999", 2592000)])
async def test_a_lease_always_ends_and_its_length_is_told(server, newsroom, sink, asked, given):
    await newsroom.subscribe(hub_lease_seconds=asked)
    assert sink.asked[0].query["hub.lease_seconds"] == str(given)


async def test_what_has_no_meaning_here_is_ignored(server, newsroom, sink):
    await newsroom.subscribe(hub_verify="async", hub_verify_token="x", other="y")
    assert len(await newsroom.list()) == 1


async def test_after_its_lease_a_subscription_gets_nothing(server, newsroom, sink, clock):
    await newsroom.subscribe(hub_lease_seconds="60")
    clock.pass_time(seconds=61)
    await server.push()
    await newsroom.wait_for_state(state="expired")
    assert sink.pushes == []


@pytest.mark.parametrize(
    ("form", "word"),
    [
        ({"hub.mode": "publish"}, "hub.mode"),
        ({"hub.topic": ""}, "hub.topic"),
        ({"hub.topic": "https://elsewhere.example/feed"}, "https://karvan.example/feeds/"),
        ({"hub.topic": "http://karvan.example/feeds/world/en.atom"}, FEED),
        ({"hub.topic": "https://karvan.example/feeds/world/zh-Hans.atom"}, "/feeds/world/zh.atom"),
        ({"hub.topic": f"{FEED}?origin=source&outlet=caravan-wire"}, "?outlet=caravan-wire&origin=source"),
        ({"hub.topic": "https://karvan.example/feeds/world/fr.atom"}, "no feed"),
        ({"hub.topic": "https://karvan.example/feeds/desk/en.atom"}, "no channel"),
        ({"hub.secret": "x" * 200}, "200"),
        ({"hub.lease_seconds": "soon"}, "seconds"),
        ({"hub.callback": "ftp://example.org/"}, "hub.callback"),
        ({"hub.callback": "http://10.0.0.1/"}, "does not reach"),
    ],
)  # fmt: skip
async def test_a_bad_request_is_refused_in_plain_words(server, newsroom, form, word):
    sound = {"hub.mode": "subscribe", "hub.topic": FEED, "hub.callback": "https://newsroom.example/"}
    answer = await server.call("POST", "/hub", data=sound | form)
    assert 400 <= answer.status < 500
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert word in answer.text


async def test_a_filtered_feed_is_a_topic_of_its_own(server, newsroom, sink):
    await newsroom.subscribe("world/en.atom?outlet=khazar-news")
    await server.push("one", by="caravan-wire")
    await server.push("two", by="khazar-news", headline="The museum in the old town will open again on Monday")
    (push,) = await sink.wait_for(1)
    assert push.titles == ["The museum in the old town will open again on Monday"]
    feed = await server.call("GET", "/feeds/world/en.atom?outlet=khazar-news")
    assert feed.headers["Link"] == push.headers["Link"]
    assert "en.atom?outlet=khazar-news" in push.headers["Link"]


async def test_a_private_channel_needs_a_key(server, newsroom, sink):
    assert (await newsroom.ask(feed="turkic/az.atom")).status == 401
    assert (await newsroom.ask(feed="turkic/az.atom", by="caravan-wire")).status == 403
    await newsroom.subscribe("turkic/az.atom", by="demo-newsroom")
    await server.push("one", **AZERBAIJANI)
    assert len(await sink.wait_for(1)) == 1


async def test_who_loses_the_right_is_told_why(server, newsroom, sink):
    await newsroom.subscribe("turkic/az.atom", by="demo-newsroom")
    async with server.app[DATABASE].write() as conn:
        await revoke_keys(conn, "demo-newsroom", server.clock())
    await server.push("one", **AZERBAIJANI)
    await newsroom.wait_for_state(state="denied")
    await server.settle()
    assert sink.pushes == []
    assert sink.asked[-1].query["hub.mode"] == "denied"
    assert "key" in sink.asked[-1].query["hub.reason"]


async def test_a_kill_is_pushed_as_stub_and_tombstone(server, newsroom, sink):
    await newsroom.subscribe()
    await server.push()
    await sink.wait_for(1)
    await server.call("DELETE", "/v1/articles/caravan-wire/one", by="caravan-wire")
    push = (await sink.wait_for(2))[1]
    assert push.titles == ["Withdrawn"]
    assert b"deleted-entry" in push.body
    assert b"ministers" not in push.body


@pytest.mark.parametrize(
    "callback",
    [
        "http://0x7f.1/", "http://2130706433/", "http://017700000001/", "http://127.1/", "http://0/",
        "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://[64:ff9b::7f00:1]/", "http://[::]/",
        "http://169.254.169.254/latest/meta-data", "http://localhost/", "http://LOCALHOST./", "http://127.0.0.1/",
        "http://user@example.org/", "http://user:word@example.org/", "http://example.org@127.0.0.1/",
        "http://example.org\\@127.0.0.1/", "http://exa mple.org/", "http://example.org/\n", "http://example.org/#x",
        "http://１２７.0.0.1/", "http://①②⑦.0.0.1/", "//example.org/", "http:///x", "http://example.org:0/",
        "http://example.org:99999/", "gopher://example.org/", "file:///etc/passwd", "http://-/",
    ],
)  # fmt: skip
def test_a_callback_that_leads_inside_or_is_spelt_oddly_is_refused(callback):
    with pytest.raises(problems.InvalidParameter):
        check_callback(callback, ())


@pytest.mark.parametrize(
    "callback",
    ["http://example.org", "https://news.example:8443/in?x=1&y=%20", "http://93.184.215.14/", "http://[2606:4700::1]/a",
     "https://xn--80ak6aa92e.com/~me/;a=b"],
)  # fmt: skip
def test_an_ordinary_callback_is_taken(callback):
    check_callback(callback, ())


def test_loopback_is_reached_where_the_operator_says_so():
    check_callback("http://127.0.0.1:8000/", ("127.0.0.0/8",))


@given(st.text(max_size=80))
def test_no_text_breaks_the_check(text):
    for callback in (text, f"http://{text}", f"http://example.org/{text}"):
        try:
            check_callback(callback, ())
        except problems.InvalidParameter:
            continue
        assert callback.isascii()


@pytest.mark.parametrize("found", [["127.0.0.1"], ["10.0.0.1", "::1"], ["169.254.169.254"], ["::ffff:127.0.0.1"]])
async def test_a_name_that_stands_for_an_inner_address_is_not_called(sink, monkeypatch, found):
    """It is looked up once, when the connection is made: what the name stood for before does not count."""
    port = int(sink.base.rpartition(":")[2])
    asked = []

    def look_up(host, *_, **__):
        asked.append(host)
        return [(socket.AF_INET6 if ":" in one else socket.AF_INET, 1, 6, "", (one, port)) for one in found]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    courier = Courier(())
    async with courier.opened():
        with pytest.raises(ConnectionError, match="private"):
            await courier.send("POST", f"http://rebound.example:{port}/", b"x", {}, seconds=5)
    assert asked == ["rebound.example"]
    assert sink.got == []


async def test_a_name_that_the_operator_allows_is_called_at_the_address_that_was_looked_at(sink, monkeypatch):
    port = int(sink.base.rpartition(":")[2])
    answers = ["127.0.0.1", "10.0.0.1"]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(socket.AF_INET, 1, 6, "", (answers.pop(0), port))])
    courier = Courier(("news.example",))
    async with courier.opened():
        answer = await courier.send("POST", f"http://news.example:{port}/", b"x", {}, seconds=5)
    assert answer.status == 204
    assert answers == ["10.0.0.1"]


async def test_an_answer_without_end_is_not_read_to_its_end():
    async def pour(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
        try:
            while True:
                writer.write(b"x" * 65536)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(pour, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    courier = Courier(("127.0.0.1",))
    async with server, courier.opened():
        answer = await courier.send("GET", f"http://127.0.0.1:{port}/", None, {}, seconds=5)
        assert len(answer.body) <= 1 << 16


async def test_a_hub_takes_only_so_many(start, config, sink, make_newsroom):
    hub = config.hub.model_copy(update={"most_subscriptions": 1})
    server = await start(config=config.model_copy(update={"hub": hub}))
    newsroom = make_newsroom(server, sink)
    await newsroom.subscribe()
    answer = await newsroom.ask(hub_callback=f"{sink.base}/another")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "3600")
    assert (await newsroom.ask()).status == 202  # a renewal


def test_the_question_keeps_what_the_callback_has():
    asked = {"hub.mode": "denied", "hub.topic": FEED}
    assert make_challenge_address("http://a.example/?b=c", asked).startswith("http://a.example/?b=c&hub.mode=denied&")
    assert make_challenge_address("http://a.example/x", asked).startswith("http://a.example/x?hub.mode=denied&")
