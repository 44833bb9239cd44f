"""Many articles in one call: each line is what it would be alone, whatever stands before and after it."""

import asyncio
import gzip
import io
import tracemalloc
from collections.abc import AsyncIterator, Sequence
from itertools import count
from tempfile import SpooledTemporaryFile
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from server.config import Quota
from server.configfile import ConfigError, parse_config
from server.handlers import batches, submissions
from server.keys import DATABASE
from server.lines import Bounds, Lines
from server.store.schema import articles, jobs, versions

BATCH = "/v1/articles:batch"
NDJSON = {"Content-Type": "application/x-ndjson"}
WIRE = "caravan-wire"
PREFIXES = count()


def make_ninjs(item: str | None = None, **changes: Any) -> dict[str, Any]:
    document: dict[str, Any] = {
        "type": "text",
        "language": "en",
        "headlines": [{"value": changes.pop("headline", "The ministers will meet in the capital on Friday")}],
        "bodies": [
            {"contentType": "text/html", "value": "<p>The ministers of four countries will meet on Friday.</p>"}
        ],
    }
    if item is not None:
        document["altIds"] = [{"role": "item", "value": item}]
    return document | changes


def write(*lines: Any) -> bytes:
    return b"".join((line if isinstance(line, bytes) else orjson.dumps(line)) + b"\n" for line in lines)


