"""What stands above a Markdown article between two `---` lines (YAML) → a ninjs 3.x news item.

The keys are the words of the contract. A key that is not in the table is refused: a mistyped embargo must not be
overlooked.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

import yaml

from feeds.fields import MEDIA_TOPICS
from server import mediatopics
from translators.languages import is_tag

MAX_LENGTH = 100_000
PUB_STATUS = ("usable", "withheld", "canceled")
COPIED = (
    *("version", "versionCreated", "pubStatus", "urgency", "embargoedUntil", "expires", "language", "by", "located"),
    *("copyrightHolder", "copyrightNotice", "usageTerms", "edNote"),
)

_FENCED = re.compile(r"---[ \t]*\r?\n(.*?)^---[ \t]*(?:\r?\n|\Z)(.*)", re.DOTALL | re.MULTILINE)
_TOPIC = re.compile(r"medtop:[0-9]{8}")


class InvalidFrontMatter(ValueError):
    """Front matter is not valid"""


def split_front_matter(text: str) -> tuple[str, str]:
    """A file's text → front matter ("" without one) and the rest. Raises InvalidFrontMatter when it does not end."""
    if not re.match(r"---[ \t]*\r?\n", text):
        return "", text
    fenced = _FENCED.match(text)
    if fenced is None:
        raise InvalidFrontMatter("the front matter is not closed by a line “---”")
    return fenced[1], fenced[2]


def read_front_matter(text: str) -> dict[str, Any]:
    """YAML → checked values by key; times as RFC 3339 in UTC. Raises InvalidFrontMatter naming the key."""
    if len(text) > MAX_LENGTH:
        raise InvalidFrontMatter(f"the front matter is longer than {MAX_LENGTH:,} characters")
    try:
        front = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InvalidFrontMatter(f"the front matter is not YAML: {_locate(error)}") from None
    if front is None:
        return {}
    if not isinstance(front, dict):
        raise InvalidFrontMatter("the front matter is not a list of “key: value” lines")
    return _read_keys(front, KEYS, "")


def _read_keys(found: Mapping[Any, Any], keys: Mapping[str, Callable[[Any], Any]], place: str) -> dict[str, Any]:
    values = {}
    for key, value in found.items():
        reader = keys.get(key) if isinstance(key, str) else None
        if reader is None:
            raise InvalidFrontMatter(f"unknown key “{place}{str(key)[:60]}”; known are {', '.join(keys)}")
        try:
            values[str(key)] = reader(value)
        except ValueError as error:
            raise InvalidFrontMatter(f"“{place}{key}” {error}") from None
    return values


def make_ninjs(front: Mapping[str, Any], body: str) -> dict[str, Any]:
    """Checked front matter with at least `language` and `headline`, and a body in HTML → ninjs 3.x."""
    document: dict[str, Any] = {"type": "text", "headlines": [{"value": front["headline"]}]}
    document |= {key: front[key] for key in COPIED if key in front}
    if "description" in front:
        document["descriptions"] = [{"value": front["description"]}]
    if body:
        document["bodies"] = [{"contentType": "text/html", "value": body}]
    if "subjects" in front:
        document["subjects"] = [_make_subject(one, front["language"]) for one in front["subjects"]]
    if "genres" in front:
        document["genres"] = [{"name": one} for one in front["genres"]]
    associations = [_make_picture(one, at) for at, one in enumerate(front.get("pictures", ()), start=1)]
    if "translationOf" in front:
        original = {"name": "original", "rel": "translationOf", "type": "text", "uri": front["translationOf"]}
        associations.append(original)
    if associations:
        document["associations"] = associations
    alt_ids = [*([{"role": "item", "value": front["item"]}] if "item" in front else []), *front.get("altIds", ())]
    if alt_ids:
        document["altIds"] = alt_ids
    return document


def _make_subject(subject: str, language: str) -> dict[str, str]:
    if not _TOPIC.fullmatch(subject):
        return {"name": subject}
    uri = MEDIA_TOPICS + subject.removeprefix("medtop:")
    label = mediatopics.find_label(subject, language)
    # Without a label in the article's own language the code says all there is to say.
    return {"name": label.text, "uri": uri} if label and language.startswith(label.language) else {"uri": uri}


