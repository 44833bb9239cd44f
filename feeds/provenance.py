"""Where another Karvan says that a text comes from: read from its feeds."""

import re
from collections.abc import Mapping, Sequence
from typing import get_args

from lxml import etree

from feeds import disclosure, fields
from feeds.faults import Faults
from feeds.karvan_elements import read_line, read_uri
from feeds.model import CheckCount, Freshness, Origin, Outlet, Provenance
from feeds.xmlplaces import find_all, find_first, find_xpath, join_text


def read_outlet(root: etree._Element, source: etree._Element | None) -> Outlet | None:
    """The outlet that another Karvan names, with the name and address of the entry's source."""
    said = find_first(root, "karvan:outlet")
    if said is None or source is None:
        return None
    title = find_first(source, "atom:title")
    name = join_text(source if title is None else title).strip()
    uri = source.get("url", "") if title is None else read_uri(source, "atom:id", Faults()) or ""
    return Outlet(id=join_text(said).strip(), name=name, uri=uri)


def read_provenance(root: etree._Element, faults: Faults) -> Provenance | None:
    """Where another Karvan says that the text comes from; None where it says nothing."""
    origin = find_first(root, "karvan:origin")
    if origin is None:
        return None
    return make_provenance(
        {name: read_line(root, f"karvan:{name}", faults) for name in disclosure.NAMES if name != "check"},
        [
            (check.get("name", ""), check.get("count", ""))
            for check in find_all(root, "karvan:check")[: fields.MAX_ITEMS]
        ],
        find_xpath(origin),
        faults,
    )


def make_provenance(
    said: Mapping[str, str], checks: Sequence[tuple[str, str]], place: str, faults: Faults
) -> Provenance | None:
    """From Karvan's own words by name, however they were written; `place` is that of the origin."""
    origins = {origin: origin for origin in get_args(Origin)}
    states = {state: state for state in get_args(Freshness)}
    version = said["source-version"]
    if said["origin"] not in origins or said["freshness"] not in states or not _is_count(version):
        faults.add(place, "origin, freshness and source version do not make sense")
        return None
    return Provenance(
        origin=origins[said["origin"]],
        source_language=fields.read_language(said["source-language"], place, faults),
        source_version=int(version),
        freshness=states[said["freshness"]],
        engine=said["engine"],
        quality=said["quality"],
        via=said["via"],
        reviewed=said["reviewed"] == "true",
        checks=tuple(
            CheckCount(name=name, count=int(count)) for name, count in checks if re.fullmatch("[0-9]{1,9}", count)
        ),
    )


def _is_count(value: str) -> bool:
    return re.fullmatch("[0-9]{1,9}", value) is not None
