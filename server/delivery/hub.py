"""What may be asked of the WebSub hub (pure): W3C Recommendation WebSub, 23 January 2018, §5.

parse_request   form → Wish: mode, topic, callback, lease, secret
parse_topic     an address → which feed of ours it is; only the feed's own address is one
make_challenge_address   callback + what it is asked (§5.3): its own query stays as it is
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

from multidict import MultiDict, MultiMapping

import feeds
from server import problems
from server.addresses import is_refused
from server.config import Config, Hub
from server.filters import read_filters
from server.publishing import find_channel_language
from server.site import Site
from server.store.standings import Filters

Form = MultiMapping[Any]

MOST_CALLBACK, MOST_SECRET = 2_048, 199  # characters; bytes: §5.1 "less than 200"

_CALLBACK = re.compile(
    r"https?://(?P<host>[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?\.?|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?"
    r"(?:[/?][!$-;=?-Z_a-z~%\[\]]*)?",
    re.ASCII | re.IGNORECASE,
)
_NUMBER = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)(?:\.(?:0x[0-9a-f]*|[0-9]+)?)*", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Topic:
    """A feed of ours. `address`: the one under which it is known, filters included."""

    address: str
    channel: str
    language: str
    format: str
    filters: Filters


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of the hub."""

    mode: Literal["subscribe", "unsubscribe"]
    topic: str
    callback: str
    lease_seconds: int
    secret: str


def parse_request(form: Form, config: Config) -> Wish:
    """Unknown parameters are ignored (§5.1). Raises InvalidParameter."""
    mode = _get_one(form, "hub.mode")
    if mode not in ("subscribe", "unsubscribe"):
        raise problems.InvalidParameter(f"hub.mode is subscribe or unsubscribe, not {mode[:40]!r}")
    callback, secret = _get_one(form, "hub.callback"), _get_one(form, "hub.secret")
    check_callback(callback, config.outbound.allow)
    if len(secret.encode()) > MOST_SECRET:
        raise problems.InvalidParameter("hub.secret is shorter than 200 bytes")
    topic = _get_one(form, "hub.topic")
    if not topic:
        raise problems.InvalidParameter("hub.topic is missing")
    lease = pick_lease(_get_one(form, "hub.lease_seconds"), config.hub)
    return Wish("subscribe" if mode == "subscribe" else "unsubscribe", topic, callback, lease, secret)


def _get_one(form: Form, name: str) -> str:
    given = form.getall(name, [])
    if len(given) > 1:
        raise problems.InvalidParameter(f"{name} is there twice: which of them counts?")
    if given and not isinstance(given[0], str):
        raise problems.InvalidParameter(f"{name} is text")
    return given[0] if given else ""


def pick_lease(asked: str, hub: Hub) -> int:
    """Seconds: what was asked for, within the limits; always an end (§5.1)."""
    if not asked:
        return hub.lease_seconds
    if not re.fullmatch(r"[0-9]{1,12}", asked, re.ASCII):
        raise problems.InvalidParameter("hub.lease_seconds is a number of seconds")
    return min(max(int(asked), hub.lease_min_seconds), hub.lease_max_seconds)


def check_callback(callback: str, allow: tuple[str, ...]) -> None:
    """Raise InvalidParameter unless it is an address in plain spelling that may be reached, as far as can be seen.

    What its name stands for is looked at with every request (server/outbound).
    """
    found = _CALLBACK.fullmatch(callback)
    if found is None or len(callback) > MOST_CALLBACK:
        raise problems.InvalidParameter(
            "hub.callback is an http or https address in ASCII: without user, fragment, spaces or backslashes"
        )
    host = found["host"].rstrip(".")
    if _NUMBER.fullmatch(host) and not _is_ipv4(host):
        raise problems.InvalidParameter("hub.callback: a numeric address is written as four decimal numbers")
    try:
        port = urlsplit(callback).port
    except ValueError:
        raise problems.InvalidParameter("hub.callback has no valid host and port") from None
    if port == 0 or is_refused(host, allow):
        raise problems.InvalidParameter("hub.callback leads to an address that this server does not reach")


def _is_ipv4(host: str) -> bool:
    try:
        IPv4Address(host)
    except ValueError:
        return False
    return True


def parse_topic(address: str, site: Site) -> Topic:
    """Raises InvalidParameter, ChannelNotFound; the message for another spelling of a feed's address names its own."""
    config, parts = site.config, urlsplit(address)
    found = re.fullmatch(r"/feeds/([^/]+)/([^/]+)\.([a-z]+)", parts.path)
    if not address.startswith(f"{site.base}/") and found is None:
        raise problems.InvalidParameter(f"this hub speaks for the feeds below {site.base}/feeds/ only")
    language = find_channel_language(found[1], found[2], config) if found else None
    if found is None or language is None or found[3] not in feeds.FEED_RENDERERS:
        raise problems.ChannelNotFound("hub.topic is no feed of this server; GET /v1/channels lists all")
    filters = read_filters(MultiDict(parse_qsl(parts.query, keep_blank_values=True)), config)
    own = site.feed(found[1], language, found[3], filters.query)
    if address != own:
        raise problems.InvalidParameter(f"this feed's own address is {own} (its rel=self): subscribe to that")
    return Topic(own, found[1], language, found[3], filters)


def make_challenge_address(callback: str, asked: Mapping[str, str]) -> str:
    """The callback with hub.mode, hub.topic … appended (§5.3)."""
    joint = "&" if "?" in callback else "?"
    return f"{callback}{joint}{urlencode(asked)}"


def is_confirmed(status: int, body: bytes, challenge: str) -> bool:
    """Whether the subscriber agrees: 2xx, and the body is the challenge and nothing else (§5.3)."""
    return 200 <= status < 300 and body == challenge.encode()
