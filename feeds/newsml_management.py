"""How a newsItem is managed: its identifier, version and status, when it may be published and until when."""

from datetime import datetime
from typing import get_args

from lxml import etree

from feeds import fields
from feeds.model import PubStatus
from feeds.newsml_item import NewsItem
from feeds.newsml_names import STATUSES
from feeds.xmlplaces import find_xpath, join_text

META = "nar:itemMeta"


def read_guid(item: NewsItem) -> str | None:
    place = f"{find_xpath(item.root)}/@guid"
    if "guid" in item.root.attrib:
        return fields.read_uri(item.root.get("guid", ""), place, item.faults)
    item.faults.add(place, "is missing")
    return None


def read_version(item: NewsItem) -> str | None:
    value = item.root.get("version", "").strip()
    if value and not (value.isascii() and value.isdigit() and value.strip("0") and len(value) <= 20):
        item.faults.add(f"{find_xpath(item.root)}/@version", "must be a whole number from 1")
    return value or None


def read_status(item: NewsItem, carried: PubStatus) -> PubStatus:
    path = f"{META}/nar:pubStatus"
    code = item.read_code(path, STATUSES)
    for status in get_args(PubStatus):
        if status == code == "usable" and _is_embargoed_forever(item):
            return "withheld"
        if status == code:
            return status  # type: ignore[no-any-return]
    if code is not None:
        known = ", ".join(f"stat:{status}" for status in get_args(PubStatus))
        item.faults.add(f"{find_xpath(item.root)}/{path}", f"must be one of {known}")
    return "withheld" if carried == "usable" and _is_embargoed_forever(item) else carried


def _is_embargoed_forever(item: NewsItem) -> bool:
    embargo = item.find_first(f"{META}/nar:embargoed")
    return embargo is not None and not join_text(embargo).strip()


def read_embargo(item: NewsItem) -> datetime | None:
    return None if _is_embargoed_forever(item) else item.read_time(f"{META}/nar:embargoed")


def read_expiry(item: NewsItem, rights: list[etree._Element]) -> datetime | None:
    """When the item says so, or when its rights end."""
    ends = [
        fields.read_time(one.get("validto", ""), f"{find_xpath(one)}/@validto", item.faults)
        for one in rights
        if "validto" in one.attrib
    ]
    return min((end for end in (item.read_time(f"{META}/nar:expires"), *ends) if end is not None), default=None)
