"""What owners of keys may use: requests in a minute (of each key, in memory), articles, bytes and words in a day.

A day is one of UTC. What is refused is told with `RateLimit` headers (draft-ietf-httpapi-ratelimit-headers-10) and when
to come again; kills, sources that the server reads itself, and admins are never refused.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from server import audit, problems
from server.config import Config, Quota
from server.store.usage import Unit, add_usage, find_usage

MINUTE = 60.0  # seconds
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
    """Note what an outlet uses, in the transaction of its push. Raises DayUsedUp, and then nothing is noted."""
    if audit.ACTING.get().role != "outlet":
        return
    quota = get_quota("outlet", outlet, config)
    for unit, amount in wanted.items():
        most = quota.get_most(unit)
        if most is None:
            continue
        used = await add_usage(conn, outlet, now.date().isoformat(), unit, amount)
        if used > most:
            raise problems.DayUsedUp(
                f"{outlet} may push {most:,} {unit} a day, and has pushed {used - amount:,}",
                headers={
                    "Retry-After": str(_count_seconds(now)),
                    "RateLimit-Policy": f'"{unit}";q={most};w=86400',
                    "RateLimit": f'"{unit}";r={max(0, most - used + amount)};t={_count_seconds(now)}',
                },
            )


async def note_words(conn: AsyncConnection, outlet: str, words: int, config: Config, now: datetime) -> None:
    """Note what was translated for an outlet."""
    if get_quota("outlet", outlet, config).words_per_day is not None:
        await add_usage(conn, outlet, now.date().isoformat(), "words", words)


async def find_words_left(conn: AsyncConnection, outlet: str, config: Config, now: datetime) -> int | None:
    """How many words may still be translated for the outlet today; None: as many as there are."""
    most = get_quota("outlet", outlet, config).words_per_day
    return None if most is None else most - await find_usage(conn, outlet, now.date().isoformat(), "words")


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
