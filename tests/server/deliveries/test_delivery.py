"""What is pushed arrives, in order, once the other end takes it; nobody is hammered (CONTRACT §5.1)."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.config import Delivery
from server.delivery.attempts import judge, next_retry, read_retry_after
from server.delivery.gates import REST, Gates, Resting
from server.outbound import Answer
from server.store.subscriptions import Subscription

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
HEADLINES = [
    "The ministers will meet in the capital on Friday",
    "A conference on water will open on Monday",
    "The museum in the old town will open again",
]


def make_subscription(failures=0, kind="websub", **more):
    values = dict.fromkeys(Subscription.__slots__, None) | {"id": 1, "kind": kind, "failures": failures} | more
    return Subscription(**values)


async def push_all(server, count=3):
    for number in range(count):
        answer = await server.push(f"item-{number}", headline=HEADLINES[number])
        assert answer.status == 201


@pytest.mark.parametrize("trouble", [500, (429, {"Retry-After": "1"}), (301, {"Location": "/other"}), "hang", "reset"])
async def test_what_did_not_arrive_is_brought_again_once(server, newsroom, sink, clock, trouble):
    await newsroom.subscribe()
    sink.answers = [trouble]
    await server.push("one", headline=HEADLINES[0])
    one = await newsroom.wait_for_state(failures=1)
    assert one["state"] == "live"
    assert one["last_error"]
    assert one["next_attempt"] > "2026-11-26T12:00:10"
    await server.push("two", headline=HEADLINES[1])
    await asyncio.sleep(0.2)
    assert len(sink.pushes) == 1, "a change in between must not end the pause"
    await newsroom.pass_time(seconds=20)
    await sink.wait_for(2)
    await server.settle()
    assert [push.path for push in sink.pushes] == ["/callback"] * 2  # no redirect was followed
    assert sink.pushes[1].titles == [HEADLINES[1], HEADLINES[0]]
    assert (await newsroom.list())[0]["failures"] == 0


async def test_pauses_grow_until_the_lease_ends(server, newsroom, sink, clock):
    await newsroom.subscribe(hub_lease_seconds="86400")
    sink.answers = [500] * 100
    await server.push()
    pauses = []
    for number in range(1, 10):
        one = await newsroom.wait_for_state(failures=number)
        due = datetime.fromisoformat(one["next_attempt"])
        pauses.append((due - clock.now).total_seconds())
        await newsroom.pass_time(seconds=pauses[-1])
    assert pauses[:3] == pytest.approx([11, 22, 44], rel=0.1)
    assert all(later > before for before, later in pairwise(pauses[:7]))
    assert 1000 <= pauses[-1] <= 1200
    await newsroom.pass_time(days=1)
    one = await newsroom.wait_for_state(state="expired")
    assert "500" in one["reason"]


async def test_gone_means_gone(server, newsroom, sink):
    await newsroom.subscribe()
    sink.answers = [410]
    await server.push("one")
    await newsroom.wait_for_state(state="gone")
    await server.push("two", headline=HEADLINES[1])
    await server.settle()
    assert len(sink.pushes) == 1


async def test_an_hour_of_trouble_loses_nothing_and_keeps_the_order(server, newsroom, sink, clock):
    await newsroom.subscribe()
    sink.answers = [500] * 4
    await push_all(server)
    for number in range(1, 5):
        await newsroom.wait_for_state(failures=number)
        await newsroom.pass_time(minutes=20)
    await sink.wait_for(5)
    await server.settle()
    titles = [title for push in sink.pushes[4:] for title in reversed(push.titles)]
    assert titles == HEADLINES[:3]


async def test_one_that_hangs_keeps_no_other_waiting(server, newsroom, sink, make_sink, make_newsroom):
    quick = await make_sink()
    await newsroom.subscribe()
    await make_newsroom(server, quick).subscribe()
    sink.answers = ["hang"]
    await server.push()
    await quick.wait_for(1, seconds=0.9)


async def test_a_host_gets_only_so_much_at_once(start, config, sink, make_newsroom):
    delivery = config.delivery.model_copy(update={"per_host": 2, "timeout_seconds": 5})
    server = await start(config=config.model_copy(update={"delivery": delivery}))
    newsroom = make_newsroom(server, sink)
    for number in range(6):
        await newsroom.subscribe(hub_callback=f"{sink.base}/{number}")
    sink.most_at_once, sink.answers = 0, ["hang"] * 6
    await server.push()
    await sink.wait_for(2)
    await asyncio.sleep(0.1)
    sink.release()
    await sink.wait_for(6)
    assert sink.most_at_once == 2


async def test_an_address_where_nothing_answers_rests():
    now = NOW
    gates = Gates(Delivery(), lambda: now)
    for _ in range(5):
        async with gates.passed("http://a.example/x"):
            gates.note("http://a.example/x", answered=False)
    with pytest.raises(Resting):
        async with gates.passed("http://a.example/y"):
            raise AssertionError
    async with gates.passed("http://a.example:8080/y"):
        pass
    now += REST
    async with gates.passed("http://a.example/y"):
        gates.note("http://a.example/y", answered=True)


async def test_a_host_gets_only_so_much_a_second():
    gates = Gates(Delivery(per_second=50), lambda: NOW)
    loop = asyncio.get_running_loop()
    started = loop.time()
    for _ in range(11):
        async with gates.passed("http://a.example/"):
            pass
    assert loop.time() - started >= 0.2


async def test_an_embargoed_article_is_pushed_when_it_opens_and_not_before(server, newsroom, sink, clock):
    await newsroom.subscribe()
    await server.push(embargoedUntil="2026-11-26T13:00:00Z")
    await asyncio.sleep(0.3)
    assert sink.pushes == []
    await newsroom.pass_time(hours=1, seconds=1)
    (push,) = await sink.wait_for(1)
    assert len(push.titles) == 1


async def test_an_article_withdrawn_before_its_turn_goes_out_as_a_stub_only(server, newsroom, sink, clock):
    """What is pushed is read through the gate when it is sent."""
    await newsroom.subscribe()
    sink.answers = [500]
    await server.push()
    await newsroom.wait_for_state(failures=1)
    await server.call("DELETE", "/v1/articles/caravan-wire/one", by="caravan-wire")
    await newsroom.pass_time(seconds=20)
    push = (await sink.wait_for(2))[1]
    assert push.titles == ["Withdrawn"]
    assert b"ministers" not in push.body


async def test_a_correction_reaches_who_received_the_item_whatever_the_filter_says_now(server, newsroom, sink):
    await newsroom.subscribe("world/en.atom?subject=medtop:04000000")
    await server.push("one", subjects=[{"name": "Economy", "uri": "medtop:04000000"}])
    await server.push("other", headline=HEADLINES[1])
    await sink.wait_for(1)
    await server.push("one", headline="Correction: the ministers will meet on Saturday in the capital")
    push = (await sink.wait_for(2))[1]
    assert push.titles == ["Correction: the ministers will meet on Saturday in the capital"]
    await server.call("DELETE", "/v1/articles/caravan-wire/one", by="caravan-wire")
    assert (await sink.wait_for(3))[2].titles == ["Withdrawn"]
    await server.call("DELETE", "/v1/articles/caravan-wire/other", by="caravan-wire")
    await server.settle()
    assert len(sink.pushes) == 3


async def test_a_long_silence_is_broken_by_a_signed_sign_of_life(server, newsroom, sink, clock):
    await newsroom.subscribe(hub_secret="quiet")
    await newsroom.pass_time(hours=25)
    (push,) = await sink.wait_for(1, seconds=20)
    assert push.headers["Karvan-Event"] == "heartbeat"
    assert push.titles == []
    assert push.headers["X-Hub-Signature"].startswith("sha256=")
    assert push.headers["Link"].endswith('rel="self"')
    assert (await newsroom.wait_for_state(failures=0))["last_success"] > "2026-11-27"


async def test_a_server_that_starts_again_goes_on_where_it_was(start, newsroom, sink, clock, make_newsroom):
    await newsroom.subscribe()
    sink.answers = [500]
    await newsroom.server.push("one", headline=HEADLINES[0])
    await newsroom.wait_for_state(failures=1)
    server = await start()
    clock.pass_time(seconds=20)
    await server.push("two", headline=HEADLINES[1])
    await sink.wait_for(2)
    await server.settle()
    titles = [title for push in sink.pushes[1:] for title in reversed(push.titles)]
    assert titles == HEADLINES[:2]


async def test_more_than_one_delivery_holds_comes_in_several_in_order(server, newsroom, sink):
    await newsroom.subscribe()
    sink.answers = [500]
    lines = [make_line(number) for number in range(60)]
    answer = await server.call("PUT", "/v1/articles/caravan-wire/first", by="caravan-wire", json=lines[0])
    assert answer.status == 201
    await newsroom.wait_for_state(failures=1)
    for number, line in enumerate(lines[1:]):
        await server.call("PUT", f"/v1/articles/caravan-wire/item-{number}", by="caravan-wire", json=line)
    await newsroom.pass_time(seconds=20)
    await sink.wait_for(3)
    titles = [title for push in sink.pushes[1:] for title in reversed(push.titles)]
    assert titles == [line["headlines"][0]["value"] for line in lines]
    assert [len(push.titles) for push in sink.pushes[1:]] == [50, 10]


def make_line(number):
    return {
        "type": "text",
        "language": "en",
        "headlines": [{"value": f"The ministers will meet in the capital for the {number + 2}th time"}],
        "bodies": [{"contentType": "text/html", "value": "<p>They will discuss trade and water.</p>"}],
    }


async def test_the_log_says_what_became_of_every_attempt(server, newsroom, sink, clock):
    await newsroom.subscribe(by="demo-newsroom")
    sink.answers = [503]
    await server.push()
    one = await newsroom.wait_for_state(failures=1)
    await newsroom.pass_time(seconds=20)
    await sink.wait_for(2)
    await server.settle()
    answer = await server.call("GET", f"/v1/subscriptions/{one['id']}", by="demo-newsroom")
    assert [(line["outcome"], line["status"]) for line in answer.json["log"]] == [("delivered", 204), ("failed", 503)]
    assert "secret" not in answer.text


async def test_subscriptions_are_their_owners_business(server, newsroom):
    await newsroom.subscribe(by="demo-newsroom")
    (one,) = await newsroom.list()
    assert (await server.call("GET", "/v1/subscriptions")).status == 401
    assert (await server.call("GET", "/v1/subscriptions", by="caravan-wire")).json == []
    assert len((await server.call("GET", "/v1/subscriptions", by="demo-newsroom")).json) == 1
    assert (await server.call("GET", f"/v1/subscriptions/{one['id']}", by="caravan-wire")).status == 404


@given(st.integers(0, 200), st.integers(1, 10_000), st.one_of(st.none(), st.integers(-1000, 1_000_000)))
def test_a_pause_is_never_shorter_than_asked_for_nor_endless(failures, number, after):
    settings = Delivery(retry_min_seconds=5, retry_max_seconds=3600)
    asked = None if after is None else NOW + timedelta(seconds=after)
    retry_at = next_retry(make_subscription(failures, id=number), settings, NOW, asked)
    assert NOW + timedelta(seconds=5) <= retry_at <= NOW + timedelta(days=1)
    if asked is not None and after <= 86_400:
        assert retry_at >= asked


@given(st.text(max_size=40))
def test_no_retry_after_breaks_anything(text):
    read_retry_after(text, NOW)


def test_a_retry_after_is_seconds_or_a_date():
    assert read_retry_after("120", NOW) == NOW + timedelta(seconds=120)
    assert read_retry_after("Thu, 26 Nov 2026 12:02:00 GMT", NOW) == NOW + timedelta(seconds=120)
    assert read_retry_after("soon", NOW) is None


@pytest.mark.parametrize(
    ("status", "websub", "destination"),
    [(204, "arrived", "arrived"), (410, "gone", "gone"), (302, "later", "later"), (422, "later", "refused"),
     (401, "later", "later"), (429, "later", "later"), (500, "later", "later")],
)  # fmt: skip
def test_what_an_answer_means(status, websub, destination):
    answer = Answer(status, {}, b"")
    assert judge(answer, make_subscription(), Delivery(), NOW).meaning == websub
    assert judge(answer, make_subscription(kind="destination"), Delivery(), NOW).meaning == destination
