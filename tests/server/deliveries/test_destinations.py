"""Destinations of the configuration: signed, numbered, in order, at least once; or files in a folder."""

import asyncio
import base64
import hashlib
import hmac
import json
import re

import pytest

from server.config import Destination
from server.configfile import ConfigError, parse_config

KEY = "a key that both sides know"
HEADLINES = [
    "The ministers will meet in the capital on Friday",
    "A conference on water will open on Monday",
    "The museum in the old town will open again",
]


@pytest.fixture
def start_with(start, config, make_newsroom):
    """Start a server with one destination, `desk`."""

    async def start_with(sink, **options):
        known = {"url": f"{sink.base}/in", "channels": ("world",), "languages": ("en",), "key": KEY}
        settings = {name: options.pop(name) for name in list(options) if name in ("notices", "notice_minutes")}
        destination = Destination(**known | options)
        delivery = config.delivery.model_copy(update=settings)
        server = await start(config=config.model_copy(update={"destinations": {"desk": destination},
                                                              "delivery": delivery}))  # fmt: skip
        return server, make_newsroom(server, sink)

    return start_with


async def kill(server, item="one"):
    answer = await server.call("DELETE", f"/v1/articles/caravan-wire/{item}", by="caravan-wire")
    assert answer.status == 200


def verify(push, key=KEY):
    """By RFC 9421 and RFC 9530, read from the headers alone."""
    headers = {name.lower(): value for name, value in push.headers.items()}
    digest = base64.b64encode(hashlib.sha256(push.body).digest()).decode()
    assert headers["content-digest"] == f"sha-256=:{digest}:"
    label, _, parameters = headers["signature-input"].partition("=")
    names = re.findall(r'"([^"]+)"', parameters.partition(")")[0])
    assert {"@method", "@target-uri", "content-digest", "karvan-sequence", "idempotency-key"} <= set(names)
    derived = {"@method": push.method, "@target-uri": f"http://{headers['host']}{push.path}"}
    lines = [f'"{name}": {derived.get(name) or headers[name]}' for name in names]
    base = "\n".join([*lines, f'"@signature-params": {parameters}']).encode()
    signature = base64.b64decode(headers["signature"].removeprefix(f"{label}=:").removesuffix(":"))
    assert hmac.compare_digest(signature, hmac.digest(key.encode(), base, "sha256"))


async def test_what_never_arrived_had_no_success(sink, start_with):
    sink.answers = [503]
    server, newsroom = await start_with(sink)
    await server.push("one")
    shown = await newsroom.wait_for_state(failures=1)
    assert (shown["last_attempt"] is not None, shown["last_success"]) == (True, None)
    await newsroom.pass_time(seconds=30)
    shown = await newsroom.wait_for_state(failures=0)
    assert shown["last_success"] == shown["last_attempt"]


async def test_items_come_signed_and_numbered_in_order(sink, start_with):
    server, _ = await start_with(sink)
    for number, headline in enumerate(HEADLINES):
        answer = await server.push(f"item-{number}", headline=headline)
        assert answer.status == 201, answer.text
    pushes = await sink.wait_for(3)
    for number, push in enumerate(pushes):
        verify(push)
        assert json.loads(push.body)["headlines"][0]["value"] == HEADLINES[number]
        assert push.headers["Karvan-Sequence"] == str(number + 1)
        assert push.headers["Karvan-Event"] == "item"
        assert push.headers["Content-Type"] == "application/vnd.iptc.ninjs+json"
    assert len({push.headers["Idempotency-Key"] for push in pushes}) == 3


@pytest.mark.parametrize(
    ("format_", "media_type"),
    [("atom", "application/atom+xml;type=entry; charset=utf-8"), ("newsml", "application/vnd.iptc.g2.newsitem+xml")],
)
async def test_a_destination_gets_its_format(sink, start_with, format_, media_type):
    server, _ = await start_with(sink, format=format_)
    await server.push()
    (push,) = await sink.wait_for(1)
    assert push.headers["Content-Type"].startswith(media_type)
    assert b"The ministers will meet" in push.body
    verify(push)


