"""What is said between a hub and us as its subscriber (pure): W3C WebSub §5 to §8.

make_request     what we ask the hub for
judge_question   the hub asks back whether we meant it → what we answer
begin_digest     whether a push comes from who has our secret
"""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import urlencode

from server.store.source_pushes import PushRow

FORM = "application/x-www-form-urlencoded"
LEASE_SECONDS = 864_000  # that we ask for
SHORTEST_LEASE, LONGEST_LEASE = 60, 90 * 86_400  # seconds that are believed
METHODS = ("sha256", "sha384", "sha512")
MOST_CHALLENGE = 2_000  # characters
LONGEST_PAUSE = timedelta(hours=6)  # before a hub is asked again; the first is a minute
PATIENCE = timedelta(minutes=5)  # a hub that has accepted has so long to ask back
DENIED_PAUSE = timedelta(hours=6)

_SIGNATURE = re.compile(r"\s*(\w+)=([0-9a-fA-F]{1,256})\s*", re.ASCII)

Mode = Literal["subscribe", "unsubscribe"]


def make_request(row: PushRow, mode: Mode) -> bytes:
    """The form (§5.1). The secret is the same with every renewal: none that is under way is spoilt."""
    said = {"hub.mode": mode, "hub.topic": row.topic, "hub.callback": row.callback}
    if mode == "subscribe":
        said |= {"hub.secret": row.secret, "hub.lease_seconds": str(LEASE_SECONDS)}
    return urlencode(said).encode()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a hub's question means: agreed (answer with the challenge), denied (we are), or refused: we never asked."""

    meaning: Literal["subscribed", "unsubscribed", "denied", "refused"]
    challenge: str = ""
    lease: timedelta = timedelta()
    reason: str = ""


def judge_question(row: PushRow, query: Mapping[str, str]) -> Verdict:
    """§5.2, §5.3: only what we have asked for, and for this topic, is confirmed."""
    mode, challenge = query.get("hub.mode", ""), query.get("hub.challenge", "")
    if query.get("hub.topic") != row.topic:
        return Verdict("refused")
    if mode == "denied":
        return Verdict("denied", reason=query.get("hub.reason", "")[:300])
    if not mode or mode != row.pending or not 0 < len(challenge) <= MOST_CHALLENGE:
        return Verdict("refused")
    if mode == "unsubscribe":
        return Verdict("unsubscribed", challenge)
    return Verdict("subscribed", challenge, read_lease(query.get("hub.lease_seconds", "")))


def read_lease(said: str) -> timedelta:
    """What the hub grants, as far as it can be believed; what we asked for where it does not say."""
    seconds = int(said) if re.fullmatch(r"[0-9]{1,12}", said, re.ASCII) else LEASE_SECONDS
    return timedelta(seconds=min(max(seconds, SHORTEST_LEASE), LONGEST_LEASE))


def find_renewal(lease: timedelta, now: datetime) -> datetime:
    """After two thirds of the lease: time enough for a hub that is away to come back."""
    return now + timedelta(seconds=lease.total_seconds() * 2 / 3)


def find_next_try(failures: int, now: datetime, after: datetime | None = None) -> datetime:
    """Twice as late with every time that nothing came of it; never before the hub wants us back."""
    pause = min(timedelta(minutes=2 ** min(max(failures - 1, 0), 20)), LONGEST_PAUSE)
    return now + pause if after is None else max(now + pause, after)


def begin_digest(row: PushRow, header: str) -> tuple[hmac.HMAC, str] | None:
    """(what to feed the body to, what it must come to in hex); None: not signed in a way that counts (§8)."""
    found = _SIGNATURE.fullmatch(header)
    if found is None or found[1].lower() not in METHODS:
        return None
    return hmac.new(row.secret.encode(), digestmod=found[1].lower()), found[2].lower()
