"""The items of a source's JSON Feed, before their articles are read."""

from typing import Any

from feeds import fields, jsonfeed
from feeds.faults import Fault, Faults, InvalidDocument
from feeds.json_object import JsonObject
from feeds.model import Article
from feeds.safejson import parse_json
from feeds.source_items import FeedItem, GoneItem, Raw, RawFeed
from feeds.source_links import read_json_links
from feeds.text import drop_forbidden
from feeds.withdrawal import pick_why


def read_json_feed(body: bytes, language: str) -> RawFeed:
    """Raises MalformedDocument, InvalidDocument."""
    feed = JsonObject(parse_json(body, "a JSON Feed"), "", Faults())
    feed = JsonObject(_clean(feed.members), "", Faults())
    jsonfeed.check_version(feed)
    language = _settle_language(feed.members, language)
    items = feed.members.get("items")
    if not isinstance(items, list):
        raise InvalidDocument((Fault("/items", "must be an array"),))
    raws = [_take_item(item, number, feed) for number, item in enumerate(items)]
    tombstones = [
        GoneItem(id=one.get("ref", str) or "", when=one.read_time("when"), why=pick_why(one.get("why", str) or ""))
        for one in jsonfeed.get_extras(feed).list_objects("tombstones")
    ]
    title = feed.members.get("title")
    return RawFeed(
        title=title if isinstance(title, str) else "",
        language=language,
        items=raws,
        tombstones=tombstones,
        links=read_json_links(feed.members, jsonfeed.get_extras(feed).members),
    )


def _settle_language(members: dict[str, Any], default: str) -> str:
    """The feed's language: what it says, if that is a language tag (az_AZ means az-AZ), else `default`.

    The feed says the same afterwards.
    """
    said = members.pop("language", "")
    tag = said.strip().replace("_", "-") if isinstance(said, str) else ""
    language = fields.read_language(tag, "", Faults()) or default
    if language:
        members["language"] = language
    return language


def _take_item(members: object, number: int, feed: JsonObject) -> Raw:
    place = f"/items/{number}"
    if not isinstance(members, dict):
        return Raw("", lambda faults: _refuse(faults, place))
    item = JsonObject(members, place, Faults())
    id_ = str(members.get("id") or members.get("url") or "")[: fields.MAX_URI]
    extras, updated = jsonfeed.get_extras(item), item.read_time("date_modified") or item.read_time("date_published")

    def read(faults: Faults) -> FeedItem:
        mine = JsonObject(members, place, faults)
        own = jsonfeed.get_extras(mine)
        link = members.get("url")
        return FeedItem(
            id=id_, article=jsonfeed.read_item(mine, feed), link=link if isinstance(link, str) else "", updated=updated,
            siblings=tuple(jsonfeed.read_siblings(own)), outlet=jsonfeed.read_outlet(own),
            provenance=jsonfeed.read_provenance(own), partial=own.members.get("representation_type") == "partial",
        )  # fmt: skip

    status = extras.members.get("pub_status")
    is_gone = id_ and status in ("withheld", "canceled")
    return Raw(id_, read, GoneItem(id=id_, when=updated, status=status) if is_gone else None)


def _refuse(faults: Faults, place: str) -> FeedItem:
    faults.add(place, "must be an object")
    return FeedItem(id="", article=Article(language="", headline=""))


def _clean(value: object) -> dict[str, object]:
    cleaned = _drop_forbidden_in(value)
    assert isinstance(cleaned, dict)
    return cleaned


def _drop_forbidden_in(value: object) -> object:
    if isinstance(value, str):
        return drop_forbidden(value)
    if isinstance(value, list):
        return [_drop_forbidden_in(one) for one in value]
    if isinstance(value, dict):
        return {name: _drop_forbidden_in(one) for name, one in value.items()}
    return value
