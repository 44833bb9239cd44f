"""Documents that are none, or wrong: every route that takes one × everything that can be sent instead."""

import json
from typing import Any

import orjson

JSON, XML = "application/json", "application/atom+xml;type=entry"

GOOD = {
    "type": "text",
    "language": "en",
    "headlines": [{"value": "The ministers will meet in the capital on Friday to discuss trade"}],
    "bodies": [{"contentType": "text/html", "value": "<p>The ministers of four countries will meet on Friday.</p>"}],
}
ATOM = (
    '<entry xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><id>tag:wire.example,2026:x</id>'
    "<title>The ministers will meet in the capital</title><updated>2026-11-26T09:00:00Z</updated>"
    "<content>The ministers of four countries will meet on Friday.</content></entry>"
)


def with_(**changes: Any) -> bytes:
    return orjson.dumps(GOOD | changes)


def escape(text: str) -> bytes:
    """A document whose headline is this JSON string, escapes as they are."""
    return json.dumps(GOOD | {"headlines": [{"value": "@@"}]}).replace("@@", text).encode()


def atom(inside: str = "", head: str = "") -> bytes:
    return (head + ATOM.replace("</entry>", inside + "</entry>")).encode()


LAUGHS = (
    '<!DOCTYPE lolz [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefgh", "bcdefghi", strict=True))
    + "]>"
)
EXTERNAL = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
REMOTE = '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">'

