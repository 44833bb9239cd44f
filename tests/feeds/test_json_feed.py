"""The JSON Feed: golden bytes, the rules of version 1.1, isolation, withdrawal; one item of it read as an article."""

import logging
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import orjson
import pytest
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from feeds import Fault, InvalidDocument, MalformedDocument, jsonfeed, jsonfeed_output, parse, render_feed
from feeds.model import AltId, CheckCount, Entry, Feed, Outlet, Picture, Rendition, Subject

GOLDEN = Path(__file__).parent / "golden" / "world.json"
LANGUAGES = ["az", "en", "ru", "tr", "zh"]
MakeFeed = Callable[..., Feed]
MakeEntry = Callable[..., Entry]


# jsonfeed.org/version/1.1, rule by rule


def check_extensions(members: "Members") -> None:
    for name, value in (members.__pydantic_extra__ or {}).items():
        assert name.startswith("_"), f"{name} is no property of JSON Feed 1.1"
        assert "." not in name
        assert isinstance(value, dict)


class Members(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True)

    def model_post_init(self, context: Any) -> None:
        check_extensions(self)


Address = Annotated[str, StringConstraints(pattern=r"^https?://[^\s<>\"]+$")]
Words = Annotated[str, StringConstraints(min_length=1)]
Tag = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
Time = Annotated[AwareDatetime, Field(strict=False)]


class Author(Members):
    name: Words | None = None
    url: Address | None = None
    avatar: Address | None = None


class Attachment(Members):
    url: Address
    mime_type: Annotated[str, StringConstraints(pattern=r"^[\w.+-]+/[\w.+-]+$")]
    title: Words | None = None
    size_in_bytes: Annotated[int, Field(ge=0)] | None = None
    duration_in_seconds: Annotated[float, Field(ge=0)] | None = None


class Item(Members):
    id: Words
    url: Address | None = None
    external_url: Address | None = None
    title: Words | None = None
    content_html: str | None = None
    content_text: str | None = None
    summary: Words | None = None
    image: Address | None = None
    banner_image: Address | None = None
    date_published: Time | None = None
    date_modified: Time | None = None
    authors: Annotated[list[Author], Field(min_length=1)] | None = None
    tags: list[Words] | None = None
    language: Tag | None = None
    attachments: list[Attachment] | None = None

    def model_post_init(self, context: Any) -> None:
        super().model_post_init(context)
        assert (self.content_html is None) != (self.content_text is None)


def have_one_id_each(items: list[Item]) -> list[Item]:
    assert len({item.id for item in items}) == len(items)
    return items


class JsonFeed(Members):
    version: Literal["https://jsonfeed.org/version/1.1"]
    title: Words
    home_page_url: Address | None = None
    feed_url: Address | None = None
    description: Words | None = None
    user_comment: Words | None = None
    next_url: Address | None = None
    icon: Address | None = None
    favicon: Address | None = None
    authors: Annotated[list[Author], Field(min_length=1)] | None = None
    language: Tag | None = None
    expired: bool | None = None
    hubs: list[dict[str, str]] | None = None
    items: Annotated[list[Item], AfterValidator(have_one_id_each)]


def render(feed: Feed) -> dict[str, Any]:
    body = render_feed(feed, "json").body
    JsonFeed.model_validate_json(body)
    root: dict[str, Any] = orjson.loads(body)
    return root


def change(entry: Entry, **changes: object) -> Entry:
    return replace(entry, article=replace(entry.article, **changes))  # type: ignore[arg-type]


# Written


def test_the_feed_is_the_golden_one_byte_for_byte(make_feed: MakeFeed) -> None:
    """UPDATE_GOLDEN=1 pytest tests/feeds writes the file anew: read the diff."""
    document = render_feed(make_feed(), "json")
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_bytes(document.body)
    assert document.body == GOLDEN.read_bytes()
    assert document.media_type == "application/feed+json"


def test_rendering_again_without_cache_gives_the_same_bytes_and_an_unchanged_entry_is_rendered_once(
    make_feed: MakeFeed,
) -> None:
    first = render_feed(make_feed(), "json")
    jsonfeed_output._render_entry.forget()
    assert render_feed(make_feed(), "json") == first
    assert render_feed(make_feed(title="Başqa"), "json").etag != first.etag
    assert jsonfeed_output._render_entry.made == 2


def test_the_rules_refuse_what_json_feed_forbids(make_feed: MakeFeed) -> None:
    body = render_feed(make_feed(), "json").body
    for good, bad in [
        (b"version/1.1", b"version/2"),
        (b'"summary"', b'"teaser"'),
        (b'"date_published":"2026-11-26T', b'"date_published":"26.11.2026 '),
        (b'"content_html"', b'"_content"'),
        (b'"size_in_bytes":123456}],"_karvan"', b'"size_in_bytes":"1"}],"_karvan"'),
        (b'"id":"tag:karvan.example,2026:khazar-news/caspian-2/az"', b'"id":2'),
    ]:
        assert good in body
        with pytest.raises(ValidationError):
            JsonFeed.model_validate_json(body.replace(good, bad, 1))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_feed_follows_the_rules_in_every_language(language: str, make_feed: MakeFeed) -> None:
    feed = make_feed(language)
    root = render(feed)
    assert (root["language"], root["title"], root["feed_url"]) == (language, feed.title, feed.href)
    assert [item["language"] for item in root["items"]] == [language, language]
    assert [item["url"] for item in root["items"]] == [entry.page for entry in feed.entries]
    assert [link["language"] for link in root["_karvan"]["siblings"]] == [one for one in LANGUAGES if one != language]


