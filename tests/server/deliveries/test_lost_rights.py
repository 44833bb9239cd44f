"""Who received a text and may not read it any more is told, wherever they received it; nobody else is."""

import json

import pytest

from server.config import Destination
from server.configfile import parse_config

KEY = "a key that both sides know"
HOME = '\n[rights.home]\nterms = "home only"\nterritories = "AZ"\n'
OTHERS = '\n[[exchanges.turkic.grants]]\nreader = "demo-newsroom"\nof = "bosphorus-post"\n'
TEXT = {
    "by": "khazar-news",
    "language": "az",
    "headline": "Nazirlər cümə günü paytaxtda görüşəcəklər",
    "text": "<p>Dörd ölkənin nazirləri cümə günü görüşəcəklər və ticarətdən danışacaqlar.</p>",
}
WORLD, INNER = "/v1/channels/world/en/items", "/v1/channels/turkic/az/items"


@pytest.fixture
def make_config(config, shipped):
    """The sample with more in it, and the destination `desk` of demo-newsroom."""

    def make_config(more="", sink=None, **instead):
        text = shipped
        for old, new in instead.values():
            assert old in text
            text = text.replace(old, new)
        wanted = parse_config(text + HOME + more)
        kept = {name: getattr(config, name) for name in ("outbound", "delivery", "hub", "translation")}
        if sink is not None:
            channels = ("turkic",) if wanted.subscribers["demo-newsroom"].exchanges else ("economy",)
            options = {"channels": channels, "languages": ("en", "az"), "key": KEY, "subscriber": "demo-newsroom"}
            kept["destinations"] = {"desk": Destination(url=f"{sink.base}/in", **options)}
        return wanted.model_copy(update=kept)

    return make_config


async def list_changes(server, address, after=0, by=None):
    answer = await server.call("GET", f"{address}?after={after}", by=by)
    assert answer.status == 200, answer.text
    return [item["state"] for item in answer.json["items"]], answer.json["next"]


def count_stones(push):
    return push.body.count(b"deleted-entry ref=")


async def test_rights_that_become_narrower_are_told_to_who_is_elsewhere(start, make_config, sink, make_newsroom):
    """The newsroom is in GE; nobody knows where anybody is."""
    server = await start(config=make_config())
    newsroom = make_newsroom(server, sink)
    await newsroom.subscribe(by="demo-newsroom")
    await newsroom.subscribe(hub_callback=f"{sink.base}/anyone")
    await newsroom.subscribe(hub_callback=f"{sink.base}/there", by="khazar-news")
    assert (await server.push()).status == 201
    await sink.wait_for(3)
    _, after = await list_changes(server, WORLD)
    assert (await server.push(usageTerms="Home only")).status == 200
    pushes = {push.path: push for push in (await sink.wait_for(6))[3:]}
    assert [count_stones(pushes[path]) for path in ("/callback", "/anyone", "/there")] == [1, 1, 0]
    assert [len(pushes[path].titles) for path in ("/callback", "/anyone", "/there")] == [0, 0, 1]
    for reader, states in ((None, ["removed"]), ("demo-newsroom", ["removed"]), ("khazar-news", ["usable"])):
        told, following = await list_changes(server, WORLD, after, reader)
        assert told == states
        assert await list_changes(server, WORLD, following, reader) == ([], following), "told twice"
    await server.push(usageTerms="Home only", headline="The ministers will meet on Saturday in the capital")
    await server.settle()
    assert len(sink.pushes) == 7, "what may not be read is not told of"


async def test_who_could_never_read_it_hears_nothing(start, make_config, sink, make_newsroom):
    server = await start(config=make_config())
    newsroom = make_newsroom(server, sink)
    await newsroom.subscribe(by="demo-newsroom")
    await server.push(usageTerms="Home only")
    await server.push(usageTerms="Home only", headline="The ministers will meet on Saturday in the capital")
    await server.call("DELETE", "/v1/articles/caravan-wire/one", by="caravan-wire")
    await server.settle()
    assert sink.pushes == []
    for reader in (None, "demo-newsroom"):
        assert (await list_changes(server, WORLD, 0, reader))[0] == []


async def test_who_subscribed_later_never_received_it(start, make_config, sink, make_newsroom):
    server = await start(config=make_config())
    await server.push()
    await make_newsroom(server, sink).subscribe()
    await server.push(usageTerms="Home only")
    await server.settle()
    assert sink.pushes == []


async def test_a_filtered_subscription_is_told_of_what_its_ledger_has(start, make_config, sink, make_newsroom):
    server = await start(config=make_config())
    newsroom = make_newsroom(server, sink)
    await newsroom.subscribe("world/en.atom?outlet=caravan-wire")
    await server.push()
    await server.push("other", by="khazar-news")
    await sink.wait_for(1)
    await server.settle()
    await server.push("other", by="khazar-news", usageTerms="Home only")
    await server.push(usageTerms="Home only")
    await sink.wait_for(2)
    await server.settle()
    (push,) = sink.pushes[1:]
    assert count_stones(push) == 1
    assert b"caravan-wire/one/en" in push.body


