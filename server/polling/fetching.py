"""One feed of a source, or a page of it, politely: conditional, within limits, redirects looked at one by one.

fetch_feed, fetch_page ─→ Fetched: new | same | gone | failed; unpack: its bytes; next_poll: when to come again (pure)
"""

import asyncio
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.message import Message
from typing import Literal
from urllib.parse import urljoin, urlsplit

from multidict import MultiMapping

from feeds.source_links import NO_LINKS, FeedLinks, read_header_links
from server.config import Config, Source
from server.delivery.attempts import read_retry_after
from server.outbound import Answer, Courier
from server.store.source_pages import PageRow
from server.store.sources import FeedRow

REQUEST_SECONDS = 20.0
FEED_SECONDS = 45.0  # with all redirects
MOST_BYTES = 8_000_000  # packed or not: what the parsers take
MOST_MEMBERS, CHUNK = 1_000, 65_536  # members of a gzip stream, bytes
MOST_REDIRECTS = 5
LONGEST_PAUSE = timedelta(hours=6)  # after many failures
LONGEST_ASKED = timedelta(days=1)  # what a server may ask for
PUSHED = 4  # times as seldom a source is read that tells us of its changes
PASSING = (408, 425, 429)
ACCEPT = "application/atom+xml, application/rss+xml, application/feed+json;q=0.9, application/xml;q=0.8, */*;q=0.1"

_MOVED_FOR_GOOD, _MOVED = (301, 308), (301, 302, 303, 307, 308)
_READABLE = re.compile(r"(text/.*|application/(.*[+])?(xml|json)|application/(rdf|octet-stream)|)")
_MAX_AGE = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?(\d{1,9})")


class UnreadableFeed(Exception):
    """The answer is no feed that can be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What became of a request. `moved_to` is where the feed is for good; before `not_before` nobody wants us back.

    `url`: which address has answered; `links`: where HTTP says that it leads.
    """

    outcome: Literal["new", "same", "gone", "failed"]
    url: str = ""
    status: int | None = None
    body: bytes = b""
    packed: bool = False
    charset: str = ""
    etag: str = ""
    modified: str = ""
    moved_to: str = ""
    error: str = ""
    not_before: datetime | None = None
    links: FeedLinks = NO_LINKS

    @property
    def is_passing(self) -> bool:
        """Whether it failed in a way that may be over the next time."""
        return self.outcome == "failed" and (self.status is None or self.status in PASSING or self.status >= 500)


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked for. The key goes to where `home` is, the address of the config, and nowhere else."""

    url: str
    home: str
    etag: str = ""
    modified: str = ""


async def fetch_feed(
    courier: Courier, config: Config, source: Source, row: FeedRow, now: datetime, *, whole: bool = False
) -> Fetched:
    """Ask for a feed; `whole`: even if it has not changed."""
    etag, modified = ("", "") if whole else (row.etag, row.modified)
    fetched, lasting = await _fetch(courier, config, source, Ask(row.moved_to or row.url, row.url, etag, modified), now)
    return replace(fetched, moved_to=lasting if lasting != row.url and fetched.status not in (None, 404) else "")


async def fetch_page(courier: Courier, config: Config, source: Source, row: PageRow, now: datetime) -> Fetched:
    """Ask for an older page of a feed, which knows no moving for good: its address is found anew each time."""
    return (await _fetch(courier, config, source, Ask(row.url, row.feed, row.etag, row.modified), now))[0]


async def _fetch(courier: Courier, config: Config, source: Source, ask: Ask, now: datetime) -> tuple[Fetched, str]:
    """What became of it, and where it is for good."""
    try:
        async with asyncio.timeout(FEED_SECONDS):
            answer, url, lasting = await _follow(courier, config, source, ask)
    except TimeoutError as error:
        return Fetched(outcome="failed", error=str(error) or f"no answer within {FEED_SECONDS:g} s"), ""
    except OSError as error:
        return Fetched(outcome="failed", error=str(error)), ""
    return replace(judge_answer(answer, now), url=url), lasting


async def _follow(courier: Courier, config: Config, source: Source, ask: Ask) -> tuple[Answer, str, str]:
    """The last answer, who gave it, and where it is for good."""
    url = lasting = ask.url
    for _ in range(MOST_REDIRECTS + 1):
        headers = _make_headers(config, source, ask, url)
        answer = await courier.fetch(url, headers, seconds=REQUEST_SECONDS, most=MOST_BYTES)
        target = answer.headers.get("Location", "").strip()
        if answer.status not in _MOVED or not target:
            return answer, url, lasting
        is_lasting = lasting == url and answer.status in _MOVED_FOR_GOOD
        url = _resolve(url, target)
        lasting = url if is_lasting else lasting
    raise ConnectionError(f"more than {MOST_REDIRECTS} redirects")


def _resolve(url: str, target: str) -> str:
    try:
        found = urljoin(url, target)
        if get_origin(found)[0] in ("http", "https") and urlsplit(found).hostname:
            return found.partition("#")[0]
    except ValueError:
        pass
    raise ConnectionError("it redirects to what is no address")


def _make_headers(config: Config, source: Source, ask: Ask, url: str) -> Mapping[str, str]:
    """The key goes to the address of the config only, not where that leads or redirects to."""
    headers = {"Accept": ACCEPT, "Accept-Encoding": "gzip", "User-Agent": f"{config.server.name} (Karvan)"}
    if source.key and get_origin(url) == get_origin(ask.home):
        headers["Authorization"] = f"Bearer {source.key}"
    if ask.etag:
        headers["If-None-Match"] = ask.etag
    if ask.modified:
        headers["If-Modified-Since"] = ask.modified
    return headers


def get_origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host, port: whose address it is. Raises ValueError for what has no valid port."""
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, parts.hostname or "", port