def test_an_empty_feed_is_one(make_feed: MakeFeed) -> None:
    assert render(make_feed(entries=(), tombstones=()))["items"] == []


def test_machine_text_is_told_from_peoples(make_feed: MakeFeed, make_entry: MakeEntry) -> None:
    entry = make_entry("en")
    checked = replace(
        entry, partial=True, provenance=replace(entry.provenance, checks=(CheckCount(name="n", count=2),))
    )
    machine, people = (item["_karvan"] for item in render(make_feed(entries=(checked, make_entry("az", 2))))["items"])
    said = {name: machine[name] for name in ("origin", "engine", "quality", "source_language", "source_version")}
    assert said == {
        "origin": "machine",
        "engine": "argos karvan-starter 0.1",
        "quality": "starter",
        "source_language": "az",
        "source_version": 2,
    }
    assert machine["checks"] == [{"name": "n", "count": 2}]
    assert machine["representation_type"] == "partial"
    assert people["origin"] == "source"
    assert "engine" not in people


def test_pictures_are_attachments_with_captions_where_their_type_is_known(
    make_feed: MakeFeed, make_entry: MakeEntry
) -> None:
    entry = make_entry()
    typeless = Picture(name="p", renditions=(Rendition(href="https://x.example/1"),))
    [item] = render(make_feed(entries=(change(entry, pictures=(typeless, *entry.article.pictures)),)))["items"]
    assert item["image"] == "https://x.example/1"
    assert [one["title"] for one in item["attachments"]] == ["Sahil & dəniz"]
    assert [one["name"] for one in item["_karvan"]["pictures"]] == ["p", "main"]


def test_a_note_to_editors_never_leaves(make_feed: MakeFeed) -> None:
    assert b"SECRET" not in render_feed(make_feed(), "json").body


def test_a_withdrawn_entry_is_a_stub_with_the_same_id_and_nothing_of_its_text(
    make_feed: MakeFeed, make_entry: MakeEntry
) -> None:
    entry = make_entry("tr", withdrawn=True)
    [item] = render(make_feed("tr", entries=(entry,)))["items"]
    assert (item["id"], item["title"], item["language"], item["content_text"]) == (entry.id, "Geri çekildi", "tr", "")
    assert item["_karvan"]["withdrawn"] is True
    assert item["_karvan"]["pub_status"] == "canceled"
    article = entry.article
    for word in (article.headline, article.description, "vacib", article.by, "a.jpg", "Sahil", "D-7"):
        assert word not in str(item)


def test_a_tombstone_is_not_older_than_the_stub(make_feed: MakeFeed) -> None:
    feed = make_feed()
    early = replace(feed.tombstones[0], when=datetime(2026, 1, 1, tzinfo=UTC))
    for tombstones in (feed.tombstones, (early,)):
        [tombstone] = render(replace(feed, tombstones=tombstones))["_karvan"]["tombstones"]
        assert tombstone == {"ref": feed.entries[1].id, "when": "2026-11-26T09:30:00.123456Z"}


def test_a_poison_entry_is_left_out_and_logged_without_its_text(
    make_feed: MakeFeed, make_entry: MakeEntry, caplog: pytest.LogCaptureFixture
) -> None:
    poison = make_entry(number=3, published=datetime(2026, 11, 26, 9))  # noqa: DTZ001 (that is the poison)
    feed = make_feed(entries=(make_entry(), poison, make_entry(number=4)))
    with caplog.at_level(logging.ERROR):
        items = render(feed)["items"]
    assert [item["id"].rsplit("/", 2)[1] for item in items] == ["caspian-1", "caspian-4"]
    assert "caspian-3" in caplog.text
    assert poison.article.headline not in caplog.text


@pytest.mark.parametrize(
    "poison",
    ["a\x00b\x0bc\x1fd", '"}]} \\u0000 \\', "\ud800 lone", "a\ufffe\uffff\x7f\x85", "🐫 𠀀𪜶 \u202eעברית\u200f"],
)
def test_poison_text_everywhere_gives_a_valid_feed(poison: str, make_feed: MakeFeed, make_entry: MakeEntry) -> None:
    entry = make_entry()
    picture = replace(entry.article.pictures[0], caption=poison, alt=poison, credit=poison)
    article = replace(
        entry.article, headline=poison, description=poison, body=poison, by=poison, genres=(poison,),
        pictures=(picture,), subjects=(Subject(name=poison),), usage_terms=poison,
        alt_ids=(AltId(role=poison, value=poison),),
    )  # fmt: skip
    outlet = Outlet(id="x", name=poison, uri="https://x.example/")
    feed = make_feed(
        title=poison, subtitle=poison, rights=poison, entries=(replace(entry, article=article, outlet=outlet),)
    )
    [item] = render(feed)["items"]
    for wanted in ("🐫", "𠀀", "\u202e", '"}]}'):
        assert (wanted in poison) == (wanted in item["title"])


