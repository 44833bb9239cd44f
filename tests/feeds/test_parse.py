"""Media type → format."""

import pytest

from feeds import UnsupportedFormat, parse
from feeds.detect import parse_media_type

NINJS = '{"language": "az", "headlines": [{"value": "Salam"}]}'
ATOM = (
    '<entry xmlns="http://www.w3.org/2005/Atom" xml:lang="az"><id>x:1</id><title>Salam</title>'
    "<updated>2026-11-26T09:00:00Z</updated></entry>"
)

NEWSML = (
    '<newsItem xmlns="http://iptc.org/std/nar/2006-10-01/" guid="x:1" xml:lang="az"><itemMeta>'
    '<itemClass qcode="ninat:text"/><versionCreated>2026-11-26T09:00:00Z</versionCreated></itemMeta>'
    "<contentMeta><headline>Salam</headline></contentMeta></newsItem>"
)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", NINJS),
        ("application/json; charset=utf-8", NINJS),
        ('Application/JSON;charset="UTF-8"', NINJS),
        ("application/vnd.iptc.ninjs+json", NINJS),
        ("application/atom+xml;type=entry", ATOM),
        ('application/atom+xml; charset=utf-8; type="entry"', ATOM),
        ("application/atom+xml", ATOM),
        ("application/vnd.iptc.g2.newsitem+xml", NEWSML),
        ("application/vnd.iptc.g2.newsmessage+xml;charset=utf-8", NEWSML),
    ],
)
def test_the_format_is_chosen_by_media_type(content_type: str, body: str) -> None:
    assert parse(body.encode(), content_type).headline == "Salam"


@pytest.mark.parametrize(
    "content_type",
    [
        "", "json", "text/html", "application/xml", "application/atom+xml;type=feed",
        "application/json;charset=latin-1",
        "application/vnd.iptc.newsml+xml", ";", "application/json\r\nX: y", "é/ü", "text/" + "x" * 100_000,
        "application/json; charset*=latin-1''x; charset=x", "application/json charset=utf-8",
    ],
)  # fmt: skip
def test_other_media_types_are_unsupported(content_type: str) -> None:
    with pytest.raises(UnsupportedFormat):
        parse(NINJS.encode(), content_type)


def test_parameters_are_read_without_quotes_in_lower_case() -> None:
    assert parse_media_type('A/B; Type="Entry"') == ("a/b", {"type": "entry"})
