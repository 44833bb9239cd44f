"""Clocks and calendars of time zones: is it within these hours, is an exchange open, when does a clock next show this?

Pure. A local time that a zone skips is read with the offset of before, one that comes twice is the first (PEP 495).
"""

from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import get_args
from zoneinfo import ZoneInfo

from server.config.rules import Clock, Day, Embargo, Exchange

DAYS = get_args(Day)
MIDNIGHT = time(0)


@lru_cache(maxsize=256)
def find_zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def is_within(clock: Clock, moment: datetime) -> bool:
    """From `begin` on and before `end`; over midnight the day is the one on which the hours begin."""
    local = moment.astimezone(find_zone(clock.zone))
    at, day = local.time().replace(tzinfo=None), local.weekday()
    if clock.begin < clock.end or clock.end == MIDNIGHT:
        is_in = clock.begin <= at and (at < clock.end or clock.end == MIDNIGHT)
    else:
        is_in = at >= clock.begin or at < clock.end
        day = day if at >= clock.begin else (day - 1) % 7
    return is_in and (not clock.days or DAYS[day] in clock.days)


def is_open(exchange: Exchange, moment: datetime | None) -> bool:
    """Whether articles pushed at this moment belong to the exchange: its first and last day are in."""
    if exchange.starts is None and exchange.ends is None:
        return True
    if moment is None:
        return False
    today = moment.astimezone(find_zone(exchange.zone)).date()
    return (exchange.starts is None or exchange.starts <= today) and (exchange.ends is None or today <= exchange.ends)


def find_end(embargo: Embargo, pushed_at: datetime) -> datetime:
    """When an embargo ends; of two ways to say it the later one."""
    ends = [pushed_at]
    if embargo.minutes is not None:
        ends.append(pushed_at + timedelta(minutes=embargo.minutes))
    if embargo.until is not None:
        local = pushed_at.astimezone(find_zone(embargo.zone))
        days = 0 if local.time() <= embargo.until else 1
        end = datetime.combine(local.date() + timedelta(days=days), embargo.until, find_zone(embargo.zone))
        ends.append(max(end.astimezone(UTC), pushed_at))
    return max(ends)