# Name → (Content-Type, body, statuses). `None`: no Content-Type at all.
BAD: dict[str, tuple[str | None, bytes, int | tuple[int, ...]]] = {
    "no body": (JSON, b"", 400),
    "no JSON": (JSON, b"headline: x", 400),
    "half a document": (JSON, orjson.dumps(GOOD)[:-9], 400),
    "two documents": (JSON, orjson.dumps(GOOD) * 2, 400),
    "trailing comma": (JSON, orjson.dumps(GOOD)[:-1] + b",}", 400),
    "NaN": (JSON, b'{"urgency": NaN}', 400),
    "list": (JSON, b"[]", 422),
    "text": (JSON, b'"x"', 422),
    "number": (JSON, b"1", 422),
    "null": (JSON, b"null", 422),
    "empty object": (JSON, b"{}", 422),
    "no type at all": (None, orjson.dumps(GOOD), 415),
    "form": ("application/x-www-form-urlencoded", b"a=b", 415),
    "multipart": ("multipart/form-data; boundary=x", b"--x--", 415),
    "text/plain": ("text/plain", orjson.dumps(GOOD), 415),
    "nonsense type": ("json", orjson.dumps(GOOD), 415),
    "slash": ("/", orjson.dumps(GOOD), 415),
    "other charset": ("application/json; charset=koi8-r", orjson.dumps(GOOD), 415),
    "endless type": ("application/" + "x" * 5_000, orjson.dumps(GOOD), 415),
    "feed instead of entry": ("application/atom+xml;type=feed", atom(), 415),
    "NewsML-G2 without its namespace": ("application/vnd.iptc.g2.newsitem+xml", b"<newsItem/>", 422),
    "JSON as Atom": (XML, orjson.dumps(GOOD), 400),
    "Atom as JSON": (JSON, atom(), 400),
    "latin-1": (JSON, '{"language":"tr","headlines":[{"value":"Görüs"}]}'.encode("latin-1"), 400),
    "UTF-16 without a word": (JSON, orjson.dumps(GOOD).decode().encode("utf-16-le"), 400),
    "UTF-16 with a mark": (JSON, orjson.dumps(GOOD).decode().encode("utf-16"), 400),
    "UTF-32": (JSON, orjson.dumps(GOOD).decode().encode("utf-32"), 400),
    "cut UTF-8": (JSON, with_(located="@@").replace(b"@@", "ə".encode()[:1]), 400),
    "overlong UTF-8": (JSON, with_(located="@@").replace(b"@@", b"\xc0\xaf"), 400),
    "surrogates in UTF-8": (JSON, with_(located="@@").replace(b"@@", b"\xed\xa0\x80"), 400),
    "raw NUL": (JSON, with_(located="@@").replace(b"@@", b"\0"), 400),
    "raw line feed in a string": (JSON, with_(located="@@").replace(b"@@", b"\n"), 400),
    "escaped NUL": (JSON, escape(r"a\u0000b"), 422),
    "escaped ESC": (JSON, escape(r"a\u001b[31mb"), 422),
    "escaped DEL": (JSON, escape(r"a\u007fb"), 422),
    "escaped C1": (JSON, escape(r"a\u0085b"), 422),
    "escaped U+FFFF": (JSON, escape(r"a\uffffb"), 422),
    "control character in a name": (JSON, with_(**{"a\x01b": 1}), 422),
    "lone high surrogate": (JSON, escape(r"a\ud800b"), (400, 422)),
    "lone low surrogate": (JSON, escape(r"a\udc00b"), (400, 422)),
    "surrogates the wrong way round": (JSON, escape(r"a\udc00\ud800b"), (400, 422)),
    "lone surrogate in a name": (JSON, orjson.dumps(GOOD)[:-1] + rb',"a\ud800": 1}', (400, 422)),
    "deep arrays": (JSON, b"[" * 100_000 + b"]" * 100_000, 400),
    "deep objects": (JSON, b'{"a":' * 50_000 + b"1" + b"}" * 50_000, 400),
    "just too deep": (JSON, with_(people=json.loads("[" * 100 + "]" * 100)), (400, 422)),
    "many members": (JSON, orjson.dumps({str(n): n for n in range(60_000)}), (400, 422)),
    "many items": (JSON, with_(subjects=[{"name": "x"}] * 40_000), (400, 422)),
    "huge whole number": (JSON, orjson.dumps(GOOD)[:-1] + b',"urgency":' + b"9" * 100_000 + b"}", (400, 422)),
    "huge exponent": (JSON, orjson.dumps(GOOD)[:-1] + b',"urgency":1e999999999}', (400, 422)),
    "huge negative": (JSON, with_(urgency=-(2**63)), 422),
    "beyond 64 bits": (JSON, orjson.dumps(GOOD)[:-1] + b',"urgency":18446744073709551617}', (400, 422)),
    "fraction": (JSON, with_(urgency=5.5), 422),
    "true for a number": (JSON, with_(urgency=True), 422),
    "name that stands twice": (JSON, orjson.dumps(GOOD)[:-1] + b',"language":"en"}', 400),
    "name that stands twice below": (JSON, escape(r'x","value":"y'), 400),
    "name that stands twice, spelled otherwise": (JSON, escape(r'x","\u0076alue":"y'), 400),
    "list for a choice": (JSON, with_(pubStatus=[]), 422),
    "object for a choice": (JSON, with_(pubStatus={}), 422),
    "object for a type": (JSON, with_(type={"a": 1}), 422),
    "list for a language": (JSON, with_(language=["en"]), 422),
    "object for headlines": (JSON, with_(headlines={"value": "x"}), 422),
    "texts for headlines": (JSON, with_(headlines=["x"]), 422),
    "null headline": (JSON, with_(headlines=[{"value": None}]), 422),
    "blank headline": (JSON, with_(headlines=[{"value": " \t\n"}]), 422),
    "list for a role": (JSON, with_(headlines=[{"value": "x", "role": []}]), 422),
    "object for a content type": (JSON, with_(bodies=[{"value": "x", "contentType": {}}]), 422),
    "unknown property": (JSON, with_(headline="x"), 422),
    "unknown status": (JSON, with_(pubStatus="killed"), 422),
    "no date": (JSON, with_(versionCreated="yesterday"), 422),
    "year 0": (JSON, with_(versionCreated="0000-01-01T00:00:00Z"), 422),
    "before year 1": (JSON, with_(versionCreated="0001-01-01T00:00:00+14:00"), 422),
    "after year 9999": (JSON, with_(embargoedUntil="9999-12-31T23:59:59-14:00"), 422),
    "impossible offset": (JSON, with_(expires="2026-01-01T00:00:00+99:99"), 422),
    "date in other digits": (JSON, with_(versionCreated="２０２６-01-01T00:00:00Z"), 422),
    "expires before its embargo": (
        JSON, with_(embargoedUntil="2027-01-02T00:00:00Z", expires="2027-01-01T00:00:00Z"), 422,
    ),
    "language that is no tag": (JSON, with_(language="../../etc"), 422),
    "language not configured": (JSON, with_(language="fr"), 422),
    "endless language": (JSON, with_(language="en-" + "x" * 100_000), 422),
    "endless headline": (JSON, with_(headlines=[{"value": "x" * 100_000}]), 422),
    "endless body": (JSON, with_(bodies=[{"contentType": "text/html", "value": "<p>" + "x" * 500_000}]), 422),
    "deep HTML": (JSON, with_(bodies=[{"contentType": "text/html", "value": "<div>" * 20_000}]), 422),
    "endless item": (JSON, with_(altIds=[{"role": "item", "value": "x" * 1_500}]), 422),
    "item that is a path": (JSON, with_(altIds=[{"role": "item", "value": "../../x"}]), 422),
    "uri that is none": (JSON, with_(uri="x y"), 422),
    "script for a picture": (
        JSON,
        with_(associations=[{"type": "picture", "renditions": [{"href": "javascript:alert(1)"}]}]),
        422,
    ),
    "no XML": (XML, b"<entry", 400),
    "other XML": (XML, b"<rss/>", 422),
    "empty entry": (XML, b'<entry xmlns="http://www.w3.org/2005/Atom"/>', 422),
    "billion laughs": (XML, atom("&i;", LAUGHS), 400),
    "external entity": (XML, atom("&e;", EXTERNAL), 400),
    "remote DTD": (XML, atom("", REMOTE), 400),
    "DOCTYPE after a comment": (XML, atom("", "<!-- x --><?x y?>" + EXTERNAL), 400),
    "parameter entity": (XML, atom("", '<!DOCTYPE x [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>'), 400),
    "unknown entity": (XML, atom("&nbsp;"), 400),
    "character NUL": (XML, atom("<summary>&#0;</summary>"), 400),
    "character ESC": (XML, atom("<summary>&#27;</summary>"), (400, 422)),
    "surrogate in XML": (XML, atom("<summary>&#xD800;</summary>"), 400),
    "deep XML": (XML, atom("<x>" * 50_000 + "</x>" * 50_000), 400),
    "many attributes": (XML, atom("<x " + " ".join(f"a{n}=''" for n in range(50_000)) + "/>"), 400),
    "many elements": (XML, atom("<category term='x'/>" * 30_000), (400, 422)),
    "latin-1 XML": (XML, b"<?xml version='1.0' encoding='iso-8859-1'?>" + atom(), 400),
    "UTF-7 XML": (XML, b"<?xml version='1.0' encoding='utf-7'?>" + atom(), 400),
    "UTF-16 XML that is cut": (XML, ATOM.encode("utf-16")[:-1], 400),
    "content from elsewhere": (XML, atom().replace(b"<content>", b'<content src="file:///etc/passwd">'), 422),
}  # fmt: skip


async def test_bad_documents_are_refused_with_their_reason(walker):
    for method, walk in walker.each(taking=True):
        for name, (content_type, body, statuses) in BAD.items():
            headers = {} if content_type is None else {"Content-Type": content_type}
            answer = await walker.call_bare(method, walk.path, walk.by, headers, body)
            walker.check(f"{method} {walk.path} {name}", answer, statuses)
            if answer.status == 422 and b"/problems/invalid-document" in answer.body:
                where = [one["pointer"] for one in answer.json["errors"]] if "errors" in answer.json else []
                if not where:
                    walker.found.append(f"{name}: 422 without pointers: {answer.body!r}")
    walker.end()
