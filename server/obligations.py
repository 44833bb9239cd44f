"""What members of exchanges owe: worked out when somebody asks, and once a period, when what was missed is told.

A period is the days of the exchange's obligations; the first one begins when the server first sees them.
"""

from collections import Counter
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from server import audit
from server.config import Config
from server.routing.balance import Balance, make_balance
from server.store.answers import find_meta, save_meta
from server.store.placements import count_given
from server.store.questions import list_asked

log = structlog.get_logger()


async def load_balance(conn: AsyncConnection, name: str, config: Config, now: datetime) -> Balance:
    """Of an exchange, in the last days of its obligations."""
    exchange = config.exchanges[name]
    owes, channels = exchange.obligations, [channel for channel, one in config.channels.items() if one.exchange == name]
    since = now - timedelta(days=owes.days)
    counts = await count_given(conn, channels, since)
    asked = await list_asked(conn, exchange.members, since)
    late: Counter[str] = Counter()
    if owes.answer_minutes is not None:
        limit = timedelta(minutes=owes.answer_minutes)
        late.update(one.outlet for one in asked if (one.closed_at or now) - one.asked_at > limit)
    return make_balance(name, counts, config, asked=Counter(one.outlet for one in asked), late=late)


async def tell_missed(conn: AsyncConnection, config: Config, now: datetime) -> None:
    """Log, and write into the audit, what members missed in a period that is over; once for all processes."""
    for name, exchange in config.exchanges.items():
        owes = exchange.obligations
        if not owes.articles and owes.answer_minutes is None:
            continue
        last = await find_meta(conn, f"obligations {name}")
        if last is not None and now - datetime.fromisoformat(last) < timedelta(days=owes.days):
            continue
        await save_meta(conn, f"obligations {name}", now.isoformat())
        balance = await load_balance(conn, name, config, now) if last is not None else None
        for outlet, share in balance.by_outlet.items() if balance is not None else ():
            if not share.is_met:
                said = {"given": share.given, "owed": share.owed, "asked": share.asked, "late": share.late}
                log.warning("obligation missed", exchange=name, outlet=outlet, days=owes.days, **said)
                await audit.note(conn, "obligation.missed", name, now, outlet=outlet, after=said | {"days": owes.days})
