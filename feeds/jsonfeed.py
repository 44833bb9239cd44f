"""A JSON Feed 1.1 (or 1) with one item → Article. (The way back is feeds.jsonfeed_output.)

The language is the item's, else the feed's; the body is content_html, else content_text; the item's id becomes the
article's `uri` when it is one, unless `_karvan.uri` is there; external_url, else url, is the article's address at the
outlet (alt id "web") unless `_karvan.alt_ids` has one; tags are keywords and attached images pictures unless
`_karvan.subjects` and `_karvan.pictures` say more. date_published and date_modified stand in for
`_karvan.first_created` and `_karvan.version_created`. `_karvan` has what the format lacks, as feeds.jsonfeed_output
writes it.
"""

from collections.abc import Iterator
from typing import get_args

from feeds import fields, html
from feeds.faults import Fault, Faults, InvalidDocument
from feeds.json_object import JsonObject, find_unreadable
from feeds.model import AltId, Article, Link, Outlet, Picture, Provenance, PubStatus, Rendition, Subject
from feeds.provenance import make_provenance
from feeds.safejson import parse_json

VERSIONS = ("https://jsonfeed.org/version/1.1", "https://jsonfeed.org/version/1")


def parse(body: bytes) -> Article:
    """Raises MalformedDocument, InvalidDocument."""
    faults = Faults()
    feed = JsonObject(parse_json(body, "a JSON Feed"), "", faults)
    check_version(feed)
    items = feed.members.get("items")
    if not isinstance(items, list) or len(items) != 1:
        raise InvalidDocument((Fault("/items", "an array of exactly one item is taken"),))
    if not isinstance(items[0], dict):
        raise InvalidDocument((Fault("/items/0", "must be an object"),))
    article = read_item(JsonObject(items[0], "/items/0", faults), feed)
    faults.raise_any()
    return article


def check_version(feed: JsonObject) -> None:
    """Raises InvalidDocument unless this is a JSON Feed."""
    version = feed.members.get("version")
    if not isinstance(version, str) or version.rstrip("/").replace("http://", "https://", 1) not in VERSIONS:
        raise InvalidDocument((Fault("/version", f"a JSON Feed says {VERSIONS[0]} here"),))


def read_item(item: JsonObject, feed: JsonObject) -> Article:
    """An item of a feed, whose language and authors may be its own."""
    find_unreadable(item.members, item.faults, item.place)
    extras = get_extras(item)
    alt_ids = tuple(_read_alt_ids(extras))
    return Article(
        language=_read_language(item, feed),
        headline=_read_headline(item),
        description=fields.read_text(
            item.get("summary", str) or "", f"{item.place}/summary", item.faults, fields.MAX_DESCRIPTION
        ),
        body=_read_body(item),
        item=extras.read_line("item") or None,
        uri=extras.read_uri("uri") or _read_id(item),
        by=", ".join(_read_authors(item)) or ", ".join(_read_authors(feed)),
        located=extras.read_line("located"),
        subjects=tuple(_read_subjects(item, extras)),
        genres=tuple(_read_lines(extras, "genres")),
        urgency=extras.read_urgency("urgency"),
        pub_status=_read_status(extras),
        version=extras.read_line("version") or None,
        version_created=extras.read_time("version_created") or item.read_time("date_modified"),
        first_created=extras.read_time("first_created") or item.read_time("date_published"),
        embargoed_until=extras.read_time("embargoed_until"),
        expires=extras.read_time("expires"),
        copyright_holder=extras.read_line("copyright_holder"),
        copyright_notice=extras.read_text("copyright_notice"),
        usage_terms=extras.read_text("usage_terms"),
        ed_note=extras.read_text("ed_note"),
        pictures=tuple(_read_pictures(item, extras)),
        alt_ids=alt_ids if any(one.role == "web" for one in alt_ids) else (*_read_page(item), *alt_ids),
        translation_of=extras.read_uri("translation_of"),
    )


def get_extras(item: JsonObject) -> JsonObject:
    return JsonObject(item.get("_karvan", dict) or {}, f"{item.place}/_karvan", item.faults)


def read_outlet(extras: JsonObject) -> Outlet | None:
    """The outlet that another Karvan names."""
    outlet = JsonObject(extras.get("outlet", dict) or {}, f"{extras.place}/outlet", extras.faults)
    if "id" not in outlet.members:
        return None
    return Outlet(id=outlet.read_line("id"), name=outlet.read_line("name"), uri=outlet.read_line("url"))


def read_provenance(extras: JsonObject) -> Provenance | None:
    """Where another Karvan says that the text comes from; None where it says nothing."""
    if "origin" not in extras.members:
        return None
    names = ("origin", "source_language", "freshness", "engine", "quality", "via")
    said = {name.replace("_", "-"): extras.read_line(name) for name in names}
    said["source-version"] = str(extras.get("source_version", int))
    said["reviewed"] = "true" if extras.members.get("reviewed") is True else ""
    checks = [(one.read_line("name"), str(one.read_count("count"))) for one in extras.list_objects("checks")]
    return make_provenance(said, checks, f"{extras.place}/origin", extras.faults)


def read_siblings(extras: JsonObject) -> Iterator[Link]:
    for link in extras.list_objects("siblings"):
        href = fields.read_address(link.require("url"), f"{link.place}/url", link.faults)
        if href:
            yield Link(language=link.read_language("language"), href=href)


