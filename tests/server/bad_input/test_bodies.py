"""Bodies: too big, oddly encoded, cut short, slow, or where none belongs."""

import asyncio
import gzip
import io
import zlib

import brotli
import orjson
import zstandard

from server import requests

JSON, XML = "application/json", "application/atom+xml;type=entry"

# Bodies that are not read as a whole, or longer than articles.
STREAMED = {"image/jpeg", "application/x-tmx+xml", "application/x-ndjson", "*/*"}


def list_read(walker):
    """(method, walk, media type) of what takes a body like an article."""
    for method, walk, declared in walker.each_declared():
        types = getattr(declared.body, "types", (JSON,))
        if declared.body is not None and not STREAMED & set(types):
            yield method, walk, next(iter(types))


async def test_a_reason_that_is_none_kills_nothing(walker):
    path = "/v1/articles/caravan-wire/old"
    for content_type, body in ((XML, b"<entry/>"), ("application/x-www-form-urlencoded", b"reason=x")):
        answer = await walker.call_bare("DELETE", path, "caravan-wire", {"Content-Type": content_type}, body)
        walker.check(content_type, answer, 415)
    for query in ("a%00b", "x" * 5_000):
        answer = await walker.server.call("DELETE", f"{path}?reason={query}", by="caravan-wire")
        walker.check(f"?reason={query[:9]}", answer, (400, 422))
    assert (await walker.server.call("GET", path)).json["pub_status"] == "usable"
    walker.end()


async def test_what_is_too_big_is_refused_however_it_comes(walker):
    size, bombs = 2_000_001, make_bombs(6_000_000)

    async def flow():
        for _ in range(40):
            yield b" " * 65_536

    for method, walk, content_type in list_read(walker):
        headers = {"Content-Type": content_type, "If-Match": "*"}
        sized = await walker.server.call(method, walk.path, by=walk.by, headers=headers, data=io.BytesIO(b" " * size))
        walker.check(f"{method} {walk.path} by length", sized, 413)
        flowing = await walker.server.call(method, walk.path, by=walk.by, headers=headers, data=flow())
        walker.check(f"{method} {walk.path} in chunks", flowing, 413)
        for encoding, bomb in bombs.items():
            headers |= {"Content-Encoding": encoding}
            burst = await walker.server.call(method, walk.path, by=walk.by, headers=headers, data=bomb)
            walker.check(f"{method} {walk.path} {encoding} bomb", burst, (400, 413, 415))
    walker.end()


def make_bombs(size: int) -> dict[str, bytes]:
    blank = b" " * size
    return {
        "gzip": gzip.compress(blank, 9),
        "deflate": zlib.compress(blank, 9),
        "br": brotli.compress(blank, quality=1),
        "zstd": zstandard.compress(blank),
    }


async def test_encoded_bodies_are_read_when_they_can_be_and_refused_when_not(walker):
    good = orjson.dumps(walker.good)
    bad = {
        "gzip": (b"\x1f\x8b" + b"x" * 50, gzip.compress(good)[:40], good),
        "deflate": (b"\x00" * 20,),
        "br": (b"\xff" * 50,),
        "zstd": (b"\x28\xb5\x2f\xfd" + b"\xff" * 50,),
        "gzip, gzip": (gzip.compress(gzip.compress(good)), good),
        "compress": (good,),
        "pigeon": (good,),
        "identity, pigeon": (good,),
    }
    for method, walk in walker.each(taking=True):
        for encoding, bodies in bad.items():
            for body in bodies:
                header = b"Content-Type: application/json\r\nContent-Encoding: " + encoding.encode()
                reply = await walker.ask(method, walk.path.encode(), walk, header, body=body)
                walker.check(f"{method} {walk.path} {encoding} {body[:9]!r}", reply, (400, 415))
    walker.end()


async def test_a_body_that_stops_or_lies_is_not_stored(walker):
    key = (await walker.server.get_key("caravan-wire")).encode()
    headers = [b"Authorization: Bearer " + key, b"Content-Type: application/json"]
    good = orjson.dumps(walker.good)
    line = b"PUT /v1/articles/caravan-wire/new HTTP/1.1\r\nHost: x\r\n" + b"\r\n".join(headers) + b"\r\n"
    host, port = walker.server.base.removeprefix("http://").split(":")
    for sent in (
        line + b"Content-Length: 9000\r\n\r\n" + good,
        line + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % (len(good) + 9) + good,
        line + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(good) + good + b"\r\n",
    ):
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(sent)
        await writer.drain()
        writer.close()
        await writer.wait_closed()
    for name, lie in {
        "two lengths": b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        "length and chunks": b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "negative length": b"Content-Length: -5\r\n\r\nhello",
        "length of a word": b"Content-Length: five\r\n\r\nhello",
        "bad chunk": b"Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n",
        "endless chunk": b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 40 + b"\r\nhello",
        "other transfer": b"Transfer-Encoding: gzip\r\n\r\nhello",
    }.items():
        walker.check(name, await walker.talk(line + b"Connection: close\r\n" + lie), (400, 411, 413, 501))
    walker.end()


async def test_a_body_that_never_ends_is_given_up(walker, monkeypatch):
    monkeypatch.setattr(requests, "MOST_SECONDS", 0.2)
    for method, walk, content_type in list_read(walker):
        key = (await walker.server.get_key(walk.by or "admin")).encode()
        headers = b"Authorization: Bearer " + key + b"\r\nContent-Type: " + content_type.encode()
        headers += b"\r\nIf-Match: *\r\nContent-Length: 900"
        reply = await walker.talk(walker.make_request(method, walk.path.encode(), headers) + b'{"type"')
        walker.check(f"{method} {walk.path}", reply, 408)
    walker.end()
