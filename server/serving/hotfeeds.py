"""What stands at the addresses of public feeds that were asked for within the last moment, ready to be sent.

Handlers say it when they have answered (`HotFeeds.put`); it counts as long as they would find it in their cache.
"""

import asyncio
import secrets
from collections import OrderedDict, defaultdict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from itertools import count

import structlog
from aiohttp.helpers import rfc822_formatted_time
from sqlalchemy.ext.asyncio import AsyncConnection

from server.jobs import TURN
from server.serving.feedcache import CachedFeed
from server.serving.negotiation import choose
from server.store.engine import TRUST, Database, Look
from server.store.jobs import list_next_runs
from server.store.placements import FeedName, get_newest_change
from server.store.schema import EPOCH
from server.store.standings import Pulse, get_pulse

log = structlog.get_logger()

PRODUCT = "Karvan"  # all that answers say of what made them
MOST_ADDRESSES = 500
MOST_ANSWERS = 200  # different requests for one document whose answers are kept
LOOK_SECONDS = TRUST.total_seconds() * 0.8  # how often the database is asked for all hot feeds at once
LEAST_SECONDS = 0.01  # between two looks, when much is written
MOST_IDLE = 20  # looks, after which what nobody asked for is forgotten


@dataclass(frozen=True, slots=True, eq=False)
class Ask:
    """What of a request decides its answer. The same bytes give the same object, so it is compared by identity."""

    target: str
    is_head: bool
    accept: str
    none_match: str | None
    since: str | None
    request_id: bytes
    closes: bool


@dataclass(slots=True)
class Tally:
    """How many answers of a kind were given: cheaper than any dictionary, for this costs every answer."""

    count: int = 0


Tallies = defaultdict[tuple[str, int], Tally]  # by method and status


@dataclass(frozen=True, slots=True)
class Ready:
    """An answer but for the request's id, which comes between `before` and `after`, and the time, which ends it.

    It is counted in `tally`.
    """

    before: bytes
    after: bytes
    body: bytes
    tally: Tally


@dataclass(frozen=True, slots=True)
class Signs:
    """The number of the last change anywhere, and when anything anywhere next changes by itself.

    While both are the same no feed has changed, or will sooner than it was known.
    """

    newest: int
    turn: datetime | None


@dataclass(slots=True)
class Spot:
    """What stands at an address while nothing was written since and `since` ≤ now < `until`.

    `headers` are right until `same_until`, and while the feed changes by itself at `turn`. `seen`: how everything was
    when it was looked at; `idle`: how many looks ago somebody asked for it.
    """

    feed: FeedName
    cached: CachedFeed
    headers: Mapping[str, str]
    same_until: datetime | None
    database: Database
    writes: int = -1
    since: datetime = EPOCH
    until: datetime = EPOCH
    turn: datetime | None = field(init=False)
    seen: Signs | None = None
    idle: int = 0
    answers: dict[Ask, Ready] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.turn = self.cached.until

    def renew(self) -> None:
        """As long as the cache would give the document, too."""
        seen = self.cached.seen
        ends = (seen.at + TRUST, self.cached.until, self.same_until)
        self.writes, self.since, self.until = seen.writes, seen.at, min(end for end in ends if end is not None)


