"""Texts and times of RSS 2.0, which says too little of either: plain or HTML, RFC 822 without the century's zones.

Half of all readers take a title for plain text, as the RSS Advisory Board's profile has it, the other half for HTML. So
a title never holds what would be HTML: the signs of what looks like a tag become ‹ and ›, and a word joiner parts the
ampersand of what looks like a character reference. Whichever way a reader takes it, it shows the same. A description is
HTML always, as all readers take it to be.
"""

import html as references
import re
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from feeds import html
from feeds.faults import Faults
from feeds.text import drop_forbidden

MAX_TIME = 80
WORD_JOINER = "\u2060"
_TAG = re.compile(r"<[A-Za-z/!?]")
_REFERENCE = re.compile("&(?=[#A-Za-z])")
_SIGNS = str.maketrans("<>", "‹›")
_OTHER_THAN_BREAK = re.compile(r"<(?!br\s*/?>)[A-Za-z/!?]", re.IGNORECASE)


def write_title(plain: str) -> str:
    """One that reads the same as plain text and as HTML."""
    plain = drop_forbidden(plain)
    if _TAG.search(plain):
        plain = plain.translate(_SIGNS)
    return plain if references.unescape(plain) == plain else _REFERENCE.sub(f"&{WORD_JOINER}", plain)


def read_title(value: str) -> str:
    """Plain text, lines joined or not."""
    is_html = _TAG.search(value) is not None or references.unescape(value) != value
    return html.to_plain(value) if is_html else value.replace(f"&{WORD_JOINER}", "&")


def write_description(plain: str) -> str:
    return _escape(drop_forbidden(plain)).replace("\n", "<br>\n")


def is_body(description: str) -> bool:
    """Is a description without content:encoded beside it the article itself: does it have more markup than lines?"""
    return _OTHER_THAN_BREAK.search(description) is not None


def format_rfc822(moment: datetime) -> str:
    """In GMT, whole seconds, whatever the locale. Raises ValueError for a time without its zone."""
    if moment.tzinfo is None:
        raise ValueError("a time without its zone")
    return format_datetime(moment.astimezone(UTC).replace(microsecond=0), usegmt=True)


def read_rfc822(value: str, place: str, faults: Faults) -> datetime | None:
    """RFC 822 §5, years of two or four digits → aware UTC."""
    try:
        moment = parsedate_to_datetime(value[:MAX_TIME].strip())
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        pass
    faults.add(place, f"{value[:40]!r} is no date-time with time zone, such as Thu, 26 Nov 2026 09:30:00 GMT (RFC 822)")
    return None


def _escape(plain: str) -> str:
    return references.escape(plain, quote=False)