@pytest.mark.parametrize("loses", ["a grant", "its country", "its exchange"])
async def test_a_reader_who_loses_their_rights_is_told_and_the_others_hear_nothing(
    start, make_config, make_sink, make_newsroom, loses
):
    sink, desk = await make_sink(), await make_sink()
    to_az = ('country = "GE"                 # for', 'country = "AZ"                 # for')
    to_none = ('exchanges = ["turkic", "silk-road"]', "exchanges = []")
    before = {"x": to_az} if loses == "its country" else {}
    server = await start(config=make_config(sink=desk, **before))
    newsroom = make_newsroom(server, sink)
    await newsroom.subscribe("turkic/az.atom", by="demo-newsroom")
    await newsroom.subscribe("turkic/az.atom", by="bosphorus-post", hub_callback=f"{sink.base}/member")
    terms = {"usageTerms": "Home only"} if loses == "its country" else {}
    assert (await server.push(**TEXT, **terms)).status == 201
    reach_member = loses != "its country"  # bosphorus-post is in TR
    await sink.wait_for(1 + reach_member)
    await desk.wait_for(1)
    await server.settle()
    _, after = await list_changes(server, INNER, 0, "demo-newsroom")
    instead = {"x": to_none} if loses == "its exchange" else {}
    server = await start(config=make_config(OTHERS if loses == "a grant" else "", sink=desk, **instead))
    await desk.wait_for(2)
    await server.settle()
    told = json.loads(desk.pushes[1].body)
    assert desk.pushes[1].headers["Karvan-Event"] == "withdrawal"
    assert (told["pubStatus"], "Nazirlər" in str(told)) == ("withheld", False)
    if loses == "its exchange":  # the channel is closed to it: it is told that its subscription has ended
        assert sink.asked[-1].query["hub.mode"] == "denied"
        assert (await server.call("GET", INNER, by="demo-newsroom")).status == 403
    else:
        push = (await sink.wait_for(2 + reach_member))[-1]
        assert (push.path, count_stones(push), push.titles) == ("/callback", 1, [])
        assert (await list_changes(server, INNER, after, "demo-newsroom"))[0] == ["removed"]
    assert len(sink.pushes) == 1 + reach_member + (loses != "its exchange")
    assert (await list_changes(server, INNER, after, "bosphorus-post"))[0] == []


async def test_who_gets_the_rights_back_reads_it_again(start, make_config, sink, make_newsroom):
    server = await start(config=make_config())
    await make_newsroom(server, sink).subscribe()
    await server.push()
    await sink.wait_for(1)
    await server.settle()
    await server.push(usageTerms="Home only")
    await sink.wait_for(2)
    await server.settle()
    _, after = await list_changes(server, WORLD)
    await server.push()
    pushes = await sink.wait_for(3)
    assert (len(pushes[2].titles), count_stones(pushes[2])) == (1, 0)
    assert (await list_changes(server, WORLD, after))[0] == ["usable"]
    assert (await list_changes(server, WORLD))[0] == ["usable"], "the loss is forgotten"


async def test_events_tell_that_it_is_gone(start, make_config):
    server = await start(config=make_config(), with_worker=False)
    await server.push()
    address = f"{server.base}/v1/events?channel=world&language=en&after=0"
    async with server.session.get(address) as stream:
        async for line in stream.content:
            if line.startswith(b"event: appeared"):
                break
        await server.push(usageTerms="Home only")
        said = b""
        async for line in stream.content:
            said += line
            if b"removed" in said and line.startswith(b"data:"):
                break
    assert b"changed" not in said
    assert b"caravan-wire/one/en" in said
    assert b"headline" not in said.partition(b"event: removed")[2]


async def test_receipts_say_who_has_heard_that_they_may_not_read_it(start, make_config, sink, make_newsroom):
    server = await start(config=make_config())
    newsroom = make_newsroom(server, sink)
    await newsroom.subscribe(by="demo-newsroom")
    await server.push()
    await server.push("never", usageTerms="Home only", headline="A conference on water will open on Monday")
    await sink.wait_for(1)
    await server.settle()
    sink.answers = [503]
    await server.push(usageTerms="Home only")
    await newsroom.wait_for_state(failures=1)

    async def list_recipients(item):
        answer = await server.call("GET", f"/v1/articles/caravan-wire/{item}/receipts", by="caravan-wire")
        return [one["has_latest"] for one in answer.json["languages"]["en"]["recipients"]]

    assert await list_recipients("one") == [False]
    assert await list_recipients("never") == []
    await newsroom.pass_time(seconds=20)
    await sink.wait_for(3)
    await server.settle()
    assert await list_recipients("one") == [True]


@pytest.mark.parametrize("format_", ["atom", "json", "rss"])
async def test_a_public_feed_has_a_tombstone_until_all_may_read_it_again(start, make_config, format_):
    server = await start(config=make_config(), with_worker=False)
    address, before = f"/feeds/world/en.{format_}", {}
    await server.push("never", usageTerms="Home only", headline="A conference on water will open on Monday")
    await server.push()
    for terms, shown in ((None, True), ("Home only", False), (None, True)):
        await server.push(**({"usageTerms": terms} if terms else {}))
        feed = await server.call("GET", address, headers=before)
        assert feed.status == (200 if before or shown else 304)
        assert ("ministers" in feed.text) is shown
        assert ("deleted-entry" in feed.text or '"ref"' in feed.text) is not shown
        assert "caravan-wire/never" not in feed.text
        before = {"If-None-Match": feed.headers["ETag"]}
