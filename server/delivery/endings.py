"""A subscription ends: what it has not got by then is a dead letter; and how it is tried again."""

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from server import audit, jobs
from server.config import Config
from server.store import deliveries, placements, subscriptions
from server.store.deliveries import DeadLetter
from server.store.subscriptions import Subscription, SubscriptionState

REVIVABLE = frozenset({"expired", "gone"})  # who was denied or has left is not asked again


async def end(conn: AsyncConnection, one: Subscription, state: SubscriptionState, reason: str, now: datetime) -> None:
    """End a live subscription; one that was denied is told."""
    await subscriptions.end_subscription(conn, one.id, state, reason, now)
    await note_end(conn, one.id, state, reason, now)
    if state == "denied":
        await jobs.enqueue_denial(conn, one.id, now)
    if state == "expired" and await placements.get_last_change(conn, one.channel, one.language) > one.cursor:
        last = await deliveries.list_attempts(conn, one.id, 1)
        await deliveries.save_letter(conn, make_letter(one, state, reason, last[0].status if last else None, now))


async def note_end(conn: AsyncConnection, number: int, state: str, reason: str, now: datetime) -> None:
    await audit.note(conn, "subscription.end", str(number), now, after={"state": state, "reason": reason})


def make_letter(
    one: Subscription, state: SubscriptionState, reason: str, status: int | None, now: datetime
) -> DeadLetter:
    """What says that a subscription has ended before it had everything."""
    return DeadLetter(one.id, None, one.language, one.cursor, f"{state}: {reason}", now, status)


async def revive(conn: AsyncConnection, one: Subscription, config: Config, now: datetime) -> None:
    """Revive a subscription that has ended, from where it was. A subscriber of the hub is asked first (WebSub §5.3)."""
    if one.kind == "destination":
        anew = {"state": "live", "reason": "", "retry_at": None, "failures": 0, "ended_at": None}
        await subscriptions.save_subscription(conn, "destination", one.topic, "", anew)
        await deliveries.forget_ends(conn, one.id)
        await jobs.enqueue_deliveries(conn, [(one.id, None)], now)
        return
    shared = ("topic", "channel", "language", "format", "query", "secret", "role", "owner", "key_id")
    values: dict[str, Any] = {name: getattr(one, name) for name in shared}
    values |= {"token": secrets.token_hex(16), "mode": "subscribe", "callback": one.address, "created_at": now}
    values |= {"lease_seconds": config.hub.lease_seconds, "resumes": True}
    await jobs.enqueue_verification(conn, await subscriptions.save_request(conn, values), now)
