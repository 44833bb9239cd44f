"""The XML parser's limits."""

from collections.abc import Callable
from pathlib import Path

import pytest

from feeds import MalformedDocument
from feeds.safexml import parse_xml

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(10))


@pytest.mark.parametrize(
    "body",
    [
        f"<!DOCTYPE a [{LAUGHS}]><a>&l9;</a>".encode(),
        b'<!DOCTYPE a SYSTEM "http://127.0.0.1:1/x.dtd"><a/>',
        b'<?xml version="1.0"?>\n<!-- c --><?pi x?> <!DOCTYPE a><a/>',
        '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE a><a/>'.encode("utf-16"),
    ],
    ids=["billion laughs", "external", "after comment", "utf-16"],
)
def test_a_doctype_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedDocument, match="DOCTYPE"):
        parse_xml(body)


def test_an_external_entity_is_never_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("SECRET")
    with pytest.raises(MalformedDocument) as caught:
        parse_xml(f'<!DOCTYPE a [<!ENTITY x SYSTEM "{secret.as_uri()}">]><a>&x;</a>'.encode())
    assert "SECRET" not in str(caught.value)


def test_a_doctype_in_character_data_is_text() -> None:
    assert parse_xml(b"<a><![CDATA[<!DOCTYPE html>]]></a>").text == "<!DOCTYPE html>"


@pytest.mark.parametrize(
    "body",
    [
        '<?xml version="1.0"?><a>Bakı ə 里</a>'.encode(),
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><a>Bakı ə 里</a>'.encode(),
        "\ufeff<a>Bakı ə 里</a>".encode(),
        '<?xml version="1.0" encoding="UTF-16"?><a>Bakı ə 里</a>'.encode("utf-16"),
        '<?xml version="1.0" encoding="UTF-16"?><a>Bakı ə 里</a>'.encode("utf-16-be"),
        "<a>Bakı ə 里</a>".encode("utf-16-le"),
    ],
)
def test_utf_8_and_utf_16_are_read(body: bytes) -> None:
    assert parse_xml(body).text == "Bakı ə 里"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ('<?xml version="1.0" encoding="windows-1254"?><a>Bakı</a>'.encode("windows-1254"), "windows-1254"),
        ('<?xml version="1.0" encoding="koi8-r"?><a>Баку</a>'.encode("koi8-r"), "koi8-r"),
        (b'<?xml version="1.0" encoding="utf-7"?><a>+ADw-x/+AD4-</a>', "utf-7"),
        (b"<a>caf\xe9</a>", "utf-8"),
        (b"<a>\xed\xa0\x80</a>", "utf-8"),
        (b"<a>&#xD800;</a>", "well-formed"),
        (b"<a>&#1;</a>", "well-formed"),
        (b"<a>\x01</a>", "well-formed"),
        (b"<a>&nbsp;</a>", "well-formed"),
        (b"<a>]]></a>", "well-formed"),
        (b"<a><b></a>", "well-formed"),
        (b'<a b="1" b="2"/>', "well-formed"),
        (b"", "well-formed"),
        (b'{"a": 1}', "well-formed"),
        (b"<a>" * 101 + b"</a>" * 101, "deep"),
        (b"<a>" * 50_000 + b"</a>" * 50_000, "well-formed"),
        (b"<a>" + b"<b/>" * 20_001 + b"</a>", "elements"),
        (b"<a>" + b"<b/>" * 200_001 + b"</a>", "tags"),
        (b"<a>" + b" " * 8_000_001, "bytes"),
        (b"\xff\xfe<\x00a\x00/\x00>", "utf-16"),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{value[:14]!r}",
)
def test_what_is_not_readable_within_limits_is_malformed(body: bytes, reason: str) -> None:
    with pytest.raises(MalformedDocument, match=reason):
        parse_xml(body)


def test_the_cost_of_a_prolog_grows_with_its_length_only(check_growth: Callable[..., None]) -> None:
    check_growth(lambda size: parse_xml(b"<?a?><!--b-->" * size + b"<a/>"), 16_000)