def judge_answer(answer: Answer, now: datetime) -> Fetched:
    """What an answer means (pure)."""
    not_before = _read_not_before(answer, now)
    if answer.status == 304:
        return Fetched(outcome="same", status=304, not_before=not_before)
    if answer.status == 410:
        return Fetched(outcome="gone", status=410, error="it answered 410 Gone")
    if answer.status != 200:
        return Fetched(
            outcome="failed", status=answer.status, error=f"it answered {answer.status}", not_before=not_before
        )
    content_type = Message()
    content_type["Content-Type"] = answer.headers.get("Content-Type", "")
    packing = answer.headers.get("Content-Encoding", "").strip().lower()
    if not _READABLE.fullmatch(content_type.get_content_type() if answer.headers.get("Content-Type") else ""):
        return Fetched(outcome="failed", status=200, error=f"{content_type.get_content_type()[:80]} is no feed")
    if packing not in ("", "identity", "gzip", "x-gzip"):
        return Fetched(outcome="failed", status=200, error=f"it is packed with {packing[:40]}, which nobody asked for")
    return Fetched(
        outcome="new",
        status=200,
        body=answer.body,
        packed=packing.endswith("gzip"),
        charset=str(content_type.get_param("charset", "")),
        etag=answer.headers.get("ETag", "")[:500],
        modified=answer.headers.get("Last-Modified", "")[:100],
        not_before=not_before,
        links=read_header_links(_join_headers(answer, "Link")),
    )


def _join_headers(answer: Answer, name: str) -> str:
    """A header that may be there several times."""
    headers = answer.headers
    return ", ".join(headers.getall(name, [])) if isinstance(headers, MultiMapping) else headers.get(name, "")


def _read_not_before(answer: Answer, now: datetime) -> datetime | None:
    """When the server wants to be asked again: Retry-After of a refusal, max-age of an answer."""
    if answer.status in (200, 304):
        match = _MAX_AGE.search(answer.headers.get("Cache-Control", "").lower())
        return None if match is None else now + min(timedelta(seconds=int(match[1])), LONGEST_ASKED)
    return read_retry_after(answer.headers.get("Retry-After", ""), now)


def unpack(fetched: Fetched) -> bytes:
    """The feed's bytes. Raises UnreadableFeed for what is broken, or grows beyond all measure."""
    if not fetched.packed:
        return fetched.body
    unpacked, end = bytearray(), 0
    for _ in range(MOST_MEMBERS):
        end = _unpack_member(fetched.body, end, unpacked)
        if end == len(fetched.body):
            return bytes(unpacked)
    raise UnreadableFeed(f"its gzip is in more than {MOST_MEMBERS:,} pieces")


def _unpack_member(packed: bytes, begin: int, unpacked: bytearray) -> int:
    """Append what the gzip member at `begin` holds; where it ends. What is behind it is never copied as a whole."""
    member = zlib.decompressobj(wbits=31)
    while not member.eof:
        chunk = packed[begin : begin + CHUNK]
        if not chunk:
            raise UnreadableFeed("its gzip breaks off")
        try:
            unpacked += member.decompress(chunk, MOST_BYTES + 1 - len(unpacked))
        except zlib.error:
            raise UnreadableFeed("its gzip is broken") from None
        if len(unpacked) > MOST_BYTES:
            raise UnreadableFeed(f"unpacked it is larger than {MOST_BYTES:,} bytes")
        begin += len(chunk)
    return begin - len(member.unused_data)


def next_poll(
    name: str, source: Source, failures: int, not_before: datetime | None, now: datetime, *, is_pushed: bool = False
) -> datetime:
    """When to read the source again: twice as late after every failure, never before it wants us, spread a little.

    `is_pushed`: its hub tells us of every change, and this is only in case that it does not.
    """
    pause = timedelta(seconds=source.every_seconds)
    if failures:
        pause = max(pause, min(pause * 2 ** min(failures - 1, 16), LONGEST_PAUSE))
    elif is_pushed:
        pause = max(pause, min(pause * PUSHED, LONGEST_PAUSE))
    wanted = now + pause if not_before is None else max(now + pause, min(not_before, now + LONGEST_ASKED))
    spread = zlib.crc32(f"{name} {now.isoformat()}".encode()) % 1000 / 10_000  # up to a tenth later
    return wanted + pause * spread
