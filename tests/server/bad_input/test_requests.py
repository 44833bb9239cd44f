"""Requests that are no HTTP, go nowhere, or carry odd headers and queries: every route."""

import re

import orjson

from server.problems import ALL
from server.routes import ROUTES

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")


def test_every_route_is_walked(walks):
    assert set(walks) == {(route.method, route.path) for route in ROUTES}


async def test_what_the_walk_calls_good_is_good(quiet, walks, picture):
    await quiet.push()
    for (method, _), walk in sorted(walks.items(), key=lambda one: one[0][0] == "DELETE"):
        method = "HEAD" if walk.endless else method
        sent = {"json": walk.takes}
        if walk.sends:
            sent = {"headers": {"Content-Type": walk.sends[0]}, "data": walk.sends[1]}
        answer = await quiet.call(method, walk.path, by=walk.by, **sent)
        assert answer.status in (200, 201, 202, 204, 303), (method, walk.path, answer.text)


async def test_what_is_no_http_gets_a_problem_too(walker):
    for name, sent in {
        "noise": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 5 + b"\r\n\r\n",
        "one word": b"hello\r\n\r\n",
        "unknown method": b"BREW / HTTP/1.1\r\nHost: x\r\n\r\n",
        "raw bytes in the path": b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        "two hosts": b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        "wrong version": b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        "space in the target": b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
        "header without a colon": b"GET / HTTP/1.1\r\nHost: x\r\nnonsense\r\n\r\n",
        "space before the colon": b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
        "NUL in a header": b"GET / HTTP/1.1\r\nHost: x\r\nX-A: a\0b\r\n\r\n",
        "folded header": b"GET / HTTP/1.1\r\nHost: x\r\nX-A: a\r\n b\r\n\r\n",
        "bare carriage return": b"GET / HTTP/1.1\r\nHost: x\r\nX-A: a\rb\r\n\r\n",
        "endless path": b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        "endless header": b"GET / HTTP/1.1\r\nHost: x\r\nX-A: " + b"x" * 20_000 + b"\r\n\r\n",
        "many headers": b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-A: 1\r\n" * 9_000 + b"\r\n",
        "expects the impossible": b"GET / HTTP/1.1\r\nHost: x\r\nExpect: pigeon\r\nConnection: close\r\n\r\n",
        "expects it nowhere": b"GET /nowhere HTTP/1.1\r\nHost: x\r\nExpect: pigeon\r\nConnection: close\r\n\r\n",
        "tunnel": b"CONNECT example.com:80 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "star": b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "target without a slash": b"GET livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "a bad port": b"GET http://x:99999999/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "bad IPv6": b"GET http://[::1/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    }.items():
        reply = await walker.talk(sent)
        walker.check(name, reply, tuple(range(400, 500)))
    walker.end()


def is_also(path: str, other: str) -> bool:
    """Whether a path is one of `other`, too: `/v1/glossary/retranslate` of `/v1/glossary/{exchange}`."""
    return "{" not in path and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", other), path) is not None


async def test_every_path_takes_only_its_own_methods(walker):
    taken: dict[str, set[str]] = {}
    for method, walk in walker.each():
        template = next(path for (_, path), one in walker.walks.items() if one is walk)
        taken.setdefault(template, set()).update({method} | ({"HEAD"} if method == "GET" else set()))
    for template, methods in taken.items():
        path = next(walk.path for (_, one), walk in walker.walks.items() if one == template)
        methods |= set().union(*(more for other, more in taken.items() if is_also(template, other)))
        for method in set(METHODS) - methods:
            reply = await walker.talk(walker.make_request(method, path.encode(), b"Content-Type: application/json"))
            walker.check(f"{method} {path}", reply, 405)
            allowed = {name.strip() for name in reply.headers.get("Allow", "").split(",")}
            if allowed != methods:
                walker.found.append(f"{method} {path}: Allow {allowed}, not {methods}")
    walker.end()


SEGMENTS = [
    b"%", b"%2", b"%zz", b"%00", b"%FF", b"%C3", b"%ED%A0%80", b"%0d%0aX:1", b"\xff\xfe", "ə".encode(), b"..",
    b"%2e%2e",
    b"..%2f..%2f..%2fetc%2fpasswd", b"%2fetc%2fpasswd", b"..%5c..%5c", b"x" * 7_500, b"%25" * 2_000, b"'", b'"', b"<b>",
    b"{outlet}", b"%7Bname%7D", b"a;b=c", b"~", b"%20", b"+", b"a%0ab", b"%E2%80%AE", b"-1", b"1" * 129, b".env",
]  # fmt: skip


async def test_hostile_paths_find_nothing(walker, tmp_path):
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    outside = str(tmp_path / "secret").replace("/", "%2F").encode()
    up = b"..%2F" * 20 + outside.removeprefix(b"%2F")
    for count, ((method, template), walk) in enumerate(walker.walks.items()):
        path, _, query = walk.path.partition("?")
        names, given = template.split("/"), path.split("/")
        for number, name in enumerate(names):
            segments = SEGMENTS if walker.is_thorough else SEGMENTS[(count + number) % 3 :: 3]
            for segment in [*segments, outside, up] if "{" in name else ():
                suffix = name[name.rindex("}") + 1 :].encode() if not name.endswith("}") else b""
                mangled = [part.encode() for part in given]
                mangled[number] = segment + suffix
                reply = await walker.ask(method, b"/".join(mangled) + b"?" + query.encode(), walk)
                walker.check(f"{method} {b'/'.join(mangled)[:200]!r}", reply, tuple(range(400, 500)))
                if b"secret" in reply.body.replace(outside, b"").replace(up, b"") and reply.status == 200:
                    walker.found.append(f"{method} {mangled}: reads outside")
    walker.end()


async def test_unknown_paths_are_told_so(walker):
    for path in (b"/nowhere", b"//", b"/v1", b"/v1/", b"/v2/articles", b"/livez/", b"//livez", b"/livez/../readyz/x",
                 b"/feeds/world/en", b"/feeds/world/en.exe", b"/feeds/world/..%2Fen.atom", b"/.env",
                 b"/%2e%2e/config.toml", b"/static/../config.toml", b"/static/%2e%2e%2fpage.html", b"/media/",
                 b"/media/.jpg", b"/nowhere?" + b"%FF" * 20, b"/problems/internal-error/x"):  # fmt: skip
        for method in ("GET", "PUT", "HEAD"):
            reply = await walker.talk(walker.make_request(method, path))
            walker.check(f"{method} {path!r}", reply, (404, 405))
    walker.end()


async def test_a_head_is_its_get_without_the_body(walker):
    for method, walk in walker.each():
        if method == "GET":
            got, head = [await walker.ask(asked, walk.path.encode(), walk) for asked in ("GET", "HEAD")]
            changing = {"Date", "X-Request-Id", "X-Request-ID", "Transfer-Encoding"}
            if not got.body or walk.path == "/metrics":  # which counts the first of the two
                changing |= {"Content-Length"}
            assert (head.status, {k: v for k, v in head.headers.items() if k not in changing}) == (
                got.status, {k: v for k, v in got.headers.items() if k not in changing},
            ), walk.path  # fmt: skip


async def test_a_body_where_none_belongs_changes_nothing(walker):
    for method, walk in walker.each():
        if method != "GET":
            continue
        for header, body in (
            (b"Content-Type: application/json", orjson.dumps(walker.good)),
            (b"Content-Type: application/json", b"\xff" * 3_000_000),
            (b"Content-Encoding: gzip", b"no gzip at all"),
        ):
            reply = await walker.ask(method, walk.path.encode(), walk, header, body=body)
            walker.check(f"GET {walk.path} {body[:9]!r}", reply, (200, 303, 400, 413, 415))
    walker.end()


async def test_people_get_a_page_that_says_what_is_wrong(walker):
    accept = b"Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"
    for target in (b"/nowhere", b"/articles/caravan-wire/nothing/en", b"/channels/nothing/en", b"/channels/desk/en",
                   b"/feeds/nothing/en.atom", b"/problems/nothing", b"/nowhere%00",
                   b"/<script>alert(1)</script>"):  # fmt: skip
        for language in (b"az", b"en", b"ru", b"tr", b"zh", b"\xff"):
            reply = await walker.talk(walker.make_request("GET", target, accept, b"Accept-Language: " + language))
            walker.check(f"{target!r} in {language!r}", reply, (400, 404))
            if not reply.headers["Content-Type"].startswith("text/html") or b"<script" in reply.body:
                walker.found.append(f"{target!r}: {reply.headers['Content-Type']} {reply.body!r}")
    walker.end()


async def test_every_type_of_problem_has_its_page(walker):
    for known in ALL:
        answer = await walker.server.call("GET", f"/problems/{known.slug()}")
        assert answer.status == 200, known
        assert known.title() in answer.text.replace("&#39;", "'"), known
