"""What readers are told of where a text comes from: the one table, for all formats. (The way in is feeds.provenance.)

The names are those of Karvan's own elements (feeds.xmlnames); ninjs has them as roles `karvan:…`, JSON Feed in snake
case. How often a check found something is told beside them.
"""

from collections.abc import Callable, Mapping

from feeds.model import Entry

Value = str | int | bool

TOLD: Mapping[str, Callable[[Entry], Value]] = {
    "outlet": lambda entry: entry.outlet.id,
    "origin": lambda entry: entry.provenance.origin,
    "source-language": lambda entry: entry.provenance.source_language,
    "source-version": lambda entry: entry.provenance.source_version,
    "freshness": lambda entry: entry.provenance.freshness,
    "engine": lambda entry: entry.provenance.engine,
    "quality": lambda entry: entry.provenance.quality,
    "via": lambda entry: entry.provenance.via,
    "reviewed": lambda entry: entry.provenance.reviewed,
    "representation-type": lambda entry: "partial" if entry.partial else "",
}
TOLD_OF_WITHDRAWN = ("outlet",)
NAMES = (*TOLD, "check")


def list_values(entry: Entry) -> dict[str, Value]:
    """Name → value, without what there is not: no empty text, nothing that is false."""
    names = TOLD_OF_WITHDRAWN if entry.withdrawn else TOLD
    told = {name: TOLD[name](entry) for name in names}
    return {name: value for name, value in told.items() if value != "" and value is not False}


def list_texts(entry: Entry) -> dict[str, str]:
    """The same as text: what is true is "true"."""
    return {name: "true" if value is True else str(value) for name, value in list_values(entry).items()}
