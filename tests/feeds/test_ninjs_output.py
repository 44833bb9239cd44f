"""ninjs out: what is written is valid by ninjs 3.1 (IPTC), whose schema is told here rule by rule."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Literal

import orjson
import pytest
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from feeds import parse, render_article
from feeds.model import Article, CheckCount, Entry
from feeds.ninjs_output import render_article as render_own

NINJS = "application/vnd.iptc.ninjs+json"
LANGUAGES = ["az", "en", "ru", "tr", "zh"]
MakeArticle = Callable[..., Article]
MakeEntry = Callable[..., Entry]

# ninjs-schema_3.1.json, as far as Karvan writes it: no property that the schema does not have, no null


class Members(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, alias_generator=to_camel)


Uri = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9+.\-]*:[^\s<>\"{}|\\^`]+$")]
Time = Annotated[AwareDatetime, Field(strict=False)]
Nature = Literal["text", "audio", "video", "picture", "graphic", "composite", "component", "event", "planning"]


class Text(Members):
    value: str
    role: str = ""
    content_type: str = ""


class Body(Text):
    char_count: int = 0
    word_count: int = 0


class Concept(Members):
    name: str = ""
    uri: Uri = "x:y"
    literal: str = ""


class Subject(Concept):
    rel: str = ""


class AltId(Members):
    role: str = ""
    value: str = ""


class Rendition(Members):
    name: str
    href: Uri = "x:y"
    content_type: str = ""
    title: str = ""
    width: int = 0
    height: int = 0
    size_in_bytes: int = 0


class Standard(Members):
    name: str = ""
    version: str = ""
    schema_: Annotated[Uri, Field(alias="schema")] = "x:y"


class Rights(Members):
    lang_id: Uri = "x:y"
    linked_rights: Uri | None = None
    encoded_rights: str | None = None

    @model_validator(mode="after")
    def have_one_of_both(self) -> "Rights":
        assert (self.linked_rights is None) != (self.encoded_rights is None)
        return self


class Object(Members):
    uri: Uri
    type: Nature = "text"
    representation_type: Literal["full", "partial"] = "full"
    version: str = ""
    first_created: Time | None = None
    version_created: Time | None = None
    embargoed_until: Time | None = None
    expires: Time | None = None
    pub_status: Literal["usable", "withheld", "canceled"] = "usable"
    urgency: Annotated[int, Field(ge=1, le=9)] = 5
    copyright_holder: str = ""
    copyright_notice: str = ""
    usage_terms: str = ""
    ed_note: str = ""
    language: str = ""
    headlines: list[Text] = []
    descriptions: list[Text] = []
    bodies: list[Body] = []
    subjects: list[Subject] = []
    genres: list[Concept] = []
    by: str = ""
    located: str = ""
    renditions: list[Rendition] = []
    associations: list["Associated"] = []
    alt_ids: list[AltId] = []
    standard: Standard = Standard()
    rights_info: Rights | None = None
    digital_source_type: Concept = Concept()


class Associated(Object):
    name: str
    rel: str = ""


def check(body: bytes) -> dict[str, object]:
    item: dict[str, object] = orjson.loads(body)
    Object.model_validate_json(body)
    assert b":null" not in body
    return item


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("changes", [{}, {"withdrawn": True}, {"partial": True}], ids=str)
def test_what_is_written_is_valid(language: str, changes: dict[str, bool], make_entry: MakeEntry) -> None:
    entry = make_entry(language, **changes)
    checked = replace(entry.provenance, via="en", checks=(CheckCount(name="number", count=2),))
    check(render_article(replace(entry, provenance=checked), NINJS).body)


@pytest.mark.parametrize("info", ["https://x.example/rights", '{"uid":"x:1"}'])
def test_rights_times_and_a_source_are_written_validly(
    info: str, make_article: MakeArticle, make_entry: MakeEntry
) -> None:
    later = datetime(2026, 12, 1, tzinfo=UTC)
    source = "tag:x.example,2026:1"
    article = make_article(rights_info=info, embargoed_until=later, expires=later, translation_of=source)
    assert check(render_own(article).body)["edNote"] == article.ed_note
    assert "edNote" not in check(render_article(make_entry(article=article), NINJS).body)


def test_an_item_without_a_uri_of_its_own_has_that_of_its_entry(make_entry: MakeEntry) -> None:
    for withdrawn in (False, True):
        entry = make_entry(article=Article(language="az", headline="Salam"), withdrawn=withdrawn)
        assert check(render_article(entry, NINJS).body)["uri"] == entry.id


def test_a_picture_without_a_uri_is_named_by_its_file_and_has_none_when_it_is_read(make_entry: MakeEntry) -> None:
    entry = make_entry()
    document = render_article(entry, NINJS)
    item = check(document.body)
    assert item["associations"][0]["uri"] == entry.article.pictures[0].renditions[0].href  # type: ignore[index]
    assert parse(document.body, NINJS).pictures == entry.article.pictures


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"urgency":4', b'"urgency":10'),
        (b'"uri":"tag:', b'"uris":"tag:'),
        (b'"name":"main",', b""),
        (b'"sizeInBytes":', b'"size":'),
        (b'T09:30:00.123456Z"', b'"'),
        (b'"version":"2"', b'"version":2'),
    ],
)
def test_the_rules_refuse_what_ninjs_forbids(old: bytes, new: bytes, make_entry: MakeEntry) -> None:
    body = render_article(make_entry(), NINJS).body
    assert old in body
    with pytest.raises(ValidationError):
        check(body.replace(old, new, 1))