def _make_picture(picture: Mapping[str, Any], number: int) -> dict[str, Any]:
    names = {"href": "href", "mediaType": "contentType", "width": "width", "height": "height"}
    rendition = {"name": "original"} | {ours: picture[key] for key, ours in names.items() if key in picture}
    association = {"name": f"picture-{number}", "type": "picture", "renditions": [rendition]}
    descriptions = [{"role": role, "value": picture[role]} for role in ("caption", "alt") if role in picture]
    if descriptions:
        association["descriptions"] = descriptions
    for key, property_ in (("credit", "by"), ("copyrightNotice", "copyrightNotice")):
        if key in picture:
            association[property_] = picture[key]
    return association


def _locate(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    # Line 1 of the YAML is line 2 of the file.
    return f"line {mark.line + 2}: {getattr(error, 'problem', None)}" if mark else str(error)


def _show(value: Any) -> str:
    # Not the repr of a list or mapping: YAML's aliases can make it endless.
    return repr(value)[:60] if isinstance(value, str | int | float | date) else f"a {type(value).__name__}"


def _read_text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"is {_show(value)}, not text: put it in quotes")
    if not value.strip():
        raise ValueError("is empty")
    return value.strip()


def _read_version(value: Any) -> str:
    # Not a float: YAML has already made 1.1 of 1.10.
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else _read_text(value)


def _read_time(value: Any) -> str:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        moment = None
    if not isinstance(moment, date):
        raise ValueError(f"is {_show(value)}, not a time such as 2026-11-26T09:30:00+04:00")
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise ValueError(f"is {value}, without a time zone: write 2026-11-26T09:30:00+04:00")
    try:
        return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except OverflowError:
        raise ValueError(f"is {value}, out of the calendar") from None


def _read_number(lowest: int, highest: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
            raise ValueError(f"is {_show(value)}, not a whole number from {lowest} to {highest}")
        return value

    return read


def _read_list(read_one: Callable[[Any], Any]) -> Callable[[Any], list[Any]]:
    def read(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise ValueError("is not a list")
        return [read_one(one) for one in value]

    return read


def _read_language(value: Any) -> str:
    # YAML 1.1 makes False of the language of Norway.
    language = _read_text("no" if value is False else value)
    if not is_tag(language):
        raise ValueError(f"is {_show(language)}, not a language tag such as az or zh-Hans (BCP 47)")
    return language


def _read_pub_status(value: Any) -> str:
    if not isinstance(value, str) or value not in PUB_STATUS:
        raise ValueError(f"is {_show(value)}, not one of {', '.join(PUB_STATUS)}")
    return str(value)


def _read_subject(value: Any) -> str:
    subject = _read_text(value)
    if subject.startswith("medtop:") and not _TOPIC.fullmatch(subject):
        raise ValueError(f"has {_show(subject)}: a Media Topic has eight digits, such as medtop:20000170")
    return subject


def _read_group(keys: Mapping[str, Callable[[Any], Any]], needed: tuple[str, ...], place: str) -> Callable[[Any], Any]:
    def read(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValueError(f"needs {' and '.join(needed)} in each entry")
        group = _read_keys(value, keys, place)
        missing = [key for key in needed if key not in group]
        if missing:
            raise ValueError(f"has an entry without {' and '.join(missing)}")
        return group

    return read


PICTURE_KEYS: Mapping[str, Callable[[Any], Any]] = {
    "href": _read_text,
    "caption": _read_text,
    "alt": _read_text,
    "credit": _read_text,
    "copyrightNotice": _read_text,
    "mediaType": _read_text,
    "width": _read_number(1, 100_000),
    "height": _read_number(1, 100_000),
}
KEYS: Mapping[str, Callable[[Any], Any]] = {
    "item": _read_text,
    "outlet": _read_text,
    "language": _read_language,
    "headline": _read_text,
    "description": _read_text,
    "by": _read_text,
    "located": _read_text,
    "subjects": _read_list(_read_subject),
    "genres": _read_list(_read_text),
    "urgency": _read_number(1, 9),
    "embargoedUntil": _read_time,
    "expires": _read_time,
    "version": _read_version,
    "versionCreated": _read_time,
    "copyrightHolder": _read_text,
    "copyrightNotice": _read_text,
    "usageTerms": _read_text,
    "edNote": _read_text,
    "pictures": _read_list(_read_group(PICTURE_KEYS, ("href",), "pictures/")),
    "translationOf": _read_text,
    "pubStatus": _read_pub_status,
    "altIds": _read_list(_read_group({"role": _read_text, "value": _read_text}, ("role", "value"), "altIds/")),
}