# Read


MINIMAL: dict[str, Any] = {"id": "https://x.example/1", "title": "Salam", "language": "az", "content_html": "<p>A</p>"}


def read(feed: dict[str, Any] | None = None, **item: Any) -> Any:
    members = {name: value for name, value in (MINIMAL | item).items() if value is not None}
    root = {"version": "https://jsonfeed.org/version/1.1", "title": "F", "items": [members]} | (feed or {})
    return parse(orjson.dumps(root), "application/feed+json")


def find_faults(feed: dict[str, Any] | None = None, **item: Any) -> list[str]:
    with pytest.raises(InvalidDocument) as caught:
        read(feed, **item)
    return [fault.pointer for fault in caught.value.errors]


def test_an_item_of_anybodys_feed_is_an_article() -> None:
    article = read(
        url="https://x.example/a",
        content_html="<p>A<script>x</script>",
        summary="Qısa",
        tags=["su", "medtop:04000000"],
        authors=[{"name": "A"}, {"url": "https://x.example/"}, {"name": "B"}],
        date_published="2026-11-26T09:00:00+04:00",
        date_modified="2026-11-26T10:00:00Z",
        attachments=[
            {"url": "https://x.example/a.png", "mime_type": "image/png", "title": "Dəniz"},
            {"url": "https://x.example/a.mp3", "mime_type": "audio/mpeg"},
        ],
    )
    assert (article.headline, article.language, article.body, article.description) == (
        "Salam", "az", "<p>A</p>", "Qısa",
    )  # fmt: skip
    assert article.by == "A, B"
    assert article.subjects == (Subject(name="su"), Subject(name="", code="medtop:04000000"))
    assert article.first_created == datetime(2026, 11, 26, 5, tzinfo=UTC)
    assert article.version_created == datetime(2026, 11, 26, 10, tzinfo=UTC)
    assert [(one.renditions[0].href, one.caption) for one in article.pictures] == [("https://x.example/a.png", "Dəniz")]
    assert article.alt_ids == (AltId(role="web", value="https://x.example/a"),)
    assert article.uri == "https://x.example/1"


def test_what_an_item_does_not_say_is_what_its_feed_says() -> None:
    article = read({"language": "tr", "author": {"name": "C"}}, language=None)
    assert (article.language, article.by) == ("tr", "C")


def test_plain_text_becomes_escaped_paragraphs() -> None:
    assert read(content_html=None, content_text="a < b\n\nc").body == "<p>a &lt; b</p>\n<p>c</p>"


@pytest.mark.parametrize(
    ("item", "pointer"),
    [
        ({"language": None}, "/items/0/language"),
        ({"title": None}, "/items/0/title"),
        ({"title": " "}, "/items/0/title"),
        ({"title": ["a"]}, "/items/0/title"),
        ({"summary": "a\x01"}, "/items/0/summary"),
        ({"date_modified": "yesterday"}, "/items/0/date_modified"),
        ({"content_html": "x" * 200_001}, "/items/0/content_html"),
        ({"content_html": "<i>" * 300}, "/items/0/content_html"),
        ({"tags": ["a", 1]}, "/items/0/tags/1"),
        ({"image": "a.png"}, "/items/0/image"),
        ({"_karvan": {"urgency": "4"}}, "/items/0/_karvan/urgency"),
        ({"_karvan": {"pub_status": "cancelled"}}, "/items/0/_karvan/pub_status"),
        ({"_karvan": {"embargoed_until": "tomorrow"}}, "/items/0/_karvan/embargoed_until"),
        ({"_karvan": {"pictures": [{"name": "a"}]}}, "/items/0/_karvan/pictures/0/renditions"),
    ],
)
def test_faults_are_told_with_their_json_pointer(item: dict[str, Any], pointer: str) -> None:
    assert find_faults(**item) == [pointer]


def test_exactly_one_item_is_taken() -> None:
    assert find_faults({"items": []}) == ["/items"]
    assert find_faults({"items": [MINIMAL, MINIMAL]}) == ["/items"]
    assert find_faults({"items": ["a"]}) == ["/items/0"]
    with pytest.raises(InvalidDocument) as caught:
        jsonfeed.parse(orjson.dumps({"items": [MINIMAL]}))
    assert caught.value.errors[0] == Fault("/version", "a JSON Feed says https://jsonfeed.org/version/1.1 here")
    with pytest.raises(MalformedDocument):
        jsonfeed.parse(b'{"version": "https://jsonfeed.org/version/1.1", "items": [{}], "items": []}')