async def test_a_repetition_is_the_same_to_the_last_byte_but_for_its_time(sink, start_with):
    server, newsroom = await start_with(sink)
    sink.answers = [500]
    await server.push()
    await newsroom.wait_for_state(failures=1)
    await newsroom.pass_time(seconds=20)
    first, second = await sink.wait_for(2)
    assert first.body == second.body
    for name in ("Idempotency-Key", "Karvan-Sequence", "Content-Digest"):
        assert first.headers[name] == second.headers[name]
    verify(second)


async def test_trouble_holds_back_what_comes_after(sink, start_with):
    server, newsroom = await start_with(sink)
    sink.answers = [204, 503]
    for number, headline in enumerate(HEADLINES):
        await server.push(f"item-{number}", headline=headline)
    await newsroom.wait_for_state(failures=1)
    assert len(sink.pushes) == 2
    await newsroom.pass_time(seconds=20)
    pushes = await sink.wait_for(4)
    assert [push.headers["Karvan-Sequence"] for push in pushes] == ["1", "2", "2", "3"]


async def test_an_item_that_is_refused_for_good_holds_nothing_back(sink, start_with):
    server, newsroom = await start_with(sink)
    sink.answers = [422]
    await server.push("one", headline=HEADLINES[0])
    await sink.wait_for(1)
    await server.push("two", headline=HEADLINES[1])
    pushes = await sink.wait_for(2)
    assert json.loads(pushes[1].body)["headlines"][0]["value"] == HEADLINES[1]
    await server.settle()
    (one,) = await newsroom.list()
    answer = await server.call("GET", f"/v1/subscriptions/{one['id']}", by="admin")
    (letter,) = answer.json["dead_letters"]
    assert letter["error"] == "it answered 422"
    assert (letter["outlet"], letter["item"]) == ("caravan-wire", "one")


async def test_a_kill_says_so_and_shows_nothing(sink, start_with):
    server, _ = await start_with(sink)
    await server.push()
    await sink.wait_for(1)
    await kill(server)
    push = (await sink.wait_for(2))[1]
    verify(push)
    assert push.headers["Karvan-Event"] == "withdrawal"
    assert json.loads(push.body)["pubStatus"] == "canceled"
    assert b"ministers" not in push.body


async def test_a_kill_goes_to_who_received_the_item_though_the_destination_was_narrowed_since(start, sink, start_with):
    server, _ = await start_with(sink)
    await server.push()
    await sink.wait_for(1)
    server, _ = await start_with(sink, channels=("economy",))
    await server.push("other", headline=HEADLINES[1])
    await kill(server)
    push = (await sink.wait_for(2))[1]
    assert json.loads(push.body)["pubStatus"] == "canceled"
    await server.settle()
    assert len(sink.pushes) == 2


async def test_a_text_that_stands_in_two_channels_comes_once(sink, start_with):
    server, _ = await start_with(sink, channels=("world", "economy"))
    await server.push(subjects=[{"name": "Economy", "uri": "medtop:04000000"}])
    await sink.wait_for(1)
    await server.settle()
    assert len(sink.pushes) == 1


async def test_what_was_never_sent_is_not_withdrawn(sink, start_with):
    server, newsroom = await start_with(sink)
    sink.answers = [500]
    await server.push()
    await newsroom.wait_for_state(failures=1)
    await kill(server)
    await server.push("two", headline=HEADLINES[1])
    await newsroom.pass_time(seconds=20)
    await sink.wait_for(2)
    await server.settle()
    assert [json.loads(push.body)["headlines"][0]["value"] for push in sink.pushes[1:]] == [HEADLINES[1]]


async def test_a_private_channel_goes_to_its_subscriber(sink, start_with):
    server, _ = await start_with(sink, channels=("turkic",), languages=("az",), subscriber="demo-newsroom")
    text = "<p>Dörd ölkənin nazirləri cümə günü görüşəcəklər və ticarətdən danışacaqlar.</p>"
    headline = "Nazirlər cümə günü paytaxtda görüşəcəklər"
    await server.push("one", by="khazar-news", language="az", headline=headline, text=text)
    assert len(await sink.wait_for(1)) == 1


