"""How a parcel is dressed, and what its answer means (pure).

Parcel ─make_…_headers (signed)→ POST ─→ judge → Verdict: arrived | try again at … | refused | gone
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Literal

from server.config import Delivery, Destination
from server.delivery.parcels import Parcel
from server.outbound import Answer
from server.signing import SigningKey, digest_body, sign_body, sign_message
from server.site import Site
from server.store.subscriptions import Subscription

LONGEST_RETRY_AFTER = timedelta(days=1)  # what a recipient may ask for
REFUSED = frozenset({400, 405, 406, 409, 411, 413, 414, 415, 422, 431, 451})  # this item, however often it is tried

Meaning = Literal["arrived", "later", "refused", "gone"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an answer, or none, means. `retry_at` stands where it means "later"; `error` says what was wrong."""

    meaning: Meaning
    status: int | None
    error: str = ""
    retry_at: datetime | None = None


def judge(answer: Answer | OSError, one: Subscription, settings: Delivery, now: datetime) -> Verdict:
    """Redirects are failures (WebSub §7); 410 is the end; a destination can refuse one item for good."""
    if isinstance(answer, OSError):
        return Verdict("later", None, str(answer), next_retry(one, settings, now, None))
    status = answer.status
    if 200 <= status < 300:
        return Verdict("arrived", status)
    if status == 410:
        return Verdict("gone", status, "it answered 410 Gone")
    error = f"it answered {status}" + (", and redirects are not followed" if 300 <= status < 400 else "")
    if one.kind == "destination" and status in REFUSED:
        return Verdict("refused", status, error)
    after = read_retry_after(answer.headers.get("Retry-After", ""), now)
    return Verdict("later", status, error, next_retry(one, settings, now, after))


def next_retry(one: Subscription, settings: Delivery, now: datetime, after: datetime | None) -> datetime:
    """When to try again: twice as long after every failure, within limits, spread a little; never before `after`."""
    seconds = min(settings.retry_min_seconds * 2 ** min(one.failures, 30), settings.retry_max_seconds)
    spread = 1 + (one.id * 7919 + one.failures * 104729) % 1000 / 5000  # up to a fifth longer
    retry_at = now + timedelta(seconds=seconds * spread)
    return retry_at if after is None else max(retry_at, min(after, now + LONGEST_RETRY_AFTER))


def read_retry_after(value: str, now: datetime) -> datetime | None:
    """Seconds or a date (RFC 9110 §10.2.3); None where it is neither."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return now + min(timedelta(seconds=int(value[:9])), LONGEST_RETRY_AFTER)
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def make_websub_headers(site: Site, one: Subscription, parcel: Parcel) -> Mapping[str, str]:
    """WebSub §7: the topic's media type, Link to hub and topic, and a signature where there is a secret."""
    headers = {
        "Content-Type": parcel.document.media_type,
        "Link": f'<{site.hub()}>; rel="hub", <{one.topic}>; rel="self"',
        "User-Agent": site.config.server.name,
        "Karvan-Event": parcel.event,
        "Karvan-Change": str(parcel.cursor),
    }
    if one.secret:
        headers["X-Hub-Signature"] = sign_body(one.secret, parcel.document.body, site.config.hub.signature)
    return headers


def make_destination_headers(
    site: Site, one: Subscription, destination: Destination, parcel: Parcel, sequence: int, now: datetime
) -> Mapping[str, str]:
    """What a destination needs to keep order, to know a repetition, and to know us (RFC 9421, RFC 9530)."""
    body = parcel.document.body
    signed = {
        "Content-Type": parcel.document.media_type,
        "Content-Digest": digest_body(body),
        "Idempotency-Key": f'"{one.topic}-{sequence}-{parcel.document.etag.strip(chr(34))[:16]}"',
        "Karvan-Event": parcel.event,
        "Karvan-Sequence": str(sequence),
    }
    covered = [("@method", "POST"), ("@target-uri", destination.url)]
    covered += [(name.lower(), value) for name, value in signed.items()]
    key = SigningKey(destination.key_id, destination.algorithm, destination.key)
    signature = sign_message(key, covered, now)
    return signed | dict(signature) | {"User-Agent": site.config.server.name, "Karvan-Change": str(parcel.cursor)}