class HotFeeds:
    """What was asked for within the last moment, by address as it stood in the request."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._spots: OrderedDict[str, Spot] = OrderedDict()
        self._run, self._count = secrets.token_hex(8).encode(), count()
        self._date, self._tail = "", b""
        self._tallies: Tallies = defaultdict(Tally)

    def put(self, target: str, spot: Spot) -> None:
        """Anybody may have this at this address."""
        spot.renew()
        self._spots[target] = spot
        self._spots.move_to_end(target)
        while len(self._spots) > MOST_ADDRESSES:
            self._spots.popitem(last=False)

    def clear(self) -> None:
        """Forget all: the configuration is another one."""
        self._spots.clear()

    @asynccontextmanager
    async def kept(self, database: Database) -> AsyncIterator[None]:
        """Meanwhile what is asked for is looked after, so that hardly a request finds it in doubt."""
        keeping = asyncio.create_task(self._keep(database))
        try:
            yield
        finally:
            keeping.cancel()
            await asyncio.wait([keeping])

    async def _keep(self, database: Database) -> None:
        written = database.watch()
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await written.wait()
            written.clear()
            try:
                await self._look_after(database)
            except Exception as error:  # noqa: BLE001 (a database that is away: requests say so)
                log.warning("hot feeds cannot be looked after", error=type(error).__name__)
                self.clear()
            await asyncio.sleep(LEAST_SECONDS)

    async def _look_after(self, database: Database) -> None:
        """Renew what is still so, by one look at the database while nothing changes anywhere; forget all else."""
        if not self._spots:
            return
        pulses: dict[FeedName, Pulse] = {}
        async with database.glance() as conn:
            look = Look(database.writes, self._clock())  # not sooner: it may have taken long to get a connection
            turns = await list_next_runs(conn, (TURN,), look.at)
            signs = Signs(await get_newest_change(conn), turns.get(TURN))
            for target, spot in list(self._spots.items()):
                spot.idle += 1
                if spot.idle > MOST_IDLE or not await _is_current(conn, spot, signs, pulses, look.at):
                    if self._spots.get(target) is spot:
                        del self._spots[target]
                    continue
                spot.seen = signs
                spot.cached.confirm(look)
                spot.renew()

    def find(self, ask: Ask) -> Ready | None:
        """The answer, when it is certain and ready."""
        spot = self._spots.get(ask.target)
        if spot is None or spot.writes != spot.database.writes or not spot.since <= self._clock() < spot.until:
            return None
        spot.idle = 0
        ready = spot.answers.get(ask)
        if ready is None and (ready := make_ready(spot, ask, self._tallies)) is not None:
            if len(spot.answers) >= MOST_ANSWERS:
                spot.answers.clear()
            spot.answers[ask] = ready
        return ready

    def write_head(self, ask: Ask, ready: Ready) -> bytes:
        """Status line and headers, whole; the answer is counted."""
        ready.tally.count += 1
        date = rfc822_formatted_time()
        if date is not self._date:
            self._date, self._tail = date, f"Date: {date}\r\nServer: {PRODUCT}\r\n".encode()
        request_id = ask.request_id or b"%s%016x" % (self._run, next(self._count))
        end = b"Connection: close\r\n\r\n" if ask.closes else b"\r\n"
        return b"".join((ready.before, request_id, ready.after, self._tail, end))

    def take_counts(self) -> Mapping[tuple[str, int], int]:
        """(method, status) → how many answers since the last time."""
        counts = {kind: tally.count for kind, tally in self._tallies.items()}
        for tally in self._tallies.values():
            tally.count = 0
        return counts


async def _is_current(
    conn: AsyncConnection, spot: Spot, signs: Signs, pulses: dict[FeedName, Pulse], now: datetime
) -> bool:
    """`pulses`: how feeds stand, as far as it was asked for."""
    ends = (spot.cached.until, spot.same_until)
    if any(end is not None and end <= now for end in ends):
        return False
    if spot.seen == signs:
        return True
    if spot.feed not in pulses:
        pulses[spot.feed] = await get_pulse(conn, *spot.feed, now)
    pulse = pulses[spot.feed]
    return (pulse.change, pulse.turn) == (spot.cached.change, spot.turn)


def make_ready(spot: Spot, ask: Ask, tallies: Tallies) -> Ready | None:
    """The answer to a request for what stands here; None when it is an error or not yet encoded."""
    choice = choose(spot.cached, spot.headers, ask.accept, ask.none_match, ask.since)
    if choice is None or (body := spot.cached.find_variant(choice.encoding)) is None:
        return None
    lines = [f"HTTP/1.1 {choice.status} {HTTPStatus(choice.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in choice.headers.items()]
    before = "\r\n".join([*lines, "X-Request-Id: "]).encode()
    tally = tallies["HEAD" if ask.is_head else "GET", int(choice.status)]
    if choice.status == HTTPStatus.NOT_MODIFIED:
        return Ready(before, b"\r\n", b"", tally)
    return Ready(before, b"\r\nContent-Length: %d\r\n" % len(body), b"" if ask.is_head else body, tally)