def _read_language(item: JsonObject, feed: JsonObject) -> str:
    for said in (item, feed):
        if "language" in said.members:
            return said.read_language("language")
    item.fault("language", "is missing: which language is this item in?")
    return ""


def _read_headline(item: JsonObject) -> str:
    headline = fields.read_line(item.require("title"), f"{item.place}/title", item.faults, fields.MAX_HEADLINE)
    if not headline and not item.faults.is_mentioned(f"{item.place}/title"):
        item.fault("title", "holds no text")
    return headline


def _read_body(item: JsonObject) -> str:
    name = "content_html" if "content_html" in item.members else "content_text"
    value = item.get(name, str) or ""
    if len(value) > fields.MAX_BODY:
        item.fault(name, f"{len(value):,} characters; at most {fields.MAX_BODY:,} are taken")
        return ""
    if name == "content_text":
        return html.from_plain(value)
    if html.is_too_deep(value):
        item.fault(name, f"more than {html.MAX_DEPTH} HTML elements stand open in one another")
    return html.clean(value)


def _read_id(item: JsonObject) -> str | None:
    """Any string may be an id, and was a number once: what is none of ours is no fault."""
    value = item.members.get("id")
    return fields.read_uri(value, "", Faults()) if isinstance(value, str) else None


def _read_authors(owner: JsonObject) -> Iterator[str]:
    """`authors` of version 1.1, `author` of version 1."""
    single = owner.get("author", dict) if "authors" not in owner.members else None
    authors = owner.list_objects("authors")
    if single is not None:
        authors = [JsonObject(single, f"{owner.place}/author", owner.faults)]
    for author in authors:
        if name := author.read_line("name"):
            yield name


def _read_subjects(item: JsonObject, extras: JsonObject) -> Iterator[Subject]:
    for subject in extras.list_objects("subjects"):
        code = fields.read_topic_code(subject.get("code", str) or "", f"{subject.place}/code", subject.faults)
        name = subject.read_line("name")
        if name or code:
            yield Subject(name=name, code=code)
    if "subjects" not in extras.members:
        for tag in _read_lines(item, "tags"):
            code = fields.read_topic_code(tag, f"{item.place}/tags", item.faults)
            yield Subject(name="" if code else tag, code=code)


def _read_lines(owner: JsonObject, name: str) -> Iterator[str]:
    values = owner.get(name, list) or []
    if len(values) > fields.MAX_ITEMS:
        owner.fault(name, f"{len(values):,} of them; at most {fields.MAX_ITEMS} are taken")
    for number, value in enumerate(values[: fields.MAX_ITEMS]):
        if not isinstance(value, str):
            owner.fault(f"{name}/{number}", "must be a string")
        elif line := fields.read_line(value, f"{owner.place}/{name}/{number}", owner.faults):
            yield line


def _read_status(extras: JsonObject) -> PubStatus:
    said = extras.members.get("pub_status", "usable")
    for status in get_args(PubStatus):
        if status == said:
            return status  # type: ignore[no-any-return]
    extras.fault("pub_status", f"must be one of {', '.join(get_args(PubStatus))}")
    return "usable"


def _read_alt_ids(extras: JsonObject) -> Iterator[AltId]:
    for alt_id in extras.list_objects("alt_ids"):
        value = fields.read_text(alt_id.require("value"), f"{alt_id.place}/value", alt_id.faults, fields.MAX_URI)
        if value:
            yield AltId(role=alt_id.read_line("role"), value=value)


def _read_page(item: JsonObject) -> Iterator[AltId]:
    for name in ("external_url", "url"):
        if value := item.get(name, str):
            if href := fields.read_address(value, f"{item.place}/{name}", item.faults):
                yield AltId(role="web", value=href)
            return


def _read_pictures(item: JsonObject, extras: JsonObject) -> Iterator[Picture]:
    for number, picture in enumerate(extras.list_objects("pictures"), 1):
        renditions = tuple(_read_rendition(one) for one in picture.list_objects("renditions"))
        if not renditions:
            picture.fault("renditions", "a picture needs a rendition")
        yield Picture(
            name=picture.read_line("name") or f"picture-{number}",
            renditions=renditions,
            uri=picture.read_uri("uri"),
            caption=picture.read_text("caption"),
            alt=picture.read_text("alt"),
            credit=picture.read_line("credit"),
            copyright_notice=picture.read_text("copyright_notice"),
        )
    if "pictures" not in extras.members:
        images = [one for one in item.list_objects("attachments") if (one.get("mime_type", str) or "")[:6] == "image/"]
        for number, image in enumerate(images, 1):
            yield Picture(
                name=f"picture-{number}", renditions=(_read_rendition(image),), caption=image.read_text("title")
            )
        if not images and (href := item.get("image", str)):
            address = fields.read_address(href, f"{item.place}/image", item.faults)
            yield Picture(name="picture-1", renditions=(Rendition(href=address or ""),))


def _read_rendition(rendition: JsonObject) -> Rendition:
    href = fields.read_address(rendition.require("url"), f"{rendition.place}/url", rendition.faults)
    return Rendition(
        href=href or "",
        name=rendition.read_line("name") or "original",
        media_type=rendition.read_line("mime_type") or None,
        width=rendition.read_count("width"),
        height=rendition.read_count("height"),
        size=rendition.read_count("size_in_bytes"),
    )
