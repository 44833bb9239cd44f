"""What a request's headers ask of a document: which type and encoding, whether the reader has it already (pure).

RFC 9110 §8.8, §12.5.1, §12.5.3, §12.5.4, §13.2.2. Header values are whole: several lines of a list are one (§5.2).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache

from server.serving.encodings import RANKED, Encoding
from server.serving.feedcache import CachedFeed

UNSAID = 0.0001  # less than the least weight that can be said
_WEIGHT = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?")


@dataclass(frozen=True, slots=True)
class Choice:
    """How a document is answered: 200 in this encoding, or 304."""

    status: int
    headers: Mapping[str, str]
    encoding: Encoding


def choose(
    cached: CachedFeed, headers: Mapping[str, str], accept: str, none_match: str | None, since: str | None
) -> Choice | None:
    """The answer to these values of Accept-Encoding, If-None-Match, If-Modified-Since; None: nothing is acceptable.

    `headers`: those that every answer with this document has.
    """
    encoding = pick_encoding(accept)
    if encoding is None:
        return None
    etag = cached.etag(encoding)
    common = {**headers, "ETag": etag}
    if cached.modified_at is not None:
        common["Last-Modified"] = format_datetime(cached.modified_at, usegmt=True)
    if is_known(etag, cached.modified_at, none_match, since):
        return Choice(304, common, encoding)
    if encoding != "identity":
        common["Content-Encoding"] = encoding
    return Choice(200, {**common, "Content-Type": cached.document.media_type}, encoding)


def is_known(etag: str, modified_at: datetime | None, none_match: str | None, since: str | None) -> bool:
    """Whether the reader has this already: a date counts only where no ETag is given."""
    if none_match is not None:
        wanted = {tag.strip().removeprefix("W/") for tag in none_match.split(",")}
        return etag in wanted or "*" in wanted
    if modified_at is None or since is None:
        return False
    try:
        date = parsedate_to_datetime(since)
    except (ValueError, OverflowError):
        return False
    return modified_at <= (date if date.tzinfo else date.replace(tzinfo=UTC))


@lru_cache(maxsize=256)
def pick_encoding(accept: str) -> Encoding | None:
    """The encoding that an Accept-Encoding header likes best; ties go to the smallest result.

    None: it refuses everything. Without a word for it, identity is what is left when nothing better is named.
    """
    weights = dict(_read_weight(part) for part in accept.lower().split(","))
    anything = weights.get("*")
    offered: list[tuple[float, Encoding]] = [(weights.get(name, anything or 0.0), name) for name in RANKED]
    offered.append((weights.get("identity", UNSAID if anything is None else anything), "identity"))
    best = max(weight for weight, _ in offered)
    return next((name for weight, name in offered if weight == best), None) if best > 0 else None


def pick_media_type(accept: str, offered: Sequence[str]) -> str | None:
    """The media type that an Accept header likes best of those offered; None: it takes none of them.

    Ties go to what is named first; under `*/*` and the like to what is offered first. Parameters are not looked at.
    """
    ranges = [_read_weight(part) for part in accept.lower().split(",")]
    names = [name for name, _ in ranges]
    best: tuple[float, int] | None = None
    picked = None
    for one in offered:
        covering = (one, one.partition("/")[0] + "/*", "*/*")  # the closest one counts
        found = next((name for name in covering if name in names), None)
        if found is None:
            continue
        place = names.index(found)
        rank = ranges[place][1], -place
        if rank[0] > 0 and (best is None or rank > best):
            best, picked = rank, one
    return picked


def rank_languages(accept: str) -> list[str]:
    """The tags that an Accept-Language header takes, the best first; ties go to what is named first."""
    weighted = [_read_weight(part) for part in accept.lower().split(",")]
    taken = [(name, weight) for name, weight in weighted if weight > 0]
    return [name for name, _ in sorted(taken, key=lambda one: -one[1])]


def _read_weight(part: str) -> tuple[str, float]:
    """`gzip;q=0.5` → its name and weight; a weight that is none counts as 0, as if it were refused."""
    name, *parameters = (piece.strip() for piece in part.split(";"))
    weight = next(
        (value.strip() for key, _, value in (one.partition("=") for one in parameters) if key.strip() == "q"), "1"
    )
    return name.removeprefix("x-"), float(weight) if _WEIGHT.fullmatch(weight) else 0.0
