"""Odd headers and queries on every route: answered as if they were not there, or refused."""

HEADERS = [
    b"Range: bytes=0-1", b"Range: bytes=9-1,5-,-0", b"Range: pigeons=1", b"Range: bytes=" + b"0-1," * 1_500,
    b"Accept: ", b"Accept: ,;q=", b"Accept: */*;q=nan", b"Accept: text/html;q=2, x", b"Accept: " + b"a/b," * 1_500,
    b"Accept: \xff\xfe", b"Accept: application/atom+xml", b"Accept: application/pdf",
    b"Accept-Encoding: gzip;q=nan, br;q=inf", b"Accept-Encoding: gzip;q=1e999", b"Accept-Encoding: ;;;,,,=",
    b"Accept-Encoding: \xff", b"Accept-Encoding: " + b"gzip," * 1_500, b"Accept-Encoding: *;q=0",
    b"If-None-Match: ", b"If-None-Match: W/", b'If-None-Match: "', b"If-None-Match: \xff",
    b'If-None-Match: "a", *, W/"b',
    b"If-None-Match: " + b'"a",' * 1_500,
    b"If-Modified-Since: yesterday", b"If-Modified-Since: ", b"If-Modified-Since: \xff", b"If-Modified-Since: 0",
    b"If-Modified-Since: Mon, 99 Foo 2024 99:99:99 GMT", b"If-Modified-Since: Mon, 01 Jan 99999 00:00:00 GMT",
    b"If-Modified-Since: Mon, 01 Jan 2024 00:00:00 +99999999999999999999",
    b"If-Modified-Since: Mon, 01 Jan 0001 00:00:00 +2300", b"If-Modified-Since: Fri, 31 Dec 9999 23:59:59 -2300",
    b"If-Modified-Since: " + b"1" * 5_000, b"If-Range: \xff",
    b"Accept-Language: \xff", b"Accept-Language: " + b"a-b-c-d-e-f-g," * 500, b"Accept-Language: *",
    b"Accept-Language: -",
    b"Accept-Language: zh-Hans-CN-x-a;q=0, ;q=", b"Accept-Language: en-" + b"x" * 7_000,
    b"X-Request-Id: \xff", b"X-Request-Id: " + b"x" * 7_000, b"X-Request-Id: <script>", b"X-Forwarded-For: \xff",
    b"Cookie: \xff=\xff; a", b"Last-Event-ID: \xff", b"Content-Type: \xff",
    b"Upgrade: websocket\r\nConnection: Upgrade", b"Expect: 100-continue", b"TE: trailers", b"Origin: null",
]  # fmt: skip


async def test_odd_headers_break_no_answer(walker):
    for walk, header in walker.pair(HEADERS):
        reply = await walker.ask("GET", walk.path.encode(), walk, header)
        refused = 400 if walk.endless and header.startswith(b"Last-Event-ID") else 406
        walker.check(f"{walk.path} {header[:80]!r}", reply, (200, 206, 303, 304, refused))
    walker.end()


PUSH_HEADERS = [
    b"Idempotency-Key: ", b"Idempotency-Key: \xff", b"Idempotency-Key: a\tb",
    b"Idempotency-Key: " + b"x" * 201, b"If-Match: ", b"If-Match: \xff",
    b"If-Match: W/*", b"If-Match: " + b'"a",' * 1_500,
]  # fmt: skip


async def test_odd_headers_of_pushes_store_nothing(walker):
    for method, walk, declared in walker.each_declared():
        for header in PUSH_HEADERS if method != "GET" else ():
            if header.partition(b":")[0].decode() not in declared.headers:
                continue
            reply = await walker.ask(method, walk.path.encode(), walk, header)
            told_by_line = (200,) if walk.path.endswith(":batch") else ()
            walker.check(f"{method} {walk.path} {header[:80]!r}", reply, (400, 412, *told_by_line))
    walker.end()


QUERIES = [
    b"x=1", b"%", b"%zz=%zz", b"%00=%00", b"\xff=\xff", b"=", b"&&&", b"a" * 7_000, b"a=1&" * 1_500, b"lang=\xff",
    b"lang=%00",
    b"lang=xx", b"lang=../../x", b"lang=" + b"a-" * 3_000, b"language=", b"language=%00", b"language=xx",
    b"language=\xff",
    b"language=../../x", b"language=" + b"a-" * 3_000, b"language=en&language=az", b"__proto__=1", b"outlet[]=1",
    b"outlet=%00", b"country=xx", b"subject=%00", b"subject=" + b"x" * 7_000, b"origin=x", b"reason=\xff",
]  # fmt: skip


async def test_odd_queries_break_no_answer(walker):
    for walk, query in walker.pair(QUERIES):
        reply = await walker.ask("GET", walk.make_target(query), walk)
        walker.check(f"{walk.path}?{query[:80]!r}", reply)
    for query in (b"language=%00", b"language=../../x", b"language="):
        reply = await walker.talk(walker.make_request("GET", b"/v1/articles/caravan-wire/one?" + query))
        walker.check(query.decode(), reply, 400)
    reply = await walker.talk(walker.make_request("GET", b"/v1/articles/caravan-wire/one?language=xx"))
    walker.check("a language that is not there", reply, 404)
    walker.end()
