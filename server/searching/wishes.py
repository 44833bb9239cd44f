"""What an address asks for → Wish, and where the next page goes on. Pure."""

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

import orjson

from server import problems, visibility
from server.config import Config
from server.searching.finding import Wish, list_own, make_scope
from server.searching.query import parse_query
from server.store.search_rows import NO_FILTERS, Key, Scope
from server.store.standings import Filters
from server.visibility import Reader
from translators.languages import is_tag, match, normalise

_HIGHEST, _MOST_CURSOR = 2**62, 1_000


def make_wish(
    typed: str,
    reader: Reader,
    config: Config,
    *,
    limit: int,
    channels: Sequence[str] = (),
    languages: Sequence[str] = (),
    filters: Filters = NO_FILTERS,
    since: str = "",
    until: str = "",
    is_newest: bool = False,
    after: str = "",
) -> Wish:
    """Raises InvalidParameter. No `channels`: all that the reader may read; no `languages`: all."""
    asked = parse_query(typed)
    scope = Scope(
        channels=make_scope(reader, channels or visibility.list_channels(reader, config), config),
        mine=list_own(reader, config),
        languages=tuple(dict.fromkeys(find_language(tag, config) for tag in languages)),
        filters=filters,
        since=_read_moment("since", since),
        until=_read_moment("until", until, is_end=True),
    )
    return Wish(asked, scope, limit, is_newest, load_cursor(after) if after else None)


def find_language(tag: str, config: Config) -> str:
    """The configured language that a tag means. Raises InvalidParameter."""
    found = match(normalise(tag), config.languages.configured) if is_tag(tag) else None
    if found is None:
        known = ", ".join(config.languages.configured)
        raise problems.InvalidParameter(f"language is one or several (a,b) of {known}, not {tag[:50]!r}")
    return found


def _read_moment(name: str, value: str, *, is_end: bool = False) -> datetime | None:
    """A day of UTC, whole, or a time with its offset; a plus sign that an address has made a space is one again."""
    if not value:
        return None
    try:
        if len(value) <= len("2026-11-26"):
            day = datetime.combine(date.fromisoformat(value), time(0), UTC)
            return day + timedelta(days=1) if is_end else day
        moment = datetime.fromisoformat(value.replace(" ", "+"))
    except (ValueError, OverflowError):
        moment = None
    if moment is None or moment.tzinfo is None:
        raise problems.InvalidParameter(f"{name} is a day (2026-11-26) or a time with its offset, not {value[:50]!r}")
    return moment


def dump_cursor(key: Key) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(key)).decode().rstrip("=")


def load_cursor(after: str) -> Key:
    """Raises InvalidParameter for what `dump_cursor` has not made."""
    wrong = problems.InvalidParameter("after is the `next` of an earlier answer to the same question")
    try:
        if len(after) > _MOST_CURSOR or not after.isascii():
            raise wrong
        tier, newness, outlet, item = orjson.loads(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)))
    except (ValueError, TypeError, binascii.Error) as error:
        raise wrong from error
    numbers, names = (tier, newness), (outlet, item)
    if any(type(one) is not int or abs(one) > _HIGHEST for one in numbers) or any(
        type(one) is not str for one in names
    ):
        raise wrong
    return tier, newness, outlet, item