async def send(server: Any, body: Any, *, by: str = WIRE, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await server.call(
        "POST", BATCH, by=by, headers=NDJSON | named, data=io.BytesIO(body) if isinstance(body, bytes) else body
    )


def read(answer: Any) -> list[dict[str, Any]]:
    assert answer.status == 200, answer.text
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    told = [orjson.loads(line) for line in answer.body.splitlines()]
    assert [one["line"] for one in told] == list(range(1, len(told) + 1)), "one line of answer for each, in order"
    return told


async def count_rows(server: Any, table: Any) -> int:
    async with server.app[DATABASE].read() as conn:
        found: int = (await conn.execute(select(func.count()).select_from(table))).scalar_one()
        return found


async def test_an_archive_is_handed_in_with_one_call(server):
    told = read(await send(server, write(*(make_ninjs(f"item-{number}") for number in range(10)))))
    assert [one["item"] for one in told] == [f"item-{number}" for number in range(10)]
    alone = await server.call("POST", "/v1/articles", by=WIRE, json=make_ninjs("alone"))
    assert told[0].keys() - alone.json.keys() == {"line", "status", "etag"}
    assert (told[0]["status"], told[0]["created"], told[0]["version"]) == (201, True, 1)
    seen = await server.call("GET", "/v1/articles/caravan-wire/item-7", by=WIRE)
    assert seen.headers["ETag"].startswith(told[7]["etag"][:-1])
    await server.settle()
    for item in ("item-0", "item-9"):
        found = (await server.call("GET", f"/v1/articles/caravan-wire/{item}")).json["versions"]
        assert {language: one["freshness"] for language, one in found.items()} == dict.fromkeys(
            ("az", "en", "ru", "tr", "zh"), "fresh"
        )
    feed = (await server.call("GET", "/feeds/world/tr.atom")).text
    assert feed.count("</entry>") == 11
    lines = (await server.call("GET", "/v1/audit?what=article.push", by="admin")).body.splitlines()
    noted = [orjson.loads(line) for line in lines]
    assert [one["subject"] for one in noted] == [f"caravan-wire/item-{number}" for number in range(10)] + [
        "caravan-wire/alone"
    ]
    assert {one["who"] for one in noted} == {WIRE}
    assert len({one["request"] for one in noted[:10]}) == 1


TWICE = b'{"language":"en","language":"tr","headlines":[{"value":"A"}]}'
BAD: dict[str, tuple[Any, int, str]] = {
    "not JSON": (b"{language: en}", 400, "malformed-document"),
    "cut": (orjson.dumps(make_ninjs("cut"))[:-9], 400, "malformed-document"),
    "an array": ([make_ninjs("listed")], 422, "invalid-document"),
    "a word": (b'"article"', 422, "invalid-document"),
    "two in a line": (write(make_ninjs("a"))[:-1] + write(make_ninjs("b"))[:-1], 400, "malformed-document"),
    "empty": (b"", 400, "malformed-document"),
    "blanks": (b" \t\r", 400, "malformed-document"),
    "names twice": (TWICE, 400, "malformed-document"),
    "no UTF-8": (b'{"language":"en","headlines":[{"value":"\xff\xfe"}]}', 400, "malformed-document"),
    "NUL": (b"\x00", 400, "malformed-document"),
    "NUL in a text": (make_ninjs("nul", headline="The\x00ministers"), 422, "invalid-document"),
    "too deep": (b'{"a":' + b"[" * 60 + b"]" * 60 + b"}", 400, "malformed-document"),
    "unknown": (make_ninjs("unknown", colour="blue"), 422, "invalid-document"),
    "no headline": (make_ninjs("silent", headlines=[]), 422, "invalid-document"),
    "no language of the outlet": (make_ninjs("tr", language="tr"), 422, "language-not-configured"),
    "no id": (make_ninjs("a/b"), 422, "invalid-document"),
    "translates nothing": (
        make_ninjs("t", associations=[{"rel": "translationOf", "uri": "tag:none"}]),
        422,
        "invalid-document",
    ),
    "another text": (make_ninjs("good-0", headline="Another headline", version="1"), 409, "version-conflict"),
    "no version": (make_ninjs("good-0", headline="Another headline"), 409, "version-required"),
    "too long": (b'{"headlines":"' + b"x" * 2_000_000 + b'"}', 413, "too-large"),
}


async def test_a_bad_line_harms_no_other_and_says_what_it_would_alone(quiet):
    lines: list[Any] = [make_ninjs("good-0", version="1")]
    for number, (bad, _, _) in enumerate(BAD.values(), 1):
        lines += [bad, make_ninjs(f"good-{number}")]
    told = read(await send(quiet, write(*lines)))
    assert len(told) == 2 * len(BAD) + 1
    assert {one["status"] for one in told[::2]} == {201}
    headers = {"Content-Type": "application/json"}
    for (name, (bad, status, slug)), one in zip(BAD.items(), told[1::2], strict=True):
        assert (one["status"], one["type"]) == (status, f"/problems/{slug}"), name
        if status == 413 or name in ("empty", "blanks"):
            continue
        alone = await quiet.call("POST", "/v1/articles", by=WIRE, headers=headers, data=write(bad)[:-1])
        told_alone = {key: value for key, value in alone.json.items() if key != "instance"}
        assert {key: value for key, value in one.items() if key not in ("line", "instance")} == told_alone, name
    assert await count_rows(quiet, articles) == len(BAD) + 1


async def test_a_line_feed_at_the_end_is_no_line_and_one_between_is(quiet):
    one, two = orjson.dumps(make_ninjs("one")), orjson.dumps(make_ninjs("two"))
    assert [line["status"] for line in read(await send(quiet, one + b"\r\n\n" + two))] == [201, 400, 201]
    assert [line["status"] for line in read(await send(quiet, b"\xef\xbb\xbf" + one + b"\n" + two + b"\n"))] == [
        201,
        201,
    ]
    assert [line["status"] for line in read(await send(quiet, b"\n"))] == [400]


async def test_five_hundred_lines_are_taken_and_one_more_stores_nothing(quiet):
    line = b'{"type":"text"}\n'
    told = read(await send(quiet, line * 500))
    assert {one["status"] for one in told} == {422}
    assert len(told) == 500
    good = write(*(make_ninjs(f"item-{number}") for number in range(501)))
    refused = await send(quiet, good, Connection="close")
    assert (refused.status, refused.json["type"]) == (413, "/problems/too-large")
    assert "500" in refused.json["detail"]
    assert await count_rows(quiet, articles) == 0
    assert (await send(quiet, b"\n" * 5_000_000, Connection="close")).status == 413


async def test_what_is_no_batch_is_refused_as_a_whole(quiet):
    body = write(make_ninjs("one"))
    for content_type in ("application/json", "text/plain", "application/x-ndjson;charset=utf-16"):
        answer = await quiet.call("POST", BATCH, by=WIRE, headers={"Content-Type": content_type}, data=body)
        assert (answer.status, answer.json["type"]) == (415, "/problems/unsupported-format"), content_type
    for content_type in ("application/ndjson", "application/jsonl; charset=UTF-8"):
        answer = await quiet.call("POST", BATCH, by=WIRE, headers={"Content-Type": content_type}, data=body)
        assert read(answer)[0]["status"] == 201, content_type
    assert (await send(quiet, b"")).status == 400
    assert (await send(quiet, body, by="admin")).status == 403
    assert (await send(quiet, body, by="demo-newsroom")).status == 403
    assert (await quiet.call("POST", BATCH, headers=NDJSON, data=body)).status == 401
    assert (await send(quiet, body, Idempotency_Key="é")).status == 400
    assert (await send(quiet, body, Content_Encoding="pigeon")).status == 415
    assert read(await send(quiet, gzip.compress(body), Content_Encoding="gzip"))[0]["created"] is False
    assert (await send(quiet, b"\x1f\x8b" + b"x" * 50, Content_Encoding="gzip")).status == 400


async def test_a_body_has_a_limit_of_its_own_however_it_comes(start, config):
    limits = config.limits.model_copy(update={"article_bytes": 1_000, "batch_bytes": 100_000})
    server = await start(config=config.model_copy(update={"limits": limits}), with_worker=False)

    async def flow(piece: bytes, times: int) -> AsyncIterator[bytes]:
        for _ in range(times):
            yield piece

    endless = await send(server, flow(b"x" * 10_000, 100), Connection="close")
    assert (endless.status, endless.json["detail"]) == (413, "at most 100,000 bytes are taken")
    assert (await send(server, b" " * 100_001, Connection="close")).status == 413
    for bomb in (b"\n" * 50_000_000, b"x" * 50_000_000):
        burst = await send(server, gzip.compress(bomb), Content_Encoding="gzip", Connection="close")
        assert burst.status == 413
    told = read(await send(server, flow(orjson.dumps(make_ninjs()) + b"\n" + b"x" * 30_000 + b"\n", 3)))
    assert [one["status"] for one in told] == [201, 413] * 3
    assert "1,000 bytes" in told[1]["detail"]


async def test_a_body_that_comes_too_slowly_is_given_up_and_nothing_of_it_is_stored(quiet, monkeypatch):
    monkeypatch.setattr(batches, "MOST_SECONDS", 0.3)

    async def flow() -> AsyncIterator[bytes]:
        yield write(make_ninjs("one"))
        await asyncio.sleep(30)

    answer = await send(quiet, flow())
    assert (answer.status, answer.json["type"]) == (408, "/problems/body-too-slow")
    assert await count_rows(quiet, articles) == 0


def test_a_hostile_body_takes_little_memory_and_little_disk(tmp_path):
    with (tmp_path / "body").open("w+b") as file:
        lines, piece = Lines(file, Bounds(10**9, 500, 1_000_000, 60.0)), b"x" * 65_536
        tracemalloc.start()
        for _ in range(600):
            lines.add(piece)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert file.tell() == 1_000_000, "of a line that is too long no more is kept"
    assert peak < 2_000_000
    assert list(lines.group(8, 2_000_000)) == [[600 * 65_536]]


@given(st.lists(st.text("ab", max_size=7), max_size=12), st.lists(st.integers(1, 9), min_size=1), st.integers(1, 5))
async def test_lines_are_found_however_the_body_is_cut(texts, cuts, most_lines):
    body, bounds = b"".join(text.encode() + b"\n" for text in texts), Bounds(1_000, 12, 5, 60.0)
    with SpooledTemporaryFile() as file:
        lines, start = Lines(file, bounds), 0
        for size in cuts * (len(body) + 1):
            lines.add(body[start : start + size])
            start += size
        groups = [group async for group in lines.read(most_lines, 8)]
    assert [raw for group in groups for _, raw in group] == [
        text.encode() if len(text) <= bounds.longest else None for text in texts
    ]
    assert [number for group in groups for number, _ in group] == list(range(1, len(texts) + 1))
    assert all(len(group) <= most_lines for group in groups)
    assert all(len(group) == 1 or sum(min(len(texts[number - 1]), 5) for number, _ in group) <= 8 for group in groups)


async def test_the_same_batch_again_changes_nothing(quiet):
    body = write(*(make_ninjs(f"item-{number}") for number in range(30)))
    first, again = read(await send(quiet, body)), read(await send(quiet, body))
    assert {(one["created"], one["changed"], one["version"]) for one in first} == {(True, True, 1)}
    assert {(one["created"], one["changed"], one["version"]) for one in again} == {(False, False, 1)}
    assert await count_rows(quiet, versions) == 30


async def test_under_an_idempotency_key_lines_without_an_item_are_stored_once(quiet):
    lines: list[Any] = [make_ninjs(), b"{", make_ninjs(headline="The ministers will discuss water on Friday")]
    first = read(await send(quiet, write(*lines), Idempotency_Key="night"))
    assert [one["status"] for one in first] == [201, 400, 201]
    lines[1] = make_ninjs(headline="The ministers will discuss roads on Friday")
    again = read(await send(quiet, write(*lines), Idempotency_Key="night"))
    assert [one["item"] for one in again[::2]] == [one["item"] for one in first[::2]]
    assert [one.get("replayed") for one in again] == [True, None, True], "what was refused may be sent anew"
    assert again[1]["created"]
    other = read(await send(quiet, write(make_ninjs(headline="Another")), Idempotency_Key="night"))
    assert (other[0]["status"], other[0]["type"]) == (422, "/problems/idempotency-key-reused")
    alone = await quiet.call(
        "POST", "/v1/articles", by=WIRE, json=make_ninjs("alone"), headers={"Idempotency-Key": "night"}
    )
    assert alone.json["created"], "a batch's key is no single push's"
    assert await count_rows(quiet, articles) == 4
    assert len({one["item"] for one in read(await send(quiet, write(*lines)))} & {one["item"] for one in again}) == 0


async def test_a_condition_is_one_of_each_line(quiet):
    await quiet.push("old")
    told = read(await send(quiet, write(make_ninjs("old"), make_ninjs("new")), If_None_Match="*"))
    assert [one["status"] for one in told] == [412, 201]


async def test_a_quota_that_ends_in_the_middle_lets_stand_what_came_before(start, config):
    quotas = {"outlet": Quota(articles_per_day=3, requests_per_minute=100)}
    server = await start(config=config.model_copy(update={"quotas": quotas}), with_worker=False)
    lines = [make_ninjs(item) for item in ("a", "b")] + [{}] + [make_ninjs(item) for item in ("c", "d", "a", "e")]
    answer = await send(server, write(*lines))
    told = read(answer)
    assert [one["status"] for one in told] == [201, 201, 422, 201, 429, 201, 429]
    assert told[4]["type"] == "/problems/day-used-up"
    assert 0 < told[4]["retry_after"] <= 12 * 3600
    assert told[5]["changed"] is False, "what is nothing new costs nothing"
    policies = answer.headers["RateLimit-Policy"].split(", ")
    assert policies == ['"requests";q=100;w=60', '"articles";q=3;w=86400']
    assert await count_rows(server, articles) == 3


async def test_of_a_batch_whose_reader_leaves_the_beginning_is_stored_and_it_can_be_repeated(quiet):
    body = write(*(make_ninjs(f"item-{number}") for number in range(60)))
    key = (await quiet.get_key(WIRE)).encode()
    host, port = quiet.base.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = b"POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/x-ndjson\r\n"
    writer.write(head % (BATCH.encode(), key) + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    await reader.readuntil(b'{"line":1,')
    writer.close()
    await writer.wait_closed()
    told = read(await send(quiet, body))
    assert told[0]["changed"] is False, "what was answered is stored"
    assert {one["status"] for one in told} == {201}
    assert await count_rows(quiet, versions) == 60


async def test_another_outlets_push_waits_for_some_lines_only(quiet):
    total, seen = 80, 0
    body = write(*(make_ninjs(f"item-{number}") for number in range(total)))
    await quiet.get_key("khazar-news")
    key = await quiet.get_key(WIRE)
    headers, begun = NDJSON | {"Authorization": f"Bearer {key}"}, asyncio.Event()

    async def hand_in() -> None:
        nonlocal seen
        async with quiet.session.post(quiet.base + BATCH, headers=headers, data=body) as response:
            async for _ in response.content:
                seen += 1
                begun.set()

    handing_in = asyncio.create_task(hand_in())
    await begun.wait()
    urgent = await quiet.push("urgent", by="khazar-news", urgency=1)
    seen_by_then = seen
    await handing_in
    assert urgent.status == 201
    assert seen_by_then < seen == total


async def test_a_line_that_the_server_fails_with_is_logged_and_the_others_stand(quiet, monkeypatch):
    take = submissions.take_new

    async def fail(conn: Any, request: Any, push: Any, once: Any) -> Any:
        taken = await take(conn, request, push, once)
        if push.item == "bad":
            raise RuntimeError("a fault of ours")
        return taken

    monkeypatch.setattr(submissions, "take_new", fail)
    told = read(await send(quiet, write(make_ninjs("a"), make_ninjs("bad"), make_ninjs("c"))))
    assert [one["status"] for one in told] == [201, 500, 201]
    assert "fault of ours" not in told[1]["detail"]
    assert await count_rows(quiet, articles) == 2


async def test_when_the_database_goes_away_in_the_middle_the_rest_is_to_be_tried_again(quiet, monkeypatch):
    take, body = submissions.take_new, write(*(make_ninjs(f"item-{number}") for number in range(30)))

    async def fail(conn: Any, request: Any, push: Any, once: Any) -> Any:
        if push.item == "item-20":
            raise OperationalError("insert", {}, Exception("database or disk is full"))
        return await take(conn, request, push, once)

    with monkeypatch.context() as patch:
        patch.setattr(submissions, "take_new", fail)
        told = read(await send(quiet, body))
        alone = await send(quiet, write(make_ninjs("item-20")))
    assert (alone.status, alone.headers["Retry-After"]) == (503, "5"), (
        "where nothing was answered yet, that is the answer"
    )
    stored = sum(one["status"] == 201 for one in told)
    assert 0 < stored <= 20
    assert [one["status"] for one in told] == [201] * stored + [503] * (30 - stored)
    assert told[-1]["retry_after"] == 5
    assert await count_rows(quiet, articles) == stored
    again = read(await send(quiet, body))
    assert [one["created"] for one in again] == [False] * stored + [True] * (30 - stored)


def make_line(kind: str, item: str | None, version: str | None, text: int) -> bytes:
    if kind in BAD:
        return write(BAD[kind][0])[:-1]
    changes: dict[str, Any] = {"headline": f"The ministers will meet {text} times in the capital"}
    if version:
        changes["version"] = version
    if kind == "canceled":
        changes |= {"pubStatus": "canceled"}
    return orjson.dumps(make_ninjs(item, **changes))


KINDS = ("good",) * 5 + ("canceled", "not JSON", "unknown", "no language of the outlet", "names twice")
any_line = st.tuples(st.sampled_from(KINDS), st.sampled_from((None, "a", "b")), st.sampled_from((None, "1", "2")),
                     st.integers(0, 1))  # fmt: skip


@pytest.fixture
async def twins(start: Any) -> Sequence[Any]:
    return [await start(beside=name, with_worker=False) for name in ("together", "alone")]


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=st.lists(any_line, min_size=1, max_size=14))
async def test_lines_together_give_what_they_give_alone_one_after_the_other(twins, drawn):
    together, alone = twins
    prefix = f"p{next(PREFIXES)}"
    lines = [make_line(kind, item and f"{prefix}-{item}", *rest) for kind, item, *rest in drawn]
    told = [forget_chance(one) for one in read(await send(together, write(*lines)))]
    wanted = []
    for line in lines:
        answer = await alone.call(
            "POST", "/v1/articles", by=WIRE, headers={"Content-Type": "application/json"}, data=line
        )
        etag = {"etag": answer.headers["ETag"]} if "ETag" in answer.headers else {}
        wanted.append(forget_chance(answer.json | {"status": answer.status} | etag))
    assert told == wanted
    for table in (articles, versions, jobs):
        assert await count_rows(together, table) == await count_rows(alone, table)
    for item in ("a", "b"):
        sets = [await server.call("GET", f"/v1/articles/{WIRE}/{prefix}-{item}/history", by=WIRE) for server in twins]
        histories = [forget_chance(one.json) for one in sets]
        assert histories[0] == histories[1]


def forget_chance(told: Any) -> Any:
    """Without what is another thing each time: made ids, times, requests."""
    if isinstance(told, list):
        return [forget_chance(one) for one in told]
    if not isinstance(told, dict):
        return told
    made = {"line", "instance", "received_at", "changed_at", "at", "key"}
    if len(told.get("item", "")) == 32:
        made |= {"item", "uri", "href"}
    return {key: forget_chance(value) for key, value in told.items() if key not in made}


def test_a_batch_that_is_smaller_than_an_article_is_refused():
    with pytest.raises(ConfigError, match="batch_bytes"):
        parse_config("[limits]\narticle_bytes = 5000\nbatch_bytes = 4000\n")
