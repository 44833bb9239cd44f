"""What owners of keys may use: requests in a minute (of each key, in memory), articles, bytes and words in a day.

A day is one of UTC. What is refused is told with `RateLimit` headers (draft-ietf-httpapi-ratelimit-headers-10) and when
to come again; kills, sources that the server reads itself, and admins are never refused.

An exchange may have a day's quota that its members share. Half of it is kept for them in equal parts, the other half is
for whoever comes first: so nobody can eat all of it, and what nobody wants is not lost.
"""

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from server import audit, problems
from server.config import Config, Quota
from server.store.usage import Unit, add_usage, list_usage

MINUTE, DAY = 60.0, 86_400  # seconds
MOST_KEYS = 10_000


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a key's requests: `left` now, all of `most` again in `seconds`."""

    most: int
    left: int
    seconds: int
    is_over: bool = False

    def make_headers(self) -> dict[str, str]:
        return {
            "RateLimit-Policy": f'"requests";q={self.most};w={MINUTE:.0f}',
            "RateLimit": f'"requests";r={self.left};t={self.seconds}',
        }


@dataclass(frozen=True, slots=True)
class DayLimit:
    """What an outlet may still use of a day's quota: its own, or what it shares with the members of `exchange`.

    `used`: by all who share it.
    """

    unit: Unit
    exchange: str
    most: int
    left: int
    seconds: int
    used: int

    @property
    def name(self) -> str:
        return f"{self.exchange}-{self.unit}" if self.exchange else self.unit

    @property
    def share(self) -> float:
        """How much of it is left, of 1."""
        return self.left / self.most if self.most else 0.0

    def make_headers(self) -> dict[str, str]:
        return {
            "RateLimit-Policy": f'"{self.name}";q={self.most};w={DAY}',
            "RateLimit": f'"{self.name}";r={self.left};t={self.seconds}',
        }

    def explain(self, outlet: str) -> str:
        """Why nothing more is taken."""
        if not self.exchange:
            return f"{outlet} may push {self.most:,} {self.unit} a day, and has pushed {self.used:,}"
        return (
            f"members of {self.exchange} may push {self.most:,} {self.unit} a day together, and have pushed "
            f"{self.used:,}; of the rest {max(0, self.left):,} are for {outlet}"
        )


SPENT: ContextVar[DayLimit | None] = ContextVar("SPENT", default=None)  # by this request: where least is left


class Buckets:
    """Key → a bucket that holds a minute's requests and is filled evenly; the most recently used."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[str, tuple[float, datetime]] = OrderedDict()

    def take(self, key_id: str, most: int, now: datetime) -> Allowance:
        """One request, if there is one left."""
        held, at = self._buckets.pop(key_id, (float(most), now))
        held = min(float(most), held + max(0.0, (now - at).total_seconds()) * most / MINUTE)
        is_over = held < 1
        held -= 0 if is_over else 1
        self._buckets[key_id] = (held, now)
        while len(self._buckets) > MOST_KEYS:
            self._buckets.popitem(last=False)
        wait = (1 - held if is_over else most - held) * MINUTE / most
        return Allowance(most, int(held), max(1, -int(-wait // 1)), is_over)


def get_quota(role: str, owner: str, config: Config) -> Quota:
    """The owner's own limits, else those of the role."""
    of_role, own = config.quotas.get(role, Quota()), config.quotas.get(owner, Quota())
    return of_role.model_copy(update={name: getattr(own, name) for name in own.model_fields_set})


async def spend(conn: AsyncConnection, outlet: str, wanted: Mapping[Unit, int], config: Config, now: datetime) -> None:
    """Note what an outlet uses, in the transaction of its push; SPENT is what is left where it is least.

    Raises DayUsedUp, and then nothing is noted.
    """
    if audit.ACTING.get().role != "outlet":
        return
    for unit, amount in wanted.items():
        limits = await _list_limits(conn, outlet, unit, config, now)
        for limit in limits:
            left = replace(limit, left=max(0, limit.left - amount))
            if amount > limit.left:
                SPENT.set(replace(limit, left=max(0, limit.left)))
                raise problems.DayUsedUp(limit.explain(outlet), headers={"Retry-After": str(limit.seconds)})
            if (tightest := SPENT.get()) is None or left.share < tightest.share:
                SPENT.set(left)
        if limits:
            await add_usage(conn, outlet, now.date().isoformat(), unit, amount)


async def note_words(conn: AsyncConnection, outlet: str, words: int, config: Config, now: datetime) -> None:
    """Note what was translated for an outlet."""
    if list(_list_quotas(outlet, "words", config)):
        await add_usage(conn, outlet, now.date().isoformat(), "words", words)


async def find_words_left(conn: AsyncConnection, outlet: str, config: Config, now: datetime) -> int | None:
    """How many words may still be translated for the outlet today; None: as many as there are."""
    limits = await _list_limits(conn, outlet, "words", config, now)
    return min((limit.left for limit in limits), default=None)


async def _list_limits(
    conn: AsyncConnection, outlet: str, unit: Unit, config: Config, now: datetime
) -> Sequence[DayLimit]:
    """What the outlet has left of its own quota and of those of its exchanges."""
    limits, seconds = [], _count_seconds(now)
    for exchange, most in _list_quotas(outlet, unit, config):
        members = config.exchanges[exchange].members if exchange else (outlet,)
        used = await list_usage(conn, members, now.date().isoformat(), unit)
        left = count_left(most, members, used, outlet) if exchange else most - used.get(outlet, 0)
        limits.append(DayLimit(unit, exchange, most, left, seconds, sum(used.values())))
    return limits


def _list_quotas(outlet: str, unit: Unit, config: Config) -> Iterator[tuple[str, int]]:
    """(exchange, or "" for its own; how many in a day) of those that there are."""
    if (most := get_quota("outlet", outlet, config).get_most(unit)) is not None:
        yield "", most
    for name in config.exchanges_of(outlet):
        if (most := config.exchanges[name].quota.get_most(unit)) is not None:
            yield name, most


def count_left(most: int, members: Sequence[str], used: Mapping[str, int], member: str) -> int:
    """How much a member may still use of what all share: what is not used, and not kept for the others."""
    kept = most // (2 * len(members))
    for_others = sum(max(0, kept - used.get(other, 0)) for other in members if other != member)
    return max(kept - used.get(member, 0), most - sum(used.values()) - for_others)


def find_tomorrow(now: datetime) -> datetime:
    return datetime.combine(now.date() + timedelta(days=1), time(), now.tzinfo)


def _count_seconds(now: datetime) -> int:
    return max(1, int((find_tomorrow(now) - now).total_seconds()))


def count_words(text: str) -> int:
    """Words; of a text without spaces two characters to a word."""
    return sum(_count_word(word) for word in text.split())


def _count_word(word: str) -> int:
    signs = sum("\u3400" <= sign <= "\u9fff" for sign in word)
    return max(1, signs // 2)
