"""Single values of an article, read from text: what they look like and how long they may be.

Every reader takes the value, its place in the document and the Faults to report to; a bad value yields None or "".
Both formats share them, so an urgency or a date is judged alike in JSON and in XML.
"""

import re
from datetime import UTC, datetime
from urllib.parse import urlsplit

from feeds import text
from feeds.faults import Faults

MAX_HEADLINE = 1_000
MAX_DESCRIPTION = 10_000
MAX_BODY = 200_000
MAX_LINE = 1_000
MAX_NOTE = 10_000
MAX_URI = 2_000
MAX_ITEMS = 200

MEDIA_TOPICS = "http://cv.iptc.org/newscodes/mediatopic/"

_DATE_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_LANGUAGE = re.compile(
    r"[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|\d{3}))?(-([A-Za-z0-9]{5,8}|\d[A-Za-z0-9]{3}))*", re.ASCII
)
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[^\s<>\"{}|\\^`]+")
_TOPIC = re.compile(r"(?:medtop:|https?://cv\.iptc\.org/newscodes/mediatopic/)(.*)", re.DOTALL)


def read_line(value: str, place: str, faults: Faults, limit: int = MAX_LINE) -> str:
    """One line of plain text."""
    return _bounded(text.join_lines(value), place, faults, limit)


def read_text(value: str, place: str, faults: Faults, limit: int = MAX_NOTE) -> str:
    """Plain text, lines kept."""
    return _bounded(text.normalise(value), place, faults, limit)


def read_time(value: str, place: str, faults: Faults) -> datetime | None:
    """RFC 3339 with its offset → aware UTC; beyond microseconds is cut off."""
    match = _DATE_TIME.fullmatch(value.strip())
    if match:
        day, clock, fraction, offset = match.groups()
        offset = "+00:00" if offset in "Zz" else offset
        try:
            return datetime.fromisoformat(f"{day}T{clock}{(fraction or '.0')[:7]:0<7}{offset}").astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    faults.add(place, f"{value[:40]!r} is no date-time with time zone, such as 2026-11-26T09:30:00Z (RFC 3339)")
    return None


def format_time(moment: datetime) -> str:
    """RFC 3339 in UTC with microseconds: two corrections within a second must differ."""
    if moment.tzinfo is None:
        raise ValueError("a time without its zone")
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def read_language(value: str, place: str, faults: Faults) -> str:
    if _LANGUAGE.fullmatch(value) and len(value) <= 35:
        return value
    faults.add(place, f"{value[:40]!r} is no language tag, such as az or zh-Hans (BCP 47)")
    return ""


def read_urgency(value: int | str, place: str, faults: Faults) -> int | None:
    if str(value).strip() in {"1", "2", "3", "4", "5", "6", "7", "8", "9"}:
        return int(value)
    faults.add(place, "urgency is a whole number from 1 (most urgent) to 9")
    return None


def read_uri(value: str, place: str, faults: Faults) -> str | None:
    value = value.strip()
    if len(value) <= MAX_URI and _URI.fullmatch(value):
        return value
    faults.add(place, f"{value[:80]!r} is no absolute URI of at most {MAX_URI:,} characters")
    return None


def read_address(value: str, place: str, faults: Faults) -> str | None:
    """An absolute http or https address."""
    value = value.strip()
    try:
        parts = urlsplit(value)
        if parts.scheme in {"http", "https"} and parts.hostname and _URI.fullmatch(value) and len(value) <= MAX_URI:
            return value
    except ValueError:
        pass
    faults.add(place, f"{value[:80]!r} is no absolute http or https address")
    return None


def read_topic_code(value: str, place: str, faults: Faults) -> str | None:
    """An IPTC Media Topic as URI or qcode → "medtop:20000170"; None when it is something else."""
    match = _TOPIC.fullmatch(value.strip())
    if not match:
        return None
    if re.fullmatch(r"[0-9]{8}", match[1]):
        return f"medtop:{match[1]}"
    faults.add(place, f"{value[:80]!r} is no Media Topic: its code has eight digits, such as medtop:20000170")
    return None


def _bounded(value: str, place: str, faults: Faults, limit: int) -> str:
    if len(value) > limit:
        faults.add(place, f"{len(value):,} characters; at most {limit:,} are taken")
        return ""
    return value
