"""ninjs 3.x in: what is read, and every fault by its pointer."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from feeds import Fault, InvalidDocument, MalformedDocument, ninjs, ninjs_names, parse, render_article
from feeds.model import AltId, Article, Entry, Subject

MINIMAL: dict[str, Any] = {"language": "az", "headlines": [{"value": "Salam"}]}


def read(**members: Any) -> Article:
    return ninjs.parse(orjson.dumps(MINIMAL | members))


def fail(**members: Any) -> dict[str, str]:
    """Pointer → detail of the faults."""
    with pytest.raises(InvalidDocument) as caught:
        read(**members)
    return {fault.pointer: fault.detail for fault in caught.value.errors}


def test_language_and_headline_are_enough() -> None:
    assert read() == Article(language="az", headline="Salam")


def test_without_language_and_headline_both_are_named() -> None:
    with pytest.raises(InvalidDocument) as caught:
        ninjs.parse(b"{}")
    assert caught.value.errors == (Fault("/language", "is missing"), Fault("/headlines", "is missing"))


@pytest.mark.parametrize("headlines", [[], [{"value": " "}], [{"value": ""}]])
def test_a_headline_without_text_is_a_fault(headlines: list[object]) -> None:
    assert "/headlines" in fail(headlines=headlines)


def test_everything_wrong_is_said_at_once() -> None:
    faults = fail(
        language="aze_AZ", urgency=0, versionCreated="2026-11-26 09:00", pubStatus="killed",
        foo=1, version=3, uri="x y", subjects=[{"uri": "medtop:123"}, {}, "sport"], altIds=[{"role": "web"}],
    )  # fmt: skip
    assert set(faults) == {
        "/language", "/urgency", "/versionCreated", "/pubStatus", "/foo", "/version", "/uri",
        "/subjects/0/uri", "/subjects/1", "/subjects/2", "/altIds/0/value",
    }  # fmt: skip


@pytest.mark.parametrize(("old", "new"), ninjs_names.SINCE_1.items())
def test_a_name_of_ninjs_1_is_answered_with_that_of_3(old: str, new: str) -> None:
    assert fail(**{old: "x"}) == {f"/{old}": f"ninjs 3.x has `{new}`"}
    assert new.split(":")[0] in ninjs_names.PROPERTIES


def test_a_misspelt_property_is_answered_with_the_likely_one() -> None:
    assert "headlines" in fail(headlinez=[])["/headlinez"]


def test_a_property_name_becomes_a_pointer_by_rfc_6901() -> None:
    assert "/a~1b~0c" in fail(**{"a/b~c": 1})


@pytest.mark.parametrize(("name", "kind"), ninjs_names.PROPERTIES.items())
def test_every_known_property_is_checked_for_its_type(name: str, kind: str) -> None:
    wrong: object = "text" if kind in {ninjs_names.LIST, ninjs_names.OBJECT, ninjs_names.URGENCY} else 12
    assert f"/{name}" in fail(**{name: wrong})
    assert f"/{name}" in fail(**{name: None})


def test_known_properties_without_use_are_accepted() -> None:
    unused = {
        "people": [{"name": "X"}],
        "slugline": "s",
        "rightsInfo": {"langId": "x:y"},
        "contentCreated": "2026-11-26T09:00:00Z",
    }
    assert read(**unused) == read()


@pytest.mark.parametrize(
    ("given", "utc"),
    [
        ("2026-11-26T09:30:00Z", datetime(2026, 11, 26, 9, 30, tzinfo=UTC)),
        ("2026-11-26T13:30:00+04:00", datetime(2026, 11, 26, 9, 30, tzinfo=UTC)),
        ("2026-11-26T09:30:00.1234567Z", datetime(2026, 11, 26, 9, 30, 0, 123456, tzinfo=UTC)),
        ("2026-11-26t09:30:00.5z", datetime(2026, 11, 26, 9, 30, 0, 500000, tzinfo=UTC)),
    ],
)
def test_times_become_utc(given: str, utc: datetime) -> None:
    assert read(versionCreated=given).version_created == utc


@pytest.mark.parametrize(
    "given",
    ["2026-11-26", "2026-11-26T09:30:00", "20261126T093000Z", "2026-02-30T00:00:00Z", "0001-01-01T00:00:00+14:00", "",
     "2026-11-26T24:00:00Z", "2026-W48-4T09:30:00Z", "２０２６-11-26T09:30:00Z", 1764149400],
)  # fmt: skip
def test_bad_times_are_faults(given: object) -> None:
    assert "/expires" in fail(expires=given)


@pytest.mark.parametrize("urgency", ["0", "10", "-1", "1.0", "true", '"3"', "null", "1" + "0" * 30])
def test_bad_urgencies_are_faults(urgency: str) -> None:
    document = orjson.dumps(MINIMAL).removesuffix(b"}") + f',"urgency":{urgency}}}'.encode()
    with pytest.raises(InvalidDocument) as caught:
        ninjs.parse(document)
    assert [fault.pointer for fault in caught.value.errors] == ["/urgency"]


@pytest.mark.parametrize(
    "language", ["", "azerbaijani", "a", "az_AZ", "az-", "az-Latn-", "x-private", "az AZ", "аз", "az\u0130"]
)
def test_bad_language_tags_are_faults(language: str) -> None:
    assert "/language" in fail(language=language)


@pytest.mark.parametrize("language", ["az", "zh-Hans", "zh-CN", "az-Latn-AZ", "sr-Cyrl", "es-419", "sl-rozaj"])
def test_language_tags_are_kept_as_given(language: str) -> None:
    assert read(language=language).language == language


@pytest.mark.parametrize(
    ("headlines", "chosen"),
    [
        ([{"role": "short", "value": "S"}, {"value": "M"}], "M"),
        ([{"role": "short", "value": "S"}, {"role": "main", "value": "M"}], "M"),
        ([{"role": "short", "value": "S"}, {"role": "long", "value": "L"}], "S"),
        ([{"value": "A"}, {"value": "B"}], "A"),
        ([{"contentType": "text/html", "value": "A &amp; <i>B</i>"}], "A & B"),
        ([{"contentType": "text/plain", "value": "A &amp; <i>B</i>"}], "A &amp; <i>B</i>"),
        ([{"value": " A\n  B "}], "A B"),
        ([{"value": "Bakı\u0308"}], "Bak\u0131\u0308"),
        ([{"value": "e\u0301"}], "\u00e9"),
    ],
)
def test_the_main_headline_is_taken_as_plain_text(headlines: list[dict[str, str]], chosen: str) -> None:
    assert read(headlines=headlines).headline == chosen


@pytest.mark.parametrize(
    ("body", "clean"),
    [
        ({"contentType": "text/html", "value": "<h1>A</h1><p onclick=x>B<script>c</script>"}, "<h2>A</h2><p>B</p>"),
        ({"contentType": "text/plain", "value": "A < B\n\nC & D\nE"}, "<p>A &lt; B</p>\n<p>C &amp; D\nE</p>"),
        ({"value": "A < B"}, "<p>A &lt; B</p>"),
    ],
)
def test_a_body_becomes_clean_html(body: dict[str, str], clean: str) -> None:
    assert read(bodies=[body]).body == clean


def test_a_body_that_looks_like_html_must_say_what_it_is() -> None:
    assert "/bodies/0/contentType" in fail(bodies=[{"value": "<p>x</p>"}])


def test_a_body_of_another_type_gives_way_to_one_that_can_be_read() -> None:
    other = {"contentType": "application/nitf+xml", "value": "<nitf/>"}
    assert read(bodies=[other, {"contentType": "text/plain", "value": "x"}]).body == "<p>x</p>"
    assert "/bodies/0/contentType" in fail(bodies=[other])


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ({"uri": "http://cv.iptc.org/newscodes/mediatopic/20000170"}, Subject(name="", code="medtop:20000170")),
        ({"literal": "medtop:20000170"}, Subject(name="", code="medtop:20000170")),
        ({"uri": "medtop:20000170", "name": "S"}, Subject(name="S", code="medtop:20000170")),
        ({"name": "Xəzər", "uri": "https://own.example/1"}, Subject(name="Xəzər")),
        ({"literal": "Xəzər"}, Subject(name="Xəzər")),
    ],
)  # fmt: skip
def test_subjects_are_media_topics_or_keywords(subject: dict[str, str], expected: Subject) -> None:
    assert read(subjects=[subject]).subjects == (expected,)


def test_the_outlets_own_id_is_the_alt_id_with_role_item() -> None:
    article = read(altIds=[{"role": "web", "value": "https://x.example/1"}, {"role": "item", "value": "n-1"}])
    assert article.item == "n-1"
    assert article.alt_ids == (AltId(role="web", value="https://x.example/1"),)


def test_a_picture_is_an_association_with_renditions() -> None:
    picture = {
        "name": "p", "type": "picture", "by": "R. Q.",
        "descriptions": [{"role": "alt", "value": "Dəniz"}, {"role": "caption", "value": "Sahil"}],
        "renditions": [{"name": "web", "href": "https://x.example/a.jpg", "width": 10, "sizeInBytes": 5}],
    }  # fmt: skip
    [read_picture] = read(associations=[picture, {"name": "v", "type": "video"}]).pictures
    assert (read_picture.caption, read_picture.alt, read_picture.credit) == ("Sahil", "Dəniz", "R. Q.")
    assert (read_picture.renditions[0].width, read_picture.renditions[0].size) == (10, 5)


@pytest.mark.parametrize(
    ("rendition", "pointer"),
    [
        ({"name": "o"}, "/associations/0/renditions"),
        ({"href": "javascript:alert(1)"}, "/associations/0/renditions/0/href"),
        ({"href": "/relative.jpg"}, "/associations/0/renditions/0/href"),
        ({"href": "https://[bad/"}, "/associations/0/renditions/0/href"),
        ({"href": "https://x.example/a.jpg", "width": -1}, "/associations/0/renditions/0/width"),
        ({"href": "https://x.example/a.jpg", "height": "9"}, "/associations/0/renditions/0/height"),
    ],
)
def test_a_bad_rendition_is_a_fault(rendition: dict[str, object], pointer: str) -> None:
    assert pointer in fail(associations=[{"name": "p", "type": "picture", "renditions": [rendition]}])


def test_the_original_of_a_translation_is_named_by_an_association() -> None:
    association = {"name": "o", "rel": "translationOf", "uri": "tag:x.example,2026:1"}
    assert read(associations=[association]).translation_of == "tag:x.example,2026:1"
    assert "/associations/0/uri" in fail(associations=[{"name": "o", "rel": "translationOf"}])


@pytest.mark.parametrize("character", ["\x00", "\x0b", "\x1f", "\x7f", "\x85", "\x9f", "\ufffe", "\uffff"])
@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        (lambda text: {"headlines": [{"value": text}]}, "/headlines/0/value"),
        (lambda text: {"bodies": [{"contentType": "text/html", "value": text}]}, "/bodies/0/value"),
        (lambda text: {"people": [{"name": text}]}, "/people/0/name"),
    ],
)
def test_a_control_character_is_named_with_its_place(
    character: str, members: Callable[[str], dict[str, Any]], pointer: str
) -> None:
    faults = fail(**members(f"ab{character}c"))
    assert f"U+{ord(character):04X} at character 3" in faults[pointer]


def test_tabs_line_ends_emoji_and_marks_are_no_control_characters() -> None:
    value = "a\tb\r\nc 🐫🏳️‍🌈 𠀀 \u202eעברית\u202c \u200d"
    assert read(descriptions=[{"value": value}]).description == value.replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"headlines": [{"value": "x" * 1_001}]}, "/headlines/0/value"),
        ({"bodies": [{"contentType": "text/plain", "value": "x" * 200_001}]}, "/bodies/0/value"),
        ({"descriptions": [{"value": "x" * 10_001}]}, "/descriptions/0/value"),
        ({"by": "x" * 1_001}, "/by"),
        ({"subjects": [{"name": "x"}] * 201}, "/subjects"),
        ({"bodies": [{"contentType": "text/html", "value": "<div>" * 5_000}]}, "/bodies/0/value"),
    ],
)
def test_what_is_too_long_is_a_fault(members: dict[str, Any], pointer: str) -> None:
    assert set(fail(**members)) == {pointer}


def test_faults_are_listed_up_to_a_hundred() -> None:
    with pytest.raises(InvalidDocument) as caught:
        read(**{f"x{number}": 1 for number in range(150)})
    assert len(caught.value.errors) == 101
    assert caught.value.errors[-1].detail.startswith("50 more")


def test_the_cost_of_unknown_properties_grows_with_their_number_only(check_growth: Callable[..., None]) -> None:
    check_growth(lambda size: fail(**{f"headlin{number}": 1 for number in range(size)}), 16_000)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"nul", b'{"a":NaN}', b"\xff\xfe{\x00}\x00", b'{"a":"\xe9"}', b'{"headlines":[{"value":"\\ud800"}]}',
        b'{"headlines":[{"value":"\xed\xa0\x80"}]}', b"[" * 100_000, b'{"a":' * 100_000,
        b'{"a":' + b"[" * 500 + b"]" * 500 + b"}", b'{"a":' + b"[" * 40 + b"]" * 40 + b"}",
        b'{"people":[' + b"{}," * 60_000 + b"{}]}", b" " * 8_000_001,
    ],
    ids=lambda body: f"{body[:12]!r}-{len(body)}",
)  # fmt: skip
def test_what_is_no_json_or_beyond_reason_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedDocument):
        ninjs.parse(body)


@pytest.mark.parametrize("body", [b"[]", b"null", b'"x"', b"1"])
def test_json_that_is_no_object_is_invalid(body: bytes) -> None:
    with pytest.raises(InvalidDocument, match="JSON object"):
        ninjs.parse(body)


def test_a_byte_order_mark_is_let_pass() -> None:
    assert ninjs.parse(b"\xef\xbb\xbf" + orjson.dumps(MINIMAL)) == read()


def test_ninjs_of_an_entry_tells_machine_text_and_siblings(make_entry: Callable[..., Entry]) -> None:
    entry = make_entry("tr")
    document = render_article(entry, "application/vnd.iptc.ninjs+json")
    item = orjson.loads(document.body)
    assert set(item) <= set(ninjs_names.PROPERTIES)
    assert item["digitalSourceType"]["name"] == "trainedAlgorithmicMedia"
    roles = {alt["role"]: alt["value"] for alt in item["altIds"]}
    assert roles["karvan:origin"] == "machine"
    assert roles["karvan:entry"] == entry.id
    siblings = [one["language"] for one in item["associations"] if one.get("rel") == "hasTranslation"]
    assert siblings == ["az", "en", "ru", "zh"]
    assert parse(document.body, document.media_type).headline == entry.article.headline


def test_ninjs_of_a_withdrawn_entry_is_a_canceled_stub(make_entry: Callable[..., Entry]) -> None:
    item = orjson.loads(render_article(make_entry("en", withdrawn=True), "application/json").body)
    assert item["pubStatus"] == "canceled"
    assert item["headlines"] == [{"contentType": "text/plain", "value": "Withdrawn"}]
    assert set(item) == {
        "uri", "standard", "type", "language", "versionCreated", "pubStatus", "headlines", "altIds",
    }  # fmt: skip
