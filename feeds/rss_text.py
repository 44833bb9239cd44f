"""Texts and times of RSS 2.0, which says too little of either: plain or HTML, RFC 822 without the century's zones.

A title that readers would take for HTML (it has a tag or a character reference) is written as HTML, any other as it
is: whichever way a reader takes it, it shows the same. A description is HTML always, as all readers take it to be.
"""

import html as references
import re
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from feeds import html
from feeds.faults import Faults
from feeds.text import drop_forbidden

MAX_TIME = 80
_TAG = re.compile(r"<[A-Za-z/!?]")
_OTHER_THAN_BREAK = re.compile(r"<(?!br\s*/?>)[A-Za-z/!?]", re.IGNORECASE)


def write_title(plain: str) -> str:
    plain = drop_forbidden(plain)
    return _escape(plain) if _is_taken_for_html(plain) else plain


def read_title(value: str) -> str:
    """Plain text, lines joined or not."""
    return html.to_plain(value) if _is_taken_for_html(value) else value


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


def _is_taken_for_html(plain: str) -> bool:
    return _TAG.search(plain) is not None or references.unescape(plain) != plain


def _escape(plain: str) -> str:
    return references.escape(plain, quote=False)
