"""What is looked at now and then: leases that have ended, subscriptions that have heard nothing for long, notices."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from server import jobs
from server.config import Config
from server.delivery.endings import end
from server.delivery.post import Post
from server.store import deliveries, placements, receipts, retention, subscriptions
from server.store.subscriptions import Subscription


async def keep_house(post: Post) -> None:
    """Ask for heartbeats, notices and the end of what has ended; forget some of what is old enough."""
    config, now = post.tools.config, post.tools.clock()
    log_before = now - timedelta(days=config.delivery.log_days)
    records_before = now - timedelta(days=config.delivery.record_days)
    async with post.tools.database.read() as conn:
        due = await _list_due(conn, config, now)
        has_old = await retention.has_old(conn, log_before, records_before)
    if due or has_old:
        async with post.tools.database.write() as conn:
            await jobs.enqueue_deliveries(conn, [(number, None) for number in sorted(due)], now)
            await retention.forget_some(conn, log_before, records_before)


async def _list_due(conn: AsyncConnection, config: Config, now: datetime) -> set[int]:
    due = {one.id for one in await subscriptions.list_overdue(conn, now)}
    if config.delivery.heartbeat_hours:
        silent_since = now - timedelta(hours=config.delivery.heartbeat_hours)
        folders = [name for name, one in config.destinations.items() if one.folder]
        due |= set(await subscriptions.list_silent(conn, silent_since, now, but=folders))
    noticed = await receipts.list_recipients_to_notice(conn, now)
    return due | {int(name.partition(":")[2]) for name in noticed if name.startswith("subscription:")}


async def sync_destinations(conn: AsyncConnection, config: Config, now: datetime) -> None:
    """Bring the destinations' rows in line with the configuration. A new one gets what changes from now on."""
    known = {one.topic: one for one in await subscriptions.list_destinations(conn)}
    for name in config.destinations:
        values = _make_values(config, name, known.get(name), await placements.get_newest_change(conn), now)
        if values:
            await subscriptions.save_subscription(conn, "destination", name, "", values)
            if (known_one := known.get(name)) is not None and known_one.state != "live":
                await deliveries.forget_ends(conn, known_one.id)
    for one in known.values():
        if one.topic not in config.destinations and one.state != "removed":
            await end(conn, one, "removed", "it is not in the configuration any more", now)
    live = [one for one in await subscriptions.list_destinations(conn) if one.state == "live"]
    await jobs.enqueue_deliveries(conn, [(one.id, one.retry_at) for one in live], now)


def _make_values(
    config: Config, name: str, known: Subscription | None, newest: int, now: datetime
) -> dict[str, object]:
    """What to write of a destination; nothing where all is as it was."""
    destination = config.destinations[name]
    owner = {"role": "subscriber" if destination.subscriber else "", "owner": destination.subscriber or ""}
    values: dict[str, object] = {**owner, "format": destination.format}
    if known is None:
        empty = dict.fromkeys(("channel", "language", "query", "secret", "key_id"), "")
        return values | empty | {"since": newest, "cursor": newest, "state": "live", "created_at": now}
    if known.state != "live":  # it was gone, or out of the configuration: it goes on where it was
        return values | {"state": "live", "reason": "", "retry_at": None, "failures": 0, "ended_at": None}
    return {} if all(getattr(known, key) == value for key, value in values.items()) else values