async def test_what_is_not_acknowledged_is_told_again_until_it_is(sink, start_with):
    server, newsroom = await start_with(sink, receipts="explicit", subscriber="demo-newsroom")
    await server.push()
    await sink.wait_for(1)
    await kill(server)
    await sink.wait_for(2)
    await server.settle()
    await newsroom.pass_time(minutes=31)
    push = (await sink.wait_for(3))[2]
    assert push.headers["Karvan-Event"] == "notice"
    assert json.loads(push.body)["pubStatus"] == "canceled"
    verify(push)
    await server.settle()
    given = {"receipts": [{"outlet": "caravan-wire", "item": "one", "language": "en"}]}
    answer = await server.call("POST", "/v1/receipts", by="demo-newsroom", json=given)
    assert answer.status == 200, answer.text
    await newsroom.pass_time(minutes=31)
    await asyncio.sleep(0.3)
    assert len(sink.pushes) == 3


async def test_notices_are_given_up_at_last(sink, start_with):
    server, newsroom = await start_with(sink, receipts="explicit", notices=2)
    await server.push()
    await sink.wait_for(1)
    await kill(server)
    for number in range(2, 5):
        await sink.wait_for(number)
        await server.settle()
        await newsroom.pass_time(minutes=31)
    await newsroom.pass_time(minutes=31)
    await asyncio.sleep(0.3)
    assert len(sink.pushes) == 4


async def test_a_folder_gets_files_that_sort(tmp_path, sink, start_with):
    folder = tmp_path / "spool"
    server, _ = await start_with(sink, url="", folder=str(folder), format="atom")
    await server.push("one.item~1", headline=HEADLINES[0])
    await server.settle()
    await server.push("two", headline=HEADLINES[1])
    await server.settle()
    await kill(server, "two")
    await server.settle()
    names = sorted(path.name for path in folder.iterdir())
    assert names == [
        "000000000001.caravan-wire.one-item-1.en.atom",
        "000000000002.caravan-wire.two.en.atom",
        "000000000003.caravan-wire.two.en.withdrawn.atom",
    ]
    assert HEADLINES[0] in (folder / names[0]).read_text()


async def test_a_folder_that_cannot_be_written_is_tried_again(tmp_path, sink, start_with):
    (tmp_path / "spool").write_text("a file is in the way")
    server, newsroom = await start_with(sink, url="", folder="spool", format="ninjs")
    await server.push()
    await newsroom.wait_for_state(failures=1)
    (tmp_path / "spool").unlink()
    await newsroom.pass_time(seconds=20)
    await newsroom.wait_for_state(failures=0)
    (file,) = (tmp_path / "spool").iterdir()
    assert file.name == "000000000001.caravan-wire.one.en.json"


async def test_a_silent_destination_hears_that_it_is_not_forgotten(sink, start_with):
    _, newsroom = await start_with(sink)
    await newsroom.pass_time(hours=25)
    (push,) = await sink.wait_for(1)
    assert push.headers["Karvan-Event"] == "heartbeat"
    assert json.loads(push.body)["sequence"] == 0
    verify(push)


@pytest.mark.parametrize(
    ("lines", "word"),
    [
        ('channels = ["world"]', "either"),
        ('url = "https://a.example/"\nfolder = "x"\nchannels = ["world"]\nkey = "0123456789abcdef"', "either"),
        ('url = "https://a.example/"\nchannels = ["world"]', "signed"),
        ('url = "http://10.0.0.1/"\nchannels = ["world"]\nkey = "0123456789abcdef"', "outbound"),
        ('folder = "x"\nchannels = ["nowhere"]', "no channel"),
        ('folder = "x"\nchannels = ["turkic"]', "not public"),
        ('folder = "x"\nchannels = ["desk"]', "not public"),
        ('folder = "x"\nchannels = ["world"]\nsubscriber = "nobody"', "no subscriber"),
        ('folder = "x"\nchannels = ["world"]\nlanguages = ["fr"]', "languages"),
        ('url = "https://a.example/"\nchannels = ["world"]\nkey = "0123456789abcdef"\nalgorithm = "ed25519"', "32 by"),
    ],
)  # fmt: skip
def test_a_destination_that_cannot_work_is_refused(shipped, lines, word):
    with pytest.raises(ConfigError, match=word):
        parse_config(f"{shipped}\n[destinations.desk]\n{lines}\n")
